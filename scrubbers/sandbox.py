"""The jail from the trusted side: the pool of zygotes, and the checks on a job's answer.

Promises. `scrub` and `verify` either return the next stage or raise `Refused`; nothing a job writes is parsed beyond
its length, a number, and the strictly decoded report. No decoder is imported on this side and no process is started:
the pool is given connected channels, one for each zygote, and later replacements. A pool with `OnDemand` lets a zygote
end that has had no job for some minutes, and asks for another with the next file. A job that was lost because its
zygote died is tried once more, unless it had already released the memory of a large input: then the answer is NoJail,
"in a few minutes". Each stage closes its input file, whatever the outcome; once a job has had one it is not read or
mapped here again. `fair_queue` decides in which order zygotes get jobs.

Steps of one job, from here:
1 fresh memory files for its answers   2 a live zygote of the right role   3 request and descriptors
4 the job writes its status, or the zygote reports how the process ended   5 wait status   6 status number
7 memfd seals on the answers, so that nobody can change what is checked next, not even a job that runs on
8 lengths   9 the report

Errors: Refused and its leaves (`stages`), and

JailNotTight    the self-test found a lock missing; a server must not start
"""

import asyncio
import os
import signal
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from socket import socket
from typing import Final

from scrubbers.channel import Channel
from scrubbers.fair_queue import (
    UNKNOWN_SECONDS,
    WORST_SECONDS,
    Account,
    FairQueue,
    Turn,
    is_measured,
    seconds_of_picture,
)
from scrubbers.members import cut
from scrubbers.memory_file import MemoryFile, NotSealed
from scrubbers.protocol import (
    ATTACHMENT_BYTES,
    MEASURED,
    MEASURED_MAGIC,
    OUTCOME_DONE,
    PREVIEW_BYTES,
    REPORT_BYTES,
    RESULT_BYTES,
    ROLES,
    STATUS,
    STATUS_MAGIC,
    KindNumber,
    Locks,
    Operation,
    Role,
)
from scrubbers.report_wire import decode_report
from scrubbers.stages import (
    RESULT_KIND,
    Film,
    JobDied,
    Kind,
    Lost,
    NoJail,
    Removed,
    Scrubbed,
    ScrubReport,
    Sniffed,
    SniffedArchive,
    TookTooLong,
    TooLarge,
    Verified,
    refusal,
)

_ATTEMPTS: Final = 2
# A zygote is warm within a second; the keeper needs a moment to notice that one died.
_REPLACEMENT_SECONDS: Final = 10.0
_WARM_SECONDS: Final = 30.0
_JOBS_AT_ONCE: Final = 2
_LOCKS_EVERYWHERE: Final = Locks.NO_NEW_PRIVILEGES | Locks.FILTERED | Locks.UNDUMPABLE | Locks.NO_CORE


@dataclass(frozen=True, slots=True)
class OnDemand:
    """How a pool comes by a zygote only while it needs one."""

    # Asks for a zygote in the place of the one with this index; `Sandbox.replace` brings it.
    ask: Callable[[int], None]
    # Returns for how many seconds an idle zygote stays, drawn afresh each time.
    warm_seconds: Callable[[], float]


class JailNotTight(Exception):
    """A job could do what no job may do, or a lock is not on."""


