"""What is on the screen when the desk locks, in both browsers: pages leave, or are covered and come back as they were."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import pypdfium2
import pytest
from browsers.chromium import Chromium
from browsers.desk_served import Application, DeskServed, desk_browser, unlocked_in
from browsers.firefox import Firefox
from desks.harness import PASSPHRASE
from networks.conftest_tor import SHORT_FOLDER_PREFIX

from desk.web.handlers import beat
from desk.web.session import desk as session

pytestmark = pytest.mark.live

BROWSERS = [(Chromium, 0), (Firefox, 1)]
SECRET = "Chefen anställde sin systerson."
TYPED = "Ring kommunjuristen om systersonen."
# As if so long had gone by since the page came. The frame is another origin's.
LATER = "document.getAnimations().forEach((one) => { one.currentTime = %d; })"
HIDDEN = "document.querySelector('main').style.visibility = %r"


@pytest.fixture(scope="module")
def served():
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    with DeskServed(folder) as served:
        reporter = served.call(served.desks.file, SECRET)
        served.call(served.desks.release)
        served.case = f"/case/{reporter.keys.case_id.hex()}"
        yield served
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(beat, "BEAT_SECONDS", 1)


def until(true, what: str, within: float = 30.0) -> None:
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def printed(person: Chromium | Firefox) -> str:
    document = pypdfium2.PdfDocument(person.printed())
    return " ".join(sheet.get_textpage().get_text_range() for sheet in document)


def opened(person: Chromium | Firefox, application: Application, path: str) -> None:
    person.open(application.origin + path)
    person.wait_for("h1")


def lock(served: DeskServed, application: Application) -> None:
    served.call(application.reader.services.desk.lock)


@pytest.mark.parametrize(("kind", "member"), BROWSERS)
def test_a_page_leaves_by_itself_and_back_brings_nothing_of_it(served, kind, member):
    application = served.application(member, idle=8.0)
    with desk_browser(kind) as person:
        unlocked_in(person, application)
        opened(person, application, served.case)
        seen = person.source()
        until(lambda: person.address.endswith("/unlock"), "the page stayed")
        left = person.source()
        person.back()
        back = person.source()
        was_locked = not application.is_unlocked

    assert SECRET in seen
    assert SECRET not in left
    assert SECRET not in back
    assert was_locked


@pytest.mark.parametrize(("kind", "member"), BROWSERS)
def test_after_the_lock_was_pressed_back_brings_nothing_either(served, kind, member):
    application = served.application(member)
    with desk_browser(kind) as person:
        unlocked_in(person, application)
        opened(person, application, served.case)
        person.press("/lock")
        person.back()
        back = person.source()

    assert SECRET not in back


@pytest.mark.parametrize(("kind", "member"), BROWSERS)
def test_a_page_in_which_somebody_writes_is_covered_and_comes_back_with_what_was_typed(served, kind, member, tmp_path):
    application = served.application(member)
    with desk_browser(kind) as person:
        unlocked_in(person, application)
        opened(person, application, f"{served.case}/note")
        person.fill("text", TYPED)
        before = person.text()
        person.evaluate(LATER % 790_000)
        warned = person.text()
        person.evaluate(LATER % 901_000)
        covered, paper = person.text(), printed(person)
        # Nothing is selected, and nothing of the page gets the keyboard.
        person.evaluate("getSelection().selectAllChildren(document.body)")
        selected = person.evaluate("getSelection().toString()")
        person.evaluate("document.activeElement.blur()")
        reached = set()
        for _ in range(12):
            person.key("Tab")
            reached.add(person.evaluate("document.activeElement.closest('main')?.tagName ?? ''"))
        looks = []
        for number, look in enumerate(({}, {"dark": True}, {"dark": True, "forced": True})):
            person.looks(**look)
            (tmp_path / f"covered-{kind.__name__}-{number}.png").write_bytes(person.picture())
            looks.append(person.evaluate("getComputedStyle(document.querySelector('textarea')).visibility"))
        person.looks()
        lock(served, application)
        person.press_at(".locked button")
        person.wait_for('input[name="passphrase"]')
        person.fill("passphrase", PASSPHRASE)
        person.press("/unlock")
        person.wait_for("textarea")
        back = person.value("text")
    lock(served, application)

    assert "Anteckning" in before
    assert "Sidan låses om två minuter." in warned
    assert "Anteckning" in warned
    assert "Låst" in covered
    for shown in (covered, selected, paper):
        assert "Anteckning" not in shown
        assert "systerson" not in shown
    assert reached <= {""}
    assert looks == ["hidden"] * 3
    assert back == TYPED


@pytest.mark.parametrize(("kind", "member"), BROWSERS)
def test_the_frame_is_seen_through_until_the_desk_is_locked_and_then_covers_every_page(served, kind, member, quick):
    application = served.application(member)
    with desk_browser(kind) as person:
        unlocked_in(person, application)
        opened(person, application, served.case)
        pages = person.evaluate("history.length")
        different = []
        for look in ({}, {"dark": True}, {"dark": True, "forced": True}):
            person.looks(**look)
            opened(person, application, served.case)
            with_frame = person.picture()
            person.evaluate("document.querySelector('iframe').style.display = 'none'")
            different += [] if with_frame == person.picture() else [look]
            person.evaluate("document.querySelector('iframe').style.display = ''")
        person.looks()
        opened(person, application, served.case)
        pages = person.evaluate("history.length")
        asked = len([one for one in application.answered if one.path == "/beat"])
        until(lambda: len([one for one in application.answered if one.path == "/beat"]) > asked + 3, "no beat")
        went = person.evaluate("history.length")
        # All of it: what lies below the window is in the picture, and under no frame.
        person.size(1280, 2400)
        before = person.picture()
        lock(served, application)
        until(lambda: person.picture() != before, "the frame covers nothing")

        def covered() -> bool:
            """Whether the picture is the same with and without the page below; a slow browser draws late."""
            with_page = person.picture()
            person.evaluate(HIDDEN % "hidden")
            without = person.picture()
            person.evaluate(HIDDEN % "")
            return with_page == without

        until(covered, "the page is seen through its cover")
        # The way on is over the frame.
        person.press("/lock")
        person.wait_for('input[name="passphrase"]')

    assert different == []
    assert went == pages


@pytest.mark.parametrize(("kind", "member"), BROWSERS)
def test_closing_the_browser_locks_and_a_page_that_is_only_open_does_not(served, kind, member, quick, monkeypatch):
    monkeypatch.setattr(session, "CLOSED_SECONDS", 6.0)
    application = served.application(member)
    desk = application.reader.services.desk
    with desk_browser(kind) as person:
        unlocked_in(person, application)
        opened(person, application, served.case)
        ended = time.monotonic() + 9
        while time.monotonic() < ended:
            assert not desk.is_over
            time.sleep(0.2)
    until(lambda: desk.is_over, "the desk took the browser for open")
    lock(served, application)


@pytest.mark.parametrize(("kind", "member"), BROWSERS)
def test_no_field_is_sent_to_a_spelling_checker_and_enter_in_one_sends_its_form(served, kind, member):
    application = served.application(member)
    with desk_browser(kind) as person:
        unlocked_in(person, application)
        found = []
        for path in (f"{served.case}/write", f"{served.case}/link", "/", "/settings"):
            opened(person, application, path)
            found += person.evaluate("[...document.querySelectorAll('textarea, input')].map((one) => one.spellcheck)")
        # Enter in a field sends its form: the button to lock, which is of the same form, is not the first of it.
        opened(person, application, f"{served.case}/link")
        person.evaluate("document.querySelector('[name=number]').focus()")
        person.keys("111111")
        person.key("Enter")
        person.wait_for("[role=alert]")
        is_unlocked = application.is_unlocked
        lock(served, application)

    assert is_unlocked
    assert len(found) > 10
    assert not any(found)
