"""A large PNG goes by strips: pixels, preview and findings are those of the ordinary way, and the same reader takes it."""

from __future__ import annotations

import asyncio
import mmap
import random
import struct
import zlib

import pytest
from corpus.index import chunk, encoded, with_chunks
from documents.pictures import ADOBE_RGB, as_picture, deep_png, interlaced_png, matrix_profile, photograph, turned_file
from files.scrub_harness import arrived, clean_all
from PIL import Image, ImageChops
from processes.measured import quickest

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.pictures import preview as shrinking
from scrubbers.jailed.pictures import scrub
from scrubbers.jailed.pictures.streaming import png as png_strips
from scrubbers.jailed.pictures.streaming import png_decoder, png_encoder
from second_reader import png as verify_png
from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import Role
from trusted.jail.stages import Damaged, Kind, What, Where

SIZE = 401, 307
STRIP_PIXELS = 401 * 50  # strips of 50 rows, the last one of 7
NEVER = 2**40


@pytest.fixture
def small_strips(monkeypatch):
    """Small pictures go by strips too, and have several."""
    monkeypatch.setattr(png_strips, "LARGE_PIXELS", 0)
    monkeypatch.setattr(png_decoder, "_STRIP_PIXELS", STRIP_PIXELS)


def scrubbed(content: bytes) -> tuple[bytes, bytes, Findings]:
    """The clean picture, its preview and what was found."""
    findings = Findings()
    with arrived(content) as file, MemoryFile() as clean, MemoryFile() as preview:
        scrub.scrub_picture(Kind.PNG, file.fileno(), clean.fileno(), preview.fileno(), findings)
        return clean.read(), preview.read(), findings


def require_the_same(content: bytes, monkeypatch) -> bytes:
    """Cleans it both ways, and gives what came by strips."""
    turned_to_strips = []
    rebuild = png_strips.rebuild
    with monkeypatch.context() as watched:
        watched.setattr(
            png_strips, "rebuild", lambda *given, **named: turned_to_strips.append(1) or rebuild(*given, **named)
        )
        made, preview, findings = scrubbed(content)
    with monkeypatch.context() as ordinary:
        ordinary.setattr(png_strips, "LARGE_PIXELS", NEVER)
        expected, expected_preview, expected_findings = scrubbed(content)

    assert turned_to_strips
    assert is_clean(made)
    assert as_picture(made).mode == as_picture(expected).mode
    assert as_picture(made).tobytes() == as_picture(expected).tobytes()
    assert inflated(made) == inflated(expected), "each row with the same filter"
    assert preview == expected_preview
    assert findings.removed() == expected_findings.removed()
    assert findings.lost() == expected_findings.lost()
    return made


def is_clean(content: bytes) -> bool:
    with mmap.mmap(-1, len(content)) as mapped:
        mapped[:] = content
        return verify_png.is_clean(mapped)


def chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    found, position = [], 8
    while position < len(content):
        length, name = struct.unpack_from(">I4s", content, position)
        found.append((name, content[position + 8 : position + 8 + length]))
        position += 12 + length
    return found


def inflated(content: bytes) -> bytes:
    return zlib.decompress(b"".join(body for name, body in chunks(content) if name == b"IDAT"))


def motif(mode: str, size: tuple[int, int] = SIZE) -> Image.Image:
    colours = photograph(7, size)
    if mode in {"RGBA", "LA"}:
        made = colours.convert(mode)
        # From nothing to opaque, with fully see-through pixels in every strip.
        made.putalpha(Image.linear_gradient("L").rotate(90).resize(size))
        return made
    return colours.quantize(200) if mode == "P" else colours.convert(mode)


def deep(colour: int) -> bytes:
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    width, height = 331, 55  # wider than a preview, which is then made of averages
    return deep_png([(at * 2654435761) >> 7 & 0xFFFF for at in range(width * height * channels)], colour, width, height)


def png(made: Image.Image, **settings: object) -> bytes:
    return encoded(made, "PNG", **settings)


def faint(mode: str) -> Image.Image:
    made = Image.effect_noise((256, 256), 200).resize(SIZE).convert(mode)
    made.putalpha(Image.linear_gradient("L").rotate(90).resize(SIZE))
    return made


def faint_alone() -> Image.Image:
    made = Image.new("RGBA", SIZE)
    made.paste((0, 0, 0, 3), (5, SIZE[1] - 9, SIZE[0] - 5, SIZE[1] - 5))
    return made


def described(mode: str, name: bytes, content: bytes) -> bytes:
    return with_chunks(png(motif(mode)), [chunk(name, content)])


def opaque(mode: str) -> Image.Image:
    made = motif(mode)
    made.putalpha(255)
    return made


def palette_of_few_bits() -> bytes:
    return png(photograph(7, SIZE).quantize(11), bits=4)


