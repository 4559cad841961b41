"""A power cut at every fsync of filings, a release, a new epoch, an erasure: each disk that it could leave is opened."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from faults import acts
from faults.recording import disks, record
from homes.store_harness import new_home

ROOT = Path(__file__).parents[3]
SEED = 28


@pytest.fixture
def memory():
    """A folder in memory, where an fsync costs nothing."""
    folder = Path(tempfile.mkdtemp(prefix="kt-", dir="/dev/shm"))
    yield folder
    shutil.rmtree(folder)


async def test_no_power_cut_at_any_fsync_loses_what_was_acknowledged_or_leaves_a_half(memory):
    home, marks = new_home(memory / "home"), memory / "marks"
    before = {path.name: path.read_bytes() for path in home.iterdir() if not path.name.endswith("-shm")}
    operations = record([str(Path(acts.__file__)), str(home), str(marks)], home, marks, memory / "trace")
    (memory / "trace").unlink()
    (memory / "images").mkdir()

    wrong, count = [], 0
    for count, disk in enumerate(disks(before, operations, SEED), start=1):
        image = disk.write_to(memory / "images" / str(count))
        try:
            found = await acts.judge(image, disk.marks)
        except Exception as fault:  # noqa: BLE001 - whatever keeps a home from opening is what is looked for
            found = [f"it does not open: {fault!r}"]
        wrong += [(count, len(disk.marks), one) for one in found]
        shutil.rmtree(image)

    syncs = sum(op.kind == "sync" for op in operations)
    print(f"{len(operations)} calls, {syncs} of them fsyncs: {count} disks opened, {len(wrong)} findings")
    assert syncs > 60
    assert wrong == []
