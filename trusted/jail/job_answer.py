"""What a job answers, as the trusted side reads it: how it ended, its status, lengths and the report.

Nothing that a job wrote is parsed beyond its length, a number, and the strictly decoded report. The numbers of the
steps are those of `sandbox`.

Errors: Refused and its leaves (`stages`).
"""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from trusted.jail.memory_file import MemoryFile, NotSealed
from trusted.jail.protocol import OUTCOME_DONE, REPORT_BYTES, STATUS, STATUS_MAGIC
from trusted.jail.report_wire import decode_report
from trusted.jail.stages import JobDied, Lost, Removed, TookTooLong, refusal


@contextmanager
def status_pipe() -> Iterator[tuple[int, int]]:
    """Open the pipe of a job's status: its reading end and its writing end, neither of which blocks."""
    reader, writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        yield reader, writer
    finally:
        os.close(reader)
        os.close(writer)


def read_status(untrusted_status_reader: int, most: int) -> bytes:
    """Read a job's status, one byte more than it may have, so that more shows; our writing end is still open."""
    try:
        return os.read(untrusted_status_reader, most + 1)
    except BlockingIOError:
        return b""


def require_clean_exit(wait_status: int) -> None:
    """Raise TookTooLong or JobDied unless the job ended by itself."""
    if os.WIFEXITED(wait_status) and os.WEXITSTATUS(wait_status) == 0:
        return
    if os.WIFSIGNALED(wait_status) and os.WTERMSIG(wait_status) in {signal.SIGALRM, signal.SIGXCPU}:
        raise TookTooLong
    raise JobDied


def require_done(untrusted_status: bytes) -> None:
    """Raise the refusal whose number the job gave, unless it says it is done."""
    if len(untrusted_status) != STATUS.size:
        raise JobDied
    magic, untrusted_outcome = STATUS.unpack(untrusted_status)
    if magic != STATUS_MAGIC:
        raise JobDied
    if untrusted_outcome != OUTCOME_DONE:
        raise refusal(untrusted_outcome)


def seal_answers(answers: Sequence[MemoryFile]) -> None:
    """Take step 7; raises JobDied when the job still holds a way to write to one of them."""
    for file in answers:
        try:
            file.seal()
        except NotSealed:
            raise JobDied from None


def require_length(untrusted: MemoryFile, most: int) -> None:
    """Raise JobDied unless there is something in the answer, and not more than `most` bytes."""
    if not 0 < untrusted.size <= most:
        raise JobDied


def read_report(report: MemoryFile) -> tuple[tuple[Removed, ...], tuple[Lost, ...]]:
    """Return what the job says it removed, and what was lost. Raises JobDied."""
    require_length(report, REPORT_BYTES)
    return decode_report(report.read())
