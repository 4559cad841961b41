"""What a browser has of a file outside its memory: in its profile, in /tmp, and in files that are open and have no name.

A piece is 32 bytes of the file, or of its pixels as a screen has them; zeros and the like are no pieces. What has no
name any more is found among the descriptors of the browser's own processes.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from PIL import Image

from browsers.chromium import Chromium
from browsers.firefox import Firefox

PIECE = 32
PIECES = 24
# So few different bytes stand in anything.
_TOO_FEW = 12
_SESSION = 3


def pieces(content: bytes, count: int = PIECES) -> list[bytes]:
    """So many pieces of it, from the beginning to the end."""
    step = max(1, (len(content) - PIECE) // count)
    found = (content[at : at + PIECE] for at in range(0, len(content) - PIECE, step))
    return [piece for piece in found if len(set(piece)) > _TOO_FEW]


def pixels(picture: Image.Image) -> dict[str, bytes]:
    """Its pixels in the orders in which browsers hold them."""
    red, green, blue = picture.convert("RGB").split()
    full = Image.new("L", picture.size, 255)
    ordered = {"RGB": (red, green, blue), "RGBA": (red, green, blue, full), "BGRA": (blue, green, red, full)}
    return {order: Image.merge(order if order != "BGRA" else "RGBA", made).tobytes() for order, made in ordered.items()}


def left_behind(
    person: Chromium | Firefox, wanted: Mapping[str, bytes], *, profile: bool = True
) -> set[tuple[str, str]]:
    """Which of these stand in which file without a name that is open in the browser, or in which of the profile."""
    sought = {name: pieces(content) for name, content in wanted.items()}
    assert all(len(some) > PIECES // 2 for some in sought.values()), {name: len(some) for name, some in sought.items()}
    found = set()
    for name, path in [*(_in_the_profile(person.profile) if profile else ()), *_open_files(person)]:
        try:
            raw = Path(path).read_bytes()
        except OSError:
            # Gone between the two looks.
            continue
        found |= {(of, name) for of, some in sought.items() if any(one in raw for one in some)}
    return found


def _in_the_profile(profile: Path) -> Iterator[tuple[str, str]]:
    """Every file of the profile, which is the browser's HOME and its folder for temporary files too."""
    for folder, _, names in os.walk(profile):
        for path in (Path(folder) / name for name in names):
            if path.is_file() and not path.is_symlink():
                yield str(path.relative_to(profile)), str(path)


def _open_files(person: Chromium | Firefox) -> Iterator[tuple[str, str]]:
    """Every file that is open in a process of the browser and has no name."""
    session = person._pid if isinstance(person, Chromium) else person._process.pid
    for process in (one for one in os.listdir("/proc") if one.isdigit()):
        try:
            if int(Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[_SESSION]) != session:
                continue
            for number in os.listdir(f"/proc/{process}/fd"):
                path = f"/proc/{process}/fd/{number}"
                about = os.stat(path)
                # In memory are those of memfd and of /dev/shm.
                name = os.readlink(path)
                if stat.S_ISREG(about.st_mode) and not about.st_nlink and not name.startswith(("/memfd:", "/dev/shm/")):
                    yield f"open: {name}", path
        except OSError:
            continue
