"""Pictures of a document: decoded and cleaned as a picture that is sent by itself, then encoded for a PDF."""

import io
import math
import mmap
import zlib
from dataclasses import dataclass
from typing import Final

from PIL import Image

from scrubbers.jailed.findings import MALFORMED, Findings
from scrubbers.jailed.metadata import containers
from scrubbers.jailed.pictures import decoders
from scrubbers.jailed.pictures.colour import declared_colour, to_srgb
from scrubbers.jailed.pictures.colour.hidden_by_alpha import WITH_ALPHA
from scrubbers.jailed.pictures.scrub import JPEG_SETTINGS, collect_findings, on_white, rebuild
from scrubbers.jailed.typeset.model import Picture
from scrubbers.sniff import sniff_kind
from trusted.jail.protocol import HEAD_BYTES
from trusted.jail.stages import Kind, Refused, What, Where

KINDS: Final = frozenset({Kind.JPEG, Kind.PNG, Kind.GIF, Kind.BMP, Kind.TIFF, Kind.WEBP})
# More of a picture than this nobody sees on the page; it is what the PDF scrubber keeps of such a picture.
_MOST_DOTS: Final = 600
_POINTS: Final = 72  # an inch
_FEW_COLOURS: Final = 256
_MOST_PIXELS: Final = 40_000_000  # of all pictures of a document at once: one is decoded at a time, and kept encoded
_PNG_COLOURS: Final = 25  # where a PNG says whether it has transparency
_LARGEST_SIDE: Final = 2000.0  # in points; the page is smaller


@dataclass(frozen=True, slots=True)
class Shown:
    """How a document shows a picture: its size in points, and which part of it, as shares cut off at each side.

    `painted`: what is drawn over it, as shares of what is shown from its upper left corner.
    """

    size: tuple[float, float] | None = None
    cut: tuple[float, float, float, float] = (0, 0, 0, 0)
    painted: tuple[tuple[float, float, float, float], ...] = ()


def black_box(size: tuple[float, float] | None) -> Picture:
    """Return a black rectangle, as a picture of one pixel."""
    return Picture(zlib.compress(b"\0", 6), False, True, (1, 1), size or (_POINTS, _POINTS))


def is_opaque(untrusted: bytes) -> bool:
    """Return whether nothing can be seen through a picture: a JPEG, or a PNG without transparency."""
    if untrusted.startswith(b"\x89PNG"):
        return untrusted[_PNG_COLOURS:][:1] not in {b"\4", b"\6"} and b"tRNS" not in untrusted.partition(b"IDAT")[0]
    return untrusted.startswith(b"\xff\xd8")


def cleaned(untrusted: bytes, shown: Shown, findings: Findings) -> Picture | None:
    """Return the picture; None for what is no picture that we decode."""
    try:
        kind = sniff_kind(untrusted[:HEAD_BYTES])
        if kind not in KINDS:
            return None
        return _encoded(_shown_part(_pixels(kind, untrusted, findings), shown, findings), shown)
    except (Refused, *MALFORMED):
        return None


def _pixels(kind: Kind, untrusted: bytes, findings: Findings) -> Image.Image:
    with mmap.mmap(-1, len(untrusted), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as mapped:
        mapped[:] = untrusted
        containers.collect(kind, mapped, findings)
        declared = declared_colour.read(kind, mapped)
    with decoders.open_picture(kind, io.BytesIO(untrusted)) as picture:
        if picture.width * picture.height > _MOST_PIXELS:
            raise Refused
        turn, transparency = decoders.turn(picture), to_srgb.transparency(picture)
        collect_findings(picture, findings)
        if kind is Kind.TIFF:
            decoders.leave_turn_to_tag(picture)
        elif getattr(picture, "default_image", False):
            picture.seek(1)
        made = rebuild(picture, findings, None, turn=turn, transparency=transparency, declared=declared)
    made = on_white(made) if made.mode in WITH_ALPHA else made
    return made if made.mode in {"L", "RGB"} else made.convert("L" if made.mode == "1" else "RGB")


def _shown_part(picture: Image.Image, shown: Shown, findings: Findings) -> Image.Image:
    """Return what is shown of it: what is cut off is hidden, and so is what is finer than can be seen."""
    left, top, right, bottom = (min(max(one, 0), 1) for one in shown.cut)
    width, height = picture.size
    box = (round(left * width), round(top * height), round((1 - right) * width), round((1 - bottom) * height))
    if box[0] >= box[2] or box[1] >= box[3]:
        raise Refused
    if box != (0, 0, width, height):
        findings.add(What.HIDDEN_DRAWING, Where.PICTURES_ON_PAGES)
        picture = picture.crop(box)
    for left, top, right, bottom in shown.painted:
        wide, high = picture.size
        findings.add(What.HIDDEN_DRAWING, Where.PICTURES_ON_PAGES)
        over = (math.floor(left * wide), math.floor(top * high), math.ceil(right * wide), math.ceil(bottom * high))
        picture.paste((0,) * len(picture.getbands()) if picture.mode != "L" else 0, over)
    if shown.size is not None:
        most = [max(1, round(side * _MOST_DOTS / _POINTS)) for side in shown.size]
        if picture.width > most[0] and picture.height > most[1]:
            picture = picture.resize((most[0], most[1]), Image.Resampling.BOX)
    return picture


def _encoded(picture: Image.Image, shown: Shown) -> Picture:
    is_grey = picture.mode == "L"
    picture.info = {}
    width, height = shown.size or (picture.width * 0.75, picture.height * 0.75)
    size = min(max(width, 1), _LARGEST_SIDE), min(max(height, 1), _LARGEST_SIDE)
    if picture.getcolors(_FEW_COLOURS) is not None:
        # A drawing or a picture of a screen stays sharp.
        return Picture(zlib.compress(picture.tobytes(), 6), False, is_grey, picture.size, size)
    made = io.BytesIO()
    picture.save(made, "JPEG", **JPEG_SETTINGS)
    return Picture(made.getvalue(), True, is_grey, picture.size, size)
