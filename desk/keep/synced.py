"""Folders that a program copies to other computers: a key does not belong there.

OneDrive, Dropbox, iCloud, Nextcloud and Google Drive are known by the name of their folder, or by a file that they put
into it. A program of another name is not noticed.
"""

import re
from pathlib import Path
from typing import Final

from desk.errors import HomeSynced

# The name of a folder as the programs make it, in small letters: "OneDrive - Kommunen", "GoogleDrive-name@example.org".
_NAMES: Final = (
    ("desk.home_in_onedrive", re.compile(r"onedrive( ?-.*)?")),
    ("desk.home_in_dropbox", re.compile(r"dropbox( ?[(-].*)?")),
    ("desk.home_in_icloud", re.compile(r"icloud ?drive|icloudphotos|mobile documents|com~apple~clouddocs")),
    ("desk.home_in_nextcloud", re.compile(r"(nextcloud|owncloud)\d*( ?[(-].*)?")),
    ("desk.home_in_google", re.compile(r"google ?drive( ?[(-].*)?")),
)
# What they leave in the folder. `.dropbox` is a file there; the folder of that name is the program's own.
_MARKS: Final = (
    ("desk.home_in_onedrive", ".849C9593-D756-4E56-8D6E-42412F2A707B"),
    ("desk.home_in_dropbox", ".dropbox"),
    ("desk.home_in_dropbox", ".dropbox.cache/*"),
    ("desk.home_in_nextcloud", ".nextcloudsync.log"),
    ("desk.home_in_nextcloud", ".owncloudsync.log"),
    ("desk.home_in_nextcloud", ".sync_*.db"),
    ("desk.home_in_nextcloud", "._sync_*.db"),
    ("desk.home_in_google", ".tmp.drivedownload/*"),
    ("desk.home_in_google", ".tmp.driveupload/*"),
)


def require_not_synced(folder: Path) -> None:
    """Return if neither the folder nor one above it is known to be copied elsewhere. Raises HomeSynced."""
    # Both as it is named and as it is: either may be a link.
    for whole in {folder.absolute(), folder.resolve()}:
        for level in (whole, *whole.parents):
            for text_key, name in _NAMES:
                if name.fullmatch(level.name.lower()):
                    raise HomeSynced(text_key)
            for text_key, mark in _MARKS:
                if _has(level, mark):
                    raise HomeSynced(text_key)


def _has(level: Path, mark: str) -> bool:
    try:
        return any(found.is_file() for found in level.glob(mark))
    except OSError:
        # A folder above that we may not look into.
        return False
