"""What other people wrote, as a page can show it: nothing that hides, turns or deletes what stands beside it.

Jinja2 escapes markup. What is left are characters that show nothing and do something: controls, those that turn the
direction of a text around, tags, private ones. Each becomes a mark. Joiners and marks of direction that scripts need in
ordinary words stay; what they do ends with their paragraph, each of which is isolated (`dir="auto"`).
"""

import unicodedata
from typing import Final

_KEPT: Final = frozenset(
    {
        "\n",
        "\t",
        "\N{SOFT HYPHEN}",
        "\N{ARABIC LETTER MARK}",
        "\N{ZERO WIDTH NON-JOINER}",
        "\N{ZERO WIDTH JOINER}",
        "\N{LEFT-TO-RIGHT MARK}",
        "\N{RIGHT-TO-LEFT MARK}",
    }
)
_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_MARK: Final = "\N{REPLACEMENT CHARACTER}"


def inert(untrusted_text: str) -> str:
    """Return the text with a mark for every character that shows nothing and does something."""
    if untrusted_text.isascii() and untrusted_text.isprintable():
        return untrusted_text
    return "".join(
        _MARK if unicodedata.category(one) in _HIDDEN_CATEGORIES and one not in _KEPT else one
        for one in untrusted_text.replace("\r\n", "\n")
    )


def inert_line(untrusted_text: str) -> str:
    """Return the text on one line."""
    return " ".join(inert(untrusted_text).split())
