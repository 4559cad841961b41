"""The fixtures of the restore drills."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from homes.restore_drill import Drill, prepare

from cases.home import read_home


@pytest.fixture(scope="module")
def prepared() -> Iterator[Drill]:
    """What is prepared once for the tests of a module."""
    folder = Path(tempfile.mkdtemp(prefix="kt-", dir="/tmp"))
    yield asyncio.run(prepare(folder))
    shutil.rmtree(folder)


@pytest.fixture
def drill(prepared: Drill, short_folder: Path) -> Drill:
    """A copy of it, in a folder of its own."""
    for path in (one for one in prepared.folder.iterdir() if not one.is_socket()):
        copy = shutil.copytree if path.is_dir() else shutil.copy2
        copy(path, short_folder / path.name)
    return Drill(short_folder, replace(prepared.made, home=read_home(short_folder / "home")))
