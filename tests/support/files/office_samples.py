"""Office documents for tests, written part by part with zipfile: each place that can hold a marker has one of its own."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from PIL import Image

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SPACES = (
    f'xmlns:w="{WORD}" xmlns:r="{RELATIONS}" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/'
    'wordprocessingDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'
)
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def zipped(
    parts: Mapping[str, str | bytes], *, comment: bytes = b"", time: tuple[int, ...] = (1980, 1, 1, 0, 0, 0)
) -> bytes:
    """Return an archive of these members in their order."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            # The kind of an OpenDocument file is not compressed (ODF 1.3, part 2, 3.3).
            method = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name, (*time,)), content, method)  # type: ignore[arg-type]
        archive.comment = comment
    return made.getvalue()


def relations(*targets: tuple[str, str, str], external: frozenset[str] = frozenset()) -> str:
    """Return a part of relations: each an id, the last word of its type, and a target."""
    lines = "".join(
        f'<Relationship Id="{name}" Type="{RELATIONS}/{kind}" Target="{target}"'
        f"{' TargetMode=' + chr(34) + 'External' + chr(34) if name in external else ''}/>"
        for name, kind, target in targets
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{lines}</Relationships>'
    )


def types(part: str, kind: str) -> str:
    """Return the part that names what the main part is."""
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{part}" ContentType="{kind}"/></Types>'
    )


def word(
    body: str, parts: Mapping[str, str | bytes] | None = None, *named: tuple[str, str, str], **zip_options: object
) -> bytes:
    """Return a Word document with this body, further parts, and relations to them."""
    external = frozenset(name for name, _, target in named if "://" in target)
    return zipped(
        {
            "[Content_Types].xml": types("word/document.xml", f"{WORD_TYPE}.document.main+xml"),
            "_rels/.rels": relations(("r0", "officeDocument", "word/document.xml")),
            "word/document.xml": element("w:document", f"<w:body>{body}</w:body>"),
            "word/_rels/document.xml.rels": relations(*named, external=external),
            **(parts or {}),
        },
        **zip_options,  # type: ignore[arg-type]
    )


def element(name: str, inside: str) -> str:
    """Return a part whose root has this name and all namespaces."""
    return f'<?xml version="1.0" encoding="UTF-8"?><{name} {_SPACES}>{inside}</{name}>'


def paragraph(text: str, properties: str = "", look: str = "") -> str:
    """Return a paragraph of one run."""
    return f"<w:p><w:pPr>{properties}</w:pPr>{run(text, look)}</w:p>"


