"""The memory limit for formats that decode whole, checked before a large file is decoded.

All processes together may grow by no more than three times the largest attachment. Streamed pictures stay within that
(`streaming/`). Others are decoded whole, and some decoders and encoders hold them several times: this module estimates
the memory from the file's header, and refuses too much.

Files of less than 16 MiB are not checked and may take what any job may, for ordinary photographs of these kinds are
smaller: at three to four bits a pixel 24 megapixels as a progressive JPEG are 9 to 12 MB, and HEIC, AVIF and lossy WebP
take half of that. A larger one can be saved as an ordinary JPEG.

The figures are measured: generated pictures of each kind through the whole service, counted as in
tests/system/test_large_upload.py. M stands for a pixel's bytes in Pillow's memory, before and after step 7 of `scrub`,
whichever is more.

    any other             file + M, then M twice (turning, converting, alpha, the result beside the picture)
    TIFF to be turned     file + M twice: its decoder turns
    TIFF with pages       file twice (the result grows beside it) + M three times for a page, or once where no page
                          needs converting
    a row beyond a        file + M four times: it is not streamed
    million pixels
    animated PNG          file + M five times: frames are composed
    multi-scan JPEG       as any other, and two bytes for each sample from the beginning
    WebP, HEIC, AVIF      file three times, to open it at all: so that is checked before
    WebP                  file twice + 16 bytes a pixel, then 56: its lossless encoder, also for alpha alone
    HEIC, AVIF            file three times + 14 bytes a pixel: ten bits and full colour, or alpha that goes on white
    HEIC, 8 bit, 4:2:0    file three times + 7 bytes a pixel: as phones write it, no alpha
"""

import os
from dataclasses import dataclass
from typing import Final

from PIL import ImageFile

from scrubbers.jailed.pictures import jpeg_scan_memory
from scrubbers.jailed.pictures.release_input import LARGE_BYTES
from trusted.jail.protocol import ATTACHMENT_BYTES
from trusted.jail.stages import Kind, TooMuchToHold

MOST_BYTES: Final = 3 * ATTACHMENT_BYTES
# What a job takes beside its picture, and some for the rest of the service meanwhile.
_JOB_BYTES: Final = 8 * 2**20
# The same for a streamed PNG, which holds a strip in several forms.
_STREAMED_BYTES: Final = 20 * 2**20
_PIXEL_BYTES: Final = {"1": 1, "L": 1, "P": 4, "I;16": 2, "I;16B": 2, "I;16L": 2}
_OTHER_PIXEL_BYTES: Final = 4
_STORED_AS_IT_IS: Final = frozenset(("1", "L", "RGB"))
LONGEST_ROW: Final = 2**20
_SAMPLE_BYTES: Final = 2
# Their decoders read the whole file and keep it.
READ_AT_ONCE: Final = frozenset((Kind.WEBP, Kind.HEIC, Kind.AVIF))
_WEBP_DECODED, _WEBP_ENCODED = 16, 56
_MEDIA_DECODED, _PHONE_DECODED = 14, 7
_UPRIGHT, _ORIENTATION_TAG = 1, 0x0112


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """What the header says of a picture, before decoding."""

    kind: Kind
    file_bytes: int
    pixels: int
    mode: str = "RGB"
    kept_samples: float = 0  # per pixel: see jpeg_scan_memory
    is_long_row: bool = False
    is_turned_by_decoder: bool = False
    # Its pages need no converting.
    has_plain_pages: bool = False
    has_pages: bool = False
    is_animated: bool = False
    is_8_bit_420: bool = False


def require_room_to_open(kind: Kind, untrusted_descriptor: int) -> None:
    """Raise TooMuchToHold if opening the file would take too much memory: some decoders read it whole."""
    if kind in READ_AT_ONCE and is_too_much(PictureHeader(kind, os.fstat(untrusted_descriptor).st_size, pixels=0)):
        raise TooMuchToHold


