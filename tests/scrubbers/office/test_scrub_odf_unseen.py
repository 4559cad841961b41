"""What of OpenDocument files nobody sees by its colour or its height, or because a sheet shows a value in its place."""

from __future__ import annotations

import pytest
from files.office_jail import cleaned, text_of
from files.office_samples import odf, odf_root

from trusted.jail.stages import OfficeDocument, What

NUMBER = 'xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0"'
LOEXT = 'xmlns:loext="urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0"'
COLLAPSED = 'table:visibility="collapse"'
COVERED = "<table:covered-table-cell/>"


def style(family: str, inside: str, name: str = "s", more: str = "") -> str:
    return f'<style:style style:name="{name}" style:family="{family}" {more}>{inside}</style:style>'


def letters(attributes: str) -> str:
    return f"<style:text-properties {LOEXT} {attributes}/>"


RED, WHITE = letters('fo:color="#ff0000"'), letters('fo:color="#ffffff"')
ON_RED = '<style:{}-properties fo:background-color="#ff0000"/>'
ON_BLUE = '<style:{}-properties fo:background-color="#1f3864"/>'


def text(*paragraphs: str, styles: str = "") -> bytes:
    return odf("text", "".join(paragraphs), styles)


def line(words: str, name: str = "s") -> str:
    return f'<text:p text:style-name="{name}">{words}</text:p>'


def span(words: str, name: str = "t") -> str:
    return f'<text:span text:style-name="{name}">{words}</text:span>'


def cell(words: str, more: str = "") -> str:
    return f"<table:table-cell {more}><text:p>{words}</text:p></table:table-cell>"


def rows(*given: str | tuple[str, str]) -> str:
    made = (one if isinstance(one, tuple) else (one, "") for one in given)
    return "".join(f"<table:table-row {about}>{cells}</table:table-row>" for cells, about in made)


def table(*given: str | tuple[str, str], about: str = "", columns: str = "") -> str:
    return f'<table:table table:name="Blad" {about}>{columns}{rows(*given)}</table:table>'


def sheet(*given: str | tuple[str, str], styles: str = "", columns: str = "") -> bytes:
    return odf("spreadsheet", table(*given, columns=columns), styles)


