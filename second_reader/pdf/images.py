"""Pictures of a rebuilt PDF: pixels of a listed kind, exactly as many as the size says."""

from collections.abc import Mapping
from typing import Final

from second_reader import jpeg
from second_reader.inflate import InflatedSize
from second_reader.pdf.checks import exactly, named, stream_entries, via, whole
from second_reader.pdf.document import Check, Document, Stream
from second_reader.pdf.values import demand

_MOST_PIXELS: Final = 100_000_000
_COMPONENTS: Final = {"DeviceGray": 1, "DeviceRGB": 3}
_JPEG_FRAME: Final = 0xC0
# The head of zlib data says how hard it was tried; there are four such heads, and the writer knows one.
_DEFLATED: Final = b"\x78\x9c"


def picture(document: Document, thing: object) -> None:
    """Require a stencil, or a picture in grey or colour with or without a soft mask."""
    if isinstance(thing, Stream) and "ImageMask" in thing.entries:
        required: Mapping[str, Check] = {
            "ImageMask": exactly(expected=True),
            "BitsPerComponent": exactly(1),
            "Decode": exactly([0, 1]),
        }
        _require_picture(document, thing, required, {})
    else:
        _require_picture(document, thing, _IN_COLOUR, {"SMask": via(_soft_mask)})


def _soft_mask(document: Document, thing: object) -> None:
    required = {**_IN_COLOUR, "ColorSpace": exactly("DeviceGray")}
    _require_picture(document, thing, required, {})


_IN_COLOUR: Final[Mapping[str, Check]] = {"ColorSpace": named(*_COMPONENTS), "BitsPerComponent": whole(1, 8)}


def _require_picture(
    document: Document, thing: object, required: Mapping[str, Check], optional: Mapping[str, Check]
) -> None:
    stream, found = stream_entries(
        document,
        thing,
        {
            "Type": exactly("XObject"),
            "Subtype": exactly("Image"),
            "Width": whole(1, _MOST_PIXELS),
            "Height": whole(1, _MOST_PIXELS),
            **required,
        },
        optional,
    )
    bits, components = found["BitsPerComponent"], _COMPONENTS[found.get("ColorSpace", "DeviceGray")]
    demand(found["Width"] * found["Height"] <= _MOST_PIXELS and bits in {1, 4, 8}, "a picture's size")
    if found["Filter"] == "DCTDecode":
        demand(bits == 8 and "ImageMask" not in found, "a JPEG's depth")  # noqa: PLR2004  bits
        _require_jpeg(document, stream, found["Width"], found["Height"], components)
        return
    demand(document.untrusted[stream.start : stream.start + 2] == _DEFLATED, "deflated as the writer does")
    pixels = InflatedSize(found["Height"] * ((found["Width"] * components * bits + 7) // 8))
    pixels.feed(document.untrusted, stream.start, stream.end)
    demand(pixels.is_exact(), "as many pixels as the size says")


def _require_jpeg(document: Document, stream: Stream, width: int, height: int, components: int) -> None:
    """Require a JPEG as our encoder writes it, of this size: what a viewer would cut off could hide something."""
    demand(jpeg.end_of_clean(document.untrusted, stream.start) == stream.end, "JPEG")
    position = stream.start + 2
    while document.untrusted[position + 1] != _JPEG_FRAME:
        position += 2 + int.from_bytes(document.untrusted[position + 2 : position + 4], "big")
    size = height.to_bytes(4, "big")[2:] + width.to_bytes(4, "big")[2:] + bytes((components,))
    demand(document.untrusted[position + 5 : position + 10] == size, "a JPEG's size")
