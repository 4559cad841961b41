"""Boxes and pictures before the text of a letter, and in OpenDocument files: not in the copy, or the document is refused."""

from __future__ import annotations

import pytest
from files.office_jail import cleaned, picture_of, text_of
from files.office_samples import drawing, element, odf, paragraph, photograph, relations, run, word
from hostile.jail import Jail

from trusted.jail.stages import OfficeDocument, What


@pytest.fixture(scope="module")
def jail():
    made = Jail()
    yield made
    made.close()


BLACK = '<a:solidFill><a:srgbClr val="000000"/></a:solidFill>'
RECTANGLE = '<a:prstGeom prst="rect"/>'
CLEAR = '<a:solidFill><a:srgbClr val="000000"><a:alpha val="{}"/></a:srgbClr></a:solidFill>'


def floating(inside: str, wrap: str = "<wp:wrapNone/>", behind: int = 0, kind: str = "anchor") -> str:
    return (
        f'<w:r><w:drawing><wp:{kind} behindDoc="{behind}"><wp:extent cx="900000" cy="300000"/>{wrap}<wp:docPr id="1" name="a"/>'
        f'<a:graphic><a:graphicData uri="x">{inside}</a:graphicData></a:graphic></wp:{kind}></w:drawing></w:r>'
    )


def word_shape(fill: str = BLACK, text: str = "", where: str = "") -> str:
    inside = f"<wps:txbx><w:txbxContent>{paragraph(text)}</w:txbxContent></wps:txbx>" if text else ""
    return f"<wps:wsp><wps:spPr>{where}{RECTANGLE}{fill}</wps:spPr>{inside}</wps:wsp>"


def word_group(*children: str) -> str:
    where = '<a:xfrm><a:off x="0" y="0"/><a:ext cx="200" cy="100"/><a:chOff x="0" y="0"/><a:chExt cx="200" cy="100"/></a:xfrm>'
    space = 'xmlns:wpg="http://schemas.microsoft.com/office/word/2010/wordprocessingGroup"'
    return f"<wpg:wgp {space}><wpg:grpSpPr>{where}</wpg:grpSpPr>{''.join(children)}</wpg:wgp>"


def old(style: str, more: str = "", inside: str = "") -> str:
    return f'<w:p><w:r><w:pict><v:rect {more} style="{style}">{inside}</v:rect></w:pict></w:r></w:p>'


PICTURE = '<pic:pic><pic:blipFill><a:blip r:embed="pic"/></pic:blipFill><pic:spPr/></pic:pic>'
BESIDE = (
    '<a:xfrm><a:off x="0" y="0"/><a:ext cx="90" cy="100"/></a:xfrm>',
    '<a:xfrm><a:off x="100" y="0"/><a:ext cx="90" cy="100"/></a:xfrm>',
)


def letter(*drawn: str, header: str = "") -> bytes:
    body = paragraph("Anna Ek") + "".join(one if one.startswith("<w:p>") else f"<w:p>{one}</w:p>" for one in drawn)
    parts: dict[str, str | bytes] = {"word/media/image1.jpeg": photograph()}
    named = [("pic", "image", "media/image1.jpeg")]
    if header:
        parts |= {
            "word/header1.xml": element("w:hdr", header),
            "word/_rels/header1.xml.rels": relations(("pic", "image", "media/image1.jpeg")),
        }
        named.append(("head", "header", "header1.xml"))
        body += '<w:sectPr><w:headerReference w:type="default" r:id="head"/></w:sectPr>'
    return word(body, parts, *named)


