"""What an OpenDocument file shows and what it hides by fields, sizes, layers, places and protected cells."""

from __future__ import annotations

import io

import pytest
from files.office_jail import cleaned, text_of
from files.office_samples import odf, odf_root
from processes.measured import steps_of

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.office.odf.document import read_document
from scrubbers.jailed.office.package import Package
from trusted.jail.stages import TooLarge, What


def style(family: str, properties: str) -> str:
    return f'<style:style style:name="s" style:family="{family}">{properties}</style:style>'


def written(text: str, properties: str) -> bytes:
    span = f'<text:p>Synlig<text:span text:style-name="s">{text}</text:span></text:p>'
    return odf("text", span, style("text", f"<style:text-properties {properties}/>"))


def cell(text: str, more: str = "") -> str:
    return f"<table:table-cell {more}><text:p>{text}</text:p></table:table-cell>"


def sheet(rows: str, styles: str = "", about: str = "") -> bytes:
    return odf("spreadsheet", f'<table:table table:name="Blad" {about}>{rows}</table:table>', styles)


def box(text: str, left: str, more: str = "") -> str:
    return (
        f'<draw:frame svg:x="{left}" svg:y="1cm" svg:width="5cm" svg:height="2cm" presentation:class="outline" {more}>'
        f"<draw:text-box><text:p>{text}</text:p></draw:text-box></draw:frame>"
    )


def slides(shapes: str, about: str = "", before: str = "") -> bytes:
    master = (
        '<office:automatic-styles><style:page-layout style:name="l"><style:page-layout-properties fo:page-width="28cm" '
        'fo:page-height="21cm"/></style:page-layout></office:automatic-styles><office:master-styles><draw:layer-set>'
        '<draw:layer draw:name="dold" draw:display="none"/><draw:layer draw:name="layout"/></draw:layer-set>'
        '<style:master-page style:name="m" style:page-layout-name="l"/></office:master-styles>'
    )
    page = f'{before}<draw:page draw:master-page-name="m" {about}>{shapes}</draw:page>'
    return odf("presentation", page, parts={"styles.xml": odf_root("document-styles", master)})


LOCKED = style("table-cell", '<style:table-cell-properties style:cell-protect="hidden-and-protected"/>')
WHITE = '<style:text-properties fo:color="#ffffff"/>'
OF_DATA = '<style:style style:name="s" style:family="table-cell" style:data-style-name="n"/>'


def beside(text: str, styles: str, more: str = "") -> bytes:
    """A sheet with a text, or what `more` says of a value, in a cell of the style "s"."""
    return sheet(
        f"<table:table-row>{cell('Synlig')}{cell(text, f'table:style-name={chr(34)}s{chr(34)} {more}')}</table:table-row>",
        styles,
    )


