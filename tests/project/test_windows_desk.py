"""A member on Windows can install what the desk needs: each locked package has a wheel for it, by the hash in the lock.

No network is asked here: `scripts/windows_wheels.py update` has asked, and wrote down what it got.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

ROOT = Path(__file__).parents[2]
POSIX_ONLY = {"fcntl", "pwd", "grp", "resource", "termios", "pty", "tty", "crypt", "syslog"}
WINDOWS_TAGS = {
    *cpython_tags((3, 11), platforms=["win_amd64"]),
    *compatible_tags((3, 11), interpreter="cp311", platforms=["win_amd64"]),
}


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("windows_wheels", ROOT / "scripts" / "windows_wheels.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def found(script):
    return json.loads(script.FOUND.read_text("utf-8"))


def test_every_package_that_the_desk_needs_was_looked_for(script, found):
    needed = script.needed()

    assert {"aiohttp", "pynacl", "cffi", "tzdata", "msgspec", "babel"} <= needed
    assert set(found) == needed


def test_each_has_a_wheel_that_a_python_on_windows_takes(found):
    for name, one in found.items():
        _name, _version, _build, tags = parse_wheel_filename(one["wheel"])
        assert tags & WINDOWS_TAGS, name


def test_each_wheel_is_of_the_locked_version_and_its_hash_stands_in_the_lock(script, found):
    for name, one in found.items():
        first, *hashes = script.locked(name)
        _name, version, _build, _tags = parse_wheel_filename(one["wheel"])
        assert first.split(" ")[0] == f"{name}=={version}"
        assert any(f"sha256:{one['sha256']}" in line for line in hashes), name


def test_nothing_of_ours_that_the_desk_imports_needs_what_only_posix_has(script):
    reached = script.reached()
    tops = {path: {name.split(".")[0] for name in script.names_in(path)} for path in reached}
    guilty = {str(path.relative_to(ROOT)): found & POSIX_ONLY for path, found in tops.items() if found & POSIX_ONLY}

    assert ROOT / "cases" / "roster" / "chain.py" in reached
    assert guilty == {}
