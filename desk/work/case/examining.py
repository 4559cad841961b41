"""What a desk finds when it looks at the server as a whole: roster, cases, keys, order, and the server's own audits.

Nothing here decides anything: each refusal and each warning has its place in the casebook. They are collected, so that
one page can say what is wrong and what is right. A case that does not open is a problem and does not stop the others.
"""

from dataclasses import dataclass
from datetime import date

from cases.roster.chain import Roster
from desk.errors import DeskError, NotReachable, ServerRefused
from desk.keep.audits import NO_AUDITS, Audits
from desk.keep.state import Pin
from desk.work.case.casebook import Casebook
from desk.work.case.opened import DeskCase
from desk.work.case.standing import overview_warnings
from desk.work.case.waiting import Unripe, is_awaited
from desk.work.syncing import Rounds
from trusted.case.clock import today

WARN_BY_WAITING = "warning.by_waiting"
WARN_UNRIPE = "warning.unripe"


@dataclass(frozen=True, slots=True, repr=False)
class Examined:
    """What was found. Without `broken` and `unreached` the roster verified and the cases were asked for."""

    address: str
    pin: Pin
    day: date
    roster: Roster | None = None
    unripe: Unripe | None = None
    audits: Audits = NO_AUDITS
    cases: tuple[DeskCase, ...] = ()
    # Cases that do not open, and why.
    problems: tuple[tuple[bytes, DeskError], ...] = ()
    # Text keys of what holds for the server as a whole.
    warnings: tuple[str, ...] = ()
    # The roster was refused, so nothing was asked for.
    broken: DeskError | None = None
    # A server that refuses a member whom the others have not let in yet is one that she has not reached.
    unreached: NotReachable | ServerRefused | None = None
    has_mirror: bool = False


async def examine(book: Casebook) -> Examined:
    """Ask the server for everything, and return what came of it. Raises nothing that the server could cause."""
    broken: DeskError | None = None
    try:
        await book.sync()
        cases, problems = await open_all(book)
    except DeskError as refused:
        is_awaiting = is_awaited(book.chain, book.keys.id)
        if isinstance(refused, NotReachable) or (isinstance(refused, ServerRefused) and is_awaiting):
            return Examined(book.state.address, book.state.pin, today(book.clock), _roster(book), unreached=refused)
        broken, cases, problems = refused, (), ()
    return Examined(
        address=book.state.address,
        pin=book.state.pin,
        day=today(book.clock),
        roster=None if broken is not None else _roster(book),
        unripe=book.unripe,
        audits=book.audits,
        cases=cases,
        problems=problems,
        warnings=() if broken is not None else tuple(overview_warnings(book)),
        broken=broken,
        has_mirror=book.mirror is not None,
    )


async def open_all(book: Casebook) -> tuple[tuple[DeskCase, ...], tuple[tuple[bytes, DeskError], ...]]:
    """Return all cases of the list that open, and those that do not, with the reason.

    Asked for in rounds, as the application does. Raises what asking the server raises.
    """
    cases: list[DeskCase] = []
    problems: list[tuple[bytes, DeskError]] = []
    rounds = Rounds(
        list(book.state.case_list.cases),
        cases.append,
        lambda known, refused: problems.append((known.case_id, refused)),
    )
    while not rounds.is_over:
        await rounds.take(book)
    return tuple(cases), tuple(problems)


def _roster(book: Casebook) -> Roster | None:
    return None if book.chain is None else book.chain.current
