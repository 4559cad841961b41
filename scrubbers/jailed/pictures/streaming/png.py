"""Streams a large PNG in strips: its pixels are never in memory whole.

1 read the tags, from all chunks but the pixels (`png_chunks`)
2 decode a picture with alpha once to see whether all of it is opaque: then the copy has no alpha
3 decode the rows strip by strip (`png_decoder`)
4 convert each strip to sRGB, eight bits and a plain mode, and redact what alpha hides, as in a picture decoded whole
5 filter it by itself, deflate it with the others (`png_encoder`), and scale it down into the preview

The pixels are the same as those of a picture decoded whole, to the last bit. A picture that is to be rotated, one that
is interlaced and an animated one are decoded whole.
"""

from collections.abc import Iterator
from typing import IO, Final

from PIL import Image, ImageFile

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.pictures import decoders, memory_limits
from scrubbers.jailed.pictures.colour import hidden_by_alpha, to_srgb
from scrubbers.jailed.pictures.colour.declared_colour import DeclaredColour
from scrubbers.jailed.pictures.colour.hidden_by_alpha import WITH_ALPHA
from scrubbers.jailed.pictures.preview import PREVIEW_SIDE, Downscaler
from scrubbers.jailed.pictures.release_input import is_large
from scrubbers.jailed.pictures.streaming import png_decoder
from scrubbers.jailed.pictures.streaming.jpeg import LARGE_PIXELS
from scrubbers.jailed.pictures.streaming.png_encoder import PngStripWriter
from trusted.jail.stages import What, Where

# The orientations that keep rows in order.
TURNS: Final = {None, Image.Transpose.FLIP_LEFT_RIGHT}


def can_stream(picture: ImageFile.ImageFile, untrusted_descriptor: int) -> bool:
    """Return whether this large PNG can be streamed: rows from top to bottom. Its orientation must be one of TURNS."""
    large = picture.width * picture.height > LARGE_PIXELS or is_large(untrusted_descriptor)
    return large and picture.width <= memory_limits.LONGEST_ROW and png_decoder.can_be_read(picture)


def rebuild(
    picture: ImageFile.ImageFile,
    turn: Image.Transpose | None,
    output: IO[bytes],
    untrusted_descriptor: int,
    findings: Findings,
    *,
    declared: DeclaredColour,
) -> Image.Image:
    """Write the rebuilt picture and return the preview. Raises Damaged, TooManyPixels and TooMuchToHold."""
    decoders.require_few_pixels(picture)
    profile = declared.or_profile(picture.info.get("icc_profile"), findings)
    is_opaque = _is_opaque(picture, untrusted_descriptor, findings)
    joined, small = PngStripWriter(output, picture.size), Downscaler(picture.size, PREVIEW_SIDE)
    for plain in _plain_strips(picture, profile, untrusted_descriptor, findings):
        strip = plain if turn is None else plain.transpose(turn)
        if is_opaque:
            strip = hidden_by_alpha.without_alpha(strip)
        elif strip.mode in WITH_ALPHA:
            hidden_by_alpha.redact_invisible_colour(strip, findings)
        joined.add(strip)
        # A palette, or one bit a pixel, may become many times larger.
        memory_limits.require_room_for_result(untrusted_descriptor, output.tell())
        small.add(strip)
    return small.finish()


def _is_opaque(picture: ImageFile.ImageFile, untrusted_descriptor: int, findings: Findings) -> bool:
    """Run step 2: return whether there is alpha that hides nothing."""
    # Without the profile: it does not affect alpha, and converting takes longer than all the rest.
    strips = (to_srgb.to_plain(strip, None, findings) for strip in png_decoder.strips(picture, untrusted_descriptor))
    return all(strip.mode in WITH_ALPHA and hidden_by_alpha.is_opaque(strip) for strip in strips)


def _plain_strips(
    picture: ImageFile.ImageFile, profile: bytes | None, untrusted_descriptor: int, findings: Findings
) -> Iterator[Image.Image]:
    """Take steps 3 and 4, but for what is hidden under alpha."""
    used, colours = [0] * 256, list[int]()
    for stored in png_decoder.strips(picture, untrusted_descriptor):
        if stored.mode == "P":
            used = [before + more for before, more in zip(used, stored.histogram(), strict=True)]
            colours = stored.getpalette() or []
        plain = to_srgb.to_plain(stored, profile, findings)
        # Pillow's encoder writes what it finds in `info`.
        plain.info = {}
        yield plain
    if hidden_by_alpha.palette_hides_something(used, colours):
        findings.add(What.HIDDEN_COLOUR, Where.PALETTE)
