"""A large JPEG goes by strips: the same pixels and preview as the ordinary way, and a second reader that knows the marks."""

from __future__ import annotations

import asyncio
import io
import mmap
import struct

import pytest
from documents.pictures import ADOBE_RGB, as_picture, matrix_profile, photograph, psnr, turned_file
from files.scrub_harness import arrived, clean, clean_all
from PIL import Image, ImageChops

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.pictures.decoders import open_picture, turn
from scrubbers.jailed.pictures.preview import PREVIEW_SIDE, downscaled
from scrubbers.jailed.pictures.release_input import ReleasedInput
from scrubbers.jailed.pictures.scrub import JPEG_SETTINGS, rebuild
from scrubbers.jailed.pictures.streaming import jpeg as strips
from scrubbers.jailed.pictures.streaming.jpeg_encoder import rows_of_strip
from scrubbers.sniff import sniff
from scrubbers.spawn import spawn_zygote
from second_reader import jpeg as verify_jpeg
from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import Role
from trusted.jail.sandbox import Sandbox, scrub
from trusted.jail.stages import Damaged, Kind, Lost

LARGE = 4608, 3648  # a little more than 16 megapixels


def motif(size: tuple[int, int]) -> Image.Image:
    """A photograph in tiles: no two strips alike, and no side a multiple of a block."""
    tile = photograph(7, (401, 307))
    made = Image.new("RGB", size)
    for x in range(0, size[0], tile.width):
        for y in range(0, size[1], tile.height):
            made.paste(ImageChops.offset(tile, x // 3, y // 5), (x, y))
    return made


def jpeg(made: Image.Image, **settings: object) -> bytes:
    kept = io.BytesIO()
    made.save(kept, "JPEG", **{"quality": 92, **settings})
    return kept.getvalue()


def by_strips(content: bytes) -> tuple[bytes, Image.Image]:
    output = io.BytesIO()
    with arrived(content) as file, open_picture(Kind.JPEG, io.BytesIO(content)) as picture:
        small = strips.rebuild(picture, output, JPEG_SETTINGS, PREVIEW_SIDE, file.fileno(), findings=Findings())
    return output.getvalue(), small


def ordinary(content: bytes) -> tuple[bytes, Image.Image]:
    output = io.BytesIO()
    with open_picture(Kind.JPEG, io.BytesIO(content)) as picture:
        rebuilt = rebuild(picture, Findings(), None, turn=turn(picture))
    rebuilt.save(output, "JPEG", **JPEG_SETTINGS)
    return output.getvalue(), downscaled(rebuilt)


@pytest.mark.parametrize(
    ("size", "settings"),
    [
        ((4001, 1203), {}),
        ((65000, 49), {}),
        ((33, 65000), {}),
        ((4001, 1203), {"subsampling": "4:4:4"}),
        ((4001, 1203), {"progressive": True}),
        ((4001, 1203), {"icc_profile": matrix_profile(ADOBE_RGB)}),
        ((4001, 1203), {"icc_profile": b"no profile"}),
    ],
    ids=["odd", "wide", "tall", "full colour", "progressive", "wide colours", "broken profile"],
)
def test_the_pixels_and_the_preview_are_those_of_the_ordinary_way(size, settings):
    content = jpeg(motif(size), **settings)

    made, small = by_strips(content)
    expected, expected_small = ordinary(content)

    assert made.count(b"\xff\xdd\x00\x04") == 1
    assert size[1] > 2 * rows_of_strip(size[0])
    assert as_picture(made).size == size
    assert as_picture(made).tobytes() == as_picture(expected).tobytes()
    assert small.tobytes() == expected_small.tobytes()
    assert len(made) < 1.005 * len(expected)


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize(
    "size", [(1501, 803), (1400, 802), (64999, 35), (35, 64999)], ids=["odd", "even", "wide", "tall"]
)
def test_a_turned_picture_is_that_of_the_ordinary_way_but_for_rounding(orientation, size):
    upright = motif(size)
    content = turned_file("JPEG", orientation, upright)

    made, small = by_strips(content)
    expected, expected_small = ordinary(content)

    before = psnr(as_picture(expected).convert("RGB"), upright)
    assert as_picture(made).size == size
    assert psnr(as_picture(made), as_picture(expected)) > 45
    assert psnr(small, expected_small) > 42
    assert psnr(as_picture(made).convert("RGB"), upright) > before - 0.1
    assert made.count(b"\xff\xdd\x00\x04") == 1


def test_a_turned_picture_comes_out_whole_at_every_border_of_its_bands():
    size = 700, 9000  # several bands, of several strips each
    upright = Image.linear_gradient("L").resize(size).convert("RGB")

    made, _ = by_strips(turned_file("JPEG", 6, upright))

    furthest = max(high for _, high in ImageChops.difference(as_picture(made).convert("RGB"), upright).getextrema())
    assert furthest < 8


def test_a_large_file_is_taken_over_and_given_up_while_it_is_read():
    content = bytes(range(256)) * (17 * 2**12) + b"end"
    with arrived(content) as file:
        file.seal_except_shrinking()
        taken = ReleasedInput(file.fileno())
        left = file.size
        read = b"".join(iter(lambda: taken.read(70_001), b""))

    assert left == 0
    assert read == content
    with pytest.raises(io.UnsupportedOperation):
        taken.seek(0)


def test_a_file_that_was_sealed_whole_is_read_all_the_same():
    with MemoryFile.sealed(b"abc") as file:
        taken = ReleasedInput(file.fileno())
        left = file.size

    assert left == 3
    assert taken.read(10) == b"abc"


def test_a_picture_that_its_decoder_writes_elsewhere_is_refused_and_not_black(monkeypatch):
    monkeypatch.setattr(strips, "_WRITTEN", 0xFE)

    with pytest.raises(Damaged):
        by_strips(jpeg(motif((400, 300))))


@pytest.fixture(scope="module")
def large() -> bytes:
    return jpeg(motif(LARGE), comment=b"Planted-comment")


def test_a_large_photograph_comes_through_the_jail_the_same_each_time(large):
    two = io.BytesIO()
    motif(LARGE).save(two, "MPO", save_all=True, append_images=[Image.new("RGB", (64, 48))], quality=92)
    files = [large, large, turned_file("JPEG", 6, motif(LARGE)), two.getvalue()]

    first, second, turned, pair = asyncio.run(clean_all(files, [Role.PICTURES]))

    kind, content, preview, report = first
    expected, expected_small = ordinary(large)
    assert kind is Kind.JPEG
    assert first[1:3] == second[1:3]
    assert as_picture(content).tobytes() == as_picture(expected).tobytes()
    assert as_picture(preview).size == expected_small.size
    assert "Planted-comment" in {found.example for found in report.removed}
    assert b"Planted" not in content
    assert as_picture(turned[1]).size == LARGE
    assert all(b"\xff\xdd\x00\x04" in one[:700] for one in (content, turned[1], pair[1]))
    assert as_picture(pair[1]).tobytes() == as_picture(content).tobytes()
    assert Lost.SECOND_PICTURE in pair[3].lost


def test_a_large_photograph_that_was_cut_is_refused_and_the_next_file_is_taken(large):
    async def both() -> tuple[type[Exception], Kind]:
        process, channel = spawn_zygote(Role.PICTURES)
        sandbox = Sandbox([channel])
        try:
            await sandbox.self_test([Role.PICTURES])
            with pytest.raises(Damaged) as refused:
                await scrub(sniff(arrived(large[: len(large) // 2])), sandbox)
            kind, *_ = await clean(sandbox, large)
        finally:
            sandbox.close()
            process.wait(10)
        return refused.type, kind

    assert asyncio.run(both()) == (Damaged, Kind.JPEG)


# The second reader.


def is_clean(content: bytes) -> bool:
    with mmap.mmap(-1, len(content)) as mapped:
        mapped[:] = content
        return verify_jpeg.is_clean(mapped)


@pytest.fixture(scope="module")
def result(large) -> bytes:
    return by_strips(large)[0]


def marks(content: bytes) -> list[int]:
    """Where the restart marks stand."""
    scan = content.index(b"\xff\xda")
    return [at for at in range(scan, len(content) - 1) if content[at] == 0xFF and 0xD0 <= content[at + 1] <= 0xD7]


def test_the_second_reader_takes_it_whole_and_nothing_more(result):
    assert is_clean(result)
    assert not is_clean(result + b"\0")
    assert not is_clean(result[:-1])
    assert not is_clean(result[:-2])


def test_each_mark_must_stand_and_count(result):
    found = marks(result)
    assert len(found) == -(-LARGE[1] // rows_of_strip(LARGE[0])) - 1 > 8

    for at in (found[0], found[8], found[-1]):
        another = (result[at + 1] - 0xD0 + 1) % 8 + 0xD0
        assert not is_clean(result[: at + 1] + bytes([another]) + result[at + 2 :])
        assert not is_clean(result[:at] + result[at + 2 :])
        assert not is_clean(result[:at] + result[at : at + 2] * 2 + result[at + 2 :])
    beyond = bytes([0xFF, 0xD0 + len(found) % 8])
    assert not is_clean(result[:-2] + beyond + result[-2:])


def test_the_length_of_a_strip_follows_from_the_width(result):
    at = result.index(b"\xff\xdd\x00\x04") + 4
    (blocks,) = struct.unpack_from(">H", result, at)

    for other in (0, blocks - 1, blocks + 1, 0xFFFF):
        assert not is_clean(result[:at] + struct.pack(">H", other) + result[at + 2 :])
    # A second one, or one in another place.
    segment = result[at - 4 : at + 2]
    assert not is_clean(result[: at - 4] + segment + result[at - 4 :])
    assert not is_clean(result[:2] + segment + result[2 : at - 4] + result[at + 2 :])


def test_a_small_picture_has_no_strips(large):
    made, _ = by_strips(jpeg(motif((4001, 1203))))
    plain, _ = ordinary(jpeg(motif((400, 120))))

    assert not is_clean(made)
    assert is_clean(plain)
