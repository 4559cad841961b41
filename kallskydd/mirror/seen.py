"""What the keeper remembers of the mirror between its starts, for `kallskydd status` and for its own moderation.

Days, never times. The file is the keeper's own word; one that does not read counts as none, and costs a look.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Final

import msgspec

from kallskydd.mirror.caa import Caa
from kallskydd.mirror.folder import SEEN, read_bounded, write_whole
from kallskydd.mirror.shown import Shown

# Let's Encrypt allows five failures an hour and five certificates in seven days for one name; others allow more.
ORDERS_A_DAY: Final = 3
CERTIFICATES_A_WEEK: Final = 4
_WEEK: Final = timedelta(days=7)


class MirrorMemory(msgspec.Struct, frozen=True, kw_only=True):
    """One home's memory of its mirror."""

    caa: Caa | None = None
    caa_day: date | None = None
    shown: Shown | None = None
    shown_day: date | None = None
    # The code of what the last order failed with; None after one that did not.
    failed: int | None = None
    orders: tuple[date, ...] = ()
    certificates: tuple[date, ...] = ()
    # SHA-256 of the certificate that the intake took last, as hex.
    taken: str | None = None
    # The first day on which the authority wants to hear of us again.
    not_before: date | None = None

    def may_order(self, day: date) -> bool:
        """Whether another order today is within what the authority likes."""
        this_week = [one for one in self.certificates if day - one < _WEEK]
        if self.not_before is not None and day < self.not_before:
            return False
        return self.orders.count(day) < ORDERS_A_DAY and len(this_week) < CERTIFICATES_A_WEEK

    def after_order(self, day: date) -> MirrorMemory:
        """With one more order begun; those of other days are forgotten."""
        return msgspec.structs.replace(self, orders=(*(one for one in self.orders if one == day), day))

    def after_certificate(self, day: date) -> MirrorMemory:
        """With one more certificate, and no failure."""
        kept = (*(one for one in self.certificates if day - one < _WEEK), day)
        return msgspec.structs.replace(self, certificates=kept, failed=None, not_before=None)


def read_seen(folder: Path) -> MirrorMemory:
    """Return what is remembered; an empty memory if nothing reads."""
    try:
        return msgspec.json.decode(read_bounded(folder / SEEN) or b"", type=MirrorMemory)
    except msgspec.MsgspecError:
        return MirrorMemory()


def keep_seen(folder: Path, seen: MirrorMemory) -> None:
    """Remember it; raises OSError."""
    write_whole(folder / SEEN, msgspec.json.encode(seen))
