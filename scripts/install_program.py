"""Makes the folder of an installed Källskydd: `install_program.py FOLDER LATER`; FOLDER is moved to LATER afterwards.

1. A virtual environment without pip, by the interpreter behind .venv.
2. The packages that the service imports, copied from .venv: what pyproject.toml names and what those need in turn, not
   the tools of the tests. Each file is held against the hash with which pip installed it, and pip had checked the
   package against requirements.lock. Compiled code bears no hash: it is left out and made anew.
3. Our own packages, as a wheel, with a list of hashes of their own (RECORD).
4. `bin/kallskydd`, for the place where the folder will lie.
"""

from __future__ import annotations

import base64
import compileall
import csv
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
import zipfile
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

PROJECT = Path(__file__).resolve().parent.parent
LAUNCHER = """\
#!{later}/bin/python -I
import sys

from kallskydd.__main__ import main

sys.exit(main())
"""


class Changed(Exception):
    """A file of .venv is not what pip installed."""


def main(folder: Path, later: Path) -> None:
    """Fill `folder`, from nothing."""
    pyproject = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    venv.EnvBuilder(symlinks=True, with_pip=False).create(folder)
    (packages,) = (folder / "lib").glob("python*/site-packages")
    for name in needed(pyproject["project"]["dependencies"]):
        copy_distribution(metadata.distribution(name), packages)
    with tempfile.TemporaryDirectory() as work, zipfile.ZipFile(own_wheel(Path(work), pyproject)) as wheel:
        wheel.extractall(packages)
    compileall.compile_dir(packages, quiet=2, workers=0, stripdir=folder, prependdir=later)
    # Those that activate it for a shell hold the path of now, and a service has no use for them.
    for script in (folder / "bin").glob("[Aa]ctivate*"):
        script.unlink()
    launcher = folder / "bin" / "kallskydd"
    launcher.write_text(LAUNCHER.format(later=later))
    launcher.chmod(0o755)


def needed(requirements: list[str]) -> list[str]:
    """Names of the packages that these need here, in the order of the alphabet."""
    found: set[str] = set()
    todo = [(text, "") for text in requirements]
    while todo:
        text, extra = todo.pop()
        requirement = Requirement(text)
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        if name not in found or requirement.extras:
            found.add(name)
            for wanted in ("", *requirement.extras):
                todo += [(inner, wanted) for inner in metadata.requires(name) or ()]
    return sorted(found)


def copy_distribution(distribution: metadata.Distribution, packages: Path) -> None:
    """Copy one package with its list of hashes. Raises Changed."""
    kept: list[str] = []
    for file in distribution.files or ():
        # Programs of a package lie outside and name the interpreter of .venv; none of them serves.
        if ".." in file.parts:
            continue
        kept.append(str(file))
        if file.suffix == ".pyc":
            continue
        source = Path(str(distribution.locate_file(file)))
        if file.hash is not None and digest(source, file.hash.mode) != file.hash.value:
            raise Changed
        target = packages / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        if file.name == "RECORD":
            record = target
    # The list is of what is there: an audit takes a file that is on it and missing for one that was removed.
    lines = csv.reader(record.read_text("utf-8").splitlines())
    with record.open("w", encoding="utf-8", newline="") as file_of_lines:
        csv.writer(file_of_lines, lineterminator="\n").writerows(line for line in lines if line and line[0] in kept)


def digest(path: Path, name: str) -> str:
    """In the form of a RECORD file."""
    return base64.urlsafe_b64encode(hashlib.new(name, path.read_bytes()).digest()).rstrip(b"=").decode("ascii")


def own_wheel(work: Path, pyproject: dict) -> Path:
    """Our packages as a wheel; built from a copy, because building leaves folders beside the sources."""
    sources = work / "sources"
    sources.mkdir()
    for name in ("pyproject.toml", pyproject["project"]["readme"]):
        shutil.copyfile(PROJECT / name, sources / name)
    for package in pyproject["tool"]["setuptools"]["packages"]:
        if "." not in package:
            shutil.copytree(PROJECT / package, sources / package, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "wheel"]
    command += ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(work), str(sources)]
    subprocess.run(command, check=True)
    (wheel,) = work.glob("*.whl")
    return wheel


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    except Changed:
        sys.exit("A package in .venv is not as it was installed. Make it anew:  rm -r .venv; make setup")
