"""
The worker pool for Argon2id: threads of its own for filing and for log-ins, so that neither waits for the other.

One derivation takes 64 MiB and about 80 ms on one core. Only what a worker runs takes memory: together the workers hold
192 MiB, however many wait. A visitor who logs in with made-up codes costs themselves time, other log-ins a page that
says to try again in a minute, and filing its share of the processor, which is one thread of three.

1. A log-in that finds the queue full is refused at once (`TryAgainSoon`).
2. A filing waits its turn. It is refused only beyond one for every connection there may be, which takes reports that
   are sent and left without their answer, again and again.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from trusted.receipt.keys import Receipt, ReceiptKeys, receipt_keys
from trusted.web.errors import TryAgainSoon

FILING_AT_ONCE: Final = 2
FILING_QUEUE: Final = 512  # As many as there are connections; some 20 seconds of waiting for the last of them.
LOG_IN_AT_ONCE: Final = 1
LOG_IN_QUEUE: Final = 32  # About 2.6 seconds of waiting for the last of them.


class _Workers:
    """Threads that run `receipt_keys`, and how many derivations they have before them."""

    def __init__(self, at_once: int) -> None:
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="argon")
        self._under_way = 0

    def derive(self, receipt: Receipt, salt: bytes, most: int) -> asyncio.Future[ReceiptKeys]:
        """Return what will be the keys of a receipt. Raises `TryAgainSoon` when `most` are under way."""
        if self._under_way >= most:
            raise TryAgainSoon
        self._under_way += 1
        derived = asyncio.get_running_loop().run_in_executor(self._threads, receipt_keys, receipt, salt)
        derived.add_done_callback(self._done)
        return derived

    def _done(self, _derived: asyncio.Future[ReceiptKeys]) -> None:
        self._under_way -= 1

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)


class Argon2Workers:
    """Runs `receipt_keys` on threads of its own."""

    def __init__(self) -> None:
        self._filing = _Workers(FILING_AT_ONCE)
        self._log_in = _Workers(LOG_IN_AT_ONCE)

    def derive_to_file(self, receipt: Receipt, salt: bytes) -> asyncio.Future[ReceiptKeys]:
        """Return what will be the keys of words that we have drawn. Raises `TryAgainSoon`; rule 2."""
        return self._filing.derive(receipt, salt, FILING_AT_ONCE + FILING_QUEUE)

    def derive_to_log_in(self, untrusted: Receipt, salt: bytes) -> asyncio.Future[ReceiptKeys]:
        """Return what will be the keys of words that were typed. Raises `TryAgainSoon`; rule 1."""
        return self._log_in.derive(untrusted, salt, LOG_IN_AT_ONCE + LOG_IN_QUEUE)

    def close(self) -> None:
        for workers in (self._filing, self._log_in):
            workers.close()
