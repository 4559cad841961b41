"""The application: its pages, and what stands before each of them.

From the outside in: the guard (`local.guard`), what sends the browser to the page that answers a form
(`handlers.answered`), one broad catch that says the same of every fault, the lock. A page that needs an unlocked desk
goes to Unlock; a form that meets the lock is held there, with what was typed in it. What becomes of the page on the
screen when the desk locks is `handlers.beat`'s.
"""

import contextlib
from typing import Final

from aiohttp import hdrs, web

from desk.errors import DeskError, HomeUnusable
from desk.web.handlers import (
    answered,
    beat,
    calendar,
    case,
    checks,
    close,
    enrol,
    entrance,
    erase,
    handbook,
    members,
    moving,
    numbers,
    oral,
    overview,
    probe,
    recuse,
    settings,
    unlock,
    way,
)
from desk.web.handlers.case.going_away import go_away, has_text
from desk.web.handlers.write import pages as write
from desk.web.local.forms import FORM_BYTES_MAX, SENT_FORM, FormRefused, SentTwice
from desk.web.local.forms_with_file import read_form_with_file
from desk.web.local.guard import OPEN, Handler, bare_headers, guard
from desk.web.services import ERROR_STATUS, SERVICES, Services
from desk.web.session.desk import Desk, Locked
from desk.web.views.handbook import HANDBOOK
from desk.web.views.pages import SEE_OTHER, Notice, see
from desk.web.views.sentences import CHANGED_LATER, NO_PAGE, SENT_TWICE, UNREADABLE, notice_for
from desk.web.views.sentences.home import BROKEN

# One module for each page, or for the pages of one act. ROUTES of each: the address, what GET and what POST do there.
_HANDLERS: Final = (
    answered,
    beat,
    entrance,
    unlock,
    overview,
    oral,
    calendar,
    case,
    write,
    close,
    recuse,
    moving,
    erase,
    enrol,
    way,
    members,
    settings,
    checks,
    probe,
    numbers,
    handbook,
)
# Shown to a locked desk too.
_FOR_ALL: Final = (
    OPEN, "/desk.css", answered.ANSWERED, beat.BEAT,
    unlock.UNLOCK, unlock.LOCK, enrol.ENROL, enrol.JOIN, way.WAY, settings.LANGUAGE,
    HANDBOOK,
)  # fmt: skip


def make_app(services: Services) -> web.Application:
    """Return the application over its parts."""
    app = web.Application(
        middlewares=[
            guard(services.address, services.entrance),
            answered.answered_elsewhere,
            _one_catch,
            _unlocked_only,
            case.held.held_back,
        ],
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
    except SentTwice:
        return _sent_twice(request, services)
    except FormRefused:
        return _plain(services, UNREADABLE, ERROR_STATUS)
    except ConnectionError:
        raise
    except (DeskError, OSError) as failed:
        return _plain(services, _notice_of(failed), ERROR_STATUS)
    except Exception:  # noqa: BLE001 - the outermost layer: the page says nothing of the fault, and nobody else hears it
        return _plain(services, BROKEN, web.HTTPInternalServerError.status_code)


@web.middleware
async def _unlocked_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    desk = request.app[SERVICES].desk
    if desk.is_over:
        await desk.lock()
    # What pages ask for by themselves is no use of the desk.
    if request.path not in {beat.BEAT, "/desk.css"} and beat.LEAVES not in request.query:
        desk.used()
    if request.method == hdrs.METH_POST and request.query_string in {beat.KEEP, beat.LOCK, beat.AWAY}:
        form, _file = await read_form_with_file(request, 0)
        if request.query_string == beat.AWAY and desk.is_unlocked:
            return await go_away(request, form)
        desk.hold(request.path, form)
        if request.query_string == beat.LOCK:
            await desk.lock()
        return see(request.path)
    with beat.present(desk):
        response = await _answer(desk, request, handler)
    return beat.leaving(desk, request, response)


async def _answer(desk: Desk, request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.path.startswith(_FOR_ALL):
        return await handler(request)
    if desk.is_unlocked:
        answered = await _while_unlocked(desk, request, handler)
        if answered is not None:
            return answered
    elif request.method == hdrs.METH_POST:
        # A file is not held: what was typed beside it is. Nor is a form that cannot be read: it is sent again.
        with contextlib.suppress(FormRefused):
            await read_form_with_file(request, 0)
    form = request.get(SENT_FORM)
    if form is not None and form.is_typed:
        desk.hold(request.path, form)
    return see(unlock.UNLOCK)


async def _while_unlocked(desk: Desk, request: web.Request, handler: Handler) -> web.StreamResponse | None:
    """Return the page; None when the desk has locked since: what it shows is for nobody now."""
    try:
        answered = await handler(request)
    except Locked:
        return None
    except DeskError:
        if desk.is_unlocked:
            raise
        return None
    # A redirect says that the form was carried out, and shows nothing.
    return answered if desk.is_unlocked or answered.prepared or answered.status == SEE_OTHER else None


def _notice_of(failed: DeskError | OSError) -> Notice:
    if isinstance(failed, DeskError):
        return notice_for(failed)
    # The network's errors are the desk's own by now (`desk.server.client`): what is left is about a file.
    return BROKEN if isinstance(failed, TimeoutError) else notice_for(HomeUnusable())


def _sent_twice(request: web.Request, services: Services) -> web.Response:
    """Say that a form counts once. Another text in it, after Back in the browser, is held for the form."""
    form, resource = request.get(SENT_FORM), request.match_info.route.resource
    has_page = resource is not None and any(route.method == hdrs.METH_GET for route in resource)
    if form is None or not (has_page and has_text(form) and services.desk.tokens.is_changed(form)):
        return _plain(services, SENT_TWICE, ERROR_STATUS)
    services.desk.hold(request.path, form)
    return _plain(services, CHANGED_LATER, ERROR_STATUS, request.path)


def _plain(services: Services, notice: Notice, status: int, form: str = "") -> web.Response:
    return services.page("plain.html", "", notice=notice, status=status, form=form)
