"""The table of `audit mirror`, its words, and what is judged without a mirror: torrc, units, conntrack, accounting."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from audit.language import swedish
from audit.mirror import proxy_table
from audit.mirror.checks.computer import check_accounting, check_conntrack
from audit.mirror.checks.settings import check_units, torrc_problems
from audit.mirror.planted import Planted, choose_sources, without_chance
from audit.mirror.scene import MirrorScene, ProxyProgram
from audit.mirror.table import BY_HAND_FIRST, MIRROR, TABLE
from audit.observe.proc import Process
from audit.verdict import Inspection

PROJECT = Path(__file__).parents[3]
FOLDER = PROJECT / "audit" / "mirror"


def test_every_row_has_a_check_two_titles_and_a_line_by_hand_that_is_shell():
    assert all(row.check and row.title in swedish() and row.by_hand for row in TABLE)
    for text in (BY_HAND_FIRST, *(row.by_hand for row in TABLE)):
        subprocess.run(["bash", "-n", "-c", text], check=True, capture_output=True)
    assert {MIRROR.assertion, *MIRROR.not_covered} <= swedish().keys()


def test_every_sentence_and_word_is_in_swedish():
    templates, words = set(), set()
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            if called in {"inspection.saw", "inspection.found", "inspection.missed"}:
                templates.add(ast.literal_eval(node.args[0]))
            if called == "inspection.require":
                templates.add(ast.literal_eval(node.args[1]))
            if called in {"self._step", "self._look", "watch.look"} and isinstance(node.args[0], ast.Constant):
                words.add(node.args[0].value)
            if called == "ProxyRule":
                words.add(ast.unparse(node.args[1]).strip("'\""))

    words = {proxy_table._FOLDER_IN_MEMORY if one == "_FOLDER_IN_MEMORY" else one for one in words}
    words |= {one.partition("|")[0] for one in Planted(sources=["127.0.0.1"]).in_memory()}
    assert len(templates) > 40
    assert sorted(templates - swedish().keys()) == []
    assert sorted(one for one in words - swedish().keys() if " " in one) == []


def test_the_torrc_that_is_shipped_passes_and_what_it_lacks_or_has_besides_is_found():
    text = (PROJECT / "deploy/torrc-relay").read_text()

    assert torrc_problems(text) == []
    for old, new in (
        ("SafeLogging 1", "SafeLogging 0"), ("SafeLogging 1\n", ""), ("Log warn stdout", "Log info file /var/log/tor"),
        ("OnionTrafficOnly", ""), ("127.0.0.1:9170", "0.0.0.0:9170"), ("ClientOnly 1", "ClientOnly 1\nControlPort 9051"),
    ):  # fmt: skip
        assert old in text
        assert torrc_problems(text.replace(old, new)) != []


def units(tmp_path: Path, unit: Path, drop_in: str = "") -> str:
    """The row `units` for a process of this unit."""
    (tmp_path / "proc/77").mkdir(parents=True)
    (tmp_path / "proc/77/cgroup").write_text(f"0::/system.slice/{unit.name.removesuffix('.conf')}\n")
    folder = tmp_path / "etc/systemd/system"
    folder.mkdir(parents=True)
    shutil.copy(unit, folder / unit.name.removesuffix(".conf"))
    if drop_in:
        (folder / f"{unit.name.removesuffix('.conf')}.d").mkdir()
        (folder / f"{unit.name.removesuffix('.conf')}.d/more.conf").write_text(f"[Service]\n{drop_in}\n")
    inspection = Inspection()
    check_units(inspection, MirrorScene((ProxyProgram("caddy", Process(77), ()),), tmp_path))
    return str(inspection.verdict)


@pytest.mark.parametrize(
    "unit", ["systemd/relay/kallskydd-relay.service", "systemd/relay/kallskydd-relay-tor.service", "proxy/nginx.service.conf",
             "proxy/caddy.service.conf"],
)  # fmt: skip
def test_a_unit_that_is_shipped_passes(unit, tmp_path):
    assert units(tmp_path, PROJECT / "deploy" / unit) == "clean"


@pytest.mark.parametrize(
    "line", ["StandardError=journal", "IPAccounting=yes", "InaccessiblePaths=", "MemorySwapMax=1G"]
)
def test_a_drop_in_that_weakens_a_unit_is_found(line, tmp_path):
    assert units(tmp_path, PROJECT / "deploy/systemd/relay/kallskydd-relay.service", line) == "finding"


@pytest.mark.parametrize(
    ("files", "verdict"),
    [
        ({}, "clean"),
        ({"proc/sys/net/netfilter/nf_conntrack_count": "3"}, "finding"),
        ({"proc/sys/net/netfilter/nf_conntrack_acct": "1"}, "finding"),
        ({"proc/sys/net/ipv4/tcp_no_metrics_save": "0"}, "finding"),
        ({"proc/sys/net/ipv4/tcp_no_metrics_save": "1"}, "clean"),
        ({"proc/net/nf_conntrack": "ipv4 2 tcp 6 117 TIME_WAIT src=127.77.13.201 dst=127.0.0.1 sport=5"}, "finding"),
    ],
)
def test_connections_that_the_kernel_keeps_are_found(files, verdict, tmp_path):
    for name, text in {"proc/sys/kernel/x": "", **files}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    inspection, planted = Inspection(), Planted()
    planted.sources = ["127.77.13.201"]

    check_conntrack(inspection, MirrorScene((), tmp_path), planted)

    assert str(inspection.verdict) == verdict
    assert not [one for one in inspection.evidence if one.text().endswith("= -")]


@pytest.mark.parametrize(
    ("found", "left"),
    [
        ({"a planted address|127.40.41.42 packed"}, 0),
        ({"a planted address|127.40.41.42 packed", "a planted address|127.40.41.42 reversed"}, 0),
        ({"a planted address|127.40.41.42 packed", "a planted address|127.50.51.52 reversed"}, 2),
        ({"a planted address|127.40.41.42 packed", "the planted text"}, 1),
        ({"a planted address|127.40.41.42 text"}, 1),
        ({"a planted address|127.40.41.42 40123"}, 1),
    ],
)
def test_four_bytes_of_one_address_are_chance_and_of_two_are_not(found, left):
    assert len(without_chance(found)) == left


def test_an_address_that_stands_in_the_memory_of_any_process_of_the_relay_is_not_planted(monkeypatch):
    parent, worker = Process(1), Process(2)
    regions = {1: b"-127.40.40.40-", 2: bytes([43, 42, 41, 127])}
    drawn = iter([40, 40, 40, 41, 42, 43, *range(100, 130)])
    monkeypatch.setattr("audit.mirror.planted._byte", lambda: next(drawn))
    monkeypatch.setattr("audit.mirror.planted.memory", lambda process: [regions[process.pid]])
    planted = Planted()

    choose_sources(planted, MirrorScene((ProxyProgram("relay", parent, (worker,)),), Path("/")), ("127.0.0.1", 443))

    assert len(planted.sources) == 8
    assert not {"127.40.40.40", "127.41.42.43"} & set(planted.sources)


@pytest.mark.parametrize(
    ("modules", "account", "verdict"),
    [("", False, "clean"), ("ipt_NETFLOW 1 0", False, "finding"), ("", True, "finding"), (None, False, "not seen")],
)
def test_what_counts_visitors_or_processes_is_found(modules, account, verdict, tmp_path):
    (tmp_path / "proc").mkdir()
    if modules is not None:
        (tmp_path / "proc/modules").write_text(modules)
    if account:
        (tmp_path / "var/log/account").mkdir(parents=True)
        (tmp_path / "var/log/account/pacct").touch()
    inspection = Inspection()

    check_accounting(inspection, MirrorScene((), tmp_path))

    assert str(inspection.verdict) == verdict


def test_values_of_a_template_are_the_same_in_swedish():
    fields = re.compile(r"\{(\w+)\}")
    assert [
        one for one, other in swedish().items() if sorted(fields.findall(one)) != sorted(fields.findall(other))
    ] == []
