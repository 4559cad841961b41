"""Gives the memory of a large untrusted file back while its job still runs: beside its pixels it is a second copy.

The trusted side seals the file against writing and growing and leaves it to the job to cut it off. Who calls this has
no mapping of the file left, and reads no more of it: an access behind the cut is a SIGBUS.
"""

import os
from typing import Final

# A job that loses its zygote after this cannot be done again, and the reporter has to send the file once more. An
# ordinary photograph is smaller and keeps its second attempt.
_LARGE_BYTES: Final = 16 * 2**20


def give_back(untrusted_descriptor: int) -> None:
    """Empties a large file for every holder; one that was sealed whole stays as it is."""
    if os.fstat(untrusted_descriptor).st_size < _LARGE_BYTES:
        return
    try:
        os.ftruncate(untrusted_descriptor, 0)
    except PermissionError:
        return
