"""Attachments reach the member's disk only here, only when asked for, and under names of ours.

Contract: a saved file has the case's short name and its number (`a1b2c3d4-1.jpg`), nothing from the reporter; an
existing file is never overwritten; a file that breaks off or whose digest is not the one in the case is removed again.
What has been saved is out of the reach of erasing, and the command says so.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from cases.entry import Attachment
from desk import files
from desk.errors import CaseBroken, SaveRefused

# The kinds the scrubbers give out. Anything else gets a name that no program opens by itself.
ENDINGS = {"jpeg": "jpg", "png": "png", "webp": "webp", "tiff": "tif", "pdf": "pdf"}
UNKNOWN_ENDING = "bin"
SHORT_NAME_CHARACTERS = 8


def short_name(case_id: bytes) -> str:
    """Returns what a case is called on the screen: the first characters of its random id."""
    return case_id.hex()[:SHORT_NAME_CHARACTERS]


def file_name(case_id: bytes, attachment: Attachment) -> str:
    """Returns the neutral name of a saved attachment."""
    ending = ENDINGS.get(attachment.file_kind.lower(), UNKNOWN_ENDING)
    return f"{short_name(case_id)}-{attachment.order + 1}.{ending}"


def check_room(folder: Path, names: Iterable[str]) -> None:
    """Makes sure before the first byte that nothing is in the way. Raises SaveRefused."""
    if not folder.is_dir() or any((folder / name).exists() for name in names):
        raise SaveRefused


def save_attachment(path: Path, attachment: Attachment, clean: Iterable[bytes]) -> None:
    """Writes one attachment. Raises SaveRefused, and CaseBroken when it is not the one the case names."""
    digest = hashlib.sha256()

    def counted() -> Iterable[bytes]:
        for piece in clean:
            digest.update(piece)
            yield piece

    try:
        files.write_pieces(path, counted())
    except OSError as refused:
        raise SaveRefused from refused
    if digest.hexdigest() != attachment.digest:
        path.unlink()
        raise CaseBroken