HIDDEN = {
    "a format of texts that is white": lambda text: beside(
        text, OF_DATA + f'<number:text-style style:name="n">{WHITE}<number:text-content/></number:text-style>'
    ),
    "a paragraph that hides itself": lambda text: odf(
        "text", f'<text:p>Synlig</text:p><text:p>{text}<text:hidden-paragraph text:is-hidden="true"/></text:p>'
    ),
    "letters of a hundredth of an inch": lambda text: written(text, 'fo:font-size="0.01in"'),
    "letters of a hundredth": lambda text: written(text, 'fo:font-size="1%"'),
    "a hidden cell of a protected sheet": lambda text: sheet(
        f"<table:table-row>{cell('Synlig')}{cell(text, 'table:style-name=' + chr(34) + 's' + chr(34))}</table:table-row>",
        LOCKED,
        'table:protected="true"',
    ),
    "left of the slide": lambda text: slides(box("Synlig", "1cm") + box(text, "-6cm")),
    "right of the slide": lambda text: slides(box("Synlig", "1cm") + box(text, "29cm")),
    "a layer that is not shown": lambda text: slides(box("Synlig", "1cm") + box(text, "1cm", 'draw:layer="dold"')),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_two_documents_that_look_the_same_come_out_the_same(jail, name):
    first, report = cleaned(jail, HIDDEN[name]("Anna"))
    second, _ = cleaned(jail, HIDDEN[name]("Bo Ek 1985"))

    assert first == second
    assert text_of(first).replace("Blad", "").split() == ["Synlig"]
    assert {What.HIDDEN_TEXT, What.HIDDEN_DRAWING} & {found.what for found in report.removed}


COLUMNS = '<table:table-column table:visibility="collapse"/><table:table-column table:number-columns-repeated="2"/>'
SPANNED = cell("Rubrik", 'table:number-columns-spanned="3"') + 2 * "<table:covered-table-cell/>"
SHOWN = {
    "a text that a condition would hide": (
        odf("text", '<text:p>A <text:hidden-text text:is-hidden="false">B</text:hidden-text></text:p>'), ["A", "B"],
    ),
    "a merged cell of which a column is hidden": (
        sheet(f"{COLUMNS}<table:table-row>{SPANNED}</table:table-row><table:table-row>{cell('')}{cell('B')}</table:table-row>"),
        ["Blad", "Rubrik", "B"],
    ),
    "a cell that is protected on a sheet that is not": (
        sheet(f"<table:table-row>{cell('A', 'table:style-name=' + chr(34) + 's' + chr(34))}</table:table-row>", LOCKED),
        ["Blad", "A"],
    ),
    "partly on the slide": (slides(box("Avtal", "-4cm") + box("Bilaga", "27cm")), ["Avtal", "Bilaga"]),
    "the foot of a slide": (
        slides(
            box("A", "1cm"), 'presentation:use-footer-name="f" presentation:use-date-time-name="d"',
            '<presentation:footer-decl presentation:name="f">Utkast</presentation:footer-decl><presentation:date-time-decl '
            'presentation:name="d" presentation:source="fixed">3 maj</presentation:date-time-decl>',
        ),
        ["A", "Utkast", "3", "maj"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_shown_is_kept(jail, name):
    content, shown = SHOWN[name]

    clean, _ = cleaned(jail, content)

    assert text_of(clean).split() == shown


def test_a_power_is_raised_however_it_is_written(jail):
    made = [
        cleaned(jail, written("6", f'style:text-position="{how}"'))[0] for how in ("super 58%", "33% 58%", "0% 100%")
    ]

    assert made[0] == made[1] != made[2]


def test_a_cell_beyond_the_last_column_refuses_the_sheet_and_is_not_lost(jail):
    far = '<table:table-cell table:number-columns-repeated="1100"/>'

    with pytest.raises(TooLarge):
        cleaned(jail, sheet(f"<table:table-row>{cell('A')}{far}{cell('B')}</table:table-row>"))


def test_the_empty_cells_that_programs_write_behind_each_row_take_no_time():
    def steps(behind: str) -> int:
        content = sheet(200 * f"<table:table-row>{8 * cell('A')}{behind}</table:table-row>")
        return steps_of(lambda: read_document(Package(io.BytesIO(content)), Findings()))

    steps("")  # what is imported and remembered on first use is no part of either
    assert steps('<table:table-cell table:number-columns-repeated="16376"/>') < 1.1 * steps("")


@pytest.mark.parametrize(("value", "shown"), [("12", ["12"]), ("-12", [])])
def test_the_colour_of_a_format_of_numbers_hides_what_is_below_zero(jail, value, shown):
    digits = '<number:number number:min-integer-digits="1"/>'
    below = f'<number:number-style style:name="m">{WHITE}<number:text>-</number:text>{digits}</number:number-style>'
    when = '<style:map style:condition="value()&lt;0" style:apply-style-name="m"/>'
    formats = OF_DATA + below + f'<number:number-style style:name="n">{digits}{when}</number:number-style>'

    clean, _ = cleaned(jail, beside(value, formats, f'office:value-type="float" office:value="{value}"'))

    assert text_of(clean).split() == ["Blad", "Synlig", *shown]
