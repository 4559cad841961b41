"""The pictures of the members' handbook: a real Chromium at a member's application in Swedish, on invented cases.

    .venv/bin/python tests/support/browsers/handbook.py      writes docs/pictures/handbok/ again

A picture has few colours and no other data.
"""

from __future__ import annotations

import base64
import io
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from desks.case_pages import fetched
from desks.harness import PASSPHRASE, RunningDesks
from networks.conftest_tor import SHORT_FOLDER_PREFIX

from browsers.chromium import Chromium
from browsers.desk_served import DeskServed, desk_browser
from browsers.served import example_home
from desk.work import acts
from desk.work.erasing import erase
from trusted.case.entry import Message

FOLDER = Path(__file__).parents[3] / "docs" / "pictures" / "handbok"
PEOPLE = (("Kollega ett", "HR-chef"), ("Kollega två", "Kommunjurist"), ("Kollega tre", "Extern jurist"))
LEAD, HANDLER = range(2)
WIDE, HIGH, MOST_HIGH = 900, 700, 640
COLOURS = 32


async def in_a_week(desks: RunningDesks) -> tuple[str, str]:
    """A case whose erasing waits for the second signature, one with an answer, and a new one; the names of the last two."""
    erased = await desks.file("Privata inköp på kommunens kort.")
    await desks.release()
    async with desks.desk(HANDLER) as book:
        await book.sync()
        name = erased.keys.case_id.hex()
        await acts.do(book, "acknowledge", name, "Tack, vi har läst det.")
        await acts.do(book, "register", name, "KS 2026/12")
        await acts.do(
            book,
            "close",
            name,
            "Inköpen var fel och är betalda tillbaka.",
            acts.ActChoices(None, "handled", "substantiated"),
        )
    desks.clock.forward(days=40)
    asked = await desks.file("Hantverkare bjöd på resa före upphandlingen.")
    await desks.release()
    async with desks.desk(HANDLER) as book:
        await book.sync()
        await erase(book, name, "Gallringsbeslut KS 2026/88")
        for act, text in (("acknowledge", "Tack."), ("ask", "Vilken helg var det?")):
            await acts.do(book, act, asked.keys.case_id.hex(), text)
    await desks.reporter_writes(asked, Message("Det var första helgen i mars."))
    new = await desks.file("Chefen anställde en släkting utan annons.")
    await desks.release()
    return asked.keys.case_id.hex(), new.keys.case_id.hex()


def pictures() -> dict[str, bytes]:
    """Every picture by its file's name, as PNG."""
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    try:
        with (
            DeskServed(folder, example_home(folder / "home", people=PEOPLE)) as served,
            desk_browser(Chromium) as person,
        ):
            asked, new = served.call(in_a_week, served.desks)
            person.size(WIDE, HIGH)
            return dict(_walk(served, person, asked, new))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _walk(served: DeskServed, person: Chromium, asked: str, new: str) -> Iterator[tuple[str, bytes]]:
    application = served.application(LEAD)
    person.open(application.opening)
    person.wait_for('input[name="passphrase"]')
    yield "las-upp.png", _taken(person, ".two")
    person.fill("passphrase", PASSPHRASE)
    person.press("/unlock")
    served.call(fetched, application.reader)
    person.open(f"{application.origin}/")
    yield "oversikt.png", _taken(person)
    person.open(f"{application.origin}/case/{new}/write")
    person.fill("text", "Tack. Vi har tagit emot din anmälan och börjar utreda den.")
    person.switch("do", "preview")
    yield "svar.png", _taken(person, "form#typed")
    person.open(f"{application.origin}/case/{asked}/recuse")
    yield "jav.png", _taken(person, "form#typed")
    person.open(f"{application.origin}/oral")
    yield "samtal.png", _taken(person, "main form")
    person.open(f"{application.origin}/erase")
    yield "gallra.png", _taken(person, "section.warn")


def _taken(person: Chromium, last: str = "") -> bytes:
    """The page down to the end of what is named, in few colours."""
    bottom = (
        person.evaluate(f"document.querySelector({last!r}).getBoundingClientRect().bottom") + 24 if last else MOST_HIGH
    )
    clip = {"x": 0, "y": 0, "width": WIDE, "height": min(bottom, 2 * MOST_HIGH), "scale": 0.8}
    raw = person.do("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)["data"]
    with Image.open(io.BytesIO(base64.b64decode(raw))) as shot:
        few = shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    written = io.BytesIO()
    few.save(written, "PNG", optimize=True)
    return written.getvalue()


if __name__ == "__main__":
    for name, picture in pictures().items():
        (FOLDER / name).write_bytes(picture)
        print(f"{len(picture):>7} {name}")
