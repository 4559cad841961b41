"""
The catalogues of the reporters' pages: which there are, and which of them only complete languages have.

The languages themselves are in `cases.languages`.
"""

from importlib.resources.abc import Traversable
from typing import Final

from cases.languages import SOURCE, read_catalogue

# Everything that a page can say is in one of these; the last only in complete languages.
DOMAINS: Final = ("site", "report", "inbox", "information")
COMPLETE_ONLY: Final = frozenset({"information"})


def read_texts(locale: Traversable, code: str) -> dict[str, str]:
    """Return the translations of a language by their English sentence; none for English itself."""
    texts: dict[str, str] = {}
    for domain in () if code == SOURCE else DOMAINS:
        texts |= read_catalogue(locale / code / f"{domain}.po", code)
    return texts
