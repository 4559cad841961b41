"""In a real browser, with frames: what was pointed out stays typed, its files stay chosen, and one press lets it go."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from browsers import reporter
from browsers.chromium import Chromium
from browsers.firefox import Firefox
from browsers.served import Served
from browsers.shelf import ORIGIN
from browsers.way import OnionWay
from conftest_tor import SHORT_FOLDER_PREFIX

pytestmark = pytest.mark.live

POINTING = "Fakturan betalades två gånger.\nMvh\nAnna Andersson"


@pytest.fixture(scope="module")
def served():
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    with Served(folder) as service:
        yield service
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("start", [Firefox, Chromium])
def test_one_press_beside_the_form_lets_the_text_go_with_its_files(served, start, tmp_path):
    photograph = reporter.photographs(tmp_path, 1)
    with OnionWay(served.socket) as way, start(way.port) as person:
        person.open(f"{ORIGIN}/report")
        box_before = person.has('[name="looked"]')
        person.fill("text", POINTING)
        person.choose("attachment", *photograph)
        person.press("/report", stays=True)
        with person.frame("sink"):
            person.wait_for(".pointers")
            stopped = person.text()
            person.press("/report/as-it-is", stays=True)
            person.wait_for(".notice.good")
        kept = person.value("text")
        person.press("/report", stays=True)
        with person.frame("sink"):
            person.wait_for('form[action="/receipt"]')
        words = reporter.to_the_code(person)
        files = person.has('input[name="file"]')

    assert not box_before
    assert "Anna Andersson" in stopped
    assert kept == POINTING
    assert len(words) == reporter.WORDS
    assert files


@pytest.mark.parametrize("start", [Firefox, Chromium])
def test_the_plain_form_shows_the_box_once_something_was_found(served, start):
    with OnionWay(served.socket) as way, start(way.port) as person:
        person.open(f"{ORIGIN}/report?plain=1")
        box_before = person.has('[name="looked"]')
        person.fill("text", POINTING)
        person.press("/report")
        kept = person.value("text")
        person._click('input[name="looked"]')
        person.press("/report")
        words = reporter.code_on(person)

    assert not box_before
    assert kept == POINTING
    assert len(words) == reporter.WORDS
