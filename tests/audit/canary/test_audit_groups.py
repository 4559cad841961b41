"""Several faults in one copy: what is said of each is true of it alone, whatever the others in its copy bring.

The canary is simulated: each fault brings its findings, wherever it is planted.
"""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from audit.fault import read_fault
from audit.selftest.groups import Copy, search, two_rounds
from audit.selftest.run import FAULTS, as_row, faults_in
from audit.verdict import Verdict


def fault(number: int):
    """A fault that asks for a finding of its own number."""
    text = f"Title: {number}\nEvidence: row: finding {number}$\n\n--- a/x\n+++ b/x\n@@\n-a\n+b\n"
    return read_fault(f"f{number:03}", text)


class Canary:
    """Says of each copy what its faults bring; `breaks` are names that together end it, `hides` are said by one alone."""

    def __init__(self, faults, brings, *, breaks=frozenset(), hides=frozenset()) -> None:
        self.faults, self.brings, self.breaks, self.hides = faults, brings, breaks, hides
        self.groups: list[tuple[str, ...]] = []

    def examine(self, groups):
        copies = []
        for group in groups:
            names = [one.name for one in group]
            self.groups.append(tuple(names))
            whole = not (self.breaks and self.breaks <= set(names))
            hidden = [name for name in names if name in self.hides][1:]
            said = {f"row: finding {number}" for name in names if name not in hidden for number in self.brings[name]}
            copies.append(Copy.of(group, self.faults, sorted(said) if whole else [], whole=whole))
        return copies


def searched(count, brings=None, fits=lambda _group: True, **how):
    faults = [fault(number) for number in range(count)]
    canary = Canary(faults, {f"f{number:03}": {number} for number in range(count)} | (brings or {}), **how)
    found, copies = search(faults, canary.examine, fits)
    return found, copies, canary


def test_faults_that_bring_findings_of_their_own_take_twice_the_root_of_their_number_of_copies():
    found, copies, _ = searched(137)

    assert len(found) == 137
    assert len(copies) == 24
    assert all(one.others >= 10 for one in found.values())


def test_no_two_are_together_twice_and_what_asks_for_alike_is_apart():
    faults = faults_in(FAULTS)

    groups = two_rounds(faults, lambda _group: True)

    pairs = [
        tuple(sorted((one.name, other.name)))
        for group in groups
        for one in group
        for other in group
        if one is not other
    ]
    assert max(pairs.count(pair) for pair in set(pairs)) == 2  # each way round
    assert all(sum(one in group for group in groups) == 2 for one in faults)
    for group in groups:
        asked = [one.evidence.pattern for one in group]
        assert len(asked) - len(set(asked)) <= 1


def test_a_fault_that_the_canary_does_not_see_is_missed_after_a_copy_of_its_own():
    found, copies, canary = searched(40, {"f007": set()})

    assert set(found) == {f"f{number:03}" for number in range(40)} - {"f007"}
    assert ("f007",) in canary.groups
    row = as_row(fault(7), found.get("f007"), copies)
    assert row.verdict is Verdict.FINDING


def test_what_another_brings_is_not_taken_for_the_finding_of_a_fault_that_is_not_seen():
    """One brings the finding that eight others ask for, of which the canary sees only half."""
    unseen = {f"f{number:03}": set() for number in (3, 9, 20, 31)}
    found, _, _ = searched(40, {"f001": {1, 3, 9, 20, 31, 5, 6, 7, 8}, **unseen})

    assert set(found) == {f"f{number:03}" for number in range(40)} - unseen.keys()


def test_what_hides_another_and_what_ends_the_canary_together_cost_copies_and_no_fault():
    together = two_rounds([fault(number) for number in range(40)], lambda _group: True)[0][:2]

    found, copies, canary = searched(
        40, hides={f"f{number:03}" for number in range(12)}, breaks={one.name for one in together}
    )

    assert len(found) == 40
    assert not all(copy.whole for copy in copies)
    assert max(map(len, canary.groups)) > 4
    assert len(copies) < 40


def test_what_does_not_fit_together_never_shares_a_copy():
    found, _, canary = searched(30, fits=lambda group: not {"f002", "f009"} <= {one.name for one in group})

    assert len(found) == 30
    assert not any({"f002", "f009"} <= set(group) for group in canary.groups)


def test_a_few_have_a_copy_each():
    found, copies, _ = searched(4)

    assert len(copies) == len(found) == 4


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 45), st.randoms(use_true_random=False), st.floats(0, 0.4))
def test_what_is_found_is_what_brings_its_own_finding(count: int, chance: random.Random, share: float):
    brings = {
        f"f{number:03}": {other for other in range(count) if chance.random() < share / 4}
        | ({number} if chance.random() > share else set())
        for number in range(count)
    }
    found, _, _ = searched(count, brings)

    assert set(found) == {name for name, numbers in brings.items() if int(name[1:]) in numbers}


def test_a_row_says_beside_how_many_others_a_fault_was_found():
    found, copies, _ = searched(137)

    row = as_row(fault(5), found["f005"], copies)

    assert row.verdict is Verdict.CLEAN
    assert f"in one copy with {found['f005'].others} other faults" in row.evidence[-1].text()
    assert "andra fel" in row.evidence[-1].text("sv")
