"""The outline of the clean copy, as PDFium, poppler and pypdf read it: its titles are words of the pages it leads to."""

from __future__ import annotations

import re
import subprocess
import unicodedata
from pathlib import Path

import pypdf
import pytest
from documents.ways_by_hand import (
    AS_PIXELS,
    document,
    link,
    lost_of,
    outline_of,
    outlined,
    to,
    vouched,
)
from hypothesis import given
from hypothesis import strategies as st

from scrubbers.jailed.pdf.pages.outline import Words
from trusted.jail.stages import Lost


def test_an_outline_leads_to_the_pages_and_holds_nothing_else():
    said = outlined(["Alpha Beta", "Epsilon 7 Zeta", "Gamma", "Delta"], to(0, 2, 1, 1), under=2)

    made = vouched(document(**said))

    assert outline_of(made.content) == [
        (0, "Alpha Beta", 0), (1, "Gamma", 1), (1, "Delta", 1), (0, "Epsilon 7 Zeta", 2),
    ]  # fmt: skip
    assert not re.search(rb"/(C|F|A|SE|Dests|Names) ", made.content.split(b"/Outlines")[1])
    assert lost_of(made) == set()


@pytest.mark.parametrize(
    ("title", "text", "found"),
    [
        ("Alpha Beta", b"(Alpha Beta)", "Alpha Beta"),
        ("ALPHA  beta", b"(Alpha Beta)", "Alpha Beta"),
        ("Alpha", b"(Alpha Beta)", "Alpha"),
        ("Alp", b"(Alpha Beta)", None),
        ("pha Beta", b"(Alpha Beta)", None),
        ("Beta Alpha", b"(Alpha Beta)", None),
        ("Alpha marker Beta", b"(Alpha Beta)", None),
        ("marker", b"(Alpha Beta)", None),
        ("3.1 Alpha", b"(Alpha Beta)", "Alpha"),
        ("3.1 Alpha", b"(3.1  Alpha Beta)", "3.1 Alpha"),
        ("IV. Alpha", b"(Alpha Beta)", "Alpha"),
        ("e\ufb03cient", b"(efficient)", "efficient"),
        ("Mål", b"(M\\345l)", "Mål"),
        ("Ma\u030al", b"(M\\345l)", "Mål"),
        ("\u201cAlpha\u201d Beta?", b'("Alpha" Beta?)', 'Alpha" Beta?'),
        ("Is it Beta?", b"(Alpha. Is it Beta? No.)", "Is it Beta?"),
        ("7", b"(Page 7 of 9)", "7"),
        ("", b"(Alpha)", None),
        ("Alpha Beta", b"(Alpha%sBeta)" % (b" . " * 150), None),
        ("...", b"(Alpha ...)", None),
        ("Alpha Beta Gamma", b"(Alpha Beta) Tj 0 -20 Td (Gamma)", "Alpha Beta Gamma"),
        ("alpha", b"(Alpha) Tj 0 -20 Td (alpha)", "alpha"),
    ],
)
def test_a_line_stays_if_its_words_stand_together_on_its_page_and_is_spelled_as_there(title, text, found):
    made = vouched(document(texts=[text], **outlined([title])))

    assert [each[1] for each in outline_of(made.content)] == ([] if found is None else [found])
    assert lost_of(made) == (set() if found is not None else {Lost.OUTLINE})
    assert (b"/Outlines" in made.content) == (found is not None)


SIGNS = st.text("AbaB1.( \n-\u00c9\u00df\ufffd", max_size=12)


@given(before=SIGNS, title=SIGNS, after=SIGNS)
def test_what_is_found_is_words_of_the_page_and_says_what_the_title_says(before, title, after):
    page = f"{before} {title} {after}"

    found = Words(page).find(title)

    if any(letter.isalnum() for letter in title) and "\ufffd" not in title:
        assert found is not None
    if found is not None:
        place, spelled = found
        assert spelled == " ".join(spelled.split())
        assert "".join(spelled.split()) in "".join(page.split())
        assert plain(spelled) in {plain(title), plain(title.lstrip("1.( \n"))}
        assert 0 <= place < len(page)


