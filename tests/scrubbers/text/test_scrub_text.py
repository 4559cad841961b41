"""Text files and tables: what is seen stays as it is, what is not seen goes, and no spreadsheet computes a cell."""

from __future__ import annotations

import unicodedata

import pytest
from files.scrub_harness import arrived
from hypothesis import given
from hypothesis import strategies as st

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.text.cleaning import cleaned
from scrubbers.jailed.text.decoding import decoded
from scrubbers.jailed.text.tables import with_inert_cells
from scrubbers.sniff import sniff, sniff_kind
from second_reader.text import is_clean_table, is_clean_text
from trusted.jail.sandbox import scrub, verify
from trusted.jail.stages import Email, Empty, Kind, Refused, ScrubReport, TextUnreadable, UnknownKind, What

# A person hidden in it, in each way that draws nothing: the text with and without them is one and the same.
MARKER = "Ada"
SEEN = "Chefen sade: ”Räkningen ska delas.”\n\n\tFör åtta månader sedan.\n"
HIDDEN = {
    "tags": "".join(chr(0xE0000 + ord(one)) for one in MARKER),
    "joiners": "\u200d\u200c\u2060\ufeff",
    "direction": "\u202e\u202c\u2066\u2069\u200f\u061c",
    "variation": "\ufe0f\U000e0101",
    "private": "\ue001\U000f0041",
    "soft hyphen": "\u00ad",
    "fillers": "\u3164\uffa0\u2800\U0001d159\U00016fe4",
    "unassigned": "\u0378\U0003fffd",
    "controls": "\u0080\u009f",
    "joined by nothing": "\u034f",
}


def with_report(jail, content: bytes) -> tuple[Kind, bytes, ScrubReport]:
    async def soon() -> tuple[Kind, bytes, ScrubReport]:
        verified = await verify(await scrub(sniff(arrived(content)), jail.sandbox), jail.sandbox)
        with verified.clean, verified.preview:
            return verified.kind, verified.clean.read(), verified.report

    return jail.loop.run_until_complete(soon())


@pytest.mark.parametrize("name", HIDDEN)
def test_two_texts_that_look_the_same_come_out_the_same(jail, name):
    planted = SEEN.replace("delas", f"de{HIDDEN[name]}las")

    _, plain, plain_report = with_report(jail, SEEN.encode())
    _, clean, report = with_report(jail, planted.encode())

    assert clean == plain == SEEN.encode()
    assert not any(found.what is What.HIDDEN_TEXT for found in plain_report.removed)
    assert any(found.what in {What.HIDDEN_TEXT, What.OTHER} for found in report.removed)


def test_what_is_written_in_tags_is_shown_to_the_reporter():
    findings = Findings()
    cleaned(f"Hej{HIDDEN['tags']}\n", findings)

    assert MARKER in [found.example for found in findings.removed()]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a  \t\r\nb\t \n", "a\nb\n"),
        ("a\u00a0b\u2009c\u3000d", "a b c d\n"),
        ("\n\na\n\n\n\n\n\nb\n\n", "a\n\n\nb\n"),
        ("A\u030angstro\u0308m", "Ångström\n"),
        ("e" + "\u0301\u0302\u0303\u0304\u0305\u0306\u0307", "é\u0302\u0303\u0304\u0305\n"),
        ("ett\u2028två\x0ctre\x0bfyra\x85fem\rsex", "ett\ntvå\ntre\nfyra\nfem\nsex\n"),
        ("if a:\n    b  = 1  # två blanka står kvar\n", "if a:\n    b  = 1  # två blanka står kvar\n"),
    ],
)
def test_there_is_one_way_to_write_what_is_seen(written, read):
    assert cleaned(written, Findings()) == read


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encodings_that_people_have_give_the_same_copy(jail, encoding):
    kind, clean, report = with_report(jail, SEEN.replace("\n", "\r\n").encode(encoding))

    assert (kind, clean) == (Kind.TEXT, SEEN.encode())
    assert any(found.what is What.SOFTWARE for found in report.removed)


@pytest.mark.parametrize(
    "content",
    [
        "Räksmörgås".encode("cp850"),  # its letters are other signs in Windows-1252
        "Проверка документов".encode("koi8-r"),
        "Привет всем".encode("cp1251"),
        "日本語の文章".encode("shift-jis"),
        "ξένος κόσμος".encode("iso8859-7"),
        b"abc \xff\xff\xff def",
        b"caf\xc3\xa9 and caf\xe9 \x9d",
        "hej".encode("utf-32"),
        b"\xff\xfeh\0e\0j\0\x00\xd8x\0",  # half a pair of surrogates
    ],
)
def test_an_encoding_that_cannot_be_told_is_refused_and_never_guessed(content):
    with pytest.raises(TextUnreadable):
        decoded(content, Findings())


