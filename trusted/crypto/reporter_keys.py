"""
The reporter's keys in the course of a case: those of the report, and new ones with new words.

Minutes of a conversation are approved in the inbox. A member who typed the report for a caller has read the words to
the caller, so with the approval the reporter is given new words, and the words from before open nothing any more. The
change stands in the reporter's own stream (docs/FORMATS.md §4, docs/decisions/site/0008):

1. The entry that approves is signed with the keys before it, so nobody but the reporter can make the change.
2. It names the new public keys. From the next entry on they are the reporter's, and the id follows from them.
3. It holds a signature by the new key over this case, the id that ends and both new keys. So nobody's keys of another
   case, and no change that was made for another case or place in it, can be put here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from trusted.case.entry import Entry, MinutesApproved, Report
from trusted.case.errors import SealBroken
from trusted.crypto.signing import id_of, sign, verify_signature

_USE = "ks1-new-keys"


@dataclass(frozen=True, slots=True)
class ReporterPublic:
    """The public half of the reporter's keys."""

    sign: bytes
    box: bytes

    @property
    def id(self) -> bytes:
        """The reporter's id, as entries name their author."""
        return id_of(self.sign, self.box)


def keys_in(body: Report | MinutesApproved) -> ReporterPublic:
    """Return the keys that this entry brings."""
    return ReporterPublic(bytes.fromhex(body.reporter_sign), bytes.fromhex(body.reporter_box))


def latest_keys(reporter_stream: Sequence[Entry]) -> ReporterPublic:
    """Return the keys that are the reporter's after these entries, which have been opened; raise SealBroken."""
    for entry in reversed(reporter_stream):
        if isinstance(entry.body, Report | MinutesApproved):
            return keys_in(entry.body)
    raise SealBroken


def approve_with_new_keys(
    number: int | None, case_id: bytes, old_id: bytes, new: ReporterPublic, new_sign_seed: bytes
) -> MinutesApproved:
    """Return the approval of the minutes at `number` that hands the case over to new keys; `old_id` must sign it."""
    proof = sign(new_sign_seed, _USE, _proved(case_id, old_id, new))
    return MinutesApproved(number, new.sign.hex(), new.box.hex(), proof.hex())


def check_new_keys(body: MinutesApproved, case_id: bytes, old_id: bytes) -> None:
    """Return if the holder of the new keys took over from `old_id` in this case (3); raise SealBroken."""
    new = keys_in(body)
    verify_signature(new.sign, _USE, _proved(case_id, old_id, new), bytes.fromhex(body.proof))


def _proved(case_id: bytes, old_id: bytes, new: ReporterPublic) -> bytes:
    return case_id + old_id + new.sign + new.box
