"""Makes the folder of an installed Källskydd: `install_program.py FOLDER LATER`; FOLDER is moved to LATER afterwards.

`install_program.py FOLDER LATER COMMIT SECOND WHEELS` is for `make dist` (scripts/make_dist.py): of a commit that was
unpacked without git, of this second since 1970, and with our own wheel left in WHEELS. With LATER empty that is all.

What serves comes out of archives whose hash is in a lock file, and out of nothing else: .venv may have been changed
since it was made, and so may the lists of hashes (RECORD) beside its files. `make setup` keeps the archives in
.venv/archives, so that no network is needed here. The order:
1. The build tools, each archive held against requirements-build.lock, are unpacked into a folder of their own.
2. A virtual environment without pip, by the interpreter that runs this. It need not be .venv's, and reads no startup
   file of .venv.
3. The packages that the service imports, each archive held against requirements.lock: what pyproject.toml names and
   what those need in turn, not the tools of the tests. What comes as source is built with the tools of step 1.
4. Our own packages, built likewise and packed by ourselves, with a list of hashes of their own.
5. All of it is compiled, never to be compared with its source again, so that the compiled files are the same each time.
6. `bin/kallskydd`, for the place where the folder will lie, and `share/MANIFEST`: the commit, a hash of every file.

The same commit gives the same bytes, in every folder, whatever umask, time zone, language and clock there are; the
wheel also by every Python (docs/decisions/server/0032).
"""

from __future__ import annotations

import compileall
import csv
import hashlib
import os
import py_compile
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import venv
import zipfile
from email.parser import BytesParser
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from audit.observe.build import MANIFEST, manifest_of  # noqa: E402 - the path is needed; of the standard library alone
from audit.observe.installed import OURS  # noqa: E402

ARCHIVES = PROJECT / ".venv" / "archives"
TOOLS = ("setuptools", "wheel", "packaging")
LAUNCHER = """\
#!{later}/bin/python -I
import sys

from kallskydd.__main__ import main

sys.exit(main())
"""
# Alone with the standard library and the tools: no startup file and no package of whatever environment runs this. The
# older way in, by which the set-up of stem finds itself.
BUILD = """
import sys
sys.path.append(sys.argv[1])
from setuptools.build_meta import __legacy__
__legacy__.build_wheel(sys.argv[2])
"""


# Whatever the account that builds has set.
SAME = {"LC_ALL": "C.UTF-8", "TZ": "UTC"}
# An archive of this kind knows no time before 1980.
FIRST_SECOND = 315532800
# What else decides over what gets installed.
MAKE_IT = (
    "pyproject.toml", "README.md", "LICENSE", "NOTICE", "requirements.lock", "requirements-build.lock",
    "scripts/install_program.py", "docs/HANDBOK.md", "docs/pictures/handbok",
)  # fmt: skip


class Changed(Exception):
    """No archive of a package is there that the lock file knows."""


class Origin(NamedTuple):
    """What is installed: the commit, with a + where files differ from it, and its second since 1970."""

    commit: str
    second: int


def main(folder: Path, later: Path, origin: Origin | None = None, wheels: Path | None = None) -> None:
    """Fill `folder`, from nothing. Raises Changed."""
    if origin is None:
        origin = origin_of_checkout()
    pyproject = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    with tempfile.TemporaryDirectory() as work:
        tools = Path(work, "tools")
        build_lock = hashes_of(PROJECT / "requirements-build.lock")
        for name in TOOLS:
            unpack(archive_of(name, build_lock, ARCHIVES), tools)
        own = own_wheel(Path(work), pyproject, tools)
        pack_again(own, origin.second)
        if wheels is not None:
            shutil.copy(own, wheels / own.name)
            if not later.name:
                return
        # Verified by now; `wheels_needed` imports it.
        sys.path.insert(0, str(tools))
        venv.EnvBuilder(symlinks=True, with_pip=False).create(folder)
        (packages,) = (folder / "lib").glob("python*/site-packages")
        for wheel in wheels_needed(pyproject["project"]["dependencies"], Path(work), tools):
            unpack(wheel, packages)
        unpack(own, packages)
    # Not by the time of the source: that is the time of this run, and would stand in the file.
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    # One worker: with two, Python 3.13 compiles the same file to other bytes from one run to the next, by chance.
    compileall.compile_dir(packages, quiet=2, workers=1, stripdir=folder, prependdir=later, invalidation_mode=unchecked)
    # Those that activate it for a shell hold the path of now, and a service has no use for them.
    for script in (folder / "bin").glob("[Aa]ctivate*"):
        script.unlink()
    launcher = folder / "bin" / "kallskydd"
    launcher.write_text(LAUNCHER.format(later=later))
    launcher.chmod(0o755)
    (folder / "share").mkdir(exist_ok=True)
    (folder / "share" / MANIFEST).write_text(manifest_of(packages, origin.commit), "utf-8")