LETTERS_REFUSED = {
    "a black box": letter(floating(word_shape())),
    "a picture": letter(floating(PICTURE)),
    "a text box with a colour": letter(floating(word_shape(text="Hej"))),
    "a box that can be seen through": letter(floating(word_shape(CLEAR.format(50_000)))),
    "a box over a picture in a group": letter(floating(word_group(PICTURE, word_shape()), "", kind="inline")),
    "a box over a text in a group": letter(floating(word_group(word_shape("<a:noFill/>", "Hej", BESIDE[0]), word_shape(where=BESIDE[0])), "", kind="inline")),
    "an old box": letter(old("position:absolute;width:90pt;height:30pt;z-index:251659264")),
    "an old box in black": letter(old("position:absolute;width:90pt;height:30pt", 'fillcolor="black"')),
    "an old picture": letter(old("position:absolute;width:90pt;height:30pt", 'filled="f"', '<v:imagedata r:id="pic"/>')),
}  # fmt: skip
SQUARE = '<w10:wrap xmlns:w10="urn:schemas-microsoft-com:office:word" type="square"/>'
LETTERS_KEPT = {
    "a picture in a line": letter(drawing("pic")),
    "a picture beside the text": letter(floating(PICTURE, '<wp:wrapSquare wrapText="bothSides"/>')),
    "a picture behind the text": letter(floating(PICTURE, behind=1)),
    "a box without a fill": letter(floating(word_shape("<a:noFill/>"))),
    "a clear box": letter(floating(word_shape(CLEAR.format(0)))),
    "shapes beside each other in a line": letter(floating(word_group(word_shape(where=BESIDE[0], text="Hej"), word_shape(where=BESIDE[1])), "", kind="inline")),
    "an old box beside the text": letter(old("position:absolute;width:90pt;height:30pt", inside=SQUARE)),
    "an old box behind the text": letter(old("position:absolute;width:90pt;height:30pt;z-index:-251659264")),
    "an old box in the text": letter(old("width:90pt;height:30pt")),
    "a logo alone in a header": letter(header=f"<w:p>{floating(PICTURE)}</w:p>"),
    "a logo in a line of a header": letter(header=f"<w:p>{run('Kommunen')}{drawing('pic')}</w:p>"),
}  # fmt: skip


@pytest.mark.parametrize("name", LETTERS_REFUSED)
def test_a_letter_with_something_before_its_text_is_refused(jail, name):
    with pytest.raises(OfficeDocument):
        cleaned(jail, LETTERS_REFUSED[name])


@pytest.mark.parametrize("name", LETTERS_KEPT)
def test_a_letter_with_pictures_beside_or_behind_its_text_is_kept(jail, name):
    assert "Anna Ek" in text_of(cleaned(jail, LETTERS_KEPT[name])[0])


@pytest.mark.parametrize("drawn", [floating(PICTURE), floating(word_shape())], ids=["a logo", "a black box"])
def test_a_header_over_whose_text_something_may_stand_is_left_out_and_says_so(jail, drawn):
    text = text_of(cleaned(jail, letter(header=paragraph("Kommunen") + f"<w:p>{drawn}</w:p>"))[0])

    assert "Kommunen" not in text
    assert "Övertäckt" in text
    assert "Anna Ek" in text


GRAPHIC = (
    '<style:style style:name="B" style:family="graphic"><style:graphic-properties draw:fill="solid" draw:fill-color="#000000" {0}/>'
    '</style:style><style:style style:name="N" style:family="graphic"><style:graphic-properties draw:fill="none" {0}/></style:style>'
    '<style:style style:name="C" style:family="graphic"><style:graphic-properties draw:fill="solid" draw:opacity="{1}" {0}/></style:style>'
)


def placed(left: float, top: float, wide: float, high: float) -> str:
    return f'svg:x="{left}cm" svg:y="{top}cm" svg:width="{wide}cm" svg:height="{high}cm"'


def odf_text(text: str, where: str, style: str = "N") -> str:
    return f'<draw:frame draw:style-name="{style}" {where}><draw:text-box><text:p>{text}</text:p></draw:text-box></draw:frame>'


def odf_box(where: str, style: str = "B", more: str = "") -> str:
    return f'<draw:rect draw:style-name="{style}" {more} {where}/>'


def odf_picture(where: str) -> str:
    return f'<draw:frame draw:style-name="N" {where}><draw:image xlink:href="Pictures/a.jpg"/></draw:frame>'


def slides(*drawn: str, opacity: str = "100%") -> bytes:
    page = odf_text("Synlig", placed(1, 15, 5, 1)) + "".join(drawn)
    return odf(
        "presentation", f"<draw:page>{page}</draw:page>", GRAPHIC.format("", opacity), {"Pictures/a.jpg": photograph()}
    )


def text_with(*drawn: str, more: str = "") -> bytes:
    body = f"<text:p>Anna Ek</text:p><text:p>{''.join(drawn)}</text:p>"
    return odf("text", body, GRAPHIC.format(more, "0%"), {"Pictures/a.jpg": photograph()})


def odf_sheet(drawn: str = "", shapes: str = "") -> bytes:
    cells = "".join(
        f"<table:table-row><table:table-cell><text:p>Anna Ek</text:p></table:table-cell><table:table-cell>{drawn if not line else ''}</table:table-cell></table:table-row>"
        for line in range(3)
    )
    return odf(
        "spreadsheet",
        f'<table:table table:name="Blad"><table:shapes>{shapes}</table:shapes>{cells}</table:table>',
        GRAPHIC.format("", "0%"),
        {"Pictures/a.jpg": photograph()},
    )


