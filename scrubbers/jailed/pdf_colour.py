"""Colour spaces of a PDF, said anew. Device spaces become g, rg and k; so do ICC profiles, converted where needed.

A profile's text, a colorant's name and a table's unused entries could carry anything: profiles and tables do not exist
in the result, colorants are called C, C1, C2 …. A colour given in the space of an ICC profile that is not sRGB is
converted to sRGB here, once, and written as the colour it is. (ISO 32000-1, 8.6)
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image, ImageCms
from pypdf.generic import ArrayObject, DictionaryObject, NameObject

from scrubbers.jailed import pdf_read
from scrubbers.jailed.findings import MALFORMED
from scrubbers.jailed.pdf_function import function
from scrubbers.jailed.pdf_objects import Name, Node, NotRebuildable, Value, number
from scrubbers.jailed.pdf_script import Line, Use

_DEVICES: Final = {
    "/DeviceGray": 1, "/G": 1, "/CalGray": 1, "/DeviceRGB": 3, "/RGB": 3, "/DeviceCMYK": 4, "/CMYK": 4,
}  # fmt: skip
_DEVICE_NAMES: Final = {1: Name(b"DeviceGray"), 3: Name(b"DeviceRGB"), 4: Name(b"DeviceCMYK")}
_FILL: Final = {1: b"g", 3: b"rg", 4: b"k"}
_DEEPEST: Final = 4
_CMYK: Final = 4
_MOST_COLORANTS: Final = 32
_PROFILE_BYTES: Final = 4 * 2**20
_MODES: Final = {1: "L", 3: "RGB", 4: "CMYK"}
_HIGHEST_INDEX: Final = 255

# Components as numbers, to components of a device space.
Conversion = Callable[[Sequence[float]], Sequence[float]]


@dataclass(slots=True, frozen=True)
class Space:
    """A colour space as the new document says it.

    `device`: how many components its device space has; None for one that is a resource. `convert`: what makes a colour
    of the source one of `device`, if they are not the same.
    """

    components: int
    value: Value
    device: int | None = None
    convert: Conversion | None = None
    node: Node | None = None
    base: "Space | None" = None
    is_pattern: bool = False

    def initial(self, *, fills: bool) -> tuple[Line, ...]:
        """The lines that choose the space and its first colour."""
        if self.device is not None:
            black = [b"0", b"0", b"0", b"1"] if self.components == _CMYK else [b"0"] * self.components
            return self.colour(black, None, fills=fills)
        return self._chosen(fills=fills)

    def colour(self, values: Sequence[bytes], pattern: Node | None, *, fills: bool) -> tuple[Line, ...]:
        """The lines that choose this colour; raises NotRebuildable."""
        if self.is_pattern:
            return self._pattern(values, pattern, fills=fills)
        if pattern is not None or len(values) != self.components:
            raise NotRebuildable
        if self.device is None:
            scn = b"scn" if fills else b"SCN"
            return (*self._chosen(fills=fills), b"%s %s" % (b" ".join(values), scn))
        if self.convert is not None:
            values = [number(round(value, 4)) for value in self.convert([float(value) for value in values])]
        operator = _FILL[self.device]
        return (b"%s %s" % (b" ".join(values), operator if fills else operator.upper()),)

    def _pattern(self, values: Sequence[bytes], pattern: Node | None, *, fills: bool) -> tuple[Line, ...]:
        if pattern is None or len(values) != (self.base.components if self.base else 0):
            raise NotRebuildable
        if self.base is not None and self.base.convert is not None:
            values = [number(round(value, 4)) for value in self.base.convert([float(value) for value in values])]
        before = b" ".join(values) + b" " if values else b""
        return (*self._chosen(fills=fills), Use(before, b"P", pattern, b"scn" if fills else b"SCN"))

    def _chosen(self, *, fills: bool) -> tuple[Line, ...]:
        operator = b"cs" if fills else b"CS"
        if self.node is None:
            return (b"/Pattern " + operator,)
        return (Use(b"", b"C", self.node, operator),)


def device_space(components: int) -> Space:
    """Grey, RGB or CMYK; raises NotRebuildable for another number."""
    if components not in _DEVICE_NAMES:
        raise NotRebuildable
    return Space(components, _DEVICE_NAMES[components], device=components)


def space(untrusted: object, resources: DictionaryObject, depth: int = 0) -> Space:
    """A space of the source; raises NotRebuildable."""
    found = pdf_read.resolved(untrusted)
    if depth > _DEEPEST:
        raise NotRebuildable
    if isinstance(found, NameObject):
        if found in _DEVICES:
            return device_space(_DEVICES[str(found)])
        if found == "/Pattern":
            return Space(0, Name(b"Pattern"), is_pattern=True)
        named = pdf_read.dictionary_in(resources, "/ColorSpace")
        if found not in named:
            raise NotRebuildable
        return space(named.raw_get(found), resources, depth + 1)
    parts = list(ArrayObject.__iter__(found)) if isinstance(found, ArrayObject) else []
    family = pdf_read.name_of(parts[0]) if parts else None
    if family in _DEVICES and len(parts) == 1:
        return device_space(_DEVICES[family])
    maker = _FAMILIES.get(family or "")
    if maker is None:
        raise NotRebuildable
    return maker(parts, resources, depth + 1)


def _resource(components: int, value: Value) -> Space:
    return Space(components, value, node=Node(value))


def _icc(parts: list[Any], _resources: DictionaryObject, _depth: int) -> Space:
    profile = pdf_read.stream(parts[1])
    components = pdf_read.whole(pdf_read.entry(profile, "/N"), 1, 4)
    if components not in _DEVICE_NAMES:
        raise NotRebuildable
    convert = None if components == 1 else _to_srgb(profile.get_data(), components)
    if convert is not None:
        return Space(components, _DEVICE_NAMES[3], device=3, convert=convert)
    return device_space(components)


def _to_srgb(profile: bytes, components: int) -> Conversion | None:
    """What converts a colour to sRGB; None when the profile says it is sRGB, or nothing usable."""
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


def _calibrated(parts: list[Any], _resources: DictionaryObject, _depth: int) -> Space:
    """CalGray, CalRGB, Lab: numbers, key by key."""
    family = pdf_read.name_of(parts[0]) or ""
    source = pdf_read.dictionary(parts[1])
    entries: dict[bytes, Value] = {b"WhitePoint": pdf_read.numbers(pdf_read.entry(source, "/WhitePoint"), 3)}
    if family == "/CalGray":
        if "/Gamma" in source:
            entries[b"Gamma"] = pdf_read.number(pdf_read.entry(source, "/Gamma"))
    elif family == "/CalRGB":
        for key, count in (("/Gamma", 3), ("/Matrix", 9)):
            if key in source:
                entries[key[1:].encode()] = pdf_read.numbers(pdf_read.entry(source, key), count)
    elif "/Range" in source:
        entries[b"Range"] = pdf_read.numbers(pdf_read.entry(source, "/Range"), 4)
    return _resource(1 if family == "/CalGray" else 3, [Name(family[1:].encode()), entries])


def _indexed(parts: list[Any], resources: DictionaryObject, depth: int) -> Space:
    """A table of colours: each is written as the colour it stands for."""
    base = space(parts[1], resources, depth)
    highest = pdf_read.whole(parts[2], 0, _HIGHEST_INDEX)
    if base.device is None:
        raise NotRebuildable
    table = lookup_table(parts[3])
    count = base.components

    def convert(values: Sequence[float]) -> Sequence[float]:
        index = max(0, min(highest, int(values[0])))
        colour = [channel / 255 for channel in table[index * count : (index + 1) * count]]
        if len(colour) != count:
            raise NotRebuildable
        return base.convert(colour) if base.convert is not None else colour

    return Space(1, base.value, device=base.device, convert=convert)


def lookup_table(untrusted: object) -> bytes:
    """An Indexed space's table: a string or a stream."""
    found = pdf_read.resolved(untrusted)
    if isinstance(found, DictionaryObject):
        return pdf_read.stream(found).get_data()
    return pdf_read.string(found)


