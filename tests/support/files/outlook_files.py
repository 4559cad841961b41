"""Messages as Outlook saves them, of our making: a compound file of version 3 with properties as [MS-OXMSG] has them."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

from files.messages import Markers, picture

FREE, END, TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
SECTOR, MINI, CUTOFF = 512, 64, 4096
Tree = dict[str, "bytes | Tree"]


def compound(tree: Tree, unused: bytes = b"") -> bytes:
    """A compound file with these storages and streams; `unused` stands in a sector that nothing leads to."""
    sectors: list[bytes] = []
    follows: list[int] = []
    minis, mini_follows = bytearray(), []
    entries: list[list] = []

    def put(content: bytes) -> int:
        start, count = len(sectors), -(-len(content) // SECTOR)
        for number in range(count):
            sectors.append(content[number * SECTOR : (number + 1) * SECTOR].ljust(SECTOR, b"\0"))
            follows.append(start + number + 1 if number + 1 < count else END)
        return start if count else END

    def put_mini(content: bytes) -> int:
        start, count = len(mini_follows), -(-len(content) // MINI)
        mini_follows.extend(start + number + 1 if number + 1 < count else END for number in range(count))
        minis.extend(content.ljust(count * MINI, b"\0"))
        return start if count else END

    def add(name: str, kind: int) -> list:
        entries.append([name, kind, FREE, FREE, END, 0])
        return entries[-1]

    def fill(parent: list, inside: Tree) -> None:
        before = None
        for name, content in inside.items():
            number, entry = len(entries), add(name, 1 if isinstance(content, dict) else 2)
            if before is None:
                parent[3] = number
            else:
                before[2] = number
            before = entry
            if isinstance(content, dict):
                entry[4] = 0
                fill(entry, content)
            else:
                entry[4], entry[5] = (put(content) if len(content) >= CUTOFF else put_mini(content)), len(content)

    root = add("Root Entry", 5)
    fill(root, tree)
    root[4], root[5] = put(bytes(minis)), len(minis)
    mini_table = put(b"".join(struct.pack("<I", one) for one in mini_follows).ljust(SECTOR, b"\xff"))
    directory = put(b"".join(map(_entry, entries)))
    if unused:
        sectors.append(unused.ljust(SECTOR, b"\0"))
        follows.append(FREE)
    tables = -(-(len(sectors) + 8) * 4 // SECTOR)
    first_table = len(sectors)
    follows += [TABLE] * tables
    table = b"".join(struct.pack("<I", one) for one in follows).ljust(tables * SECTOR, b"\xff")
    listed = [*range(first_table, first_table + tables)]
    head = struct.pack(
        "<8s16x5H6x9I", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 62, 3, 0xFFFE, 9, 6, 0, tables, directory, 0, CUTOFF,
        mini_table, 1, END, 0,
    )  # fmt: skip
    return head + struct.pack("<109I", *listed, *[FREE] * (109 - tables)) + b"".join(sectors) + table


def _entry(entry: list) -> bytes:
    name, kind, right, child, start, size = entry
    written = name.encode("utf-16-le")
    return struct.pack("<64sHBBIII16s4x16xIQ", written, len(written) + 2, kind, 1, FREE, right, child, b"", start, size)


def properties(head: int, numbers: dict[int, int] | None = None, **texts: str | bytes) -> Tree:
    """The streams of these properties: `p1000="…"` for letters, bytes for what has a stream of bytes."""
    listed = bytes(head) + b"".join(
        struct.pack("<HHIQ", 0x40 if number in {0x39, 0xE06} else 3, number, 6, value)
        for number, value in (numbers or {}).items()
    )
    streams: Tree = {"__properties_version1.0": listed}
    for name, value in texts.items():
        kind = "001F" if isinstance(value, str) else "0102"
        streams[f"__substg1.0_{name[1:].upper()}{kind}"] = (
            value.encode("utf-16-le") if isinstance(value, str) else value
        )
    return streams


def receiver(number: int, kind: int, name: str, address: str) -> Tree:
    return {f"__recip_version1.0_#{number:08X}": properties(8, {0xC15: kind}, p3001=name, p39fe=address, p300b=b"key")}


def attachment(number: int, content: bytes | Tree, name: str) -> Tree:
    """A file, or a message, that is attached."""
    inside = properties(8, {0x3705: 1 if isinstance(content, bytes) else 5}, p3707=name, p3704=name)
    inside["__substg1.0_37010102" if isinstance(content, bytes) else "__substg1.0_3701000D"] = content
    return {f"__attach_version1.0_#{number:08X}": inside}


def ticks(*when: int) -> int:
    """A time as Windows counts it."""
    return int((datetime(*when, tzinfo=UTC) - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10**7


def note(head: int = 32, text: str = "Hej", **more: str | bytes) -> Tree:
    """The properties of a message that Anna wrote."""
    said = {"p001a": "IPM.Note", "p0037": "Möte om fakturan", "p0042": "Anna Räv", "p5d02": "anna@kommun.example"}
    return properties(head, {0x39: ticks(2026, 3, 14, 6, 12), 0x3FDE: 65001}, **{**said, "p1000": text, **more})


def marked(put: Markers) -> bytes:
    """A message with a marker in every place that nobody sees."""
    page = f"<p style='display:none'>{put('hidden')}</p><p>Delades i <a href='http://{put('link')}'>tre</a>.</p>"
    inner = note(24, "Inre text", p0065=f"/O=ORG/CN={put('inner address')}", p007d=f"X-A: {put('inner head')}")
    tree = {
        **note(
            text=f"Delades i tre <http://{put('link in the text')}>.",
            p1013=page.encode(),
            p007d=f"Received: from {put('route')}\r\n\tby {put('route, on')}\r\nMessage-ID: <{put('id')}@x>\r\nBcc: {put('bcc')}",
            p0065=f"/O=ORG/CN={put('address in the organisation')}",
            p0e04=put("names shown"),
            p300b=put("search key").encode(),
            p8001=put("a property of a program"),
            p3ff8=put("last writer"),
            p0070=put("topic"),
        ),
        **receiver(0, 1, "Bo Berg", "bo@kommun.example"),
        **receiver(1, 2, "Cia", f"/o=org/cn={put('address of the copy')}"),
        **receiver(2, 3, put("blind copy"), f"{put('address of the blind copy')}@x"),
        **attachment(0, picture(put("in the picture")), put("name of the picture") + ".png"),
        **attachment(1, inner, put("name of the message")),
        "__nameid_version1.0": properties(0, p0004=put("names of properties").encode()),
    }
    return compound(tree, put("unused sector").encode())
