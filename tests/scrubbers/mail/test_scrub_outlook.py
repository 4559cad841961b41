"""Messages as Outlook saves them: read by our own reader of compound files, and cleaned as saved e-mails are."""

from __future__ import annotations

import io
import struct

import pytest
from files.messages import Markers, with_files
from files.office_jail import cleaned, text_of
from files.outlook_files import attachment, compound, marked, note, properties
from hypothesis import given, settings
from hypothesis import strategies as st
from markers.search import leftovers

from scrubbers.jailed.mail.parts import taken_apart
from scrubbers.jailed.mail.rich_text import unpacked as rich_text
from trusted.jail.stages import (
    Damaged,
    Email,
    Kind,
    Locked,
    OfficeDocument,
    Refused,
    TextUnreadable,
    TooLarge,
    TooMuchInArchive,
)


@pytest.fixture(scope="module")
def results(jail):
    put = Markers()
    content = marked(put)
    files = jail.unpacked(content)
    return content, put.planted, cleaned(jail, files[0]), [jail.clean(one) for one in files[1:]]


def test_of_all_that_is_not_seen_nothing_is_left(results):
    content, planted, (document, _), others = results

    assert len(planted) == 23
    assert sorted(leftovers(content, planted)) == sorted(planted.values())
    assert [kind for kind, _ in others] == [Kind.PNG, Kind.PDF]
    assert [leftovers(one, planted) for one in (document, *(each for _, each in others))] == [[], [], []]


def test_what_is_seen_stays(results):
    _, _, (document, report), others = results
    text = text_of(document)

    assert text.startswith(
        "Från / From: Anna Räv <anna@kommun.example>\nTill / To: Bo Berg <bo@kommun.example>\nKopia / Cc: Cia\n"
        "Datum / Date: 2026-03-14 07:12 (svensk tid / Swedish time)\nMöte om fakturan\nDelades i tre."
    )
    assert "Inre text" in text_of(others[1][1])
    assert {"route", "identifier", "person", "hidden_text", "link"} <= {one.what.value for one in report.removed}


def test_without_html_the_rich_text_is_read_and_else_the_plain_one(jail):
    rich = rb"{\rtf1\ansi\deff0{\fonttbl{\f0 Arial;}}\pard Delades i {\b tre}.{\v gone}\par{\strike 500 kr}\par}"
    stored = struct.pack("<II4sI", len(rich) + 12, len(rich), b"MELA", 0) + rich

    def shown(**more: str | bytes) -> str:
        return text_of(cleaned(jail, jail.unpacked(compound(note(**more)))[0])[0]).partition("fakturan\n")[2]

    assert shown(text="Delades i tre. <http://x>", p1009=stored) == "Delades i tre.\n[överstruket / struck out: 500 kr]"
    assert shown(text="Delades\r\n\r\ni tre") == "Delades\ni tre"
    assert shown(p1013="<p>Delades i tre, förstås") == "Delades i tre, förstås"
    encapsulated = rb"{\rtf1\ansi\fromhtml1 {\*\htmltag64 <p>}Annat}"
    packed = struct.pack("<II4sI", len(encapsulated) + 12, len(encapsulated), b"MELA", 0) + encapsulated
    assert shown(text="Delades i tre.", p1009=packed) == "Delades i tre."


def test_html_without_a_code_page_is_read_as_it_says_itself(jail):
    page = "<meta charset=windows-1254><p>Işık".encode("cp1254")
    content = compound(properties(32, p001a="IPM.Note", p0042="Anna", p1013=page))

    assert "Işık" in text_of(cleaned(jail, jail.unpacked(content)[0])[0])
    with pytest.raises(TextUnreadable):
        cleaned(jail, jail.unpacked(compound(properties(32, p001a="IPM.Note", p1013="Işık".encode("cp1254"))))[0])


def test_the_packing_of_rich_text_is_undone_as_its_specification_shows():
    """The two examples of [MS-OXRTFCP], 3.1 and 3.2: one simple, one that says what it is still writing."""
    simple = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af86c42683a00f00b6077206c6f0310010060007d0a800f a0".replace(
            " ", ""
        )
    )
    crossing = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")

    assert rich_text(crossing) == rb"{\rtf1 WXYZWXYZWXYZWXYZWXYZ}"
    assert rich_text(simple[:16] + simple[16:]).startswith(rb"{\rtf1\ansi\ansicpg1252\pard")


