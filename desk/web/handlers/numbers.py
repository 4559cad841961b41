"""Numbers: the figures of a year from the cases that this member can open, and of the whole channel: page and CSV."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from aiohttp import web

from cases.wire.sums import last_year
from desk.errors import DeskError, NotReachable
from desk.keep.state import KnownCase
from desk.web.local.guard import Routes
from desk.web.services import ERROR_STATUS, SERVICES, Services, sent_form
from desk.web.session.link import LinkState
from desk.web.views.group.figures import Figures, as_csv, as_pdf, figures, of_channel
from desk.web.views.pages import N_, Notice, download, see
from desk.web.views.sentences import notice_for
from desk.work.case.casebook import Casebook
from desk.work.case.numbers import Period, last_counted, periods
from trusted.case.clock import today

HERE: Final = "/numbers"
CSV: Final = "/numbers/csv"
CHANNEL: Final = "/numbers/channel"
CHANNEL_CSV: Final = "/numbers/channel/csv"
CHANNEL_PDF: Final = "/numbers/channel/pdf"


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
    return services.page("numbers/own.html", HERE, notice=found.notice, figures=page, today=today(services.clock))


async def save(request: web.Request) -> web.StreamResponse:
    """Give out all years as a file for a spreadsheet."""
    await sent_form(request)
    services = request.app[SERVICES]
    found = await _found(services)
    if found.failed is not None:
        return services.page("plain.html", HERE, notice=found.notice, status=ERROR_STATUS)
    return download(as_csv(found.periods, found.organisations, services.language), "statistik.csv", "text/csv")


async def show_channel(request: web.Request) -> web.StreamResponse:
    """Show one year of the whole channel, and who has not added to the last one yet."""
    services = request.app[SERVICES]
    book, year = services.desk.reading(), last_year(today(services.clock))
    kept, roster = book.state.case_list.channel, None if book.chain is None else book.chain.current
    is_asked = roster is not None and (kept.year, kept.roster) == (year, roster.digest)
    lines = {one.member for one in kept.lines} if is_asked else set()
    missing = [one.name for one in (roster.members if roster else ()) if one.id not in lines]
    waits = str(year) not in kept.published
    return services.page(
        "numbers/channel.html",
        HERE,
        figures=_channel_page(services, request.query.get("year", "")),
        today=today(services.clock),
        year=year,
        missing=missing if waits else [],
        is_wrong=waits and is_asked and not missing,
    )


async def save_channel(request: web.Request) -> web.StreamResponse:
    """Give out all years of the whole channel as a file for a spreadsheet."""
    await sent_form(request)
    services = request.app[SERVICES]
    book = services.desk.reading()
    found = of_channel(book.state.case_list.channel.published)
    made = as_csv(found, _organisations(book), services.language, own=False)
    return download(made, "statistik-hela-kanalen.csv", "text/csv")


async def print_channel(request: web.Request) -> web.StreamResponse:
    """Give out one year of the whole channel as a PDF."""
    form = await sent_form(request)
    services = request.app[SERVICES]
    shown = _channel_page(services, form.one("year")).shown
    if shown is None:
        return see(CHANNEL)
    title = services.language.translate(N_("The whole channel, %(name)s"), name=shown.name)
    made = as_pdf(title, shown, services.language, services.printed)
    return download(made, f"statistik-hela-kanalen-{shown.name}.pdf", "application/pdf")


def _channel_page(services: Services, year: str) -> Figures:
    """Return the figures of the whole channel, with this year in full."""
    book = services.desk.reading()
    found = of_channel(book.state.case_list.channel.published)
    return figures(found, year, _organisations(book), services.language, own=False)


def _organisations(book: Casebook) -> dict[str, str]:
    """Return the names of the roster's organisations, by key."""
    roster = None if book.chain is None else book.chain.current
    return {} if roster is None else {one.key: one.name for one in roster.organisations}


async def _found(services: Services) -> _Found:
    async with services.desk.at_work() as book:
        failed = await _count_what_is_not(book, services.desk.link.state)
        kept, day, names = book.state.case_list, today(book.clock), _organisations(book)
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


ROUTES: Final[Routes] = {
    HERE: (show, None),
    CSV: (None, save),
    CHANNEL: (show_channel, None),
    CHANNEL_CSV: (None, save_channel),
    CHANNEL_PDF: (None, print_channel),
}
