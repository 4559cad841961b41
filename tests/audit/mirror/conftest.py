"""A folder in memory for each mirror, as /run is."""

import shutil
import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def mirror_folder():
    folder = Path(tempfile.mkdtemp(dir="/dev/shm", prefix="ka-"))
    # nginx's worker has an account of its own.
    folder.chmod(0o755)
    for name in ("run", "proc/sys", "var/log", "tmp"):
        (folder / name).mkdir(parents=True)
        # The relay that root started has given its account up.
        (folder / name).chmod(0o777)
    (folder / "proc/modules").write_text("nf_tables 1 0 - Live 0x0\n")
    yield folder
    shutil.rmtree(folder)
