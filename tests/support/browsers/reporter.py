"""What a reporter does, step by step, in whatever browser: file, write the code down, come back, withdraw."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from browsers.pages import telling_photograph
from browsers.person import Person

WORDS = 8


def photographs(folder: Path, count: int) -> list[Path]:
    """As many photographs, each with a place and a maker in it, each of its own size."""
    made = []
    for number in range(count):
        made.append(folder / f"IMG_{number}.jpg")
        made[-1].write_bytes(telling_photograph(64 + 16 * number))
    return made


def send(person: Person, origin: str, text: str, files: Sequence[Path] = ()) -> None:
    """Fill in the report form and send it, up to the page with the code."""
    person.open(f"{origin}/report")
    person.fill("text", text)
    if files:
        person.choose("attachment", *files)
    person.switch("act", "send")


def to_the_code(person: Person) -> list[str]:
    """The words on the page that has come, as they are written down from the screen."""
    person.wait_for("section.code li")
    return code_on(person)


def code_on(person: Person) -> list[str]:
    section = person.source().split('<section class="code"')[1].split("</section>")[0]
    words = re.findall(r"<bdi>([a-z]+)</bdi>", section)
    assert len(words) == WORDS
    return words


def log_in(person: Person, origin: str, words: Sequence[str]) -> None:
    """Type the code and open the case."""
    person.open(f"{origin}/return")
    person.fill("code", " ".join(words))
    person.press("/return")
    person.wait_for('form[action="/inbox/leave"]')


def withdraw(person: Person) -> None:
    """Withdraw the whole report, and say yes."""
    person.switch("way", "withdraw")
    person.press("/inbox/withdraw", holding="mark")
