"""What people print and export: twenty web pages by Chromium and twenty documents by LibreOffice, made here each time.

The web pages have what style sheets draw behind and around text: gradients, shadows, filters, masks, blends. The office
documents are flat OpenDocument files: text, tables, sheets, slides and drawings, in the looks that their menus offer.
Both programs are Debian's; no file of anybody else is in it.
"""

from __future__ import annotations

import base64
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from samples import encoded, photograph, sentences
from second_corpus_files import Original

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "support"))

from browsers.chromium import QUIET

PRINTING_SECONDS = 60
_PHOTOGRAPH = base64.b64encode(encoded(photograph((320, 240)), "JPEG", quality=80)).decode()

# Of one page each: what is in its style sheet. `.card` stands around some paragraphs, `img` beside them.
_WEB = {
    "plain": "",
    "header with a gradient": "h1{background:linear-gradient(90deg,#fdd,#ddf)}",
    "cards with shadows": ".card{box-shadow:0 4px 12px #0006;border-radius:8px;padding:12px}",
    "shadows within": ".card{box-shadow:inset 0 0 14px #0005;padding:12px}",
    "letters with shadows": "h1,h2{text-shadow:2px 2px 4px #888}",
    "a round gradient behind all": "body{background:radial-gradient(circle at top,#fff,#cde)}",
    "a cone behind a card": ".card{background:conic-gradient(#eef,#fee,#efe,#eef)}",
    "dark": "body{background:linear-gradient(#223,#112);color:#eef}a{color:#9cf}",
    "see-through cards": ".card{opacity:.7;background:#fec}",
    "a drop shadow": ".card{filter:drop-shadow(3px 3px 3px #777);background:#fff}",
    "a blurred picture": "img{filter:blur(3px) sepia(.6)}",
    "a blended picture": "img{mix-blend-mode:multiply}.card{background:#ffd}",
    "a masked picture": "img{mask-image:linear-gradient(#000,transparent)}",
    "a picture cut round": "img{clip-path:circle(40%)}.card{border-radius:30px;overflow:hidden}",
    "stripes": "tr:nth-child(even){background:repeating-linear-gradient(45deg,#eee 0 6px,#fff 6px 12px)}",
    "columns": "main{columns:2}.card{break-inside:avoid;background:linear-gradient(#fff,#eee)}",
    "turned": ".card{transform:rotate(-2deg);background:#fef;box-shadow:2px 2px 8px #0005}",
    "bars": ".bar{background:linear-gradient(#48c,#136);color:#fff;padding:3px 8px;margin:3px}",
    "letters in a gradient": "h1{background:linear-gradient(90deg,#c00,#00c);background-clip:text;color:transparent}",
    "a frame with a gradient": ".card{border:8px solid;border-image:linear-gradient(45deg,#f80,#08f) 1;padding:8px}",
}


