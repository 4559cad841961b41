"""Files that carry a mark for whom they were given to: the choice takes it out, and without it the mark can be read."""

from __future__ import annotations

import asyncio
import io
import math
import random

import pypdf
import pytest
from documents.pdf_by_hand import Pdf, document, line
from files.scrub_harness import clean_all
from PIL import Image

from trusted.jail.protocol import How
from trusted.jail.stages import Kind, Lost

BITS = random.Random(7).choices((0, 1), k=32 * 24)
BLOCK = 8
# An even chance reads half of the bits; of 768 the share is within a twentieth of that in all but one of a hundred.
CHANCE, FEW = 0.5, 0.1


def in_single_pixels() -> bytes:
    """The lowest bit of each pixel of a grey picture, which no eye sees."""
    picture = Image.new("L", (32, 24))
    picture.putdata([(100 + place // 32 * 4) & ~1 | bit for place, bit in enumerate(BITS)])
    made = io.BytesIO()
    picture.save(made, "PNG")
    return made.getvalue()


def in_coefficients() -> bytes:
    """Whether one coefficient of each block of a JPEG is even or odd."""
    picture = Image.new("L", (32 * BLOCK, 24 * BLOCK))
    pixels = picture.load()
    for place, bit in enumerate(BITS):
        left, top = place % 32 * BLOCK, place // 32 * BLOCK
        for down in range(BLOCK):
            for across in range(BLOCK):
                pixels[left + across, top + down] = round(128 + (2 + bit) * STEP / 4 * wave(across) / math.sqrt(2))
    made = io.BytesIO()
    picture.save(made, "JPEG", quality=75)
    return made.getvalue()


# What one step of the first coefficient across is at this quality, in the standard table (ITU T.81, K.1: 11 halved).
STEP = 6


def wave(across: int) -> float:
    return math.cos((2 * across + 1) * math.pi / (2 * BLOCK))


def read_pixels(content: bytes) -> list[int]:
    return [value & 1 for value in same_size(content, (32, 24)).get_flattened_data()]


def read_coefficients(content: bytes) -> list[int]:
    """Block by block as they lie: one who brings the picture back to its old grid first still reads three of four."""
    with Image.open(io.BytesIO(content), formats=("JPEG",)) as opened:
        picture = opened.convert("L").crop((0, 0, 32 * BLOCK, 24 * BLOCK))
    found = []
    for place in range(len(BITS)):
        left, top = place % 32 * BLOCK, place // 32 * BLOCK
        block = [
            picture.getpixel((left + across, top + down)) * wave(across)
            for down in range(BLOCK)
            for across in range(BLOCK)
        ]
        found.append(round(sum(block) / (4 * math.sqrt(2)) / STEP) & 1)
    return found


def same_size(content: bytes, size: tuple[int, int]) -> Image.Image:
    """As a reader of marks would: brought back to the size it had."""
    with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as picture:
        return picture.convert("L").resize(size, Image.Resampling.BICUBIC)


def share_read(found: list[int]) -> float:
    return sum(one == bit for one, bit in zip(found, BITS, strict=True)) / len(BITS)


@pytest.fixture(scope="module")
def results() -> dict[bool, list]:
    files = [in_single_pixels(), in_coefficients(), document(Pdf(), line(b"(Dear colleague)", 50, 300))]
    return {choice: asyncio.run(clean_all(files, how=How(choice))) for choice in (False, True)}


@pytest.mark.parametrize(("place", "read"), [(0, read_pixels), (1, read_coefficients)])
def test_a_mark_that_is_read_from_the_clean_copy_is_gone_by_choice(results, place, read) -> None:
    assert share_read(read(results[False][place][1])) > 0.95
    assert abs(share_read(read(results[True][place][1])) - CHANCE) < FEW
    assert Lost.SHARPNESS in results[True][place][3].lost


def test_by_choice_pages_are_pictures_without_words(results) -> None:
    for choice in (False, True):
        kind, content, _, report = results[choice][2]
        document = pypdf.PdfReader(io.BytesIO(content))

        assert kind is Kind.PDF
        assert bool(document.pages[0].extract_text().strip()) is not choice
        assert (Lost.SELECTABLE_TEXT in report.lost) is choice
