"""One line of `kallskydd status`: what was looked at, whether it is well, what was seen, and what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; of what is not well, `to_do` is the sentence that mends it."""

    what: str
    well: bool
    words: str
    to_do: str = ""

    def __post_init__(self) -> None:
        if not self.well and not self.to_do:
            raise ValueError(self.what)

    @property
    def line(self) -> str:
        """As a terminal shows it."""
        return f"{'ok ' if self.well else 'NOT'}  {self.what}: {self.words} {self.to_do}".rstrip()
