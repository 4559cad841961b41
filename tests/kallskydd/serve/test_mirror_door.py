"""The keeper's door to the mirror: which answer belongs to which order."""

import asyncio
import io
from collections import deque

import pytest

from kallskydd.serve.announce import Announcer
from kallskydd.serve.mirror import MirrorDoor, MirrorRefused, hear
from trusted.web.control import Event


class DeafAtFirst:
    """An intake whose channel is full for the first order."""

    def __init__(self) -> None:
        self.mirror_asked = deque()
        self.keeper_end = self
        self._full = True

    async def order(self, *_what, **_brought) -> None:
        if self._full:
            self._full = False
            raise BlockingIOError
        hear(self, Event.MIRROR_TAKEN)


async def test_an_order_that_could_not_be_sent_takes_no_other_orders_answer(tmp_path):
    intake = DeafAtFirst()
    door = MirrorDoor(tmp_path, lambda: intake, Announcer(as_json=False, results=io.StringIO(), prose=io.StringIO()))
    with pytest.raises(MirrorRefused):
        await door.lower_challenge()

    await asyncio.wait_for(door.lower_challenge(), 5)

    assert not intake.mirror_asked
