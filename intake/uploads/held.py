"""
Files that wait for their writer: they came with a form that was not stored, and need not come again.

The form stopped at something for its writer to decide: a file that was refused, words that point to the writer, a field
that is missing, another language.

1. Held are the keys of the case, in memory, and what the page shows of each file; the files lie in the store as
   ciphertext that no case claims, as while a form is still coming. No room in memory and no turn in the jail is held,
   and the form's token is free.
2. One for each draft or session, found by a random number that stands in the forms of the answer. What was typed is
   not held: it stands in these forms.
3. Taking it out is one step, so of two sendings one has it. What became of a sending that broke off is put back.
4. It goes after half an hour; no later than three hours after the first file when its writer goes on choosing; when the
   writer leaves, or has filed; and with the intake; the next start sweeps staged files.
5. At most `HELD_FILE_BYTES` of files, and `HELD_PAGE_BYTES` in memory (trusted/web/shelf.py): what finds no room is
   dropped at once, which its writer is told with the text given back, and the clock makes room by chance.
"""

import asyncio
import secrets
from datetime import timedelta
from typing import Final

from trusted.case.clock import Clock
from trusted.forms.attachment import FileTaker
from trusted.forms.submission import HeldForm
from trusted.web.shelf import Shelf

HELD_FOR: Final = timedelta(minutes=30)
HELD_IN_ALL: Final = timedelta(hours=3)
HELD_FILE_BYTES: Final = 2**31
HELD_PAGE_BYTES: Final = 32 * 2**20
_FORM_BYTES: Final = 4096  # What a form takes in memory beside what its page shows: keys, numbers.
_ID_BYTES: Final = 16


class HeldForms:
    """All that wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[str, HeldForm] = {}
        self._on_disk = Shelf[str](HELD_FILE_BYTES)
        self._in_memory = Shelf[str](HELD_PAGE_BYTES)
        self._dropping: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._held)

    def hold(self, owner: str, files: FileTaker, before: HeldForm | None = None) -> HeldForm | None:
        """Hold what came of an owner, in the place of what was held of it; None when there was no room.

        `before` is what it goes on from.
        """
        now = self._clock()
        since = now if before is None else before.since
        held_id = secrets.token_hex(_ID_BYTES) if before is None else before.id
        held = HeldForm(held_id, files, since, min(now + HELD_FOR, since + HELD_IN_ALL))
        self.put_back(owner, held)
        return self._held.get(owner)

    def put_back(self, owner: str, held: HeldForm) -> None:
        """Hold again what was taken, for as long as it may be held; without room for it, drop its files."""
        self.forget(owner)
        self._held[owner] = held
        has_room = self._on_disk.put(owner, held.files.bytes_staged)
        if not has_room or not self._in_memory.put(owner, _FORM_BYTES + held.files.bytes_shown):
            self.forget(owner)

    def of(self, owner: str) -> HeldForm | None:
        """Return what is held of an owner, and go on holding it."""
        self.prune()
        return self._held.get(owner)

    def take(self, owner: str, untrusted_id: str) -> HeldForm | None:
        """Take out what is held under this number, to be stored or put back."""
        held = self.of(owner)
        if held is None or not secrets.compare_digest(held.id.encode(), untrusted_id.encode()):
            return None
        self._let_go(owner)
        return held

    def forget(self, owner: str) -> None:
        """Drop what is held of an owner, and its files soon."""
        held = self._let_go(owner)
        if held is not None:
            task = asyncio.get_running_loop().create_task(held.files.drop())
            self._dropping.add(task)
            task.add_done_callback(self._dropping.discard)

    def prune(self) -> None:
        """Drop what has been held for long enough; done at each use, and each minute by the clock."""
        now = self._clock()
        for owner in [one for one, held in self._held.items() if held.until < now]:
            self.forget(owner)

    def sweep(self) -> None:
        """Make room; done by the clock, each minute."""
        for shelf in (self._on_disk, self._in_memory):
            for owner in shelf.sweep():
                self.forget(owner)

    async def close(self) -> None:
        """Drop everything, to the last staged file."""
        for owner in list(self._held):
            self.forget(owner)
        await self.dropped()

    async def dropped(self) -> None:
        """Wait until the files of all that was dropped are deleted."""
        await asyncio.gather(*self._dropping, return_exceptions=True)

    def _let_go(self, owner: str) -> HeldForm | None:
        self._on_disk.drop(owner)
        self._in_memory.drop(owner)
        return self._held.pop(owner, None)
