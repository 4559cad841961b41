"""Which exit code a command ends with when a home, a join file or tor is not as it should be (docs/COMMANDS.md)."""

from __future__ import annotations

from cases.home import HomeMissing
from kallskydd.say import MISSING, REFUSED, USAGE
from onion.errors import NetworkForTrialsOnly, OnionError, PathUnusable, PublicTorRefused
from trusted.case.errors import CaseError, RosterFault

_NO_JOIN_FILE = "join.unreadable"


def code_of(error: CaseError | OnionError) -> int:
    """2 for what was named wrongly, 4 for what is not there, 3 for what is there and is not to be used."""
    if isinstance(error, PathUnusable) or (isinstance(error, RosterFault) and error.text_key == _NO_JOIN_FILE):
        return USAGE
    if isinstance(error, HomeMissing):
        return MISSING
    return REFUSED if isinstance(error, CaseError | NetworkForTrialsOnly | PublicTorRefused) else MISSING
