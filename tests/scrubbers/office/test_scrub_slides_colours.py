"""Letters of a slide in the colour of what is drawn under them: where that is known they go, otherwise they stay."""

from __future__ import annotations

import pytest
from files.office_jail import cleaned, text_of
from files.office_samples import presentation, shape, slide_part

from trusted.jail.stages import What

WHITE = '<a:solidFill><a:srgbClr val="FFFFFF"/></a:solidFill>'
BLUE = '<a:solidFill><a:srgbClr val="1F3864"/></a:solidFill>'
NONE = "<a:noFill/>"


def at(left: int, top: int, width: int = 2_000_000, height: int = 400_000) -> str:
    return f'<a:xfrm><a:off x="{left}" y="{top}"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'


def solid(colour: str) -> str:
    return f"<a:solidFill>{colour}</a:solidFill>"


def rectangle(fill: str, *place: int) -> str:
    """A shape without text, as large as a banner."""
    made = shape("", fill=at(*place or (0, 0, 9_000_000, 900_000)) + '<a:prstGeom prst="rect"/>' + fill)
    return made.replace("<a:r><a:rPr></a:rPr><a:t></a:t></a:r>", "")


def text(letters: str, look: str, fill: str = "", *place: int) -> str:
    return shape(letters, look=look, fill=at(*place or (100_000, 100_000)) + fill)


def slide(*shapes: str) -> bytes:
    return presentation([("", shape("Synlig", fill=at(100_000, 4_000_000)) + "".join(shapes))])


def row(letters: str, look: str, fill: str) -> str:
    cell = f"<a:tc><a:txBody><a:p><a:r><a:rPr>{look}</a:rPr><a:t>{letters}</a:t></a:r></a:p></a:txBody><a:tcPr>{fill}</a:tcPr></a:tc>"
    return f"<p:graphicFrame><a:graphic><a:graphicData><a:tbl><a:tr>{cell}</a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>"


HIDDEN = {
    "white on the slide": lambda name: slide(text(name, WHITE)),
    "white on the slide, named to have no fill": lambda name: slide(text(name, WHITE, NONE)),
    "blue on a blue shape under it": lambda name: slide(rectangle(BLUE), text(name, BLUE)),
    "made lighter until it is white": lambda name: slide(
        text(name, solid('<a:srgbClr val="444444"><a:lumMod val="5000"/><a:lumOff val="95000"/></a:srgbClr>'))
    ),
    "tinted until it is white": lambda name: slide(text(name, solid('<a:srgbClr val="445566"><a:tint val="3000"/></a:srgbClr>'))),
    "white by shares of red, green and blue": lambda name: slide(text(name, solid('<a:scrgbClr r="100000" g="100000" b="100000"/>'))),
    "white by its hue": lambda name: slide(text(name, solid('<a:hslClr hue="0" sat="0" lum="100000"/>'))),
    "a gradient from white to white": lambda name: slide(
        text(name, '<a:gradFill><a:gsLst><a:gs pos="0"><a:srgbClr val="FFFFFF"/></a:gs>'
             '<a:gs pos="100000"><a:srgbClr val="FEFEFE"/></a:gs></a:gsLst></a:gradFill>')
    ),
    "white in a white cell": lambda name: slide(row(name, WHITE, WHITE)),
    "blue in a blue cell": lambda name: slide(row(name, BLUE, BLUE)),
    "left of the slide": lambda name: slide(text(name, "", "", -4_000_000, 0)),
    "a long way under the slide": lambda name: slide(text(name, "", "", 0, 9_000_000)),
}  # fmt: skip


@pytest.mark.parametrize("name", HIDDEN)
def test_two_slides_that_look_the_same_come_out_the_same(jail, name):
    first, report = cleaned(jail, HIDDEN[name]("Anna"))
    second, _ = cleaned(jail, HIDDEN[name]("Bosse"))

    assert first == second
    assert "Synlig" in text_of(first)
    assert What.HIDDEN_TEXT in {found.what for found in report.removed}


SHOWN = {
    "white on a blue shape under it": slide(rectangle(BLUE), text("Anna", WHITE)),
    "white on a shape with a gradient under it": slide(rectangle("<a:gradFill/>"), text("Anna", WHITE)),
    "white on a shape that is under a part of it": slide(rectangle(BLUE, 0, 0, 500_000, 900_000), text("Anna", WHITE)),
    "white in a shape that is blue itself": slide(text("Anna", WHITE, BLUE)),
    "white in a blue cell": slide(row("Anna", WHITE, BLUE)),
    "white in a cell that has the fill of the table's style": slide(row("Anna", WHITE, "")),
    "a gradient from white to black": slide(
        text("Anna", '<a:gradFill><a:gsLst><a:gs pos="0"><a:srgbClr val="FFFFFF"/></a:gs>'
             '<a:gs pos="100000"><a:srgbClr val="000000"/></a:gs></a:gsLst></a:gradFill>')
    ),
    "made a little lighter": slide(text("Anna", solid('<a:srgbClr val="444444"><a:lumMod val="65000"/><a:lumOff val="35000"/></a:srgbClr>'))),
    "half on the slide": slide(text("Anna", "", "", -1_000_000, 0)),
}  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_seen_on_a_slide_is_in_the_copy(jail, name):
    assert "Anna" in text_of(cleaned(jail, SHOWN[name])[0])


def test_white_letters_on_a_banner_of_the_layout_are_kept(jail):
    tree = f"<p:cSld><p:spTree>{rectangle(BLUE)}</p:spTree></p:cSld>"
    layout = {"ppt/slideLayouts/l.xml": slide_part("sldLayout", tree)}
    relation = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="l" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/slideLayout" '
        'Target="../slideLayouts/l.xml"/></Relationships>'
    )

    clean, _ = cleaned(jail, presentation([("", text("Anna", WHITE))], layout, {0: relation}))

    assert "Anna" in text_of(clean)
