"""The people, keys and fixed bytes of the vectors: names hashed into bytes, in the place of random values."""

import base64
import hashlib

from files import formats_by_hand as hand
from files.formats_by_hand import Keys

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
# The reporter with new words, after the approval of minutes; and the reporter of another case.
renewed, stranger = Person("reporter with new words"), Person("reporter of another case")
SERVER = fixed("server key")
OTHER_SERVER = fixed("other server key")

case = Keys(fixed("case id", 16), 1, fixed("case key"), fixed("share"))
later = Keys(case.case_id, 2, fixed("case key 2"), fixed("share 2"))
other = Keys(fixed("other case id", 16), 1, fixed("other case key"), fixed("other share"))
second = Keys(case.case_id, 1, fixed("second key"), case.share)
# What a notes grant carries, and under what notes are sealed: made from it and from the case key.
notes_grant = Keys(case.case_id, 1, fixed("notes key"), case.share)
notes = Keys(case.case_id, 1, hand.notes_case_key(case.key, notes_grant.key), case.share)
KEYS = {
    "case": case, "later": later, "other": other, "second": second, "notes": notes, "notes grant": notes_grant
}  # fmt: skip


def all_keys():
    names = ("commitment", "access_key", "data_key", "wrap_key", "head_key")
    return {
        name: {"case_id": keys.case_id.hex(), "epoch": keys.epoch, "key": keys.key.hex(), "share": keys.share.hex()}
        | {"derived": {field: getattr(keys, field).hex() for field in names}}
        for name, keys in KEYS.items()
    }
