"""Rebuilds a picture from its pixels. Only pixels of the first frame (of every page of a TIFF) reach the output.

The first frame is the first that viewers show: not a default image for readers without animation, nor a thumbnail.

1 report the blocks and metadata
2 open with the decoder of the sniffed kind and no other (`decoders`)
3 refuse too many pixels or pages, and what would take too much memory (`memory_limits`), before decoding anything
4 decode, and release the memory of a large file (a large JPEG or PNG is streamed in strips instead: `streaming/`)
5 apply the orientation, because the tag will be gone
6 convert to sRGB, because the colour profile will be gone, and so will colours declared by numbers (`declared_colour`)
7 convert to eight bits and a plain mode without a palette: unused palette entries survive everything else
8 redact the colours that alpha makes invisible (`hidden_by_alpha`); flatten onto white what becomes a JPEG
9 clear `info`: Pillow writes back what it finds there; by choice, put the pixels on another grid (`against_marks`)
10 encode with constant settings, so that tables and parameters say nothing of the camera
11 write a small preview from the same pixels
"""

import mmap
from collections.abc import Iterator
from contextlib import closing
from typing import IO, Any, Final

from PIL import Image, ImageFile, TiffImagePlugin

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.metadata import containers, exif, isobmff
from scrubbers.jailed.metadata.xmp import collect_iptc, collect_xmp
from scrubbers.jailed.pictures import against_marks, decoders, memory_limits, webp_header
from scrubbers.jailed.pictures.colour import declared_colour, hidden_by_alpha, to_srgb
from scrubbers.jailed.pictures.colour.declared_colour import DeclaredColour
from scrubbers.jailed.pictures.colour.hidden_by_alpha import WITH_ALPHA
from scrubbers.jailed.pictures.preview import PREVIEW_SIDE, downscaled
from scrubbers.jailed.pictures.release_input import release_input
from scrubbers.jailed.pictures.streaming import jpeg, png, png_chunks, png_encoder
from trusted.jail.stages import RESULT_KIND, CameraRaw, Kind, Lost, TooManyFrames, UncommonPicture, What, Where

_TIFF_PAGES: Final = 200  # a long fax; a document of more pages is a PDF
JPEG_SETTINGS: Final[dict[str, Any]] = {"quality": 90, "subsampling": "4:2:0", "optimize": False, "progressive": False}
_SETTINGS: Final[dict[Kind, dict[str, Any]]] = {
    Kind.JPEG: JPEG_SETTINGS,
    Kind.PNG: {"compress_level": png_encoder.LEVEL, "optimize": False},
    Kind.WEBP: {"quality": 90, "method": 4, "lossless": False, "exact": False},
    Kind.TIFF: {"compression": "tiff_adobe_deflate"},
}
_DNG_VERSION, _SUB_IFDS, _NEW_SUBFILE_TYPE, _XMP, _IPTC, _PHOTOSHOP = 0xC612, 0x014A, 0x00FE, 0x02BC, 0x83BB, 0x8649
_REDUCED_PICTURE, _MASK = 1, 4
# TIFF 6.0: bits of a channel, and whether zero is white or black.
_BITS, _PHOTOMETRIC_INTERPRETATION = 0x0102, 0x0106
_TWELVE, _WHITE_IS_ZERO, _MOST_OF_SIXTEEN = 12, 0, 65535
_TWELVE_TO_SIXTEEN: Final = _MOST_OF_SIXTEEN / 4095
# The older tag for NewSubfileType, and its value for a reduced picture.
_SUBFILE_TYPE, _OLD_REDUCED = 0x00FF, 2
_PAPER: Final = (255, 255, 255)
_NOTHING_DECLARED: Final = DeclaredColour()


