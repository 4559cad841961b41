"""
Writes tests/vectors/*.json: what must open, and what must not. Run it as `python tests/make_vectors.py`.

Everything comes from docs/FORMATS.md through formats_by_hand.py and from names ("item key r1") hashed into bytes in the
place of random values, so a second run writes the same files. Nothing of cases/ is used: the vectors are not what our
code does, they are what it has to do.
"""

# Arguments stand in the order of the format.
# ruff: noqa: PLR0917

import base64
import hashlib
import json
from pathlib import Path

import formats_by_hand as hand
from formats_by_hand import ENTRY, FILE, MEMBERS, NOTES, PREVIEW, REPORTER, ZERO, Keys

FOLDER = Path(__file__).parent / "vectors"
DAY = "2026-03-02"


def fixed(name, size=32):
    """Stands in the place of random bytes."""
    return hashlib.shake_256(f"kallskydd vector: {name}".encode()).digest(size)


def b64(data):
    return base64.b64encode(data).decode()


class Person:
    def __init__(self, name):
        self.seed, self.box = fixed(f"{name} sign"), fixed(f"{name} box")
        self.sign_public, self.box_public = hand.sign_public(self.seed), hand.box_public(self.box)
        self.id_bytes = hand.member_id(self.sign_public, self.box_public)
        self.id = self.id_bytes.hex()
        self.onion = base64.b32encode(hand.box_public(fixed(f"{name} onion"))).decode().rstrip("=")


reporter, anna, bo, cia = Person("reporter"), Person("anna"), Person("bo"), Person("cia")
SERVER = fixed("server key")
OTHER_SERVER = fixed("other server key")

case = Keys(fixed("case id", 16), 1, fixed("case key"), fixed("share"))
later = Keys(case.case_id, 2, fixed("case key 2"), fixed("share 2"))
other = Keys(fixed("other case id", 16), 1, fixed("other case key"), fixed("other share"))
second = Keys(case.case_id, 1, fixed("second key"), case.share)
notes = Keys(case.case_id, 1, fixed("notes key"), case.share)
KEYS = {"case": case, "later": later, "other": other, "second": second, "notes": notes}


def all_keys():
    names = ("commitment", "access_key", "data_key", "wrap_key", "head_key")
    return {
        name: {"case_id": keys.case_id.hex(), "epoch": keys.epoch, "key": keys.key.hex(), "share": keys.share.hex()}
        | {"derived": {field: getattr(keys, field).hex() for field in names}}
        for name, keys in KEYS.items()
    }


REPORT = {
    "kind": "report",
    "text": "Fakturorna för bron är betalda två gånger.",
    "organisation": "ludvika",
    "concerns": [],
    "concerns_unnamed": False,
    "sealed_to": [anna.id, bo.id],
    "roster_version": 1,
    "roster_hash": fixed("roster hash").hex(),
    "reporter_sign": reporter.sign_public.hex(),
    "reporter_box": reporter.box_public.hex(),
    "language": "sv",
    "urgent": False,
}


class Streams:
    """Collects items and vectors; each item is written once and named."""

    def __init__(self):
        self.items, self.vectors, self.hashes = {}, [], {}

    def item(self, name, keys, stream, number, who, entry, previous=ZERO, *, author=None, after=None, **changes):
        """Keeps an item. `body` in changes replaces the JSON; the rest changes the header."""
        body = changes.pop("body", None) or hand.entry_json((author or who).id, DAY, previous, after or {}, entry)
        nonces = fixed(f"{name} nonce", 24), fixed(f"{name} body nonce", 24)
        head, sealed, digest = hand.sealed_entry(
            keys, stream, number, who.seed, body, fixed(f"{name} item key"), nonces, **changes
        )
        self.items[name] = head, sealed
        self.hashes[name] = digest
        return digest

    def vector(self, name, keys, stream, items, *, opens=False, count=None, tag=None, why=""):
        """Keeps a vector; the head is the true one of these items unless given."""
        last = self.hashes[items[-1]] if items else ZERO
        count = len(items) if count is None else count
        tag = tag or hand.head_tag(KEYS[keys], stream, count, last)
        self.vectors.append(
            {
                "name": name,
                "why": why,
                "keys": keys,
                "stream": stream,
                "items": items,
                "head": {"count": count, "tag": tag.hex()},
                "opens": opens,
            }
        )

    def dump(self):
        return {
            "keys": all_keys(),
            "authors": {person.id: person.sign_public.hex() for person in (anna, bo)},
            "items": {name: {"header": head.hex(), "body": b64(body)} for name, (head, body) in self.items.items()},
            "vectors": self.vectors,
        }


