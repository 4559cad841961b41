"""Colour spaces of a PDF, rebuilt: as g, rg and k, and no other space is in the result.

A profile's text, an ink's name, a table's unused entries and a program could carry anything: none of them exists in the
result. A colour given in the space of an ICC profile that is not sRGB is converted to sRGB here, once, and written as
the colour it is; one of an ink, of several, or of a calibrated space is the one that PDFium shows (`Swatches`).
(ISO 32000-1, 8.6)
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image, ImageCms
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, PdfObject

from scrubbers.jailed.findings import MALFORMED
from scrubbers.jailed.pdf.bitmap import OPAQUE
from scrubbers.jailed.pdf.cost import Work
from scrubbers.jailed.pdf.syntax import access, source_copy
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable, number

_DEVICES: Final = {
    "/DeviceGray": 1, "/G": 1, "/CalGray": 1, "/DeviceRGB": 3, "/RGB": 3, "/DeviceCMYK": 4, "/CMYK": 4,
}  # fmt: skip
_FILL: Final = {1: b"g", 3: b"rg", 4: b"k"}
_DEEPEST: Final = 4  # spaces in spaces; deeper ones become pixels
_CMYK: Final = 4  # components
_MOST_COLORANTS: Final = 32  # inks of one space: ISO 32000-1, annex C
_PROFILE_BYTES: Final = 4 * 2**20  # of a profile; a larger one is not opened
_MODES: Final = {1: "L", 3: "RGB", 4: "CMYK"}
_DECIMALS: Final = 3  # which tell 256 steps apart
# Milliseconds, as in `cost`: one colour in a small space; a profile or a table is read again for each colour.
_PAINTED_WORK: Final = 0.4
_BYTE_WORK: Final = 2e-5  # the same, for each byte of the space

# Components as numbers, to components of a device space.
Conversion = Callable[[Sequence[float]], Sequence[float]]


@dataclass(slots=True, frozen=True)
class Space:
    """A colour space of the source.

    `components`: 0 of patterns, whose colours cannot be said. `convert`: what makes a colour of the source one of a
    device space, if it is not one. `is_drawn`: PDFium says which, also of the first one, by no components.
    """

    components: int
    convert: Conversion | None = None
    is_drawn: bool = False

    def initial(self, *, fills: bool) -> bytes:
        """Return the line that chooses the space's first colour."""
        if not self.components:
            return device_space(1).initial(fills=fills)
        if self.is_drawn:
            return self._line((), fills=fills)
        black = [b"0", b"0", b"0", b"1"] if self.components == _CMYK else [b"0"] * self.components
        return self.colour(black, fills=fills)

    def colour(self, values: Sequence[bytes], *, fills: bool) -> bytes:
        """Return the line that chooses this colour; raises NotRebuildable."""
        if not self.components or len(values) != self.components:
            raise NotRebuildable
        return self._line(values, fills=fills)

    def _line(self, values: Sequence[bytes], *, fills: bool) -> bytes:
        if self.convert is not None:
            values = [number(value) for value in self.convert([float(value) for value in values])]
        return painted_in(values, fills=fills)


class Swatches:
    """Paints colours of one document's spaces; `described` are the inks that it named, and "" if it calibrated any.

    An ink's function can hold a whole file of which no tint that is used tells anything, a calculator's program numbers
    that it never reaches, a name any text. So the source's space is copied into a document that never leaves the job's
    memory (`source_copy`), one colour of it is painted there, and the pixel's red, green and blue are all that stays.
    """

    def __init__(self, work: Work) -> None:
        self.described: dict[str, None] = {}
        self._work = work

    def colour(self, space: PdfObject, values: Sequence[float]) -> tuple[int, int, int]:
        """Return what PDFium shows for a colour of the space, or its first for no values. Raises NotRebuildable."""
        chosen = b" ".join(number(value) for value in values)
        contents = b"/C cs %s 0 0 1 1 re f" % (chosen + b" scn" if values else b"")
        spaces = DictionaryObject({NameObject("/C"): space})
        resources = DictionaryObject({NameObject("/ColorSpace"): spaces})
        made = source_copy.document_drawing(contents, resources, (1, 1))
        self._work.painted(_PAINTED_WORK + len(made) * _BYTE_WORK)
        if self._work.is_far_too_much:
            raise NotRebuildable
        drawn = source_copy.drawn_on_nothing(made)
        # It must be painted: the ink called None paints nothing, and is no colour.
        if drawn.size != (1, 1) or drawn.getchannel("A").getextrema() != (OPAQUE, OPAQUE):
            raise NotRebuildable
        red, green, blue = drawn.convert("RGB").tobytes()
        return red, green, blue


def painted_in(values: Sequence[bytes], *, fills: bool) -> bytes:
    """Return the line that chooses a device's colour, in the 256 steps that are drawn: a grey one in DeviceGray."""
    values = [number(round(round(255 * max(0.0, min(1.0, float(value)))) / 255, _DECIMALS)) for value in values]
    if len(values) == 3 and len(set(values)) == 1:  # noqa: PLR2004  red, green and blue
        values = values[:1]
    operator = _FILL[len(values)]
    return b"%s %s" % (b" ".join(values), operator if fills else operator.upper())


