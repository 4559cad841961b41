"""
How files travel between a desk and the server: a head that says what follows, what follows, zeros up to a size class.

Contract (docs/FORMATS.md §9). A frame is `length of the head u32 | head, JSON | payloads | zeros`, in all a Padmé
class: its length tells a class and no size. Two verbs use it:

- `scrub`: a member's file goes to the server in the clear and comes back cleaned, with its small picture and what was
  removed, in kinds. Nothing of it is kept.
- `attach`: the file and its picture, sealed by the desk, with the entries that name them: all is kept, or nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, TypeAlias

import msgspec

from cases.wire.messages import OfCase, Wire, WireFile, WireHead, WireItem, decode
from trusted.case.entry import LISTED, Count, ItemKind, Short
from trusted.case.errors import RequestRefused
from trusted.crypto.case_keys import CaseKeys
from trusted.crypto.sealed_files import SealedFile, recut, seal_clean_bytes, seal_preview, size_class

LENGTH_BYTES = 4
# Three sealed entries of the longest sort, in base64; a report of what was removed is far smaller.
HEAD_BYTES_MAX = 2**20
_ZEROS = bytes(2**16)

Size: TypeAlias = Annotated[int, msgspec.Meta(ge=1, lt=2**48)]


class ScrubRequest(Wire, frozen=True):
    """Verb `scrub`; the file follows."""

    size: Size


class ScrubAnswer(Wire, frozen=True):
    """The answer to `scrub`; the clean bytes and the small picture follow. Kinds and places as a stored report has."""

    file_kind: Short
    size: Size
    preview_size: Size
    removed: Annotated[tuple[tuple[Short, Short], ...], msgspec.Meta(max_length=LISTED)]
    lost: Annotated[tuple[Short, ...], msgspec.Meta(max_length=LISTED)]
    version: Short


class AttachRequest(OfCase, frozen=True):
    """Verb `attach`: entries of the members' stream after `count` others; the sealed file and its picture follow."""

    count: Count
    entries: Annotated[tuple[WireItem, ...], msgspec.Meta(min_length=2, max_length=3)]
    head: WireHead
    files: Annotated[tuple[WireFile, ...], msgspec.Meta(min_length=2, max_length=2)]


@dataclass(frozen=True, slots=True, repr=False)
class CleanCopy:
    """What the server made of a member's file. Only `read_clean_copy` makes one."""

    answer: ScrubAnswer
    clean: bytes
    preview: bytes


def seal_copy(copy: CleanCopy, keys: CaseKeys, number: int) -> tuple[SealedFile, SealedFile]:
    """Return the file that the server cleaned for a desk, and its preview, sealed under one number."""
    return seal_clean_bytes(copy.clean, keys, number), seal_preview(copy.preview, keys, number)


def frame_head(head: Wire, payload_bytes: int) -> tuple[bytes, int]:
    """Return how a frame begins, and how many bytes the whole of it has."""
    encoded = msgspec.json.encode(head)
    beginning = len(encoded).to_bytes(LENGTH_BYTES, "big") + encoded
    return beginning, size_class(len(beginning) + payload_bytes)


def padding(left: int) -> Iterator[bytes]:
    """Yield this many zeros."""
    while left > 0:
        piece = _ZEROS[:left]
        yield piece
        left -= len(piece)


def framed(head: Wire, *payloads: bytes) -> bytes:
    """Return a whole frame."""
    beginning, whole = frame_head(head, sum(map(len, payloads)))
    return b"".join((beginning, *payloads)).ljust(whole, b"\0")


def read_clean_copy(untrusted: bytes) -> CleanCopy:
    """Return what a frame of `ScrubAnswer` holds. Raises RequestRefused for anything else."""
    head_end = LENGTH_BYTES + int.from_bytes(untrusted[:LENGTH_BYTES], "big")
    answer = decode(untrusted[LENGTH_BYTES:head_end], ScrubAnswer)
    clean_end = head_end + answer.size
    preview_end = clean_end + answer.preview_size
    if len(untrusted) != size_class(preview_end) or untrusted.count(0, preview_end) != len(untrusted) - preview_end:
        raise RequestRefused("request.unreadable")
    return CleanCopy(answer, untrusted[head_end:clean_end], untrusted[clean_end:preview_end])


def file_of(row: WireFile, sealed: Iterable[bytes]) -> SealedFile:
    """Return a file that a desk has sealed as the store takes it, cut like every other. Raises RequestRefused."""
    if row.item_kind not in {ItemKind.FILE, ItemKind.PREVIEW}:
        raise RequestRefused("request.unreadable")
    return SealedFile(row.file_id, row.number, ItemKind(row.item_kind), row.header, recut(sealed), row.sealed_size)
