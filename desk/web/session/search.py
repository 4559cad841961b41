"""Search in everything that this member can read, on this computer.

The words of a case are held in memory while the desk is unlocked: from when everything was fetched, since each case is
opened then, or from when they are first wanted. Then they come from the cache, where the last fetching put them:
opening ten thousand cases for the first search would take ten seconds and more.
"""

import asyncio
from collections.abc import Iterable

from desk.web.session.cases import kept_case
from desk.web.session.desk import Desk
from desk.work.case.claims import claim_of
from desk.work.case.opened import DeskCase

# What people write; the other fields of an entry are keys and names of files.
_WRITTEN = ("text", "reason")


async def containing(desk: Desk, names: Iterable[str], wanted: str) -> set[str]:
    """Return which of the cases hold each of the words. Raises Locked."""
    terms = wanted.casefold().split()
    found = set()
    for name in names:
        words = _held(desk, name)
        if words is None:
            words = _read(desk, name)
            # Opening one takes a few milliseconds; other requests have their turn in between.
            await asyncio.sleep(0)
        if all(term in words for term in terms):
            found.add(name)
    return found


def keep_words(desk: Desk, case: DeskCase) -> None:
    """Hold the words of a case that has just been opened. Raises Locked."""
    desk.add_words(case.known.case_id, case.known.entries, _written(case))


def _held(desk: Desk, name: str) -> str | None:
    """Return the words of a case, if they are those of all its entries."""
    known = desk.reading().state.case_list.cases.get(name)
    if known is None:
        return ""
    held = desk.words.get(known.case_id)
    return held[1] if held is not None and held[0] == known.entries else None


def _read(desk: Desk, name: str) -> str:
    """Return the words of a case out of what was fetched last, and hold them."""
    case, known = kept_case(desk, name), desk.reading().state.case_list.cases[name]
    words = "" if case is None else _written(case)
    desk.add_words(known.case_id, known.entries, words)
    return words


def _written(case: DeskCase) -> str:
    texts = [
        getattr(entry.body, field, "")
        for entries in case.streams.values()
        for entry in entries
        if claim_of(entry.body) is None
        for field in _WRITTEN
    ]  # fmt: skip
    return "\n".join(text for text in texts if text).casefold()
