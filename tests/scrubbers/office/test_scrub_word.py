"""Word documents: what is seen is typeset, what is not seen is gone and reported, and an independent reader vouches."""

from __future__ import annotations

import io
import mmap
import re
import zipfile
import zlib
from collections import Counter

import pypdf
import pypdfium2
import pytest
from files.office_jail import cleaned, text_of, unpacked
from files.office_marked import SEEN, marked_word
from files.office_samples import (
    WORD,
    WORD_TYPE,
    drawing,
    element,
    long_report,
    paragraph,
    photograph,
    relations,
    run,
    types,
    word,
    zipped,
)
from hostile.jail import MemoryWatch
from hypothesis import given, settings
from hypothesis import strategies as st
from markers.search import leftovers

from scrubbers.jailed.typeset.document import typeset as pages_of
from scrubbers.jailed.typeset.model import Block, Cell, Frame, Hue, Paint, Paragraph, Run, Source, Table
from second_reader.typeset.file import is_clean_document
from trusted.jail.stages import Damaged, Empty, KindsDisagree, Lost, OfficeDocument, Refused, TooLarge, What


def test_of_all_that_is_not_seen_nothing_is_left(jail):
    content, marks = marked_word()
    assert all(mark.encode() in unpacked(content) for mark in marks)
    assert len(marks) > 45

    clean, report = cleaned(jail, content)

    assert leftovers(clean, {mark.encode(): mark for mark in marks}) == []
    assert not any(mark in text_of(clean) for mark in marks)
    for sentence in (SEEN, "Fältet.", "Sagt.", "Länken.", "Rutan.", "Cellen."):
        assert sentence in text_of(clean)
    kinds = {found.what for found in report.removed}
    assert kinds >= {
        What.PERSON, What.DATE, What.TITLE, What.SOFTWARE, What.COMMENT, What.EARLIER_VERSION, What.HIDDEN_TEXT,
        What.HIDDEN_DRAWING, What.EMBEDDED_FILE, What.SCRIPT, What.LINK, What.IDENTIFIER, What.THUMBNAIL, What.DEVICE,
    }  # fmt: skip
    assert {Lost.LAYOUT, Lost.LINKS} <= {*report.lost}


def test_what_is_seen_is_kept_in_its_order(jail):
    notes = '<w:footnote w:id="2">' + paragraph("Noten.") + "</w:footnote>"
    numbering = (
        '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1)"/></w:lvl>'
        '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    )
    item = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    box = (
        "<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wps:wsp><wps:txbx><w:txbxContent>"
        f"{paragraph('Textrutan.')}</w:txbxContent></wps:txbx></wps:wsp></w:drawing></mc:Choice><mc:Fallback><w:pict>"
        f"<v:shape><v:textbox><w:txbxContent>{paragraph('Textrutan.')}</w:txbxContent></v:textbox></v:shape></w:pict>"
        "</mc:Fallback></mc:AlternateContent></w:r>"
    )
    body = (
        paragraph("Rubriken", '<w:outlineLvl w:val="0"/>')
        + f"<w:p>{run('Fet', '<w:b/>')}{run(' och luta', '<w:i/>')}<w:r><w:footnoteReference w:id='2'/></w:r></w:p>"
        + f"<w:p><w:ins w:author='A'>{run('Tillagt.')}</w:ins><w:del><w:r><w:delText>Struket.</w:delText></w:r></w:del></w:p>"
        + paragraph("Första", item) + paragraph("Andra", item)
        + f"<w:tbl><w:tr><w:tc>{paragraph('A1')}</w:tc><w:tc>{paragraph('B1')}</w:tc></w:tr>"
        + f"<w:tr><w:tc><w:tcPr><w:shd w:fill='000080'/></w:tcPr>{paragraph('Vitt på blått', look='<w:color w:val=&quot;FFFFFF&quot;/>')}"
        + f"</w:tc><w:tc>{paragraph('B2')}</w:tc></w:tr></w:tbl><w:p>{box}</w:p>"
        + "<w:p><m:oMath><m:f><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b</m:t></m:r></m:den></m:f></m:oMath></w:p>"
        + '<w:p><w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r></w:p>'
        + '<w:sectPr><w:headerReference w:type="default" r:id="h"/></w:sectPr>'
    ).replace("&quot;", '"')  # fmt: skip
    parts = {
        "word/footnotes.xml": element("w:footnotes", notes),
        "word/numbering.xml": element("w:numbering", numbering),
        "word/header1.xml": element("w:hdr", paragraph("Kommunstyrelsen")),
    }
    named = (("f", "footnotes", "footnotes.xml"), ("n", "numbering", "numbering.xml"), ("h", "header", "header1.xml"))

    clean, _ = cleaned(jail, word(body, parts, *named))

    shown = " ".join(text_of(clean).split())
    order = [
        "Kommunstyrelsen", "Rubriken", "Fet och luta 1", "Tillagt.", "a) Första", "b) Andra", "A1 B1", "Vitt på blått",
        "Textrutan.", "(a)/(b)", "✓", "1 Noten.",
    ]  # fmt: skip
    places = [shown.index(each) for each in order]
    assert places == sorted(places)
    assert "Struket" not in shown
    assert shown.count("Textrutan.") == 1


def test_the_copy_is_tagged(jail):
    body = (
        paragraph("Rubrik", '<w:outlineLvl w:val="1"/>')
        + paragraph("Text")
        + "<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr>"
    )
    body += f"<w:tc>{paragraph('Namn')}</w:tc></w:tr><w:tr><w:tc>{paragraph('Summa')}</w:tc></w:tr></w:tbl>"

    clean, _ = cleaned(jail, word(body))

    catalog = pypdf.PdfReader(io.BytesIO(clean)).trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]

    def kinds(node: object) -> list[str]:
        node = node.get_object()
        if not isinstance(node, dict) or "/S" not in node:
            return []
        return [node["/S"], *(kind for kid in node["/K"] for kind in kinds(kid))]

    assert kinds(catalog["/StructTreeRoot"]["/K"]) == [
        "/Document", "/H2", "/P", "/Table", "/TR", "/TH", "/P", "/TR", "/TD", "/P",
    ]  # fmt: skip