def message(text):
    return {"kind": "message", "text": text}


def good_streams(s):
    first = s.item("r0", case, REPORTER, 0, reporter, REPORT)
    ack = s.item("m0", case, MEMBERS, 0, anna, {"kind": "acknowledgement", "text": "Tack."}, after={"1": 1})
    second_hash = s.item("r1", case, REPORTER, 1, reporter, message("Mer om bron."), first, after={"2": 1})
    s.item("r2", case, REPORTER, 2, reporter, message("x" * 5000), second_hash, after={"2": 1})
    s.item("m1", case, MEMBERS, 1, bo, {"kind": "outcome", "result": "handled", "text": "Klart.", "reason": ""}, ack)
    s.item("n0", notes, NOTES, 0, anna, {"kind": "note", "text": "Ring revisorn."}, after={"1": 2, "2": 1})
    s.vector("reporter stream", "case", REPORTER, ["r0", "r1", "r2"], opens=True)
    s.vector("released part of the reporter stream", "case", REPORTER, ["r0"], opens=True)
    s.vector("members stream", "case", MEMBERS, ["m0", "m1"], opens=True)
    s.vector("notes stream under the notes key", "notes", NOTES, ["n0"], opens=True)
    s.vector("empty stream with a head", "case", MEMBERS, [], opens=True)
    for name, number in (("r0", 0), ("r1", 1)):
        # The same body under the key of a later epoch: the item key rewrapped, sealed in epoch 1.
        nonce = fixed(f"{name} rewrap nonce", 24)
        key = fixed(f"{name} item key")
        s.items[f"{name} rewrapped"] = (
            hand.header(later, REPORTER, number, ENTRY, key, nonce, sealed_epoch=1),
            s.items[name][1],
        )
        s.hashes[f"{name} rewrapped"] = s.hashes[name]
    s.vector("re-keyed stream", "later", REPORTER, ["r0 rewrapped", "r1 rewrapped"], opens=True)


