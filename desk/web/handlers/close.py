"""Close a case: the outcome and the text to the reporter, as the reporter will see it, then closed.

Reasons for the group alone are written first, as a note: what cannot be noted closes nothing. What a break in between
left undone is made good by pressing once more, and nothing is written twice.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

from aiohttp import web

from cases.case.timeline import DEFAULT_RULES, CaseAction
from cases.entry import Close, Note, Outcome
from desk.errors import NoText, NotNow
from desk.web.handlers.write.sitting import (
    DRAFT_KEPT,
    OK,
    OpenCase,
    Sitting,
    arrived,
    case_to_write_to,
    guarded,
    open_case,
    pressed,
    require_text,
    show_form,
)
from desk.web.local.forms import Form
from desk.web.local.guard import Routes
from desk.web.services import CASE, ERROR_STATUS, SERVICES, case_named
from desk.web.session.cases import shown_case
from desk.web.views.case_line import case_number, case_path
from desk.web.views.pages import Notice, see
from desk.web.views.sentences import SENT_TWICE
from desk.web.views.writing.close_form import TypedClose, days_after, outcome_of, results
from desk.web.views.writing.news import counted, news, own_since
from desk.web.views.writing.write_form import is_acknowledged
from desk.work import acts
from desk.work.case.casebook import Casebook
from desk.work.case.opened import DeskCase
from desk.work.writing import require_now

CLOSE: Final = f"{CASE}/close"
CLOSED: Final = f"{CASE}/closed"
PAGE: Final = "close"


async def show(request: web.Request) -> web.StreamResponse:
    """Show the form."""
    return await show_form(await arrived(request, PAGE), _form, DRAFT_KEPT if "saved" in request.query else None)


async def press(request: web.Request) -> web.StreamResponse:
    """Do what the button says."""
    sitting = await pressed(request, PAGE)
    act = _BUTTONS.get(sitting.form.one("do"), _preview)
    return await guarded(sitting, _fields(sitting), _form, act)


async def closed(request: web.Request) -> web.StreamResponse:
    """Say that the case is closed, and which days follow."""
    services = request.app[SERVICES]
    case = await shown_case(services.desk, case_named(request))
    path = case_path(case.known.case_id)
    return services.page("close/closed.html", "/", days=days_after(case, services.language), path=path)


async def _keep_draft(sitting: Sitting) -> web.Response:
    async with sitting.services.desk.at_work() as book:
        book.state.find(sitting.case)
    sitting.keep_draft(_fields(sitting))
    return see(f"/case/{sitting.case}/close?saved=1")


async def _edit(sitting: Sitting) -> web.Response:
    return _form(sitting, await open_case(sitting))


async def _preview(sitting: Sitting) -> web.Response:
    opened = await open_case(sitting)
    if _is_unfinished(opened.case):
        return _form(sitting, opened)
    if _is_done(opened.case, sitting):
        return _done(sitting)
    came = news(opened.case, _typed(sitting).seen, sitting.services.language)
    if came is not None:
        return _written_meanwhile(sitting, opened, came, _form)
    require_now(opened.case, CaseAction.CONCLUDE)
    _outcome(sitting)
    return _preview_page(sitting, opened)


async def _send(sitting: Sitting) -> web.Response:
    services, typed = sitting.services, _typed(sitting)
    is_first = services.desk.tokens.use(sitting.form.token)
    outcome = _outcome(sitting)
    async with case_to_write_to(sitting) as (book, opened):
        if not _is_done(opened.case, sitting):
            if not is_first:
                return _form(sitting, opened, notice=SENT_TWICE, status=ERROR_STATUS)
            came = news(opened.case, typed.seen, services.language)
            if came is not None:
                return _written_meanwhile(sitting, opened, came, _preview_page)
            await _carry_out(book, sitting, opened, outcome)
    return _done(sitting)


async def _finish(sitting: Sitting) -> web.Response:
    """Tell the server that the case is closed, which a break in between has left undone."""
    async with case_to_write_to(sitting) as (book, opened):
        if _is_unfinished(opened.case):
            given = acts.ActInput("", book.keys.id, sitting.today)
            await acts.carry_out(book, opened.case, acts.ACTS["close"], given)
    return _done(sitting)


def _done(sitting: Sitting) -> web.Response:
    sitting.drop_draft()
    return see(f"/case/{sitting.case}/closed")


def _is_done(case: DeskCase, sitting: Sitting) -> bool:
    """Say whether this member has closed the case with this outcome since the form was shown."""
    if case.state.closed_on is None or case.server_state != "closed":
        return False
    typed = _typed(sitting)
    return outcome_of(typed) in own_since(case, typed.seen)


def _is_unfinished(case: DeskCase) -> bool:
    """Say whether the entries close the case, and the server has not been told."""
    return case.state.closed_on is not None and case.server_state != "closed"


async def _carry_out(book: Casebook, sitting: Sitting, opened: OpenCase, outcome: Outcome) -> None:
    typed, case = _typed(sitting), opened.case
    own = own_since(case, typed.seen)
    if outcome not in own:
        # Before anything is written: a note on a case that cannot be closed would say something that is not so.
        require_now(case, CaseAction.CONCLUDE)
    if typed.note and Note(typed.note) not in own:
        given = acts.ActInput(typed.note, book.keys.id, sitting.today)
        case = await acts.carry_out(book, case, acts.ACTS["note"], given)
    rule = acts.ACTS["close"]
    if outcome in own:
        rule = replace(rule, entries=rule.entries[1:])
    chosen = acts.ActChoices(outcome=outcome.result, reason=outcome.reason)
    given = acts.ActInput(typed.text, book.keys.id, sitting.today, chosen)
    await acts.carry_out(book, case, rule, given)


def _outcome(sitting: Sitting) -> Outcome:
    """Return the outcome. Raises NoText, NotNow."""
    typed = _typed(sitting)
    if not typed.text:
        raise NoText("timing.no_outcome")
    require_text(typed.text)
    require_text(typed.note, may_be_empty=True)
    outcome = outcome_of(typed)
    if outcome is None:
        raise NotNow
    return outcome


def _typed(sitting: Sitting) -> TypedClose:
    form = sitting.form
    return TypedClose(form.one("outcome"), form.one("text"), form.one("note"), form.one("seen"))


def _fields(sitting: Sitting) -> Mapping[str, str]:
    typed = _typed(sitting)
    return {"outcome": typed.outcome, "text": typed.text, "note": typed.note, "seen": typed.seen}


def _form(
    sitting: Sitting,
    opened: OpenCase | None,
    *,
    notice: Notice | None = None,
    status: int = OK,
    invalid: str = "",
) -> web.Response:
    """Return step 1."""
    services, typed = sitting.services, _typed(sitting)
    case_id = bytes.fromhex(sitting.case)
    number, path = case_number(case_id), case_path(case_id)
    case = None if opened is None else opened.case
    if case is not None and _is_unfinished(case):
        return services.page("close/unfinished.html", "/", number=number, path=path, notice=notice, status=status)
    if case is not None and CaseAction.CONCLUDE not in case.state.allowed:
        return services.page("write/not_now.html", "/", number=number, typed=typed, path=path, status=ERROR_STATUS)
    return services.page(
        "close/form.html",
        "/",
        notice=notice,
        status=status,
        number=number,
        path=path,
        typed=replace(typed, seen=typed.seen or ("" if case is None else counted(case))),
        results=results(typed.outcome, services.language),
        inbox_days=(DEFAULT_RULES if opened is None else opened.rules).inbox_days,
        is_unacknowledged=case is not None and not is_acknowledged(case.state),
        invalid=invalid,
    )


def _preview_page(
    sitting: Sitting, opened: OpenCase | None, *, notice: Notice | None = None, status: int = OK
) -> web.Response:
    """Return step 2."""
    if opened is None:
        return _form(sitting, opened, notice=notice, status=status)
    services, typed = sitting.services, _typed(sitting)
    view = services.reporter.preview(opened.case, [_outcome(sitting), Close()], sitting.today, opened.rules)
    return services.page(
        "close/preview.html",
        "/",
        notice=notice,
        status=status,
        path=case_path(opened.case.known.case_id),
        typed=replace(typed, seen=typed.seen or counted(opened.case)),
        view=view,
    )


def _written_meanwhile(
    sitting: Sitting, opened: OpenCase, came: Notice, page: Callable[..., web.Response]
) -> web.Response:
    """Show what was typed again, with the count of now: a second press closes."""
    fields = {**sitting.form.fields, "seen": (counted(opened.case),)}
    sitting = replace(sitting, form=Form(fields))
    sitting.keep_draft(_fields(sitting))
    return page(sitting, opened, notice=came, status=ERROR_STATUS)


_BUTTONS: Final[Mapping[str, Callable[[Sitting], Awaitable[web.Response]]]] = {
    "draft": _keep_draft,
    "edit": _edit,
    "finish": _finish,
    "preview": _preview,
    "send": _send,
}

ROUTES: Final[Routes] = {CLOSE: (show, press), CLOSED: (closed, None)}
