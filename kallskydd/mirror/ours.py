"""Which certificates are ours while one is being replaced.

A new certificate lies in the folder before the intake has taken it, and a look through tor lasts for seconds: what is
shown may be the one before or the one after. So ours is what lies in the folder and what the intake took last, and what
was shown is judged by what is ours when the look is over.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from kallskydd.mirror.folder import CERTIFICATE, leaf_fingerprint, read_bounded
from kallskydd.mirror.messages import Looked
from kallskydd.mirror.seen import read_seen
from kallskydd.mirror.shown import Shown


def ours_now(folder: Path) -> tuple[str, ...]:
    """Return the fingerprints of what the intake may serve by."""
    pem = read_bounded(folder / CERTIFICATE)
    found = (None if pem is None else leaf_fingerprint(pem), read_seen(folder).taken)
    return tuple(one for one in found if one is not None)


def judged(told: Looked, folder: Path) -> Looked:
    """Return what was looked at, where a certificate that is ours by now is ours."""
    if told.other is not None and leaf_fingerprint(told.other.encode()) in ours_now(folder):
        return msgspec.structs.replace(told, shown=Shown.OURS, other=None)
    return told