def cut_and_moved(s):
    tag = hand.head_tag(case, REPORTER, 3, s.hashes["r2"])
    s.vector("last entry dropped", "case", REPORTER, ["r0", "r1"], count=3, tag=tag)
    s.vector("last entry dropped and counted off", "case", REPORTER, ["r0", "r1"], count=2, tag=tag)
    s.vector(
        "entry after the head",
        "case",
        REPORTER,
        ["r0", "r1"],
        count=1,
        tag=hand.head_tag(case, REPORTER, 1, s.hashes["r0"]),
    )
    s.vector("first entry dropped", "case", REPORTER, ["r1", "r2"])
    s.vector("entries swapped", "case", REPORTER, ["r0", "r2", "r1"])
    s.vector("entry repeated", "case", REPORTER, ["r0", "r0"])
    s.vector("head of another stream", "case", MEMBERS, ["m0", "m1"], tag=tag, count=2)
    s.vector("head of random bytes", "case", REPORTER, ["r0"], tag=fixed("no head"))
    s.vector(
        "head made with the keys of another case",
        "case",
        REPORTER,
        ["r0"],
        tag=hand.head_tag(other, REPORTER, 1, s.hashes["r0"]),
    )
    s.vector(
        "whole stream withheld", "case", REPORTER, [], tag=fixed("no head"), why="only a stream never written has none"
    )
    s.vector("entry moved between streams", "case", REPORTER, ["r0", "m1"])
    s.vector("stream of another case", "other", REPORTER, ["r0", "r1", "r2"])
    s.vector("stream of another epoch", "later", REPORTER, ["r0", "r1", "r2"])
    s.vector("epochs mixed", "later", REPORTER, ["r0 rewrapped", "r1"])

    head, body = s.items["m1"]
    s.items["m1 relabelled"] = head[:41] + bytes([REPORTER]) + head[42:], body
    s.hashes["m1 relabelled"] = s.hashes["m1"]
    s.vector("entry moved between streams, header rewritten", "case", REPORTER, ["r0", "m1 relabelled"])
    # Somebody who holds the case keys opens m1 and seals the same signed entry for the reporter's stream.
    item_key, ad = hand.read_header(case, head, MEMBERS, 1, ENTRY)
    padded = hand.un_aead(item_key, body[:24], body[24:], ad)
    moved_ad = hand.bind(case.case_id, 1, REPORTER, 1, ENTRY)
    nonce = fixed("resealed nonce", 24)
    moved = hand.header(case, REPORTER, 1, ENTRY, item_key, nonce), nonce + hand.aead(item_key, nonce, padded, moved_ad)
    s.items["m1 resealed"] = moved
    s.hashes["m1 resealed"] = hand.H(32, "ks1-chain", moved_ad + hand.unpad(padded))
    s.vector("entry moved between streams by a member with the keys", "case", REPORTER, ["r0", "m1 resealed"])
    head, body = s.items["r1"]
    s.items["r1 bit flipped"] = head, body[:-1] + bytes([body[-1] ^ 1])
    s.items["r1 other version"] = b"\x02" + head[1:], body
    s.items["r1 short header"] = head[:-1], body
    s.items["r1 later seal"] = head[:37] + hand.be32(2) + head[41:], body
    for name in ("r1 bit flipped", "r1 other version", "r1 short header", "r1 later seal"):
        s.hashes[name] = s.hashes["r1"]
        s.vector(f"altered item: {name}", "case", REPORTER, ["r0", name])


def forged(s):
    first, ack = s.hashes["r0"], s.hashes["m0"]
    withdrawal = {"kind": "withdrawal", "file_id": None, "text": ""}
    s.item("forged by anna", case, REPORTER, 1, anna, withdrawal, first, author=reporter)
    s.vector("reporter entry signed by a member", "case", REPORTER, ["r0", "forged by anna"])
    s.item("anna in the reporter stream", case, REPORTER, 1, anna, withdrawal, first)
    s.vector("reporter stream, entry in a member's own name", "case", REPORTER, ["r0", "anna in the reporter stream"])
    s.item(
        "anna as reporter", case, REPORTER, 0, anna, REPORT | {"reporter_sign": anna.sign_public.hex()}, author=reporter
    )
    s.vector("reporter's key replaced in entry 0", "case", REPORTER, ["anna as reporter"])
    s.item("cia", case, MEMBERS, 1, cia, message("Hej"), ack)
    s.vector("members entry by somebody outside the roster", "case", MEMBERS, ["m0", "cia"])
    s.item("bo as anna", case, MEMBERS, 1, bo, message("Hej"), ack, author=anna)
    s.vector("members entry in another member's name", "case", MEMBERS, ["m0", "bo as anna"])
    s.item("fork", case, REPORTER, 1, reporter, message("Annat."), fixed("another past"))
    s.vector("hash of the entry before is another", "case", REPORTER, ["r0", "fork"])
    # Keys that fit one commitment: the header says C of the case key, the item is wrapped under a second key.
    s.item("second", second, REPORTER, 0, reporter, REPORT, commitment=case.commitment)
    why = "the commitment is that of another key"
    s.vector("two keys for one commitment, opened with the second", "second", REPORTER, ["second"], why=why)
    s.vector("two keys for one commitment, opened with the first", "case", REPORTER, ["second"], why=why)


