"""Cases for the pages that show them: as they were fetched last, or from the server when they are not here."""

import contextlib
from collections.abc import Iterator

from desk.errors import Erased, ServerRefused, UnknownCase
from desk.web.session.desk import Desk
from desk.work.case.cached import open_kept
from desk.work.case.opened import DeskCase
from trusted.case.errors import NotThere


async def shown_case(desk: Desk, name: str) -> DeskCase:
    """Return the case of this name as it is to be shown. Raises Locked, UnknownCase, and what opening it raises."""
    kept = kept_case(desk, name)
    if kept is not None:
        return kept
    async with desk.at_work() as book:
        if book.chain is None or name not in book.state.case_list.cases:
            await book.sync()
        return await book.open(book.state.find(name))


@contextlib.contextmanager
def as_shown(desk: Desk, name: str) -> Iterator[None]:
    """Raise UnknownCase for a case that is erased, or not there; the server's refusal as long as it may come again.

    One whose two releases are over is like one that never was.
    """
    try:
        yield
    except Erased:
        raise UnknownCase from None
    except ServerRefused as refused:
        cache = desk.reading().cache
        is_waiting = cache is not None and cache.index.is_waiting(name)
        if refused.code == NotThere.code and not is_waiting:
            raise UnknownCase from None
        raise


def kept_case(desk: Desk, name: str) -> DeskCase | None:
    """Return the case of this name from what was fetched last; None when the server has to be asked. Raises Locked."""
    book = desk.reading()
    try:
        return open_kept(book, book.state.find(name))
    except UnknownCase:
        return None
