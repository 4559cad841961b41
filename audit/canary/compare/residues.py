"""Residues: a number that was drawn may say something by what is left of it when it is divided, from 2 to 96.

`numbers` are what is stored or shown as a number: the slot of a case, a file's number, the words of a code, which of
them are asked back. For every window of the bytes of other values it is asked too, big and little end first, whether
all of a group leave the same: their differences have a divisor then.

Chance: in a set of three runs some 50,000 questions are asked of numbers and 300 millions of windows, so that no answer
counts which chance gives more often than once in 2^38, and in 2^58.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import gcd, log2

from audit.canary.compare.random import GROUPS, Observation, groups_of, mostly_agrees

MODULI = range(2, 97)
_BITS_OF_NUMBERS, _BITS_OF_WINDOWS = 38, 58
_WINDOWS = (1, 2, 4, 8)


def residues(samples: Sequence[Observation]) -> list[str]:
    """Describe what a number's residues depend on, in all runs and in each; at most one answer for each."""
    found = []
    for words, several in _by_run(samples):
        column = [int.from_bytes(one.value, "big") for one in several]
        found += [f"{one}{words}" for one in _of_numbers(column, several)][:1]
    return found


def residues_of_windows(samples: Sequence[Observation]) -> list[str]:
    """Describe it for the bytes of values, where every value of a group leaves the same."""
    found = []
    shortest = min((len(one.value) for one in samples), default=0)
    windows = [(at, size) for size in (*_WINDOWS, shortest) if size <= shortest for at in range(shortest - size + 1)]
    for words, several in _by_run(samples):
        groups = [(said, groups_of(several, key, 1)) for said, key in GROUPS]
        for at, size in dict.fromkeys(windows):
            for ending in ("big", "little") if size > 1 else ("big",):
                column = [int.from_bytes(one.value[at : at + size], ending) for one in several]
                for said, parts in groups:
                    if modulus := _divisor(column, parts):
                        found.append(f"{size} bytes from byte {at} on: the residue of {modulus} {said}{words}")
                        break
    return found[:1]


def _by_run(samples: Sequence[Observation]) -> Iterator[tuple[str, Sequence[Observation]]]:
    yield "", samples
    for run in sorted({one.run for one in samples}):
        yield f" in run {run}", [one for one in samples if one.run == run]


def _of_numbers(column: Sequence[int], samples: Sequence[Observation]) -> Iterator[str]:
    for said, key in GROUPS:
        parts = groups_of(samples, key, 1)
        for modulus in MODULI if parts else ():
            if mostly_agrees(parts, [number % modulus for number in column], log2(modulus), _BITS_OF_NUMBERS):
                yield f"the residue of {modulus} {said}"


def _divisor(column: Sequence[int], parts: Sequence[Sequence[int]]) -> int:
    """Return the largest number to 96 by which all values of each part leave the same, where chance would not; or 0."""
    common, repeats = 0, 0
    for part in parts:
        first = column[part[0]]
        repeats += len(part) - 1
        for number in part[1:]:
            common = gcd(common, column[number] - first)
            if common == 1:
                return 0
    return next((one for one in reversed(MODULI) if common % one == 0 and repeats * log2(one) >= _BITS_OF_WINDOWS), 0)