ODF_NAME = odf_text("Anna Ek", placed(2, 2, 5, 1))
BEFORE = 'style:wrap="run-through" style:run-through="foreground"'
ODF_GONE = {
    "a box": slides(ODF_NAME, odf_box(placed(2, 2, 5, 1))),
    "a picture": slides(ODF_NAME, odf_picture(placed(2, 2, 5, 1))),
    "a box in a group": slides(ODF_NAME, f"<draw:g>{odf_box(placed(2, 2, 5, 1))}</draw:g>"),
    "a text in a group": slides(f"<draw:g>{ODF_NAME}</draw:g>", odf_box(placed(2, 2, 5, 1))),
}
ODF_REFUSED = {
    "a box over a part of a text": slides(ODF_NAME, odf_box(placed(2, 2, 3, 1))),
    "a turned box": slides(ODF_NAME, odf_box('svg:width="5cm" svg:height="1cm" draw:transform="rotate (0.1) translate (2cm 2cm)"')),
    "a box that can be seen through": slides(ODF_NAME, odf_box(placed(2, 2, 5, 1), "C"), opacity="50%"),
    "a box before a text": text_with(odf_box(placed(0, 0, 5, 1), more='text:anchor-type="paragraph"'), more=BEFORE),
    "a box before a text that does not say": text_with(odf_box(placed(0, 0, 5, 1), more='text:anchor-type="char"')),
    "a picture before a text": text_with(odf_picture(placed(0, 0, 5, 1)), more=BEFORE),
    "a box over a picture in a group": text_with(f'<draw:g text:anchor-type="as-char">{odf_picture(placed(0, 0, 5, 2))}{odf_box(placed(1, 1, 1, 1))}</draw:g>'),
    "a box over a cell": odf_sheet(odf_box(placed(-2, 0, 5, 1))),
    "a box on a sheet": odf_sheet(shapes=odf_box(placed(0, 0.5, 2, 1))),
    "a picture on a sheet": odf_sheet(shapes=odf_picture(placed(0, 0.5, 2, 1))),
}  # fmt: skip
ODF_KEPT = {
    "a box without a fill": slides(ODF_NAME, odf_box(placed(2, 2, 5, 1), "N")),
    "a clear box": slides(ODF_NAME, odf_box(placed(2, 2, 5, 1), "C"), opacity="0%"),
    "a box under the text": slides(odf_box(placed(2, 2, 5, 1)), ODF_NAME),
    "a box beside": slides(ODF_NAME, odf_box(placed(8, 2, 5, 1))),
    "a box behind a text": text_with(odf_box(placed(0, 0, 5, 1)), more='style:wrap="run-through" style:run-through="background"'),
    "a picture beside a text": text_with(odf_picture(placed(0, 0, 5, 1)), more='style:wrap="parallel"'),
    "a picture in a line": text_with(odf_picture(placed(0, 0, 5, 1) + ' text:anchor-type="as-char"'), more=BEFORE),
    "a box beside the cells": odf_sheet(odf_box(placed(1, 0, 5, 1))),
    "a picture below the cells": odf_sheet(shapes=odf_picture(placed(0, 3, 5, 1))),
}  # fmt: skip


@pytest.mark.parametrize("name", ODF_GONE)
def test_what_is_under_a_box_on_an_opendocument_slide_is_not_in_the_copy(jail, name):
    clean, report = cleaned(jail, ODF_GONE[name])

    assert "Anna" not in text_of(clean)
    assert b"/Subtype /Image" in clean
    assert What.HIDDEN_TEXT in {found.what for found in report.removed}


@pytest.mark.parametrize("name", ODF_REFUSED)
def test_an_opendocument_file_in_which_something_is_covered_is_refused(jail, name):
    with pytest.raises(OfficeDocument):
        cleaned(jail, ODF_REFUSED[name])


@pytest.mark.parametrize("name", ODF_KEPT)
def test_an_opendocument_file_in_which_nothing_is_covered_is_kept(jail, name):
    assert "Anna Ek" in text_of(cleaned(jail, ODF_KEPT[name])[0])


def test_a_box_over_a_part_of_an_opendocument_picture_is_black_in_the_picture_itself(jail):
    shown = picture_of(cleaned(jail, slides(odf_picture(placed(2, 2, 6, 4)), odf_box(placed(5, 4, 3, 2))))[0])

    wide, high = shown.size
    assert max(shown.crop((wide // 2 + 4, high // 2 + 4, wide, high)).get_flattened_data()) < 24
