"""The closed list of picture decoders, and what each has to be told before it may see a stranger's file.

Decoders are loaded by name and asked by name. Left to itself Pillow would try all it knows, and a PostScript file named
as a photograph would start an interpreter.
"""

from typing import IO, Final, cast

import pillow_heif
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
from scrubbers.stages import Kind, TooManyPixels

PIXELS: Final = 100_000_000  # 100 megapixels: design, "Numbers"; as RGB 400 MB in Pillow's memory

PLUGINS: Final = (
    AvifImagePlugin, BmpImagePlugin, GifImagePlugin, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin,
    WebPImagePlugin,
)  # fmt: skip
_FORMATS: Final = {
    # A phone's picture with a second one behind it opens as MPO.
    Kind.JPEG: ("JPEG", "MPO"),
    Kind.PNG: ("PNG",),
    Kind.WEBP: ("WEBP",),
    Kind.TIFF: ("TIFF",),
    Kind.GIF: ("GIF",),
    Kind.BMP: ("BMP",),
    Kind.HEIC: ("HEIF",),
    Kind.AVIF: ("AVIF",),
}
# Decoding HEIC takes one thread beside the first, which its jobs alone may start; the number must not follow the cores.
pillow_heif.register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)
# With one thread it starts none, which no other job could.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
# For a PNG's profile. Of its own accord it takes 1 MiB, and those of some scanners are longer.
PngImagePlugin.MAX_TEXT_CHUNK = 8 * 2**20


def _step_over(stream: PngImagePlugin.PngStream, _position: int, length: int) -> bytes:
    return ImageFile._safe_read(cast("IO[bytes]", stream.fp), length)  # noqa: SLF001  what its own readers of chunks begin with


# A PNG's texts are read for the report by `containers`. Pillow would keep them under the names that they bear, among
# what it knows of the picture: one called "transparency" or "interlace" would be taken for that.
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


def open_picture(kind: Kind, file: IO[bytes]) -> ImageFile.ImageFile:
    """Open the picture with the decoder of its kind and no other, undecoded; raises what that decoder raises."""
    # A PNG would be refused for a wrong checksum of what is not its pixels, or for too long a profile. While nothing is
    # decoded this concerns those alone, and after that pixels that are missing must be an error again.
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
    """How the picture must be turned to stand upright once its tags are gone; None when it does already.

    To be asked before anything is decoded, for browsers heed the EXIF block alone, and in a PNG only in front of the
    pixels. Left to itself Pillow would go by XMP as well, where programs that turned the pixels leave what was.

    Two decoders turn by themselves: TIFF's as its tag says, and HEIC's as the file's boxes say (the tag is then to be
    left alone, for cameras write the same turn into both). AVIF's decoder gives the turn of the boxes as the tag.
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
    """Whether the tag is stored as one number of two bytes: browsers heed no turn of another type."""
    stored = tags._info  # noqa: SLF001  the library takes any type and any number of them
    return stored is not None and stored.tagtype.get(tag) == _SHORT and len(stored._tagdata[tag]) == _SHORT_BYTES  # noqa: SLF001


def leave_turn_to_tag(picture: ImageFile.ImageFile) -> None:
    """Keep the decoder of a TIFF from turning by XMP. Call before each page is decoded."""
    picture.info.pop("xmp", None)
    if _ORIENTATION_TAG not in getattr(picture, "tag_v2", {}):
        picture.getexif().pop(_ORIENTATION_TAG, None)
