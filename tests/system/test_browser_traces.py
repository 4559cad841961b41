"""What stays in a reporter's own browser as it comes from Debian, with scripts: typed text, the code, the inbox.

Text that is not sent yet stays where it was typed; what was sent leads nowhere after logging out; the profile's files
hold neither, whole or packed, at any time.
"""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
import time
from pathlib import Path

import pytest
from browsers import reporter
from browsers.chromium import Chromium
from browsers.firefox import Firefox
from browsers.pages import LONG_TEXT
from browsers.profiles import searched
from browsers.served import Served
from browsers.shelf import ORIGIN
from browsers.way import OnionWay
from code_search import code_in
from conftest_tor import SHORT_FOLDER_PREFIX
from intake_harness import Browser, file_report
from service import new_marker

from cases.entry import Stream
from desk.work import acts

# Firefox writes down what its tabs hold every fifteen seconds; here it shall be every second.
EAGER = {"browser.sessionstore.interval": 1000, "browser.sessionstore.interval.idle": 1000}
WRITTEN_SECONDS = 3.0
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
# form of ours is answered with a page, so there is nothing to keep but addresses that open nothing once it is over.
@pytest.mark.parametrize("start", [stock_firefox, stock_chromium, private_chromium])
def test_the_profile_holds_neither_text_nor_code_at_any_time(served, way, start, tmp_path):
    secret = {
        name: f"{name} {new_marker()} som ingen annan har."
        for name in ("text", "text in another language", "message", "answer")
    }
    found = {}
    with start(way) as person:
        person.open(f"{ORIGIN}/report")
        person.fill("text", secret["text in another language"])
        person.unfold(".languages details")
        person.switch("switch", "en")
        assert person.value("text") == secret["text in another language"]
        found["in another language"] = held(person, secret)
        person.open(f"{ORIGIN}/report")
        person.fill("text", secret["text"])
        found["while typing"] = held(person, secret)
        person.switch("step", "files")
        found["on the page of files"] = held(person, secret)
        reporter.send_files(person, reporter.photographs(tmp_path, 1))
        words = reporter.to_the_code(person)
        shown = f"<bdi>{words[0]}</bdi></li><li><bdi>{words[1]}</bdi>"
        secret |= {"words typed": " ".join(words), "words shown": shown, "handle": handle_on(person)}
        assert shown in person.source()
        found["with the words on the screen"] = held(person, secret)
        # A day and a half pass with it, so the page that asks for the code is opened after.
        served.call(answer, served.desks, secret["text"], secret["answer"])
        person.open(f"{ORIGIN}/return")
        misread = "xq" + "".join(secrets.choice("abcdefgh") for _ in range(12))
        secret |= {"misread word": misread, "words behind it": " ".join(words[1:])}
        person.fill("code", " ".join([misread, *words[1:]]))
        person.press("/return")
        secret["words again"] = f'name="code" value="{words[1]}"'
        assert person.value("code") == misread
        assert secret["words again"] in person.source()
        found["with a misread word on the screen"] = held(person, secret)
        person.fill("code", words[0])
        found["with the words typed"] = held(person, secret)
        person.press("/return")
        read = person.text()
        person.fill("text", secret["message"])
        found["in the inbox"] = held(person, secret)
        person.press("/inbox/write")
        person.press("/inbox/leave")
        person.stop()
        found["after quitting"] = held(person, secret)

    assert secret["answer"] in read
    assert {when: what for when, what in found.items() if what} == {}
    assert len(found) == 8


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


def held(person, secret: dict[str, str]) -> set[tuple[str, str]]:
    """Which of these stands in which file of the profile, once the browser has written what it wants to."""
    time.sleep(WRITTEN_SECONDS)
    one = searched(person.profile, list(secret.values()))
    assert one.looked_at > 10
    return {(what, file) for what, marker in secret.items() for of, file in one.found if of == marker}


def handle_on(person) -> str:
    (first, *_) = re.findall(r'name="handle" value="([^"]+)"', person.source())
    return first


async def answer(desks, text: str, said: str) -> None:
    """A member answers the report that says this."""
    await desks.release()
    async with desks.desk(0) as book:
        await book.sync()
        for known in list(book.state.case_list.cases.values()):
            if (await book.open(known)).streams[Stream.REPORTER][0].body.text == text:
                await acts.do(book, "acknowledge", known.case_id.hex(), said)
                return
    message = "no member got this report"
    raise AssertionError(message)


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
