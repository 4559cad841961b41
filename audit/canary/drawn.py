"""What must be random is what was drawn, whole: in one run each draw says of itself that it is one.

A value can be random in every byte for a comparison of values, and still carry something: its last bytes are covered
with a hash of the others, or it was drawn again and again until it fitted. No comparison of values finds that. So the
run whose clock is moved (`audit.canary.clock`) has draws that can be known again: of sixteen bytes or more, eight are
random, four are the number of the draw under a mask, and the rest follows from those, all by a key that the canary has.

1. Each value that is stored or answered, and that is drawn in one piece, is such a draw, of its own length.
2. Between two draws that a visit shows lie as many others in every visit of one kind: none was thrown away.

Shorter draws stay as they are: slots, places in batches, numbers of files, what libsodium draws by itself.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING

from audit.canary.compare.answers import TOKENS
from audit.canary.compare.rows import COLUMNS, ColumnKind, header_nonce

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.canary.compare.rows import Noted
    from audit.canary.gathered import Run
    from audit.canary.visits.visitor import Exchange
    from audit.verdict import Inspection

SHORTEST = 16
_RANDOM_BYTES, _NUMBER_BYTES = 8, 4
_NONCE = 24
# What is drawn in one piece; other random columns follow from keys.
_DRAWN = frozenset({("cases", "case_id"), ("files", "file_id")})
# Of an answer: how many bytes of the token are the draw, from its beginning.
_TOKENS = {"draft": 16, "mark": 16, "handle": 32, "page": 16}
_MOST_SHOWN = 6
# What the examined interpreter runs first (in `audit.canary.clock`): the same as `_number_of` below, the other way.
HOOK = """\
import hashlib
import itertools
import os
import random

_KEY = bytes.fromhex("{key}")
_numbers = itertools.count()
_urandom = os.urandom


def _drawn(size):
    if size < {shortest}:
        return _urandom(size)
    first, number = _urandom(8), next(_numbers).to_bytes(4, "big")
    mask = hashlib.blake2b(first, digest_size=4, key=_KEY).digest()
    covered = bytes(one ^ two for one, two in zip(number, mask))
    return first + covered + hashlib.shake_256(_KEY + first + covered + size.to_bytes(8, "big")).digest(size - 12)


os.urandom = random._urandom = _drawn
"""


def hook(key: bytes) -> str:
    """Return the lines that make the draws of a program recognisable."""
    return HOOK.format(key=key.hex(), shortest=SHORTEST)


def number_of(value: bytes, key: bytes) -> int | None:
    """Which draw this is, counted from the start of its process; None when it is none, or not all of one."""
    first, covered = value[:_RANDOM_BYTES], value[_RANDOM_BYTES : _RANDOM_BYTES + _NUMBER_BYTES]
    rest = value[_RANDOM_BYTES + _NUMBER_BYTES :]
    if len(value) < SHORTEST:
        return None
    follows = hashlib.shake_256(key + first + covered + len(value).to_bytes(8, "big")).digest(len(rest))
    mask = hashlib.blake2b(first, digest_size=_NUMBER_BYTES, key=key).digest()
    return int.from_bytes(bytes(one ^ two for one, two in zip(covered, mask, strict=True)), "big") if (
        follows == rest
    ) else None  # fmt: skip


def check_drawn(inspection: Inspection, run: Run) -> None:
    """1 and 2."""
    wrong: dict[str, int] = defaultdict(int)
    examined = 0
    for name, value in _values(run):
        examined += 1
        wrong[name] += number_of(value, run.key) is None
    for name, count in sorted(wrong.items()):
        if count:
            inspection.found("{name}: {count} values are not what was drawn", name=name, count=count)
    inspection.saw("{count} values are, whole, what was drawn", count=examined)
    _check_spans(inspection, run)


def _check_spans(inspection: Inspection, run: Run) -> None:
    spans: dict[str, set[int]] = defaultdict(set)
    for noted in run.noted:
        shown = [value for one in run.exchanges if noted.before <= one.before <= noted.after for _, value in _of(one)]
        shown += [value for _name, value in _of_rows(noted)]
        numbers = [number for value in shown if (number := number_of(value, run.key)) is not None]
        if numbers:
            spans[noted.what].add(max(numbers) - min(numbers))
    for what, lengths in sorted(spans.items()):
        if len(lengths) > 1:
            inspection.found(
                "{what}: not as many values are drawn each time: {lengths}", what=what, lengths=sorted(lengths)
            )


def _values(run: Run) -> Iterator[tuple[str, bytes]]:
    for noted in run.noted:
        yield from _of_rows(noted)
    for exchange in run.exchanges:
        yield from _of(exchange)
    for row in run.rows.get("home", []):
        if isinstance(row["beat"], bytes):
            yield "home.beat", row["beat"]


def _of_rows(noted: Noted) -> Iterator[tuple[str, bytes]]:
    yield from (("shred.slots", share) for share in noted.shares.values())
    for table, rows in noted.rows.items():
        for row in rows:
            for column, value in row.items():
                if not isinstance(value, bytes):
                    continue
                if (table, column) in _DRAWN:
                    yield f"{table}.{column}", value
                elif COLUMNS[table].get(column) is ColumnKind.HEADER:
                    yield f"{table}.header, nonce", header_nonce(value)
                elif (table, column) == ("entries", "body"):
                    yield "entries.body, nonce", value[:_NONCE]


def _of(exchange: Exchange) -> Iterator[tuple[str, bytes]]:
    for token in TOKENS:
        if token.name in _TOKENS and token.new_in.fullmatch(exchange.name):
            match = token.pattern.search(exchange.answer.whole)
            if match:
                yield f"answer: {token.name}", token.decode(match[0])[: _TOKENS[token.name]]
