"""Where the running service's program lies, and what the files of an installation should be.

The installation is the one whose interpreter runs the intake, by its command line; an auditor may use another.
"""

from __future__ import annotations

import ast
import base64
import csv
import hashlib
import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from audit.observe.build import Build, parse_manifest

OURS = ("trusted", "second_reader", "onion", "scrubbers", "cases", "intake", "desk", "relay", "audit", "kallskydd")
_NAME = "kallskydd"
_GIT_SECONDS = 20
_THREADS = 4


class NoManifest(Exception):
    """There is nothing that our own files could be compared with."""


@dataclass(frozen=True, slots=True)
class Installed:
    """One distribution, by its metadata."""

    name: str
    version: str
    needs: frozenset[str]
    record: Path


@dataclass(frozen=True, slots=True)
class Installation:
    """One environment: interpreter, packages, and the folder where our own packages lie."""

    prefix: Path
    packages: Path
    ours: Path

    @classmethod
    def of(cls, command: tuple[str, ...]) -> Installation:
        """Return the installation that this command line runs in; raises FileNotFoundError."""
        # Not resolved: the link in the environment is what Python goes by.
        prefix = Path(command[0]).parent.parent
        packages = next(iter(sorted(prefix.glob("lib/python3*/site-packages"))), None)
        if packages is None:
            raise FileNotFoundError(prefix)
        return cls(prefix, packages, _folder_of_ours(packages))

    @property
    def lock(self) -> Path | None:
        """The list of versions and hashes it was made from."""
        places = (self.ours / "requirements.lock", self.prefix / "share" / "requirements.lock")
        return next((place for place in places if place.exists()), None)

    def distributions(self) -> dict[str, Installed]:
        """All that is installed, by name."""
        found = {}
        for folder in self.packages.glob("*.dist-info"):
            fields = HeaderParser().parsestr((folder / "METADATA").read_text("utf-8", errors="replace"))
            needs = fields.get_all("Requires-Dist", [])
            wanted = {plain(re.split(r"[ ;<>=!~\[(]", need, maxsplit=1)[0]) for need in needs if "extra ==" not in need}
            name = plain(fields["Name"])
            found[name] = Installed(name, fields["Version"], frozenset(wanted), folder / "RECORD")
        return found


def plain(name: str) -> str:
    """Return a distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked_versions(lock: Path) -> dict[str, str]:
    """Name and version of every line of a lock file."""
    return {
        plain(name): version for name, version in re.findall(r"(?m)^([A-Za-z0-9._-]+)==([^\s\\;]+)", lock.read_text())
    }


def needed(distributions: Mapping[str, Installed]) -> set[str]:
    """Return the distributions that our own needs to run, directly or not."""
    found: set[str] = set()
    to_do = [_NAME]
    while to_do:
        name = to_do.pop()
        if name in distributions and name not in found:
            found.add(name)
            to_do += distributions[name].needs
    return found


def record_faults(distributions: Iterable[Installed]) -> tuple[int, list[str]]:
    """How many files were hashed, and which are not what the RECORD of their distribution says."""
    lines = [(f"{one.record.parent.parent}/{name}", name, digest)
             for one in distributions for name, digest in _record(one.record)]  # fmt: skip
    shares = [lines[first::_THREADS] for first in range(_THREADS)]
    with ThreadPoolExecutor(_THREADS) as pool:
        faults = pool.map(lambda share: [name for path, name, digest in share if not _is(path, digest)], shares)
    return len(lines), sorted(name for share in faults for name in share)


def recorded_digests(distributions: Iterable[Installed]) -> Iterator[tuple[str, str]]:
    """Yield the path of each file of the distributions, links in it followed, with the SHA-256 of their RECORD."""
    for one in distributions:
        folder = one.record.parent.parent.resolve()
        for name, digest in _record(one.record):
            if digest.startswith("sha256="):
                yield os.path.normpath(f"{folder}/{name}"), digest.removeprefix("sha256=")


def unknown_startup_files(installation: Installation, distributions: Iterable[Installed]) -> list[str]:
    """Files that Python runs at every start and that no distribution has brought along."""
    known = {name for one in distributions for name, _ in _record(one.record)}
    suspects = [*installation.packages.glob("*.pth"), installation.packages / "sitecustomize.py",
                installation.packages / "usercustomize.py"]  # fmt: skip
    return sorted(path.name for path in suspects if path.exists() and path.name not in known)


def own_files(folder: Path) -> dict[str, Path]:
    """Every file of our packages, by its place under the folder; no compiled ones, which Python makes by itself."""
    return {
        path.relative_to(folder).as_posix(): path
        for package in OURS
        for path in sorted((folder / package).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def is_ours(name: str) -> bool:
    """Whether a name in a manifest is of our own packages, and not a compiled one."""
    parts = name.split("/")
    return parts[0] in OURS and "__pycache__" not in parts


def manifest_text(folder: Path) -> str:
    """`sha256  name` for every file of our packages, as sha256sum writes it."""
    return "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n" for name, path in own_files(folder).items()
    )


def manifest_faults(folder: Path, manifest: str) -> list[str]:
    """Which files differ from a manifest, lack, or are not in it."""
    return faults_of(folder, parse_manifest(manifest))


def faults_of(folder: Path, build: Build) -> list[str]:
    """Which of our own files differ from a build's, lack, or are not of it."""
    wanted = build.of(is_ours)
    have = {name: digest for digest, name in (line.split("  ", 1) for line in manifest_text(folder).splitlines())}
    return sorted(name for name in wanted.keys() | have.keys() if wanted.get(name) != have.get(name))


