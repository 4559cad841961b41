"""Resources of the source document, each rebuilt once: fonts, pictures, forms, patterns, states, shadings.

Fonts are one for the whole document and written last, with the glyphs that pages use. Pictures are kept for the pages
to come while there is room. Forms are read anew for each batch of pages, because what of them can be seen depends on
the pages that draw them.

Text inside patterns, soft masks and glyphs of Type 3 fonts is not looked at for visibility, so it is not rebuilt.
"""

import itertools
import math
import operator
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    ByteStringObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NullObject,
    NumberObject,
    PdfObject,
    StreamObject,
)

from scrubbers.jailed import pdf_needs, pdf_read, pdf_shading, pdf_state
from scrubbers.jailed.pdf_apart_seen import seen_apart
from scrubbers.jailed.pdf_colour import Space, space
from scrubbers.jailed.pdf_fonts import SourceFont
from scrubbers.jailed.pdf_interpret import Interpreter
from scrubbers.jailed.pdf_layers import Layers
from scrubbers.jailed.pdf_lexer import LexedName, Number, Operand
from scrubbers.jailed.pdf_objects import Name, Node, NotRebuildable, Stream, Value
from scrubbers.jailed.pdf_pictures import Picture, picture
from scrubbers.jailed.pdf_script import (
    Drawable,
    Drawn,
    GoneTo,
    Moved,
    Names,
    Path,
    Restored,
    Saved,
    Shaded,
    Show,
    Step,
    multiplied,
)
from scrubbers.jailed.pdf_state import is_mixed
from scrubbers.jailed.pdf_tell import say
from scrubbers.jailed.pdf_work import Work
from scrubbers.stages import Damaged

_DEEPEST_FORM: Final = 12
_MOST_EXECUTED: Final = 100_000
# Pictures that later pages may use again (a letterhead) stay in memory up to this much.
_KEPT_BYTES: Final = 4 * 2**20
_TILING, _SHADED = 1, 2
_SLACK: Final = 0.5
_LOOK_WORK: Final = 5.0  # milliseconds, as in `pdf_work`, for a look at a cell, a glyph or a mask
_SPACE: Final = b"\0\1"
_EASTERN: Final = {"Japan1", "GB1", "CNS1", "Korea1", "KR"}


class Font:
    """A font of the source, and the codes that were read of it so far."""

    def __init__(self, source: SourceFont, blank: Callable[[bytes], bool] | None = None) -> None:
        """`blank`: of a font whose letters are neither in the document nor here, which codes draw nothing anyway."""
        self.node = Node(late=True)
        self.read: set[bytes] = set()
        self.broken = False
        self.undrawn: Collection[bytes] = source.undrawn
        self._source = source
        self._blank = blank
        self._left_out: set[bytes] = set()
        self._cut: dict[bytes, list[bytes]] = {}
        self._advances: dict[bytes, float] = {}
        self._least: tuple[int, float] = 0, 0.0  # of how many codes, and how much

    def codes(self, shown: bytes) -> list[bytes]:
        found = self._cut.get(shown)
        if found is None:
            found = self._cut[shown] = self._source.codes(shown)
            self.undrawn = self._source.undrawn
            if self._blank is not None:
                self._left_out.update(filter(self._blank, found))
                self.undrawn = self._left_out
            self.read.update(found)
            if self.undrawn:
                self.read.difference_update(self.undrawn)
        return found

    @property
    def lacks_letters(self) -> bool:
        """Whether nothing can draw its letters, here or as pixels."""
        return self._blank is not None

    @property
    def is_coloured(self) -> bool:
        return self._source.is_coloured

    @property
    def is_drawn(self) -> bool:
        return self._source.is_drawn

    def advance(self, code: bytes) -> float:
        found = self._advances.get(code)
        if found is None:
            found = self._advances[code] = self._source.advance(code)
        return found

    def least_advance(self) -> float:
        """Of all codes that were read so far; less than any number if one of them has none."""
        if self._least[0] != len(self.read):
            try:
                self._least = len(self.read), min(map(self.advance, self.read))
            except NotRebuildable:
                self._least = len(self.read), -math.inf
        return self._least[1]

    def build(self, used: set[bytes]) -> None:
        """Makes the node's value: what these codes need. Raises NotRebuildable."""
        self.node.value = self._source.build(sorted(used))


