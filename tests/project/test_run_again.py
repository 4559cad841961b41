"""A red run of the tests stays red but for what failed once in two files at most and passes when it is run again."""

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

    def run(**files: str) -> tuple[int, str]:
        """The exit code and what was said, of these test files in two processes."""
        codes = []
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        for name, text in files.items():
            (tmp_path / f"test_{name}.py").write_text(text)
        for half in ("a", "b"):
            names = sorted(f"test_{name}.py" for name in files if name.startswith(half))
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", *names],
                check=False, cwd=tmp_path, capture_output=True,
                env={**environment, "KALLSKYDD_OUTCOME": str(tmp_path / f"{half}.json")},
            )  # fmt: skip
            codes += [str(done.returncode), str(tmp_path / f"{half}.json")]
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
    code, said = run(a1="def test_never(): assert 0\n", b1=ONCE)

    assert code == 1
    assert "UNSTEADY" not in said


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
                "a1": "import os, pytest\n@pytest.mark.parametrize('x', [os.getpid()])\ndef test_other(x): assert 0\n",
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
