"""What a keeper does that is process 1 of its unit (PrivatePIDs= of a tenant's): collect children of others that ended.

A job whose zygote is gone becomes the keeper's child; when it ends, it takes one of the unit's tasks until it is
collected. The keeper's own children are collected by those who started them, at once: so only what was there at two
looks in a row is nobody's.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

LOOK_SECONDS: Final = 30.0
_PROCESS_ONE: Final = 1
_ENDED: Final = "Z"


def is_process_one() -> bool:
    """Whether children of others become this process's own."""
    return os.getpid() == _PROCESS_ONE


async def collect_orphans(pause: float = LOOK_SECONDS) -> None:
    """Run until cancelled."""
    before: set[int] = set()
    while True:
        before = _collected(before)
        await asyncio.sleep(pause)


def _collected(before: set[int]) -> set[int]:
    """Collect those that had ended at the look before too; return those that have ended."""
    ended = _ended_children()
    for pid in ended & before:
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    return ended


def _ended_children() -> set[int]:
    with suppress(ChildProcessError):
        if os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return {int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit() and _is_ended_child(one)}
    return set()


def _is_ended_child(process: Path) -> bool:
    with suppress(OSError):
        # After the name, which is in brackets and may hold both.
        state, parent = (process / "stat").read_text().rpartition(") ")[2].split()[:2]
        return state == _ENDED and int(parent) == _PROCESS_ONE
    return False
