"""Zygotes that serve one test after another in this process: every job in one is a fresh fork, so it has nothing to remember."""

from __future__ import annotations

import asyncio
import atexit
import functools
import socket
import subprocess
from contextlib import suppress

from scrubbers.spawn import spawn_zygote
from trusted.jail.channel import Channel
from trusted.jail.protocol import Locks, Role

JOB_SECONDS = 60.0  # more than any job may take


class KeptZygote:
    """One zygote, started when it is first needed, and again after a test that broke it."""

    def __init__(self, role: Role) -> None:
        self._role = role
        self._started: tuple[subprocess.Popen[bytes], socket.socket] | None = None
        # What it said of itself: it says that once, to the channel that was there first.
        self._said: tuple[Role, int, Locks] | None = None
        atexit.register(self._end)

    def channel(self) -> socket.socket:
        """Return a new end of its channel, for one test."""
        if self._started is None or self._started[0].poll() is not None:
            self._end()
            self._started = spawn_zygote(self._role)
        return self._started[1].dup()

    def greet(self, channel: Channel) -> bool:
        """Tell this channel what the zygote has said already. Returns whether it had."""
        if self._said is not None:
            channel.role, channel.landlock_abi, channel.locks = self._said
            channel.settled.set()
        return self._said is not None

    async def let_go(self, channel: Channel) -> None:
        """Take back the channel of a test; a zygote to which it leaves a job, or which is lost, is ended."""
        with suppress(TimeoutError):
            async with asyncio.timeout(JOB_SECONDS):
                while channel.load and not channel.lost:
                    await asyncio.sleep(0.01)
        if channel.role is not None:
            self._said = channel.role, channel.landlock_abi, channel.locks
        if channel.load or channel.lost:
            await asyncio.to_thread(self._end)

    def _end(self) -> None:
        if self._started is not None:
            (process, ours), self._started = self._started, None
            ours.close()
            try:
                process.wait(JOB_SECONDS)
            finally:
                process.kill()
        self._said = None


@functools.cache
def kept_zygote(role: Role) -> KeptZygote:
    return KeptZygote(role)
