"""Unlock and lock: one field, who this desk belongs to, and the way to the server."""

from typing import Final

from aiohttp import web

from desk.errors import DeskError
from desk.web.local.forms import Form, read_form
from desk.web.local.guard import Routes
from desk.web.services import ERROR_STATUS, SERVICES
from desk.web.views.pages import see
from desk.web.views.refusals import notice_for

UNLOCK: Final = "/unlock"
LOCK: Final = "/lock"
OVERVIEW: Final = "/"


async def show(request: web.Request) -> web.StreamResponse:
    """Show the field for the passphrase; who is unlocked goes to the cases."""
    services = request.app[SERVICES]
    if services.desk.is_unlocked:
        return see(services.desk.held_path or OVERVIEW)
    return services.page("unlock.html", UNLOCK, held=bool(services.desk.held_path))


async def unlock(request: web.Request) -> web.StreamResponse:
    """Open the desk, and go back to the form that met the lock, if there is one."""
    services = request.app[SERVICES]
    form = await read_form(request)
    try:
        await services.desk.unlock(_passphrase(form))
    except DeskError as refused:
        held = bool(services.desk.held_path)
        return services.page("unlock.html", UNLOCK, notice=notice_for(refused), status=ERROR_STATUS, held=held)
    return see(services.desk.held_path or OVERVIEW)


async def lock(request: web.Request) -> web.StreamResponse:
    """Lock the desk."""
    await request.app[SERVICES].desk.lock()
    return see(UNLOCK)


def _passphrase(form: Form) -> str:
    # As it was typed: a space at the end may belong to it.
    return next(iter(form.all("passphrase")), "")


ROUTES: Final[Routes] = {UNLOCK: (show, unlock), LOCK: (None, lock)}
