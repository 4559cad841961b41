"""Keep the member's private keys out of swap: lock the pages of memory in which they lie.

This is for the usual account, which may lock 8 MiB: too little for the whole process, which takes 256 MiB more while a
passphrase is tried. CPython does not move a bytes object, so the two keys lie in locked pages for as long as the desk
is unlocked; a page stays locked afterwards, whatever comes to lie in it.

Not covered, and out of swap only if the account may lock all memory or nothing of the swap can be read: the passphrase,
the keys of cases and what they open, the copies that libsodium and Python make of a key for one signature or one box
and leave behind in freed memory, and the onion's key, which tor gets. Nor does it help where a computer hibernates.
"""

import ctypes
import sys
from typing import Final

_LIBC: Final = None if sys.platform == "win32" else ctypes.CDLL(None)


def lock_pages_of(*secrets: bytes) -> None:
    """Lock the pages of each. Does nothing on Windows, or where the account may lock no more."""
    if _LIBC is None:
        return
    for secret in secrets:
        # Points into the object itself, not to a copy.
        start = ctypes.cast(ctypes.c_char_p(secret), ctypes.c_void_p)
        # The kernel rounds down to the page, and up.
        _LIBC.mlock(start, ctypes.c_size_t(len(secret)))
