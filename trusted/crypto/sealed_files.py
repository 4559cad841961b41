"""
Sealed files: a cleaned attachment or its preview, sealed piece by piece and opened piece by piece.

Contract (docs/FORMATS.md §3). `seal_file` takes only what the scrubbers' verifier has vouched for, and `seal_copy` only
what the server answered to a desk that asked it to clean a file. Neither direction
holds more than about one chunk of 256 KiB. The plaintext begins with the true size and ends in zeros up to a size class
(Padmé: at most 12 per cent more, 1.2 at a typical photograph), so that the rows of the database tell classes and not
sizes. The last chunk carries the tag FINAL, and `open_file` requires it: a file that was cut does not open. What
`open_file` has yielded before it raises SealBroken is part of a file, so who writes it down must drop it then.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nacl import bindings
from nacl.exceptions import CryptoError
from nacl.utils import random

from trusted.case.entry import ItemKind, Stream
from trusted.case.errors import SealBroken
from trusted.crypto.case_keys import CaseKeys, open_header, seal_header
from trusted.crypto.envelope import Place, associated_data

if TYPE_CHECKING:
    from trusted.jail.stages import Verified

CHUNK_BYTES = 262_144  # 256 KiB of plaintext: one row of the database
STREAM_HEADER_BYTES = bindings.crypto_secretstream_xchacha20poly1305_HEADERBYTES
CHUNK_TAG_BYTES = bindings.crypto_secretstream_xchacha20poly1305_ABYTES
FILE_ID_BYTES = 16
SIZE_BYTES = 8
# Below this all files look alike: one memory page, as for entries.
SMALLEST_CLASS = 4_096
_MESSAGE = bindings.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
_FINAL = bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL


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


def new_file_number() -> int:
    """Return a number for a new file of a case: 31 random bits.

    It is bound into the seal and cannot be changed afterwards, so it must say nothing: were it a count, a file that the
    reporter took back unseen would leave a gap. The place of a file in the case stands in its entry.
    """
    return int.from_bytes(random(4), "big") >> 1


def seal_file(verified: "Verified", keys: CaseKeys, number: int) -> SealedFile:
    """Return the verified file sealed under the number `number` of the case.

    The clean bytes are read as the chunks are drawn, so the memory file must stay open until the last one.
    """
    return _seal(verified.clean.chunks(CHUNK_BYTES), verified.clean.size, keys, number)


def seal_clean_bytes(clean: bytes, keys: CaseKeys, number: int) -> SealedFile:
    """Return bytes that are known to be clean, sealed. Only `cases.wire.files.seal_copy` calls this."""
    return _seal(iter((clean,)), len(clean), keys, number)


def seal_preview(preview: bytes, keys: CaseKeys, number: int) -> SealedFile:
    """Return the preview of file `number` sealed; it has the number of the file that it shows."""
    return _seal(iter((preview,)), len(preview), keys, number, ItemKind.PREVIEW)


def open_file(
    keys: CaseKeys, header: bytes, chunks: Iterable[bytes], number: int, item_kind: ItemKind = ItemKind.FILE
) -> Iterator[bytes]:
    """Yield the clean bytes of a sealed file; raise SealBroken if it is cut, changed or of another place.

    `chunks` may be cut anywhere: a desk hands on what the network brings.
    """
    item_key, ad = open_header(keys, Place(Stream.FILES, number, item_kind), header)
    return _strip(_open_chunks(item_key, ad, recut(chunks)))


def size_class(size: int) -> int:
    """Return the Padmé class of a size: its leading bits are kept, the rest rounded up."""
    if size <= SMALLEST_CLASS:
        return SMALLEST_CLASS
    exponent = size.bit_length() - 1
    rounded_bits = exponent - exponent.bit_length()
    mask = (1 << rounded_bits) - 1
    return (size + mask) & ~mask


def _seal(
    pieces: Iterator[bytes], size: int, keys: CaseKeys, number: int, item_kind: ItemKind = ItemKind.FILE
) -> SealedFile:
    place = Place(Stream.FILES, number, item_kind)
    item_key = random(bindings.crypto_secretstream_xchacha20poly1305_KEYBYTES)
    padded = size_class(SIZE_BYTES + size)
    count = -(-padded // CHUNK_BYTES)
    return SealedFile(
        file_id=random(FILE_ID_BYTES),
        number=number,
        item_kind=item_kind,
        header=seal_header(keys, place, item_key),
        chunks=_seal_chunks(pieces, size, padded, item_key, associated_data(keys.case_id, keys.epoch, place)),
        sealed_size=STREAM_HEADER_BYTES + padded + count * CHUNK_TAG_BYTES,
    )


def _seal_chunks(pieces: Iterator[bytes], size: int, padded: int, item_key: bytes, ad: bytes) -> Iterator[bytes]:
    """Yield the stream header, then the chunks; raise SealBroken if the source is not as long as it said."""
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    yield bindings.crypto_secretstream_xchacha20poly1305_init_push(state, item_key)
    waiting = bytearray(size.to_bytes(SIZE_BYTES, "big"))
    left = padded
    while left:
        wanted = min(left, CHUNK_BYTES)
        while len(waiting) < wanted and (piece := next(pieces, None)) is not None:
            waiting += piece
            size -= len(piece)
        plain = bytes(waiting[:wanted])
        del waiting[:wanted]
        left -= wanted
        tag = _MESSAGE if left else _FINAL
        if not left and (size or waiting):
            # Sealing the wrong length would be found only when somebody opens the file, perhaps weeks later.
            raise SealBroken
        yield bindings.crypto_secretstream_xchacha20poly1305_push(state, plain.ljust(wanted, b"\0"), ad, tag)


def _open_chunks(item_key: bytes, ad: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the plaintext of each chunk; raise SealBroken unless exactly the last one is tagged FINAL."""
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    tag = _MESSAGE
    try:
        bindings.crypto_secretstream_xchacha20poly1305_init_pull(state, next(chunks, b""), item_key)
        for chunk in chunks:
            if tag != _MESSAGE:
                raise SealBroken
            plain, tag = bindings.crypto_secretstream_xchacha20poly1305_pull(state, chunk, ad)
            yield plain
    except (CryptoError, ValueError):
        raise SealBroken from None
    if tag != _FINAL:
        raise SealBroken


def _strip(plain: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what stands between the size and the zeros; raise SealBroken unless both are as `_seal` makes them."""
    first = next(plain, b"")
    if len(first) < SIZE_BYTES:
        raise SealBroken
    size = int.from_bytes(first[:SIZE_BYTES], "big")
    left, padding = size, size_class(SIZE_BYTES + size) - SIZE_BYTES - size
    piece: bytes | None = first[SIZE_BYTES:]
    while piece is not None:
        clean, zeros = piece[:left], piece[left:]
        left -= len(clean)
        padding -= len(zeros)
        if padding < 0 or zeros.count(0) != len(zeros):
            raise SealBroken
        if clean:
            yield clean
        piece = next(plain, None)
    if left or padding:
        raise SealBroken


def recut(untrusted_chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the stream header and then whole sealed chunks, however the input was cut."""
    waiting = bytearray()
    wanted = STREAM_HEADER_BYTES
    for piece in untrusted_chunks:
        waiting += piece
        while len(waiting) >= wanted:
            yield bytes(waiting[:wanted])
            del waiting[:wanted]
            wanted = CHUNK_BYTES + CHUNK_TAG_BYTES
    if waiting:
        yield bytes(waiting)
