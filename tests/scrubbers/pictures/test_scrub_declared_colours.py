"""Colours that a file describes by numbers, without a profile, come out as browsers show them; or the report says so.

What is wanted was read from canvases of Chromium 156, on which Firefox 153 agrees but where it is said.
"""

from __future__ import annotations

import mmap
import struct
from itertools import pairwise

import pytest
from corpus.index import chunk, encoded, picture, with_chunks
from corpus.media import Media, box, profile_property
from documents.pictures import ADOBE_RGB, D65, DISPLAY_P3, as_picture, furthest, icc, matrix_profile
from files.scrub_harness import arrived
from PIL import Image, ImageCms

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.metadata import isobmff
from scrubbers.jailed.pictures import scrub
from trusted.jail.memory_file import MemoryFile
from trusted.jail.stages import Kind, Lost

SRGB = (0.64, 0.33), (0.30, 0.60), (0.15, 0.06)
P3, ADOBE = DISPLAY_P3[0], ADOBE_RGB[0]
D50 = (0.3457, 0.3585)
GREYS = (0, 5, 10, 20, 40, 64, 96, 128, 160, 192, 224, 255)
COLOURS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (200, 100, 50))
PATCH = 16


def patches() -> Image.Image:
    """Greys and colours side by side."""
    made = Image.new("RGB", (len(GREYS) + len(COLOURS), 1))
    made.putdata([*((grey,) * 3 for grey in GREYS), *COLOURS])
    # A HEIC has 64 rows at least.
    return made.resize((PATCH * made.width, 64), Image.Resampling.NEAREST)


def gamma(value: int) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", value))


def primaries(space: tuple[tuple[float, float], ...], white: tuple[float, float] = D65) -> bytes:
    numbers = [round(100_000 * one) for corner in (white, *space) for one in corner]
    return chunk(b"cHRM", struct.pack(">8I", *numbers))


def code_points(*numbers: int) -> bytes:
    return chunk(b"cICP", bytes(numbers))


def png(*chunks: bytes, made: Image.Image | None = None, **settings: object) -> bytes:
    return with_chunks(encoded(made or patches(), "PNG", **settings), list(chunks))


def media(kind: str, colour: bytes, made: Image.Image | None = None) -> bytes:
    one = Media(kind)
    one.add_picture(made or patches(), one.add_property(colour), quality=98)
    return one.write()


def numbers_property(primaries: int, transfer: int) -> bytes:
    return box(b"colr", b"nclx", struct.pack(">HHHB", primaries, transfer, 6, 0x80))


def stepped_srgb() -> bytes:
    """The usual profile, its curve a table."""
    steps = [step / 1023 for step in range(1024)]
    values = [round(65535 * (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4)) for one in steps]
    curve = b"curv\0\0\0\0" + struct.pack(">I1024H", 1024, *values)
    return matrix_profile((SRGB, 1.0), "sRGB IEC61966-2.1", curve)


def scrubbed(content: bytes, kind: Kind = Kind.PNG) -> tuple[Image.Image, tuple[Lost, ...]]:
    findings = Findings()
    with arrived(content) as file, MemoryFile() as clean, MemoryFile() as preview:
        scrub.scrub_picture(kind, file.fileno(), clean.fileno(), preview.fileno(), findings)
        return as_picture(clean.read()), findings.lost()


