"""Every column of every table, by name: what it may hold, and what of it must be random.

After each report the rows that are new are noted with the visitor, the moment and the place in the order. A column is

- FIXED: one of the values that stand here, and no other;
- DAY: a day of this week, or nothing;
- OF_A_CASE, OF_A_FILE, OF_A_MEMBER: a value that stands elsewhere, which the row belongs to;
- COUNTED: numbers from the first on, without a gap; COUNT, SIZE: what is counted elsewhere;
- RANDOM, HEADER, SLOT, NUMBER, SEALED: random, or in part, and then handed to `audit.canary.compare.random`.

A table or column that does not stand here is a finding. Formats are those of docs/FORMATS.md, sections 2 to 5.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import Enum, auto

from audit.canary.compare.lengths import check_lengths
from audit.canary.compare.random import Observation
from audit.verdict import Inspection

Row = dict[str, object]
Tables = dict[str, list[Row]]


class ColumnKind(Enum):
    """What a column holds; see above."""

    RANDOM = auto()
    SEALED = auto()  # ciphertext of any length: its beginning and its end
    HEADER = auto()
    SLOT = auto()
    NUMBER = auto()
    DAY = auto()
    OF_A_CASE = auto()
    OF_A_FILE = auto()
    OF_A_MEMBER = auto()
    COUNTED = auto()
    COUNT = auto()  # of entries
    SIZE = auto()


K = ColumnKind
# A tuple is FIXED: the values themselves.
COLUMNS: Mapping[str, Mapping[str, ColumnKind | tuple[object, ...]]] = {
    "cases": {
        "case_id": K.RANDOM,
        "lookup_id": K.RANDOM,
        "reporter_grant": K.RANDOM,
        "epoch": (1,),
        "commitment": K.RANDOM,
        "access_key": K.RANDOM,
        "slot": K.SLOT,
        "spent_slot": (None,),
        "release_day": K.DAY,
        "released": (0, 1),
        "state": ("open",),
        "hold": (0,),
        "closed_day": (None,),
        "erase_by": (None,),
        "notice_day": (None,),
    },
    "entries": {
        "case_id": K.OF_A_CASE,
        "stream": (1,),
        "number": K.COUNTED,
        "header": K.HEADER,
        "body": K.SEALED,
        "release_on": K.DAY,
    },
    "heads": {"case_id": K.OF_A_CASE, "stream": (1,), "count": K.COUNT, "tag": K.RANDOM},
    "files": {
        "file_id": K.RANDOM,
        "case_id": K.OF_A_CASE,
        "number": K.NUMBER,
        "item_kind": (2, 3),
        "header": K.HEADER,
        "sealed_size": K.SIZE,
        "release_on": K.DAY,
    },
    "chunks": {"file_id": K.OF_A_FILE, "position": K.COUNTED, "chunk": K.SEALED},
    "waiting_items": {"case_id": K.OF_A_CASE, "member_id": K.OF_A_MEMBER, "item": K.RANDOM},
    "batch_items": {"member_id": K.OF_A_MEMBER, "batch": K.COUNTED, "position": K.COUNTED, "item": K.RANDOM},
    # Nobody has written to these; `audit.canary.compare.release` holds the rest of the tables still.
    "notes_grants": {},
    "statements": {},
    "tombstones": {},
    "tombstone_statements": {},
    "ended_inboxes": {},
}
# Looked at by the release and by name: nothing in them is of a report.
OTHERS = frozenset({"home", "counters"})
# By what its rows are told apart.
_KEYS = {
    "cases": ("case_id",), "entries": ("case_id", "stream", "number"), "heads": ("case_id", "stream", "count"),
    "files": ("file_id",), "chunks": ("file_id", "position"), "waiting_items": ("case_id", "member_id"),
    "batch_items": ("member_id", "batch", "position"),
}  # fmt: skip
_HEADER = struct.Struct(">B32sIIBIB24s48s")  # FORMATS, section 3
_ENDS = 64  # bytes of ciphertext at either end: what lies between opens with them or not at all
_NUMBER_BITS = 31
_A_PREVIEW = 3
SHARE_BYTES = 32
_KEYS_TOP = 31  # the byte of an X25519 key whose highest bit is clear, as in every one of them
_BATCHES = frozenset(4 << number for number in range(8))
_FIELDS_OF_A_ROW = ("case_id", "lookup_id", "commitment", "access_key")


@dataclass(frozen=True, slots=True)
class Noted:
    """New rows, and when and for whom they came to be."""

    what: str
    run: int
    visitor: str
    order: int
    before: float
    after: float
    rows: Tables = field(repr=False)
    # Slots that are others now, and what is in them.
    shares: Mapping[int, bytes] = field(default_factory=dict, repr=False)
    altered: tuple[str, ...] = ()  # table.column of rows that were there before and hold another value now

    def sample(self, value: bytes) -> Observation:
        """Return a value of these rows."""
        return Observation(value, self.run, self.visitor, self.order, self.before, self.after)


def changed_slots(before: bytes, after: bytes) -> dict[int, bytes]:
    """Slots whose bytes are others, and what they hold now."""
    places = range(0, max(len(before), len(after)), SHARE_BYTES)
    both = ((place, before[place : place + SHARE_BYTES], after[place : place + SHARE_BYTES]) for place in places)
    return {place // SHARE_BYTES: now for place, was, now in both if was != now}


def new_rows(before: Tables, after: Tables) -> Tables:
    """Rows of `after` whose key is not in `before`."""
    found = {}
    for table, keys in _KEYS.items():
        seen = {tuple(row[key] for key in keys) for row in before.get(table, [])}
        found[table] = [row for row in after.get(table, []) if tuple(row[key] for key in keys) not in seen]
    return found


def altered_rows(before: Tables, after: Tables) -> tuple[str, ...]:
    """Every column in which a row that was there before holds another value now."""
    found = set()
    for table, keys in _KEYS.items():
        old = {tuple(row[key] for key in keys): row for row in before.get(table, [])}
        for row in after.get(table, []):
            was = old.get(tuple(row[key] for key in keys), row)
            found |= {f"{table}.{column}" for column in row if row[column] != was[column]}
    return tuple(sorted(found))


def check_altered(inspection: Inspection, noted: Iterable[Noted]) -> None:
    """Require that a report or a message only adds rows: a row that a visit rewrites gives the visit away."""
    for one in noted:
        if one.altered:
            inspection.found(
                "{what} alters what others have left: {columns}", what=one.what, columns=", ".join(one.altered)
            )


def check_undone(
    inspection: Inspection, what: str, before: Tables, after: Tables, slots: int, *, written: int = 1
) -> None:
    """Every table is as before, and of the slots one is another: what was in it is destroyed; none after reading."""
    # Of desks' requests there may have been some since.
    for table in sorted((before.keys() | after.keys()) - {"counters"}):
        was, now = before.get(table, []), after.get(table, [])
        left, gone = [row for row in now if row not in was], [row for row in was if row not in now]
        if left or gone:
            inspection.found("{what} leaves {left} rows more in the table {table}, and {gone} less", what=what,
                       table=table, left=len(left), gone=len(gone))  # fmt: skip
    inspection.require(slots == written, "{what} leaves {slots} slots with another share", what=what, slots=slots)


def check_columns(inspection: Inspection, tables: Tables, slots: int) -> None:
    """Every value of every column is of the kind that stands above."""
    examined = 0
    for table in sorted(tables.keys() - OTHERS):
        columns = COLUMNS.get(table)
        if columns is None or (tables[table] and not columns):
            inspection.found("the table {table} has rows and is on no list", table=table)
            continue
        for column in sorted({name for row in tables[table] for name in row}):
            kind = columns.get(column)
            values = [row[column] for row in tables[table]]
            examined += len(values)
            wrong = _wrong(kind, values, tables, slots) if kind else values[:1]
            if wrong:
                inspection.found("{table}.{column} holds {value}, which is not on its list", table=table, column=column,
                           value=_shown(wrong[0]))  # fmt: skip
    _check_headers(inspection, tables)
    check_lengths(inspection, tables)
    _check_boxes(inspection, tables)
    inspection.saw("{count} values are each of the kind that their column is for", count=examined)


def stored_values(tables: Tables, slots: bytes) -> frozenset[bytes]:
    """Return every value of the store as bytes, every share, and each file with its chunks in their order."""
    found = {value.encode() if isinstance(value, str) else _bytes(value)
             for rows in tables.values() for row in rows for value in row.values()}  # fmt: skip
    found |= {slots[place : place + SHARE_BYTES] for place in range(0, len(slots), SHARE_BYTES)}
    files: dict[object, bytes] = {}
    for row in sorted(tables.get("chunks", []), key=lambda row: int(str(row["position"]))):
        files[row["file_id"]] = files.get(row["file_id"], b"") + _bytes(row["chunk"])
    return frozenset(found | set(files.values()))


def random_fields(noted: Iterable[Noted]) -> dict[str, list[Observation]]:
    """Every value that must be random, by the name of its field."""
    found: dict[str, list[Observation]] = {}
    for one in noted:
        shares = (("shred.slots", share) for share in one.shares.values())
        for name, value in (*_random_values(one.rows), *shares):
            found.setdefault(name, []).append(one.sample(value))
    return found


def random_numbers(noted: Iterable[Noted]) -> dict[str, list[Observation]]:
    """Return what is stored as a number and must be random, as bytes of which the residues are asked."""
    found: dict[str, list[Observation]] = {}
    for one in noted:
        for table, rows in one.rows.items():
            for row in rows:
                for column, kind in COLUMNS[table].items():
                    value = row.get(column)
                    # A preview has the number of its file.
                    if kind in {K.SLOT, K.NUMBER} and isinstance(value, int) and row.get("item_kind") != _A_PREVIEW:
                        found.setdefault(f"{table}.{column}", []).append(one.sample(value.to_bytes(8, "big")))
    return found


def random_rows(noted: Iterable[Noted]) -> list[Observation]:
    """Of each new case all that must be random in it, in one."""
    return [
        one.sample(b"".join(_bytes(case[name]) for name in _FIELDS_OF_A_ROW) + _first_of(one.rows, case["case_id"]))
        for one in noted
        for case in one.rows["cases"]
    ]


def sizes(one: Noted) -> dict[str, list[int]]:
    """Return the length of every value by column: for texts and files of one size it is the same in every run."""
    return {
        f"{table}.{column}": sorted(len(value) for row in rows if isinstance(value := row[column], bytes))
        for table, rows in one.rows.items()
        for column in (rows[0] if rows else ())
    }


def header_nonce(header: bytes) -> bytes:
    """Return the random parts of a header, each drawn as it stands there."""
    nonce: bytes = _HEADER.unpack(header)[-2] if len(header) == _HEADER.size else b""
    return nonce


def _random_values(rows: Tables) -> Iterator[tuple[str, bytes]]:
    for table, several in rows.items():
        for row in several:
            for column, value in row.items():
                kind = COLUMNS[table].get(column)
                if kind is K.RANDOM:
                    yield f"{table}.{column}", _bytes(value)
                elif kind is K.SEALED:
                    yield f"{table}.{column}, its beginning", _bytes(value)[:_ENDS]
                    yield f"{table}.{column}, its end", _bytes(value)[-_ENDS:]
                elif kind is K.HEADER:
                    *_known, nonce, wrapped = _HEADER.unpack(_bytes(value))
                    yield f"{table}.header, nonce", nonce
                    yield f"{table}.header, key", wrapped
                elif kind is K.SLOT and isinstance(value, int):
                    # Ten bits, to the left: the lowest half of the second byte is not theirs.
                    yield "cases.slot, eight bits", bytes([value >> 2 & 255])
                    yield "cases.slot, lowest eight bits", bytes([value & 255])
                elif kind is K.NUMBER and isinstance(value, int) and row.get("item_kind") == 2:  # noqa: PLR2004 - a file
                    yield f"{table}.number", (value << 1).to_bytes(4, "big")[:3]
                    yield f"{table}.number, its end", (value & 0xFFFFFF).to_bytes(3, "big")


def _first_of(rows: Tables, case_id: object) -> bytes:
    """Nonce, key and body's nonce of the first entry, the head's tag, and the slot is told by itself."""
    for entry in rows["entries"]:
        if entry["case_id"] == case_id and entry["number"] == 0:
            *_known, nonce, wrapped = _HEADER.unpack(_bytes(entry["header"]))
            tag = next((_bytes(head["tag"]) for head in rows["heads"] if head["case_id"] == case_id), bytes(32))
            return bytes(nonce) + bytes(wrapped) + _bytes(entry["body"])[:24] + tag
    return bytes(24 + 48 + 24 + 32)


def _wrong(kind: ColumnKind | tuple[object, ...], values: Sequence[object], tables: Tables, slots: int) -> list[object]:
    """Those of the values that are not of this kind."""
    if kind is K.SIZE:
        return _wrong_sizes(tables)
    if kind is K.COUNT:
        return [head["count"] for head in tables["heads"] if head["count"] not in _counts(tables, head["case_id"])]
    if kind is K.COUNTED:
        numbers = sorted({value for value in values if isinstance(value, int)})
        # A number that skips says something.
        whole = not numbers or (numbers[0] in {0, 1} and numbers[-1] - numbers[0] == len(numbers) - 1)
        return [] if whole else [numbers]
    may_be = _fitting(kind, tables, slots)
    return [value for value in values if not may_be(value)]


def _fitting(kind: ColumnKind | tuple[object, ...], tables: Tables, slots: int) -> Callable[[object], bool]:
    if isinstance(kind, tuple):
        return lambda value: value in kind and not isinstance(value, bool | float)
    if kind is K.DAY:
        days = _days()
        return lambda value: value is None or value in days
    if kind in {K.OF_A_CASE, K.OF_A_FILE, K.OF_A_MEMBER}:
        owners = _owners(kind, tables)
        return lambda value: value in owners
    if kind in {K.SLOT, K.NUMBER}:
        most = slots if kind is K.SLOT else 2**_NUMBER_BITS
        return lambda value: isinstance(value, int) and 0 <= value < most
    return lambda value: isinstance(value, bytes)


def _owners(kind: ColumnKind, tables: Tables) -> set[object]:
    if kind is K.OF_A_CASE:
        # A file whose report was cut off has no case, for as long as the intake lives.
        return {row["case_id"] for row in tables["cases"]} | {None}
    if kind is K.OF_A_FILE:
        return {row["file_id"] for row in tables["files"]}
    return {row["member_id"] for row in tables["counters"]}


def _counts(tables: Tables, case_id: object) -> set[int]:
    """Return the counts that a head of this case may hold."""
    return set(range(1, 1 + sum(entry["case_id"] == case_id for entry in tables["entries"])))


def _wrong_sizes(tables: Tables) -> list[object]:
    held: dict[object, int] = {}
    for row in tables["chunks"]:
        held[row["file_id"]] = held.get(row["file_id"], 0) + len(_bytes(row["chunk"]))
    return [row["sealed_size"] for row in tables["files"] if held.get(row["file_id"]) != row["sealed_size"]]


def _check_headers(inspection: Inspection, tables: Tables) -> None:
    """Require that every value of a header that is not random stands in its row, or in the case's, as well."""
    commitments = {row["case_id"]: row["commitment"] for row in tables.get("cases", [])}
    for table, stream in (("entries", 1), ("files", 4)):
        for row in tables.get(table, []):
            kind = row.get("item_kind", 1)
            raw = _bytes(row["header"])
            told = _HEADER.unpack(raw)[:7] if len(raw) == _HEADER.size else ()
            commitment = commitments.get(row["case_id"], told[1] if told else b"")
            if told != (1, commitment, 1, 1, stream, row["number"], kind):
                inspection.found(
                    "a header in {table} says {told}, which is not what its row says", table=table, told=told
                )


