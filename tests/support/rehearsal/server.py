"""A Debian 13 server in a folder, booted by systemd-nspawn: real systemd, journald and units, with loopback alone.

The folder is made once by debootstrap, from the mirror that this computer's apt is configured with, and kept in
`.cache/rehearsal`. Each boot lies over it and is thrown away. As root. What a container does not enforce, the caller
names: the kernel, its settings, mounts of its own and control groups are those of this computer.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

PROJECT = Path(__file__).resolve().parents[3]
CACHE = PROJECT / ".cache" / "rehearsal"
RELEASE = "trixie"
# What the papers ask of a server, and what a bare Debian lacks of a system that boots.
PACKAGES = (
    "systemd", "systemd-sysv", "dbus", "ca-certificates", "make", "python3", "python3-venv", "tor", "libmagic1t64",
)  # fmt: skip
CHECKOUT = "/srv/kallskydd"
MADE_SECONDS, BOOT_SECONDS, STOP_SECONDS = 1800.0, 90.0, 60.0
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
    """Return the address that this computer's apt reads the release from."""
    lines = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)", "Identifier: Packages").splitlines()
    return next(line.split()[0] for line in lines if line.endswith(f" {RELEASE}"))


def make_tree() -> Path:
    """Return the folder of the server: the system, this checkout and the Python packages of its lock."""
    tree = CACHE / "tree"
    marked = CACHE / "packages"
    if not marked.exists() or marked.read_text() != " ".join(PACKAGES):
        shutil.rmtree(tree, ignore_errors=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        words = ("debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", RELEASE, tree, mirror())
        run(*words, seconds=MADE_SECONDS)
        marked.write_text(" ".join(PACKAGES))
    checkout = tree / CHECKOUT.lstrip("/")
    checkout.mkdir(exist_ok=True)
    for one in checkout.iterdir():
        if one.name != ".venv":
            shutil.rmtree(one) if one.is_dir() else one.unlink()
    names = run("git", "-C", PROJECT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in filter(None, names):
        if (PROJECT / name).exists():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, checkout / name)
    # With this computer's network and its certificates; where nothing has changed it fetches nothing.
    certificates = "/etc/ssl/certs/ca-certificates.crt"
    run(
        "systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--as-pid2", f"--directory={tree}", f"--chdir={CHECKOUT}",
        f"--bind-ro={certificates}", "--bind-ro=/etc/hosts", f"--setenv=PIP_CERT={certificates}",
        "scripts/setup.sh", "run", seconds=MADE_SECONDS,
    )  # fmt: skip
    return tree


@dataclass
class Server:
    """`with Server(tree, folder) as server:` boots it; what it writes lies in `folder`."""

    tree: Path
    folder: Path
    root: Path = field(init=False)
    leader: int = 0

    def __enter__(self) -> Self:
        self.root = self.folder / "root"
        for name in ("upper", "work", "root", "home"):
            (self.folder / name).mkdir()
        layers = f"lowerdir={self.tree},upperdir={self.folder}/upper,workdir={self.folder}/work"
        run("mount", "-t", "overlay", "overlay", "-o", layers, self.root)
        # The home lies on a plain file system, which an overlay is not.
        words = ("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network", "--boot", "--console=read-only",
                 f"--bind={self.folder}/home:/var/lib/kallskydd", f"--directory={self.root}")  # fmt: skip
        null = subprocess.DEVNULL
        self._nspawn = subprocess.Popen(words, stdin=null, stdout=null, stderr=null)
        children = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children")
        try:
            wait_for(lambda: children.read_text().split(), BOOT_SECONDS, "the server does not boot")
            self.leader = int(children.read_text().split()[0])
            wait_for(self._is_up, BOOT_SECONDS, "the server does not come up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._nspawn.terminate()
        try:
            self._nspawn.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._nspawn.kill()
            self._nspawn.wait()
        run("umount", self.root)

    def _is_up(self) -> bool:
        return self.code("systemctl is-system-running") == 0 or "degraded" in self.tell("systemctl is-system-running")

    def _call(self, command: str, seconds: float) -> subprocess.CompletedProcess[str]:
        inside = ("nsenter", f"--target={self.leader}", "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd")
        words = (*inside, "env", "-i", _PATH, "LANG=C.UTF-8", "HOME=/root", "sh", "-c", command)
        return subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False
        )

    def code(self, command: str, seconds: float = 600.0) -> int:
        """Run a command in it, as root; return its exit code."""
        return self._call(command, seconds).returncode

    def tell(self, command: str, seconds: float = 600.0) -> str:
        """Run a command in it, as root; return all that it says, whatever its exit code."""
        done = self._call(command, seconds)
        return done.stdout + done.stderr

    def must(self, command: str, seconds: float = 600.0) -> str:
        """Run a command that has to succeed; raises CalledProcessError."""
        done = self._call(command, seconds)
        if done.returncode != 0:
            raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
        return done.stdout