class Sandbox:
    """Hands jobs to zygotes. Belongs to one event loop; may be made before that runs."""

    def __init__(
        self,
        channels: Sequence[socket],
        jobs_at_once: int = _JOBS_AT_ONCE,
        version: str = "",
        on_demand: OnDemand | None = None,
    ) -> None:
        """Take the channels of zygotes, and the version of the scrubber that each report names (`scrubber_version`).

        Without `on_demand` zygotes stay, and a lost one is replaced unasked.
        """
        self._jobs_at_once = jobs_at_once
        self._channels = [Channel(channel, jobs_at_once) for channel in channels]
        self._attached = False
        # Wakes those that wait for a zygote: one is ready, lost, or has a slot again.
        self._changed = asyncio.Event()
        self._queues = {role: FairQueue() for role in Role}
        self._version = version
        self._on_demand = on_demand
        # By index: the role that a zygote there has, and those that were asked for and have not come.
        self._roles: dict[int, Role] = {}
        self._asked: set[int] = set()

    def for_form(self) -> "OneForm":
        """Return the pool as one form uses it: its jobs are charged to one account."""
        return OneForm(self, Account())

    async def scrub(self, sniffed: Sniffed, account: Account | None = None, *, against_marks: bool = False) -> Scrubbed:
        """Rebuild the file in a jailed job, and close the input. Raises Refused.

        `against_marks`: it may be marked for whom it was given to, and its pixels come to lie on another grid.
        """
        operation = Operation.SCRUB_AGAINST_MARKS if against_marks else Operation.SCRUB
        with sniffed.untrusted as untrusted:
            if untrusted.size > ATTACHMENT_BYTES:
                raise TooLarge
            size = untrusted.size
            untrusted.seal_except_shrinking()
            seconds = UNKNOWN_SECONDS if account is None else await self._estimated(sniffed.kind, untrusted, account)
            kind = sniffed.kind
            for _ in range(_ATTEMPTS):
                if untrusted.size < size:
                    # A lost job had already released the input: nothing is left to try again with.
                    raise NoJail
                turn = Turn(account or Account(), seconds)
                try:
                    scrubbed = await self._scrubbed(operation, kind, untrusted, turn)
                except Film:
                    if kind is not Kind.SOUND:
                        raise JobDied from None
                    kind = Kind.FILM
                    continue
                if scrubbed is not None:
                    return scrubbed
        raise JobDied

    async def _scrubbed(self, operation: Operation, kind: Kind, untrusted: MemoryFile, turn: Turn) -> Scrubbed | None:
        """Return what one job made of the file, or None when the zygote died with it. Raises Refused."""
        with ExitStack() as results:
            clean, preview = results.enter_context(MemoryFile()), results.enter_context(MemoryFile())
            with MemoryFile() as report:
                if not await self._job(operation, kind, (untrusted,), (clean, preview, report), turn):
                    return None
                removed, lost = _read_report(report)
            _require_length(clean, RESULT_BYTES)
            _require_length(preview, PREVIEW_BYTES)
            results.pop_all()
        return Scrubbed(RESULT_KIND[kind], clean, preview, ScrubReport(kind, removed, lost, self._version))

    async def verify(self, scrubbed: Scrubbed, account: Account | None = None) -> Verified:
        """Verify the same bytes in a second, fresh job. Raises Refused, and then closes them."""
        account = account or Account()
        clean, preview = scrubbed.untrusted_clean, scrubbed.untrusted_preview
        with ExitStack() as unless_verified:
            unless_verified.enter_context(clean)
            unless_verified.enter_context(preview)
            for _ in range(_ATTEMPTS):
                turn = Turn(account, None)
                if await self._job(Operation.VERIFY, scrubbed.kind, (), (clean, preview), turn):
                    unless_verified.pop_all()
                    return Verified(scrubbed.kind, clean, preview, scrubbed.report)
        raise JobDied

    async def unpack(self, archive: SniffedArchive, account: Account | None = None) -> list[MemoryFile]:
        """Return the files in an archive or an e-mail, in the job's order, and close it. Raises Refused."""
        with archive.untrusted as untrusted:
            untrusted.seal()
            for _ in range(_ATTEMPTS):
                with MemoryFile() as members:
                    turn = Turn(account or Account(), UNKNOWN_SECONDS)
                    # The zygote for documents takes all of them apart.
                    if await self._job(Operation.UNPACK, Kind.EMAIL, (untrusted,), (members,), turn):
                        return cut(members)
        raise JobDied

    async def self_test(self, roles: Collection[Role] = tuple(Role)) -> None:
        """Require that a job in every zygote could not open a file, make a socket or run a program.

        Raises JailNotTight, also when a role has no live zygote.
        """
        self._attach()
        for channel in self._channels:
            try:
                async with asyncio.timeout(_WARM_SECONDS):
                    await channel.settled.wait()
            except TimeoutError:
                raise JailNotTight from None
            await _self_test(channel)
        if not set(roles) <= {channel.role for channel in self._channels}:
            raise JailNotTight

    def rest(self) -> None:
        """Let each zygote without a job end; the next file asks for one. For a pool with `OnDemand`, after its test."""
        for channel in self._channels:
            _rest(channel, channel.jobs)

    def replace(self, index: int, channel: socket) -> None:
        """Replace a dead zygote's channel by a newly started one's."""
        if self._attached:
            self._channels[index].lose()
        else:
            self._channels[index].close_unattached()
        self._channels[index] = Channel(channel, self._jobs_at_once)
        self._asked.discard(index)
        if self._attached:
            self._watch(index)

    def close(self) -> None:
        """Close every channel, at which the zygotes end."""
        for channel in self._channels:
            if self._attached:
                channel.lose()
            else:
                channel.close_unattached()

    def _attach(self) -> None:
        """Listen to the channels: this needs the running loop, which does not exist yet when the pool is made."""
        if not self._attached:
            self._attached = True
            for index in range(len(self._channels)):
                self._watch(index)

    def _watch(self, index: int) -> None:
        channel = self._channels[index]
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
        for index, channel in enumerate(self._channels):
            wanted = self._roles.get(index) is role and channel.lost and index not in self._asked
            if self._on_demand is not None and wanted:
                self._asked.add(index)
                self._on_demand.ask(index)

    async def _estimated(self, kind: Kind, untrusted: MemoryFile, account: Account) -> float:
        """Return the processor seconds this file will take. It is measured only while others use the jail."""
        role = ROLES.get(kind, Role.PICTURES)
        if not is_measured(kind) or not self._is_busy(role):
            return UNKNOWN_SECONDS
        with _pipe() as (reader, writer):
            turn = Turn(account, seconds_of_picture(0))
            channel = await self._free_channel(role, turn)
            await self._run(channel, turn, Operation.MEASURE, kind, [untrusted.fileno(), writer], reader)
            untrusted_answer = _read_status(reader, MEASURED.size)
        if len(untrusted_answer) != MEASURED.size or not untrusted_answer.startswith(MEASURED_MAGIC):
            return WORST_SECONDS
        return seconds_of_picture(MEASURED.unpack(untrusted_answer)[1])

    def _is_busy(self, role: Role) -> bool:
        return bool(self._queues[role]) or any(channel.load for channel in self._channels if channel.role is role)

    async def _job(
        self, operation: Operation, kind: Kind, given: Sequence[MemoryFile], answers: Sequence[MemoryFile], turn: Turn
    ) -> bool:
        """Take steps 2 to 7; return False when the zygote died with the job. Raises Refused."""
        with _pipe() as (status_reader, status_writer):
            channel = await self._free_channel(ROLES.get(kind, Role.PICTURES), turn)
            descriptors = [*(file.fileno() for file in (*given, *answers)), status_writer]
            wait_status = await self._run(channel, turn, operation, kind, descriptors, status_reader)
            if wait_status is None:
                return False
            _require_clean_exit(wait_status)
            _require_done(_read_status(status_reader, STATUS.size))
        for file in answers:
            try:
                file.seal()
            except NotSealed:
                raise JobDied from None
        return True

    @staticmethod
    async def _run(  # noqa: PLR0917 - a request and what it is charged to
        channel: Channel, turn: Turn, operation: Operation, kind: Kind, descriptors: Sequence[int], status_reader: int
    ) -> int | None:
        turn.begin()
        return await channel.run(
            operation, KindNumber[kind.name], descriptors, status_reader, quick=turn.is_quick, charge=turn.end
        )

    async def _free_channel(self, role: Role, turn: Turn) -> Channel:
        """Wait for this job's turn and return a zygote of this role with a free slot. Raises NoJail.

        While all are busy no zygote is chosen: the job would wait for that one while another, done first, stands idle.
        Between this return and `Channel.run`, which counts the job, nothing else may run.
        """
        self._attach()
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

    async def _live_channels(self, role: Role) -> list[Channel]:
        """Return the zygotes of this role, at least one: wait for a replacement if there is none. Raises NoJail."""
        try:
            async with asyncio.timeout(_REPLACEMENT_SECONDS if self._on_demand is None else _WARM_SECONDS):
                while True:
                    live = [channel for channel in self._channels if channel.role is role and not channel.lost]
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


