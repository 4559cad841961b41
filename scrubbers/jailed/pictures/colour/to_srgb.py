"""Converts any file's colours to eight bits of grey or sRGB, with or without alpha, and no palette."""

import io
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from PIL import Image, ImageChops, ImageCms, ImageFile

from scrubbers.jailed.findings import MALFORMED, Findings
from trusted.jail.stages import Damaged, Lost

_PLAIN: Final = {"1", "L", "LA", "RGB", "RGBA"}
_GREY: Final = {"L", "LA"}
# Modes that convert to a plain one with the same colours.
_NEAREST: Final = {"RGBX": "RGB", "RGBa": "RGBA", "La": "LA", "YCbCr": "RGB", "HSV": "RGB", "PA": "RGBA"}
_WITH_ALPHA: Final = {"1": "LA", "L": "LA", "RGB": "RGBA", "P": "RGBA"}
_PROFILE_SPACE: Final = {"RGB": "RGB ", "RGBA": "RGB ", "CMYK": "CMYK", "LAB": "Lab "}
_SIXTEEN_BITS, _EIGHT_BITS = 65535, 255
# Factors that scale greys of two and four bits to eight.
_SPREAD: Final = {"L;2": 85, "L;4": 17}
_BAND_PIXELS: Final = 2**19
# Tolerances of rounding: between the channels of a grey, and between a colour before and after.
_STILL_GREY, _STILL_SRGB = 2, 2
_GREYS: Final = Image.frombytes("L", (256, 1), bytes(range(256)))
# Six steps of each channel in all combinations, and then the greys: three bytes for each.
_SAMPLES: Final = bytes(
    value for number in range(6**3) for value in (number // 36 * 51, number // 6 % 6 * 51, number % 6 * 51)
) + bytes(grey for grey in range(256) for _ in "RGB")  # fmt: skip


def is_deep(picture: ImageFile.ImageFile) -> bool:
    """Return whether the file has more than eight bits a channel. Call before decoding."""
    return picture.mode.startswith(("I", "F")) or any("16" in raw_mode for raw_mode in _raw_modes(picture))


def transparency(picture: ImageFile.ImageFile) -> object:
    """Return the transparent colour, or the alpha of a palette. Call before decoding.

    In the values of the decoded pixels: a PNG gives it in stored values. Of sixteen bits a channel the decoder keeps
    the upper eight, which visible colours may share: then the transparency is lost.
    """
    given = picture.info.get("transparency")
    if loses_transparency(picture):
        return None
    return given * _SPREAD.get(_raw_modes(picture)[0], 1) if isinstance(given, int) and picture.tile else given


def loses_transparency(picture: ImageFile.ImageFile) -> bool:
    """Return whether the file has a transparent colour that cannot be told from others once decoded."""
    return is_deep(picture) and isinstance(picture.info.get("transparency"), tuple)


def _raw_modes(picture: ImageFile.ImageFile) -> list[str]:
    """Return Pillow's raw modes: a tile's decoder arguments are that, alone or first."""
    return [str(tile.args if isinstance(tile.args, str) else (tile.args or [""])[0]) for tile in picture.tile]


def to_plain(picture: Image.Image, profile: bytes | None, findings: Findings) -> Image.Image:
    """Convert the picture to one of the plain modes; raises Damaged for an unknown mode.

    An unusable profile is ignored, as viewers do, and its colours are reported as lost.
    """
    transparency = picture.info.get("transparency")
    if picture.mode.startswith(("I", "F")):
        picture = _to_eight_bits(picture, transparency)
    elif transparency is not None and picture.mode in _WITH_ALPHA:
        picture = picture.convert(_WITH_ALPHA[picture.mode])
    elif picture.mode == "P":
        picture = picture.convert("RGB")
    elif picture.mode in _NEAREST:
        picture = picture.convert(_NEAREST[picture.mode])
    if profile or picture.mode == "LAB":
        try:
            picture = _to_srgb(picture, profile)
        except (ImageCms.PyCMSError, *MALFORMED):
            findings.lose(Lost.EXACT_COLOURS)
    picture = picture.convert("RGB") if picture.mode == "CMYK" else picture
    if picture.mode not in _PLAIN:
        raise Damaged
    return picture


def description(profile: bytes) -> str | None:
    """Return a profile's own name, for the report: screens and scanners put theirs there."""
    try:
        return ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    except (ImageCms.PyCMSError, *MALFORMED):
        return None


def _to_eight_bits(picture: Image.Image, transparency: object) -> Image.Image:
    """Scale sixteen bits and more, integer or floating point, to eight. Only some scanners write these."""
    transparent_grey = transparency if picture.mode.startswith("I;16") and isinstance(transparency, int) else None
    low, high = _least_and_most(picture)
    if picture.mode.startswith("I;16"):
        low, high = 0, _SIXTEEN_BITS
    elif picture.mode == "I" and low >= 0 and high <= _SIXTEEN_BITS:
        # Thirty-two bits that hold sixteen, or eight: the picture does not say.
        low, high = 0, _SIXTEEN_BITS if high > _EIGHT_BITS else _EIGHT_BITS
    scale = _EIGHT_BITS / (high - low) if high > low else None
    made = Image.new("L" if transparent_grey is None else "LA", picture.size)
    for top, wide in _wide_bands(picture):
        narrow = (wide if scale is None else wide.point(lambda value: value * scale - low * scale)).convert("L")
        if transparent_grey is not None:
            narrow.putalpha(_all_but(wide, transparent_grey))
        made.paste(narrow, (0, top))
    return made


def _all_but(wide: Image.Image, grey: int) -> Image.Image:
    """Return an alpha mask, opaque wherever a floating-point picture has another value than this grey."""
    # `convert` clips negative values to zero.
    above = wide.point(lambda value: value - grey).convert("L")
    below = wide.point(lambda value: value * -1 + grey).convert("L")
    return ImageChops.lighter(above, below).point([0] + [_EIGHT_BITS] * _EIGHT_BITS)


def _least_and_most(picture: Image.Image) -> tuple[float, float]:
    least, most = float("inf"), float("-inf")
    for _, wide in _wide_bands(picture):
        low, high = wide.getextrema()
        if isinstance(low, tuple) or isinstance(high, tuple):
            raise Damaged
        least, most = min(least, low), max(most, high)
    return least, most


def _wide_bands(picture: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """Yield bands of the picture in floating point, from top to bottom, each with the number of its first row.

    The whole would take four bytes a pixel, and the result the same again.
    """
    rows = max(1, _BAND_PIXELS // picture.width)
    for top in range(0, picture.height, rows):
        yield top, picture.crop((0, top, picture.width, min(picture.height, top + rows))).convert("F")


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert if the profile is of another space. Raises one of MALFORMED, or PyCMSError, for an unusable profile.

    Converting takes longer than all the rest together, so a profile named sRGB is tried on a few colours and ignored if
    it changes none. The name alone is not enough: linear sRGB bears it too.
    """
    if picture.mode == "1":
        return picture
    if profile is None:
        source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    elif _is_srgb(profile):
        return picture
    else:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    if picture.mode in _GREY:
        return _with_greys(picture, _greys(source))
    if source.profile.xcolor_space != _PROFILE_SPACE[picture.mode]:
        raise ValueError
    target = ImageCms.createProfile("sRGB")
    if picture.mode in {"RGB", "RGBA"}:
        ImageCms.profileToProfile(picture, source, target, inPlace=True)
        return picture
    converted = ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
    return picture if converted is None else converted


# A streamed picture asks this for every strip.
@lru_cache(maxsize=1)
def _is_srgb(profile: bytes) -> bool:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    return "sRGB" in (source.profile.profile_description or "") and _changes_nothing(source)


def _changes_nothing(source: ImageCms.ImageCmsProfile) -> bool:
    """Return whether a profile's colours and greys are those of sRGB, but for rounding."""
    if source.profile.xcolor_space == "GRAY":
        samples = _GREYS
    elif source.profile.xcolor_space == "RGB ":
        samples = Image.frombytes("RGB", (len(_SAMPLES) // 3, 1), _SAMPLES)
    else:
        return False
    changed = ImageChops.difference(samples.convert("RGB"), _exactly(samples, source))
    return max(changed.tobytes()) <= _STILL_SRGB


def _exactly(samples: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    """Convert a few colours to sRGB, without the library's interpolation."""
    made = Image.new("RGB", samples.size)
    target = ImageCms.createProfile("sRGB")
    # By default littleCMS interpolates between every eighth value, which is far off in dark colours.
    transform = ImageCms.buildTransform(source, target, samples.mode, "RGB", flags=ImageCms.Flags.NOOPTIMIZE)
    transform.apply(samples, made)
    return made


def _greys(source: ImageCms.ImageCmsProfile) -> list[int]:
    """Return the sRGB value of each of the 256 greys. Raises ValueError for a profile in which grey has a colour."""
    greys = _GREYS if source.profile.xcolor_space == "GRAY" else _GREYS.convert("RGB")
    made = _exactly(greys, source)
    colours = list(zip(*(band.tobytes() for band in made.split()), strict=True))
    if any(max(colour) - min(colour) > _STILL_GREY for colour in colours):
        raise ValueError
    return [green for _, green, _ in colours]


def _with_greys(picture: Image.Image, greys: list[int]) -> Image.Image:
    """Map greys by a lookup table: as RGB the picture would be three times as large and as slow."""
    if picture.mode == "L":
        return picture.point(greys)
    return picture.point([*greys, *range(256)])
