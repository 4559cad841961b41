"""
The keys of one case: what is random, what is derived, and what each is for (docs/FORMATS.md §1).

The case key K goes to the readers in grants; the share S lives in one slot of the server's `shred.slots` and dies
there when the case is erased. A holder of K alone can prove it (commitment, access key) and can read nothing: all
that opens an item is derived from D, and D needs both. Secrets are `bytes`, which Python cannot wipe: an honest best
effort is to keep them few and short-lived, and to show them nowhere.
"""

from dataclasses import dataclass, replace

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError
from nacl.utils import random

from trusted.case.errors import SealBroken
from trusted.crypto.envelope import (
    KEY_BYTES,
    NONCE_BYTES,
    Header,
    Place,
    associated_data,
    blake,
    pack_header,
    read_header,
    same,
    u32,
    u64,
)

CASE_ID_BYTES = 16
FIRST_EPOCH = 1


@dataclass(frozen=True, slots=True, repr=False)
class CaseKeys:
    """Case key and share of one epoch of one case."""

    case_id: bytes
    epoch: int
    key: bytes
    share: bytes

    @property
    def commitment(self) -> bytes:
        """C: stands in every header and grant and is compared first."""
        return commitment_of(self.case_id, self.epoch, self.key)

    @property
    def access_key(self) -> bytes:
        """A: the server keeps it, to check who may fetch. From K alone, since a reader needs it before S."""
        return blake(32, "ks1-access", self.case_id + u32(self.epoch), key=self.key)

    @property
    def statement_key(self) -> bytes:
        """Seal the statements of members. From K alone: a tombstone is read when the share is gone."""
        return blake(32, "ks1-statements", self.case_id + u32(self.epoch), key=self.key)

    @property
    def data_key(self) -> bytes:
        """D: needs the key and the share."""
        return blake(32, "ks1-case", self.share, key=self.key, salt=self.case_id)

    @property
    def wrap_key(self) -> bytes:
        """Wraps the keys of items."""
        return blake(32, "ks1-wrap", u32(self.epoch), key=self.data_key)

    @property
    def head_key(self) -> bytes:
        """Make the tags of heads."""
        return blake(32, "ks1-head", u32(self.epoch), key=self.data_key)

    def for_notes(self, notes_key: bytes) -> "CaseKeys":
        """Return the keys of the NOTES stream, which need both the case key and the notes key.

        Each is held by somebody who may not read notes: the case key by the reporter, and by the server while the
        reporter is logged in; a notes key by who was moved out, and by a server that made one up.
        """
        return replace(self, key=blake(32, "ks1-notes", notes_key, key=self.key))

    def granting_notes(self, notes_key: bytes) -> "CaseKeys":
        """Return what a notes grant carries: the notes key in the place of K."""
        return replace(self, key=notes_key)


def commitment_of(case_id: bytes, epoch: int, key: bytes) -> bytes:
    """Return the commitment to a case key in one epoch of one case."""
    return blake(32, "ks1-commit", case_id + u32(epoch), key=key)


def new_case_keys() -> CaseKeys:
    """Return the keys of a case that is about to be filed: random id, key and share."""
    return CaseKeys(random(CASE_ID_BYTES), FIRST_EPOCH, random(KEY_BYTES), random(KEY_BYTES))


def next_epoch(keys: CaseKeys) -> CaseKeys:
    """Return new keys for the same case, one epoch later."""
    return CaseKeys(keys.case_id, keys.epoch + 1, random(KEY_BYTES), random(KEY_BYTES))


def fetch_mac(access_key: bytes, verb: str, case_id: bytes, counter: int) -> bytes:
    """Return the proof that a desk holds a grant to the case, for one verb of one request."""
    return blake(32, "ks1-fetch", verb.encode() + b"\0" + case_id + u64(counter), key=access_key)


def seal_header(keys: CaseKeys, place: Place, item_key: bytes, sealed_epoch: int | None = None) -> bytes:
    """Return a header that carries `item_key`, wrapped for `place` in the current epoch."""
    nonce = random(NONCE_BYTES)
    ad = associated_data(keys.case_id, keys.epoch, place)
    wrapped = crypto_aead_xchacha20poly1305_ietf_encrypt(item_key, ad, nonce, keys.wrap_key)
    sealed = keys.epoch if sealed_epoch is None else sealed_epoch
    return pack_header(Header(keys.commitment, keys.epoch, sealed, place, nonce, wrapped))


def open_header(keys: CaseKeys, place: Place, untrusted_header: bytes) -> tuple[bytes, bytes]:
    """Take steps 1 to 4 of the envelope: return the item key and the associated data of the body; raise SealBroken."""
    header = read_header(untrusted_header)
    if not same(header.commitment, keys.commitment):
        raise SealBroken
    if header.epoch != keys.epoch or header.place != place:
        raise SealBroken
    ad = associated_data(keys.case_id, keys.epoch, place)
    try:
        item_key = crypto_aead_xchacha20poly1305_ietf_decrypt(header.wrapped, ad, header.nonce, keys.wrap_key)
    except CryptoError:
        raise SealBroken from None
    return item_key, associated_data(keys.case_id, header.sealed_epoch, place)
