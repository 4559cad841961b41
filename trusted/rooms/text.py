"""
The room for what is typed: fields from when they come until the answer is made.

Each form may keep `OWN_BYTES` without asking, which all connections together hold at most 32 MiB of: a report of some
16,000 characters always gets in. What is longer is counted in one room for all (`TEXT_BYTES`), four bytes for
each that came, which is what a character takes at the most. Where that is full, the slowest gives way; what came of
a text that finds no room goes back to its writer, with the advice to wait a minute.
"""

from contextlib import AsyncExitStack
from typing import Final, Protocol

from aiohttp import web

from trusted.rooms.uploads import Hold, Progress, Room
from trusted.web.limits import Limits

OWN_BYTES: Final = 64 * 2**10
BYTES_A_CHARACTER: Final = 4  # UTF-8 at its longest, and a str with one such character


class IncomingForm(Progress, Protocol):
    """A form on its way to us."""

    def give_up(self) -> None:
        """Wait for no more of it."""


class TextRoom:
    """What one request holds of the room."""

    def __init__(self, room: Room, limits: Limits, announced: int | None, stack: AsyncExitStack) -> None:
        self._room = room
        most = limits.form_characters if announced is None else min(limits.form_characters, announced)
        self._most = most * BYTES_A_CHARACTER
        self._stack = stack
        self._kept = 0
        self._hold: Hold | None = None

    @property
    def gave_way(self) -> bool:
        """Whether it had to let go of what it held."""
        return self._hold is not None and self._hold.gave_way

    async def keep(self, size: int, sending: IncomingForm) -> None:
        """Count `size` bytes more of what was typed. Raises `NoRoomNow`."""
        # A form has a sum of characters: of those that took more than one byte to come, fewer are kept.
        self._kept = min(self._most, self._kept + size * BYTES_A_CHARACTER)
        if self._kept <= OWN_BYTES:
            return
        if self._hold is None:
            self._hold = await self._stack.enter_async_context(self._room.hold(self._most, sending, sending.give_up))
        if (more := self._kept - OWN_BYTES - self._hold.held) > 0:
            await self._hold.take(more)

    def whole(self) -> None:
        """Note that the form has come. Raises `NoRoomNow` if it had given way before."""
        if self._hold is not None:
            self._hold.whole()


TEXT_ROOM: Final = web.RequestKey("text_room", TextRoom)
