"""What a thief may get from each starting point: the stated expectation, against which the walk is held.

A gain that is not listed here is a finding: a wall is missing. One that is listed and was not reached is none; a part
may be at rest. `READ`, `ACT` and `LEARN` are the columns of the printed table.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Gain(StrEnum):
    """One thing that a thief gets of a target."""

    CASES = "sealed cases"
    SHARES = "shares of case keys"
    ADDRESS_KEYS = "keys of its addresses"
    CERTIFICATE = "key of its certificate"
    MEMBER_KEYS = "a member's key"
    SETTINGS = "settings and roster"
    TOR_FILES = "tor's cookie and guards"
    MEMORY = "memory of its processes"

    PAGES = "a visitor to its pages"
    DESK_DOOR = "a caller at the desks' door"
    STEER_TOR = "the one who steers tor"
    PUBLISH = "a keeper that publishes its addresses"
    WRITE = "the owner of its files"
    END = "the one who ends its processes"

    EXISTS = "that it is there"
    NAMES = "names, sizes and times of its files"
    PROCESSES = "when its processes started"


READ: Final = (
    Gain.CASES, Gain.SHARES, Gain.ADDRESS_KEYS, Gain.CERTIFICATE, Gain.MEMBER_KEYS, Gain.SETTINGS, Gain.TOR_FILES,
    Gain.MEMORY,
)  # fmt: skip
ACT: Final = (Gain.PAGES, Gain.DESK_DOOR, Gain.STEER_TOR, Gain.PUBLISH, Gain.WRITE, Gain.END)
LEARN: Final = (Gain.EXISTS, Gain.NAMES, Gain.PROCESSES)


class Start(StrEnum):
    """Where the thief stands."""

    MACHINE = "the whole machine"
    TENANT = "one tenant's account"
    PUBLISHER = "the publisher's account"
    TOR = "tor's account"
    STRANGER = "an account with no part in it"
    BACKUP = "a backup"


class Target(StrEnum):
    """Whose things they are, from where the thief stands."""

    TENANT = "a tenant"
    ITSELF = "itself"
    OTHERS = "another tenant"
    TOR = "tor"
    PUBLISHER = "the publisher"


_EXISTS: Final = frozenset({Gain.EXISTS})
# Nowhere on the machine is what opens a case: that takes a member's key, and those are at the desks.
_ALL: Final = frozenset(Gain) - {Gain.MEMBER_KEYS}
# What tor passes on to: it and the publisher meet the intake as every visitor does.
_BEHIND_TOR: Final = frozenset({Gain.EXISTS, Gain.PAGES, Gain.DESK_DOOR})

EXPECTED: Final[dict[tuple[Start, Target], frozenset[Gain]]] = {
    (Start.MACHINE, Target.TENANT): _ALL,
    (Start.MACHINE, Target.TOR): _ALL,
    (Start.MACHINE, Target.PUBLISHER): _ALL,
    # Its processes are closed to their own account as well: what is typed at the moment is in none of its files.
    (Start.TENANT, Target.ITSELF): _ALL - {Gain.MEMORY},
    (Start.TENANT, Target.OTHERS): _EXISTS,
    (Start.TENANT, Target.TOR): _EXISTS,
    (Start.TENANT, Target.PUBLISHER): _EXISTS,
    # It is told each key once, holds it while tor is told, and can keep what it is told from then on.
    (Start.PUBLISHER, Target.TENANT): _BEHIND_TOR | {Gain.PUBLISH},
    (Start.PUBLISHER, Target.TOR): frozenset({Gain.EXISTS, Gain.STEER_TOR, Gain.TOR_FILES, Gain.NAMES}),
    (Start.PUBLISHER, Target.PUBLISHER): _ALL - {Gain.MEMORY},
    (Start.TOR, Target.TENANT): _BEHIND_TOR,
    (Start.TOR, Target.PUBLISHER): _EXISTS,
    # A tor can be read by its own account (`audit live`, core-dumps): it has one of its own for that reason.
    (Start.TOR, Target.TOR): _ALL,
    (Start.STRANGER, Target.TENANT): _EXISTS,
    (Start.STRANGER, Target.TOR): _EXISTS,
    (Start.STRANGER, Target.PUBLISHER): _EXISTS,
    # Shares and keys are in it sealed to two members.
    (Start.BACKUP, Target.TENANT): frozenset({Gain.EXISTS, Gain.NAMES, Gain.CASES, Gain.SETTINGS}),
}


# Of a home that is alone on its machine: its keeper steers tor by itself, and /proc need not hide processes. A tor that
# passes through the home to the sockets may also ask for size and times of a file there whose name it knows: these are
# size classes and heartbeats.
_ALONE: Final[dict[tuple[Start, Target], frozenset[Gain]]] = {
    (Start.TOR, Target.TENANT): frozenset({Gain.NAMES}),
    (Start.TENANT, Target.TOR): frozenset({Gain.STEER_TOR, Gain.TOR_FILES, Gain.NAMES}),
}


def expected(start: Start, target: Target, *, alone: bool = False, trial: bool = False) -> frozenset[Gain]:
    """Return what is expected. A trial keeps its only member's key on the same computer, and says so on every page."""
    given = EXPECTED[start, target]
    if trial and target is not Target.OTHERS and start in {Start.MACHINE, Start.TENANT}:
        given |= {Gain.MEMBER_KEYS}
    if alone and start is not Start.BACKUP:
        given |= _ALONE.get((start, target), frozenset()) | {Gain.PROCESSES}
    return given
