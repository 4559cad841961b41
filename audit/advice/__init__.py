"""What a row that is not clean means, and what to do: its group in the annexes, the risk in a sentence, the remedy.

One table for each audit; a test requires an entry for each row. `advice_of` finds it by the name of the audit and the
row's id. All faults of the selftest share one entry; the unmodified copy and a selection have their own.
"""

from __future__ import annotations

from audit.advice import canary, live, mirror, selftest
from audit.advice.entry import Advice, Group

__all__ = ["TABLES", "Advice", "Group", "advice_of"]

TABLES: dict[str, dict[str, Advice]] = {
    "live": live.ADVICE,
    "canary": canary.ADVICE,
    "selftest": selftest.ADVICE,
    "mirror": mirror.ADVICE,
}


def advice_of(audit: str, row: str) -> Advice:
    """Return the advice of a row. Raises KeyError for one that no table has."""
    name = row.removeprefix(f"{audit}.")
    if audit == "selftest" and name not in {selftest.UNMODIFIED, selftest.SELECTION}:
        name = selftest.ANY_FAULT
    return TABLES[audit][name]
