"""A Debian server in a folder, booted by systemd-nspawn: real systemd, journald and units, on a network given to it.

The folder of a release is made once by mmdebstrap, from the mirror that this computer's apt is configured with, and kept
in `.cache/rehearsal`. A server lies over it: what it writes lies in a folder of its own and on its disks (`disks`), and
is there after a power cut and a start. As root. What a container does not enforce, the caller names: the kernel, its
settings and control groups are those of this computer.
"""

from __future__ import annotations

import filecmp
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from rehearsal.disks import Disk, cut

PROJECT = Path(__file__).resolve().parents[3]
CACHE = PROJECT / ".cache" / "rehearsal"
# What the papers ask of a server, and what a bare Debian lacks of a system that boots; libmagic has two names.
PACKAGES = (
    "systemd", "systemd-sysv", "dbus", "ca-certificates", "make", "python3", "python3-venv", "tor", "cryptsetup-bin", "e2fsprogs", "strace",
)  # fmt: skip
RELEASES = {"trixie": "libmagic1t64", "bookworm": "libmagic1"}
CHECKOUT = "/srv/kallskydd"
MADE_SECONDS, BOOT_SECONDS, STOP_SECONDS = 1800.0, 180.0, 60.0
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def run(*words: str | Path, seconds: float = 600.0, **more: object) -> str:
    """Return what a command says; raises CalledProcessError."""
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=seconds, check=False, **more)
    if done.returncode != 0:
        raise subprocess.CalledProcessError(done.returncode, words[0], done.stdout, done.stderr)
    return done.stdout


def wait_for(what: Callable[[], object], seconds: float, words: str) -> None:
    """Return once it is true; raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            raise TimeoutError(words)
        time.sleep(0.5)


def mirror() -> str:
    """Return the address that this computer's apt reads a Debian release from; it has the others too."""
    lines = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)", "Identifier: Packages").splitlines()
    return next(line.split()[0] for line in lines if line.split()[-1] in RELEASES)


