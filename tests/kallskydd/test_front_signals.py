"""A command that is told to end tidies up; an audit that gets no answer from tor says so."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from processes.service import KALLSKYDD

from audit.live.checks import tor as checks_tor


def test_a_check_of_the_demo_that_is_ended_leaves_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([*KALLSKYDD, "demo", "--check"], env=environment, stderr=subprocess.PIPE) as check:
        ends = time.monotonic() + 30
        while not list(tmp_path.iterdir()) and time.monotonic() < ends:
            time.sleep(0.05)
        time.sleep(2)
        check.send_signal(signal.SIGTERM)
        check.communicate(timeout=60)

    assert check.returncode == 130
    assert list(tmp_path.iterdir()) == []


# stem leaves the socket that it could not connect to the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_tor_that_does_not_answer_is_not_seen(tmp_path: Path) -> None:
    missed: list[str] = []
    look = SimpleNamespace(missed=missed.append)

    with checks_tor._asked(look, SimpleNamespace(control_socket=tmp_path / "none.sock")) as controller:
        assert controller is None

    gc.collect()
    assert len(missed) == 1
