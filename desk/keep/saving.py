"""Attachments reach the member's disk only here, only when asked for, and under names of its own.

Contract: a saved file has the case's short name and its number (`a1b2c3d4-1.jpg`; `a1b2c3d4-m1.jpg` for one that
members sent; `a1b2c3d4-1-preview.jpg`), nothing from the reporter; an existing file is never overwritten; a file that
breaks off or whose digest is not the one in the case is removed again. What has been saved is out of the reach of
erasing, and the command says so. Nothing is decoded: of a small picture only its length and its first bytes are looked
at.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from cases.entry import Attachment, Stream
from desk.errors import CaseBroken, SaveRefused
from desk.keep import files

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


def preview_name(case_id: bytes, attachment: Attachment, stream: Stream = Stream.REPORTER) -> str:
    """Return the neutral name of the small picture of an attachment."""
    return f"{_stem(case_id, attachment.order, stream)}-preview.jpg"


def answer_name(case_id: bytes, order: int, file_kind: str) -> str:
    """Return the name of a clean copy that is about to be sent: that of the attachment which it becomes."""
    return f"{_stem(case_id, order, Stream.MEMBERS)}.{_ending(file_kind)}"


def _stem(case_id: bytes, order: int, stream: Stream) -> str:
    return f"{short_name(case_id)}-{'m' if stream is Stream.MEMBERS else ''}{order + 1}"


def _ending(file_kind: str) -> str:
    return ENDINGS.get(file_kind.lower(), UNKNOWN_ENDING)


def check_room(folder: Path, names: Iterable[str]) -> None:
    """Make sure before the first byte that nothing is in the way. Raises SaveRefused."""
    if not folder.is_dir() or any((folder / name).exists() for name in names):
        raise SaveRefused


def save_attachment(path: Path, attachment: Attachment, clean: Iterable[bytes]) -> None:
    """Write one attachment. Raises SaveRefused, and CaseBroken when it is not the one the case names."""
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


def save_preview(path: Path, preview: bytes) -> None:
    """Write one small picture. Raises SaveRefused, and CaseBroken when it cannot be one."""
    save_bytes(path, checked_preview(preview))


def save_bytes(path: Path, content: bytes) -> None:
    """Write a file that must not exist. Raises SaveRefused."""
    try:
        files.write_new(path, content)
    except OSError as refused:
        raise SaveRefused from refused
