"""Who may come in: the browser that has opened the address with the one-time token, and no other.

1. The program opens the browser at an address with a token. The token counts once; the answer sets a cookie.
2. Every later request must bring that cookie. There is one, for as long as the program runs.
3. A token that comes a second time means that somebody else has seen it: from then on nobody is in, the cases are
   locked, and the page says what to do. Who opened it first had only the page that asks for the passphrase.
"""

import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final

from desk.web.local.address import TOKEN_BYTES

# Browsers take `Secure` cookies from a name under .localhost without TLS.
COOKIE: Final = "__Host-kallskydd-desk"
COOKIE_SETTINGS: Final = "Path=/; Secure; HttpOnly; SameSite=Strict"


def _new() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


@dataclass(slots=True, repr=False)
class Entrance:
    """The opening token and the cookie that it was exchanged for."""

    token: str = field(default_factory=_new)
    _cookie: str = ""
    was_opened_twice: bool = False

    def open(self, untrusted_token: str) -> str | None:
        """Return the value of the `Set-Cookie` header for the right token, once; None otherwise."""
        if not hmac.compare_digest(untrusted_token.encode(), self.token.encode()):
            return None
        if self._cookie or self.was_opened_twice:
            self.was_opened_twice = True
            self._cookie = ""
            return None
        self._cookie = _new()
        return f"{COOKIE}={self._cookie}; {COOKIE_SETTINGS}"

    def knows(self, untrusted_cookie: str) -> bool:
        """Whether the request comes from the browser that was let in."""
        return bool(self._cookie) and hmac.compare_digest(untrusted_cookie.encode(), self._cookie.encode())
