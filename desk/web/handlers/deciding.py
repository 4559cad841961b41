"""A form in which somebody decides on a case: it counts once, and is carried out on the case as the server has it now.

Whatever refuses it, the form is shown again with everything that was typed; when the server does not answer, with the
case as it was fetched last. A page of its own shows what cannot be right at the server.
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

from desk.errors import DeskError, Erased, HeldBack, NotReachable, NotVerified
from desk.web.local.forms import Form
from desk.web.services import SERVICES, case_named
from desk.web.session.unsent import case_of_unsent
from desk.work.case.casebook import Casebook
from desk.work.case.opened import DeskCase

Decide = Callable[[Casebook, DeskCase], Awaitable[web.Response]]
Again = Callable[[DeskCase, DeskError], web.Response]


async def case_now(book: Casebook, name: str) -> DeskCase:
    """Return the case of this name as it is at the server. Raises Erased, and what opening the case raises."""
    if name in book.state.case_list.tombstones:
        raise Erased
    return await book.open(book.state.find(name))


async def decided(request: web.Request, form: Form, decide: Decide, again: Again) -> web.StreamResponse:
    """Return what `decide` does on the case in the address, or the form again. Raises what opening the case raises."""
    desk = request.app[SERVICES].desk
    try:
        async with desk.at_work() as book:
            await book.sync()
            case = await case_now(book, case_named(request))
            try:
                return await decide(book, case)
            except (NotReachable, NotVerified, HeldBack):
                raise
            except DeskError as refused:
                return again(case, refused)
    except NotReachable as failed:
        return again(await case_of_unsent(desk, case_named(request), request.path, form), failed)
