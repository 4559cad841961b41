"""What of stem we use, without what stem would load beside it.

Where the library `cryptography` is installed, stem loads it to check signatures of descriptors, which we never read:
8 MB in every process that talks to tor. It is installed for the mirror's certificate, which a process of its own
orders. So while stem is imported, that library cannot be; stem is made to do without.
"""

import sys

_HIDDEN = "cryptography"
_hides = _HIDDEN not in sys.modules
if _hides:
    sys.modules[_HIDDEN] = None  # type: ignore[assignment]  # Python's way to say that an import of it fails

from stem.connection import AuthenticationFailure  # noqa: E402 - behind the line above, or it has been loaded
from stem.control import Controller, EventType, State  # noqa: E402
from stem.socket import ControlSocketFile  # noqa: E402

if _hides:
    del sys.modules[_HIDDEN]

__all__ = ["AuthenticationFailure", "ControlSocketFile", "Controller", "EventType", "State"]
