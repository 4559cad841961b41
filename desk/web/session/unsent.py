"""The case of a form: as it is at the server, or as it was fetched last when the server does not answer."""

from desk.errors import NotReachable
from desk.web.local.forms import Form
from desk.web.session.cases import as_shown, shown_case
from desk.web.session.desk import Desk
from desk.work.case.opened import DeskCase


async def case_to_decide_on(desk: Desk, name: str) -> DeskCase:
    """Return the case for a form in which somebody decides. Raises UnknownCase, ServerRefused as `as_shown` says."""
    with as_shown(desk, name):
        try:
            async with desk.at_work() as book:
                await book.sync()
                return await book.open(book.state.find(name))
        except NotReachable:
            return await shown_case(desk, name)


async def case_of_unsent(desk: Desk, name: str, path: str, form: Form) -> DeskCase:
    """Return the case to be shown with the form again; what was typed is held when it is out of reach as well.

    Raises NotReachable then, and as `shown_case`.
    """
    try:
        return await shown_case(desk, name)
    except NotReachable:
        desk.hold(path, form)
        raise