def scrub_picture(kind: Kind, untrusted_descriptor: int, clean: int, preview: int, findings: Findings) -> None:
    """Write the rebuilt picture and its preview; raises Refused, or whatever the decoder raises."""
    with mmap.mmap(untrusted_descriptor, 0, prot=mmap.PROT_READ) as untrusted:
        containers.collect(kind, untrusted, findings)
        # Its decoder returns all pixels, also those that a clean aperture hides from viewers.
        if kind is Kind.AVIF and isobmff.crops(untrusted):
            raise UncommonPicture
        declared = declared_colour.read(kind, untrusted)
    memory_limits.require_room_to_open(kind, untrusted_descriptor)
    # A decoder that reads the whole file at once: a buffer would hold it a second time.
    buffering = 0 if kind in memory_limits.READ_AT_ONCE else -1
    with (
        open(untrusted_descriptor, "rb", buffering=buffering, closefd=False) as file,
        decoders.open_picture(kind, file) as picture,
        open(clean, "w+b", closefd=False) as output,
    ):
        first = _rebuild_streamed(kind, picture, output, findings, untrusted_descriptor, declared=declared)
        if first is None:
            first = _rebuild_whole(kind, picture, output, findings, untrusted_descriptor, declared=declared)
    write_preview(first, preview)


def _rebuild_streamed(
    kind: Kind,
    picture: ImageFile.ImageFile,
    output: IO[bytes],
    findings: Findings,
    untrusted_descriptor: int,
    *,
    declared: DeclaredColour,
) -> Image.Image | None:
    """Rebuild a large JPEG or PNG strip by strip; return the preview, or None if it cannot be streamed."""
    if against_marks.is_asked_for():
        return None
    if kind is Kind.JPEG and jpeg.can_stream(picture):
        # The decoder of a multi-scan JPEG holds it whole all the same.
        if memory_limits.is_multi_scan(picture, untrusted_descriptor):
            memory_limits.require_room(kind, picture, untrusted_descriptor)
        collect_findings(picture, findings)
        return jpeg.rebuild(picture, output, JPEG_SETTINGS, PREVIEW_SIDE, untrusted_descriptor, findings=findings)
    if kind is not Kind.PNG or not png.can_stream(picture, untrusted_descriptor):
        return None
    with mmap.mmap(untrusted_descriptor, 0, prot=mmap.PROT_READ) as untrusted:
        rest = png_chunks.without_pixels(untrusted)
    with rest, decoders.open_picture(kind, rest) as tags:
        turn = decoders.turn(tags)
        collect_findings(tags, findings)
    if turn not in png.TURNS:
        return None
    return png.rebuild(picture, turn, output, untrusted_descriptor, findings, declared=declared)


def _rebuild_whole(
    kind: Kind,
    picture: ImageFile.ImageFile,
    output: IO[bytes],
    findings: Findings,
    untrusted_descriptor: int,
    *,
    declared: DeclaredColour,
) -> Image.Image:
    """Rebuild a picture that is decoded whole, page by page; return the preview."""
    # First, because asking a PNG for its tags decodes it.
    memory_limits.require_room(kind, picture, untrusted_descriptor)
    turn, transparency = decoders.turn(picture), to_srgb.transparency(picture)
    collect_findings(picture, findings)
    if kind is Kind.TIFF:
        return _write_pages(picture, output, findings, untrusted_descriptor)
    if getattr(picture, "default_image", False):
        # Only programs that know no animated PNG show the default image: most people never see it.
        findings.add(What.EMBEDDED_FILE, Where.SECOND_PICTURE)
        picture.seek(1)
    settings, frame = _settings(kind, untrusted_descriptor), _first_frame(kind, picture, untrusted_descriptor)
    rebuilt = rebuild(picture, findings, untrusted_descriptor, turn=turn, transparency=transparency, declared=declared)
    if turn is None and frame is not None:
        rebuilt = _clear_outside(rebuilt, frame)
    if RESULT_KIND[kind] is Kind.JPEG and rebuilt.mode in WITH_ALPHA:
        findings.lose(Lost.TRANSPARENCY)
        rebuilt = on_white(rebuilt)
    rebuilt.save(output, RESULT_KIND[kind].name, **settings)
    return downscaled(rebuilt)


def write_preview(small: Image.Image, descriptor: int) -> None:
    """Write a small picture as JPEG."""
    small = on_white(small) if small.mode in WITH_ALPHA else small
    small.info = {}
    with open(descriptor, "wb", closefd=False) as output:
        small.save(output, "JPEG", **JPEG_SETTINGS)


def on_white(picture: Image.Image) -> Image.Image:
    """Flatten a picture with alpha onto white: JPEG has no alpha."""
    flat = Image.new("RGB", picture.size, _PAPER)
    flat.paste(picture.convert("RGB"), mask=picture.getchannel("A"))
    return flat


