"""Parts of a multipart form byte by byte, and an answer read to its end."""

import asyncio


def part(name: str, value: bytes = b"", more: bytes = b"") -> bytes:
    return (
        b'--b\r\nContent-Disposition: form-data; name="' + name.encode() + b'"' + more + b"\r\n\r\n" + value + b"\r\n"
    )


async def read_all(reader: asyncio.StreamReader) -> bytes:
    """Everything that was sent before the end; the intake may close with our bytes unread, which is a reset."""
    got = b""
    try:
        while piece := await reader.read(65536):
            got += piece
    except ConnectionResetError:
        return got
    return got
