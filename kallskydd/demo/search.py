"""Looks for planted markers in everything that is left: files of the server, files of the desks, open descriptors.

At the mirror's host memory is searched too. In which forms a marker counts, `audit.canary.visits.markers` says; in
memory only as it is and encoded. Open descriptors are read through /proc, unlinked files and files in memory among
them; what may not be read is counted as not seen.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from audit.canary.visits.markers import Marker, planted, search
from audit.observe.memory import found_in_memory
from audit.observe.proc import NotSeen, Process


@dataclass(frozen=True, slots=True)
class Search:
    """What was searched, and where markers were found."""

    looked_at: int
    not_seen: int
    found: tuple[str, ...]

    def __add__(self, other: Search) -> Search:
        return Search(self.looked_at + other.looked_at, self.not_seen + other.not_seen, self.found + other.found)


@cache
def _marker(text: str) -> Marker:
    return planted("demonstration", text)


def holds(content: bytes, marker: str) -> bool:
    """Whether these bytes hold a marker in any form."""
    return bool(search([_marker(marker)], content))


def in_folder(folder: Path, markers: Sequence[str]) -> Search:
    """Search every file under a folder."""
    result = Search(0, 0, ())
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            result += _in_file(path, str(path.relative_to(folder)), markers)
    return result


def in_text(text: str, where: str, markers: Sequence[str]) -> Search:
    """Search what a command printed."""
    return Search(1, 0, tuple(f"{marker} in {where}" for marker in markers if marker in text))


def in_descriptors(process_ids: Iterable[int], markers: Sequence[str]) -> Search:
    """Search every open regular file of these processes."""
    result = Search(0, 0, ())
    for pid in process_ids:
        try:
            numbers = os.listdir(f"/proc/{pid}/fd")  # noqa: PTH208  # a kernel list, not one of our folders
        except FileNotFoundError:
            continue  # it ended meanwhile
        except OSError:
            result += Search(0, 1, ())
            continue
        for number in numbers:
            link = Path(f"/proc/{pid}/fd/{number}")
            try:
                target = str(link.readlink())
            except OSError:
                continue
            if target.startswith("/") and not target.startswith(("/dev/", "/proc/")):
                result += _in_file(link, f"descriptor {number} of process {pid} ({target})", markers)
    return result


def in_memory(process_ids: Iterable[int], markers: Sequence[str]) -> Search:
    """Search the memory of these processes. Streams of zlib are not looked into: none is kept as it was in a file."""
    forms = {
        f"{number} {marker}": form.pattern
        for marker in markers
        for number, form in enumerate((*_marker(marker).raw, *_marker(marker).textual))
        if "digest" not in form.name
    }
    result = Search(0, 0, ())
    for pid in process_ids:
        try:
            found = {name.partition(" ")[2] for name in found_in_memory(Process(pid), forms)}
        except NotSeen:
            result += Search(0, 1, ())
        else:
            result += Search(1, 0, tuple(f"{marker} in the memory of process {pid}" for marker in sorted(found)))
    return result


def _in_file(path: Path, where: str, markers: Sequence[str]) -> Search:
    try:
        content = path.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        return Search(0, 0, ())  # it went meanwhile, or is the folder that the keeper's lock is on: nothing to read
    except OSError:
        return Search(0, 1, ())
    found = search([_marker(one) for one in markers], content)
    return Search(1, 0, tuple(f"{text} in {where}" for text in sorted(hit.marker.text for hit in found)))
