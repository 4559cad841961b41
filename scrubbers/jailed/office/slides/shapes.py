"""Shapes of DrawingML, as slides and sheets have them: text, tables, pictures, charts, groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.office import labels
from scrubbers.jailed.office.colours import UNKNOWN, hue_of, is_lost, is_unseen
from scrubbers.jailed.office.covering import (
    EVERYWHERE,
    FILLS,
    Box,
    Covered,
    Move,
    around,
    fill_of,
    inside,
    text_area,
    text_width,
)
from scrubbers.jailed.office.drawings import Drawings, cut, is_struck, size_of
from scrubbers.jailed.office.letters import BULLET, Drawable
from scrubbers.jailed.office.pictures import Shown, black_box
from scrubbers.jailed.office.placing import Standing, in_places
from scrubbers.jailed.office.slides.colours import Ground, colour_of, seen_colour
from scrubbers.jailed.office.word.runs import formula
from scrubbers.jailed.office.word.styles import written_number
from scrubbers.jailed.office.xml import Node, number, share
from scrubbers.jailed.typeset.model import Align, Block, Cell, Frame, Paint, Paragraph, Run, Table
from trusted.jail.stages import Lost, What, Where

_ON: Final = frozenset({"1", "true"})
_MOST_NESTED: Final = 40
_DEEPEST_LEVEL: Final = 8
_SHAPES: Final = frozenset({"p:sp", "xdr:sp", "p:cxnSp", "xdr:cxnSp"})
_LINES: Final = frozenset({"p:cxnSp", "xdr:cxnSp"})
_PICTURES: Final = frozenset({"p:pic", "xdr:pic"})
_FRAMES: Final = frozenset({"p:graphicFrame", "xdr:graphicFrame"})
_ALIGNED: Final = {"ctr": Align.CENTRE, "r": Align.RIGHT}
_NUMBERS: Final = {"alphaLc": "lowerLetter", "alphaUc": "upperLetter", "romanLc": "lowerRoman", "romanUc": "upperRoman"}
# What a slide shows in the place of these is the same on each, or another number.
_PAGE_PLACES: Final = frozenset({"sldNum", "dt"})
_SMALLEST_HUNDREDTHS: Final = 200
_CLEAR: Final = 0.05  # so much is not seen of letters
_TURN: Final = frozenset({"", "0"})
# "No Style", without and with a grid.
_WITHOUT_COLOURS: Final = frozenset(
    {"{2D5ABB26-0587-4C30-8999-92F81FD0307C}", "{5940675A-B579-460E-94D1-54222C63F5DA}"}
)


class Shapes:
    """Reads the shapes of one part."""

    def __init__(
        self,
        drawings: Drawings,
        drawable: Drawable,
        findings: Findings,
        page: tuple[float, float] | None = None,
        ground: Ground = Ground(),  # noqa: B008  it is frozen
        *,
        covered: Covered | None = None,
        behind: Mapping[int, Ground] = MappingProxyType({}),
        boxes: Mapping[int, Box] = MappingProxyType({}),
    ) -> None:
        """Take the size of the slide, if there is one: what stands beside it nobody is shown. `ground`: its colour.

        `behind`: that of what is drawn under a text without a fill; `boxes`: where things stand; by the `id` of nodes.
        """
        self._boxes = boxes
        self._covered = covered or Covered()
        self._behind = behind
        self._page = page
        self._ground = ground
        self._drawings = drawings
        self._drawable = drawable
        self._findings = findings
        self._depth = 0
        self._move: Move | None = lambda box: box  # from a group to the slide; None in one that is turned

    def read(self, parent: Node, *, placeholders: bool = True) -> list[Block]:
        """Return the blocks of the shapes in an element; without `placeholders` those that only keep a place."""
        return in_places(self._standing(parent, placeholders=placeholders))

    def _standing(self, parent: Node, *, placeholders: bool) -> list[Standing]:
        self._depth += 1
        found: list[Standing] = []
        for node in parent.elements() if self._depth < _MOST_NESTED else ():
            is_beside = self._page is not None and self._move is not None and _is_beside(node, self._page, self._move)
            if is_beside or id(node) in self._covered.gone:
                text = "".join(each.text() for each in node.all("a:t"))
                self._findings.add(What.HIDDEN_TEXT if text else What.HIDDEN_DRAWING, Where.PAGES, text or None)
            elif node.name.endswith((":grpSp", ":AlternateContent")):
                found += self._group(node, placeholders=placeholders)
            else:
                blocks = self._shape(node, placeholders=placeholders)
                found.append(Standing(self._boxes.get(id(node), EVERYWHERE), tuple(blocks)))
        if self._depth >= _MOST_NESTED:
            found.append(Standing(EVERYWHERE, (Frame(labels.UNKNOWN, ()),)))
        self._depth -= 1
        return found

    def _shape(self, node: Node, *, placeholders: bool) -> list[Block]:
        place = self._place(node)
        if self._is_hidden(node) or (place is not None and (not placeholders or place in _PAGE_PLACES)):
            return []
        if node.name in _SHAPES:
            return self._text_shape(node, is_place=place is not None)
        if node.name in _PICTURES:
            return [self._picture(node)]
        if node.name in _FRAMES:
            tables = list(node.all("a:tbl"))
            made: list[Block] = [self._table(tables[0])] if tables else list(self._drawings.data(node))
            return made or self._object(node)
        return []

    def _group(self, node: Node, *, placeholders: bool) -> list[Standing]:
        if self._is_hidden(node):
            return []
        before, where = self._move, node.find("p:grpSpPr", "a:xfrm")
        is_turned = where is not None and where.get("rot") not in _TURN
        self._move = None if before is None or is_turned else inside(where, before)
        found = self._standing(node, placeholders=placeholders)
        self._move = before
        return found

    def _is_hidden(self, node: Node) -> bool:
        for group in node.elements():
            if not group.name.rpartition(":")[2].startswith("nv"):
                continue
            for about in group.elements():
                for attribute in ("descr", "title"):
                    if about.get(attribute):
                        self._findings.add(What.HIDDEN_TEXT, Where.PICTURES_ON_PAGES, about.get(attribute))
                if about.get("hidden") in _ON:
                    self._findings.add(What.HIDDEN_DRAWING, Where.PAGES)
                    return True
        return False

    @staticmethod
    def _place(node: Node) -> str | None:
        found = next((each for group in node.elements() if ":nv" in group.name for each in group.all("p:ph")), None)
        return None if found is None else found.get("type", "body")

    def _text_shape(self, node: Node, *, is_place: bool) -> list[Block]:
        shown = Shown(size_of(node.find("p:spPr", "a:xfrm", "a:ext")), painted=self._covered.painted.get(id(node), ()))
        blocks = [self._drawings.picture(blip.get("r:embed"), shown) for blip in node.all("a:blip")]
        body = node.find("p:txBody") or node.find("xdr:txBody")
        title = is_place and self._place(node) in {"title", "ctrTitle"}
        ground = self._ground_of(node, is_place=is_place)
        text = self.paragraphs(body, ground, heading=int(title)) if body is not None else []
        if not text and not blocks and not is_place and node.name not in _LINES:
            is_over = id(node) in self._covered.over
            return [Frame(labels.COVERED, (black_box(shown.size),)) if is_over else Frame(labels.SHAPE, ())]
        return [*blocks, *text]

    def _ground_of(self, node: Node, *, is_place: bool) -> Ground:
        """Return what is behind a text. A place has the fill of its layout where it has none of its own."""
        fill = fill_of(node)
        is_styled = any(one.name.endswith(":style") for one in node.elements())
        is_bare = (fill is None and not is_place and not is_styled) or (fill is not None and fill.name == "a:noFill")
        known = self._behind.get(id(node)) if is_bare else None
        return known or self._ground.under(fill)

    def _picture(self, node: Node) -> Block:
        prefix = node.name.partition(":")[0]
        fill = node.find(f"{prefix}:blipFill")
        blip = fill.find("a:blip") if fill is not None else None
        if fill is None or blip is None:
            return Frame(labels.NO_PICTURE, ())
        size = size_of(node.find(f"{prefix}:spPr", "a:xfrm", "a:ext"))
        shown = Shown(size, cut(fill.find("a:srcRect")), self._covered.painted.get(id(node), ()))
        return self._drawings.picture(blip.get("r:embed"), shown)

    def _object(self, node: Node) -> list[Block]:
        """Return the picture that stands for an embedded file."""
        self._findings.add(What.EMBEDDED_FILE, Where.ATTACHMENTS)
        pictures = [self._picture(each) for each in node.all("p:pic")]
        return [*pictures] if pictures else [Frame(labels.FILE, ())]

    def _table(self, table: Node) -> Table:
        about = table.find("a:tblPr")
        style = about.find("a:tableStyleId") if about is not None else None
        if style is not None and style.text().strip() not in _WITHOUT_COLOURS:
            self._findings.lose(Lost.TEXT_COLOURS)
        all_rows = (row for row in table.elements() if row.name == "a:tr")
        rows = [tuple(self._cell(cell) for cell in row.elements() if cell.name == "a:tc") for row in all_rows]
        return Table(tuple(row for row in rows if row), int(about is not None and about.get("firstRow") in _ON))

    def _cell(self, cell: Node) -> Cell:
        body = cell.find("a:txBody")
        fill = cell.find("a:tcPr", "a:solidFill")
        ground = Ground(UNKNOWN) if fill is None else self._ground.under(fill)
        blocks = self.paragraphs(body, ground) if body is not None else []
        if blocks and (cell.get("hMerge") in _ON or cell.get("vMerge") in _ON):
            self._findings.add(What.HIDDEN_TEXT, Where.PAGES)
            blocks = []
        tint = hue_of(self._seen_colour(fill))
        if tint is not None and not blocks:
            # Another shape may be over it, or the cell be under its neighbour.
            self._findings.lose(Lost.TEXT_COLOURS)
            tint = None
        return Cell(tuple(blocks), tint=tint)

    def paragraphs(self, body: Node, ground: Ground, *, heading: int = 0) -> list[Block]:
        """Return the paragraphs of a text."""
        blocks: list[Block] = []
        counts: dict[int, int] = {}
        for node in body.elements():
            if node.name != "a:p":
                continue
            about = node.find("a:pPr")
            depth = about.get("lvl", "0") if about is not None else "0"
            level = min(int(depth), _DEEPEST_LEVEL) if depth.isdigit() else 0
            usual = body.find("a:lstStyle", f"a:lvl{level + 1}pPr", "a:defRPr")
            runs = self._runs(node, usual, ground)
            if not any(run.text.strip() for run in runs):
                continue
            marker = self._marker(about, counts, level)
            align = _ALIGNED.get(about.get("algn") if about is not None else "", Align.LEFT)
            blocks.append(Paragraph(tuple(runs), heading, marker, level, align))
        return blocks

    def _paint(self, look: Node | None, usual: Node | None) -> Paint:
        looks = [one for one in (look, usual) if one is not None]
        fill, highlight = (
            next((found for one in looks if (found := one.find(name))), None) for name in ("a:solidFill", "a:highlight")
        )
        lines = next((one.get("u") for one in looks if one.get("u")), "none")
        return Paint(hue_of(self._seen_colour(fill)), hue_of(self._seen_colour(highlight)), lines != "none")

    def _seen_colour(self, fill: Node | None) -> str:
        """Return the colour of a fill, for its hue alone."""
        colour = seen_colour(fill, self._ground.theme) if fill is not None else ""
        if is_lost(colour):
            self._findings.lose(Lost.TEXT_COLOURS)
        return colour

    def _marker(self, about: Node | None, counts: dict[int, int], level: int) -> str:
        counts.update(dict.fromkeys([each for each in counts if each > level], 0))
        automatic = about.find("a:buAutoNum") if about is not None else None
        if automatic is not None:
            start = automatic.get("startAt", "1")
            counts[level] = counts.get(level, 0) + 1
            kind = automatic.get("type")
            value = counts[level] + (int(start) - 1 if start.isdigit() and len(start) < 6 else 0)  # noqa: PLR2004  digits
            end = ")" if "Paren" in kind else "."
            numeral = next((known for name, known in _NUMBERS.items() if kind.startswith(name)), "decimal")
            return written_number(value, numeral) + end
        bullet = about.value("a:buChar", of="char") if about is not None else None
        return BULLET if bullet else ""

    def _runs(self, paragraph: Node, usual: Node | None, ground: Ground) -> list[Run]:
        """Return the runs of a paragraph; `usual`: how those look that do not say."""
        struck = is_struck(usual) or False
        runs: list[Run] = []
        for node in paragraph.elements():
            look = node.find("a:rPr")
            own = is_struck(look)
            is_out = struck if own is None else own
            match node.name:
                case "a:r" | "a:fld" if node.get("type") != "slidenum":
                    text = node.find("a:t")
                    shown = self._drawable.text(text.text() if text is not None else "")
                    if _is_unseen([one for one in (look, usual) if one is not None], ground):
                        self._findings.add(What.HIDDEN_TEXT, Where.PAGES, shown)
                        continue
                    if look is not None and look.find("a:hlinkClick") is not None:
                        self._findings.lose(Lost.LINKS)
                    bold = look is not None and look.get("b") in _ON
                    italic = look is not None and look.get("i") in _ON
                    raised = look is not None and number(look.get("baseline").removesuffix("%")) > 0
                    runs.append(Run(shown, bold, italic, raised, is_out, self._paint(look, usual)))
                case "a:br":
                    runs.append(Run("\n", struck=is_out))
                case "mc:AlternateContent" | "?:m":
                    runs += [Run(self._drawable.text(formula(each)), italic=True) for each in node.all("m:oMath")]
        return runs


def _is_beside(node: Node, page: tuple[float, float], move: Move) -> bool:
    """Return whether a shape stands beside a slide, so far that also a text that is too long for it does."""
    places = (node.find(*path) for path in (("p:spPr", "a:xfrm"), ("p:grpSpPr", "a:xfrm"), ("p:xfrm",)))
    where = next((one for one in places if one is not None), None)
    at, size = (None, None) if where is None else (where.find("a:off"), where.find("a:ext"))
    if where is None or at is None or size is None or where.get("rot") not in _TURN:
        return False
    # A line that is not broken goes on beside its shape.
    goes_on = any(each.get("wrap") == "none" for each in node.all("a:bodyPr"))
    box, across, down = move(around(where)), page[0] if goes_on else 0, page[1] / 2
    area = box
    if node.name in _SHAPES:
        # Estimates, of which twice as much still stands beside.
        area = text_area(node, box)
        across, down = text_width(node) if goes_on else 0, area.bottom - area.top
    reach = Box(area.left - across, area.top - down, area.right + across, area.bottom + down)
    return not reach.joined(box).touches(Box(0, 0, *page))


def _is_unseen(looks: Sequence[Node], ground: Ground) -> bool:
    """Return whether letters are too small to be seen, without a colour, or in that behind them; nearest look first."""
    size = next((each.get("sz") for each in looks if each.get("sz")), "")
    if size.isdigit() and int(size) <= _SMALLEST_HUNDREDTHS:
        return True
    look = next((each for each in looks if any(one.name in FILLS for one in each.elements())), None)
    if look is None or _is_clear(look):
        return look is not None
    fills = [one for one in (look.find("a:solidFill"), *look.all("a:gs", outside="a:ln")) if one is not None]
    if not fills or _is_drawn_around(looks):
        return False
    highlight = next((one for each in looks if (one := each.find("a:highlight"))), None)
    behind = ground.behind if highlight is None else colour_of(highlight, ground.theme)
    return all(is_unseen(colour_of(fill, ground.theme, of_letters=True), behind) for fill in fills)


def _is_drawn_around(looks: Sequence[Node]) -> bool:
    """Return whether a line or an effect shows where letters are, whatever colour they have."""
    line = next((one for each in looks if (one := each.find("a:ln")) is not None), None)
    if line is not None and any(one.name in FILLS and one.name != "a:noFill" for one in line.elements()):
        return True
    effects = next((one for each in looks if (one := each.find("a:effectLst")) is not None), None)
    return effects is not None and any(effects.elements())


def _is_clear(look: Node) -> bool:
    """Return whether letters have neither a colour nor an outline."""
    fill = look.find("a:solidFill")
    if fill is not None:
        return any(share(each.get("val") or "100%") <= _CLEAR for each in fill.all("a:alpha"))
    return look.find("a:noFill") is not None and look.find("a:ln", "a:solidFill") is None
