"""The walk: in each state every button and link is pressed, then Back and reload, and held against the table.

1. What can be pressed is read from the page that the browser shows. What is in no row is wrong, and so is a row whose
   button is not there.
2. A press stores what its row says and nothing else.
3. It leads to the page that its row names, and what can be pressed there is in a row as well.
4. What was typed is in the page that a button leads to, unless its row lets it go; files are held there, which the page
   says, or still chosen, or the page says that they have to be chosen again.
   If a page that a press leads away to has no place for them, Back shows them.
5. Loaded again, that page is the same. Neither that nor Back, nor the page after Back loaded again, stores anything.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from browsers.devtools import Failed as ChromiumFailed
from browsers.marionette import Failed as FirefoxFailed
from browsers.person import NotOnThePage
from browsers.walk.hands import Hands, Look, Press
from browsers.walk.promises import EACH_FILE, FILES_SAID, Promise, State, labels_of
from browsers.walk.stations import Station

_FAILURES = (NotOnThePage, TimeoutError, ChromiumFailed, FirefoxFailed)


@dataclass
class Tally:
    """What a walk did, and what it found wrong."""

    states: int = 0
    presses: int = 0
    seconds: float = 0.0
    pressed: set[tuple[str, str]] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)


@dataclass
class Walk:
    """One browser in one service. `enter` brings it to a state; `takes` says which presses are its own."""

    name: str
    hands: Hands
    station: Station
    enter: Callable[[State], None]
    takes: Callable[[State, int], bool]
    tally: Tally = field(default_factory=Tally)

    def state(self, state: State) -> None:
        """Press everything there is in this state."""
        began = time.monotonic()
        self.tally.states += 1
        try:
            self._press_all(state)
        except _FAILURES as failure:
            self._wrong(state, "", f"is not reached: {str(failure)[:400]}")
        self.tally.seconds += time.monotonic() - began

    def _press_all(self, state: State) -> None:
        start = self._entered(state)
        if start.heading != state.page:
            self._wrong(state, "", f"begins at the page {start.heading!r} and not {state.page!r}: {start.words[:300]}")
            return
        self._not_lost(state, "", [start])
        self._in_rows(state, start)
        fresh = True
        for number, first in enumerate(start.presses):
            promise = state.promises.get(first.label)
            if promise is None or not self.takes(state, number):
                continue
            press = first if fresh else self._entered(state).presses[number]
            if press.label != first.label:
                self._wrong(state, first.label, f"is another button the next time: {press.label!r}")
                continue
            self.tally.pressed.add((state.name, press.label))
            try:
                fresh = self._press(state, press, promise, start)
            except _FAILURES as failure:
                self._wrong(state, press.label, str(failure)[:400])
                fresh = False

    def _in_rows(self, state: State, start: Look) -> None:
        """Step 1."""
        labels = {press.label for press in start.presses}
        for unknown in sorted(labels - set(state.promises) - set(state.elsewhere)):
            self._wrong(state, unknown, "is on the page and in no row")
        for missing in sorted({*state.promises, *state.elsewhere} - labels - self.hands.shows_not):
            self._wrong(state, missing, "is in the table and not on the page")

    def _entered(self, state: State) -> Look:
        self.enter(state)
        return self.hands.look()

    def _press(self, state: State, press: Press, promise: Promise, start: Look) -> bool:
        """Steps 2 to 5 for one press; whether the page is afterwards as it was before."""
        self.tally.presses += 1
        before = self.station.rows()
        tab = self.hands.press(press)
        reached = self.hands.look()
        self._stored(state, press, promise, before)
        self._reached(state, press, promise, reached, tab)
        if tab or press.stays:
            self._not_lost(state, press.label, [reached])
            return False
        after = self.station.rows()
        loaded = self._loaded_again(state, press, reached) if not press.leads else None
        self.hands.back()
        back = self.hands.look()
        self.hands.reload()
        again = self.hands.look()
        if (now := self.station.rows()) != after:
            self._wrong(state, press.label, f"reload or Back stored: {_difference(after, now)}")
        if promise.drops_files and FILES_SAID.search(reached.words):
            self._wrong(state, press.label, "says afterwards that files are still held")
        if not promise.lets_go:
            ways = [back] if state.back_keeps or loaded is None else [reached, back]
            self._not_lost(state, press.label, ways, files=not promise.drops_files)
        return bool(press.leads) and (again.heading, again.typed, again.chosen) == (
            start.heading,
            start.typed,
            start.chosen,
        )

    def _loaded_again(self, state: State, press: Press, reached: Look) -> Look:
        """Step 5, for the page that a form was answered with."""
        self.hands.reload()
        loaded = self.hands.look()
        if self.hands.loads_answers_again and (loaded.heading, loaded.typed) != (reached.heading, reached.typed):
            self._wrong(
                state,
                press.label,
                f"loaded again, the page {reached.heading!r} is {loaded.heading!r}, with {loaded.typed}",
            )
        return loaded

    def _stored(self, state: State, press: Press, promise: Promise, before: Mapping[str, int]) -> None:
        """Step 2."""
        found = _difference(before, self.station.rows())
        expected = dict(promise.stores)
        for name, count in EACH_FILE.items() if promise.with_files and state.files else ():
            expected[name] = expected.get(name, 0) + count * state.files
        if found != expected:
            self._wrong(
                state, press.label, f"stored {found or 'nothing'}, and its label promises {expected or 'nothing'}"
            )

    def _reached(self, state: State, press: Press, promise: Promise, reached: Look, tab: str) -> None:
        """Step 3."""
        if promise.tab:
            if promise.tab not in tab:
                self._wrong(state, press.label, f"opened {tab or 'nothing'} in a new tab, and not {promise.tab}")
            return
        if reached.language != promise.language:
            self._wrong(state, press.label, f"leads to a page in {reached.language!r}: {reached.heading!r}")
        if promise.language != "en":
            return
        expected = promise.page or state.page
        if reached.heading != expected:
            self._wrong(state, press.label, f"leads to {reached.heading!r} and not {expected!r}: {reached.words[:200]}")
        self._known(state, press.label, reached)
        if promise.says and promise.says not in reached.words:
            self._wrong(state, press.label, f"says nowhere {promise.says!r}: {reached.words[:300]}")

    def _known(self, state: State, label: str, look: Look) -> None:
        """Whether everything that can be pressed on a page that is reached is in a row."""
        labels = labels_of(look.heading)
        if labels is None:
            self._wrong(state, label, f"leads to {look.heading!r}, a page that is in no row")
        elif unknown := {press.label for press in look.presses} - labels:
            self._wrong(state, label, f"on the page {look.heading!r} stand {sorted(unknown)}, which are in no row")

    def _not_lost(self, state: State, label: str, looks: Sequence[Look], *, files: bool = True) -> None:
        """Step 4: what was typed and chosen is in one of these pages."""
        where = " or ".join(dict.fromkeys(repr(look.heading) for look in looks))
        if state.typed and not any(state.typed in text for look in looks for text in look.typed):
            self._wrong(state, label, f"what was typed is gone from {where}")
        if (
            files
            and state.files
            and not any(look.chosen == state.files or FILES_SAID.search(look.words) for look in looks)
        ):
            self._wrong(state, label, f"what was chosen is gone from {where}, which does not say so")

    def _wrong(self, state: State, label: str, what: str) -> None:
        pressed = f" [{label}]" if label else ""
        self.tally.wrong.append(f"{self.name}: {state.name}{pressed}: {what}")


def _difference(before: Mapping[str, int], now: Mapping[str, int]) -> dict[str, int]:
    return {name: now[name] - before[name] for name in now if now[name] != before[name]}
