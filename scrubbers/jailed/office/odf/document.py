"""Reads an OpenDocument file (.odt, .ods, .odp): the text, the sheets or the slides that are seen."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Final

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.office import labels, pictures
from scrubbers.jailed.office.chart_tables import bounded, table_of
from scrubbers.jailed.office.colours import UNKNOWN
from scrubbers.jailed.office.covering import EVERYWHERE, Box, covered_by, covered_everywhere
from scrubbers.jailed.office.excel.number_formats import shown_in
from scrubbers.jailed.office.odf.covering import require_nothing_under, things_of
from scrubbers.jailed.office.odf.shared import CONTENT, ReadsBlocks, Shared
from scrubbers.jailed.office.odf.styles import TextStyle, points, size_of
from scrubbers.jailed.office.odf.tables import each_cell
from scrubbers.jailed.office.odf.text import TextReader, drawn_inside
from scrubbers.jailed.office.package import Package
from scrubbers.jailed.office.pictures import Shown
from scrubbers.jailed.office.placing import Standing, in_places
from scrubbers.jailed.office.xml import Node
from scrubbers.jailed.typeset.model import Block, Frame, PageBreak, Paragraph, Picture, Run, Table
from trusted.jail.stages import Locked, Lost, OfficeDocument, What, Where

_MANIFEST: Final = "META-INF/manifest.xml"
_ENCRYPTED: Final = b"encryption-data"
_MOST_NESTED: Final = 40
_CLIP: Final = "rect("
# Texts at the foot of slides, and the elements that hold them.
_DECLARED: Final = {"footer": "presentation:footer-decl", "date-time": "presentation:date-time-decl"}
_LINES: Final = frozenset({"draw:line", "draw:connector", "draw:polyline"})


class _Drawings:
    """Frames, shapes and groups: pictures, text, or a note."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._known: dict[object, Picture | None] = {}
        self._depth = 0

    def read(self, node: Node, reader: ReadsBlocks) -> list[Block]:
        for each in node.elements():
            if each.name in {"svg:title", "svg:desc"}:
                self._shared.findings.add(What.HIDDEN_TEXT, Where.PICTURES_ON_PAGES, each.text())
        if node.get("presentation:placeholder") == "true":
            return []
        style = node.get("draw:style-name") or node.get("presentation:style-name")
        if (
            self._shared.styles.value("graphic", style, "graphic", "draw:visible") == "none"
            or node.get("draw:display") == "none"
            or node.get("draw:layer") in self._shared.styles.hidden_layers
        ):
            self._shared.findings.add(What.HIDDEN_DRAWING, Where.PAGES)
            return []
        if self._shared.is_text and not self._depth:
            require_nothing_under(node, self._shared)
        if id(node) in self._shared.covered.gone:
            self._shared.findings.add(What.HIDDEN_TEXT if node.text() else What.HIDDEN_DRAWING, Where.PAGES)
            return []
        self._depth += 1
        unknown: list[Block] = [Frame(labels.UNKNOWN, ())]
        made = self._inside(node, style, reader) if self._depth < _MOST_NESTED else unknown
        self._depth -= 1
        return made

    def _inside(self, node: Node, style: str, reader: ReadsBlocks) -> list[Block]:
        if node.name == "draw:g":
            boxes = self._shared.boxes
            return in_places(
                [Standing(_box_of(each, boxes), tuple(self.read(each, reader))) for each in drawn_inside(node)]
            )
        if node.name == "draw:frame":
            return self._frame(node, style, reader)
        # There may be a colour behind the text of a shape.
        text = reader.blocks(node, TextStyle(behind=self._shared.styles.behind_shape(style)))
        if text:
            return [Frame(labels.TEXT_BOX, tuple(text))]
        if id(node) in self._shared.covered.over:
            return [Frame(labels.COVERED, (pictures.black_box(size_of(node)),))]
        return [] if node.name in _LINES else [Frame(labels.SHAPE, ())]

    def _frame(self, node: Node, style: str, reader: ReadsBlocks) -> list[Block]:
        """Read the first of the ways in which a frame says the same that can be shown."""
        note: list[Block] = []
        for each in node.elements():
            match each.name:
                case "draw:text-box":
                    text = reader.blocks(each, TextStyle(behind=self._shared.styles.behind_shape(style)))
                    is_slide = node.get("presentation:class") != "" or node.get("presentation:style-name") != ""
                    return text if is_slide or not text else [Frame(labels.TEXT_BOX, tuple(text))]
                case "table:table":
                    return reader.blocks(node, TextStyle(behind=UNKNOWN))  # cells are filled as shapes are
                case "draw:image":
                    if picture := self._picture(each, node, style):
                        return [*self._texts_of(note), picture]
                    note = note or [Frame(labels.NO_PICTURE, ())]
                case "draw:object" | "draw:object-ole":
                    note = self._object(each)
                case "draw:plugin" | "draw:applet" | "draw:floating-frame":
                    self._shared.findings.add(What.EMBEDDED_FILE, Where.ATTACHMENTS)
                    note = [Frame(labels.FILE, ())]
        return note or [Frame(labels.UNKNOWN, ())]

    @staticmethod
    def _texts_of(note: list[Block]) -> list[Block]:
        return [each for each in note if isinstance(each, Table) or (isinstance(each, Frame) and each.blocks)]

    def _picture(self, image: Node, frame: Node, style: str) -> Picture | None:
        name = posixpath.normpath(image.get("xlink:href"))
        if not self._shared.package.has(name):
            if "://" in image.get("xlink:href"):
                self._shared.findings.add(What.LINK, Where.DOCUMENT, image.get("xlink:href"))
            return None
        if self._shared.styles.value("graphic", style, "graphic", "fo:clip").startswith(_CLIP) and self._is_cut(style):
            # How much is cut off is told in the picture's own lengths, which are not read: nothing of it is shown.
            self._shared.findings.add(What.HIDDEN_DRAWING, Where.PICTURES_ON_PAGES)
            return None
        shown = Shown(size_of(frame), painted=self._shared.covered.painted.get(id(frame), ()))
        key = name, shown
        if key not in self._known:
            content = self._shared.package.read(name)
            self._known[key] = pictures.cleaned(content, shown, self._shared.findings)
        return self._known[key]

    def _is_cut(self, style: str) -> bool:
        clip = self._shared.styles.value("graphic", style, "graphic", "fo:clip")
        return any(digit in clip for digit in "123456789")

    def _object(self, node: Node) -> list[Block]:
        """Return a note with the text of an object: a chart's table, a formula."""
        self._shared.findings.add(What.EMBEDDED_FILE, Where.ATTACHMENTS)
        part = posixpath.join(posixpath.normpath(node.get("xlink:href")), CONTENT)
        if not self._shared.package.has(part):
            return [Frame(labels.FILE, ())]
        root = self._shared.package.tree(part)
        if root.name == "math:math":
            shown = "".join(each.text() for each in root.all("math:mi", "math:mn", "math:mo", "math:mtext"))
            return [_with_text(labels.FORMULA, self._shared.drawable.text(shown))]
        shown_text = self._shared.drawable.text
        texts = (shown_text(each.text()).strip() for each in root.all("text:p", outside="table:table-row"))
        self._shared.findings.lose(Lost.CHARTS)
        rows = ([_value_of(cell) for cell in each_cell(row)] for row in root.all("table:table-row"))
        table = table_of(bounded(rows), shown_text)
        return [_with_text(labels.CHART, " · ".join(text for text in texts if text)), *([table] if table else [])]


