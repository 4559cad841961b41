"""Walks the blocks of a picture's file, for the report only: comments, vendor blocks, and data after the end.

One walker per format, bounded and lenient: a file that it cannot follow is still cleaned, or refused by its decoder.
The verifier has readers of its own (`verify`), which share nothing with these.
"""

import mmap
import re
import struct
import zlib
from typing import Final

from PIL import Image

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.metadata import exif, isobmff, tiff_directories
from scrubbers.jailed.metadata.xmp import collect_iptc, collect_xmp
from trusted.jail.stages import Kind, What, Where

_MOST_BLOCKS: Final = 20_000
_TEXT_BYTES: Final = 2**20

# JPEG markers: the byte after 0xFF. APP0 to APP15 belong to applications; these are the well-known ones.
_MARK, _SCAN, _JPEG_COMMENT, _LAST_NUMBERS = 0xFF, 0xDA, 0xFE, 0xF0
_APP0_JFIF, _APP1_EXIF_XMP, _APP2_ICC_MPF, _APP13_PHOTOSHOP, _APP14_ADOBE, _APP15 = 0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xEF
_ADOBE_BYTES: Final = 12
_JPEG_END: Final = 0xD9
# The marker that ends scan data: within it 0xFF is followed only by zero or a restart number.
_BEHIND_DATA: Final = re.compile(rb"\xff[^\x00\xd0-\xd7]")
# GIF block introducers and extension labels.
_GIF_END, _GIF_FRAME = 0x3B, 0x2C
_GIF_PLAIN_TEXT, _GIF_CONTROL, _GIF_COMMENT, _GIF_APPLICATION = 0x01, 0xF9, 0xFE, 0xFF
# The least sizes of a bitmap header that has a colour count, and a profile.
_BMP_WITH_COUNT, _BMP_WITH_PROFILE = 40, 124
_XMP_HEADER: Final = b"http://ns.adobe.com/xap/1.0/\0"
_READ_ELSEWHERE, _PROFILE_HEADER = b"Exif\0\0", b"ICC_PROFILE\0"
_XMP_EXTENDED: Final = b"http://ns.adobe.com/xmp/extension/\0"


def collect(kind: Kind, untrusted: mmap.mmap, findings: Findings) -> None:
    """Report the blocks of the file."""
    walker = _WALKERS.get(kind)
    if walker is not None:
        with findings.reading(Where.VENDOR_BLOCK):
            walker(untrusted, findings)


def _jpeg(untrusted: mmap.mmap, findings: Findings) -> None:
    position = 2
    for _ in range(_MOST_BLOCKS):
        if untrusted[position] != _MARK:
            return
        while untrusted[position + 1] == _MARK:
            position += 1
        marker = untrusted[position + 1]
        if marker == _JPEG_END:
            break
        length = int.from_bytes(untrusted[position + 2 : position + 4], "big")
        _jpeg_segment(marker, untrusted[position + 4 : position + 2 + length], findings)
        position += 2 + length
        if marker == _SCAN:
            # Several scans may follow each other, with other segments between them.
            following = _BEHIND_DATA.search(untrusted, position)
            if following is None:
                return
            position = following.start()
    if len(untrusted) > position + 2:
        findings.add(What.EMBEDDED_FILE, Where.AFTER_THE_END)


def _jpeg_segment(marker: int, body: bytes, findings: Findings) -> None:
    if marker == _JPEG_COMMENT:
        findings.add(What.COMMENT, Where.COMMENT_BLOCK, body)
    elif marker == _APP1_EXIF_XMP and body.startswith(_XMP_HEADER):
        collect_xmp(body[len(_XMP_HEADER) :], findings)
    elif marker == _APP1_EXIF_XMP and body.startswith(_XMP_EXTENDED):
        collect_xmp(body[len(_XMP_EXTENDED) + 40 :], findings)
    elif marker == _APP13_PHOTOSHOP:
        collect_iptc(body, findings)
    elif marker == _APP0_JFIF and not (body.startswith(b"JFIF\0") and body[12:14] in {b"", b"\0\0"}):
        findings.add(What.THUMBNAIL, Where.VENDOR_BLOCK)
    elif marker == _APP2_ICC_MPF and body.startswith(_PROFILE_HEADER):
        findings.add(What.COLOUR_PROFILE, Where.ICC)
    elif marker == _APP2_ICC_MPF and body.startswith(b"MPF\0"):
        findings.add(What.EMBEDDED_FILE, Where.SECOND_PICTURE)
    elif marker == _APP14_ADOBE and len(body) == _ADOBE_BYTES:
        return  # the colour transform, with nothing added to it
    elif (_APP1_EXIF_XMP <= marker <= _APP15 or marker >= _LAST_NUMBERS) and not body.startswith(_READ_ELSEWHERE):
        findings.add(What.OTHER, Where.VENDOR_BLOCK)


