"""Who opened a case on which day: an entry among the notes, written by the desk on which it was opened.

Once a day and member; the day is all it says. It is for those who read the case too, and for nobody else: it stands
where the reporter does not read, under the key of the notes. What it costs, and what it cannot show, is in
docs/decisions/desk/0026.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from desk.errors import DeskError, HeldBack, NotReachable
from desk.work import writing
from desk.work.case.casebook import Casebook
from desk.work.case.held import MOVE, hold_back
from desk.work.case.opened import DeskCase
from trusted.case.clock import today
from trusted.case.entry import Opened, Stream


@dataclass(frozen=True, slots=True, repr=False)
class Opening:
    """One member's day: which cases she opened."""

    day: date
    member: str
    cases: tuple[bytes, ...]


async def record_opening(book: Casebook, case: DeskCase) -> DeskCase:
    """Write that this member has the case on the screen today, unless it is written; return the case with it.

    While a move of the case waits for its signature it is written the next time: one more entry, and the move does not
    fit. The server says so of a move that this desk knows nothing of. A case is shown also when that cannot be written:
    the notes' key is missing or was kept, or the server is away.
    """
    is_moving = case.held is not None and case.held.kind == MOVE
    if is_moving or _is_written(case, book.keys.id, today(book.clock)):
        return case
    was_touched = case.known.case_id in book.touched
    try:
        return await writing.write(book, case, None, Opened(), Stream.NOTES)
    except (NotReachable, HeldBack):
        # Whether it came there or not, what was fetched before is still all that others wrote, and can be read.
        if not was_touched:
            book.touched.discard(case.known.case_id)
        return hold_back(case, book.waiting_moves, book.cache, today(book.clock))
    except DeskError:
        return case


def openings(cases: Iterable[DeskCase]) -> Sequence[Opening]:
    """Return who opened which of these cases on which day, the last day first."""
    found: dict[tuple[date, str], set[bytes]] = defaultdict(set)
    for case in cases:
        for entry in case.streams.get(Stream.NOTES, ()):
            if isinstance(entry.body, Opened):
                found[entry.day, entry.author].add(case.known.case_id)
    days = sorted(found.items(), key=lambda one: (-one[0][0].toordinal(), one[0][1]))
    return [Opening(day, member, tuple(sorted(ids))) for (day, member), ids in days]


def _is_written(case: DeskCase, member: str, day: date) -> bool:
    return any(
        isinstance(entry.body, Opened) and entry.author == member and entry.day == day
        for entry in case.streams.get(Stream.NOTES, ())
    )
