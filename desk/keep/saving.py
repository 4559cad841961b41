"""What a member saves, only when asked for, and under names of its own.

Contract: a saved attachment has the case's short name and its number (`a1b2c3d4-1.jpg`; `a1b2c3d4-m1.jpg` for one that
members sent), nothing from the reporter; one whose digest is not the one in the case is not given out; an existing file
is never overwritten. Nothing is decoded: of a small picture only its length and its first bytes are looked at.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from desk.errors import CaseBroken, SaveRefused
from desk.keep import files
from trusted.case.entry import Attachment, Stream

# The kinds the scrubbers give out. Anything else gets a name that no program opens by itself.
ENDINGS = {
    "jpeg": "jpg", "png": "png", "webp": "webp", "tiff": "tif", "pdf": "pdf", "text": "txt", "csv": "csv",
    "sound": "mp3", "film": "mp4",
}  # fmt: skip
UNKNOWN_ENDING = "bin"
SHORT_NAME_CHARACTERS = 8
# Every preview is a JPEG of at most 320 pixels; the largest measured (noise) had 60 KiB.
PREVIEW_BYTES_MAX = 256 * 2**10
_JPEG_BEGINS = b"\xff\xd8\xff"


def short_name(case_id: bytes) -> str:
    """Return what a case is called on the screen: the first characters of its random id."""
    return case_id.hex()[:SHORT_NAME_CHARACTERS]


def file_name(case_id: bytes, attachment: Attachment, stream: Stream = Stream.REPORTER) -> str:
    """Return the neutral name of a saved attachment."""
    return f"{_stem(case_id, attachment.order, stream)}.{_ending(attachment.file_kind)}"


def _stem(case_id: bytes, order: int, stream: Stream) -> str:
    return f"{short_name(case_id)}-{'m' if stream is Stream.MEMBERS else ''}{order + 1}"


def _ending(file_kind: str) -> str:
    return ENDINGS.get(file_kind.lower(), UNKNOWN_ENDING)


def check_room(folder: Path, names: Iterable[str]) -> None:
    """Make sure before the first byte that nothing is in the way. Raises SaveRefused."""
    if not folder.is_dir() or any((folder / name).exists() for name in names):
        raise SaveRefused


def checked(attachment: Attachment, clean: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return an attachment in memory, whole. Raises CaseBroken when it is not the one the case names."""
    pieces = tuple(clean)
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    if digest.hexdigest() != attachment.digest:
        raise CaseBroken
    return pieces


def checked_preview(preview: bytes) -> bytes:
    """Return a small picture that can be one. Raises CaseBroken."""
    if not preview.startswith(_JPEG_BEGINS) or len(preview) > PREVIEW_BYTES_MAX:
        raise CaseBroken
    return preview


def save_bytes(path: Path, content: bytes) -> None:
    """Write a file that must not exist. Raises SaveRefused."""
    try:
        files.write_new(path, content)
    except OSError as refused:
        raise SaveRefused from refused
