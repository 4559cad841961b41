"""Numbers: the figures of a year from the cases that this member can open, as a page, on paper and as CSV."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from aiohttp import web

from desk.errors import DeskError, NotReachable
from desk.keep.state import KnownCase
from desk.web.local.guard import Routes
from desk.web.services import ERROR_STATUS, SERVICES, Services, sent_form
from desk.web.session.link import LinkState
from desk.web.views.group.figures import as_csv, figures
from desk.web.views.pages import Notice, download
from desk.web.views.sentences import notice_for
from desk.work.case.casebook import Casebook
from desk.work.case.numbers import Period, last_counted, periods
from trusted.case.clock import today

HERE: Final = "/numbers"
CSV: Final = "/numbers/csv"


@dataclass(frozen=True, slots=True)
class _Found:
    periods: tuple[Period, ...]
    # By key.
    organisations: Mapping[str, str]
    # Why there are none: cases that were not fetched yet would change them.
    failed: DeskError | None = None

    @property
    def notice(self) -> Notice | None:
        return None if self.failed is None else notice_for(self.failed)


async def show(request: web.Request) -> web.StreamResponse:
    """Show one year."""
    services = request.app[SERVICES]
    found = await _found(services)
    page = figures(found.periods, request.query.get("year", ""), found.organisations, services.language)
    return services.page("numbers.html", HERE, notice=found.notice, figures=page, today=today(services.clock))


async def save(request: web.Request) -> web.StreamResponse:
    """Give out all years as a file for a spreadsheet."""
    await sent_form(request)
    services = request.app[SERVICES]
    found = await _found(services)
    if found.failed is not None:
        return services.page("plain.html", HERE, notice=found.notice, status=ERROR_STATUS)
    return download(as_csv(found.periods, found.organisations, services.language), "statistik.csv", "text/csv")


async def _found(services: Services) -> _Found:
    async with services.desk.at_work() as book:
        failed = await _count_what_is_not(book, services.desk.link.state)
        kept, day = book.state.case_list, today(book.clock)
        roster = None if book.chain is None else book.chain.current
        names = {} if roster is None else {one.key: one.name for one in roster.organisations}
        if failed is not None and not _was_fetched_since(book, last_counted(day)):
            return _Found((), names, failed)
        counted = [known.figure for known in kept.cases.values() if known.figure is not None]
        return _Found(periods([*counted, *kept.figures], list(names), day), names)


async def _count_what_is_not(book: Casebook, link: LinkState) -> DeskError | None:
    """Open the cases that this desk has not opened yet: each counts from when it is opened. Return what ended it."""
    if link is not LinkState.UP:
        return NotReachable()
    try:
        await book.sync()
        for known in list(book.state.case_list.cases.values()):
            if known.figure is None:
                await _open(book, known)
    except DeskError as failed:
        # What was counted before can be shown all the same; Checks says what is wrong.
        return failed
    return None


async def _open(book: Casebook, known: KnownCase) -> None:
    try:
        await book.open(known)
    except NotReachable:
        raise
    except DeskError:
        # It does not open, and counts for nobody here.
        return


def _was_fetched_since(book: Casebook, day: date) -> bool:
    """Whether everything was fetched after this day, and nothing that it published can be missing."""
    fetched = None if book.cache is None else book.cache.index.fetched
    return fetched is not None and fetched > day


ROUTES: Final[Routes] = {HERE: (show, None), CSV: (None, save)}
