"""Two nodes of real Corosync and Pacemaker, in namespaces: the leader is lost while reports come, and another leads.

Each has the real tor, publisher and keeper of a host, and reporters come through a private Tor network. A folder that
both see stands in for the block mirror, and a switch on a socket for the fence device (support/cluster/). `make cluster`
loses the leader twenty times, of two and of three nodes, in every way.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cluster.nodes import IN_A_WORLD

TRIAL = Path(__file__).parents[1] / "support" / "cluster" / "trial.py"


@pytest.mark.live
def test_a_leader_that_is_paused_is_switched_off_before_another_publishes_and_no_report_is_lost(short_folder):
    assert os.geteuid() == 0, "mounts and namespaces take root"
    command = [
        *IN_A_WORLD,
        sys.executable,
        str(TRIAL),
        str(short_folder / "t"),
        "2",
        "paused",
    ]

    done = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=False)

    assert done.returncode == 0, done.stderr[-4000:]
    found = json.loads(done.stdout)
    [paused] = found["losses"]
    # Seen from outside, ten times a second: never two that have the disk, never two with a tor. And, as each tor says at
    # its control port, the one published the tenant's onion, then nobody, then the other.
    assert found["two_at_once"] == []
    assert found["published_by"] == [[paused["from"]], [], [paused["to"]]]
    assert found["looks_at_onions"] > 10
    assert found["would_have_been_seen"]
    assert found["sessions_end_in_words"]
    assert found["looks"] > 50
    assert found["lost"] == {}
    assert found["acknowledged"] >= 3
    assert paused["fenced"] == [paused["from"]]
    assert paused["to"] != paused["from"]
