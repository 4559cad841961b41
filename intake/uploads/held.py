"""
Files that wait for their writer: one of a report's files was refused, and nothing is filed yet.

Its writer decides: send it without that file, or choose another. What was accepted meanwhile need not come again.

1. Held are the keys of the case and of its words, in memory, and what the page shows of each file; the files lie in the
   store as ciphertext that no case claims, as while a form is still coming. No room in memory, no turn in the jail and
   no worker of Argon2id is held, and the form's token is free.
2. One for each draft, found by a random number that stands in the forms of the answer. What was typed is not held: it
   stands in these forms.
3. Taking it out is one step, so of two sendings one has it. What became of a sending that stored nothing is put back.
4. It goes after half an hour; no later than three hours after the first file when its writer goes on choosing; when the
   writer leaves, sends the same draft again, or has filed; and with the intake; the next start sweeps staged files.
5. At most `MOST_HELD`, `HELD_FILE_BYTES` of files and `HELD_PAGE_BYTES` of what their pages show: the oldest goes. Each
   took one Argon2id.
"""

import asyncio
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cases.clock import Clock
from cases.receipt.keys import Receipt, ReceiptKeys
from intake.shelf import Shelf
from intake.uploads.attachment import FileTaker

HELD_FOR: Final = timedelta(minutes=30)
HELD_IN_ALL: Final = timedelta(hours=3)
MOST_HELD: Final = 64
HELD_FILE_BYTES: Final = 2**30
HELD_PAGE_BYTES: Final = 32 * 2**20
_ID_BYTES: Final = 16


@dataclass(slots=True, repr=False)
class HeldForm:
    """What waits of one draft. `deriving` is done: it has the keys of the words."""

    id: str
    files: FileTaker
    receipt: Receipt
    deriving: asyncio.Future[ReceiptKeys]
    since: datetime
    until: datetime


class HeldForms:
    """All that wait, the oldest first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: OrderedDict[str, HeldForm] = OrderedDict()
        self._on_disk = Shelf[str](HELD_FILE_BYTES)
        self._in_memory = Shelf[str](HELD_PAGE_BYTES)
        self._dropping: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._held)

    def hold(
        self,
        draft: str,
        files: FileTaker,
        receipt: Receipt,
        deriving: asyncio.Future[ReceiptKeys],
        before: HeldForm | None = None,
    ) -> HeldForm:
        """Hold what came of a draft, in the place of what was held of it. `before` is what it goes on from."""
        now = self._clock()
        since = now if before is None else before.since
        held_id = secrets.token_hex(_ID_BYTES)
        until = min(now + HELD_FOR, since + HELD_IN_ALL)
        held = HeldForm(held_id, files, receipt, deriving, since, until)
        self.put_back(draft, held)
        return held

    def put_back(self, draft: str, held: HeldForm) -> None:
        """Hold again what was taken, for as long as it may be held."""
        self.forget(draft)
        self._held[draft] = held
        on_disk = self._on_disk.put(draft, held.files.bytes_staged)
        in_memory = self._in_memory.put(draft, held.files.bytes_shown)
        too_many = list(self._held)[: max(0, len(self._held) - MOST_HELD)]
        for driven_out in {*on_disk, *in_memory, *too_many}:
            self.forget(driven_out)

    def peek(self, draft: str, untrusted_id: str) -> HeldForm | None:
        """Return what is held under this number, and go on holding it."""
        self.prune()
        held = self._held.get(draft)
        return held if held is not None and secrets.compare_digest(held.id.encode(), untrusted_id.encode()) else None

    def take(self, draft: str, untrusted_id: str) -> HeldForm | None:
        """Take out what is held under this number, to be filed or put back."""
        held = self.peek(draft, untrusted_id)
        if held is not None:
            self._let_go(draft)
        return held

    def forget(self, draft: str) -> None:
        """Drop what is held of a draft, and its files soon."""
        held = self._let_go(draft)
        if held is not None:
            task = asyncio.get_running_loop().create_task(held.files.drop())
            self._dropping.add(task)
            task.add_done_callback(self._dropping.discard)

    def prune(self) -> None:
        """Drop what has been held for long enough; done at each use, and each minute by the clock."""
        now = self._clock()
        for draft in [one for one, held in self._held.items() if held.until < now]:
            self.forget(draft)

    async def close(self) -> None:
        """Drop everything, to the last staged file."""
        for draft in list(self._held):
            self.forget(draft)
        await self.dropped()

    async def dropped(self) -> None:
        """Wait until the files of all that was dropped are deleted."""
        await asyncio.gather(*self._dropping, return_exceptions=True)

    def _let_go(self, draft: str) -> HeldForm | None:
        self._on_disk.drop(draft)
        self._in_memory.drop(draft)
        return self._held.pop(draft, None)
