"""What stands in the memory of a process, as the kernel shows it to root."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from audit.observe.proc import NotSeen, Process


def found_in_memory(process: Process, markers: Mapping[str, bytes]) -> set[str]:
    """Return the names of what stands in the memory of this process; raises NotSeen."""
    found: set[str] = set()
    for region in memory(process):
        found |= {name for name, marker in markers.items() if name not in found and marker in region}
    return found


def memory(process: Process) -> Iterator[bytes]:
    """Every part of its memory that can be read; raises NotSeen, also when nothing can be."""
    read = 0
    try:
        with process.place("maps").open() as lines, process.place("mem").open("rb", buffering=0) as content:
            for line in lines:
                span, rights, _, _, _, *path = line.split()
                start, end = (int(number, 16) for number in span.split("-"))
                # What is mapped from a program's file, and cannot be written, is as it was.
                if not rights.startswith("r") or ("w" not in rights and path and path[0].startswith("/")):
                    continue
                with contextlib.suppress(OSError, OverflowError):  # [vvar] and [vsyscall] cannot be read
                    content.seek(start)
                    region = content.read(end - start)
                    read += len(region)
                    yield region
    except OSError as fault:
        raise NotSeen from fault
    if not read:
        raise NotSeen