def test_a_part_of_a_picture_that_is_cut_off_is_not_there(jail):
    body = f"<w:p>{drawing('p', cut='<a:srcRect r=&quot;50000&quot;/>').replace('&quot;', chr(34))}</w:p>"

    clean, report = cleaned(jail, word(body, {"word/media/a.jpeg": photograph()}, ("p", "image", "media/a.jpeg")))

    (image,) = pypdf.PdfReader(io.BytesIO(clean)).pages[0].images
    assert image.image.size == (100, 100)
    assert What.HIDDEN_DRAWING in {found.what for found in report.removed}


@pytest.mark.parametrize("content", [b"\x01\x00\x00\x00l\x00" + bytes(90), b"\xff\xd8\xff damaged", b"<svg/>"])
def test_a_picture_that_cannot_be_drawn_is_a_note(jail, content):
    body = f"<w:p>{run('Före.')}{drawing('p')}{run('Efter.')}</w:p>"

    clean, _ = cleaned(jail, word(body, {"word/media/a.emf": content}, ("p", "image", "media/a.emf")))

    assert re.search(r"Före\.\s+Bild som inte kan visas / Picture that cannot be shown\s+Efter\.", text_of(clean))


def test_how_the_archive_was_made_changes_nothing(jail):
    parts = {"word/settings.xml": element("w:settings", ""), "docProps/app.xml": "<Properties/>"}
    one = word(paragraph(SEEN), parts)
    archive = zipfile.ZipFile(io.BytesIO(one))
    again = {name: archive.read(name) for name in (archive.namelist()[0], *reversed(archive.namelist()[1:]))}

    first, _ = cleaned(jail, one)
    second, _ = cleaned(jail, zipped(again, comment=b"x", time=(2020, 2, 2, 2, 2, 2)))

    assert first == second


@pytest.mark.parametrize(
    ("text", "shown"), [("Bra 🧾", "Bra [receipt]"), ("\uf0b7 punkt", "• punkt"), ("de\u200blas", "delas")]
)
def test_a_sign_that_no_face_has_is_named(jail, text, shown):
    clean, _ = cleaned(jail, word(paragraph(text)))

    assert text_of(clean).strip() == shown


def bomb() -> bytes:
    return word("", {"word/document.xml": f"<w:document xmlns:w='{WORD}'><w:body>".encode() + b" " * (60 * 2**20)})


def overlapping() -> bytes:
    content = bytearray(word(paragraph("a"), {"word/a.xml": "x", "word/b.xml": "x"}))
    last = content.rindex(b"PK\x01\x02")
    content[last + 42 : last + 46] = (0).to_bytes(4, "little")
    return bytes(content)


