"""The front of the envelope."""

from dataclasses import dataclass

from cases.case_keys import CaseKeys, fetch_mac, new_case_keys, next_epoch
from cases.envelope import Sealed
from cases.sealed_files import SealedFile

__all__ = ["CaseKeys", "Head", "Sealed", "SealedFile", "fetch_mac", "new_case_keys", "next_epoch"]


@dataclass(frozen=True, slots=True)
class Head:
    """Where a stream ends: a count, and a tag that only a holder of the keys can make."""

    count: int
    tag: bytes
