"""Resources of the source document, each rebuilt once: fonts, pictures, forms, patterns, states, shadings.

Fonts are one for the whole document and written last, with the glyphs that pages use. Pictures are kept for the pages
to come while there is room. Forms are read again for each batch of pages, because what of them can be seen depends on
the pages that draw them, and so is what the writer has let go.
"""

import itertools
import operator
from typing import Final

from pypdf.generic import DictionaryObject, NameObject, StreamObject

from scrubbers.jailed.pdf.content import graphics_state as pdf_state
from scrubbers.jailed.pdf.content import shading as pdf_shading
from scrubbers.jailed.pdf.content.colour_space import Space, space
from scrubbers.jailed.pdf.content.display_list import Drawable, Names, Path, SetExtGState, Step
from scrubbers.jailed.pdf.content.emitter import emit
from scrubbers.jailed.pdf.content.forms import Form, emit_forms, executed, frame, transparency_group
from scrubbers.jailed.pdf.content.graphics_state import is_mixed
from scrubbers.jailed.pdf.content.image import Picture, picture
from scrubbers.jailed.pdf.content.inline_image import inline_stream
from scrubbers.jailed.pdf.content.interpreter import Interpreter
from scrubbers.jailed.pdf.content.isolated import (
    has_pictures,
    require_no_text,
    require_pictures_bare,
    require_pictures_inside,
)
from scrubbers.jailed.pdf.content.optional_content import Layers
from scrubbers.jailed.pdf.content.swatch import Swatches
from scrubbers.jailed.pdf.cost import Work
from scrubbers.jailed.pdf.fonts.rebuild import SourceFont
from scrubbers.jailed.pdf.fonts.source_font import Font, blank_codes
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.lexer import Operand
from scrubbers.jailed.pdf.syntax.writer import Name, Node, NotRebuildable, Stream, Value
from scrubbers.jailed.pdf.visibility.isolated import drawn_apart, seen_apart
from scrubbers.jailed.pdf.visibility.subpaths import Drawing, PlacedPath, judged, placed_paths, take_out
from scrubbers.stages import Damaged

_DEEPEST_FORM: Final = 12
# Pictures that later pages may use again (a letterhead) stay in memory up to this much.
_KEPT_BYTES: Final = 4 * 2**20
_TILING, _SHADED = 1, 2
_LOOK_WORK: Final = 3.0  # milliseconds, as in `pdf_work`, to make a page of a cell, a glyph or a mask


