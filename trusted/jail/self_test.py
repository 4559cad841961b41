"""The self-test of the jail: a job in every zygote tries what no job may do.

Errors:

JailNotTight    a lock is missing; a server must not start
"""

import asyncio
import signal
from collections.abc import Collection
from typing import Final

from trusted.jail.channel import Channel
from trusted.jail.job_answer import read_status, status_pipe
from trusted.jail.protocol import OUTCOME_DONE, STATUS, STATUS_MAGIC, Locks, Operation, Role
from trusted.jail.zygote_pool import WARM_SECONDS, ZygotePool

_LOCKS_EVERYWHERE: Final = Locks.NO_NEW_PRIVILEGES | Locks.FILTERED | Locks.UNDUMPABLE | Locks.NO_CORE


class JailNotTight(Exception):
    """A job could do what no job may do, or a lock is not on."""


async def require_tight(pool: ZygotePool, roles: Collection[Role]) -> None:
    """Require that a job in every zygote could not open a file, make a socket or run a program.

    Raises JailNotTight, also when a role has no live zygote.
    """
    pool.attach()
    for channel in pool.channels:
        try:
            async with asyncio.timeout(WARM_SECONDS):
                await channel.settled.wait()
        except TimeoutError:
            raise JailNotTight from None
        await _require_tight(channel)
    if not set(roles) <= {channel.role for channel in pool.channels}:
        raise JailNotTight


async def _require_tight(channel: Channel) -> None:
    if channel.lost or _LOCKS_EVERYWHERE not in channel.locks:
        raise JailNotTight
    if channel.landlock_abi and Locks.LANDLOCK_HELD not in channel.locks:
        raise JailNotTight
    # Opening a file fails with an error, which the job reports; the other two kill the job.
    if await _attempt(channel, Operation.TRY_OPEN) != (0, STATUS.pack(STATUS_MAGIC, OUTCOME_DONE)):
        raise JailNotTight
    for operation in (Operation.TRY_SOCKET, Operation.TRY_EXEC):
        if await _attempt(channel, operation) != (signal.SIGSYS, b""):
            raise JailNotTight


async def _attempt(channel: Channel, operation: Operation) -> tuple[int | None, bytes]:
    """Return how a job that tries something forbidden ended, and its status."""
    with status_pipe() as (reader, writer):
        wait_status = await channel.run(operation, None, [writer])
        return wait_status, read_status(reader, STATUS.size)
