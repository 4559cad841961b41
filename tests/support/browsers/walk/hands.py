"""What a walk needs of a browser beside what a person does: every button and link of a page, new tabs, Back and reload.

Pages run no scripts; what is asked here runs in the driver's own world, which also works where pages may run none.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from browsers.chromium import Chromium
from browsers.firefox import Firefox
from browsers.marionette import Failed
from browsers.person import LOOK_SECONDS, NotOnThePage

TAB_SECONDS = READ_SECONDS = 20.0
_NOT_PAINTED = "its first painting"
# What is folded is opened first, as by somebody who reads everything. A path leads to each button and link.
LOOK = r"""(() => {
  for (const one of document.querySelectorAll("details")) one.open = true;
  const words = (node) => node ? (node.innerText ?? node.textContent).replace(/\s+/g, " ").trim() : "";
  const path = (node) => {
    const steps = [];
    for (; node.localName !== "html"; node = node.parentElement)
      steps.unshift(`${node.localName}:nth-child(${[...node.parentElement.children].indexOf(node) + 1})`);
    return steps.join(" > ");
  };
  // The way past the head of a page lies outside of it until it has the focus.
  const shown = (node) =>
    !node.disabled && !node.hidden && node.getClientRects().length > 0 && node.getBoundingClientRect().right > 0;
  const heading = document.querySelector("h1");
  return {
    heading: words(heading),
    language: document.documentElement.lang,
    address: location.pathname + location.hash,
    typed: [...document.querySelectorAll('[name="text"]')].map((one) => one.value),
    chosen: [...document.querySelectorAll('input[type="file"]')].reduce((sum, one) => sum + one.files.length, 0),
    words: words(document.body),
    presses: [...document.querySelectorAll('button, a[href], input[type="submit"], input[type="image"]')].filter(shown).map(
      (one) => ({
        label: words(one) || one.value || "",
        css: path(one),
        leads: one.localName === "a" ? one.getAttribute("href") : "",
        target: one.formTarget || (one.form || one).target || "",
      })
    ),
  };
})()"""


@dataclass(frozen=True)
class Press:
    """A button, or a link, which `leads` somewhere; `target` is the window or frame that it names."""

    label: str
    css: str
    leads: str
    target: str

    @property
    def stays(self) -> bool:
        """Whether it leads to another part of the same page."""
        return self.leads.startswith("#")

    @property
    def opens_tab(self) -> bool:
        return self.target == "_blank"


@dataclass(frozen=True)
class Look:
    """What a page is, and what is in its fields: `typed` are texts, those that the page carries hidden among them."""

    heading: str
    language: str
    address: str
    typed: tuple[str, ...]
    chosen: int
    words: str
    presses: tuple[Press, ...]


class Hands:
    """One browser: its person, and what a walk does there."""

    loads_answers_again = True
    shows_not: frozenset[str] = frozenset()

    def __init__(self, person: Firefox | Chromium) -> None:
        self.person = person

    def look(self) -> Look:
        """Read the page that is there, once it is whole.

        Firefox tells of no painting of a page that it has set aside and shows again.
        """
        deadline = time.monotonic() + READ_SECONDS
        while (missing := self.person._unread()) and missing != _NOT_PAINTED:
            if time.monotonic() > deadline:
                message = f"the page is not read: {missing} did not come"
                raise TimeoutError(message)
            time.sleep(LOOK_SECONDS)
        found = self._ask(LOOK)
        presses = tuple(Press(**one) for one in found.pop("presses"))
        return Look(**{**found, "typed": tuple(found["typed"]), "presses": presses})

    def press(self, press: Press) -> str:
        """Press it and wait for what comes; the address of a new tab, which is closed again."""
        # Scrolled to by itself, it may come to lie below the band at the top.
        self._ask(f"document.querySelector({press.css!r}).scrollIntoView({{block: 'center'}})")
        if press.opens_tab:
            return self._in_a_tab(lambda: self.person._click(press.css))
        if press.stays:
            self.person._click(press.css)
        else:
            self.person._go(lambda: self.person._click(press.css))
        return ""

    def back(self) -> None:
        raise NotImplementedError

    def reload(self) -> None:
        raise NotImplementedError

    def _ask(self, script: str):
        raise NotImplementedError

    def _in_a_tab(self, act) -> str:
        raise NotImplementedError

    def _until(self, condition):
        """What `condition` returns once it is something. Raises `NotOnThePage`."""
        deadline = time.monotonic() + TAB_SECONDS
        while not (found := condition()):
            if time.monotonic() > deadline:
                message = "no new tab came"
                raise NotOnThePage(message)
            time.sleep(LOOK_SECONDS)
        return found


class FirefoxHands(Hands):
    person: Firefox

    def back(self) -> None:
        self._along("WebDriver:Back")

    def reload(self) -> None:
        self._along("WebDriver:Refresh")

    def _along(self, command: str) -> None:
        """Do it, saying yes to what Firefox asks."""
        try:
            self.person.do(command)
        except Failed as failed:
            if failed.kind != "unexpected alert open":
                raise
            self.person.do("WebDriver:AcceptAlert")

    def _ask(self, script: str):
        return self.person.do("WebDriver:ExecuteScript", script=f"return {script};", args=[], sandbox="system")

    def _in_a_tab(self, act) -> str:
        person, before = self.person, self.person.windows()
        act()
        (tab,) = self._until(lambda: set(person.windows()) - set(before))
        person.to_window(tab)
        address = self._until(lambda: self._other_than_blank(person.address))
        person.do("WebDriver:CloseWindow")
        person.to_window(before[0])
        return address

    @staticmethod
    def _other_than_blank(address: str) -> str:
        return "" if address.startswith("about:") else address


class ChromiumHands(Hands):
    person: Chromium

    def back(self) -> None:
        self.person.back()

    def reload(self) -> None:
        self.person.reload()

    def _ask(self, script: str):
        return self.person.evaluate(script)

    def _in_a_tab(self, act) -> str:
        before = self._pages()
        act()
        (tab,) = self._until(lambda: set(self._pages()) - set(before))
        address = self._until(lambda: self._pages()[tab].removeprefix("about:blank"))
        self.person.do("Target.closeTarget", browser=True, targetId=tab)
        return address

    def _pages(self) -> dict[str, str]:
        """Each tab and its address."""
        targets = self.person.do("Target.getTargets", browser=True)["targetInfos"]
        return {one["targetId"]: one["url"] for one in targets if one["type"] == "page"}


def hands_of(person: Firefox | Chromium) -> Hands:
    return (FirefoxHands if isinstance(person, Firefox) else ChromiumHands)(person)
