"""No row alarms by chance more than once in a million sets of three runs: simulated where chance can be seen, and scaled.

An alarm of one in a million cannot be waited for. So each test simulates honest runs with a threshold so low that chance
alarms often, and shows that the rate is not above what the threshold says; with the threshold as it is, the rate is
smaller by as many halvings as there are bits between the two. The sizes are those of a run: see `RUN` below.
"""

from __future__ import annotations

import random
from itertools import pairwise
from math import comb, factorial

import pytest

from audit.canary import later
from audit.canary.across import compare_places
from audit.canary.compare import random as compared
from audit.canary.compare import residues as residue
from audit.canary.compare.random import Observation
from audit.canary.opened import Granted
from audit.verdict import Inspection, Verdict

MOST, RUNS_OF_A_SET = 1e-6, 3
# Of one run: fields of numbers and of bytes with their values, bytes of the longest, and of values of one token of answers.
RUN = {"numbers": 11, "fields": 50, "values": 44, "bytes": 64, "tokens": 1500}
SECONDS = [5, 9, 31, 70, 71, 72, 75, 90, 130, 131, 150]


def honest(drawn: random.Random, size: int, count: int = RUN["values"]) -> list[Observation]:
    """Values of two services at moments as visits have them: some in one second, most not."""
    moments = [1_000_000.0 + SECONDS[at % len(SECONDS)] + 160 * (at // len(SECONDS)) for at in range(count)]
    return [
        Observation(drawn.randbytes(size), at % 2, "AB"[at // 2 % 2], at // 2, moments[at], moments[at] + 0.2)
        for at in range(count)
    ]


def test_residues_of_numbers(monkeypatch):
    low, high = 16, residue._BITS_OF_NUMBERS
    monkeypatch.setattr(residue, "_BITS_OF_NUMBERS", low)
    drawn, rounds = random.Random(1), 12
    # Every answer and not the first alone: more than a set would say.
    alarms = sum(
        len([*residue._of_numbers([int.from_bytes(one.value, "big") % 1024 for one in several], several)])
        for _ in range(rounds * RUN["numbers"])
        for _words, several in residue._by_run(honest(drawn, 4))
    )

    assert (alarms + 3) / rounds * RUNS_OF_A_SET * 2.0 ** (low - high) < MOST


def test_residues_of_windows(monkeypatch):
    low, high = 20, residue._BITS_OF_WINDOWS
    monkeypatch.setattr(residue, "_BITS_OF_WINDOWS", low)
    drawn, rounds = random.Random(2), 40
    alarms = sum(bool(residue.residues_of_windows(honest(drawn, RUN["bytes"] // 4))) for _ in range(rounds))
    # Of a quarter of the places; a field may alarm once for each window, but not more.
    of_a_run = (alarms + 3) / rounds * 4 * RUN["fields"]

    assert alarms < rounds / 2
    assert of_a_run * RUNS_OF_A_SET * 2.0 ** (low - high) < MOST


def test_bytes_that_a_group_decides(monkeypatch):
    low, high = 20, compared._BITS_THAT_AGREE
    monkeypatch.setattr(compared, "_BITS_THAT_AGREE", low)
    monkeypatch.setattr(compared, "_WORST_CHANCE", 0.0)
    drawn, rounds = random.Random(3), 60
    alarms = sum(len(compared.dependences(honest(drawn, RUN["bytes"]))) for _ in range(rounds))

    assert (alarms + 3) / rounds * RUN["fields"] * RUNS_OF_A_SET * 2.0 ** (low - high) < MOST


def test_bytes_that_run_along_a_clock(monkeypatch):
    low, high = 1e-4, compared._WORST_CHANCE
    monkeypatch.setattr(compared, "_WORST_CHANCE", low)
    drawn, rounds = random.Random(4), 300
    alarms = 0
    for _ in range(rounds):
        # So few that the low threshold is met: with more, chance is smaller by itself.
        several = honest(drawn, 1, 6)
        column = [one.value[0] for one in several]
        alarms += sum(compared._runs_along(column, clock, around) for _said, around, clock in compared._clocks(several))
    asked = RUN["fields"] * RUN["bytes"] * 4

    assert alarms < 3
    assert (alarms + 3) / rounds * asked * RUNS_OF_A_SET * high / low < MOST


def test_equal_bytes_of_two_values(monkeypatch):
    monkeypatch.setattr(compared, "_EQUAL_BYTES", low := 2)
    drawn, rounds, count, places = random.Random(5), 200, 40, 20
    alarms = sum(bool([*compared._equal(honest(drawn, places + 1, count))]) for _ in range(rounds))
    monkeypatch.undo()

    expected = comb(count, 2) * places * 256.0**-low
    assert alarms / rounds < 1.5 * expected
    of_a_set = comb(RUN["tokens"], 2) * 32 * 256.0**-compared._EQUAL_BYTES * RUNS_OF_A_SET
    assert of_a_set < MOST


def test_values_in_an_order(monkeypatch):
    monkeypatch.setattr(compared, "_IN_ORDER", 4)
    drawn, rounds = random.Random(6), 2000
    alarms = sum(bool(compared._in_order(honest(drawn, 2, 6), 2)) and bool([*compared._in_order(honest(drawn, 2, 6), 2)])
                 for _ in range(rounds))  # fmt: skip
    monkeypatch.undo()

    # Two runs of three rise or fall once in eighteen, in one of two orders of bytes.
    assert alarms / rounds < 2 * 2 / factorial(3) ** 2 * 1.5
    windows = len(compared._WINDOWS) * RUN["bytes"] * 2
    least = compared._IN_ORDER + 3
    of_a_set = 2 / factorial(least // 3) ** 3 * windows * RUN["fields"] * RUNS_OF_A_SET
    assert of_a_set < MOST


def test_a_row_whose_bytes_cover_each_other():
    pairs = comb(compared._LONGEST_FOR_PAIRS, 2) * len(compared.GROUPS)

    assert compared._REPEATS_OF_A_ROW == 6
    assert pairs * 256.0**-compared._REPEATS_OF_A_ROW * RUNS_OF_A_SET < MOST


def test_grants_that_lie_in_an_order(monkeypatch):
    monkeypatch.setattr(later, "LEAST_GRANTS", 4)
    drawn, rounds, alarms = random.Random(7), 4000, 0
    for _ in range(rounds):
        boxes = [drawn.sample(range(4), 4) for _ in range(2)]
        inspection = Inspection()
        later.check_orders(inspection, list(range(4)), boxes)
        alarms += sum(one.verdict is Verdict.FINDING for one in inspection.evidence)
    monkeypatch.undo()

    def chance(grants: int) -> float:
        return (2 / factorial(grants)) ** 2 + 2 / factorial(grants)

    assert 0.7 * chance(4) < alarms / rounds < 1.4 * chance(4)
    # In two services of each run.
    assert chance(later.LEAST_GRANTS) * 2 * RUNS_OF_A_SET < MOST


@pytest.mark.parametrize("batches", [2])
def test_places_of_grants_in_their_batches(batches):
    drawn, rounds, alarms = random.Random(8), 3000, 0
    for _ in range(rounds):
        runs = [
            [[Granted(b"", batch, drawn.randrange(4), 4) for batch in range(batches)] for _member in range(2)]
            for _run in range(2)
        ]
        inspection = Inspection()
        compare_places(inspection, runs)
        alarms += sum(one.verdict is Verdict.FINDING for one in inspection.evidence)

    # Of two services: so many pairs of members, and as many of services.
    assert alarms / rounds < 2 * 4.0 ** (-2 * batches) * 1.5
    from audit.canary.visits.requests import AT_ONCE

    assert 2 * 4.0 ** (-2 * AT_ONCE) * RUNS_OF_A_SET < MOST


def test_the_simulated_moments_have_some_in_one_second_and_rise():
    values = honest(random.Random(9), 1)

    assert all(one.before <= other.before for one, other in pairwise(values))
    assert len({one.second for one in values}) < len(values) + 1