def origin_of_checkout() -> Origin:
    """Return the commit that is checked out, with a + where what gets installed differs from it; none without git."""
    try:
        head, second = said_by_git("log", "-1", "--format=%H %ct").split()
        # What git is told to ignore would be installed as well, if it lies among the packages.
        differing = said_by_git("status", "--porcelain", "--ignored", "--untracked-files=all", "--", *OURS, *MAKE_IT)
    except (OSError, subprocess.SubprocessError):
        return Origin("", FIRST_SECOND)
    lines = [line for line in differing.splitlines() if "__pycache__" not in line]
    return Origin(f"{head}{'+' if lines else ''}", int(second))


def said_by_git(*words: str) -> str:
    """Return what git says of the project. Raises OSError or SubprocessError."""
    command = ["git", "-c", f"safe.directory={PROJECT}", "-C", str(PROJECT), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def pack_again(wheel: Path, second: int) -> None:
    """Pack the files of a wheel again: in order, of one time and one mode, and not compressed.

    Implementations of deflate differ in their bytes, and the builder takes modes and order from the file system.
    """
    with zipfile.ZipFile(wheel) as built_one:
        contents = {name: built_one.read(name) for name in built_one.namelist() if not name.endswith("/")}
    (record,) = [name for name in contents if re.fullmatch(r"[^/]+\.dist-info/RECORD", name)]
    lines = sorted(contents[record].decode("utf-8").splitlines())
    contents[record] = "".join(f"{line}\n" for line in lines).encode("utf-8")
    moment = time.gmtime(max(second, FIRST_SECOND))[:6]
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_STORED) as packed:
        # As installers like it: what describes the others comes last.
        for name in sorted(contents, key=lambda name: (".dist-info/" in name, name)):
            entry = zipfile.ZipInfo(name, moment)
            entry.create_system = 3  # Unix, whose modes these are
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            packed.writestr(entry, contents[name])


def hashes_of(lock: Path) -> dict[str, set[str]]:
    """Return the hashes that a lock file has for each package."""
    known: dict[str, set[str]] = {}
    name = ""
    for line in lock.read_text("utf-8").splitlines():
        if found := re.match(r"([A-Za-z0-9._-]+)==", line):
            name = canonical(found[1])
        known.setdefault(name, set()).update(re.findall(r"--hash=sha256:([0-9a-f]{64})", line))
    return known


def archive_of(name: str, known: dict[str, set[str]], folder: Path) -> Path:
    """Return the archive of this package whose hash is in the lock file. Raises Changed."""
    for archive in sorted(folder.glob("*")):
        # Before the version no hyphen stands in the name of a wheel, and in that of a source archive the last one does.
        stem = archive.name.split("-")[0] if archive.suffix == ".whl" else archive.name.rpartition("-")[0]
        if canonical(stem) == name and hashlib.sha256(archive.read_bytes()).hexdigest() in known.get(name, ()):
            return archive
    raise Changed