def collect_findings(picture: ImageFile.ImageFile, findings: Findings) -> None:
    """Run step 1 for what the decoder found; `containers` has reported the blocks before."""
    # First, because asking a PNG for its EXIF block decodes it, and then its depth is forgotten.
    if to_srgb.is_deep(picture):
        findings.lose(Lost.COLOUR_DEPTH)
    if to_srgb.loses_transparency(picture):
        findings.lose(Lost.TRANSPARENCY)
    where = Where.TAGS if picture.format == "TIFF" else Where.EXIF
    with findings.reading(where):
        tags = picture.getexif()
        exif.collect(tags, where, findings)
        if picture.info.get("exif") and not tags:
            findings.add(What.OTHER, where)
    if picture.info.get("icc_profile"):
        findings.add(What.COLOUR_PROFILE, Where.ICC, to_srgb.description(picture.info["icc_profile"]))
    if picture.format == "TIFF":
        _collect_tiff_blocks(picture, findings)
    elif picture.format in {"HEIF", "AVIF"} and picture.info.get("xmp"):
        collect_xmp(picture.info["xmp"], findings)
    if getattr(picture, "is_animated", False) and picture.format != "TIFF":
        if picture.format in {"MPO", "HEIF"}:
            findings.add(What.EMBEDDED_FILE, Where.SECOND_PICTURE)
            findings.lose(Lost.SECOND_PICTURE)
        else:
            findings.lose(Lost.ANIMATION)


def _collect_tiff_blocks(picture: ImageFile.ImageFile, findings: Findings) -> None:
    # The raw bytes: Photoshop stores IPTC as a list of LONGs.
    stored = getattr(getattr(picture, "tag_v2", None), "_tagdata", {})
    for tag, look in ((_XMP, collect_xmp), (_IPTC, collect_iptc), (_PHOTOSHOP, collect_iptc)):
        if tag in stored:
            look(stored[tag], findings)


def rebuild(
    picture: ImageFile.ImageFile,
    findings: Findings,
    releasable: int | None,
    *,
    turn: Image.Transpose | None = None,
    transparency: object = None,
    declared: DeclaredColour = _NOTHING_DECLARED,
) -> Image.Image:
    """Take steps 3 to 9 for one picture; `releasable` is the input file if nothing else in it is still to be read.

    `turn` and `transparency` are arguments because they must be read before anything is decoded.
    """
    decoders.require_few_pixels(picture)
    picture.load()
    # Until it is decoded, a HEIC's size is only what its boxes say.
    decoders.require_few_pixels(picture)
    if releasable is not None:
        release_input(releasable)
    profile = declared.or_profile(picture.info.get("icc_profile"), findings)
    # The same pixels under a new, bare object: a copy of 100 megapixels would cost 400 MB.
    bare = picture._new(picture.im)  # noqa: SLF001  the public ways to get there all copy
    if releasable is not None:
        # Turning copies the pixels, and some decoders keep a copy of their own: free the first ones here.
        picture.close()
    if picture.format == "TIFF":
        bare = _scaled_to_sixteen_bits(bare, getattr(picture, "tag_v2", {}))
    bare.info = {} if transparency is None else {"transparency": transparency}
    if turn is not None:
        bare = bare.transpose(turn)
    if picture.mode == "P" and hidden_by_alpha.palette_hides_something(bare.histogram(), bare.getpalette() or []):
        findings.add(What.HIDDEN_COLOUR, Where.PALETTE)
    bare = to_srgb.to_plain(bare, profile, findings)
    bare = _without_invisible_colour(bare, findings)
    if against_marks.is_asked_for():
        findings.lose(Lost.SHARPNESS)
        bare = against_marks.resampled(bare)
    bare.info = {}
    return bare


def _scaled_to_sixteen_bits(picture: Image.Image, tags: dict[int, Any]) -> Image.Image:
    """Scale deep grey to sixteen bits with black as zero: the decoder returns the numbers as they are stored."""
    if not picture.mode.startswith("I;16"):
        return picture
    if tags.get(_BITS) == (_TWELVE,):
        picture = picture.point(lambda value: value * _TWELVE_TO_SIXTEEN)
    return (
        picture.point(lambda value: value * -1 + _MOST_OF_SIXTEEN)
        if tags.get(_PHOTOMETRIC_INTERPRETATION) == _WHITE_IS_ZERO
        else picture
    )


