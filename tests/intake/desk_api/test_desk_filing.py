"""A report that a desk files for somebody who calls: what the server takes, and what it leaves behind."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from desks.harness import lie, running_desks
from desks.requests import raw, signed
from visitors.intake_harness import make_home

from cases.wire import messages
from cases.wire.filing import REPORT_BYTES_MAX, FileReportRequest, ReportFormAnswer
from desk.errors import StrangeAnswer
from desk.work.oral import OralCall, OralNotes, file_report
from trusted.case.entry import ItemKind, Report, Stream
from trusted.case.errors import NotARecipient
from trusted.crypto.envelope import Place
from trusted.crypto.seal import new_case_keys, open_grant, open_stream, seal_header
from trusted.receipt.keys import receipt_keys

CASE_TABLES = ("cases", "entries", "heads", "waiting_items", "files", "chunks", "notes_grants", "statements")
TEXT = "Kommunen betalade två gånger för bron."


def notes(text: str = TEXT, **more) -> OralNotes:
    chosen = {"organisation": None, "concerns": frozenset(), "unnamed": False, "urgent": False, "language": "sv"}
    return OralNotes(text=text, **{**chosen, **more})


async def sealed(desks, text: str = TEXT, call: OralCall | None = None, **more) -> FileReportRequest:
    """The request as a desk makes it, without sending it."""
    caught = []
    async with desks.desk(0) as book:
        ask = book.client.ask

        async def instead(verb, question, kind):
            if verb != "file-report":
                return await ask(verb, question, kind)
            caught.append(question(0))
            return messages.StateAnswer("done")

        book.client.ask = instead
        await file_report(book, call or OralCall(), notes(text, **more))
    return caught[0]


async def hand_in(desks, request, counter: int = 10**6, member: int = 0):
    body = request if isinstance(request, bytes) else messages.encode(request)
    headers = signed(desks, desks.made.keys[member], "file-report", body, counter)
    status, answer, _headers = await raw(desks, "file-report", body, headers)
    return status, msgspec.json.decode(answer)


def shapes(desks) -> dict[str, list]:
    """Of every table that belongs to cases, the sizes of all values in all rows; days and counts as they are."""
    found = {}
    with sqlite3.connect(f"file:{desks.made.home.path}/kallskydd.db?mode=ro", uri=True) as connection:
        for table in CASE_TABLES:
            cursor = connection.execute(f"SELECT * FROM {table}")
            # Where the share lies is drawn at random.
            places = [place for place, column in enumerate(cursor.description) if column[0] != "slot"]
            rows = [[row[place] for place in places] for row in cursor.fetchall()]
            found[table] = sorted(
                tuple(len(value) if isinstance(value, bytes) else value for value in row) for row in rows
            )
    connection.close()
    return found


def kept(desks) -> int:
    return len(shapes(desks)["cases"])


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as running:
        yield running


async def test_what_is_filed_opens_for_those_whom_the_rules_name_and_for_nobody_else(desks):
    marked = desks.made.keys[1]
    request = await sealed(desks, concerns=frozenset({marked.id}))

    status, answer = await hand_in(desks, request)
    await desks.release()
    opens = []
    for keys in desks.made.keys:
        items = [item for batch in await desks.store.box(keys.id_bytes) for item in batch.items]
        for item in items:
            try:
                opens.append((keys.id, open_grant(item, keys.id_bytes, keys.box_private).case_id))
            except NotARecipient:
                continue
    rules = {member.id for member in desks.roster.members if member.role != "counsel"} - {marked.id}
    if len(rules) < 2:
        rules |= {member.id for member in desks.roster.counsel}

    assert (status, answer) == (200, {"state": "done"})
    assert {case_id for _member, case_id in opens} == {request.case_id}
    assert {member for member, _case_id in opens} == rules


async def test_the_entry_is_the_one_that_the_intake_would_have_made(desks):
    call = OralCall()
    request = await sealed(desks, call=call, urgent=False, organisation=desks.roster.organisations[0].key)
    keys = receipt_keys(call.receipt, desks.store.salt)

    await hand_in(desks, request)
    rows = await desks.store.reporter_streams(request.case_id)
    found = rows.streams[Stream.REPORTER]
    (entry,) = open_stream(call.keys, Stream.REPORTER, found.sealed, found.head)

    assert isinstance(entry.body, Report)
    assert (entry.author, entry.body.text) == (keys.id.hex(), TEXT)
    assert entry.day == rows.release_day
    assert entry.body.call_back == " ".join(call.call_back)
    assert len(set(call.call_back) & set(call.receipt.words)) < 3


async def test_the_store_holds_the_same_rows_of_the_same_sizes_as_after_a_report_from_the_form(tmp_path):
    found = []
    for name in ("by-voice", "from-the-form"):
        (tmp_path / name).mkdir()
        async with running_desks(tmp_path / name, make_home(tmp_path / name / "home")) as desks:
            if name == "by-voice":
                await hand_in(desks, await sealed(desks))
            else:
                await desks.file(TEXT)
            waiting = shapes(desks)
            await desks.release()
            found.append((waiting, shapes(desks)))

    assert found[0] == found[1]
    assert len(found[0][0]["entries"]) == 1
    assert found[0][0]["waiting_items"]


async def test_an_urgent_one_is_shown_at_once_as_from_the_form(desks):
    request = await sealed(desks, urgent=True)

    await hand_in(desks, request)
    cases = await desks.listed(0)

    assert [case.case_id for case in cases] == [request.case_id]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("case_id", b"x" * 15),
        ("lookup_id", b"x" * 17),
        ("commitment", b"x" * 31),
        ("access_key", b""),
        ("share", b"x" * 33),
        ("head_tag", b"x" * 31),
        ("reporter_grant", b"x" * 152),
        ("header", b"x" * 118),
        ("header", bytes(119)),
        ("body", b""),
        ("body", b"x" * 40),
        ("body", b"x" * (40 + 4096 + 1)),
        ("body", b"x" * (REPORT_BYTES_MAX + 1)),
        # Another commitment than the one in the header.
        ("commitment", b"x" * 32),
    ],
)
async def test_other_sizes_and_shapes_are_refused_and_nothing_is_kept(desks, field, value):
    request = msgspec.structs.replace(await sealed(desks), **{field: value})

    status, answer = await hand_in(desks, request)

    assert (status, answer["text_key"]) == (403, "request.unreadable")
    assert kept(desks) == 0


@pytest.mark.parametrize(
    ("place", "epoch"),
    [
        (Place(Stream.REPORTER, 1, ItemKind.ENTRY), 1),
        (Place(Stream.MEMBERS, 0, ItemKind.ENTRY), 1),
        (Place(Stream.NOTES, 0, ItemKind.ENTRY), 1),
        (Place(Stream.FILES, 0, ItemKind.FILE), 1),
        (Place(Stream.REPORTER, 0, ItemKind.ENTRY), 2),
    ],
)
async def test_an_entry_of_another_place_than_the_first_is_refused(desks, place, epoch):
    request, keys = await sealed(desks), replace(new_case_keys(), epoch=epoch)
    header = seal_header(keys, place, bytes(32))
    moved = msgspec.structs.replace(request, case_id=keys.case_id, commitment=keys.commitment, header=header)

    status, answer = await hand_in(desks, moved)

    assert (status, answer["text_key"]) == (403, "request.unreadable")
    assert kept(desks) == 0


@pytest.mark.parametrize("change", ["one too few", "none", "a stranger's too", "a stranger's instead"])
async def test_there_is_one_item_for_every_member_and_for_nobody_else(desks, change):
    request = await sealed(desks)
    grants = dict(request.grants)
    some = next(iter(grants))
    if change in {"one too few", "a stranger's instead"}:
        item = grants.pop(some)
    if change == "none":
        grants.clear()
    if change in {"a stranger's too", "a stranger's instead"}:
        grants["00" * 16] = item if "instead" in change else grants[some]

    status, answer = await hand_in(desks, msgspec.structs.replace(request, grants=grants))

    assert (status, answer["text_key"]) == (409, "roster.moved")
    assert kept(desks) == 0


async def test_an_item_of_another_size_is_refused(desks):
    request = await sealed(desks)
    grants = {**request.grants, next(iter(request.grants)): b"x" * 154}

    status, answer = await hand_in(desks, msgspec.structs.replace(request, grants=grants))

    assert (status, answer["text_key"]) == (403, "request.unreadable")
    assert kept(desks) == 0


@pytest.mark.parametrize("days", [-1, 1, 400])
async def test_it_waits_for_no_other_day_than_a_report_from_the_form(desks, days):
    request = await sealed(desks)
    other = msgspec.structs.replace(request, release_on=request.release_on + timedelta(days=days))

    status, answer = await hand_in(desks, other)

    assert (status, answer["text_key"]) == (403, "filing.other_day")
    assert kept(desks) == 0


async def test_without_a_members_signature_it_is_refused(desks):
    body = messages.encode(await sealed(desks))
    other = signed(desks, desks.made.keys[0], "file-report", b"{}", 10**6)

    unsigned = await raw(desks, "file-report", body, {})
    of_another_body = await raw(desks, "file-report", body, other)

    assert {unsigned[0], of_another_body[0]} == {403}
    assert kept(desks) == 0


async def test_played_again_it_files_nothing_and_sent_again_it_is_known_as_filed(desks):
    request = await sealed(desks)
    body = messages.encode(request)
    headers = signed(desks, desks.made.keys[0], "file-report", body, 10**6)

    first = await raw(desks, "file-report", body, headers)
    played = await raw(desks, "file-report", body, headers)
    again = await hand_in(desks, request, 10**6 + 1)
    by_another = await hand_in(desks, request, 1, member=1)

    assert (first[0], played[0]) == (200, 403)
    assert [(status, answer["text_key"]) for status, answer in (again, by_another)] == [(409, "store.conflict")] * 2
    assert kept(desks) == 1


async def test_a_desk_that_got_no_answer_sends_the_same_call_again_and_it_is_one_case(desks):
    call = OralCall()
    async with desks.desk(0) as book:
        first = await file_report(book, call, notes())
        second = await file_report(book, call, notes("Något annat."))

    assert (first.again, second.again) == (False, True)
    assert kept(desks) == 1


@pytest.mark.parametrize("days", [-1, 30, 400])
async def test_a_desk_writes_no_day_into_a_report_that_a_release_cannot_have(desks, days):
    async with desks.desk(0) as book:
        day = desks.clock().date() + timedelta(days=days)
        lie(book, "report-form", ReportFormAnswer(bytes(16), day, at_once=False, languages=("sv",)))

        with pytest.raises(StrangeAnswer):
            await file_report(book, OralCall(), notes())

    assert kept(desks) == 0


async def test_the_id_of_an_erased_case_is_not_given_to_another(desks):
    call = OralCall()
    request = await sealed(desks, call=call)
    await hand_in(desks, request)
    await desks.release()
    await desks.store.erase(request.case_id)

    status, answer = await hand_in(desks, await sealed(desks, call=call), 10**7)

    assert (status, answer["text_key"]) == (409, "store.conflict")
    assert kept(desks) == 0


async def test_unknown_fields_and_no_json_are_refused(desks):
    body = messages.encode(await sealed(desks))
    more = msgspec.json.encode({**msgspec.json.decode(body), "key": "AAAA"})

    answers = [await hand_in(desks, one, 10**6 + n) for n, one in enumerate((b"[]", b"{}", more, b"\xff"))]

    assert {(status, answer["text_key"]) for status, answer in answers} == {(403, "request.unreadable")}


async def test_nothing_that_opens_the_case_or_makes_the_words_is_in_the_request(desks):
    call = OralCall()
    body = messages.encode(await sealed(desks, call=call))
    values = msgspec.json.decode(body, type=FileReportRequest)
    whole = b"".join(
        value for name in values.__struct_fields__ if isinstance(value := getattr(values, name), bytes)
    ) + b"".join(values.grants.values())

    assert call.keys.key not in whole
    assert call.receipt.secret not in whole
    assert not any(word.encode() in body for word in (*call.receipt.words, *call.call_back) if len(word) > 5)
