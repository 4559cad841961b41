"""In a real browser: what points to the writer is shown in its sentence, and one press sends the report, with it or without."""

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
from networks.conftest_tor import SHORT_FOLDER_PREFIX

pytestmark = pytest.mark.live

POINTING = "Fakturan betalades två gånger.\nMvh\nAnna Andersson"
CHANGED = "Fakturan betalades två gånger."


@pytest.fixture(scope="module")
def served():
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    with Served(folder) as service:
        yield service
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("start", [Firefox, Chromium])
@pytest.mark.parametrize(
    ("button", "sent"), [("keep", POINTING), ("remove", POINTING.replace("Anna Andersson", "[…]"))]
)
def test_one_press_sends_the_report_with_what_was_found_or_without_it_and_the_files_go_along(
    served, start, button, sent, tmp_path
):
    with OnionWay(served.socket) as way, start(way.port) as person:
        reporter.send(person, ORIGIN, POINTING, reporter.photographs(tmp_path, 1))
        stopped, asks_for_files = person.text(), person.has('input[type="file"]')
        person.switch("act", button)
        words = reporter.to_the_code(person)
        reporter.log_in(person, ORIGIN, words)
        inbox = person.text()
        has_file = person.has('form[action="/inbox/file"]')

    assert "Anna Andersson" in stopped
    assert not asks_for_files
    assert " ".join(sent.split()) in " ".join(inbox.split())
    assert has_file


@pytest.mark.parametrize("start", [Firefox, Chromium])
def test_who_changes_the_text_has_it_before_her_with_the_files_kept_and_sends_it_without_choosing_them_again(
    served, start, tmp_path
):
    with OnionWay(served.socket) as way, start(way.port) as person:
        reporter.send(person, ORIGIN, POINTING, reporter.photographs(tmp_path, 1))
        person.switch("act", "edit")
        kept = person.value("text")
        is_held = person.has('button[name="act"][value="drop"]')
        person.fill("text", CHANGED)
        person.switch("act", "send")
        words = reporter.to_the_code(person)
        reporter.log_in(person, ORIGIN, words)
        inbox = person.text()
        has_file = person.has('form[action="/inbox/file"]')

    assert kept == POINTING
    assert is_held
    assert CHANGED in inbox
    assert "Anna Andersson" not in inbox
    assert has_file


@pytest.mark.parametrize("start", [Firefox, Chromium])
def test_a_message_that_points_to_its_writer_is_stopped_and_sent_without_it_by_one_press(served, start):
    with OnionWay(served.socket) as way, start(way.port) as person:
        reporter.send(person, ORIGIN, CHANGED)
        reporter.log_in(person, ORIGIN, reporter.to_the_code(person))
        person.fill("text", POINTING)
        person.switch("act", "send")
        stopped = person.text()
        person.switch("act", "remove")
        inbox = person.text()

    assert "Anna Andersson" in stopped
    assert "Mvh" in inbox
    assert "[…]" in inbox
    assert "Anna Andersson" not in inbox
