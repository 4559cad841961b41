"""The application's one member: locked, or unlocked and at work.

Unlocking takes the desk home for itself (`desk.keep.lock`), opens the key with the passphrase, and reads what this desk
remembers; the way to the server is made beside it. Fifteen minutes without a request lock it again: keys, cases and
casebook are let go, and the home is free for the command line. So do two minutes in which no page of the application
was open anywhere (`beat`), and both count while the computer sleeps. What was typed in a form that met the lock is
held, in memory, until the same member unlocks.

One thing at a time: the desk's requests to the server are numbered, and what it remembers is one file. What was fetched
before can be read meanwhile (`reading`), without the server.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import Final

from desk.errors import HomeUnusable, NoKey, NotJoined, NotReachable
from desk.keep.cache import Words, open_cache
from desk.keep.drafts import Drafts, read_drafts
from desk.keep.keyfile import DeskHome, unlock
from desk.keep.lock import desk_lock
from desk.keep.state import read_state
from desk.server.address import server_key_of
from desk.server.client import DeskClient
from desk.server.reach import CONNECTIONS
from desk.web.local.forms import Form, FormTokens
from desk.web.session.answered import AnsweredForms
from desk.web.session.held_copy import HeldCopy
from desk.web.session.link import Link, LinkConnector
from desk.web.session.oral import HeldCall
from desk.web.session.passing import Moment, Now, now, seconds_since
from desk.web.views.overview.todo import Known
from desk.work.case.cached import fetch_touched, take_roster
from desk.work.case.casebook import Casebook
from desk.work.case.reading import ShownFile
from trusted.case.clock import Clock

IDLE_SECONDS: Final = 15 * 60.0
# How long after a wake an idle desk can still be unlocked, while no page asks for anything.
LOOK_SECONDS: Final = 5.0
# So often each page says that it is open, and so long after the last one said so the browser counts as closed. Browsers
# let a page that nobody sees say it once a minute.
BEAT_SECONDS: Final = 20
CLOSED_SECONDS: Final = 120.0
# So long what a page is doing may go on after the button was pressed; then its question to the server is broken off.
LOCK_PATIENCE_SECONDS: Final = 2.0
# For so long somebody who looks at a white page waits for the server, and for what else is asked of it.
PAGE_SECONDS: Final = 10.0
# Another command in the same home is waited for so long; the page says so then.
LOCK_WAIT_SECONDS: Final = 2.0


class Locked(Exception):
    """Asked for something that only an unlocked desk has."""


@dataclass(slots=True, repr=False)
class _Unlocked:
    book: Casebook
    drafts: Drafts
    stack: contextlib.AsyncExitStack
    # When something was last done, and when a page last said that it is open; None: none has.
    used: Moment
    beat: Moment | None = None
    # The words of each case, for the search; read from the cache when they are first wanted.
    words: Words | None = None
    has_new_words: bool = False
    # The file that is being read; gone from memory when another is, or the desk locks.
    shown: ShownFile | None = None


@dataclass(slots=True, repr=False)
class Desk:
    """One member's desk."""

    home: DeskHome
    link: Link
    clock: Clock
    idle_seconds: float = IDLE_SECONDS
    _: KW_ONLY
    now: Now = now
    # Where what was fetched is kept (`desk.keep.cache`): never in the home.
    cache_folder: Path
    # Called each time the desk has been unlocked.
    on_unlock: Callable[[], None] = lambda: None
    # Called when a page has waited too long for what goes on beside it.
    on_hung: Callable[[], None] = lambda: None
    # What goes on beside the pages, and ends when the desk locks.
    beside: set["asyncio.Task[None]"] = field(default_factory=set)
    tokens: FormTokens = field(default_factory=FormTokens)
    copy: HeldCopy = field(default_factory=HeldCopy)
    answered: AnsweredForms = field(default_factory=AnsweredForms)
    # How many requests of the browser are being answered: as long as one is, the browser is there.
    asked: int = 0
    _unlocked: _Unlocked | None = None
    # What was typed in forms that were not carried out, by where they belong; the last is the last.
    _held: dict[str, Form] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    # Unlocking and locking wait for each other.
    _door: asyncio.Lock = field(default_factory=asyncio.Lock)
    # A report that is being taken by voice: its words are gone with the lock.
    call: HeldCall | None = None
    # Whether somebody can have been writing in the page that was shown last; it outlasts the lock.
    is_writing: bool = False
    # What the overview showed last: gone with the lock too.
    overview: Known | None = None

    @property
    def is_unlocked(self) -> bool:
        return self._unlocked is not None

    @property
    def drafts(self) -> Drafts:
        """What was begun and not sent. Raises Locked."""
        if self._unlocked is None:
            raise Locked
        return self._unlocked.drafts

    async def unlock(self, passphrase: str) -> None:
        """Open the key. Raises NoKey, NotJoined, PassphraseRefused, DeskBusy, StateDamaged, HomeUnusable."""
        if not self.home.key.exists():
            raise NoKey
        async with self._door, self._turn, contextlib.AsyncExitStack() as stack:
            if self._unlocked is not None:
                return
            stack.enter_context(desk_lock(self.home.lock, LOCK_WAIT_SECONDS))
            # Argon2id takes about a second; other pages go on meanwhile.
            keys = await asyncio.to_thread(unlock, self.home, passphrase)
            state = read_state(self.home.settings, self.home.case_list, keys.sign_seed)
            if not state.address:
                raise NotJoined
            server_key = server_key_of(state.address)
            self.link.open(state.address, keys.onion_private)
            client = await stack.enter_async_context(
                DeskClient(LinkConnector(self.link, CONNECTIONS), keys, state, server_key)
            )
            cache = open_cache(self.cache_folder, keys.sign_seed)
            book = Casebook(client, keys, state, self.clock, server_key, cache=cache)
            take_roster(book)
            stack.callback(book.write)
            drafts = read_drafts(self.home.drafts, keys.sign_seed)
            _write(drafts)
            stack.callback(_write, drafts)
            self._unlocked = _Unlocked(book, drafts, stack.pop_all(), self.now())
        self.on_unlock()

    def reading(self) -> Casebook:
        """Return the casebook for what asks nothing of the server and changes nothing. Raises Locked."""
        if self._unlocked is None:
            raise Locked
        return self._unlocked.book

    @property
    def words(self) -> Words:
        """The words of the cases that can be searched; gone from memory when the desk locks. Raises Locked."""
        if self._unlocked is None:
            raise Locked
        if self._unlocked.words is None:
            cache = self._unlocked.book.cache
            self._unlocked.words = {} if cache is None else cache.words()
        return self._unlocked.words

    @property
    def shown(self) -> ShownFile | None:
        """The file that is being read, if one is. Raises Locked."""
        return self._require_unlocked().shown

    @shown.setter
    def shown(self, file: ShownFile | None) -> None:
        self._require_unlocked().shown = file

    def add_words(self, case_id: bytes, length: int, words: str) -> None:
        """Hold the words of a case that has so many entries. Raises Locked."""
        held = self.words
        if held.get(case_id) != (length, words):
            held[case_id] = (length, words)
            self._require_unlocked().has_new_words = True

    def keep_words(self) -> None:
        """Put the words into the cache, if it has not got them. Raises Locked."""
        unlocked, words = self._require_unlocked(), self.words
        cache = unlocked.book.cache
        # They are gone from it when a case went.
        if cache is not None and (unlocked.has_new_words or not cache.has_words):
            cache.keep_words(words)
            unlocked.has_new_words = False

    def _require_unlocked(self) -> _Unlocked:
        if self._unlocked is None:
            raise Locked
        return self._unlocked

    @contextlib.asynccontextmanager
    async def at_work(self, *, writes: bool = True, hurry: float | None = PAGE_SECONDS) -> AsyncIterator[Casebook]:
        """Yield the casebook, to one request at a time. Raises Locked, and NotReachable when the turn never comes.

        Afterwards the cases that were changed are fetched again, and what was learnt is written, unless the caller does
        that later (`writes`). `hurry`: how long the server may let the caller wait; None for what goes on beside pages.
        """
        async with self._my_turn(hurry) as left:
            if self._unlocked is None:
                raise Locked
            book, drafts = self._unlocked.book, self._unlocked.drafts
            book.client.hurry(left, self.link.why)
            try:
                yield book
                await fetch_touched(book)
            finally:
                if writes:
                    book.write()
                drafts.drop_erased(book.state.case_list.tombstones)

    @contextlib.asynccontextmanager
    async def _my_turn(self, patience: float | None) -> AsyncIterator[float | None]:
        """Yield how much of the patience is left. What goes on beside the pages has to give way in the end."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        is_hung = not await self._turn_within(patience)
        if is_hung:
            self.on_hung()
            if not await self._turn_within(LOCK_PATIENCE_SECONDS):
                raise NotReachable(self.link.why)
        try:
            yield None if patience is None else max(patience - (loop.time() - began), 0.0)
        finally:
            self._turn.release()
            if is_hung and self._unlocked is not None:
                self.on_unlock()

    async def _turn_within(self, patience: float | None) -> bool:
        try:
            async with asyncio.timeout(patience):
                return await self._turn.acquire()
        except TimeoutError:
            return False

    def used(self) -> None:
        """Count the fifteen minutes from now: the member has done something."""
        if self._unlocked is not None:
            self._unlocked.used = self.now()

    def beat(self) -> None:
        """Count the two minutes from now: a page is open."""
        if self._unlocked is not None:
            self._unlocked.beat = self.now()

    def seen(self) -> None:
        """Count them from now if a page has ever said that it is open."""
        if self._unlocked is not None and self._unlocked.beat is not None:
            self.beat()

    @property
    def idle_left(self) -> float:
        """How long until the desk locks, if nothing is done. Raises Locked."""
        return self.idle_seconds - seconds_since(self._require_unlocked().used, self.now())

    @property
    def is_over(self) -> bool:
        """Whether nothing was done for too long, or the browser was closed."""
        if self._unlocked is None:
            return False
        beat = self._unlocked.beat
        is_closed = beat is not None and not self.asked and seconds_since(beat, self.now()) >= CLOSED_SECONDS
        return is_closed or self.idle_left <= 0

    async def lock(self, patience: float = LOCK_PATIENCE_SECONDS) -> None:
        """Let go of keys and cases. From now on every page says Locked.

        What goes on beside the pages is broken off at once. What a page does may end, within the patience; then its
        question to the server is broken off: no server can keep a desk open by not answering.
        """
        async with self._door:
            unlocked, self._unlocked = self._unlocked, None
            if unlocked is None:
                return
            self.call = self.overview = None
            self.tokens.clear()
            self.answered.clear()
            self.copy.drop()
            beside = list(self.beside)
            for task in beside:
                task.cancel()
            breaking = asyncio.get_running_loop().call_later(patience, unlocked.book.client.break_off)
            await asyncio.gather(*beside, return_exceptions=True)
            async with self._turn:
                breaking.cancel()
                # A copy that was being cleaned when the desk locked.
                self.copy.drop()
                # A full disk must not keep the desk open, nor end the watch over idle minutes.
                with contextlib.suppress(OSError, HomeUnusable):
                    await unlocked.stack.aclose()

    async def lock_when_idle(self) -> None:
        """Lock once nothing has been done for long enough, or the browser was closed. Runs until it is cancelled."""
        while True:
            await asyncio.sleep(min(self.idle_seconds / 60, LOOK_SECONDS))
            if self.is_over:
                # Somebody may have begun something long just before.
                await self.lock(self.idle_seconds)

    async def close(self) -> None:
        """Lock, and end the way to the server."""
        await self.lock()
        await self.link.close()

    def hold(self, path: str, form: Form) -> None:
        """Keep what was typed until the page at this path is shown again."""
        self._held.pop(path, None)
        self._held[path] = form

    def holds(self, path: str) -> bool:
        """Whether what was typed on the page at this path is held."""
        return path in self._held

    @property
    def held_path(self) -> str:
        """Where the form that was held last belongs; nothing when there is none."""
        return next(reversed(self._held), "")

    def take_held(self, path: str) -> Form | None:
        """Return what was typed on the page at this path, once."""
        return self._held.pop(path, None)


def _write(drafts: Drafts) -> None:
    try:
        drafts.write()
    except OSError as failed:
        raise HomeUnusable from failed