def misplaced(s):
    """Well sealed and well signed, but not what the format allows."""
    first, ack = s.hashes["r0"], s.hashes["m0"]
    wrong = {
        "note among the members' answers": (MEMBERS, anna, {"kind": "note", "text": "Hemligt"}, ack, {}),
        "withdrawal by a member": (MEMBERS, anna, {"kind": "withdrawal", "file_id": None, "text": ""}, ack, {}),
        "outcome by the reporter": (
            REPORTER,
            reporter,
            {"kind": "outcome", "result": "handled", "text": "Jo", "reason": ""},
            first,
            {},
        ),
        "second report": (REPORTER, reporter, REPORT, first, {}),
        "unknown kind": (REPORTER, reporter, {"kind": "poem", "text": "Bron"}, first, {}),
        "unknown field": (REPORTER, reporter, message("Hej") | {"time": "12:04"}, first, {}),
        "missing field": (REPORTER, reporter, {"kind": "message"}, first, {}),
        "text too long": (REPORTER, reporter, message("x" * 100_001), first, {}),
        "members entry that counts notes": (MEMBERS, anna, message("Hej"), ack, {"3": 1}),
        "entry that counts its own stream": (REPORTER, reporter, message("Hej"), first, {"1": 1}),
        "entry that counts a stream that is none": (REPORTER, reporter, message("Hej"), first, {"9": 1}),
    }
    for name, (stream, who, entry, previous, after) in wrong.items():
        s.item(name, case, stream, 1, who, entry, previous, after=after)
        s.vector(name, "case", stream, ["r0" if stream == REPORTER else "m0", name])
    s.item("not json", case, REPORTER, 1, reporter, None, first, body=b"{")
    s.vector("body that is not JSON", "case", REPORTER, ["r0", "not json"])
    s.item("message first", case, REPORTER, 0, reporter, message("Hej"))
    s.vector("reporter stream without a report", "case", REPORTER, ["message first"])


def streams():
    s = Streams()
    for part in (good_streams, cut_and_moved, forged, misplaced):
        part(s)
    return s.dump()


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
    add("notes grant", "opens", hand.grant_plain(notes, anna.id_bytes, 7), against=notes)
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
        "note": "a digit is the place of a word in cases/words/sv.txt, from 0",
        "vectors": vectors,
    }


def roster_text(version, previous, people, trial=False, extra="", server=SERVER):
    lines = [
        f"version = {version}",
        f'previous = "{previous.hex()}"',
        f'home_id = "{fixed("home id", 16).hex()}"',
        f'server_key = "{server.hex()}"',
        f"trial = {str(trial).lower()}",
    ]
    lines += [extra] if extra else []
    lines += ["", "[[organisations]]", 'key = "ludvika"', 'name = "Ludvika kommun"']
    for label, role, person in people:
        lines += [
            "",
            "[[members]]",
            f'id = "{person.id}"',
            f'name = "{label}"',
            f'role = "{role}"',
            f'label = "{label}"',
        ]
        lines += [
            f'sign = "{person.sign_public.hex()}"',
            f'box = "{person.box_public.hex()}"',
            f'onion = "{person.onion}"',
        ]
    return "\n".join(lines) + "\n"


