"""What stands in a drawing of an Office document: pictures, text boxes, and in the place of the rest a framed note.

A chart shows its texts and values, a diagram its texts, for those are read; how they were drawn is not kept.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final, TypeAlias

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.office import chart_parts, chart_tables, labels, pictures
from scrubbers.jailed.office.colours import UNKNOWN
from scrubbers.jailed.office.letters import Drawable
from scrubbers.jailed.office.package import Package
from scrubbers.jailed.office.pictures import Shown
from scrubbers.jailed.office.xml import Node, number, share
from scrubbers.jailed.typeset.model import Block, Frame, Paragraph, Picture, Run
from trusted.jail.stages import Lost, What, Where

POINTS: Final = {"pt": 1.0, "in": 72.0, "cm": 28.3465, "mm": 2.83465, "px": 0.75, "pc": 12.0}  # of units of length
_EMU: Final = 12_700  # to a point: ECMA-376, 20.1.2.1
_TEXT: Final = "w:txbxContent"  # it is read as text, with what stands in it
_MOST_VALUES: Final = 2000
_HIDDEN: Final = frozenset({"1", "true", "on"})

ReadText: TypeAlias = Callable[[Node, str | None], list[Block]]
FillOf: TypeAlias = Callable[[Node], str | None]


class Drawings:
    """Reads the drawings of one part. `read_text` reads what stands in a text box, on a colour."""

    def __init__(
        self, package: Package, part: str, drawable: Drawable, findings: Findings, known: dict[object, Picture | None]
    ) -> None:
        self._package = package
        self._part = part
        self._drawable = drawable
        self._findings = findings
        self._known = known

    def read(self, drawing: Node, read_text: ReadText, fill_of: FillOf) -> list[Block]:
        """Return the blocks of a drawing in DrawingML. `fill_of`: the colour of a shape, None for none."""
        self._report_names(drawing)
        if any(each.get("hidden") in _HIDDEN for each in drawing.all("wp:docPr", outside=_TEXT)):
            self._findings.add(What.HIDDEN_DRAWING, Where.PAGES)
            return []
        blocks: list[Block] = [*self._pictures(drawing), *self.data(drawing)]
        shapes = drawing.all("wps:wsp", outside=_TEXT)
        texts = (
            read_text(box, self._behind(drawing, fill_of(shape)))
            for shape in shapes
            for box in shape.all("wps:txbx", outside=_TEXT)
        )
        blocks += [Frame(labels.TEXT_BOX, tuple(text)) for text in texts if text]
        return blocks or [Frame(labels.SHAPE, ())]

    @staticmethod
    def _behind(drawing: Node, fill: str | None) -> str | None:
        """Return what is behind a text box: anything where it has no fill and floats, or stands with other shapes."""
        if fill is None and (
            drawing.find("wp:anchor") is not None or sum(1 for _ in drawing.all("wps:wsp", "pic:pic")) > 1
        ):
            return UNKNOWN
        return fill

    def data(self, drawing: Node) -> Iterator[Block]:
        """Yield a note for each chart and diagram; behind that of a chart its tables."""
        for chart in drawing.all("c:chart", outside=_TEXT):
            self._findings.lose(Lost.CHARTS)
            yield from self._note(labels.CHART, chart.get("r:id"), ("a:t", "c:v"))
        for diagram in drawing.all("dgm:relIds", outside=_TEXT):
            yield from self._note(labels.DIAGRAM, diagram.get("r:dm"), ("a:t",))
        for other in drawing.all("a:graphicData", outside=_TEXT):
            if other.get("uri").endswith("/chartex"):
                self._findings.lose(Lost.CHARTS)
                yield Frame(labels.CHART, ())

    def is_opaque(self, name: str) -> bool:
        """Return whether nothing can be seen through the picture that a part refers to by this name."""
        target = self._package.target(self._part, name)
        return target is not None and pictures.is_opaque(self._package.read(target))

    def picture(self, name: str, shown: Shown) -> Block:
        """Return the picture that a part refers to by this name, or a note that there is one."""
        target = self._package.target(self._part, name)
        if target is None:
            return Frame(labels.NO_PICTURE, ())
        key = (target, shown)
        if key not in self._known:
            self._known[key] = pictures.cleaned(self._package.read(target), shown, self._findings)
        return self._known[key] or Frame(labels.NO_PICTURE, ())

    def _pictures(self, drawing: Node) -> Iterator[Block]:
        whole = size_of(drawing.find("wp:inline", "wp:extent") or drawing.find("wp:anchor", "wp:extent"))
        seen: set[int] = set()
        for each in drawing.all("pic:pic", outside=_TEXT):
            blip = each.find("pic:blipFill", "a:blip")
            if blip is None:
                continue
            seen.add(id(blip))
            size = size_of(each.find("pic:spPr", "a:xfrm", "a:ext")) or whole
            yield self.picture(blip.get("r:embed"), Shown(size, cut(each.find("pic:blipFill", "a:srcRect"))))
        for blip in drawing.all("a:blip", outside=_TEXT):
            if id(blip) not in seen:
                yield self.picture(blip.get("r:embed"), Shown(whole))

    def _note(self, label: str, name: str, texts: tuple[str, ...]) -> list[Block]:
        target = self._package.target(self._part, name)
        if target is None:
            return [Frame(label, ())]
        tree = self._package.tree(target)
        chart_parts.without_unseen(tree, self._findings)
        tables = list(chart_tables.tables_of(tree, self._drawable.text))
        struck = {id(run.find("a:t")) for run in tree.all("a:r", "a:fld") if is_struck(run.find("a:rPr"))}
        runs: list[Run] = []
        values = tree.all(*texts)
        for each in islice(values, _MOST_VALUES):
            if shown := self._drawable.text(each.text()).strip():
                runs += [*([Run(" · ")] if runs else []), Run(shown, struck=id(each) in struck)]
        if next(values, None) is not None:
            runs.append(Run(" · …"))
        return [Frame(label, (Paragraph(tuple(runs)),) if runs else ()), *tables]

    def _report_names(self, drawing: Node) -> None:
        for each in drawing.all("wp:docPr", "pic:cNvPr"):
            for attribute in ("descr", "title"):
                if each.get(attribute):
                    self._findings.add(What.HIDDEN_TEXT, Where.PICTURES_ON_PAGES, each.get(attribute))


def is_struck(look: Node | None) -> bool | None:
    """Return whether a run of DrawingML is struck out; None where its properties do not say."""
    line = look.get("strike") if look is not None else ""
    return line != "noStrike" if line else None


def cut(rectangle: Node | None) -> tuple[float, float, float, float]:
    """Return which shares of a picture are cut off: left, top, right, bottom."""
    if rectangle is None:
        return (0, 0, 0, 0)
    left, top, right, bottom = (share(rectangle.get(side)) for side in ("l", "t", "r", "b"))
    return (left, top, right, bottom)


def size_of(extent: Node | None) -> tuple[float, float] | None:
    """Return width and height in points; None where there is none."""
    if extent is None:
        return None
    width, height = number(extent.get("cx")) / _EMU, number(extent.get("cy")) / _EMU
    return (width, height) if width > 0 and height > 0 else None
