"""The table of secrets: where each lives, who may read it, where it must never be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

GUIDE = Path(__file__).parents[3] / "docs" / "OPERATING.md"


@dataclass(frozen=True)
class Row:
    """One secret: the pattern of the files where it rests, whether it lies there in the clear, who may hold it."""

    computer: str
    rests_in: str | None
    clear: bool
    held_by: frozenset[str]


def tables() -> tuple[dict[str, Row], dict[tuple[str, str], str]]:
    """The rows of both tables of the guide."""
    section = GUIDE.read_text("utf-8").split("## Where each secret lives\n")[1].split("\n## ")[0]
    lines = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|") and "---" not in line]
    cells = [[cell.strip() for cell in line] for line in lines]
    secret_rows = {
        name: Row(computer, None if place == "nothing" else place.strip("`"), form == "in the clear",
                  frozenset(holders.split(", ")))
        for name, computer, place, form, holders in (row for row in cells if len(row) == 5 and row[0] != "secret")
    }  # fmt: skip
    others = {(row[1], row[0].strip("`")): row[2] for row in cells if len(row) == 3 and row[0] != "other file"}
    return secret_rows, others


SECRETS, OTHER_FILES = tables()
