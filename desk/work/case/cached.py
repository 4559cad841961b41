"""Cases and roster as they were fetched last: opened from the cache, with every check that the server's answer gets.

None means that the server has to be asked: what is here is missing, damaged, or older than what this desk has seen.
"""

from desk.errors import DeskError, NotReachable, NotVerified
from desk.keep.state import KnownCase
from desk.work.case.casebook import Casebook
from desk.work.case.opened import DeskCase


def take_roster(book: Casebook) -> None:
    """Take who may read from the cache, if it holds; the server is asked before anything is done in any case."""
    answer = None if book.cache is None else book.cache.roster()
    if answer is None:
        return
    try:
        book.take_roster(answer)
    except NotVerified:
        # Older than what this desk has pinned since: a cache from a backup.
        book.chain = None


def open_kept(book: Casebook, known: KnownCase) -> DeskCase | None:
    """Return a case from the cache."""
    if book.cache is None or book.chain is None or known.case_id in book.touched:
        return None
    # A later key has come, so the case has moved on since.
    if known.others:
        return None
    answer = book.cache.case(known.case_id)
    if answer is None:
        return None
    try:
        return book.open_answer(known, answer)
    except NotVerified:
        return None


async def fetch_touched(book: Casebook) -> None:
    """Fetch the cases that this desk has changed, so that what is kept is what is there."""
    for case_id in tuple(book.touched):
        known = book.state.case_list.cases.get(case_id.hex())
        try:
            if known is not None:
                await book.open(known)
        except NotReachable:
            return
        except DeskError:
            pass
        book.touched.discard(case_id)
