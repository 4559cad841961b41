"""The closed list of picture decoders, and the settings that each needs before it may read a hostile file.

Decoders are loaded and chosen by name. By default Pillow tries all it knows, and a PostScript file named as a
photograph would start Ghostscript.
"""

import functools
from typing import IO, Final, cast

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from scrubbers.jailed.findings import MALFORMED
from trusted.jail.stages import Kind, TooManyPixels

PIXELS: Final = 100_000_000  # 100 megapixels: design, "Numbers"; as RGB 400 MB in Pillow's memory

PLUGINS: Final = (
    AvifImagePlugin, BmpImagePlugin, GifImagePlugin, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin,
    WebPImagePlugin,
)  # fmt: skip
_FORMATS: Final = {
    # A phone's picture with a second one after it opens as MPO.
    Kind.JPEG: ("JPEG", "MPO"),
    Kind.PNG: ("PNG",),
    Kind.WEBP: ("WEBP",),
    Kind.TIFF: ("TIFF",),
    Kind.GIF: ("GIF",),
    Kind.BMP: ("BMP",),
    Kind.HEIC: ("HEIF",),
    Kind.AVIF: ("AVIF",),
}
# With one thread the AVIF decoder starts none: no other job could start one.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
# For a PNG's profile. The default is 1 MiB, and the profiles of some scanners are longer.
PngImagePlugin.MAX_TEXT_CHUNK = 8 * 2**20


def _step_over(stream: PngImagePlugin.PngStream, _position: int, length: int) -> bytes:
    return ImageFile._safe_read(cast("IO[bytes]", stream.fp), length)  # noqa: SLF001  what its own readers of chunks begin with


# `containers` reads a PNG's texts for the report. Pillow would store them in `info` under their keywords: one called
# "transparency" or "interlace" would be taken for that.
PngImagePlugin.PngStream.chunk_tEXt = _step_over  # type: ignore[assignment, method-assign]
PngImagePlugin.PngStream.chunk_zTXt = _step_over  # type: ignore[assignment, method-assign]
PngImagePlugin.PngStream.chunk_iTXt = _step_over  # type: ignore[assignment, method-assign]

_ORIENTATION_TAG: Final = 0x0112
_SHORT, _SHORT_BYTES = 3, 2
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@functools.cache
def load_heic() -> None:
    """Load the decoder of HEIC, a package of its own: a zygote that is warmed up for other kinds needs it not."""
    import pillow_heif  # noqa: PLC0415

    # Decoding takes one thread beside the first, which only its jobs may start; not one for each core.
    pillow_heif.register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)


def open_picture(kind: Kind, file: IO[bytes]) -> ImageFile.ImageFile:
    """Open the picture with the decoder of its kind and no other, undecoded; raises what that one raises."""
    if kind is Kind.HEIC:
        load_heic()
    # Otherwise a PNG would be refused for a wrong checksum outside its pixels, or too long a profile. Until
    # then the flag concerns only those; for the decoding, missing pixels must be an error again.
    ImageFile.LOAD_TRUNCATED_IMAGES = kind is Kind.PNG
    try:
        return Image.open(file, formats=_FORMATS[kind])
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def require_few_pixels(picture: Image.Image) -> None:
    """Raise TooManyPixels beyond PIXELS."""
    if picture.width * picture.height > PIXELS:
        raise TooManyPixels


def turn(picture: ImageFile.ImageFile) -> Image.Transpose | None:
    """Return the transpose that makes the picture upright once its orientation tag is gone; None if it is already.

    Call before decoding: browsers apply only the EXIF block, and in a PNG only one in front of the pixels, while Pillow
    would apply XMP as well, where programs that have turned the pixels leave the old orientation.

    Two decoders turn by themselves: TIFF's by its tag, and HEIC's by the file's boxes (then ignore the EXIF tag, for
    cameras write the same turn into both). AVIF's decoder returns the turn of the boxes as the tag.
    """
    block = picture.info.get("exif")
    if picture.format in {"TIFF", "HEIF"} or not isinstance(block, bytes):
        return None
    tags = Image.Exif()
    try:
        tags.load(block)
        is_one_short = _is_one_short(tags, _ORIENTATION_TAG)
        return _TURNS.get(tags[_ORIENTATION_TAG]) if is_one_short else None
    except MALFORMED:
        return None


def _is_one_short(tags: Image.Exif, tag: int) -> bool:
    """Return whether the tag is stored as one SHORT: browsers ignore an orientation of another type."""
    stored = tags._info  # noqa: SLF001  the library takes any type and any number of them
    return stored is not None and stored.tagtype.get(tag) == _SHORT and len(stored._tagdata[tag]) == _SHORT_BYTES  # noqa: SLF001


def leave_turn_to_tag(picture: ImageFile.ImageFile) -> None:
    """Keep the decoder of a TIFF from turning by XMP. Call before each page is decoded."""
    picture.info.pop("xmp", None)
    if _ORIENTATION_TAG not in getattr(picture, "tag_v2", {}):
        picture.getexif().pop(_ORIENTATION_TAG, None)
