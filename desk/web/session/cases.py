"""Cases for the pages that show them."""

from desk.web.session.desk import Desk
from desk.web.session.link import LinkState
from desk.work.opened import DeskCase
from desk.work.openings import record_opening


async def shown_case(desk: Desk, name: str) -> DeskCase:
    """Return the case of this name as it is to be shown, and have its readers know that it was opened today.

    Raises Locked, UnknownCase, and what opening it raises.
    """
    async with desk.at_work() as book:
        await book.sync()
        case = await book.open(book.state.find(name))
        # A page does not wait for a way that is being made.
        return await record_opening(book, case) if desk.link.state is LinkState.UP else case
