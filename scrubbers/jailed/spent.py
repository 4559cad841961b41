"""Gives the memory of the untrusted file back while its job still runs: a decoded picture and its file are two copies.

The trusted side seals the file against writing and growing and leaves it to the job to cut it off. Who calls this has
no mapping of the file left, and reads no more of it: an access behind the cut is a SIGBUS.
"""

import os


def give_back(untrusted_descriptor: int) -> None:
    """Empties the file for every holder; one that was sealed whole stays as it is."""
    try:
        os.ftruncate(untrusted_descriptor, 0)
    except PermissionError:
        return
