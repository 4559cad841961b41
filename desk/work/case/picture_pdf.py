"""A clean picture as a PDF, for the browser's own viewer: the same pixels, in the same coding where PDF has it.

Chromium writes every picture of a page to its folder for temporary files, whatever the answer forbids; its viewer of
PDF does not (docs/decisions/desk/0068). No browser shows a TIFF at all. Nothing is decoded here: of a JPEG and a PNG
the coded bytes are taken over as they are, and the strips of a TIFF are deflated once more as one.

Read is only what our own encoders write (docs/FORMATS.md); anything else raises CaseBroken.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from desk.errors import CaseBroken

# A page's side has 14,400 units at most (ISO 32000-1, annex C), and a pixel of a screen three quarters of one.
_UNITS_MAX: Final = 14_400
_UNITS_A_PIXEL: Final = 0.75
# All pages of one file; a page of 600 dpi in colour has 100 MB.
_PIXEL_BYTES_MAX: Final = 2**30
_SOF0: Final = 0xC0
_MARKER: Final = 0xFF
_HEADER: Final = struct.Struct(">IIBB")
_LENGTH_NAME: Final = struct.Struct(">I4s")
_ENTRY: Final = struct.Struct("<HHII")
_TIFF_TYPES: Final = {3: "H", 4: "I"}
_WIDTH, _HEIGHT, _BITS, _OFFSETS, _CHANNELS, _ROWS, _LENGTHS = 256, 257, 258, 273, 277, 278, 279
_PAGES_MAX: Final = 200
# PNG's colour types by their channels: grey, RGB, and both with alpha.
_PNG_CHANNELS: Final = {0: 1, 2: 3, 4: 2, 6: 4}
# What can be seen through is shown on white: each channel times alpha, and what is missing to one.
_COLOURS: Final = {
    1: b"/DeviceGray",
    3: b"/DeviceRGB",
    2: b"[/DeviceN [/Grey /Alpha] /DeviceGray 5 0 R]",
    4: b"[/DeviceN [/Red /Green /Blue /Alpha] /DeviceRGB 5 0 R]",
}
_ON_WHITE: Final = {
    2: b"{dup 3 1 roll mul 1 add exch sub}",
    4: b"{3 index 1 index mul 1 index sub 1 add 3 index 2 index mul 2 index sub 1 add"
    b" 3 index 3 index mul 3 index sub 1 add 7 3 roll pop pop pop pop}",
}


@dataclass(frozen=True, slots=True, repr=False)
class _Page:
    """One picture as PDF has it: its size in pixels, its channels, and how its bytes are coded."""

    width: int
    height: int
    channels: int
    bits: int
    coding: bytes
    content: bytes


def picture_as_pdf(kind: str, clean: bytes) -> bytes:
    """Return a document with a page for each picture in the file. Raises CaseBroken for what is not of our making."""
    try:
        pages = {"jpeg": _jpeg, "png": _png, "tiff": _tiff}[kind](clean)
        return _document(list(pages))
    except (KeyError, IndexError, ValueError, struct.error, zlib.error) as broken:
        raise CaseBroken from broken


def _jpeg(clean: bytes) -> Iterator[_Page]:
    at = 2
    while clean[at] == _MARKER and clean[at + 1] != _SOF0:
        at += 2 + int.from_bytes(clean[at + 2 : at + 4], "big")
    bits, height, width, channels = struct.unpack_from(">BHHB", clean, at + 4)
    if clean[at] != _MARKER or bits != 8 or channels not in {1, 3}:  # noqa: PLR2004  one byte a channel
        raise ValueError
    yield _Page(width, height, channels, bits, b"/Filter /DCTDecode", clean)


def _png(clean: bytes) -> Iterator[_Page]:
    at, head, pixels = 8, b"", []
    while at < len(clean):
        length, name = _LENGTH_NAME.unpack_from(clean, at)
        content = clean[at + 8 : at + 8 + length]
        head = content if name == b"IHDR" else head
        if name == b"IDAT":
            pixels.append(content)
        at += 12 + length
    width, height, bits, colour = _HEADER.unpack_from(head)
    channels = _PNG_CHANNELS[colour]
    # The filters of PNG's rows are a predictor of PDF's (ISO 32000-1, 7.4.4.4).
    coding = b"/Filter /FlateDecode /DecodeParms << /Predictor 15 /Colors %d /BitsPerComponent %d /Columns %d >>"
    yield _Page(width, height, channels, bits, coding % (channels, bits, width), b"".join(pixels))


def _tiff(clean: bytes) -> Iterator[_Page]:
    directory, room = int.from_bytes(clean[4:8], "little"), _PIXEL_BYTES_MAX
    for _ in range(_PAGES_MAX):
        if not directory:
            return
        tags, directory = _tags(clean, directory)
        bits, (width,), (height,), (rows,) = tags.get(_BITS, (1,)), tags[_WIDTH], tags[_HEIGHT], tags[_ROWS]
        row_bytes = (width * sum(bits) + 7) // 8
        room -= row_bytes * height
        if room < 0 or tags.get(_CHANNELS, (1,)) != (len(bits),):
            raise ValueError
        packer, packed = zlib.compressobj(1), []
        for number, (start, length) in enumerate(zip(tags[_OFFSETS], tags[_LENGTHS], strict=True)):
            expected = row_bytes * min(rows, height - number * rows)
            strip = zlib.decompressobj().decompress(clean[start : start + length], max(1, expected))
            if len(strip) != expected:
                raise ValueError
            packed.append(packer.compress(strip))
        yield _Page(width, height, len(bits), bits[0], b"/Filter /FlateDecode", b"".join([*packed, packer.flush()]))
    raise ValueError


def _tags(clean: bytes, start: int) -> tuple[dict[int, tuple[int, ...]], int]:
    """Return the tags of one page, and where the next page's begin."""
    end = start + 2 + int.from_bytes(clean[start : start + 2], "little") * _ENTRY.size
    tags: dict[int, tuple[int, ...]] = {}
    for at in range(start + 2, end, _ENTRY.size):
        tag, kind, count, value = _ENTRY.unpack_from(clean, at)
        form = f"<{count}{_TIFF_TYPES[kind]}"
        tags[tag] = struct.unpack_from(form, clean, at + 8 if struct.calcsize(form) <= 4 else value)  # noqa: PLR2004  up to four bytes stand in the entry
    return tags, int.from_bytes(clean[end : end + 4], "little")


