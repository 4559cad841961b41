"""What the overview says before the first case: what is in place, and what is left to set up."""

from dataclasses import dataclass
from typing import Final

from desk.keep.preferences import Preferences
from desk.web.views.pages import N_, Language
from desk.work.case.casebook import Casebook
from desk.work.membership import introduction_of

_READERS: Final = 2
_PROBE: Final = N_("send a test report, so that you know that the way is open.")


@dataclass(frozen=True, slots=True)
class Welcome:
    """Who is greeted, and whether enough members are enrolled: two who read, and one counsel; None: not known yet."""

    greeting: str
    is_complete: bool | None
    # What is to be set up, the page for it and its name, and whether it is done.
    steps: tuple[tuple[str, str, str, bool], ...]


def welcome(book: Casebook, name: str, preferences: Preferences, language: Language) -> Welcome:
    """Return what is said to this member."""
    is_complete, translate = None, language.translate
    roster = None if book.chain is None else book.chain.current
    if book.chain is not None:
        is_complete = roster is not None and len(roster.readers) >= _READERS and bool(roster.counsel)
    members = () if roster is None else roster.members
    others = {introduction_of(one).hex() for one in members if one.id != book.keys.id}
    is_compared = bool(others) and others <= set(preferences.compared)
    first = name.split(" ", 1)[0]
    greeting = translate(N_("Welcome, %(name)s"), name=first) if first else translate(N_("Welcome"))
    steps = (
        (N_("compare the six words with the others by telephone."), "/members", N_("Members"), is_compared),
        (N_("save a copy of your key."), "/settings", N_("Settings"), preferences.copied_on is not None),
        (_PROBE, "/checks", N_("Checks"), bool(book.state.case_list.probes)),
    )
    return Welcome(greeting, is_complete, steps)
