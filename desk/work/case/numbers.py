"""Figures of a year from the signed entries of the cases that this desk can open. Counts only, none under five.

What is published of each year, so that no number under five stands there nor can be computed from what does:

1. A year is published on 1 February of the next, as it stood on 31 January: the figures are the same whenever they are
   looked at, and two prints cannot be subtracted from each other. So a case that was given to this member later, or
   noted as a test later, changes none, and nothing is published that was not fetched since (`counted_until`).
2. A year with fewer than five cases is published together with the years after it, once they are five. Never with an
   earlier one: that has been published by itself.
3. Each table counts the same cases by one thing alone. Its rows stand in an order that does not depend on the counts,
   and are merged with the next until the sum is five or more; what is left at the end goes to the row before.
4. "None late" and "none open" are said: a number of nobody, of what the group itself did, points to no reporter. A row
   that may be said to be empty is the last of its table, so that merged rows stay as wide as the others make them.
5. What is open has mostly had no feedback, so the tables of outcomes and of feedback are not independent. Open cases
   stand with the dismissed ones, never alone, and what one table gives cannot be set against the other.

By rule 3 a merged row of sum S could be any split of it in which the earlier rows make fewer than five or the later
ones do: who knows the rules finds several for each cell (tests/desk/web/test_desk_numbers.py tries them all).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from cases.case.deadlines import ACKNOWLEDGE, FEEDBACK_MONTHS
from cases.case.merging import Streams
from cases.case.signers import given_to, stepped_aside
from desk.keep.figures import Acknowledged, CaseFigure, Decision
from desk.keep.figures import Feedback as FeedbackTime
from desk.work.disposal import kind_of
from trusted.case.clock import add_months, clock_start
from trusted.case.entry import Acknowledgement, Entry, Feedback, Note, Outcome, Reopen, Report, Stream

LEAST: Final = 5
# A member's note with these very words says that the case is a test report (`desk.work.probe`): it counts as none.
TEST_NOTE: Final = "Provanmälan: skickad av en behörig för att pröva vägen in. Test report: filed by a member."
SOON_ACKNOWLEDGED: Final = timedelta(days=3)
SOON_FEEDBACK_MONTHS: Final = 2
_JANUARY_ENDS: Final = (1, 31)


@dataclass(frozen=True, slots=True)
class Row:
    """One row before it is published. `may_be_none`: that it is empty may be said."""

    key: str
    count: int
    may_be_none: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """One row that may be shown: the keys that it counts together, and their sum."""

    keys: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one table, and the keys of which it is said that there is none."""

    rows: tuple[Published, ...]
    none: tuple[str, ...] = ()

    def count_of(self, *keys: str) -> int | None:
        """Return the sum of these keys if the rows give it: each is within them or has none of them."""
        wanted, total = set(keys), 0
        for row in self.rows:
            inside = wanted & set(row.keys)
            if inside and inside != set(row.keys):
                return None
            total += row.count if inside else 0
        return total


@dataclass(frozen=True, slots=True)
class Period:
    """Some years that are published together."""

    years: tuple[int, ...]
    total: int
    organisations: Table
    decisions: Table
    acknowledged: Table
    feedback: Table


def merge_small(rows: Sequence[Row]) -> Table:
    """Return the rows as they may be published, by rules 3 and 4; none at all when all together are under five."""
    none = tuple(row.key for row in rows if row.may_be_none and not row.count)
    rows = [row for row in rows if row.key not in none]
    if sum(row.count for row in rows) < LEAST:
        return Table(())
    counts = {row.key: row.count for row in rows}

    def count(run: Sequence[str]) -> int:
        return sum(counts[key] for key in run)

    found = runs([row.key for row in rows], lambda run: count(run) >= LEAST)
    return Table(tuple(Published(run, count(run)) for run in found), none)


def runs(keys: Iterable[str], may_end: Callable[[Sequence[str]], bool]) -> list[tuple[str, ...]]:
    """Return the keys in rows: each goes on until it may end, and what is left at the end goes to the row before."""
    found: list[tuple[str, ...]] = []
    run: tuple[str, ...] = ()
    for key in keys:
        run = (*run, key)
        if may_end(run):
            found.append(run)
            run = ()
    return [*found[:-1], (*found[-1], *run)] if found else []


def periods(figures: Iterable[CaseFigure], organisations: Sequence[str], today: date) -> tuple[Period, ...]:
    """Return what may be published on this day, oldest years first. `organisations` gives their order."""
    by_year: dict[int, list[CaseFigure]] = {}
    for figure in figures:
        if today > counted_until(figure.year):
            by_year.setdefault(figure.year, []).append(figure)
    found: list[Period] = []
    years: tuple[int, ...] = ()
    counted: list[CaseFigure] = []
    for year in range(min(by_year, default=0), max(by_year, default=-1) + 1):
        years, counted = (*years, year), [*counted, *by_year.get(year, [])]
        if len(counted) >= LEAST:
            found.append(_period(years, counted, organisations))
            years, counted = (), []
    return tuple(found)


