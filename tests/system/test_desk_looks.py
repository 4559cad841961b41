"""Every page of the members' application that links lead to, in a real Chromium: axe, contrast, targets, width, keyboard.

The desk is one in the middle of its work: a new case, one that is under investigation with a file and a question
answered, a closed one, one whose erasing waits for a second signature. Pages are found by following links, so that a
new page is looked at without being named here.
"""

from __future__ import annotations

import pprint
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from browsers.chromium import Chromium
from browsers.desk_served import Application, DeskServed, desk_browser, unlocked_in
from browsers.firefox import Firefox
from browsers.looks import CONTRAST, CONTRAST_LARGE, TARGET_PIXELS, axe, change, measure
from desks.case_pages import year_counted
from desks.harness import RunningDesks
from networks.conftest_tor import SHORT_FOLDER_PREFIX

from desk.work import acts
from desk.work.erasing import erase
from trusted.case.entry import Message

pytestmark = pytest.mark.live

LEAD, HANDLER = range(2)
COMBINATIONS = ((1280, False), (1280, True), (320, False), (320, True))
# Pages that show what is on every other one too, by the last part of their address.
MOST_OF_A_KIND = 2
HOUR_OF_TABS = 400


@dataclass
class Looked:
    """What was found wrong, by page and combination, and the pages that were seen."""

    wrong: dict[str, list[str]]
    seen: list[str]


async def in_the_middle_of_work(desks: RunningDesks) -> None:
    """Cases in every state that has a page of its own."""
    await desks.file("Chefen anställde sin systerson utan annons.\n\nDet var i mars.")
    asked = await desks.file("Hantverkare bjöd på resa före upphandlingen.", files=[b"\xff\xd8\xff\xd9"])
    closed = await desks.file("Privata inköp på kommunens kort.")
    leaving = await desks.file("Arbetstid skrivs upp i hemtjänsten.")
    await desks.release()
    async with desks.desk(LEAD) as book:
        await book.sync()
        name = asked.keys.case_id.hex()
        await acts.do(book, "acknowledge", name, "Tack, vi har läst det.")
        await acts.do(book, "assess", name, "Vi utreder det.")
        await acts.do(book, "ask", name, "Vilken helg var det?")
        await acts.do(book, "note", name, "Avtalet tecknades 4 maj.")
        for case in (closed, leaving):
            await acts.do(book, "acknowledge", case.keys.case_id.hex(), "Tack.")
            await acts.do(book, "close", case.keys.case_id.hex(), "Klart.")
    await desks.reporter_writes(asked, Message("Det var första helgen i mars."))
    desks.clock.forward(days=40)
    async with desks.desk(HANDLER) as book:
        await book.sync()
        await erase(book, leaving.keys.case_id.hex(), "KS 2025/88")


@pytest.fixture(scope="module")
def served():
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    with DeskServed(folder) as served:
        served.call(in_the_middle_of_work, served.desks)
        yield served
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def application(served):
    return served.application(LEAD)


@pytest.fixture(scope="module")
def person(application):
    browser = desk_browser(Chromium)
    try:
        # Our pages forbid scripts; axe is one.
        browser.do("Page.setBypassCSP", enabled=True)
        browser.open(application.opening)
        browser.wait_for('input[name="passphrase"]')
        yield browser
    finally:
        browser.quit()


def kind_of(path: str) -> str:
    """The page that an address stands for, whichever case it is of."""
    return re.sub(r"[0-9a-f]{32}", "CASE", path)


def links(person: Chromium | Firefox) -> list[str]:
    """Where the page that is shown leads, within the application; not what is saved."""
    found = person.evaluate(
        "[...document.querySelectorAll('a[href^=\"/\"]:not([download])')].map((one) => one.getAttribute('href'))"
    )
    return [path.partition("#")[0] for path in found if not path.endswith((".ics", ".csv"))]


def look(person: Chromium, path: str, found: dict[str, list[str]]) -> None:
    for width, dark in COMBINATIONS:
        change(person, width=width, dark=dark)
        wrong = [f"axe: {one}" for one in axe(person)]
        wrong += [f"overflow: {one}" for one in measure(person, "overflow()")]
        wrong += [f"label: {one}" for one in measure(person, "spilt()")]
        wrong += [f"contrast: {one}" for one in measure(person, f"contrast({CONTRAST}, {CONTRAST_LARGE})")]
        if dark:
            wrong += [f"target: {one}" for one in measure(person, f"targets({TARGET_PIXELS})")]
            wrong += [f"row: {one}" for one in measure(person, "rows()")]
        if wrong:
            found[f"{kind_of(path)} {width} {'dark' if dark else 'light'}"] = wrong


