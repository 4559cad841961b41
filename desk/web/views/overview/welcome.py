"""What the overview says before the first case: what is in place, and what is left to set up."""

from dataclasses import dataclass
from typing import Final

from desk.web.views.pages import N_, Language
from desk.work.case.casebook import Casebook

_READERS: Final = 2


@dataclass(frozen=True, slots=True)
class Welcome:
    """Who is greeted, and whether enough members are enrolled: two who read, and one counsel; None: not known yet."""

    greeting: str
    is_complete: bool | None


def welcome(book: Casebook, name: str, language: Language) -> Welcome:
    """Return what is said to this member."""
    is_complete = None
    if book.chain is not None:
        roster = book.chain.current
        is_complete = roster is not None and len(roster.readers) >= _READERS and bool(roster.counsel)
    first = name.split(" ", 1)[0]
    greeting = language.translate(N_("Welcome, %(name)s"), name=first) if first else language.translate(N_("Welcome"))
    return Welcome(greeting, is_complete)
