"""A server is installed as the papers say, on a booted Debian 13, and asked whether it could open: as root.

    make rehearsal                                 some two minutes; the first time five more, for the system
    make rehearsal ARGS="--put-back hidden"        with a fault of FAULTS, which it has to find: exit code 1

What the papers say, and what a unit, its processes and the journal then show. Only the first daily audit comes sooner,
after half a minute. What a container cannot enforce is named at the end. Exit code 1 when something is not in order.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rehearsal.disks import Disk
from rehearsal.server import CACHE, CHECKOUT, Server, make_tree, wait_for

HOME = "/var/lib/kallskydd/home"
AS_SERVICE = "runuser -u kallskydd --"
SOONER = (
    "from datetime import timedelta; from kallskydd.serve import daily_audit; "
    "daily_audit.keep_audited.__defaults__ = (timedelta(seconds=30),); "
    "from kallskydd.__main__ import main; raise SystemExit(main())"
)
AUDIT_SECONDS = 180.0
# Of this computer's kernel and not of the server: rows of the audit, and lines of `status`.
KERNELS_ROWS, OFFLINE_LINES = {"kernel", "core-dumps"}, {"onion", "descriptor"}
NOT_ENFORCED = (
    "IPAddressDeny=, IPAddressAllow=, SocketBindDeny= (programs in the kernel that a container may not load)",
    "MemoryMax=, MemorySwapMax=, TasksMax= (control groups of this computer)",
    "AppArmorProfile= (profiles of this computer)",
    "deploy/sysctl.d (settings of this computer's kernel): rows of the audit: {rows}",
    "the Tor network, which the server does not have: lines of `status`: {lines}",
)
_UNITS, _CODE = "/etc/systemd/system", "/opt/kallskydd/lib/python3*/site-packages"
_BACK_UNIT = f"{_UNITS}/kallskydd-backup.service"
# What each puts back into the installed server.
FAULTS = {
    "hidden": f"sed -i s/^ProtectProc=default/ProtectProc=invisible/ {_UNITS}/kallskydd.service",
    "closure": f"cd {_CODE} && sed -i 's/^            raise StrayCode/            pass/' confine/process.py && printf"
    " '_KEPT = ctypes.CFUNCTYPE(ctypes.c_int)(int)\\n' >>scrubbers/jailed/pdf/written.py && rm -f"
    " confine/__pycache__/process.* scrubbers/jailed/pdf/__pycache__/written.*",
    "no-disk": f"sed -i -e '/findmnt/d' -e 's/^WantsMountsFor.*/AssertPathIsMountPoint=\\/mnt\\/backup\\n"
    f"AssertPathIsMountPoint=\\/mnt\\/slots/' {_BACK_UNIT}",
    "silent": f"sed -i 's/^StandardError=null/&\\nLogLevelMax=emerg/' {_UNITS}/kallskydd*.service",
}


class Rehearsal:
    """Says each thing with the seconds it took; `failed` are those not in order."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.failed: list[str] = []
        self._since = time.monotonic()

    def hold(self, what: str, holds: object, seen: object = "") -> None:
        """Say one thing."""
        now = time.monotonic()
        print(
            f"{'ok ' if holds else 'NOT'} {now - self._since:6.1f} s  {what}{'' if holds else f': {seen}'}", flush=True
        )
        self._since = now
        if not holds:
            self.failed.append(what)

    def install(self, fault: str | None) -> str:
        """Install, make the home and start, as the papers say; return the ids of two members."""
        server = self.server
        server.must("mkfs.ext4 -q /dev/vdb && mkdir -p /var/lib/kallskydd && mount /dev/vdb /var/lib/kallskydd")
        server.must(f"cd {CHECKOUT} && make install")
        server.must("printf 'DisableNetwork 1\\n' >>/etc/kallskydd/torrc")
        if fault is not None:
            server.must(FAULTS[fault])
        self.hold("installed", holds=True)
        server.must(f"install -m 0644 {CHECKOUT}/tests/support/rehearsal/make_home.py /opt")
        make = f"{AS_SERVICE} /opt/kallskydd/bin/python -I /opt/make_home.py {HOME} /etc/kallskydd/config.example.toml"
        members = server.must(make).strip().splitlines()[-1]
        drop_in = f"{_UNITS}/kallskydd.service.d"
        server.must(
            f'mkdir {drop_in}; printf \'[Service]\\nExecStart=\\nExecStart=/opt/kallskydd/bin/python -I -c "%s"'
            f" serve --public --home {HOME}\\n' '{SOONER}' >{drop_in}/sooner.conf; systemctl daemon-reload"
        )
        server.must("systemctl enable --now kallskydd-tor kallskydd kallskydd-status.timer")
        self.hold("a home with three signatures, started", holds=True)
        return members

    def audits(self) -> set[str]:
        """The daily audit under the unit, and root's; return the rows that only this computer could mend."""
        server = self.server
        wait_for(lambda: server.code(f"test -s {HOME}/audit.chain") == 0, AUDIT_SECONDS, "no daily audit comes")
        daily = json.loads(server.must(f"cat {HOME}/audit.chain").splitlines()[-1])
        # Rows that need no root. Without the processes, each of them is not seen.
        unseen = {"filter", "privileges", "memory"} & {*daily["not_seen"], *daily["findings"]}
        self.hold("the daily audit sees intake and zygotes", not unseen, f"not seen or not in order: {sorted(unseen)}")
        found = set(daily["findings"]) - KERNELS_ROWS
        self.hold("the daily audit finds nothing", not found, sorted(found))
        said = server.tell(f"kallskydd audit live --home {HOME} --json")
        report = json.loads(said)
        found = set(report["findings"]) - KERNELS_ROWS
        lines = [
            line.strip()
            for line in server.tell(f"kallskydd audit live --home {HOME}").splitlines()
            if "FINDING:" in line
        ]
        self.hold("root's `audit live` finds nothing", not found, f"{sorted(found)}\n      " + "\n      ".join(lines))
        return {*daily["findings"], *report["findings"]} & KERNELS_ROWS

    def status(self, excused: set[str]) -> set[str]:
        """Every line of `status` is well, but for those of the network, and the audit's where only the kernel's is not."""
        lines = self.server.tell(f"{AS_SERVICE} kallskydd status --home {HOME}").splitlines()
        ill = {line.split()[1].rstrip(":") for line in lines if line.startswith("NOT")}
        allowed = OFFLINE_LINES | ({"audit"} if excused and not self.failed else set())
        self.hold(
            "`kallskydd status` is well", lines and ill <= allowed, [line for line in lines if line.startswith("NOT")]
        )
        return ill & allowed

    def code(self) -> None:
        """Every piece of memory that can be run, in every process of a unit, is of a file of system or installation."""
        strange = sorted(set(self._strange()))
        self.hold("memory that can be run is of files of the installation, and no memfd is open", not strange, strange)

    def _strange(self) -> Iterator[str]:
        pids = self.server.must("cat $(find /sys/fs/cgroup -path '*kallskydd*' -name cgroup.procs) | sort -u").split()
        self.hold(f"processes of the units: {len(pids)}", len(pids) >= 6, pids)
        for pid in pids:
            for line in self.server.tell(f"cat /proc/{pid}/maps").splitlines():
                _, rights, _, _, _, *path = line.split(maxsplit=5)
                name = path[0] if path else "no file"
                ours = name.startswith(("/usr/", "/opt/kallskydd/")) and not name.endswith("(deleted)")
                if "x" in rights and ("w" in rights or not (ours or name in {"[vdso]", "[vsyscall]"})):
                    yield f"{pid}: {rights} {name}"
            for line in self.server.tell(f"ls -l /proc/{pid}/fd").splitlines():
                if "/memfd:" in line:
                    yield f"{pid}: open: {line.split(' -> ')[-1]}"

    def backup(self, members: str) -> None:
        """Without the disk the unit fails and old shares go; with both it makes a backup."""
        server = self.server
        server.must(f"printf 'MEMBERS=\"{members}\"\\n' >/etc/kallskydd/backup; mkdir -p /mnt/backup /mnt/slots/old")
        server.must("mount -t tmpfs slots /mnt/slots; mkdir /mnt/slots/old; touch -d '9 days ago' /mnt/slots/old/share")
        server.must("chown -R kallskydd: /mnt/slots /mnt/backup")
        server.tell("systemctl start kallskydd-backup")
        state = server.tell("systemctl show -P ActiveState kallskydd-backup").strip()
        self.hold("without the backup's disk the unit is failed", state == "failed", state)
        self.hold("a share of nine days is gone", server.code("test -e /mnt/slots/old/share") != 0, "it is there")
        said = server.tell("journalctl -b -u kallskydd-backup; systemctl status kallskydd-backup")
        self.hold(
            "journal and unit say so",
            "Failed with result 'exit-code'" in said and "--mountpoint /mnt/backup (code=exited, status=1" in said,
            said,
        )
        server.must("mount -t tmpfs backup /mnt/backup; chown kallskydd: /mnt/backup")
        said = server.tell("systemctl start kallskydd-backup; systemctl status kallskydd-backup")
        made = server.tell("ls /mnt/backup/* /mnt/slots/*")
        self.hold("with both disks a backup is made", made.count(time.strftime("%Y-")) > 1, made + said)

    def journal(self) -> None:
        """Starts and stops of the units stand in the journal, and what their processes say does not."""
        self.server.must("systemctl stop kallskydd kallskydd-tor")
        said = self.server.tell("journalctl -b -o cat -u kallskydd -u kallskydd-tor")
        wanted = [
            f"{word} {unit}"
            for word in ("Started", "Stopped")
            for unit in ("kallskydd.service", "kallskydd-tor.service")
        ]
        missing = [words for words in wanted if words not in said]
        self.hold("the journal has start and stop of both units", not missing, f"missing: {missing} in {said!r}")
        by = self.server.tell("journalctl -b -o json -u kallskydd -u kallskydd-tor").splitlines()
        others = {line["_COMM"] for line in map(json.loads, filter(None, by)) if line.get("_COMM") != "systemd"}
        self.hold("the journal has nothing of their processes", not others, others)


