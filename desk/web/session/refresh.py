"""Fetch everything: who may read, the post box, and then what is new in the cases, in rounds of one size.

It begins when the desk is unlocked, at the button, and at a random minute within two hours after each day's release
while the desk is unlocked: desks that all came at six would tell the server who is at work. It goes on beside the
pages, one round at a time, so that a page waits for one answer at most; they show what was fetched before meanwhile.

What does not open is kept as a problem (`desk.work.case.casebook`) and stops no other case; a server that does not
answer, or shows other members than before, stops all of it, and so does a fault; `failed` says why, and the next
release begins it again.
"""

import asyncio
import contextlib
import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from desk.errors import DeskError, FetchBroken, NotReachable
from desk.keep.state import KnownCase
from desk.web.session.desk import PAGE_SECONDS, Desk, Locked
from desk.web.session.search import keep_words
from desk.work.moves import waiting_offers
from desk.work.sums import take_part
from desk.work.syncing import Rounds
from trusted.case.clock import Clock, next_release, today

AFTER_RELEASE: Final = timedelta(hours=2)
# How long the page waits that has nothing to show yet, and the one whose button was pressed.
PATIENCE_SECONDS: Final = PAGE_SECONDS
_LOOK_SECONDS: Final = 30.0
# What was learnt is written so often while everything is fetched: both files are written whole.
_WRITE_SECONDS: Final = 30.0
_ANY_MOMENT: Final = random.SystemRandom()


@dataclass(slots=True, repr=False)
class Refresh:
    """The one fetching of everything that can be under way."""

    desk: Desk
    # Why the last one ended early.
    failed: DeskError | None = None
    _task: "asyncio.Task[None] | None" = None

    @property
    def is_running(self) -> bool:
        return self._task is not None and not self._task.done()

    @property
    def is_out_of_reach(self) -> bool:
        return isinstance(self.failed, NotReachable)

    @property
    def fetched(self) -> date | None:
        """The day on which everything was last fetched. Raises Locked."""
        cache = self.desk.reading().cache
        return None if cache is None else cache.index.fetched

    def begin(self) -> None:
        """Begin, unless it is under way or the desk is locked."""
        if not self.is_running and self.desk.is_unlocked:
            self._task = asyncio.create_task(self._run())
            self.desk.beside.add(self._task)
            self._task.add_done_callback(self.desk.beside.discard)

    def give_up(self) -> None:
        """End the one that waits for the server, or for the way to it: a page waits for its turn."""
        if self._task is not None and self.is_running:
            self.failed = NotReachable(self.desk.link.why)
            self._task.cancel()

    async def wait(self) -> None:
        """Wait for the end of the one that is under way, for so long as somebody looks at a white page."""
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=PATIENCE_SECONDS)

    async def daily(self) -> None:
        """Begin once after each release. Runs until it is cancelled."""
        due = _moment_after_release(self.desk.clock)
        while True:
            # In short steps: a computer that sleeps stops the loop's clock, and not the wall's.
            await asyncio.sleep(_LOOK_SECONDS)
            if self.desk.clock() >= due:
                self.begin()
                due = _moment_after_release(self.desk.clock)

    async def _run(self) -> None:
        try:
            await self._fetch_all()
        except Locked:
            return
        except DeskError as failed:
            self.failed = failed
        except Exception:  # noqa: BLE001 - the outermost layer of this task: else nobody hears it but standard error
            self.failed = FetchBroken()
        else:
            self.failed = None

    async def _fetch_all(self) -> None:
        not_opened: list[KnownCase] = []
        async with self.desk.at_work(hurry=None) as book:
            await book.sync()
            rounds = Rounds(
                list(book.state.case_list.cases),
                partial(keep_words, self.desk),
                lambda known, _refused: not_opened.append(known),
            )
        loop = asyncio.get_running_loop()
        written = loop.time()
        try:
            while not rounds.is_over:
                writes = loop.time() - written > _WRITE_SECONDS
                written = loop.time() if writes else written
                async with self.desk.at_work(writes=writes, hurry=None) as book:
                    await rounds.take(book)
        finally:
            book.write()
        async with self.desk.at_work(hurry=None) as book:
            await waiting_offers(book)
            if book.cache is not None:
                self.desk.keep_words()
                book.cache.keep_fetched(today(self.desk.clock))
                book.cache.write([bytes.fromhex(name) for name in book.state.case_list.cases], fillers_anew=True)
            # All is fetched by now, and these figures can wait for the next time.
            with contextlib.suppress(DeskError):
                await take_part(book, not_opened)


def _moment_after_release(clock: Clock) -> datetime:
    return next_release(clock()) + AFTER_RELEASE * _ANY_MOMENT.random()
