"""
A second reading of docs/FORMATS.md, written from that page alone, for the vectors and for the tests.

It shares no line with cases/: hashlib, libsodium's bindings and nothing else. The writer takes every random value as an
argument, so that the vectors come out the same each time. The reader answers with what it read, or raises Broken.
"""

# Arguments stand in the order of the format, and H is its name there.
# ruff: noqa: PLR0917, N802

import hashlib
import json
import struct

from nacl import bindings as sodium
from nacl.exceptions import CryptoError

REPORTER, MEMBERS, NOTES, FILES = 1, 2, 3, 4
ENTRY, FILE, PREVIEW = 1, 2, 3
CHUNK = 262_144
ZERO = bytes(32)


class Broken(Exception):
    pass


def H(size, person, data=b"", key=b"", salt=b""):
    return hashlib.blake2b(data, digest_size=size, person=person.encode(), key=key, salt=salt).digest()


def be32(number):
    return struct.pack(">I", number)


def be64(number):
    return struct.pack(">Q", number)


# §1 Keys of a case


class Keys:
    def __init__(self, case_id, epoch, key, share):
        self.case_id, self.epoch, self.key, self.share = case_id, epoch, key, share
        self.commitment = H(32, "ks1-commit", case_id + be32(epoch), key=key)
        self.access_key = H(32, "ks1-access", case_id + be32(epoch), key=key)
        self.data_key = H(32, "ks1-case", share, key=key, salt=case_id)
        self.wrap_key = H(32, "ks1-wrap", be32(epoch), key=self.data_key)
        self.head_key = H(32, "ks1-head", be32(epoch), key=self.data_key)


# §2 Binding


def notes_case_key(case_key, notes_key):
    return H(32, "ks1-notes", notes_key, key=case_key)


def bind(case_id, epoch, stream, number, kind):
    return b"\x01" + case_id + be32(epoch) + bytes([stream]) + be32(number) + bytes([kind])


# §3 Sealed item


def aead(key, nonce, plain, ad):
    return sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, ad, nonce, key)


def un_aead(key, nonce, sealed, ad):
    try:
        return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, ad, nonce, key)
    except (CryptoError, ValueError):
        raise Broken from None


def header(keys, stream, number, kind, item_key, nonce, sealed_epoch=None, commitment=None):
    wrapped = aead(keys.wrap_key, nonce, item_key, bind(keys.case_id, keys.epoch, stream, number, kind))
    return b"".join(
        [
            b"\x01",
            commitment or keys.commitment,
            be32(keys.epoch),
            be32(keys.epoch if sealed_epoch is None else sealed_epoch),
            bytes([stream]),
            be32(number),
            bytes([kind]),
            nonce,
            wrapped,
        ]
    )


def read_header(keys, blob, stream, number, kind):
    """Returns (item key, associated data of the body)."""
    if len(blob) != 119 or blob[0] != 1 or blob[1:33] != keys.commitment:
        raise Broken
    epoch, sealed_epoch = struct.unpack(">II", blob[33:41])
    if epoch != keys.epoch or sealed_epoch > epoch or blob[41:47] != bytes([stream]) + be32(number) + bytes([kind]):
        raise Broken
    item_key = un_aead(keys.wrap_key, blob[47:71], blob[71:], bind(keys.case_id, epoch, stream, number, kind))
    return item_key, bind(keys.case_id, sealed_epoch, stream, number, kind)


def pad(plain):
    plain += b"\x80"
    while len(plain) % 4096:
        plain += b"\0"
    return plain


def unpad(padded):
    end = len(padded) - 1
    while end >= 0 and padded[end] == 0:
        end -= 1
    if len(padded) % 4096 or end < 0 or padded[end] != 0x80 or len(padded) - end > 4096:
        raise Broken
    return padded[:end]


def padme(size):
    if size <= 4096:
        return 4096
    exponent = size.bit_length() - 1
    step = 2 ** (exponent - exponent.bit_length())
    return -(-size // step) * step


def file_body(item_key, ad, stream_header, plain, *, final=True, size=None, padding=None):
    """Returns the stream header and the chunks.

    libsodium draws the header inside init_push. Both sides derive the same state from key and header, so starting the
    reader's state with a header of our choice and pushing with it gives what a writer with that header would have sent.
    """
    size = len(plain) if size is None else size
    total = padme(8 + len(plain))
    whole = be64(size) + plain + (padding or b"\0") * (total - 8 - len(plain))
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, stream_header, item_key)
    body = stream_header
    for start in range(0, total, CHUNK):
        tag = 3 if final and start + CHUNK >= total else 0
        body += sodium.crypto_secretstream_xchacha20poly1305_push(state, whole[start : start + CHUNK], ad, tag)
    return body