def wheels_needed(requirements: list[str], work: Path, tools: Path) -> list[Path]:
    """Return a wheel for each package that these need here, in alphabetical order. Raises Changed."""
    from packaging.requirements import Requirement  # noqa: PLC0415 - out of an archive that had to be verified first

    lock = hashes_of(PROJECT / "requirements.lock")
    found: dict[str, Path] = {}
    todo = [(text, "") for text in requirements]
    while todo:
        text, extra = todo.pop()
        requirement = Requirement(text)
        name = canonical(requirement.name)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        is_new = name not in found
        if is_new:
            archive = archive_of(name, lock, ARCHIVES)
            found[name] = archive if archive.suffix == ".whl" else built(archive, work / name, tools)
        if is_new or requirement.extras:
            inner = requires(found[name])
            todo += [(one, wanted) for wanted in ("", *requirement.extras) for one in inner]
    return [found[name] for name in sorted(found)]


def requires(wheel: Path) -> list[str]:
    """Return what a wheel says that it needs."""
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = [name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name)]
        return BytesParser().parsebytes(archive.read(metadata), headersonly=True).get_all("Requires-Dist", [])


def unpack(wheel: Path, packages: Path) -> None:
    """Unpack a wheel with its list of hashes."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name: place for name in archive.namelist() if (place := place_in_packages(name)) is not None}
        for name, place in names.items():
            target = packages / place
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(name) as source, target.open("wb") as file:
                shutil.copyfileobj(source, file)
            if re.fullmatch(r"[^/]+\.dist-info/RECORD", place):
                record = target
    # The list is of what is there: an audit takes a file that is on it and missing for one that was removed.
    lines = [line for line in csv.reader(record.read_text("utf-8").splitlines()) if line and line[0] in names]
    with record.open("w", encoding="utf-8", newline="") as file_of_lines:
        csv.writer(file_of_lines, lineterminator="\n").writerows([names[line[0]], *line[1:]] for line in lines)


def place_in_packages(name: str) -> str | None:
    """Return where a wheel's file belongs among the packages; None for folders and programs, which nothing needs."""
    found = re.fullmatch(r"[^/]+\.data/(\w+)/(.+)", name)
    if found is None:
        return None if name.endswith("/") else name
    return found[2] if found[1] in {"purelib", "platlib"} else None


def built(source: Path, work: Path, tools: Path) -> Path:
    """Build the wheel of a source archive."""
    with tarfile.open(source) as archive:
        # Where Python has it (Debian 12's has not): by its own hash the archive is what it was.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(work / "source")  # noqa: S202 - see above
    (folder,) = (work / "source").iterdir()
    return build(folder, work, tools)


def own_wheel(work: Path, pyproject: dict, tools: Path) -> Path:
    """Our packages as a wheel; built from a copy, because building leaves folders beside the sources."""
    sources = work / "kallskydd" / "source"
    sources.mkdir(parents=True)
    for name in ("pyproject.toml", pyproject["project"]["readme"], *pyproject["project"]["license-files"]):
        shutil.copyfile(PROJECT / name, sources / name)
    for pattern in pyproject["tool"]["setuptools"]["packages"]["find"]["include"]:
        package = pattern.removesuffix("*")
        shutil.copytree(PROJECT / package, sources / package, ignore=shutil.ignore_patterns("__pycache__"))
    return build(sources, work / "kallskydd", tools)


def build(sources: Path, target: Path, tools: Path) -> Path:
    """Build a wheel of these sources, with nothing but the standard library and the tools."""
    command = [sys.executable, "-I", "-S", "-c", BUILD, str(tools), str(target)]
    quiet = subprocess.DEVNULL
    subprocess.run(command, cwd=sources, check=True, stdout=quiet, stderr=quiet, env={"PATH": os.defpath, **SAME})
    (wheel,) = target.glob("*.whl")
    return wheel


def canonical(name: str) -> str:
    """Return a package's name in the one form in which names are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    try:
        if len(sys.argv) > len(("program", "folder", "later")):
            main(Path(sys.argv[1]), Path(sys.argv[2]), Origin(sys.argv[3], int(sys.argv[4])), Path(sys.argv[5]))
        else:
            main(Path(sys.argv[1]), Path(sys.argv[2]))
    except Changed:
        sys.exit("An archive in .venv is not one that the lock files know. Make it again:  rm -r .venv; make setup")