def require_shown(
    seen: Image.Image, greys: tuple[int, ...], colours: tuple[tuple[int, ...], ...], most: int = 2
) -> None:
    for number, wanted in enumerate([*((grey,) * 3 for grey in greys), *colours]):
        found = seen.getpixel((PATCH * number + PATCH // 2, PATCH // 2))
        assert max(abs(a - b) for a, b in zip(found, wanted, strict=True)) <= most, (number, found, wanted)


def with_last(
    colour: tuple[int, int, int], corners: tuple[tuple[int, ...], ...] = COLOURS
) -> tuple[tuple[int, ...], ...]:
    return (*corners[:3], colour)


LINEAR = (0, 38, 56, 79, 110, 137, 165, 188, 208, 225, 241, 255)
TWO_POINT_TWO = (0, 1, 3, 12, 35, 62, 96, 129, 161, 193, 225, 255)
TWO_POINT_EIGHT = (0, 0, 0, 3, 17, 40, 72, 106, 142, 179, 217, 255)
# Among others what Firefox shows a little lighter where it is dark: its way from gamma alone is a plain power.
SHOWN = {
    "linear": ((gamma(100_000),), LINEAR, with_last((229, 168, 122))),
    "linear, corners of sRGB": ((gamma(100_000), primaries(SRGB)), LINEAR, with_last((229, 168, 122))),
    "half": ((gamma(50_000),), (0, 1, 5, 18, 43, 71, 105, 137, 168, 198, 227, 255), with_last((206, 109, 55))),
    "Display P3": ((code_points(12, 13, 0, 1),), GREYS, with_last((215, 93, 31))),
    "BT.2020": ((code_points(9, 14, 0, 1),), GREYS, with_last((241, 76, 29))),
    "BT.601": (
        (code_points(6, 13, 0, 1),),
        GREYS,
        with_last((196, 102, 49), ((248, 36, 0), (63, 251, 0), (26, 35, 255))),
    ),
    "DCI": ((code_points(11, 13, 0, 1),), GREYS, with_last((211, 93, 32))),
    "gamma 2.2": ((code_points(1, 4, 0, 1),), TWO_POINT_TWO, with_last((201, 100, 46))),
    "gamma 2.8": ((code_points(1, 5, 0, 1),), TWO_POINT_EIGHT, with_last((189, 76, 26))),
    "straight": ((code_points(1, 8, 0, 1),), LINEAR, with_last((229, 168, 122))),
    "corners of P3": ((gamma(45_455), primaries(P3)), TWO_POINT_TWO, with_last((216, 93, 24))),
    "corners of Adobe RGB": ((gamma(45_455), primaries(ADOBE)), TWO_POINT_TWO, with_last((227, 100, 42))),
    "another white": (
        (gamma(45_455), primaries(SRGB, D50)),
        TWO_POINT_TWO,
        with_last((209, 101, 53), ((255, 16, 25), (0, 255, 47), (0, 0, 251))),
    ),
    # Precedence.
    "numbers before gamma": ((gamma(100_000), code_points(12, 13, 0, 1)), GREYS, with_last((215, 93, 31))),
    "sRGB before gamma": ((gamma(100_000), chunk(b"sRGB", b"\0")), GREYS, COLOURS),
    "numbers before sRGB": ((chunk(b"sRGB", b"\0"), code_points(12, 13, 0, 1)), GREYS, with_last((215, 93, 31))),
    # What browsers leave as it is.
    "corners alone": ((primaries(P3),), GREYS, COLOURS),
    "nearly the usual gamma": ((gamma(47_000),), GREYS, COLOURS),
    "no gamma": ((gamma(0),), GREYS, COLOURS),
    "numbers that say nothing": ((code_points(2, 13, 0, 1),), GREYS, COLOURS),
    "numbers of film": ((code_points(1, 1, 0, 1),), GREYS, COLOURS),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_png_looks_as_browsers_show_it(name) -> None:
    chunks, greys, colours = SHOWN[name]

    seen, lost = scrubbed(png(*chunks))

    require_shown(seen, greys, colours)
    assert lost == ()


@pytest.mark.parametrize("kind", [Kind.HEIC, Kind.AVIF])
@pytest.mark.parametrize(
    ("numbers", "greys", "last"),
    [
        ((12, 13), GREYS, (215, 93, 31)),
        ((9, 14), GREYS, (241, 76, 29)),
        ((1, 8), LINEAR, (229, 168, 122)),
        ((1, 1), GREYS, (200, 100, 50)),
        ((2, 2), GREYS, (200, 100, 50)),
    ],
)
def test_a_phone_picture_of_numbers_looks_as_browsers_show_it(kind, numbers, greys, last) -> None:
    content = media(kind.value, numbers_property(*numbers))

    seen, lost = scrubbed(content, kind)

    # It was coded with loss twice: the greys and the last patch are far enough from the edges of colour.
    for number, wanted in [*enumerate((grey,) * 3 for grey in greys), (len(GREYS) + 3, last)]:
        found = seen.getpixel((PATCH * number + PATCH // 2, PATCH // 2))
        assert max(abs(a - b) for a, b in zip(found, wanted, strict=True)) <= 8, (number, found, wanted)
    assert lost == ()


@pytest.mark.parametrize("kind", ["heic", "avif"])
def test_it_is_the_first_picture_whose_numbers_count(kind) -> None:
    one = Media(kind)
    first = one.add_picture(patches(), one.add_property(numbers_property(12, 13)), quality=98)
    one.add_property(numbers_property(9, 16))
    other = one.add_picture(picture((64, 48)), len(one.properties), hidden=True)
    one.refer(b"thmb", other, first)

    seen, lost = scrubbed(one.write(), Kind[kind.upper()])

    found = seen.getpixel((PATCH * (len(GREYS) + 3) + PATCH // 2, PATCH // 2))
    assert max(abs(a - b) for a, b in zip(found, (215, 93, 31), strict=True)) <= 8
    assert lost == ()


def test_a_profile_comes_before_gamma_and_behind_numbers() -> None:
    profile = matrix_profile(ADOBE_RGB)

    behind, _ = scrubbed(png(gamma(100_000), icc_profile=profile))
    before, lost = scrubbed(png(code_points(12, 13, 0, 1), icc_profile=profile))
    usual, _ = scrubbed(png(code_points(1, 13, 0, 1), icc_profile=profile))

    require_shown(behind, TWO_POINT_TWO, with_last((227, 100, 42)))
    require_shown(before, GREYS, with_last((215, 93, 31)))
    require_shown(usual, GREYS, COLOURS, 0)
    assert lost == ()


@pytest.mark.parametrize(
    "chunks",
    [
        (),
        (chunk(b"sRGB", b"\0"),),
        (gamma(45_455),),
        (gamma(45_455), primaries(SRGB)),
        (gamma(45_455), chunk(b"sRGB", b"\0"), primaries(SRGB)),
        (code_points(1, 13, 0, 1),),
    ],
)
def test_what_is_srgb_in_other_words_stays_to_the_bit_and_is_not_converted(chunks, monkeypatch) -> None:
    monkeypatch.setattr(ImageCms, "profileToProfile", None)
    monkeypatch.setattr(ImageCms, "buildTransform", None)
    made = picture((64, 48))

    seen, lost = scrubbed(png(*chunks, made=made))

    assert seen.tobytes() == made.tobytes()
    assert lost == ()


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (Kind.PNG, lambda: png(code_points(9, 16, 0, 1))),
        (Kind.PNG, lambda: png(code_points(9, 18, 0, 1))),
        (Kind.PNG, lambda: png(code_points(200, 13, 0, 1))),
        (Kind.PNG, lambda: png(gamma(1))),
        (Kind.PNG, lambda: png(gamma(2**31 - 1))),
        (Kind.PNG, lambda: png(gamma(45_455), primaries(((0.1, 0.0), (0.1, 0.0), (0.1, 0.0))))),
        (Kind.PNG, lambda: png(gamma(45_455), primaries((SRGB[0], SRGB[0], SRGB[0])))),
        (Kind.PNG, lambda: png(icc_profile=b"no profile")),
        (Kind.AVIF, lambda: media("avif", numbers_property(9, 16))),
        (Kind.HEIC, lambda: media("heic", numbers_property(9, 18))),
        (Kind.HEIC, lambda: media("heic", profile_property(b"no profile" * 20))),
        (Kind.JPEG, lambda: encoded(patches(), "JPEG", icc_profile=b"no profile")),
        (Kind.JPEG, lambda: encoded(patches().convert("L"), "JPEG", icc_profile=b"no profile")),
        (Kind.TIFF, lambda: encoded(patches(), "TIFF", icc_profile=b"no profile")),
        (Kind.WEBP, lambda: encoded(patches(), "WEBP", icc_profile=b"no profile")),
    ],
)
def test_what_cannot_be_converted_is_reported(kind, content) -> None:
    seen, lost = scrubbed(content(), kind)

    assert lost == (Lost.EXACT_COLOURS,)
    require_shown(seen.convert("RGB"), GREYS, (), 8)


def test_chunks_of_a_wrong_length_or_behind_the_pixels_say_nothing() -> None:
    late = encoded(patches(), "PNG")
    for content in (
        png(chunk(b"cICP", bytes((12, 13, 0, 1, 0)))),
        png(chunk(b"cICP", b"\x0c\x0d")),
        png(code_points(12, 13, 1, 1)),
        png(chunk(b"gAMA", struct.pack(">I", 100_000) + b"x")),
        late[:-12] + code_points(12, 13, 0, 1) + gamma(100_000) + late[-12:],
    ):
        seen, _ = scrubbed(content)
        assert furthest(seen, patches()) == 0


# Grey.


def grey_profile(exponent: float) -> bytes:
    described = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"Grey\0" + bytes(4 + 4 + 2 + 1 + 67)
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(exponent * 256)) + bytes(2)
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(65536 * one) for one in (0.9642, 1.0, 0.8249)))
    tags = [(b"desc", described), (b"wtpt", white), (b"cprt", b"text\0\0\0\0none\0"), (b"kTRC", curve)]
    return icc(b"GRAY", b"XYZ ", b"mntr", tags)


def grey_patches(mode: str = "L") -> Image.Image:
    made = patches().crop((0, 0, PATCH * len(GREYS), 64)).convert("L")
    if mode == "LA":
        made.putalpha(200)
    return made


def encoded_deep(made: Image.Image) -> bytes:
    wide = b"".join(struct.pack("<H", value * 257) for value in made.tobytes())
    return encoded(Image.frombytes("I;16", made.size, wide), "PNG", icc_profile=grey_profile(1.0))


@pytest.mark.parametrize(
    ("kind", "content", "greys"),
    [
        (Kind.PNG, lambda: png(made=grey_patches(), icc_profile=grey_profile(1.0)), LINEAR),
        (Kind.PNG, lambda: png(made=grey_patches("LA"), icc_profile=grey_profile(2.2)), TWO_POINT_TWO),
        (Kind.PNG, lambda: png(gamma(100_000), made=grey_patches()), LINEAR),
        (Kind.PNG, lambda: encoded_deep(grey_patches()), LINEAR),
        (Kind.PNG, lambda: png(made=grey_patches(), icc_profile=matrix_profile(ADOBE_RGB)), TWO_POINT_TWO),
        (Kind.TIFF, lambda: encoded(grey_patches(), "TIFF", icc_profile=grey_profile(1.0)), LINEAR),
        (Kind.JPEG, lambda: encoded(grey_patches(), "JPEG", quality=98, icc_profile=grey_profile(1.0)), LINEAR),
    ],
)
def test_grey_is_converted_and_stays_grey(kind, content, greys) -> None:
    seen, lost = scrubbed(content(), kind)

    assert seen.mode in {"L", "LA"}
    assert Lost.EXACT_COLOURS not in lost
    require_shown(seen.convert("RGB"), greys, (), 8 if kind is Kind.JPEG else 2)


def test_grey_of_the_usual_profile_stays_to_the_bit() -> None:
    made = Image.linear_gradient("L")
    usual = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    seen, lost = scrubbed(png(made=made, icc_profile=usual))

    assert seen.tobytes() == made.tobytes()
    assert lost == ()


# As Krita, darktable and GIMP call what they write from pictures of linear light.
LINEAR_BY_NAME = ("GIMP built-in Linear sRGB", "sRGB-elle-V2-g10.icc")


@pytest.mark.parametrize("name", LINEAR_BY_NAME)
@pytest.mark.parametrize(
    ("kind", "format_name", "settings"),
    [
        (Kind.PNG, "PNG", {}),
        (Kind.WEBP, "WEBP", {"lossless": True}),
        (Kind.TIFF, "TIFF", {}),
        (Kind.JPEG, "JPEG", {"quality": 98, "subsampling": "4:4:4"}),
    ],
)
def test_a_profile_that_bears_the_name_of_srgb_and_is_another_is_converted(kind, format_name, settings, name) -> None:
    profile = matrix_profile((SRGB, 1.0), name)

    seen, lost = scrubbed(encoded(patches(), format_name, icc_profile=profile, **settings), kind)

    require_shown(seen, LINEAR, with_last((229, 168, 122)), most=16 if kind is Kind.JPEG else 2)
    assert lost == ()


def test_grey_of_a_profile_that_bears_the_name_of_srgb_and_is_another_is_converted() -> None:
    profile = matrix_profile((SRGB, 1.0), LINEAR_BY_NAME[0])

    seen, _ = scrubbed(png(made=Image.linear_gradient("L"), icc_profile=profile))

    assert [seen.getpixel((0, grey)) for grey in GREYS] == pytest.approx(list(LINEAR), abs=2)


@pytest.mark.parametrize("made", [patches(), patches().convert("L")], ids=["colours", "greys"])
def test_what_differs_from_srgb_in_rounding_alone_stays_to_the_bit(made, monkeypatch) -> None:
    """The curve is given in 1024 steps as the profile has it that came with most scanners and screens."""
    monkeypatch.setattr(ImageCms, "profileToProfile", None)

    seen, lost = scrubbed(png(made=made, icc_profile=stepped_srgb()))

    assert seen.tobytes() == made.tobytes()
    assert lost == ()


def test_a_grey_profile_never_turns_light_to_dark() -> None:
    seen, _ = scrubbed(png(made=Image.linear_gradient("L"), icc_profile=grey_profile(1.8)))

    greys = list(seen.crop((0, 0, 1, 256)).tobytes())
    assert all(one <= next_one for one, next_one in pairwise(greys))
    assert (greys[0], greys[-1]) == (0, 255)


def test_numbers_of_a_see_through_picture_leave_its_alpha_alone() -> None:
    made = patches().convert("RGBA")
    made.putalpha(Image.linear_gradient("L").resize(made.size).point(lambda value: max(130, value)))

    seen, _ = scrubbed(png(code_points(12, 13, 0, 1), made=made))

    assert seen.getchannel("A").tobytes() == made.getchannel("A").tobytes()
    require_shown(seen.convert("RGB"), GREYS, with_last((215, 93, 31)))


def test_boxes_that_are_cut_off_or_lead_nowhere_say_nothing() -> None:
    content = media("avif", numbers_property(12, 13))
    end = content.index(b"mdat")

    def numbers(untrusted: bytes) -> tuple[int, int] | None:
        with mmap.mmap(-1, len(untrusted)) as mapped:
            mapped[:] = untrusted
            return isobmff.nclx_numbers(mapped)

    assert numbers(content) == (12, 13)
    for name in (b"ipma", b"pitm", b"ipco", b"iprp", b"nclx", b"colr", b"meta"):
        assert numbers(content.replace(name, b"none")) is None
    assert {numbers(content[:length]) for length in range(1, end)} <= {None, (12, 13)}
    for at in range(end):
        numbers(content[:at] + b"\xff" + content[at + 1 :])
