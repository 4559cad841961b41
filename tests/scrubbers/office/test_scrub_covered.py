"""What somebody drew a box or a picture over: it is not in the copy, or the document is refused."""

from __future__ import annotations

import pytest
from files.office_jail import cleaned, picture_of, text_of
from files.office_marked import row, text_cell
from files.office_samples import (
    photograph,
    presentation,
    relations,
    shape,
    slide_part,
    workbook,
)
from hostile.jail import Jail

from trusted.jail.stages import OfficeDocument, What


@pytest.fixture(scope="module")
def jail():
    made = Jail()
    yield made
    made.close()


BLACK = '<a:solidFill><a:srgbClr val="000000"/></a:solidFill>'
RECTANGLE = '<a:prstGeom prst="rect"/>'


def frame(left: float, top: float, wide: float, high: float, about: str = "") -> str:
    """A place in inches."""
    at = f'<a:off x="{int(left * 914400)}" y="{int(top * 914400)}"/>'
    return f'<a:xfrm {about}>{at}<a:ext cx="{int(wide * 914400)}" cy="{int(high * 914400)}"/></a:xfrm>'


def text_at(text: str, where: str, fill: str = "", place: str = "") -> str:
    return shape(text, fill=where + fill, place=place)


def box_at(where: str, fill: str = BLACK, geometry: str = RECTANGLE) -> str:
    return f'<p:sp><p:nvSpPr><p:cNvPr id="7" name="n"/></p:nvSpPr><p:spPr>{where}{geometry}{fill}</p:spPr></p:sp>'


def picture_at(where: str, more: str = "") -> str:
    return (
        f'<p:pic><p:nvPicPr><p:cNvPr id="4" name="n"/></p:nvPicPr><p:blipFill><a:blip r:embed="i">{more}</a:blip></p:blipFill>'
        f"<p:spPr>{where}{RECTANGLE}</p:spPr></p:pic>"
    )


def deck(*shapes: str) -> bytes:
    named = relations(("i", "image", "../media/image1.jpeg"), ("n", "notesSlide", "../notesSlides/n.xml"))
    return presentation(
        [("", text_at("Synlig", frame(0, 6, 2, 1)) + "".join(shapes))],
        {"ppt/media/image1.jpeg": photograph()},
        {0: named},
    )


def group(children: str, turn: str = "") -> str:
    where = (
        f'<a:xfrm {turn}><a:off x="914400" y="914400"/><a:ext cx="1828800" cy="914400"/><a:chOff x="0" y="0"/>'
        '<a:chExt cx="200" cy="100"/></a:xfrm>'
    )
    return f'<p:grpSp><p:nvGrpSpPr><p:cNvPr id="9" name="n"/></p:nvGrpSpPr><p:grpSpPr>{where}</p:grpSpPr>{children}</p:grpSp>'