def main() -> int:
    """Rehearse once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--put-back", choices=tuple(FAULTS), help="a fault that has to be found")
    asked = parser.parse_args()
    began = time.monotonic()
    tree = make_tree()
    print(f"the system and the packages: {time.monotonic() - began:.1f} s", flush=True)
    with (
        tempfile.TemporaryDirectory(dir=CACHE) as folder,
        Server(tree, Path(folder), {"/dev/vdb": Disk(Path(folder, "home"), 4096)}) as server,
    ):
        rehearsal = Rehearsal(server)
        try:
            members = rehearsal.install(asked.put_back)
            rows = rehearsal.audits()
            lines = rehearsal.status(rows)
            rehearsal.code()
            rehearsal.backup(members)
            rehearsal.journal()
        except (subprocess.CalledProcessError, TimeoutError, ValueError) as fault:
            said = f"{getattr(fault, 'stdout', '')}{getattr(fault, 'stderr', '')}"
            rehearsal.hold("every step could be made", holds=False, seen=f"{fault}\n{said}")
            rows, lines = set(), set()
    print("Not enforced here:")
    for one in NOT_ENFORCED:
        print("  " + one.format(rows=", ".join(sorted(rows)) or "none", lines=", ".join(sorted(lines)) or "none"))
    print(f"{len(rehearsal.failed)} not in order, {time.monotonic() - began:.0f} s.")
    return 1 if rehearsal.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
