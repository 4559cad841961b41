"""Walks the boxes of a HEIC or AVIF: for the report, for its colours, and for a crop that the AVIF decoder ignores.

Both are ISO base media files: boxes with a length and four letters, some with boxes inside. Like `containers` this walk
is bounded and lenient, and decides nothing about what is removed: only the decoded first picture reaches the output.
"""

import mmap
from collections.abc import Iterator
from typing import Final

from scrubbers.jailed.findings import Findings
from trusted.jail.stages import Lost, What, Where

_MOST_BOXES: Final = 4000
_NAME_BYTES: Final = 4096
# Boxes that hold the picture itself, and those that padding is made of.
_TOP: Final = {b"ftyp", b"styp", b"meta", b"mdat", b"moov"}
_PADDING: Final = {b"free", b"skip", b"wide"}
_META: Final = {b"hdlr", b"pitm", b"iloc", b"iinf", b"iref", b"iprp", b"idat", b"dinf", b"grpl"}
_PROPERTIES: Final = {
    b"hvcC", b"av1C", b"ispe", b"pixi", b"colr", b"auxC", b"irot", b"imir", b"clap", b"pasp", b"lsel", b"a1op", b"a1lx",
    b"clli", b"mdcv", b"cclv", b"amve", b"ndwt",
}  # fmt: skip
# Item types of pictures, coded or derived from others; and references from a picture to the one it belongs to.
_PICTURES: Final = {b"hvc1", b"av01", b"grid", b"iden", b"iovl"}
_BELONGS: Final = {b"thmb", b"auxl"}
_GAIN_MAP: Final = b"tmap"
_XMP_TYPE: Final = b"application/rdf+xml"
# Motion photos: a film after the still picture.
_FILM: Final = {b"mpvd"}
_FULL_BOX_BYTES: Final = 4
# The first version of `infe` that has an item type.
_ITEMS_HAVE_KINDS: Final = 2
# The clean aperture property: length and name, then four fractions of eight bytes each.
_CROP: Final = b"\x00\x00\x00\x28clap"


def collect(untrusted: mmap.mmap, findings: Findings) -> None:
    """Report the boxes of the file."""
    end = 0
    for name, start, end in _boxes(untrusted, 0, len(untrusted)):
        if name == b"meta":
            _meta(untrusted, start + _FULL_BOX_BYTES, end, findings)
        elif name == b"moov":
            findings.lose(Lost.ANIMATION)
        elif name in _FILM:
            findings.add(What.EMBEDDED_FILE, Where.AFTER_THE_END)
        elif name not in _TOP and not _is_empty_padding(untrusted, name, start, end):
            findings.add(What.OTHER, Where.VENDOR_BLOCK)
    if end < len(untrusted):
        findings.add(What.EMBEDDED_FILE, Where.AFTER_THE_END)


def crops(untrusted: mmap.mmap) -> bool:
    """Return whether the file has a clean aperture: viewers then show only a part of its pixels.

    Searches all bytes instead of walking the boxes, so that no nesting hides it from us and shows it to a viewer.
    """
    return untrusted.find(_CROP) >= 0


def nclx_numbers(untrusted: mmap.mmap) -> tuple[int, int] | None:
    """Return the first picture's colour primaries and transfer characteristics (nclx, numbers of ITU-T H.273).

    A second picture has numbers of its own, so this follows the primary item to its properties.
    """
    for name, start, end in _boxes(untrusted, 0, len(untrusted)):
        if name == b"meta":
            inner = {name: (begin, after) for name, begin, after in _boxes(untrusted, start + _FULL_BOX_BYTES, end)}
            if not {b"pitm", b"iprp"} <= inner.keys():
                return None
            begin, after = inner[b"pitm"]
            first = _number(untrusted, begin + _FULL_BOX_BYTES, min(4, after - begin - _FULL_BOX_BYTES))
            return _numbers_of(untrusted, *inner[b"iprp"], first)
    return None


def _numbers_of(untrusted: mmap.mmap, start: int, end: int, item: int) -> tuple[int, int] | None:
    containers = list(_boxes(untrusted, start, end))
    properties: list[tuple[bytes, int, int]] = []
    for name, begin, behind in containers:
        if name == b"ipco":
            properties += _boxes(untrusted, begin, behind)
    for name, begin, behind in containers:
        for number in _properties_of(untrusted[begin:behind], item) if name == b"ipma" else ():
            if not 0 < number <= len(properties):
                continue
            kind, at, _ = properties[number - 1]
            if kind == b"colr" and untrusted[at : at + 4] == b"nclx":
                return _number(untrusted, at + 4, 2), _number(untrusted, at + 6, 2)
    return None


def _number(untrusted: mmap.mmap | bytes, start: int, length: int) -> int:
    return int.from_bytes(untrusted[start : start + max(0, length)], "big")


def _properties_of(associations: bytes, item: int) -> list[int]:
    """Return the indices (from one) of an item's properties, from an `ipma` box."""
    item_bytes = 4 if associations[:1] > b"\0" else 2
    number_bytes = 2 if associations[3:4] > b"\0" else 1
    # The highest bit marks a property as essential.
    mask = 2 ** (8 * number_bytes - 1) - 1
    position = _FULL_BOX_BYTES + 4
    while position < len(associations):
        count = _number(associations, position + item_bytes, 1)
        start = position + item_bytes + 1
        position = start + number_bytes * count
        if _number(associations, start - 1 - item_bytes, item_bytes) == item:
            return [_number(associations, at, number_bytes) & mask for at in range(start, position, number_bytes)]
    return []