@dataclass(slots=True)
class Form:
    """A form: its own script, drawn where a page says Do."""

    entries: dict[bytes, Value]
    steps: list[Step]
    node: Node = field(default_factory=Node)

    def needed(self) -> frozenset[str]:
        return pdf_needs.inherited(self.steps)

    def paints(self) -> bool:
        return pdf_needs.paints(self.steps)

    def say(self) -> None:
        names = Names()
        data = say(self.steps, names, within=True)
        resources = names.resources()
        self.node.value = Stream({**self.entries, **({b"Resources": resources} if resources else {})}, data)


def executed(steps: list[Step]) -> Sequence[Step]:
    """Every step in the order of drawing, forms entered where they are drawn; raises NotRebuildable for too many."""
    # Asked a dozen times of every page, and of most of them the answer is no.
    found = steps if Drawn not in map(type, steps) else _with_forms(steps, [])
    if len(found) > _MOST_EXECUTED:
        raise NotRebuildable
    return found


def _with_forms(steps: list[Step], found: list[Step]) -> list[Step]:
    """Adds the steps to those that were found, and goes no further when they are too many."""
    for step in steps:
        found.append(step)
        if isinstance(step, Drawn) and isinstance(step.thing, Form) and not step.hidden:
            _with_forms(step.thing.steps, found)
        if len(found) > _MOST_EXECUTED:
            break
    return found


