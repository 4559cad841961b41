"""Two small files for the demonstration, with planted markers: a JPEG as of a phone, a PDF with an author.

Written byte by byte, as those of the canary, because nothing outside the jail may load a picture or PDF library. The
EXIF block of the JPEG has a place, a maker and a serial number (CIPA DC-008).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from audit.canary.visits.material import document, greys, segment

_ASIDE = 40  # squares of eight pixels
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
    hidden = segment(0xE1, b"Exif\0\0" + _exif(maker, serial, owner)) + segment(0xFE, f"Comment-{marker}".encode())
    blocks = bytes((row * 3 + column * 5) % 200 for row in range(30) for column in range(_ASIDE))
    markers = (maker, serial, owner, f"Comment-{marker}", f"IMG-{marker}")
    return Sample(greys(blocks, hidden, aside=_ASIDE), "image/jpeg", f"IMG-{marker}.jpg", markers)


def sample_pdf(marker: str) -> Sample:
    """Return one page whose Info dictionary names an author."""
    author = f"Author-{marker}"
    return Sample(document(author), "application/pdf", f"{author}.pdf", (author,))


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
