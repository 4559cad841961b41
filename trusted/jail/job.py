"""One job, in a fork of the zygote: locks itself further, does one operation, writes its status, ends.

The outermost layer of everything that touches hostile bytes: here, and only here, every exception is caught, and each
becomes a number. Text of an exception can quote the file and is dropped. What works on the bytes is handed in.
"""

import errno
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NoReturn, Protocol, TypeAlias

from trusted.confine.lock import bound_job, confine_job, job_filters
from trusted.jail.job_template import JobTemplate
from trusted.jail.protocol import (
    DOCUMENT_LIMITS,
    JOB_LIMITS,
    LONG_KINDS,
    LONG_LIMITS,
    MEASURE_LIMITS,
    MEASURED,
    MEASURED_MAGIC,
    MOST_PIXELS,
    OUTCOME_DONE,
    OUTCOME_NOT_STOPPED,
    SCRUBS,
    STATUS,
    STATUS_MAGIC,
    How,
    KindNumber,
    Operation,
    Role,
)
from trusted.jail.report_wire import encode_report
from trusted.jail.stages import Damaged, Kind, Lost, OutOfMemory, Refused, Removed, ResultTooLarge

_ENDED_WELL: Final = 0
_HOW: Final = {operation: how for how, operation in SCRUBS.items()}
# Which kinds may start a thread: HEIC cannot be decoded without one, and a film is encoded while it is decoded.
_THREADED: Final = {
    Operation.MEASURE: (KindNumber.HEIC,),
    **dict.fromkeys(_HOW, (KindNumber.HEIC, KindNumber.FILM)),
}
Report: TypeAlias = tuple[tuple[Removed, ...], tuple[Lost, ...]]


class Cleans(Protocol):
    """Reads the first descriptor and writes the clean copy and the preview; returns what was removed and lost."""

    def __call__(self, kind: Kind, untrusted: int, clean: int, preview: int, how: How) -> Report: ...


@dataclass(frozen=True, slots=True)
class Hands:
    """What works on hostile bytes, imported and warm. Each raises Refused, or whatever a library raises."""

    clean: Cleans
    # The second reader of a result.
    require_clean: Callable[[Kind, int], None]
    # How many pixels a picture has, by its header.
    measure: Callable[[Kind, int], int]
    # The second witness of a document: the source, and the clean copy.
    require_seen: Callable[[int, int], None]
    unpack: Callable[[int, int], None]
    # What each fork does before it has a file.
    warm_up: Callable[[], None]


def job_of(role: Role, hands: Hands) -> JobTemplate:
    """Return what a fork of a zygote of this role is to do. Compiles the filters of its locks."""
    # A fork that waits does not know its file yet; limits only ever become narrower.
    limits, most = (DOCUMENT_LIMITS, LONG_LIMITS) if role is Role.DOCUMENTS else (JOB_LIMITS, JOB_LIMITS)
    job_filters()

    def warm_up() -> None:
        hands.warm_up()
        bound_job(most)

    def work(operation: Operation, kind_number: int, descriptors: dict[str, int]) -> NoReturn:
        measures = operation is Operation.MEASURE
        confine_job(
            MEASURE_LIMITS if measures else most if kind_number in LONG_KINDS else limits,
            with_thread=kind_number in _THREADED.get(operation, ()),
        )
        status = descriptors["status"]
        try:
            if measures:
                pixels = hands.measure(Kind[KindNumber(kind_number).name], descriptors["untrusted"])
                os.write(status, MEASURED.pack(MEASURED_MAGIC, min(pixels, MOST_PIXELS)))
                os._exit(_ENDED_WELL)
            _do(operation, kind_number, descriptors, hands)
            outcome = OUTCOME_DONE
        except BaseException as reason:  # noqa: BLE001  the broad catch that exists once, see above
            outcome = _outcome(reason)
        os.write(status, STATUS.pack(STATUS_MAGIC, outcome))
        os._exit(_ENDED_WELL)

    return JobTemplate(work, warm_up)


def _do(operation: Operation, kind_number: int, descriptors: Mapping[str, int], hands: Hands) -> None:
    if operation is Operation.UNPACK:
        hands.unpack(descriptors["untrusted"], descriptors["members"])
    elif operation in _HOW:
        untrusted, clean, preview = (descriptors[name] for name in ("untrusted", "clean", "preview"))
        removed, lost = hands.clean(Kind[KindNumber(kind_number).name], untrusted, clean, preview, _HOW[operation])
        os.write(descriptors["report"], encode_report(removed, lost))
    elif operation is Operation.WITNESS:
        hands.require_seen(descriptors["untrusted"], descriptors["clean"])
    elif operation is Operation.VERIFY:
        hands.require_clean(Kind[KindNumber(kind_number).name], descriptors["clean"])
        hands.require_clean(Kind.JPEG, descriptors["preview"])
    else:
        _attempt(operation)


def _outcome(reason: BaseException) -> int:
    """Return the number that stands for what went wrong."""
    match reason:
        case Refused():
            return reason.code
        case MemoryError():
            return OutOfMemory.code
        case OSError(errno=errno.EFBIG):
            return ResultTooLarge.code
        case _:
            return Damaged.code


def _attempt(operation: Operation) -> None:
    """Attempt what the self-test asks for. Each must fail, and only the first may survive to report it."""
    if operation is Operation.TRY_OPEN:
        try:
            os.open(os.devnull, os.O_RDONLY)
        except PermissionError:
            return
    elif operation is Operation.TRY_SOCKET:
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    else:
        os.execv("/proc/self/exe", ["python"])  # noqa: S606  it is refused, or the server does not start
    raise NotStopped


class NotStopped(Refused):
    """The jail let an attempt of the self-test through."""

    code = OUTCOME_NOT_STOPPED