def read_file(keys, blob, body, number, kind=FILE):
    item_key, ad = read_header(keys, blob, FILES, number, kind)
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    plain, tags = b"", []
    try:
        sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, body[:24], item_key)
        for start in range(24, len(body), CHUNK + 17):
            piece, tag = sodium.crypto_secretstream_xchacha20poly1305_pull(state, body[start : start + CHUNK + 17], ad)
            plain += piece
            tags.append(tag)
    except (CryptoError, ValueError):
        raise Broken from None
    if not tags or tags[-1] != 3 or any(tags[:-1]):
        raise Broken
    size = int.from_bytes(plain[:8], "big")
    if len(plain) != padme(8 + size) or any(plain[8 + size :]):
        raise Broken
    return plain[8 : 8 + size]


# §4 Entry


def sign(seed, message):
    _, secret = sodium.crypto_sign_seed_keypair(seed)
    return sodium.crypto_sign(message, secret)[:64]


def verify(public, message, signature):
    try:
        sodium.crypto_sign_open(signature + message, public)
    except (CryptoError, ValueError):
        raise Broken from None


def sign_public(seed):
    return sodium.crypto_sign_seed_keypair(seed)[0]


def box_public(private):
    return sodium.crypto_scalarmult_base(private)


def member_id(sign_pub, box_pub):
    return H(16, "ks1-member", sign_pub + box_pub)


def entry_json(author, day, previous, after, entry):
    body = {"author": author, "day": day, "previous": previous.hex(), "after": after, "entry": entry}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def sealed_entry(keys, stream, number, seed, body, item_key, nonces, **header_changes):
    """Returns (header, body, chain hash). `seed` signs; `nonces` are the header's and the body's."""
    ad = bind(keys.case_id, keys.epoch, stream, number, ENTRY)
    signed = sign(seed, b"ks1-entry" + ad + body) + body
    head = header(keys, stream, number, ENTRY, item_key, nonces[0], **header_changes)
    return head, nonces[1] + aead(item_key, nonces[1], pad(signed), ad), H(32, "ks1-chain", ad + signed)


def reporter_keys(entry):
    """Returns the two public keys that an entry of the reporter's brings."""
    return tuple(bytes.fromhex(entry["entry"].get(name, "")) for name in ("reporter_sign", "reporter_box"))


def new_keys_text(case_id, old_id, sign_pub, box_pub):
    return b"ks1-new-keys" + case_id + bytes.fromhex(old_id) + sign_pub + box_pub


def approval(case_id, old_id, number, seed, box_pub, **changes):
    """Returns the entry by which the reporter goes on with the keys of `seed`."""
    public = sign_public(seed)
    proof = sign(seed, new_keys_text(case_id, old_id, public, box_pub))
    entry = {"kind": "minutes-approved", "number": number, "reporter_sign": public.hex(), "reporter_box": box_pub.hex()}
    return entry | {"proof": proof.hex()} | changes


def head_tag(keys, stream, count, last):
    return H(32, "", keys.case_id + be32(keys.epoch) + bytes([stream]) + be32(count) + last, key=keys.head_key)


def read_stream(keys, stream, items, count, tag, authors):
    """Returns the JSON of every entry. Kinds, fields and counts are not looked at here: they are cases' own business."""
    if count != len(items):
        raise Broken
    last, read, reporter = ZERO, [], None
    for number, (head, body) in enumerate(items):
        item_key, ad = read_header(keys, head, stream, number, ENTRY)
        signed = unpad(un_aead(item_key, body[:24], body[24:], ad))
        entry = json.loads(signed[64:])
        public = authors.get(entry["author"])
        if stream == REPORTER:
            reporter = reporter or reporter_keys(entry)
            public = reporter[0]
            if entry["author"] != member_id(*reporter).hex() or (read and read[-1]["entry"]["kind"] == "inbox-ended"):
                raise Broken
        if public is None or bytes.fromhex(entry["previous"]) != last:
            raise Broken
        verify(public, b"ks1-entry" + ad + signed[64:], signed[:64])
        if entry["entry"]["kind"] == "minutes-approved":
            reporter = reporter_keys(entry)
            proof = bytes.fromhex(entry["entry"].get("proof", ""))
            verify(reporter[0], new_keys_text(keys.case_id, entry["author"], *reporter), proof)
        last = H(32, "ks1-chain", ad + signed)
        read.append(entry)
    if head_tag(keys, stream, count, last) != tag:
        raise Broken
    return read


