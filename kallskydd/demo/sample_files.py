"""Two small files for the demonstration, with planted markers: a JPEG as of a phone, a PDF with an author.

Written byte by byte, because nothing outside the jail may load a picture or PDF library. The JPEG is baseline,
grey, and only has the mean of each 8x8 block (ITU-T T.81), so it is a mosaic; its EXIF block has a place, a maker
and a serial number (CIPA DC-008). The PDF has one page with one line of text and an Info dictionary (ISO 32000-1).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

# Table K.3 of T.81: how many codes of each length, and which DC categories they stand for.
DC_COUNTS = (0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0)
DC_CATEGORIES = tuple(range(12))
END_OF_BLOCK = (0, 1)  # our AC table knows only this code, one bit long

ASCII, LONG, RATIONAL = 2, 4, 5  # EXIF value types
LUDVIKA_NORTH = ((60, 1), (9, 1), (0, 1))
LUDVIKA_EAST = ((15, 1), (11, 1), (0, 1))


@dataclass(frozen=True, slots=True, repr=False)
class Sample:
    """A file and the hidden strings that must never be seen again after it has been sent."""

    content: bytes
    content_type: str
    file_name: str
    markers: tuple[str, ...]


def sample_jpeg(marker: str) -> Sample:
    """Return a mosaic of 320x240 pixels whose EXIF names a place, a maker, a serial number and an owner."""
    maker, serial, owner = f"Maker-{marker}", f"Serial-{marker}", f"Owner-{marker}"
    exif = b"Exif\0\0" + _exif(maker, serial, owner)
    picture = (
        b"\xff\xd8"
        + _segment(0xE1, exif)
        + _segment(0xFE, f"Comment-{marker}".encode())
        + _segment(0xDB, b"\0" + bytes([8] * 64))
        + _segment(0xC0, struct.pack(">BHHB", 8, 240, 320, 1) + b"\x01\x11\x00")
        + _segment(0xC4, b"\x00" + bytes(DC_COUNTS) + bytes(DC_CATEGORIES))
        + _segment(0xC4, b"\x10" + bytes([1] + [0] * 15) + b"\x00")
        + _segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")
        + _scan([[(row * 3 + column * 5) % 200 for column in range(40)] for row in range(30)])
        + b"\xff\xd9"
    )
    return Sample(
        picture, "image/jpeg", f"IMG-{marker}.jpg", (maker, serial, owner, f"Comment-{marker}", f"IMG-{marker}")
    )


def sample_pdf(marker: str) -> Sample:
    """Return one page of text whose Info dictionary names an author and a program."""
    author, producer = f"Author-{marker}", f"Producer-{marker}"
    contents = b"BT /F1 24 Tf 72 720 Td (Invoice 4711, paid twice) Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 7 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(contents), contents),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        f"<< /Author ({author}) /Producer ({producer}) /Title (Draft by {author}) >>".encode(),
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    pdf = b"%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(pdf))
        pdf += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(pdf)
    pdf += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    pdf += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    pdf += b"trailer << /Size %d /Root 1 0 R /Info 6 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return Sample(pdf, "application/pdf", f"{author}.pdf", (author, producer))


def _segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def _dc_codes() -> dict[int, tuple[int, int]]:
    """Category -> (code, length in bits), by the canonical order of annex C."""
    codes, code, position = {}, 0, 0
    for length, count in enumerate(DC_COUNTS, start=1):
        for _ in range(count):
            codes[DC_CATEGORIES[position]] = (code, length)
            code, position = code + 1, position + 1
        code <<= 1
    return codes


def _scan(rows: list[list[int]]) -> bytes:
    """Entropy-coded data for blocks of these mean values (0 to 255)."""
    codes = _dc_codes()
    bits = ""
    before = 0
    for row in rows:
        for value in row:
            level = value - 128  # with a quantiser of 8 the DC step is exactly one grey level
            difference, before = level - before, level
            category = abs(difference).bit_length()
            code, length = codes[category]
            bits += f"{code:0{length}b}"
            if category:
                bits += f"{difference if difference > 0 else difference + (1 << category) - 1:0{category}b}"
            bits += "0" * END_OF_BLOCK[1]
    bits += "1" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")


def _exif(maker: str, serial: str, owner: str) -> bytes:
    """Return a little-endian TIFF structure: IFD0 with the maker, and from it the EXIF and the GPS directory."""
    exif = [(0xA430, ASCII, owner), (0xA431, ASCII, serial)]
    gps = [(1, ASCII, "N"), (2, RATIONAL, LUDVIKA_NORTH), (3, ASCII, "E"), (4, RATIONAL, LUDVIKA_EAST)]
    first: list[tuple[int, int, object]] = [(0x010F, ASCII, maker), (0x8769, LONG, 0), (0x8825, LONG, 0)]
    exif_at = 8 + len(_directory(first, 8))
    gps_at = exif_at + len(_directory(exif, exif_at))
    first[1], first[2] = (0x8769, LONG, exif_at), (0x8825, LONG, gps_at)
    return b"II*\0\x08\0\0\0" + _directory(first, 8) + _directory(exif, exif_at) + _directory(gps, gps_at)


def _directory(tags: Sequence[tuple[int, int, object]], at: int) -> bytes:
    """One IFD that starts `at` bytes into the structure, with the values that do not fit behind it."""
    values_at = at + 2 + 12 * len(tags) + 4
    table, values = struct.pack("<H", len(tags)), b""
    for tag, kind, value in tags:
        if kind == ASCII:
            raw = str(value).encode() + b"\0"
            count = len(raw)
        elif kind == LONG:
            raw, count = struct.pack("<I", value), 1
        else:
            raw = b"".join(struct.pack("<II", *pair) for pair in value)  # type: ignore[attr-defined]  # a RATIONAL's pairs
            count = len(raw) // 8
        table += struct.pack("<HHI", tag, kind, count)
        if len(raw) <= 4:  # noqa: PLR2004  # a value of up to four bytes stands in the table itself
            table += raw.ljust(4, b"\0")
        else:
            table += struct.pack("<I", values_at + len(values))
            values += raw + b"\0" * (len(raw) % 2)
    return table + b"\0\0\0\0" + values
