"""Which faults share a copy, and what follows for each of them: several planted at once, and still one proof for each.

A run of the canary takes minutes, so a copy holds several faults:

1. Each fault is planted twice, each time beside others, and no two meet twice (`two_rounds`).
2. It is found when in each of its copies a finding says what its own evidence asks for, and when in one of these every
   other fault is known not to bring that finding: it was in some copy without this fault, where nothing said so.
3. What is not shown so is planted once more beside a few others of which that is known already (`small_groups`), and
   what is still not shown, alone. So only a fault that had a copy to itself can be reported as not found.

A copy in which the canary did not come to its end says nothing of its faults, nor of those that were beside them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from audit.fault import Fault

_FEW = 4  # faults in a small group

Group = tuple[Fault, ...]
Fits = Callable[[Sequence[Fault]], bool]


@dataclass(frozen=True, slots=True)
class Copy:
    """The faults of one copy and the findings on it; `said` has those that fit a fault's evidence, by its name."""

    names: frozenset[str]
    findings: tuple[str, ...]
    said: Mapping[str, tuple[str, ...]]
    # Whether all visits were made and all comparisons too.
    whole: bool

    @classmethod
    def of(cls, group: Group, faults: Sequence[Fault], findings: Sequence[str], *, whole: bool) -> Copy:
        """Look in the findings for the evidence of every fault, also of those that are not in this copy."""
        said = {one.name: tuple(filter(one.evidence.search, findings)) for one in faults}
        return cls(frozenset(one.name for one in group), tuple(findings), said, whole)


@dataclass(frozen=True, slots=True)
class Found:
    """A fault that was found: the sentences that say so, and how many other faults were in that copy."""

    sentences: tuple[str, ...]
    others: int


def search(
    faults: Sequence[Fault], examine: Callable[[Sequence[Group]], Sequence[Copy]], fits: Fits
) -> tuple[dict[str, Found], list[Copy]]:
    """Do steps 1 to 3. `examine` plants each group in a copy. Returns what was found, by name, and every copy."""
    found: dict[str, Found] = {}
    copies: list[Copy] = []
    plans: tuple[Callable[[Sequence[Fault]], list[Group]], ...] = (
        lambda left: two_rounds(left, fits),
        lambda left: small_groups(left, copies, fits),
        lambda left: each_alone(left, copies),
    )
    for plan in plans:
        left = [fault for fault in faults if fault.name not in found]
        if groups := plan(left):
            made = examine(groups)
            copies += made
            for fault in left:
                if one := shown(fault.name, made, copies):
                    found[fault.name] = one
    return found, copies


def two_rounds(faults: Sequence[Fault], fits: Fits) -> list[Group]:
    """Return the groups of step 1. What asks for similar evidence stands apart, and what fits nowhere is left out."""
    size = math.isqrt(max(len(faults) - 1, 0)) + 1
    if len(faults) <= 2 * size:
        # As many copies as faults, or more.
        return []
    order = sorted(faults, key=lambda fault: (fault.evidence.pattern, fault.name))
    rounds: list[list[list[Fault]]] = [[[] for _ in range(size)] for _ in range(2)]
    for number, fault in enumerate(order):
        row, column = divmod(number, size)
        for groups, place in zip(rounds, (column, (row + column) % size), strict=True):
            if fits([*groups[place], fault]):
                groups[place].append(fault)
    return [tuple(group) for groups in rounds for group in groups if group]


def small_groups(faults: Sequence[Fault], copies: Sequence[Copy], fits: Fits) -> list[Group]:
    """Return groups of a few, no two of which are known to bring, or may bring, what the other's evidence asks for."""
    groups: list[list[Fault]] = []
    for fault in faults:
        for group in groups:
            apart = all(
                innocent(one.name, fault.name, copies) and innocent(fault.name, one.name, copies) for one in group
            )
            if len(group) < _FEW and apart and fits([*group, fault]):
                group.append(fault)
                break
        else:
            groups.append([fault])
    return [tuple(group) for group in groups]


def each_alone(faults: Sequence[Fault], copies: Sequence[Copy] = ()) -> list[Group]:
    """Return each by itself that was not in a copy by itself yet."""
    return [(fault,) for fault in faults if all(copy.names != {fault.name} for copy in copies)]


def shown(name: str, made: Sequence[Copy], copies: Sequence[Copy]) -> Found | None:
    """Step 2: whether the copies that were just made show this fault. What each other one does, all copies say."""
    mine = [copy for copy in made if name in copy.names and (copy.whole or len(copy.names) == 1)]
    if not all(copy.said[name] for copy in mine):
        return None
    for copy in mine:
        others = copy.names - {name}
        if all(innocent(other, name, copies) for other in others):
            return Found(copy.said[name], len(others))
    return None


def innocent(other: str, name: str, copies: Sequence[Copy]) -> bool:
    """Whether `other` was in a copy without the fault `name`, and nothing there fitted that one's evidence."""
    return any(copy.whole and other in copy.names and name not in copy.names and not copy.said[name] for copy in copies)
