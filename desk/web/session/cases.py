"""Cases for the pages that show them."""

from desk.web.session.desk import Desk
from desk.work.opened import DeskCase


async def shown_case(desk: Desk, name: str) -> DeskCase:
    """Return the case of this name as it is to be shown. Raises Locked, UnknownCase, and what opening it raises."""
    async with desk.at_work() as book:
        await book.sync()
        return await book.open(book.state.find(name))