class SourceDocument:
    """What the pages of one document draw with."""

    def __init__(self, root: DictionaryObject, work: Work) -> None:
        self.layers = Layers(root)
        self.work = work
        self.swatches = Swatches(work)
        # Without one the fields on its pages are not drawn.
        self.has_form = "/AcroForm" in root
        self.fonts: dict[object, Font] = {}
        self._pictures: dict[object, Picture] = {}
        self._forms: dict[object, Form] = {}
        self._nodes: dict[object, Node | None] = {}
        self._states: dict[object, list[Step]] = {}
        # With the thing itself, whose place in memory is the key of one that has no number.
        self._spaces: dict[object, tuple[object, Space]] = {}
        self._depth = 0
        self._patterns_being_read: set[object] = set()
        # Whether a font was chosen whose letters nothing here can draw. What reads a page sets it back.
        self.lacks_letters = False
        # Whether something was left out of a pattern, a glyph or a mask.
        self.hides_drawing = False

    def begin_batch(self) -> None:
        """Forgets what only the pages so far had; small pictures of which all was seen stay.

        Masks, patterns and gradients are read again where another page has them: the writer has let their data go.
        """
        self._forms.clear()
        self._nodes.clear()
        self._states.clear()
        self._spaces.clear()
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
        key = access.key_of(untrusted)
        found = self.fonts.get(key)
        if found is None:
            dictionary = access.dictionary(untrusted)
            blank = blank_codes(dictionary)
            self.lacks_letters |= blank is not None
            found = self.fonts[key] = Font(SourceFont(dictionary, len(self.fonts), self._glyph), blank)
        self.lacks_letters |= found.lacks_letters
        if found.broken:
            raise NotRebuildable
        return found

    def drawable(self, untrusted: object, resources: DictionaryObject) -> Drawable | None:
        source = access.stream(untrusted)
        if "/OC" in source and self.layers.is_off(source.raw_get("/OC")):
            return None
        key = access.key_of(untrusted)
        match access.name_of(source.get("/Subtype")):
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
        return self._picture(inline_stream(entries, data), resources)

    def _picture(self, source: StreamObject, resources: DictionaryObject) -> Picture:
        made = picture(source, resources)
        self.work.picture_rebuilt(made.size[0] * made.size[1] * made.weight, made.stored_bytes)
        return made

    def space(self, untrusted: object, resources: DictionaryObject) -> Space:
        key = untrusted if isinstance(untrusted, NameObject) else access.key_of(untrusted)
        if key in self._spaces:
            return self._spaces[key][1]
        found = space(untrusted, resources, self.swatches)
        if not isinstance(untrusted, NameObject):
            # What a name stands for is another thing elsewhere.
            self._spaces[key] = untrusted, found
        return found

    def shading(self, untrusted: object, resources: DictionaryObject) -> Node:
        key = access.key_of(untrusted)
        if key not in self._nodes:
            self._nodes[key] = pdf_shading.shading(untrusted, resources, self.swatches)
        found = self._nodes[key]
        if found is None:
            raise NotRebuildable
        return found

    def graphics_state(self, untrusted: object, resources: DictionaryObject) -> list[Step]:
        key = access.key_of(untrusted)
        if key not in self._states:
            self._states[key] = pdf_state.graphics_state(untrusted, lambda group: self._mask(group, resources))
        return self._states[key]

    def layer_is_off(self, untrusted: object) -> bool:
        return self.layers.is_off(untrusted)

    def pattern(self, untrusted: object, resources: DictionaryObject) -> Node:
        source = access.dictionary(untrusted)
        key = access.key_of(untrusted)
        if key in self._patterns_being_read:
            # PDFium would not come to an end with it.
            raise Damaged
        found = self._nodes.get(key)
        if found is None:
            self._patterns_being_read.add(key)
            kind = access.whole(access.entry(source, "/PatternType"), _TILING, _SHADED)
            found = self._tiling(source, resources) if kind == _TILING else self._shaded(source, resources)
            self._nodes[key] = found
            self._patterns_being_read.discard(key)
        return found

    # Forms and what is like them

    def form(self, source: StreamObject, resources: DictionaryObject, key: object) -> Form:
        """Return a form's display list; one without resources of its own draws with those of who draws it."""
        own = access.entry(source, "/Resources")
        found = self._forms.get(key) if own is not None else None
        if found is None:
            steps = self._steps(source, own if isinstance(own, DictionaryObject) else resources)
            found = Form({b"Type": Name(b"XObject"), b"Subtype": Name(b"Form"), **frame(source)}, steps)
            group = access.entry(source, "/Group")
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
        stream = access.stream(untrusted)
        made = self.form(stream, resources, object())
        require_no_text(made.steps)
        require_pictures_bare(made.steps)
        if has_pictures(made.steps):
            require_pictures_inside(made.steps, access.numbers(access.entry(stream, "/BBox"), 4))
        emit_forms(made.steps)
        box = access.numbers(access.entry(stream, "/BBox"), 4)
        self._take_out_unseen(made.steps, box)
        made.emit()
        return made.node

    def _tiling(self, source: DictionaryObject, resources: DictionaryObject) -> Node:
        stream = access.stream(source)
        own = access.entry(source, "/Resources")
        steps = self._steps(stream, own if isinstance(own, DictionaryObject) else resources)
        require_no_text(steps)
        box_and_matrix = frame(source)
        if has_pictures(steps):
            # How much of a cell is painted only the pages know, and what covers it.
            raise NotRebuildable
        emit_forms(steps)
        self._take_out_unseen(steps, access.numbers(access.entry(source, "/BBox"), 4))
        names = Names()
        data = emit(steps, names)
        entries: dict[bytes, Value] = {
            b"Type": Name(b"Pattern"),
            b"PatternType": _TILING,
            b"PaintType": access.whole(access.entry(source, "/PaintType"), 1, 2),
            b"TilingType": access.whole(access.entry(source, "/TilingType"), 1, 3),
            **box_and_matrix,
            b"XStep": access.number(access.entry(source, "/XStep")),
            b"YStep": access.number(access.entry(source, "/YStep")),
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
            entries[b"Matrix"] = access.numbers(access.entry(source, "/Matrix"), 6)
        return Node(entries)

    def _glyph(self, source: StreamObject, resources: DictionaryObject | None, names: Names) -> Node:
        """Return a glyph of a Type 3 font; all glyphs of one font share their names."""
        steps = self._steps(source, resources if resources is not None else DictionaryObject(), glyph=True)
        require_no_text(steps)
        require_pictures_bare(steps)
        if any(isinstance(step, SetExtGState) and is_mixed(step.resource) for step in executed(steps)):
            # What a page's letters are mixed with, only its own steps say.
            raise NotRebuildable
        emit_forms(steps)
        self._take_out_unseen(steps, None)
        return Node(Stream({}, emit(steps, names)))

    def _take_out_unseen(self, steps: list[Step], box: list[float] | None) -> None:
        """Hides what is drawn there and cannot be seen; one path alone can only be out of the box."""
        paths = [step for step in executed(steps) if isinstance(step, Path) and step.is_drawn()]
        if len(paths) < 2 and (not paths or box is None):  # noqa: PLR2004
            return
        if self.work.is_far_too_much:
            raise NotRebuildable
        self.work.painted(_LOOK_WORK)
        seen = seen_apart(steps, box, self.work)
        own = {id(step) for step in steps}
        if len(seen) != len(paths):
            raise NotRebuildable
        for path in itertools.compress(paths, map(operator.not_, seen)):
            if id(path) not in own:
                # A form may be drawn elsewhere as well, and seen.
                raise NotRebuildable
            path.hidden = self.hides_drawing = True
        if box is not None:
            placed = [each for each in placed_paths(steps) if id(each.path) in own]
            self._take_out_subpaths(placed, lambda: drawn_apart(steps, box, self.work))

    def _take_out_subpaths(self, placed: list[PlacedPath], drawing: Drawing) -> None:
        if placed:
            _, unseen = judged(placed, drawing)
            self.hides_drawing |= bool(take_out([each.path for each in placed], unseen))
