"""Colour that alpha lets nobody see does not stay: in a copy of which someone drops the alpha it could be read in full."""

from __future__ import annotations

import pytest
from corpus.index import encoded
from documents.pictures import as_picture
from files.scrub_harness import arrived
from PIL import Image, ImageChops, ImageColor, ImageDraw

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.pictures import scrub
from trusted.jail.memory_file import MemoryFile
from trusted.jail.stages import Kind, What, Where

FAINT, HALF = 8, 128
HIDDEN = (What.HIDDEN_COLOUR, Where.PIXELS)


def scrubbed(content: bytes, kind: Kind) -> tuple[Image.Image, set[tuple[What, Where]]]:
    findings = Findings()
    with arrived(content) as file, MemoryFile() as clean, MemoryFile() as preview:
        scrub.scrub_picture(kind, file.fileno(), clean.fileno(), preview.fileno(), findings)
        return as_picture(clean.read()), {(found.what, found.where) for found in findings.removed()}


def text_at(alpha: int, mode: str = "RGBA") -> Image.Image:
    """White words on black, all of them nearly see-through, beside a strip that can be seen."""
    made = Image.new("RGB", (200, 40))
    ImageDraw.Draw(made).text((5, 10), "Planted-secret", "white", font_size=20)
    made = made.convert(mode)
    made.putalpha(alpha)
    made.paste((90,) * (len(mode) - 1) + (255,), (0, 0, 200, 4))
    return made


def every_alpha(mode: str) -> Image.Image:
    """Every colour of a channel from left to right, every alpha from top to bottom."""
    across = Image.frombytes("L", (256, 1), bytes(range(256))).resize((256, 256))
    down = Image.linear_gradient("L")
    if mode == "LA":
        return Image.merge("LA", (across, down))
    return Image.merge("RGBA", (across, ImageChops.invert(across), ImageChops.offset(across, 77, 0), down))


def kept_alpha(made: Image.Image) -> Image.Image:
    return made.getchannel("A").point([0] * FAINT + list(range(FAINT, 256)))


def shown(colour: int, alpha: int, background: int) -> float:
    return (colour * alpha + background * (255 - alpha)) / 255


WAYS = [
    (Kind.PNG, lambda made: encoded(made, "PNG")),
    (Kind.TIFF, lambda made: encoded(made, "TIFF")),
    (Kind.WEBP, lambda made: encoded(made, "WEBP", lossless=True, exact=True)),
]


@pytest.mark.parametrize(("kind", "written"), WAYS)
@pytest.mark.parametrize("alpha", [1, 7])
def test_words_that_are_nearly_see_through_are_gone_and_reported(kind, written, alpha) -> None:
    made = text_at(alpha)

    seen, found = scrubbed(written(made), kind)

    faint = seen.crop((0, 4, 200, 40))
    assert faint.getextrema() == ((0, 0), (0, 0), (0, 0), (0, 0))
    assert HIDDEN in found


@pytest.mark.parametrize(("kind", "written"), WAYS)
@pytest.mark.parametrize("alpha", [1, 7])
@pytest.mark.parametrize("colour", ["black", "white"])
def test_words_written_in_a_faint_alpha_alone_are_gone_and_reported(kind, written, alpha, colour) -> None:
    made = Image.new("RGBA", (200, 40))
    made.paste((90, 90, 90, 255), (0, 0, 200, 4))
    words = Image.new("1", made.size)
    ImageDraw.Draw(words).text((5, 10), "Planted-secret", 1, font_size=20)
    made.paste((*ImageColor.getrgb(colour), alpha), mask=words)

    seen, found = scrubbed(written(made), kind)

    faint = seen.crop((0, 4, 200, 40))
    assert faint.getextrema() == ((0, 0), (0, 0), (0, 0), (0, 0))
    assert seen.getchannel("A").getextrema() == (0, 255)
    assert HIDDEN in found


def test_so_are_grey_ones_and_those_of_a_palette() -> None:
    grey = encoded(text_at(1, "LA"), "PNG")
    few = Image.new("P", (8, 8))
    few.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    few.putdata([0, 1, 2, 2] * 16)

    in_grey, found_in_grey = scrubbed(grey, Kind.PNG)
    in_palette, found_in_palette = scrubbed(encoded(few, "PNG", transparency=bytes((1, 7, 255))), Kind.PNG)

    assert in_grey.crop((0, 4, 200, 40)).getextrema() == ((0, 0), (0, 0))
    assert set(in_palette.convert("RGBA").get_flattened_data()) == {(0, 0, 0, 0), (0, 0, 255, 255)}
    assert HIDDEN in found_in_grey & found_in_palette


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_can_be_seen_stays_on_every_background(mode) -> None:
    before = every_alpha(mode)

    after, _ = scrubbed(encoded(before, "PNG"), Kind.PNG)

    assert after.getchannel("A").tobytes() == kept_alpha(before).tobytes()
    for band in before.getbands()[:-1]:
        for alpha in range(256):
            row = (0, alpha, 256, alpha + 1)
            pairs = list(zip(*(one.getchannel(band).crop(row).tobytes() for one in (before, after)), strict=True))
            if alpha >= HALF:
                assert all(one == other for one, other in pairs), alpha
                continue
            left = 0 if alpha < FAINT else alpha
            off = max(
                abs(shown(one, alpha, ground) - shown(other, left, ground))
                for one, other in pairs
                for ground in (0, 255)
            )
            assert off <= FAINT - 1 if alpha < FAINT else off < 1, alpha


def test_of_colours_that_look_the_same_one_stays() -> None:
    after, _ = scrubbed(encoded(every_alpha("RGBA"), "PNG"), Kind.PNG)

    for alpha in range(HALF):
        left = set(after.getchannel("R").crop((0, alpha, 256, alpha + 1)).tobytes())
        # So many differences of one in 255 as alpha lets through.
        assert len(left) <= (alpha + 1 if alpha >= FAINT else 1), alpha


def test_a_shadow_stays_to_the_bit_where_it_is_seen_and_its_end_is_a_finding() -> None:
    made = Image.new("RGBA", (256, 64))
    made.putalpha(Image.linear_gradient("L").rotate(90).resize(made.size))

    seen, found = scrubbed(encoded(made, "PNG"), Kind.PNG)

    made.putalpha(kept_alpha(made))
    assert seen.tobytes() == made.tobytes()
    assert HIDDEN in found


def test_a_shadow_that_is_seen_to_its_end_is_no_finding() -> None:
    made = Image.new("RGBA", (256, 64))
    made.putalpha(Image.linear_gradient("L").rotate(90).resize(made.size))
    made.putalpha(kept_alpha(made))

    seen, found = scrubbed(encoded(made, "PNG"), Kind.PNG)

    assert seen.tobytes() == made.tobytes()
    assert HIDDEN not in found


def test_a_clean_copy_comes_out_as_it_is() -> None:
    once, _ = scrubbed(encoded(every_alpha("RGBA"), "PNG"), Kind.PNG)

    twice, found = scrubbed(encoded(once, "PNG"), Kind.PNG)

    assert once.tobytes() == twice.tobytes()
    assert HIDDEN not in found
