"""Reads a clean text: UTF-8, composed, no character that draws nothing, ordinary spaces and line ends; inert cells."""

import mmap
import unicodedata
from typing import Final

# Letters, marks, numbers, punctuation and signs.
_VISIBLE: Final = frozenset("LMNPS")
_MARK_LIMIT: Final = 4
# Of those, the ranges that draw nothing or a blank (Default_Ignorable_Code_Point of Unicode, and five more).
_UNSEEN: Final = (
    (0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2800, 0x2800), (0x3164, 0x3164),
    (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xFFFC, 0xFFFC), (0x16FE4, 0x16FE4), (0x1D159, 0x1D159),
    (0xE0100, 0xE01EF),
)  # fmt: skip
_CELL_ENDS: Final = ";,\t\n"
_COUNTED: Final = frozenset("0123456789 .()/%:+-\"'")


def is_clean_text(untrusted: mmap.mmap) -> bool:
    """Return whether every character can be seen, or is a blank or a line end where those may be."""
    text = untrusted[:].decode()
    if any(not _may_stand(one) for one in set(text)) or unicodedata.normalize("NFC", text) != text:
        return False
    if text[0] == "\n" or text[-1] != "\n" or "\n\n\n\n" in text or text.endswith("\n\n"):
        return False
    if any(end in text for end in (" \n", "\t\n")):
        return False
    return _has_few_marks(text)


def is_clean_table(untrusted: mmap.mmap) -> bool:
    """Return the same, and whether no spreadsheet would compute a cell."""
    if not is_clean_text(untrusted):
        return False
    text = untrusted[:].decode()
    for end in _CELL_ENDS[1:]:
        text = text.replace(end, _CELL_ENDS[0])
    return all(_is_inert(cell) for cell in text.split(_CELL_ENDS[0]))


def _may_stand(one: str) -> bool:
    if one in " \n\t":
        return True
    code = ord(one)
    return unicodedata.category(one)[0] in _VISIBLE and not any(low <= code <= high for low, high in _UNSEEN)


def _has_few_marks(text: str) -> bool:
    if not any(unicodedata.category(one)[0] == "M" for one in set(text)):
        return True
    run = 0
    for one in text:
        run = run + 1 if unicodedata.category(one)[0] == "M" else 0
        if run > _MARK_LIMIT:
            return False
    return True


def _is_inert(cell: str) -> bool:
    # An apostrophe is what makes a cell text, so only blanks and quotation marks are passed over.
    start = cell.lstrip(' "')
    if not start or start[0] not in "=@+-":
        return True
    return start[0] in "+-" and _COUNTED.issuperset(start)
