"""One entry of the tables."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

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
class Advice:
    """Of one row: where it stands, what is at risk if it is not clean, and the file or command that mends it.

    A remedy may have the places of `Served.words`.
    """

    group: Group
    risk: str
    remedy: str
    risk_sv: str
    remedy_sv: str
    # Of rows whose table has none.
    title_sv: str = ""

    def risk_in(self, language: Literal["sv", "en"]) -> str:
        """Return the risk in this language."""
        return self.risk_sv if language == "sv" else self.risk

    def remedy_in(self, language: Literal["sv", "en"], served: Served) -> str:
        """Return the remedy in this language, for a service that is run so."""
        return (self.remedy_sv if language == "sv" else self.remedy).format_map(served.words(language))