_PNG_TEXT: Final = {
    "author": What.PERSON,
    "copyright": What.PERSON,
    "artist": What.PERSON,
    "software": What.SOFTWARE,
    "creation time": What.DATE,
    "title": What.TITLE,
    "source": What.DEVICE,
    "date:create": What.DATE,
    "date:modify": What.DATE,
}
_PNG_PICTURE: Final = {
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"cICP", b"sBIT", b"bKGD", b"pHYs",
    b"acTL", b"fcTL", b"fdAT", b"eXIf", b"iCCP",
}  # fmt: skip


def _png(untrusted: mmap.mmap, findings: Findings) -> None:
    position = 8
    for _ in range(_MOST_BLOCKS):
        length = int.from_bytes(untrusted[position : position + 4], "big")
        name = untrusted[position + 4 : position + 8]
        if name in {b"tEXt", b"zTXt", b"iTXt"}:
            _png_text(name, untrusted[position + 8 : position + 8 + min(length, _TEXT_BYTES)], findings)
        elif name == b"tIME":
            year, month, day = struct.unpack(">HBB", untrusted[position + 8 : position + 12])
            findings.add(What.DATE, Where.TEXT_BLOCK, f"{year:04}-{month:02}-{day:02}")
        elif name == b"iCCP":
            findings.add(What.COLOUR_PROFILE, Where.ICC)
        elif name not in _PNG_PICTURE:
            findings.add(What.OTHER, Where.VENDOR_BLOCK)
        position += 12 + length
        if name == b"IEND":
            break
    if len(untrusted) > position:
        findings.add(What.EMBEDDED_FILE, Where.AFTER_THE_END)


def _png_text(name: bytes, body: bytes, findings: Findings) -> None:
    keyword, _, text = body.partition(b"\0")
    if name == b"zTXt":
        text = _inflate(text[1:])
    elif name == b"iTXt":
        compressed, text = text[:1] == b"\1", text[2:].split(b"\0", 2)[-1]
        text = _inflate(text) if compressed else text
    if keyword == b"XML:com.adobe.xmp":
        collect_xmp(text, findings)
        return
    key = keyword.decode("latin-1").lower()
    if key.startswith("raw profile type "):
        _png_raw_profile(key, text, findings)
        return
    findings.add(_PNG_TEXT.get(key, What.COMMENT), Where.TEXT_BLOCK, text)


def _png_raw_profile(key: str, text: bytes, findings: Findings) -> None:
    """Report a block of another format, written in hex after its name and length."""
    findings.add(What.OTHER, Where.TEXT_BLOCK)
    # The name may contain a space.
    letters = text.lstrip().split(b"\n", 2)[2]
    block = bytes.fromhex(b"".join(letters.split()).decode("ascii"))
    if key.endswith((" iptc", " 8bim")):
        collect_iptc(block, findings)
    elif key.endswith(" xmp"):
        collect_xmp(block, findings)
    elif block.startswith(_XMP_HEADER):
        collect_xmp(block[len(_XMP_HEADER) :], findings)
    elif key.endswith((" exif", " app1")):
        with findings.reading(Where.EXIF):
            tags = Image.Exif()
            tags.load(block)
            exif.collect(tags, Where.EXIF, findings)