FILES = {
    "colours": lambda: png(motif("RGB")),
    "grey": lambda: png(motif("L")),
    "one bit": lambda: png(motif("1")),
    "colours and alpha": lambda: png(motif("RGBA")),
    "grey and alpha": lambda: png(motif("LA")),
    "alpha that hides nothing": lambda: png(opaque("RGBA")),
    "grey, alpha that hides nothing": lambda: png(opaque("LA")),
    "every alpha and every colour": lambda: png(faint("RGBA")),
    "every alpha and every grey": lambda: png(faint("LA")),
    "a drawing in a faint alpha alone": lambda: png(faint_alone()),
    "palette": lambda: png(motif("P")),
    "palette of four bits": palette_of_few_bits,
    "palette with a see-through entry": lambda: png(motif("P"), transparency=3),
    "palette with alpha": lambda: png(motif("P"), transparency=bytes(range(200))),
    "a see-through colour": lambda: png(motif("RGB"), transparency=motif("RGB").getpixel((7, 7))),
    "a see-through grey": lambda: png(motif("L"), transparency=100),
    "see-through ink": lambda: png(motif("1"), transparency=0),
    "deep grey": lambda: deep(0),
    "deep colours": lambda: deep(2),
    "deep grey and alpha": lambda: deep(4),
    "deep colours and alpha": lambda: deep(6),
    "wide colours": lambda: png(motif("RGB"), icc_profile=matrix_profile(ADOBE_RGB)),
    "wide colours and alpha": lambda: png(motif("RGBA"), icc_profile=matrix_profile(ADOBE_RGB)),
    "grey of another curve": lambda: png(motif("L"), icc_profile=matrix_profile(ADOBE_RGB)),
    "grey of another curve and alpha": lambda: png(motif("LA"), icc_profile=matrix_profile(ADOBE_RGB)),
    "wide colours by numbers": lambda: described("RGB", b"cICP", bytes((12, 13, 0, 1))),
    "wide colours by numbers, and alpha": lambda: described("RGBA", b"cICP", bytes((12, 13, 0, 1))),
    "palette of wide colours by numbers": lambda: described("P", b"cICP", bytes((9, 14, 0, 1))),
    "colours by gamma": lambda: described("RGB", b"gAMA", struct.pack(">I", 100_000)),
    "grey by gamma": lambda: described("L", b"gAMA", struct.pack(">I", 100_000)),
    "brighter than paper": lambda: described("RGB", b"cICP", bytes((9, 16, 0, 1))),
    "broken profile": lambda: png(motif("RGB"), icc_profile=b"no profile"),
    "other way round": lambda: turned_file("PNG", 2, motif("RGB")),
    "whole strips": lambda: png(motif("RGB", (401, 100))),
    "a row more than whole strips": lambda: png(motif("RGB", (401, 101))),
    "less than a strip": lambda: png(motif("RGB", (401, 3))),
    "one row": lambda: png(motif("RGB", (401, 1))),
    "one pixel": lambda: png(motif("RGBA", (1, 1))),
    "wide": lambda: png(motif("RGB", (65000, 7))),
    "tall": lambda: png(motif("RGB", (1, 65000))),
    "every byte the same": lambda: png(Image.new("RGBA", SIZE)),
}


@pytest.mark.usefixtures("small_strips")
@pytest.mark.parametrize("name", FILES)
def test_pixels_preview_and_findings_are_those_of_the_ordinary_way(name, monkeypatch):
    require_the_same(FILES[name](), monkeypatch)


def deflates_like_pillow() -> bool:
    """Whether Python and Pillow use the same zlib, that of the system: some builds of Python bring their own."""
    small = png(motif("RGB", (40, 30)), compress_level=png_encoder.LEVEL)
    stream = zlib.compressobj(png_encoder.LEVEL, zlib.DEFLATED, 15, 9, zlib.Z_FILTERED)
    return stream.compress(inflated(small)) + stream.flush() == dict(chunks(small))[b"IDAT"]


@pytest.mark.usefixtures("small_strips")
@pytest.mark.parametrize("name", ["colours", "one bit", "grey and alpha", "palette", "wide", "tall"])
def test_it_is_the_same_file_to_the_byte(name, monkeypatch):
    content = FILES[name]()

    made = scrubbed(content)[0]
    monkeypatch.setattr(png_strips, "LARGE_PIXELS", NEVER)
    expected = scrubbed(content)[0]

    # Where Python has a zlib of its own, it deflates the same rows into other bytes.
    assert inflated(made) == inflated(expected)
    assert (made == expected) or not deflates_like_pillow()


@pytest.mark.usefixtures("small_strips")
def test_pixels_may_stand_in_many_chunks_with_tags_before_and_behind(monkeypatch):
    header, *_, end = chunks(png(motif("RGB")))
    rows = zlib.compress(inflated(png(motif("RGB"))))
    tags = Image.Exif()
    tags[0x112], tags[0x10F] = 2, "Planted-maker"
    parts = [
        header,
        (b"tEXt", b"Author\0Planted-author"),
        *((b"IDAT", rows[at : at + 997]) for at in range(0, len(rows), 997)),
        (b"IDAT", b""),
        (b"eXIf", tags.tobytes()[6:]),
        (b"tEXt", b"Comment\0Planted-comment"),
        end,
    ]
    content = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)

    made = require_the_same(content, monkeypatch)

    examples = {found.example for found in scrubbed(content)[2].removed()}
    assert {"Planted-maker", "Planted-author", "Planted-comment"} <= examples
    assert b"Planted" not in made


