"""Questions to the server: by name alone, and on a case with the proof that its key is here."""

from collections.abc import Callable, Mapping

import msgspec

from cases.wire.messages import CaseAnswer
from desk.keep.state import KnownCase
from trusted.crypto.seal import CaseKeys, fetch_mac

Question = Callable[[int], msgspec.Struct]
# What came of a case with one key; None where it was not asked for. Raises ServerRefused.
Fetched = Callable[[KnownCase], CaseAnswer | None]


class NoQuestion(msgspec.Struct, frozen=True):
    """The body of a verb that needs no more than its name."""


def with_proof(known: KnownCase, verb: str, question: type[msgspec.Struct], fields: Mapping[str, object]) -> Question:
    """Return the question that makes its body for each counter, since the proof holds the counter too."""
    access_key = CaseKeys(known.case_id, known.epoch, known.key, b"").access_key

    def for_counter(counter: int) -> msgspec.Struct:
        mac = fetch_mac(access_key, verb, known.case_id, counter)
        return question(case_id=known.case_id, mac=mac, **fields)

    return for_counter
