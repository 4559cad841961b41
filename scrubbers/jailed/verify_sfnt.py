"""Reads a TrueType or OpenType font program of a rebuilt PDF: listed tables, each to its end, nothing between them.

No names, no dates, no signature, no instructions (bytes of a program that nobody runs could carry anything), no vendor.
Outlines are read point by point, so that nothing stands behind them. Says which glyphs have an outline, which others
they are put together from and which codes lead to which glyph, for the reader of fonts to compare with what is shown.
"""

import itertools
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from scrubbers.jailed.verify_cff import CffProgram, read_cff
from scrubbers.jailed.verify_pdf_values import demand
from scrubbers.jailed.verify_sfnt_cmap import read_cmap
from scrubbers.jailed.verify_sfnt_glyf import read_glyph

_TRUETYPE, _OPENTYPE = b"\0\1\0\0", b"OTTO"
_ENTRY: Final = 16
_DIRECTORY: Final = 12
_WHOLE: Final = 0xB1B0AFBA
_MAGIC: Final = 0x5F0F3CF5
_ADJUSTMENT: Final = slice(8, 12)
_NAMELESS: Final = 0x00030000
_OS2_BYTES: Final = {0: 78, 1: 86, 2: 96, 3: 96, 4: 96, 5: 100}
_VENDOR: Final = slice(58, 62)


@dataclass(slots=True)
class FontProgram:
    """What a font program holds."""

    glyph_count: int = 0
    # Glyphs with an outline, and those that each is put together from.
    outlined: dict[int, frozenset[int]] = field(default_factory=dict)
    # By platform and encoding: which glyph a code leads to.
    maps: dict[tuple[int, int], Mapping[int, int]] = field(default_factory=dict)
    cff: CffProgram | None = None


def read_sfnt(untrusted: bytes) -> FontProgram:
    """What the program holds; raises Unaccounted, IndexError or struct.error where it is not what it must be."""
    tables = _tables(untrusted)
    head, program = _read_head(tables), FontProgram(_read_maxp(tables["maxp"]))
    for header, metrics in (("hhea", "hmtx"), ("vhea", "vmtx")):
        demand((header in tables) == (metrics in tables), "a table of metrics")
        if header in tables:
            _demand_metrics(tables[header], tables[metrics], program.glyph_count)
    if "post" in tables:
        _demand_post(tables["post"])
    if "OS/2" in tables:
        _demand_os2(tables["OS/2"])
    if "cmap" in tables:
        program.maps = read_cmap(tables["cmap"], program.glyph_count)
    if "CFF " in tables:
        demand("glyf" not in tables and "loca" not in tables, "one sort of outlines")
        program.cff = read_cff(tables["CFF "])
    else:
        _read_outlines(program, tables["glyf"], tables["loca"], long=head)
    return program


_TABLES: Final = {"head", "hhea", "maxp", "hmtx", "loca", "glyf", "cmap", "post", "OS/2", "vhea", "vmtx", "CFF "}
_REQUIRED: Final = ({"head", "maxp", "glyf", "loca"}, {"head", "maxp", "CFF "})