def make_tree(release: str = "trixie") -> Path:
    """Return the folder of a release's server: the system, this checkout and the Python packages of its lock."""
    tree, marked = CACHE / release, CACHE / f"{release}.packages"
    packages = ",".join((*PACKAGES, RELEASES[release]))
    if not marked.exists() or marked.read_text() != packages:
        shutil.rmtree(tree, ignore_errors=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        # Cut off it leaves no mark, and is made from the beginning: dpkg need not wait for the disk at each file.
        words = ("mmdebstrap", "--variant=minbase", "--dpkgopt=force-unsafe-io", f"--include={packages}")
        run(*words, release, tree, mirror(), seconds=MADE_SECONDS)
        marked.write_text(packages)
    shutil.copy2(Path(__file__).with_name("cryptsetup.sh"), tree / "usr/local/sbin/cryptsetup")
    # No mirror answers in a rehearsal: apt would ask it again and again.
    (tree / "etc/apt/apt.conf.d/no-mirror").write_text('Acquire::Retries "0";\n')
    _bring_checkout(tree / CHECKOUT.lstrip("/"))
    # With this computer's network and its certificates; where nothing has changed it fetches nothing.
    certificates = "/etc/ssl/certs/ca-certificates.crt"
    run(
        "systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--as-pid2", f"--directory={tree}", f"--chdir={CHECKOUT}",
        f"--bind-ro={certificates}", "--bind-ro=/etc/hosts", f"--setenv=PIP_CERT={certificates}",
        "scripts/setup.sh", "server", seconds=MADE_SECONDS,
    )  # fmt: skip
    return tree


def _bring_checkout(checkout: Path) -> None:
    """Make it the same as this one, and touch nothing that is: servers of another rehearsal may lie over it."""
    listed = run("git", "-C", PROJECT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    names = {name for name in listed if name and (PROJECT / name).is_file()}
    for folder, folders, files in os.walk(checkout):
        folders[:] = [name for name in folders if name != ".venv"]
        for one in (Path(folder, name) for name in files):
            if str(one.relative_to(checkout)) not in names:
                one.unlink()
    for name in names:
        there = checkout / name
        if not (there.is_file() and filecmp.cmp(PROJECT / name, there)):
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, there)


@dataclass
class Server:
    """`with Server(tree, folder) as server:` boots it; what it writes lies in `folder` and on its disks.

    `disks` are by the name that each has in it (`/dev/vdb`). `network` is a network namespace of this computer's, for
    several servers; without one it has a loopback of its own. Its `/etc/fstab` is its own affair: as a container it
    mounts no device of it at a start, so that is done here right after one, but for lines with `noauto`.
    """

    tree: Path
    folder: Path
    disks: dict[str, Disk] = field(default_factory=dict)
    network: Path | None = None
    leader: int = 0
    _nspawn: subprocess.Popen[bytes] | None = None

    @property
    def root(self) -> Path:
        return self.folder / "root"

    def __enter__(self) -> Self:
        try:
            self.boot()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self.root.is_mount():
            run("umount", self.root)

    def boot(self) -> None:
        """Switch it on, and return when its units are up; raises TimeoutError."""
        for name in ("upper", "work", "root"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        if not self.root.is_mount():
            # "volatile": who is in it never waits for this computer's disk. What a power cut must not lose lies on its own.
            layers = f"volatile,lowerdir={self.tree},upperdir={self.folder}/upper,workdir={self.folder}/work"
            run("mount", "-t", "overlay", "overlay", "-o", layers, self.root)
        network = "--private-network" if self.network is None else f"--network-namespace-path={self.network}"
        # It ends with us, however we end.
        words = ("setpriv", "--pdeathsig=TERM", "systemd-nspawn", "--quiet", "--register=no", "--keep-unit", network, "--boot", "--console=read-only",
                 f"--machine={self.folder.name}-{os.getpid()}", f"--directory={self.root}")  # fmt: skip
        null = subprocess.DEVNULL
        self._nspawn = subprocess.Popen(words, stdin=null, stdout=null, stderr=null)
        wait_for(self._is_up, BOOT_SECONDS, "the server does not come up")
        for name, disk in self.disks.items():
            self.plug(name, disk)
        self.tell("mount -a")

    def stop(self) -> None:
        """Switch it off in order."""
        if self._nspawn is None:
            return
        self._nspawn.terminate()
        try:
            self._nspawn.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._nspawn.kill()
            self._nspawn.wait()
        self._off()

    def reboot(self) -> None:
        """Start it again in order: what was unlocked is locked."""
        self.stop()
        self.boot()

    def power_cut(self) -> None:
        """Take its power away: its disks keep what had reached them, and not what the system still held in memory."""
        for mounted in self._mounts():
            cut(Path(f"/proc/{self.leader}/root{mounted}"))
        os.kill(self.leader, signal.SIGKILL)
        if self._nspawn is not None:
            self._nspawn.wait(STOP_SECONDS)
        self._off()

    def plug(self, name: str, disk: Disk) -> None:
        """Put a disk in. It is there at the next start too."""
        self.disks[name] = disk
        for node, loop in disk.attach(name).items():
            number = os.stat(loop).st_rdev
            self.must(f"rm -f {node}; mknod {node} b {os.major(number)} {os.minor(number)}")

    def unplug(self, name: str) -> None:
        """Pull a disk out, mounted or not: nobody asked it first."""
        disk = self.disks.pop(name)
        for mounted in self._mounts(disk):
            cut(Path(f"/proc/{self.leader}/root{mounted}"))
            self.must(f"umount --lazy {mounted}")
        self.must(f"rm -f {name} {name}-plain")
        disk.detach()

    def _mounts(self, disk: Disk | None = None) -> list[str]:
        """Where its disks, or one of them, are mounted."""
        numbers = {number for one in ([disk] if disk else self.disks.values()) for number in one.numbers()}
        lines = [line.split() for line in Path(f"/proc/{self.leader}/mountinfo").read_text().splitlines()]
        return [words[4] for words in lines if words[2] in numbers]

    def _off(self) -> None:
        self._nspawn, self.leader = None, 0
        for disk in self.disks.values():
            disk.detach()

    def _is_up(self) -> bool:
        # Its first child makes the server's first process, and is gone then.
        pid = self._nspawn.pid if self._nspawn is not None else 0
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self.leader = int(children[-1]) if children else 0
        return bool(self.leader) and self.tell("systemctl is-system-running").strip() in {"running", "degraded"}

    def _call(self, command: str, seconds: float, typed: str = "") -> subprocess.CompletedProcess[str]:
        inside = ("nsenter", f"--target={self.leader}", "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd")
        words = (*inside, "env", "-i", _PATH, "LANG=C.UTF-8", "HOME=/root", "sh", "-c", command)
        return subprocess.run(words, input=typed, capture_output=True, text=True, timeout=seconds, check=False)

    def code(self, command: str, seconds: float = 600.0) -> int:
        """Run a command in it, as root; return its exit code."""
        return self._call(command, seconds).returncode

    def tell(self, command: str, seconds: float = 600.0, *, typed: str = "") -> str:
        """Run a command in it, as root; return all that it says, whatever its exit code."""
        done = self._call(command, seconds, typed)
        return done.stdout + done.stderr

    def must(self, command: str, seconds: float = 600.0, *, typed: str = "") -> str:
        """Run a command that has to succeed, `typed` being its input; raises CalledProcessError."""
        done = self._call(command, seconds, typed)
        if done.returncode != 0:
            raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
        return done.stdout
