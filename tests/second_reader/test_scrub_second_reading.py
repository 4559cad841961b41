"""The second reading of pictures: what our encoders write passes, whatever its size, and one thing out of place does not."""

from __future__ import annotations

import io
import os
import random
import re
import struct
import zlib

import pytest
from corpus.index import chunk, encoded, picture, riff
from documents.pictures import photograph
from PIL import Image

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.pictures import scrub
from second_reader.dispatch import require_clean
from trusted.jail.memory_file import MemoryFile
from trusted.jail.stages import RESULT_KIND, Kind, WouldNotVouch


def scrubbed(kind: Kind, content: bytes) -> bytes:
    """What the first job makes of it, here without a jail."""
    descriptors = [os.memfd_create("test") for _ in range(3)]
    try:
        os.write(descriptors[0], content)
        scrub.scrub_picture(kind, *descriptors, Findings())
        return os.pread(descriptors[1], os.fstat(descriptors[1]).st_size, 0)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def passes(kind: Kind, content: bytes) -> bool:
    with MemoryFile.sealed(content) as file:
        try:
            require_clean(kind, file.fileno())
        except WouldNotVouch:
            return False
        return True


SIZES = [(1, 1), (2, 3), (7, 1), (1, 300), (16, 16), (97, 61), (400, 300), (20_000, 2), (3, 9000)]


@pytest.mark.parametrize(
    ("kind", "format_name", "modes", "settings"),
    [
        (Kind.JPEG, "JPEG", ("L", "RGB", "CMYK"), {}),
        (Kind.PNG, "PNG", ("1", "L", "LA", "RGB", "RGBA", "P"), {}),
        (Kind.TIFF, "TIFF", ("1", "L", "LA", "RGB", "RGBA"), {}),
        (Kind.WEBP, "WEBP", ("RGB", "RGBA"), {}),
        (Kind.WEBP, "WEBP", ("RGB", "RGBA"), {"lossless": True}),
    ],
)
def test_whatever_its_size_a_rebuilt_picture_passes(kind, format_name, modes, settings) -> None:
    chance = random.Random(format_name)
    for mode in modes:
        for size in SIZES:
            if format_name == "WEBP" and max(size) > 16_383:
                continue
            made = Image.frombytes("RGB", size, chance.randbytes(size[0] * size[1] * 3)).convert(mode)
            if "A" in mode:
                made.putalpha(Image.frombytes("L", size, chance.randbytes(size[0] * size[1])))

            clean = scrubbed(kind, encoded(made, format_name, **settings))

            assert passes(RESULT_KIND[kind], clean), (mode, size)


def test_a_png_whose_last_chunk_is_just_full_passes() -> None:
    """By trying: pixels that do not compress, until the stream ends where a chunk does."""
    full = 64 * 1024
    # Stored blocks: the length of the stream follows the length of the pixels byte by byte.
    header = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 13104, 5, 8, 0, 0, 0, 0))
    stream = zlib.compress(bytes(13105 * 5), 0)
    assert len(stream) == full

    for pixels in (chunk(b"IDAT", stream), chunk(b"IDAT", stream) + chunk(b"IDAT", b"")):
        assert passes(Kind.PNG, header + pixels + chunk(b"IEND", b""))
    for pixels in (
        chunk(b"IDAT", b"") + chunk(b"IDAT", stream),
        chunk(b"IDAT", stream[:9]) + chunk(b"IDAT", stream[9:]),
    ):
        assert not passes(Kind.PNG, header + pixels + chunk(b"IEND", b""))


JPEG = encoded(picture(), "JPEG", quality=90, subsampling="4:2:0")
PNG = encoded(picture(), "PNG", compress_level=4)
QUANTIZATION = re.search(rb"\xff\xdb\x00\x43\x00.{64}", JPEG, re.DOTALL)[0]
FRAME = JPEG.index(b"\xff\xc0")


@pytest.mark.parametrize(
    "changed",
    [
        JPEG.replace(QUANTIZATION, QUANTIZATION * 2),
        JPEG[:20] + JPEG[89:158] + JPEG[20:89] + JPEG[158:],
        JPEG[: FRAME + 5] + b"\0\0" + JPEG[FRAME + 7 :],
        JPEG[: FRAME + 5] + b"\0\x40\0\0" + JPEG[FRAME + 9 :],
        JPEG.replace(b"\xff\xdb", b"\xff\xff\xdb", 1),
        JPEG[:-2] + b"\xff\xd0\xff\xd9",
        JPEG[:-2] + b"\xff\xfe\0\x06Anna\xff\xd9",
        JPEG[:-2] + b"\xff\xda" + JPEG[-40:],
        encoded(picture(), "JPEG", quality=91, subsampling="4:2:0"),
        encoded(picture(), "JPEG", quality=90, subsampling="4:4:4"),
        encoded(picture(), "JPEG", quality=90, subsampling="4:2:0", progressive=True),
        encoded(picture(), "JPEG", quality=90, subsampling="4:2:0", optimize=True),
        encoded(picture(), "JPEG", quality=90, subsampling="4:2:0", dpi=(301, 300)),
        encoded(picture(), "JPEG", quality=90, subsampling="4:2:0", restart_marker_blocks=3),
        encoded(picture(mode="CMYK"), "JPEG", quality=90),
    ],
    ids=range(15),
)  # fmt: skip
def test_a_jpeg_with_one_thing_out_of_place_does_not_pass(changed) -> None:
    assert passes(Kind.JPEG, JPEG)

    assert not passes(Kind.JPEG, changed)


