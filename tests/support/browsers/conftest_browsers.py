"""Fixtures for tests that look at pages: every page is collected once for the whole run."""

import shutil
import tempfile
from pathlib import Path

import pytest
from networks.conftest_tor import SHORT_FOLDER_PREFIX
from processes.service import kallskydd

from browsers.served import example_home
from browsers.shelf import Shelf, collect
from browsers.way import OnionWay

# The first of a home, the longest words, and from right to left.
LOOKED_AT = ("sv", "fi", "ar")


@pytest.fixture(scope="session")
def collected():
    """Every page in every state, in the languages that are looked at."""
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    yield collect(folder, LOOKED_AT)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def shelf_way(collected):
    """A SOCKS port behind which every collected page stands."""
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    with Shelf(folder, collected) as shelf, OnionWay(shelf.socket) as way:
        yield way
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def municipality(tmp_path_factory):
    """What `kallskydd poster --web` makes of the example's home, for the municipality's own website."""
    folder = tmp_path_factory.mktemp("municipality")
    example_home(folder / "home", settings='mirror = { name = "blankett.example" }')
    kallskydd("poster", "--home", folder / "home", "--web", "--out", folder / "out")
    return folder / "out"
