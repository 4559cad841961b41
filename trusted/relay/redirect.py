"""What answers on port 80: always the same few bytes, which lead to the first page over https.

A name that is typed without https goes to port 80 first. Where nothing answers there, somebody on the way can.

1. Whatever is asked, by whichever method and for whichever name, the answer is the same: it is made once, from the
   mirror's own name. Path, query and headers are not looked at; an empty line ends what is waited for.
2. What came lies in one buffer, which is overwritten before the connection ends: it is not sealed, as at port 443.
3. A bounded head in ten seconds, two more to close, and places of its own: a crowd here takes none of port 443.
"""

import asyncio
import socket
from dataclasses import replace
from typing import Final

from trusted.relay.door import Door
from trusted.relay.limits import RelayLimits
from trusted.relay.places import Slot

_LINGER_SECONDS: Final = 2.0
_END_OF_HEAD: Final = b"\r\n\r\n"
# 301 and not 308: what was posted here goes nowhere. Without no-store a browser keeps the redirect on its disk.
_ANSWER: Final = (
    "HTTP/1.1 301 Moved Permanently\r\nLocation: https://{name}/\r\nCache-Control: no-store\r\n"
    "Referrer-Policy: no-referrer\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)


class Redirect(Door):
    """Serves the port of plain http on some listening sockets."""

    def __init__(self, name: str, limits: RelayLimits) -> None:
        super().__init__(replace(limits, connections=limits.redirects, newest=limits.redirects // 2))
        self._answer = _ANSWER.format(name=name).encode("ascii")

    async def attend(self, browser: socket.socket, place: Slot) -> None:
        """Wait for the head, answer, and let the browser close."""
        del place  # one that says nothing makes no progress
        buffer = bytearray(self._limits.head_bytes)
        try:
            async with asyncio.timeout(self._limits.hello_seconds):
                if not await self._reads_head(browser, buffer):
                    return
                await self._loop.sock_sendall(browser, self._answer)
            browser.shutdown(socket.SHUT_WR)
            # Closed with something unread, the kernel would call the answer back.
            async with asyncio.timeout(_LINGER_SECONDS):
                while await self._loop.sock_recv_into(browser, buffer):
                    pass
        finally:
            buffer[:] = bytes(len(buffer))

    async def _reads_head(self, browser: socket.socket, buffer: bytearray) -> bool:
        """Return whether there is something to answer: a whole head, or as much as fits."""
        filled = 0
        with memoryview(buffer) as view:
            while filled < len(view):
                size = await self._loop.sock_recv_into(browser, view[filled:])
                if not size:
                    return False
                filled += size
                if buffer.find(_END_OF_HEAD, max(0, filled - size - len(_END_OF_HEAD)), filled) >= 0:
                    return True
        return True
