"""What a reporter does, step by step, in whatever browser: file, write the code down, come back, withdraw."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path

from browsers.pages import telling_photograph
from browsers.person import Person

WORDS = 8
# The frame of the answer grows half a second after the button got the press.
GROWN_SECONDS = 1.0


def photographs(folder: Path, count: int) -> list[Path]:
    """As many photographs, each with a place and a maker in it, each of its own size."""
    made = []
    for number in range(count):
        made.append(folder / f"IMG_{number}.jpg")
        made[-1].write_bytes(telling_photograph(64 + 16 * number))
    return made


def send(person: Person, origin: str, text: str, files: Sequence[Path] = ()) -> None:
    """Fill in the report form and send it: the answer is the code or, with files, stands in the frame above the button."""
    person.open(f"{origin}/report")
    person.fill("text", text)
    if not files:
        person.switch("step", "send")
        return
    person.switch("step", "files")
    send_files(person, files)


def send_files(person: Person, files: Sequence[Path]) -> None:
    """On the page of files, choose them and send."""
    person.choose("attachment", *files)
    person.press("/report", stays=True)
    with person.frame("sink"):
        person.wait_for('form[action="/receipt"]')
    time.sleep(GROWN_SECONDS)


def to_the_code(person: Person) -> list[str]:
    """From the answer to the page with the code; the words, as they are written down from the screen."""
    if person.has('iframe[name="sink"]'):
        with person.frame("sink"):
            person.press("/receipt")
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
    person.press("/inbox/withdraw", without="file")
    person.press("/inbox/withdraw", holding="mark")
