"""`audit mirror` on a relay's host: the relay passes, each fault that is planted into it is found, and no doubt is clean.

The relay is the installed one, the closed list of modules alone. A fault is a change of its text, or of how it closes
itself where that would have refused the fault.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from audits.harness import UNSEEN_HERE
from audits.mirror import NAME, Mirror, page_missing, said, verdicts

from audit.mirror.command import MIRROR, examined
from audit.mirror.run import Asked
from audit.report.html import as_html
from scripts import install_relay_program

PROJECT = Path(__file__).parents[3]
NO_LOCKS = ("trusted/relay/process.py", "    if not locks.complete:\n        return UNSAFE\n", "")
# The filter as it is refuses every one of these, so it has to go first.
OPEN = ("trusted/relay/process.py", "        locks = confine_relay(inherited.socks_port, RELAY_LIMITS.descriptors)\n    except",
        "        pass\n    except")  # fmt: skip
VISIT = "        try:\n            with contextlib.suppress(OSError), browser:\n"
KEPT = ("trusted/relay/door.py", "_PAUSE_SECONDS = 0.05\n", "_PAUSE_SECONDS = 0.05\nKEPT = []\n")


def at_a_visit(line: str) -> tuple[str, str, str]:
    """This line, when a visit begins."""
    return ("trusted/relay/door.py", VISIT, f"        {line}\n{VISIT}")


# Name: the changes, the row that finds it, and a part of its sentence.
FAULTS = {
    "an address kept in a list": (
        [OPEN, NO_LOCKS, KEPT, at_a_visit("KEPT.append(browser.getpeername()[0])")], "memory", ": a planted address",
    ),
    "an address kept packed, in a dictionary of counts": (
        [OPEN, NO_LOCKS, KEPT, at_a_visit("KEPT.append(socket.inet_aton(browser.getpeername()[0]))")],
        "memory", ": a planted address",
    ),
    "an address kept in hexadecimal": (
        [OPEN, NO_LOCKS, KEPT, at_a_visit("KEPT.append(socket.inet_aton(browser.getpeername()[0]).hex())")],
        "memory", ": a planted address",
    ),
    "a body kept": (
        [("trusted/relay/link.py", "            moved(size)\n", "            moved(size)\n            KEPT.append(bytes(view[:size]))\n"),
         ("trusted/relay/link.py", "async def link(", "KEPT = []\n\n\nasync def link(")],
        "memory", "samples of what was sent",
    ),
    "greetings kept": (
        [("trusted/relay/server.py", "class Relay(", "KEPT = []\n\n\nclass Relay("),
         ("trusted/relay/server.py", "                return data\n", "                KEPT.append(data)\n                return data\n")],
        "memory", "and the greetings of",
    ),
    "what came to port 80 kept": (
        [("trusted/relay/redirect.py", "class Redirect(", "KEPT = []\n\n\nclass Redirect("),
         ("trusted/relay/redirect.py", "            buffer[:] = bytes(len(buffer))\n", "            KEPT.append(buffer)\n")],
        "memory", "the planted browser",
    ),
    "a datagram to a daemon of logs": (
        [OPEN, NO_LOCKS, KEPT, at_a_visit("KEPT.append(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))")],
        "descriptors", "has open: ",
    ),
    "a packet to somebody else": (
        [OPEN, NO_LOCKS, KEPT, at_a_visit("KEPT.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM));"
                                          " KEPT[-1].connect(('127.0.0.1', 9))")],
        "descriptors", "has open: ",
    ),
}  # fmt: skip

# What is told apart by its sentence, all in one relay.
AT_ONCE = {
    "a line of log on standard error": (
        [("kallskydd/commands/relay.py", "        stderr=subprocess.DEVNULL,\n", ""),
         at_a_visit("import sys; print('a visit', file=sys.stderr, flush=True)")],
        "descriptors", "has open: 2 ",
    ),
    "an address in a log file": (
        [at_a_visit("print(browser.getpeername(), file=open('{folder}/var/log/relay', 'a'), flush=True)")],
        "files", "var/log/relay holds a planted address",
    ),
    "an address in a file without a name": (
        [KEPT, at_a_visit(
            "import os; KEPT.append(os.open('{folder}/tmp', os.O_TMPFILE | os.O_RDWR));"
            " os.write(KEPT[-1], browser.getpeername()[0].encode())")],
        "descriptors", "(deleted) holds a planted address",
    ),
    "memory of its own as a file": (
        [at_a_visit("import os; KEPT.append(os.memfd_create('kept'))")],
        "descriptors", "/memfd:kept (deleted)",
    ),
    "no filter": ([OPEN, NO_LOCKS], "locks", "Seccomp 0"),
}  # fmt: skip


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed") / "relay"
    install_relay_program.main(folder, folder)
    return folder


@contextlib.contextmanager
def planted(program: Path, changes: list[tuple[str, str, str]], folder: Path):
    """The installed relay with a fault in it, and afterwards as it was."""
    (packages,) = program.glob("lib/python*/site-packages")
    kept = {name: (packages / name).read_text() for name, _, _ in changes}
    if OPEN in changes:
        (program / "no-filter").touch()
    try:
        for name, old, new in changes:
            text = (packages / name).read_text()
            assert text.count(old) == 1, (name, old)
            (packages / name).write_text(text.replace(old, new.replace("{folder}", str(folder))))
        yield
    finally:
        for name, text in kept.items():
            (packages / name).write_text(text)
        (program / "no-filter").unlink(missing_ok=True)


async def test_the_installed_relay_passes(program, mirror_folder):
    mirror = Mirror(mirror_folder)
    async with mirror.up(), mirror.relay(program) as pid:
        report = await mirror.audit(pid)
        page = as_html(examined(report, Asked(pids=(pid,))), "sv", {"mirror": MIRROR})

    not_clean = {row: said(report, row) for row, verdict in verdicts(report).items() if verdict != "clean"}
    # It was started by hand, and its SOCKS is the test's own.
    assert set(not_clean) == {"units", "torrc"} | UNSEEN_HERE, not_clean
    assert "a whole upload: times 8, outcome 404" in said(report, "requests")
    assert "a visit without what is behind: times 1, outcome no answer" in said(report, "requests")
    assert "a visit without https: times 1, outcome 301" in said(report, "requests")
    assert "Påstående 2 om spegeln" in page
    assert "reläets minne" not in page
    assert "Kan intygas med anmärkningar" in page
    assert f"<dd>{NAME}</dd>" in page
    assert report.as_object()["audit"] == "mirror"


@pytest.mark.parametrize("name", [*FAULTS, "at once"])
async def test_a_fault_in_the_relay_is_found(name, program, mirror_folder):
    faults = AT_ONCE if name == "at once" else {name: FAULTS[name]}
    changes = [change for found, _, _ in faults.values() for change in found]
    mirror = Mirror(mirror_folder)
    with planted(program, changes, mirror_folder):
        async with mirror.up(), mirror.relay(program, output=mirror_folder / "output") as pid:
            report = await mirror.audit(pid, stop=None, start=None)

    for _, row, sentence in faults.values():
        findings = [line for line in said(report, row).splitlines() if line.startswith("finding: ")]
        assert any(sentence in line for line in findings), said(report, row)
        assert verdicts(report)[row] == "finding"


async def closed_at_once(_reader, writer):
    writer.transport.abort()


async def test_visits_that_did_not_do_what_they_should_make_what_follows_void(program, mirror_folder):
    mirror = Mirror(mirror_folder)
    async with mirror.up(closed_at_once), mirror.relay(program) as pid:
        report = await mirror.audit(pid)

    assert {verdicts(report)[row] for row in ("requests", "descriptors", "files", "memory")} == {"void"}
    assert str(report.verdict) == "void"


async def test_a_certificate_that_is_not_believed_makes_it_void(program, mirror_folder):
    mirror = Mirror(mirror_folder)
    async with mirror.up(), mirror.relay(program) as pid:
        report = await mirror.audit(pid, trusted=Path("/etc/ssl/certs/ca-certificates.crt"), stop=None, start=None)

    assert verdicts(report)["memory"] == "void"
    assert "a whole upload did not go as it should: SSLCertVerificationError" in said(report, "requests")


async def test_a_backend_that_answers_though_it_was_stopped_makes_it_void(program, mirror_folder):
    mirror = Mirror(mirror_folder)
    async with mirror.up(), mirror.relay(program) as pid:
        report = await mirror.audit(pid, stop="true", start="true")

    assert verdicts(report)["requests"] == "void"
    assert "a visit without what is behind did not go as it should: 404" in said(report, "requests")


async def test_an_error_of_what_is_behind_makes_it_void(program, mirror_folder):
    async def broken(reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            await reader.read()

    mirror = Mirror(mirror_folder)
    async with mirror.up(broken), mirror.relay(program) as pid:
        report = await mirror.audit(pid, stop=None, start=None)

    assert verdicts(report)["requests"] == "void"


async def test_an_ordinary_account_has_not_seen(program, mirror_folder):
    mirror = Mirror(mirror_folder)
    copy = mirror_folder / "source"
    for package in ("audit", "onion", "trusted"):
        shutil.copytree(PROJECT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    async with mirror.up(page_missing), mirror.relay(program) as pid:
        command = ["/usr/bin/setpriv", "--reuid=65533", "--regid=65533", "--clear-groups", sys.executable, "-S", "-m"]
        command += ["audit.mirror", "--name", NAME, "--at", f"127.0.0.1:{mirror.site.relay_port}", "--pid", str(pid)]
        command += ["--ca", str(mirror_folder / "certificate.pem"), "--root", str(mirror_folder), "--json"]
        done = await asyncio.to_thread(
            subprocess.run, command, cwd=copy, capture_output=True, text=True, timeout=60, check=False,
            env={"PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip

    assert (done.returncode, done.stderr) == (1, "")
    report = json.loads(done.stdout)
    found = {check["id"]: check["verdict"] for check in report["checks"]}
    assert not report["as_root"]
    for row in ("parts", "command", "requests", "descriptors", "memory", "audit-subsystem"):
        assert found[row] == "not seen"
