"""OpenDocument files (.odt, .ods, .odp): text, sheets and slides that are seen, and nothing else."""

from __future__ import annotations

import io
import zipfile

import pytest
from files.office_jail import cleaned, text_of, unpacked
from files.office_marked import ODF_STYLES, marked_text, odf_paragraph
from files.office_samples import odf, odf_root
from markers.search import leftovers

from trusted.jail.stages import Damaged, Empty, Locked, Lost, OfficeDocument, Refused, What


def cell(text: str, more: str = "") -> str:
    return f"<table:table-cell {more}>{odf_paragraph(text)}</table:table-cell>"


def test_of_all_that_is_not_seen_in_a_text_nothing_is_left(jail):
    content, used = marked_text()
    assert all(mark.encode() in unpacked(content) for mark in used)

    clean, report = cleaned(jail, content)

    assert leftovers(clean, {mark.encode(): mark for mark in used}) == []
    assert [line for line in text_of(clean).split("\n") if line.strip()] == ["Räkningen delades.", "Sagt.", "Länken."]
    kinds = {found.what for found in report.removed}
    assert kinds >= {
        What.PERSON, What.DATE, What.SOFTWARE, What.COMMENT, What.EARLIER_VERSION, What.HIDDEN_TEXT, What.THUMBNAIL,
        What.SCRIPT, What.LINK, What.DEVICE,
    }  # fmt: skip
    assert {Lost.LAYOUT, Lost.LINKS} <= {*report.lost}


def test_a_text_whose_kind_is_deflated_is_taken(jail):
    made, source = io.BytesIO(), zipfile.ZipFile(io.BytesIO(odf("text", odf_paragraph("Avtal"))))
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            archive.writestr(name, source.read(name))

    assert text_of(cleaned(jail, made.getvalue())[0]).split() == ["Avtal"]


def test_what_is_seen_of_a_text_is_kept_in_its_order(jail):
    body = (
        '<text:h text:outline-level="1">Rubriken</text:h>'
        f'<text:list text:style-name="L"><text:list-item>{odf_paragraph("Ett")}<text:list><text:list-item>{odf_paragraph("Under")}</text:list-item>'
        f"</text:list></text:list-item><text:list-item>{odf_paragraph('Två')}</text:list-item></text:list>"
        '<text:p>a<text:s text:c="3"/>b<text:tab/>c<text:line-break/>d<text:note><text:note-citation>1</text:note-citation>'
        f"<text:note-body>{odf_paragraph('Noten.')}</text:note-body></text:note></text:p>"
        f"<table:table><table:table-row>{cell('A1')}{cell('B1')}</table:table-row></table:table>"
        f"<draw:frame><draw:text-box>{odf_paragraph('Rutan.')}</draw:text-box></draw:frame>"
        + odf_paragraph("Slut.", "Bold")
    )
    master = (
        f'<office:master-styles><style:master-page style:name="Standard"><style:header>{odf_paragraph("Ludvika")}</style:header>'
        "</style:master-page></office:master-styles>"
    )

    clean, _ = cleaned(jail, odf("text", body, ODF_STYLES, {"styles.xml": odf_root("document-styles", master)}))

    shown = " ".join(text_of(clean).split())
    order = ["Ludvika", "Rubriken", "1. Ett", "– Under", "2. Två", "a b c d", "A1 B1", "Rutan.", "Slut.", "1 Noten."]
    places = [shown.index(each) for each in order]
    assert places == sorted(places)


def test_of_a_spreadsheet_the_sheets_rows_and_columns_that_are_seen_are_kept(jail):
    rows = (
        f"<table:table-row>{cell('Namn')}{cell('Göms')}{cell('Summa')}</table:table-row>"
        f'<table:table-row table:visibility="collapse">{cell("Rad")}</table:table-row>'
        f"<table:table-row>{cell('Bygg')}{cell('Hemligt')}{cell('42', 'table:formula=&quot;of:=SUM(Dold)&quot;')}"
        '<table:table-cell table:number-columns-repeated="16000"/></table:table-row>'
        '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>'
    ).replace("&quot;", '"')
    columns = '<table:table-column/><table:table-column table:visibility="collapse"/><table:table-column/>'
    body = f'<table:table table:name="Synlig">{columns}{rows}</table:table>'
    body += f'<table:table table:name="Dold" table:style-name="Off"><table:table-row>{cell("Inget")}</table:table-row></table:table>'

    clean, report = cleaned(jail, odf("spreadsheet", body, ODF_STYLES))

    assert text_of(clean).split() == ["Synlig", "Namn", "Summa", "Bygg", "42"]
    assert {What.HIDDEN_TEXT, What.OTHER} <= {found.what for found in report.removed}


def test_of_a_presentation_the_slides_that_are_seen_are_kept_with_their_notes(jail):
    def slide(text: str, style: str = "", more: str = "") -> str:
        frame = (
            f"<draw:frame presentation:class='title'><draw:text-box>{odf_paragraph(text)}</draw:text-box></draw:frame>"
        )
        return f'<draw:page draw:style-name="{style}">{frame}{more}</draw:page>'

    notes = f"<presentation:notes><draw:frame><draw:text-box>{odf_paragraph('Sägs.')}</draw:text-box></draw:frame></presentation:notes>"
    empty = "<draw:frame presentation:placeholder='true'><draw:text-box/></draw:frame>"

    clean, report = cleaned(
        jail, odf("presentation", slide("Ett", more=notes + empty) + slide("Dold", "Skip") + slide("Två"), ODF_STYLES)
    )

    shown = text_of(clean)
    assert shown.index("Ett") < shown.index("Sägs.") < shown.index("Två")
    assert "Dold" not in shown
    assert What.HIDDEN_TEXT in {found.what for found in report.removed}


HOSTILE = {
    "an entity from outside": (
        lambda: odf("text", "", parts={"content.xml": "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"}),
        Damaged,
    ),
    "a password": (
        lambda: odf("text", odf_paragraph("a"), parts={"META-INF/manifest.xml": "<m:manifest><m:encryption-data/></m:manifest>"}),
        Locked,
    ),
    "rows without end": (
        lambda: odf("spreadsheet", f"<table:table>{200 * ('<table:table-row table:number-rows-repeated=' + chr(34) + '9999' + chr(34) + '>' + cell('a') + '</table:table-row>')}</table:table>"),
        Refused,
    ),
    "deep lists": (lambda: odf("text", 180 * "<text:list><text:list-item>" + 180 * "</text:list-item></text:list>"), Refused),
    "nothing in it": (lambda: odf("text", "<text:p/>"), Empty),
    "no body": (lambda: odf("text", "", parts={"content.xml": odf_root("document-content", "")}), OfficeDocument),
    "truncated": (lambda: odf("text", odf_paragraph("a"))[:-20], Damaged),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused(jail, name):
    make, refused = HOSTILE[name]

    with pytest.raises(refused):
        cleaned(jail, make())
    assert jail.alive()
