"""Locked is locked: the clock that counts while a computer sleeps, a browser that was closed, and pages that leave.

What a browser makes of it is `tests/system/test_desk_leaving_browser.py`'s.
"""

from __future__ import annotations

import asyncio
import re
import signal
import time

import pytest
from desks.case_pages import a_case, fetched
from desks.harness import PASSPHRASE, running_desks
from desks.pages import TO_A_PAGE, pages_of, templates
from desks.process import ROOT, DeskProcess, unlock
from visitors.intake_harness import make_home

from desk.keep.lock import desk_lock
from desk.web.handlers.moving.leaving import LEAVES
from desk.web.session import passing
from desk.web.session.desk import BEAT_SECONDS, CLOSED_SECONDS, IDLE_SECONDS, LOOK_SECONDS
from desk.web.session.passing import seconds_since

LEAD = 0
FRAME = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-site"}
# Asks for nothing for as long as a test takes.
AWAKE = 7 * 60.0


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        yield desks


class Clocks:
    """Both clocks of a computer, which go as far as a test says."""

    def __init__(self) -> None:
        self.wall, self.boot = 1_000_000.0, 50.0

    def __call__(self) -> passing.Moment:
        return self.wall, self.boot

    def go_on(self, seconds: float) -> None:
        self.wall += seconds
        self.boot += seconds


@pytest.fixture
async def reader(desks):
    async with pages_of(desks, LEAD) as reader:
        reader.services.desk.now = reader.clocks = Clocks()
        reader.case = (await a_case(desks))[1]
        await reader.unlock()
        await fetched(reader)
        yield reader


async def beat(reader, **more):
    """What the frame in every page asks for, without the cookie."""
    cookie, reader.cookie = reader.cookie, ""
    seen = await reader.ask("GET", "/beat", headers={"Host": reader.services.address.frame_host, **FRAME, **more})
    reader.cookie = cookie
    return seen


def test_the_clock_that_has_gone_furthest_counts():
    assert seconds_since((100.0, 10.0), (101.0, 910.0)) == 900
    assert seconds_since((100.0, 10.0), (1000.0, 11.0)) == 900
    # A wall clock that was set back does not keep the desk open.
    assert seconds_since((1000.0, 10.0), (100.0, 910.0)) == 900


def test_on_linux_the_clock_of_the_system_counts_while_it_sleeps_and_elsewhere_there_is_one_too(monkeypatch):
    wall, boot = passing.now()
    monkeypatch.setattr(passing, "_BOOT", None)
    _wall, monotonic = passing.now()

    assert abs(boot - time.clock_gettime(time.CLOCK_BOOTTIME)) < 1
    assert abs(wall - time.time()) < 1
    assert abs(monotonic - time.monotonic()) < 1


# As a computer that slept: the process stood still, and one clock went on.
MOVED = """
import time
from pathlib import Path
ahead, read = Path(__file__).with_name("ahead"), time.clock_gettime
time.clock_gettime = lambda clock: read(clock) + (float(ahead.read_text()) if clock == time.CLOCK_BOOTTIME else 0)
"""


@pytest.mark.parametrize("first", ["a page", "nothing"])
async def test_a_stopped_process_wakes_locked_though_its_own_clock_stood_still(desks, short_folder, first):
    (short_folder / "sitecustomize.py").write_text(MOVED)
    ahead = short_folder / "ahead"
    ahead.write_text("0")
    before = f"PYTHONPATH={short_folder}:$PYTHONPATH exec"
    home = desks.home(LEAD)
    with DeskProcess(home, desks.socket, short_folder, before=before) as desk:
        visit = await asyncio.to_thread(unlock, desk)
        unlocked = await asyncio.to_thread(visit.ask, "GET", "/settings")
        desk.process.send_signal(signal.SIGSTOP)
        ahead.write_text(str(IDLE_SECONDS))
        desk.process.send_signal(signal.SIGCONT)
        if first == "nothing":
            # The home is free for the command line.
            with desk_lock(home.lock, 4 * LOOK_SECONDS):
                pass
        page = await asyncio.to_thread(visit.ask, "GET", "/settings")

    assert unlocked.status == 200
    assert (page.status, page.headers["Location"]) == (303, "/unlock")


@pytest.mark.parametrize("clock", ["wall", "boot"])
async def test_the_first_page_after_a_sleep_is_the_lock(reader, clock):
    setattr(reader.clocks, clock, getattr(reader.clocks, clock) + IDLE_SECONDS)
    was_unlocked = reader.services.desk.is_unlocked
    page = await reader.go(reader.case)

    assert was_unlocked
    assert "Lösenfras" in page.words
    assert "systerson" not in page.text


