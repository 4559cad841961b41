"""The version names what the installer wrote down, also where the files themselves lie elsewhere."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
from pathlib import Path

from scrubbers import version

PROGRAM = (
    "import sys; sys.path[:0] = sys.argv[1:]; from scrubbers.version import scrubber_version; print(scrubber_version())"
)


def test_the_version_is_the_same_in_an_environment_that_has_the_lists_of_files_and_not_the_files(tmp_path):
    for name in version._PACKAGES:
        written = Path(str(importlib.metadata.distribution(name)._path))
        shutil.copytree(written, tmp_path / written.name)
    words = [sys.executable, "-I", "-S", "-c", PROGRAM, str(tmp_path), str(Path(version.__file__).parents[1])]

    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()

    assert said == version.scrubber_version()
    assert "of the system" not in said
