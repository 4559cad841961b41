"""This desk's part in the figures of the whole channel: what it adds, and the sum once all have (decisions/desk/0070).

`take_part` is called at each fetching, when everything of every case is here. A desk adds the same for a year whatever
roster it is asked for: of two sums the difference is then what one member added, and that may be known to anybody.
A desk whose list was lost finds its line at the server and adds nothing new.
"""

from collections.abc import Iterable

import msgspec

from cases.roster.chain import Roster
from cases.wire.sums import SumLine, SumsAnswer, SumsRequest, last_year, make_line, sum_of, verify_sum_line
from desk.errors import NotReachable, ServerRefused
from desk.keep.figures import CaseFigure, Channel, ChannelYear, MaskedLine
from desk.work.case.casebook import Casebook
from desk.work.channel import HELD_YEARS, added, as_numbers, cells, countable, from_numbers, spoken_for, watchers
from trusted.case.clock import today
from trusted.case.errors import SealBroken

_REPLACE = msgspec.structs.replace


async def take_part(book: Casebook) -> None:
    """Add what this desk has to add, and keep the sum if it is complete. Raises NotReachable.

    A server that refuses is asked again at the next fetching: it may be older than this desk, or a day ahead.
    """
    roster = None if book.chain is None else book.chain.current
    if roster is None or roster.member(book.keys.id) is None:
        return
    try:
        await _take_part(book, roster, last_year(today(book.clock)))
    except NotReachable:
        raise
    except (ServerRefused, SealBroken):
        return


async def _take_part(book: Casebook, roster: Roster, year: int) -> None:
    channel = book.state.case_list.channel
    if (channel.year, channel.roster) != (year, roster.digest):
        channel = _REPLACE(channel, year=year, roster=roster.digest, lines=())
    lines = {one.member: SumLine(one.member, one.masked, one.signature) for one in channel.lines}
    if book.keys.id not in lines:
        _take(lines, await _ask(book, roster, year, lines.values()), roster, year)
        if book.keys.id in lines and str(year) not in channel.added:
            # This desk has forgotten what it added, and adds no more for the year.
            channel = _REPLACE(channel, added={**channel.added, str(year): ChannelYear()})
    if book.keys.id not in lines:
        if str(year) not in channel.added:
            channel = _with_year(book, channel, roster, year)
        lines[book.keys.id] = make_line(book.keys, roster, year, as_numbers(channel.added[str(year)], roster))
        # Kept before it is sent: what was sent once is never another.
        _keep(book, channel, lines)
    _take(lines, await _ask(book, roster, year, lines.values()), roster, year)
    _keep(book, _with_sum(channel, lines, roster, year), lines)


async def _ask(book: Casebook, roster: Roster, year: int, lines: Iterable[SumLine]) -> SumsAnswer:
    request = SumsRequest(year, roster.digest, tuple(lines))
    return await book.client.ask("sums", lambda _: request, SumsAnswer)


def _take(lines: dict[str, SumLine], answer: SumsAnswer, roster: Roster, year: int) -> None:
    for line in answer.lines:
        verify_sum_line(line, roster, year)
        lines.setdefault(line.member, line)


def _keep(book: Casebook, channel: Channel, lines: dict[str, SumLine]) -> None:
    kept = tuple(MaskedLine(one.member, one.masked, one.signature) for _, one in sorted(lines.items()))
    book.state.keep_cases(_REPLACE(book.state.case_list, channel=_REPLACE(channel, lines=kept)))


def _with_year(book: Casebook, channel: Channel, roster: Roster, year: int) -> Channel:
    """Return the channel with what this desk adds for the year; nobody's name stays with what was erased."""
    kept = book.state.case_list
    figures = [*(one.figure for one in kept.cases.values() if one.figure is not None), *kept.figures]
    own = spoken_for((one for one in figures if one.year == year), book.keys.id, roster)
    cases = [*(one for one in channel.held if one.year > year - HELD_YEARS), *own]
    watching = watchers(cases, [one.id for one in roster.members])
    chosen = countable(cases, watching)
    rest = list(cases)
    for one in chosen:
        rest.remove(one)
    book.state.case_list = _REPLACE(kept, figures=tuple(sorted(_nameless(one, year) for one in kept.figures)))
    now_added = {**channel.added, str(year): added(chosen, watching, roster)}
    return _REPLACE(channel, added=now_added, held=tuple(sorted(rest)))


def _nameless(figure: CaseFigure, year: int) -> CaseFigure:
    return _REPLACE(figure, readers=()) if figure.year <= year else figure


def _with_sum(channel: Channel, lines: dict[str, SumLine], roster: Roster, year: int) -> Channel:
    """Return the channel with the sum of the year, if every member has added and it is not there yet."""
    if str(year) in channel.published or set(lines) != {one.id for one in roster.members}:
        return channel
    numbers = sum_of(lines.values(), len(cells(roster)))
    found: ChannelYear | None = None if numbers is None else from_numbers(numbers, roster)
    return channel if found is None else _REPLACE(channel, published={**channel.published, str(year): found})