def _tables(untrusted: bytes) -> dict[str, bytes]:
    """The tables by their tags: one after the other, padded with zeros, with right checksums."""
    count = int.from_bytes(untrusted[4:6], "big")
    power = max(count.bit_length() - 1, 0)
    wide = 16 << power
    demand(untrusted[:4] in {_TRUETYPE, _OPENTYPE}, "a font's kind")
    demand(untrusted[6:12] == struct.pack(">HHH", wide, power, 16 * count - wide), "a font's directory")
    padded_sum = 0
    found: dict[str, bytes] = {}
    places: list[tuple[int, int]] = []
    for position in range(_DIRECTORY, _DIRECTORY + _ENTRY * count, _ENTRY):
        tag, checksum, offset, length = struct.unpack_from(">4sLLL", untrusted, position)
        name = tag.decode("latin-1")
        demand(name in _TABLES and (not found or name > max(found)), "a font's tables")
        end = offset + length
        padded = (end + 3) & ~3
        data = untrusted[offset:end]
        demand(len(data) == length and not untrusted[end:padded].strip(b"\0"), "a table's place")
        counted = data if name != "head" else data[:8] + b"\0\0\0\0" + data[12:]
        demand(_checksum(counted) == checksum, "a table's checksum")
        padded_sum += checksum
        places.append((offset, padded))
        found[name] = data
    expected = _DIRECTORY + _ENTRY * count
    for offset, padded in sorted(places):
        demand(offset == expected, "a table's place")
        expected = padded
    demand(expected == len(untrusted), "a font's end")
    demand(any(required <= found.keys() for required in _REQUIRED), "a font's tables")
    whole = (_checksum(untrusted[: _DIRECTORY + _ENTRY * count]) + padded_sum) & 0xFFFFFFFF
    adjustment = int.from_bytes(found["head"][_ADJUSTMENT], "big")
    demand(adjustment == (_WHOLE - whole) & 0xFFFFFFFF, "a font's checksum")
    return found


def _checksum(data: bytes) -> int:
    padded = data + bytes(-len(data) % 4)
    words: tuple[int, ...] = struct.unpack(f">{len(padded) // 4}L", padded)
    return sum(words) & 0xFFFFFFFF


def _read_head(tables: Mapping[str, bytes]) -> bool:
    """Whether places of outlines are long numbers."""
    head = tables["head"]
    demand(len(head) == 54, "head")  # noqa: PLR2004  bytes of the one version
    version, _, _, magic = struct.unpack(">LLLL", head[:16])
    dates, places, data_format = head[20:36], *struct.unpack(">hh", head[50:54])
    demand(version == 0x00010000 and magic == _MAGIC and not any(dates), "head")  # noqa: PLR2004
    demand(places in {0, 1} and data_format == 0, "head")
    return bool(places)


def _read_maxp(maxp: bytes) -> int:
    version, glyphs = map(int, struct.unpack(">LH", maxp[:6]))
    demand((version, len(maxp)) in {(0x00005000, 6), (0x00010000, 32)}, "maxp")
    return glyphs


def _demand_metrics(header: bytes, metrics: bytes, glyphs: int) -> None:
    demand(len(header) == 36 and not any(header[24:34]), "a header of metrics")  # noqa: PLR2004  bytes
    long = int.from_bytes(header[34:36], "big")
    demand(long <= glyphs and len(metrics) == 2 * long + 2 * glyphs, "as many metrics as glyphs")


def _demand_post(post: bytes) -> None:
    version, *memory = struct.unpack(">L12xLLLL", post)
    demand(version == _NAMELESS and not any(memory), "no names in post")


def _demand_os2(os2: bytes) -> None:
    demand(_OS2_BYTES.get(int.from_bytes(os2[:2], "big")) == len(os2), "OS/2")
    demand(os2[_VENDOR] in {b"    ", b"\0\0\0\0"}, "no vendor")


def _read_outlines(program: FontProgram, glyf: bytes, loca: bytes, *, long: bool) -> None:
    """Which glyphs have an outline, each of which is read from where it begins to where the next one does."""
    count = program.glyph_count + 1
    demand(len(loca) == count * (4 if long else 2), "as many places as glyphs")
    places = struct.unpack(f">{count}{'L' if long else 'H'}", loca)
    if not long:
        places = tuple(2 * place for place in places)
    demand(places[0] == 0 and places[-1] == len(glyf), "the outlines' places")
    for glyph, (start, end) in enumerate(itertools.pairwise(places)):
        demand(start <= end, "the outlines' places")
        if start < end:
            components = read_glyph(glyf[start:end])
            demand(all(component < program.glyph_count for component in components), "a glyph's parts")
            program.outlined[glyph] = components