PLAIN = "<text:p>Synlig</text:p>"
HIDDEN = {
    "white beside a black style without a name": lambda words: text(
        line("Synlig"),
        line(span(words)),
        styles=style("text", WHITE, "t") + style("text", letters('fo:background-color="#000000"'), ""),
    ),
    "red on a red paragraph": lambda words: text(
        PLAIN, line(words), styles=style("paragraph", ON_RED.format("paragraph") + RED)
    ),
    "red on red letters": lambda words: text(
        f"<text:p>Synlig{span(words)}</text:p>", styles=style("text", letters('fo:color="#ff0000" fo:background-color="#f80408"'), "t")
    ),
    "a red paragraph with red behind its letters": lambda words: text(
        PLAIN, line(span(words)),
        styles=style("paragraph", RED) + style("text", letters('fo:background-color="#ff0000"'), "t"),
    ),
    "red in a red cell": lambda words: text(
        PLAIN, table(cell(line(words), 'table:style-name="c"').replace("<text:p><text:p", "<text:p").replace("</text:p></text:p>", "</text:p>")),
        styles=style("table-cell", ON_RED.format("table-cell"), "c") + style("paragraph", RED),
    ),
    "red in a red row": lambda words: text(
        PLAIN, table((f"<table:table-cell>{line(words)}</table:table-cell>", 'table:style-name="r"')),
        styles=style("table-row", ON_RED.format("table-row"), "r") + style("paragraph", RED),
    ),
    "red in a red table": lambda words: text(
        PLAIN, table(f"<table:table-cell>{line(words)}</table:table-cell>", about='table:style-name="b"'),
        styles=style("table", ON_RED.format("table"), "b") + style("paragraph", RED),
    ),
    "red in a red cell of a sheet": lambda words: sheet(
        cell("Synlig") + cell(words, 'table:style-name="s"'), styles=style("table-cell", ON_RED.format("table-cell") + RED)
    ),
    "white in a white shape": lambda words: text(
        PLAIN, f'<text:p><draw:frame draw:style-name="g"><draw:text-box>{line(words)}</draw:text-box></draw:frame></text:p>',
        styles=style("graphic", '<style:graphic-properties draw:fill="solid" draw:fill-color="#ffffff"/>', "g")
        + style("paragraph", WHITE),
    ),
    "clear letters": lambda words: text(
        f"<text:p>Synlig{span(words)}</text:p>", styles=style("text", letters('loext:opacity="0%"'), "t")
    ),
    "clear letters in a colour above automatic ones": lambda words: text(
        PLAIN, line(words),
        styles=style("paragraph", AUTOMATIC, "w")
        + style("paragraph", letters('fo:color="#ff0000" loext:opacity="0%"'), more='style:parent-style-name="w"'),
    ),
    "a row of a point": lambda words: sheet(
        cell("Synlig"), (cell(words), 'table:style-name="r"'),
        styles=style("table-row", '<style:table-row-properties style:row-height="1pt" style:use-optimal-row-height="false"/>', "r"),
    ),
    "a merged cell of which every row is hidden": lambda words: sheet(
        cell("Synlig"), (cell(words, 'table:number-rows-spanned="2"'), COLLAPSED), (COVERED, COLLAPSED), cell("")
    ),
    "the text beside a number": lambda words: sheet(
        cell("Synlig"), cell(words, 'office:value-type="float" office:value="7"')
    ),
    "the text beside a day": lambda words: sheet(
        cell("Synlig"), cell(words, 'office:value-type="date" office:date-value="2026-03-14"')
    ),
    "the text beside a time": lambda words: sheet(
        cell("Synlig"), cell(words, 'office:value-type="time" office:time-value="PT36H05M00S"')
    ),
    "the text beside a truth": lambda words: sheet(
        cell("Synlig"), cell(words, 'office:value-type="boolean" office:boolean-value="true"')
    ),
    "the text beside a text": lambda words: sheet(
        cell("Synlig"), cell(words, 'office:value-type="string" office:string-value="Sju"')
    ),
    "words behind a number": lambda words: sheet(
        cell("Synlig"), cell(f"7 {words}", 'office:value-type="float" office:value="7"')
    ),
}  # fmt: skip
INSTEAD = {
    "the text beside a number": "7", "the text beside a day": "2026-03-14", "the text beside a time": "36:05:00",
    "the text beside a truth": "TRUE", "the text beside a text": "Sju", "words behind a number": "7",
}  # fmt: skip


@pytest.mark.parametrize("name", HIDDEN)
def test_two_documents_that_look_the_same_come_out_the_same(jail, name):
    first, report = cleaned(jail, HIDDEN[name]("Anna"))
    second, _ = cleaned(jail, HIDDEN[name]("Bo Ek 1985"))

    assert first == second
    assert text_of(first).replace("Blad", "").replace("Ritad figur / Drawn shape", "").replace(
        "Innehåll som inte kan visas / Content that cannot be shown", ""
    ).split() == ["Synlig", *INSTEAD.get(name, "").split()]
    assert What.HIDDEN_TEXT in {found.what for found in report.removed}


def on_pages(colour: str, inside: str = "") -> bytes:
    layout = (
        f'<office:automatic-styles><style:page-layout style:name="l"><style:page-layout-properties fo:background-color="{colour}">'
        f"{inside}</style:page-layout-properties></style:page-layout></office:automatic-styles>"
    )
    return odf(
        "text", line("Avtal"), style("paragraph", WHITE), parts={"styles.xml": odf_root("document-styles", layout)}
    )


IN_ROW = f"<table:table-cell>{line('Avtal')}</table:table-cell>"
BLACK = letters('fo:color="#000000"')
BLUE_FOOT = ('</style:page-layout-properties><style:footer-style><style:header-footer-properties '
             'fo:background-color="#1f3864"/></style:footer-style><style:page-layout-properties>')  # fmt: skip