@pytest.fixture(scope="module")
def looked(application: Application, person: Chromium) -> Looked:
    wrong: dict[str, list[str]] = {}
    look(person, "/unlock", wrong)
    unlocked_in_place(person, application)
    seen = ["/unlock"]
    for path in pages(person, application, MOST_OF_A_KIND):
        seen.append(path)
        look(person, path, wrong)
    return Looked(wrong, seen)


def pages(person: Chromium | Firefox, application: Application, most_of_a_kind: int) -> Iterator[str]:
    """Open every page that links lead to, and yield its address while it is shown."""
    waiting, seen, kinds = ["/"], ["/unlock"], {}
    while waiting:
        path = waiting.pop(0)
        if path in seen or kinds.get(kind_of(path), 0) >= most_of_a_kind:
            continue
        kinds[kind_of(path)] = kinds.get(kind_of(path), 0) + 1
        seen.append(path)
        person.open(application.origin + path)
        yield path
        waiting += links(person)


def unlocked_in_place(person: Chromium, application: Application) -> None:
    """Type the passphrase on the page that is shown."""
    person.fill("passphrase", "correct horse battery")
    person.press("/unlock")
    assert application.is_unlocked


def test_no_page_has_anything_wrong_in_either_scheme_wide_or_narrow(looked):
    assert not looked.wrong, pprint.pformat(looked.wrong, width=160)


def test_links_lead_to_every_page_of_the_menu_and_of_a_case(looked):
    kinds = {kind_of(path) for path in looked.seen}

    assert {"/", "/case/CASE", "/numbers", "/numbers/channel"} <= kinds


def test_firefox_shows_every_page_that_links_lead_to_too(served):
    application = served.application(HANDLER)
    wrong, seen = {}, set()
    with desk_browser(Firefox) as person:
        unlocked_in(person, application)
        person.size(320, 800)
        for path in pages(person, application, 1):
            seen.add(kind_of(path))
            found = [f"overflow: {one}" for one in (*measure(person, "overflow()"), *measure(person, "spilt()"))]
            found += [
                f"row: {one}" for one in (*measure(person, f"targets({TARGET_PIXELS})"), *measure(person, "rows()"))
            ]
            headings = person.evaluate("document.querySelectorAll('h1').length")
            wrong |= {kind_of(path): [*found, f"{headings} first headings"]} if found or headings != 1 else {}

    assert not wrong, pprint.pformat(wrong, width=160)
    assert {one.status for one in application.answered} <= {200, 303}
    assert {"/", "/case/CASE", "/case/CASE/write", "/case/CASE/close", "/erase", "/members", "/checks"} <= seen


def test_a_case_is_reached_and_left_with_the_keyboard_alone(application, person, looked):
    person.open(application.origin + "/")
    where = application.origin
    tab_to(person, ".cases a")
    person.key("Enter")
    person.wait_for("h1")

    assert person.address.startswith(f"{where}/case/")


def tab_to(person: Chromium, css: str) -> None:
    """Press Tab until what is named has the focus."""
    for _ in range(HOUR_OF_TABS):
        person.key("Tab")
        if person.evaluate(f"document.activeElement.matches({css!r})"):
            return
    pytest.fail(f"no way to {css} with the keyboard")


def test_the_figures_of_the_whole_channel_look_right_and_are_reached_with_the_keyboard():
    folder, wrong = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX)), {}
    try:
        with DeskServed(folder) as served, desk_browser(Chromium) as person:
            served.call(year_counted, served.desks)
            application = served.application(LEAD)
            # Our pages forbid scripts; axe is one.
            person.do("Page.setBypassCSP", enabled=True)
            unlocked_in(person, application)
            person.open(application.origin + "/numbers")
            look(person, "/numbers", wrong)
            tab_to(person, "a[href='/numbers/channel']")
            person.key("Enter")
            person.wait_for("form[action='/numbers/channel/csv']")
            look(person, "/numbers/channel", wrong)
            tab_to(person, "form[action='/numbers/channel/csv'] button")
    finally:
        shutil.rmtree(folder, ignore_errors=True)

    assert not wrong, pprint.pformat(wrong, width=160)
