"""The restores of the server that this desk has taken, so that each is taken once."""

from datetime import date

import msgspec


class KeptRestore(msgspec.Struct, frozen=True, array_like=True):
    """A restore that two members declared: of which day the backup was, and on which day it was restored."""

    backup_day: date
    day: date
    # Nothing was lost: the service went on at another host.
    moved: bool
