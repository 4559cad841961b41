"""The roster as the intake sees it: sealing inspects the folder each time, a page that only shows it once a second."""

import os

import pytest
from visitors.intake_harness import SetClock, make_home

from intake import services
from intake.services import RosterProvider
from trusted.case.errors import RosterFault


@pytest.fixture
def provider(tmp_path):
    return RosterProvider(make_home(tmp_path / "home").home.roster, SetClock())


def test_a_page_that_shows_the_roster_inspects_the_folder_once_a_second(provider, monkeypatch):
    shown = provider.shown()
    inspected = []
    scan = os.scandir
    monkeypatch.setattr(services.os, "scandir", lambda folder: inspected.append(folder) or scan(folder))

    again = [provider.shown() for _ in range(20)]

    assert all(one is shown for one in again)
    assert inspected == []


def test_a_report_is_not_sealed_to_a_roster_that_was_in_order_when_a_page_showed_it(provider, tmp_path):
    assert provider.shown().current is not None
    (tmp_path / "home" / "roster" / "0001.sig").write_text("")

    with pytest.raises(RosterFault):
        provider.open_roster()
    assert provider.shown().current is None


def test_a_page_shows_a_change_after_a_second_and_one_that_the_keeper_tells_at_once(provider, tmp_path, monkeypatch):
    signatures = tmp_path / "home" / "roster" / "0001.sig"
    text = signatures.read_text()
    assert provider.shown().current is not None

    signatures.write_text("")
    provider.forget()
    assert provider.shown().current is None

    signatures.write_text(text)
    monkeypatch.setattr(services, "SHOWN_SECONDS", 0.0)
    assert provider.shown().current is not None
