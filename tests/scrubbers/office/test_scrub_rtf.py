"""Rich Text documents: what is seen is typeset, destinations that are not seen are gone."""

from __future__ import annotations

import pytest
from files.office_jail import cleaned, text_of
from files.office_marked import marked_rich_text, rtf
from files.office_samples import photograph
from markers.search import leftovers

from trusted.jail.stages import Damaged, Empty, LettersMissing, TextUnreadable, TooLarge, What


def test_of_all_that_is_not_seen_nothing_is_left(jail):
    content, used = marked_rich_text()

    clean, report = cleaned(jail, content)

    assert leftovers(clean, {mark.encode(): mark for mark in used}) == []
    assert text_of(clean).split() == ["Räkningen.", "Sagt.", "Länken.", "Objektet."]
    assert b"/Subtype /Image" in clean
    kinds = {found.what for found in report.removed}
    assert kinds >= {
        What.PERSON, What.TITLE, What.SOFTWARE, What.IDENTIFIER, What.HIDDEN_TEXT, What.EARLIER_VERSION, What.COMMENT,
        What.EMBEDDED_FILE, What.OTHER, What.DEVICE,
    }  # fmt: skip


def test_what_is_seen_is_kept_in_its_order(jail):
    body = (
        r"{\header\pard Kommunen\par}\pard\outlinelevel0 Rubriken\par\pard {\b Fet} och {\i luta}{\super 1}{\footnote \pard"
        r" Noten.\par}\par{\listtext a)\tab}Punkten\par\trowd\cellx100\cellx200\pard\intbl A1\cell B1\cell\row"
        r"\pard \u8211?tanke\u8212?\'80\emdash {\f1 \'c6}{\caps stor}\par\page Sist.\par"
    )

    clean, _ = cleaned(jail, rtf(body))

    shown = " ".join(text_of(clean).split())
    order = ["Kommunen", "Rubriken", "Fet och luta", "a) Punkten", "A1 B1", "–tanke—€—ЖSTOR", "Sist.", "1 Noten."]
    places = [shown.index(each) for each in order[:-1]] + [shown.index("Noten.")]
    assert places == sorted(places)


def test_a_picture_in_a_format_that_is_not_decoded_is_a_note(jail):
    clean, _ = cleaned(jail, rtf(r"Text\par{\pict\wmetafile8 010009000003}\par"))

    assert "Picture that cannot be shown" in text_of(clean)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (r"{\u229}100 kr", "å100 kr"),
        (r"\u229{100} kr", "å100 kr"),
        (r"\u229\b 100 kr", "å100 kr"),
        (r"\u229\emdash 100 kr", "å100 kr"),
        (r"\uc2\u229\'80\~100 kr", "å100 kr"),
        (r"100\sect 200\column 300", "100 200 300"),
        (r"{\pntext 1.\tab}{\*\pn\pndec{\pntxtb (}{\pntxta .}}Avtal\par{\pntext 2.\tab}Faktura", "1. Avtal 2. Faktura"),
        (r"{\listtext 1.\tab}{\pntext 1.\tab}Avtal", "1. Avtal"),
        (r"{\*\do\dobxcolumn{\dptxbx{\dptxbxtext Avtal\par}}}Sak", "Textruta / Text box Avtal Sak"),
        (r"{\f7 \'a3} 500 {\f7 D}", "≤ 500 Δ"),
        (r"Avtal{\*\footnote\pard Faktura\par}", "Avtal Noter / Notes Faktura"),
    ],
)
def test_letters_and_breaks_are_read_as_they_are_shown(jail, body, shown):
    clean, _ = cleaned(jail, rtf(rf"{{\fonttbl{{\f7\fcharset2 Symbol;}}}}\pard {body}\par"))

    assert " ".join(text_of(clean).split()) == shown


@pytest.mark.parametrize("word", ["clmrg", "clvmrg"])
def test_what_stands_in_a_cell_that_others_cover_goes(jail, word):
    row = rf"\trowd\clmgf\cellx100\{word}\cellx200\cellx300\pard\intbl A\cell %s\cell C\cell\row\pard Sist\par"

    first, report = cleaned(jail, rtf(row % "Anna"))
    second, _ = cleaned(jail, rtf(row % "Bo Ek"))

    assert first == second
    assert text_of(first).split() == ["A", "C", "Sist"]
    assert What.HIDDEN_TEXT in {found.what for found in report.removed}


def test_a_picture_whose_lines_end_between_two_digits_is_kept(jail):
    digits = photograph().hex()

    clean, _ = cleaned(jail, rtf(rf"{{\pict\jpegblip {digits[:101]}{chr(10)}{digits[101:]}}}\par"))

    assert b"/Subtype /Image" in clean


HOSTILE = {
    "deep": (lambda: rtf(300 * "{" + 300 * "}"), TooLarge),
    "truncated": (lambda: rtf("Text")[:-1], Damaged),
    "nothing in it": (lambda: rtf(r"\pard\par"), Empty),
    "letters of another font": (lambda: rtf(r"{\f2 \'82\'a0}"), TextUnreadable),
    "letters that no face has": (lambda: rtf(r"\u28450?"), LettersMissing),
    "binary without end": (lambda: rtf(r"{\pict\pngblip\bin999999999 }"), Damaged),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused(jail, name):
    make, refused = HOSTILE[name]

    with pytest.raises(refused):
        cleaned(jail, make())
    assert jail.alive()
