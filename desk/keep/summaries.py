"""What the overview shows of each case, kept together so that it need not open them all. Sealed by `desk.keep.cache`.

Nothing here depends on the day on which it is read: how many days are left, and whether a case may be erased by now, is
worked out each time.
"""

from datetime import date, datetime

import msgspec

from cases.case.timeline import CaseAction


class Limit(msgspec.Struct, frozen=True, array_like=True):
    """A time limit that was not met yet: which, and until when."""

    kind: str
    day: date


class Person(msgspec.Struct, frozen=True, array_like=True):
    """A member who has a case: her name, and whether it is this one."""

    name: str
    is_own: bool


class Summary(msgspec.Struct, frozen=True, array_like=True):
    """One case as it was when it was last opened. Holds words of the case: never printed."""

    case_id: bytes
    # The beginning of the report.
    title: str
    # The number in the group's own register, if it has one.
    register: str
    # The organisation in words; nothing when the reporter gave none.
    organisation: str
    received: date | None
    urgent: bool
    # The state without the day: a closed case is closed, erasable or not.
    stage: str
    # The limits that members have to meet, nearest first.
    limits: tuple[Limit, ...]
    on_hold: bool
    closed_on: date | None
    erasable_from: date | None
    erase_by: date | None
    # By stream: how many entries there are up to the last that somebody else wrote; that she opened it is none.
    others: dict[int, int]
    # When members last asked for something, if the reporter has written since.
    answered: date | None
    # The names of the others who have signed to have it erased; whether this member has.
    signed: tuple[str, ...]
    own_signature: bool
    # Whether this member has stepped aside.
    is_left: bool
    # What the case allows her (`CaseState.allowed`), without what depends on the day: erasing.
    allowed: tuple[str, ...]
    # What this desk warns of, by text key.
    warnings: tuple[str, ...]
    # The names of those who have stepped aside and still have the case's key, where this member can change that.
    to_lock_out: tuple[str, ...] = ()
    # The names of those who can sign beside this member: an erasure; the move that locks them out, if she can offer it.
    beside: tuple[str, ...] = ()
    movers: tuple[str, ...] = ()
    # Whether she can be the first to sign an erasure; the second.
    may_sign_first: bool = False
    may_sign_second: bool = False
    # The entries close it, and the server was not told.
    is_unfinished: bool = False
    # When members last wrote in it.
    quiet_since: date | None = None
    # Who has the case, and who covers for her until when: names, and whether that is this member.
    holder: Person | None = None
    cover: Person | None = None
    cover_until: date | None = None
    # When the question of harm is to be answered, and whether it was before.
    harm_since: date | None = None
    is_later_look: bool = False
    # Who does not sign the erasure that waits.
    refused: Person | None = None
    # By when the reporter was asked to answer.
    wanted: date | None = None

    def whose(self, today: date) -> Person | None:
        """Return who has the case on a day; None for nobody."""
        is_covered = self.cover_until is not None and today <= self.cover_until
        return self.cover if is_covered else self.holder

    @property
    def may_lock_out(self) -> bool:
        """Whether she can offer the move that locks out those who have stepped aside."""
        return bool(self.movers)

    @property
    def due(self) -> Limit | None:
        """The nearest limit that members have to meet."""
        return self.limits[0] if self.limits else None

    def __repr__(self) -> str:
        return "<Summary>"


class Problem(msgspec.Struct, frozen=True, array_like=True):
    """Why a case did not open: the error's text key, and whether it says that the server cannot be right."""

    text_key: str
    is_alarm: bool
    # This member had stepped aside: that the case is gone for her is as it should be.
    is_left: bool = False
    # The server does not show the case, and until then a new key for it may come: it was moved, with her or without.
    until: datetime | None = None


class Offer(msgspec.Struct, frozen=True, array_like=True):
    """A move of a case that this member has made: who is to sign; the case's entries and epoch then, and the day."""

    signer: str
    entries: int
    day: date = date.min
    epoch: int = 0

    def __repr__(self) -> str:
        return "<Offer>"


class Index(msgspec.Struct, frozen=True, array_like=True):
    """All of it, by case name; and the day on which everything was last fetched."""

    fetched: date | None = None
    summaries: dict[str, Summary] = {}
    problems: dict[str, Problem] = {}
    offers: dict[str, Offer] = {}

    def is_left(self, case_id: bytes) -> bool:
        """Whether this member had stepped aside in a case when it was last opened."""
        known = (self.problems.get(case_id.hex()), self.summaries.get(case_id.hex()))
        return any(one is not None and one.is_left for one in known)

    def is_waiting(self, name: str) -> bool:
        """Whether a case is not there now, and may come again with a new key."""
        problem = self.problems.get(name)
        return problem is not None and problem.until is not None

    def standing(self) -> dict[str, Summary]:
        """Return the cases that the overview and the search show: none that this member left and need not sign."""
        return {
            name: one for name, one in self.summaries.items() if CaseAction.CO_SIGN in one.allowed or not one.is_left
        }

    def __repr__(self) -> str:
        return "<Index>"
