"""Functions of a PDF (ISO 32000-1, 7.10), said anew: numbers key by key, calculator programs token by token."""

import re
from typing import Final

from pypdf.generic import DictionaryObject, StreamObject

from scrubbers.jailed import pdf_read
from scrubbers.jailed.pdf_lexer import as_number
from scrubbers.jailed.pdf_objects import Node, NotRebuildable, Stream, Value

_DEEPEST: Final = 4
_MOST_PARTS: Final = 256
_MOST_NUMBERS: Final = 64  # sixteen colours in, sixteen out; a shading of many colours has functions in functions
_MOST_SAMPLES: Final = 2**20
_PROGRAM_BYTES: Final = 64 * 1024
_TOKEN: Final = re.compile(rb"(?:%[^\r\n]*|[\0\t\n\f\r ])*(?P<token>[{}]|[^\0\t\n\f\r {}%]+|\Z)")
_OPERATORS: Final = frozenset(
    b"abs add atan ceiling cos cvi cvr div exp floor idiv ln log mod mul neg round sin sqrt sub truncate and bitshift"
    b" eq false ge gt le lt ne not or true xor if ifelse copy dup exch index pop roll".split()
)


def function(untrusted: object, depth: int = 0) -> Node:
    """One function as a node; raises NotRebuildable."""
    if depth > _DEEPEST:
        raise NotRebuildable
    source = pdf_read.dictionary(untrusted)
    kind = pdf_read.whole(pdf_read.entry(source, "/FunctionType"), 0, 4)
    entries: dict[bytes, Value] = {b"FunctionType": kind}
    _numbers_into(entries, source, ("/Domain", "/Range"))
    if kind == 2:  # noqa: PLR2004  ISO 32000-1, 7.10.3
        _numbers_into(entries, source, ("/C0", "/C1"))
        entries[b"N"] = pdf_read.number(pdf_read.entry(source, "/N"))
        return Node(entries)
    if kind == 3:  # noqa: PLR2004  7.10.4
        parts = pdf_read.array(pdf_read.entry(source, "/Functions"))
        if not 1 <= len(parts) <= _MOST_PARTS:
            raise NotRebuildable
        entries[b"Functions"] = [function(part, depth + 1) for part in parts]
        _numbers_into(entries, source, ("/Bounds", "/Encode"))
        return Node(entries)
    stream = pdf_read.stream(source)
    if kind == 0:
        return Node(_sampled(stream, entries))
    return Node(Stream(entries, _program(stream.get_data())))


def _numbers_into(entries: dict[bytes, Value], source: DictionaryObject, keys: tuple[str, ...]) -> None:
    for key in keys:
        if key in source:
            found = pdf_read.numbers(pdf_read.entry(source, key))
            if len(found) > _MOST_NUMBERS:
                raise NotRebuildable
            entries[key[1:].encode()] = found


def _sampled(stream: StreamObject, entries: dict[bytes, Value]) -> Stream:
    """A table of samples, cut to the bytes that are samples."""
    size = [pdf_read.whole(item, 1, _MOST_SAMPLES) for item in pdf_read.array(pdf_read.entry(stream, "/Size"))]
    bits = pdf_read.whole(pdf_read.entry(stream, "/BitsPerSample"), 1, 32)
    outputs = len(pdf_read.numbers(pdf_read.entry(stream, "/Range"))) // 2
    samples = outputs
    for each in size:
        samples *= each
        if not 0 < samples <= _MOST_SAMPLES:
            raise NotRebuildable
    needed = (samples * bits + 7) // 8
    data = stream.get_data()[:needed]
    if len(data) != needed:
        raise NotRebuildable
    entries |= {b"Size": size, b"BitsPerSample": bits}
    _numbers_into(entries, stream, ("/Encode", "/Decode"))
    return Stream(entries, data)


def _program(untrusted: bytes) -> bytes:
    """A calculator's tokens with one space between them and no comment."""
    if len(untrusted) > _PROGRAM_BYTES:
        raise NotRebuildable
    tokens: list[bytes] = []
    depth = 0
    for found in _TOKEN.finditer(untrusted):
        token = found["token"]
        if not token:
            break
        if token in _OPERATORS:
            tokens.append(token)
        elif token in {b"{", b"}"}:
            depth += 1 if token == b"{" else -1
            tokens.append(token)
        else:
            tokens.append(as_number(token))
        if depth < 0:
            raise NotRebuildable
    if depth or tokens[:1] != [b"{"] or tokens[-1:] != [b"}"]:
        raise NotRebuildable
    return b" ".join(tokens)
