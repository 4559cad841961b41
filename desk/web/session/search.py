"""Search in everything that this member can read, on this computer.

The words of a case are read out of the cache when they are first wanted and held in memory while the desk is unlocked.
"""

import asyncio
from collections.abc import Iterable

from desk.web.session.cases import kept_case
from desk.web.session.desk import Desk
from desk.work.case.opened import DeskCase

# What people write; the other fields of an entry are keys and names of files.
_WRITTEN = ("text", "reason")


async def containing(desk: Desk, names: Iterable[str], wanted: str) -> set[str]:
    """Return which of the cases hold each of the words. Raises Locked."""
    terms = wanted.casefold().split()
    found = set()
    for name in names:
        words = _words(desk, name)
        # Opening one takes a few milliseconds; other requests have their turn in between.
        await asyncio.sleep(0)
        if all(term in words for term in terms):
            found.add(name)
    return found


def _words(desk: Desk, name: str) -> str:
    known = desk.reading().state.case_list.cases.get(name)
    if known is None:
        return ""
    length = sum(head.count for head in known.seen.values())
    held = desk.words.get(known.case_id)
    if held is not None and held[0] == length:
        return held[1]
    case = kept_case(desk, name)
    words = "" if case is None else _written(case)
    desk.words[known.case_id] = (length, words)
    return words


def _written(case: DeskCase) -> str:
    texts = [
        getattr(entry.body, field, "")
        for entries in case.streams.values()
        for entry in entries
        for field in _WRITTEN
    ]  # fmt: skip
    return "\n".join(text for text in texts if text).casefold()
