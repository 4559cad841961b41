"""The rows of `audit selftest`: the copy without a fault, that all were planted, and one for each fault."""

from __future__ import annotations

from dataclasses import replace

from audit.fault import Fault
from audit.report.text_table import ANY_FAULT, SELECTION, UNMODIFIED
from audit.row import Group, Row

NONE = Row(
    UNMODIFIED, Group.SELFTEST, None, "Without a fault the canary is clean",
    "The canary rings without a fault, or cannot see, so that what it finds in the others proves nothing.",
    "Mend what `sudo kallskydd audit canary` names, then run `sudo kallskydd audit selftest` again.",
    "kallskydd audit canary",
)  # fmt: skip
SELECTED = Row(
    SELECTION, Group.SELFTEST, None, "All faults were planted",
    "It has not been tried that the canary would notice the leaks that were left out.",
    "Run `sudo kallskydd audit selftest --save FILE` without `--only`, and make the page again with that file.",
    "kallskydd audit selftest",
)  # fmt: skip
_FAULT = Row(
    ANY_FAULT, Group.SELFTEST, None, "A fault",
    "The canary would not notice a leak of this kind, so its silence does not show that there is none.",
    "Run `sudo kallskydd audit selftest --only NAME` on an idle computer; if it stays, report it to"
    " those who maintain the program.",
    "apply {name}.patch to a copy; there: kallskydd audit canary",
)  # fmt: skip


def row_of(fault: Fault) -> Row:
    """Return the row of a fault; its title is there in English alone."""
    by_hand = _FAULT.by_hand.format(name=fault.name)
    return replace(_FAULT, id=f"selftest.{fault.name}", title=fault.title, by_hand=by_hand)


def rows_of(faults: list[Fault]) -> list[Row]:
    """Return every row that a result may have."""
    return [NONE, SELECTED, _FAULT, *map(row_of, faults)]
