"""Upgrades in rings: who comes when, where it stops, and that it goes on there; under a real systemd: `make rehearsal-host`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kallskydd.hosting import rings
from kallskydd.hosting.machine import TENANTS, Machine, TenantAccount
from kallskydd.hosting.rings import rings_of, upgrade
from kallskydd.status.host import standing
from kallskydd.upkeep.days import last_backup

NAMES = ("avesta", "borlange", "falun", "gagnef", "hedemora", "ludvika", "mora", "orsa", "rattvik", "sater", "vansbro")


class Host:
    """A host whose systemd is written down: since when each unit runs, and what its `status` says."""

    def __init__(self, monkeypatch, root: Path) -> None:
        self.asked: list[str] = []
        self.runs_new: set[str] = set()
        self.troubles: dict[str, set[str]] = {}
        self.spoils: set[str] = set()
        self.machine = Machine(root)
        for name in NAMES:
            home = self.machine.home(name)
            home.mkdir(parents=True)
            (home / "config.toml").touch()
        monkeypatch.setattr(Machine, "systemctl", lambda _machine, *words, **_more: self._systemctl(*words))
        monkeypatch.setattr(Machine, "account", lambda _machine, name: TenantAccount(name, 20_001, 20_001))
        monkeypatch.setattr(
            Machine, "as_account", lambda _machine, account, *_words, **_more: self._upgrade(account.name)
        )
        monkeypatch.setattr(Machine, "told_by", lambda _machine, account, *_words: self._status(account.name))

    def _systemctl(self, *words: str) -> str:
        name = words[-1].removeprefix("kallskydd@").removesuffix(".service")
        if words[0] == "show":
            return "@99999999999\n" if name in self.runs_new else "@0\n"
        if words[0] == "start":
            self.runs_new.add(name)
            self.asked.append(name)
        return ""

    def _upgrade(self, name: str) -> int:
        return 0

    def _status(self, name: str) -> str:
        ill = self.troubles.get(name, set()) | ({"slots"} if name in self.spoils & self.runs_new else set())
        return json.dumps({"trial": False, **{what: {"well": what not in ill} for what in ("disk", "slots", "onion")}})

    def takes(self, most: int = 3, first: str | None = None):
        return upgrade(self.machine, first, most, lambda _words: None, seconds=0.01)


@pytest.fixture
def host(monkeypatch, tmp_path) -> Host:
    monkeypatch.setattr(rings.os, "cpu_count", lambda: 1)
    return Host(monkeypatch, tmp_path)


def test_one_then_a_tenth_then_the_rest():
    assert [len(ring) for ring in rings_of(list(NAMES), "falun")] == [1, 2, 8]
    assert rings_of(list(NAMES), "falun")[0] == ["falun"]
    assert rings_of(["falun"], None) == [["falun"]]
    assert rings_of([], None) == []


def test_a_ring_at_a_time_and_the_next_run_goes_on_where_it_was(host):
    assert host.takes(1, "falun").done == ("falun",)
    second = host.takes(2, "falun")
    last = host.takes(3, "falun")

    assert (second.done, len(second.left)) == (("avesta", "borlange", "falun"), 8)
    assert (last.done, last.left, last.ill) == (NAMES, (), {})
    assert host.asked == ["falun", "avesta", "borlange", *(name for name in NAMES[3:])]


def test_it_stops_at_the_first_that_is_not_well_and_not_for_what_was_so_before(host):
    host.troubles = {"avesta": {"onion"}}
    host.spoils = {"borlange"}

    made = host.takes()

    assert made.done == ("avesta",)
    assert made.ill == {"borlange": "Not well since: slots."}
    assert made.left == NAMES[2:]
    assert host.asked == ["avesta", "borlange"]


def test_a_home_that_cannot_be_upgraded_is_started_as_it_was_and_nothing_else_is_touched(host, monkeypatch):
    monkeypatch.setattr(Machine, "as_account", lambda *_words, **_more: 3)

    made = host.takes()

    assert made.ill == {"avesta": "Its home was not upgraded, and is as it was."}
    assert host.asked == ["avesta"]


def test_monitoring_is_told_version_and_last_backup_of_each(host):
    (host.machine.home("falun") / "backup.day").write_text("2026-12-01\n")
    host.runs_new.add("falun")
    (host.machine.home("mora") / "backup.day").symlink_to(host.machine.path(TENANTS) / "falun/home/backup.day")

    assert standing(host.machine, "falun") == {"served": True, "version": "unknown", "backup": "2026-12-01"}
    assert standing(host.machine, "mora") == {"served": True, "version": "earlier", "backup": None}
    assert last_backup(host.machine.home("orsa")) is None
