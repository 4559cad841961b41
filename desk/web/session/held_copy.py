"""A clean copy between the page on which it is looked at and the press that sends it: in memory, one, not for long."""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Final

from desk.work.answers import Cleaned

HELD_SECONDS: Final = 10 * 60.0
_HANDLE_BYTES: Final = 16


@dataclass(slots=True, repr=False)
class HeldCopy:
    """The one copy that waits to be sent, under a random handle."""

    seconds: float = HELD_SECONDS
    _handle: str = ""
    _copy: Cleaned | None = None
    _timer: asyncio.TimerHandle | None = None

    def hold(self, copy: Cleaned) -> str:
        """Hold a copy in the place of the one before; return its handle."""
        self.drop()
        self._handle, self._copy = secrets.token_urlsafe(_HANDLE_BYTES), copy
        self._timer = asyncio.get_running_loop().call_later(self.seconds, self.drop)
        return self._handle

    def of(self, case: str, untrusted_handle: str) -> Cleaned | None:
        """Return the copy under this handle if it was cleaned for this case and is still held."""
        copy = self._copy
        if copy is None or untrusted_handle != self._handle or copy.case.known.case_id.hex() != case:
            return None
        return copy

    def drop(self) -> None:
        """Let go of the copy, if there is one."""
        if self._timer is not None:
            self._timer.cancel()
        self._handle, self._copy, self._timer = "", None, None
