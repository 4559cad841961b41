"""What the demonstration and the audit start is the program that is installed, wherever one stands."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from kallskydd.demo import world as demo_world

PROJECT = Path(demo_world.__file__).parents[2]
STARTS_A_MODULE = re.compile(r"\bsys\.executable,(?P<options>[^\n]*?)\"-m\"")


def test_a_folder_named_kallskydd_in_the_current_folder_changes_nothing(tmp_path):
    # As beside a clone, and worse: a folder that Python would take for the package.
    for name in ("kallskydd", "onion"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit(77)\n")

    done = subprocess.run(
        demo_world._kallskydd("--help"), cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_no_start_of_a_module_of_ours_looks_into_the_current_folder():
    options = {
        (path.name, found["options"].strip())
        for folder in ("kallskydd", "audit", "intake", "onion")
        for path in (PROJECT / folder).rglob("*.py")
        for found in STARTS_A_MODULE.finditer(path.read_text("utf-8"))
    }

    assert len(options) > 2
    assert {given for _name, given in options} == {'"-I",'}