def test_nothing_that_can_be_seen_is_an_empty_file(jail):
    with pytest.raises(Empty):
        jail.clean("\u200b\u200d  \n".encode())


FORMULAS = [
    "=1+1",
    "=HYPERLINK(A1)",
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|'/C calc'!A0",
    "@SUM(A1:A9)",
    '"=1+1"',
    " =1",
    "\u200b=1",
]


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_no_cell_of_a_table_is_a_formula(jail, formula, separator):
    rows = [
        separator.join(("Namn", "Summa", "När")),
        separator.join(("Bygg AB", formula, "mars")),
        *3 * [separator.join("abc")],
    ]

    kind, clean, report = with_report(jail, "\r\n".join(rows).encode())

    assert kind is Kind.CSV
    cells = [cell.strip(' "') for line in clean.decode().split("\n") for cell in line.split(separator)]
    assert not any(cell.startswith(("=", "@")) or "cmd" in cell[:3] for cell in cells)
    assert sum(cell.startswith("'") for cell in cells) == 1
    assert any(found.what is What.SCRIPT for found in report.removed)


@pytest.mark.parametrize("cell", ["-12 500,50", "+46 70 123 45 67", "-", "-3 %", "+1", "2026-03-14", "a=b", "a@b.se"])
def test_numbers_and_what_only_holds_a_sign_stay(cell):
    table = f"Vad;Hur mycket\nEtt;{cell}\n"

    assert with_inert_cells(table, Findings()) == table


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"just words", Kind.TEXT),
        (b"BM not a picture at all", Kind.TEXT),
        (b"Subject: a list of words", Kind.TEXT),
        (b"a;b\n1;2\n", Kind.CSV),
        (b"a,b,c\r\n1,2,3\r\n", Kind.CSV),
        ("a\tb\n1\t2\n".encode("utf-16"), Kind.CSV),
        (b"Hello, you.\nGoodbye, you.\n", Kind.TEXT),
        (b'{"a": [1, 2]}', Kind.TEXT),
        (b"# Rubrik\n\n- punkt\n", Kind.TEXT),
    ],
)
def test_a_table_is_known_by_its_rows(head, kind):
    assert sniff_kind(head) is kind


@pytest.mark.parametrize(
    ("content", "refused"),
    [
        (b"Received: from x\nhej\nMessage-ID: b\n\nc", Email),
        (b"hej\0hej", UnknownKind),
    ],
)
def test_what_is_no_text_is_refused(content, refused):
    with pytest.raises(refused):
        sniff_kind(content)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_whatever_the_text_its_reader_vouches_and_cleaning_it_again_changes_nothing(text):
    once = cleaned(text, Findings())

    assert cleaned(once, Findings()) == once
    if once:
        table = with_inert_cells(once, Findings())
        assert is_clean_text(InMemory(once.encode()))
        assert is_clean_table(InMemory(table.encode()))
        assert with_inert_cells(table, Findings()) == table
        assert unicodedata.is_normalized("NFC", once)


class InMemory(bytes):
    """Stands for the mapped file: a slice of it is all that a reader asks for."""


SPOILT = ["\u200b", "\u00a0", "\r", "\u0308", "\u2800", "\ufe0f", "\U000e0041", "\x0c", "\ue000", "\u0378", "\u2028"]


@pytest.mark.parametrize(
    "spoilt", [*(f"a{one}b\n" for one in SPOILT), "a", "a \n", "\na\n", "a\n\n\n\nb\n", "a\n\n", "a\t\n"]
)
def test_the_reader_refuses_what_the_scrubber_would_not_have_written(spoilt):
    if spoilt == "a\u0308b\n":  # what is composed stays so
        assert not is_clean_text(InMemory(spoilt.encode()))
        return
    assert not is_clean_text(InMemory(spoilt.encode()))


@pytest.mark.parametrize("cell", FORMULAS[:-1])
def test_the_reader_refuses_a_formula(cell):
    assert not is_clean_table(InMemory(f"a;{cell};b\n".encode()))


def test_any_bytes_come_out_clean_or_are_refused(jail):
    for content in (
        b"=" * 2**20,
        b" " * 2**20 + b"x",
        b"a\n" * 2**19,
        b"\xe2\x80\x8b" * 2**18 + b"x",
        b"e" + b"\xcc\x81" * 2**18,
    ):
        try:
            jail.clean(content)
        except Refused:
            continue