def run(text: str, look: str = "") -> str:
    return f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def drawing(name: str, *, alt: str = "", cut: str = "", hidden: bool = False) -> str:
    """Return a run with a picture."""
    return (
        f'<w:r><w:drawing><wp:inline><wp:extent cx="1270000" cy="635000"/><wp:docPr id="1" name="{alt}" descr="{alt}" '
        f'hidden="{int(hidden)}"/><a:graphic><a:graphicData uri="p"><pic:pic><pic:nvPicPr><pic:cNvPr id="0" '
        f'name="{alt}" descr="{alt}"/></pic:nvPicPr><pic:blipFill><a:blip r:embed="{name}"/>{cut}</pic:blipFill><pic:spPr/>'
        "</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )


def photograph(marker: str = "") -> bytes:
    """Return a JPEG with a marker in its tags and behind its end."""
    made, tags = io.BytesIO(), Image.Exif()
    tags[0x010F] = marker
    Image.linear_gradient("L").convert("RGB").resize((200, 100)).save(made, "JPEG", exif=tags, comment=marker.encode())
    return made.getvalue() + marker.encode()


def long_report(pages: int) -> bytes:
    """Return a document of about so many pages: headings, prose, lists and a table on each."""
    line = "Upphandlingen av snöröjning för vintern gjordes utan annonsering, trots att värdet var över gränsen. "
    one = (
        paragraph("Kapitel", '<w:outlineLvl w:val="0"/>') + 5 * paragraph(4 * line)
        + 4 * paragraph(line, '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>')
        + "<w:tbl>" + 5 * ("<w:tr>" + 4 * f"<w:tc>{paragraph('12 500 kr')}</w:tc>" + "</w:tr>") + "</w:tbl>"
    )  # fmt: skip
    numbering = (
        '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>'
        '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    )
    return word(
        pages * one, {"word/numbering.xml": element("w:numbering", numbering)}, ("n", "numbering", "numbering.xml")
    )


_ODF = "urn:oasis:names:tc:opendocument:xmlns:"
_ODF_SPACES = " ".join(
    [
        *(f'xmlns:{name}="{_ODF}{name}:1.0"' for name in ("office", "text", "table", "style", "presentation", "meta")),
        f'xmlns:draw="{_ODF}drawing:1.0" xmlns:fo="{_ODF}xsl-fo-compatible:1.0" xmlns:svg="{_ODF}svg-compatible:1.0"',
        f'xmlns:number="{_ODF}datastyle:1.0"',
        'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"',
    ]
)


def odf_root(name: str, inside: str) -> str:
    """Return a part of an OpenDocument file with all namespaces."""
    return f'<?xml version="1.0" encoding="UTF-8"?><office:{name} {_ODF_SPACES}>{inside}</office:{name}>'


def odf(kind: str, body: str, styles: str = "", parts: Mapping[str, str | bytes] | None = None) -> bytes:
    """Return an OpenDocument file: `kind` is text, spreadsheet or presentation; further parts may replace others."""
    automatic = f"<office:automatic-styles>{styles}</office:automatic-styles>"
    content = f"{automatic}<office:body><office:{kind}>{body}</office:{kind}></office:body>"
    return zipped(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": odf_root("document-content", content),
            **(parts or {}),
        }
    )


_MAIN = "http://schemas.openxmlformats.org"
_SHEET = f'xmlns="{_MAIN}/spreadsheetml/2006/main" xmlns:r="{RELATIONS}"'
_SLIDE = (
    f'xmlns:p="{_MAIN}/presentationml/2006/main" xmlns:a="{_MAIN}/drawingml/2006/main" xmlns:r="{RELATIONS}" '
    f'xmlns:c="{_MAIN}/drawingml/2006/chart"'
)


def sheet_part(name: str, inside: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><{name} {_SHEET}>{inside}</{name}>'


def slide_part(name: str, inside: str, attributes: str = "") -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><p:{name} {_SLIDE} {attributes}>{inside}</p:{name}>'


def workbook(
    sheets: list[tuple[str, str, str]], parts: Mapping[str, str | bytes] | None = None, *named: tuple[str, str, str]
) -> bytes:
    """Return an Excel workbook: of each sheet its name, its state and what is in its part."""
    entries = "".join(
        f'<sheet name="{name}" sheetId="{place}" state="{state}" r:id="s{place}"/>'
        for place, (name, state, _) in enumerate(sheets)
    )
    places = [(f"s{place}", "worksheet", f"worksheets/sheet{place}.xml") for place in range(len(sheets))]
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    return zipped(
        {
            "[Content_Types].xml": types("xl/workbook.xml", kind),
            "_rels/.rels": relations(("r0", "officeDocument", "xl/workbook.xml")),
            "xl/workbook.xml": sheet_part("workbook", f"<sheets>{entries}</sheets>"),
            "xl/_rels/workbook.xml.rels": relations(*places, *named),
            **{
                f"xl/worksheets/sheet{place}.xml": sheet_part("worksheet", inside)
                for place, (_, _, inside) in enumerate(sheets)
            },
            **(parts or {}),
        }
    )


def presentation(
    slides: list[tuple[str, str]],
    parts: Mapping[str, str | bytes] | None = None,
    named: Mapping[int, str] | None = None,
) -> bytes:
    """Return a PowerPoint presentation: of each slide its attributes and shapes; `named`: the relations of a slide."""
    entries = "".join(f'<p:sldId id="{256 + place}" r:id="s{place}"/>' for place in range(len(slides)))
    places = [(f"s{place}", "slide", f"slides/slide{place}.xml") for place in range(len(slides))]
    kind = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
    return zipped(
        {
            "[Content_Types].xml": types("ppt/presentation.xml", kind),
            "_rels/.rels": relations(("r0", "officeDocument", "ppt/presentation.xml")),
            "ppt/presentation.xml": slide_part("presentation", f"<p:sldIdLst>{entries}</p:sldIdLst>"),
            "ppt/_rels/presentation.xml.rels": relations(*places),
            **{
                f"ppt/slides/slide{place}.xml": slide_part(
                    "sld", f"<p:cSld><p:spTree>{shapes}</p:spTree></p:cSld>", about
                )
                for place, (about, shapes) in enumerate(slides)
            },
            **{f"ppt/slides/_rels/slide{place}.xml.rels": relation for place, relation in (named or {}).items()},
            **(parts or {}),
        }
    )


def shape(text: str, *, place: str = "", about: str = "", look: str = "", fill: str = "") -> str:
    """Return a shape with a text; `place`: it fills a place of this kind."""
    kept = f'<p:ph type="{place}"/>' if place else ""
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="2" name="n" {about}/><p:cNvSpPr/><p:nvPr>{kept}</p:nvPr></p:nvSpPr><p:spPr>{fill}'
        f"</p:spPr><p:txBody><a:bodyPr/><a:p><a:r><a:rPr>{look}</a:rPr><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
    )
