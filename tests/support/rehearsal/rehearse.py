"""A municipality opens, works and has its bad days on a booted Debian, by the pages of docs/operating alone: as root.

    make rehearsal                                 all of it; the first time two minutes more, for the system
    make rehearsal ARGS="--first-day"              until `kallskydd ready` says "Ready to open."
    make rehearsal ARGS="--day certified"          after the first day the auditor's page, in a quiet hour
    make rehearsal ARGS="--put-back hidden"        with a fault of FAULTS, which it has to find: exit code 1

Each step is a row of the table in .cache/rehearsal/RELEASE.md: its page, its seconds and what was seen.
Every command is a line of a page (pages.py); what people do otherwise is the table in hands.py. Only the first daily
audit comes sooner: of the source that is installed one number is another, and nothing of the units. What a container
cannot enforce is named at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from types import MappingProxyType

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from processes.terminal import typed
from rehearsal import hands
from rehearsal.days import DAYS, DAYS_WITH_ANOTHER, certified, first_day
from rehearsal.disks import Disk
from rehearsal.faults import FAULTS
from rehearsal.hands import HOME, Act
from rehearsal.network import Internet, enter
from rehearsal.outside import certificate_expired
from rehearsal.pages import Box, steps
from rehearsal.reporting import CERTIFICATE, both_doors, close_mirror, open_mirror
from rehearsal.server import CACHE, Server, make_tree
from rehearsal.tenants import tenant_removed
from rehearsal.visits import Code, Door, onion_door

NOT_ENFORCED = (
    "IPAddressDeny=, IPAddressAllow=, SocketBindDeny= (programs in the kernel that a container may not load)",
    "PrivateNetwork= (the servers share the network namespace of the rehearsal; systemd says in the journal that it goes on without)",
    "MemoryMax=, MemorySwapMax=, TasksMax= (control groups of this computer)",
    "AppArmorProfile= (profiles of this computer)",
    "deploy/sysctl.d: files with its values lie over this kernel's",
    "device-mapper: what `cryptsetup open` shows is the disk as it is; its passphrase is judged (disks.py)",
    'the kernel\'s audit subsystem, which no container sees: the row of `audit live` is "not seen", and no other',
    "udev, the packages' mirror: the packages are there before",
    "the auditor's page: with --day certified alone, in a quiet hour, of one planted fault, which it says; nobody signs it",
)
NOT_SEEN = {"audit-subsystem"}
Acted = tuple[str, int, str]  # the lines that were typed, the exit code and what was shown
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Rehearsal:
    """Follows pages and says each step with its page, its seconds and what was seen; `failed` are those not in order."""

    def __init__(self, server: Server, internet: Internet, faults: Sequence[str] = ()) -> None:
        self.server = server
        self.internet = internet
        self.other: Server | None = None
        self.outside = server
        self.sooner = True  # the first daily audit, by SOONER of hands.py
        # Who types at another server than that.
        self.places: dict[str, Server] = {}
        self.fault = "set -e\n" + "".join(f"({FAULTS[fault]})\n" for fault in faults)
        self.words: dict[str, str] = {
            "DEVICE": "/dev/vdb", "BACKUP-DISK": "/dev/vdc", "SLOTS-DISK": "/dev/vdd", "MAIL": hands.MAIL,
            "CERTIFICATE": CERTIFICATE,
        }  # fmt: skip
        self.said = ""
        self.commands = 0
        self.failed: list[str] = []
        self.table: list[tuple[str, ...]] = [("step", "page", "seconds", "seen"), ("---",) * 4]
        # Where reporters come in, and the codes of what they were told is kept.
        self.door = Door("")
        self.codes: list[Code] = []
        # What waits at a terminal: its lines, exit code and what was shown.
        self.waiting: Future[Acted] = Future()
        self._since = time.monotonic()

    def hold(self, what: str, holds: object, seen: object = "", page: str = "", last: str = "") -> None:
        """Say one step; `last` is the last line that it showed, `seen` what is wanted when it is not in order."""
        now = time.monotonic()
        seconds, state = f"{now - self._since:.1f}", "ok" if holds else "NOT"
        line = f"{state:<3} {seconds:>6} s  {page:<20} {what}{f' → {last}' if last else ''}"
        print(line if holds else f"{line}\n      {seen}", flush=True)
        cells = (what, page, seconds, last if holds and last else state)
        self.table.append(tuple(cell.replace("|", "¦") for cell in cells))
        self._since = now
        if not holds:
            self.failed.append(what)

    def desk(self, label: str) -> str:
        """Where a member's computer keeps what is hers."""
        return f"{hands.DESKS}/{label}"

    def follow(
        self,
        page: str,
        section: str = "",
        *,
        until: str = "§",
        without: str = "§",
        acts: Mapping[str, Act] = MappingProxyType({}),
    ) -> None:
        """Do what a page, or one section, says, in its order; raises Stuck at the first step that cannot be done.

        `until` ends at the section that begins so, `without` leaves out lines, `acts` are of this day's hands.
        """
        for step in steps(page):
            if step.section.startswith(until):
                break
            if section not in {"", step.section}:
                continue
            if isinstance(step, Box):
                self.do(page, step, without)
            elif step.name in acts:
                acts[step.name](self)
                self.hold(f"{step.section} | by hand: {step.name}", holds=True, page=page)
            else:
                hands.HANDS[step.name](self)
                self.hold(f"{step.section} | by hand: {step.name}", holds=True, page=page)

    def live_through(self, day: Act, only: list[str]) -> None:
        """Rehearse a day, unless `only` names others; what cannot be done ends it, and is printed."""
        if only and day.__name__ not in only:
            return
        try:
            day(self)
        except (Stuck, subprocess.CalledProcessError, OSError, ValueError, LookupError) as fault:
            said = f"{getattr(fault, 'stdout', '')}{getattr(fault, 'stderr', '')}"
            units = self.server.tell("systemctl --no-pager status 'kallskydd*.service' | grep -v -e Docs: -e CGroup:")
            self.hold(f"{day.__name__}: every step could be made", holds=False, seen=f"{fault!r}\n{said}\n{units}")

    def hold_open(self) -> None:
        """The service is open, at the address that it had."""
        said = self.server.tell(f"runuser -u kallskydd -- kallskydd roster --home {HOME}")
        self.hold(
            "it is open, with the same address", "The service is open." in said and self.words["DESKS"] in said, said
        )

    def do(self, page: str, box: Box, without: str = "§") -> None:
        """Run a box, but for lines with `without`; raises Stuck where it ends otherwise than the page says."""
        people = list(hands.MEMBERS) if box.who == "every member" else [box.who.removeprefix("member ")]

        def act(person: str) -> Acted:
            lines = "".join(line for line in box.lines.splitlines(keepends=True) if without not in line)
            for word, value in {**self.words, **self._of(person)}.items():
                lines = re.sub(rf"(?<![\w-]){word}(?![\w-])", value, lines)
            return lines, *self.type(person, lines, goes_on=box.code is None)

        if box.waits:
            self.waiting = _beside(act, people[0])
            return
        # Members do not wait for each other.
        acts = [one.result() for one in [_beside(act, person) for person in people]]
        for person, (lines, ended, said) in zip(people, acts, strict=True):
            code = ended
            if (
                "audit live" in lines
                and set(re.findall(r"(?m)^(?:not seen|FINDING|void) +([\w-]+):", said)) == NOT_SEEN
            ):
                code = 0
            self.said += said
            self.commands += len(re.split(r"\n|&&", lines.strip()))
            missing = [one for one in box.seen if one not in said]
            last = (said.strip().splitlines() or ["nothing"])[-1].strip()
            self.hold(
                f"{box.section} | {person}: {lines.strip().splitlines()[-1][:60]}",
                box.code in {None, code} and not missing,
                f"exit code {code}, not {box.code}; not seen: {missing}\n{said}", page, last[:90],
            )  # fmt: skip
            if box.code not in {None, code}:
                raise Stuck(lines)

    def hold_well(self) -> None:
        """Every line of `status` is well, seen through the Tor network."""
        lines = self.server.tell(f"runuser -u kallskydd -- kallskydd status --home {HOME}").splitlines()
        ill = [line for line in lines if line.startswith("NOT")]
        self.hold("`kallskydd status` is well", lines and not ill, ill)

    def _of(self, person: str) -> dict[str, str]:
        role = hands.MEMBERS.get(person, "")
        return {"NAME": f"Person {person}", "ROLE": role, "LABEL": person} if role else {}

    def type(self, person: str, lines: str, *, goes_on: bool = False) -> tuple[int, str]:
        """Type lines at a person's computer; return exit code and what was shown. `goes_on` whatever each ends with."""
        leader = self.places.get(person, self.server).leader
        inside = f"nsenter --target={leader} --mount --uts --ipc --net --pid --root --wd env -i".split()
        environment = {"PATH": _PATH, "LANG": "C.UTF-8", "HOME": "/root", "TERM": "dumb"}
        place = "/root"
        if person in hands.MEMBERS:
            place = self.desk(person)
            environment |= {"HOME": place, "XDG_DATA_HOME": place, "XDG_CACHE_HOME": f"{place}/cache"}
        words = [f"{name}={value}" for name, value in environment.items()]
        return typed(
            [
                *inside,
                f"--chdir={place}",
                *words,
                "timeout",
                "--foreground",
                "900",
                "bash",
                "-uc" if goes_on else "-euc",
                lines,
            ],
            os.environ,
            Path("/"),
            hands.TYPED,
        )

    def hold_code(self) -> None:
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

    def journal(self) -> None:
        """Starts and stops of the units stand in the journal, and what their processes say does not."""
        said = self.server.tell("journalctl -b -o cat -u kallskydd -u kallskydd-tor")
        missing = [one for one in ("Started kallskydd.service", "Stopped kallskydd.service") if one not in said]
        self.hold("the journal has start and stop of the service", not missing, f"missing: {missing} in {said!r}")
        by = self.server.tell("journalctl -b -o json -u kallskydd -u kallskydd-tor").splitlines()
        lines = [json.loads(line) for line in filter(None, by)]
        # systemd's own, also before a process has become the unit's.
        others = [
            (one.get("_EXE"), one["MESSAGE"])
            for one in lines
            if "/systemd/systemd" not in one.get("_EXE", "/systemd/systemd")
        ]
        self.hold("the journal has nothing of their processes", not others, others)


