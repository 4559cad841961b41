"""Tables within cells: each value stays beside the names of its own row and column, and the cell says where its table is.

The judge is poppler's `pdftotext -bbox`: it says where words stand, and the grid follows from that alone.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from files.office_grid import NEAR, lines_of
from files.office_jail import cleaned, text_of
from files.office_samples import odf, paragraph, word

from trusted.jail.stages import Lost

Rows = list[list[str]]
OUTER = [["Konto", "mars", "april"], ["4010", "111", "{}"], ["5010", "333", "444"]]
INNER = [["Post", "antal", "pris"], ["sand", "55", "66"], ["salt", "{}", "88"]]
DEEPEST = [["Prov", "halt"], ["ett", "0.9"]]
SINGLE = [["{}"]]


def of_word(rows: Rows, inside: str = "", properties: str = "") -> str:
    lines = (
        "<w:tr>"
        + "".join(f"<w:tc>{inside if text == '{}' else ''}{paragraph(text.strip('{}'))}</w:tc>" for text in row)
        + "</w:tr>"
        for row in rows
    )
    return f"<w:tbl>{properties}{''.join(lines)}</w:tbl>"


def of_odf(rows: Rows, inside: str = "") -> str:
    lines = (
        "<table:table-row>"
        + "".join(
            f"<table:table-cell>{inside if text == '{}' else f'<text:p>{text}</text:p>'}</table:table-cell>"
            for text in row
        )
        + "</table:table-row>"
        for row in rows
    )
    return f"<table:table>{''.join(lines)}</table:table>"


def of_html(rows: Rows, inside: str = "") -> str:
    lines = ("<tr>" + "".join(f"<td>{inside if text == '{}' else text}</td>" for text in row) + "</tr>" for row in rows)
    return f"<table border=1>{''.join(lines)}</table>"


def page(inside: str) -> bytes:
    return f"<html><body>{inside}</body></html>".encode()


Writes = Callable[..., str]
KINDS: dict[str, tuple[Writes, Callable[[str], bytes]]] = {
    "docx": (of_word, word),
    "odt": (of_odf, lambda body: odf("text", body)),
    "html": (of_html, page),
}


def read_tables(document: bytes) -> dict[str, set[tuple[str, str, str]]]:
    """Every value with the names of its row and its column, by the name of the table."""
    tables: dict[str, set[tuple[str, str, str]]] = {"": set()}
    name, columns = "", list[tuple[float, str]]()
    for line in lines_of(document):
        words = " ".join(word for _, word in line)
        if words.startswith("Tabell "):
            name, columns = words, []
            tables[name] = set()
        elif not columns:
            columns = line
        else:
            assert abs(line[0][0] - columns[0][0]) < NEAR, "a row without its name"
            for x, value in line[1:]:
                tables[name] |= {(line[0][1], named, value) for at, named in columns if abs(at - x) < NEAR}
    return tables


def triples(rows: Rows, instead: str = "") -> set[tuple[str, str, str]]:
    return {
        (row[0], rows[0][at], instead if row[at] == "{}" else row[at]) for row in rows[1:] for at in range(1, len(row))
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_in_a_cell_follows_with_its_number_and_both_keep_their_names(jail, kind):
    of, document = KINDS[kind]
    clean, _ = cleaned(jail, document(of(OUTER, of(INNER, of(DEEPEST)))))

    assert read_tables(clean) == {
        "": triples(OUTER, "[Tabell"),
        "Tabell 1 / Table 1": triples(INNER, "[Tabell"),
        "Tabell 2 / Table 2": triples(DEEPEST),
    }
    assert "[Tabell 1 / Table 1]" in text_of(clean)


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_in_one_that_is_only_a_layout_stays_in_its_place(jail, kind):
    of, document = KINDS[kind]
    clean, _ = cleaned(jail, document(of([["{}"], ["Slut"]], of(DEEPEST))))

    assert text_of(clean).split() == ["Prov", "halt", "ett", "0.9", "Slut"]
    assert {"0.9"} == {value for line in lines_of(clean)[1:2] for _, value in line[1:]}


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_of_one_row_in_a_cell_is_read_in_the_cell(jail, kind):
    of, document = KINDS[kind]
    clean, _ = cleaned(jail, document(of(OUTER, of([["a", "b"]]))))

    assert text_of(clean).split() == ["Konto", "mars", "april", "4010", "111", "a", "b", "5010", "333", "444"]


def test_a_colour_of_a_layout_is_lost_and_reported(jail):
    shaded = "<w:tcPr><w:shd w:fill='FF0000'/></w:tcPr>"
    content = word(f"<w:tbl><w:tr><w:tc>{shaded}{of_word(DEEPEST)}{paragraph('')}</w:tc></w:tr></w:tbl>")

    assert Lost.TEXT_COLOURS in cleaned(jail, content)[1].lost
