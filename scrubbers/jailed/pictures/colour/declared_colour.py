"""What a file says of its colours by numbers and not by a profile: cICP, gAMA and cHRM of a PNG, nclx of HEIC and AVIF.

Browsers heed it, so the copy must be converted by it as by a profile. The order is that of the PNG specification,
third edition: cICP, then a profile, then sRGB, then gAMA and cHRM. In HEIC and AVIF a profile comes first.

What is meant by a number is what current browsers make of it: curves of film and television are shown as that of sRGB,
cHRM counts beside gAMA only, and a gamma within a twentieth of the usual one is the usual one. Numbers of light that is
brighter than paper (PQ, HLG) and those that make no sense are not converted, and the report says so.
"""

import mmap
import struct
from dataclasses import dataclass
from typing import Final

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.metadata import isobmff as media_boxes
from scrubbers.jailed.pictures.colour.icc_profile import Place, Space, rgb_profile
from scrubbers.stages import Kind, Lost

_D65: Final = (0.3127, 0.3290)
_ILLUMINANT_C: Final = (0.310, 0.316)
_SRGB: Final = Space((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), _D65)
_TELEVISION: Final = Space((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65)
# ITU-T H.273, tables 2 and 3.
_SPACES: Final = {
    1: _SRGB,
    4: Space((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), _ILLUMINANT_C),
    5: Space((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), _D65),
    6: _TELEVISION,
    7: _TELEVISION,
    8: Space((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), _ILLUMINANT_C),
    9: Space((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    11: Space((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),
    12: Space((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),
    22: Space((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), _D65),
}
_POWERS: Final[dict[int, float | None]] = {
    1: None, 6: None, 11: None, 12: None, 13: None, 14: None, 15: None, 4: 2.2, 5: 2.8, 8: 1.0,
}  # fmt: skip
_UNSPECIFIED: Final = 2
_CICP: Final = struct.Struct(">BBBB")
_GAMMA: Final = struct.Struct(">I")
_CORNERS: Final = struct.Struct(">8I")
_HUNDRED_THOUSAND: Final = 100_000
_USUAL_GAMMA: Final = 1 / 2.2
# As libpng has them: a twentieth of gamma, and a hundredth of where a colour lies.
_SAME_GAMMA, _SAME_PLACE = 0.05, 0.01
# Beyond these browsers disagree on what is shown, and some show one grey.
_LEAST_GAMMA, _MOST_GAMMA = 0.1, 10.0
_MOST_CHUNKS: Final = 20_000
_SIGNATURE_BYTES, _CHUNK_HEAD_BYTES, _CHECKSUM_BYTES = 8, 8, 4


@dataclass(frozen=True, slots=True)
class Described:
    """The profile that the numbers stand for: None where they say sRGB, or nothing."""

    profile: bytes | None = None
    is_understood: bool = True
    comes_first: bool = False

    def or_profile(self, embedded: bytes | None, findings: Findings) -> bytes | None:
        """The profile to convert by, of this and the file's own. What is not understood is noted as lost."""
        if embedded and not self.comes_first:
            return embedded
        if not self.is_understood:
            findings.lose(Lost.EXACT_COLOURS)
        return self.profile


def described(kind: Kind, untrusted: mmap.mmap) -> Described:
    """What the file says. What is cut off or of a wrong length says nothing."""
    if kind is Kind.PNG:
        return _png(_chunks(untrusted))
    if kind in {Kind.HEIC, Kind.AVIF}:
        numbers = media_boxes.colour_numbers(untrusted)
        return Described() if numbers is None else _of_numbers(*numbers)
    return Described()


def _png(chunks: dict[bytes, bytes]) -> Described:
    if len(chunks.get(b"cICP", b"")) == _CICP.size:
        corners, transfer, matrix, _ = _CICP.unpack(chunks[b"cICP"])
        # Of any other matrix a PNG cannot be, and a browser that takes it leaves this chunk aside.
        if matrix == 0 and _UNSPECIFIED not in {corners, transfer}:
            found = _of_numbers(corners, transfer)
            return Described(found.profile, found.is_understood, comes_first=True)
    if b"sRGB" in chunks or len(chunks.get(b"gAMA", b"")) != _GAMMA.size:
        return Described()
    gamma = _GAMMA.unpack(chunks[b"gAMA"])[0] / _HUNDRED_THOUSAND
    if gamma == 0:
        return Described()
    if not _LEAST_GAMMA <= gamma <= _MOST_GAMMA:
        return Described(is_understood=False)
    corners_given = chunks.get(b"cHRM", b"")
    white, red, green, blue = _places(corners_given) if len(corners_given) == _CORNERS.size else _SRGB_PLACES
    is_srgb = all(_is_near(one, other) for one, other in zip((white, red, green, blue), _SRGB_PLACES, strict=True))
    if is_srgb and abs(gamma / _USUAL_GAMMA - 1) < _SAME_GAMMA:
        return Described()
    return _of_space(Space(red, green, blue, white, 1 / gamma))


_SRGB_PLACES: Final = (_SRGB.white, _SRGB.red, _SRGB.green, _SRGB.blue)


def _places(content: bytes) -> tuple[Place, Place, Place, Place]:
    """White, red, green and blue."""
    numbers = [one / _HUNDRED_THOUSAND for one in _CORNERS.unpack(content)]
    white, red, green, blue = zip(numbers[::2], numbers[1::2], strict=True)
    return white, red, green, blue


def _is_near(one: Place, other: Place) -> bool:
    return all(abs(a - b) < _SAME_PLACE for a, b in zip(one, other, strict=True))


def _of_numbers(corners: int, transfer: int) -> Described:
    """The numbers of H.273 for the three colours and for the curve of light."""
    if _UNSPECIFIED in {corners, transfer}:
        return Described()
    if corners not in _SPACES or transfer not in _POWERS:
        return Described(is_understood=False)
    space, power = _SPACES[corners], _POWERS[transfer]
    if space is _SRGB and power is None:
        return Described()
    return _of_space(Space(space.red, space.green, space.blue, space.white, power))


def _of_space(space: Space) -> Described:
    profile = rgb_profile(space)
    return Described(profile, is_understood=profile is not None)


def _chunks(untrusted: mmap.mmap) -> dict[bytes, bytes]:
    """The chunks that describe colours, by name: the first of each that stands in front of the pixels."""
    found: dict[bytes, bytes] = {}
    position = _SIGNATURE_BYTES
    for _ in range(_MOST_CHUNKS):
        head = untrusted[position : position + _CHUNK_HEAD_BYTES]
        length, name = int.from_bytes(head[:4], "big"), head[4:]
        position += _CHUNK_HEAD_BYTES
        if name in {b"IDAT", b"IEND", b""}:
            break
        if name in {b"cICP", b"sRGB", b"gAMA", b"cHRM"}:
            found.setdefault(name, untrusted[position : position + min(length, _CORNERS.size + 1)])
        position += length + _CHECKSUM_BYTES
    return found
