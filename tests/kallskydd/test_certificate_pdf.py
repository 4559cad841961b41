"""The certificate as PDF, judged from outside: the words of the HTML page in their order, all of them tagged; one sheet
to sign; and nothing in the file that says who made it or when."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from itertools import combinations

import pypdf
import pypdfium2
import pytest
from audits.pages import CLAIMS, DAY, IDS, PROGRAM, SUBJECT, examined, report
from documents.tagged_pdf import heard, outside
from hypothesis import given
from hypothesis import strategies as st

from audit.report.certify import Examined
from audit.report.chain import Chain, Day, NoChain
from audit.report.html import page_as_html
from audit.report.page import page_of
from audit.verdict import Evidence, Verdict
from kallskydd.certificate.document import as_pdf
from kallskydd.certificate.errors import SheetTooFull
from kallskydd.certificate.flow import BOTTOM, MARGIN, TOP
from kallskydd.certificate.lines import Piece, broken, sentence
from kallskydd.certificate.styles import Styles
from kallskydd.pdf.writer import A4

FINDING, NOT_SEEN = Verdict.FINDING, Verdict.NOT_SEEN
LONG = "The evidence of this row is as long as a sentence may be on the page, and says at length what was seen. " * 3
LANGUAGES = ("sv", "en")


def telling(audit: str, **verdicts: Verdict):
    """A report with several pieces of long evidence in the rows that are not clean."""
    made = report(audit, **verdicts)
    checks = tuple(
        one if one.verdict is Verdict.CLEAN else replace(one, evidence=(Evidence(one.verdict, LONG),) * 5)
        for one in made.checks
    )
    return replace(made, checks=checks)


def hidden(audit: str):
    """As an ordinary account sees it: nothing."""
    checks = tuple(replace(one, verdict=NOT_SEEN) for one in report(audit).checks)
    return replace(report(audit, as_root=False), checks=checks)


EXAMINED = {
    "clean": examined(),
    "three": examined(live=telling("live", conntrack=FINDING, core_dumps=NOT_SEEN, memory=NOT_SEEN)),
    "many": examined(live=telling("live", torrc=FINDING, memory=NOT_SEEN), canary=hidden("canary"),
                     selftest=hidden("selftest"), subject=replace(SUBJECT, owner="Ludvika kommun och dess bolag " * 3),
                     chain=NoChain.UNREADABLE),
    "missing": examined(proofs={"live": report("live")}),
    "mirror": Examined(DAY, SUBJECT, {"mirror": telling("mirror", files=FINDING)}, needed=("mirror",)),
}  # fmt: skip
PAGES = {(name, language): page_of(one, language, CLAIMS) for name, one in EXAMINED.items() for language in LANGUAGES}
EACH = pytest.mark.parametrize("page", PAGES, ids="-".join)


@pytest.fixture(scope="module")
def made():
    return {name: as_pdf(page) for name, page in PAGES.items()}


def words_of(fragment: str) -> list[str]:
    """The words of HTML as it is printed: what is folded on a screen is open, and remarks are numbered."""
    text = re.sub(r"(?s)<details>.*?</details>", " ", fragment)
    numbered = re.compile(r'(?s)(?<=<ol class="remarks">).*?(?=</ol>)')

    def with_numbers(items: re.Match[str]) -> str:
        parts = items[0].split("<li>")
        return "".join(f" {number}. {part}" if number else part for number, part in enumerate(parts))

    text = numbered.sub(with_numbers, text)
    text = re.sub(r"</?(code|b)\b[^>]*>", "", text)
    return html.unescape(re.sub(r"<[^>]*>", " ", text)).split()


def parts_of(page) -> tuple[str, str]:
    body = page_as_html(page).split("</style>")[1]
    sheet, annexes = body.split('<section class="annexes">')
    return sheet, annexes


@EACH
def test_the_sheet_to_sign_is_one_page_with_the_words_of_the_html_page_in_their_order(page, made):
    foot = PAGES[page].foot.split()
    wanted = [*words_of(parts_of(PAGES[page])[0]), *foot, "1", f"({len(pypdf.PdfReader(BytesIO(made[page])).pages)})"]

    by_pypdf = pypdf.PdfReader(BytesIO(made[page])).pages[0].extract_text()
    document = pypdfium2.PdfDocument(made[page])
    by_pdfium = document[0].get_textpage().get_text_range()
    second = document[1].get_textpage().get_text_range()
    sheet = document[0].get_textpage()
    # The foot stands below all.
    *lows, _foot = sorted({round(sheet.get_rect(number)[1]) for number in range(sheet.count_rects())}, reverse=True)

    assert by_pypdf.split() == wanted
    assert by_pdfium.split() == wanted
    assert min(lows) > A4[1] - BOTTOM
    assert second.split()[:2] == (["Bilaga", "A."] if page[1] == "sv" else ["Annex", "A."])
    assert {tuple(map(round, one.get_size())) for one in document} == {(595, 842)}


@EACH
def test_a_reader_that_follows_the_tags_hears_the_annexes_of_the_html_page_and_no_more(page, made):
    wanted = words_of(parts_of(PAGES[page])[1])
    text = "".join(f" {one.text}" for one in heard(pypdf.PdfReader(BytesIO(made[page]))) if one.page > 0)

    # Longer than a line: a word may be broken there.
    assert "".join(text.split()) == "".join(wanted)


@EACH
def test_everything_is_in_the_tree_once_in_the_order_of_the_pages_or_is_an_artifact(page, made):
    reader = pypdf.PdfReader(BytesIO(made[page]))
    pieces = heard(reader)
    parents = reader.trailer["/Root"]["/StructTreeRoot"]["/ParentTree"]["/Nums"]

    for number, sheet in enumerate(reader.pages):
        steps = sheet.get_contents().get_data().decode()
        marks = [int(one) for one in re.findall(r"/MCID (\d+)", steps)]
        assert outside(sheet) == ""
        assert sheet["/StructParents"] == number == parents[2 * number]
        assert marks == list(range(len(marks)))
        assert len(parents[2 * number + 1]) == len(marks)
        assert sorted(one.number for one in pieces if one.page == number) == marks
    # Of a table's row or a remark that goes on overleaf, the next cell begins on the page before: in the tree first.
    upright = [(one.page, one.number) for one in pieces if not {"TD", "TH", "LBody"} & set(one.kinds)]
    assert upright == sorted(upright)
    on_the_sheet = [one.number for one in pieces if one.page == 0]
    assert on_the_sheet == sorted(on_the_sheet)


@EACH
def test_all_text_stands_inside_the_margins_and_none_over_another(page, made):
    for sheet in pypdfium2.PdfDocument(made[page]):
        text = sheet.get_textpage()
        boxes = [text.get_rect(number) for number in range(text.count_rects())]
        assert min(left for left, _bottom, _right, _top in boxes) > MARGIN - 1
        assert max(right for _left, _bottom, right, _top in boxes) < A4[0] - MARGIN + 1
        assert min(bottom for _left, bottom, _right, _top in boxes) > MARGIN / 2 - 5
        assert max(top for _left, _bottom, _right, top in boxes) < A4[1] - TOP + 1
        for one, other in combinations(boxes, 2):
            # Letters of two lines or styles may touch.
            assert (
                min(one[2], other[2]) - max(one[0], other[0]) < 1 or min(one[3], other[3]) - max(one[1], other[1]) < 1
            )


@EACH
def test_the_tags_are_headings_lists_tables_and_code_each_in_its_place(page, made):
    reader = pypdf.PdfReader(BytesIO(made[page]))
    root = reader.trailer["/Root"]
    pieces = heard(reader)
    kinds = [one.kinds for one in pieces]
    heads = [one.text for one in pieces if one.kinds[-1] in {"H1", "H2"}]

    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == page[1]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title == PAGES[page].title
    assert {one[:2] for one in kinds} == {("Document", "Sect")}
    assert heads == re.findall(r"<h[12]>(.*?)</h[12]>", "".join(parts_of(PAGES[page])))
    assert sum(one[-1] == "H1" for one in kinds) == 1
    inside = {"TH": "TR", "TD": "TR", "LBody": "LI", "Lbl": "LI", "Code": "P"}
    assert all(inside.get(one[-1], one[-2]) == one[-2] for one in kinds)
    assert {one[-1] for one in kinds} >= {"H1", "H2", "H3", "P", "Lbl", "LBody", "TH", "TD", "Code"}
    assert all(
        one[-3:-1] in {("L", "LI"), ("LI", "LBody"), ("Table", "TR")} for one in kinds if "L" in one or "Table" in one
    )


@EACH
def test_each_page_says_below_to_which_certificate_it_belongs_and_which_of_how_many_it_is(page, made):
    document = pypdfium2.PdfDocument(made[page])

    for number, sheet in enumerate(document, start=1):
        said = sheet.get_textpage().get_text_range().split()
        assert said[-2:] == [str(number), f"({len(document)})"]
        assert said[-7:-2] == PAGES[page].foot.split()[-5:]
    assert PAGES[page].foot.endswith(f" {DAY}, program {PROGRAM.digest[:12]}")


def test_a_heading_cell_says_of_what_and_a_fault_that_is_named_in_english_says_so(made):
    swedish, english = (made["clean", language].decode("latin-1") for language in ("sv", "en"))
    in_english = re.compile(f"/S /LI .*/Lang <FEFF{'en'.encode('utf-16-be').hex().upper()}>")

    assert swedish.count("/Scope /Column") == 3 + 4
    assert swedish.count("/Scope /Row") == 5 + 27
    assert len(in_english.findall(swedish)) == len(IDS["selftest"]) - 1
    assert in_english.findall(english) == []


def test_nothing_in_the_file_says_who_made_it_or_when(made, tmp_path):
    (tmp_path / "page.pdf").write_bytes(made["three", "sv"])
    done = subprocess.run(
        ["exiftool", "-json", "-G", "-ee", "-u", str(tmp_path / "page.pdf")],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    (said,) = json.loads(done.stdout)
    reader = pypdf.PdfReader(BytesIO(made["three", "sv"]))

    assert {key for key in said if key.startswith(("PDF:", "XMP:"))} == {
        "PDF:PDFVersion", "PDF:Linearized", "PDF:PageCount", "PDF:Title", "PDF:Language", "PDF:TaggedPDF",
        "XMP:Title", "XMP:Language",
    }  # fmt: skip
    assert set(reader.trailer) == {"/Size", "/Root", "/Info"}
    assert set(reader.trailer["/Info"]) == {"/Title"}


def test_the_same_page_gives_the_same_bytes_in_another_process(made, tmp_path):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from audits.pages import CLAIMS, examined\n"
        "from audit.report.page import page_of\n"
        "from kallskydd.certificate.document import as_pdf\n"
        "sys.stdout.buffer.write(as_pdf(page_of(examined(), 'en', CLAIMS)))"
    )
    support = str(next(place for place in map(str, sys.path) if place.endswith("tests/support")))
    done = subprocess.run([sys.executable, "-c", code, support], capture_output=True, check=True, timeout=60)

    assert done.stdout == made["clean", "en"]


def test_our_own_scrubber_keeps_all_pages_and_words_and_finds_a_title_alone(made, tmp_path):
    source, out = tmp_path / "page.pdf", tmp_path / "clean"
    source.write_bytes(made["three", "sv"])

    done = subprocess.run(
        [sys.executable, "-m", "kallskydd", "scrub", str(source), "--out", str(out), "--json"],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    line = json.loads(done.stdout)

    assert (done.returncode, line["status"], line["lost"]) == (0, "clean", [])
    clean = pypdf.PdfReader(out / "page.pdf")
    # In one order for all documents, line by line, whatever that of the tags was.
    assert [sorted(page.extract_text().split()) for page in clean.pages] == [
        sorted(page.extract_text().split()) for page in pypdf.PdfReader(source).pages
    ]
    # "other" is the structure tree.
    assert sorted((one["what"], one["where"]) for one in line["removed"]) == [
        ("other", "document"),
        ("title", "XMP"),
        ("title", "document information"),
    ]


def test_what_was_seen_may_hold_any_letter_and_those_that_turn_or_hide_text_are_shown_by_number():
    strange = "Ж \u202e\x1b[2J 雪 \udcff ok"
    live = report("live", files=FINDING)
    row = replace(next(iter(live.checks)), verdict=FINDING, evidence=(Evidence(FINDING, "{name}", {"name": strange}),))

    text = pypdf.PdfReader(BytesIO(as_pdf(page_of(examined(live=replace(live, checks=(row,))), "en", CLAIMS))))

    assert "[U+0416] [U+202E][U+001B][2J [U+96EA] [U+DCFF] ok" in text.pages[0].extract_text()


def test_a_row_of_a_table_that_is_higher_than_a_page_goes_on_overleaf_and_nothing_is_lost():
    names = tuple(f"check-{number:04}" for number in range(3000))
    page = page_of(examined(chain=Chain((Day("2026-11-26", 1, names, ()),), "ab" * 32)), "en", CLAIMS)

    reader = pypdf.PdfReader(BytesIO(as_pdf(page)))

    cells = [one for one in heard(reader) if one.kinds[-1] == "TD" and "check-" in one.text]
    assert len({one.page for one in cells}) == len(cells) > 1
    assert re.findall(r"check-\d+", " ".join(one.text for one in cells)) == list(names)
    for sheet in pypdfium2.PdfDocument(as_pdf(page)):
        text = sheet.get_textpage()
        assert all(text.get_charbox(place)[1] > 20 for place in range(0, text.count_chars(), 50))


def test_a_sheet_that_cannot_be_one_page_is_refused_in_two_sentences():
    page = page_of(examined(subject=replace(SUBJECT, owner="Ludvika kommun " * 400)), "sv", CLAIMS)

    with pytest.raises(SheetTooFull, match=r"too long for one page of the PDF\. Print the HTML page"):
        as_pdf(page)


STYLES = Styles.of(1)
TEXTS = st.text(st.characters(codec="utf-8") | st.sampled_from(" \n\t\u202e"), max_size=120)


@given(st.lists(st.tuples(st.sampled_from([STYLES.body, STYLES.strong, STYLES.code]), TEXTS), max_size=5),
       st.floats(10, 500))  # fmt: skip
def test_lines_hold_all_letters_in_their_order_and_none_is_wider_than_it_may(texts, width):
    pieces = sentence(Piece(style, text) for style, text in texts)

    lines = broken(pieces, width)

    assert [(piece.style, letter) for line in lines for piece in line for letter in piece.text] == [
        (piece.style, letter) for piece in pieces for letter in piece.text
    ]
    for line in lines:
        assert sum(piece.width for piece in line[:-1]) + sum(piece.seen_width for piece in line[-1:]) <= width + 0.01
