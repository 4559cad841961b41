"""The memory limit for pictures that decode whole: the rule before decoding, its arithmetic, and what reads the header."""

from __future__ import annotations

import contextlib
import io
import struct

import pytest
from corpus.index import encoded
from documents.pictures import photograph, turned_file
from files.scrub_harness import arrived
from PIL import Image

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.pictures import jpeg_scan_memory, memory_limits, scrub
from scrubbers.jailed.pictures.decoders import open_picture
from scrubbers.jailed.pictures.memory_limits import MOST_BYTES, PictureHeader, estimated_bytes, is_too_much
from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import ATTACHMENT_BYTES
from trusted.jail.stages import REFUSALS, Kind, TooMuchToHold

MB = 10**6
MIB = 2**20
LARGEST = ATTACHMENT_BYTES
HALVED, FULL = 1.5, 3.0  # samples a pixel


@pytest.mark.parametrize(
    "stored",
    [
        PictureHeader(Kind.JPEG, 8 * MB, 24 * MB, kept_samples=HALVED),
        PictureHeader(Kind.JPEG, 16 * MB, 45 * MB, kept_samples=FULL),
        PictureHeader(Kind.HEIC, 8 * MB, 48 * MB, is_8_bit_420=True),
        PictureHeader(Kind.HEIC, 12 * MB, 45 * MB),
        PictureHeader(Kind.AVIF, 8 * MB, 50 * MB),
        PictureHeader(Kind.WEBP, 12 * MB, 12 * MB),
        PictureHeader(Kind.WEBP, 10 * MB, 24 * MB, "RGBA"),
        PictureHeader(Kind.PNG, 15 * MB, 24 * MB),
        PictureHeader(Kind.GIF, 15 * MB, 60 * MB, "P"),
        PictureHeader(Kind.TIFF, 15 * MB, 100 * MB, "1", has_pages=True),
    ],
    ids=str,
)
def test_an_ordinary_picture_of_every_kind_is_taken(stored):
    assert not is_too_much(stored)


@pytest.mark.parametrize(
    "stored",
    [
        PictureHeader(Kind.JPEG, 17 * MIB, 12 * MB, kept_samples=HALVED),
        PictureHeader(Kind.JPEG, LARGEST, 12 * MB, kept_samples=HALVED),
        PictureHeader(Kind.JPEG, LARGEST, 70 * MB, "L"),
        PictureHeader(Kind.JPEG, LARGEST, 16 * MB),
        PictureHeader(Kind.PNG, LARGEST, 17_400_000),
        PictureHeader(Kind.BMP, LARGEST, 17_400_000),
        PictureHeader(Kind.TIFF, LARGEST, 17_400_000),
        PictureHeader(Kind.TIFF, LARGEST, 26_000_000, "I;16"),
        PictureHeader(Kind.TIFF, LARGEST, 9 * MB, "1", has_pages=True),
        # Two pages of A4 at 300 dots an inch, as scanners write them: 142 MiB, measured.
        PictureHeader(Kind.TIFF, 49_800 * 1024, 2480 * 3508, has_pages=True, has_plain_pages=True),
        PictureHeader(Kind.HEIC, 20 * MIB, 12 * MB, is_8_bit_420=True),
        PictureHeader(Kind.GIF, LARGEST, 2 * MB, "P"),
        PictureHeader(Kind.WEBP, 40 * MIB, 1 * MB),  # one that moves
    ],
    ids=str,
)
def test_a_large_file_whose_picture_takes_little_is_taken(stored):
    assert not is_too_much(stored)


