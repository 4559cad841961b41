"""What all visitors share tells no more by tries without number than by a look of the clock."""

import random
import statistics

import pytest

from trusted.web import shelf
from trusted.web.shelf import Shelf

MOST = 2**31
ROUNDS, LOOKS, TRIES = 300, 30, 400


@pytest.fixture
def chance(monkeypatch):
    """Chances that are the same each time."""
    drawn = random.Random(52)
    monkeypatch.setattr(shelf, "CHANCE", drawn)
    return drawn


def refusals(chance: random.Random, size: int) -> int:
    """How often one who fills the shelf, and tries again and again, is refused while somebody's `size` is there."""
    kept, count = Shelf[str](MOST), 0
    whole = {f"hers {number}": MOST // 1000 for number in range(700)} | {"somebody's": size}
    for _ in range(LOOKS):
        kept.sweep()
        # She has filled it up again each time, to seven tenths.
        kept._sizes, kept.bytes = dict(whole), sum(whole.values())
        for _ in range(TRIES):
            count += not kept.put("a try", 1)
            kept.drop("a try")
    return count


def test_two_photographs_that_are_held_cannot_be_told_by_tries_for_half_an_hour(chance):
    rounds = [(acted := chance.random() < 0.5, refusals(chance, 5 * 2**20 if acted else 0)) for _ in range(ROUNDS)]
    middle = statistics.median(count for _acted, count in rounds)
    right = sum((count > middle) == acted for acted, count in rounds) / ROUNDS

    assert 0.42 <= right <= 0.58


def test_the_chance_of_a_try_is_the_same_until_the_clock_looks_again(chance):
    kept = Shelf[str](MOST)
    kept.put("hers", MOST * 6 // 10)
    kept.sweep()
    before = kept._chance
    for number in range(100):
        kept.put(f"somebody's {number}", 2**20)

    assert kept._chance == before


def test_nothing_goes_beyond_the_bound_between_two_looks(chance):
    kept = Shelf[int](1000)
    taken = sum(kept.put(number, 10) for number in range(10_000))

    assert 75 <= taken <= 100
    assert kept.bytes == 10 * taken <= 1000
