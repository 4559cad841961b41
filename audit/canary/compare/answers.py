"""One name, one answer: what is asked in one way is answered in one way, before and after, for everybody, in every run.

An answer is compared byte by byte, status, names and values of headers in their order, and body with the pieces in
which it came, when these have been taken out of it by name: what was planted, and the values below, each of which must
be random and is examined as such, wherever it is shown first.

What a desk is told is compared by form. A text that is not the same in all runs must be a value of the store, where it
is examined, and the JSON has no other way to be written.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audit.canary.compare.random import Observation
from audit.canary.visits.http import Answer
from audit.canary.visits.markers import BEGINNING
from audit.canary.visits.visitor import Exchange
from audit.verdict import Inspection, Word

_MOST_SHOWN = 40
_AROUND = 60
_NOTHING = "value of what was planted"
_HOUR_BYTES, _HOUR_SECONDS = 4, 3600  # of a mark: the hour of its making, and random bytes


@dataclass(frozen=True, slots=True)
class Token:
    """A random value in answers: where it stands, and its bytes."""

    name: str
    pattern: re.Pattern[bytes]
    decode: Callable[[bytes], bytes]


def _hex(text: bytes) -> bytes:
    return bytes.fromhex(text.decode())


def _mark(text: bytes) -> bytes:
    """Without the hour, which `wrong_hours` checks."""
    return _whole_mark(text)[_HOUR_BYTES:]


def _whole_mark(text: bytes) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        return b""


TOKENS = (
    Token("draft", re.compile(rb'(?<=name="draft" value=")[0-9a-f]{32}(?=")'), _hex),
    # That of a form, and of the part of one that is sent by itself.
    Token("mark", re.compile(rb'((?<=name="mark" value=")|(?<=name="facts_mark" value="))[\w-]{48}(?=")'), _mark),
    Token("handle", re.compile(rb'(?<=name="handle" value=")[0-9a-f]{64}(?=")'), _hex),
    Token("page", re.compile(rb"(?<=/page/)[0-9a-f]{32}"), _hex),
    # In a field, and in the button of a form that goes along.
    Token("file", re.compile(rb'((?<=name="file" value=")|(?<=value="take-back ))[0-9a-f]{32}(?=")'), _hex),
    # The page's address, and the name of the form that it is about.
    Token("progress", re.compile(rb'((?<=/progress/)|(?<=<form id="report" name="))[0-9a-f]{32}'), _hex),
    # Of what a text says of its writer: offered to be accepted, and accepted.
    Token("tags", re.compile(rb'((?<=name="offered" value=")|(?<=name="looked" value="))[0-9a-f]{24}(?=")'), _hex),
    # Of files that wait for their writer to decide.
    Token("held", re.compile(rb'(?<=name="held" value=")[0-9a-f]{32}(?=")'), _hex),
)
# Which of the eight words is asked back, in each of its places.
_ASKED = re.compile(
    rb'(?<=name="asked" value=")[1-8](?=")|(?<="word-)[1-8](?=")|(?<=>Ord )[1-8](?=<)'
    rb'|(?<="wrong-)[1-8](?=[ "])|(?<=>Ord )[1-8](?= st)'
)
# The same in words of any language, before the field.
_LABEL = re.compile(rb'(?<=<label for="word-)[1-8]">[^<]*')
# What was found in a picture is shown up to a length, and may end within what was planted there.
_CUT_OFF = re.compile(rb"(?<= )%s[bcdfghjklmnprstx]{1,20}(?=</bdi>)" % BEGINNING.encode())
_WORDS = re.compile(rb"(?<=<bdi>)[a-z]+(?=</bdi>)")
_WORDS_OF_A_CODE = 8
# Fields of these hold some two bits in a byte: the four letters by which a word is known, which keep its place in the
# sorted list.
LETTERS, BITS_OF_A_LETTER = "answer: letters", 2
# Where the length of the words of a code, or of an address in figures, is evened out: with spaces and nothing else, at
# the very end, since the place of a filling or the number of fillings could say something.
_PADDING = re.compile(rb"(<!-- *-->|(?<=[}\]]) +)\Z")

# Of each case that a desk asks for whether there is news: one of five words, compared as they are.
_WORDS_OF_NEWS = "found"

# What was planted in one run, and how it is called: in the place of each stands its name.
Known = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True, repr=False)
class DeskAnswer:
    """What a desk was told, what was planted in its run, and every value that its run has stored."""

    name: str
    answer: Answer
    known: Known
    stored: frozenset[bytes]


def compare_answers(
    inspection: Inspection, exchanges: Sequence[Exchange], known: Mapping[int, Known], differs: Sequence[str] = ()
) -> None:
    """Every answer of one name is the same, in all runs; `differs` says of the second on what is another than before.

    Where the first run has one answer and a later one another, that property is named.
    """
    first: dict[str, bytes] = {}
    told: set[str] = set()
    for exchange in exchanges:
        plain = masked(exchange.answer.whole, known[exchange.run])
        if exchange.whole:
            plain += b"".join(b"\npiece " + piece for piece in exchange.answer.pieces)
        other = first.setdefault(exchange.name, plain)
        if other != plain and exchange.name not in told:
            told.add(exchange.name)
            where = _first_difference(other, plain)
            if len(told) <= _MOST_SHOWN:
                another = differs[exchange.run - 1] if exchange.run and differs else _NOTHING
                inspection.found(
                    "two answers to {name} differ: {one} and {other} (in run {run}, which has another: {another})",
                    name=exchange.name, one=_around(other, where), other=_around(plain, where), run=exchange.run,
                    another=Word(another),
                )  # fmt: skip
    if len(told) > _MOST_SHOWN:
        inspection.found("and answers to {count} more questions differ", count=len(told) - _MOST_SHOWN)
    inspection.saw(
        "{count} answers, of {names} kinds, were compared byte by byte", count=len(exchanges), names=len(first)
    )


def masked(whole: bytes, known: Known) -> bytes:
    """Replace what is known of the run and what is random in an answer by names."""
    for token in TOKENS:
        whole = token.pattern.sub(token.name.encode(), whole)
    whole = _WORDS.sub(b"word", whole)
    whole = _ASKED.sub(b"number", _LABEL.sub(b'number">label', whole))
    for value, name in known:
        whole = whole.replace(value, name)
    return _PADDING.sub(b"", _CUT_OFF.sub(b"cut off", whole))


def random_tokens(exchanges: Iterable[Exchange]) -> dict[str, list[Observation]]:
    """Every random value where it is new, with the moment of the exchange."""
    found: dict[str, list[Observation]] = {}

    def note(name: str, exchange: Exchange, value: bytes) -> None:
        several = found.setdefault(name, [])
        order = sum(one.run == exchange.run for one in several)
        several.append(Observation(value, exchange.run, exchange.visitor, order, exchange.before, exchange.after))

    for exchange, token, value in new_tokens(exchanges):
        note(f"answer: {token}", exchange, value)
    for exchange, words in new_codes(exchanges):
        for number, word in enumerate(words, start=1):
            note(f"answer: word {number}", exchange, _of_a_word(word))
            note(f"{LETTERS} of word {number}", exchange, word[:4])
    return found


def new_codes(exchanges: Iterable[Exchange]) -> Iterator[tuple[Exchange, list[bytes]]]:
    """Give the words of each case code once, with the answer that was the first to show them."""
    seen: set[tuple[bytes, ...]] = set()
    for exchange in exchanges:
        words = _WORDS.findall(exchange.answer.whole)[:_WORDS_OF_A_CODE]
        if len(words) == _WORDS_OF_A_CODE and tuple(words) not in seen:
            seen.add(tuple(words))
            yield exchange, words


def new_tokens(exchanges: Iterable[Exchange]) -> Iterator[tuple[Exchange, str, bytes]]:
    """Give each random value once for each run, with the answer that was the first to show it."""
    seen: set[tuple[int, str, bytes]] = set()
    for exchange in exchanges:
        for token in TOKENS:
            for match in token.pattern.finditer(exchange.answer.whole):
                if (shown := (exchange.run, token.name, match[0])) not in seen:
                    seen.add(shown)
                    yield exchange, token.name, token.decode(match[0])


def wrong_hours(exchanges: Iterable[Exchange]) -> Iterator[str]:
    """Find form tokens whose hour is not that of their making: the one clock that an answer may hold, and no finer."""
    for exchange in exchanges:
        for match in _mark_pattern().finditer(exchange.answer.whole):
            hour = int.from_bytes(_whole_mark(match[0])[:_HOUR_BYTES], "big")
            if not exchange.before // _HOUR_SECONDS - 1 <= hour <= exchange.after // _HOUR_SECONDS:
                yield f"{exchange.name}: {hour}"


def compare_desk_answers(inspection: Inspection, answers: Sequence[DeskAnswer]) -> None:
    """Compare the answers of one verb to desks: the same headers, and JSON of the same form and of known values."""
    first: dict[str, object] = {}
    texts: dict[tuple[str, str], list[tuple[str, DeskAnswer]]] = {}
    for one in answers:
        form = (masked(one.answer.head, one.known), _form(one))
        other = first.setdefault(one.name, form)
        if other != form:
            left, right = (repr(side).encode() for side in (other, form))
            where = _first_difference(left, right)
            inspection.found("a desk is told {name} in another form: {one} and {other}", name=one.name,
                       one=_around(left, where), other=_around(right, where))  # fmt: skip
        if (told := _told(one.answer.body)) is not None and _written(told) != one.answer.body.rstrip(b" "):
            inspection.found("a desk is told {name} in another form: {one} and {other}", name=one.name,
                       one=_around(_written(told), 0), other=_around(one.answer.body, 0))  # fmt: skip
        for place, text in _texts(told):
            texts.setdefault((one.name, place), []).append((text, one))
    for (name, place), several in texts.items():
        strange = [text for text, one in several if not _is_stored(text, one.stored)]
        if strange and len({text for text, _one in several}) > 1:
            inspection.found("a desk is told {name}, where {place} is no value of the store: {what}", name=name,
                       place=place, what=strange[0][:_AROUND])  # fmt: skip
    inspection.saw("{count} answers to desks were compared by form", count=len(answers))


def _form(one: DeskAnswer) -> object:
    """JSON with its values by kind and length, and how long all of it is; of other bytes, whether they are stored."""
    body = one.answer.body
    told = _told(body)
    return len(body), one.answer.pieces, body in one.stored if told is None else _shape(told)


def _written(told: Any) -> bytes:
    """Return JSON as the service writes it: without a space between values, of which there are any number of ways."""
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()


def _told(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _shape(value: Any) -> object:
    if isinstance(value, dict):
        # The number of a file is random, and `audit.canary.compare.rows` checks it in the database.
        return tuple(
            (name, None if name == "number" and "file_id" in value else one if name == _WORDS_OF_NEWS else _shape(one))
            for name, one in value.items()
        )
    if isinstance(value, list):
        # Files come in the order of their random numbers, and so may have changed places.
        numbers = [(one["number"], one["item_kind"]) for one in value if isinstance(one, dict) and "file_id" in one]
        shapes = [_shape(one) for one in value]
        return (*(sorted(shapes, key=repr) if numbers else shapes), numbers == sorted(numbers))
    return ("text", len(value)) if isinstance(value, str) else value


def _texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Give every text with its place; the members of a list have one place."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name != _WORDS_OF_NEWS:
                yield from _texts(one, f"{place}/{name}")
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, f"{place}/*")
    elif isinstance(value, str):
        yield place, value


def _is_stored(text: str, stored: frozenset[bytes]) -> bool:
    return text.encode() in stored or _raw(text) in stored


def _raw(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _mark_pattern() -> re.Pattern[bytes]:
    return next(token.pattern for token in TOKENS if token.name == "mark")


def _of_a_word(word: bytes) -> bytes:
    """One of 4,096 as a byte: letters are not spread evenly, and would agree by chance."""
    return hashlib.blake2b(word, digest_size=1).digest()


def _around(whole: bytes, place: int) -> str:
    return whole[max(place - _AROUND, 0) : place + _AROUND].decode("utf-8", "replace")


def _first_difference(one: bytes, other: bytes) -> int:
    differ = (number for number, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1])
    return next(differ, min(len(one), len(other)))