@pytest.mark.parametrize(
    "stored",
    [
        PictureHeader(Kind.JPEG, LARGEST, 59 * MB, kept_samples=HALVED),
        PictureHeader(Kind.JPEG, 17 * MIB, 24 * MB, kept_samples=HALVED),
        PictureHeader(Kind.JPEG, LARGEST, 35 * MB, "CMYK"),
        PictureHeader(Kind.PNG, LARGEST, 12 * MB, is_animated=True),
        PictureHeader(Kind.GIF, LARGEST, 50 * MB, "P"),
        PictureHeader(Kind.BMP, LARGEST, 50 * MB, "P"),
        PictureHeader(Kind.TIFF, LARGEST, 40 * MB),
        PictureHeader(Kind.TIFF, LARGEST, 17_400_000, is_turned_by_decoder=True),
        PictureHeader(Kind.TIFF, LARGEST, 9 * MB, has_pages=True),
        PictureHeader(Kind.PNG, 46 * MIB, 16 * MB, is_long_row=True),
        PictureHeader(Kind.WEBP, LARGEST, 12 * MB),
        PictureHeader(Kind.HEIC, LARGEST, 12 * MB, is_8_bit_420=True),
        PictureHeader(Kind.AVIF, 17 * MIB, 12 * MB),
    ],
    ids=str,
)
def test_a_large_file_whose_picture_takes_much_is_refused(stored):
    assert is_too_much(stored)


def test_the_bound_is_three_times_the_largest_file_and_asked_from_16_mib_on():
    most = PictureHeader(Kind.PNG, 16 * MIB, 17_825_792)  # twice four bytes a pixel, and 8 MiB beside: 144 MiB
    assert estimated_bytes(most) == 144 * MIB
    assert MOST_BYTES == 150 * MIB

    assert not is_too_much(PictureHeader(Kind.PNG, 16 * MIB, 18_612_224))
    assert is_too_much(PictureHeader(Kind.PNG, 16 * MIB, 18_612_225))
    assert not is_too_much(PictureHeader(Kind.PNG, 16 * MIB - 1, 18_612_225))


def test_the_refusal_has_a_number_of_its_own():
    assert TooMuchToHold in REFUSALS
    assert len({leaf.code for leaf in REFUSALS}) == len(REFUSALS)


def samples(content: bytes) -> float:
    with arrived(content) as file:
        return jpeg_scan_memory.kept_samples(file.fileno(), is_progressive=False)


@pytest.mark.parametrize(
    ("mode", "settings", "expected"),
    [
        ("RGB", {}, 0),
        ("L", {}, 0),
        ("CMYK", {}, 0),
        ("RGB", {"progressive": True}, 1.5),
        ("RGB", {"progressive": True, "subsampling": "4:2:2"}, 2),
        ("RGB", {"progressive": True, "subsampling": "4:4:4"}, 3),
        ("L", {"progressive": True}, 1),
        ("CMYK", {"progressive": True}, 4),
    ],
)
def test_a_multi_scan_jpeg_keeps_as_many_samples_as_it_has(mode, settings, expected):
    assert samples(encoded(photograph(3, (64, 48)).convert(mode), "JPEG", **settings)) == expected


def test_a_progressive_jpeg_that_looks_like_one_scan_to_us_counts_as_the_worst():
    """A mark without a length, then a segment that holds what looks like the frame and scan of a plain JPEG."""
    picture = photograph(1, (401, 307))
    plain, progressive = encoded(picture, "JPEG"), encoded(picture, "JPEG", progressive=True)
    frame, scan = plain.index(b"\xff\xc0"), plain.index(b"\xff\xda")
    looks = plain[frame : frame + 19] + plain[scan : scan + 14]
    hidden = b"\xff\x00\x00\x06\xff\xe5" + (len(looks) + 2).to_bytes(2, "big") + looks
    content = progressive[:2] + hidden + progressive[2:]

    with arrived(content) as file, Image.open(io.BytesIO(content)) as read:
        assert memory_limits.is_multi_scan(read, file.fileno())
    assert samples(content) == 4
    with arrived(plain) as file:
        assert jpeg_scan_memory.kept_samples(file.fileno(), is_progressive=True) == 4


def test_a_scan_for_each_colour_keeps_them_too():
    content = encoded(photograph(3, (64, 48)), "JPEG", subsampling="4:2:0")
    scan = content.index(b"\xff\xda")
    one_colour = content[:scan] + b"\xff\xda" + struct.pack(">HB", 8, 1) + bytes(5)

    assert samples(one_colour) == 1.5


