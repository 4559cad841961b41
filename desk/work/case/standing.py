"""What a desk warns of as long as its cause lasts, whichever case is looked at."""

from desk.keep.audits import WARN_AUDITS
from desk.work.case.casebook import Casebook

WARN_ERASED_UNSEEN = "warning.erased_unseen"


def standing_warnings(book: Casebook) -> list[str]:
    """Return the warnings that every list repeats while their cause lasts.

    The roster changed on one signature after a waiting time, audits of the server are missing or changed, or a new
    roster is not accepted by this desk yet.
    """
    by_waiting = [] if book.chain is None or not book.chain.by_waiting else ["warning.by_waiting"]
    audits = [WARN_AUDITS] if book.audits.changed else []
    return by_waiting + audits + ([] if book.unripe is None else ["warning.unripe"])


def overview_warnings(book: Casebook) -> list[str]:
    """Return the same, whether a case was erased that this desk had never opened, and whether its list was damaged."""
    damaged = ["desk.list_damaged"] if book.state.list_was_damaged else []
    unseen = any(kept.unknown_signers for kept in book.state.case_list.tombstones.values())
    return damaged + standing_warnings(book) + ([WARN_ERASED_UNSEEN] if unseen else [])