class SourceDocument:
    """What the pages of one document draw with."""

    def __init__(self, root: DictionaryObject, work: Work) -> None:
        self.layers = Layers(root)
        self.work = work
        # Without one the fields on its pages are not drawn.
        self.has_form = "/AcroForm" in root
        self.fonts: dict[object, Font] = {}
        self._pictures: dict[object, Picture] = {}
        self._forms: dict[object, Form] = {}
        self._nodes: dict[object, Node | None] = {}
        self._states: dict[object, list[Step]] = {}
        self._depth = 0
        self._patterns_being_read: set[object] = set()
        # Whether a font was chosen whose letters nothing here can draw. Whoever reads a page sets it back.
        self.lacks_letters = False
        # Whether something was left out of a pattern, a glyph or a mask.
        self.hides_drawing = False

    def begin_batch(self) -> None:
        """Forgets what only the pages so far had; small pictures of which all was seen stay.

        Masks, patterns and gradients are read anew where another page has them: the writer has let their data go.
        """
        self._forms.clear()
        self._nodes.clear()
        self._states.clear()
        kept, room = {}, _KEPT_BYTES
        for key, made in self._pictures.items():
            if made.stored_bytes <= room and not made.is_cut:
                room -= made.stored_bytes
                kept[key] = made
            else:
                # The writer holds the node for its number; its data is written.
                made.node.value = None
        self._pictures = kept

    def held_bytes(self) -> int:
        """How much of pictures is held."""
        return sum(made.stored_bytes for made in self._pictures.values())

    # What `Interpreter` asks for

    def font(self, untrusted: object) -> Font:
        key = pdf_read.key_of(untrusted)
        found = self.fonts.get(key)
        if found is None:
            dictionary = pdf_read.dictionary(untrusted)
            blank = _blank_in(dictionary) if _is_left_to_the_reader(dictionary) else None
            self.lacks_letters |= blank is not None
            found = self.fonts[key] = Font(SourceFont(dictionary, len(self.fonts), self._glyph), blank)
        self.lacks_letters |= found.lacks_letters
        if found.broken:
            raise NotRebuildable
        return found

    def drawable(self, untrusted: object, resources: DictionaryObject) -> Drawable | None:
        source = pdf_read.stream(untrusted)
        if "/OC" in source and self.layers.is_off(source.raw_get("/OC")):
            return None
        key = pdf_read.key_of(untrusted)
        match pdf_read.name_of(source.get("/Subtype")):
            case "/Image":
                found = self._pictures.get(key)
                if found is None:
                    found = self._pictures[key] = self._picture(source, resources)
                return found
            case "/Form":
                return self.form(source, resources, key)
            case _:
                return None

    def inline_picture(self, entries: dict[bytes, Operand], data: bytes, resources: DictionaryObject) -> Picture:
        source = StreamObject()
        source._data = data  # noqa: SLF001  a stream made here
        for key, value in entries.items():
            source[NameObject("/" + key.decode("latin-1"))] = _as_object(value)
        return self._picture(source, resources)

    def _picture(self, source: StreamObject, resources: DictionaryObject) -> Picture:
        made = picture(source, resources)
        self.work.picture_rebuilt(made.size[0] * made.size[1] * made.weight, made.stored_bytes)
        return made

    def space(self, untrusted: object, resources: DictionaryObject) -> Space:
        return space(untrusted, resources)

    def shading(self, untrusted: object, resources: DictionaryObject) -> Node:
        key = pdf_read.key_of(untrusted)
        if key not in self._nodes:
            self._nodes[key] = pdf_shading.shading(untrusted, resources)
        found = self._nodes[key]
        if found is None:
            raise NotRebuildable
        return found

    def graphics_state(self, untrusted: object, resources: DictionaryObject) -> list[Step]:
        key = pdf_read.key_of(untrusted)
        if key not in self._states:
            self._states[key] = pdf_state.graphics_state(untrusted, lambda group: self._mask(group, resources))
        return self._states[key]

    def layer_is_off(self, untrusted: object) -> bool:
        return self.layers.is_off(untrusted)

    def pattern(self, untrusted: object, resources: DictionaryObject) -> Node:
        source = pdf_read.dictionary(untrusted)
        key = pdf_read.key_of(untrusted)
        if key in self._patterns_being_read:
            # PDFium would not come to an end with it.
            raise Damaged
        found = self._nodes.get(key)
        if found is None:
            self._patterns_being_read.add(key)
            kind = pdf_read.whole(pdf_read.entry(source, "/PatternType"), _TILING, _SHADED)
            found = self._tiling(source, resources) if kind == _TILING else self._shaded(source, resources)
            self._nodes[key] = found
            self._patterns_being_read.discard(key)
        return found

    # Forms and what is like them

    def form(self, source: StreamObject, resources: DictionaryObject, key: object) -> Form:
        """A form's script; one without resources of its own draws with those of who draws it."""
        own = pdf_read.entry(source, "/Resources")
        found = self._forms.get(key) if own is not None else None
        if found is None:
            steps = self._steps(source, own if isinstance(own, DictionaryObject) else resources)
            found = Form({b"Type": Name(b"XObject"), b"Subtype": Name(b"Form"), **_frame(source)}, steps)
            group = pdf_read.entry(source, "/Group")
            if isinstance(group, DictionaryObject):
                found.entries[b"Group"] = transparency_group(group)
            if own is not None:
                self._forms[key] = found
        return found

    def _steps(self, source: StreamObject, resources: DictionaryObject, *, glyph: bool = False) -> list[Step]:
        if self._depth >= _DEEPEST_FORM:
            raise NotRebuildable
        self._depth += 1
        contents = source.get_data()
        self.work.contents_read(len(contents))
        try:
            return Interpreter(self, resources, glyph=glyph).read(contents)
        finally:
            self._depth -= 1

    def _mask(self, untrusted: object, resources: DictionaryObject) -> Node:
        stream = pdf_read.stream(untrusted)
        made = self.form(stream, resources, object())
        _demand_no_text(made.steps)
        _demand_pictures_bare(made.steps)
        if _has_pictures(made.steps):
            _demand_pictures_inside(made.steps, pdf_read.numbers(pdf_read.entry(stream, "/BBox"), 4))
        _say_forms(made.steps)
        box = pdf_read.numbers(pdf_read.entry(stream, "/BBox"), 4)
        self._take_out_unseen(made.steps, box)
        made.say()
        return made.node

    def _tiling(self, source: DictionaryObject, resources: DictionaryObject) -> Node:
        stream = pdf_read.stream(source)
        own = pdf_read.entry(source, "/Resources")
        steps = self._steps(stream, own if isinstance(own, DictionaryObject) else resources)
        _demand_no_text(steps)
        frame = _frame(source)
        if _has_pictures(steps):
            # How much of a cell is painted only the pages know, and what covers it.
            raise NotRebuildable
        _say_forms(steps)
        self._take_out_unseen(steps, pdf_read.numbers(pdf_read.entry(source, "/BBox"), 4))
        names = Names()
        data = say(steps, names)
        entries: dict[bytes, Value] = {
            b"Type": Name(b"Pattern"),
            b"PatternType": _TILING,
            b"PaintType": pdf_read.whole(pdf_read.entry(source, "/PaintType"), 1, 2),
            b"TilingType": pdf_read.whole(pdf_read.entry(source, "/TilingType"), 1, 3),
            **frame,
            b"XStep": pdf_read.number(pdf_read.entry(source, "/XStep")),
            b"YStep": pdf_read.number(pdf_read.entry(source, "/YStep")),
            b"Resources": names.resources(),
        }
        return Node(Stream(entries, data))

    def _shaded(self, source: DictionaryObject, resources: DictionaryObject) -> Node:
        entries: dict[bytes, Value] = {
            b"Type": Name(b"Pattern"),
            b"PatternType": _SHADED,
            b"Shading": self.shading(source.raw_get("/Shading"), resources),
        }
        if "/Matrix" in source:
            entries[b"Matrix"] = pdf_read.numbers(pdf_read.entry(source, "/Matrix"), 6)
        return Node(entries)

    def _glyph(self, source: StreamObject, resources: DictionaryObject | None, names: Names) -> Node:
        """A glyph of a Type 3 font; all glyphs of one font share their names."""
        steps = self._steps(source, resources if resources is not None else DictionaryObject(), glyph=True)
        _demand_no_text(steps)
        _demand_pictures_bare(steps)
        if any(isinstance(step, GoneTo) and is_mixed(step.resource) for step in executed(steps)):
            # What a page's letters are mixed with, only its own steps say.
            raise NotRebuildable
        _say_forms(steps)
        self._take_out_unseen(steps, None)
        return Node(Stream({}, say(steps, names)))

    def _take_out_unseen(self, steps: list[Step], box: list[float] | None) -> None:
        """Hides what is drawn there and cannot be seen; one path alone can only be out of the box."""
        paths = [step for step in executed(steps) if isinstance(step, Path) and step.is_drawn()]
        if len(paths) < 2 and (not paths or box is None):  # noqa: PLR2004
            return
        self.work.painted(_LOOK_WORK)
        seen = seen_apart(steps, box)
        own = {id(step) for step in steps}
        if len(seen) != len(paths):
            raise NotRebuildable
        for path in itertools.compress(paths, map(operator.not_, seen)):
            if id(path) not in own:
                # A form may be drawn elsewhere as well, and seen.
                raise NotRebuildable
            path.hidden = self.hides_drawing = True