def git_faults(folder: Path) -> tuple[str, list[str]]:
    """Return the commit that is checked out, and which of our files differ from it; raises NoManifest.

    Git keeps a file under the hash of its content, so a commit is a manifest that nobody has to write.
    """
    commit = _git(folder, "rev-parse", "HEAD").strip()
    wanted = {}
    for line in _git(folder, "ls-tree", "-r", "-z", "HEAD", *OURS).split("\0"):
        if line:
            facts, _, name = line.partition("\t")
            wanted[name] = facts.split()[2]
    have = {name: _blob(path.read_bytes(), wanted.get(name, "")) for name, path in own_files(folder).items()}
    return commit, sorted(name for name in wanted.keys() | have.keys() if wanted.get(name) != have.get(name))


def _folder_of_ours(packages: Path) -> Path:
    """Where our packages lie: among the others, or, installed for work on them, where the finder's mapping says."""
    for finder in packages.glob(f"__editable___{_NAME}_*_finder.py"):
        for node in ast.walk(ast.parse(finder.read_text())):
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "MAPPING" and node.value is not None:
                return Path(ast.literal_eval(node.value)["intake"]).parent
    return packages


def _record(record: Path) -> Iterator[tuple[str, str]]:
    with record.open(newline="", encoding="utf-8") as file:
        for name, digest, *_ in csv.reader(file):
            if digest:
                yield name, digest


def _is(path: str, digest: str) -> bool:
    algorithm, _, wanted = digest.partition("=")
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - thousands of them
            hashed = hashlib.new(algorithm, file.read()).digest()
    except (OSError, ValueError):
        return False
    return base64.urlsafe_b64encode(hashed).rstrip(b"=").decode() == wanted


def _blob(content: bytes, like: str) -> str:
    """Git's name for a content; repositories with longer names use SHA-256."""
    algorithm = "sha256" if len(like) == 64 else "sha1"  # noqa: PLR2004 - hexadecimal digits
    return hashlib.new(algorithm, b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _git(folder: Path, *words: str) -> str:
    # A checkout of another account's is read all the same: nothing of it is run.
    command = ["git", "-c", f"safe.directory={folder}", "-C", str(folder), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_GIT_SECONDS)
    except (OSError, subprocess.SubprocessError) as fault:
        raise NoManifest from fault
    return done.stdout