@pytest.mark.usefixtures("small_strips")
def test_a_picture_that_cannot_go_by_strips_goes_the_ordinary_way(monkeypatch):
    frames = [motif("RGB"), photograph(3, SIZE)]
    monkeypatch.setattr(png_strips, "rebuild", None)

    for content in (
        interlaced_png(motif("RGB", (40, 30))),
        turned_file("PNG", 6, motif("RGB")),
        turned_file("PNG", 4, motif("RGB")),
        png(frames[0], save_all=True, append_images=frames[1:]),
        png(frames[0], save_all=True, append_images=frames[1:], default_image=True),
    ):
        assert is_clean(scrubbed(content)[0])


def with_rows(rows: bytes) -> bytes:
    header, *_, end = chunks(png(motif("RGB")))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in (header, (b"IDAT", zlib.compress(rows)), end))


@pytest.mark.usefixtures("small_strips")
def test_rows_that_are_missing_or_filtered_in_no_known_way_are_refused():
    rows = inflated(png(motif("RGB")))
    row = len(rows) // SIZE[1]

    for broken in (rows[:-1], rows[: 50 * row], b"", rows[: 60 * row] + b"\x09" + rows[60 * row + 1 :]):
        with pytest.raises(Damaged):
            scrubbed(with_rows(broken))
    whole = png(motif("RGB"))
    for cut in (len(whole) // 2, whole.index(b"IDAT") + 4):
        with pytest.raises(Damaged):
            scrubbed(whole[:cut])


@pytest.mark.usefixtures("small_strips")
@pytest.mark.parametrize("behind", [b"x", b"x" * 5000, zlib.compress(b"another stream")])
def test_a_stream_that_ends_too_soon_with_something_behind_it_is_refused_at_once(behind):
    """The library goes on offering what lies behind the end of a stream: asked again and again, it never ends."""
    whole = inflated(png(motif("RGB")))
    rows = zlib.compress(whole[: len(whole) * 2 // 3])
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(*part) for part in (chunks(png(motif("RGB")))[0], (b"IDAT", rows + behind), (b"IEND", b""))
    )

    def refused() -> None:
        with pytest.raises(Damaged):
            scrubbed(content)

    assert quickest(refused, 2) < 2


@pytest.mark.usefixtures("small_strips")
def test_an_animation_of_one_frame_goes_the_ordinary_way_and_is_taken(monkeypatch):
    header, *pixels, end = chunks(png(motif("RGB")))
    frame = struct.pack(">IIIIIHHBB", 0, *SIZE, 0, 0, 1, 1, 0, 0)
    parts = [header, (b"acTL", struct.pack(">II", 1, 0)), (b"fcTL", frame), *pixels, end]
    content = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)
    monkeypatch.setattr(png_strips, "rebuild", None)

    made = scrubbed(content)[0]

    assert as_picture(made).size == SIZE


def test_a_picture_much_wider_than_high_does_not_wait_whole_for_its_small_one(monkeypatch):
    monkeypatch.setattr(shrinking, "_MOST_WAITING_PIXELS", 1000)
    wide = photograph(5, (4000, 90))
    narrowed = shrinking.Downscaler(wide.size, shrinking.PREVIEW_SIDE)
    for top in range(0, 90, 4):
        narrowed.add(wide.crop((0, top, 4000, min(90, top + 4))))
        assert narrowed._left is None or narrowed._left.width <= 2 * shrinking.PREVIEW_SIDE
    monkeypatch.undo()
    expected = shrinking.Downscaler(wide.size, shrinking.PREVIEW_SIDE)
    expected.add(wide)

    difference = ImageChops.difference(narrowed.finish(), expected.finish())
    assert max(most for _, most in difference.getextrema()) <= 2


@pytest.mark.usefixtures("small_strips")
def test_a_decoder_that_takes_less_than_it_is_given_is_not_believed(monkeypatch):
    monkeypatch.setitem(png_decoder._STORED_BITS, "RGB", 32)

    with pytest.raises(Damaged):
        scrubbed(with_rows(bytes(SIZE[1] * (1 + 4 * SIZE[0]))))


def test_a_large_png_comes_through_the_jail_the_same_each_time():
    tile = Image.frombytes("RGB", (512, 512), random.Random(3).randbytes(3 * 2**18))
    made = Image.new("RGBA", (4200, 4100))
    for x in range(0, made.width, 512):
        for y in range(0, made.height, 512):
            made.paste(tile, (x, y))
    made.putpixel((17, 4000), (255, 0, 0, 0))
    content = png(made, compress_level=1)

    first, second = asyncio.run(clean_all([content, content], [Role.PICTURES]))

    made.putpixel((17, 4000), (0, 0, 0, 0))
    assert first[:3] == second[:3]
    assert as_picture(first[1]).tobytes() == made.tobytes()
    assert (What.HIDDEN_COLOUR, Where.PIXELS) in {(found.what, found.where) for found in first[3].removed}
