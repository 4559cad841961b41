"""The members' handbook: short, in the words of the application, and on every page of it, locked or not."""

from __future__ import annotations

import html
import re
from pathlib import Path
from statistics import median

import pytest
from babel.messages.pofile import read_po
from desks.harness import running_desks
from desks.pages import TO_A_PAGE, pages_of
from visitors.intake_harness import make_home

from desk.web.views.handbook import HANDBOOK, chapter_of, read_handbook
from desk.web.views.pages import Pages

PROJECT = Path(__file__).parents[2]
BOOK = PROJECT / "docs" / "HANDBOK.md"
TEMPLATES = PROJECT / "desk" / "templates"
TEXT = BOOK.read_text("utf-8")
MOST_WORDS, MIDDLE_SENTENCE, LONGEST_SENTENCE = 2500, 15, 40
PICTURE_BYTES, BYTES_TOGETHER = 60_000, 250_000
PLAIN = re.compile(r"[^*!\[\]()<>`|_#]*")
WRITTEN = re.compile(r"\*\*[^*]+\*\*|\[[^\[\]]+\]\((?:#[\w-]+|DESK\.md)\)")
PAGES = [
    str(path.relative_to(TEMPLATES))
    for path in sorted(TEMPLATES.rglob("*.html"))
    if path.read_text("utf-8").lstrip().startswith('{% extends "base.html"')
]


def shown(text: str) -> str:
    """The book as it is read: without marks, addresses and pictures."""
    text = re.sub(r"^!\[.*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"\]\([^)]*\)", "", text)
    return re.sub(r"^(?:#+|-|\d+\.) |[*\[]", "", text, flags=re.MULTILINE)


def sentences() -> list[str]:
    found = re.split(r"(?<=[.!?])\s+(?=[A-ZÅÄÖ\d])|\n+", shown(TEXT))
    return [one for one in found if one.strip()]


def catalogue() -> set[str]:
    """The Swedish of the application, with three dots for what is put in."""
    with (PROJECT / "desk" / "locale" / "sv" / "desk.po").open("rb") as file:
        found = {one.string for one in read_po(file) if isinstance(one.string, str)}
    return {re.sub(r"%\(\w+\)[sd]", "…", one) for one in found}


def test_the_book_is_short_and_so_are_its_sentences():
    lengths = [len(one.split()) for one in sentences()]

    assert len(shown(TEXT).split()) <= MOST_WORDS
    assert max(lengths) <= LONGEST_SENTENCE
    assert median(lengths) <= MIDDLE_SENTENCE


def test_every_word_in_bold_is_one_of_the_application():
    bold = re.findall(r"\*\*(.+?)\*\*", TEXT)

    assert len(bold) > 80
    assert sorted(set(bold) - catalogue()) == []


def test_a_word_that_the_application_does_not_have_is_seen():
    assert "Skriv under" in catalogue()
    assert "Jag täcker för …" in catalogue()
    assert "Skriv på" not in catalogue()


def test_every_picture_is_shown_and_each_that_is_shown_is_there_and_small():
    pictures = sorted((PROJECT / "docs" / "pictures" / "handbok").iterdir())
    named = re.findall(r"!\[[^\]]+\]\(pictures/handbok/([^)]+)\)", TEXT)

    assert sorted(named) == [one.name for one in pictures]
    assert 4 <= len(named) <= 8
    assert [one.name for one in pictures if one.stat().st_size > PICTURE_BYTES] == []
    assert sum(one.stat().st_size for one in pictures) < BYTES_TOGETHER
    assert [one.name for one in pictures if b"tEXt" in one.read_bytes() or b"eXIf" in one.read_bytes()] == []


def test_the_book_is_written_in_the_markdown_that_the_application_reads():
    lines = [line for line in TEXT.splitlines()[1:] if line]
    others = [line for line in lines if not line.startswith(("## ", "!["))]

    left = [WRITTEN.sub("", re.sub(r"^(?:-|\d+\.) ", "", line)) for line in others]

    assert TEXT.startswith("# ")
    assert [line for line in left if not PLAIN.fullmatch(line.replace("(", "").replace(")", ""))] == []
    assert [line for line in lines if line.startswith(" ")] == []


def test_every_link_within_the_book_leads_to_a_heading_and_all_of_it_is_shown():
    book = read_handbook(PROJECT / "desk" / "handbook")
    words = html.unescape(re.sub(r"<[^>]*>", "", str(book.body)))

    assert set(re.findall(r'href="#([^"]+)"', str(book.body))) <= {anchor for anchor, _ in book.headings}
    assert words.split() == shown("\n".join(TEXT.splitlines()[1:])).split()
    assert not re.search(r"\*\*|\]\(|!\[", str(book.body))


def test_what_is_written_is_shown_as_text_and_never_as_markup(tmp_path):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "handbook.md").write_text("# T\n\n## <b>\n\n<script>**&**\n")

    body = str(read_handbook(tmp_path).body)

    assert body == '<h2 id="&lt;b&gt;">&lt;b&gt;</h2>\n<p>&lt;script&gt;<b>&amp;</b></p>'


@pytest.mark.parametrize("template", PAGES)
def test_every_page_leads_to_a_chapter_that_is_there(template):
    anchors = {f"{HANDBOOK}#{anchor}" for anchor, _ in Pages().handbook.headings}

    assert chapter_of(template) in anchors or template == "handbook.html"


async def test_the_book_and_its_pictures_are_shown_to_a_locked_desk_and_to_no_other_browser(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks, pages_of(desks, 0) as reader:
        stranger = await reader.ask("GET", HANDBOOK, headers={**TO_A_PAGE, "Sec-Fetch-Site": "same-origin"})
        locked = await reader.open()
        book = await reader.go(HANDBOOK)
        name = next(iter(reader.services.pages.handbook.pictures))
        image = {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image", "Sec-Fetch-Site": "same-origin"}
        picture = await reader.ask("GET", f"{HANDBOOK}/picture/{name}", headers=image)
        gone = await reader.ask("GET", f"{HANDBOOK}/picture/none.png", headers=image)

        assert (stranger.status, stranger.body) == (404, b"")
        assert 'href="/help#första-dagen"' in locked.text
        assert "Ni är alltid två" in book.words
        assert "in Swedish" not in book.words
        assert not reader.services.desk.is_unlocked
        assert (picture.status, picture.headers["Content-Type"]) == (200, "image/png")
        assert gone.status == 404


async def test_a_page_leads_to_its_own_chapter_and_english_says_that_the_book_is_swedish(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks, pages_of(desks, 0, language="en") as one:
        await one.unlock()
        erase = await one.go("/erase")
        book = await one.go(HANDBOOK)

        assert '<a class="wide" href="/help#gallra" target="handbok">Handbook</a>' in erase.text
        assert "The handbook is in Swedish." in book.words
        assert '<div lang="sv">' in book.text
        assert 'href="/help" aria-current="page"' in book.text
