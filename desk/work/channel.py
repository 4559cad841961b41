"""Which cases a desk adds to the figures of the whole channel, and how finely (docs/decisions/desk/0070).

Each case is added by one desk, once and for good: that of the first, by their ids, of its readers who have not stepped
aside (`spoken_for`). What that desk adds follows three rules, in which "for somebody" means: for each member, for
everybody who was ever given one of these cases, and for a person who was given none, as those are who read the figures.

1. Of the cases that she reads it adds the most for which this holds: those that somebody does not read are none, or
   five or more (`countable`). The others wait for the years after, at most `HELD_YEARS`.
2. Each table counts the same cases by one thing. Its keys stand in one order; a row goes on until it has five or more
   of those that somebody does not read, for everybody who does not read some of them. What is left at the end goes to
   the row before.
3. That there is none late is said: late is the last key, and left out when it is empty.

So what a desk adds is no other whether up to four of its cases exclude a member or none does: she learns nothing of
them. From five on she learns how many there are, and of a row that it has five or more of them; of a key in a row with
others it could be none or all. A sum of such additions keeps both, since the desks add different cases.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Final

from desk.keep.figures import CaseFigure, ChannelRow, ChannelYear
from desk.work.case.numbers import LEAST, runs
from trusted.roster.text import Roster

# How many years a case waits to be added, at most.
HELD_YEARS: Final = 5
# Of longer tables a row for all is all there is: the rows of n keys are n (n + 1) / 2.
KEYS_MAX: Final = 30
NOBODY: Final = ""
OUTCOMES: Final = ("substantiated", "partly substantiated", "not substantiated", "handled", "dismissed")
TIMES: Final = ("soon", "in time", "late")
_LATE: Final = "late"

KeyOf = Callable[[CaseFigure], str]


def tables(roster: Roster) -> dict[str, tuple[tuple[str, ...], KeyOf]]:
    """Return the tables with their keys, and how a case has one. What is not closed yet stands with what was dismissed.

    An organisation that the roster has no more counts as not said.
    """
    known = tuple(one.key for one in roster.organisations)
    return {
        "organisation": ((*known, ""), lambda one: one.organisation if one.organisation in known else ""),
        "outcome": (OUTCOMES, lambda one: one.kind or "dismissed"),
        "acknowledged": (TIMES, lambda one: one.acknowledged),
        "feedback": (TIMES, lambda one: one.feedback),
    }


def cells(roster: Roster) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return every row that a table can have, in the order in which desks add: the first is the total."""
    found = [("total", ())] + [
        (table, keys) for table, (all_keys, _) in tables(roster).items() for keys in _runs(all_keys)
    ]
    return tuple(found)


def _runs(keys: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if len(keys) > KEYS_MAX:
        yield keys
        return
    for first in range(len(keys)):
        for end in range(first + 1, len(keys) + 1):
            yield keys[first:end]


def spoken_for(figures: Iterable[CaseFigure], member: str, roster: Roster) -> list[CaseFigure]:
    """Return the cases that this member's desk adds: she is the first of their speakers who is in the roster."""
    present = {one.id for one in roster.members}
    return [one for one in figures if min(present.intersection(one.speakers), default=NOBODY) == member]


def watchers(cases: Iterable[CaseFigure], members: Collection[str]) -> tuple[str, ...]:
    """Return everybody for whom the rules hold."""
    return tuple(sorted({NOBODY, *members}.union(*(one.readers for one in cases))))


def countable(cases: Sequence[CaseFigure], watching: Collection[str]) -> list[CaseFigure]:
    """Return the most of these cases that can be added, by rule 1. There is one such set: two of them are one."""
    kept = list(cases)
    while True:
        few = next((one for one in watching if 0 < len(_unread(kept, one)) < LEAST), None)
        if few is None:
            return kept
        kept = [one for one in kept if few in one.readers]


def added(cases: Sequence[CaseFigure], watching: Collection[str], roster: Roster) -> ChannelYear:
    """Return what is added for cases that can be, by rules 2 and 3."""
    active = [one for one in watching if _unread(cases, one)]
    rows = [row for name, (keys, key_of) in tables(roster).items() for row in _rows(name, cases, keys, key_of, active)]
    return ChannelYear(len(cases), tuple(rows))


def _rows(
    table: str, cases: Sequence[CaseFigure], keys: Sequence[str], key_of: KeyOf, active: Sequence[str]
) -> list[ChannelRow]:
    if not cases:
        return []
    by_key: dict[str, list[CaseFigure]] = {key: [] for key in keys}
    for one in cases:
        by_key[key_of(one)].append(one)
    if keys[-1] == _LATE and not by_key[_LATE]:
        keys = keys[:-1]

    def within(run: Sequence[str]) -> list[CaseFigure]:
        return [one for key in run for one in by_key[key]]

    found = runs(keys, lambda run: all(len(_unread(within(run), one)) >= LEAST for one in active))
    return [ChannelRow(table, run, len(within(run))) for run in (found if len(keys) <= KEYS_MAX else [tuple(keys)])]


def _unread(cases: Iterable[CaseFigure], member: str) -> list[CaseFigure]:
    return [one for one in cases if member not in one.readers]


def as_numbers(year: ChannelYear, roster: Roster) -> list[int]:
    """Return the numbers of all rows that there can be. A row that this roster has not counts for its whole table."""
    places = {cell: number for number, cell in enumerate(cells(roster))}
    numbers = [0] * len(places)
    numbers[0] = year.total
    for row in year.rows:
        whole = (row.table, tables(roster)[row.table][0])
        numbers[places.get((row.table, row.keys), places[whole])] += row.count
    return numbers


def from_numbers(numbers: Sequence[int], roster: Roster) -> ChannelYear | None:
    """Return the figures of these numbers; None when they cannot be figures, as when a line was made up."""
    total, *others = numbers
    found = [ChannelRow(*cell, count) for cell, count in zip(cells(roster)[1:], others, strict=True) if count]
    sums = {name: sum(row.count for row in found if row.table == name) for name in tables(roster)}
    if any(one != total for one in sums.values()) or any(row.count < LEAST for row in found):
        return None
    return ChannelYear(total, tuple(found))
