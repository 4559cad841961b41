"""How long what is sealed may be: a length that is no class of the design tells how much somebody wrote or sent.

- A file, docs/FORMATS.md section 3: its stream's header, then chunks of one length, of which the last is shorter; in
  all a Padmé class, below a mebibyte and above. The canary sends a file that is longer, or its rule would go unseen.
- An entry: a nonce, and whole pages with a tag.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from audit.verdict import Inspection

Row = Mapping[str, object]
Tables = Mapping[str, Sequence[Row]]


LARGE = 2**20
_STREAM_HEADER, _CHUNK, _CHUNK_TAG = 24, 262_144, 17
_PAGE, _NONCE, _TAG = 4096, 24, 16


def check_lengths(inspection: Inspection, tables: Tables) -> None:
    """Require of every sealed file and entry that its length is one of the design's."""
    files = chunk_lengths(tables.get("chunks", []))
    odd_files = [sizes for sizes in files if not is_of_a_class(sizes)]
    for sizes in odd_files:
        inspection.found("a file of {size} bytes lies in chunks of {sizes}, which is no class of sizes",
                         size=sum(sizes), sizes=sizes)  # fmt: skip
    entries = [len(row["body"]) for row in tables.get("entries", []) if isinstance(row["body"], bytes)]
    odd_entries = sorted({size for size in entries if size <= _NONCE + _TAG or (size - _NONCE - _TAG) % _PAGE})
    if odd_entries:
        inspection.found("entries of {sizes} bytes are not whole pages", sizes=odd_entries)
    inspection.saw(
        "{count} sealed files and entries are as long as the design says; {large} files are above a mebibyte",
        count=len(files) + len(entries), large=sum(sum(sizes) > LARGE for sizes in files),
    )  # fmt: skip


def holds_a_large_file(tables: Tables) -> bool:
    """Whether there is a file above a mebibyte: without one, how such files are filled up was not looked at."""
    return any(sum(sizes) > LARGE for sizes in chunk_lengths(tables.get("chunks", [])))


def chunk_lengths(chunks: Iterable[Row]) -> list[list[int]]:
    """Return the lengths of the chunks of each file, in their order."""
    found: dict[object, list[int]] = {}
    for row in sorted(chunks, key=lambda row: int(str(row["position"]))):
        found.setdefault(row["file_id"], []).append(len(row["chunk"]) if isinstance(row["chunk"], bytes) else 0)
    return list(found.values())


def is_of_a_class(sizes: Sequence[int]) -> bool:
    """Whether chunks of these lengths are a sealed file of a class, cut as the format cuts it."""
    header, *pieces = sizes
    plain = sum(pieces) - _CHUNK_TAG * len(pieces)
    whole, last = divmod(plain, _CHUNK)
    cut = [*[_CHUNK + _CHUNK_TAG] * whole, *([last + _CHUNK_TAG] if last else [])]
    return header == _STREAM_HEADER and pieces == cut and plain == class_of(plain)


def class_of(size: int) -> int:
    """Return the Padmé class of a size: its leading bits, the rest rounded up; at least a page."""
    exponent = size.bit_length() - 1
    step = 1 << max(exponent - exponent.bit_length(), 0)
    return max(_PAGE, -(-size // step) * step)