def require_room(kind: Kind, picture: ImageFile.ImageFile, untrusted_descriptor: int) -> None:
    """Raise TooMuchToHold if decoding the picture whole would take too much memory."""
    is_tiff = kind is Kind.TIFF
    header = PictureHeader(
        kind,
        os.fstat(untrusted_descriptor).st_size,
        picture.width * picture.height,
        # A transparent colour becomes alpha.
        "RGBA" if "transparency" in picture.info else picture.mode,
        kept_samples=_kept_samples(picture, untrusted_descriptor) if kind is Kind.JPEG else 0,
        is_long_row=picture.width > LONGEST_ROW,
        is_turned_by_decoder=is_tiff and getattr(picture, "tag_v2", {}).get(_ORIENTATION_TAG, _UPRIGHT) != _UPRIGHT,
        has_pages=is_tiff and getattr(picture, "is_animated", True),
        has_plain_pages=is_tiff and _is_plain_page(picture),
        is_animated=kind is Kind.PNG and getattr(picture, "is_animated", True),
        is_8_bit_420=kind is Kind.HEIC and _is_8_bit_420(picture),
    )
    if is_too_much(header):
        raise TooMuchToHold


def require_room_for_result(untrusted_descriptor: int, result_bytes: int) -> None:
    """Raise TooMuchToHold if a large PNG and its result so far take too much memory together."""
    file_bytes = os.fstat(untrusted_descriptor).st_size
    if file_bytes >= LARGE_BYTES and file_bytes + result_bytes + _STREAMED_BYTES > MOST_BYTES:
        raise TooMuchToHold


def is_too_much(header: PictureHeader) -> bool:
    """Return whether a large file would take more than it may."""
    return header.file_bytes >= LARGE_BYTES and estimated_bytes(header) > MOST_BYTES


def estimated_bytes(header: PictureHeader) -> int:
    """Return what all processes together will hold at most while this picture is cleaned whole."""
    file, pixels = header.file_bytes, header.pixels
    held = pixels * _PIXEL_BYTES.get(header.mode, _OTHER_PIXEL_BYTES)
    match header:
        case PictureHeader(kind=Kind.WEBP):
            most = max(3 * file, 2 * file + _WEBP_DECODED * pixels, _WEBP_ENCODED * pixels)
        case PictureHeader(is_8_bit_420=True):
            most = 3 * file + _PHONE_DECODED * pixels
        case PictureHeader(kind=Kind.HEIC | Kind.AVIF):
            most = 3 * file + _MEDIA_DECODED * pixels
        case PictureHeader(has_pages=True, has_plain_pages=True):
            most = 2 * file + held + _JOB_BYTES
        case PictureHeader(has_pages=True):
            most = 2 * file + 3 * held
        case PictureHeader(is_animated=True):
            most = file + 5 * held
        case PictureHeader(is_turned_by_decoder=True):
            most = file + 2 * held
        case PictureHeader(is_long_row=True):
            most = file + 4 * held
        case _:
            decoded = file + held + round(_SAMPLE_BYTES * header.kept_samples * pixels)
            most = max(decoded, 2 * held)
    return most + _JOB_BYTES


def is_multi_scan(picture: ImageFile.ImageFile, untrusted_descriptor: int) -> bool:
    """Return whether a JPEG has several scans, so that its decoder holds it whole."""
    return _kept_samples(picture, untrusted_descriptor) > 0


def _kept_samples(picture: ImageFile.ImageFile, untrusted_descriptor: int) -> float:
    is_progressive = bool(picture.info.get("progressive"))
    return jpeg_scan_memory.kept_samples(untrusted_descriptor, is_progressive=is_progressive)


def _is_plain_page(picture: ImageFile.ImageFile) -> bool:
    """Return whether a TIFF page needs no converting: upright, no profile or alpha, in a mode that we write."""
    upright = getattr(picture, "tag_v2", {}).get(_ORIENTATION_TAG, _UPRIGHT) == _UPRIGHT
    return upright and picture.mode in _STORED_AS_IT_IS and not {"transparency", "icc_profile"} & picture.info.keys()


def _is_8_bit_420(picture: ImageFile.ImageFile) -> bool:
    """Return whether a HEIC has eight bits and 4:2:0 chroma, which takes the least memory."""
    return (picture.mode, picture.info.get("bit_depth"), picture.info.get("chroma")) == ("RGB", 8, 420)
