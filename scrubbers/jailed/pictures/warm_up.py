"""Warm-up: of a zygote before it is locked, and of each of its forks before there is a file, on generated pictures.

Nothing can be opened once the locks are on, so every decoder, encoder and table must have been used before.
"""

import functools
import io
import mmap
from collections.abc import Collection
from typing import Final

from PIL import ExifTags, Image, ImageCms

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.metadata import containers
from scrubbers.jailed.pictures import decoders, scrub
from scrubbers.jailed.pictures.preview import downscaled
from scrubbers.jailed.scrub_sample import scrub_sample
from second_reader import jpeg
from trusted.jail.report_wire import encode_report
from trusted.jail.stages import Kind

_WARM_MODES: Final = {
    Kind.JPEG: ("RGB", "L", "CMYK"),
    Kind.PNG: ("RGBA", "P", "1", "I;16"),
    Kind.WEBP: ("RGB", "RGBA"),
    Kind.TIFF: ("RGB", "1", "CMYK"),
    Kind.GIF: ("P",),
    Kind.BMP: ("RGB",),
    Kind.HEIC: ("RGB",),
    Kind.AVIF: ("RGB",),
}
# The encoder of HEIC makes nothing smaller than 64 pixels.
_WARM_SIZE: Final = (64, 64)
_FORMAT_NAMES: Final = {Kind.HEIC: "HEIF"}


def warm_up_pictures(kinds: Collection[Kind]) -> None:
    """Scrub one small file of each of these kinds, so that all they need is in memory before the locks."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    if Kind.HEIC in kinds:
        decoders.load_heic()
    for kind in kinds:
        for mode in _WARM_MODES.get(kind, ()):
            _warm_up_one(kind, mode, profile)
    warm_up_fork()


def warm_up_fork() -> None:
    """Do all that a job does with a small picture, in memory, so that a fork has touched the pages most jobs need."""
    findings = Findings()
    with _in_memory(sample_jpeg()) as untrusted:
        containers.collect(Kind.JPEG, untrusted, findings)
    clean, preview = io.BytesIO(), io.BytesIO()
    with decoders.open_picture(Kind.JPEG, io.BytesIO(sample_jpeg())) as picture:
        scrub.collect_findings(picture, findings)
        rebuilt = scrub.rebuild(picture, findings, None)
        rebuilt.save(clean, "JPEG", **scrub.JPEG_SETTINGS)
        downscaled(rebuilt).save(preview, "JPEG", **scrub.JPEG_SETTINGS)
    with _in_memory(clean.getvalue()) as result:
        jpeg.is_clean(result)
    encode_report(findings.removed(), findings.lost())


def _in_memory(content: bytes) -> mmap.mmap:
    """Return private memory that can be read like a job's file."""
    made = mmap.mmap(-1, len(content), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    made[:] = content
    return made


@functools.cache
def sample_jpeg() -> bytes:
    """Return the small picture that forks warm up with."""
    made = io.BytesIO()
    Image.new("RGB", _WARM_SIZE).save(made, "JPEG")
    return made.getvalue()


def _warm_up_one(kind: Kind, mode: str, profile: bytes) -> None:
    made = io.BytesIO()
    tags = Image.Exif()
    tags[ExifTags.Base.Orientation] = 6
    extra = {} if kind in {Kind.GIF, Kind.BMP} else {"exif": tags, "icc_profile": profile if mode == "RGB" else None}
    Image.new(mode, _WARM_SIZE).save(made, _FORMAT_NAMES.get(kind, kind.name), **extra)
    scrub_sample(scrub.scrub_picture, kind, made.getvalue())
