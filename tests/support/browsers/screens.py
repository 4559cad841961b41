"""Pictures of every page, to look at: `.venv/bin/python tests/support/browsers/screens.py OUT_DIR`.

At 320 and 1280 pixels, light, dark and in forced colours, and as printed; in Firefox as at Tor Browser's Safest, and in
Chromium. Each is a PNG called NAME-LANGUAGE-BROWSER-WIDTH-LOOK.png; `--list` names the pages.
"""

from __future__ import annotations

import argparse
import fnmatch
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import pypdfium2

from browsers.chromium import Chromium
from browsers.firefox import Firefox
from browsers.pages import Rendered
from browsers.person import Person
from browsers.shelf import Shelf, address, collect
from browsers.way import OnionWay

WIDTHS = (320, 1280)
LOOKS = {
    "light": {"dark": False, "forced": False},
    "dark": {"dark": True, "forced": False},
    "forced": {"dark": True, "forced": True},
}
# At Safest everybody gets the light scheme; here the others are wanted too.
ANY_SCHEME = {"privacy.resistFingerprinting": False}
BROWSERS = {"firefox": lambda socks: Firefox(socks, prefs=ANY_SCHEME), "chromium": Chromium}


def main() -> None:
    asked = _arguments()
    asked.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kt-") as folder:
        collected = collect(Path(folder), asked.languages.split(",") if asked.languages else ())
        wanted = asked.pages.split(",")
        pages = [page for page in collected.pages if any(fnmatch.fnmatch(page.name, one) for one in wanted)]
        if asked.list:
            print("\n".join(sorted({page.name for page in pages})))
            return
        with Shelf(Path(folder), collected) as shelf, OnionWay(shelf.socket) as way:
            for name in asked.browsers.split(","):
                began = time.monotonic()
                with BROWSERS[name](way.port) as browser:
                    count = sum(_take(browser, name, page, asked) for page in pages)
                print(f"{name}: {count} pictures in {time.monotonic() - began:.0f} s, in {asked.out}")


def _take(browser: Person, name: str, page: Rendered, asked: argparse.Namespace) -> int:
    count = 0
    stem = f"{page.name}-{page.language}-{name}"
    looks = asked.looks.split(",")
    browser.open(address(page))
    for width in map(int, asked.widths.split(",")):
        browser.size(width, 800)
        for look, settings in LOOKS.items():
            if look in looks:
                browser.looks(**settings)
                # Reloaded: after forced colours Chromium keeps the background of the page.
                browser.open(address(page))
                (asked.out / f"{stem}-{width}-{look}.png").write_bytes(browser.picture())
                count += 1
    if "print" in looks:
        browser.looks()
        document = pypdfium2.PdfDocument(browser.printed())
        for number, sheet in enumerate(document, start=1):
            sheet.render(scale=1).to_pil().save(asked.out / f"{stem}-print-{number}.png")
            count += 1
        document.close()
    return count


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Pictures of every page, to look at.")
    parser.add_argument("out", type=Path, metavar="OUT_DIR")
    parser.add_argument("--pages", default="*", help='names or patterns, as in "first,inbox-*"')
    parser.add_argument("--languages", default="sv,ar", help="codes; empty for all")
    parser.add_argument("--browsers", default="firefox,chromium")
    parser.add_argument("--widths", default=",".join(map(str, WIDTHS)))
    parser.add_argument("--looks", default=",".join([*LOOKS, "print"]))
    parser.add_argument("--list", action="store_true", help="name the pages and end")
    return parser.parse_args()


if __name__ == "__main__":
    main()
