"""The server's daily audits of itself as this desk sees them: the last, and whether the chain is the one seen before.

The server shows the last month of `audit.chain`, a hash chain. The desk remembers the number of lines and the hash of
the last one, so it detects that a line was changed or removed after it saw the line, unless it has not synchronised for
longer than that month. Whether the verdicts are true is for an auditor to check.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from cases.audit_chain import ChainBroken, Record, read_lines
from cases.upkeep import NEVER, Upkeep, UpkeepUnreadable, parse_upkeep
from cases.wire.messages import AuditTail

WARN_AUDITS: Final = "warning.audits_changed"
# The server shows as many lines, one a day.
_LOOKED_BACK: Final = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class AuditPin:
    """What this desk has seen last: how many lines, and the last one's head in hex."""

    count: int = 0
    head: str = ""


@dataclass(frozen=True, slots=True)
class Audits:
    """What the server shows now."""

    last: Record | None = None
    count: int = 0
    # Not the chain that this desk has seen before, or no chain at all.
    changed: bool = False
    # All that it shows, oldest first: about a month.
    records: tuple[Record, ...] = ()
    # What the server's own `kallskydd status` saw last; None before the first time, and when it does not read.
    upkeep: Upkeep | None = None

    @property
    def pin(self) -> AuditPin:
        """What the desk remembers for the next comparison."""
        return AuditPin(self.count, self.last.head.hex()) if self.last is not None else AuditPin()


NO_PIN: Final = AuditPin()
NO_AUDITS: Final = Audits()


def compare_audits(untrusted: AuditTail | None, pin: AuditPin) -> Audits:
    """Compare the audits that the server shows with the last this desk saw; `changed` if they do not continue it."""
    if untrusted is None:
        return Audits(changed=pin.count > 0)
    try:
        records = read_lines(untrusted.lines)
    except ChainBroken:
        return Audits(changed=True)
    if not records or len(records) > untrusted.count:
        return Audits(changed=True)
    # Where the last line that this desk saw stands among those shown; negative when it is older than all of them.
    last_seen = pin.count - 1 - (untrusted.count - len(records))
    shorter = pin.count > untrusted.count
    replaced = pin.count > 0 and 0 <= last_seen < len(records) and records[last_seen].head.hex() != pin.head
    return Audits(
        records[-1], untrusted.count, changed=shorter or replaced, records=records, upkeep=_upkeep(untrusted.upkeep)
    )


def _upkeep(untrusted: str) -> Upkeep | None:
    try:
        upkeep = parse_upkeep(untrusted)
    except UpkeepUnreadable:
        return None
    return None if upkeep.day == NEVER.day else upkeep


def missing_days(records: Sequence[Record], today: date) -> tuple[date, ...]:
    """Return the days before today of which no audit is shown: from the first that is, and of the last month only."""
    if not records:
        return ()
    audited = {record.day for record in records}
    first = max(records[0].day, today - _LOOKED_BACK)
    between = (first + timedelta(days=number) for number in range((today - first).days))
    return tuple(day for day in between if day not in audited)
