"""What the audit makes of code that a process runs and of what its environment would load, at stand-ins."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from audit.live.checks.code import check_code
from audit.observe.proc import Process, Service
from audit.observe.scene import Scene
from audit.verdict import Inspection, Verdict

NOBODY = 65534
# Runs a file besides its own, says so, and waits.
RUNS = """
import mmap, os, sys, time
place, rights = sys.argv[1], mmap.PROT_READ | mmap.PROT_EXEC
if place == "written":
    held = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=rights | mmap.PROT_WRITE)
elif place:
    descriptor = os.open(place, os.O_RDONLY)
    held = mmap.mmap(descriptor, 0, flags=mmap.MAP_PRIVATE, prot=rights)
    os.close(descriptor)
print("ready", flush=True)
time.sleep(60)
"""


@contextlib.contextmanager
def running(place: str = "", **environment: str):
    """A stand-in for an intake, of the interpreter that runs the tests."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUNS, place], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={"PATH": os.defpath, **environment},
    )  # fmt: skip
    try:
        assert process.stdout.readline() == "ready\n"
        yield Process(process.pid)
    finally:
        process.kill()
        process.communicate()


def found(process: Process, root: Path = Path("/")) -> list[str]:
    inspection = Inspection()
    check_code(inspection, Scene(Path("/nowhere"), Service(process, intakes=(process,)), root))
    # Keeper and intake are one here, so each is said twice.
    return sorted({one.text() for one in inspection.evidence if one.verdict is not Verdict.CLEAN})


def test_an_interpreter_with_its_libraries_is_no_finding():
    with running() as process:
        assert found(process) == []


@pytest.fixture
def library(tmp_path):
    """A copy of a library beside no installation."""
    maps = Path("/proc/self/maps").read_text().splitlines()
    real = next(line.split()[5] for line in maps if "r-xp" in line and "/libc." in line)
    return Path(shutil.copy(real, tmp_path / "listens.so"))


def test_a_library_from_elsewhere_is_a_finding(library):
    with running(str(library)) as process:
        (said,) = found(process)

    assert said.endswith(f"not in order: {library}")


def test_a_library_that_was_loaded_before_all_others_is_found_twice(library):
    with running(LD_PRELOAD=str(library)) as process:
        (said,) = found(process)

    assert said.endswith(f"not in order: {library}, LD_PRELOAD={library}")


@pytest.mark.parametrize(
    "name", ["LD_AUDIT", "LD_LIBRARY_PATH", "LD_DEBUG_OUTPUT", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONWARNINGS"]
)
def test_what_would_load_code_or_lead_to_it_is_a_finding(name, tmp_path):
    with running(**{name: str(tmp_path)}) as process:
        (said,) = found(process)

    assert f"{name}={tmp_path}" in said


def test_a_folder_of_the_installation_may_be_named_for_libraries():
    with running(LD_LIBRARY_PATH=str(Path(sys.executable).resolve().parent.parent / "lib")) as process:
        assert found(process) == []


@pytest.fixture
def installed(tmp_path):
    """An environment of its own with one more library in it."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--symlinks", tmp_path / "env"], check=True)
    packages = next((tmp_path / "env").glob("lib/python3*/site-packages"))
    maps = Path("/proc/self/maps").read_text().splitlines()
    real = next(line.split()[5] for line in maps if "r-xp" in line and "/libc." in line)
    return tmp_path / "env" / "bin" / "python", Path(shutil.copy(real, packages / "of_it.so"))


@pytest.mark.parametrize(
    ("weakening", "fine"),
    [
        (lambda _: None, True),
        (lambda library: library.chmod(0o757), False),
        (lambda library: library.parent.chmod(0o777), False),
        (lambda library: library.unlink(), False),
        (lambda library: os.replace(shutil.copy(library, library.with_suffix(".new")), library), False),
    ],
    ids=["as it is", "others may write it", "others may replace it", "removed", "replaced"],
)
def test_a_library_of_the_installation_is_looked_at_as_it_lies_there(installed, monkeypatch, weakening, fine):
    python, library = installed
    monkeypatch.setattr(sys, "executable", str(python))
    with running(str(library)) as process:
        weakening(library)
        said = found(process)

    assert (said == []) == fine, said


def test_memory_that_can_be_written_and_run_is_a_finding():
    with running("written") as process:
        (said,) = found(process)

    assert "memory that can be written and run" in said


def test_a_file_of_the_systems_that_loads_into_every_program_is_a_finding_and_an_empty_one_is_none(tmp_path):
    (tmp_path / "etc").mkdir()
    preload = tmp_path / "etc" / "ld.so.preload"
    preload.write_text("\n")
    with running() as process:
        assert found(process, tmp_path) == []
        preload.write_text("/tmp/listens.so\n")

        (said,) = found(process, tmp_path)

    assert "/tmp/listens.so" in said


@contextlib.contextmanager
def an_ordinary_account():
    """Root sees everything, and is nobody for as long as this lasts."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(was)


def test_what_this_account_may_not_look_into_is_not_seen():
    inspection = Inspection()

    with an_ordinary_account():
        check_code(inspection, Scene(Path("/nowhere"), Service(Process(1))))

    assert inspection.verdict is Verdict.NOT_SEEN
