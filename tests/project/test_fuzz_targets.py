"""The targets of `make fuzz`, for a moment each and without guidance; and that the guided search finds what is there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from fuzzing import run as fuzz

CHILD = Path(__file__).parents[1] / "support" / "fuzzing" / "child.py"
DAMAGED = 10  # of each target, beside its seeds; `make fuzz` searches
HAS_ATHERIS = fuzz.importlib.util.find_spec("atheris") is not None


@pytest.fixture(scope="module")
def ended() -> dict[str, dict]:
    """How each target ended; one process loads the libraries, and each runs in a fork of it."""
    finished = subprocess.run(
        [sys.executable, str(CHILD), *fuzz.TARGETS, "--damaged", str(DAMAGED)],
        stdout=subprocess.PIPE,
        text=True,
        timeout=600,
        check=True,
    )
    return {one["target"]: one for one in map(json.loads, finished.stdout.splitlines())}


@pytest.mark.property
@pytest.mark.parametrize("target", fuzz.TARGETS)
def test_a_target_keeps_its_promise_for_its_seeds_and_damaged_ones(ended, target) -> None:
    assert ended[target]["code"] == 0, ended[target]["said"]
    assert int(ended[target]["said"].split()[-2]) > DAMAGED  # "20 runs"


@pytest.mark.parametrize("planted", ["mistake", pytest.param("crash", marks=pytest.mark.search)])
def test_the_search_finds_a_mistake_and_tells_it_from_a_crash(tmp_path, monkeypatch, planted) -> None:
    # A start takes seconds of the processor, and the first finds it.
    monkeypatch.setattr(fuzz, "MOST_STARTS", 1)

    # It ends with what it finds; the rest of the time is for a busy machine.
    found = fuzz.search(f"planted_{planted}", 30 * HAS_ATHERIS, tmp_path)

    is_mistake = planted == "mistake"
    assert (len(found.mistakes), len(found.decoder)) == (HAS_ATHERIS * is_mistake, HAS_ATHERIS * (not is_mistake))
    assert all(path.read_bytes().startswith(b"ab") for path in tmp_path.iterdir())


def test_where_there_is_no_atheris_the_exit_code_says_so(monkeypatch, capsys) -> None:
    monkeypatch.setattr("fuzzing.run.importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["fuzz.py"])

    assert fuzz.main() == 4
    assert "atheris is not installed" in capsys.readouterr().err


def test_every_target_belongs_to_a_run_but_the_two_that_were_planted() -> None:
    listed = subprocess.run(
        [sys.executable, "-c", "from fuzzing import targets; print(*targets.targets())"],
        cwd=Path(fuzz.__file__).parents[1], capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip

    assert set(listed) - {"planted_mistake", "planted_crash"} == set(fuzz.TARGETS)
