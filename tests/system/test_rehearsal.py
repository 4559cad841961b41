"""The part of the rehearsal that every run of the tests has: the page of the first day, on a booted Debian, as root.

The folder of the system is kept in `.cache/rehearsal`; the first run makes it, with the network of the packages' mirror.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

REHEARSE = Path(__file__).parents[1] / "support" / "rehearsal" / "rehearse.py"

pytestmark = pytest.mark.live


def test_a_server_is_installed_and_opened_by_the_page_of_the_first_day():
    done = subprocess.run([sys.executable, REHEARSE, "--first-day"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Ready to open." in done.stdout
