"""A member whose desk was changed writes what no page would: what the pages of her colleagues make of it."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from desks.harness import running_desks
from desks.pages import pages_of
from visitors.intake_harness import make_home

from cases.wire.messages import AppendAnswer, AppendRequest, WireHead
from desk.server.client import DeskClient
from desk.work import writing
from trusted.case.entry import Attachment, CaseLink, Close, LegalHold, Note, Outcome, RegisterNumber, Stream
from trusted.crypto import streams
from trusted.crypto.seal import Authorship, append

LEAD, HANDLER = 0, 1
EVIL = "<script>alert(1)</script>\u202eabc %s %(count)d {{ 7*7 }} \u2066x"
PAGES = ("", "/write", "/close", "/note", "/register", "/link", "/recuse", "/move", "/sent", "/erase")


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        yield desks


async def put(desks, name, body, stream=Stream.MEMBERS, day=None) -> None:
    """Write an entry past every rule of the library but those by which a stream opens."""
    async with desks.desk(HANDLER) as book:
        await book.sync()
        case = await book.open(book.state.find(name))
        notes = writing._notes(case) if stream is Stream.NOTES else None
        sealed, _entry, head = append(
            case.keys if notes is None else notes.keys,
            stream,
            case.streams.get(stream, ()),
            Authorship(book.keys.id, book.keys.sign_seed, day or desks.clock().date(), writing.seen(case, stream)),
            body,
        )
        await book.ask_case(
            case.known,
            "append",
            AppendRequest,
            AppendAnswer,
            stream=int(stream),
            count=len(case.streams.get(stream, ())),
            header=sealed.header,
            body=sealed.body,
            head=WireHead(head.count, head.tag),
            notes_grants=None if notes is None else notes.grants,
        )


async def test_a_day_at_the_end_of_the_calendar_stops_no_other_case(desks, monkeypatch):
    evil = (await desks.file("Ond.")).keys.case_id.hex()
    for number in range(3):
        await desks.file(f"God {number}.")
    await desks.release()
    with monkeypatch.context() as changed:
        changed.setattr(streams, "YEARS", range(1, 10_000))
        await put(desks, evil, Outcome("handled", "Klart."))
        await put(desks, evil, Close(), day=date.max)

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.services.refresh.wait()
        page = await reader.go("/")
        of_the_case = await reader.go(f"/case/{evil}")

    assert all(f"God {number}." in page.words for number in range(3))
    assert of_the_case.status == 422


@pytest.mark.parametrize(
    ("stream", "body"),
    [
        (Stream.NOTES, Note(EVIL)),
        (Stream.NOTES, RegisterNumber(EVIL)),
        (Stream.NOTES, CaseLink(EVIL)),
        (Stream.MEMBERS, LegalHold(EVIL, on=True)),
        (Stream.MEMBERS, Outcome("dismissed", EVIL, EVIL)),
        (Stream.MEMBERS, Attachment("ab" * 16, "exe\r\nX: y", 2**47, "cd" * 32, 2**30, "ef" * 16)),
    ],
)
async def test_what_a_changed_desk_writes_is_shown_as_text_and_breaks_no_page(desks, stream, body):
    evil = (await desks.file(EVIL)).keys.case_id.hex()
    await desks.release()
    await put(desks, evil, body, stream)

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.services.refresh.wait()
        own = [f"/case/{evil}{page}" for page in (*PAGES, f"/save/{'ab' * 16}")]
        for path in ("/", *own, "/erase", "/checks", "/numbers"):
            page = await reader.go(path)
            assert page.status < 500, path
            assert "<script>alert" not in page.text, path
            assert not {"\u202e", "\u2066"} & set(page.text), path


async def test_a_server_that_names_a_day_at_the_beginning_of_the_calendar_stops_no_page(desks, monkeypatch):
    evil = (await desks.file("Ett.")).keys.case_id.hex()
    await desks.file("Två.")
    await desks.release()
    ordinary = DeskClient.ask

    async def ask(self, verb, question, kind):
        answer = await ordinary(self, verb, question, kind)
        if verb == "case" and question(0).case_id.hex() == evil:
            return msgspec.structs.replace(answer, release_day=date.min)
        if verb == "sync":
            new = [
                one.case_id.hex() for one, found in zip(question(0).asked, answer.found, strict=True) if found == "new"
            ]
            cases = (
                msgspec.structs.replace(case, release_day=date.min) if name == evil else case
                for name, case in zip(new, answer.cases, strict=True)
            )
            return msgspec.structs.replace(answer, cases=tuple(cases))
        return answer

    monkeypatch.setattr(DeskClient, "ask", ask)
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.services.refresh.wait()
        page = await reader.go("/")
        of_the_case = await reader.go(f"/case/{evil}")

    assert "Två." in page.words
    assert of_the_case.status == 422
