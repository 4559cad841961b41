"""Looks for planted markers in everything that is left: files of the server, files of the desks, open descriptors.

At the mirror's host memory is searched too.
A marker counts in any of these forms: as it is, UTF-16 both ways round, hexadecimal, base64 in its three
alignments. Open descriptors are read through /proc, unlinked files and files in memory among them; what may not be
read is counted as not seen.
"""

from __future__ import annotations

import base64
import os
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PIECE_BYTES = 16 * 2**20
INFLATED_BYTES = 16 * 2**20  # of one stream: metadata stands at its beginning, pixels may follow for long


@dataclass(frozen=True, slots=True)
class Search:
    """What was searched, and where markers were found."""

    looked_at: int
    not_seen: int
    found: tuple[str, ...]

    def __add__(self, other: Search) -> Search:
        return Search(self.looked_at + other.looked_at, self.not_seen + other.not_seen, self.found + other.found)


def forms_of(marker: str) -> tuple[bytes, ...]:
    """Every form in which a marker may stand in bytes."""
    raw = marker.encode()
    forms = [
        raw,
        raw.hex().encode(),
        raw.hex().upper().encode(),
        marker.encode("utf-16-le"),
        marker.encode("utf-16-be"),
    ]
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw).rstrip(b"=")
        # The first characters mix with what stands before, the last with what stands behind.
        forms.append(encoded[4 if shift else 0 : -1])
    return tuple(forms)


def holds(content: bytes, marker: str) -> bool:
    """Whether these bytes hold a marker in any form."""
    forms = {marker: forms_of(marker)}
    return any(form in content for form in forms[marker]) or bool(_inflated_markers(content, forms))


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
    result = Search(0, 0, ())
    for pid in process_ids:
        try:
            result += _in_memory_of(pid, markers)
        except FileNotFoundError:
            continue  # it ended meanwhile
        except OSError:
            result += Search(0, 1, ())
    return result


def _in_memory_of(pid: int, markers: Sequence[str]) -> Search:
    forms = {marker: forms_of(marker) for marker in markers}
    found: set[str] = set()
    spans = re.findall(r"(?m)^([0-9a-f]+)-([0-9a-f]+) r", Path(f"/proc/{pid}/maps").read_text())
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for start, end in spans:
            try:
                memory.seek(int(start, 16))
                content = memory.read(int(end, 16) - int(start, 16))
            except (OSError, OverflowError):
                continue  # a page of the kernel's, or one that went meanwhile
            found |= {marker for marker, all_forms in forms.items() if any(form in content for form in all_forms)}
    return Search(1, 0, tuple(f"{marker} in the memory of process {pid}" for marker in sorted(found)))


def _in_file(path: Path, where: str, markers: Sequence[str]) -> Search:
    forms = {marker: forms_of(marker) for marker in markers}
    longest = max((len(form) for all_forms in forms.values() for form in all_forms), default=1)
    found: set[str] = set()
    try:
        with path.open("rb") as file:
            before = b""
            while piece := file.read(PIECE_BYTES):
                window = before + piece
                found |= {marker for marker, all_forms in forms.items() if any(form in window for form in all_forms)}
                before = window[-longest:]
                found |= _inflated_markers(piece, forms)
    except (FileNotFoundError, IsADirectoryError):
        return Search(0, 0, ())  # it went meanwhile, or is the folder that the keeper's lock is on: nothing to read
    except OSError:
        return Search(0, 1, ())
    return Search(1, 0, tuple(f"{marker} in {where}" for marker in sorted(found)))


def _inflated_markers(piece: bytes, forms: Mapping[str, Sequence[bytes]]) -> set[str]:
    """Markers inside zlib streams that start in this piece."""
    found: set[str] = set()
    for start in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", piece):
        inflater = zlib.decompressobj()
        try:
            plain = inflater.decompress(piece[start.start() :], INFLATED_BYTES)
        except zlib.error:
            continue  # two bytes that only looked like a header
        found |= {marker for marker, all_forms in forms.items() if any(form in plain for form in all_forms)}
    return found
