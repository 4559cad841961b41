"""The pool of zygotes: which are ready, which job goes to which, and how a lost one is replaced.

Promises. No process is started here: the pool is given connected channels, one for each zygote, and later replacements.
A pool with `OnDemand` lets a zygote end that has had no job for some minutes, and asks for another with the next file.
`fair_queue` decides in which order jobs get a zygote.

Errors: NoJail (`stages`), when no zygote of a role comes in time, or too many jobs wait.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from socket import socket
from typing import Final

from trusted.jail.channel import Channel
from trusted.jail.fair_queue import FairQueue, Turn
from trusted.jail.protocol import Role
from trusted.jail.stages import NoJail

# A zygote is warm within a second; the keeper needs a moment to notice that one died.
_REPLACEMENT_SECONDS: Final = 10.0
WARM_SECONDS: Final = 30.0
JOBS_AT_ONCE: Final = 2


@dataclass(frozen=True, slots=True)
class OnDemand:
    """How a pool comes by a zygote only while it needs one."""

    # Asks for a zygote in the place of the one with this index; `ZygotePool.replace` brings it.
    ask: Callable[[int], None]
    # Returns for how many seconds an idle zygote stays, drawn afresh each time.
    warm_seconds: Callable[[], float]


class ZygotePool:
    """Gives each job a zygote. Belongs to one event loop; may be made before that runs."""

    def __init__(self, channels: Sequence[socket], jobs_at_once: int, on_demand: OnDemand | None) -> None:
        """Take the channels of zygotes. Without `on_demand` zygotes stay, and a lost one is replaced unasked."""
        self.channels = [Channel(channel, jobs_at_once) for channel in channels]
        self._jobs_at_once = jobs_at_once
        self._attached = False
        # Wakes those that wait for a zygote: one is ready, lost, or has a slot again.
        self._changed = asyncio.Event()
        self._queues = {role: FairQueue() for role in Role}
        self._on_demand = on_demand
        # By index: the role that a zygote there has, and those that were asked for and have not come.
        self._roles: dict[int, Role] = {}
        self._asked: set[int] = set()

    def attach(self) -> None:
        """Listen to the channels: this needs the running loop, which does not exist yet when the pool is made."""
        if not self._attached:
            self._attached = True
            for index in range(len(self.channels)):
                self._watch(index)

    def is_busy(self, role: Role) -> bool:
        """Return whether a job of this role runs or waits."""
        return bool(self._queues[role]) or any(channel.load for channel in self.channels if channel.role is role)

    async def free_channel(self, role: Role, turn: Turn) -> Channel:
        """Wait for this job's turn and return a zygote of this role with a free slot. Raises NoJail.

        While all are busy no zygote is chosen: the job would wait for that one while another, done first, stands idle.
        Between this return and `Channel.run`, which counts the job, nothing else may run.
        """
        self.attach()
        queue = self._queues[role]
        queue.join(turn)
        try:
            while True:
                live = await self._live_channels(role)
                for_all = [one for one in live if one.has_slot(quick=False)]
                free = for_all or [one for one in live if one.has_slot(quick=True)]
                if queue.is_next(turn, quick_alone=not for_all) and free:
                    return min(free, key=lambda channel: channel.load)
                await self._change()
        finally:
            queue.leave(turn)
            self._changed.set()

    def rest(self) -> None:
        """Let each zygote without a job end; the next file asks for one. For a pool with `OnDemand`, after its test."""
        for channel in self.channels:
            _rest(channel, channel.jobs)

    def replace(self, index: int, channel: socket) -> None:
        """Replace a dead zygote's channel by a newly started one's."""
        if self._attached:
            self.channels[index].lose()
        else:
            self.channels[index].close_unattached()
        self.channels[index] = Channel(channel, self._jobs_at_once)
        self._asked.discard(index)
        if self._attached:
            self._watch(index)

    def close(self) -> None:
        """Close every channel, at which the zygotes end."""
        for channel in self.channels:
            if self._attached:
                channel.lose()
            else:
                channel.close_unattached()

    def _watch(self, index: int) -> None:
        channel = self.channels[index]
        channel.attach(lambda: self._note(index, channel))

    def _note(self, index: int, channel: Channel) -> None:
        """Take notice that a zygote is ready, lost, or has a slot again."""
        self._changed.set()
        if channel.role is not None:
            self._roles[index] = channel.role
        if self._on_demand is not None and channel.load == 0 and not channel.lost:
            loop = asyncio.get_running_loop()
            loop.call_later(self._on_demand.warm_seconds(), _rest, channel, channel.jobs)

    def _ask_for(self, role: Role) -> None:
        """Ask for a zygote of this role where one was, once until it comes."""
        for index, channel in enumerate(self.channels):
            wanted = self._roles.get(index) is role and channel.lost and index not in self._asked
            if self._on_demand is not None and wanted:
                self._asked.add(index)
                self._on_demand.ask(index)

    async def _live_channels(self, role: Role) -> list[Channel]:
        """Return the zygotes of this role, at least one: wait for a replacement if there is none. Raises NoJail."""
        try:
            async with asyncio.timeout(_REPLACEMENT_SECONDS if self._on_demand is None else WARM_SECONDS):
                while True:
                    live = [channel for channel in self.channels if channel.role is role and not channel.lost]
                    if live:
                        return live
                    self._ask_for(role)
                    await self._change()
        except TimeoutError:
            raise NoJail from None

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()


def _rest(channel: Channel, jobs: int) -> None:
    """Let a zygote end that has had no job since; with it go its memory and its waiting forks."""
    if channel.load == 0 and channel.jobs == jobs:
        channel.lose()