def _first_frame(
    kind: Kind, picture: ImageFile.ImageFile, untrusted_descriptor: int
) -> tuple[int, int, int, int] | None:
    """Return the rectangle that the first frame of a GIF or WebP covers; None if the file has none."""
    if kind is Kind.WEBP:
        return webp_header.first_frame(untrusted_descriptor)
    return getattr(picture, "dispose_extent", None) if kind is Kind.GIF else None


def _clear_outside(picture: Image.Image, frame: tuple[int, int, int, int]) -> Image.Image:
    """Make transparent what the first frame does not cover: decoders fill it with a colour that no browser shows."""
    width, height = picture.size
    if frame == (0, 0, width, height):
        return picture
    left, top, right, bottom = frame
    picture = picture.convert("RGBA")
    for box in ((0, 0, width, top), (0, bottom, width, height), (0, top, left, bottom), (right, top, width, bottom)):
        if box[0] < box[2] and box[1] < box[3]:
            picture.paste((0, 0, 0, 0), box)
    return picture


def _without_invisible_colour(picture: Image.Image, findings: Findings) -> Image.Image:
    """Run step 8; an alpha channel that hides nothing is dropped."""
    if picture.mode not in WITH_ALPHA:
        return picture
    if hidden_by_alpha.is_opaque(picture):
        return hidden_by_alpha.without_alpha(picture)
    hidden_by_alpha.redact_invisible_colour(picture, findings)
    return picture


def _settings(kind: Kind, untrusted_descriptor: int) -> dict[str, Any]:
    settings = dict(_SETTINGS[RESULT_KIND[kind]])
    # A lossless screenshot stays lossless.
    if kind is Kind.WEBP and webp_header.is_lossless(untrusted_descriptor):
        settings["lossless"] = True
    return settings


def _write_pages(
    picture: ImageFile.ImageFile, output: IO[bytes], findings: Findings, untrusted_descriptor: int
) -> Image.Image:
    """Write every page of a TIFF, decoding one at a time; return the preview of the first."""
    pages = _pages(picture, findings, untrusted_descriptor)
    page = next(pages)
    # To the file itself: AppendingTiffWriter would hold the first page in memory once more.
    page.save(output, "TIFF", **_SETTINGS[Kind.TIFF])
    first = downscaled(page)
    del page
    output.seek(0)
    with closing(TiffImagePlugin.AppendingTiffWriter(output)) as writer:
        for page in pages:
            page.save(writer, "TIFF", **_SETTINGS[Kind.TIFF])
            writer.newFrame()
            del page
    return first


def _pages(picture: ImageFile.ImageFile, findings: Findings, untrusted_descriptor: int) -> Iterator[Image.Image]:
    # With several pages, later ones are still to be read from the file.
    releasable = None if getattr(picture, "is_animated", True) else untrusted_descriptor
    for number in _shown_pages(picture, findings):
        picture.seek(number)
        memory_limits.require_room(Kind.TIFF, picture, untrusted_descriptor)
        decoders.leave_turn_to_tag(picture)
        yield rebuild(picture, findings, releasable)


def _shown_pages(picture: ImageFile.ImageFile, findings: Findings) -> list[int]:
    """Return the page numbers without thumbnails and masks; raises CameraRaw and TooManyFrames.

    A reduced picture is a thumbnail, and may show the page as it was before it was changed.
    """
    shown: list[int] = []
    for number in range(_TIFF_PAGES + 1):
        try:
            picture.seek(number)
        except EOFError:
            return shown or [0]
        tags = getattr(picture, "tag_v2", {})
        _require_no_raw(tags)
        if number:
            collect_findings(picture, findings)
        if tags.get(_NEW_SUBFILE_TYPE, 0) & (_REDUCED_PICTURE | _MASK) or tags.get(_SUBFILE_TYPE) == _OLD_REDUCED:
            findings.add(What.THUMBNAIL, Where.SECOND_PICTURE)
        else:
            shown.append(number)
    raise TooManyFrames


def _require_no_raw(tags: dict[int, Any]) -> None:
    """Raise CameraRaw for a camera's raw file: a TIFF whose first page is a thumbnail, which alone would be kept."""
    if _DNG_VERSION in tags or (_SUB_IFDS in tags and tags.get(_NEW_SUBFILE_TYPE, 0) & _REDUCED_PICTURE):
        raise CameraRaw