def _period(years: tuple[int, ...], counted: Sequence[CaseFigure], organisations: Sequence[str]) -> Period:
    known = [*organisations, *sorted({one.organisation for one in counted} - {*organisations, ""}), ""]
    return Period(
        years=years,
        total=len(counted),
        organisations=merge_small([Row(key, sum(one.organisation == key for one in counted)) for key in known]),
        decisions=decisions(*(sum(one.decision == key for one in counted) for key in ("handled", "dismissed", "open"))),
        acknowledged=_times([one.acknowledged for one in counted]),
        feedback=_times([one.feedback for one in counted]),
    )


def last_counted(today: date) -> date:
    """Return the day until which everything that is published today was counted."""
    until = counted_until(today.year - 1)
    return until if today > until else counted_until(today.year - 2)


def decisions(handled: int, dismissed: int, still_open: int) -> Table:
    """Return the table of outcomes, by rule 5."""
    table = merge_small([Row("handled", handled), Row("dismissed", dismissed + still_open)])
    if not still_open:
        return Table(table.rows, ("open",))
    rows = (Published((*row.keys, *(["open"] if "dismissed" in row.keys else [])), row.count) for row in table.rows)
    return Table(tuple(rows))


def times(soon: int, in_time: int, late: int) -> Table:
    """Return the table of days to the acknowledgement, or to the feedback."""
    return merge_small([Row("soon", soon), Row("in time", in_time), Row("late", late, may_be_none=True)])


def _times(found: Sequence[str]) -> Table:
    return times(*(found.count(key) for key in ("soon", "in time", "late")))


def figure_of(streams: Streams, release_day: date | None, member: str) -> CaseFigure | None:
    """Return what a case counts as for this member; nothing before its release, and nothing for a test report.

    Nor for a case that came to her after its year was counted.
    """
    reporter = streams.get(Stream.REPORTER, ())
    if release_day is None or not reporter or not isinstance(reporter[0].body, Report):
        return None
    until = counted_until(release_day.year)
    then = {stream: [entry for entry in entries if entry.day <= until] for stream, entries in streams.items()}
    if is_test(then) or member not in given_to(then):
        return None
    by_members = then.get(Stream.MEMBERS, [])
    start = clock_start(release_day)
    acknowledged = next((entry.day for entry in by_members if isinstance(entry.body, Acknowledgement)), None)
    told = next((entry.day for entry in by_members if _is_told(entry)), None)
    return CaseFigure(
        release_day.year,
        reporter[0].body.organisation or "",
        _decision(by_members),
        _acknowledged(start, acknowledged),
        _feedback(min(acknowledged or start + ACKNOWLEDGE, start + ACKNOWLEDGE), told),
        _kind(by_members),
        tuple(sorted(given_to(then))),
        tuple(sorted(given_to(then) - stepped_aside(then))),
    )


def is_test(streams: Mapping[Stream, Sequence[Entry]]) -> bool:
    """Whether a member has noted that this is a test report."""
    return any(entry.body == Note(TEST_NOTE) for entry in streams.get(Stream.NOTES, ()))


def counted_until(year: int) -> date:
    """Return the last day on which what is done counts for a year."""
    return date(year + 1, *_JANUARY_ENDS)


def _is_told(entry: Entry) -> bool:
    return isinstance(entry.body, Feedback | Outcome) and bool(entry.body.text.strip())


def _outcome(by_members: Sequence[Entry]) -> Outcome | None:
    outcome = None
    for entry in by_members:
        if isinstance(entry.body, Outcome) and _is_told(entry):
            outcome = entry.body
        elif isinstance(entry.body, Reopen):
            outcome = None
    return outcome


def _decision(by_members: Sequence[Entry]) -> Decision:
    outcome = _outcome(by_members)
    return "open" if outcome is None else outcome.result


def _kind(by_members: Sequence[Entry]) -> str:
    outcome = _outcome(by_members)
    return "" if outcome is None else kind_of(outcome)


def _acknowledged(start: date, day: date | None) -> Acknowledged:
    if day is None or day > start + ACKNOWLEDGE:
        return "late"
    return "soon" if day <= start + SOON_ACKNOWLEDGED else "in time"


def _feedback(start: date, day: date | None) -> FeedbackTime:
    if day is None or day > add_months(start, FEEDBACK_MONTHS):
        return "late"
    return "soon" if day <= add_months(start, SOON_FEEDBACK_MONTHS) else "in time"