def test_a_message_of_outlook_in_another_comes_apart_and_a_document_of_word_does_not(jail):
    word = compound({"WordDocument": b"x" * 5000})

    files = jail.unpacked(with_files(compound({**note(text="inner"), **attachment(0, b"file", "a.txt")}), word))

    assert [one[:5] for one in files[1:]] == [b"MIME-", b"file", word[:5]]


def deep(depth: int):
    made = note(24, f"{depth}")
    for number in range(depth):
        made = {**note(24, f"{number}"), **attachment(0, made, "x")}
    return made


def looped() -> bytes:
    content = bytearray(compound({**note(), "big": b"x" * 5000}))
    # The table of sectors: every sector follows itself.
    sectors = struct.unpack_from("<I", content, 76)[0]
    table = (sectors + 1) * 512
    content[table : table + 4 * sectors] = struct.pack(f"<{sectors}I", *range(sectors))
    return bytes(content)


HOSTILE = {
    "encrypted": (lambda: compound(note(p001a="IPM.Note.SMIME")), Locked),
    "no message": (lambda: compound(note(p001a="IPM.Contact")), Email),
    "of another program": (lambda: compound({"WordDocument": b"x" * 5000}), OfficeDocument),
    "cut off": (lambda: compound(note(text="x" * 9000))[:-512], Damaged),
    "a chain that comes back to itself": (looped, Damaged),
    "messages in each other": (lambda: compound({**note(), **attachment(0, deep(12), "x")}), TooMuchInArchive),
    "more files than a form may bring": (
        lambda: compound({**note(), **{k: v for n in range(200) for k, v in attachment(n, b"x", "x").items()}}),
        TooMuchInArchive,
    ),
    "rich text that is HTML": (
        lambda: compound(note(text="", p1009=struct.pack("<II4sI", 60, 40, b"MELA", 0) + rb"{\rtf1\ansi\fromhtml1 {\*\htmltag64 <p>}Hej}")),
        Email,
    ),
    "HTML in shifted letters": (
        lambda: compound({**note(p1013=b"<p>H+AOU-r"), **properties(32, {0x3FDE: 65000}, p001a="IPM.Note", p1013=b"<p>H+AOU-r")}),
        Email,
    ),
    "an attachment that is not there": (
        lambda: compound({**note(text="Hej"), "__attach_version1.0_#00000000": properties(8, {0x3705: 1})}),
        Email,
    ),
    "an object of another program": (
        lambda: compound({**note(), "__attach_version1.0_#00000000": {
            **properties(8, {0x3705: 6}), "__substg1.0_3701000D": {"CONTENTS": b"x"},
        }}),
        Email,
    ),
    "rich text that grows": (
        lambda: compound(note(p1009=struct.pack("<II4sI", 20, 2**31, b"LZFu", 0) + bytes(9))), TooLarge,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_message_is_refused_whole(jail, name):
    make, refusal = HOSTILE[name]

    with pytest.raises(refusal):
        jail.unpacked(make())


WHOLE = marked(Markers())


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_any_damage_gives_files_or_a_refusal(data):
    content = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))

    try:
        assert taken_apart(bytes(content))
    except Refused:
        return


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=60))
def test_any_packed_text_is_unpacked_within_its_size_or_refused(packed):
    with io.BytesIO() as made:
        made.write(struct.pack("<II4sI", 0, 1000, b"LZFu", 0) + packed)
        content = made.getvalue()

    assert len(rich_text(content)) <= 1000


def test_a_document_with_a_password_says_so_and_an_old_one_says_that(jail):
    with pytest.raises(Locked):
        jail.unpacked(compound({"EncryptionInfo": b"x" * 99, "EncryptedPackage": b"y" * 5000}))
    with pytest.raises(OfficeDocument):
        jail.unpacked(compound({"WordDocument": b"x" * 5000}))
