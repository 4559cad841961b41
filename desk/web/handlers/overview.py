"""The overview: what to do today, then all cases that this member can open.

All of it is made from what was fetched last (`desk.keep.summaries`), so it is there at once and without the server.
What is searched for comes as a form and is answered at once: it stands in no address, and in no browser's history.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from aiohttp import web

from cases.case.timeline import DeadlineKind
from desk.errors import ServerRefused
from desk.keep.preferences import read_preferences
from desk.keep.summaries import Index, Problem, Summary
from desk.web.local.forms import Form, read_form
from desk.web.local.guard import Routes
from desk.web.services import SERVICES, Services, sent_form, typed_before
from desk.web.session.search import containing
from desk.web.views.case_line import case_path, line_of
from desk.web.views.group.people import CLOCK, NOT_LET_IN
from desk.web.views.overview.came import came_in_words
from desk.web.views.overview.case_list import STATES, Wanted, chosen, organisations_of
from desk.web.views.overview.restored import restore_notice
from desk.web.views.overview.todo import Known, todo_of, waiting_of
from desk.web.views.overview.welcome import welcome
from desk.web.views.pages import N_, Language, Notice, see
from desk.web.views.sentences import notice_for, sentences_for
from desk.web.views.sentences.warnings import ALARMS
from desk.work.case.casebook import Casebook
from desk.work.case.held import held_by_move
from desk.work.case.restores import shown_restore
from desk.work.case.standing import overview_warnings
from desk.work.case.waiting import is_awaited
from desk.work.membership import is_clock_wrong
from desk.work.workdays import day_to_act
from trusted.case.clock import today
from trusted.case.errors import NotThere

HERE: Final = "/"
SEARCH: Final = "/search"
FETCH: Final = "/fetch"
# The overview that answers what came.
FETCHED: Final = f"{HERE}?fetched"
# So many cases at a time: a page of thousands takes a browser seconds.
AT_A_TIME: Final = 100
_DAMAGED: Final = Notice(
    N_("What is kept on this computer was damaged."), N_("It is fetched again; nothing is gone at the server."), "warn"
)
_RECEIVED: Final = N_("The report that you took by voice is received and kept.")
_STANDS_HERE: Final = N_("It stands here from %(day)s at six in the morning.")
_FETCHING: Final = Notice(N_("What is new is being fetched."), N_("Show the page again in a minute."), "warn")
_WHAT: Final = {
    DeadlineKind.ACKNOWLEDGE: N_("Nothing to do today. The next day is %(day)s: acknowledge a report."),
    DeadlineKind.ASSESS: N_("Nothing to do today. The next day is %(day)s: a first assessment."),
    DeadlineKind.FEEDBACK: N_("Nothing to do today. The next day is %(day)s: feedback in a case."),
}


async def show(request: web.Request) -> web.StreamResponse:
    """Show the cases, the most pressing first."""
    services = request.app[SERVICES]
    # Who unlocks a new computer waits for the first fetching instead of seeing nothing.
    if services.refresh.is_running and services.refresh.fetched is None:
        await services.refresh.wait()
    return await _page(services, Form({}), is_fetched="fetched" in request.query)


async def show_search(request: web.Request) -> web.StreamResponse:
    """Show the cases after a search that met the lock."""
    return await _page(request.app[SERVICES], typed_before(request))


async def search(request: web.Request) -> web.StreamResponse:
    """Show the cases that were searched for. It changes nothing, so it may be sent again."""
    return await _page(request.app[SERVICES], await read_form(request))


async def fetch(request: web.Request) -> web.StreamResponse:
    """Ask the server for what is new."""
    await sent_form(request)
    refresh = request.app[SERVICES].refresh
    refresh.begin()
    await refresh.wait()
    return see(FETCHED)


async def _page(services: Services, form: Form, *, is_fetched: bool = False) -> web.StreamResponse:
    language, day, book = services.language, today(services.clock), services.desk.reading()
    index = Index() if book.cache is None else book.cache.index
    wanted = Wanted(form.one("words"), form.one("state"), form.one("organisation"))
    alarms = [language.notice(sentences_for(key)) for key in overview_warnings(book)]
    restore = shown_restore(book.state, day)
    alarms += [] if restore is None else [restore_notice(restore, language)]
    summaries = index.standing()
    problems = {
        name: one for name, one in index.problems.items() if one.is_alarm or one.until or one.text_key in ALARMS
    }
    known, shown = _known(services, book, index, problems), services.desk.overview
    services.desk.overview = known
    came = None if shown is None or not is_fetched else came_in_words(shown, known, language)
    notice = _notice(services, book, came)
    waiting = {name for name in summaries if index.is_waiting(name)}
    if not (summaries or problems or _to_join(book)):
        words = welcome(book, services.band.name, read_preferences(services.home.preferences), language)
        return services.page(
            "overview_empty.html",
            HERE,
            notice=notice,
            alarms=alarms,
            welcome=words,
            is_fetched=index.fetched is not None,
        )
    readable = {name for name, one in summaries.items() if name not in waiting and not one.is_left}
    holding = await containing(services.desk, readable, wanted.words) if wanted.words else set()
    found = chosen(summaries, wanted, holding, day)
    read = {name: known.read for name, known in book.state.case_list.cases.items()}
    most = _shown(form)
    lines = [
        line_of(one, read.get(name, {}), day, language, waiting=name in waiting)
        for name, one in ((one.case_id.hex(), one) for one in found[:most])
    ]
    drafted = {case_path(bytes.fromhex(name)) for name in services.desk.drafts.cases}
    todo = todo_of(known, day, language)
    weekday = language.weekday(day)
    return services.page(
        "overview.html",
        HERE,
        notice=notice,
        alarms=alarms,
        today=weekday[:1].upper() + weekday[1:],
        todo=todo,
        drafted=drafted,
        nothing="" if todo else _nothing(summaries, day, language),
        waiting_for=waiting_of(known, day, language),
        cases=lines,
        waiting=language.notice(sentences_for(NotThere.text_key)),
        more=most + AT_A_TIME if len(found) > most else 0,
        wanted=wanted,
        states=STATES,
        organisations=organisations_of(summaries),
    )


def _known(services: Services, book: Casebook, index: Index, problems: Mapping[str, Problem]) -> Known:
    """Return what the list of what is to be done follows from."""
    cases, day = book.state.case_list.cases, today(services.clock)
    known_moves = {*index.offers, *(one.hex() for one in (*book.waiting_moves.to_sign, *book.waiting_moves.elsewhere))}
    moves = {name: held_by_move(cases[name], book.waiting_moves, index, day) for name in known_moves if name in cases}
    return Known(
        index.standing(),
        {name: known.read for name, known in cases.items()},
        problems,
        {name: held for name, held in moves.items() if held is not None},
        _to_join(book),
        unsigned_change=_is_unsigned(book),
        no_copy=read_preferences(services.home.preferences).copied_on is None,
    )


def _to_join(book: Casebook) -> tuple[bytes, ...]:
    return tuple(case_id for case_id, one in book.waiting_moves.to_sign.items() if one.is_new)


def _notice(services: Services, book: Casebook, came: Notice | None) -> Notice | None:
    """Return what stands above everything: why nothing could be fetched, that it is under way, or what came."""
    if isinstance(services.refresh.failed, ServerRefused) and is_awaited(book.chain, book.keys.id):
        return NOT_LET_IN
    if services.refresh.failed is not None:
        return notice_for(services.refresh.failed)
    if is_clock_wrong(book, today(services.clock)):
        return CLOCK
    if book.cache is not None and book.cache.damaged:
        return _DAMAGED
    if services.refresh.is_running and (came is not None or services.refresh.fetched is None):
        return _FETCHING
    return came or _taken_by_voice(services)


def _taken_by_voice(services: Services) -> Notice | None:
    """Return that the report which this member took last is kept, until it stands in the overview or the desk locks."""
    call, day, language = services.desk.call, today(services.clock), services.language
    if call is None or call.taken is None or call.taken.at_once or call.taken.release_on <= day:
        return None
    when = language.translate(_STANDS_HERE, day=language.weekday(call.taken.release_on, day))
    return Notice(language.translate(_RECEIVED), when, "good")


def _nothing(summaries: Mapping[str, Summary], day: date, language: Language) -> str:
    """Return the sentence for a day without anything to do."""
    limits = (summary.due for summary in summaries.values() if not summary.is_left)
    nearest = min((limit for limit in limits if limit is not None), key=lambda limit: limit.day, default=None)
    if nearest is None:
        return language.translate(N_("Nothing to do today."))
    return language.translate(
        _WHAT[DeadlineKind(nearest.kind)], day=language.weekday(day_to_act(nearest.day, day), day)
    )


def _is_unsigned(book: Casebook) -> bool:
    chain = book.chain
    if chain is None or chain.proposal is None:
        return False
    return book.keys.id not in chain.signed_by and any(
        version.member(book.keys.id) is not None for version in (chain.proposal, *chain.all[-1:])
    )


def _shown(form: Form) -> int:
    untrusted = form.one("shown")
    return (
        int(untrusted) if untrusted.isascii() and untrusted.isdigit() and len(untrusted) < len("100000") else AT_A_TIME
    )


ROUTES: Final[Routes] = {HERE: (show, None), SEARCH: (show_search, search), FETCH: (None, fetch)}
