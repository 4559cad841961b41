"""This desk's part in the figures of the whole channel: what it adds, and the sum once all have (decisions/desk/0070).

`take_part` is called at each fetching, when everything of every case is here. A desk adds the same for a year whatever
roster it is asked for: of two sums the difference is then what one member added, and that may be known to anybody.

1. While a case does not open that may count for the year, the desk adds nothing, until 1 March at the latest: what it
   has added once is never changed.
2. A desk that has forgotten what it added (`Channel.has_forgotten`) makes no line for that year: two lines under the
   same masks would show the difference. It takes its own from the server, or from other desks by way of it.
"""

from collections.abc import Collection
from datetime import date

import msgspec

from cases.roster.chain import Roster
from cases.wire.sums import SumLine, SumsAnswer, SumsRequest, last_year, make_line, sum_of, verify_sum_line
from desk.errors import StrangeAnswer
from desk.keep.figures import Channel
from desk.keep.state import KnownCase
from desk.work.case.casebook import Casebook
from desk.work.channel import HELD_YEARS, added, as_numbers, cells, countable, from_numbers, spoken_for, watchers
from trusted.case.clock import today
from trusted.case.errors import SealBroken

_WAITS_UNTIL = (3, 1)
_REPLACE = msgspec.structs.replace


async def take_part(book: Casebook, not_opened: Collection[KnownCase] = ()) -> None:
    """Add what this desk has to add, and keep the sum if it is complete. `not_opened`: cases that could not be read.

    Raises what asking the server raises, and StrangeAnswer for a line that nobody signed; all is tried again at the
    next fetching.
    """
    roster = None if book.chain is None else book.chain.current
    if roster is None or roster.member(book.keys.id) is None:
        return
    year = last_year(today(book.clock))
    kept = book.state.case_list.channel
    lines = {one.member: one for one in kept.lines} if (kept.year, kept.roster) == (year, roster.digest) else {}
    await _ask(book, lines, roster, year)
    channel = _REPLACE(book.state.case_list.channel, year=year, roster=roster.digest)
    if str(year) not in channel.added:
        channel = _with_year(book, channel, roster, not_opened, has_line=book.keys.id in lines)
    own = channel.added.get(str(year))
    if own is not None and book.keys.id not in lines:
        lines[book.keys.id] = make_line(book.keys, roster, year, as_numbers(own, roster))
        # Kept before it is sent: what was sent once is never another.
        _keep(book, channel, lines)
        await _ask(book, lines, roster, year)
    # What was forgotten is of this year, and of none after it.
    channel = _REPLACE(channel, has_forgotten=channel.has_forgotten and str(year) not in channel.added)
    _keep(book, _with_sum(channel, lines, roster), lines)


async def _ask(book: Casebook, lines: dict[str, SumLine], roster: Roster, year: int) -> None:
    """Give the server these lines, and add those that it has."""
    request = SumsRequest(year, roster.digest, tuple(lines.values()))
    answer = await book.client.ask("sums", lambda _: request, SumsAnswer)
    for line in answer.lines:
        try:
            verify_sum_line(line, roster, year)
        except SealBroken as broken:
            raise StrangeAnswer from broken
        lines.setdefault(line.member, line)


def _keep(book: Casebook, channel: Channel, lines: dict[str, SumLine]) -> None:
    kept = book.state.case_list
    channel = _REPLACE(channel, lines=tuple(line for _, line in sorted(lines.items())))
    figures = tuple(sorted(channel.without_names(one) for one in kept.figures))
    book.state.keep_cases(_REPLACE(kept, channel=channel, figures=figures))


def _with_year(
    book: Casebook, channel: Channel, roster: Roster, not_opened: Collection[KnownCase], *, has_line: bool
) -> Channel:
    """Return the channel with what this desk adds for its year, if that can be decided now."""
    year = channel.year
    if has_line or channel.has_forgotten:
        return _REPLACE(channel, added={**channel.added, str(year): None}, held=())
    if today(book.clock) < date(year + 1, *_WAITS_UNTIL) and any(_may_count(book, one, year) for one in not_opened):
        return channel
    kept = book.state.case_list
    figures = [*(one.figure for one in kept.cases.values() if one.figure is not None), *kept.figures]
    own = spoken_for((one for one in figures if one.year == year), book.keys.id, roster)
    cases = [*(one for one in channel.held if one.year > year - HELD_YEARS), *own]
    watching = watchers(cases, [one.id for one in roster.members])
    chosen = countable(cases, watching)
    rest = list(cases)
    for one in chosen:
        rest.remove(one)
    held = tuple(sorted(_REPLACE(one, speakers=()) for one in rest))
    return _REPLACE(channel, added={**channel.added, str(year): added(chosen, watching, roster)}, held=held)


def _may_count(book: Casebook, known: KnownCase, year: int) -> bool:
    """Whether a case that does not open may be one of the year's. One that this member left is gone as it should be."""
    is_left = book.cache is not None and book.cache.index.is_left(known.case_id)
    return not is_left and (known.figure is None or known.figure.year == year)


def _with_sum(channel: Channel, lines: dict[str, SumLine], roster: Roster) -> Channel:
    """Return the channel with the sum of its year, if every member has added and it is not there yet."""
    year = str(channel.year)
    if year in channel.published or set(lines) != {one.id for one in roster.members}:
        return channel
    numbers = sum_of(lines.values(), len(cells(roster)))
    found = None if numbers is None else from_numbers(numbers, roster)
    return channel if found is None else _REPLACE(channel, published={**channel.published, year: found})