NAME = text_at("Anna Ek", frame(1, 1, 2, 0.5))
ON_TOP = frame(0.9, 0.9, 2.2, 0.7)
CHILD = '<a:xfrm><a:off x="0" y="0"/><a:ext cx="200" cy="100"/></a:xfrm>'
GONE = {
    "a black box": deck(NAME, box_at(ON_TOP)),
    "a box of the theme's colour": deck(NAME, box_at(ON_TOP, '<a:solidFill><a:schemeClr val="tx1"/></a:solidFill>')),
    "a box that fades": deck(NAME, box_at(ON_TOP, "<a:gradFill/>")),
    "a picture": deck(NAME, picture_at(ON_TOP)),
    "a text box with a colour": deck(NAME, text_at("Synlig", ON_TOP, BLACK)),
    "a box in a group": deck(NAME, group(box_at(CHILD))),
    "a text in a group under a box": deck(group(text_at("Anna Ek", CHILD)), box_at(frame(0.9, 0.9, 2.2, 1.2))),
    "a text of a turned group under a box beside it": deck(
        group(text_at("Anna Ek", CHILD.replace('x="0"', 'x="400"')), 'rot="60000"'), box_at(frame(4.9, 0.9, 2.2, 1.2))
    ),
    "a box over a table": deck(
        f"<p:graphicFrame><p:nvGraphicFramePr/>{frame(1, 1, 2, 0.5).replace('a:xfrm', 'p:xfrm')}<a:graphic><a:graphicData><a:tbl><a:tr>"
        "<a:tc><a:txBody><a:p><a:r><a:t>Anna Ek</a:t></a:r></a:p></a:txBody></a:tc></a:tr></a:tbl></a:graphicData>"
        "</a:graphic></p:graphicFrame>",
        box_at(ON_TOP),
    ),
}  # fmt: skip
CLEAR = '<a:solidFill><a:srgbClr val="000000"><a:alpha val="{}"/></a:srgbClr></a:solidFill>'
REFUSED = {
    "a box over a part of a text": deck(NAME, box_at(frame(1, 0.9, 1, 0.7))),
    "a box over the lines that are too many for their frame": deck(
        text_at(40 * "Anna Ek ", frame(1, 1, 2, 0.2)), box_at(frame(0.9, 1.4, 2.2, 0.5))
    ),
    "a box that can be seen through": deck(NAME, box_at(ON_TOP, CLEAR.format(50_000))),
    "an ellipse": deck(NAME, box_at(ON_TOP, geometry='<a:prstGeom prst="ellipse"/>')),
    "a turned box": deck(NAME, box_at(frame(0.9, 0.9, 2.2, 0.7, 'rot="600000"'))),
    "a box in a turned group": deck(NAME, group(box_at(CHILD), 'rot="600000"')),
    "a box beside a group that is turned a little, which stands over the text": deck(
        text_at("Anna Ek", frame(5.2, 1.2, 1, 0.5)), group(box_at(CHILD.replace('x="0"', 'x="400"')), 'rot="60000"')
    ),
    "a box of a group that is mirrored": deck(
        text_at("Anna Ek", frame(2.1, 1.2, 0.8, 0.5)), group(box_at(CHILD.replace('cx="200"', 'cx="100"')), 'flipH="1"')
    ),
    "a box over a text with a place of its own nowhere": deck(shape("Anna Ek", place="body"), box_at(ON_TOP)),
    "a see-through box over a picture": deck(picture_at(frame(1, 1, 2, 1)), box_at(ON_TOP, CLEAR.format(50_000))),
}  # fmt: skip
KEPT = {
    "a box without a fill": deck(NAME, box_at(ON_TOP, "<a:noFill/>")),
    "a clear box": deck(NAME, box_at(ON_TOP, CLEAR.format(0))),
    "a box under the text": deck(box_at(ON_TOP), NAME),
    "a box beside the text": deck(NAME, box_at(frame(3.1, 1, 1, 1))),
    "a picture beside the text": deck(picture_at(frame(3.1, 1, 2, 1)), NAME),
    "a picture behind all": deck(picture_at(frame(0, 0, 10, 7.5)), NAME),
    "a text on its own fill": deck(text_at("Anna Ek", frame(1, 1, 2, 0.5), BLACK)),
    "a line over the text": deck(NAME, box_at(ON_TOP, geometry='<a:prstGeom prst="line"/>')),
    "a hidden box": deck(NAME, box_at(ON_TOP).replace('name="n"', 'name="n" hidden="1"')),
    "a box of a turned group beside the text": deck(NAME, group(box_at(CHILD.replace('x="0"', 'x="400"')), 'rot="60000"')),
    "a box without a size": deck(NAME, box_at("")),
}  # fmt: skip


@pytest.mark.parametrize("name", GONE)
def test_what_is_under_a_box_on_a_slide_is_not_in_the_copy(jail, name):
    clean, report = cleaned(jail, GONE[name])

    assert "Anna" not in text_of(clean)
    assert "Synlig" in text_of(clean)
    assert report.removed
    if "text box" not in name:
        assert b"/Subtype /Image" in clean


@pytest.mark.parametrize("name", REFUSED)
def test_a_slide_on_which_something_is_covered_in_part_is_refused(jail, name):
    with pytest.raises(OfficeDocument):
        cleaned(jail, REFUSED[name])


@pytest.mark.parametrize("name", KEPT)
def test_what_is_not_covered_on_a_slide_is_kept(jail, name):
    clean, _ = cleaned(jail, KEPT[name])

    assert "Anna Ek" in text_of(clean)
    assert "Covered" not in text_of(clean)


