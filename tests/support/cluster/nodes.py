"""A cluster of two nodes or three on this one kernel, with real Corosync and Pacemaker, and what is seen of it from outside.

Run in mount, network and process namespaces of its own (`IN_A_WORLD`), so that nothing of it outlives it. What stands in
for what the machine lacks: a shared folder for the block mirror, a power switch on a socket for the fence device, scripts
for systemd. The configuration is the generator's own; only `class="systemd"` is another class of the same names.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from kallskydd.hosting.cluster.cib import cib
from kallskydd.hosting.cluster.corosync_conf import corosync_conf
from kallskydd.hosting.cluster.plan import ClusterPlan, Fence, Node

IN_A_WORLD = (
    "unshare",
    "--mount",
    "--net",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
    "--propagation",
    "private",
)
HERE = Path(__file__).parent
TENANT, TENANT_UID = "ludvika", 20_002
READY_SECONDS = 120.0
DISK_BYTES = 64 * 2**20


def plan_of(count: int) -> ClusterPlan:
    nodes = tuple(Node(name, f"10.77.0.{number}") for number, name in enumerate("abc"[:count], 1))
    fences = tuple(Fence(node.name, "fence_switch", {"plug": node.name}) for node in nodes[:2])
    return ClusterPlan(nodes, fences, (TENANT,), Path("/dev/none"), Path("/etc/kallskydd/mirror.key"))


def run(*words: object, check: bool = True) -> str:
    return subprocess.run([*map(str, words)], check=check, capture_output=True, text=True, timeout=60).stdout


@dataclass
class Machine:
    """One node: its first process, while it is on."""

    name: str
    facts: dict
    process: subprocess.Popen | None = None

    @property
    def on(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def init(self) -> int:
        """Its first process's number out here: the child of `unshare`."""
        pid = self.process.pid
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])

    def switch_on(self) -> None:
        words = ["unshare", "--mount", "--pid", "--uts", "--fork", "--kill-child", sys.executable, HERE / "init.py"]
        self.process = subprocess.Popen(
            [*map(str, words), json.dumps(self.facts)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout.readline() == "unshared\n", f"{self.name} did not start"
        link = self.facts["link"]
        run("ip", "link", "delete", f"{link}-sw", check=False)
        run("ip", "link", "add", f"{link}-sw", "type", "veth", "peer", "name", link, "netns", self.init)
        run("ip", "link", "set", f"{link}-sw", "master", "sw", "up")
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def switch_off(self) -> None:
        """Kill every process of it at once: the end of its first is that of all."""
        if self.on:
            os.kill(self.init, signal.SIGKILL)
            self.process.wait(30)
        while any(self.pids()):
            time.sleep(0.01)

    def shut_down(self) -> None:
        self.process.stdin.write("stop\n")
        self.process.stdin.flush()

    def pids(self) -> list[int]:
        """Every process of it that lives."""
        mine = self.world
        return [pid for pid in numbers() if mine and pid_world(pid) == mine]

    @property
    def world(self) -> str:
        if self.on:
            with suppress(OSError, IndexError):
                self._world = pid_world(self.init)
        return getattr(self, "_world", "")

    def pause(self) -> None:
        for _ in range(3):  # what was being forked meanwhile
            for pid in self.pids():
                signalled(pid, signal.SIGSTOP)

    def wake(self) -> None:
        for pid in self.pids():
            signalled(pid, signal.SIGCONT)

    def cut(self) -> None:
        run("ip", "link", "set", f"{self.facts['link']}-sw", "down")

    def join(self) -> None:
        run("ip", "link", "set", f"{self.facts['link']}-sw", "up")

    def command(self, *words: object, check: bool = True) -> str:
        return run("nsenter", "-t", self.init, "-m", "-n", "-p", "-u", *words, check=check)

    def file(self, name: str) -> str:
        try:
            return Path(f"/proc/{self.init}/root{name}").read_text(errors="replace")
        except (OSError, IndexError):
            return ""


def numbers() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def pid_world(pid: int) -> str:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return "" if state in "ZX" else os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return ""


def signalled(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


@dataclass
class Cluster:
    """The nodes, the switch that fences them, and the folder that both holders see."""

    folder: Path
    count: int
    network: Path
    pythons: dict[str, Path] = field(default_factory=dict)
    fencing: bool = True
    fence_seconds: float = 0.0
    machines: dict[str, Machine] = field(default_factory=dict)
    off: list[tuple[float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.disk, self.events, self.switch = self.folder / "disk", self.folder / "events", self.folder / "switch"
        plan, key = plan_of(self.count), os.urandom(128).hex()
        for node in plan.nodes:
            env = {
                "NODE": node.name, "EVENTS": self.events, "DISK": self.disk, "SWITCH": self.switch, "PYTHON": self.pythons.get(node.name, sys.executable),
                "UNIT": HERE / "unit.py", "NETWORK": self.network,
            }  # fmt: skip
            facts = {
                "name": node.name, "address": node.address, "link": f"eth-{node.name}", "tenants": {TENANT: TENANT_UID}, "authkey": key, "kept": str(self.folder / "kept" / node.name),
                "corosync_conf": corosync_conf(plan), "env": {name: str(value) for name, value in env.items()},
            }  # fmt: skip
            self.machines[node.name] = Machine(node.name, facts)
        self.cib = self.folder / "cib.xml"
        text = re.sub(r'class="systemd"', 'class="ocf" provider="units"', cib(plan))
        if not self.fencing:
            text = text.replace('name="stonith-enabled" value="true"', 'name="stonith-enabled" value="false"')
        self.cib.write_text(text)
        self.events.touch()

    def __enter__(self) -> Cluster:
        self.disk.mkdir(exist_ok=True)
        run("mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "disk", self.disk)
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "sw", "type", "bridge")
        run("ip", "link", "set", "sw", "up")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(self.switch))
        listener.listen()
        threading.Thread(target=self._serve_switch, args=(listener,), daemon=True).start()
        for machine in self.machines.values():
            machine.switch_on()
        return self

    def __exit__(self, *_: object) -> None:
        for machine in self.machines.values():
            machine.switch_off()

    def load(self) -> None:
        """Give Pacemaker the configuration, once every node is a member."""
        self.until(lambda: self.online() == set(self.machines), "every node online")
        first = next(iter(self.machines.values()))
        first.command("cibadmin", "--replace", "--scope", "configuration", "--xml-file", self.cib)

    def state(self) -> str:
        for machine in self.machines.values():
            if machine.on and (text := machine.command("timeout", "3", "crm_mon", "--output-as=xml", check=False)):
                return text
        return ""

    def online(self) -> set[str]:
        return set(re.findall(r'<node name="(\w+)" id="\d+" online="true"', self.state()))

    def whole(self) -> bool:
        """Whether every node is there, and the one that does not lead could."""
        state = self.state()
        online = set(re.findall(r'<node name="(\w+)" id="\d+" online="true"', state))
        return online == set(self.machines) and 'role="Unpromoted"' in state and self.leader() is not None

    def leader(self) -> Machine | None:
        """The node that has the disk mounted, if one alone has: seen from outside, and not asked."""
        held = self.holders()
        return self.machines[held[0]] if len(held) == 1 else None

    def holders(self) -> list[str]:
        place = " /var/lib/kallskydd-host "
        found = []
        for machine in self.machines.values():
            try:
                if machine.on and place in Path(f"/proc/{machine.init}/mountinfo").read_text():
                    found.append(machine.name)
            except (OSError, IndexError):
                continue
        return found

    def publishers(self) -> list[str]:
        """The nodes in which a tor lives, paused ones too: one that can be woken can publish."""
        worlds = {machine.world: machine.name for machine in self.machines.values() if machine.on}
        found = set()
        for pid in numbers():
            try:
                name = Path(f"/proc/{pid}/comm").read_text()
            except OSError:
                continue
            if name == "tor\n" and (node := worlds.get(pid_world(pid))):
                found.add(node)
        return sorted(found)

    def until(self, true: object, what: str, within: float = READY_SECONDS) -> float:
        began = time.monotonic()
        while not true():
            if time.monotonic() - began > within:
                units = (f"kallskydd@{TENANT}", "kallskydd-tor", "kallskydd-publisher")
                said = {
                    name: [machine.file(f"/run/said.{unit}")[-600:] for unit in units]
                    for name, machine in self.machines.items()
                }
                raise AssertionError(
                    f"not within {within:.0f} s: {what}\n{self.events.read_text()}\n{said}\n{self.state()[:4000]}"
                )
            time.sleep(0.1)
        return time.monotonic() - began

    def _serve_switch(self, listener: socket.socket) -> None:
        while True:
            channel, _ = listener.accept()
            threading.Thread(target=self._answer, args=(channel,), daemon=True).start()

    def _answer(self, channel: socket.socket) -> None:
        with channel:
            action, _, name = channel.makefile().readline().strip().partition(" ")
            machine, answer = self.machines.get(name), "ok"
            if action in {"off", "reboot"} and machine is not None:
                time.sleep(self.fence_seconds)
                machine.switch_off()
                self.off.append((time.monotonic(), name))
                with self.events.open("a") as file:
                    file.write(f"{time.clock_gettime(time.CLOCK_BOOTTIME):.2f} switch {name} off\n")
            elif action == "status":
                answer = "on" if machine is not None and machine.on else "off"
            elif action == "list":
                answer = "\n".join(self.machines)
            channel.sendall(f"{answer}\n".encode())


class Watch(threading.Thread):
    """Looks ten times a second who holds the disk and who publishes; `twice` is when there were two."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(daemon=True)
        self.cluster, self.looks, self.over = cluster, 0, threading.Event()
        self.twice: list[tuple[float, str, list[str]]] = []

    def run(self) -> None:
        while not self.over.wait(0.1):
            for what, nodes in (("disk", self.cluster.holders()), ("tor", self.cluster.publishers())):
                if len(nodes) > 1:
                    self.twice.append((time.monotonic(), what, nodes))
            self.looks += 1
