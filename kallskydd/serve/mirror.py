"""The keeper's door to the mirror: hands key and certificates to the intake, and hears whether it takes them.

The intake has no way to the file (its Landlock rules name none of the mirror), so what it serves by comes as a sealed
file in memory with an order. An intake that was started again has nothing: `intake_is_ready` hands it over again, from
`mirror/certificate.pem` of the home, where the program or the operator puts it.

The intake answers each order, in their order; that is how an answer is known to belong to one.

MirrorRefused    `words`: one sentence of what, one of what to do
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from kallskydd.serve.announce import Announcer
from kallskydd.serve.children import IntakeSet
from trusted.jail.memory_file import MemoryFile
from trusted.web.control import Event, Order

CERTIFICATE: Final = "certificate.pem"
ANSWER_SECONDS: Final = 10.0  # it answers within a tenth of one; a busy one gets its time
_MOST_BYTES: Final = 64 * 1024
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO

_NOT_TAKEN: Final = (
    "The intake does not take the mirror's certificate. mirror/certificate.pem must hold the key without a passphrase "
    "first, then its certificate and those between it and the authority."
)
_NO_ANSWER: Final = (
    "The intake did not answer about the mirror's certificate. It is handed over again at its next start."
)
_UNREADABLE: Final = (
    "mirror/certificate.pem cannot be read, is no plain file or is larger than 64 KiB. "
    "Put the key and the certificates there."
)
_LOOSE: Final = (
    "mirror/certificate.pem can be read by others on this computer. Take their rights away with `chmod 600`."
)
_NONE_YET: Final = (
    "The mirror has no certificate yet: mirror/certificate.pem is missing. Until there is one it answers nothing."
)


class MirrorRefused(Exception):
    """The mirror goes on as it was; `words` say why, for the operator."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class MirrorDoor:
    """One for the life of the keeper; intakes come and go behind it."""

    def __init__(self, home: Path, intake: Callable[[], IntakeSet | None], announcer: Announcer) -> None:
        self._folder = home / "mirror"
        self._intake = intake
        self._announcer = announcer

    async def give_certificate(self, pem: bytes) -> None:
        """Serve by this key and these certificates from now on; raises MirrorRefused."""
        await self._order(Order.MIRROR_CERTIFICATE, pem)

    async def raise_challenge(self, pem: bytes) -> None:
        """Answer an authority by this until the challenge is lowered; raises MirrorRefused."""
        await self._order(Order.MIRROR_CHALLENGE, pem)

    async def lower_challenge(self) -> None:
        """Answer no authority any more; raises MirrorRefused."""
        await self._order(Order.MIRROR_CHALLENGE_OVER)

    async def intake_is_ready(self) -> None:
        """Hand a new intake what there is, and say on the terminal what keeps the mirror closed."""
        try:
            pem = await asyncio.to_thread(read_certificate, self._folder)
            if pem is None:
                self._announcer.say(_NONE_YET)
                return
            await self.give_certificate(pem)
        except MirrorRefused as refused:
            self._announcer.say(refused.words)

    async def _order(self, order: Order, pem: bytes | None = None) -> None:
        intake = self._intake()
        if intake is None:
            raise MirrorRefused(_NO_ANSWER)
        answered = asyncio.get_running_loop().create_future()
        intake.mirror_asked.append(answered)
        try:
            if pem is None:
                await intake.keeper_end.order(order)
            else:
                with MemoryFile.sealed(pem) as memory:
                    await intake.keeper_end.order(order, brought=memory)
        except OSError:
            # It was not sent, so no answer belongs to it.
            with suppress(ValueError):
                intake.mirror_asked.remove(answered)
            raise MirrorRefused(_NO_ANSWER) from None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                taken = await answered
        except TimeoutError:
            raise MirrorRefused(_NO_ANSWER) from None
        if not taken:
            raise MirrorRefused(_NOT_TAKEN)


def hear(intake: IntakeSet, event: Event) -> None:
    """Pass on what an intake answers."""
    if event in (Event.MIRROR_TAKEN, Event.MIRROR_REFUSED) and intake.mirror_asked:
        answered = intake.mirror_asked.popleft()
        if not answered.done():
            answered.set_result(event is Event.MIRROR_TAKEN)


def intake_is_gone(intake: IntakeSet) -> None:
    """No answer comes any more to what it was asked."""
    for asked in intake.mirror_asked:
        if not asked.done():
            asked.set_exception(MirrorRefused(_NO_ANSWER))
    intake.mirror_asked.clear()


def read_certificate(folder: Path) -> bytes | None:
    """Return the key and certificates of the home, or None where there are none yet; raises MirrorRefused."""
    try:
        descriptor = os.open(folder / CERTIFICATE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError:
        raise MirrorRefused(_UNREADABLE) from None
    with os.fdopen(descriptor, "rb") as file:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode) or state.st_size > _MOST_BYTES:
            raise MirrorRefused(_UNREADABLE)
        if state.st_mode & _OTHERS:
            raise MirrorRefused(_LOOSE)
        with suppress(OSError):
            return file.read(_MOST_BYTES)
    raise MirrorRefused(_UNREADABLE)
