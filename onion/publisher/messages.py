"""What a tenant's keeper asks the host's publisher, and what it answers: one JSON object a line, over a unix socket.

    keeper → publisher   Publish, Wait, TakeDown, Bootstrap: one at a time, each with one answer
    publisher → keeper   Hello once tor is there; Up, Done, State or Failed for an answer; Uploaded unasked

An answer that failed carries the code of an OnionError and tor's number, no text. A line that is none of these ends the
connection.
"""

from typing import Annotated, Final, Literal

import msgspec

from onion.errors import CommandRefused, OnionError

ASK_SOCKET: Final = "ask"
SOCKS_SOCKET: Final = "socks"
# A desk key is 52 characters; the largest roster has some hundred members.
LINE_BYTES: Final = 64 * 1024
MOST_CLIENTS: Final = 500
MOST_SECONDS: Final = 60.0

Role = Literal["public", "desk"]
_Address = Annotated[str, msgspec.Meta(pattern="^[a-z2-7]{56}$")]


class Publish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="ask", tag="publish"):
    """Put up this onion. Where its ports lead is the publisher's to say, by tenant and role."""

    role: Role
    key: bytes
    # With a mirror port 443 of the public address leads to a socket of its own.
    mirror: bool = False
    # Of the desks' address: the public client keys of all who may enter.
    clients: Annotated[tuple[str, ...], msgspec.Meta(max_length=MOST_CLIENTS)] = ()

    def __repr__(self) -> str:
        """Show no key."""
        return f"Publish({self.role})"


class Wait(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="ask", tag="wait"):
    """Answer when the directories have the descriptor."""

    address: _Address
    seconds: Annotated[float, msgspec.Meta(ge=0, le=MOST_SECONDS)]


class TakeDown(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="ask", tag="take-down"):
    """Make tor forget this onion."""

    address: _Address


class Bootstrap(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="ask", tag="bootstrap"):
    """Ask how far tor is."""


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag_field="answer", tag="hello"):
    """tor is there, and this is its version."""

    version: str


class Up(msgspec.Struct, frozen=True, kw_only=True, tag_field="answer", tag="up"):
    """The onion is up."""

    address: str
    pow: bool


class Done(msgspec.Struct, frozen=True, tag_field="answer", tag="done"):
    """What was asked for is so."""


class State(msgspec.Struct, frozen=True, kw_only=True, tag_field="answer", tag="state"):
    """How far tor is, and what it waits for."""

    percent: int
    summary: str


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag_field="answer", tag="failed"):
    """Why not: the code of an OnionError, and tor's number where there is one."""

    code: int
    reply: int = 0


class Uploaded(msgspec.Struct, frozen=True, kw_only=True, tag_field="answer", tag="uploaded"):
    """A directory has taken a descriptor of this onion."""

    address: str


FromKeeper = Publish | Wait | TakeDown | Bootstrap
Answer = Up | Done | State | Failed
FromPublisher = Hello | Answer | Uploaded


def line_of(message: FromKeeper | FromPublisher) -> bytes:
    """Return the message as it travels."""
    return msgspec.json.encode(message) + b"\n"


def read_from_keeper(untrusted_line: bytes) -> FromKeeper:
    """Raise msgspec.MsgspecError for anything else."""
    message: FromKeeper = msgspec.json.decode(untrusted_line, type=FromKeeper)
    return message


def read_from_publisher(line: bytes) -> FromPublisher:
    """Raise msgspec.MsgspecError for anything else."""
    message: FromPublisher = msgspec.json.decode(line, type=FromPublisher)
    return message


def failed_by(error: OnionError) -> Failed:
    """Return the answer that carries this error."""
    return Failed(code=error.code, reply=error.reply if isinstance(error, CommandRefused) else 0)


def error_in(failed: Failed) -> OnionError:
    """Return the error that this answer carries."""
    if failed.code == CommandRefused.code:
        return CommandRefused(failed.reply)
    return _BY_CODE.get(failed.code, OnionError)()


_BY_CODE: Final = {error.code: error for error in OnionError.__subclasses__()}
