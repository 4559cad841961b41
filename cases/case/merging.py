"""
One order for the entries of all streams, without clocks.

An entry counts what its author had seen of the other streams (`after`), so it stands behind that much of them. Between
two entries of which neither had seen the other, the earlier day goes first, then the reporter: a rule for the eye only.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from trusted.case.entry import Entry, Stream
from trusted.case.errors import SealBroken

Streams: TypeAlias = Mapping[Stream, Sequence[Entry]]


def merge(streams: Streams) -> tuple[Entry, ...]:
    """Return the entries of all streams in one order that respects what each author had seen.

    The same streams always give the same order. Raise SealBroken if an entry counts more of a stream than is there: a
    part of the case is being withheld.
    """
    waiting = {stream: list(entries) for stream, entries in sorted(streams.items())}
    taken = dict.fromkeys(waiting, 0)
    merged: list[Entry] = []
    total = sum(len(entries) for entries in waiting.values())
    while len(merged) < total:
        ready = [
            entries[taken[stream]]
            for stream, entries in waiting.items()
            if taken[stream] < len(entries) and _has_come(entries[taken[stream]], taken)
        ]
        if not ready:
            raise SealBroken
        entry = min(ready, key=lambda one: (one.day, one.stream))
        taken[entry.stream] += 1
        merged.append(entry)
    return tuple(merged)


def _has_come(entry: Entry, taken: Mapping[Stream, int]) -> bool:
    """Return whether all that the author had seen stands before the entry; streams not given do not count."""
    return all(taken[Stream(other)] >= seen for other, seen in entry.after.items() if Stream(other) in taken)
