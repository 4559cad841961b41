"""Writes one JPEG from strips that are encoded one by one.

The encoder codes rows of 16-pixel blocks (MCUs) independently but for one thing: a block's DC coefficient is the
difference to the block before. A restart marker resets that predictor, as at the beginning of a picture. So the scan
data of pictures with the same tables, one below the other, make the whole's, with a restart marker between each two.
"""

import io
from typing import IO, Any, Final

from PIL import Image

from trusted.jail.stages import Damaged

# With colours at half the resolution. The verifier knows this number and the next.
_BLOCK: Final = 16
_STRIP_PIXELS: Final = 2**19
_MARK, _FRAME, _SCAN, _END = b"\xff", 0xC0, 0xDA, b"\xff\xd9"
_RESTART_INTERVAL: Final = b"\xff\xdd\x00\x04"
_FIRST_RESTART, _RESTARTS = 0xD0, 8
# In a frame header: marker, length and precision stand before the height.
_HEIGHT_AT: Final = 5
_START_BYTES: Final = 2


def rows_of_strip(width: int) -> int:
    """Return how many rows a strip has, unless it is the last: whole blocks, of about half a million pixels."""
    return _BLOCK * max(1, _STRIP_PIXELS // (_BLOCK * width))


class JpegStripWriter:
    """Writes the strips of one picture from top to bottom; all but the last have `rows_of_strip` rows."""

    def __init__(self, output: IO[bytes], size: tuple[int, int], settings: dict[str, Any]) -> None:
        self._output = output
        self._width, self._height = size
        self._settings = settings
        self._strips = 0
        self._rows = 0

    def add(self, strip: Image.Image) -> None:
        """Write the next strip; with the last one the picture ends."""
        made = io.BytesIO()
        strip.save(made, "JPEG", **self._settings)
        encoded = made.getvalue()
        frame, scan, data = _places(encoded)
        if self._strips == 0:
            blocks = -(-self._width // _BLOCK) * (rows_of_strip(self._width) // _BLOCK)
            height = frame + _HEIGHT_AT
            self._output.write(encoded[:height] + self._height.to_bytes(2, "big") + encoded[height + 2 : scan])
            self._output.write(_RESTART_INTERVAL + blocks.to_bytes(2, "big") + encoded[scan:data])
        else:
            self._output.write(_MARK + bytes([_FIRST_RESTART + (self._strips - 1) % _RESTARTS]))
        self._strips += 1
        self._rows += strip.height
        end = len(encoded) if self._rows == self._height else -len(_END)
        with memoryview(encoded) as view:
            self._output.write(view[data:end])


def _places(encoded: bytes) -> tuple[int, int, int]:
    """Return where frame header, scan header and scan data begin. Raises Damaged for a JPEG not of Pillow's."""
    frame = 0
    position = _START_BYTES
    while encoded[position : position + 1] == _MARK:
        length = 2 + int.from_bytes(encoded[position + 2 : position + 4], "big")
        if encoded[position + 1] == _FRAME:
            frame = position
        elif encoded[position + 1] == _SCAN and frame:
            return frame, position, position + length
        position += length
    raise Damaged
