"""One line of `kallskydd status`, `ready` and `host status`: what was looked at, what was seen, and what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. What is not well has the sentence that mends it, and what is well has none."""

    what: str
    words: str
    to_do: str | None = None

    def __post_init__(self) -> None:
        if self.to_do == "":
            raise ValueError(self.what)

    @property
    def well(self) -> bool:
        """Whether nothing has to be done."""
        return self.to_do is None

    @property
    def line(self) -> str:
        """As a terminal shows it."""
        return f"{'ok ' if self.well else 'NOT'}  {self}"

    @property
    def as_json(self) -> dict[str, bool | str]:
        """As `--json` reports it, beside its name."""
        return {"well": self.well, "words": self.words, "to_do": self.to_do or ""}

    def __str__(self) -> str:
        return f"{self.what}: {self.words} {self.to_do or ''}".rstrip()
