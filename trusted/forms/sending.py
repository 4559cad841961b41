"""How far one form has come: how many bytes, and what became of its files, by their order. Nothing of their names."""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

# Each file makes two steps; a form that holds more parts than it may shows no more of them.
_MOST_STEPS: Final = 64


class Step(Enum):
    """What became of a file, or of the whole form."""

    CLEANING = auto()
    CLEAN = auto()
    NOT_TAKEN = auto()
    TO_BE_MENDED = auto()


@dataclass(slots=True)
class Sending:
    """One sending of a form; written by who reads it, shown by the page."""

    # What the browser said it would send: fields, files and what stands around them.
    total: int
    read: int = 0
    steps: list[tuple[Step, int]] = field(default_factory=list)
    ended: bool = False
    received: bool = False

    @property
    def percent(self) -> int:
        """How much has come; a hundred only at the end."""
        return min(99, 100 * self.read // self.total) if self.total > 0 else 0

    def came(self, size: int) -> None:
        self.read += size

    def step(self, step: Step, file: int = 0) -> None:
        if len(self.steps) < _MOST_STEPS:
            self.steps.append((step, file))


@dataclass(frozen=True, slots=True)
class FileProgress:
    """How far one file of a sending has come; files are counted from one."""

    sending: Sending
    file: int

    def step(self, step: Step) -> None:
        self.sending.step(step, self.file)
