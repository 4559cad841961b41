"""A whole visit, and after each step of it what stands in the files of the browser's profile: text, code, answer, handle.

With a page before it in another language, a report that is stopped and goes on, the code, its words misread once, the
case, and the end.
"""

from __future__ import annotations

import re
import secrets
import time
from pathlib import Path

from processes.service import new_marker

from browsers import reporter
from browsers.profiles import searched
from browsers.served import Served
from desk.work import acts
from trusted.case.entry import Stream

# Firefox writes down what its tabs hold every fifteen seconds; here it shall be every second.
EAGER = {"browser.sessionstore.interval": 1000, "browser.sessionstore.interval.idle": 1000}
WRITTEN_SECONDS = 3.0


def visited(person, origin: str, served: Served, folder: Path) -> dict[str, set[tuple[str, str]]]:
    """What of the visit stands in which file, step by step; the browser has ended."""
    secret = {
        name: f"{name} {new_marker()} som ingen annan har."
        for name in ("text", "text in another language", "message", "answer")
    }
    found = {}
    person.open(f"{origin}/report")
    person.fill("text", secret["text in another language"])
    person.unfold(".languages details")
    person.switch("switch", "en")
    assert person.value("text") == secret["text in another language"]
    found["in another language"] = held(person, secret)
    person.open(f"{origin}/report")
    person.fill("text", f"{secret['text']} Jag heter Anna Andersson.")
    found["while typing"] = held(person, secret)
    person.choose("attachment", *reporter.photographs(folder, 1))
    person.switch("act", "send")
    assert "Anna Andersson" in person.text()
    found["with what was found on the screen"] = held(person, secret)
    person.switch("act", "keep")
    words = reporter.to_the_code(person)
    shown = f"<bdi>{words[0]}</bdi></li><li><bdi>{words[1]}</bdi>"
    secret |= {"words typed": " ".join(words), "words shown": shown, "handle": handle_on(person)}
    assert shown in person.source()
    found["with the words on the screen"] = held(person, secret)
    # A day and a half pass with it, so the page that asks for the code is opened after.
    served.call(answer, served.desks, secret["text"], secret["answer"])
    person.open(f"{origin}/return")
    misread = "xq" + "".join(secrets.choice("abcdefgh") for _ in range(12))
    secret |= {"misread word": misread, "words behind it": " ".join(words[1:])}
    person.fill("code", " ".join([misread, *words[1:]]))
    person.press("/return")
    secret["words again"] = f'name="code" value="{words[1]}"'
    assert person.value("code") == misread
    assert secret["words again"] in person.source()
    found["with a misread word on the screen"] = held(person, secret)
    person.fill("code", words[0])
    found["with the words typed"] = held(person, secret)
    person.press("/return")
    assert secret["answer"] in person.text()
    person.fill("text", secret["message"])
    found["in the inbox"] = held(person, secret)
    person.switch("act", "send")
    person.press("/inbox/leave")
    person.stop()
    found["after quitting"] = held(person, secret)
    return found


def held(person, secret: dict[str, str]) -> set[tuple[str, str]]:
    """Which of these stands in which file of the profile, once the browser has written what it wants to."""
    time.sleep(WRITTEN_SECONDS)
    one = searched(person.profile, list(secret.values()))
    assert one.looked_at > 10
    return {(what, file) for what, marker in secret.items() for of, file in one.found if of == marker}


def handle_on(person) -> str:
    (first, *_) = re.findall(r'name="handle" value="([^"]+)"', person.source())
    return first


async def answer(desks, text: str, said: str) -> None:
    """A member answers the report that begins so."""
    await desks.release()
    async with desks.desk(0) as book:
        await book.sync()
        for known in list(book.state.case_list.cases.values()):
            if (await book.open(known)).streams[Stream.REPORTER][0].body.text.startswith(text):
                await acts.do(book, "acknowledge", known.case_id.hex(), said)
                return
    message = "no member got this report"
    raise AssertionError(message)
