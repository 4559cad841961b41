"""A case on the screen is written down for its other readers, once a day (`desk.work.openings`)."""

from desk.web.session.desk import Desk
from desk.web.session.link import LinkState
from desk.work.case.opened import DeskCase
from desk.work.openings import record_opening


async def note_opening(desk: Desk, case: DeskCase) -> DeskCase:
    """Have the readers of the case know that it was opened today; return it with that.

    A page does not wait for a way that is being made: without one nothing is written.
    """
    if desk.link.state is not LinkState.UP:
        return case
    async with desk.at_work() as book:
        return await record_opening(book, case)
