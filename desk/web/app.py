"""The application: its pages, and what stands before each of them.

From the outside in: the guard (`local.guard`), one broad catch that says the same of every fault, the lock. A page that
needs an unlocked desk goes to Unlock; a form that meets the lock is held there, with what was typed in it.
"""

from typing import Final

from aiohttp import hdrs, web

from desk.errors import DeskError, HomeUnusable
from desk.web.handlers import (
    calendar,
    case,
    checks,
    enrol,
    entrance,
    erase,
    members,
    move,
    numbers,
    oral,
    overview,
    probe,
    recuse,
    settings,
    unlock,
    way,
)
from desk.web.local.forms import FORM_BYTES_MAX, FORM_TYPE, FormRefused, SentTwice, read_form
from desk.web.local.guard import OPEN, Handler, bare_headers, guard
from desk.web.services import ERROR_STATUS, SERVICES, Services
from desk.web.session.desk import Locked
from desk.web.views.pages import Notice, see
from desk.web.views.refusals import BROKEN, NO_PAGE, SENT_TWICE, UNREADABLE, notice_for

# One module for each page, or for the pages of one act. ROUTES of each: the address, what GET and what POST do there.
_HANDLERS: Final = (
    entrance,
    unlock,
    overview,
    oral,
    calendar,
    case,
    recuse,
    move,
    erase,
    checks,
    probe,
    numbers,
    enrol,
    way,
    members,
    settings,
)
# Shown to a locked desk too.
_FOR_ALL: Final = (
    OPEN, "/desk.css", unlock.UNLOCK, unlock.LOCK, enrol.ENROL, enrol.JOIN, way.WAY, settings.LANGUAGE,
)  # fmt: skip


def make_app(services: Services) -> web.Application:
    """Return the application over its parts."""
    app = web.Application(
        middlewares=[guard(services.address, services.entrance), _one_catch, _unlocked_only],
        client_max_size=FORM_BYTES_MAX,
    )
    app[SERVICES] = services
    app.on_response_prepare.append(bare_headers)
    for module in _HANDLERS:
        for path, (get, post) in module.ROUTES.items():
            if get is not None:
                app.router.add_get(path, get, allow_head=False)
            if post is not None:
                app.router.add_post(path, post)
    return app


@web.middleware
async def _one_catch(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every fault with a page of two sentences."""
    services = request.app[SERVICES]
    try:
        return await handler(request)
    except web.HTTPException as known:
        # Its text is the library's and can quote the path.
        return _plain(services, UNREADABLE if known.status != web.HTTPNotFound.status_code else NO_PAGE, known.status)
    except Locked:
        return see(unlock.UNLOCK)
    except FormRefused as refused:
        return _plain(services, SENT_TWICE if isinstance(refused, SentTwice) else UNREADABLE, ERROR_STATUS)
    except ConnectionError:
        raise
    except (DeskError, OSError) as failed:
        return _plain(services, _notice_of(failed), ERROR_STATUS)
    except Exception:  # noqa: BLE001 - the outermost layer: the page says nothing of the fault, and nobody else hears it
        return _plain(services, BROKEN, web.HTTPInternalServerError.status_code)


@web.middleware
async def _unlocked_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    services = request.app[SERVICES]
    if request.path.startswith(_FOR_ALL) or services.desk.is_unlocked:
        services.desk.used()
        return await handler(request)
    # What comes with a file is not held: it is chosen again.
    if request.method == hdrs.METH_POST and request.content_type == FORM_TYPE:
        services.desk.hold(request.path, await read_form(request))
    return see(unlock.UNLOCK)


def _notice_of(failed: DeskError | OSError) -> Notice:
    if isinstance(failed, DeskError):
        return notice_for(failed)
    # The network's errors are the desk's own by now (`desk.server.client`): what is left is about a file.
    return BROKEN if isinstance(failed, TimeoutError) else notice_for(HomeUnusable())


def _plain(services: Services, notice: Notice, status: int) -> web.Response:
    return services.page("plain.html", "", notice=notice, status=status)
