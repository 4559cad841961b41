"""`make dist`: the same commit gives the same bytes, whatever stands around it."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from audit.observe.build import parse_manifest

PROJECT = Path(__file__).parents[2]
WHEEL = "kallskydd-0.1.0-py3-none-any.whl"


def another_python() -> str:
    """One of another version if there is one; else the one that runs the tests."""
    own = Path(sys.executable).resolve()
    others = [shutil.which(f"python3.{minor}") for minor in (14, 13, 12, 11) if minor != sys.version_info.minor]
    return next((found for found in others if found), str(own))


def dist(project: Path, python: str, folder: Path, *words: str, **around: str) -> None:
    done = subprocess.run(
        [python, "-I", "-S", project / "scripts" / "make_dist.py", folder, *words],
        capture_output=True, text=True, timeout=400, check=False, cwd="/", env={**os.environ, **around},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def both(tmp_path_factory) -> tuple[Path, Path, str]:
    """Made in this checkout, and in one elsewhere where all is otherwise: the second is never what is compared with."""
    folder = tmp_path_factory.mktemp("dist")
    here, there, elsewhere = folder / "here", folder / "there", folder / "a" / "longer way" / "to it"
    dist(PROJECT, str(Path(sys.executable).resolve()), here)
    subprocess.run(["git", "clone", "-q", "--shared", PROJECT, elsewhere], check=True)
    (elsewhere / ".venv").mkdir()
    (elsewhere / ".venv" / "archives").symlink_to(PROJECT / ".venv" / "archives")
    for number, path in enumerate(sorted(elsewhere.rglob("*.py"))):
        path.chmod(0o700 if number % 2 else 0o644)
        os.utime(path, (10**9 + number, 10**9 + number))
    (elsewhere / "cases" / "left_about.py").write_text("raise SystemExit\n")
    (elsewhere / "trusted" / "case" / "clock.py").write_text("# changed, and not committed\n")
    python, umask = another_python(), os.umask(0o077)
    try:
        dist(elsewhere, python, there, "wheel", TZ="Pacific/Apia", LC_ALL="C", LANG="tr_TR.UTF-8", PYTHONHASHSEED="7",
             SOURCE_DATE_EPOCH="1", HOME="/nowhere")  # fmt: skip
    finally:
        os.umask(umask)
    return here, there, python


def test_the_same_commit_gives_the_same_wheel_in_another_folder_by_another_python(both):
    here, there, python = both

    print(f"made by {sys.executable} and by {python}")
    assert (here / WHEEL).read_bytes() == (there / WHEEL).read_bytes()


def test_the_manifest_names_the_commit_and_has_every_file_of_the_wheel_by_its_hash(both):
    build = parse_manifest((both[0] / "MANIFEST").read_text())
    with zipfile.ZipFile(both[0] / WHEEL) as wheel:
        contents = {name: hashlib.sha256(wheel.read(name)).hexdigest() for name in wheel.namelist()}
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], text=True, cwd=PROJECT).strip()

    assert build.commit == commit
    assert build.of(lambda name: name in contents and not name.endswith("/RECORD")) == {
        name: digest for name, digest in contents.items() if not name.endswith("/RECORD")
    }
    # The handbook is one file, docs/HANDBOK.md, which the package has a link to.
    assert (
        contents["desk/handbook/handbook.md"]
        == hashlib.sha256((PROJECT / "docs" / "HANDBOK.md").read_bytes()).hexdigest()
    )
    # And the libraries, and what was compiled.
    assert {"aiohttp/web.py", "stem/control.py"} <= build.files.keys()
    assert any(name.startswith("intake/__pycache__/") for name in build.files)


def test_the_wheel_has_one_time_one_mode_no_compression_and_no_path_of_this_computer(both):
    with zipfile.ZipFile(both[0] / WHEEL) as wheel:
        entries = wheel.infolist()
        contents = {entry.filename: wheel.read(entry) for entry in entries}
    second = subprocess.check_output(["git", "log", "-1", "--format=%cd", "--date=format-local:%Y-%m-%d"], text=True,
                                     cwd=PROJECT, env={**os.environ, "TZ": "UTC"}).strip()  # fmt: skip

    assert len(entries) > 500
    assert {entry.date_time for entry in entries} == {entries[0].date_time}
    assert "-".join(f"{number:02}" for number in entries[0].date_time[:3]) == second
    assert {stat.filemode(entry.external_attr >> 16) for entry in entries} == {"-rw-r--r--"}
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
    assert [name for name, content in contents.items() if str(PROJECT).encode() in content] == []
    assert not any(name.endswith(".pyc") or "left_about" in name for name in contents)
