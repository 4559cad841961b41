"""Acts that are a text which the reporter reads: to meet, to keep the case for now and to end that, to open it again.

Two steps at one address: write, then see it as the reporter will and send it. The second form carries the text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from cases.case.timeline import CaseAction
from desk.errors import DeskError, UnknownCase
from desk.web.handlers.case.opening import about, allowing, case_of, do, written
from desk.web.local.forms import Form
from desk.web.local.guard import Routes
from desk.web.services import CASE, ERROR_STATUS, SERVICES, sent_form, typed_before
from desk.web.views.pages import N_, Notice, see
from desk.web.views.sentences import notice_for
from desk.web.views.written import inert

SEND: Final = "send"
CHANGE: Final = "change"


@dataclass(frozen=True, slots=True)
class Told:
    """The words of one act: its page, and how the reporter's page heads what it sends."""

    action: CaseAction
    title: str
    lead: str
    label: str
    headline: str
    # What happens when it is sent.
    then: str


_SEES: Final = N_("The reporter sees it at the next visit.")
TOLD: Final[Mapping[str, Told]] = {
    "meet": Told(
        CaseAction.REPLY,
        N_("Propose a meeting"),
        N_("A meeting shows who the reporter is to whoever comes. Propose a telephone call as well."),
        N_("What do you propose?"),
        N_("A request to meet"),
        _SEES,
    ),
    "hold": Told(
        CaseAction.HOLD,
        N_("Keep it for now"),
        N_("A case that is kept is not erased, not even when two years are over, until somebody ends that."),
        N_("Why must it be kept?"),
        N_("The case must be kept for now and is not erased"),
        N_("The case is kept from then on. The reporter can read why."),
    ),
    "release-hold": Told(
        CaseAction.RELEASE_HOLD,
        N_("Let it be erased again"),
        N_("The case can be erased like any other from then on."),
        N_("Why need it not be kept any more?"),
        N_("The case may be erased again"),
        N_("The case can be erased like any other from then on. The reporter can read why."),
    ),
    "reopen": Told(
        CaseAction.REOPEN,
        N_("Open it again"),
        N_("A case that is opened again is under investigation, and needs a new feedback before it can be closed."),
        N_("Why is it opened again?"),
        N_("The case is open again"),
        N_("The case is under investigation again. The reporter can read why."),
    ),
}


async def ask(request: web.Request) -> web.StreamResponse:
    """Show the field for the text."""
    return await _write_page(request, typed_before(request))


async def send(request: web.Request) -> web.StreamResponse:
    """Show what was written as the reporter will see it, and in the second step send it."""
    form, act = await sent_form(request), _act(request)
    try:
        if form.has(CHANGE):
            return await _write_page(request, form)
        text = written(form.one("text"))
        if not form.has(SEND):
            return await _preview_page(request, text)
        await do(request, act, text)
    except UnknownCase:
        raise
    except DeskError as refused:
        return await _write_page(request, form, notice_for(refused))
    return see(f"{request.path.rsplit('/', 1)[0]}?done={act}")


async def _write_page(request: web.Request, typed: Form, notice: Notice | None = None) -> web.Response:
    told = TOLD[_act(request)]
    case = await (allowing(request, told.action) if notice is None else case_of(request))
    return request.app[SERVICES].page(
        "case/told.html",
        "/",
        notice=notice,
        status=200 if notice is None else ERROR_STATUS,
        case=about(case),
        here_path=request.path,
        told=told,
        text=typed.one("text"),
    )


async def _preview_page(request: web.Request, text: str) -> web.Response:
    told = TOLD[_act(request)]
    case = await allowing(request, told.action)
    return request.app[SERVICES].page(
        "case/told_preview.html",
        "/",
        case=about(case),
        here_path=request.path,
        told=told,
        text=text,
        shown=inert(text),
    )


def _act(request: web.Request) -> str:
    return request.path.rsplit("/", 1)[1]


ROUTES: Final[Routes] = {f"{CASE}/{act}": (ask, send) for act in TOLD}
