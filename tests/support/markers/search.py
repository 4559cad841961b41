"""Searches for planted markers in bytes as they are and in everything that can be unpacked from them.

Shares nothing with the product. It is no proof that nothing is there, so the tests also show that it finds every marker
in the file that it was planted in.

1 layers: the file, all that inflates in it (and in that again), the pixels of a picture, and what a document holds
  (`marker_search_pdf`)
2 shapes of each layer: as it is, letters of two or four bytes, without white space, hex, base64 in every phase, the
  escapes of PDF strings and names, of addresses and of XML, a picture's cells of black and white
3 in each of those: the beginning of a marker, ten letters of it
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress

import pillow_heif
from PIL import Image

from markers.search_pdf import pdf_layers
from markers.search_pixels import pixels

_START = re.compile(rb"Kmk\d")
# How much of a marker counts as the marker.
_ENOUGH = 10
_MOST_INFLATED = 2**25
_DEEPEST = 3
# The two bytes that a zlib stream of any window size begins with.
_ZLIB = re.compile(
    b"|".join(
        re.escape(bytes((method, flags)))
        for method in range(0x08, 0x79, 0x10)
        for flags in range(256)
        if (method * 256 + flags) % 31 == 0 and not flags & 0x20
    )
)
_HEX = re.compile(rb"[0-9A-Fa-f](?:\s*[0-9A-Fa-f]){19,}")
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/_-]\s*){13,}")
_SPACE = re.compile(rb"\s+")
_OCTAL = re.compile(rb"\\([0-7]{1,3})")
_FOLDED = re.compile(rb"\\\r?\n")
_IN_NAME = re.compile(rb"[#%]([0-9A-Fa-f]{2})")
_IN_XML = re.compile(rb"&#(x[0-9A-Fa-f]{1,4}|\d{1,4});")

pillow_heif.register_heif_opener()


def leftovers(content: bytes, markers: dict[bytes, str]) -> list[str]:
    """The places whose marker, or the better part of it, can be found in the file."""
    begun = {marker[:_ENOUGH]: place for marker, place in markers.items()}
    found = set()
    for layer in layers(content):
        for shape in shapes(layer):
            for start in _START.finditer(shape):
                place = begun.get(shape[start.start() : start.start() + _ENOUGH])
                if place is not None:
                    found.add(place)
    return sorted(found)


def layers(content: bytes) -> Iterator[bytes]:
    """The file and whatever can be unpacked from it; most of it more than once."""
    yield content
    yield from inflated(content)
    if b"%PDF-" in content[:1024]:
        for layer in pdf_layers(content):
            yield layer
            yield from inflated(layer)
    else:
        with suppress(OSError, SyntaxError), Image.open(io.BytesIO(content)) as picture:
            for number in range(getattr(picture, "n_frames", 1)):
                picture.seek(number)
                yield from pixels(picture)


def inflated(content: bytes, depth: int = 0) -> Iterator[bytes]:
    """Everything that inflates, wherever it stands, and what inflates in that."""
    whole = memoryview(content)
    for start in _ZLIB.finditer(content):
        unpacked = b""
        with suppress(zlib.error):
            unpacked = zlib.decompressobj().decompress(whole[start.start() :], _MOST_INFLATED)
        if unpacked:
            yield unpacked
            if depth < _DEEPEST:
                yield from inflated(unpacked, depth + 1)


def shapes(layer: bytes) -> Iterator[bytes]:
    """The layer in every way of writing that a reader of files might see through."""
    for written in (layer, *_without_escapes(layer), *_hex(layer), *_base64(layer)):
        yield written
        if b"\0" in written:
            yield written.replace(b"\0", b"")
        if b" " in written or b"\n" in written:
            yield _SPACE.sub(b"", written)


def _without_escapes(layer: bytes) -> Iterator[bytes]:
    if b"\\" in layer:
        yield _OCTAL.sub(lambda found: bytes([int(found[1], 8) & 0xFF]), _FOLDED.sub(b"", layer))
    if b"#" in layer or b"%" in layer:
        yield _IN_NAME.sub(lambda found: bytes([int(found[1], 16)]), layer)
    if b"&#" in layer:
        yield _IN_XML.sub(_character, layer)


def _character(found: re.Match[bytes]) -> bytes:
    number = int(found[1][1:], 16) if found[1].startswith(b"x") else int(found[1])
    return chr(number).encode("utf-8", "replace")


def _hex(layer: bytes) -> Iterator[bytes]:
    for run in _HEX.finditer(layer):
        digits = _SPACE.sub(b"", run[0])
        for phase in (digits, digits[1:]):
            yield bytes.fromhex(phase[: len(phase) // 2 * 2].decode())


def _base64(layer: bytes) -> Iterator[bytes]:
    for run in _BASE64.finditer(layer):
        letters = _SPACE.sub(b"", run[0]).replace(b"-", b"+").replace(b"_", b"/")
        for phase in range(4):
            part = letters[phase:]
            with suppress(binascii.Error):
                yield base64.b64decode(part[: len(part) // 4 * 4])