def test_a_thumbnail_and_fill_bytes_do_not_stand_in_the_way():
    thumbnail = encoded(photograph(3, (16, 16)), "JPEG", progressive=True)
    content = encoded(photograph(3, (64, 48)), "JPEG")
    application = b"\xff\xff\xff\xec" + struct.pack(">H", len(thumbnail) + 2) + thumbnail

    assert samples(content[:2] + application + content[2:]) == 0


@pytest.mark.parametrize("content", [b"", b"\xff\xd8", b"\xff\xd8\xff", b"\xff\xd8abcd", b"\xff\xd8\xff\xda\0\2" * 3])
def test_a_jpeg_that_cannot_be_followed_counts_as_the_worst(content):
    assert samples(content) == 4


def test_a_grey_picture_with_a_see_through_grey_counts_as_one_with_alpha(monkeypatch):
    monkeypatch.setattr(memory_limits, "LARGE_BYTES", 0)
    monkeypatch.setattr(
        memory_limits, "MOST_BYTES", estimated_bytes(PictureHeader(Kind.PNG, 0, 640 * 480, "L")) + 100_000
    )
    grey = photograph(3, (640, 480)).convert("L")

    for settings, refusal in (({}, contextlib.nullcontext()), ({"transparency": 100}, pytest.raises(TooMuchToHold))):
        with (
            arrived(b"") as file,
            open_picture(Kind.PNG, io.BytesIO(encoded(grey, "PNG", **settings))) as picture,
            refusal,
        ):
            memory_limits.require_room(Kind.PNG, picture, file.fileno())


def require_refused(kind: Kind, content: bytes, monkeypatch) -> None:
    """The picture is refused, and nothing of it was decoded."""
    monkeypatch.setattr(scrub, "rebuild", None)
    monkeypatch.setattr(scrub.jpeg, "rebuild", None)
    with (
        arrived(content) as file,
        MemoryFile() as clean,
        MemoryFile() as preview,
        pytest.raises(TooMuchToHold),
    ):
        scrub.scrub_picture(kind, file.fileno(), clean.fileno(), preview.fileno(), Findings())


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (Kind.JPEG, {"progressive": True}),
        (Kind.WEBP, {"method": 0}),
        (Kind.TIFF, {"tiffinfo": {0x112: 6}}),
        (Kind.TIFF, {"save_all": True, "append_images": [Image.new("RGB", (64, 48))]}),
        (Kind.HEIC, {}),
        (Kind.AVIF, {"speed": 10}),
        (Kind.GIF, {}),
        (Kind.BMP, {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_kind_that_decodes_whole_is_checked_before_it_is_decoded(kind, settings, monkeypatch):
    content = encoded(photograph(3, (640, 480)), "HEIF" if kind is Kind.HEIC else kind.name, **settings)
    monkeypatch.setattr(memory_limits, "LARGE_BYTES", len(content))
    monkeypatch.setattr(memory_limits, "MOST_BYTES", len(content))

    require_refused(kind, content, monkeypatch)


@pytest.mark.parametrize("orientation", [3, 4, 6])
def test_a_png_that_decodes_whole_is_checked_before_its_tags_decode_it(orientation, monkeypatch):
    content = turned_file("PNG", orientation, photograph(3, (640, 480)))
    monkeypatch.setattr(memory_limits, "LARGE_BYTES", len(content))
    monkeypatch.setattr(memory_limits, "MOST_BYTES", len(content))
    monkeypatch.setattr(scrub, "collect_findings", None)

    require_refused(Kind.PNG, content, monkeypatch)


def test_the_result_of_a_large_png_may_not_grow_beyond_the_bound(monkeypatch):
    content = encoded(photograph(3, (640, 480)).quantize(200), "PNG")
    monkeypatch.setattr(scrub.png, "is_large", lambda _: True)
    monkeypatch.setattr(memory_limits, "LARGE_BYTES", len(content))
    monkeypatch.setattr(memory_limits, "_STREAMED_BYTES", 0)
    monkeypatch.setattr(memory_limits, "MOST_BYTES", 2 * len(content))

    with (
        arrived(content) as file,
        MemoryFile() as clean,
        MemoryFile() as preview,
        pytest.raises(TooMuchToHold),
    ):
        scrub.scrub_picture(Kind.PNG, file.fileno(), clean.fileno(), preview.fileno(), Findings())
