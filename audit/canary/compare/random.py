"""What must be random, held against what it must not depend on: itself, the order, the clock, the visitor.

A value that hides something is, byte by byte, a function of what it hides. So for each place in the values of one field
it is asked whether the byte there

1. is decided by a group: all values, those of one run, of one visitor (and with that of the address and every header
   that was planted for this visitor), of one second or minute, of one visitor and second, or of one place in the order;
   for most values of the groups is enough, so that what only some visits leave is found as well;
2. runs with the clock or the order: the same distance from a second, a sixteenth of one, a count, wherever that begins;
3. differs from the second's lowest byte by the same bits each time, which is a clock under a constant key.

And for each pair of values, whether they hold six equal bytes at one place, and for windows of two, four and eight
bytes, in both orders of bytes, whether they only ever rise or fall in each run. Last, for values of one row, whether
one byte combined with another is decided by a group: a clock that is covered with bytes that stand beside it.

All of that is asked of all runs together and of each by itself: the clock of one of them is moved, by another way in
each second, so what follows from the hour or minute is in the others alone a function of these.

Chance: each question is asked only where so many values answer it that all of them together say yes of random fields
less than once in 10^6 sets of three runs (`tests/audit/canary/test_audit_chance.py`).
Not found is what is covered with a secret key that changes, and what is no function of a single byte and is shorter.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import comb, log2

# So many values have to repeat what another one of their group decides: 256^-6 is 10^-14, and a field has 5,000 places.
_BITS_THAT_AGREE = 48
_BITS_OF_A_BYTE, _BITS_OF_HALF = 8, 4
# How rare a bit must be that tells two kinds: for each of the 1,224 bits of a grant.
_BITS_THAT_TELL = 38
_WORST_CHANCE = 1e-13  # of all values lying in a part of the circle that chance would have them all over
# Of a thousand values of one field two have six equal bytes at one of twenty places once in 10^7 runs.
_EQUAL_BYTES = 6
_IN_ORDER = 20  # values in three runs: once in 10^12, in both directions
# A row has 32,000 pairs of bytes.
_REPEATS_OF_A_ROW = 6
_WINDOWS = (2, 4, 8)
# Steps a second of a byte that counts time. Slower ones hold still, which question 1 asks.
_RATES = (1.0, 1 / 2, 2.0, 4.0, 10.0, 16.0, 1000 / 256, 10**6 / 256**2, 10**9 / 256**3)
_LONGEST_FOR_PAIRS = 256  # bytes of a row that are combined with each other


@dataclass(frozen=True, slots=True, repr=False)
class Observation:
    """One value, and all that it must not depend on. `before` and `after` are seconds since 1970 around its making."""

    value: bytes
    run: int
    visitor: str
    order: int
    before: float
    after: float

    @property
    def second(self) -> int | None:
        """The second in which it was made, where that is certain."""
        return int(self.before) if int(self.before) == int(self.after) else None

    @property
    def minute(self) -> int | None:
        """The minute in which it was made, where that is certain: a slow run lasts several."""
        return int(self.before // 60) if self.before // 60 == self.after // 60 else None


GROUPS: tuple[tuple[str, Callable[[Observation], Hashable | None]], ...] = (
    ("is the same in all values", lambda _one: 0),
    ("is decided by the run", lambda one: one.run),
    ("is decided by the visitor", lambda one: (one.run, one.visitor)),
    ("is decided by the second", lambda one: one.second),
    ("is decided by the minute", lambda one: one.minute),
    ("is decided by visitor and second", lambda one: one.second and (one.visitor, one.second)),
    ("is decided by the place in the order", lambda one: one.order),
)


def dependences(samples: Sequence[Observation], bits: int = _BITS_OF_A_BYTE) -> list[str]:
    """Describe what the values of one field depend on; return nothing for random ones.

    `bits` is how much a byte of it holds: letters of words hold less than eight, and agree by chance that much sooner.
    """
    ordered = sorted(samples, key=lambda one: one.before)
    found = [*_equal(ordered), *_dependences(ordered, bits)]
    runs = sorted({one.run for one in ordered})
    for run in runs if len(runs) > 1 else ():
        found += [f"{words} in run {run}" for words in _dependences([one for one in ordered if one.run == run], bits)]
    return found


def _dependences(ordered: Sequence[Observation], bits: int) -> list[str]:
    found = []
    agree = -(-_BITS_THAT_AGREE // bits)
    shortest = min((len(one.value) for one in ordered), default=0)
    groups = [(words, groups_of(ordered, key, agree)) for words, key in GROUPS]
    clocks = [*_clocks(ordered)] if bits == _BITS_OF_A_BYTE else []
    for place in range(shortest):
        column = [one.value[place] for one in ordered]
        found += [f"byte {place} {words}" for words in _of_column(column, ordered, groups, clocks, bits)][:1]
        if bits == _BITS_OF_A_BYTE:
            found += [f"byte {place} {words}" for words in _of_halves(column, groups)][:1]
    found += _in_order(ordered, shortest)
    return found


def dependences_within(rows: Sequence[Observation]) -> list[str]:
    """Of values that are whole rows: whether one byte covered with another of its row depends on anything."""
    ordered = sorted(rows, key=lambda one: one.before)
    width = min((len(one.value) for one in ordered), default=0)
    width = min(width, _LONGEST_FOR_PAIRS)
    groups = [(words, groups_of(ordered, key, _REPEATS_OF_A_ROW)) for words, key in GROUPS]
    found = []
    for first in range(width):
        for second in range(first + 1, width):
            for words, several in groups:
                if _agrees(several, [one.value[first] ^ one.value[second] for one in ordered]):
                    found.append(f"bytes {first} and {second} together: {words}")
                    break
    return found


def told_apart(ones: Sequence[bytes], others: Sequence[bytes]) -> list[str]:
    """By which single bits values of two kinds can be told that must be alike: the same in all of the first kind.

    Of the other kind most have it otherwise: among them are some of the first, for readers who did not open theirs.
    """
    found = []
    for place in range(min(map(len, (*ones, *others)), default=0)):
        for bit in range(8):
            side = {value[place] >> bit & 1 for value in ones}
            if len(side) == 1:
                unlike = sum(value[place] >> bit & 1 not in side for value in others)
                chance = 2.0 ** -(len(ones) - 1) * _at_least(unlike, len(others))
                if chance < 2.0**-_BITS_THAT_TELL:
                    found.append(f"bit {bit} of byte {place}")
    return found


def _at_least(heads: int, tosses: int) -> float:
    """Return how likely so many heads or more are."""
    return float(sum(comb(tosses, each) for each in range(heads, tosses + 1)) / 2**tosses)


def groups_of(
    samples: Sequence[Observation], key: Callable[[Observation], Hashable | None], agree: int
) -> list[list[int]]:
    """Return which values are of one group, those with the most first; nothing where too few would have to agree."""
    found: dict[Hashable, list[int]] = defaultdict(list)
    for number, one in enumerate(samples):
        if (name := key(one)) is not None:
            found[name].append(number)
    several = sorted((numbers for numbers in found.values() if len(numbers) > 1), key=len, reverse=True)
    return several if sum(len(numbers) - 1 for numbers in several) >= agree else []


def _agrees(groups: list[list[int]], column: Sequence[int]) -> bool:
    return bool(groups) and all(column[number] == column[group[0]] for group in groups for number in group[1:])


def mostly_agrees(groups: list[list[int]], column: Sequence[int], bits: float, needed: float) -> bool:
    """Whether so many values repeat what most of their group have that chance had to choose as many bits as needed."""
    counts = [max(Counter(column[number] for number in group).values()) for group in groups]
    repeats = sum(count - 1 for count in counts)
    # By so many choices of values could they have agreed.
    choices = comb(sum(map(len, groups)), repeats + sum(count > 1 for count in counts))
    return repeats * bits - log2(choices) >= needed


def _clocks(samples: Sequence[Observation]) -> Iterator[tuple[str, float, list[float]]]:
    """Yield what a byte could follow: its description, how exactly that is known, and its position for each value."""
    orders = [("counts", [float(number) for number in range(len(samples))])]
    orders.append(("counts in each run", [float(one.order) for one in samples]))
    known = max((one.after - one.before for one in samples), default=0.0)
    rates = [(f"runs with the clock, {rate:g} a second", rate * known, rate) for rate in _RATES]
    places = [(words, width, [one.before * rate for one in samples]) for words, width, rate in rates]
    for words, width, clock in [*places, *((words, 0.0, places) for words, places in orders)]:
        # The first byte may differ from the clock by `width` either way, and by one step at each end from rounding.
        around = width + 2.0
        if (2 * around / 256) ** (len(samples) - 1) < _WORST_CHANCE:
            yield words, around, clock


def _of_column(
    column: Sequence[int],
    samples: Sequence[Observation],
    groups: list[tuple[str, list[list[int]]]],
    clocks: list[tuple[str, float, list[float]]],
    bits: int,
) -> Iterator[str]:
    """Every answer; a byte that never changes is decided by everything."""
    if (len(column) - len(set(column))) * bits >= _BITS_THAT_AGREE:
        yield from (words for words, several in groups if mostly_agrees(several, column, bits, _BITS_THAT_AGREE))
    yield from (words for words, around, clock in clocks if _runs_along(column, clock, around))
    if _is_covered_clock(column, samples):
        yield "is the clock under a constant key"


def _of_halves(column: Sequence[int], groups: list[tuple[str, list[list[int]]]]) -> Iterator[str]:
    for words, several in groups:
        if sum(len(group) - 1 for group in several) >= _BITS_THAT_AGREE // _BITS_OF_HALF and not _agrees(
            several, column
        ):
            for half, shift in (("upper", 4), ("lower", 0)):
                if _agrees(several, [byte >> shift & 15 for byte in column]):
                    yield f"in its {half} half {words}"


def _runs_along(column: Sequence[int], clock: Sequence[float], around: float) -> bool:
    """Whether bytes keep their distance from a clock, going round at 256, within what is not known of it."""
    first = column[0] - clock[0]
    return all((byte - at - first + around) % 256 <= 2 * around for byte, at in zip(column, clock, strict=True))


def _is_covered_clock(column: Sequence[int], samples: Sequence[Observation]) -> bool:
    certain = [(byte, one.second & 255) for byte, one in zip(column, samples, strict=True) if one.second is not None]
    seconds = {second for _byte, second in certain}
    # A key that fits one second only has been found by question 1.
    return (
        len(certain) > _BITS_THAT_AGREE // _BITS_OF_A_BYTE
        and len(seconds) > 1
        and len({byte ^ low for byte, low in certain}) == 1
    )


def _equal(samples: Sequence[Observation]) -> Iterator[str]:
    places: dict[tuple[int, bytes], int] = {}
    for number, one in enumerate(samples):
        for place in range(max(len(one.value) - _EQUAL_BYTES + 1, 0)):
            window = place, one.value[place : place + _EQUAL_BYTES]
            if places.setdefault(window, number) != number:
                yield f"two values have equal bytes from byte {place} on"
                return


def _in_order(samples: Sequence[Observation], shortest: int) -> Iterator[str]:
    runs = sorted({one.run for one in samples})
    values = [[one.value for one in samples if one.run == run] for run in runs]
    if len(samples) - len(runs) < _IN_ORDER or not all(len(one) > 2 for one in values):  # noqa: PLR2004 - two are in order always
        return
    for size in _WINDOWS:
        for place in range(shortest - size + 1):
            for ending in ("big", "little"):
                for sign in (1, -1):
                    if all(_rises([sign * _number(one, place, size, ending) for one in several]) for several in values):
                        yield f"{size} bytes from byte {place} on only ever {'rise' if sign == 1 else 'fall'}"
                        return


def _number(value: bytes, place: int, size: int, ending: str) -> int:
    return int.from_bytes(value[place : place + size], "big" if ending == "big" else "little")


def _rises(numbers: Sequence[int]) -> bool:
    return all(one < other for one, other in pairwise(numbers))
