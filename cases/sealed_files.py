"""Sealed files: wip, the type first."""

from collections.abc import Iterator
from dataclasses import dataclass

from cases.entry import ItemKind


@dataclass(frozen=True, slots=True, repr=False)
class SealedFile:
    """A file on its way into the store: its header, and its ciphertext piece by piece."""

    file_id: bytes
    number: int
    item_kind: ItemKind
    header: bytes
    # Lazy, read once: the 24 bytes of the stream header, then one piece for every chunk.
    chunks: Iterator[bytes]
    # The sum of the lengths of all pieces.
    sealed_size: int
