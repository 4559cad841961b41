"""The ways to where a walk begins, one for each state of the table, through the same browser that then presses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from networks.mirror_harness import NAME
from visitors.intake_harness import PUBLIC_HOST

from browsers.chromium import Chromium
from browsers.firefox import Firefox
from browsers.reporter import code_on, photographs
from browsers.walk.promises import POINTING, TEXT, State
from browsers.walk.stations import Station
from trusted.case.entry import CompletionRequest, PhoneMinutes

ONION, MIRROR = f"http://{PUBLIC_HOST}", f"https://{NAME}"
QUESTION = CompletionRequest("Which week was it?", date(2026, 4, 1))
NOTES = PhoneMinutes("The notes from the phone.")
WRONG_CODE = "tagel svit florist modig sovsal tunna kvist banjo"
Case = Callable[[Station], Sequence[str]]


def _with_notes(station: Station) -> Sequence[str]:
    return station.case(NOTES)


class Visit:
    """Somebody who comes to a station with a browser, and has a photograph and a file that is no picture."""

    def __init__(self, person: Firefox | Chromium, station: Station) -> None:
        self.person, self.station, self.origin = person, station, ONION
        (self._photograph,) = photographs(station.folder, 1)
        self._nothing = station.folder / "IMG_1.jpg"
        self._nothing.write_bytes(b"PK\x03\x04 no picture")

    def enter(self, state: State) -> None:
        """Bring the browser to this state, from nothing."""
        self.origin = MIRROR if state.name.startswith("mirror") else ONION
        WAYS[state.name](self)

    def go(self, path: str) -> None:
        self.person.open(f"{self.origin}{path}")

    def write(self, text: str = TEXT, *, file: bool = False, refused: bool = False) -> None:
        """Fill in the report's form."""
        self.go("/report")
        if text:
            self.person.fill("text", text)
        self.choose(file=file, refused=refused)

    def choose(self, *, file: bool = True, refused: bool = False) -> None:
        files = [*([self._photograph] if file else []), *([self._nothing] if refused else [])]
        if files:
            self.person.choose("attachment", *files)

    def sent(self, text: str = TEXT, *, file: bool = False, refused: bool = False) -> None:
        self.write(text, file=file, refused=refused)
        self.person.switch("act", "send")

    def compared(self) -> None:
        """A report with a file, and two of its words written back."""
        self.sent(file=True)
        words = code_on(self.person)
        for place in re.findall(r'name="asked" value="(\d+)"', self.person.source()):
            self.person._type(f"#word-{place}", words[int(place) - 1])
        self.person.press("/receipt/check")

    def told(self) -> None:
        self.compared()
        self.person.press("/receipt/next")

    def log_in(self, words: Sequence[str] | str) -> None:
        self.go("/return")
        self.person.fill("code", words if isinstance(words, str) else " ".join(words))
        self.person.press("/return")

    def too_late(self) -> None:
        """A message is sent after the session is over."""
        self.message(TEXT, file=False)
        self.station.intake.clock.forward(minutes=45)
        self.person.switch("act", "send")

    def message(self, text: str, *, file: bool = True) -> None:
        """In the inbox of a case with a question, write this."""
        self.log_in(self.station.case(QUESTION))
        self.person.fill("text", text)
        self.choose(file=file)


def _after(act: str, way: Callable[[Visit], None]) -> Callable[[Visit], None]:
    def further(visit: Visit) -> None:
        way(visit)
        visit.person.switch("act", act)

    return further


def _asked(path: str, case: Case, *, text: str = "", further: str = "") -> Callable[[Visit], None]:
    """What a button of a case leads to, or one more after it; there, a text is typed."""

    def way(visit: Visit) -> None:
        visit.log_in(case(visit.station))
        visit.person.lead(path.rsplit("/", 1)[1])
        if further:
            visit.person.press(further)
        if text:
            visit.person.fill("text", text)

    return way


WAYS: Mapping[str, Callable[[Visit], None]] = {
    "first page": lambda visit: visit.go("/"),
    "report: empty": lambda visit: visit.write(""),
    "report: text": lambda visit: visit.write(),
    "report: text and a file": lambda visit: visit.write(file=True),
    "report: a file, and no text": lambda visit: visit.sent("", file=True),
    "report: a file is refused": lambda visit: visit.sent(file=True, refused=True),
    "report: another file": _after("edit", lambda visit: visit.sent(file=True, refused=True)),
    "report: stopped": lambda visit: visit.sent(POINTING, file=True),
    "report: changed after the stop": _after("edit", lambda visit: visit.sent(POINTING, file=True)),
    "report: received": lambda visit: visit.sent(file=True),
    "report: code compared": lambda visit: visit.compared(),
    "report: what happens now": lambda visit: visit.told(),
    "return: empty": lambda visit: visit.go("/return"),
    "return: wrong code": lambda visit: visit.log_in(WRONG_CODE),
    "return: a message kept": lambda visit: visit.too_late(),
    "inbox: waiting": lambda visit: visit.log_in(visit.station.case(released=False)),
    "inbox: question": lambda visit: visit.message(TEXT),
    "inbox: stopped": _after("send", lambda visit: visit.message(POINTING)),
    "inbox: minutes": lambda visit: visit.log_in(_with_notes(visit.station)),
    "inbox: outcome": lambda visit: visit.log_in(visit.station.closed_case()),
    "inbox: meeting?": _asked("/inbox/meeting", Station.case, text=TEXT),
    "inbox: take back?": _asked("/inbox/take-back", lambda station: station.case(released=False)),
    "inbox: withdraw?": _asked("/inbox/withdraw", Station.case),
    "inbox: notes right?": _asked("/inbox/minutes", _with_notes, text=TEXT),
    "inbox: new code": _asked("/inbox/minutes", _with_notes, further="/inbox/minutes"),
    "inbox: end?": _asked("/inbox/end", Station.closed_case),
    "mirror: first page": lambda visit: visit.go("/"),
    "mirror: text and a file": lambda visit: visit.write(file=True),
    "mirror: stopped": lambda visit: visit.sent(POINTING, file=True),
}
