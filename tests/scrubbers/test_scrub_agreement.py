"""First bytes, libmagic and the decoder must mean the same kind; and whatever bytes come, they leave clean or are refused."""

from __future__ import annotations

import random
import struct
from collections import Counter

import pytest
from corpus.index import chunk, corpus, encoded, picture, with_chunks, with_segments
from corpus.media import Media, box, coded, full

from scrubbers.sniff import sniff_kind
from trusted.jail.stages import Kind, KindsDisagree, Refused, UncommonPicture, WouldNotVouch


def under_brand(kind: str, brand: bytes, others: bytes = b"") -> bytes:
    """A good file of one kind, of which only the list of brands says something else."""
    made = Media(kind, brands=others or brand)
    made.add_picture(picture())
    content = made.write()
    return content[:8] + brand + content[12:]


@pytest.mark.parametrize(
    ("brand", "others", "kind"),
    [
        (b"heic", b"mif1heic", Kind.HEIC),
        (b"heix", b"mif1heix", Kind.HEIC),
        (b"mif1", b"mif1heic", Kind.HEIC),
        (b"mif1", b"MiPrheicmiaf", Kind.HEIC),
        (b"mif1", b"avifmiaf", Kind.AVIF),
        (b"avif", b"mif1avif", Kind.AVIF),
        # What else it can be read as does not matter if the first brand is clear.
        (b"avif", b"mif1avifmp42", Kind.AVIF),
    ],
)
def test_phones_pictures_are_known_by_any_of_their_brands(jail, brand, others, kind) -> None:
    content = under_brand(kind.value, brand, others)

    assert sniff_kind(content) is kind
    assert jail.clean(content)[0] is Kind.JPEG


@pytest.mark.parametrize(
    ("brand", "others", "refused"),
    [
        (b"mif1", b"mif1miaf", UncommonPicture),
        (b"mif1", b"heicavif", KindsDisagree),
        (b"jxl ", b"jxl ", UncommonPicture),
        (b"vvic", b"mif1vvic", UncommonPicture),
    ],
)
def test_brands_that_say_something_else_are_refused_with_the_advice_that_fits(brand, others, refused) -> None:
    with pytest.raises(refused):
        sniff_kind(under_brand("heic", brand, others))


@pytest.mark.parametrize(("brand", "others"), [(b"mp42", b"heicmif1"), (b"isom", b"avif"), (b"qt  ", b"heic")])
def test_a_picture_under_the_brand_of_a_film_is_no_picture_and_no_sound(jail, brand, others) -> None:
    content = under_brand("heic", brand, others)

    assert sniff_kind(content) is Kind.SOUND
    with pytest.raises(Refused):
        jail.clean(content)


def jpeg_in_a_heic() -> bytes:
    """Libheif could decode it, if it had the decoder; ours has one for HEIC's own coding alone."""
    made = Media("heic")
    number = made.add_picture(picture())
    made.items[number - 1].kind = b"jpeg"
    made.items[number - 1].data = encoded(picture(), "JPEG")
    return made.write()


def other_coding(kind: str, other: str) -> bytes:
    made = Media(kind)
    number = made.add_picture(picture())
    configuration, data = coded(other, picture())
    made.properties[0] = configuration
    made.items[number - 1].kind = {"avif": b"av01", "heic": b"hvc1"}[other]
    made.items[number - 1].data = data
    return made.write()


DISAGREE = {
    "AVIF's coding under HEIC's brand": other_coding("heic", "avif"),
    "HEIC's coding under AVIF's brand": other_coding("avif", "heic"),
    "a JPEG in a HEIC": jpeg_in_a_heic(),
    "a film under HEIC's brand": box(b"ftyp", b"heic", bytes(4), b"heicmif1") + box(b"moov", full(b"mvhd", bytes(96))) + box(b"mdat", bytes(400)),
    "a film under AVIF's brand": box(b"ftyp", b"avis", bytes(4), b"avisavif") + box(b"moov", full(b"mvhd", bytes(96))) + box(b"mdat", bytes(400)),
    "a PNG behind a JPEG's first bytes": b"\xff\xd8\xff" + encoded(picture(), "PNG"),
    "a JPEG behind a PNG's first bytes": b"\x89PNG\r\n\x1a\n" + encoded(picture(), "JPEG"),
    "a document behind a JPEG's first bytes": b"\xff\xd8\xff%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n",
    "a script behind a GIF's first bytes": b"GIF89a=1;alert(document.domain)//" + bytes(40),
    "a script behind a bitmap's first letters": b"BM=1;alert(1)//(\0\0\0" + bytes(80),
    "an archive behind a TIFF's first bytes": b"II*\0" + b"PK\x03\x04" + bytes(100),
}  # fmt: skip


