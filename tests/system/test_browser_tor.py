"""Real browsers over real tor, on the private network: a report with files, a member's answer, the withdrawal.

Firefox is set up as Tor Browser at Safest and Chromium has no scripts. w3m knows nothing but text; it gets its keys at
a terminal, and speaks no SOCKS, so a proxy of ours hands tor the name.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

import pytest
from browsers import reporter
from browsers.chromium import Chromium
from browsers.firefox import Firefox
from browsers.proxy import WebProxy
from browsers.served import Served, example_home
from browsers.w3m import W3m
from browsers.way import OnionWay
from networks.conftest_tor import SHORT_FOLDER_PREFIX

from desk.work import acts
from onion.keys import new_onion_key
from onion.publish import Onion, Publisher
from onion.publisher.onion import HTTP_PORT, HTTPS_PORT
from trusted.case.entry import Attachment, Report, Stream, Withdrawal

pytestmark = pytest.mark.live

ANSWER = "Tack, vi läser din anmälan. Vilket år gäller det?"
SECONDS = 45


@pytest.fixture(scope="module")
def service(keeper_tor):
    """A service whose onion is published on the private network, and the onion's address."""
    key = new_onion_key()
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    made = example_home(folder / "home")
    publisher = Publisher()
    with Served(folder, made, public_host=f"{key.address}.onion") as served:
        served.call(publisher.connect, keeper_tor.control)
        try:
            served.call(publisher.publish, Onion(key, dict.fromkeys((HTTP_PORT, HTTPS_PORT), served.socket)))
            served.call(lambda: publisher.wait_published(key.address, within=SECONDS))
            yield served, f"http://{key.address}.onion"
        finally:
            served.call(publisher.take_down, key.address)
            served.call(publisher.close)
    shutil.rmtree(folder, ignore_errors=True)


async def newest(desks, answer: str = "") -> list:
    """What the reporter's stream of the newest case holds, as a member reads it; she may answer."""
    await desks.release()
    async with desks.desk(0) as book:
        await book.sync()
        known = list(book.state.case_list.cases.values())[-1]
        if answer:
            await acts.do(book, "acknowledge", known.case_id.hex(), answer)
        return [entry.body for entry in (await book.open(known)).streams[Stream.REPORTER]]


@pytest.mark.parametrize("browser", [Firefox, Chromium])
def test_a_browser_without_scripts_files_a_report_with_files_reads_the_answer_and_withdraws(
    service, tor_client, tmp_path, browser
):
    served, origin = service
    text = f"Anmält med {browser.__name__} över Tor."
    with OnionWay(tor_client.socks) as way, browser(way.port) as person:
        reporter.send(person, origin, text, reporter.photographs(tmp_path, 3))
        words = reporter.to_the_code(person)
        bodies = served.call(newest, served.desks, ANSWER)

        reporter.log_in(person, origin, words)
        read = person.text()
        reporter.withdraw(person)
        withdrawn = served.call(newest, served.desks)

    assert [type(body) for body in bodies].count(Attachment) == 3
    assert (type(bodies[0]), bodies[0].text) == (Report, text)
    assert ANSWER in read
    assert any(isinstance(body, Withdrawal) for body in withdrawn)


def test_a_browser_of_text_alone_files_a_report_with_a_file_reads_the_answer_and_withdraws(
    service, tor_client, tmp_path
):
    served, origin = service
    text = "Anmält med w3m över Tor,\npå två rader."
    (photograph,) = reporter.photographs(tmp_path, 1)
    with OnionWay(tor_client.socks) as way, WebProxy(way.port) as proxy:
        with W3m(proxy.port, f"{origin}/report?lang=en") as person:
            person.fill("What happened", text)
            # The last words before the field, for text browsers show what others fold.
            person.choose("Marks made to survive a printout", photograph)
            receipt = person.press("Send the report")
        words = re.findall(r"(?m)^ *\d\. ([a-z]+)$", receipt)
        bodies = served.call(newest, served.desks, ANSWER)

        with W3m(proxy.port, f"{origin}/return?lang=en") as person:
            person.fill_line("Word 1", " ".join(words))
            read = person.press("Open")
            person.press("Withdraw the report")
            person.press("Yes, withdraw it")
            left = person.press("Log out")
        withdrawn = served.call(newest, served.desks)

    assert len(words) == reporter.WORDS
    assert (type(bodies[0]), bodies[0].text.rstrip()) == (Report, text)
    assert [type(body) for body in bodies].count(Attachment) == 1
    assert ANSWER in " ".join(read.split())
    assert any(isinstance(body, Withdrawal) for body in withdrawn)
    assert ANSWER not in " ".join(left.split())
    assert set(way.names) == {origin.removeprefix("http://")}