def _check_boxes(inspection: Inspection, tables: Tables) -> None:
    """Grants and decoys have one form, and a batch never has as many items as there were cases."""
    for table, column in (("cases", "reporter_grant"), ("waiting_items", "item"), ("batch_items", "item")):
        odd = [row for row in tables.get(table, []) if _bytes(row[column])[_KEYS_TOP : _KEYS_TOP + 1] >= b"\x80"]
        if odd:
            inspection.found(
                "{count} values of {table}.{column} are no sealed boxes, which can be told",
                count=len(odd),
                table=table,
                column=column,
            )
    counts = Counter((row["member_id"], row["batch"]) for row in tables.get("batch_items", []))
    odd_counts = sorted(set(counts.values()) - _BATCHES)
    if odd_counts:
        inspection.found("batches hold {counts} items and not 4, 8, 16 …", counts=odd_counts)
    batches: dict[object, set[int]] = {}
    for (_member, batch), count in counts.items():
        batches.setdefault(batch, set()).add(count)
    if any(len(several) > 1 for several in batches.values()):
        inspection.found("one batch holds different numbers of items for different members: {counts}",
                   counts=sorted(map(sorted, batches.values())))  # fmt: skip


def check_slots(inspection: Inspection, noted: Iterable[Noted]) -> None:
    """With each report as many slots change as cases come, and they are those that the cases name."""
    examined = 0
    for one in noted:
        examined += len(one.shares)
        named = sorted(row["slot"] for row in one.rows["cases"] if isinstance(row["slot"], int))
        if named != sorted(one.shares):
            inspection.found("with {what} the slots {slots} changed, and its cases name {named}", what=one.what,
                       slots=sorted(one.shares), named=named)  # fmt: skip
    inspection.saw("{count} slots changed, each with the case that names it", count=examined)


def _days() -> set[str]:
    today = datetime.now(UTC).date()
    return {str(today + timedelta(days=number)) for number in range(-1, 4)} | {str(date.max)}


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""


def _shown(value: object) -> str:
    return value.hex()[:40] if isinstance(value, bytes) else str(value)[:80]