def _value_of(cell: Node) -> str:
    """Return what a cell of a chart's own table says; programs store all digits of its numbers as text."""
    stored = "".join(each.text() for each in cell.all("text:p"))
    return shown_in("", stored) if cell.get("office:value-type") == "float" else stored


def _with_text(label: str, text: str) -> Frame:
    return Frame(label, (Paragraph((Run(text),)),) if text else ())


def read_document(package: Package, findings: Findings) -> list[Block]:
    """Return what is seen; raises OfficeDocument, Locked."""
    # Not parsed: programs wrote it with a document type until 2008.
    if package.has(_MANIFEST) and _ENCRYPTED in package.read(_MANIFEST):
        raise Locked
    body = package.tree(CONTENT).find("office:body")
    if body is None:
        raise OfficeDocument
    shared = Shared(package, findings, _Drawings)
    reader = TextReader(shared)
    for kind in body.elements():
        match kind.name:
            case "office:text":
                shared.is_text = True
                above, text = list(_edges(shared, "header", labels.HEADER)), _text_of(kind, shared)
                return [*above, *text, *_notes(shared), *_edges(shared, "footer", labels.FOOTER)]
            case "office:spreadsheet":
                shared.is_sheet = True
                return list(_sheets(kind, reader))
            case "office:presentation" | "office:drawing":
                return [*_slides(kind, reader), *_background(kind, reader)]
    raise OfficeDocument


def _text_of(parent: Node, shared: Shared) -> list[Block]:
    """Return what is seen of a text with changes of its own; raises OfficeDocument."""
    reader = TextReader(shared)
    made = reader.blocks(parent)
    reader.end_changes()
    return made


def _notes(shared: Shared) -> Iterator[Block]:
    if shared.notes:
        yield Frame(labels.NOTES, tuple(shared.notes))


def _edges(shared: Shared, kind: str, label: str) -> Iterator[Block]:
    """Yield the headers or footers of the kinds of pages that the document uses."""
    used = shared.styles.master_names
    first = next(iter(shared.styles.masters), "")
    for name, master in shared.styles.masters.items():
        for edge in master.elements():
            if not edge.name.startswith(f"style:{kind}") or not edge.text().strip():
                continue
            if (name not in used and name != first) or edge.get("style:display") == "false":
                shared.findings.add(What.HIDDEN_TEXT, Where.PAGES)
            elif blocks := _text_of(edge, shared):
                yield Frame(label, tuple(blocks))


