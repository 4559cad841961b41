"""`audit live` on an intake that puts on no lock, and with the eyes of an account that is not root."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from pathlib import Path

import pytest
from audits.harness import AS_ROOT, OTHER_ACCOUNT, UNSEEN_HERE, audited, evidence
from audits.installation import make_installation

from audit.live.table import TABLE

ROWS_FOR_ROOT = {row.id for row in TABLE if row.root}

# What a careless or a bought programmer could have left in the intake, in one file of its own installation.
UNLOCKED = """
import os, socket, sys, threading, time
from pathlib import Path
def confine_intake(home):
    os.open("/etc/hostname", os.O_RDONLY)
    open(home / "kallskydd.db").close()
    datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); datagram.detach()
    listener = socket.socket(); listener.bind(("127.0.0.1", 0)); listener.listen(); listener.detach()
    pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM); [one.detach() for one in pair]
    noise = os.open(home.parent / "noise", os.O_WRONLY | os.O_CREAT, 0o600); os.dup2(noise, 2)
    import mmap; os.ftruncate(noise, 4096)
    shared = os.open(home.parent / "noise", os.O_RDWR); sys.kept = mmap.mmap(shared, 4096)
    threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
    import subprocess; sys.child = subprocess.Popen(["sleep", "60"])
    class Locks: complete = True
    return Locks()
"""


@pytest.fixture(scope="module")
def place():
    with tempfile.TemporaryDirectory(prefix="kb-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def unlocked(place):
    """A service whose intake puts on no lock at all and holds what it must not hold."""
    python = make_installation(place / "weak")
    packages = next(python.parent.parent.glob("lib/python3*/site-packages"))
    main = packages / "trusted/web/process.py"
    main.write_text(main.read_text().replace("from trusted.confine.lock import confine_intake\n", UNLOCKED))
    (place / "b").mkdir()
    with audited(place / "b", python) as running:
        yield running.live()


def test_an_intake_without_any_lock_is_found_by_what_everybody_sees(unlocked):
    code, report = unlocked

    assert code == 1
    assert "Seccomp 0, NoNewPrivs 0" in evidence(report, "filter")
    assert "the intake has started process" in evidence(report, "processes")
    assert "trusted/web/process.py" in evidence(report, "own-files")
    if AS_ROOT:
        assert "capabilities 0x" in evidence(report, "privileges")
        assert "whether intake" in evidence(report, "core-dumps", "not seen")
    else:
        assert "/proc/PID belongs to account" in evidence(report, "core-dumps")


def test_what_an_intake_holds_open_is_found_one_by_one(unlocked):
    _, report = unlocked
    # An intake that is not undumpable can be looked into by its own account too.
    found = evidence(report, "intake-descriptors")

    assert "/etc/hostname open as" in found
    assert len(re.findall(r"socket:\[\d+\] open as", found)) == 4  # two of the internet, a pair of datagrams
    assert "noise" in evidence(report, "streams")
    assert "noise" in evidence(report, "mappings")


@pytest.fixture(scope="module")
def ordinary(place):
    """Exit code and report of the account that serves, which is not root, and those of whoever runs the tests."""
    place.chmod(0o711)
    (place / "c").mkdir()
    python = make_installation(place / "open", own_interpreter=AS_ROOT)
    account = ("setpriv", f"--reuid={OTHER_ACCOUNT}", f"--regid={OTHER_ACCOUNT}", "--clear-groups")
    libraries = ("env", f"LD_LIBRARY_PATH={place / 'open' / 'base' / 'lib'}")
    prefix = (*libraries, *account) if AS_ROOT else ()
    with audited(place / "c", python, *prefix) as running:
        command = [
            *prefix,
            str(python),
            "-I",
            "-m",
            "kallskydd",
            "audit",
            "live",
            "--home",
            str(running.home),
            "--json",
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False, cwd="/")
        yield (done.returncode, json.loads(done.stdout)), running.live()


def test_the_services_own_account_sees_all_but_the_rows_of_root(ordinary):
    (code, report), _ = ordinary

    assert code == 1
    assert report["findings"] == []
    assert set(report["not_seen"]) <= ROWS_FOR_ROOT
    assert {"firewall", "intake-descriptors"} <= set(report["not_seen"])
    assert len(report["checks"]) - len(report["not_seen"]) >= 15


def test_root_sees_the_service_of_another_account_whole(ordinary):
    _, (code, report) = ordinary

    assert report["findings"] == []
    assert code == (0 if AS_ROOT and not UNSEEN_HERE else 1)
