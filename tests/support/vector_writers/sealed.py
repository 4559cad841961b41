"""The vectors of sealed files, of grants, and of what a receipt leads to."""

# Arguments stand in the order of the format.
# ruff: noqa: PLR0917

from files import formats_by_hand as hand
from files.formats_by_hand import FILE, PREVIEW

from vector_writers.cast import all_keys, anna, b64, bo, case, fixed, later, notes_grant, other, second


def files():
    vectors = []
    item_key, nonce, stream_header = fixed("file key"), fixed("file nonce", 24), fixed("stream header", 24)
    plain = "Bron är betald två gånger.".encode()

    def add(
        name, *, keys=case, number=0, kind=FILE, read_with="case", read_number=None, read_kind=None, opens=False, **body
    ):
        change = body.pop("change", lambda sealed: sealed)
        head = hand.header(keys, hand.FILES, number, kind, item_key, nonce)
        ad = hand.bind(keys.case_id, keys.epoch, hand.FILES, number, kind)
        sealed = change(hand.file_body(item_key, ad, stream_header, body.pop("plain", plain), **body))
        vectors.append(
            {
                "name": name,
                "keys": read_with,
                "number": number if read_number is None else read_number,
                "item_kind": kind if read_kind is None else read_kind,
                "header": head.hex(),
                "body": b64(sealed),
                "opens": opens,
            }
        )

    add("file", opens=True)
    add("empty file", plain=b"", opens=True)
    add("file just over one class", plain=b"k" * 4100, opens=True)
    add("preview of file 3", kind=PREVIEW, number=3, opens=True)
    add("file of another case", keys=other)
    add("file of another epoch", keys=later)
    add("file moved to another number", number=1, read_number=0)
    add("preview shown as the file", kind=PREVIEW, read_kind=FILE)
    add("cut file: no chunk is tagged FINAL", final=False)
    add("cut file: only the stream header is left", change=lambda sealed: sealed[:24])
    add("cut file: nothing is left", change=lambda _: b"")
    add("cut file: last byte gone", change=lambda sealed: sealed[:-1])
    add("something after the last chunk", change=lambda sealed: sealed + bytes(17))
    add("altered chunk", change=lambda sealed: sealed[:30] + bytes([sealed[30] ^ 1]) + sealed[31:])
    add("size beyond the end", size=5000)
    add("size that leaves text in the padding", size=5)
    add("padding that is not zeros", padding=b"\x01")
    return {"keys": all_keys(), "plain": b64(plain), "vectors": vectors}


def grants():
    vectors = []

    def add(name, expect, plain, to=anna, opened_by=anna, against=case, change=lambda blob: blob):
        blob = change(hand.sealed_box(plain, to.box_public, fixed(f"ephemeral {name}")))
        fetched = {"case_id": against.case_id.hex(), "epoch": against.epoch, "commitment": against.commitment.hex()}
        own = {"id": opened_by.id, "box_private": opened_by.box.hex()}
        vectors.append({"name": name, "blob": blob.hex(), "own": own, "fetched": fetched, "expect": expect})

    good = hand.grant_plain(case, anna.id_bytes, 7)
    add("grant", "opens", good)
    add("notes grant", "opens", hand.grant_plain(notes_grant, anna.id_bytes, 7), against=notes_grant)
    add("grant for somebody else", "not a recipient", hand.grant_plain(case, bo.id_bytes, 7), to=bo)
    add("random bytes", "not a recipient", good, change=lambda blob: fixed("decoy", len(blob)))
    add(
        "grant moved to another member: sealed to us, names somebody else",
        "broken",
        hand.grant_plain(case, bo.id_bytes, 7),
    )
    add(
        "grant moved to another case: id replaced",
        "broken",
        hand.grant_plain(case, anna.id_bytes, 7, case_id=other.case_id),
    )
    add(
        "grant moved to another epoch: number replaced",
        "broken",
        hand.grant_plain(case, anna.id_bytes, 7, epoch=hand.be32(2)),
    )
    add("two keys for one commitment", "broken", hand.grant_plain(case, anna.id_bytes, 7, key=second.key))
    add("another version", "broken", hand.grant_plain(case, anna.id_bytes, 7, version=b"\x02"))
    add("grant shown for another case", "other case", good, against=other)
    add("grant shown for a later epoch", "other case", good, against=later)
    add("grant shown for another key of the same case", "other case", good, against=second)
    add("too short", "broken", good, change=lambda blob: blob[:-1])
    add("too long", "broken", good, change=lambda blob: blob + b"\0")
    return {"vectors": vectors}


def receipts():
    salt = fixed("home salt", 16)
    vectors = []
    for secret in (0, 1, 2**90 - 1, int.from_bytes(fixed("secret", 12), "big") >> 6):
        keys = {name: value.hex() for name, value in hand.receipt_keys(secret, salt).items()}
        vectors.append(
            {"secret": secret.to_bytes(12, "big").hex(), "digits": hand.receipt_digits(secret), "keys": keys}
        )
    return {
        "salt": salt.hex(),
        "note": "a digit is the place of a word in trusted/words/sv.txt, from 0",
        "vectors": vectors,
    }