# §5 Grant


def grant_plain(keys, recipient, roster_version, **changes):
    fields = {
        "version": b"\x01",
        "case_id": keys.case_id,
        "epoch": be32(keys.epoch),
        "key": keys.key,
        "commitment": keys.commitment,
        "recipient": recipient,
        "roster_version": be32(roster_version),
    }
    return b"".join((fields | changes).values())


def sealed_box(plain, recipient_public, ephemeral_private):
    """crypto_box_seal with the ephemeral key given."""
    ephemeral_public = box_public(ephemeral_private)
    nonce = hashlib.blake2b(ephemeral_public + recipient_public, digest_size=24).digest()
    return ephemeral_public + sodium.crypto_box(plain, nonce, recipient_public, ephemeral_private)


def read_grant(blob, own_id, own_private):
    """Returns (case id, epoch, key, commitment, roster version), or None when the box is not for us."""
    try:
        plain = sodium.crypto_box_seal_open(blob, box_public(own_private), own_private)
    except CryptoError:
        return None
    if len(plain) != 105 or plain[0] != 1 or plain[85:101] != own_id:
        raise Broken
    case_id, key, commitment = plain[1:17], plain[21:53], plain[53:85]
    epoch, roster_version = struct.unpack(">I", plain[17:21])[0], struct.unpack(">I", plain[101:])[0]
    if commitment != H(32, "ks1-commit", case_id + be32(epoch), key=key):
        raise Broken
    return case_id, epoch, key, commitment, roster_version


# §6 Receipt


def receipt_digits(secret):
    """Returns the eight numbers of the words of a secret of 90 bits."""
    check = H(1, "ks1-check", secret.to_bytes(12, "big"))[0] >> 2
    value = secret << 6 | check
    return [value >> shift & 4095 for shift in range(84, -1, -12)]


def receipt_keys(secret, salt):
    master = sodium.crypto_pwhash_alg(
        32, secret.to_bytes(12, "big"), salt, 2, 64 * 2**20, sodium.crypto_pwhash_ALG_ARGON2ID13
    )
    box, seed = H(32, "ks1-box", key=master), H(32, "ks1-sign", key=master)
    return {
        "lookup_id": H(16, "ks1-lookup", key=master),
        "id": member_id(sign_public(seed), box_public(box)),
        "box_private": box,
        "box_public": box_public(box),
        "sign_seed": seed,
        "sign_public": sign_public(seed),
    }


# §7 Roster, §8 join file


def roster_hash(text):
    return H(32, "ks1-roster", text.encode())


def roster_line(seed, member, text):
    return f"{member} {sign(seed, b'ks1-roster' + roster_hash(text)).hex()}"


def join_signature(seed, name, role, label, box_pub, onion):
    words = b"".join(word.encode() + b"\0" for word in (name, role, label))
    digest = H(32, "ks1-join", words + sign_public(seed) + box_pub + onion.encode())
    return sign(seed, b"ks1-join" + digest)


# §9 Desk API


def statement(seed, fields):
    as_bytes = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    return sign(seed, b"ks1-statement" + as_bytes) + as_bytes


def read_waiting_statement(case_id, epoch, key, sealed):
    """Return the statement that rests sealed under T."""
    statement_key = H(32, "ks1-statements", case_id + be32(epoch), key=key)
    return unpad(un_aead(statement_key, sealed[:24], sealed[24:], b"ks1-statement" + case_id))


def request_signature(seed, method, path, body, server_key, counter):
    body_hash = H(32, "ks1-body", body)
    text = method.encode() + b"\0" + path.encode() + b"\0" + body_hash + be64(len(body)) + server_key + be64(counter)
    return sign(seed, b"ks1-request" + text)


def fetch_mac(access_key, verb, case_id, counter):
    return H(32, "ks1-fetch", verb.encode() + b"\0" + case_id + be64(counter), key=access_key)
