"""In a real browser: what was pointed out stays typed, and one press lets it go on the way that was begun."""

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
def test_one_press_leaves_the_text_as_it_is_and_goes_on_to_the_files(served, start, tmp_path):
    photograph = reporter.photographs(tmp_path, 1)
    with OnionWay(served.socket) as way, start(way.port) as person:
        person.open(f"{ORIGIN}/report")
        button_before = person.has('[name="looked"]')
        person.fill("text", POINTING)
        person.switch("step", "files")
        stopped, kept = person.text(), person.value("text")
        person._go(lambda: person._click('button[name="looked"]'))
        reporter.send_files(person, photograph)
        words = reporter.to_the_code(person)

    assert not button_before
    assert "Anna Andersson" in stopped
    assert kept == POINTING
    assert len(words) == reporter.WORDS


@pytest.mark.parametrize("start", [Firefox, Chromium])
def test_one_press_leaves_the_text_as_it_is_and_sends_it(served, start):
    with OnionWay(served.socket) as way, start(way.port) as person:
        person.open(f"{ORIGIN}/report")
        person.fill("text", POINTING)
        person.switch("step", "send")
        kept = person.value("text")
        person._go(lambda: person._click('button[name="looked"]'))
        words = reporter.code_on(person)

    assert kept == POINTING
    assert len(words) == reporter.WORDS
