"""
How far a report has come, while it is being sent: what the page in a tab of its own shows.

1. A form is known here by a keyed hash of its token, which stands in the address of that page. It opens nothing, and
   tells nobody which form it is of.
2. Kept in memory, and only for as long as somebody sends or watches: how many bytes, and what became of files, by their
   order. Nothing of what they are called.
3. Nobody is refused: how many watch would be seen. A page that shows a form nobody sends makes no progress, so it is
   the first to make room where connections are scarce (trusted/web/connections.py).
"""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from trusted.forms.sending import Sending

_ID_BYTES: Final = 16


@dataclass(slots=True)
class Shown:
    """What the page of one form shows: the latest sending, if there is one."""

    sending: Sending | None = None
    users: int = 0


class ProgressBoard:
    """The forms that are being sent or watched."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._shown: dict[str, Shown] = {}

    def __len__(self) -> int:
        return len(self._shown)

    def id_of(self, untrusted_token: str) -> str:
        """Return the id under which the form with this token is shown."""
        return hashlib.blake2b(
            untrusted_token.encode(), digest_size=_ID_BYTES, key=self._key, person=b"ks1-progress"
        ).hexdigest()

    @contextmanager
    def watch(self, untrusted_id: str) -> Iterator[Shown]:
        """Give what is shown under this id, also before anything is sent."""
        with self._used(untrusted_id) as shown:
            yield shown

    @contextmanager
    def send(self, sending: Sending, untrusted_token: str) -> Iterator[None]:
        """Show this sending of the form with this token until it is over. Of two at once the later is shown."""
        with self._used(self.id_of(untrusted_token)) as shown:
            shown.sending = sending
            try:
                yield
            finally:
                sending.ended = True

    @contextmanager
    def _used(self, untrusted_id: str) -> Iterator[Shown]:
        shown = self._shown.setdefault(untrusted_id, Shown())
        shown.users += 1
        try:
            yield shown
        finally:
            shown.users -= 1
            if shown.users == 0:
                del self._shown[untrusted_id]
