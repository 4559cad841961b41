"""Gives every request its place in the room for text, and counts long pages there while they are written."""

from contextlib import AsyncExitStack, suppress

from aiohttp import web

from intake.connections import Connection
from intake.errors import NoRoomNow
from intake.services import SERVICES
from intake.silence import Handler, fixed_response
from intake.text_room import OWN_BYTES, TEXT_ROOM, TextRoom


@web.middleware
async def counted(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Hold what the request takes of the room until its answer is written; the outermost middleware.

    The library copies what a reader does not take, and would hand the page over once nobody counts it any more.
    """
    services = request.app[SERVICES]
    async with AsyncExitStack() as stack:
        room = request[TEXT_ROOM] = TextRoom(services.texts, services.limits, request.content_length, stack)
        response = await handler(request)
        if not isinstance(response, web.Response) or (response.content_length or 0) <= OWN_BYTES:
            return response
        try:
            await room.show(response.content_length or 0, lambda: _cut_off(request))
        except NoRoomNow:
            return fixed_response(503)
        with suppress(ConnectionError):
            # Whoever has gone away needs no answer.
            await response.prepare(request)
            await response.write_eof()
        return response


def _cut_off(request: web.Request) -> None:
    connection = request.protocol
    if isinstance(connection, Connection):
        connection.make_room()
