"""
Answers of a few sizes only, so that what travels through Tor does not tell which page is read.

Anyone who watches a reporter's line sees how much comes down it. So every page, and the stylesheet and the icon with
it, is filled up, head and body together, to the next of four sizes. None is larger, unless a roster had many hundred
members; that would be a multiple of the last. What is streamed (a cleaned copy, the progress of an upload) is not
filled up; a copy's size is its own.
"""

import zlib
from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web

from trusted.web.silence import Handler

# The last holds what gives a writer a long text back, 500,000 bytes at the worst (`Limits.given_back_bytes`), with the
# largest page around it, and what was found in many files. Whatever else there is to show comes in pieces.
SIZES: Final = (16 * 1024, 32 * 1024, 64 * 1024, 768 * 1024)

_PNG_END: Final = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_PNG_CHUNK: Final = 12  # length, name and sum around the bytes of a chunk
# A private, ancillary chunk: the letters' cases say so, and every reader passes over it.
_PNG_NAME: Final = b"paDd"


@web.middleware
async def padded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Fill up every whole answer; outside of all that make answers, so that nothing goes out past it."""
    response = await handler(request)
    if isinstance(response, web.Response):
        pad(response)
    return response


def pad(response: web.Response) -> None:
    """Fill the body of an answer up to one of the sizes, its head counted."""
    body = response.body
    if not isinstance(body, bytes | bytearray):
        return
    room = _room(response, len(body))
    match response.content_type:
        case "text/html":
            response.body = bytes(body) + b"<!--" + b" " * (room - 7) + b"-->"
        case "text/css":
            response.body = bytes(body) + b"/*" + b" " * (room - 4) + b"*/"
        case "image/png" if bytes(body).endswith(_PNG_END):
            response.body = bytes(body[: -len(_PNG_END)]) + _png_filling(room - _PNG_CHUNK) + _PNG_END
        case _:
            return


def _room(response: web.Response, size: int) -> int:
    """Return how many bytes are to be added: at least enough for the comment around the filling."""
    head = _head_bytes(response)
    least = head + size + _PNG_CHUNK
    whole = next((one for one in SIZES if least <= one), -(-least // SIZES[-1]) * SIZES[-1])
    # The body's length stands in the head as digits, and the filling decides how many.
    return whole - head - size - len(str(whole - head))


def _head_bytes(response: web.Response) -> int:
    """Return how many bytes the head will take, without the digits of the length that stands in it."""
    status = f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}\r\n"
    lines = sum(len(name) + len(value) + 4 for name, value in response.headers.items() if name != hdrs.CONTENT_LENGTH)
    return len(status) + lines + len("Content-Length: \r\n") + len("\r\n")


def _png_filling(size: int) -> bytes:
    content = bytes(size)
    return size.to_bytes(4, "big") + _PNG_NAME + content + zlib.crc32(_PNG_NAME + content).to_bytes(4, "big")
