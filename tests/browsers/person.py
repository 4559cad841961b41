"""What a person does in a browser, the same for each of them: go somewhere, fill in, press, come back, look.

Pages are met by what they are made of and not by what they say: field names, the addresses that forms post to, links. A
browser implements the few primitives at the end.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

WAIT_SECONDS = 60.0
LOOK_SECONDS = 0.05


class NotOnThePage(AssertionError):
    """There is no such thing on this page."""


class Person:
    """Somebody at a browser."""

    profile: Path

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

    def press(self, action: str, *, stays: bool = False, holding: str = "", without: str = "") -> None:
        """Press the first button of the form that posts to `action`, and wait for the page that comes.

        `holding` and `without` name a field that the form has, or has not. `stays` is for a form whose answer comes into
        a frame: the page itself stays.
        """
        form = f'form[action="{action}"]'
        form += f':has([name="{holding}"])' if holding else ""
        form += f':not(:has([name="{without}"]))' if without else ""
        if stays:
            self._click(f"{form} button")
        else:
            self._go(lambda: self._click(f"{form} button"))

    def switch(self, field: str, value: str) -> None:
        """Press the button that has this name and value."""
        self._go(lambda: self._click(f'button[name="{field}"][value="{value}"]'))

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
                message = f"no {css} within {within} s on this page: {self.text()[:600]}"
                raise NotOnThePage(message)
            time.sleep(LOOK_SECONDS)

    @contextlib.contextmanager
    def frame(self, name: str):
        """Look into the frame of this name; what leaves it (`press`) leads to a whole page."""
        self._enter(f'iframe[name="{name}"]')
        try:
            yield
        finally:
            self._leave()

    # ---- what a browser must be able to do

    def _enter(self, css: str) -> None:
        raise NotImplementedError

    def _leave(self) -> None:
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
        """The page as PDF, as it would come from a printer."""
        raise NotImplementedError

    def quit(self) -> None:
        """End it as a person does, so that it writes what it wants to keep, and throw the profile away."""
        raise NotImplementedError

    def _go(self, act) -> None:
        """Do something that leads to another page, and wait for it."""
        raise NotImplementedError

    def _click(self, css: str) -> None:
        raise NotImplementedError

    def _type(self, css: str, text: str) -> None:
        raise NotImplementedError

    def _choose(self, css: str, files: list[str]) -> None:
        raise NotImplementedError
