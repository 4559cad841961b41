"""What a person does in a browser, the same for each of them: go somewhere, fill in, press, come back, look.

Pages are met by what they are made of and not by what they say: field names, the addresses that forms post to, links. A
browser implements the few primitives at the end.

A person presses what she sees, and sees whether she hit it. So does every press here; a failure names the step that was
missing.

1. The page is read: it and its style sheets are there, and it has been painted. Through Tor a style sheet comes long after the words, and moves everything. After every way to a page it is waited for.
2. What is pressed stands still, and nothing lies over it.
3. It got the press, and not something else.
4. What the press leads to has begun: the form is on its way, however long it takes until another page comes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

WAIT_SECONDS = 60.0
LOOK_SECONDS = 0.05
STILL_SECONDS = 10.0
STILL_LOOKS = 3
# What is not there yet of the page, or nothing; pages of the browser's own are taken as they are. Firefox tells of no
# painting where an address, what has the focus, or the way back leads into the middle of a page.
UNREAD = """(() => {
  if (document.readyState === "loading") return "its end";
  if (!document.documentURI.startsWith("http")) return "";
  if ([...document.querySelectorAll('link[rel~="stylesheet"]')].some((one) => !one.sheet)) return "a style sheet";
  const painted = performance.getEntriesByName("first-contentful-paint").length;
  const returned = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  return painted || returned || location.hash || scrollY > 0 ? "" : "its first painting";
})()"""

_T = TypeVar("_T")


class NotOnThePage(AssertionError):
    """There is no such thing on this page."""


class Person:
    """Somebody at a browser."""

    profile: Path
    # A press has an effect at once, however slow the way is; this is for a busy machine.
    begin_seconds = 20.0

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.quit()

    def fill(self, name: str, text: str) -> None:
        """Type into the field of this name, in place of what stands there."""
        self._type(f'[name="{name}"]:not([type="hidden"])', text)

    def tick(self, name: str, value: str) -> None:
        self._click(f'input[name="{name}"][value="{value}"]')

    def choose(self, name: str, *files: Path) -> None:
        """Choose files, all at once."""
        self._choose(f'input[type="file"][name="{name}"]', [str(file) for file in files])

    def press(self, action: str, *, holding: str = "", without: str = "") -> None:
        """Press the first button of the form that posts to `action`, and wait for the page that comes.

        A button that names another form than the one around it is met with `switch`.
        `holding` and `without` name a field that the form has, or has not.
        """
        form = f'form:is([action="{action}"], [action^="{action}?"])'
        form += f':has([name="{holding}"])' if holding else ""
        form += f':not(:has([name="{without}"]))' if without else ""
        self._send(lambda: self._click(f"{form} button:not([form])"))

    def press_at(self, css: str) -> None:
        """Press the button at this place, and wait for the page that comes."""
        self._send(lambda: self._click(css))

    def switch(self, field: str, value: str) -> None:
        """Press the button that has this name and value, and wait for the page that comes."""
        self._send(lambda: self._click(f'button[name="{field}"][value="{value}"]'))

    def fail(self, field: str, value: str) -> None:
        """Press this button, and wait until the browser says that its form did not get through."""
        self._lose(lambda: self._click(f'button[name="{field}"][value="{value}"]'))

    def lead(self, way: str) -> None:
        """Press the button of the inbox that leads to a page which asks something, about the whole case if there is one."""
        whole = f'button[name="way"][value="{way}"]'
        css = whole if self.has(whole) else f'button[name="way"][value^="{way} "]'
        self._go(lambda: self._click(css))

    def unfold(self, css: str) -> None:
        """Open what is folded together."""
        self._click(f"{css} > summary")

    def follow(self, path: str) -> None:
        """Follow the first visible link to an address that begins so."""
        self._go(lambda: self._click(f'a[href^="{path}"]'))

    def wait_for(self, css: str, within: float = WAIT_SECONDS) -> None:
        """Wait until something on the page matches."""
        deadline = time.monotonic() + within
        while not self.has(css):
            if time.monotonic() > deadline:
                message = f"no {css} within {within} s on this page: {self.text()[:600]} ({self._what_happened()})"
                raise NotOnThePage(message)
            time.sleep(LOOK_SECONDS)

    def _wait_until_read(self) -> None:
        """Step 1. Raises TimeoutError with what did not come."""
        deadline = time.monotonic() + WAIT_SECONDS
        while missing := self._unread():
            if time.monotonic() > deadline:
                message = f"the page is not read: {missing} did not come"
                raise TimeoutError(message)
            time.sleep(LOOK_SECONDS)

    def _at_rest(self, what: str, measure: Callable[[], _T]) -> _T:
        """Step 2: the place that `measure` returns several times in a row. Raises `NotOnThePage` when it goes on moving.

        A busy machine paints seldom: between two paintings what moves seems to stand still.
        """
        deadline = time.monotonic() + STILL_SECONDS
        places = [measure()]
        while True:
            time.sleep(LOOK_SECONDS)
            places.append(measure())
            if places[-STILL_LOOKS:] == places[-1:] * STILL_LOOKS:
                return places[-1]
            if time.monotonic() > deadline:
                message = f"{what} does not stand still"
                raise NotOnThePage(message)

    # ---- what a browser must be able to do

    def _unread(self) -> str:
        """What `UNREAD` says, or that there is no page."""
        raise NotImplementedError

    def _what_happened(self) -> str:
        """What the browser did since the last press, for the message of a failure."""
        raise NotImplementedError

    def open(self, address: str) -> None:
        raise NotImplementedError

    def back(self) -> None:
        raise NotImplementedError

    def forward(self) -> None:
        raise NotImplementedError

    def reload(self) -> None:
        """Load the page again, saying yes to whatever the browser asks."""
        raise NotImplementedError

    @property
    def address(self) -> str:
        raise NotImplementedError

    def text(self) -> str:
        """The words that a person sees, form fields left out."""
        raise NotImplementedError

    def source(self) -> str:
        raise NotImplementedError

    def value(self, name: str) -> str:
        """What stands in a field."""
        raise NotImplementedError

    def has(self, css: str) -> bool:
        raise NotImplementedError

    def size(self, width: int, height: int) -> None:
        """Make the page as large as this, in pixels of its own."""
        raise NotImplementedError

    def looks(self, *, dark: bool = False, forced: bool = False) -> None:
        """Choose what the person has set in the system: a dark scheme, colours of their own."""
        raise NotImplementedError

    def picture(self) -> bytes:
        """A PNG of the whole page."""
        raise NotImplementedError

    def printed(self) -> bytes:
        """The page as PDF, as it would come from a printer, with what the browser itself writes at the edges."""
        raise NotImplementedError

    def quit(self) -> None:
        """End it as a person does, so that it writes what it wants to keep, and throw the profile away."""
        raise NotImplementedError

    def _go(self, act) -> None:
        """Do something that leads to another page, and wait until that is read."""
        raise NotImplementedError

    def _send(self, act) -> None:
        """Do something that sends a form, and wait until it is on its way, and then until another page is read."""
        raise NotImplementedError

    def _lose(self, act) -> None:
        """Do something that leads to a page of the browser's own, which says why not, and wait for that."""
        raise NotImplementedError

    def _click(self, css: str) -> None:
        raise NotImplementedError

    def _type(self, css: str, text: str) -> None:
        raise NotImplementedError

    def _choose(self, css: str, files: list[str]) -> None:
        raise NotImplementedError
