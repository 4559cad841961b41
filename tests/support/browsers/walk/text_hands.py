"""What a walk does in w3m, which knows neither scripts nor style, and no button outside of its form.

What can be pressed is read from the page as w3m holds it, and met by its words.
"""

from __future__ import annotations

import contextlib
import re
from html.parser import HTMLParser

from browsers.reporter import photographs
from browsers.w3m import W3m
from browsers.walk.hands import Look, Press
from browsers.walk.promises import POINTING, STOPPED, State
from browsers.walk.states import ONION
from browsers.walk.stations import Station

_SOURCE, _BACK, _RELOAD, _ENTER = "v", "B", "R", "\r"
_SPECIAL = re.compile(r"[?()]")
BEGINNING = 3
_FILE_SHOWN = re.compile(r"\[/[^\]]+\]")


# The last words before the fields of the report's form.
_TEXT, _FILES = "What happened", "instead of sending it"


class TextHands:
    """Visits with w3m to one station, each with a w3m of its own."""

    # It says of no address where it was led from, so the service does not show an answer again that is asked for.
    loads_answers_again = False
    # Of new tabs it knows nothing.
    shows_not = frozenset({"Taking long? See how far it has come"})

    def __init__(self, proxy: int, station: Station) -> None:
        self._proxy = proxy
        (self._photograph,) = photographs(station.folder, 1)
        self._stack = contextlib.ExitStack()
        self.person: W3m

    def __enter__(self) -> TextHands:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def enter(self, state: State) -> None:
        """Begin again, and come to a state of the report: a text and a file, and for a stop it is sent."""
        self._stack.close()
        self.person = self._stack.enter_context(W3m(self._proxy, f"{ONION}/report"))
        stops = state.page == STOPPED
        self.person.fill(_TEXT, POINTING if stops else state.typed)
        if state.files:
            self.person.choose(_FILES, self._photograph)
        if stops:
            self.person.press("Send the report")

    def look(self) -> Look:
        page, source = self.person.text(), self._source()
        read = _Read()
        read.feed(source)
        presses = tuple(Press(label, "", leads, "") for label, leads in read.presses)
        typed = (page, *read.hidden)
        words = " ".join(page.split())
        return Look(read.heading, read.language, "", typed, len(_FILE_SHOWN.findall(page)), words, presses)

    def press(self, press: Press) -> str:
        """Press it and wait for the page that comes. w3m has one window, and shows there what names another."""
        words = _SPECIAL.sub(".", press.label)
        is_alone = re.search(f"{words}$", self.person.text(), re.MULTILINE)
        # A link in the middle of a line may go on in the next one.
        self.person._find(f"{words}$" if is_alone else " ".join(words.split()[:BEGINNING]))
        self.person._keys(_ENTER)
        return ""

    def back(self) -> None:
        self.person._keys(_BACK)

    def reload(self) -> None:
        self.person._keys(_RELOAD)

    def _source(self) -> str:
        self.person._keys(_SOURCE)
        source = self.person.text()
        self.person._keys(_SOURCE)
        return source


class _Read(HTMLParser):
    """A page's heading, language, hidden texts, and each button and link."""

    def __init__(self) -> None:
        super().__init__()
        self.heading = self.language = ""
        self.hidden: list[str] = []
        self.presses: list[tuple[str, str]] = []
        self._words = ""
        self._leads = ""
        self._skips = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = named.get("lang", "")
        if tag in {"h1", "button", "a"}:
            # The way past the head of a page leads nowhere else, and of new tabs w3m knows nothing: it shows a page once all
            # of it is there, and that on how far a sending has come is written until it has ended.
            self._skips = named.get("class") == "skip" or named.get("target") == "_blank"
            self._words, self._leads = "", named.get("href", "")
        if tag == "input" and named.get("type") == "hidden" and named.get("name") == "text":
            self.hidden.append(named.get("value", ""))

    def handle_data(self, data: str) -> None:
        self._words += data

    def handle_endtag(self, tag: str) -> None:
        words = " ".join(self._words.split())
        if tag == "h1":
            self.heading = words
        elif tag in {"a", "button"} and words and not self._skips:
            self.presses.append((words, self._leads))
            self._words = ""
