"""Reads what the pages of docs/operating tell people to do, in order: boxes of commands, and acts of the hand.

A box is a fence ```` ```sh WHO ````; WHO types its lines, and the last ends with exit code 1 after `, exit code 1`, or
waits for what others do after `, waits`. The next paragraph that begins with "You see" names, in
backticks, what the box has to say. An act that is no command stands as `<!-- hand: NAME -->` where its sentence ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PAGES = Path(__file__).resolve().parents[3] / "docs" / "operating"
# The same page in both languages: its commands are the same.
TRANSLATED = {
    "before-you-open.md": "innan-du-oppnar.md",
    "first-day.md": "forsta-dagen.md",
    "after-a-restart.md": "efter-en-omstart.md",
    "bad-day.md": "dalig-dag.md",
}
_PIECE = re.compile(
    r"^## (?P<heading>[^\n]+)$|^```sh (?P<who>[^\n]+)\n(?P<lines>.*?)^```$|<!-- hand: (?P<hand>[a-z -]+) -->"
    r"|^(?:You see|Du ser)(?P<seen>.+?)(?=<!-- hand|\n\n)",
    re.MULTILINE | re.DOTALL,
)


@dataclass(slots=True)
class Box:
    """Commands of one person; `seen` is what they have to say."""

    section: str
    who: str
    lines: str
    code: int | None = 0
    seen: tuple[str, ...] = ()
    waits: bool = False


@dataclass(slots=True)
class Hand:
    """What a person does by other means than a command."""

    section: str
    name: str


def steps(page: str) -> list[Box | Hand]:
    """Return the boxes and acts of a page in the order in which they stand, each box with all that it has to say."""
    found: list[Box | Hand] = []
    section = ""
    box: Box | None = None
    for piece in _PIECE.finditer((PAGES / page).read_text("utf-8") + "\n\n"):
        if piece["heading"]:
            section = piece["heading"]
        elif piece["seen"] and box:
            box.seen += tuple(re.findall(r"`([^`]+)`", piece["seen"]))
        elif piece["hand"]:
            found.append(Hand(section, piece["hand"]))
        elif piece["who"]:
            who, _, code = piece["who"].removesuffix(", waits").partition(", exit code ")
            box = Box(section, who, piece["lines"], None if code == "any" else int(code or 0))
            box.waits = piece["who"].endswith(", waits")
            found.append(box)
    return found


def section(page: str, heading: str) -> list[Box]:
    """Return the boxes of one section."""
    return [step for step in steps(page) if isinstance(step, Box) and step.section == heading]
