"""Whether a text gives a case code away: by two of its words side by side.

One word alone says nothing: the list is of ordinary words, and a page says them too, whole or inside longer ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

BETWEEN = r"(?:<[^>]*>|[\W\d_])+"  # what a page, a list or an address puts between two words


def code_in(text: str, words: Sequence[str]) -> bool:
    """Whether two words that follow each other in this code also do so in the text, in the page's own or plain form."""
    return any(re.search(rf"\b{first}{BETWEEN}{second}\b", text) for first, second in pairwise(words))
