"""What two members sign under an erasure, so that the certificate says it: ground, register number, closing, outcome.

One line of text, since that is what a statement has room for (docs/FORMATS.md §9). Each desk makes the last three parts
from the case as it opens it, so what a colleague has signed is checked before the second signature.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from desk.work.case.opened import DeskCase
from trusted.case.entry import Outcome

_SEPARATOR: Final = " | "
_NO_NUMBER: Final = "-"
_PARTS: Final = 4
# As an outcome's entry has it in its reason; "handled" is what was closed before there were these.
SUBSTANTIATED: Final = ("substantiated", "partly substantiated", "not substantiated")
KINDS: Final = (*SUBSTANTIATED, "dismissed", "handled")


@dataclass(frozen=True, slots=True, repr=False)
class Disposal:
    """What a reference says. Without a day it is a ground alone."""

    ground: str
    register: str = ""
    closed: date | None = None
    outcome: str = ""


def kind_of(outcome: Outcome) -> str:
    """Return which of the kinds an outcome is."""
    if outcome.result == "dismissed":
        return "dismissed"
    return outcome.reason if outcome.reason in SUBSTANTIATED else "handled"


def reference_for(case: DeskCase, ground: str) -> str:
    """Return the reference for erasing a closed case on this ground."""
    closed, outcome = case.state.closed_on, case.state.outcome
    if closed is None or outcome is None:
        return ground
    number = " ".join(case.register_number.split()) or _NO_NUMBER
    parts = (ground, number, closed.isoformat(), kind_of(outcome))
    return _SEPARATOR.join(part.replace("|", "/") for part in parts)


def read_reference(untrusted_reference: str) -> Disposal:
    """Return what a reference says; of one that is made otherwise, all of it as its ground."""
    parts = untrusted_reference.rsplit(_SEPARATOR, _PARTS - 1)
    if len(parts) != _PARTS or parts[3] not in KINDS:
        return Disposal(untrusted_reference)
    try:
        closed = date.fromisoformat(parts[2])
    except ValueError:
        return Disposal(untrusted_reference)
    return Disposal(parts[0], "" if parts[1] == _NO_NUMBER else parts[1], closed, parts[3])


def is_true_of(untrusted_reference: str, case: DeskCase) -> bool:
    """Whether what a reference says of the case is what this desk sees; one that says nothing of it is."""
    said = read_reference(untrusted_reference)
    return said.closed is None or untrusted_reference == reference_for(case, said.ground)
