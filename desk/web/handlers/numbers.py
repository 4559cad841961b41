"""Numbers: the figures of a year from the cases that this member can open, as a page, on paper and as CSV."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import hdrs, web

from cases.clock import today
from desk.errors import DeskError
from desk.web.local.guard import Routes
from desk.web.services import SERVICES, Services, sent_form
from desk.web.session.link import LinkState
from desk.web.views.group.figures import as_csv, figures
from desk.web.views.pages import answer
from desk.work.casebook import Casebook
from desk.work.numbers import Period, periods

HERE: Final = "/numbers"
CSV: Final = "/numbers/csv"


@dataclass(frozen=True, slots=True)
class _Found:
    periods: tuple[Period, ...]
    # By key.
    organisations: Mapping[str, str]


async def show(request: web.Request) -> web.StreamResponse:
    """Show one year."""
    services = request.app[SERVICES]
    found = await _found(services)
    page = figures(found.periods, request.query.get("year", ""), found.organisations, services.language)
    return services.page("numbers.html", HERE, figures=page, today=today(services.clock))


async def save(request: web.Request) -> web.StreamResponse:
    """Give out all years as a file for a spreadsheet."""
    await sent_form(request)
    services = request.app[SERVICES]
    found = await _found(services)
    response = answer(as_csv(found.periods, found.organisations, services.language), content_type="text/csv")
    response.headers[hdrs.CONTENT_DISPOSITION] = 'attachment; filename="statistik.csv"'
    return response


async def _found(services: Services) -> _Found:
    async with services.desk.at_work() as book:
        if services.desk.link.state is LinkState.UP:
            await _count_what_is_not(book)
        kept = book.state.case_list
        counted = [known.figure for known in kept.cases.values() if known.figure is not None]
        roster = None if book.chain is None else book.chain.current
        names = {} if roster is None else {one.key: one.name for one in roster.organisations}
        return _Found(periods([*counted, *kept.figures], list(names), today(book.clock)), names)


async def _count_what_is_not(book: Casebook) -> None:
    """Open the cases that this desk has not opened yet: each counts from when it is opened."""
    try:
        await book.sync()
    except DeskError:
        # What was counted before can be shown all the same; Checks says what is wrong.
        return
    for known in list(book.state.case_list.cases.values()):
        if known.figure is None:
            try:
                await book.open(known)
            except DeskError:
                continue


ROUTES: Final[Routes] = {HERE: (show, None), CSV: (None, save)}
