"""A report by voice, in four pages: whom it concerns, the notes, the words, what happens now.

Until the words are made nothing is kept: every page carries what was typed in its fields. The button under the notes
files the report (`desk.work.oral`) and goes on to the words, which stand in memory until they have been read out and no
longer than the desk is unlocked. A call is filed once (`desk.web.session.oral`).

Who takes the call reads what is said. Where it may concern her, the page stops before anything is typed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from aiohttp import web

from desk.errors import DeskError, NotNow, NotReachable
from desk.web.local.forms import Form, SentTwice, read_form
from desk.web.local.guard import Routes
from desk.web.services import ERROR_STATUS, SERVICES, Services, sent_form, typed_before
from desk.web.session.oral import HeldCall
from desk.web.views.pages import Notice, see
from desk.web.views.sentences import notice_for
from desk.web.views.writing.oral import (
    ASK_FIRST,
    BOTH,
    FIRST_COUNTS,
    ME,
    MOVED,
    NOBODY,
    UNNAMED,
    WORDS_GONE,
    Group,
    Typed,
    days_of,
    group_of,
    languages_offered,
)
from desk.work.oral import Taken, file_report, readers_of, report_form
from trusted.case.clock import today

HERE: Final = "/oral"
CODE: Final = "/oral/code"
DONE: Final = "/oral/done"
# It may concern the member who takes the call.
COLLEAGUE: Final = "/oral/colleague"
COUNSEL: Final = "/oral/counsel"


@dataclass(frozen=True, slots=True, repr=False)
class _Asked:
    """What the server says before a report can be taken: who is in the group, and in which languages it answers.

    While it is away the group is the one that was seen last, and notes can be taken meanwhile.
    """

    group: Group
    languages: tuple[tuple[str, str], ...] = ()
    away: Notice | None = None


async def _ask(services: Services, typed: Typed | None = None) -> _Asked:
    """Ask the server. Raises NotNow for who may not take this call, and the errors of the way there."""
    async with services.desk.at_work() as book:
        languages: tuple[tuple[str, str], ...] = ()
        away = None
        try:
            await book.sync_roster()
            languages = languages_offered((await report_form(book)).languages)
        except NotReachable as failed:
            away = notice_for(failed)
            if book.chain is None:
                raise
        roster = None if book.chain is None else book.chain.current
        group = None if roster is None else group_of(roster, book.keys.id)
        if roster is None or group is None:
            raise NotNow("roster.not_open")
        if typed is not None:
            readers_of(roster, typed.notes, book.keys.id)
        return _Asked(group, languages, away)


async def start(request: web.Request) -> web.StreamResponse:
    """Show what to say, and whom to ask about."""
    services = request.app[SERVICES]
    asked = await _ask(services)
    return _say_page(services, asked, Typed.of(typed_before(request)))


async def asked_whom(request: web.Request) -> web.StreamResponse:
    """Go on to the notes, or stop where it may concern the member herself. Nothing is done yet."""
    services = request.app[SERVICES]
    form = await read_form(request)
    typed = Typed.of(form)
    asked = await _ask(services)
    if form.has("back"):
        return _say_page(services, asked, typed)
    chosen, group = frozenset(typed.concerns), asked.group
    if chosen & {ME, group.own.id}:
        return see(COLLEAGUE)
    if UNNAMED in chosen and group.own.role != "counsel":
        return see(COUNSEL)
    notice = _not_said(chosen, group)
    if notice is not None:
        return _say_page(services, asked, typed, notice)
    try:
        asked = await _ask(services, typed)
    except NotNow as refused:
        return _say_page(services, asked, typed, notice_for(refused))
    return _notes_page(services, typed, asked)


def _not_said(chosen: frozenset[str], group: Group) -> Notice | None:
    if not chosen:
        return ASK_FIRST
    if NOBODY in chosen and len(chosen) > 1:
        return BOTH
    return None if chosen <= group.ids | {NOBODY, UNNAMED} else MOVED


async def make_code(request: web.Request) -> web.StreamResponse:
    """File the report and go on to its words."""
    services = request.app[SERVICES]
    try:
        typed = Typed.of(await sent_form(request))
    except SentTwice:
        if services.desk.call is None or services.desk.call.taken is None:
            raise
        return see(CODE)
    wrong = typed.wrong()
    try:
        if not wrong:
            await _file(services, typed)
            # Notes that somebody went away from are not shown in the place of the words.
            services.desk.take_held(CODE)
            return see(CODE)
    except DeskError as refused:
        return await _notes_again(services, typed, {}, notice_for(refused))
    return await _notes_again(services, typed, wrong, next(iter(wrong.values())))


async def _file(services: Services, typed: Typed) -> None:
    """File the report of this call, once. Raises what `file_report` raises."""
    async with services.desk.at_work() as book:
        held = services.desk.call
        if held is None or held.name != typed.name:
            # Kept before it is sent: after an answer that was lost the same case is sent again.
            held = services.desk.call = HeldCall(typed.name, typed.notes)
        if held.taken is None and held.call is not None:
            held.taken = await file_report(book, held.call, typed.notes)
            held.first_counts = held.taken.again and held.first != typed.notes
            held.first = None


async def _notes_again(
    services: Services, typed: Typed, wrong: Mapping[str, Notice], notice: Notice | None
) -> web.Response:
    """Return the notes with what was typed, also when the server cannot be asked now."""
    try:
        asked = await _ask(services)
    except DeskError as failed:
        asked, notice = None, notice or notice_for(failed)
    return _notes_page(services, typed, asked, notice, wrong)


async def code(request: web.Request) -> web.StreamResponse:
    """Show the words of the report that was filed; where the lock came before it was, the notes again."""
    services = request.app[SERVICES]
    typed = typed_before(request)
    if typed.fields:
        return await _notes_again(services, Typed.of(typed), {}, None)
    held = services.desk.call
    if held is None or held.taken is None:
        return services.page("plain.html", HERE, notice=WORDS_GONE)
    if held.call is None:
        return see(DONE)
    return services.page(
        "oral/code.html",
        HERE,
        notice=FIRST_COUNTS if held.first_counts else None,
        words=held.call.receipt.words,
        call_back=held.call.call_back,
        taken=held.taken,
        days=days_of(held.taken, today(services.clock), services.language),
    )


async def read_out(request: web.Request) -> web.StreamResponse:
    """Forget the words: they have been read out."""
    services = request.app[SERVICES]
    await read_form(request)
    if services.desk.call is not None:
        services.desk.call.call = None
    return see(DONE)


async def done(request: web.Request) -> web.StreamResponse:
    """Show what happens now, and by when."""
    services = request.app[SERVICES]
    held = services.desk.call
    taken = _taken_before(typed_before(request)) if held is None else held.taken
    if taken is None:
        return see(HERE)
    days = days_of(taken, today(services.clock), services.language)
    return services.page("oral/done.html", HERE, days=days)


def _taken_before(form: Form) -> Taken | None:
    """Return what the form under the words carried, when the lock came before its button."""
    try:
        return Taken(date.fromisoformat(form.one("release")), form.has("at_once"), form.all("reader"))
    except ValueError:
        return None


async def colleague(request: web.Request) -> web.StreamResponse:
    """Stop: it concerns the member who takes the call."""
    return request.app[SERVICES].page("oral/colleague.html", HERE, counsel=False)


async def counsel(request: web.Request) -> web.StreamResponse:
    """Stop: it concerns somebody who is not named, and may be the member who takes the call."""
    return request.app[SERVICES].page("oral/colleague.html", HERE, counsel=True)


def _say_page(services: Services, asked: _Asked, typed: Typed, notice: Notice | None = None) -> web.Response:
    is_begun = services.desk.held_path == CODE
    return _page(services, "oral/say.html", typed, asked, notice, refused=notice is not None, is_begun=is_begun)


def _notes_page(
    services: Services,
    typed: Typed,
    asked: _Asked | None,
    notice: Notice | None = None,
    wrong: Mapping[str, Notice] | None = None,
) -> web.Response:
    return _page(services, "oral/notes.html", typed, asked, notice, wrong=wrong or {})


def _page(
    services: Services, template: str, typed: Typed, asked: _Asked | None, notice: Notice | None, **context: Any
) -> web.Response:
    """Return a page with all that was typed. A notice is a refusal; that the server is away stops nobody yet."""
    status = 200 if notice is None else ERROR_STATUS
    shown = notice or (None if asked is None else asked.away)
    return services.page(template, HERE, notice=shown, status=status, typed=typed, asked=asked, **context)


ROUTES: Final[Routes] = {
    HERE: (start, asked_whom),
    CODE: (code, make_code),
    DONE: (done, read_out),
    COLLEAGUE: (colleague, None),
    COUNSEL: (counsel, None),
}
