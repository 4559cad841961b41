"""What the clean copies of `kallskydd scrub` are called, and how one appears in the folder.

What was in an archive or an e-mail is numbered: `papers.zip-01.pdf`, `letter.eml.pdf`, `letter.eml-01.jpg`.

A name is not cleaned by cleaning the file: `IMG_20260314_0712.jpg` tells a phone and a morning. Kept names are the
default, because people look for their files by them; `--rename` gives neutral ones in the order of the command line.

A copy appears under its name whole or not at all, and never in the place of another file. All copies have the same
times of reading and writing, a fixed day: the times of cleaning would tell when somebody sat at the computer. The time
of the last change and of making, which the file system keeps for itself, nobody can set; copying to another medium
renumbers those.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from trusted.jail.memory_file import MemoryFile
from trusted.jail.stages import Kind

# A source that already ends like its result keeps its name; others get the first of these added, so that a.gif and
# a.bmp do not both become a.png.
_ENDINGS: Final = {
    Kind.JPEG: (".jpg", ".jpeg"),
    Kind.PNG: (".png",),
    Kind.WEBP: (".webp",),
    Kind.TIFF: (".tif", ".tiff"),
    Kind.PDF: (".pdf",),
    Kind.TEXT: (".txt",),
    Kind.CSV: (".csv",),
    Kind.SOUND: (".mp3",),
    Kind.FILM: (".mp4",),
}
_NEUTRAL: Final = re.compile(r"file-(\d+)")
_FEWEST_DIGITS: Final = 3
# A date, a camera's or a phone's counter, a messenger's or a screen picture's name: what a name gives away by itself.
_TELLING: Final = re.compile(
    r"(?:19|20)\d\d[-_. ]?[01]\d[-_. ]?[0-3]\d"
    r"|(?:IMG|DSC[NF]?|DCIM|PXL|MVIMG|VID|SAM|DJI|GOPR|P\d)[-_ ]?\d{3,}"
    r"|WhatsApp|Signal-|Telegram|Snapchat|Screen ?shot|Skärm(?:bild|avbild)",
    re.IGNORECASE,
)
_LONGEST_NAME: Final = 255  # bytes; file systems have no longer ones
_PIECE_BYTES: Final = 2**20
# 2000-01-01 12:00 UTC, the same day in every time zone and in reach of the file systems of memory sticks (from 1980).
NEUTRAL_TIME_NS: Final = 946_728_000 * 10**9


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a copy comes from: its place on the command line, its file, and which file in that, from one."""

    place: int
    source: Path
    inside: int = 0

    @property
    def number(self) -> str:
        """What tells it from the others that were in the same file; empty for the file itself."""
        return f"-{self.inside:02}" if self.inside else ""


class NamingRule(Protocol):
    """Says what a clean copy is called."""

    def name(self, origin: Origin, kind: Kind, /) -> str: ...


class NeutralNames:
    """`file-001.jpg` and so on: the number is the place on the command line, after what the folder has already."""

    def __init__(self, folder: Path, count: int) -> None:
        taken = (_NEUTRAL.match(entry.name) for entry in folder.iterdir())
        self._after = max((int(found[1]) for found in taken if found), default=0)
        self._digits = max(_FEWEST_DIGITS, len(str(self._after + count)))

    def name(self, origin: Origin, kind: Kind) -> str:
        """Return the name for the file at this index, from zero."""
        return f"file-{self._after + origin.place + 1:0{self._digits}}{origin.number}{_ENDINGS[kind][0]}"


class KeptNames:
    """The source's own name, with an ending that fits added where it does not."""

    def name(self, origin: Origin, kind: Kind) -> str:
        """Return the name for this file."""
        endings, source = _ENDINGS[kind], origin.source
        if source.suffix.lower() in endings and not origin.inside:
            return source.name
        stem, added = source.stem, source.suffix + origin.number + endings[0]
        while stem and len(os.fsencode(stem + added)) > _LONGEST_NAME:
            stem = stem[:-1]
        return stem + added


def repeated(sources: Sequence[Path]) -> set[int]:
    """Return the indices of files whose name an earlier file has: of a/x.jpg and b/x.jpg only the first keeps it."""
    seen: Counter[str] = Counter()
    places = set()
    for place, source in enumerate(sources):
        if seen[source.name]:
            places.add(place)
        seen[source.name] += 1
    return places


def telling(name: str) -> bool:
    """Whether a name looks as if it gave away a day, a device or a program."""
    return _TELLING.search(name) is not None


def place_copy(content: MemoryFile, target: Path) -> None:
    """Write the clean copy; raises FileExistsError when the name is taken, OSError when it cannot be written."""
    temporary = target.parent / f".kallskydd-{os.urandom(8).hex()}"
    try:
        with temporary.open("xb") as file:
            for piece in content.chunks(_PIECE_BYTES):
                file.write(piece)
            file.flush()
            os.utime(file.fileno(), ns=(NEUTRAL_TIME_NS, NEUTRAL_TIME_NS))
            os.fsync(file.fileno())
        give_name(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def give_name(temporary: Path, target: Path) -> None:
    """Give the finished file its name; raises FileExistsError when it is taken, which a rename would not."""
    try:
        target.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError:
        # A file system without links, as on a memory stick: take the name, then move over what is ours.
        target.touch(exist_ok=False)
        try:
            temporary.replace(target)
        except OSError:
            target.unlink(missing_ok=True)
            raise


def keep_names_on_disk(folder: Path) -> None:
    """Has the folder itself written, so that the names outlast a power cut too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError:
        # Some file systems cannot; then the names arrive when the system writes by itself.
        return
    finally:
        os.close(descriptor)
