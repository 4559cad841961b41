"""The first start in a real Chromium: from an empty folder to a list that waits for a signature; axe on the way."""

from __future__ import annotations

import functools
import pprint
import re
import shutil
import tempfile
from pathlib import Path

import pytest
from browsers.chromium import Chromium
from browsers.desk_served import DeskServed, desk_browser
from browsers.looks import CONTRAST, CONTRAST_LARGE, TARGET_PIXELS, axe, change, measure
from desks.harness import CHEAP
from networks.conftest_tor import SHORT_FOLDER_PREFIX
from visitors.intake_harness import NOON

from cases.roster.chain import parse_roster, propose, render
from cases.roster.member import read_join, seal_member_keys
from desk.keep import keyfile
from desk.keep.keyfile import DeskHome

pytestmark = pytest.mark.live

PASSPHRASE = "fyra ord hör inte ihop"
COMBINATIONS = ((1280, False), (320, True))


@pytest.fixture
def served(monkeypatch):
    # One guess costs next to nothing here.
    monkeypatch.setattr(keyfile, "seal_member_keys", functools.partial(seal_member_keys, cost=CHEAP))
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    with DeskServed(folder) as served:
        yield served
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def person():
    browser = desk_browser(Chromium)
    try:
        # Our pages forbid scripts; axe is one.
        browser.do("Page.setBypassCSP", enabled=True)
        yield browser
    finally:
        browser.quit()


def wrong_on(person: Chromium) -> list[str]:
    found = []
    for width, dark in COMBINATIONS:
        change(person, width=width, dark=dark)
        wrong = [
            *axe(person),
            *measure(person, "overflow()"),
            *measure(person, f"contrast({CONTRAST}, {CONTRAST_LARGE})"),
        ]
        wrong += measure(person, f"targets({TARGET_PIXELS})") if width == COMBINATIONS[-1][0] else []
        found += [f"{person.address.rpartition('/')[2]} {width} {one}" for one in wrong]
    change(person, width=1280, dark=False)
    return found


def test_a_newcomer_comes_from_an_empty_folder_to_the_list_that_waits_for_her(served, person):
    home = DeskHome(served.desks.folder / "new")
    application = served.application(0, home=home)
    person.open(application.opening)
    person.wait_for('input[name="again"]')
    wrong = wrong_on(person)

    fill(person, again="något annat alldeles")
    assert "Lösenfraserna är olika." in person.text()
    assert person.evaluate("document.activeElement.name") == "again"
    assert person.value("name") == "Åsa Ny"
    wrong += wrong_on(person)
    fill(person, again=PASSPHRASE)
    words = re.findall(r"^(?:\d\. )?([a-z]{4,8})$", person.text(), re.MULTILINE)
    assert "Din nyckel är klar" in person.text()
    wrong += wrong_on(person)

    propose_with(served, home)
    person.open(application.origin + "/join")
    wrong += wrong_on(person)
    person.fill("address", f"{served.desks.address}.onion")
    person.press("/join")
    person.wait_for('input[name="passphrase"]')
    person.fill("passphrase", PASSPHRASE)
    person.press("/unlock")
    person.open(application.origin + "/members")
    wrong += wrong_on(person)

    assert "Det gäller dig, så de andra avgör." in person.text()
    assert len(words) == 6
    assert " · ".join(words) in person.text()
    assert not wrong, pprint.pformat(wrong, width=160)


def fill(person: Chromium, *, again: str) -> None:
    person.fill("name", "Åsa Ny")
    person.tick("role", "handler")
    person.fill("label", "Ekonomichef")
    person.fill("passphrase", PASSPHRASE)
    person.fill("again", again)
    person.press("/enrol")
    person.wait_for("h1")


def propose_with(served: DeskServed, home: DeskHome) -> None:
    """What the operator's `kallskydd roster --add` does with the file."""
    before = served.desks.roster
    text = render(
        version=before.version + 1,
        previous=before.digest,
        home=before.home,
        organisations=before.organisations,
        members=(*before.members, read_join(home.join.read_text("utf-8")).member),
        proposed=NOON.date(),
    )
    propose(served.desks.made.home.roster, parse_roster(text), NOON.date())
