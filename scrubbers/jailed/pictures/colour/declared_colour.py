"""Colours declared by numbers instead of a profile: cICP, gAMA and cHRM of a PNG, nclx of HEIC and AVIF.

Browsers apply them, so the copy must be converted from them to sRGB as it is from a profile. The precedence is that of
the PNG specification, third edition: cICP, then a profile, then sRGB, then gAMA and cHRM. In HEIC and AVIF a profile is
first.

Numbers mean what current browsers make of them: film and television transfer curves are shown as sRGB's, cHRM counts
only together with gAMA, and a gamma within a twentieth of the usual one is the usual one. High dynamic range (PQ, HLG)
and senseless numbers are not converted, and the report says so.
"""

import mmap
import struct
from dataclasses import dataclass
from typing import Final

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.metadata import isobmff
from scrubbers.jailed.pictures.colour.icc_profile import Chromaticity, RgbSpace, rgb_profile
from trusted.jail.stages import Kind, Lost

_D65: Final = (0.3127, 0.3290)
_ILLUMINANT_C: Final = (0.310, 0.316)
_SRGB: Final = RgbSpace((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), _D65)
_SMPTE_170M: Final = RgbSpace((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65)
# ITU-T H.273, tables 2 and 3.
_SPACES: Final = {
    1: _SRGB,
    4: RgbSpace((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), _ILLUMINANT_C),
    5: RgbSpace((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), _D65),
    6: _SMPTE_170M,
    7: _SMPTE_170M,
    8: RgbSpace((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), _ILLUMINANT_C),
    9: RgbSpace((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    11: RgbSpace((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),
    12: RgbSpace((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),
    22: RgbSpace((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), _D65),
}
_POWERS: Final[dict[int, float | None]] = {
    1: None, 6: None, 11: None, 12: None, 13: None, 14: None, 15: None, 4: 2.2, 5: 2.8, 8: 1.0,
}  # fmt: skip
_UNSPECIFIED: Final = 2
_CICP: Final = struct.Struct(">BBBB")
_GAMMA: Final = struct.Struct(">I")
_CHRM: Final = struct.Struct(">8I")
_UNITS_PER_ONE: Final = 100_000  # gAMA and cHRM hold fixed-point numbers
_USUAL_GAMMA: Final = 1 / 2.2
# libpng's tolerances: a twentieth of gamma, and a hundredth of a chromaticity.
_SAME_GAMMA, _SAME_CHROMATICITY = 0.05, 0.01
# Beyond these browsers disagree, and some show a single grey.
_LEAST_GAMMA, _MOST_GAMMA = 0.1, 10.0
_MOST_CHUNKS: Final = 20_000
_SIGNATURE_BYTES, _CHUNK_HEAD_BYTES, _CHECKSUM_BYTES = 8, 8, 4


@dataclass(frozen=True, slots=True)
class DeclaredColour:
    """The profile that the numbers stand for, None where they mean sRGB or are absent.

    `overrides_profile`: the numbers take precedence over a profile in the file.
    """

    profile: bytes | None = None
    is_understood: bool = True
    overrides_profile: bool = False

    def or_profile(self, embedded: bytes | None, findings: Findings) -> bytes | None:
        """Return the profile to convert from, this or the `embedded` one; report colours that are lost."""
        if embedded and not self.overrides_profile:
            return embedded
        if not self.is_understood:
            findings.lose(Lost.EXACT_COLOURS)
        return self.profile


def read(kind: Kind, untrusted: mmap.mmap) -> DeclaredColour:
    """Read what the file declares. A chunk that is cut off or of a wrong length declares nothing."""
    if kind is Kind.PNG:
        return _png(_chunks(untrusted))
    if kind in {Kind.HEIC, Kind.AVIF}:
        numbers = isobmff.nclx_numbers(untrusted)
        return DeclaredColour() if numbers is None else _of_cicp(*numbers)
    return DeclaredColour()


def _png(chunks: dict[bytes, bytes]) -> DeclaredColour:
    """Interpret the colour chunks of a PNG: cICP, else sRGB, else gAMA with cHRM."""
    if len(chunks.get(b"cICP", b"")) == _CICP.size:
        primaries, transfer, matrix, _ = _CICP.unpack(chunks[b"cICP"])
        # PNG pixels are RGB, matrix 0 in H.273: browsers ignore a cICP chunk with any other.
        if matrix == 0 and _UNSPECIFIED not in {primaries, transfer}:
            found = _of_cicp(primaries, transfer)
            return DeclaredColour(found.profile, found.is_understood, overrides_profile=True)
    if b"sRGB" in chunks or len(chunks.get(b"gAMA", b"")) != _GAMMA.size:
        return DeclaredColour()
    gamma = _GAMMA.unpack(chunks[b"gAMA"])[0] / _UNITS_PER_ONE
    if gamma == 0:
        return DeclaredColour()
    if not _LEAST_GAMMA <= gamma <= _MOST_GAMMA:
        return DeclaredColour(is_understood=False)
    chrm = chunks.get(b"cHRM", b"")
    white, red, green, blue = _chromaticities(chrm) if len(chrm) == _CHRM.size else _SRGB_CHROMATICITIES
    is_srgb = all(
        _is_near(one, other) for one, other in zip((white, red, green, blue), _SRGB_CHROMATICITIES, strict=True)
    )
    if is_srgb and abs(gamma / _USUAL_GAMMA - 1) < _SAME_GAMMA:
        return DeclaredColour()
    return _of_space(RgbSpace(red, green, blue, white, 1 / gamma))


_SRGB_CHROMATICITIES: Final = (_SRGB.white, _SRGB.red, _SRGB.green, _SRGB.blue)


def _chromaticities(content: bytes) -> tuple[Chromaticity, Chromaticity, Chromaticity, Chromaticity]:
    """Return the chromaticities of white, red, green and blue."""
    numbers = [one / _UNITS_PER_ONE for one in _CHRM.unpack(content)]
    white, red, green, blue = zip(numbers[::2], numbers[1::2], strict=True)
    return white, red, green, blue


def _is_near(one: Chromaticity, other: Chromaticity) -> bool:
    return all(abs(a - b) < _SAME_CHROMATICITY for a, b in zip(one, other, strict=True))


def _of_cicp(primaries: int, transfer: int) -> DeclaredColour:
    """Interpret ITU-T H.273 numbers for the colour primaries and the transfer characteristics."""
    if _UNSPECIFIED in {primaries, transfer}:
        return DeclaredColour()
    if primaries not in _SPACES or transfer not in _POWERS:
        return DeclaredColour(is_understood=False)
    space, power = _SPACES[primaries], _POWERS[transfer]
    if space is _SRGB and power is None:
        return DeclaredColour()
    return _of_space(RgbSpace(space.red, space.green, space.blue, space.white, power))


def _of_space(space: RgbSpace) -> DeclaredColour:
    profile = rgb_profile(space)
    return DeclaredColour(profile, is_understood=profile is not None)


def _chunks(untrusted: mmap.mmap) -> dict[bytes, bytes]:
    """Return the chunks that declare colours, by name: the first of each before the pixels."""
    found: dict[bytes, bytes] = {}
    position = _SIGNATURE_BYTES
    for _ in range(_MOST_CHUNKS):
        head = untrusted[position : position + _CHUNK_HEAD_BYTES]
        length, name = int.from_bytes(head[:4], "big"), head[4:]
        position += _CHUNK_HEAD_BYTES
        if name in {b"IDAT", b"IEND", b""}:
            break
        if name in {b"cICP", b"sRGB", b"gAMA", b"cHRM"}:
            found.setdefault(name, untrusted[position : position + min(length, _CHRM.size + 1)])
        position += length + _CHECKSUM_BYTES
    return found