def rosters():
    two = [("Anna", "lead", anna), ("Bo", "handler", bo)]
    three = [*two, ("Cia", "counsel", cia)]
    first = roster_text(1, ZERO, two)
    next_one = roster_text(2, hand.roster_hash(first), three)

    def version(text, *signers):
        return {"text": text, "signatures": "".join(hand.roster_line(p.seed, p.id, text) + "\n" for p in signers)}

    begun, agreed = version(first, anna, bo), version(next_one, anna, bo)
    wrong_line = hand.roster_line(bo.seed, anna.id, next_one) + "\n"
    renamed = roster_text(2, hand.roster_hash(first), [("Anna", "lead", anna), ("Bo B", "handler", bo)])
    altered = {"text": next_one.replace("Ludvika kommun", "Ludvika"), "signatures": agreed["signatures"]}
    swapped = {
        "text": next_one.replace(cia.box_public.hex(), anna.box_public.hex()),
        "signatures": agreed["signatures"],
    }
    vectors = [
        ("one version", [begun], 1, None),
        ("two versions", [begun, agreed], 2, None),
        ("a proposal that waits", [begun, version(next_one)], 1, None),
        ("one signature is not enough", [begun, version(next_one, anna)], 1, None),
        (
            "one signature, and a version on top",
            [begun, version(next_one, anna), version(roster_text(3, hand.roster_hash(next_one), two), anna, bo)],
            None,
            "roster.unsigned",
        ),
        ("altered member signs for herself", [begun, version(renamed, anna, bo)], 1, None),
        ("first version lacks a signature", [version(first, anna)], None, "roster.unsigned"),
        (
            "broken chain: previous hash",
            [begun, version(roster_text(2, fixed("no hash"), three), anna, bo)],
            None,
            "roster.broken_chain",
        ),
        (
            "broken chain: number",
            [begun, version(roster_text(3, hand.roster_hash(first), three), anna, bo)],
            None,
            "roster.broken_chain",
        ),
        (
            "trial becomes real",
            [
                version(roster_text(1, ZERO, two, trial=True), anna, bo),
                version(roster_text(2, hand.roster_hash(roster_text(1, ZERO, two, trial=True)), three), anna, bo),
            ],
            None,
            "roster.broken_chain",
        ),
        ("text altered after signing", [begun, altered], None, "roster.bad_signature"),
        ("a member's key altered after signing", [begun, swapped], None, "roster.wrong_id"),
        (
            "signature by another member's key",
            [begun, {"text": next_one, "signatures": wrong_line}],
            None,
            "roster.bad_signature",
        ),
        (
            "unknown key",
            [version(roster_text(1, ZERO, two, extra='colour = "red"'), anna, bo)],
            None,
            "roster.unreadable",
        ),
        (
            "member twice",
            [version(roster_text(1, ZERO, [*two, ("Annas", "lead", anna)]), anna, bo)],
            None,
            "roster.twice",
        ),
        ("no version at all", [], None, "roster.none"),
    ]
    names = ("name", "chain", "current", "problem")
    join = {"format": "kallskydd-join-1", "name": "Anna", "role": "lead", "label": "Sammankallande"}
    join |= {"sign": anna.sign_public.hex(), "box": anna.box_public.hex(), "onion": anna.onion}
    join["signature"] = hand.join_signature(
        anna.seed, "Anna", "lead", "Sammankallande", anna.box_public, anna.onion
    ).hex()
    return {
        "hash": hand.roster_hash(first).hex(),
        "fingerprint": [
            int.from_bytes(hand.roster_hash(first)[:9], "big") >> shift & 4095 for shift in range(60, -1, -12)
        ],
        "vectors": [dict(zip(names, vector, strict=True)) for vector in vectors],
        "join": "".join(f'{key} = "{value}"\n' for key, value in join.items()),
    }


