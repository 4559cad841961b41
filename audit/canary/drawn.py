"""What must be random is what was drawn, whole: in one run each draw says of itself that it is one.

A value can be random in every byte for a comparison of values, and still carry something: its last bytes are covered
with a hash of the others, or it was drawn again and again until it fitted. No comparison of values finds that. So the
run whose clock is moved (`audit.canary.clock`) has draws that can be known again: of twelve bytes or more, six are
random, three are the number of the draw under a mask, and the rest follows from those, by a key that the canary has.

1. Each value that is stored or answered, and that is drawn in one piece, is such a draw, of its own length; so is what
   the words of a case code stand for, but for the bits that check them.
2. Between two draws that a visit shows lie as many others in every visit of one kind: none was thrown away.

Shorter draws stay as they are: slots, places in batches, numbers of files, what libsodium draws by itself.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from audit.canary.compare.answers import new_codes, new_tokens
from audit.canary.compare.random import Observation
from audit.canary.compare.rows import COLUMNS, ColumnKind, Noted, header_nonce
from audit.canary.gathered import Run
from audit.canary.visits.visitor import Exchange
from audit.verdict import Inspection

SHORTEST = 12
_RANDOM_BYTES, _NUMBER_BYTES = 6, 3
# Of a case code, docs/FORMATS.md section 6: what a word stands for, and how many bits of the last one check the others.
_BITS_OF_A_WORD, _CHECK_BITS, CODE_BYTES = 12, 6, 12
_NONCE = 24
# What is drawn in one piece; other random columns follow from keys.
_DRAWN = frozenset({("cases", "case_id"), ("files", "file_id")})
# Of an answer: how many bytes of the token are the draw, from its beginning.
_TOKENS = {"draft": 16, "mark": 16, "handle": 32, "page": 16}
_CODE = "answer: case code"
_ASKED = re.compile(rb'name="asked" value="([1-8])"')
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
    first, number = _urandom({random}), next(_numbers).to_bytes({number}, "big")
    mask = hashlib.blake2b(first, digest_size={number}, key=_KEY).digest()
    covered = bytes(one ^ two for one, two in zip(number, mask))
    return first + covered + hashlib.shake_256(_KEY + first + covered + size.to_bytes(8, "big")).digest(
        size - {random} - {number}
    )


os.urandom = random._urandom = _drawn
"""


def hook(key: bytes) -> str:
    """Return the lines that make the draws of a program recognisable."""
    return HOOK.format(key=key.hex(), shortest=SHORTEST, random=_RANDOM_BYTES, number=_NUMBER_BYTES)


def number_of(value: bytes, key: bytes, lost: int = 0) -> int | None:
    """Which draw this is, counted from the start of its process; None when it is none, or not all of one.

    `lost` is how many of its last bits were not used.
    """
    first, covered = value[:_RANDOM_BYTES], value[_RANDOM_BYTES : _RANDOM_BYTES + _NUMBER_BYTES]
    rest = value[_RANDOM_BYTES + _NUMBER_BYTES :]
    if len(value) < SHORTEST:
        return None
    follows = hashlib.shake_256(key + first + covered + len(value).to_bytes(8, "big")).digest(len(rest))
    mask = hashlib.blake2b(first, digest_size=_NUMBER_BYTES, key=key).digest()
    return int.from_bytes(bytes(one ^ two for one, two in zip(covered, mask, strict=True)), "big") if (
        _without(follows, lost) == _without(rest, lost)
    ) else None  # fmt: skip


def _without(value: bytes, lost: int) -> int:
    return int.from_bytes(value, "big") >> lost


def check_drawn(inspection: Inspection, run: Run) -> None:
    """1 and 2."""
    wrong: dict[str, int] = defaultdict(int)
    examined = 0
    for name, value in _values(run):
        examined += 1
        wrong[name] += _number(name, value, run.key) is None
    for name, count in sorted(wrong.items()):
        if count:
            inspection.found("{name}: {count} values are not what was drawn", name=name, count=count)
    inspection.saw("{count} values are, whole, what was drawn", count=examined)
    _check_spans(inspection, run)


def _check_spans(inspection: Inspection, run: Run) -> None:
    spans: dict[str, set[int]] = defaultdict(set)
    for noted in run.noted:
        exchanges = [one for one in run.exchanges if noted.before <= one.before <= noted.after]
        drawn = [*_shown(exchanges), *_of_rows(noted)]
        numbers = [number for one in drawn if (number := _number(*one, run.key)) is not None]
        if numbers:
            spans[noted.what].add(max(numbers) - min(numbers))
    for what, lengths in sorted(spans.items()):
        if len(lengths) > 1:
            inspection.found(
                "{what}: not as many values are drawn each time: {lengths}", what=what, lengths=sorted(lengths)
            )


def _values(run: Run) -> Iterator[tuple[str, bytes]]:
    for noted in (*run.noted, *run.destroyed):
        yield from _of_rows(noted)
    yield from _shown(run.exchanges)
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


def _shown(exchanges: Sequence[Exchange]) -> Iterator[tuple[str, bytes]]:
    for _exchange, token, value in new_tokens(exchanges):
        if token in _TOKENS:
            yield f"answer: {token}", value[: _TOKENS[token]]
    yield from ((_CODE, _of_words(words)) for _exchange, words in new_codes(exchanges))


def numbers_shown(exchanges: Sequence[Exchange]) -> dict[str, list[Observation]]:
    """Return what the words of codes stand for, and which of them are asked back: numbers that must be random."""
    found: dict[str, list[Observation]] = defaultdict(list)
    values = _words()
    for exchange, words in new_codes(exchanges):
        asked = b"".join(_ASKED.findall(exchange.answer.whole))
        numbers = [(f"answer: word {place}", values.get(word, 0)) for place, word in enumerate(words, start=1)]
        for name, number in (*numbers, ("answer: words asked back", int(asked or b"0"))):
            several = found[name]
            order = sum(one.run == exchange.run for one in several)
            value = number.to_bytes(8, "big")
            several.append(Observation(value, exchange.run, exchange.visitor, order, exchange.before, exchange.after))
    return found


def _number(name: str, value: bytes, key: bytes) -> int | None:
    return number_of(value, key, _CHECK_BITS if name == _CODE else 0)


def secret_of(words: Sequence[bytes]) -> int:
    """Return the number that the words of a case code stand for, without the bits that check it."""
    values = _words()
    return sum(values[word] << _BITS_OF_A_WORD * place for place, word in enumerate(reversed(words))) >> _CHECK_BITS


def _of_words(words: Sequence[bytes]) -> bytes:
    """Return what was drawn for a case code, without its last bits; nothing for words of another list."""
    if any(word not in _words() for word in words):
        return b""
    return (secret_of(words) << _CHECK_BITS).to_bytes(CODE_BYTES, "big")


@cache
def _words() -> dict[bytes, int]:
    """Return the list of words, which is part of the format, read as a file: nothing of the service is imported."""
    found = find_spec("trusted")
    places = found.submodule_search_locations if found else None
    listed = (Path(place) / "words" / "sv.txt" for place in places or ())
    return {word: value for path in listed for value, word in enumerate(path.read_bytes().split())}
