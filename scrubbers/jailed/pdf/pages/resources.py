"""Resources of the source document, each rebuilt once: fonts, pictures, forms, states.

Fonts are one for the whole document and written last, with the glyphs that pages use. Pictures are kept for the pages
to come while there is room. Forms are read again for each batch of pages, because what of them can be seen depends on
the pages that draw them. A picture that cannot be rebuilt is `Unsaid`.
"""

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

from scrubbers.jailed.pdf.content.colour_space import Space, Swatches, space
from scrubbers.jailed.pdf.content.display_list import Step, Unsaid
from scrubbers.jailed.pdf.content.forms import Form, form
from scrubbers.jailed.pdf.content.graphics_state import graphics_state
from scrubbers.jailed.pdf.content.image import Picture, picture
from scrubbers.jailed.pdf.content.interpreter import Interpreter
from scrubbers.jailed.pdf.cost import Work
from scrubbers.jailed.pdf.fonts.source_font import Font
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.lexer import LexedName, Number, Operand, require_drawable
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

_DEEPEST_FORM: Final = 12  # forms in forms; deeper ones make the page pixels
# Pictures that later pages may use again (a letterhead) stay in memory up to this much.
_KEPT_BYTES: Final = 4 * 2**20


class SourceDocument:
    """What the pages of one document draw with."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.swatches = Swatches(work)
        # None: not understood.
        self._fonts: dict[object, Font | None] = {}
        self._pictures: dict[object, Picture] = {}
        self._equal: dict[bytes, Picture] = {}
        self._forms: dict[object, Form] = {}
        self._states: dict[object, list[Step]] = {}
        # With the thing itself, whose place in memory is the key of one that has no number.
        self._spaces: dict[object, tuple[object, Space]] = {}
        self._depth = 0
        # Whether a font was chosen whose letters nothing here can draw. What reads a page sets it back.
        self.lacks_letters = False

    def begin_batch(self) -> None:
        """Forget what only the pages so far had; small pictures stay."""
        self._forms.clear()
        self._states.clear()
        self._spaces.clear()
        self._equal.clear()
        kept, room = {}, _KEPT_BYTES
        for key, made in self._pictures.items():
            if made.stored_bytes <= room and not made.is_shrunk:
                room -= made.stored_bytes
                kept[key] = made
            else:
                # The writer holds the node for its number; its data is written.
                made.node.value = None
        self._pictures = kept

    def held_bytes(self) -> int:
        """How much of pictures is held."""
        return sum(made.stored_bytes for made in {id(each): each for each in self._pictures.values()}.values())

    # What `Interpreter` asks for

    def font(self, untrusted: object) -> Font:
        key = access.key_of(untrusted)
        if key not in self._fonts:
            self._fonts[key] = None
            self._fonts[key] = Font(access.dictionary(untrusted), self.work)
        found = self._fonts[key]
        if found is None:
            raise NotRebuildable
        self.lacks_letters |= found.is_left_to_the_reader
        return found

    def fonts(self) -> list[Font]:
        """Return the fonts that were understood so far."""
        return [font for font in self._fonts.values() if font is not None]

    def drawable(self, untrusted: object, resources: DictionaryObject) -> Picture | Form | Unsaid | None:
        source = access.stream(untrusted)
        key = access.key_of(untrusted)
        match access.name_of(source.get("/Subtype")):
            case "/Image":
                made = self._pictures.get(key) or self._picture(source, resources)
                if isinstance(made, Picture):
                    self._pictures[key] = made
                return made
            case "/Form":
                return self.form(source, resources, key)
            case _:
                return None

    def inline_picture(
        self, entries: dict[bytes, Operand], data: bytes, resources: DictionaryObject
    ) -> Picture | Unsaid:
        source = StreamObject()
        source._data = data  # noqa: SLF001  a stream made here
        source.update(_as_dictionary(entries))
        return self._picture(source, resources)

    def _picture(self, source: StreamObject, resources: DictionaryObject) -> Picture | Unsaid:
        try:
            made = picture(source, resources)
        except (NotRebuildable, *access.BROKEN):
            return Unsaid()
        self.work.picture_rebuilt(made.size[0] * made.size[1] * made.weight, made.stored_bytes)
        # Two that are the same are one.
        return self._equal.setdefault(made.digest(), made)

    def space(self, untrusted: object, resources: DictionaryObject) -> Space:
        key = untrusted if isinstance(untrusted, NameObject) else access.key_of(untrusted)
        if key in self._spaces:
            return self._spaces[key][1]
        found = space(untrusted, resources, self.swatches)
        if not isinstance(untrusted, NameObject):
            # What a name stands for is another thing elsewhere.
            self._spaces[key] = untrusted, found
        return found

    def graphics_state(self, untrusted: object) -> list[Step]:
        key = access.key_of(untrusted)
        if key not in self._states:
            self._states[key] = graphics_state(untrusted)
        return self._states[key]

    # Forms and what is like them

    def form(self, source: StreamObject, resources: DictionaryObject, key: object) -> Form:
        """Return a form's display list; one without resources of its own draws with those of who draws it."""
        own = access.entry(source, "/Resources")
        found = self._forms.get(key) if own is not None else None
        if found is None:
            found = form(source, self._steps(source, own if isinstance(own, DictionaryObject) else resources))
            if own is not None:
                self._forms[key] = found
        return found

    def _steps(self, source: StreamObject, resources: DictionaryObject) -> list[Step]:
        if self._depth >= _DEEPEST_FORM:
            raise NotRebuildable
        self._depth += 1
        try:
            contents = source.get_data()
            require_drawable(contents)
            self.work.contents_read(len(contents))
            return Interpreter(self, resources).read(contents)
        finally:
            self._depth -= 1


def _as_dictionary(entries: dict[bytes, Operand]) -> DictionaryObject:
    """Return an inline picture's entries (ISO 32000-1, 8.9.7), whose names may be short, as pypdf would have them."""
    return DictionaryObject(
        {NameObject("/" + key.decode("latin-1")): _as_object(item) for key, item in entries.items()}
    )


def _as_object(value: Operand) -> PdfObject:
    if isinstance(value, Number):
        return FloatObject(value.decode()) if value.find(b".") >= 0 else NumberObject(int(value))
    if isinstance(value, LexedName):
        return NameObject("/" + value.decode("latin-1"))
    if isinstance(value, list):
        return ArrayObject(_as_object(item) for item in value)
    if isinstance(value, dict):
        return _as_dictionary(value)
    if isinstance(value, bool):
        return BooleanObject(value)
    return ByteStringObject(value) if isinstance(value, bytes) else NullObject()
