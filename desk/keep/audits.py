"""The server's daily audits of itself as this desk sees them: the last, and whether the chain is the one seen before.

The server shows the last month of `audit.chain`. Each line is bound to the one before, and the desk remembers how many
lines there were and the head of the last: a line that was changed or left out after this desk has seen it shows, unless
the desk was away for longer than what is shown. That the verdicts are true is what an auditor is for.
"""

from dataclasses import dataclass
from typing import Final

from cases.audit_chain import ChainBroken, Record, read_lines
from cases.wire.messages import AuditTail

WARN_AUDITS: Final = "warning.audits_changed"


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

    @property
    def pin(self) -> AuditPin:
        """What to remember of it."""
        return AuditPin(self.count, self.last.head.hex()) if self.last is not None else AuditPin()


NO_PIN: Final = AuditPin()
NO_AUDITS: Final = Audits()


def take_audits(untrusted: AuditTail | None, pin: AuditPin) -> Audits:
    """Return what the server shows, compared with what this desk has seen."""
    if untrusted is None:
        return Audits(changed=pin.count > 0)
    try:
        records = read_lines(untrusted.lines)
    except ChainBroken:
        return Audits(changed=True)
    if not records or len(records) > untrusted.count:
        return Audits(changed=True)
    # Which of the lines shown is the last one this desk has seen: negative when it is longer ago than what is shown.
    place = pin.count - 1 - (untrusted.count - len(records))
    behind = pin.count > untrusted.count
    other = pin.count > 0 and 0 <= place < len(records) and records[place].head.hex() != pin.head
    return Audits(records[-1], untrusted.count, changed=behind or other)
