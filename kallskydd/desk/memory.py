"""Keep what the member's key opens from going from memory to a disk.

1. No core is dumped. The limit holds for what this process starts too, but a kernel that pipes its dumps to a program
   passes it over; the process's own mark holds there as well, and closes it to debuggers of the same account.
2. All memory is locked where the account may lock without a limit. With the usual 8 MiB the two keys alone are
   (`desk.keep.locked_pages`).
3. Swap is looked at. Locked memory does not make it harmless here: a computer that hibernates writes all of its memory.
"""

import sys

from kallskydd.machine.swap import readable_swap
from trusted.confine import process


def close_memory() -> None:
    """Take steps 1 and 2, before anything secret is read."""
    process.no_core_dump()
    # Other systems have neither the mark nor a limit that says whether locking would work.
    if sys.platform == "linux":
        process.make_undumpable()
        process.lock_memory()


def swap_can_be_read() -> bool:
    """Return whether this computer writes memory to a disk on which a thief could read it (step 3)."""
    return bool(readable_swap())
