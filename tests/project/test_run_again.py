"""A red run of the tests stays red but for live tests that failed once, in two files at most, and pass when run again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
# The part of conftest.py that says the outcome, for a project of a few lines.
OUTCOME = """
import json, os
from pathlib import Path
import pytest
SOME_SKIPPED, OUTCOME_FILE = 6, "KALLSKYDD_OUTCOME"
"""
ONCE = """
from pathlib import Path
import pytest
@pytest.mark.live
def test_once():
    if Path("flag").exists():
        return
    Path("flag").touch()
    assert 0
"""


@pytest.fixture
def run(tmp_path):
    source = (PROJECT / "tests" / "conftest.py").read_text()
    begins = source.index("def pytest_sessionfinish")
    (tmp_path / "conftest.py").write_text(OUTCOME + source[begins:])

    def run(folder: str = ".", **files: str) -> tuple[int, str]:
        """The exit code and what was said, of these test files in two processes."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        # Other people's plugins take most of the start and have no part in this.
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        for name, text in files.items():
            path = tmp_path / folder / f"test_{name}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        halves = {}
        for half in ("a", "b"):
            names = sorted(f"{folder}/test_{name}.py" for name in files if name.startswith(half))
            halves[half] = subprocess.Popen(
                [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *names],
                cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env={**environment, "KALLSKYDD_OUTCOME": str(tmp_path / f"{half}.json")},
            )  # fmt: skip
        codes = [
            word for half, pytest_ in halves.items() for word in (str(pytest_.wait()), str(tmp_path / f"{half}.json"))
        ]
        done = subprocess.run(
            [sys.executable, PROJECT / "scripts" / "run_again.py", tmp_path, *codes],
            check=False, cwd=tmp_path, capture_output=True, text=True, env=environment,
        )  # fmt: skip
        return done.returncode, done.stdout

    return run


PASSES = "def test_well(): pass\n"


def test_a_green_run_is_green_and_runs_nothing_again(run):
    assert run(a1=PASSES, b1=PASSES) == (0, "")


def test_what_failed_once_and_passes_again_is_green_and_named(run):
    code, said = run(a1=ONCE + PASSES, b1=PASSES)

    assert code == 0
    assert said.count("test_a1.py::test_once") == 2
    assert "UNSTEADY" in said


def test_what_fails_again_is_red(run):
    code, said = run(a1="import pytest\n@pytest.mark.live\ndef test_never(): assert 0\n", b1=ONCE)

    assert code == 1
    assert "UNSTEADY" not in said


STEADY = ONCE.replace("@pytest.mark.live\n", "")


@pytest.mark.parametrize("folder", [".", "live"])
def test_what_is_not_marked_live_has_one_try_whatever_its_folder_is_called(run, folder):
    code, said = run(folder, a1=STEADY, b1=PASSES)

    assert code == 1
    assert "RED" in said
    assert "test_a1.py::test_once" in said
    assert "run once more" not in said


def test_one_that_is_not_live_makes_a_run_red_beside_one_that_is(run):
    code, said = run(a1=ONCE, b1=STEADY.replace("flag", "f2"))

    assert code == 1
    assert "test_b1.py::test_once" in said
    assert "test_a1.py" not in said


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"a1": ONCE, "a2": ONCE.replace("flag", "f2"), "b1": ONCE.replace("flag", "f3")}, 1),
        ({"a1": "import pytest\n@pytest.mark.skip\ndef test_skipped(): pass\n" + ONCE, "b1": PASSES}, 6),
        ({"a1": "import pytest\n@pytest.mark.skip\ndef test_skipped(): pass\n", "b1": ONCE}, 6),
        ({"a1": "import nothing_of_this_name\n", "b1": ONCE}, 2),
        ({"a1": PASSES + "import os\ndef test_out(): os._exit(0)\n", "b1": PASSES}, 70),
        ({"a1": PASSES + "import os\ndef test_out(): os.abort()\n", "b1": PASSES}, -6),
        ({"a1": "", "b1": PASSES}, 5),
        (
            {
                "a1": "import os, pytest\n@pytest.mark.live\n@pytest.mark.parametrize('x', [os.getpid()])\ndef test_other(x): assert 0\n",
                "b1": ONCE,
            },
            4,
        ),
    ],
    ids=["three files", "skipped", "skipped beside", "collecting", "exit", "abort", "none", "another name each time"],
)
def test_everything_else_is_red(run, files, code):
    found, said = run(**files)

    assert found == code % 256
    assert "UNSTEADY" not in said
