"""Every button and link of the reporter's pages does what its label promises, in the browsers that people have.

The table is tests/support/browsers/walk/promises.py. The browsers walk side by side, each in an intake of its own.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from browsers.chromium import Chromium
from browsers.firefox import Firefox
from browsers.proxy import WebProxy
from browsers.walk.hands import hands_of
from browsers.walk.promises import LEAVE, STATES, TEXT, WRITE, State, to
from browsers.walk.states import WAYS, Visit
from browsers.walk.stations import Stations
from browsers.walk.text_hands import TextHands
from browsers.walk.walker import Tally, Walk
from browsers.way import OnionWay
from networks.conftest_tor import SHORT_FOLDER_PREFIX
from networks.mirror_harness import NAME

pytestmark = pytest.mark.live

SECONDS = 300.0


def safest_firefox(way: OnionWay, _: Stations) -> Firefox:
    return Firefox(way.port)


def stock_firefox(way: OnionWay, stations: Stations) -> Firefox:
    person = Firefox(way.port, safest=False)
    person.trust((stations.authority.folder / "ca.pem").read_bytes())
    return person


def chromium(way: OnionWay, stations: Stations) -> Chromium:
    return Chromium(way.port, options=(f"--ignore-certificate-errors-spki-list={stations.key_hash()}",))


BROWSERS: Mapping[str, Callable[[OnionWay, Stations], Firefox | Chromium]] = {
    "Firefox at Safest": safest_firefox,
    "Firefox": stock_firefox,
    "Chromium": chromium,
}
TEXT_BROWSER = "w3m"
IN_TEXT = ("report: text and a file", "report: stopped")
ALL = [*BROWSERS, TEXT_BROWSER]
# A service of its own, for the walk that is led astray.
ASTRAY = "astray"
# What is on the page and in no row, what is in a row and not on the page, and a button that does more than it says.
FALSE = State(
    "report: text and a file",
    WRITE,
    {**LEAVE, "Change the text": to(), "Send the report": to(), "Taking long? See how far it has come": to()},
    typed=TEXT,
    files=1,
)


def comes(name: str, state: State) -> bool:
    """Nobody comes to the mirror at Safest: it is for those who have no Tor Browser."""
    return not (state.name.startswith("mirror") and BROWSERS[name] is safest_firefox)


def is_of(name: str, state: State, number: int) -> bool:
    """Whether this press falls to this browser."""
    come = [one for one in BROWSERS if comes(one, state)]
    return state.in_each or come[(number + STATES.index(state)) % len(come)] == name


def walked(name: str, stations: Stations) -> Tally:
    station = stations[name]
    mirror = (NAME, station.mirror.socket)
    with (
        OnionWay(station.intake.public_socket, mirror=mirror) as way,
        BROWSERS[name](way, stations) as person,
    ):
        visit = Visit(person, station)
        walk = Walk(name, hands_of(person), station, visit.enter, partial(is_of, name))
        for state in STATES:
            if comes(name, state):
                walk.state(state)
    return walk.tally


def walked_in_text(name: str, stations: Stations) -> Tally:
    """With w3m, which is slow to drive, and where a button of another language cannot bring the form along."""
    station = stations[name]
    with (
        OnionWay(station.intake.public_socket) as way,
        WebProxy(way.port) as proxy,
        TextHands(proxy.port, station) as hands,
    ):
        walk = Walk(name, hands, station, hands.enter, lambda *_: True)
        for state in STATES:
            if state.name in IN_TEXT:
                walk.state(state)
    return walk.tally


@pytest.fixture(scope="module")
def stations():
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    with Stations(folder, [*ALL, ASTRAY]) as made:
        yield made
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def walks(stations):
    """What each browser's walk comes to."""
    with ThreadPoolExecutor(len(ALL)) as pool:
        yield {name: pool.submit(walked if name in BROWSERS else walked_in_text, name, stations) for name in ALL}


@pytest.mark.parametrize("name", ALL)
def test_every_press_does_what_its_label_promises(walks: Mapping[str, Future[Tally]], name):
    tally = walks[name].result(SECONDS)
    print(f"{name}: {tally.states} states, {tally.presses} presses, {tally.seconds:.0f} s")

    assert tally.wrong == [], "\n" + "\n".join(tally.wrong)


def test_every_row_of_the_table_has_been_pressed(walks: Mapping[str, Future[Tally]]):
    pressed = set().union(*(walk.result(SECONDS).pressed for walk in walks.values()))

    assert {(state.name, label) for state in STATES for label in state.promises} - pressed == set()


def test_every_state_has_a_way_to_it():
    assert set(WAYS) == {state.name for state in STATES}


def test_the_walk_sees_a_button_that_does_more_than_it_says_and_one_that_is_in_no_row(stations):
    station = stations[ASTRAY]
    with OnionWay(station.intake.public_socket) as way, chromium(way, stations) as person:
        walk = Walk("Chromium", hands_of(person), station, Visit(person, station).enter, lambda *_: True)
        walk.state(FALSE)

    found = " ".join(walk.tally.wrong)
    assert "[Svenska]: is on the page and in no row" in found
    assert "[Change the text]: is in the table and not on the page" in found
    assert "[Send the report]: stored {'cases': 1, 'entries': 3, 'files': 1}, and its label promises nothing" in found
    assert "[Send the report]: leads to 'The report is received' and not 'Write a report'" in found
    assert "[Leave this site]" not in found
