"""One row of an audit: its name, what it checks, and its words.

`docs/AUDITING_REFERENCE.md` explains each; scripts/auditing_tables.py writes the rows there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from audit.language import Language, in_language
from audit.served import Served


class Group(StrEnum):
    """The annexes of the page, in their order."""

    PROCESSES = "processes"
    TOR = "tor"
    STORAGE = "storage"
    PROGRAM = "program"
    SYSTEM = "system"
    MIRROR = "mirror"
    CANARY = "canary"
    SELFTEST = "selftest"


@dataclass(frozen=True, slots=True)
class Row:
    """What is at risk if it is not clean, the file or command that mends it, and a line of shell that shows the same.

    A remedy may have the places of `Served.words`. `root`: it takes root to see it whole. Where a row has a check of
    its own, that is called with an Inspection and what is examined.
    """

    id: str
    group: Group
    check: Callable[..., None] | None
    title: str
    risk: str
    remedy: str
    by_hand: str
    root: bool = False

    def remedy_in(self, language: Language, served: Served) -> str:
        """Return the remedy in this language, for a service that is run so."""
        return in_language(self.remedy, language).format_map(served.words(language))
