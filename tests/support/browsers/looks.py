"""What is measured in a page that Chromium shows: axe's judgement, sizes, contrast, names, focus."""

from __future__ import annotations

import functools
import json
import time
from importlib.metadata import files as files_of
from pathlib import Path

from browsers.chromium import Chromium
from browsers.pages import Rendered
from browsers.person import LOOK_SECONDS, WAIT_SECONDS
from browsers.shelf import address

TARGET_PIXELS = 44  # WCAG 2.5.5 (AAA), and what phones' makers ask for
CONTRAST, CONTRAST_LARGE = 7, 4.5  # WCAG 1.4.6 (AAA)
HEIGHT = 800
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_LOOKS = Path(__file__).with_suffix(".js").read_text()


@functools.cache
def _axe() -> str:
    """The script of axe, out of the package that carries it."""
    (script,) = [one for one in files_of("axe-playwright-python") if one.name == "axe.min.js"]
    return script.locate().read_text()


def show(browser: Chromium, page: Rendered, *, width: int = 1280, dark: bool = False) -> None:
    browser.size(width, HEIGHT)
    browser.looks(dark=dark)
    browser.open(address(page))


def change(browser: Chromium, *, width: int, dark: bool) -> None:
    """Show the page that is shown already in another width and scheme, and wait until it has them."""
    browser.size(width, HEIGHT)
    browser.looks(dark=dark)
    worn = f"innerWidth === {width} && matchMedia('(prefers-color-scheme: {'dark' if dark else 'light'})').matches"
    deadline = time.monotonic() + WAIT_SECONDS
    while not browser.evaluate(worn):
        if time.monotonic() > deadline:
            message = f"the page did not become {width} wide and {'dark' if dark else 'light'}"
            raise TimeoutError(message)
        time.sleep(LOOK_SECONDS)


def measure(browser: Chromium, what: str):
    """The value of an expression over `looks` in the page."""
    return browser.evaluate(f"(() => {{ {_LOOKS}; return looks.{what}; }})()")


def axe(browser: Chromium) -> list[str]:
    """What axe finds wrong with the page that is shown: rule, why, and the first place."""
    options = {"runOnly": list(RULES), "resultTypes": ["violations"], "iframes": False}
    if not browser.evaluate("'axe' in window"):
        browser.evaluate(_axe() + "; true")
    found = browser.evaluate(f"axe.run(document, {json.dumps(options)}).then((found) => found.violations)")
    return [f"{one['id']}: {one['help']} ({one['nodes'][0]['html'][:120]})" for one in found]


def names(browser: Chromium, *roles: str) -> list[str]:
    """What a screen reader says first of each thing of these roles, from the browser's own tree."""
    tree = browser.do("Accessibility.getFullAXTree")["nodes"]
    return [
        " ".join(node["name"]["value"].split())
        for node in tree
        if not node["ignored"] and node["role"]["value"] in roles
    ]
