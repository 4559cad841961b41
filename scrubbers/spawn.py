"""Starts zygotes. For the keeper, the `scrub` command and tests: the intake can start nothing."""

import os
import socket
import subprocess
import sys
from collections.abc import Collection
from typing import Final

from trusted.jail.protocol import Role
from trusted.jail.stages import Kind

# A job's memory is fresh: the kernel faults in and clears each page on first touch, 12,000 times for a picture of 12
# megapixels and a seventh of its time. In huge pages of 2 MiB, which most kernels give on request (madvise), it takes
# an eighth of the faults, and half of those when the pixels lie in one block: Pillow's own blocks are of 16 MiB, and
# the ends of each are small pages. For glibc 2.35 and later, and Pillow, which read these when a program starts.
_LARGE_PAGES: Final = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", "PILLOW_BLOCK_SIZE": "64m"}
# The allocator keeps the memory of one page's drawing for the next: returned to the kernel each time, the 77,000 memory
# pages that it clears for a report of 60 pages took a sixth of its time. For glibc; others do not know these names.
_KEEPS_MEMORY: Final = {"MALLOC_MMAP_THRESHOLD_": str(4 * 2**20), "MALLOC_TRIM_THRESHOLD_": str(16 * 2**20)}


def spawn_zygote(role: Role, kinds: Collection[Kind] = ()) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start a zygote; return its process and our end of its channel. It ends when the channel closes. Raises OSError.

    It warms up for every kind of its role, or for these kinds alone: then a job of another kind dies.

    A fresh interpreter, so that no key and no page of this process's memory is inherited; isolated, so that neither the
    folder nor the environment can add code to it.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with theirs:
        command = [
            # -I ignores PYTHON* variables, the current folder and the home folder's packages.
            *(sys.executable, "-I", "-X", "utf8"),
            *("-m", "scrubbers.jailed.zygote", role.name.lower(), str(theirs.fileno()), *sorted(kinds)),
        ]
        try:
            process = subprocess.Popen(
                command,
                # The one descriptor it inherits.
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                # A decoder's complaint can quote the file: it goes nowhere.
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"LC_ALL": "C.UTF-8"} | _LARGE_PAGES | (_KEEPS_MEMORY if role is Role.DOCUMENTS else {}),
                cwd=os.sep,
                # Ctrl-C in a terminal reaches the keeper alone, which then ends in order.
                start_new_session=True,
            )
        except OSError:
            ours.close()
            raise
    return process, ours
