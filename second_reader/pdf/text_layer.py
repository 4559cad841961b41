"""A page that is one picture with an invisible layer of words over it: one form of contents, one font.

    q ⏎ WIDTH 0 0 HEIGHT 0 0 cm ⏎ /X0 Do ⏎ Q ⏎ BT ⏎ 3 Tr ⏎
    for each word: /F0 SIZE Tf and STRETCH Tz where they change · A B C D X Y Tm · (letters and a space) Tj ⏎
    ET

Nowhere else is text invisible by its mode, and nowhere else may this font stand. It has no glyph, and its codes are
their text: what a word says are letters that can be seen, each in the one form that Unicode gives it.
"""

import codecs
import hashlib
import re
import unicodedata
from typing import Any, Final

from second_reader.pdf.checks import anything, entries, exactly, stream_entries, via
from second_reader.pdf.content import TEXT, unescaped
from second_reader.pdf.document import Document
from second_reader.pdf.font import composite_font
from second_reader.pdf.images import picture
from second_reader.pdf.values import NUMBER, Unaccounted, demand

_CONTENTS: Final = re.compile(rb"q\n([1-9][0-9]*) 0 0 ([1-9][0-9]*) 0 0 cm\n/X0 Do\nQ\nBT\n3 Tr\n((?:[^\n]+\n)+)ET\n")
_WORD: Final = re.compile(
    rb"(?:/F0 (%s) Tf\n)?(?:([1-9][0-9]{0,4}) Tz\n)?"
    rb"(1 0 0 1|0 1 -1 0|-1 0 0 -1|0 -1 1 0) (%s) (%s) Tm\n(%s) Tj\n" % (NUMBER, NUMBER, NUMBER, TEXT)
)
_SIZES, _GRID = 2, 20  # to a point
_LARGEST_SIZE, _MOST_STRETCH = 200, 10_000
_CLASSES: Final = frozenset(
    ("Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So")
)
# A letter of Thai or Lao, and one or two of the marks that stand above and below it.
_MARKED: Final = re.compile(
    "([\u0e01-\u0e30\u0e32\u0e40-\u0e46])[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]{1,2}"
    "|([\u0e81-\u0eb0\u0eb2\u0ebd\u0ec0-\u0ec6\u0edc-\u0edf])[\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd]{1,2}"
)
_NAME: Final = "Layer"
_PROGRAM: Final = "8fee37a24ce374046f3b7540ee0527d8"
_TEXT_MAP: Final = "b12bd40b760a455ce51d3a4ed806ca96"


def is_layered(contents: bytes) -> bool:
    """Whether they hold text that is invisible by its mode."""
    return b"\n3 Tr\n" in contents


def layered_page(document: Document, contents: bytes, resources: object, box: list[Any]) -> None:
    """Require the picture that fills the page, and the words."""
    found = _CONTENTS.fullmatch(contents)
    if found is None:
        raise Unaccounted("a page with a layer of words")
    demand(box == [0, 0, int(found[1]), int(found[2])], "a picture as large as its page")
    position, last = 0, (b"", b"")
    while position < len(found[3]):
        word = _WORD.match(found[3], position)
        if word is None:
            raise Unaccounted("a word of a layer")
        last = _require_word(word, last)
        position = word.end()
    entries(
        document, document.take(resources), {"Font": exactly_one("F0", _font), "XObject": exactly_one("X0", picture)}
    )


def exactly_one(name: str, check: Any) -> Any:
    """Return a check for resources of one kind, of which there is this one."""
    return lambda document, thing: entries(document, thing, {name: via(check)})


def _require_word(word: re.Match[bytes], last: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """Return its size and stretch, which may be those of the word before."""
    size, stretch = word[1] or last[0], word[2] or last[1]
    demand(size and stretch and word[1] != last[0] and word[2] != last[1], "a size that changes")
    demand(1 <= float(size) <= _LARGEST_SIZE and float(size) * _SIZES % 1 == 0, "a word's size")
    demand(int(stretch) <= _MOST_STRETCH, "a word's stretch")
    demand(all(round(round(float(at) * _GRID) / _GRID, 2) == float(at) for at in word.group(4, 5)), "a word's place")
    text = codecs.utf_16_be_decode(unescaped(word[6][1:-1]), "strict", True)[0]
    demand(len(text) > 1 and text[-1] == " " and unicodedata.normalize("NFKC", text) == text, "a word's letters")
    letters = _MARKED.sub(r"\1\2", text[:-1])
    demand(all(unicodedata.category(each) in _CLASSES for each in letters), "a word's letters")
    return size, stretch


def _font(document: Document, thing: object) -> None:
    found, descendant = composite_font(document, thing, _NAME)
    document.follow(found.get("ToUnicode"), _text_map)
    _descendant(document, descendant)


def _descendant(document: Document, thing: object) -> None:
    entries(
        document,
        thing,
        {
            "Type": exactly("Font"), "Subtype": exactly("CIDFontType2"), "BaseFont": exactly(_NAME),
            "CIDSystemInfo": exactly({"Registry": b"Adobe", "Ordering": b"Identity", "Supplement": 0}),
            "FontDescriptor": via(_descriptor), "DW": exactly(500), "CIDToGIDMap": via(_glyphs),
        },
    )  # fmt: skip


def _descriptor(document: Document, thing: object) -> None:
    fixed = {
        "Type": "FontDescriptor", "FontName": _NAME, "Flags": 4, "FontBBox": [0, 0, 500, 800], "ItalicAngle": 0,
        "Ascent": 800, "Descent": -200, "CapHeight": 800, "StemV": 80,
    }  # fmt: skip
    checks = {key: exactly(value) for key, value in fixed.items()}
    entries(document, thing, {**checks, "FontFile2": via(_program)})


def _program(document: Document, thing: object) -> None:
    stream, found = stream_entries(document, thing, {"Length1": anything})
    program = document.inflated(stream)
    demand(found["Length1"] == len(program) and _hash(program) == _PROGRAM, "the layer's font")


def _text_map(document: Document, thing: object) -> None:
    stream, _ = stream_entries(document, thing, {})
    demand(_hash(document.inflated(stream)) == _TEXT_MAP, "the layer's text")


def _glyphs(document: Document, thing: object) -> None:
    stream, _ = stream_entries(document, thing, {})
    demand(document.inflated(stream) == bytes(2 * 65_536), "the layer's glyphs")


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
