"""From whatever a file's colours are to eight bits of grey or sRGB, with or without alpha, and no palette."""

import io
from typing import Final

from PIL import Image, ImageCms, ImageFile

from scrubbers.jailed.findings import MALFORMED
from scrubbers.stages import Damaged

_PLAIN: Final = {"1", "L", "LA", "RGB", "RGBA"}
# Modes that stand for one of the plain ones.
_NEAREST: Final = {"RGBX": "RGB", "RGBa": "RGBA", "La": "LA", "YCbCr": "RGB", "HSV": "RGB", "CMYK": "RGB", "PA": "RGBA"}
_WITH_ALPHA: Final = {"1": "LA", "L": "LA", "RGB": "RGBA", "P": "RGBA"}
_PROFILE_SPACE: Final = {"RGB": "RGB ", "RGBA": "RGB ", "CMYK": "CMYK", "LAB": "Lab "}
_SIXTEEN_BITS, _EIGHT_BITS = 65535, 255


def is_deep(picture: ImageFile.ImageFile) -> bool:
    """Whether the file has more than eight bits a channel; to be asked before decoding."""
    if picture.mode.startswith(("I", "F")):
        return True
    # A decoder's arguments are its raw mode, alone or first.
    raw_modes = (tile.args if isinstance(tile.args, str) else (tile.args or [""])[0] for tile in picture.tile)
    return any("16" in str(raw_mode) for raw_mode in raw_modes)


def to_plain(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture in one of the plain modes; raises Damaged for a mode nobody knows."""
    transparency = picture.info.get("transparency")
    if picture.mode.startswith(("I", "F")):
        picture = _to_eight_bits(picture)
    elif transparency is not None and picture.mode in _WITH_ALPHA:
        picture = picture.convert(_WITH_ALPHA[picture.mode])
    elif picture.mode == "P":
        picture = picture.convert("RGB")
    if profile or picture.mode == "LAB":
        picture = _to_srgb(picture, profile)
    picture = picture.convert(_NEAREST[picture.mode]) if picture.mode in _NEAREST else picture
    if picture.mode not in _PLAIN:
        raise Damaged
    return picture


def description(profile: bytes) -> str | None:
    """A profile's own name, for the report: screens and scanners put theirs there."""
    try:
        return ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    except (ImageCms.PyCMSError, *MALFORMED):
        return None


def _to_eight_bits(picture: Image.Image) -> Image.Image:
    """Sixteen bits and more, integer or floating, spread over eight. Nobody's camera, but some scanners."""
    wide = picture.convert("F")
    low, high = wide.getextrema()
    if isinstance(low, tuple) or isinstance(high, tuple):
        raise Damaged
    if picture.mode.startswith("I;16"):
        low, high = 0, _SIXTEEN_BITS
    elif picture.mode == "I" and low >= 0 and high <= _SIXTEEN_BITS:
        # Thirty-two bits that hold sixteen, or eight: the picture does not say.
        low, high = 0, _SIXTEEN_BITS if high > _EIGHT_BITS else _EIGHT_BITS
    if not high > low:
        return wide.convert("L")
    scale = _EIGHT_BITS / (high - low)
    return wide.point(lambda value: value * scale - low * scale).convert("L")


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Converts when the profile is a usable one of another space; a broken profile is left aside.

    Grey profiles are left aside too: they change brightness a little and would make the picture three times as large.
    Converting takes longer than all the rest together, so a profile that calls itself sRGB is taken at its word.
    """
    space = _PROFILE_SPACE.get(picture.mode)
    try:
        if profile is None:
            source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        else:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space != space or "sRGB" in (source.profile.profile_description or ""):
            return picture
        target = ImageCms.createProfile("sRGB")
        if picture.mode in {"RGB", "RGBA"}:
            ImageCms.profileToProfile(picture, source, target, inPlace=True)
            return picture
        converted = ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, *MALFORMED):
        return picture
    return converted if converted is not None else picture
