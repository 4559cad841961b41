"""The vectors of entries and streams: whole ones, and each way of moving, cutting, forging or misplacing that must fail."""

# Arguments stand in the order of the format.
# ruff: noqa: PLR0917

from files import formats_by_hand as hand
from files.formats_by_hand import ENTRY, MEMBERS, NOTES, REPORTER, ZERO

from vector_writers.cast import (
    DAY,
    KEYS,
    all_keys,
    anna,
    b64,
    bo,
    case,
    cia,
    fixed,
    later,
    notes,
    other,
    renewed,
    reporter,
    second,
    stranger,
)

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
    s.item("r0 earlier", case, REPORTER, 0, reporter, REPORT | {"earlier": True})
    s.vector("reporter stream", "case", REPORTER, ["r0", "r1", "r2"], opens=True)
    s.vector("report that belongs to an earlier one", "case", REPORTER, ["r0 earlier"], opens=True)
    s.vector("released part of the reporter stream", "case", REPORTER, ["r0"], opens=True)
    s.vector("members stream", "case", MEMBERS, ["m0", "m1"], opens=True)
    s.vector("notes stream under the key made from case key and notes key", "notes", NOTES, ["n0"], opens=True)
    s.vector("notes stream under the notes key alone", "notes grant", NOTES, ["n0"], opens=False)
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


def approval(who=renewed, case_id=case.case_id, old=reporter, **changes):
    return hand.approval(case_id, old.id, 0, who.seed, who.box_public, **changes)


def new_words(s):
    """The reporter goes on with new keys; a person with the old words, and every member, can write nothing any more."""
    first = s.hashes["r0"]
    change = s.item("new keys", case, REPORTER, 1, reporter, approval(), first, after={"2": 1})
    s.item("with the new keys", case, REPORTER, 2, renewed, message("Mer."), change)
    s.vector(
        "new keys and an entry signed with them", "case", REPORTER, ["r0", "new keys", "with the new keys"], opens=True
    )
    s.item("with the old keys", case, REPORTER, 2, reporter, message("Mer."), change)
    s.vector("entry after the new keys, signed with the old", "case", REPORTER, ["r0", "new keys", "with the old keys"])
    s.item("new id, old key", case, REPORTER, 2, reporter, message("Mer."), change, author=renewed)
    s.vector(
        "entry after the new keys, by the new id with the old key",
        "case",
        REPORTER,
        ["r0", "new keys", "new id, old key"],
    )
    s.item("before the new keys", case, REPORTER, 1, renewed, message("Mer."), first)
    s.vector("entry with the new keys before they were named", "case", REPORTER, ["r0", "before the new keys"])
    wrong = {
        "new keys, signed by a member": (anna, approval()),
        "new keys of a member, signed by her": (anna, approval(anna)),
        "new keys, signed with themselves": (renewed, approval()),
        "new keys without their proof": (reporter, approval(proof="00" * 64)),
        "new keys of another case": (reporter, approval(stranger, other.case_id)),
        "new keys proved for another id": (reporter, approval(old=stranger)),
        "new keys, one of them replaced": (reporter, approval(reporter_box=anna.box_public.hex())),
        "proof made with the key before": (reporter, approval(reporter) | {"reporter_sign": renewed.sign_public.hex()}),
    }
    for name, (signer, entry) in wrong.items():
        s.item(name, case, REPORTER, 1, signer, entry, first, author=reporter)
        s.vector(name, "case", REPORTER, ["r0", name])
    elsewhere = s.item("r0 elsewhere", other, REPORTER, 0, reporter, REPORT)
    s.item("new keys elsewhere", other, REPORTER, 1, reporter, approval(), elsewhere)
    s.vector("change taken over from another case", "other", REPORTER, ["r0 elsewhere", "new keys elsewhere"])
    again = s.item("new keys again", case, REPORTER, 2, renewed, approval(stranger, old=renewed), change)
    s.item("with the third keys", case, REPORTER, 3, stranger, message("Mer."), again)
    third = ["r0", "new keys", "new keys again", "with the third keys"]
    s.vector("new keys twice", "case", REPORTER, third, opens=True)
    s.item("new keys replayed", case, REPORTER, 2, reporter, approval(), change)
    s.vector("change made twice with the old keys", "case", REPORTER, ["r0", "new keys", "new keys replayed"])


def ended(s):
    first = s.hashes["r0"]
    end = s.item("end of the inbox", case, REPORTER, 1, reporter, {"kind": "inbox-ended"}, first)
    s.vector("inbox that the reporter has ended", "case", REPORTER, ["r0", "end of the inbox"], opens=True)
    s.item("after the end", case, REPORTER, 2, reporter, message("Mer."), end)
    s.vector("entry after the end of the inbox", "case", REPORTER, ["r0", "end of the inbox", "after the end"])
    s.item("end by anna", case, REPORTER, 1, anna, {"kind": "inbox-ended"}, first, author=reporter)
    s.vector("end of the inbox, signed by a member", "case", REPORTER, ["r0", "end by anna"])


def misplaced(s):
    """Well sealed and well signed, but not what the format allows."""
    first, ack = s.hashes["r0"], s.hashes["m0"]
    wrong = {
        "note among the members' answers": (MEMBERS, anna, {"kind": "note", "text": "Hemligt"}, ack, {}),
        "withdrawal by a member": (MEMBERS, anna, {"kind": "withdrawal", "file_id": None, "text": ""}, ack, {}),
        "end of the inbox by a member": (MEMBERS, anna, {"kind": "inbox-ended"}, ack, {}),
        "approval by a member": (MEMBERS, anna, approval(old=anna), ack, {}),
        "outcome by the reporter": (
            REPORTER,
            reporter,
            {"kind": "outcome", "result": "handled", "text": "Jo", "reason": ""},
            first,
            {},
        ),
        "second report": (REPORTER, reporter, REPORT, first, {}),
        "unknown kind": (REPORTER, reporter, {"kind": "poem", "text": "Bron"}, first, {}),
        "approval without its new keys": (REPORTER, reporter, {"kind": "minutes-approved", "number": 0}, first, {}),
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
    for part in (good_streams, cut_and_moved, forged, new_words, ended, misplaced):
        part(s)
    return s.dump()