def _beside(act: Callable[[str], Acted], person: str) -> Future[Acted]:
    """Begin a person's act. What hangs at the end of the rehearsal holds nothing up."""
    done: Future[Acted] = Future()

    def run() -> None:
        try:
            done.set_result(act(person))
        except BaseException as error:  # noqa: BLE001  # it is the caller's
            done.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return done


class Stuck(Exception):
    """A step of a page cannot be done."""


def main() -> int:
    """Rehearse once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--put-back", action="append", default=[], choices=tuple(FAULTS), help="a fault that has to be found"
    )
    parser.add_argument("--first-day", action="store_true", help="the first page alone")
    parser.add_argument(
        "--day", action="append", default=[], help="of the bad days this one alone, by its name in days.py"
    )
    parser.add_argument("--release", default="trixie", help="of Debian")
    asked = parser.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("A server is booted as root: sudo make rehearsal")
    # Servers, mounts and loop devices do not end with us by themselves.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    began = time.monotonic()
    tree = make_tree(asked.release)
    print(f"the system and the packages: {time.monotonic() - began:.1f} s", flush=True)
    network = enter()
    # Unix sockets lie in the second, whose path has to be short.
    with (
        tempfile.TemporaryDirectory(dir=CACHE, prefix="run-") as folder,
        tempfile.TemporaryDirectory(prefix="kt-") as short,
        Internet(Path(short)) as internet,
    ):
        place = Path(folder)
        disks = {f"/dev/{name}": Disk(place / name, mib) for name, mib in (("vdb", 16384), ("vdc", 512), ("vdd", 512))}
        with Server(tree, place / "server", disks, network) as server:
            rehearsal = Rehearsal(server, internet, asked.put_back)
            # The canary's service would be audited while it is compared.
            rehearsal.sooner = certified.__name__ not in asked.day
            try:
                rehearsal.live_through(first_day, [])
                if not asked.first_day:
                    with onion_door(Path(short) / "reporter", rehearsal.words["REPORTERS"]) as rehearsal.door:
                        _bad_days(rehearsal, place, asked.day)
                rehearsal.server = server
                rehearsal.journal()
            finally:
                rows = (f"| {' | '.join(row)} |\n" for row in rehearsal.table)
                (CACHE / f"{asked.release}.md").write_text("".join(rows))
    print("Not enforced here:", *NOT_ENFORCED, sep="\n  ")
    print(f"{rehearsal.commands} commands, {len(rehearsal.failed)} not in order, {time.monotonic() - began:.0f} s.")
    return 1 if rehearsal.failed else 0


def _bad_days(rehearsal: Rehearsal, place: Path, only: list[str]) -> None:
    server = rehearsal.server

    def reports(at: Rehearsal) -> None:
        with Server(server.tree, place / "relay", {}, server.network) as host:
            mirror, pem = open_mirror(at, host, place)
            at.codes += both_doors(at, {"onion": at.door, "mirror": mirror}).values()
            certificate_expired(at, mirror, pem, place)
            close_mirror(at)

    def tenant(at: Rehearsal) -> None:
        with Server(server.tree, place / "host", {"/dev/vdb": Disk(place / "host-vdb", 16384)}, server.network) as host:
            tenant_removed(at, host)

    # By its name alone: the canary wants a quiet hour, and finds what a busy computer does.
    quiet = (certified,) if certified.__name__ in only else ()
    with Server(server.tree, place / "outside", {}, server.network) as rehearsal.outside:
        for day in (reports, *DAYS, *quiet, tenant):
            rehearsal.live_through(day, only)
    disks = {"/dev/vdb": Disk(place / "other-vdb", 16384)}
    with Server(server.tree, place / "other", disks, server.network) as other:
        rehearsal.other = other
        for day in DAYS_WITH_ANOTHER:
            rehearsal.live_through(day, only)


if __name__ == "__main__":
    raise SystemExit(main())