async def test_what_a_page_asks_for_by_itself_keeps_no_desk_open(reader):
    page = await reader.go(reader.case)
    for _ in range(3):
        reader.clocks.go_on(AWAKE)
        await beat(reader)
        await reader.ask("GET", "/desk.css", headers={"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "style"})
        page = await reader.go(f"{reader.case}?left=")

    assert "Lösenfras" in page.words


async def test_a_page_leaves_when_the_desk_locks_and_not_before_as_long_as_another_is_used(reader):
    page = await reader.go(f"{reader.case}?done=note")
    reader.clocks.go_on(AWAKE)
    await reader.go("/")
    reader.clocks.go_on(IDLE_SECONDS - AWAKE)
    again = await reader.ask(
        "GET", f"{reader.case}?done=note&left=", headers={**TO_A_PAGE, "Sec-Fetch-Site": "same-origin"}
    )

    assert page.headers["Refresh"] == f"{IDLE_SECONDS + 1:.0f}; url={reader.case}?done=note&left="
    assert again.status == 200
    assert "systerson" in again.text
    assert again.headers["Refresh"].startswith(f"{AWAKE + 1:.0f}; url={reader.case}?")


async def test_the_answer_to_a_form_leaves_too_and_a_page_in_which_somebody_writes_does_not(reader):
    answer = await reader.send("/search", words="systerson")
    form = await reader.go(f"{reader.case}/write")
    locked = await reader.send("/lock")

    assert re.match(r"\d+; url=/answered/[\w-]+\?left=$", answer.headers["Refresh"])
    assert "Refresh" not in form.headers
    assert "Refresh" not in locked.headers


async def test_a_browser_that_was_closed_locks_the_desk_two_minutes_later(reader):
    await beat(reader)
    reader.clocks.go_on(CLOSED_SECONDS - 1)
    before = reader.services.desk.is_over
    reader.clocks.go_on(1)
    after = reader.services.desk.is_over

    assert (before, after) == (False, True)
    assert BEAT_SECONDS * 3 <= CLOSED_SECONDS


async def test_a_browser_that_never_said_that_it_is_open_counts_as_open(reader):
    reader.clocks.go_on(CLOSED_SECONDS)

    assert not reader.services.desk.is_over


async def test_a_browser_that_waits_for_a_page_is_open(reader):
    await beat(reader)
    desk = reader.services.desk
    async with desk.at_work():
        asking = asyncio.create_task(reader.go("/members"))
        while not desk.asked:
            await asyncio.sleep(0.01)
        reader.clocks.go_on(CLOSED_SECONDS)
        while_asked = desk.is_over
    await asking

    assert not while_asked
    assert not desk.is_over


async def test_the_frame_says_nothing_until_the_desk_is_locked_and_is_for_our_own_pages_alone(reader):
    unlocked = await beat(reader)
    refused = [
        await beat(reader, **TO_A_PAGE),
        await reader.ask("GET", "/beat", headers={**FRAME, "Sec-Fetch-Site": "same-origin"}),
        await reader.ask("GET", "/", headers={**FRAME, "Sec-Fetch-Site": "same-origin"}),
        await reader.ask("GET", "/", headers={**TO_A_PAGE, "Host": reader.services.address.frame_host}),
    ]
    page = await reader.go("/")
    await reader.services.desk.lock()
    locked = await beat(reader)

    assert (unlocked.words, unlocked.headers["Refresh"]) == ("", str(BEAT_SECONDS))
    assert f"frame-ancestors {reader.services.address.origin}" in unlocked.headers["Content-Security-Policy"]
    assert f"frame-src {reader.services.address.frame_origin}" in page.headers["Content-Security-Policy"]
    assert reader.services.address.frame_name != reader.services.address.name
    assert {one.status for one in refused} == {404}
    assert "Låst" in locked.words


# Each page in which somebody writes: the fields of its form, and one that comes back.
WRITTEN = {
    "/write": ("text", {"act": "reply"}),
    "/close": ("text", {"outcome": "outside"}),
    "/note": ("text", {}),
    "/register": ("text", {}),
    "/meet": ("text", {}),
    "/link": ("words", {"number": "123456"}),
    "/move": ("reason", {}),
    "/recuse": ("text", {}),
    "/harm": ("text", {}),
    LEAVES: ("reason", {}),
}
MARK = "Ring kommunjuristen"


@pytest.mark.parametrize("page", WRITTEN)
async def test_what_was_typed_is_there_again_after_lock_and_after_going_on(reader, page):
    field, more = WRITTEN[page]
    path = page if page == LEAVES else f"{reader.case}{page}"
    shown = await reader.go(path)
    assert re.search(rf'<form id="typed" [^>]*action="{path}"', shown.text)
    assert f'formaction="{path}?lock"' in shown.text
    kept = await reader.send(f"{path}?keep", **{field: MARK, **more})
    is_unlocked = reader.services.desk.is_unlocked
    locked = await reader.send(f"{path}?lock", **{field: MARK, **more})
    back = await reader.send("/unlock", passphrase=PASSPHRASE)

    assert is_unlocked
    assert MARK in kept.text
    assert "Lösenfras" in locked.words
    assert MARK not in locked.text
    assert (back.status, reader.at) == (200, path)
    assert MARK in back.text


def test_the_style_sheet_covers_a_page_when_the_desk_locks():
    style = templates().style.decode()
    after = [int(one) for one in re.findall(r"unseen 1s (\d+)s|\bseen 1s (\d+)s", style) for one in one if one]

    assert after == [IDLE_SECONDS, IDLE_SECONDS]
    assert f"seen 120s {IDLE_SECONDS - 120:.0f}s" in style


def test_every_page_keeps_what_is_typed_from_spelling_checkers_and_none_says_otherwise():
    folder = ROOT / "desk" / "templates"
    pages = {path: path.read_text() for path in folder.rglob("*.html")}
    whole = {path for path, text in pages.items() if "<body" in text}
    writing = {
        path
        for path, text in pages.items()
        if re.search(r"<(textarea|input(?![^>]*type=\"(hidden|radio|checkbox|file)\"))", text)
    }

    assert [path.name for path in whole if 'spellcheck="false"' in pages[path]] == ["base.html"]
    assert len(writing) > 10
    assert not writing & whole
    assert "spellcheck" not in "".join(text for path, text in pages.items() if path.name != "base.html")
