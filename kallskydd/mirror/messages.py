"""What keeper and child say to one another: one line of JSON each, over the child's standard input and output.

    keeper -> child   Job, first;  then Taken for each challenge
    child -> keeper   RaiseChallenge, none or more;  then one of Facts, Looked, Failed, and the end

Nothing secret stands in the child's arguments or environment. The one key that crosses is the challenge's, which is
worth nothing once the authority has looked. No text of the authority's crosses, a fault by its number alone.
What the child says is judged as from anybody who speaks with strangers: what does not read exactly is no message.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from kallskydd.mirror.caa import Caa
from kallskydd.mirror.shown import Shown
from onion.socks import SocksAddress

# A challenge is below 2 kB, a certificate that the mirror showed could be any.
LINE_BYTES: Final = 1024 * 1024
MOST_SECONDS: Final = 30 * 86_400  # a month is more than any authority asks to wait

Moment: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]


class MirrorHome(msgspec.Struct, frozen=True, kw_only=True):
    """Which mirror, and the way to the world."""

    folder: str
    name: str
    directory: str
    issuer: str
    resolvers: tuple[str, ...]
    roots: str | None
    socks: str | tuple[str, int]  # a unix socket, or an address

    def socks_address(self) -> SocksAddress:
        """As `onion.socks` takes it."""
        return Path(self.socks) if isinstance(self.socks, str) else self.socks

    def roots_file(self) -> Path | None:
        """As a path."""
        return None if self.roots is None else Path(self.roots)


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What the child is to do, at which moment, and which certificates are ours."""

    verb: Literal["read", "look", "order"]
    place: MirrorHome
    now: Moment
    ours: tuple[str, ...] = ()


class Taken(msgspec.Struct, frozen=True):
    """Whether the intake answers with the challenge now."""

    taken: bool


class RaiseChallenge(msgspec.Struct, frozen=True, tag="challenge"):
    """Key and certificate that are to answer `acme-tls/1`."""

    pem: str


class Facts(msgspec.Struct, frozen=True, tag="facts"):
    """The certificate that lies in the folder."""

    not_before: Moment
    not_after: Moment
    fingerprint: str


class Looked(msgspec.Struct, frozen=True, tag="looked"):
    """What was seen from outside, None where it was not looked at; `other` is a certificate not ours, as PEM."""

    caa: Caa | None
    shown: Shown | None
    other: str | None


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The code of a MirrorFault, and how long the authority wants us to wait."""

    code: int
    retry_after: Annotated[int, msgspec.Meta(ge=0, le=MOST_SECONDS)]


FromChild = RaiseChallenge | Facts | Looked | Failed
