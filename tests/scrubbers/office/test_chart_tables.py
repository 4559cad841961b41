"""A chart comes as a table: its axis' categories, a column for each series with its name, values as cells show them.

The judge is poppler's `pdftotext -bbox`: what stands beside a category and under the name of a series.
"""

from __future__ import annotations

import pytest
from files.office_grid import NEAR, lines_of
from files.office_jail import cleaned, whole_text_of
from files.office_samples import odf, odf_root, word

SPACES = (
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
)
MONTHS = ["Januari", "Februari", "Mars"]
NAMES = ["Lön", "Hyra"]
TRIPLES = {
    ("Januari", "Lön", "761879.59"), ("Mars", "Lön", "12.50"), ("Januari", "Hyra", "100.00"), ("Februari", "Hyra", "7.00"),
}  # fmt: skip


def points(values: list[str]) -> str:
    return "".join(f'<c:pt idx="{at}"><c:v>{value}</c:v></c:pt>' for at, value in enumerate(values) if value)


def words(kind: str, values: list[str]) -> str:
    return f"<c:{kind}><c:strRef><c:f>B!A1</c:f><c:strCache>{points(values)}</c:strCache></c:strRef></c:{kind}>"


def numbers(kind: str, values: list[str], code: str = "0.00") -> str:
    inside = f"<c:formatCode>{code}</c:formatCode>{points(values)}"
    return f"<c:{kind}><c:numRef><c:f>B!B1</c:f><c:numCache>{inside}</c:numCache></c:numRef></c:{kind}>"


def series(name: str, *parts: str) -> str:
    return f"<c:ser>{words('tx', [name])}{''.join(parts)}</c:ser>"


def with_chart(plot: str, kind: str = "barChart", before: str = "") -> bytes:
    title = "<c:title><c:tx><c:rich><a:p><a:r><a:t>Kostnader</a:t></a:r></a:p></c:rich></c:tx></c:title>"
    part = (
        f"<c:chartSpace {SPACES}>{before}<c:chart>{title}<c:plotArea><c:{kind}>{plot}</c:{kind}></c:plotArea><c:legend/>"
        "</c:chart></c:chartSpace>"
    )
    shown = (
        '<w:p><w:r><w:drawing><wp:inline><wp:extent cx="9" cy="9"/><wp:docPr id="1" name="a"/><a:graphic><a:graphicData '
        'uri="c"><c:chart r:id="c"/></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>'
    )
    return word(shown, {"word/charts/chart1.xml": part}, ("c", "chart", "charts/chart1.xml"))


def in_open_document(*lines: list[str]) -> bytes:
    def cell(text: str) -> str:
        text, twice, _ = text.partition(" twice")
        value = f' office:value-type="float" office:value="{text}"' if text[:1].isdigit() else ""
        value += ' table:number-columns-repeated="2"' if twice else ""
        return f"<table:table-cell{value}>{f'<text:p>{text}</text:p>' if text else ''}</table:table-cell>"

    rows = "".join(f"<table:table-row>{''.join(map(cell, line))}</table:table-row>" for line in lines)
    chart = f"<chart><text:p>Kostnader</text:p><table:table>{rows}</table:table></chart>"
    inside = odf_root("document-content", f"<office:body>{chart}</office:body>")
    frame = '<text:p>Text</text:p><draw:frame><draw:object xlink:href="./Object 1"/></draw:frame>'
    return odf("text", frame, parts={"Object 1/content.xml": inside})


def triples(clean: bytes) -> set[tuple[str, str, str]]:
    """Each value with the category that stands before it and the series that stands above."""
    lines = lines_of(clean)
    head = next(at for at, line in enumerate(lines) if [word for _, word in line] == NAMES)
    return {
        (line[0][1], name, value)
        for line in lines[head + 1 :] for x, value in line[1:] for at, name in lines[head] if abs(at - x) < NEAR
    }  # fmt: skip


def test_each_value_stands_beside_its_category_and_under_its_series_in_the_format_of_its_cell(jail):
    plot = series("Lön", words("cat", MONTHS), numbers("val", ["761879.5900000001", "", "12.5"])) + series(
        "Hyra", words("cat", MONTHS), numbers("val", ["100", "7"])
    )

    clean, _ = cleaned(jail, with_chart(plot))

    assert triples(clean) == TRIPLES
    assert [word for line in lines_of(clean)[:2] for _, word in line] == ["Diagram", "/", "Chart", "Kostnader"]


def test_an_open_document_chart_is_a_table_too(jail):
    lines = [["", *NAMES], ["Januari", "761879.5900000001", "100"], ["Februari", "", "7"], ["Mars", "12.5", ""]]

    clean, _ = cleaned(jail, in_open_document(*lines))

    assert triples(clean) == {
        (row, name, value.replace("12.50", "12.5").replace(".00", "")) for row, name, value in TRIPLES
    }
    assert "Kostnader" in whole_text_of(clean)


def test_a_cell_of_an_open_document_chart_that_is_repeated_stands_in_each_of_its_columns(jail):
    clean, _ = cleaned(jail, in_open_document(["", *NAMES], ["Rad", "7 twice"]))

    assert triples(clean) == {("Rad", "Lön", "7"), ("Rad", "Hyra", "7")}


@pytest.mark.parametrize(
    ("before", "code", "stored", "shown"),
    [
        ("", "yyyy\\-mm\\-dd", "45000", "2023-03-15"),
        ('<c:date1904 val="1"/>', "yyyy\\-mm\\-dd", "43538", "2023-03-15"),
        ("", "General", "0.30000000000000004", "0.3"),
        ("", "0%", "0.25", "25%"),
    ],
)
def test_categories_and_values_are_shown_in_their_formats(jail, before, code, stored, shown):
    plot = series("Lön", numbers("cat", [stored], code), numbers("val", [stored], code))

    clean, _ = cleaned(jail, with_chart(plot, before=before))

    assert [word for _, word in lines_of(clean)[-1]] == [shown, shown]


def test_points_with_places_of_their_own_stand_in_tables_of_their_own(jail):
    plot = series("Lön", numbers("xVal", ["1", "2"]), numbers("yVal", ["10", "20"])) + series(
        "Hyra", numbers("xVal", ["3"]), numbers("yVal", ["30"])
    )

    clean, _ = cleaned(jail, with_chart(plot, "scatterChart"))

    assert [[word for _, word in line] for line in lines_of(clean)[2:]] == [
        ["Lön"], ["1.00", "10.00"], ["2.00", "20.00"], ["Hyra"], ["3.00", "30.00"],
    ]  # fmt: skip


def test_a_series_without_values_keeps_its_name_and_one_without_end_says_so(jail):
    named, _ = cleaned(jail, with_chart(series("Lön", words("cat", ["Januari"]))))
    endless, _ = cleaned(jail, with_chart(series("Lön", numbers("val", [str(at) for at in range(3000)]))))

    assert {"Lön", "Januari"} <= set(whole_text_of(named).split())
    assert whole_text_of(endless).split("Kopia")[-2].split()[-1] == "…"