def _is_left_to_the_reader(font: DictionaryObject) -> bool:
    """Whether it is a Chinese, Japanese or Korean font that the reader's computer has to have: PDFium draws nothing."""
    if pdf_read.name_of(font.get("/Subtype")) != "/Type0":
        return False
    descendant = pdf_read.dictionary(pdf_read.array(pdf_read.entry(font, "/DescendantFonts"))[0])
    ordering = pdf_read.entry(pdf_read.dictionary_in(descendant, "/CIDSystemInfo"), "/Ordering")
    descriptor = pdf_read.dictionary_in(descendant, "/FontDescriptor")
    has_program = any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))
    return str(ordering) in _EASTERN and not has_program


def _blank_in(font: DictionaryObject) -> Callable[[bytes], bool]:
    """Whether a code of such a font is a space: by Unicode, or as the first CID of all these orderings."""
    is_unicode = str(pdf_read.entry(font, "/Encoding")).startswith("/Uni")
    return lambda code: chr(int.from_bytes(code[:2], "big")).isspace() if is_unicode else code == _SPACE


def transparency_group(source: DictionaryObject) -> Value:
    """A group's dictionary: its space by its number of components, isolated, knocked out."""
    if pdf_read.name_of(source.get("/S")) != "/Transparency":
        raise NotRebuildable
    entries: dict[bytes, Value] = {b"S": Name(b"Transparency")}
    if "/CS" in source:
        entries[b"CS"] = space(source.raw_get("/CS"), DictionaryObject()).value
    for key in ("/I", "/K"):
        if pdf_read.is_true(pdf_read.entry(source, key)):
            entries[key[1:].encode()] = True
    return entries


