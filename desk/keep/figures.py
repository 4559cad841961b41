"""What statistics need of one case, and nothing by which it could be told from another: no id, no day, no word.

The desk keeps it with the case while it can read it, and by itself once the case is erased (`desk.keep.state`), so that
the figures of a year outlive its cases. It is made by `desk.work.case.numbers`.
"""

from typing import Literal

import msgspec

Decision = Literal["handled", "dismissed", "open"]
Acknowledged = Literal["soon", "in time", "late"]
Feedback = Literal["soon", "in time", "late"]


class CaseFigure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, order=True):
    """One case as it counts, by the 31 January after the year in which it came."""

    year: int
    # The key of the organisation; empty when the reporter named none.
    organisation: str
    decision: Decision
    # Within three days; within the seven of the law; later or never.
    acknowledged: Acknowledged
    # Within two months; within the three of the law; later or not yet.
    feedback: Feedback

    def __repr__(self) -> str:
        return "<CaseFigure>"
