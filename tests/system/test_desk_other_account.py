"""Another account of a member's computer: it cannot listen beside the application, and what a forgotten tab tells it."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import tempfile
import time
from pathlib import Path

import pytest
from browsers.chromium import Chromium
from browsers.desk_served import DeskServed, desk_browser
from browsers.firefox import Firefox
from desks.harness import PASSPHRASE
from desks.process import DeskProcess
from networks.conftest_tor import SHORT_FOLDER_PREFIX
from processes.stranger_account import PLACES, OtherAccount

pytestmark = pytest.mark.live

LEAD = 0
BROWSERS = (Chromium, Firefox)
BOTH = [["AF_INET", "127.0.0.1", ["SO_REUSEADDR"]], ["AF_INET6", "::1", ["SO_REUSEADDR"]]]
SECONDS = 20.0
SECONDS_ALONE = 5.0
# TIME_WAIT of Linux, and some.
SECONDS_KEPT = 90.0


@pytest.fixture(scope="module")
def served():
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    with DeskServed(folder) as served:
        yield served
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=BROWSERS, ids=lambda kind: kind.__name__)
def person(request):
    person = desk_browser(request.param)
    try:
        yield person
    finally:
        person.quit()


def application(served, tmp_path) -> DeskProcess:
    return DeskProcess(served.desks.home(LEAD), served.desks.socket, tmp_path)


def unlock(person, desk) -> None:
    person.open(desk.opening)
    person.wait_for('input[name="passphrase"]')
    person.fill("passphrase", PASSPHRASE)
    person.press("/unlock")


def test_another_account_cannot_listen_beside_the_application_and_the_browser_reaches_the_member_s_own(
    served, person, tmp_path
):
    with application(served, tmp_path) as desk, OtherAccount() as other:
        got = other.listen(desk.port, PLACES)
        unlock(person, desk)
        shown = person.text()

    assert set(got) == {"EADDRINUSE"}
    assert "Lås" in shown
    assert "a stranger" not in shown
    assert other.asked == []
    assert os.geteuid() != 0 or other.uid == 65534


def asked_of(address: str, desk: DeskProcess, path: str, cookie: str = "") -> int:
    """The status of a page that a browser goes to, at one of the loopbacks."""
    connection = http.client.HTTPConnection(address, desk.port, timeout=20)
    headers = {"Host": desk.host, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none"}
    connection.request("GET", path, headers={**headers, "Cookie": cookie})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def test_a_forgotten_tab_sends_nothing_by_itself_and_what_is_typed_to_who_listens_there_after_the_end(served, tmp_path):
    with contextlib.ExitStack() as stack:
        other = stack.enter_context(OtherAccount())
        open_in = [
            opened(stack, served, number, kind, tmp_path / kind.__name__) for number, kind in enumerate(BROWSERS)
        ]
        said = [desk.end() for _person, desk in open_in]
        for _person, desk in open_in:
            for place in BOTH:
                until_listening(other, desk.port, place)
        time.sleep(SECONDS_ALONE)
        by_itself = list(other.asked)
        cookies = [after_a_press(person, desk, other) for person, desk in open_in]

    assert by_itself == []
    # The address is another one at each start, and so is the cookie: what the tab sends of its own opens nothing.
    with application(served, tmp_path) as desk:
        assert desk.host not in {one.host for _person, one in open_in}
        assert [asked_of("127.0.0.1", desk, "/unlock", cookie) for cookie in cookies] == [404, 404]
        assert asked_of("::1", desk, desk.opening.removeprefix(desk.origin)) == 200
    # So the one who ends the application is told to close the tab.
    assert all("Close its tab" in one for one in said)


def opened(stack, served, number, kind, folder: Path) -> tuple[Chromium | Firefox, DeskProcess]:
    folder.mkdir()
    desk = stack.enter_context(DeskProcess(served.desks.home(number), served.desks.socket, folder))
    person = desk_browser(kind)
    stack.callback(person.quit)
    person.open(desk.opening)
    person.wait_for('input[name="passphrase"]')
    return person, desk


def until_listening(other: OtherAccount, port: int, place: list) -> None:
    """The kernel keeps a port for a minute where a connection was open at the end."""
    deadline = time.monotonic() + SECONDS_KEPT
    while other.listen(port, [place]) != ["listens"]:
        assert time.monotonic() < deadline, place
        time.sleep(0.5)


def after_a_press(person, desk: DeskProcess, other: OtherAccount) -> str:
    """Type the passphrase into the tab; return the cookie that came to the other account with it."""
    other.asked.clear()
    person.fill("passphrase", PASSPHRASE)
    person._click('form[action="/unlock"] button')  # a press after which none of our pages comes
    deadline = time.monotonic() + SECONDS
    while not (sent := [text for _at, text in other.asked if text.startswith("POST /unlock")]):
        assert time.monotonic() < deadline, other.asked
        time.sleep(0.05)
    assert f"Host: {desk.host}" in sent[0]
    assert sent[0].endswith(f"passphrase={PASSPHRASE.replace(' ', '+')}")
    return re.search(r"(?m)^Cookie: (.*?)\r?$", sent[0])[1]
