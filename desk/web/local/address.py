"""The address of the application on this computer: a name that nobody can guess, on a port that is free.

Browsers resolve every name under `.localhost` to this computer itself (RFC 6761, 6.3). Measured in Chromium and
Firefox: a `__Host-` cookie that was set at 127.0.0.1 is sent to every other port of 127.0.0.1, where another user of
the computer may listen; one that was set at a name of 128 random bits is not, and a page on the web that makes its own
name resolve to 127.0.0.1 (DNS rebinding) sends its own name as `Host`.
"""

import secrets
from dataclasses import dataclass, field

NAME_BYTES = 16
TOKEN_BYTES = 16


def new_name() -> str:
    """Return 128 random bits as the first label of the name."""
    return secrets.token_hex(NAME_BYTES)


@dataclass(frozen=True, slots=True, repr=False)
class LocalAddress:
    """Where the application listens, as the browser writes it in `Host` and `Origin`."""

    name: str
    port: int
    # The frame in every page (`handlers.beat`) has a name of its own: another program that answers there once the
    # application has ended is another origin than the page that is left, and reads nothing of it.
    frame_name: str = field(default_factory=new_name)

    @property
    def host(self) -> str:
        return f"{self.name}.localhost:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    @property
    def frame_host(self) -> str:
        return f"{self.frame_name}.localhost:{self.port}"

    @property
    def frame_origin(self) -> str:
        return f"http://{self.frame_host}"
