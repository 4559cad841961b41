"""Reads a stream of drawing operators into the steps of a display list: known operators only, deny by default.

Left out on the way: comments, marked content, compatibility sections, rendering intents, flatness, whatever is not an
operator of ISO 32000-1 annex A; text in invisible mode; all that lies in optional content that is switched off. Of what
is left out only the effect on what follows remains: how far invisible text moved the next glyph.

Text modes that clip are not rebuilt (NotRebuildable: the page becomes pixels), nor is the one that paints nothing
(ClippingText).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pypdf.generic import DictionaryObject, NameObject

from scrubbers.jailed.pdf.content.colour_space import Space, device_space, painted_in
from scrubbers.jailed.pdf.content.display_list import (
    GAPS,
    MOST_STEPS,
    ConcatMatrix,
    Path,
    RestoreState,
    SaveState,
    Set,
    SetTextMatrix,
    Show,
    Step,
    TextBegun,
    Unsaid,
)
from scrubbers.jailed.pdf.content.forms import drawing
from scrubbers.jailed.pdf.content.operands import Source, last_name, last_numbers
from scrubbers.jailed.pdf.fonts.glyph import Run
from scrubbers.jailed.pdf.fonts.source_font import Font, Gap
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.lexer import INLINE, VALUES, LexedName, Number, Operand, operations
from scrubbers.jailed.pdf.syntax.writer import ClippingText, NotRebuildable, number
from trusted.jail.stages import LettersMissing

_DEEPEST_STATE: Final = 100  # q in q; a page with more becomes pixels
_INVISIBLE: Final = 3  # text modes: ISO 32000-1, table 106
_FIRST_CLIPPING_MODE: Final = 4  # the same
_ONLY_CLIPPING: Final = 7  # the same
_DEVICE_COUNTS: Final = {b"g": 1, b"rg": 3, b"k": 4}
_SEGMENT_COUNTS: Final = {b"m": 2, b"l": 2, b"c": 6, b"v": 4, b"y": 4, b"h": 0, b"re": 4}
_BEGINNINGS: Final = {b"m", b"re"}
_PAINTING: Final = {
    b"S": b"S", b"s": b"S", b"f": b"f", b"F": b"f", b"f*": b"f*", b"B": b"B", b"B*": b"B*", b"b": b"B", b"b*": b"B*",
    b"n": b"n",
}  # fmt: skip
_DEVICE_SPACES: Final = {b"DeviceGray", b"DeviceRGB", b"DeviceCMYK", b"Pattern", b"G", b"RGB", b"CMYK"}


@dataclass(slots=True)
class _State:
    """What the reader has to know of the graphics state: what decides on codes, gaps and visibility."""

    font: Font | None = None
    size: float = 0.0
    character_space: float = 0.0
    word_space: float = 0.0
    leading: float = 0.0
    mode: int = 0
    fill: Space | None = None
    stroke: Space | None = None


class Interpreter:
    """Reads one stream."""

    def __init__(self, source: Source, resources: DictionaryObject) -> None:
        self._source = source
        self._resources = resources
        self._steps: list[Step] = []
        self._state = _State()
        self._saved: list[_State] = []
        self._segments: list[bytes] = []
        self._clips = b""
        self._last_show: Show | None = None

    def read(self, untrusted: bytes) -> list[Step]:
        """Return the steps; raises NotRebuildable."""
        for operator, operands in operations(untrusted):
            handle = _HANDLERS.get(operator)
            if handle is not None:
                handle(self, operator, operands)
                if len(self._steps) > MOST_STEPS:
                    raise NotRebuildable
        return self._steps

    # States

    def save(self, _operator: bytes, _operands: list[Operand]) -> None:
        if len(self._saved) >= _DEEPEST_STATE:
            raise NotRebuildable
        self._saved.append(replace(self._state))
        self._steps.append(SaveState())

    def restore(self, _operator: bytes, _operands: list[Operand]) -> None:
        if self._saved:
            self._state = self._saved.pop()
            self._steps.append(RestoreState())

    def set_numbers(self, operator: bytes, operands: list[Operand]) -> None:
        """w, J, j, M, Tz, Ts: one number each."""
        (value,) = last_numbers(operands, 1)
        self._steps.append(Set(operator.decode(), b"%s %s" % (value, operator)))

    def dash(self, _operator: bytes, operands: list[Operand]) -> None:
        if len(operands) < 2 or not isinstance(operands[-2], list):  # noqa: PLR2004  an array and a phase
            raise NotRebuildable
        pattern = last_numbers(operands[-2], len(operands[-2]))
        (phase,) = last_numbers(operands, 1)
        self._steps.append(Set("d", b"[%s] %s d" % (b" ".join(pattern), phase)))

    def concatenate(self, _operator: bytes, operands: list[Operand]) -> None:
        self._steps.append(ConcatMatrix(b"%s cm" % b" ".join(last_numbers(operands, 6))))

    def graphics_state(self, _operator: bytes, operands: list[Operand]) -> None:
        untrusted = self._resource("/ExtGState", operands)
        if untrusted is not None:
            self._steps += self._source.graphics_state(untrusted)

    # Colours

    def device_colour(self, operator: bytes, operands: list[Operand]) -> None:
        values = last_numbers(operands, _DEVICE_COUNTS[operator.lower()])
        self._set_colour(operator.islower(), painted_in(values, fills=operator.islower()))
        if operator.islower():
            self._state.fill = None
        else:
            self._state.stroke = None

    def space(self, operator: bytes, operands: list[Operand]) -> None:
        fills = operator == b"cs"
        name = last_name(operands)
        untrusted = (
            NameObject("/" + name.decode()) if name in _DEVICE_SPACES else self._resource("/ColorSpace", operands)
        )
        space = self._source.space(untrusted, self._resources)
        if fills:
            self._state.fill = space
        else:
            self._state.stroke = space
        self._set_colour(fills, space.initial(fills=fills))

    def colour(self, operator: bytes, operands: list[Operand]) -> None:
        fills = operator.islower()
        space = self._state.fill if fills else self._state.stroke
        if operands and isinstance(operands[-1], LexedName):
            # A pattern. A text that is painted with it will not look the same in black.
            self._steps.append(Unsaid())
            self._set_colour(fills, device_space(1).initial(fills=fills))
            return
        values = last_numbers(operands, len(operands))
        # After g, rg, k, or nothing, the space is a device's.
        space = space or device_space(len(values))
        self._set_colour(fills, space.colour(values, fills=fills))

    def _set_colour(self, fills: bool, line: bytes) -> None:
        self._steps.append(Set("fill" if fills else "stroke", line))

    # Paths

    def segment(self, operator: bytes, operands: list[Operand]) -> None:
        values = last_numbers(operands, _SEGMENT_COUNTS[operator])
        if operator in _BEGINNINGS:
            self._without_lone_move()
        self._segments.append(b" ".join((*values, operator)))

    def _without_lone_move(self) -> None:
        """Drop a part of a path that begins somewhere and leads nowhere: it is not drawn."""
        if self._segments and self._segments[-1].endswith(b" m"):
            self._segments.pop()

    def clip(self, operator: bytes, _operands: list[Operand]) -> None:
        self._clips = operator

    def paint(self, operator: bytes, _operands: list[Operand]) -> None:
        if len(self._segments) > 1:
            self._without_lone_move()
        segments, clips = self._segments, self._clips
        self._segments, self._clips = [], b""
        painted = _PAINTING[operator]
        if operator[:1] in b"sb" and segments and not segments[-1].endswith(b" re"):
            segments.append(b"h")
        if len(segments) == 1:
            # A box is inside by either rule.
            painted, clips = painted.rstrip(b"*"), clips.rstrip(b"*")
        if segments and (painted != b"n" or clips):
            self._steps.append(Path(b"\n".join(segments), painted, clips))

    def shade(self, _operator: bytes, operands: list[Operand]) -> None:
        if self._resource("/Shading", operands) is not None:
            self._steps.append(Unsaid())

    # Things drawn

    def draw(self, _operator: bytes, operands: list[Operand]) -> None:
        untrusted = self._resource("/XObject", operands)
        if untrusted is None:
            return
        thing = self._source.drawable(untrusted, self._resources)
        if thing is not None:
            if self._state.mode == _INVISIBLE:
                # A form begins with the state of who draws it; a picture does not care.
                self._steps.append(Set("Tr", b"0 Tr"))
            self._steps += drawing(thing)

    def inline_picture(self, _operator: bytes, operands: list[Operand]) -> None:
        entries, data = operands
        if not isinstance(entries, dict) or not isinstance(data, bytes):
            raise NotRebuildable
        self._steps += drawing(self._source.inline_picture(entries, data, self._resources))

    # Text

    def begin_text(self, _operator: bytes, _operands: list[Operand]) -> None:
        self._place(TextBegun())

    def spacing(self, operator: bytes, operands: list[Operand]) -> None:
        """Tc; Tw and TL, which only the reader has to know, as gaps and moves are written out."""
        (value,) = last_numbers(operands, 1)
        if operator == b"TL":
            self._state.leading = float(value)
        elif operator == b"Tc":
            self._state.character_space = float(value)
        else:
            self._state.word_space = float(value)

    def font(self, _operator: bytes, operands: list[Operand]) -> None:
        (size,) = last_numbers(operands, 1)
        untrusted = self._resource("/Font", operands[:-1])
        if untrusted is None:
            # Text in a font that is not there is drawn in some other: as pixels it stays as it looks.
            self._state.font = None
            return
        font = self._source.font(untrusted)
        self._state.font, self._state.size = font, float(size)

    def mode(self, _operator: bytes, operands: list[Operand]) -> None:
        (value,) = last_numbers(operands, 1)
        mode = int(float(value))
        if not 0 <= mode < _FIRST_CLIPPING_MODE and mode != _ONLY_CLIPPING:
            raise NotRebuildable
        self._state.mode = mode
        if mode not in (_INVISIBLE, _ONLY_CLIPPING):
            self._steps.append(Set("Tr", b"%d Tr" % mode))

    def move(self, operator: bytes, operands: list[Operand]) -> None:
        x, y = last_numbers(operands, 2)
        if operator == b"TD":
            self._state.leading = -float(y)
        self._place(SetTextMatrix(None, x, y))

    def matrix(self, _operator: bytes, operands: list[Operand]) -> None:
        self._place(SetTextMatrix(b" ".join(last_numbers(operands, 6)), b"0", b"0"))

    def next_line(self, _operator: bytes, _operands: list[Operand]) -> None:
        self._place(SetTextMatrix(None, b"0", number(-self._state.leading)))

    def show(self, _operator: bytes, operands: list[Operand]) -> None:
        shown = operands[-1] if operands else None
        if not isinstance(shown, bytes) or isinstance(shown, Number | LexedName):
            raise NotRebuildable
        self._show([shown])

    def show_spaced(self, _operator: bytes, operands: list[Operand]) -> None:
        items = operands[-1] if operands else None
        if not isinstance(items, list):
            raise NotRebuildable
        self._show(items)

    def next_line_show(self, operator: bytes, operands: list[Operand]) -> None:
        """' and ", as the operators they stand for."""
        if operator == b'"':
            if len(operands) < 3:  # noqa: PLR2004  two spacings and a string
                raise NotRebuildable
            self.spacing(b"Tw", operands[-3:-2])
            self.spacing(b"Tc", operands[-2:-1])
        self.next_line(operator, [])
        self.show(operator, operands)

    def _show(self, items: Sequence[Operand]) -> None:
        state, font = self._state, self._state.font
        if font is None:
            raise NotRebuildable
        show = Show(state.size, state.character_space, *self._shown(items, font))
        if state.mode == _ONLY_CLIPPING and (show.runs or show.moves[0]):
            raise ClippingText
        is_shown = self._state.mode != _INVISIBLE
        if is_shown and font.lacks and not all(glyph.outline for glyph in show.glyphs()):
            raise LettersMissing
        if self._state.mode == _INVISIBLE:
            show.seen = [False] * show.count()
        self._steps.append(show)
        self._last_show = show

    def _shown(self, items: Sequence[Operand], font: Font) -> tuple[list[Run], list[float]]:
        """Return the runs, and the moves around them; of moves in a row only where they lead."""
        runs, moves = list[Run](), list[float]()
        moved, is_spaced, cut = 0.0, self._state.character_space or self._state.word_space, font.cut
        for item in items:
            if type(item) is Number:
                moved = GAPS[moved + VALUES[item]] if moved else VALUES[item]
                continue
            if type(item) is not bytes:
                raise NotRebuildable
            for part in cut[item]:
                if type(part) is Run:
                    runs.append(part)
                    moves.append(moved)
                    moved = 0.0
                else:
                    moved = GAPS[moved - (self._with_spacing(part) if is_spaced else part.advance)]
        return runs, [*moves, moved]

    def _with_spacing(self, gap: Gap) -> float:
        state = self._state
        spaces = gap.characters * state.character_space + gap.words * state.word_space
        return GAPS[gap.advance + (1000 * spaces / state.size if state.size else 0)]

    def _place(self, step: TextBegun | SetTextMatrix) -> None:
        """Add a step that puts the pen elsewhere: what moved it after the last letter says nothing any more."""
        if self._last_show is not None:
            self._last_show.moves[-1] = 0.0
        self._last_show = None
        self._steps.append(step)

    def _resource(self, kind: str, operands: list[Operand]) -> Any:
        """Return what a name stands for, unresolved; None when it is not there."""
        named = access.dictionary_in(self._resources, kind)
        key = "/" + last_name(operands).decode("latin-1")
        return named.raw_get(key) if key in named else None