def _sheets(parent: Node, reader: TextReader) -> Iterator[Block]:
    shared, shown = reader.shared, 0
    for sheet in parent.elements():
        if sheet.name == "table:tracked-changes":
            reader.report_changes(sheet)
        if sheet.name != "table:table":
            continue
        if shared.styles.value("table", sheet.get("table:style-name"), "table", "table:display") == "false":
            shared.findings.add(What.HIDDEN_TEXT, Where.DOCUMENT, sheet.get("table:name"))
            continue
        shared.sheet = sheet
        if blocks := reader.blocks(Node("", {}, [sheet])):
            if shown:
                yield PageBreak()
            shown += 1
            yield Paragraph((Run(shared.drawable.text(sheet.get("table:name"))),), heading=1)
            yield from blocks


def _slides(parent: Node, reader: TextReader) -> Iterator[Block]:
    shared, shown = reader.shared, 0
    footers = {
        (each.name, each.get("presentation:name")): each.text()
        for each in parent.elements()
        if each.name in _DECLARED.values() and each.get("presentation:source") != "current-date"
    }
    for slide in parent.elements():
        if slide.name != "draw:page":
            continue
        if (
            shared.styles.value("drawing-page", slide.get("draw:style-name"), "drawing-page", "presentation:visibility")
            == "hidden"
        ):
            shared.findings.add(What.HIDDEN_TEXT, Where.PAGES)
            continue
        if shown:
            yield PageBreak()
        shown += 1
        master = slide.get("draw:master-page-name")
        page = shared.styles.page_size(master)
        things = list(things_of(list(slide.elements()), shared))
        shared.drawn_over.setdefault(master, []).append(things)
        shared.covered = covered_by(things)
        shared.boxes = {id(one.node): one.box for one in things}
        standing: list[Standing] = []
        notes: list[Block] = []
        for each in slide.elements():
            if page is not None and _is_beside(each, page):
                text = each.text().strip()
                shared.findings.add(What.HIDDEN_TEXT if text else What.HIDDEN_DRAWING, Where.PAGES, text or None)
            elif each.name == "presentation:notes":
                notes = [block for one in drawn_inside(each) for block in shared.drawings.read(one, reader)]
            elif each.name == "office:annotation":
                reader.report_comment(each)
            else:
                standing.append(Standing(_box_of(each, shared.boxes), tuple(reader.blocks(Node("", {}, [each])))))
        yield from in_places(standing)
        if notes:
            yield Frame(labels.SPEAKER, tuple(notes))
        yield from _footers(slide, footers, shared)


def _footers(slide: Node, declared: Mapping[tuple[str, str], str], shared: Shared) -> Iterator[Block]:
    """Yield what the slide says at its foot, and the day that its author gave it."""
    style = slide.get("draw:style-name")
    for use, kind in _DECLARED.items():
        text = shared.drawable.text(declared.get((kind, slide.get(f"presentation:use-{use}-name")), "")).strip()
        if (
            text
            and shared.styles.value("drawing-page", style, "drawing-page", f"presentation:display-{use}") != "false"
        ):
            yield Paragraph((Run(text),))


def _box_of(node: Node, boxes: Mapping[int, Box]) -> Box:
    """Return the box in which a drawing or what is in a group stands."""
    if node.name != "draw:g":
        return boxes.get(id(node), EVERYWHERE)
    inside = [box for each in node.elements() if (box := _box_of(each, boxes)) is not EVERYWHERE]
    return reduce(Box.joined, inside) if inside else EVERYWHERE


def _is_beside(node: Node, page: tuple[float, float]) -> bool:
    """Return whether a frame stands beside a slide, so far that also a text that is too long for it does."""
    size = size_of(node)
    if size is None or node.get("draw:transform") or not node.get("svg:x"):
        return False
    left, top = points(node.get("svg:x")), points(node.get("svg:y"))
    down = page[1] / 2
    return left + size[0] < 0 or left > page[0] or top + size[1] < -down or top > page[1] + down


def _background(parent: Node, reader: TextReader) -> Iterator[Block]:
    """Yield once what stands on every slide."""
    used = {slide.get("draw:master-page-name") for slide in parent.elements()}
    blocks: list[Block] = []
    for name, master in reader.shared.styles.masters.items():
        if name in used:
            drawn = [each for each in drawn_inside(master) if not each.get("presentation:class")]
            things, shared = list(things_of(drawn, reader.shared)), reader.shared
            shared.covered = covered_everywhere(things, shared.drawn_over.get(name, ()))
            shared.boxes = {id(one.node): one.box for one in things}
            standing = [
                Standing(_box_of(each, shared.boxes), tuple(shared.drawings.read(each, reader))) for each in drawn
            ]
            blocks += in_places(standing)
    if blocks:
        yield Frame(labels.BACKGROUND, tuple(blocks))
