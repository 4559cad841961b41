"""Gives every request its place in the room for text."""

from contextlib import AsyncExitStack

from aiohttp import web

from intake.services import SERVICES
from trusted.rooms.text import TEXT_ROOM, TextRoom
from trusted.web.silence import Handler


@web.middleware
async def counted(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Hold what the request takes of the room until its answer is made.

    What of an answer waits for its reader is bounded over all connections (trusted/web/connections.py, rule 6).
    """
    services = request.app[SERVICES]
    async with AsyncExitStack() as stack:
        request[TEXT_ROOM] = TextRoom(services.texts, services.limits, request.content_length, stack)
        return await handler(request)
