"""What only the group reads: a note, and the number of the case in the group's own register.

One step: nobody else reads it, so there is nothing to preview.
"""

from typing import Final

from aiohttp import web

from cases.case.timeline import CaseAction
from desk.errors import DeskError, UnknownCase
from desk.web.handlers.case.opening import about, allowing, case_of, do, written
from desk.web.local.forms import Form
from desk.web.local.guard import Routes
from desk.web.services import CASE, ERROR_STATUS, SERVICES, sent_form, typed_before
from desk.web.views.pages import Notice, see
from desk.web.views.sentences import notice_for
from desk.web.views.written import inert_line

# "KS 2026/431" has eleven; what is longer is no number.
REGISTER_CHARACTERS: Final = 60
_NOTE: Final = CASE + "/note"
_REGISTER: Final = CASE + "/register"


async def ask_note(request: web.Request) -> web.StreamResponse:
    """Show the field for a note."""
    return await _note_page(request, typed_before(request))


async def note(request: web.Request) -> web.StreamResponse:
    """Keep a note."""
    form = await sent_form(request)
    try:
        await do(request, "note", written(form.one("text")))
    except UnknownCase:
        raise
    except DeskError as refused:
        return await _note_page(request, form, notice_for(refused))
    return _done(request, "note")


async def ask_register(request: web.Request) -> web.StreamResponse:
    """Show the field for the register number, with the one it has."""
    return await _register_page(request, typed_before(request))


async def register(request: web.Request) -> web.StreamResponse:
    """Keep the register number."""
    form = await sent_form(request)
    try:
        await do(request, "register", written(inert_line(form.one("text")), REGISTER_CHARACTERS))
    except UnknownCase:
        raise
    except DeskError as refused:
        return await _register_page(request, form, notice_for(refused))
    return _done(request, "register")


async def _note_page(request: web.Request, typed: Form, notice: Notice | None = None) -> web.Response:
    case = await (allowing(request, CaseAction.NOTE) if notice is None else case_of(request))
    return request.app[SERVICES].page(
        "case/note.html",
        "/",
        notice=notice,
        status=200 if notice is None else ERROR_STATUS,
        case=about(case),
        text=typed.one("text"),
    )


async def _register_page(request: web.Request, typed: Form, notice: Notice | None = None) -> web.Response:
    case = await (allowing(request, CaseAction.NOTE) if notice is None else case_of(request))
    return request.app[SERVICES].page(
        "case/register.html",
        "/",
        notice=notice,
        status=200 if notice is None else ERROR_STATUS,
        case=about(case),
        text=typed.one("text") or ("" if notice else inert_line(case.register_number)),
        most=REGISTER_CHARACTERS,
    )


def _done(request: web.Request, act: str) -> web.Response:
    return see(f"{request.path.rsplit('/', 1)[0]}?done={act}")


ROUTES: Final[Routes] = {_NOTE: (ask_note, note), _REGISTER: (ask_register, register)}