def web_pages() -> Iterator[Original]:
    """Yield each page as Chromium prints it; raises CalledProcessError."""
    for name, style in _WEB.items():
        with tempfile.TemporaryDirectory() as folder:
            source, printed = Path(folder) / "page.html", Path(folder) / "page.pdf"
            source.write_text(_html(style, random.Random(name)), encoding="utf-8")
            # Its own sandbox refuses to work as root.
            more = [f"--user-data-dir={folder}/profile", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
            subprocess.run(
                ["chromium", *QUIET, *more, f"--print-to-pdf={printed}", source.as_uri()],
                check=True,
                capture_output=True,
                timeout=PRINTING_SECONDS,
            )
            yield Original(f"web/{name}", "pdf", printed.read_bytes())


def _html(style: str, chance: random.Random) -> str:
    widths = {year: chance.randrange(30, 95) for year in range(2019, 2026)}
    bars = "".join(f'<div class="bar" style="width:{width}%">{year}</div>' for year, width in widths.items())
    rows = "".join(
        f"<tr><td>{number}</td><td>{sentences(chance, 1)}</td><td>{chance.randrange(10**6)}</td></tr>"
        for number in range(12)
    )
    parts = "".join(
        f'<h2>{sentences(chance, 1)[:40]}</h2><div class="card"><p>{sentences(chance, 4)}</p>'
        f'<p><a href="#{part}">{sentences(chance, 1)}</a></p></div><p>{sentences(chance, 3)}</p>'
        for part in range(4)
    )
    return (
        '<!doctype html><meta charset="utf-8"><title>Granskning</title><style>'
        "body{font:12pt sans-serif;print-color-adjust:exact}td{padding:4px}" + style + "</style>"
        f'<h1>Granskning av inköp</h1><main><img src="data:image/jpeg;base64,{_PHOTOGRAPH}" alt="">{parts}'
        f"{bars}<table>{rows}</table></main>"
    )


_SPACES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in {
        "office": "office", "text": "text", "table": "table", "draw": "drawing", "style": "style",
        "fo": "xsl-fo-compatible", "svg": "svg-compatible",
    }.items()
) + ' xmlns:xlink="http://www.w3.org/1999/xlink" office:version="1.3"'  # fmt: skip
_FILLS = (
    '<draw:gradient draw:name="G" draw:style="linear" draw:start-color="#ddeeff" draw:end-color="#ffeedd"'
    ' draw:angle="450" draw:border="0%" draw:start-intensity="100%" draw:end-intensity="100%"/>'
    '<draw:hatch draw:name="H" draw:style="single" draw:color="#cccccc" draw:distance="0.2cm" draw:rotation="450"/>'
    '<draw:opacity draw:name="O" draw:style="linear" draw:start="100%" draw:end="20%" draw:angle="450"/>'
)
# What the shapes of one document look like.
_SHAPES = {
    "plain": 'draw:fill="solid" draw:fill-color="#ffffcc"',
    "gradients": 'draw:fill="gradient" draw:fill-gradient-name="G"',
    "hatching": 'draw:fill="hatch" draw:fill-hatch-name="H"',
    "shadows": 'draw:fill="solid" draw:fill-color="#eeffee" draw:shadow="visible" draw:shadow-offset-x="0.2cm"'
    ' draw:shadow-offset-y="0.2cm" draw:shadow-color="#808080"',
    "see-through": 'draw:fill="solid" draw:fill-color="#99ccff" draw:opacity="50%"',
    "fading": 'draw:fill="solid" draw:fill-color="#99ccff" draw:opacity-name="O"',
}


