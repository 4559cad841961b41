"""An onion as it is to be served, and what a publisher says of it and of tor. It needs no stem."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from onion.errors import NoAuthorizedClient, PathUnusable
from onion.keys import OnionKey, client_public_key
from onion.torrc import quoted_path, usable_socket_path

HTTP_PORT = 80
# Firefox asks for a page's icon at the port of https too, since an onion counts as secure. A tor that has no such port
# ends the whole circuit, with the report that is being sent on it. So it is there in a home without a mirror too, and
# answers that it is not https; with one it is the mirror's, which answers that it knows no such name.
HTTPS_PORT = 443
# Where the intake listens: in the home's folder `run`, or in a tenant's folder of the host.
PUBLIC_SOCKET, DESK_SOCKET, MIRROR_SOCKET = "public.sock", "desk.sock", "mirror.sock"
MAX_STREAMS = 64  # of one circuit: a browser opens six connections, a relay of the mirror a few dozen
# How many visitors a second are let in before the others must solve puzzles, and how many at once. tor's own defaults
# (250, 2500) are for busy sites; a municipality's channel sees a few visitors an hour.
POW_QUEUE_RATE = 50
POW_QUEUE_BURST = 100
READY_PERCENT = 100


@dataclass(frozen=True, slots=True, repr=False)
class Onion:
    """One address and how it is to be served."""

    key: OnionKey
    targets: Mapping[int, Path]  # port of the onion -> our unix socket
    # Public client keys in base32: only these enter. None lets everybody in; an empty tuple is refused, because tor
    # would take it for None.
    client_auth_public_keys: tuple[str, ...] | None = None
    max_streams: int = MAX_STREAMS
    pow: bool = True  # puzzles under load, where this tor can

    def __post_init__(self) -> None:
        """Raise NoAuthorizedClient, BadKey or PathUnusable."""
        if self.client_auth_public_keys is not None:
            if not self.client_auth_public_keys:
                raise NoAuthorizedClient
            for public in self.client_auth_public_keys:
                client_public_key(public)
        for path in self.targets.values():
            # ADD_ONION knows no quotes, so a path with a space would end at it.
            if " " in quoted_path(usable_socket_path(path)):
                raise PathUnusable

    def command(self, *, with_pow: bool, detached: bool) -> str:
        """ADD_ONION as tor reads it. stem can pass neither several client keys nor puzzles."""
        flags = ["Detach", "DiscardPK"] if detached else ["DiscardPK"]
        if self.client_auth_public_keys is not None:
            flags.append("V3Auth")
        words = ["ADD_ONION", f"ED25519-V3:{self.key.key_content()}", f"Flags={','.join(flags)}"]
        words.append(f"MaxStreams={self.max_streams}")
        if with_pow:
            words += ["PoWDefensesEnabled=1", f"PoWQueueRate={POW_QUEUE_RATE}", f"PoWQueueBurst={POW_QUEUE_BURST}"]
        words += [f"Port={port},unix:{path}" for port, path in self.targets.items()]
        words += [f"ClientAuthV3={client_public_key(public)}" for public in self.client_auth_public_keys or ()]
        return " ".join(words)


def public_targets(run: Path, *, mirror: bool) -> dict[int, Path]:
    """Return where the ports of the public address lead."""
    return {HTTP_PORT: run / PUBLIC_SOCKET, HTTPS_PORT: run / (MIRROR_SOCKET if mirror else PUBLIC_SOCKET)}


def desk_targets(run: Path) -> dict[int, Path]:
    """Return where the port of the desks' address leads."""
    return {HTTP_PORT: run / DESK_SOCKET}


@dataclass(frozen=True, slots=True)
class Published:
    """What `publish` achieved: the address, and whether this tor knows puzzles."""

    address: str
    pow: bool


@dataclass(frozen=True, slots=True)
class BootstrapState:
    """How far tor has come: `percent` (0 to 100) and `summary`, a sentence without full stop."""

    percent: int
    summary: str

    @property
    def ready(self) -> bool:
        """Whether tor has built a circuit."""
        return self.percent >= READY_PERCENT
