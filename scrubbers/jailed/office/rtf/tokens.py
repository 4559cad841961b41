"""Cuts Rich Text Format into tokens (RTF 1.9.1): groups, control words, symbols, bytes of text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from trusted.jail.stages import Damaged, TooLarge

_TOKEN: Final = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?[0-9]{1,10})? ?|\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<symbol>[^a-zA-Z])"
    rb"|(?P<group>[{}])|(?P<end>[\r\n\0]+)|(?P<text>[^\\{}\r\n\0]+)",
    re.DOTALL,
)
_DEEPEST: Final = 200
_MOST_TOKENS: Final = 5_000_000


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is word, symbol, open, close, text or binary."""

    kind: str
    word: str = ""
    number: int | None = None
    data: bytes = b""


def tokens(untrusted: bytes) -> Iterator[Token]:  # noqa: C901  one for each kind
    """Yield the tokens up to the end of the outermost group; raises Damaged, TooLarge."""
    position = depth = 0
    for _ in range(_MOST_TOKENS):
        found = _TOKEN.match(untrusted, position)
        if found is None:
            raise Damaged
        position = found.end()
        if found["group"]:
            depth += 1 if found["group"] == b"{" else -1
            if depth > _DEEPEST:
                raise TooLarge
            yield Token("open" if found["group"] == b"{" else "close")
            if depth <= 0:
                return
        elif found["word"]:
            word, number = found["word"].decode(), None if found["number"] is None else int(found["number"])
            if word == "bin":
                length = max(number or 0, 0)
                yield Token("binary", data=untrusted[position : position + length])
                position += length
            else:
                yield Token("word", word, number)
        elif found["hex"]:
            yield Token("text", data=bytes.fromhex(found["hex"].decode()))
        elif found["symbol"]:
            yield Token("symbol", found["symbol"].decode("latin-1"))
        elif found["text"]:
            yield Token("text", data=found["text"])
    raise TooLarge