ON_PICTURE = '<style:{}-properties><style:background-image xlink:href="Pictures/a.png"/></style:{}-properties>'
AUTOMATIC = letters('style:use-window-font-color="true" loext:opacity="0%"')
SHOWN = {
    "automatic letters in a line": text(line(span("Avtal")), styles=style("text", AUTOMATIC, "t")),
    "automatic letters by a style above": text(
        line("Avtal"), styles=style("paragraph", AUTOMATIC, "w") + style("paragraph", "", more='style:parent-style-name="w"')
    ),
    "red letters on an automatic style": text(
        line("Avtal"), styles=style("paragraph", AUTOMATIC, "w") + style("paragraph", RED, more='style:parent-style-name="w"')
    ),
    "automatic letters in a clear paragraph": text(
        line(span("Avtal")), styles=style("paragraph", letters('loext:opacity="0%"')) + style("text", AUTOMATIC, "t")
    ),
    "automatic letters in the notes of a slide": odf(
        "presentation",
        f"<draw:page><presentation:notes><draw:frame><draw:text-box>{line('Avtal')}</draw:text-box></draw:frame></presentation:notes></draw:page>",
        style("paragraph", AUTOMATIC),
    ),
    "an automatic amount on a sheet": sheet(cell("Avtal", 'table:style-name="s"'), styles=style("table-cell", AUTOMATIC)),
    "a shape beside a hidden layer without a name": text(
        f'<text:p><draw:frame><draw:text-box>{line("Avtal")}</draw:text-box></draw:frame></text:p>',
        styles='<draw:layer draw:display="none"/>',
    ),
    "a small style without a name": text(
        line(span("Avtal")), styles=style("text", RED, "t") + style("text", letters('fo:font-size="1pt"'), "")
    ),
    "black letters in a white paragraph": text(
        line(span("Avtal")), styles=style("paragraph", WHITE) + style("text", BLACK, "t")
    ),
    "larger letters in a tiny paragraph": text(
        line(span("Avtal")),
        styles=style("paragraph", letters('fo:font-size="1pt"')) + style("text", letters('fo:font-size="12pt"'), "t"),
    ),
    "letters in the colour that the program chooses": text(
        line("Avtal"),
        styles=style("paragraph", WHITE, "w")
        + style("paragraph", letters('style:use-window-font-color="true"'), more='style:parent-style-name="w"'),
    ),
    "white in a blue row": text(
        table((IN_ROW, 'table:style-name="r"')),
        styles=style("table-row", ON_BLUE.format("table-row"), "r") + style("paragraph", WHITE),
    ),
    "white in a blue table": text(
        table(IN_ROW, about='table:style-name="b"'),
        styles=style("table", ON_BLUE.format("table"), "b") + style("paragraph", WHITE),
    ),
    "white on a blue page": on_pages("#1f3864"),
    # LibreOffice draws the lines over each other.
    "lines of a point": text(
        line("Avtal"), styles=style("paragraph", '<style:paragraph-properties fo:line-height="1pt"/>')
    ),
    "white on a page that fades": on_pages('" draw:fill="gradient'),
    "white on a page with a picture": on_pages("", '<style:background-image xlink:href="Pictures/a.png"/>'),
    "white in a blue foot of pages": on_pages("", BLUE_FOOT),
    "white in a blue section": text(
        f'<text:section text:style-name="b">{line("Avtal")}</text:section>',
        styles=style("section", ON_BLUE.format("section"), "b") + style("paragraph", WHITE),
    ),
    "white on a paragraph with a picture": text(
        line("Avtal"), styles=style("paragraph", ON_PICTURE.format("paragraph", "paragraph") + WHITE)
    ),
    "white on a paragraph that fades": text(
        line("Avtal"), styles=style("paragraph", '<style:paragraph-properties draw:fill="gradient"/>' + WHITE)
    ),
    "white in a cell with a picture": text(
        table(cell("Avtal", 'table:style-name="s"')),
        styles=style("table-cell", ON_PICTURE.format("table-cell", "table-cell") + WHITE),
    ),
    "white in a filled cell of a slide": odf(
        "presentation",
        "<draw:page><draw:frame>" + table(cell("Avtal", 'table:style-name="s"')) + "</draw:frame></draw:page>",
        style("table-cell", '<style:graphic-properties draw:fill="solid" draw:fill-color="#1f3864"/>' + WHITE),
    ),
    "lines of a half": text(
        line("Avtal"), styles=style("paragraph", '<style:paragraph-properties fo:line-height="50%"/>')
    ),
    "a row that is as high as it needs": sheet(
        (cell("Avtal"), 'table:style-name="r"'),
        styles=style("table-row", '<style:table-row-properties style:row-height="1pt" style:use-optimal-row-height="true"/>', "r"),
    ),
    "a merged cell of which the first row is hidden": sheet(
        (cell("Avtal", 'table:number-rows-spanned="3"') + cell("Anna"), COLLAPSED), (COVERED + cell("B"), COLLAPSED),
        COVERED + cell("C"),
    ),
    "a merged cell of which the first row and column are hidden": sheet(
        (cell("Avtal", 'table:number-rows-spanned="2" table:number-columns-spanned="2"') + COVERED, COLLAPSED),
        COVERED + COVERED, columns=f"<table:table-column {COLLAPSED}/><table:table-column/>",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_seen_is_kept(jail, name):
    clean, _ = cleaned(jail, SHOWN[name])

    assert (
        text_of(clean)
        .replace("Blad", "")
        .replace("Textruta / Text box", "")
        .replace("Anteckningar / Speaker notes", "")
        .split()[0]
        == "Avtal"
    )
    assert "Anna" not in text_of(clean)


def number_style(kind: str, inside: str, name: str = "n", more: str = "") -> str:
    return f'<number:{kind}-style {NUMBER} style:name="{name}" {more}>{inside}</number:{kind}-style>'


def valued(stored: str, value: str, formats: str = "") -> bytes:
    styles = formats + style("table-cell", "", more='style:data-style-name="n"') if formats else ""
    about = 'table:style-name="s"' if formats else ""
    return sheet(cell(stored, f"{about} {value}"), styles=styles)


def amount(value: str, kind: str = "float") -> str:
    return f'office:value-type="{kind}" office:value="{value}"'


def moment(value: str) -> str:
    return f'office:value-type="date" office:date-value="{value}"'


PLACES = '<number:number number:decimal-places="2" number:min-integer-digits="1" number:grouping="true"/>'
KRONOR = PLACES + "<number:text> </number:text><number:currency-symbol>kr</number:currency-symbol>"
SIGNED = (
    number_style("currency", KRONOR, "p")
    + number_style(
        "currency",
        f'<number:text>-</number:text>{KRONOR}<style:map style:condition="value()&gt;=0" style:apply-style-name="p"/>',
    )
)  # fmt: skip
LONG_DAY = number_style(
    "date",
    '<number:day/><number:text> </number:text><number:month number:textual="true" number:style="long"/>'
    '<number:text> </number:text><number:year number:style="long"/>',
)
SHORT_DAY = number_style(
    "date",
    '<number:day number:style="long"/><number:text>/</number:text><number:month number:style="long"/>'
    "<number:text>/</number:text><number:year/>",
)
HOURS = number_style(
    "time",
    '<number:hours/><number:text>:</number:text><number:minutes number:style="long"/>',
    more='number:truncate-on-overflow="false"',
)
PERCENT = number_style(
    "percentage",
    '<number:number number:decimal-places="1" number:min-integer-digits="1"/><number:text> %</number:text>',
)
THOUSANDS = number_style(
    "number",
    '<number:number number:decimal-places="0" number:min-integer-digits="1" number:display-factor="1000"/>'
    "<number:text> tkr</number:text>",
)
WORD_ALONE = number_style("number", "<number:text>Ja</number:text>")
QUARTER = number_style("date", '<number:quarter number:style="long"/>')
AS_STORED = {
    "a number": ("3,1416", amount("3.14159265"), ""),
    "thousands": ("1 234 567,50", amount("1234567.5"), number_style("number", PLACES)),
    "an amount": ("1 234,50 kr", amount("1234.5", "currency"), SIGNED),
    "a debt": ("-1 234,50 kr", amount("-1234.5", "currency"), SIGNED),
    "per cent": ("12,5 %", amount("0.125", "percentage"), PERCENT),
    "thousands that are left out": ("1235 tkr", amount("1234567"), THOUSANDS),
    "a word in the place of a number": ("Ja", amount("1"), WORD_ALONE),
    "a day": ("14/03/26", moment("2026-03-14"), SHORT_DAY),
    "a day without a format": ("2026-03-14", moment("2026-03-14"), ""),
    "a day in words": ("14 mars 2026", moment("2026-03-14T08:30:00"), LONG_DAY),
    "a quarter": ("Q1", moment("2026-03-14"), QUARTER),
    "hours": ("36:05", 'office:value-type="time" office:time-value="PT36H05M00S"', HOURS),
    "a truth": ("SANT", 'office:value-type="boolean" office:boolean-value="true"', ""),
    "a text": ("Sju", 'office:value-type="string"', ""),
    "a power of ten": ("1,23E+005", amount("123456"), number_style("number", "<number:scientific-number/>")),
    "a fraction": ("1 1/4", amount("1.25"), number_style("number", "<number:fraction/>")),
    "a currency of the reader's system": ("$5.00", amount("5"), number_style("currency", f"<number:currency-symbol/>{PLACES}")),
    "an empty sum": ("0,00", amount("0"), number_style("number", PLACES)),
}  # fmt: skip
AS_VALUE = {
    "another number": ("3,15", amount("3.14159265"), "", "3.14159265"),
    "another amount": ("9 234,50 kr", amount("1234.5", "currency"), SIGNED, "1 234.50 kr"),
    "a debt without its sign": ("1 234,50 kr", amount("-1234.5", "currency"), SIGNED, "-1 234.50 kr"),
    "words in an amount": ("1 234,50 kr Anna", amount("1234.5", "currency"), SIGNED, "1 234.50 kr"),
    "another word": ("Nej", amount("1"), WORD_ALONE, "Ja"),
    "another day": ("15/03/26", moment("2026-03-14"), SHORT_DAY, "2026-03-14"),
    "a day and its month in the other order": ("03/14/26", moment("2026-03-14"), SHORT_DAY, "2026-03-14"),
    "words behind a day": ("14 mars 2026 Anna", moment("2026-03-14"), LONG_DAY, "2026-03-14"),
    "another month": ("14 maj 2026", moment("2026-03-14"), LONG_DAY, "2026-03-14"),
    "another truth": ("FALSKT", 'office:value-type="boolean" office:boolean-value="true"', "", "TRUE"),
    "another power of ten": (
        "1,24E+005",
        amount("123456"),
        number_style("number", "<number:scientific-number/>"),
        "123456",
    ),
    "another fraction": ("1 3/4", amount("1.25"), number_style("number", "<number:fraction/>"), "1.25"),
    "nothing": ("", amount("5"), "", "5"),
    "more digits than there are": ("1" * 9000, amount("1e300"), "", "1e+300"),
}


@pytest.mark.parametrize("name", AS_STORED)
def test_the_text_that_is_stored_with_a_value_is_taken_where_it_says_the_same(jail, name):
    stored, value, formats = AS_STORED[name]

    clean, report = cleaned(jail, valued(stored, value, formats))

    assert text_of(clean).replace("Blad", "").split() == stored.split()
    assert What.HIDDEN_TEXT not in {found.what for found in report.removed}


@pytest.mark.parametrize("name", AS_VALUE)
def test_the_value_is_shown_where_the_text_that_is_stored_with_it_says_another(jail, name):
    stored, value, formats, expected = AS_VALUE[name]

    clean, _ = cleaned(jail, valued(stored, value, formats))

    assert text_of(clean).replace("Blad", "").split() == expected.split()


def test_a_day_in_a_format_that_is_not_followed_refuses_the_sheet_where_its_text_says_another(jail):
    with pytest.raises(OfficeDocument):
        cleaned(jail, valued("Q2", moment("2026-03-14"), QUARTER))


def test_what_a_table_in_a_text_shows_is_what_is_written_in_it(jail):
    content = text(table(cell("sju", 'office:value-type="float" office:value="7"')))

    assert text_of(cleaned(jail, content)[0]).split() == ["sju"]
