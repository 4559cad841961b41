"""Why an act waits: in the place of its page, and of what its form would have done. And to refuse a signature.

A page is looked at before it is shown, on the case as it is kept here; a form is refused by the act itself, on the case
as the server has it. What was typed comes back when the form is shown again.
"""

from typing import Final

from aiohttp import hdrs, web

from desk.errors import HeldBack, NotNow
from desk.web.handlers.case.opening import about, case_of
from desk.web.handlers.deciding import decided
from desk.web.local.forms import SENT_FORM, Form
from desk.web.local.guard import Handler, Routes
from desk.web.services import CASE, ERROR_STATUS, SERVICES, case_named, sent_form
from desk.web.session.cases import kept_case
from desk.web.views.case.case_page import action_of
from desk.web.views.case.held import held_shown
from desk.web.views.pages import N_, Notice, see
from desk.web.views.sentences import notice_for
from desk.work import erasing, moves
from desk.work.case.casebook import Casebook
from desk.work.case.held import ERASURE
from desk.work.case.opened import DeskCase
from desk.work.writing import require_free
from trusted.case.entry import SHORT_CHARACTERS

REFUSE: Final = CASE + "/refuse"
REFUSED: Final = N_("I do not sign the move of the case.")
_TAKEN_BACK: Final = N_("I take back the move of the case.")
NO_REASON: Final = Notice(N_("You have not said why."), N_("Write it in a few words: your colleague reads it."))
LONG: Final = Notice(N_("The text is too long."), N_("Shorten it."))


@web.middleware
async def held_back(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Show why the act of a page waits, and who must sign, instead of the page."""
    services = request.app[SERVICES]
    try:
        if request.method == hdrs.METH_GET and (action := action_of(request.path)):
            case = kept_case(services.desk, case_named(request))
            if case is not None:
                require_free(case, action)
        return await handler(request)
    except HeldBack:
        form = request.get(SENT_FORM)
        if form is not None and form.is_typed:
            services.desk.hold(request.path, form)
        return _page(request, await case_of(request))


async def refuse(request: web.Request) -> web.StreamResponse:
    """Refuse a signature that waits, or take back one's own move: a note says so to the other readers."""
    form = await sent_form(request)

    async def refused(book: Casebook, case: DeskCase) -> web.Response:
        translate = request.app[SERVICES].language.translate
        if len(form.one("reason")) > SHORT_CHARACTERS:
            return _page(request, case, LONG, form)
        if case.held is None:
            raise NotNow
        is_own, reason = case.held.is_own, form.one("reason")
        if not is_own and not reason:
            return _page(request, case, NO_REASON, form)
        if case.held.kind == ERASURE:
            await erasing.refuse(book, case, reason)
        else:
            text = translate(_TAKEN_BACK if is_own else REFUSED)
            await moves.refuse(book, case, "\n\n".join(part for part in (text, reason) if part))
        return see(f"/case/{case_named(request)}?done={'take-back' if is_own else 'refuse'}")

    return await decided(request, form, refused, lambda case, failed: _page(request, case, notice_for(failed), form))


def _page(request: web.Request, case: DeskCase, notice: Notice | None = None, form: Form | None = None) -> web.Response:
    services = request.app[SERVICES]
    # Of a move that waits for somebody else the server is asked again the next time.
    services.desk.reading().waiting_moves.elsewhere.discard(case.known.case_id)
    return services.page(
        "case/held.html",
        "/",
        notice=notice,
        status=ERROR_STATUS,
        case=about(case),
        held=held_shown(case, services.language),
        reason="" if form is None else form.one("reason"),
    )


ROUTES: Final[Routes] = {REFUSE: (None, refuse)}