def _boxes(untrusted: mmap.mmap, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield each box's name and the start and end of its content; stop at the first that does not fit."""
    for _ in range(_MOST_BOXES):
        length, name, head = int.from_bytes(untrusted[start : start + 4], "big"), untrusted[start + 4 : start + 8], 8
        if length == 1:
            # A 64-bit length follows the name.
            length, head = int.from_bytes(untrusted[start + 8 : start + 16], "big"), 16
        elif length == 0:
            # The box extends to the end.
            length = end - start
        if length < head or start + length > end:
            return
        yield name, start + head, start + length
        start += length


def _is_empty_padding(untrusted: mmap.mmap, name: bytes, start: int, end: int) -> bool:
    return name in _PADDING and not any(untrusted[start:end])


def _meta(untrusted: mmap.mmap, start: int, end: int, findings: Findings) -> None:
    pictures, parts = set[int](), set[int]()
    for name, inner, inner_end in _boxes(untrusted, start, end):
        if name == b"iprp":
            _properties(untrusted, inner, inner_end, findings)
        elif name == b"iref":
            parts |= _references(untrusted, inner, inner_end, findings)
        elif name == b"iinf":
            pictures |= _items(untrusted, inner, inner_end, findings)
        elif name == b"hdlr" and untrusted[inner + 24 : min(inner_end, inner + _NAME_BYTES)].strip(b"\0"):
            findings.add(What.SOFTWARE, Where.VENDOR_BLOCK, untrusted[inner + 24 : inner_end].rstrip(b"\0"))
        elif name not in _META and not _is_empty_padding(untrusted, name, inner, inner_end):
            findings.add(What.OTHER, Where.VENDOR_BLOCK)
    if len(pictures - parts) > 1:
        findings.add(What.EMBEDDED_FILE, Where.SECOND_PICTURE)
        findings.lose(Lost.SECOND_PICTURE)


def _items(untrusted: mmap.mmap, start: int, end: int, findings: Findings) -> set[int]:
    """Report the items of the file, and return the ids of the pictures.

    Each has an id and a type, and then a name and a content type.
    """
    pictures = set()
    count_bytes = 4 if untrusted[start] else 2
    for name, inner, inner_end in _boxes(untrusted, start + _FULL_BOX_BYTES + count_bytes, end):
        if name != b"infe" or untrusted[inner] < _ITEMS_HAVE_KINDS:
            continue
        number_bytes = 2 if untrusted[inner] == _ITEMS_HAVE_KINDS else 4
        kind_at = inner + _FULL_BOX_BYTES + number_bytes + 2
        kind = untrusted[kind_at : kind_at + 4]
        words = untrusted[kind_at + 4 : min(inner_end, kind_at + _NAME_BYTES)].split(b"\0")
        if kind in _PICTURES:
            pictures.add(_number(untrusted, inner + _FULL_BOX_BYTES, number_bytes))
        elif kind == _GAIN_MAP:
            findings.add(What.EMBEDDED_FILE, Where.SECOND_PICTURE)
        elif kind != b"Exif" and (kind != b"mime" or _XMP_TYPE not in words[1:2]):
            findings.add(What.OTHER, Where.VENDOR_BLOCK)
    return pictures


def _references(untrusted: mmap.mmap, start: int, end: int, findings: Findings) -> set[int]:
    """Report a thumbnail, and return the ids of pictures that belong to another or are a part of it."""
    number_bytes = 4 if untrusted[start] else 2
    parts = set()
    for name, inner, _ in _boxes(untrusted, start + _FULL_BOX_BYTES, end):
        if name == b"thmb":
            findings.add(What.THUMBNAIL, Where.SECOND_PICTURE)
        if name in _BELONGS:
            parts.add(_number(untrusted, inner, number_bytes))
        elif name == b"dimg":
            first = inner + number_bytes + 2
            count = _number(untrusted, inner + number_bytes, 2)
            parts |= {
                _number(untrusted, at, number_bytes) for at in range(first, first + count * number_bytes, number_bytes)
            }
    return parts


def _properties(untrusted: mmap.mmap, start: int, end: int, findings: Findings) -> None:
    for container, inner, inner_end in _boxes(untrusted, start, end):
        if container != b"ipco":
            continue
        for name, body, body_end in _boxes(untrusted, inner, inner_end):
            if name == b"auxC":
                _auxiliary(untrusted[body + _FULL_BOX_BYTES : body_end], findings)
            elif name in {b"hvcC", b"av1C"} and _is_deep(name, untrusted[body:body_end]):
                findings.lose(Lost.COLOUR_DEPTH)
            elif name not in _PROPERTIES and not _is_empty_padding(untrusted, name, body, body_end):
                findings.add(What.OTHER, Where.VENDOR_BLOCK)


def _auxiliary(urn: bytes, findings: Findings) -> None:
    """Report a depth map, a second exposure, a mask of a face; alpha belongs to the picture."""
    if b"alpha" not in urn and b"auxid:1\0" not in urn:
        findings.add(What.EMBEDDED_FILE, Where.SECOND_PICTURE)


def _is_deep(name: bytes, configuration: bytes) -> bool:
    """Return whether a decoder configuration record says more than eight bits a channel."""
    if name == b"av1C":
        return bool(configuration[2] & 0x40)
    return bool(configuration[17] & 7)