def plain(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", text.casefold()) if letter.isalnum())


def test_words_of_a_page_in_pixels_may_be_titles():
    made = vouched(document(after=AS_PIXELS, **outlined(["alpha beta", "marker"])))

    assert not made.is_rebuilt
    assert [each[1] for each in outline_of(made.content)] == ["Alpha Beta"]


def test_a_title_that_is_only_on_another_page_goes():
    made = vouched(document(**outlined(["Gamma Delta", "Gamma Delta"], to(0, 1))))

    assert outline_of(made.content) == [(0, "Gamma Delta", 1)]


def test_words_that_nobody_sees_are_no_title():
    hidden = b"(Alpha) Tj 3 Tr 0 -20 Td (Marker)"

    made = vouched(document(texts=[hidden], **outlined(["Alpha", "Marker"])))

    assert [each[1] for each in outline_of(made.content)] == ["Alpha"]


def test_what_stands_under_a_line_that_goes_moves_up():
    made = vouched(document(**outlined(["marker", "Gamma", "Delta"], to(0, 1, 1), under=2)))

    assert outline_of(made.content) == [(0, "Gamma", 1), (0, "Delta", 1)]
    assert lost_of(made) == {Lost.OUTLINE}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (outlined(["Alpha Beta"]), outlined(["aLpHa  bEtA"])),
        (outlined(["Alpha Beta"]), outlined(["Alpha Beta", "Alpha Beta", "alpha beta"])),
        (outlined(["Alpha", "Gamma"], to(0, 1)), outlined(["Gamma", "Alpha"], to(1, 0))),
        (outlined(["Alpha", "Beta"]), outlined(["Beta", "Alpha"])),
        (outlined(["Alpha"]), outlined(["Alpha", "marker"])),
        (outlined(["Alpha"]), outlined(["Alpha"], [b"/A<</S/GoTo/D[3 0 R/FitH 315]>>"])),
        ({}, outlined(["marker"])),
        ({}, outlined(["Alpha"], [b"/A<</S/URI/URI(https://marker.example)>>"])),
        ({}, outlined([b"/Name"])),
    ],
)
def test_what_an_outline_could_hide_makes_no_other_bytes(one, other):
    plain, hiding = (vouched(document(**each)) for each in (one, other))

    assert plain.content == hiding.content


def lines(*bodies: bytes) -> dict[str, object]:
    return {"catalog": b"/Outlines 20 0 R", "objects": [b"<</First 21 0 R>>", *bodies]}


ENDLESS = {
    "a line after itself": lines(b"<</Title(Alpha)/Dest[3 0 R/Fit]/Next 21 0 R>>"),
    "a line under itself": lines(b"<</Title(Alpha)/Dest[3 0 R/Fit]/First 21 0 R>>"),
    "two in a circle": lines(
        b"<</Title(Alpha)/Dest[3 0 R/Fit]/Next 22 0 R>>", b"<</Title(Beta)/Dest[3 0 R/Fit]/First 21 0 R/Next 21 0 R>>"
    ),
    "a next one that is not there": lines(b"<</Title(Alpha)/Dest[3 0 R/Fit]/First 9999 0 R/Next 9999 0 R>>"),
    "the root as a line": {
        "catalog": b"/Outlines 20 0 R",
        "objects": [b"<</First 20 0 R/Title(Alpha)/Dest[3 0 R/Fit]>>"],
    },
    "a hundred deep": lines(
        *(b"<</Title(Alpha)/Dest[3 0 R/Fit]/First %d 0 R>>" % (22 + at) for at in range(100)), b"<</Title(Beta)>>"
    ),
    "six thousand": lines(*(b"<</Title(Alpha)/Dest[3 0 R/Fit]/Next %d 0 R>>" % (22 + at) for at in range(6000))),
}


@pytest.mark.parametrize("said", ENDLESS.values(), ids=ENDLESS)
def test_an_outline_without_end_has_an_end(said):
    made = vouched(document(**said))

    assert ("Alpha", 0) in {each[1:] for each in outline_of(made.content)}


def test_poppler_and_pypdf_follow_them_as_well(tmp_path: Path):
    said = outlined(["Alpha Beta", "Gamma", "Delta"], to(0, 1, 1), under=1)
    content = vouched(document([link(), link(b"/Dest[5 0 R/Fit]", (80, 290, 130, 320))], **said)).content
    (tmp_path / "made.pdf").write_bytes(content)

    words = ["pdftohtml", "-xml", "-i", "-stdout", str(tmp_path / "made.pdf")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    reader = pypdf.PdfReader(tmp_path / "made.pdf", strict=True)

    assert done.stderr == ""
    assert re.findall(r'<item page="(\d)">([^<]+)</item>', done.stdout) == [
        ("1", "Alpha Beta"), ("2", "Delta"), ("2", "Gamma"),
    ]  # fmt: skip
    assert re.findall(r"link to page (\d)", done.stdout) == ["2", "3"]
    titles = [[each.title for each in some] if isinstance(some, list) else some.title for some in reader.outline]
    assert titles == ["Alpha Beta", ["Delta"], "Gamma"]
    assert [reader.get_destination_page_number(each) for each in reader.outline if not isinstance(each, list)] == [0, 1]