_PATTERN: Final = Space(0)


def device_space(components: int) -> Space:
    """Grey, RGB or CMYK; raises NotRebuildable for another number."""
    if components not in _FILL:
        raise NotRebuildable
    return Space(components)


def space(untrusted: object, resources: DictionaryObject, swatches: Swatches, depth: int = 0) -> Space:
    """Return a space of the source; raises NotRebuildable."""
    found = access.resolved(untrusted)
    if depth > _DEEPEST:
        raise NotRebuildable
    if isinstance(found, NameObject):
        if found in _DEVICES:
            return device_space(_DEVICES[str(found)])
        if found == "/Pattern":
            return _PATTERN
        named = access.dictionary_in(resources, "/ColorSpace")
        if found not in named:
            raise NotRebuildable
        return space(named.raw_get(found), resources, swatches, depth + 1)
    parts = list(ArrayObject.__iter__(found)) if isinstance(found, ArrayObject) else []
    family = access.name_of(parts[0]) if parts else None
    if family in _DEVICES and len(parts) == 1:
        return device_space(_DEVICES[family])
    maker = _FAMILIES.get(family or "")
    if maker is None:
        raise NotRebuildable
    return maker(parts, resources, swatches, depth + 1)


def _drawn(parts: list[Any], components: int, swatches: Swatches) -> Space:
    """Return a space whose colours are the ones that PDFium shows."""
    described = ArrayObject(parts)
    known: dict[tuple[float, ...], Sequence[float]] = {}

    def convert(values: Sequence[float]) -> Sequence[float]:
        key = tuple(values)
        if key not in known:
            known[key] = [channel / 255 for channel in swatches.colour(described, values)]
        return known[key]

    return Space(components, convert, is_drawn=True)


def _icc(parts: list[Any], _resources: DictionaryObject, _swatches: Swatches, _depth: int) -> Space:
    profile = access.stream(parts[1])
    components = access.whole(access.entry(profile, "/N"), 1, 4)
    if components not in _FILL:
        raise NotRebuildable
    return Space(components, None if components == 1 else _to_srgb(profile.get_data(), components))


def _to_srgb(profile: bytes, components: int) -> Conversion | None:
    """Return what converts a colour to sRGB; None when the profile says it is sRGB, or nothing usable."""
    transform = profile_transform(profile, _MODES[components])
    if transform is None:
        return None

    def convert(values: Sequence[float]) -> Sequence[float]:
        pixel = tuple(max(0, min(255, round(value * 255))) for value in values)
        made = ImageCms.applyTransform(Image.new(_MODES[components], (1, 1), pixel), transform)
        colour = made.getpixel((0, 0)) if made is not None else None
        if not isinstance(colour, tuple):
            raise NotRebuildable
        return [channel / 255 for channel in colour]

    return convert


def profile_transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """To sRGB from a profile of another space that fits the mode; None if there is nothing to convert."""
    if len(profile) > _PROFILE_BYTES:
        raise NotRebuildable
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != mode or "sRGB" in (source.profile.profile_description or ""):
            return None
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, *MALFORMED):
        return None


def _calibrated(parts: list[Any], _resources: DictionaryObject, swatches: Swatches, _depth: int) -> Space:
    """CalGray, CalRGB, Lab."""
    swatches.described[""] = None
    return _drawn(parts[:2], 1 if access.name_of(parts[0]) == "/CalGray" else 3, swatches)


def _indexed(parts: list[Any], resources: DictionaryObject, swatches: Swatches, depth: int) -> Space:
    """Return a table of colours: each is written as the colour it stands for, and its inks are described."""
    if not space(parts[1], resources, swatches, depth).components:
        raise NotRebuildable
    return _drawn(parts[:4], 1, swatches)


def _separation(parts: list[Any], _resources: DictionaryObject, swatches: Swatches, _depth: int) -> Space:
    swatches.described[(access.name_of(parts[1]) or "/")[1:]] = None
    return _drawn(parts[:4], 1, swatches)


def _device_n(parts: list[Any], _resources: DictionaryObject, swatches: Swatches, _depth: int) -> Space:
    inks = access.array(parts[1])
    if not 1 <= len(inks) <= _MOST_COLORANTS:
        raise NotRebuildable
    swatches.described.update(dict.fromkeys((access.name_of(ink) or "/")[1:] for ink in inks))
    return _drawn(parts[:4], len(inks), swatches)


_FAMILIES: Final[dict[str, Callable[[list[Any], DictionaryObject, Swatches, int], Space]]] = {
    "/ICCBased": _icc,
    "/CalGray": _calibrated,
    "/CalRGB": _calibrated,
    "/Lab": _calibrated,
    "/Indexed": _indexed,
    "/I": _indexed,
    "/Separation": _separation,
    "/DeviceN": _device_n,
    "/Pattern": lambda *_: _PATTERN,
}
