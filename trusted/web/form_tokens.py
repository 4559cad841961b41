"""
One-time form tokens: a form works once.

A token is a hidden field of a form: an hour, a random number, and a keyed hash over both and the name of the form. The
key lives in memory, so a token needs no table until it is used, and none outlives a restart. What the tokens promise:

1. A form older than a day, or from before a restart, is refused; its text comes back in a new form (`ExpiredToken`).
2. The same form sent twice does its work once, also when both arrive at the same time: the second waits for the first.
3. What the first was answered is kept for half an hour, in memory, so that the second shows the same. Forms whose
   answer must not be shown again (log in, withdraw) keep none: the second gets a plain page. Together they take no
   more than `KEPT_BYTES` (trusted/web/shelf.py): what finds no room, or has to make some, goes sooner, and with it what
   was found in its files.
4. A form that was refused may be sent again: its token is released.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets
import struct
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from trusted.case.clock import Clock
from trusted.web.errors import ExpiredToken
from trusted.web.shelf import Shelf

# What the hidden field is called. The pages and what reads them know it by this name.
TOKEN_FIELD: Final = "mark"  # noqa: S105 - the name of a field
VALID_FOR: Final = timedelta(hours=24)  # An upload of 200 MiB through Tor can take hours.
PAGE_KEPT_FOR: Final = timedelta(minutes=30)
# About 60 MB of used tokens at the most. Each took one Argon2id, so the bound is days away from any real use; when it
# is reached the key is changed, and every open form comes back once with its text (promise 1). Who has used 199,999
# within a day would see somebody else's form use the last: three filings a second for all of that day.
MAX_USED: Final = 200_000
KEPT_BYTES: Final = 32 * 2**20  # Of reports with an ordinary picture some ten thousand.
_NONCE_BYTES: Final = 16
_TAG_BYTES: Final = 16
_HOUR: Final = struct.Struct("!I")
_HOUR_SECONDS: Final = 3600


class TokenClaim:
    """The claim of one token: the first to make it works, the others wait for what became of it."""

    __slots__ = ("_answered", "_committed", "_nonce", "_tokens", "kept", "used_at")

    def __init__(self, tokens: "FormTokens", nonce: bytes, used_at: datetime) -> None:
        self._tokens = tokens
        self._nonce = nonce
        self._answered = asyncio.Event()
        self.used_at = used_at
        self.kept: object | None = None
        self._committed = False

    def commit(self, kept: object | None = None, bytes_kept: int = 0) -> None:
        """Record that the work is done. `kept` is what a second sending is answered with, for half an hour from now."""
        self.kept = kept if kept is not None and self._tokens.count(self._nonce, bytes_kept) else None
        self._committed = True
        # Through Tor a form can be on its way for an hour.
        self.used_at = self._tokens.note_answer(self._nonce)
        self._answered.set()

    @property
    def is_committed(self) -> bool:
        """Whether the work is done."""
        return self._committed

    def let_go(self) -> None:
        """Keep nothing any more for a second sending."""
        self.kept = None
        self._tokens.count_out(self._nonce)

    def release(self) -> None:
        """Let the same form be sent again; for one that was refused and did nothing."""
        if not self._answered.is_set():
            self._tokens.forget(self._nonce)
            self._answered.set()

    async def wait(self) -> None:
        await self._answered.wait()


class FormTokens:
    """Makes and claims the tokens of all forms."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._used: OrderedDict[bytes, TokenClaim] = OrderedDict()
        self._shelf = Shelf[bytes](KEPT_BYTES)

    def new(self, form: str) -> str:
        """Return a fresh token for the form of this name."""
        stamp = _HOUR.pack(self._hour()) + secrets.token_bytes(_NONCE_BYTES)
        return base64.urlsafe_b64encode(stamp + self._tag(form, stamp)).decode("ascii")

    def verify(self, untrusted_token: str, form: str) -> None:
        """Raise `ExpiredToken` unless the token is of the form of this name, and of today."""
        self._nonce(untrusted_token, form)

    def again(self, untrusted_token: str, form: str) -> str:
        """Return the same token for the same form once more, or a new one where it does not verify."""
        try:
            self.verify(untrusted_token, form)
        except ExpiredToken:
            return self.new(form)
        return untrusted_token

    def unused(self, token: str, form: str) -> str:
        """Return the same token for the same form as long as nothing was done with it, or else a new one."""
        try:
            return token if self._nonce(token, form) not in self._used else self.new(form)
        except ExpiredToken:
            return self.new(form)

    async def claim(self, untrusted_token: str, form: str) -> tuple[TokenClaim, bool]:
        """Return the claim of a token and whether the caller is the first. Raises `ExpiredToken` if it does not verify.

        The first must call `commit` or `release` in the end; any other gets the claim once that is decided.
        """
        nonce = self._nonce(untrusted_token, form)
        self.prune()
        while (use := self._used.get(nonce)) is not None:
            await use.wait()
            if self._used.get(nonce) is use:
                return use, False
            # The first released the token, so this sending may be the first now.
        use = TokenClaim(self, nonce, self._clock())
        self._used[nonce] = use
        return use, True

    def forget(self, nonce: bytes) -> None:
        self._used.pop(nonce, None)

    def count(self, nonce: bytes, bytes_kept: int) -> bool:
        """Count what is to be kept of a use; False where there is no room for it."""
        return self._shelf.put(nonce, bytes_kept)

    def count_out(self, nonce: bytes) -> None:
        self._shelf.drop(nonce)

    def note_answer(self, nonce: bytes) -> datetime:
        """Put the use of this token last, as `prune` looks for the oldest first, and return the time that it bears."""
        if nonce in self._used:
            self._used.move_to_end(nonce)
        return self._clock()

    def _nonce(self, untrusted_token: str, form: str) -> bytes:
        try:
            untrusted = base64.b64decode(untrusted_token, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise ExpiredToken from None
        stamp, tag = untrusted[: _HOUR.size + _NONCE_BYTES], untrusted[_HOUR.size + _NONCE_BYTES :]
        if not hmac.compare_digest(tag, self._tag(form, stamp)):
            raise ExpiredToken
        age_hours = self._hour() - _HOUR.unpack(stamp[: _HOUR.size])[0]
        if not 0 <= age_hours <= VALID_FOR // timedelta(hours=1):
            raise ExpiredToken
        return stamp[_HOUR.size :]

    def _tag(self, form: str, stamp: bytes) -> bytes:
        return hashlib.blake2b(
            stamp + form.encode(), digest_size=_TAG_BYTES, key=self._key, person=b"ks1-mark"
        ).digest()

    def _hour(self) -> int:
        return int(self._clock().timestamp()) // _HOUR_SECONDS

    def sweep(self) -> None:
        """Make room for answers; done by the clock, each minute."""
        for nonce in self._shelf.sweep():
            if (use := self._used.get(nonce)) is not None:
                use.kept = None

    def prune(self) -> None:
        """Let go of answers after half an hour, and of tokens that cannot verify any more; also done by the clock."""
        now = self._clock()
        for nonce, use in list(self._used.items()):
            if now - use.used_at <= PAGE_KEPT_FOR:
                break
            use.let_go()
            if now - use.used_at > VALID_FOR + timedelta(hours=1):
                del self._used[nonce]
        if len(self._used) >= MAX_USED:
            self._key = secrets.token_bytes(32)
            self._used.clear()
            self._shelf = Shelf[bytes](KEPT_BYTES)
