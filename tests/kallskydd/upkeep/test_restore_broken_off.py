"""A restore that is refused or ended: no key and no share is left on the disk, also not in blocks that were given back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from homes.restore_drill import NOT_WHOLE, Drill, nothing_is_half_restored
from homes.upkeep import both_answers, kallskydd

from cases.backup import rows

SECRET = ("shred.slots", "onion/desk.key", "onion/public.key", "kallskydd.db")
# The command itself, held where everything has been written.
HELD = """
import pathlib, sys, time
from cases.backup import rows
reached = pathlib.Path(sys.argv.pop(1))
rows.count_cases = lambda home: (reached.touch(), time.sleep(60))
from kallskydd.__main__ import main
sys.exit(main())
"""


def test_what_a_refused_restore_wrote_is_overwritten_before_it_is_removed(drill: Drill, monkeypatch):
    answers = both_answers(drill.new, drill.out, drill.desks(), "--slots", drill.slots)
    written: dict[str, bytes] = {}
    held: dict[str, int] = {}

    def refuses(home: Path) -> int:
        written.update({name: (home / name).read_bytes() for name in SECRET})
        held.update({name: os.open(home / name, os.O_RDONLY) for name in SECRET})
        return -1

    monkeypatch.setattr(rows, "count_cases", refuses)
    refused = kallskydd(
        "restore", "--home", drill.new, "--from", drill.out, "--slots", drill.slots, *answers, check=False
    )  # fmt: skip
    left = {name: os.pread(descriptor, 2**24, 0) for name, descriptor in held.items()}
    for descriptor in held.values():
        os.close(descriptor)

    assert refused.returncode == 3
    assert NOT_WHOLE in refused.stderr
    assert nothing_is_half_restored(drill)
    for name in SECRET:
        pieces = [written[name][at : at + 32] for at in range(0, len(written[name]), 32)]
        assert not [one for one in pieces if any(one) and one in left[name]], name


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_leaves_the_question_alone(drill: Drill, number: signal.Signals):
    answers = both_answers(drill.new, drill.out, drill.desks(), "--slots", drill.slots)
    reached = drill.folder / "reached"
    words = ["restore", "--home", drill.new, "--from", drill.out, "--slots", drill.slots, *answers]
    running = subprocess.Popen([sys.executable, "-c", HELD, reached, *map(str, words)], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while not reached.exists() and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    running.send_signal(number)
    running.communicate(timeout=20)

    assert reached.exists()
    assert running.returncode != 0
    assert nothing_is_half_restored(drill)
    assert kallskydd(*words).returncode == 0


def test_the_share_of_a_case_that_was_erased_since_never_lies_in_a_slot(drill: Drill, monkeypatch):
    taken: list[bytes] = []
    monkeypatch.setattr(rows, "_write_slots", lambda _path, pairs: taken.extend(share for share, _slot in pairs))
    rows_of = drill.folder / "rows"
    rows_of.mkdir()
    (rows_of / "kallskydd.db").write_bytes((drill.out / "kallskydd.db").read_bytes())
    with rows.contextlib.closing(rows.sqlite3.connect(rows_of / "kallskydd.db")) as copy:
        cases = [case.hex() for (case,) in copy.execute("SELECT case_id FROM cases")]
    shares = {case: bytes([place + 1]) * 32 for place, case in enumerate(cases)}

    without = rows.put_in_place(rows_of, bytes(16), shares, {cases[0]})

    assert without == 0
    assert len(taken) == len(cases)
    assert shares[cases[0]] not in taken
    assert shares[cases[1]] in taken
