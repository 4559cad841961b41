"""The list of words for receipts: its shape is part of the format, and its manners are part of the welcome."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / "trusted" / "words" / "sv.txt"
NOTICE = Path(__file__).parents[2] / "NOTICE"

# Receipts and fingerprints are positions in this file. Whoever changes one word, after the first home has opened, locks
# out those whose receipts have it; so the file may only change together with this line.
SHA256 = "f7da045d71f74b8246a71b68e98402e3887dc2ee0b833509d36501c003079aa9"

# What no word may begin with: stems, so that inflected and compound forms are caught as well. One with a hyphen is
# forbidden as a whole word only.
FORBIDDEN_BEGINNINGS = {
    "accuses": "angiv anklag bedra bluff brott fals fiff fusk korrupt ljug lura- muta mutb mygel olag skuld skum- smugg snatt "
    "spion spana speja stulen svek svik tjuv vittn visslar visslan",
    "frightens": "attack bomb dolk fiende hotb hotelse hotf jaga- mobb mord murd panik pistol razzia skott slag- terror "
    "tortyr tvinga vapen",
    "is about death": "avliv begrav drunk grav- gravs kista likbil likhus likvag likkis mumie strypa suicid urna",
    "is rude or sexual": "anal anus arsle bajs bordell callgirl dildo erot fitta hora- horun hore kiss knull kondom naken nakn "
    "onani orgasm orgie penis pervers piss porr prutt pung runk rumpa sex skit slyna snopp sperm tafsa tissl vagin",
    "shames the body or the mind": "debil dement fetlagd fetma galen halt- hysteri idiot imbecil krympl lytt psyk puckad "
    "retard sinness sjuk spast stamma tjock",
    "is about drugs": "alkis amfetamin berus cannabis cigar cigg crack fylleri hasch heroin knark kokain marij opium sniff "
    "snus sprit- spritn tobak vodka whisk",
    "names a people, a faith or a party": "afghan arab blatte buddh dansk finsk fascis islam jihad jude judisk kommunis "
    "kristen lappar lappm liberal marxis mongo muslim- nazi neger negr norsk rysk ryssl socialis svensk tattar turk- tysk zigen",
}

# What no word may have in it, wherever it stands.
FORBIDDEN_ANYWHERE = ("smord", "hora", "fitt", "kuk", "knull", "porr", "nazi", "hitler", "tjuv", "svek", "skam")

# Common first names that are also, or look like, plain words. A name on a receipt could be taken for somebody meant.
NAMES = (
    "agnes albin alma alva axel bertil bill bosse cilla conny dagny disa ebba ellen elvira embla emil emma erik "
    "ester evert fanny felix flora folke frans freja frida hanna hans hedda hilda holger hugo inga ingrid iris isak "
    "ivar jarl jasmin jonas julia kajsa karin karl kjell klas kurt lars leif lena lilja linda lisa lova lucia lukas "
    "maja maria mats melker mona moses nils nisse nova olle oskar otto pelle petra pippi rasmus rosa rune saga "
    "sally sara signe sigge siri sixten sofia sten stig stina svante sven tage tilda tina tindra tommy tora tore "
    "tova tuva tyra ulla vega vera vidar vilja ville viola yngve"
)


@pytest.fixture(scope="module")
def words() -> list[str]:
    return FILE.read_text(encoding="ascii").splitlines()


def test_there_are_exactly_4096_words_so_that_each_is_twelve_bits(words):
    assert len(words) == len(set(words)) == 2**12


def test_every_word_is_four_to_eight_letters_that_every_keyboard_has(words):
    odd = [word for word in words if not re.fullmatch("[a-z]{4,8}", word)]

    assert odd == []


def test_the_first_four_letters_tell_every_word_from_every_other(words):
    prefixes = {word[:4] for word in words}

    assert len(prefixes) == len(words)


def test_the_words_stand_in_the_order_of_the_alphabet(words):
    assert words == sorted(words)


def test_the_file_is_the_one_that_receipts_already_given_out_count_on():
    content = FILE.read_bytes()

    assert content.endswith(b"\n")
    assert b"\r" not in content
    assert hashlib.sha256(content).hexdigest() == SHA256


@pytest.mark.parametrize("fault", FORBIDDEN_BEGINNINGS)
def test_no_word_begins_like_one_that(words, fault):
    whole, stems = parted(FORBIDDEN_BEGINNINGS[fault].split())

    found = [word for word in words if word in whole or word.startswith(stems)]

    assert found == []


def test_no_word_hides_a_coarse_one(words):
    found = [word for word in words if any(part in word for part in FORBIDDEN_ANYWHERE)]

    assert found == []


def test_no_word_is_a_common_first_name(words):
    assert set(words).isdisjoint(NAMES.split())


def test_no_two_words_differ_only_in_what_cannot_be_heard(words):
    heard: dict[str, list[str]] = {}
    for word in words:
        heard.setdefault(sound(word), []).append(word)

    alike = [group for group in heard.values() if len(group) > 1]

    assert alike == []


def test_the_notice_names_where_the_words_are_from_and_keeps_both_licence_texts():
    notice = NOTICE.read_text(encoding="utf-8")

    assert "Copyright (c) 2014 Martin Lindhe" in notice
    assert "Permission is hereby granted, free of charge" in notice
    assert "Steven Tobin and Contributors" in notice
    assert "Redistributions of source code must retain" in notice


def parted(stems):
    """Return the whole words (written with a hyphen), and the stems."""
    whole = {stem[:-1] for stem in stems if stem.endswith("-")}
    return whole, tuple(stem for stem in stems if not stem.endswith("-"))


def sound(word: str) -> str:
    """Return roughly how a word sounds: one sign for each sound that Swedish spells in several ways."""
    for pattern, sign in (
        ("sch|stj|skj|sj|sh|sk(?=[eiy])|^ch", "S"),
        ("tj|kj|^k(?=[eiy])", "T"),
        ("^[hdgl]j|^g(?=[eiy])", "j"),
        ("c(?=[eiy])|z", "s"),
        ("ck|[cq]", "k"),
        ("x", "ks"),
        ("w", "v"),
        (r"(.)\1", r"\1"),
    ):
        word = re.sub(pattern, sign, word)
    return word