def statements():
    roster = roster_text(1, ZERO, [("Anna", "lead", anna), ("Bo", "handler", bo), ("Cia", "counsel", cia)])
    fields = {"statement": "erase", "case": case.case_id.hex(), "member": anna.id, "day": DAY}
    fields |= {"reference": "KS 2026/12", "erase_by": None, "server": SERVER.hex()}
    good = hand.statement(anna.seed, fields)

    def blob(seed, **changes):
        return hand.statement(seed, fields | changes)

    single = [
        ("erase", good, True),
        ("close with a day", blob(anna.seed, statement="close", erase_by="2026-04-01"), True),
        ("statement for another server", blob(anna.seed, server=OTHER_SERVER.hex()), False),
        ("in another member's name", blob(bo.seed), False),
        ("by somebody outside the roster", blob(reporter.seed, member=reporter.id), False),
        ("unknown act", blob(anna.seed, statement="burn"), False),
        ("unknown field", blob(anna.seed, time="12:04"), False),
        (
            "statement for another case, bytes replaced",
            good.replace(case.case_id.hex().encode(), other.case_id.hex().encode()),
            False,
        ),
        ("signature alone", good[:64], False),
        ("nothing", b"", False),
    ]
    by_bo, by_cia = blob(bo.seed, member=bo.id), blob(cia.seed, member=cia.id)
    tombstones = [
        ("two members", [good, by_bo], True),
        ("one and counsel", [good, by_cia], True),
        ("one alone", [good], False),
        ("the same twice", [good, good], False),
        ("two cases", [good, blob(bo.seed, member=bo.id, case=other.case_id.hex())], False),
        ("two acts", [good, blob(bo.seed, member=bo.id, statement="close")], False),
        ("two references", [good, blob(bo.seed, member=bo.id, reference="KS 2026/13")], False),
        ("two closings", [blob(anna.seed, statement="close"), blob(bo.seed, member=bo.id, statement="close")], False),
    ]
    return {
        "roster": roster,
        "server": SERVER.hex(),
        "case_id": case.case_id.hex(),
        "other_case_id": other.case_id.hex(),
        "statements": [{"name": name, "blob": data.hex(), "reads": reads} for name, data, reads in single],
        "tombstones": [
            {"name": name, "blobs": [data.hex() for data in blobs], "proves": proves}
            for name, blobs, proves in tombstones
        ],
    }


def requests():
    body = b'{"after":3}'
    signature = hand.request_signature(anna.seed, "POST", "/desk/1/box", body, SERVER, 41).hex()
    request = {
        "method": "POST",
        "path": "/desk/1/box",
        "body": body.decode(),
        "server": SERVER.hex(),
        "last_counter": 40,
    }
    request["headers"] = {"Kallskydd-Member": anna.id, "Kallskydd-Counter": "41", "Kallskydd-Signature": signature}

    def changed(name, *, headers=None, **changes):
        whole = request | changes
        return {"name": name, "verifies": False, **whole, "headers": whole["headers"] | (headers or {})}

    vectors = [
        {"name": "request", "verifies": True, **request},
        changed("replayed: the counter is the last one", last_counter=41),
        changed("replayed: the counter is below the last one", last_counter=50),
        changed("counter raised afterwards", headers={"Kallskydd-Counter": "42"}),
        changed("counter with a sign", headers={"Kallskydd-Counter": "+41"}),
        changed("counter with a leading zero", headers={"Kallskydd-Counter": "041"}),
        changed("counter too large", headers={"Kallskydd-Counter": str(2**64)}),
        changed("another method", method="GET"),
        changed("another path", path="/desk/1/case"),
        changed("another body", body='{"after":4}'),
        changed("another server", server=OTHER_SERVER.hex()),
        changed("another member's name", headers={"Kallskydd-Member": bo.id}),
        changed("unknown member", headers={"Kallskydd-Member": cia.id}),
        changed("member in capitals", headers={"Kallskydd-Member": anna.id.upper()}),
        changed("signature of zeros", headers={"Kallskydd-Signature": "00" * 64}),
        changed("signature cut", headers={"Kallskydd-Signature": signature[:-2]}),
        changed("empty headers", headers=dict.fromkeys(request["headers"], "")),
    ]
    mac = hand.fetch_mac(case.access_key, "case", case.case_id, 41).hex()
    return {
        "members": {person.id: person.sign_public.hex() for person in (anna, bo)},
        "vectors": vectors,
        "mac": {
            "access_key": case.access_key.hex(),
            "verb": "case",
            "case_id": case.case_id.hex(),
            "counter": 41,
            "mac": mac,
        },
    }


def all_vectors():
    makers = (streams, files, grants, receipts, rosters, statements, requests)
    return {maker.__name__: maker() for maker in makers}


def as_text(vectors):
    return json.dumps(vectors, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, vectors in all_vectors().items():
        (FOLDER / f"{name}.json").write_text(as_text(vectors), encoding="utf-8")
