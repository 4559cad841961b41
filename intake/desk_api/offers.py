"""
Moves that wait for a second member, in memory and nowhere else (docs/decisions/desk/0031).

An offer holds the new share of a case, sealed to one member. It must rest nowhere but in its slot, so no file and no
row has it: a stopped server has forgotten it, and her colleague sends it again. One goes when the case was moved or
erased, after a day, and when a newer one of the case comes.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cases.wire.offers import HELD_MAX
from trusted.case.clock import Clock
from trusted.case.errors import Busy

HELD_FOR: Final = timedelta(days=1)
# All that the members of one group need at a time.
BYTES_MAX: Final = 4 * 2**20


@dataclass(frozen=True, slots=True, repr=False)
class _Held:
    signer: str
    offer: bytes
    until: datetime


@dataclass(slots=True, repr=False)
class HeldOffers:
    """What waits, by case."""

    clock: Clock
    _held: dict[bytes, _Held] = field(default_factory=dict)

    def hold(self, case_id: bytes, signer: str, offer: bytes) -> None:
        """Hold an offer for a member. Raises Busy when there are too many."""
        self._forget_old()
        others = [one for case, one in self._held.items() if case != case_id]
        is_full = sum(len(one.offer) for one in others) + len(offer) > BYTES_MAX
        if is_full or sum(one.signer == signer for one in others) >= HELD_MAX:
            raise Busy
        self._held[case_id] = _Held(signer, offer, self.clock() + HELD_FOR)

    def waiting_for(self, signer: str) -> tuple[bytes, ...]:
        """Return what waits for this member."""
        self._forget_old()
        return tuple(one.offer for one in self._held.values() if one.signer == signer)

    def is_held(self, case_id: bytes) -> bool:
        """Whether a move of this case waits."""
        self._forget_old()
        return case_id in self._held

    def forget(self, case_id: bytes) -> None:
        """Forget the offer of a case that was moved or erased."""
        self._held.pop(case_id, None)

    def _forget_old(self) -> None:
        now = self.clock()
        self._held = {case: one for case, one in self._held.items() if one.until > now}
