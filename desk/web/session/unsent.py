"""A form that did not get through: the page that shows it again needs its case."""

from desk.errors import NotReachable
from desk.web.local.forms import Form
from desk.web.session.cases import shown_case
from desk.web.session.desk import Desk
from desk.work.opened import DeskCase


async def case_of_unsent(desk: Desk, name: str, path: str, form: Form) -> DeskCase:
    """Return the case to be shown with the form again; what was typed is held when it is out of reach as well.

    Raises NotReachable then, and as `shown_case`.
    """
    try:
        return await shown_case(desk, name)
    except NotReachable:
        desk.hold(path, form)
        raise
