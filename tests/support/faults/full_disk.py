"""
Run in a mount namespace of its own: a home on a small tmpfs, and the acts of a store at every free page that it could have.

`unshare -m python full_disk.py FOLDER FIRST STEP` mounts FOLDER, and for each number of free pages, from FIRST up in
steps, files and erases until the disk is full, and then opens the home again with room. It prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from homes.store_harness import new_home

from faults.acts import Marks, all_acts, judge
from trusted.case.errors import CaseError

PAGE = 4096
DISK_PAGES = 2000
ENOUGH_PAGES = 130  # with so many free the acts go through


async def try_with(folder: Path, free_pages: int) -> tuple[bool, list[str], list[str]]:
    """Whether the disk was full in the middle, what the store said then, and what is wrong with the home after it."""
    home, marks, ballast = new_home(folder / "home"), folder.parent / f"marks-{free_pages}", folder / "ballast"
    room = os.statvfs(folder).f_bavail - free_pages
    ballast.write_bytes(bytes(PAGE) * room)
    said = []
    descriptor = os.open(marks, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        await all_acts(home, Marks(descriptor))
    except CaseError as refused:
        said.append(refused.text_key)
    finally:
        os.close(descriptor)
        ballast.unlink()
    wrong = await judge(home, marks.read_text().splitlines())
    shutil.rmtree(home)
    return bool(said), said, wrong


async def main(folder: Path, first: int, step: int) -> dict[str, object]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_PAGES * PAGE}", "none", folder], check=True)
    tried, full, said, wrong = 0, 0, set[str](), []
    for free_pages in range(first, ENOUGH_PAGES, step):
        was_full, keys, found = await try_with(folder, free_pages)
        tried += 1
        full += was_full
        said |= set(keys)
        wrong += [f"with {free_pages} free pages: {one}" for one in found]
    return {"tried": tried, "full": full, "said": sorted(said), "wrong": wrong}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))))
