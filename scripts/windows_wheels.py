"""
Look at the index for a wheel of each package that the desk needs on Windows, and write down what was found.

`windows_wheels.py update` downloads by hash, out of requirements.lock, what a Python 3.11 on 64-bit Windows would take:
wheels only, since nobody there has a compiler. It writes their names and hashes into tests/project/windows_wheels.json,
which a test without a network compares with the lock. `scripts/upgrade.sh` runs it after it has rewritten the locks.
"""

import ast
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT: Final = Path(__file__).resolve().parent.parent
LOCK: Final = PROJECT / "requirements.lock"
FOUND: Final = PROJECT / "tests" / "project" / "windows_wheels.json"
PYTHON: Final = "3.11"
PLATFORM: Final = "win_amd64"
# What the markers of requirements are judged by there.
WINDOWS: Final = {
    "os_name": "nt",
    "sys_platform": "win32",
    "platform_system": "Windows",
    "platform_machine": "AMD64",
    "platform_python_implementation": "CPython",
    "implementation_name": "cpython",
    "python_version": PYTHON,
    "python_full_version": f"{PYTHON}.0",
    "extra": "",
}
# Imported by no line of ours: Windows has no time zones of its own.
BESIDES: Final = ("tzdata",)


def needed() -> set[str]:
    """Return the names of all packages that the desk imports, and of all that those need on Windows."""
    providers = packages_distributions()
    names = {canonicalize_name(providers[top][0]) for top in imported()} | set(BESIDES)
    waiting = list(names)
    while waiting:
        for text in requires(waiting.pop()) or ():
            requirement = Requirement(text)
            name = canonicalize_name(requirement.name)
            if name not in names and (requirement.marker is None or requirement.marker.evaluate(WINDOWS)):
                names.add(name)
                waiting.append(name)
    return names


def imported() -> set[str]:
    """Return the foreign packages that desk/ imports, itself or through other modules of ours."""
    names = {name for path in reached() for name in names_in(path)}
    tops = {name.split(".")[0] for name in names if module_at(name.split(".")[:1]) is None}
    return tops - sys.stdlib_module_names


def reached() -> set[Path]:
    """Return our own modules that desk/ imports, itself or through others, and those of desk/."""
    seen: set[Path] = set()
    waiting = sorted((PROJECT / "desk").rglob("*.py"))
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in names_in(path):
            parts = name.split(".")
            waiting += [found for end in range(1, len(parts) + 1) if (found := module_at(parts[:end])) is not None]
    return seen


def names_in(path: Path) -> Iterator[str]:
    """Return what a module imports when it runs, by whole names: not what it imports for its types."""
    waiting: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            waiting += ast.iter_child_nodes(node)


def module_at(parts: list[str]) -> Path | None:
    """Return the file of one of our modules."""
    place = PROJECT.joinpath(*parts)
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


def locked(name: str) -> list[str]:
    """Return the lines of a package in the lock: its version, then its hashes."""
    lines = LOCK.read_text("ascii").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"{name}=="))
    end = next((number for number in range(start + 1, len(lines)) if not lines[number].startswith(" ")), len(lines))
    return lines[start:end]


def update() -> None:
    """Download the wheels, and write their names and hashes."""
    found: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "wanted.txt"
        wanted.write_text("\n".join(line for name in sorted(needed()) for line in locked(name)) + "\n")
        # fmt: off
        subprocess.run(
            [
                sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--require-hashes",
                "--no-deps", "--only-binary", ":all:", "--platform", PLATFORM, "--python-version", PYTHON,
                "--dest", folder, "--requirement", str(wanted),
            ],
            check=True,
        )
        # fmt: on
        for wheel in sorted(Path(folder).glob("*.whl")):
            digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
            found[canonicalize_name(wheel.name.split("-")[0])] = {"wheel": wheel.name, "sha256": digest}
    FOUND.write_text(json.dumps(dict(sorted(found.items())), indent=1) + "\n")


if __name__ == "__main__":
    if sys.argv[1:] != ["update"]:
        print("windows_wheels.py update", file=sys.stderr)
        sys.exit(2)
    update()
