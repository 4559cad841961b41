"""A red run of the tests stays red but for live tests that failed once, in two files at most, and pass when run again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
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
    # Without what makes tor networks, pages and browsers: a project of a few lines has none.
    lines = [
        line
        for line in source.splitlines()
        if not line.startswith(("from processes import", "from browsers.", "from networks."))
    ]

    def run(folder: str = ".", still: str = "9e9", **files: str) -> tuple[int, str]:
        """The exit code and what was said, of these test files, in a process beside pytest's own."""
        # This machine may stand still meanwhile too.
        text = "\n".join(lines).replace("STILL_SECONDS = 4.0", f"STILL_SECONDS = {still}")
        (tmp_path / "conftest.py").write_text(text)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        # Other people's plugins take most of the start and have no part in this.
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        for name, text in files.items():
            path = tmp_path / folder / f"test_{name}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        place = tmp_path / "outcome.json"
        words = ["-q", "--few-programs", "-p", "no:cacheprovider", "-p", "xdist", "-n", "1", "--max-worker-restart=0"]
        first = subprocess.run(
            [sys.executable, "-m", "pytest", *words, "--no-loadscope-reorder", folder], cwd=tmp_path, check=False,
            capture_output=True, env={**environment, "KALLSKYDD_OUTCOME": str(place)},
        )  # fmt: skip
        done = subprocess.run(
            [sys.executable, PROJECT / "scripts" / "run_again.py", tmp_path, str(first.returncode), place],
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


STOPS_THE_CONTROLLER = """    import os, signal, time
    os.kill(os.getppid(), signal.SIGSTOP)
    time.sleep(3)
    os.kill(os.getppid(), signal.SIGCONT)
    assert 0
"""


def test_when_the_machine_stood_still_what_failed_then_is_run_once_more(run):
    """A stopped controller stands for the machine: its thread is not woken either."""
    code, said = run(still="2.0", a1=STEADY.replace("    assert 0\n", STOPS_THE_CONTROLLER), b1=PASSES)

    assert code == 0
    assert "UNSTEADY" in said


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
        ({"a1": "import nothing_of_this_name\n", "b1": ONCE}, 1),
        ({"a1": PASSES + "import os\ndef test_out(): os._exit(0)\n", "b1": PASSES}, 1),
        ({"a1": PASSES + "import os\ndef test_out(): os.abort()\n", "b1": PASSES}, 1),
        ({"a1": "", "b1": ""}, 5),
        (
            {
                "a1": "import os, pytest\n@pytest.mark.live\n@pytest.mark.parametrize('x', ['PYTEST_XDIST_WORKER' in os.environ])\ndef test_other(x): assert 0\n",
                "b1": ONCE,
            },
            4,
        ),
    ],
    ids=["three files", "skipped", "skipped beside", "collecting", "exit", "abort", "none", "another name each time"],
)
def test_everything_else_is_red(run, files, code):
    found, said = run(**files)

    assert found == code
    assert "UNSTEADY" not in said
