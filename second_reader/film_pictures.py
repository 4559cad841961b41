"""Reads the pictures of a clean film: H.264 (ISO/IEC 14496-10) as one encoder writes it with one setting.

The two units in front are compared bit by bit: of the first the size alone differs, of the second nothing. Then each
picture is one unit of the kind that its place asks for, every fiftieth a picture that stands by itself. Neither notes
of the encoder (supplemental information) nor filling has a place.

What is in a picture's unit FFmpeg's decoder reads, which is another program than the one that wrote it, told to fail at
anything odd: at a code that does not exist, and at bits behind the last block.
"""

import mmap
import re
from typing import Final

import av

from second_reader.film_boxes import Described

_LENGTH_BYTES: Final = 4
_KEY_EVERY: Final = 50
_KEY, _OTHER = 0x65, 0x41  # the first byte of a unit: how much depends on it, and its kind
# Codes of changing lengths, one list, blocks changed at their edges; quality from 27 up or down.
_PICTURE: Final = bytes.fromhex("68ce1720")
# Baseline that keeps the constraints of main, level 3.1; number 0, a counter of four bits, order as coded, one picture
# to refer to, no gaps.
_BEFORE_SIZE: Final = "01100111010000101100000000011111110110100"
_WHOLE_PICTURES: Final = "11"
# Colours of BT.709 in the narrow range, 25 pictures a second, no buffers described; the lengths of vectors are those of
# the level, and none but the last picture is referred to.
_BEHIND_SIZE: Final = (
    "1" "00" "1" "1010" "1" + 3 * "00000001" + "0" "1" + f"{1:032b}" + f"{50:032b}" + "1" "000"
    "1" "1" "1" "1" "0001100" "0001100" "1" "010" "1"
)  # fmt: skip
_BLOCK, _PAIR = 16, 2
_LAST_ESCAPED: Final = 3
# What looks like a mark between units, and a three that escapes none: decoders stop at the one and step over the other.
_ODD: Final = re.compile(rb"\x00\x00(?:[\x00-\x02]|\x03(?![\x00-\x03]))")
_STRICT: Final = {"err_detect": "crccheck+bitstream+buffer+explode+careful+compliant+aggressive"}


def are_clean_pictures(untrusted: mmap.mmap, film: Described) -> bool:
    """Return whether the pictures are of the one form, with nothing in them that a decoder does not read."""
    coding = film.coding
    if coding.picture != _PICTURE or coding.sequence != _sequence(coding.width, coding.height):
        return False
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count, decoder.options, decoder.extradata = 1, dict(_STRICT), coding.configuration
    at, decoded = film.pictures_at, 0
    try:
        for place, size in enumerate(film.sizes):
            sample = untrusted[at : at + size]
            if not _is_one_unit(sample, _KEY if place % _KEY_EVERY == 0 else _OTHER):
                return False
            decoded += len(decoder.decode(av.Packet(sample)))
            at += size
        decoded += len(decoder.decode(None))
    except av.error.FFmpegError:
        return False
    return decoded == len(film.sizes)


def _is_one_unit(sample: bytes, kind: int) -> bool:
    """Return whether a picture is one unit of this kind, in which a decoder finds no end before its last byte."""
    head = (len(sample) - _LENGTH_BYTES).to_bytes(_LENGTH_BYTES, "big") + bytes((kind,))
    return sample.startswith(head) and sample[-1] != 0 and _ODD.search(sample, _LENGTH_BYTES) is None


def _sequence(width: int, height: int) -> bytes:
    """Return the unit that describes pictures of this size; both are even."""
    wide, high = -(-width // _BLOCK), -(-height // _BLOCK)
    right, below = (wide * _BLOCK - width) // _PAIR, (high * _BLOCK - height) // _PAIR
    bits = _BEFORE_SIZE + _number(wide - 1) + _number(high - 1) + _WHOLE_PICTURES
    bits += "1" + "".join(map(_number, (0, right, 0, below))) if right or below else "0"
    bits += _BEHIND_SIZE
    bits += "0" * (-len(bits) % 8)
    return _escaped(int(bits, 2).to_bytes(len(bits) // 8, "big"))


def _number(value: int) -> str:
    """Return the code of changing length (ISO/IEC 14496-10, 9.1)."""
    return f"{value + 1:b}".rjust(2 * (value + 1).bit_length() - 1, "0")


def _escaped(unit: bytes) -> bytes:
    """Return the unit with a three where three bytes would look like a mark between units (7.4.1.1)."""
    out = bytearray()
    for byte in unit:
        if byte <= _LAST_ESCAPED and out.endswith(b"\0\0"):
            out.append(3)
        out.append(byte)
    return bytes(out)