@pytest.mark.parametrize("name", DISAGREE)
def test_a_file_of_two_minds_is_refused(jail, name) -> None:
    with pytest.raises(Refused) as refused:
        jail.clean(DISAGREE[name])

    assert not isinstance(refused.value, WouldNotVouch)


ARCHIVE = (
    b"PK\x03\x04\x14\0\0\0\0\0"
    + bytes(16)
    + b"\x05\0\0\0a.htmKAnna"
    + b"PK\x01\x02"
    + bytes(42)
    + b"PK\x05\x06"
    + bytes(18)
)
PAGE = b"<html><script>alert(1)</script>"
DOCUMENT = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\ntrailer\n<</Root 1 0 R>>\n%%EOF\n"

TWO_AT_ONCE = {
    "a JPEG with a page in its comment": with_segments(encoded(picture(), "JPEG"), [(0xFE, PAGE)]),
    "a JPEG with a document in its comment": with_segments(encoded(picture(), "JPEG"), [(0xFE, DOCUMENT)]),
    "a JPEG and an archive": encoded(picture(), "JPEG") + ARCHIVE,
    "a PNG with a page": with_chunks(encoded(picture(), "PNG"), [chunk(b"tEXt", b"x\0" + PAGE)]),
    "a PNG with a program of a web server": with_chunks(encoded(picture(), "PNG"), [chunk(b"tEXt", b"x\0<?php system($_GET[0]);?>")]),
    "a PNG and an archive": encoded(picture(), "PNG") + ARCHIVE,
    "a GIF and an archive": encoded(picture(mode="L"), "GIF") + ARCHIVE,
    "a TIFF and an archive": encoded(picture(), "TIFF") + ARCHIVE,
    "a bitmap and a document": encoded(picture(), "BMP") + DOCUMENT,
    "a WebP and an archive": encoded(picture(), "WEBP") + ARCHIVE,
    "an AVIF and a page": encoded(picture(), "AVIF") + box(b"free", PAGE),
    "an AVIF and an archive": encoded(picture(), "AVIF") + ARCHIVE,
}  # fmt: skip


@pytest.mark.parametrize("name", TWO_AT_ONCE)
def test_of_a_file_that_is_two_things_the_picture_stays_alone(jail, name) -> None:
    _, content = jail.clean(TWO_AT_ONCE[name])

    for other in (b"PK\x03\x04", b"PK\x05\x06", b"%PDF", b"<script", b"<?php", b"Anna"):
        assert other not in content


def changed(content: bytes, chance: random.Random) -> bytes:
    """A few bytes set, cut out or doubled, more often near the beginning, where the structure is."""
    made = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4, 8, 20))):
        reach = chance.choice((len(made), min(len(made), 700)))
        at, other = chance.randrange(reach), chance.randrange(reach)
        match chance.randrange(4):
            case 0:
                made[at] = chance.randrange(256)
            case 1:
                made[at : at + 4] = struct.pack(">I", chance.choice((0, 1, 8, 2**31 - 1, 2**32 - 1)))
            case 2:
                del made[at : at + chance.randrange(1, 40)]
            case _:
                made[at:at] = made[other : other + chance.randrange(1, 60)]
    return bytes(made)


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "tiff", "gif", "bmp", "heic", "avif"])
def test_a_damaged_picture_of_any_kind_leaves_clean_or_is_refused(jail, kind) -> None:
    chance = random.Random(kind)
    samples = [sample.content for sample in corpus() if sample.kind == kind]
    ends: Counter[object] = Counter()

    for _ in range(25):
        damaged = changed(chance.choice(samples), chance)
        # The first bytes stay: this is about what comes after them.
        damaged = samples[0][:12] + damaged[12:] if kind in {"heic", "avif"} else samples[0][:6] + damaged[6:]
        outcome: object = None
        try:
            outcome, _ = jail.clean(damaged)
        except Refused as refused:
            outcome = type(refused)
        # It would mean that the second reading knows less than the first job writes.
        assert outcome is not WouldNotVouch
        ends[outcome] += 1

    # Neither all taken nor all refused, or the test would show little.
    assert len(ends) >= 2, ends