def _webp(untrusted: mmap.mmap, findings: Findings) -> None:
    end = 8 + int.from_bytes(untrusted[4:8], "little")
    position = 12
    for _ in range(_MOST_BLOCKS):
        if position + 8 > end:
            break
        name = untrusted[position : position + 4]
        length = int.from_bytes(untrusted[position + 4 : position + 8], "little")
        if name == b"XMP ":
            collect_xmp(untrusted[position + 8 : position + 8 + min(length, _TEXT_BYTES)], findings)
        elif name not in {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"EXIF", b"ICCP"}:
            findings.add(What.OTHER, Where.VENDOR_BLOCK)
        position += 8 + length + length % 2
    if len(untrusted) > end + end % 2:
        findings.add(What.EMBEDDED_FILE, Where.AFTER_THE_END)


def _gif(untrusted: mmap.mmap, findings: Findings) -> None:
    position = 13 + _gif_palette(untrusted[10])
    for _ in range(_MOST_BLOCKS):
        mark = untrusted[position]
        if mark == _GIF_END:
            break
        if mark == _GIF_FRAME:
            position += 10 + _gif_palette(untrusted[position + 9]) + 1
            position, _ = _gif_blocks(untrusted, position)
            continue
        label = untrusted[position + 1]
        position, body = _gif_blocks(untrusted, position + 2)
        _gif_extension(label, body, findings)
    if len(untrusted) > position + 1:
        findings.add(What.EMBEDDED_FILE, Where.AFTER_THE_END)


def _gif_extension(label: int, body: bytes, findings: Findings) -> None:
    if label == _GIF_COMMENT:
        findings.add(What.COMMENT, Where.COMMENT_BLOCK, body)
    elif label == _GIF_APPLICATION and body.startswith(b"XMP DataXMP"):
        collect_xmp(body[11:], findings)
    elif label == _GIF_APPLICATION and body.startswith(b"ICCRGBG1012"):
        findings.add(What.COLOUR_PROFILE, Where.ICC)
    elif label == _GIF_PLAIN_TEXT:
        findings.add(What.HIDDEN_TEXT, Where.TEXT_BLOCK, body[12:])
    elif label != _GIF_CONTROL and not body.startswith((b"NETSCAPE2.0", b"ANIMEXTS1.0")):
        findings.add(What.OTHER, Where.VENDOR_BLOCK)


def _gif_palette(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _gif_blocks(untrusted: mmap.mmap, position: int) -> tuple[int, bytes]:
    """Return where a run of sub-blocks ends, and what the first ones hold."""
    body = b""
    while length := untrusted[position]:
        if len(body) < _TEXT_BYTES:
            body += untrusted[position + 1 : position + 1 + length]
        position += 1 + length
    return position + 1, body


def _bmp(untrusted: mmap.mmap, findings: Findings) -> None:
    if len(untrusted) > int.from_bytes(untrusted[2:6], "little") > 0:
        findings.add(What.EMBEDDED_FILE, Where.AFTER_THE_END)
    header, start = int.from_bytes(untrusted[14:18], "little"), int.from_bytes(untrusted[10:14], "little")
    colours = int.from_bytes(untrusted[46:50], "little") if header >= _BMP_WITH_COUNT else 0
    if start > 14 + header + 12 + 4 * (colours or 256):
        findings.add(What.OTHER, Where.VENDOR_BLOCK)
    profile_offset = int.from_bytes(untrusted[126:130], "little") if header >= _BMP_WITH_PROFILE else 0
    if profile_offset:
        findings.add(What.COLOUR_PROFILE, Where.ICC)


def _tiff(untrusted: mmap.mmap, findings: Findings) -> None:
    if tiff_directories.has_trailing_data(untrusted):
        findings.add(What.EMBEDDED_FILE, Where.AFTER_THE_END)


def _inflate(text: bytes) -> bytes:
    return zlib.decompressobj().decompress(text, _TEXT_BYTES)


_WALKERS: Final = {
    Kind.JPEG: _jpeg,
    Kind.PNG: _png,
    Kind.WEBP: _webp,
    Kind.TIFF: _tiff,
    Kind.GIF: _gif,
    Kind.BMP: _bmp,
    Kind.HEIC: isobmff.collect,
    Kind.AVIF: isobmff.collect,
}
