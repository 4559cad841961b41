"""Archives: taken apart in the jail into files that know nothing of each other; nothing of the archive goes on."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Mapping

import pytest
from files.office_jail import marker
from hypothesis import given, settings
from hypothesis import strategies as st
from markers.search import leftovers

from scrubbers.sniff import is_archive
from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import MEMBER_LENGTH, MEMBERS, MEMBERS_MAGIC
from trusted.jail.stages import Damaged, Empty, JobDied, KindsDisagree, Locked, Refused, TooLarge, TooMuchInArchive
from trusted.jail.unpacked import cut


def zipped(files: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 3, 14, 9, 26, 52)), content, method)
        archive.comment = comment
    return made.getvalue()


def test_the_files_come_in_the_order_of_their_names_and_nothing_else_does(jail):
    marks = [marker(970000 + number) for number in range(7)]
    names = {
        f"B10 {marks[0]}.txt": b"ten",
        f"b9 {marks[1]}.txt": b"nine",
        f"A/{marks[2]}.txt": b"in a folder",
        "a.txt": b"a",
    }
    unasked = {
        "__MACOSX/._a.txt": marks[3].encode(),
        "A/.DS_Store": marks[4].encode(),
        "x/Thumbs.db": b"x",
        "leer.txt": b"",
    }
    content = zipped({**names, **unasked, "folder/": b""}, comment=marks[5].encode())

    found = jail.unpacked(content)

    assert found == [b"a", b"nine", b"ten", b"in a folder"]
    assert leftovers(b"".join(found), {mark.encode(): mark for mark in marks}) == []


def encrypted() -> bytes:
    content = bytearray(zipped({"a": b"x" * 50}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    return bytes(content)


def overlapping() -> bytes:
    content = bytearray(zipped({"a": b"a", "b": b"b"}))
    last = content.rindex(b"PK\x01\x02")
    content[last + 42 : last + 46] = bytes(4)
    return bytes(content)


def lying() -> bytes:
    """An archive whose directory says that a bomb is small."""
    content = bytearray(zipped({"a": bytes(40 * 2**20)}))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(mark) + place
        content[at : at + 4] = struct.pack("<L", 100)
    return bytes(content)


def linked() -> bytes:
    """An archive with a symbolic link, whose content is the path that it leads to."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.txt", b"Hej")
        link = zipfile.ZipInfo("b.txt")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, b"/Users/anna/Avtal.txt")
    return made.getvalue()


HOSTILE = {
    "more files than a form may bring": (lambda: zipped({str(n): b"x" for n in range(201)}), TooMuchInArchive),
    "a bomb": (lambda: zipped({str(n): bytes(20 * 2**20) for n in range(3)}), TooMuchInArchive),
    "a bomb in one file": (lambda: zipped({"a": bytes(49 * 2**20)}), TooLarge),
    "a bomb that says it is none": (lying, Damaged),
    "members that overlap": (overlapping, KindsDisagree),
    "two of one name": (lambda: zipped({"a": b"1", "A": b"2"}), KindsDisagree),
    "a password": (encrypted, Locked),
    "another method": (lambda: zipped({"a": b"x" * 99}, method=zipfile.ZIP_BZIP2), Damaged),
    "nothing": (lambda: zipped({"a/": b"", "b": b""}), Empty),
    "a link": (linked, Damaged),
    "cut off": (lambda: zipped({"a": b"x" * 9999})[:-40], Damaged),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused_whole(jail, name):
    make, refusal = HOSTILE[name]

    with pytest.raises(refusal):
        jail.unpacked(make())


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_damage_to_an_archive_gives_files_or_a_refusal(jail, data):
    content = bytearray(zipped({"a.txt": b"one" * 30, "b.txt": b"two"}))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))

    try:
        found = jail.unpacked(bytes(content))
    except Refused:
        return

    assert 1 <= len(found) <= 2


def answer(count: int, lengths: list[int], content: bytes, magic: bytes = MEMBERS_MAGIC) -> MemoryFile:
    made = MEMBERS.pack(magic, count) + b"".join(map(MEMBER_LENGTH.pack, lengths)) + content
    return MemoryFile.sealed(made)


def test_what_a_job_says_is_cut_where_it_adds_up():
    with answer(2, [3, 0], b"abc") as said:
        first, second = cut(said)

    with first, second:
        assert (first.read(), second.read()) == (b"abc", b"")


@pytest.mark.parametrize(
    "said",
    [
        lambda: MemoryFile.sealed(b"ks"),
        lambda: answer(1, [3], b"abc", magic=b"kszy"),
        lambda: answer(0, [], b""),
        lambda: answer(201, [0] * 201, b""),
        lambda: answer(2, [3], b"abc"),
        lambda: answer(1, [2], b"abc"),
        lambda: answer(1, [4], b"abc"),
        lambda: answer(2, [2**64 - 1, 4], b"abc"),
    ],
)
def test_what_does_not_add_up_is_a_job_that_died(said):
    with said() as file, pytest.raises(JobDied):
        cut(file)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (zipped({"a.txt": b"x"}), True),
        (zipped({"word/document.xml": b"x"}), False),
        (zipped({"Configurations2/images/": b"", "mimetype": b"x"}), False),
        (zipped({"Index/Document.iwa": b"x"}), False),
        (b"Rar!\x1a\x07", False),
        (b"%PDF-1.7", False),
    ],
)
def test_a_zip_file_is_an_archive_unless_it_is_a_document(head, expected):
    assert is_archive(head) is expected