_HEAD = "Return-Path: <bounce+anna@x>\r\nReceived: from pc-anna (10.1.2.3) by mx\r\nSubject: Prov\r\n\r\nHej du.\r\n"
MESSAGES = {
    "in two bytes a letter": b"\xff\xfe" + _HEAD.encode("utf-16-le"),
    "after a long field": b"Subject: " + b"A" * 9000 + b"\r\n" + _HEAD.encode(),
    "far behind": b"Hej.\r\n" * 20_000 + _HEAD.encode(),
    "after another line": b"Ursprungligt meddelande\r\n" + _HEAD.encode(),
    "after a count of bytes": b"1234\n" + _HEAD.encode(),
    "quoted": b"".join(b"> " + line + b"\n" for line in _HEAD.encode().splitlines()),
    "with other line ends": b"Hej\r" + _HEAD.encode().replace(b"\r\n", b"\r"),
    "with unseen letters": "Hej\n\u00a0Rece\u200bived: from pc-anna".encode(),
    "in a table": b'a;b\r\n1;2\r\n3;"x\r\nMessage-ID: <tok@x>"\r\n5;6\r\n7;8\r\n9;10\r\n1;2\r\n1;2\r\n',
    "a file in it": b"Hej\n" + 3 * (b"/9j4UdQU" * 9 + b"\n"),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_text_with_the_head_of_a_message_or_a_file_in_it_is_refused(jail, name):
    with pytest.raises(Email):
        with_report(jail, MESSAGES[name])


def test_a_list_of_short_messages_is_a_text(jail):
    text = b"From: +46701234567\nDate: 2026-03-14 07:12\nMessage: Du far sparken\n"

    kind, clean, _ = with_report(jail, text)

    assert (kind, clean) == (Kind.TEXT, text)


CARDS = {
    "a card": (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Apple Inc.//macOS 15.1//EN\r\nN:Ek;Bo;;;\r\nFN:Bo Ek\r\n"
        "item1.TEL;type=CELL;X-USER=Ada:070-1\r\nitem1.X-ABLabel:Sommar\r\nPHOTO;ENCODING=b:" + 3 * ("QUJD" * 15 + "\r\n ")
        + "\r\nREV:2026-01-02T03:04:05Z\r\nX-ABUID:4F2-Ada\\:ABPerson\r\nUID:Ada-1\r\n folded Ada\r\nNOTE:rad ett\r\n  rad två\r\n"
        'URL;X-A=1;ALTREP="https://meet.example/Ada-\r\n 99:1":https://example.se/visa;pid=44\r\nEND:VCARD\r\n',
        ("BEGIN:VCARD\nVERSION:3.0\nN:Ek;Bo;;;\nFN:Bo Ek\nitem1.TEL;type=CELL:070-1\nitem1.X-ABLabel:Sommar\n"
        "NOTE:rad ett rad två\nURL:https://example.se/visa;pid=44\nEND:VCARD\n"),
    ),
    "an appointment": (
        ("BEGIN:VCALENDAR\nPRODID:-//Microsoft Corporation//Outlook 16.0//EN\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:040000Ada\n"
        "DTSTAMP:20260102T030405Z\nDTSTART:20260105T080000Z\nSUMMARY:Upphandling\nATTENDEE;CN=Bo;X-NUM-GUESTS=0:mailto:bo@x.se\n"
        "X-MICROSOFT-CDO-OWNERAPPTID:Ada\nEND:VEVENT\nEND:VCALENDAR\n"),
        ("BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nDTSTART:20260105T080000Z\nSUMMARY:Upphandling\n"
        "ATTENDEE;CN=Bo:mailto:bo@x.se\nEND:VEVENT\nEND:VCALENDAR\n"),
    ),
    "in letters as numbers": (
        "BEGIN:VCARD\nVERSION:2.1\nX-Q;ENCODING=QUOTED-PRINTABLE:Ada=\nTEL:Ada\nNOTE;ENCODING=QUOTED-PRINTABLE:r=C3=A5=\nUID:d\nEND:VCARD\n",
        "BEGIN:VCARD\nVERSION:2.1\nNOTE;ENCODING=QUOTED-PRINTABLE:r=C3=A5=\nUID:d\nEND:VCARD\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CARDS)
def test_of_a_card_and_an_appointment_stays_what_is_shown(jail, name):
    content, expected = CARDS[name]

    _, clean, report = with_report(jail, content.encode())

    assert clean.decode() == expected
    assert "Ada" not in clean.decode()
    assert {What.SOFTWARE, What.IDENTIFIER} & {found.what for found in report.removed}
