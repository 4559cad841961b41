"""To step aside: a reason to tick, what follows said before it is done, and a page that says that it is done."""

from typing import Final

from aiohttp import web

from cases.case.timeline import CaseAction
from desk.web.handlers.deciding import decided
from desk.web.local.forms import Form
from desk.web.local.guard import Routes
from desk.web.services import CASE, ERROR_STATUS, SERVICES, case_named, sent_form, typed_before
from desk.web.session.unsent import case_to_decide_on
from desk.web.views.case.moving import (
    REASONS,
    in_words,
    is_asked_after_leaving,
    is_left,
    others_reading,
    warnings_of_leaving,
)
from desk.web.views.case_line import case_line, case_path
from desk.web.views.pages import N_, Language, Notice, see
from desk.web.views.sentences import notice_for
from desk.work import acts
from desk.work.case.casebook import Casebook
from desk.work.case.opened import DeskCase
from desk.work.writing import require_now
from trusted.case.clock import today

RECUSE: Final = CASE + "/recuse"
DONE: Final = CASE + "/recused"
_OVERVIEW: Final = "/"
_NO_REASON: Final = Notice(N_("You have not said why."), N_("Choose the reason that fits best."))
_NOT_UNDERSTOOD: Final = Notice(N_("You have not ticked the last box."), N_("Read what happens, and tick it."))


async def show(request: web.Request) -> web.StreamResponse:
    """Show the form; who has stepped aside already sees that."""
    case = await case_to_decide_on(request.app[SERVICES].desk, case_named(request))
    if is_left(case):
        return see(_done_path(case))
    return _form(request, case, typed_before(request))


async def recuse(request: web.Request) -> web.StreamResponse:
    """Step aside. What has to be said before is said, also when it became so after the form was shown."""
    form = await sent_form(request)

    async def step_aside(book: Casebook, case: DeskCase) -> web.Response:
        if is_left(case):
            return see(_done_path(case))
        if notice := _refused(case, form):
            return _form(request, case, form, notice)
        require_now(case, CaseAction.RECUSE)
        text = _reason(form, request.app[SERVICES].language)
        given = acts.ActInput(text, book.keys.id, today(book.clock))
        return see(_done_path(await acts.carry_out(book, case, acts.ACTS["recuse"], given)))

    return await decided(
        request, form, step_aside, lambda case, refused: _form(request, case, form, notice_for(refused))
    )


async def done(request: web.Request) -> web.StreamResponse:
    """Say that it is done, and what is still asked of her."""
    services = request.app[SERVICES]
    case = await case_to_decide_on(request.app[SERVICES].desk, case_named(request))
    if not is_left(case):
        return see(_OVERVIEW)
    signs, others = CaseAction.CO_SIGN in case.state.allowed, others_reading(case)
    return services.page(
        "recuse/done.html",
        _OVERVIEW,
        others=in_words(others, services.language),
        call=others[0] if len(others) == 1 else "",
        signs=signs,
    )


def _form(request: web.Request, case: DeskCase, form: Form, notice: Notice | None = None) -> web.Response:
    services = request.app[SERVICES]
    warnings = warnings_of_leaving(case)
    line = case_line(case, today(services.clock), services.language)
    return services.page(
        "recuse/form.html",
        _OVERVIEW,
        notice=notice,
        status=ERROR_STATUS if notice else 200,
        # Who has not read the report is not led to it.
        back=_OVERVIEW if line.leave else line.path,
        line=line,
        reasons=REASONS,
        chosen=form.one("reason"),
        text=form.one("text"),
        others=in_words(others_reading(case), services.language),
        is_asked=is_asked_after_leaving(case),
        warnings=[services.language.notice(warning) for _key, warning in warnings],
        warned=" ".join(key for key, _warning in warnings),
        refused=notice is not None,
    )


def _refused(case: DeskCase, form: Form) -> Notice | None:
    if form.one("reason") not in dict(REASONS):
        return _NO_REASON
    if not form.has("understood"):
        return _NOT_UNDERSTOOD
    shown = form.one("warned").split()
    return next((warning for key, warning in warnings_of_leaving(case) if key not in shown), None)


def _reason(form: Form, language: Language) -> str:
    reason = language.translate(dict(REASONS)[form.one("reason")])
    return "\n\n".join(part for part in (reason, form.one("text")) if part)


def _done_path(case: DeskCase) -> str:
    return f"{case_path(case.known.case_id)}/recused"


ROUTES: Final[Routes] = {RECUSE: (show, recuse), DONE: (done, None)}
