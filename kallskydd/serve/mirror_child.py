"""Runs the child for one job (`kallskydd.mirror.__main__`), and passes its challenges on to the intake.

Whatever becomes of the child, no challenge stays up behind it and no child behind us.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from typing import Final, Protocol

import msgspec

from kallskydd.mirror.errors import ChildEnded
from kallskydd.mirror.messages import LINE_BYTES, Facts, Failed, FromChild, Job, Looked, RaiseChallenge, Taken
from kallskydd.serve.mirror import MirrorRefused

# An order through tor: some fifteen answers of a second or two, and its validations (kallskydd.mirror.order).
CHILD_SECONDS: Final = 420.0


class ChallengeDoor(Protocol):
    """What of `kallskydd.serve.mirror.MirrorDoor` an order needs; each raises MirrorRefused."""

    async def raise_challenge(self, pem: bytes) -> None:
        """Answer an authority by this until the challenge is lowered."""

    async def lower_challenge(self) -> None:
        """Answer no authority any more."""


async def run_child(job: Job, door: ChallengeDoor | None, *, within: float = CHILD_SECONDS) -> Facts | Looked | Failed:
    """Return what came of the job; a child that ends early or takes too long is a failure like others."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", "kallskydd.mirror",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PATH": os.defpath, "LANG": "C.UTF-8"},
        start_new_session=True,
        limit=LINE_BYTES,
    )  # fmt: skip
    raised = False
    try:
        async with asyncio.timeout(within):
            _send(child, job)
            while True:
                message = await _message(child)
                if not isinstance(message, RaiseChallenge):
                    return message
                raised = True
                _send(child, Taken(await _is_raised(door, message)))
    except (TimeoutError, OSError):
        return Failed(ChildEnded.code, 0)
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
        await child.wait()
        if raised and door is not None:
            with suppress(MirrorRefused):
                await door.lower_challenge()


async def _message(child: asyncio.subprocess.Process) -> FromChild:
    stdout = child.stdout
    try:
        line = await stdout.readline() if stdout is not None else b""
        message: FromChild = msgspec.json.decode(line, type=FromChild)
    except (ValueError, msgspec.MsgspecError):  # a line without end, no line, or no message
        return Failed(ChildEnded.code, 0)
    return message


async def _is_raised(door: ChallengeDoor | None, message: RaiseChallenge) -> bool:
    if door is None:
        return False
    try:
        await door.raise_challenge(message.pem.encode())
    except MirrorRefused:
        return False
    return True


def _send(child: asyncio.subprocess.Process, message: Job | Taken) -> None:
    # A few hundred bytes, far below what a pipe holds: nothing to wait for.
    if child.stdin is not None:
        child.stdin.write(msgspec.json.encode(message) + b"\n")