_HANDLERS: Final[dict[bytes, Callable[[Interpreter, bytes, list[Operand]], None]]] = {
    b"q": Interpreter.save,
    b"Q": Interpreter.restore,
    **dict.fromkeys((b"w", b"J", b"j", b"M", b"Tz", b"Ts"), Interpreter.set_numbers),
    b"d": Interpreter.dash,
    b"cm": Interpreter.concatenate,
    b"gs": Interpreter.graphics_state,
    **dict.fromkeys((b"g", b"G", b"rg", b"RG", b"k", b"K"), Interpreter.device_colour),
    **dict.fromkeys((b"cs", b"CS"), Interpreter.space),
    **dict.fromkeys((b"sc", b"SC", b"scn", b"SCN"), Interpreter.colour),
    **dict.fromkeys(_SEGMENT_COUNTS, Interpreter.segment),
    **dict.fromkeys((b"W", b"W*"), Interpreter.clip),
    **dict.fromkeys(_PAINTING, Interpreter.paint),
    b"sh": Interpreter.shade,
    b"Do": Interpreter.draw,
    INLINE: Interpreter.inline_picture,
    b"BT": Interpreter.begin_text,
    **dict.fromkeys((b"Tc", b"Tw", b"TL"), Interpreter.spacing),
    b"Tf": Interpreter.font,
    b"Tr": Interpreter.mode,
    **dict.fromkeys((b"Td", b"TD"), Interpreter.move),
    b"Tm": Interpreter.matrix,
    b"T*": Interpreter.next_line,
    b"Tj": Interpreter.show,
    b"TJ": Interpreter.show_spaced,
    **dict.fromkeys((b"'", b'"'), Interpreter.next_line_show),
}
