"""
Moving a case to a new epoch: what two members sign, and what the server asks before it does it.

Contract (docs/FORMATS.md §9, docs/decisions/cases/0004). After a re-keying only those can read who were given the new
key, and the server cannot see who they are: every member gets one item of one size. So it does not judge whom a
re-keying leaves out; it asks, as for erasing, for two members (`agreement`), and both have signed
every byte of it. `require_agreed` takes these steps and raises at the first that fails:

1. Each statement verifies, is by a member of this roster, and for this server.
2. They are statements to re-key this case, and their reference is the hash of this very re-keying.
3. They are agreement, and who sends it is one of them.

What the second member checks before signing is the desk's part: that the grants are those of the members named, which
she can see because `regrant` makes the same bytes for everybody who holds the new key.
"""

import struct

from nacl.bindings import crypto_box, crypto_box_seed_keypair
from nacl.exceptions import CryptoError

from cases.wire.messages import RekeyRequest
from trusted.case.errors import NotAllowed, SealBroken
from trusted.case.statements import Act, agreement, read_statement
from trusted.crypto.case_keys import CaseKeys
from trusted.crypto.envelope import blake, u32
from trusted.crypto.grants import grant_text
from trusted.roster.text import Roster

UNSIGNED = "rekey.unsigned"
_HEAD = struct.Struct(">BI32s")
# libsodium's sealed box takes its nonce from both public keys (crypto_box_seal, in its documentation).
_BOX_NONCE_BYTES = 24


def rekeying_hash(request: RekeyRequest) -> bytes:
    """Return what both members sign: everything of the re-keying, in one order, without proofs and signatures."""
    parts = [
        request.case_id,
        u32(request.epoch),
        request.commitment,
        request.access_key,
        request.share,
        request.reporter_grant,
    ]
    headers = [header for _stream, found in sorted(request.headers.items()) for header in found]
    parts += [u32(len(headers)), *headers]
    parts += [u32(len(request.heads))]
    parts += [_HEAD.pack(stream, head.count, head.tag) for stream, head in sorted(request.heads.items())]
    parts += [u32(len(request.grants))]
    parts += [part for member, grant in sorted(request.grants.items()) for part in (_id_bytes(member), grant)]
    parts += [u32(len(request.notes_grants)), *request.notes_grants]
    return blake(32, "ks1-rekey", b"".join(parts))


def require_agreed(request: RekeyRequest, roster: Roster, server_key: bytes, sender: str) -> None:
    """Return if two members have signed this very re-keying; raise NotAllowed or SealBroken."""
    # 1.
    statements = tuple(read_statement(blob, roster, server_key) for blob in request.statements)
    # 2.
    signed = rekeying_hash(request).hex()
    fitting = all(
        statement.kind is Act.REKEY and statement.case_id == request.case_id and statement.reference == signed
        for statement in statements
    )
    # 3.
    if not fitting or not agreement(statements) or sender not in {one.member for one in statements}:
        raise NotAllowed(UNSIGNED)


def regrant(keys: CaseKeys, recipient_id: bytes, box_public: bytes, roster_version: int) -> bytes:
    """Return the grant of a new epoch, the same bytes for every reader who makes it; raise SealBroken.

    An ordinary sealed box with a one-time key pair that is not random but follows from the new case key and the
    recipient. So who holds the new key can see whether another member was given it, which random boxes hide from
    everybody. Who lacks the key sees a sealed box like any other.
    """
    seed = blake(32, "ks1-regrant", u32(keys.epoch) + recipient_id, key=keys.key)
    public, private = crypto_box_seed_keypair(seed)
    nonce = blake(_BOX_NONCE_BYTES, "", public + box_public)
    try:
        return public + crypto_box(grant_text(keys, recipient_id, roster_version), nonce, box_public, private)
    except (CryptoError, ValueError, TypeError):
        raise SealBroken from None


def _id_bytes(member: str) -> bytes:
    try:
        return bytes.fromhex(member)
    except ValueError:
        raise SealBroken from None