@dataclass(frozen=True, slots=True)
class OneForm:
    """The pool as one form uses it."""

    pool: Sandbox
    account: Account

    async def scrub(self, sniffed: Sniffed, *, against_marks: bool = False) -> Scrubbed:
        """Scrub as the pool does; pictures are measured first when others are waiting."""
        return await self.pool.scrub(sniffed, self.account, against_marks=against_marks)

    async def unpack(self, archive: SniffedArchive) -> list[MemoryFile]:
        """Unpack as the pool does."""
        return await self.pool.unpack(archive, self.account)

    async def verify(self, scrubbed: Scrubbed) -> Verified:
        """Verify as the pool does."""
        return await self.pool.verify(scrubbed, self.account)


async def scrub(sniffed: Sniffed, sandbox: Sandbox | OneForm, *, against_marks: bool = False) -> Scrubbed:
    """Run the second stage; raises Refused. Closes the input."""
    return await sandbox.scrub(sniffed, against_marks=against_marks)


async def verify(scrubbed: Scrubbed, sandbox: Sandbox | OneForm) -> Verified:
    """Run the third stage; raises Refused."""
    return await sandbox.verify(scrubbed)


@contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        yield reader, writer
    finally:
        os.close(reader)
        os.close(writer)


def _read_status(untrusted_status_reader: int, most: int) -> bytes:
    """Read a job's status, one byte more than it may have, so that more shows; our writing end is still open."""
    try:
        return os.read(untrusted_status_reader, most + 1)
    except BlockingIOError:
        return b""


def _require_clean_exit(wait_status: int) -> None:
    """Raise TookTooLong or JobDied unless the job ended by itself."""
    if os.WIFEXITED(wait_status) and os.WEXITSTATUS(wait_status) == 0:
        return
    if os.WIFSIGNALED(wait_status) and os.WTERMSIG(wait_status) in {signal.SIGALRM, signal.SIGXCPU}:
        raise TookTooLong
    raise JobDied


def _require_done(untrusted_status: bytes) -> None:
    """Raise the refusal whose number the job gave, unless it says it is done."""
    if len(untrusted_status) != STATUS.size:
        raise JobDied
    magic, untrusted_outcome = STATUS.unpack(untrusted_status)
    if magic != STATUS_MAGIC:
        raise JobDied
    if untrusted_outcome != OUTCOME_DONE:
        raise refusal(untrusted_outcome)


def _require_length(untrusted: MemoryFile, most: int) -> None:
    if not 0 < untrusted.size <= most:
        raise JobDied


def _read_report(report: MemoryFile) -> tuple[tuple[Removed, ...], tuple[Lost, ...]]:
    _require_length(report, REPORT_BYTES)
    return decode_report(report.read())


async def _self_test(channel: Channel) -> None:
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
    with _pipe() as (reader, writer):
        wait_status = await channel.run(operation, None, [writer])
        return wait_status, _read_status(reader, STATUS.size)