def _separation(parts: list[Any], resources: DictionaryObject, depth: int) -> Space:
    colorant = pdf_read.name_of(parts[1])
    said = Name(colorant[1:].encode()) if colorant in {"/All", "/None"} else Name(b"C")
    return _resource(1, [Name(b"Separation"), said, _alternate(parts[2], resources, depth), function(parts[3])])


def _device_n(parts: list[Any], resources: DictionaryObject, depth: int) -> Space:
    count = len(pdf_read.array(parts[1]))
    if not 1 <= count <= _MOST_COLORANTS:
        raise NotRebuildable
    colorants = [Name(b"C%d" % index) for index in range(count)]
    return _resource(count, [Name(b"DeviceN"), colorants, _alternate(parts[2], resources, depth), function(parts[3])])


def _alternate(untrusted: object, resources: DictionaryObject, depth: int) -> Value:
    """The space a function computes into. A profile there is taken as its device space: the page is compared."""
    found = space(untrusted, resources, depth)
    if found.is_pattern:
        raise NotRebuildable
    return _DEVICE_NAMES[found.components] if found.device is not None else found.value


def _pattern(parts: list[Any], resources: DictionaryObject, depth: int) -> Space:
    if len(parts) == 1:
        return Space(0, Name(b"Pattern"), is_pattern=True)
    base = space(parts[1], resources, depth)
    if base.is_pattern:
        raise NotRebuildable
    value = [Name(b"Pattern"), base.value]
    return Space(0, value, node=Node(value), base=base, is_pattern=True)


_FAMILIES: Final[dict[str, Callable[[list[Any], DictionaryObject, int], Space]]] = {
    "/ICCBased": _icc,
    "/CalGray": _calibrated,
    "/CalRGB": _calibrated,
    "/Lab": _calibrated,
    "/Indexed": _indexed,
    "/I": _indexed,
    "/Separation": _separation,
    "/DeviceN": _device_n,
    "/Pattern": _pattern,
}