def _document(pages: list[_Page]) -> bytes:
    """Return the PDF: catalogue, pages, and for each page itself, what is drawn, the picture, and how alpha counts."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    places = []
    for page in pages:
        first = len(objects) + 1
        places.append(b"%d 0 R" % first)
        objects += _objects(page, first)
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(pages), b" ".join(places))
    written, offsets, at = [b"%PDF-1.7\n"], [], 9
    for number, content in enumerate(objects, start=1):
        offsets.append(at)
        written.append(b"%d 0 obj\n%s\nendobj\n" % (number, content))
        at += len(written[-1])
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return b"".join([*written, end % (len(objects) + 1, table, len(objects) + 1, at)])


def _objects(page: _Page, first: int) -> list[bytes]:
    if not (page.width and page.height):
        raise ValueError
    scale = min(_UNITS_A_PIXEL, _UNITS_MAX / max(page.width, page.height))
    box = b"%.2f %.2f" % (page.width * scale, page.height * scale)
    width, height = box.split()
    drawn = b"%s 0 0 %s 0 0 cm /P Do" % (width, height)
    inside = b"/Resources << /XObject << /P %d 0 R >> >> /Contents %d 0 R" % (first + 2, first + 1)
    colours = _COLOURS[page.channels].replace(b"5 0 R", b"%d 0 R" % (first + 3))
    picture = b"/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent %d /ColorSpace %s %s" % (
        page.width, page.height, page.bits, colours, page.coding,
    )  # fmt: skip
    made = [
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %s] %s >>" % (box, inside),
        _stream(b"", drawn),
        _stream(picture, page.content),
    ]
    if (on_white := _ON_WHITE.get(page.channels)) is not None:
        domain, values = b"0 1 " * page.channels, b"0 1 " * (page.channels - 1)
        made.append(_stream(b"/FunctionType 4 /Domain [%s] /Range [%s]" % (domain, values), on_white))
    return made


def _stream(entries: bytes, content: bytes) -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(content), content)
