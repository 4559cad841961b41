"""The jail from the trusted side: a file goes in, and what jobs made of it comes back, checked.

Promises. `scrub` and `verify` either return the next stage or raise `Refused`; nothing a job writes is parsed beyond
its length, a number, and the strictly decoded report (`job_answer`). No decoder is imported on this side. A job that
was lost because its zygote died is tried once more, unless it had already released the memory of a large input: then
the answer is NoJail, "in a few minutes". Each stage closes its input file, whatever the outcome; once a job has had one
it is not read or mapped here again.

Steps of one job, from here:
1 fresh memory files for its answers   2 a live zygote of the right role (`zygote_pool`)   3 request and descriptors
4 the job writes its status, or the zygote reports how the process ended   5 wait status   6 status number
7 memfd seals on the answers, so that nobody can change what is checked next, not even a job that runs on
8 lengths   9 the report

Errors: Refused and its leaves (`stages`), and JailNotTight (`self_test`).
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from socket import socket
from typing import Final, TypeAlias

from trusted.jail.channel import Channel
from trusted.jail.fair_queue import (
    UNKNOWN_SECONDS,
    WORST_SECONDS,
    Account,
    Turn,
    is_measured,
    seconds_of_bytes,
    seconds_of_picture,
    seconds_of_unpacking,
)
from trusted.jail.job_answer import (
    read_report,
    read_status,
    require_clean_exit,
    require_done,
    require_length,
    seal_answers,
    status_pipe,
)
from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import (
    ATTACHMENT_BYTES,
    MEASURED,
    MEASURED_MAGIC,
    PREVIEW_BYTES,
    RESULT_BYTES,
    ROLES,
    SCRUBS,
    STATUS,
    How,
    KindNumber,
    Operation,
    Role,
)
from trusted.jail.self_test import require_tight
from trusted.jail.stages import (
    RESULT_KIND,
    WITNESSED,
    Film,
    JobDied,
    Kind,
    NoJail,
    Scrubbed,
    ScrubReport,
    Sniffed,
    SniffedArchive,
    TooLarge,
    Verified,
)
from trusted.jail.unpacked import cut, lengths_of
from trusted.jail.zygote_pool import JOBS_AT_ONCE, OnDemand, ZygotePool

_ATTEMPTS: Final = 2
# Takes the room for files of these lengths and returns True; False if there is none now, and it was not to wait.
TakeRoom: TypeAlias = Callable[[Sequence[int], bool], Awaitable[bool]]


async def _no_limit(_lengths: Sequence[int], _may_wait: bool) -> bool:
    return True


class Sandbox:
    """Has files scrubbed, verified and unpacked by jobs. Belongs to one event loop; may be made before that runs."""

    def __init__(
        self,
        channels: Sequence[socket],
        jobs_at_once: int = JOBS_AT_ONCE,
        version: str = "",
        on_demand: OnDemand | None = None,
    ) -> None:
        """Take the channels of zygotes, and the version of the scrubber that each report names (`scrubber_version`).

        Without `on_demand` zygotes stay, and a lost one is replaced unasked.
        """
        self._pool = ZygotePool(channels, jobs_at_once, on_demand)
        self._version = version

    def for_form(self) -> "OneForm":
        """Return the sandbox as one form uses it: its jobs are charged to one account."""
        return OneForm(self, Account())

    async def scrub(self, sniffed: Sniffed, account: Account | None = None, how: How = How.PLAIN) -> Scrubbed:
        """Rebuild the file in a jailed job, have a PDF witnessed in another, and close the input. Raises Refused."""
        with sniffed.untrusted as untrusted:
            if untrusted.size > ATTACHMENT_BYTES:
                raise TooLarge
            size = untrusted.size
            if sniffed.kind in WITNESSED:
                # Both jobs read the same bytes.
                untrusted.seal()
            else:
                untrusted.seal_except_shrinking()
            seconds = UNKNOWN_SECONDS if account is None else await self._estimated(sniffed.kind, untrusted, account)
            kind = sniffed.kind
            for _ in range(_ATTEMPTS):
                if untrusted.size < size:
                    # A lost job had already released the input: nothing is left to try again with.
                    raise NoJail
                turn = Turn(account or Account(), seconds)
                try:
                    scrubbed = await self._scrubbed(SCRUBS[how], kind, untrusted, turn)
                except Film:
                    if kind is not Kind.SOUND:
                        raise JobDied from None
                    kind = Kind.FILM
                    continue
                if scrubbed is not None and (
                    kind not in WITNESSED or await self._witnessed(scrubbed, untrusted, turn.account)
                ):
                    return scrubbed
        raise JobDied

    async def _witnessed(self, scrubbed: Scrubbed, untrusted: MemoryFile, account: Account) -> bool:
        """Have a fresh job look in the source for all that is in the copy. Closes the copy unless it returns True."""
        clean, preview = scrubbed.untrusted_clean, scrubbed.untrusted_preview
        with ExitStack() as unless_seen:
            unless_seen.enter_context(clean)
            unless_seen.enter_context(preview)
            if not await self._job(Operation.WITNESS, scrubbed.kind, (untrusted, clean), (), Turn(account, None)):
                return False
            unless_seen.pop_all()
        return True

    async def _scrubbed(self, operation: Operation, kind: Kind, untrusted: MemoryFile, turn: Turn) -> Scrubbed | None:
        """Return what one job made of the file, or None when the zygote died with it. Raises Refused."""
        with ExitStack() as results:
            clean, preview = results.enter_context(MemoryFile()), results.enter_context(MemoryFile())
            with MemoryFile() as report:
                if not await self._job(operation, kind, (untrusted,), (clean, preview, report), turn):
                    return None
                removed, lost = read_report(report)
            require_length(clean, RESULT_BYTES)
            require_length(preview, PREVIEW_BYTES)
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

    async def unpack(
        self, archive: SniffedArchive, account: Account | None = None, take_room: TakeRoom = _no_limit
    ) -> list[MemoryFile]:
        """Return the files in an archive or an e-mail, in the job's order, and close it. Raises Refused.

        Files for which there is no room are not kept while they wait for it, but made once more. Raises what
        `take_room` raises.
        """
        account = account or Account()
        waited_for: list[int] | None = None
        lost = 0
        with archive.untrusted as untrusted:
            untrusted.seal()
            while lost < _ATTEMPTS:
                with MemoryFile() as members:
                    turn = Turn(account, seconds_of_unpacking(untrusted.size))
                    # The zygote for documents takes all of them apart.
                    if not await self._job(Operation.UNPACK, Kind.EMAIL, (untrusted,), (members,), turn):
                        lost += 1
                        continue
                    lengths = lengths_of(members)
                    if lengths == waited_for or (waited_for is None and await take_room(lengths, False)):
                        return cut(members)
                if waited_for is not None:
                    break
                await take_room(lengths, True)
                waited_for = lengths
        raise JobDied

    async def self_test(self, roles: Collection[Role] = tuple(Role)) -> None:
        """Require that a job in every zygote could not open a file, make a socket or run a program.

        Raises JailNotTight, also when a role has no live zygote.
        """
        await require_tight(self._pool, roles)

    def rest(self) -> None:
        """Let each zygote without a job end; the next file asks for one. With `OnDemand`, after its test."""
        self._pool.rest()

    def replace(self, index: int, channel: socket) -> None:
        """Replace a dead zygote's channel by a newly started one's."""
        self._pool.replace(index, channel)

    def close(self) -> None:
        """Close every channel, at which the zygotes end."""
        self._pool.close()

    async def _estimated(self, kind: Kind, untrusted: MemoryFile, account: Account) -> float:
        """Return the processor seconds this file will take. It is measured only while others use the jail."""
        role = ROLES.get(kind, Role.PICTURES)
        if not is_measured(kind) or not self._pool.is_busy(role):
            return seconds_of_bytes(kind, untrusted.size)
        with status_pipe() as (reader, writer):
            turn = Turn(account, seconds_of_picture(0))
            channel = await self._pool.free_channel(role, turn)
            await self._run(channel, turn, Operation.MEASURE, kind, [untrusted.fileno(), writer], reader)
            untrusted_answer = read_status(reader, MEASURED.size)
        if len(untrusted_answer) != MEASURED.size or not untrusted_answer.startswith(MEASURED_MAGIC):
            return WORST_SECONDS
        return seconds_of_picture(MEASURED.unpack(untrusted_answer)[1])

    async def _job(
        self, operation: Operation, kind: Kind, given: Sequence[MemoryFile], answers: Sequence[MemoryFile], turn: Turn
    ) -> bool:
        """Take steps 2 to 7; return False when the zygote died with the job. Raises Refused."""
        with status_pipe() as (status_reader, status_writer):
            channel = await self._pool.free_channel(ROLES.get(kind, Role.PICTURES), turn)
            descriptors = [*(file.fileno() for file in (*given, *answers)), status_writer]
            wait_status = await self._run(channel, turn, operation, kind, descriptors, status_reader)
            if wait_status is None:
                return False
            require_clean_exit(wait_status)
            require_done(read_status(status_reader, STATUS.size))
        seal_answers(answers)
        return True

    @staticmethod
    async def _run(  # noqa: PLR0917 - a request and what it is charged to
        channel: Channel, turn: Turn, operation: Operation, kind: Kind, descriptors: Sequence[int], status_reader: int
    ) -> int | None:
        turn.begin()
        return await channel.run(
            operation, KindNumber[kind.name], descriptors, status_reader, quick=turn.is_quick, charge=turn.end
        )


@dataclass(frozen=True, slots=True)
class OneForm:
    """The sandbox as one form uses it."""

    sandbox: Sandbox
    account: Account

    async def scrub(self, sniffed: Sniffed, how: How = How.PLAIN) -> Scrubbed:
        """Scrub as the sandbox does; pictures are measured first when others are waiting."""
        return await self.sandbox.scrub(sniffed, self.account, how=how)

    async def unpack(self, archive: SniffedArchive, take_room: TakeRoom) -> list[MemoryFile]:
        """Unpack as the sandbox does."""
        return await self.sandbox.unpack(archive, self.account, take_room)

    async def verify(self, scrubbed: Scrubbed) -> Verified:
        """Verify as the sandbox does."""
        return await self.sandbox.verify(scrubbed, self.account)


async def scrub(sniffed: Sniffed, sandbox: Sandbox | OneForm, how: How = How.PLAIN) -> Scrubbed:
    """Run the second stage; raises Refused. Closes the input."""
    return await sandbox.scrub(sniffed, how=how)


async def verify(scrubbed: Scrubbed, sandbox: Sandbox | OneForm) -> Verified:
    """Run the third stage; raises Refused."""
    return await sandbox.verify(scrubbed)
