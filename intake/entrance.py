"""The two entrances of the reporter's site: the onion, and the mirror on the open web.

Each is an application of its own on a listening socket of its own, and that is how a request's entrance is known:
nothing that a browser sends says it. Both share the same services, so a case that was reported at one can be read at
the other.
"""

import enum
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from cases.config_site import HTTPS_PORT


class Entrance(enum.Enum):
    """Where a request came in."""

    ONION = "onion"
    MIRROR = "mirror"


ENTRANCE: Final = web.AppKey("entrance", Entrance)


@dataclass(frozen=True, slots=True)
class Hosts:
    """The `Host` values that are ours, in lower case."""

    public: frozenset[str]
    desk: frozenset[str]


@dataclass(frozen=True, slots=True)
class MirrorInfo:
    """What the pages of a home with a mirror may name."""

    name: str  # the mirror's host
    onion_address: str  # with .onion
    port: int = HTTPS_PORT

    @property
    def host(self) -> str:
        """As browsers write it into `Host` and `Origin`."""
        return self.name if self.port == HTTPS_PORT else f"{self.name}:{self.port}"