def with_type(before: str, document: str) -> bytes:
    return zipped(
        {
            "[Content_Types].xml": types("word/document.xml", f"{WORD_TYPE}.document.main+xml"),
            "_rels/.rels": relations(("r", "officeDocument", "word/document.xml")),
            "word/document.xml": f"{before}<w:document xmlns:w='{WORD}'><w:body>{document}</w:body></w:document>",
        }
    )


_LAUGHS = "<!DOCTYPE w [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {chr(98 + n)} '{10 * f'&{chr(97 + n)};'}'>" for n in range(9)
)
HOSTILE = {
    "a bomb": (bomb, TooLarge),
    "members that overlap": (overlapping, KindsDisagree),
    "billion laughs": (lambda: with_type(_LAUGHS + "]>", "<w:p><w:r><w:t>&j;</w:t></w:r></w:p>"), Damaged),
    "an entity from outside": (
        lambda: with_type("<!DOCTYPE w [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>", "<w:p><w:r><w:t>&x;</w:t></w:r></w:p>"),
        Damaged,
    ),
    "another encoding": (lambda: with_type("<?xml version='1.0' encoding='utf-7'?>", paragraph("a")), Damaged),
    "deep": (lambda: with_type("", 5000 * "<w:sdt>" + 5000 * "</w:sdt>"), TooLarge),
    "deep tables": (lambda: with_type("", 70 * "<w:tbl><w:tr><w:tc>" + 70 * "</w:tc></w:tr></w:tbl>"), Refused),
    "many elements": (lambda: with_type("", 3_100_000 * "<w:p/>"), TooLarge),
    "too many pages": (lambda: with_type("", 2100 * f"{paragraph('a')}<w:p><w:r><w:br w:type='page'/></w:r></w:p>"), Refused),
    "truncated": (lambda: word(paragraph("a"))[:-30], Damaged),
    "an archive before it": (lambda: b"PK\x03\x04" + bytes(26) + b"word/" + word(paragraph("a")), KindsDisagree),
    "no document": (lambda: zipped({"[Content_Types].xml": "<a/>", "_rels/.rels": relations()}), OfficeDocument),
    "nothing in it": (lambda: word("<w:p/>"), Empty),
    "one name twice": (
        lambda: word("").replace(b"word/_rels/document.xml.rels", b"word/_rels/../document.xml.r"), Refused,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused(jail, name):
    make, refused = HOSTILE[name]

    with pytest.raises(refused):
        cleaned(jail, make())
    assert jail.alive()


def test_pictures_from_outside_are_not_fetched(jail):
    body = f"<w:p>{run('a')}{drawing('p')}</w:p>"

    clean, report = cleaned(jail, word(body, {}, ("p", "image", "https://example.org/a.png")))

    assert "Picture that cannot be shown" in text_of(clean)
    assert What.LINK in {found.what for found in report.removed}


def test_a_table_with_very_many_columns_and_rows_keeps_every_cell(jail):
    rows = "".join(
        "<w:tr>" + "".join(f"<w:tc>{paragraph(f'{row}x{column}')}</w:tc>" for column in range(40)) + "</w:tr>"
        for row in range(30)
    )

    clean, _ = cleaned(jail, word(f"<w:tbl>{rows}</w:tbl>"))

    shown = set(text_of(clean).split())
    assert all(f"{row}x{column}" in shown for row in range(30) for column in range(40))


def test_a_report_of_fifty_pages_takes_less_than_five_seconds(jail):
    content = long_report(70)
    before = jail.cpu_seconds()
    with MemoryWatch(jail) as watch:
        clean, _ = cleaned(jail, content)
    spent = jail.cpu_seconds() - before

    assert len(pypdfium2.PdfDocument(clean)) >= 50
    assert spent < 5
    assert watch.most < 1.5 * 2**30


def in_memory(content: bytes) -> mmap.mmap:
    made = mmap.mmap(-1, len(content))
    made[:] = content
    return made


def typeset(*blocks: Block) -> bytes:
    made = io.BytesIO()
    pages_of(blocks, Source.WORD).write(made)
    return made.getvalue()


LETTERS = st.text(alphabet="abcåäöÅÄÖ (){}\\/<>\n\t%12.,–”éłж", min_size=1, max_size=60)
HUES = st.one_of(st.none(), st.sampled_from(Hue))
PAINTS = st.builds(Paint, HUES, HUES, st.booleans())
PARAGRAPHS = st.builds(
    lambda runs, heading, marked: Paragraph(
        tuple(Run(*one, paint=paint) for *one, paint in runs), 0 if marked else heading, "•" * marked
    ),
    st.lists(st.tuples(LETTERS, *3 * [st.booleans()], st.booleans(), PAINTS), min_size=1, max_size=4),
    st.integers(0, 6),
    st.integers(0, 1),
)
CELLS = st.builds(
    lambda blocks, span, tint: Cell(tuple(blocks), span, tint),
    st.lists(PARAGRAPHS, max_size=2), st.integers(1, 3), HUES,
)  # fmt: skip
BLOCKS = st.one_of(
    PARAGRAPHS,
    st.builds(
        lambda rows, heads: Table(tuple(tuple(row) for row in rows), heads),
        st.lists(st.lists(CELLS, min_size=1, max_size=15), min_size=1, max_size=4),
        st.integers(0, 1),
    ),
    st.builds(lambda blocks: Frame("Ram", tuple(blocks)), st.lists(PARAGRAPHS, max_size=3)),
)


@settings(max_examples=25)
@given(st.lists(BLOCKS, min_size=1, max_size=6))
def test_whatever_is_typeset_its_reader_vouches_and_every_letter_is_there(blocks):
    made = typeset(*blocks)

    assert is_clean_document(in_memory(made))
    assert made == typeset(*blocks)


SPOIL = [
    (b"/S /P/", b"/S /Q/"),
    (b"/Marked true", b"/Marked false"),
    (b"/StructParents 0", b"/StructParents 1"),
    (b"/Type /Pages", b"/Type /Pages/Lang <41>"),
    (b"/K [0", b"/K [0 0"),
    (b"/P 11 0 R", b"/P 12 0 R"),
    (b"%%EOF\n", b"%%EOF\n\n"),
    (b"/Nums", b"/Numz"),
]
CONTENTS = [
    (b"0 g", b"1 g"), (b" 9.5 Tf\n", b" 90.5 Tf\n"), (b"/Artifact BMC", b"/Artifact  BMC"), (b"MCID 0", b"MCID 1"),
    (b"EMC\n", b"EMC\n% hidden\n"), (b"BT\n", b"BT\n3 Tr\n"), (b"1 0 0 1 56 ", b"1 0 0 1 5600 "), (b" re\nf", b" re\nn"),
    (b"1 0 0 1 56 ", b"1 0 0.3 1 56 "),
    # Of the line at the foot: its size, its place, a letter of it, that it comes once, last and as an artifact.
    (b"/F0 6.5 Tf", b"/F0 7 Tf"), (b" 56 30 Tm", b" 56 31 Tm"), (b" 56 30 Tm\n(\0", b" 56 30 Tm\n(\0\1\0"),
    (b"BT\n/F0 6.5 Tf", b"BT\n/F0 9.5 Tf\n1 0 0 1 56 90 Tm\n(\0\1) Tj\nET\nBT\n/F0 6.5 Tf"),
    (b"/Artifact BMC\n0 g\nBT\n/F0 6.5", b"/P <</MCID 3>> BDC\n0 g\nBT\n/F0 6.5"),
    (b"/F0 6.5 Tf\n1 0 0 1 56 30", b"/F0 9.5 Tf\n1 0 0 1 56 50"),
]  # fmt: skip


def a_small_document() -> bytes:
    return typeset(Paragraph((Run("Ett"),)), Frame("Ram", (Paragraph((Run("två"),)),)))


@pytest.mark.parametrize("spoilt", [*range(len(SPOIL)), *(f"contents {n}" for n in range(len(CONTENTS)))])
def test_the_reader_refuses_what_was_not_typeset_so(spoilt):
    clean = a_small_document()
    assert is_clean_document(in_memory(clean))

    made = (
        changed_contents(clean, *CONTENTS[int(spoilt[9:])])
        if isinstance(spoilt, str)
        else changed(clean, *SPOIL[spoilt])
    )

    assert made != clean
    assert not is_vouched_for(made)


MARKED = b"1 0.96 0.65 rg\n"
INKED = b"0.65 0 0.08 rg\n"
REPAINTED = [
    (INKED, b"0.65 0 0.09 rg\n"), (MARKED, b"1 0.96 0.66 rg\n"), (INKED, MARKED), (INKED, b"1 g\n"),
    # A tint over letters, and a rule of the ink of letters that would hide some.
    (b"Tj\nET\nEMC\n", b"Tj\nET\nEMC\n/Artifact BMC\n" + MARKED + b"56 700 90 90 re\nf\nEMC\n"), (MARKED, b""),
    # Colours that nothing has.
    (MARKED, INKED + MARKED), (b"EMC\n", b"0.55 g\nEMC\n"),
]  # fmt: skip


@pytest.mark.parametrize("spoilt", range(len(REPAINTED)))
def test_the_reader_refuses_a_colour_of_no_list_and_a_tint_that_covers(spoilt):
    clean = typeset(Paragraph((Run("Ett", paint=Paint(Hue.RED, Hue.YELLOW, underlined=True)),)))
    assert is_clean_document(in_memory(clean))

    one, other = REPAINTED[spoilt]
    assert not is_vouched_for(changed_contents(clean, one, other))


A_TINT = b"60 700 20 20 re\nf\n"
HIDDEN_TINTS = {
    "under another": A_TINT + MARKED + b"59 699 22 22 re\nf\n",
    "under two others": A_TINT + MARKED + b"60 700 10 20 re\nf\n70 700 10 20 re\nf\n",
    "on its own colour": A_TINT + b"65 705 5 5 re\nf\n" + MARKED,
    "of no width": A_TINT + b"90 700 0.001 20 re\nf\n" + MARKED,
}


@pytest.mark.parametrize("name", HIDDEN_TINTS)
def test_the_reader_refuses_a_tint_that_nobody_sees(name):
    clean = typeset(Paragraph((Run("Ett", paint=Paint(behind=Hue.YELLOW)),)))

    def with_tints(tints: bytes) -> bytes:
        return changed_contents(clean, MARKED, b"1 0.85 0.85 rg\n" + tints)

    assert is_vouched_for(with_tints(A_TINT + MARKED))
    assert not is_vouched_for(with_tints(HIDDEN_TINTS[name]))


def test_what_is_marked_in_the_colour_of_its_cell_has_no_tint_of_its_own():
    marked = Paragraph((Run("Ett", paint=Paint(behind=Hue.YELLOW)), Run("två", paint=Paint(behind=Hue.RED))))
    made = typeset(Table(((Cell((marked,), tint=Hue.YELLOW), Cell((marked,))),)))

    assert is_vouched_for(made)


def is_vouched_for(document: bytes) -> bool:
    """Return what the job would: a reader that fails does not vouch."""
    try:
        return is_clean_document(in_memory(document))
    except (ValueError, KeyError, IndexError, zlib.error):
        return False


def changed(document: bytes, one: bytes, other: bytes) -> bytes:
    """Replace something and write the table again, so that only what was replaced is wrong."""
    assert one in document
    return with_table(document.replace(one, other, 1))


def changed_contents(document: bytes, one: bytes, other: bytes) -> bytes:
    start = document.index(b"stream\n") + 7
    end = document.index(b"\nendstream")
    inflated = zlib.decompress(document[start:end])
    if one not in inflated:
        # The grey of the bar is what the page has; any other is wrong.
        one, other = b"0.55 g", b"1 g"
    made = zlib.compress(inflated.replace(one, other, 1), 4)
    head = document[:start].replace(b"/Length %d>>" % (end - start), b"/Length %d>>" % len(made), 1)
    return with_table(head + made + document[end:])


def with_table(document: bytes) -> bytes:
    body, _, tail = document.rpartition(b"xref\n0 ")
    places = {int(found[1]): found.start() for found in re.finditer(rb"(?m)^(\d+) 0 obj\n", body)}
    lines = b"".join(b"%010d 00000 n \n" % places[number] for number in sorted(places))
    size = len(places) + 1
    after = tail[tail.index(b"trailer") :]
    after = re.sub(rb"startxref\n\d+", b"startxref\n%d" % len(body), after)
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % size + lines + after


def test_the_text_of_the_pages_is_the_text_of_the_document(jail):
    content = long_report(3)
    wanted = Counter(letter for text in re.findall(r"<w:t[^>]*>([^<]*)", unpacked(content).decode()) for letter in text)

    clean, _ = cleaned(jail, content)

    shown = Counter(re.sub(r"(?m)^\d+\. ", "", text_of(clean)))
    for blank in " \n\r":
        del wanted[blank], shown[blank]
    assert shown == wanted
