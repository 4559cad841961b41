"""Looks for planted markers in bytes as they are and in everything that can be unpacked from them.

Shares nothing with the product. It is no proof that nothing is there, so the tests also show that it finds every marker
in the file that it was planted in.
"""

from __future__ import annotations

import io
import zlib
from contextlib import suppress

from PIL import Image


def leftovers(content: bytes, markers: dict[bytes, str]) -> list[str]:
    """The places whose marker is in the bytes, as they are or inflated, as text of one or two bytes a letter or as hex."""
    found = []
    for layer in layers(content):
        for marker, place in markers.items():
            text = marker.decode()
            shapes = (marker, marker[:12], text.encode("utf-16-le"), text.encode("utf-16-be"), marker.hex().encode())
            if any(shape in layer for shape in shapes):
                found.append(place)
    return found


def layers(content: bytes) -> list[bytes]:
    """The bytes themselves, everything in them that inflates, and the pixels if it is a picture."""
    seen = [content]
    at = content.find(b"\x78")
    while at >= 0:
        if int.from_bytes(content[at : at + 2], "big") % 31 == 0:
            with suppress(zlib.error):
                seen.append(zlib.decompressobj().decompress(content[at:], 2**24))
        at = content.find(b"\x78", at + 1)
    if not content.startswith(b"%PDF"):
        with Image.open(io.BytesIO(content)) as decoded:
            for number in range(getattr(decoded, "n_frames", 1)):
                decoded.seek(number)
                seen.append(decoded.tobytes())
                if "A" in decoded.getbands():
                    seen.append(decoded.convert("RGBA").convert("RGB").tobytes())
    return seen