@pytest.mark.parametrize(
    "changed",
    [
        encoded(picture(), "PNG", dpi=(300, 300)),
        encoded(picture().convert("P"), "PNG"),
        PNG.replace(b"IDAT", b"idAt"),
        PNG[:33] + chunk(b"IDAT", b"") + PNG[33:],
        PNG[:33] + PNG[8:33] + PNG[33:],
        PNG[:-12] + chunk(b"IEND", b"x"),
        PNG[:8] + chunk(b"IHDR", struct.pack(">IIBBBBB", 0, 64, 8, 2, 0, 0, 0)) + PNG[33:],
        PNG[:8] + chunk(b"IHDR", struct.pack(">IIBBBBB", 96, 64, 8, 2, 0, 0, 1)) + PNG[33:],
        PNG[:8] + chunk(b"IHDR", struct.pack(">IIBBBBB", 96, 63, 8, 2, 0, 0, 0)) + PNG[33:],
        PNG[:29] + b"Anna" + PNG[33:],
    ],
    ids=range(10),
)  # fmt: skip
def test_a_png_with_one_thing_out_of_place_does_not_pass(changed) -> None:
    assert passes(Kind.PNG, PNG)

    assert not passes(Kind.PNG, changed)


TIFF = scrubbed(Kind.TIFF, encoded(photograph(1, (200, 120)), "TIFF"))


def tiff_entry(tag: int) -> int:
    """Where the entry of a tag stands."""
    directory = int.from_bytes(TIFF[4:8], "little")
    count = int.from_bytes(TIFF[directory : directory + 2], "little")
    entries = range(directory + 2, directory + 2 + 12 * count, 12)
    return next(at for at in entries if int.from_bytes(TIFF[at : at + 2], "little") == tag)


def with_value(tag: int, value: int) -> bytes:
    at = tiff_entry(tag)
    return TIFF[: at + 8] + struct.pack("<H", value) + TIFF[at + 10 :]


def test_a_tiff_with_one_thing_out_of_place_does_not_pass() -> None:
    first, second = tiff_entry(256), tiff_entry(257)
    changed = {
        "another number of channels": with_value(277, 4),
        "another way to read them": with_value(262, 6),
        "another compression": with_value(259, 5),
        "other planes": with_value(284, 2),
        "no height": with_value(257, 0),
        "another width": with_value(256, 199),
        "rows beyond the height": with_value(278, 65535),
        "another order": TIFF[:first] + TIFF[second : second + 12] + TIFF[first : first + 12] + TIFF[second + 12 :],
        "a tag of a camera": with_value(284, 1).replace(struct.pack("<HHI", 284, 3, 1), struct.pack("<HHI", 271, 3, 1)),
        "something in what an entry leaves over": TIFF[: first + 10] + b"An" + TIFF[first + 12 :],
        "something in the alignment": TIFF[:-1] + b"A",
        "a page more than is said": TIFF + TIFF,
    }

    assert passes(Kind.TIFF, TIFF)
    assert [name for name, content in changed.items() if passes(Kind.TIFF, content)] == []


def webp(*blocks: bytes) -> bytes:
    body = b"WEBP" + b"".join(blocks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def test_a_webp_with_one_thing_out_of_place_does_not_pass() -> None:
    clear = photograph(4, (60, 40)).convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(clear.size))
    lossy = encoded(clear, "WEBP", quality=90, method=4)
    lossless = encoded(clear, "WEBP", lossless=True)
    canvas, rest = lossy[12:30], lossy[30:]
    alpha = rest[: 8 + int.from_bytes(rest[4:8], "little") + int.from_bytes(rest[4:8], "little") % 2]
    colours = rest[len(alpha) :]
    start = lossless.index(b"VP8L") + 8
    changed = {
        "another canvas": webp(canvas[:12] + b"\x41\0\0" + canvas[15:], rest),
        "another flag": webp(canvas[:8] + b"\x18" + canvas[9:], rest),
        "something in what is reserved": webp(canvas[:9] + b"Ann" + canvas[12:], rest),
        "alpha twice": webp(canvas, alpha, alpha, colours),
        "alpha with unknown bits": webp(canvas, alpha[:8] + bytes([alpha[8] | 0x80]) + alpha[9:], colours),
        "another order": webp(alpha, canvas, colours),
        "a frame that is not shown": webp(canvas, alpha, colours[:8] + bytes([colours[8] & ~0x10]) + colours[9:]),
        "a scale": webp(canvas, alpha, colours[:15] + bytes([colours[15] | 0x40]) + colours[16:]),
        "another version": lossless[: start + 4] + bytes([lossless[start + 4] | 0x20]) + lossless[start + 5 :],
        "a block more": webp(lossless[12:], riff(b"PRIV", b"Anna")),
        "something in the filling": webp(riff(b"VP8L", b"\x2f" + bytes(8))[:-1] + b"A"),
        "a length beyond the end": lossless[:4] + struct.pack("<I", len(lossless)) + lossless[8:],
    }

    assert passes(Kind.WEBP, lossy)
    assert passes(Kind.WEBP, lossless)
    assert [name for name, content in changed.items() if passes(Kind.WEBP, content)] == []


def test_no_kind_passes_as_another() -> None:
    output = io.BytesIO()
    picture().save(output, "WEBP")
    contents = {Kind.JPEG: JPEG, Kind.PNG: PNG, Kind.TIFF: TIFF, Kind.WEBP: output.getvalue()}

    for kind in Kind:
        assert [other for other in contents if passes(kind, contents[other])] == ([kind] if kind in contents else [])
