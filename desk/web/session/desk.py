"""The application's one member: locked, or unlocked and at work.

Unlocking takes the desk home for itself (`desk.keep.lock`), opens the key with the passphrase, and reads what this desk
remembers; the way to the server is made beside it. Fifteen minutes without a request lock it again: keys, cases and
casebook are let go, and the home is free for the command line. What was typed in a form that met the lock is held, in
memory, until the same member unlocks.

One thing at a time: the desk's requests to the server are numbered, and what it remembers is one file. What was fetched
before can be read meanwhile (`reading`), without the server.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import Final

from desk.errors import HomeUnusable, NoKey, NotJoined
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
from desk.work.case.cached import fetch_touched, take_roster
from desk.work.case.casebook import Casebook
from trusted.case.clock import Clock

IDLE_SECONDS: Final = 15 * 60.0
# So long what a page is doing may go on after the button was pressed; then its question to the server is broken off.
LOCK_PATIENCE_SECONDS: Final = 2.0
# Another command in the same home is waited for so long; the page says so then.
LOCK_WAIT_SECONDS: Final = 2.0


class Locked(Exception):
    """Asked for something that only an unlocked desk has."""


@dataclass(frozen=True, slots=True, repr=False)
class HeldForm:
    """What was typed in a form that was not carried out: where it belongs, and its fields."""

    path: str
    form: Form


@dataclass(slots=True, repr=False)
class _Unlocked:
    book: Casebook
    drafts: Drafts
    stack: contextlib.AsyncExitStack
    used: float
    # The words of each case, for the search; read from the cache when they are first wanted.
    words: Words | None = None
    has_new_words: bool = False


@dataclass(slots=True, repr=False)
class Desk:
    """One member's desk."""

    home: DeskHome
    link: Link
    clock: Clock
    idle_seconds: float = IDLE_SECONDS
    _: KW_ONLY
    # Where what was fetched is kept (`desk.keep.cache`): never in the home.
    cache_folder: Path
    # Called each time the desk has been unlocked.
    on_unlock: Callable[[], None] = lambda: None
    # What goes on beside the pages, and ends when the desk locks.
    beside: set["asyncio.Task[None]"] = field(default_factory=set)
    tokens: FormTokens = field(default_factory=FormTokens)
    copy: HeldCopy = field(default_factory=HeldCopy)
    answered: AnsweredForms = field(default_factory=AnsweredForms)
    _unlocked: _Unlocked | None = None
    _held: HeldForm | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    # Unlocking and locking wait for each other.
    _door: asyncio.Lock = field(default_factory=asyncio.Lock)
    # A report that is being taken by voice: its words are gone with the lock.
    call: HeldCall | None = None

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
            self._unlocked = _Unlocked(book, drafts, stack.pop_all(), self._now())
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
    async def at_work(self, *, writes: bool = True) -> AsyncIterator[Casebook]:
        """Yield the casebook, to one request at a time. Raises Locked.

        Afterwards the cases that were changed are fetched again, and what was learnt is written, unless the caller does
        that later (`writes`).
        """
        async with self._turn:
            if self._unlocked is None:
                raise Locked
            book, drafts = self._unlocked.book, self._unlocked.drafts
            try:
                yield book
                await fetch_touched(book)
            finally:
                if writes:
                    book.write()
                drafts.drop_erased(book.state.case_list.tombstones)

    def used(self) -> None:
        """Count the fifteen minutes from now: the member has done something."""
        if self._unlocked is not None:
            self._unlocked.used = self._now()

    async def lock(self, patience: float = LOCK_PATIENCE_SECONDS) -> None:
        """Let go of keys and cases. From now on every page says Locked.

        What goes on beside the pages is broken off at once. What a page does may end, within the patience; then its
        question to the server is broken off: no server can keep a desk open by not answering.
        """
        async with self._door:
            unlocked, self._unlocked = self._unlocked, None
            if unlocked is None:
                return
            self.call = None
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
        """Lock once nothing has been asked for long enough. Runs until it is cancelled."""
        while True:
            await asyncio.sleep(self.idle_seconds / 60)
            if self._unlocked is not None and self._now() - self._unlocked.used >= self.idle_seconds:
                # Somebody may have begun something long just before.
                await self.lock(self.idle_seconds)

    async def close(self) -> None:
        """Lock, and end the way to the server."""
        await self.lock()
        await self.link.close()

    def hold(self, path: str, form: Form) -> None:
        """Keep what was typed until the page at this path is shown again. One form: the last."""
        self._held = HeldForm(path, form)

    @property
    def held_path(self) -> str:
        """Where the form that is held belongs; nothing when there is none."""
        return "" if self._held is None else self._held.path

    def take_held(self, path: str) -> Form | None:
        """Return what was typed on the page at this path, once."""
        if self._held is None or self._held.path != path:
            return None
        held, self._held = self._held, None
        return held.form

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _write(drafts: Drafts) -> None:
    try:
        drafts.write()
    except OSError as failed:
        raise HomeUnusable from failed
