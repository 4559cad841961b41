"""A planted fault: a patch from outside the audited code, and a copy of the installed packages to apply it to.

A patch file says in its first lines what the fault is and what must stand in a finding for it to count as caught:

    Title: …
    Evidence: a regular expression, for "check: sentence"

and then the changes as `diff -u` writes them. They are applied by their text, not by their line numbers: what a change
takes away, with the lines around it, must stand in the file exactly once, or the patch does not apply.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import shutil
import site
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

DISTRIBUTION = "kallskydd"
_HEADER = re.compile(r"(Title|Evidence): (.+)")
_FILE = re.compile(r"\+\+\+ (?:b/)?(\S+)")


class DoesNotApply(Exception):
    """The patch does not fit the code that is installed; `words` say where."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass(frozen=True, slots=True)
class Change:
    """One place in one file."""

    path: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One patch file."""

    name: str
    title: str
    evidence: re.Pattern[str]
    changes: tuple[Change, ...]

    def apply(self, packages: Path) -> None:
        """Change the copy. Raises DoesNotApply."""
        for change in self.changes:
            path = packages / change.path
            text = path.read_text("utf-8") if path.is_file() else ""
            if text.count(change.old) != 1:
                raise DoesNotApply(f"{change.path}: {change.old.strip().splitlines()[0]}")
            path.write_text(text.replace(change.old, change.new), "utf-8")


def read_faults(folder: Path) -> list[Fault]:
    """Every patch of a folder, by name. Raises DoesNotApply for one that cannot be read, OSError."""
    return [read_fault(path.stem, path.read_text("utf-8")) for path in sorted(folder.glob("*.patch"))]


def read_fault(name: str, text: str) -> Fault:
    """One patch. Raises DoesNotApply."""
    head, _, diff = text.partition("\n--- ")
    said = dict(_HEADER.findall(head))
    changes = tuple(_changes("--- " + diff))
    try:
        evidence = re.compile(said["Evidence"], re.DOTALL)
    except (KeyError, re.error):
        raise DoesNotApply("its first lines name no evidence") from None
    if not changes:
        raise DoesNotApply("there is no change in it")
    return Fault(name, said.get("Title", name), evidence, changes)


def copy_packages(folder: Path) -> Path:
    """Make an environment with copies of our installed packages, and everyone else's from where it is.

    Returns its interpreter. Ours come first on its path, also for programs that are started isolated (`python -I`).
    """
    packages = packages_of(folder)
    packages.mkdir(parents=True)
    for name in own_packages():
        found = importlib.util.find_spec(name)
        if found is None or not found.submodule_search_locations:
            raise DoesNotApply(f"the package {name} is not installed")
        place = Path(next(iter(found.submodule_search_locations)))
        # Times are kept, so compiled files count for what is not patched, and Python compiles the rest again.
        shutil.copytree(place, packages / name)
    others = [place for place in (*site.getsitepackages(), *sys.path) if place.endswith("-packages")]
    for place in map(Path, others):
        # The intake may read what the installer wrote down only within its own environment.
        for written in place.glob("*.dist-info"):
            shutil.copytree(written, packages / written.name, dirs_exist_ok=True)
    (packages / "others.pth").write_text("".join(f"{place}\n" for place in dict.fromkeys(others)), "utf-8")
    real = Path(sys.executable).resolve()
    (folder / "pyvenv.cfg").write_text(f"home = {real.parent}\ninclude-system-site-packages = false\n", "utf-8")
    (folder / "bin").mkdir()
    python = folder / "bin" / "python"
    python.symlink_to(real)
    return python


def packages_of(folder: Path) -> Path:
    """Where the packages of such an environment lie."""
    layout = sysconfig.get_path("purelib", "venv", {"base": str(folder), "installed_base": str(folder)})
    return Path(layout)


def own_packages() -> list[str]:
    """Our packages as the installer wrote them down."""
    written = importlib.metadata.distribution(DISTRIBUTION).read_text("top_level.txt")
    return (written or "").split()


def _changes(diff: str) -> list[Change]:
    """Return the hunks: the old text with the lines around it, and the new."""
    found, path = [], ""
    old: list[str] = []
    new: list[str] = []
    for line in [*diff.splitlines(keepends=True), "@@"]:
        if line.startswith(("@@", "--- ")):
            if old != new:
                found.append(Change(path, "".join(old), "".join(new)))
            old, new = [], []
        elif match := _FILE.match(line):
            path = match[1]
        elif line[:1] in {" ", "-", "+"}:
            old += [line[1:]] if line[0] != "+" else []
            new += [line[1:]] if line[0] != "-" else []
    return found
