"""Close a case: a form with a preview (`write.machine`) of the outcome and the text to the reporter; then it is closed.

Reasons for the group alone are written first, as a note: what cannot be noted closes nothing. What a break in between
left undone is made good by pressing once more, and nothing is written twice.
"""

from dataclasses import replace
from typing import Final

from aiohttp import web

from cases.case.timeline import DEFAULT_RULES, CaseAction
from desk.errors import NoText
from desk.web.handlers.write.machine import (
    NOTHING_SAID,
    FormWithPreview,
    OpenCase,
    Said,
    Sitting,
    case_to_write_to,
    require_text,
)
from desk.web.local.guard import Routes
from desk.web.services import CASE, ERROR_STATUS, SERVICES, case_named
from desk.web.session.cases import shown_case
from desk.web.views.case.case_page import readers_in_words
from desk.web.views.case_line import case_number, case_path
from desk.web.views.writing.close_form import TypedClose, days_after, outcome_of, results
from desk.web.views.writing.news import counted, own_since
from desk.web.views.writing.write_form import is_acknowledged
from desk.work import acts
from desk.work.case.casebook import Casebook
from desk.work.case.opened import DeskCase
from desk.work.writing import require_now
from trusted.case.entry import Body, Close, Note, Outcome

CLOSE: Final = f"{CASE}/close"
CLOSED: Final = f"{CASE}/closed"
Closing = Sitting[TypedClose]


class _Close(FormWithPreview[TypedClose]):
    """The outcome, its text, and a note."""

    page = "close"
    sent_page = "closed"

    def __init__(self) -> None:
        super().__init__(TypedClose)
        self.buttons["finish"] = self._finish

    async def _finish(self, sitting: Closing) -> web.Response:
        """Tell the server that the case is closed, which a break in between has left undone."""
        async with case_to_write_to(sitting) as (book, opened):
            if _is_unfinished(opened.case):
                given = acts.ActInput("", book.keys.id, sitting.today)
                await acts.carry_out(book, opened.case, acts.ACTS["close"], given)
        return self.done(sitting)

    def instead(self, sitting: Closing, opened: OpenCase) -> web.Response | None:
        """Return what the case needs that is closed already, or half."""
        if _is_unfinished(opened.case):
            return self.form(sitting, opened)
        return self.done(sitting) if self.is_sent(sitting, opened) else None

    def check(self, sitting: Closing, _opened: OpenCase) -> None:
        """Return if there is an outcome with its text. Raises NoText, Usage."""
        _outcome(sitting)

    async def prepare(self, sitting: Closing, opened: OpenCase) -> web.Response:
        """Return step 2 of a case that can be closed now."""
        require_now(opened.case, CaseAction.CONCLUDE)
        return self.preview(sitting, opened)

    def is_sent(self, sitting: Closing, opened: OpenCase) -> bool:
        """Say whether this member has closed the case with this outcome since the form was shown."""
        case = opened.case
        if case.state.closed_on is None or case.server_state != "closed":
            return False
        return outcome_of(sitting.typed) in own_since(case, sitting.typed.seen)

    async def carry_out(self, book: Casebook, sitting: Closing, opened: OpenCase) -> None:
        """Write the note, then the outcome, and close; leave out what is there already."""
        typed, case, outcome = sitting.typed, opened.case, _outcome(sitting)
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

    def form(self, sitting: Closing, opened: OpenCase | None, said: Said = NOTHING_SAID) -> web.Response:
        """Return step 1; of a case that cannot be closed, why."""
        services, typed, path = sitting.services, sitting.typed, sitting.path
        number = case_number(bytes.fromhex(sitting.case))
        case = None if opened is None else opened.case
        if case is not None and _is_unfinished(case):
            return services.page(
                "close/unfinished.html", "/", number=number, path=path, notice=said.notice, status=said.status
            )
        if case is not None and CaseAction.CONCLUDE not in case.state.allowed:
            return services.page("write/not_now.html", "/", number=number, typed=typed, path=path, status=ERROR_STATUS)
        return services.page(
            "close/form.html",
            "/",
            notice=said.notice,
            status=said.status,
            number=number,
            path=path,
            typed=replace(typed, seen=typed.seen or ("" if case is None else counted(case))),
            results=results(typed.outcome, services.language),
            inbox_days=(DEFAULT_RULES if opened is None else opened.rules).inbox_days,
            is_unacknowledged=case is not None and not is_acknowledged(case.state),
            invalid=said.invalid,
        )

    def preview(self, sitting: Closing, opened: OpenCase, said: Said = NOTHING_SAID) -> web.Response:
        """Return step 2."""
        services = sitting.services
        bodies: list[Body] = [_outcome(sitting), Close()]
        return services.page(
            "close/preview.html",
            "/",
            notice=said.notice,
            status=said.status,
            number=case_number(bytes.fromhex(sitting.case)),
            path=sitting.path,
            typed=replace(sitting.typed, seen=sitting.typed.seen or counted(opened.case)),
            readers=readers_in_words(opened.case, services.language),
            view=services.reporter.preview(opened.case, bodies, sitting.today, opened.rules),
        )


async def closed(request: web.Request) -> web.StreamResponse:
    """Say that the case is closed, and which days follow."""
    services = request.app[SERVICES]
    case = await shown_case(services.desk, case_named(request))
    path = case_path(case.known.case_id)
    return services.page("close/closed.html", "/", days=days_after(case, services.language), path=path)


def _is_unfinished(case: DeskCase) -> bool:
    """Say whether the entries close the case, and the server has not been told."""
    return case.state.closed_on is not None and case.server_state != "closed"


def _outcome(sitting: Closing) -> Outcome:
    """Return the outcome. Raises NoText, and Usage when none is chosen."""
    typed = sitting.typed
    if not typed.text:
        raise NoText("timing.no_outcome")
    require_text(typed.text)
    require_text(typed.note, may_be_empty=True)
    outcome = outcome_of(typed)
    if outcome is None:
        raise NoText("close.no_outcome")
    return outcome


_CLOSE: Final = _Close()
ROUTES: Final[Routes] = {CLOSE: (_CLOSE.show, _CLOSE.press), CLOSED: (closed, None)}