def _frame(source: DictionaryObject) -> dict[bytes, Value]:
    entries: dict[bytes, Value] = {b"BBox": pdf_read.numbers(pdf_read.entry(source, "/BBox"), 4)}
    if "/Matrix" in source:
        entries[b"Matrix"] = pdf_read.numbers(pdf_read.entry(source, "/Matrix"), 6)
    return entries


def _say_forms(steps: list[Step]) -> None:
    """Says the forms that are drawn; a page says its own."""
    for step in executed(steps):
        if isinstance(step, Drawn) and isinstance(step.thing, Form):
            step.thing.say()


def _demand_no_text(steps: list[Step]) -> None:
    if any(isinstance(step, Show) and step.shows_anything() for step in executed(steps)):
        raise NotRebuildable


def _has_pictures(steps: list[Step]) -> bool:
    return any(isinstance(step, Drawn) and isinstance(step.thing, Picture) for step in executed(steps))


def _demand_pictures_bare(steps: list[Step]) -> None:
    """In glyphs and masks, too, nobody looks: what is clipped there or painted over has pixels that nobody sees."""
    clipped = pictured = False
    for step in executed(steps):
        is_picture = isinstance(step, Drawn) and isinstance(step.thing, Picture)
        paints = is_picture or isinstance(step, Shaded) or (isinstance(step, Path) and step.painted != b"n")
        if (pictured and paints) or (clipped and is_picture):
            raise NotRebuildable
        pictured |= is_picture
        clipped |= isinstance(step, Path) and bool(step.clips)


def _demand_pictures_inside(steps: list[Step], box: list[float]) -> None:
    """A picture that reaches out of a mask's box has pixels that nobody sees: NotRebuildable."""
    matrix, saved = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0), []
    left, right = sorted((box[0], box[2]))
    low, high = sorted((box[1], box[3]))
    for step in steps:
        match step:
            case Saved():
                saved.append(matrix)
            case Restored():
                matrix = saved.pop() if saved else matrix
            case Moved():
                matrix = multiplied(step.line, matrix)
            case Drawn(Picture()):
                a, b, c, d, e, f = matrix
                for x, y in ((e, f), (a + e, b + f), (c + e, d + f), (a + c + e, b + d + f)):
                    if not (left - _SLACK <= x <= right + _SLACK and low - _SLACK <= y <= high + _SLACK):
                        raise NotRebuildable
            case Drawn():
                raise NotRebuildable
            case _:
                pass


def _as_object(value: Operand) -> PdfObject:
    """An inline picture's entry as pypdf would have read it."""
    if isinstance(value, Number):
        return FloatObject(value.decode()) if value.find(b".") >= 0 else NumberObject(int(value))
    if isinstance(value, LexedName):
        return NameObject("/" + value.decode("latin-1"))
    if isinstance(value, list):
        return ArrayObject(_as_object(item) for item in value)
    if isinstance(value, dict):
        named = {NameObject("/" + key.decode("latin-1")): _as_object(item) for key, item in value.items()}
        return DictionaryObject(named)
    if isinstance(value, bool):
        return BooleanObject(value)
    return ByteStringObject(value) if isinstance(value, bytes) else NullObject()
