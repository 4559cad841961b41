"""
The lane for Argon2id: two at once, a short queue, and beyond that "try again in a minute".

One derivation takes 64 MiB and about 80 ms on one core. Without a bound, a flood of guesses would take the memory that
uploads need; with it, a flood costs the guesser time and everyone else a page that says to try again.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from cases.receipt import Receipt, ReceiptKeys, receipt_keys
from intake.errors import TryAgainSoon

AT_ONCE: Final = 2
QUEUE: Final = 64  # About 2.6 seconds of waiting for the last of them.


class ArgonLane:
    """Runs `receipt_keys` on threads of its own."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon")
        self._under_way = 0

    def derive(self, receipt: Receipt, salt: bytes) -> asyncio.Future[ReceiptKeys]:
        """Return what will be the keys of a receipt. Raises `TryAgainSoon` at once when the queue is full."""
        if self._under_way >= AT_ONCE + QUEUE:
            raise TryAgainSoon
        self._under_way += 1
        derived = asyncio.get_running_loop().run_in_executor(self._threads, receipt_keys, receipt, salt)
        derived.add_done_callback(self._done)
        return derived

    def _done(self, _derived: asyncio.Future[ReceiptKeys]) -> None:
        self._under_way -= 1

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
