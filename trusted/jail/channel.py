"""One zygote as the trusted side sees it: sends requests with descriptors, and receives which jobs have ended.

Nothing here blocks the event loop, and nothing that comes back is longer than a frame. A channel that breaks the
protocol, closes, or does not answer in time is lost for good: `run` returns None for jobs under way, and the keeper,
which sees the process end, hands the pool another one.
"""

import asyncio
import itertools
import socket
from collections.abc import Callable, Sequence

from trusted.jail.protocol import (
    ENDED,
    GRACE_SECONDS,
    HELLO,
    HELLO_MAGIC,
    JOB_LIMITS,
    LONG_KINDS,
    LONG_LIMITS,
    REQUEST,
    REQUEST_MAGIC,
    KindNumber,
    Locks,
    Operation,
    Role,
)

_RECEIVE_BYTES = 4096
_QUICK_SLOTS = 1


class Channel:
    """The trusted end of one zygote's channel."""

    def __init__(self, channel: socket.socket, jobs_at_once: int) -> None:
        """Hold `jobs_at_once` slots, and one more for a quick job."""
        channel.setblocking(False)
        self.role: Role | None = None
        self.landlock_abi = 0
        self.locks = Locks(0)
        self.lost = False
        # Jobs running or waiting for a slot: the pool gives a channel no more than it has slots.
        self.load = 0
        # Those of them that are not quick.
        self.slow = 0
        # All that were ever given to it.
        self.jobs = 0
        self.settled = asyncio.Event()
        self._socket = channel
        self._jobs_at_once = jobs_at_once
        self._slots = asyncio.Semaphore(jobs_at_once + _QUICK_SLOTS)
        self._sending = asyncio.Lock()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[int | None]] = {}
        # By the number of a job under way, the function to call with its processor seconds.
        self._charges: dict[int, Callable[[float], None]] = {}
        self._received = bytearray()
        self._changed: Callable[[], None] = lambda: None

    def attach(self, changed: Callable[[], None]) -> None:
        """Listen, on the running loop; call `changed` when the zygote is ready, lost, or has a slot again."""
        self._changed = changed
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._readable)

    def has_slot(self, *, quick: bool) -> bool:
        """Return whether one more job can begin at once."""
        return self.load < self._jobs_at_once + _QUICK_SLOTS and (quick or self.slow < self._jobs_at_once)

    async def run(
        self,
        operation: Operation,
        kind: KindNumber | None,
        descriptors: Sequence[int],
        status: int | None = None,
        *,
        quick: bool = False,
        charge: Callable[[float], None] = lambda _: None,
    ) -> int | None:
        """Run one job to its end and return its wait status, or None when the zygote was lost with it.

        If the reading end of the job's status pipe is given, anything to read there counts as a clean end: a job has
        nothing to do after that, but tearing down its memory is half of the time that a small picture takes.
        `charge` is called with the job's processor seconds once its process is gone.
        """
        self.load += 1
        self.jobs += 1
        self.slow += not quick
        try:
            await self._slots.acquire()
        except BaseException:
            self._count_out(quick=quick)
            raise
        if self.lost:
            self._give_up_slot(quick=quick)
            return None
        number = next(self._numbers)
        limits = LONG_LIMITS if kind in LONG_KINDS else JOB_LIMITS
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[int | None] = loop.create_future()
        self._waiting[number] = ended
        self._charges[number] = charge
        # The kernel's clock ends a job long before that: when this timer fires, the zygote itself does not answer.
        late = loop.call_later(limits.wall_seconds + GRACE_SECONDS, self.lose)
        ended.add_done_callback(lambda _: late.cancel())
        # The slot belongs to the job and not to its caller: a job whose request was cancelled still runs, and so may
        # one that has written its status.
        ended.add_done_callback(lambda _: self._give_up_slot(quick=quick))
        await self._send(REQUEST.pack(REQUEST_MAGIC, number, operation, kind or 0), descriptors)
        return await _first(ended, status)

    def _count_out(self, *, quick: bool) -> None:
        self.load -= 1
        self.slow -= not quick

    def _give_up_slot(self, *, quick: bool) -> None:
        self._count_out(quick=quick)
        self._slots.release()
        self._changed()

    def lose(self) -> None:
        """Give the zygote up. It ends when it sees its channel closed."""
        if self.lost:
            return
        self.lost = True
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()
        for ended in self._waiting.values():
            if not ended.done():
                ended.set_result(None)
        self._waiting.clear()
        self._charges.clear()
        self.settled.set()
        self._changed()

    def close_unattached(self) -> None:
        self._socket.close()

    async def _send(self, frame: bytes, descriptors: Sequence[int]) -> None:
        async with self._sending:
            while not self.lost:
                try:
                    sent = socket.send_fds(self._socket, [frame], list(descriptors))
                except BlockingIOError:
                    await self._writable()
                    continue
                except OSError:
                    sent = 0
                # A frame is far smaller than a socket's buffer: the kernel takes it whole or something is wrong.
                if sent != len(frame):
                    self.lose()
                return

    async def _writable(self) -> None:
        loop = asyncio.get_running_loop()
        possible = loop.create_future()
        descriptor = self._socket.fileno()
        loop.add_writer(descriptor, _resolve, possible)
        try:
            await possible
        finally:
            loop.remove_writer(descriptor)

    def _readable(self) -> None:
        try:
            received = self._socket.recv(_RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            received = b""
        if not received:
            self.lose()
            return
        self._received += received
        if self.role is None and not self._take_hello():
            return
        while len(self._received) >= ENDED.size:
            number, wait_status, milliseconds = ENDED.unpack(self._received[: ENDED.size])
            del self._received[: ENDED.size]
            if (charge := self._charges.pop(number, None)) is not None:
                charge(milliseconds / 1000)
            ended = self._waiting.pop(number, None)
            if ended is not None and not ended.done():
                ended.set_result(wait_status)

    def _take_hello(self) -> bool:
        """Return whether the zygote's HELLO has come; a zygote that sends anything else is given up."""
        if len(self._received) < HELLO.size:
            return False
        magic, role, self.landlock_abi, locks = HELLO.unpack(self._received[: HELLO.size])
        del self._received[: HELLO.size]
        if magic != HELLO_MAGIC or role not in set(Role):
            self.lose()
            return False
        self.role, self.locks = Role(role), Locks(locks)
        self.settled.set()
        self._changed()
        return True


async def _first(ended: asyncio.Future[int | None], status: int | None) -> int | None:
    """Return how the job ended, or 0 once its status pipe is readable; cancelling this leaves `ended` pending."""
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    ended.add_done_callback(lambda _: _resolve(over))
    if status is not None:
        loop.add_reader(status, _resolve, over)
    try:
        await over
    finally:
        if status is not None:
            loop.remove_reader(status)
    return ended.result() if ended.done() else 0


def _resolve(possible: asyncio.Future[None]) -> None:
    if not possible.done():
        possible.set_result(None)
