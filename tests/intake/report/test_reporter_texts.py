"""The pages' words: each sentence is translated, each refusal has its two, and the templates hold nothing loose."""

import importlib.util
import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from cases.languages import LANGUAGES, SOURCE
from intake.views import refusals
from intake.views.languages import COMPLETE_ONLY, DOMAINS
from intake.views.texts import LOST, WHAT, WHERE, Notice
from trusted.case.errors import NoEligibleReader
from trusted.jail.stages import REFUSALS, Lost, What, Where
from trusted.web import errors

PROJECT = Path(__file__).parents[3]
INTAKE = PROJECT / "intake"
PLACEHOLDER = re.compile(r"%\((\w+)\)([sd])")
# The full stops of the scripts in use: Ethiopic has its own.
ENDS = (".", "።")
CATALOGS = [
    (info.code, domain)
    for info in LANGUAGES.values()
    if info.code != SOURCE
    for domain in DOMAINS
    if info.complete or domain not in COMPLETE_ONLY
]


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, str]]:
    """Every sentence of code and templates, by catalogue."""
    specification = importlib.util.spec_from_file_location("catalogs", PROJECT / "scripts" / "catalogs.py")
    catalogs = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(catalogs)
    return catalogs.sentences()


def catalogue(code: str, domain: str):
    return read_po(BytesIO((PROJECT / "intake" / "locale" / code / f"{domain}.po").read_bytes()), locale=code)


@pytest.mark.parametrize(("code", "domain"), CATALOGS)
def test_every_sentence_is_translated_and_none_is_left_over(code, domain, found):
    messages = {message.id: message for message in catalogue(code, domain) if message.id}

    assert set(messages) == set(found[domain])
    assert [one.id for one in messages.values() if not one.string or one.fuzzy] == []


@pytest.mark.parametrize(("code", "domain"), CATALOGS)
def test_placeholders_and_ends_of_sentences_agree(code, domain):
    for message in catalogue(code, domain):
        if not message.id:
            continue
        assert set(PLACEHOLDER.findall(message.id)) == set(PLACEHOLDER.findall(message.string)), message.id
        assert message.id.endswith(ENDS) == message.string.endswith(ENDS), message.id
        # A lone percent sign would break the templates' own formatting.
        assert "%" not in PLACEHOLDER.sub("", message.string), message.id
        # Templates take sentences as they are, also within attributes.
        assert not set('<>&"') & set(message.id + message.string), message.id


def test_there_is_no_catalogue_that_nobody_reads():
    files = {(file.parent.name, file.stem) for file in (PROJECT / "intake" / "locale").rglob("*.po")}

    assert files == set(CATALOGS)


def test_a_catalogue_says_neither_when_nor_with_what_it_was_made():
    for file in (PROJECT / "intake" / "locale").rglob("*.po"):
        head = file.read_text().split("\n\n")[0]
        assert "Date" not in head
        assert "Generated" not in head


def test_swedish_is_swedish():
    same = {
        message.id
        for domain in DOMAINS
        for message in catalogue("sv", domain)
        if message.id and message.id == message.string
    }

    assert same == {"program", "Text", "Film (MP4)", "text", "film"}


def leaves(base: type) -> set[type]:
    return {base}.union(*(leaves(sub) for sub in base.__subclasses__()))


def test_every_refusal_that_can_reach_a_page_has_what_and_what_to_do():
    own = {leaf.text_key for leaf in leaves(errors.FormRefused) | leaves(errors.FileRefused)}
    scrubbers = {leaf.text_key for leaf in REFUSALS}

    assert own | scrubbers <= set(refusals.REFUSALS)
    # Of errors of a case, those that a reporter can do something about.
    assert {NoEligibleReader.text_key, "roster.not_open"} <= set(refusals.REFUSALS)
    for notice in refusals.REFUSALS.values():
        assert isinstance(notice, Notice)
        assert notice.what.endswith(".")
        assert notice.do.endswith(".")


def test_every_refusal_of_a_form_says_that_nothing_was_stored():
    for key, notice in refusals.REFUSALS.items():
        if key.startswith("form."):
            assert "othing was stored" in notice.what


def test_codes_of_errors_are_unique_and_errors_carry_nothing():
    classes = leaves(errors.IntakeError)
    coded = [one.code for one in classes if "code" in vars(one)]

    assert len(coded) == len(set(coded))
    for one in classes:
        with pytest.raises(TypeError):
            one("a name")


def test_every_kind_place_and_loss_has_a_name():
    assert set(WHAT) == set(What)
    assert set(WHERE) == set(Where)
    assert set(LOST) == set(Lost)


@pytest.mark.parametrize("path", sorted((INTAKE / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_templates_have_no_script_no_style_of_their_own_and_no_words_outside_the_catalogue(path):
    text = path.read_text()
    bare = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}|<[^>]*>", " ", text, flags=re.DOTALL)

    assert "<script" not in text
    assert "style=" not in text
    assert "|safe" not in text.replace(" ", "")
    assert "http:" not in text
    assert "https:" not in text
    # What is left is punctuation.
    assert re.findall(r"[A-Za-zÅÄÖåäö]{2,}", bare.replace("doctype html", "").replace(' autocomplete="off"', "")) == []
    for form in re.findall(r"<form[^>]*>", text):
        assert 'method="post"' in form
        assert 'enctype="multipart/form-data"' in form