@pytest.mark.parametrize("geometry", ["rect", "ellipse"])
def test_a_box_over_a_part_of_a_picture_is_black_in_the_picture_itself(jail, geometry):
    over = box_at(frame(2, 1.5, 1, 0.5), geometry=f'<a:prstGeom prst="{geometry}"/>')

    shown = picture_of(cleaned(jail, deck(picture_at(frame(1, 1, 2, 1)), over))[0])

    wide, high = shown.size
    assert max(shown.crop((wide // 2 + 4, high // 2 + 4, wide, high)).get_flattened_data()) < 24
    assert max(shown.crop((0, high // 2, wide // 2 - 8, high)).get_flattened_data()) > 100


def test_a_picture_under_a_box_is_not_in_the_copy(jail):
    clean, report = cleaned(jail, deck(picture_at(frame(1, 1, 2, 1)), box_at(frame(1, 1, 2, 1))))

    assert picture_of(clean).size == (1, 1)
    assert "Covered" in text_of(clean)
    assert What.HIDDEN_DRAWING in {found.what for found in report.removed}


def on_layout(*slides: str) -> bytes:
    layout = slide_part("sldLayout", f"<p:cSld><p:spTree>{text_at('Anna Ek', frame(1, 1, 2, 0.5))}</p:spTree></p:cSld>")
    named = relations(("l", "slideLayout", "../slideLayouts/slideLayout1.xml"))
    shown = [("", text_at("Synlig", frame(0, 6, 2, 1)) + each) for each in slides]
    return presentation(shown, {"ppt/slideLayouts/slideLayout1.xml": layout}, dict.fromkeys(range(len(slides)), named))


def test_what_every_slide_covers_of_its_layout_is_not_in_the_copy(jail):
    assert "Anna" not in text_of(cleaned(jail, on_layout(box_at(ON_TOP), box_at(ON_TOP)))[0])
    assert "Anna" in text_of(cleaned(jail, on_layout(box_at(ON_TOP), ""))[0])


def test_a_place_stands_where_its_layout_has_it(jail):
    body = shape("Anna Ek", place="body")
    layout = slide_part(
        "sldLayout", f"<p:cSld><p:spTree>{text_at('', frame(1, 1, 2, 0.5), place='body')}</p:spTree></p:cSld>"
    )
    named = {0: relations(("l", "slideLayout", "../slideLayouts/slideLayout1.xml"))}

    def made(where: str) -> bytes:
        return presentation(
            [("", body + text_at("S", frame(0, 6, 2, 1)) + box_at(where))],
            {"ppt/slideLayouts/slideLayout1.xml": layout},
            named,
        )

    assert "Anna" not in text_of(cleaned(jail, made(ON_TOP))[0])
    assert "Anna" in text_of(cleaned(jail, made(frame(1, 3, 2, 1)))[0])


ROWS = "".join(
    row(*(text_cell(f"{letter}{number}", f"{letter}x{number}") for letter in "ABCD")).replace(
        "<row ", f'<row r="{number}" '
    )
    for number in range(1, 8)
)


def corner(name: str, column: int, line: int, across: int = 0, down: int = 0) -> str:
    return (
        f"<xdr:{name}><xdr:col>{column}</xdr:col><xdr:colOff>{across}</xdr:colOff><xdr:row>{line}</xdr:row>"
        f"<xdr:rowOff>{down}</xdr:rowOff></xdr:{name}>"
    )


def sheet_with(*drawn: str, rows: str = ROWS, more: str = "") -> bytes:
    spaces = (
        'xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" xmlns:a="http://'
        'schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/'
        '2006/relationships"'
    )
    parts = {
        "xl/worksheets/_rels/sheet0.xml.rels": relations(("d", "drawing", "../drawings/drawing1.xml")),
        "xl/drawings/drawing1.xml": f"<xdr:wsDr {spaces}>{''.join(drawn)}</xdr:wsDr>",
        "xl/drawings/_rels/drawing1.xml.rels": relations(("i", "image", "../media/image1.jpeg")),
        "xl/media/image1.jpeg": photograph(),
    }
    return workbook([("Blad", "visible", f"<sheetData>{rows}</sheetData>{more}<drawing r:id='d'/>")], parts)


def on_sheet(thing: str, first: str, last: str) -> str:
    return f"<xdr:twoCellAnchor>{first}{last}{thing.replace('p:', 'xdr:')}</xdr:twoCellAnchor>"


B2_TO_C3 = corner("from", 1, 1), corner("to", 3, 3)
ON_SHEET = {
    "a box": sheet_with(on_sheet(box_at(frame(0, 0, 0, 0)), *B2_TO_C3)),
    "a picture": sheet_with(on_sheet(picture_at(""), *B2_TO_C3)),
    "a group": sheet_with(on_sheet(group(box_at(CHILD)), *B2_TO_C3)),
    "a box a hair larger": sheet_with(
        on_sheet(box_at(""), corner("from", 1, 1), corner("to", 3, 3, 12_000, 12_000))
    ),
    "a box with a size of its own": sheet_with(
        f'<xdr:oneCellAnchor>{corner("from", 1, 1)}<xdr:ext cx="1219200" cy="381000"/>{box_at("").replace("p:", "xdr:")}</xdr:oneCellAnchor>'
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ON_SHEET)
def test_cells_under_a_box_are_not_in_the_copy(jail, name):
    clean, report = cleaned(jail, ON_SHEET[name])

    expected = [f"{letter}x{line}" for line in range(1, 8) for letter in "ABCD"]
    hidden = {f"{letter}x{line}" for letter in "BC" for line in (2, 3)}
    assert [each for each in text_of(clean).split() if "x" in each] == [one for one in expected if one not in hidden]
    assert What.HIDDEN_TEXT in {found.what for found in report.removed}
    assert b"/Subtype /Image" in clean


LONG = row(text_cell("A1", 20 * "Anna Ek "), more='r="1"') + row(text_cell("A2", "Synlig"), more='r="2"')
SHEETS_REFUSED = {
    "a box over a part of cells": sheet_with(on_sheet(box_at(""), corner("from", 1, 1, 90_000), corner("to", 3, 3))),
    "a box over the end of a long text": sheet_with(
        on_sheet(box_at(""), corner("from", 3, 0), corner("to", 6, 1)), rows=LONG
    ),
    "a box over a part of a merged cell": sheet_with(
        on_sheet(box_at(""), *B2_TO_C3), more='<mergeCells><mergeCell ref="B2:C4"/></mergeCells>'
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SHEETS_REFUSED)
def test_a_sheet_on_which_something_is_covered_in_part_is_refused(jail, name):
    with pytest.raises(OfficeDocument):
        cleaned(jail, SHEETS_REFUSED[name])


CHART = "<p:graphicFrame><a:graphic><a:graphicData/></a:graphic></p:graphicFrame>"
NOTHING = '<row r="8"/><row r="9"><c r="A9"/></row>'
SHEETS_KEPT = {
    "rows of nothing below": sheet_with(
        on_sheet(box_at(""), corner("from", 4, 0), corner("to", 6, 4)), rows=ROWS + NOTHING
    ),
    "a box beside": sheet_with(on_sheet(box_at(""), corner("from", 4, 0), corner("to", 6, 4))),
    "a box below": sheet_with(on_sheet(box_at(""), corner("from", 0, 7), corner("to", 6, 12))),
    "a clear box": sheet_with(on_sheet(box_at("", "<a:noFill/>"), *B2_TO_C3)),
    "a chart": sheet_with(on_sheet(CHART, *B2_TO_C3)),
}


@pytest.mark.parametrize("name", SHEETS_KEPT)
def test_cells_that_nothing_covers_are_kept(jail, name):
    assert sum("x" in each for each in text_of(cleaned(jail, SHEETS_KEPT[name])[0]).split()) == 28


def test_a_picture_on_a_sheet_is_black_where_a_box_is_over_it(jail):
    picture = on_sheet(picture_at(""), corner("from", 5, 0), corner("to", 7, 4))
    box = on_sheet(box_at(""), corner("from", 6, 2), corner("to", 7, 4))

    shown = picture_of(cleaned(jail, sheet_with(picture, box))[0])

    wide, high = shown.size
    assert max(shown.crop((wide // 2 + 4, high // 2 + 4, wide, high)).get_flattened_data()) < 24
