"""How far a reporter scrolls: the first page and those of a report fit two screens of a telephone, nothing folded out.

The screen is 360 by 740 pixels: the commonest width, and what is left of its 800 with the status bar above and the
browser's bar half scrolled away. The letters are those of DejaVu Sans, wider than a telephone's own. The whole page
counts, with its band. The example has three members to mark, two files, and three facts to tick of each.

What decides is seen without scrolling, also on a screen of 360 by 640: the eight words, and the strong button of a page
that stops a report on its way.
"""

import shutil
import tempfile
from pathlib import Path

import pytest
from browsers.chromium import Chromium
from browsers.shelf import Shelf, address, collect_report
from browsers.way import OnionWay
from networks.conftest_tor import SHORT_FOLDER_PREFIX

from cases.languages import LANGUAGES as LANGUAGES_OFFERED

pytestmark = pytest.mark.live

WIDTH, SCREEN = 360, 740
MOST_SCREENS = 2
LANGUAGES = ("sv", "en", "fi", "ar")
# What can be seen before anything is filed, in all of them.
FORMS_IN = tuple(code for code in LANGUAGES_OFFERED if code not in LANGUAGES)
FORMS = ("first", "report", "report-stopped", "report-stopped-often", "report-refused", "return")
PAGES = (*FORMS, "receipt", "receipt-files", "receipt-days", "receipt-right-words")
HEIGHT = "document.documentElement.scrollHeight"
LOW_SCREEN = 640
SEEN_AT_ONCE = {
    "report-stopped": "button.main",
    "report-refused": "button.main",
    "receipt": ".code ol",
}
BOTTOM = """(() => {{ scrollTo(0, 0); return Math.max(...[...document.querySelectorAll("{}")]
  .map((one) => one.getBoundingClientRect().bottom)); }})()"""


@pytest.fixture(scope="module")
def pages():
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    yield collect_report(folder, LANGUAGES, FORMS_IN)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def telephone(pages, tmp_path_factory):
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    with Shelf(folder, pages) as shelf, OnionWay(shelf.socket) as way, Chromium(way.port) as browser:
        browser.size(WIDTH, SCREEN)
        yield browser
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("language", [*LANGUAGES, *FORMS_IN])
def test_every_page_of_a_report_fits_two_screens_of_a_telephone(pages, telephone, language):
    heights = {}
    for name in PAGES if language in LANGUAGES else FORMS:
        telephone.open(address(pages.named(name, language)))
        heights[name] = telephone.evaluate(HEIGHT)

    assert {name: height for name, height in heights.items() if height > MOST_SCREENS * SCREEN} == {}
    # What is measured is the page and not the screen.
    assert heights["report"] > SCREEN


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_and_the_strong_button_of_a_stop_are_seen_without_scrolling(pages, telephone, language):
    bottoms = {}
    telephone.size(WIDTH, LOW_SCREEN)
    for name, css in SEEN_AT_ONCE.items():
        telephone.open(address(pages.named(name, language)))
        bottoms[name] = telephone.evaluate(BOTTOM.format(css))
    telephone.size(WIDTH, SCREEN)

    assert {name: bottom for name, bottom in bottoms.items() if bottom > LOW_SCREEN} == {}
    assert min(bottoms.values()) > 100
