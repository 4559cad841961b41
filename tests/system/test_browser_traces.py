"""What stays in a reporter's own browser as it comes from Debian, with scripts: typed text, the code, the inbox.

Text that is not sent yet stays where it was typed, also when its files did not get through; what was sent leads nowhere
after logging out; the files of a private window's profile hold neither, whole or packed, at any time.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import time
from pathlib import Path

import pytest
from browsers import reporter
from browsers.chromium import Chromium
from browsers.firefox import Firefox
from browsers.kept import EAGER, WRITTEN_SECONDS, visited
from browsers.pages import LONG_TEXT, telling_photograph
from browsers.profiles import searched
from browsers.served import Served
from browsers.shelf import ORIGIN
from browsers.way import OnionWay
from networks.conftest_tor import SHORT_FOLDER_PREFIX
from visitors.code_search import code_in
from visitors.intake_harness import Browser, file_report

LARGE_BYTES = 6_000_000
STEPS = 4  # from the page after logging out: inbox, code asked for, code shown, report
RESTORED = {"browser.startup.page": 3, "browser.sessionstore.resume_from_crash": True}


@pytest.fixture(scope="module")
def served():
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    with Served(folder) as service:
        yield service
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def way(served):
    with OnionWay(served.socket) as one:
        yield one


def stock_firefox(way: OnionWay, profile: Path | None = None) -> Firefox:
    return Firefox(way.port, safest=False, profile=profile, prefs={**EAGER, **(RESTORED if profile else {})})


def stock_chromium(way: OnionWay, profile: Path | None = None) -> Chromium:
    return Chromium(way.port, scripts=True, profile=profile, options=("--restore-last-session",) if profile else ())


def private_firefox(way: OnionWay) -> Firefox:
    return Firefox(way.port, safest=False, prefs={**EAGER, "browser.privatebrowsing.autostart": True})


def private_chromium(way: OnionWay) -> Chromium:
    # A private window asks before it goes anywhere without TLS; here nobody would answer.
    switches = ("--incognito", "--disable-features=HttpsFirstModeIncognito,HttpsUpgrades,AutofillServerCommunication")
    return Chromium(way.port, scripts=True, options=switches)


STOCK = pytest.mark.parametrize("start", [stock_firefox, stock_chromium])


@pytest.mark.live
@STOCK
def test_typed_text_stays_through_back_reload_and_another_language(way, start):
    text = f"Skrivet men inte skickat, {secrets.token_hex(4)}."
    with start(way) as person:
        person.open(f"{ORIGIN}/")
        person.follow("/report")
        person.fill("text", text)
        person.open(f"{ORIGIN}/protect")
        person.back()
        after_back = person.value("text")
        person.unfold(".languages details")
        person.switch("switch", "en")
        after_switch = (person.value("text"), person.source().split('<html lang="')[1][:2])
        person.reload()
        after_reload = person.value("text")

    assert after_back == text
    assert after_switch == (text, "en")
    assert after_reload == text


def safest_firefox(way: OnionWay) -> Firefox:
    return Firefox(way.port)


@pytest.fixture
def large_file(tmp_path) -> Path:
    """A photograph that is on its way for long; what stands behind a picture is dropped."""
    file = tmp_path / "IMG_1.jpg"
    file.write_bytes(telling_photograph() + os.urandom(LARGE_BYTES))
    return file


def break_off(person, way: OnionWay, file: Path) -> None:
    """Send the form with this file; the connection is reset in the middle of it, and of whatever comes again."""
    person.choose("attachment", file)
    way.breaks_at = way.carried + LARGE_BYTES // 2
    person.fail("act", "send")
    way.breaks_at = None


def break_off_and_go_back(person, way: OnionWay, file: Path) -> None:
    break_off(person, way, file)
    person.back()
    person.wait_for("textarea")


# In Chromium the page that says so takes the place of the form, whose address is its own: there is nothing to go back to.
FIREFOX = pytest.mark.parametrize("start", [safest_firefox, stock_firefox])


@pytest.mark.live
@FIREFOX
def test_after_an_upload_that_broke_off_back_gives_the_text_again_in_every_language(way, start, large_file):
    text = f"Skrivet men inte skickat, {secrets.token_hex(4)}."
    with start(way) as person:
        person.open(f"{ORIGIN}/report")
        person.fill("text", text)
        break_off_and_go_back(person, way, large_file)
        in_the_first = person.value("text")
        person.unfold(".languages details")
        person.switch("switch", "en")
        more = f"{text} And more."
        person.fill("text", more)
        break_off_and_go_back(person, way, large_file)
        in_another = (person.value("text"), language_of(person))
        person.switch("act", "send")
        words = reporter.to_the_code(person)

    assert in_the_first == text
    assert in_another == (more, "en")
    assert len(words) == reporter.WORDS


@pytest.mark.live
def test_in_chromium_a_report_whose_upload_broke_off_is_sent_whole_by_loading_the_page_again(way, large_file):
    text = f"Skrivet men inte skickat, {secrets.token_hex(4)}."
    with stock_chromium(way) as person:
        person.open(f"{ORIGIN}/report")
        person.fill("text", text)
        break_off(person, way, large_file)
        person.reload()
        words = reporter.to_the_code(person)
        reporter.log_in(person, ORIGIN, words)
        inbox = person.text()
        has_file = person.has('form[action="/inbox/file"]')

    assert text in inbox
    assert has_file


@pytest.mark.live
@pytest.mark.parametrize("start", [safest_firefox, stock_firefox, stock_chromium])
def test_after_an_upload_that_broke_off_back_gives_the_message_again_in_the_inbox(way, start, large_file):
    text = f"Skrivet men inte skickat, {secrets.token_hex(4)}."
    with start(way) as person:
        reporter.send(person, ORIGIN, "Kort.")
        reporter.log_in(person, ORIGIN, reporter.to_the_code(person))
        person.fill("text", text)
        break_off_and_go_back(person, way, large_file)
        kept = person.value("text")
        person.switch("act", "send")
        sent = person.text()

    assert kept == text
    assert text in sent


@pytest.mark.live
@STOCK
def test_a_message_stays_through_another_language_and_another_piece_of_what_was_written(served, way, start):
    text = f"Skrivet men inte skickat, {secrets.token_hex(4)}."
    kept = []
    # Nobody types that much here.
    long_report = served.call(file_report, Browser(served.socket), LONG_TEXT)
    with start(way) as person:
        reporter.send(person, ORIGIN, "Kort.")
        words = reporter.to_the_code(person)
        person.unfold(".languages details")
        person.press("/receipt", holding="switch")
        in_other_words = reporter.code_on(person)
        reporter.log_in(person, ORIGIN, long_report.receipt.words)
        person.fill("text", text)
        for field, value in (("switch", "en"), ("before", "0.1"), ("after", "0.1"), ("switch", "sv")):
            if field == "switch":
                person.unfold(".languages details")
            person.switch(field, value)
            kept.append((person.value("text"), language_of(person), "#entries" in person.address))
        person.reload()
        after_reload = person.value("text")

    assert in_other_words == words
    assert kept == [(text, "en", False), (text, "en", True), (text, "en", True), (text, "sv", False)]
    assert after_reload == text


def language_of(person) -> str:
    return person.source().split('<html lang="')[1][:2]


@STOCK
def test_after_logging_out_no_way_back_opens_the_inbox(served, way, start):
    text = f"Skickat, {secrets.token_hex(4)}."
    seen = []
    with start(way) as person:
        reporter.send(person, ORIGIN, text)
        words = reporter.to_the_code(person)
        coded = person.source()
        reporter.log_in(person, ORIGIN, words)
        opened = text in person.text()
        person.press("/inbox/leave")

        person.reload()
        seen.append(person.source())
        for _ in range(STEPS):
            if went(person.back):
                seen.append(person.source())
                person.reload()
                seen.append(person.source())
        seen += [person.source() for _ in range(STEPS) if went(person.forward)]
        person.stop()
        with start(way, person.profile) as restored:
            time.sleep(WRITTEN_SECONDS)
            seen += every_tab(restored)

    assert opened
    assert code_in(coded, words)
    assert len(seen) > 5
    for page in seen:
        assert text not in page
        assert 'action="/inbox/write"' not in page
        assert not code_in(page, words)


# A browser that shows the answer to a POST keeps the form with it, and Chromium writes that into its session's files. No
# form of ours is answered with a page, so there is nothing to keep but addresses that open nothing once it is over. What
# is typed at the onion may be kept by an ordinary window (decision site/0051); tests/system/test_mirror_end_to_end.py
# has the ordinary windows, which are for the mirror.
@pytest.mark.parametrize("start", [private_firefox, private_chromium])
def test_the_profile_of_a_private_window_holds_neither_text_nor_code_at_any_time(served, way, start, tmp_path):
    with start(way) as person:
        found = visited(person, ORIGIN, served, tmp_path)

    assert {when: what for when, what in found.items() if what} == {}


@STOCK
def test_an_address_from_the_history_opens_nothing_after_logging_out(way, start):
    text = f"Skickat, {secrets.token_hex(4)}."
    with start(way) as person:
        reporter.send(person, ORIGIN, text)
        words = reporter.to_the_code(person)
        coded = person.source()
        shown = [person.address]
        reporter.log_in(person, ORIGIN, words)
        shown.append(person.address)
        before = person.text()
        # Not even before, as long as it is the address alone.
        person.open(shown[1])
        by_its_address = person.text()
        person.back()
        person.wait_for('form[action="/inbox/leave"]')
        person.press("/inbox/leave")
        after = []
        for address in shown:
            person.open(address)
            after.append(person.source())

    assert text in before
    assert text not in by_its_address
    assert code_in(coded, words)
    for page in after:
        assert text not in page
        assert not code_in(page, words)
        assert 'action="/return"' in page


@STOCK
def test_the_search_finds_what_a_form_without_protection_leaves(way, start):
    """The control: an address that was visited is in the profile, packed or not."""
    marker = f"mk{secrets.token_hex(8)}"
    with start(way) as person:
        person.open(f"{ORIGIN}/{marker}")
        time.sleep(WRITTEN_SECONDS)
        person.open(f"{ORIGIN}/")
        person.stop()

        assert searched(person.profile, [marker]).found


def went(step) -> bool:
    """Whether there was a page to go to."""
    try:
        step()
    except AssertionError:
        return False
    return True


def every_tab(person) -> list[str]:
    if isinstance(person, Chromium):
        return [person.source()]
    pages = []
    for handle in person.windows():
        person.to_window(handle)
        pages.append(person.source())
    return pages
