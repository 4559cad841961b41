"""How far a reporter scrolls: the first page and those of a report fit two screens of a telephone, nothing folded out.

The screen is 360 by 740 pixels: the commonest width, and what is left of its 800 with the status bar above and the
browser's bar half scrolled away. The letters are those of DejaVu Sans, wider than a telephone's own. The whole page
counts, with its band, and of the page of files also what it is once the answer has come into its frame. The example
has three members to mark, two files, and three facts to tick of each.
"""

import shutil
import tempfile
import time
from pathlib import Path

import pytest
from browsers.chromium import Chromium
from browsers.shelf import Shelf, address, collect_report
from browsers.way import OnionWay
from conftest_tor import SHORT_FOLDER_PREFIX

from cases.languages import LANGUAGES as LANGUAGES_OFFERED

pytestmark = pytest.mark.live

WIDTH, SCREEN = 360, 740
MOST_SCREENS = 2
LANGUAGES = ("sv", "en", "fi", "ar")
# What can be seen before anything is filed, in all of them.
FORMS_IN = tuple(code for code in LANGUAGES_OFFERED if code not in LANGUAGES)
FORMS = ("first", "report", "report-points-to-you", "report-files", "return")
PAGES = (*FORMS, "receipt", "receipt-files", "receipt-days", "receipt-right-words")
HEIGHT = "document.documentElement.scrollHeight"
# The answer to a sending, as it stands in the frame above the button that was pressed and still has the focus.
SHOW_ANSWER = """(() => {{
  document.querySelector("button.main").focus();
  document.querySelector(".sink-frame").src = "{}";
}})()"""
ANSWER = 'document.querySelector(".sink-frame").contentDocument'


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
def test_the_answer_to_a_sending_is_seen_whole_beside_the_button_that_was_pressed(pages, telephone, language):
    telephone.open(address(pages.named("report-files", language)))
    telephone.evaluate(SHOW_ANSWER.format(address(pages.named("receipt-received", language))))
    deadline = time.monotonic() + 30
    while not telephone.evaluate(f"""{ANSWER}?.querySelector("button")?.getBoundingClientRect().bottom > 0
      && document.querySelector(".sink-frame").clientHeight > 300"""):
        assert time.monotonic() < deadline, "no answer came, or its frame stayed low"
        time.sleep(0.05)

    seen = telephone.evaluate(f"""(() => {{
      const [frame, send] = [".sink-frame", "button.main"].map((one) => document.querySelector(one).getBoundingClientRect());
      return [{ANSWER}.querySelector("button").getBoundingClientRect().bottom - frame.height, send.bottom - frame.top];
    }})()""")

    below_the_frame, answer_and_button = seen
    assert below_the_frame <= 0
    assert answer_and_button <= SCREEN
    assert telephone.evaluate(HEIGHT) <= MOST_SCREENS * SCREEN
