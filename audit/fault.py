"""A planted fault: a patch from outside the audited code, and a copy of the installed packages to apply it to.

A patch file says in its first lines what the fault is and what must stand in a finding for it to count as caught:

    Title: …
    Evidence: a regular expression, for "check: sentence"

and then the changes as `diff -u` writes them. They are applied by their text, not by their line numbers: what a change
takes away, with the lines around it, must stand in the file exactly once, or the patch does not apply.

Several can be planted in one copy. Each is placed in the file as it was, so what one adds between two lines does not
keep another from adding there too; only what would rewrite the same line is refused.
"""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import re
import shutil
import site
import sys
import sysconfig
from collections.abc import Sequence
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
class Edit:
    """What is taken out of a text from `start` to `end`, which agree where nothing is, and what is put there."""

    start: int
    end: int
    added: str


@dataclass(frozen=True, slots=True)
class Change:
    """One place in one file: the lines as they are, with those around, and what is edited in them."""

    path: str
    old: str
    edits: tuple[Edit, ...]

    def placed(self, text: str) -> list[Edit]:
        """Return the edits at their places in the whole text. Raises DoesNotApply."""
        if text.count(self.old) != 1:
            raise DoesNotApply(f"{self.path}: {self.old.strip().splitlines()[0]}")
        at = text.index(self.old)
        return [Edit(at + edit.start, at + edit.end, edit.added) for edit in self.edits]


@dataclass(frozen=True, slots=True)
class Fault:
    """One patch file."""

    name: str
    title: str
    evidence: re.Pattern[str]
    changes: tuple[Change, ...]

    def apply(self, packages: Path) -> None:
        """Change the copy. Raises DoesNotApply."""
        plant([self], packages)


def plant(faults: Sequence[Fault], packages: Path) -> None:
    """Change the copy by all of them. Raises DoesNotApply, before anything is written."""
    for path, text in changed_by(faults, packages).items():
        path.write_text(text, "utf-8")
        # The installer has it compiled so that it is never compared with its source again.
        Path(importlib.util.cache_from_source(path)).unlink(missing_ok=True)


def changed_by(faults: Sequence[Fault], packages: Path) -> dict[Path, str]:
    """Return each file that they change together, with its new text. Raises DoesNotApply."""
    changed = {}
    for name in {change.path for fault in faults for change in fault.changes}:
        path = packages / name
        text = path.read_text("utf-8") if path.is_file() else ""
        edits = [edit for fault in faults for one in fault.changes if one.path == name for edit in one.placed(text)]
        changed[path] = _edited(name, text, edits)
        try:
            ast.parse(changed[path] if path.suffix == ".py" else "")
        except SyntaxError:
            # Two can take and leave parts of one statement.
            raise DoesNotApply(f"{name} is no Python with it") from None
    return changed


def _edited(name: str, text: str, edits: Sequence[Edit]) -> str:
    parts, done = [], 0
    # The order of those that add at one place is that in which they were named: sorting keeps it.
    for edit in sorted(edits, key=lambda one: (one.start, one.end)):
        if edit.start < done:
            raise DoesNotApply(f"{name}: two faults rewrite {text[edit.start : edit.end].strip() or 'one place'}")
        parts += [text[done : edit.start], edit.added]
        done = edit.end
    return "".join([*parts, text[done:]])


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
    return make_environment(folder, Path(sys.executable), list(dict.fromkeys(others)))


def make_environment(folder: Path, python: Path, others: Sequence[str], *lines: str) -> Path:
    """Make an environment of what lies in its packages, of those in other places, and of lines of a path file.

    Returns its interpreter.
    """
    packages = packages_of(folder)
    # The intake may read what the installer wrote down only within its own environment.
    for written in (one for place in others if place for one in Path(place).glob("*.dist-info")):
        shutil.copytree(written, packages / written.name, dirs_exist_ok=True)
    told = "".join(f"{line}\n" for line in (*others, *lines) if line)
    (packages / "others.pth").write_text(told, "utf-8")
    real = python.resolve()
    (folder / "pyvenv.cfg").write_text(f"home = {real.parent}\ninclude-system-site-packages = false\n", "utf-8")
    (folder / "bin").mkdir()
    made = folder / "bin" / "python"
    made.symlink_to(real)
    return made


def packages_of(folder: Path) -> Path:
    """Where the packages of such an environment lie."""
    layout = sysconfig.get_path("purelib", "venv", {"base": str(folder), "installed_base": str(folder)})
    return Path(layout)


def own_packages() -> list[str]:
    """Our packages as the installer wrote them down."""
    written = importlib.metadata.distribution(DISTRIBUTION).read_text("top_level.txt")
    return (written or "").split()


def _changes(diff: str) -> list[Change]:
    """Return the hunks: the old text with the lines around it, and what is edited in it."""
    found, path, old = [], "", ""
    edits: list[Edit] = []
    for line in [*diff.splitlines(keepends=True), "@@"]:
        mark, rest = line[:1], line[1:]
        if line.startswith(("@@", "--- ")):
            if edits:
                found.append(Change(path, old, tuple(edits)))
            old, edits = "", []
        elif match := _FILE.match(line):
            path = match[1]
        elif mark in {" ", "-", "+"}:
            before = len(old)
            old += rest if mark != "+" else ""
            if mark != " ":
                # Lines without one that stays between them are one edit, into which no other fault's goes.
                last = edits.pop() if edits and edits[-1].end == before else Edit(before, before, "")
                edits.append(Edit(last.start, len(old), last.added + (rest if mark == "+" else "")))
    return found
