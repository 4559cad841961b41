"""Unlock and lock: one field, who this desk belongs to, and the way to the server.

A computer without a key goes to Become a member, one that knows no server to its address (`handlers.enrol`).
"""

import secrets
from typing import Final

from aiohttp import hdrs, web

from desk.errors import BadBridges, DeskError
from desk.keep.bridges import read_bridges
from desk.keep.state import read_joined
from desk.web.handlers.enrol import ENROL, JOIN
from desk.web.local.entrance import COOKIE_SETTINGS
from desk.web.local.forms import Form, read_form
from desk.web.local.guard import Routes
from desk.web.services import ERROR_STATUS, SERVICES, Services
from desk.web.views.group.way_to_server import Way, way_in_words
from desk.web.views.pages import N_, Notice, see
from desk.web.views.sentences import notice_for

UNLOCK: Final = "/unlock"
LOCK: Final = "/lock"
OVERVIEW: Final = "/"
_KEPT: Final = Notice(N_("What you wrote is still here."), tone="good")
_GONE: Final = Notice(
    N_("If you wrote something before the lock, it did not come along."),
    N_("It is gone, unless you kept it as a draft or the page still stands in another tab."),
    "warn",
)


async def show(request: web.Request) -> web.StreamResponse:
    """Show the field for the passphrase; who is unlocked goes to the cases."""
    services = request.app[SERVICES]
    if services.desk.is_unlocked:
        return see(services.desk.held_path or OVERVIEW)
    if not services.home.key.exists():
        return see(ENROL)
    if not read_joined(services.home.settings).address:
        return see(JOIN)
    return page(services)


async def unlock(request: web.Request) -> web.StreamResponse:
    """Open the desk, and go back to the form that met the lock, if there is one."""
    services = request.app[SERVICES]
    form = await read_form(request)
    try:
        await services.desk.unlock(_passphrase(form))
    except DeskError as refused:
        return page(services, notice=notice_for(refused), status=ERROR_STATUS)
    desk = services.desk
    services.after_lock = _KEPT if desk.held_path else _GONE if desk.is_writing else None
    return see(desk.held_path or OVERVIEW)


async def lock(request: web.Request) -> web.StreamResponse:
    """Lock the desk."""
    await request.app[SERVICES].desk.lock()
    return see(UNLOCK)


def page(
    services: Services, *, notice: Notice | None = None, status: int = 200, bridges: str | None = None
) -> web.Response:
    """Return the page; `bridges` is what was typed and refused."""
    response = services.page(
        "unlock.html",
        UNLOCK,
        notice=notice,
        status=status,
        held=bool(services.desk.held_path),
        swap_is_readable=services.swap_is_readable,
        # What is wrong is the passphrase, or the bridges, or neither.
        wrong=notice is not None and bridges is None,
        way=way_of(services, bridges),
    )
    # Chromium keeps pages for Back, those too that say `no-store`, and would show them after the lock. It drops them
    # when a cookie that no script reads has changed. This one means nothing else.
    response.headers[hdrs.SET_COOKIE] = f"__Host-kallskydd-locked={secrets.token_urlsafe()}; {COOKIE_SETTINGS}"
    return response


def way_of(services: Services, typed_bridges: str | None = None) -> Way:
    """Return the way to the server in words, and the bridges that are kept, or those that were typed and refused."""
    try:
        kept = "\n".join(read_bridges(services.home.bridges))
    except BadBridges:
        kept = ""
    link = services.desk.link
    bad = typed_bridges is not None
    shown = kept if typed_bridges is None else typed_bridges
    return way_in_words(link.state.name, link.reason, link.unanswered, shown, services.language, bad_bridges=bad)


def _passphrase(form: Form) -> str:
    # As it was typed: a space at the end may belong to it.
    return next(iter(form.all("passphrase")), "")


ROUTES: Final[Routes] = {UNLOCK: (show, unlock), LOCK: (None, lock)}