def office_exports() -> Iterator[Original]:
    """Yield each document as LibreOffice exports it; raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as folder:
        names = {}
        for number, (name, (ending, content)) in enumerate(_office()):
            place = Path(folder) / f"{number}.{ending}"
            place.write_text(content, encoding="utf-8")
            names[place] = name
        subprocess.run(
            ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless",
             *("--convert-to", "pdf", "--outdir", folder), *map(str, names)],
            check=True,
            capture_output=True,
            timeout=5 * PRINTING_SECONDS,
        )  # fmt: skip
        for place, name in names.items():
            yield Original(f"office/{name}", "pdf", place.with_suffix(".pdf").read_bytes())


def _office() -> Iterator[tuple[str, tuple[str, str]]]:
    chance = random.Random(9)
    for look, properties in _SHAPES.items():
        shapes = "".join(_shape(chance, number) for number in range(4))
        page = f'<draw:page draw:name="p" draw:master-page-name="M">{shapes}</draw:page>'
        yield f"slides, {look}", ("fodp", _flat("presentation", page * 3, properties))
        yield f"drawing, {look}", ("fodg", _flat("graphics", page, properties, "drawing"))
    frame = _shape(chance, 0, 'text:anchor-type="paragraph" ')
    text = "".join(f"<text:p>{sentences(chance, 5)}</text:p>" for _ in range(30))
    heading = '<text:h text:outline-level="1">Granskning av inköp</text:h>'
    rows = "".join(
        f"<table:table-row>{''.join(_cell(chance, column) for column in range(6))}</table:table-row>" for _ in range(60)
    )
    sheet = f'<table:table table:name="Blad">{rows}</table:table>'
    picture = (
        '<text:p><draw:frame text:anchor-type="as-char" svg:width="8cm" svg:height="6cm"><draw:image>'
        f"<office:binary-data>{_PHOTOGRAPH}</office:binary-data></draw:image></draw:frame></text:p>"
    )
    note = (
        f'<text:p>{sentences(chance, 2)}<text:note text:note-class="footnote"><text:note-citation>1'
        f"</text:note-citation><text:note-body><text:p>{sentences(chance, 1)}</text:p></text:note-body>"
        "</text:note></text:p>"
    )
    listed = "".join(f"<text:list-item><text:p>{sentences(chance, 1)}</text:p></text:list-item>" for _ in range(20))
    link = f'<text:p><text:a xlink:href="https://example.org/">{sentences(chance, 1)}</text:a></text:p>'
    bodies = {
        "report": heading + text, "report with a frame": heading + f"<text:p>{frame}</text:p>" + text,
        "table": heading + sheet + text, "picture": heading + picture + text,
        "notes and lists": note * 5 + f"<text:list>{listed}</text:list>" + link,
    }  # fmt: skip
    for name, body in bodies.items():
        yield f"text, {name}", ("fodt", _flat("text", body, _SHAPES["shadows"]))
    yield "sheet", ("fods", _flat("spreadsheet", sheet, ""))
    wide = sheet.replace("</table:table-row>", _cell(chance, 1) * 20 + "</table:table-row>")
    yield "sheet, many columns", ("fods", _flat("spreadsheet", wide, ""))
    yield "web page", ("html", _html(_WEB["header with a gradient"], chance))


def _cell(chance: random.Random, column: int) -> str:
    if column % 2:
        return f'<table:table-cell table:style-name="C"><text:p>{sentences(chance, 1)[:18]}</text:p></table:table-cell>'
    number = f'office:value-type="float" office:value="{chance.randrange(10**6)}"'
    return f"<table:table-cell {number}/>"


def _shape(chance: random.Random, number: int, more: str = "") -> str:
    return (
        f'<draw:custom-shape draw:style-name="S" {more}svg:x="2cm" svg:y="{1 + 4.5 * number}cm" svg:width="14cm"'
        f' svg:height="4cm"><text:p>{sentences(chance, 1)}</text:p><draw:enhanced-geometry svg:viewBox="0 0 9 9"'
        ' draw:enhanced-path="M 0 0 L 9 0 9 9 0 9 Z N"/></draw:custom-shape>'
    )


def _flat(kind: str, body: str, shapes: str, element: str | None = None) -> str:
    graphic = f'<style:style style:name="S" style:family="graphic"><style:graphic-properties {shapes}/></style:style>'
    cell = (
        '<style:style style:name="C" style:family="table-cell"><style:table-cell-properties'
        ' fo:background-color="#ddeeff" fo:border="0.05cm solid #336699"/></style:style>'
    )
    page = (
        '<style:page-layout style:name="L"><style:page-layout-properties fo:page-width="21cm" fo:page-height="29.7cm"'
        ' fo:margin="2cm"/></style:page-layout>'
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {_SPACES}'
        f' office:mimetype="application/vnd.oasis.opendocument.{kind}"><office:styles>{_FILLS}</office:styles>'
        f"<office:automatic-styles>{page}{graphic}{cell}</office:automatic-styles><office:master-styles>"
        '<style:master-page style:name="M" style:page-layout-name="L"/></office:master-styles>'
        f"<office:body><office:{element or kind}>{body}</office:{element or kind}></office:body></office:document>"
    )
