"""Close a case: outcome, preview, closed, and nothing of it twice."""

from __future__ import annotations

import re

import pytest
from desks.harness import PASSPHRASE, running_desks, running_with_pages
from desks.pages import Reader, Seen, pages_of
from desks.writing import at_case, drawn, hidden, pieces, send, typed, write
from visitors.intake_harness import file_report, log_in, make_home

from desk.errors import NotReachable
from desk.work import acts
from trusted.case.entry import Close, Message, Note, Outcome, Stream

LEAD, HANDLER = 0, 1


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        yield desks


async def fill_in(reader: Reader, name: str, **fields: str) -> Seen:
    form = await reader.go(f"/case/{name}/close")
    return await reader.send(f"/case/{name}/close", **{"do": "preview", "seen": form.hidden("seen"), **fields})


async def notes(desks, name: str) -> list:
    async with desks.desk(HANDLER) as book:
        await book.sync()
        case = await book.open(book.state.find(name))
        return [entry.body for entry in case.streams.get(Stream.NOTES, ())]


@pytest.mark.parametrize(
    ("chosen", "result", "reason"),
    [
        ("substantiated", "handled", "substantiated"),
        ("partly", "handled", "partly substantiated"),
        ("not", "handled", "not substantiated"),
        ("outside", "dismissed", "outside the law"),
        ("too-little", "dismissed", "too little to go on"),
    ],
)
async def test_a_case_is_closed_with_its_outcome_as_it_was_previewed(desks, chosen, result, reason):
    async with pages_of(desks, LEAD) as reader:
        reporter, name = await at_case(desks, reader)
        preview = await fill_in(reader, name, outcome=chosen, text="Du hade rätt.", note="Beslut i mars.")
        before = await desks.reporter_sees(reporter)
        closed = await send(reader, name, preview, "close")
        bodies = await desks.reporter_sees(reporter)
        again = await reader.go(f"/case/{name}/closed")
        await reader.send("/lock")
        noted = await notes(desks, name)

    assert before == []
    assert "Du hade rätt." in drawn(preview)
    assert "Beslut i mars." not in drawn(preview)
    assert "Beslut i mars." in preview.words
    assert bodies == [Outcome(result, "Du hade rätt.", reason), Close()]
    assert noted == [Note("Beslut i mars.")]
    assert "Ärendet är avslutat" in closed.words
    assert "Lagens sista dag för den var" in closed.words
    assert "Sista dag då anmälaren säkert kan läsa och svara." in closed.words
    assert "Kan gallras. Det står då under Att göra i dag." in closed.words
    assert "Lagens sista dag." in again.words


@pytest.mark.parametrize("outcome", ["substantiated", "outside"])
async def test_the_preview_is_what_the_reporters_inbox_shows(tmp_path, outcome):
    async with running_with_pages(tmp_path, make_home(tmp_path / "home")) as desks:
        page = await file_report(desks.intake.browser(), "Kan ni se på avtalet?")
        await desks.release()
        name = (await desks.listed(LEAD))[0].case_id.hex()
        async with pages_of(desks, LEAD) as reader:
            await reader.unlock()
            preview = await fill_in(reader, name, outcome=outcome, text="Du hade rätt.\n\nTack.")
            closed = await send(reader, name, preview, "close")
        inbox = await log_in(desks.intake.browser(), page.receipt)

    # Both count the last day on which the inbox is surely there.
    day = re.search(r"(\d+ \w+) Sista dag då anmälaren säkert kan läsa och svara", closed.words)[1]
    assert f"åtminstone till och med den {day}" in " ".join(pieces(inbox.text))
    shown = pieces(drawn(preview))
    assert "Du hade rätt. Tack." in shown
    assert any(one.endswith("ärendet kan öppnas igen.") for one in shown)
    assert [one for one in shown if one not in pieces(inbox.text)] == []


async def test_without_feedback_nothing_is_closed_and_what_was_typed_stays(desks):
    async with pages_of(desks, LEAD) as reader:
        reporter, name = await at_case(desks, reader)
        form = await reader.go(f"/case/{name}/close")
        refused = await fill_in(reader, name, outcome="too-little", note="Vi frågade två gånger.")
        bodies = await desks.reporter_sees(reporter)

    assert "bekräftar inget" in form.words
    assert refused.status == 422
    assert "Skriv till anmälaren vad ni har gjort. Ett ärende kan inte avslutas utan återkoppling." in refused.words
    assert 'value="too-little" checked' in refused.text
    assert typed(refused, "note") == "Vi frågade två gånger."
    assert bodies == []


async def test_no_outcome_is_chosen_before_the_member_has_and_without_one_nothing_is_closed(desks):
    async with pages_of(desks, LEAD) as reader:
        reporter, name = await at_case(desks, reader)
        form = await reader.go(f"/case/{name}/close")
        refused = await fill_in(reader, name, text="Klart.")
        bodies = await desks.reporter_sees(reporter)

    assert 'name="outcome"' in form.text
    assert " checked" not in form.text
    assert refused.status == 422
    assert "Du har inte valt utfall." in refused.words
    assert '<legend>Utfall</legend><p class="wrong">Du har inte valt utfall.</p>' in refused.text
    assert typed(refused) == "Klart."
    assert bodies == []


async def test_after_the_acknowledgement_nothing_is_said_of_it(desks):
    async with pages_of(desks, LEAD) as reader:
        _, name = await at_case(desks, reader)
        await send(reader, name, await write(reader, name, act="acknowledge", text="Tack."))
        form = await reader.go(f"/case/{name}/close")

    assert "bekräftar inget" not in form.words


async def test_a_second_press_closes_nothing_twice(desks):
    async with pages_of(desks, LEAD) as reader:
        reporter, name = await at_case(desks, reader)
        preview = await fill_in(reader, name, outcome="substantiated", text="Klart.", note="Skäl.")
        fields = hidden(preview)
        for _ in range(2):
            reader.page = None
            page = await reader.send(f"/case/{name}/close", do="send", **fields)
        bodies = await desks.reporter_sees(reporter)
        await reader.send("/lock")
        noted = await notes(desks, name)

    assert "Ärendet är avslutat" in page.words
    assert bodies == [Outcome("handled", "Klart.", "substantiated"), Close()]
    assert noted == [Note("Skäl.")]


@pytest.mark.parametrize("answers_until", [1, 2, 3, 4])
async def test_what_a_break_left_undone_is_made_good_by_pressing_again_and_nothing_is_there_twice(
    desks, monkeypatch, answers_until
):
    # Note, outcome, close, and then what the server is told: the answer to one of them is lost.
    async with pages_of(desks, LEAD) as reader:
        reporter, name = await at_case(desks, reader)
        preview = await fill_in(reader, name, outcome="substantiated", text="Klart.", note="Skäl.")
        async with reader.services.desk.at_work() as book:
            ask = book.client.ask
        count = 0

        async def breaks(verb, question, kind):
            nonlocal count
            answer = await ask(verb, question, kind)
            count += verb in {"append", "statement"}
            if count == answers_until and verb in {"append", "statement"}:
                raise NotReachable
            return answer

        monkeypatch.setattr(book.client, "ask", breaks)
        broken = await send(reader, name, preview, "close")
        monkeypatch.setattr(book.client, "ask", ask)
        again = await reader.send(
            f"/case/{name}/close", do="preview", outcome="substantiated", text=typed(broken), note=typed(broken, "note"),
            seen=broken.hidden("seen"),
        )  # fmt: skip
        if "Ärendet är inte riktigt avslutat ännu" in again.words:
            again = await reader.send(f"/case/{name}/close", do="finish")
        elif reader.at.endswith("/close"):
            again = await send(reader, name, again, "close")
        bodies = await desks.reporter_sees(reporter)
        await reader.send("/lock")
        noted = await notes(desks, name)
        async with desks.desk(HANDLER) as book:
            await book.sync()
            case = await book.open(book.state.find(name))

    assert "Inte skickat." in broken.words
    assert "Ärendet är avslutat" in again.words
    assert bodies == [Outcome("handled", "Klart.", "substantiated"), Close()]
    assert noted == [Note("Skäl.")]
    assert case.server_state == "closed"


async def test_a_colleague_who_writes_meanwhile_is_read_first(desks):
    async with pages_of(desks, LEAD) as reader:
        reporter, name = await at_case(desks, reader)
        preview = await fill_in(reader, name, outcome="substantiated", text="Klart.")
        async with desks.desk(HANDLER) as book:
            await book.sync()
            await acts.do(book, "reply", name, "Vänta lite.")
        stopped = await send(reader, name, preview, "close")
        between = await desks.reporter_sees(reporter)
        await send(reader, name, stopped, "close")
        bodies = await desks.reporter_sees(reporter)

    assert "skickade ett svar medan du skrev." in stopped.words
    assert between == [Message("Vänta lite.")]
    assert bodies == [Message("Vänta lite."), Outcome("handled", "Klart.", "substantiated"), Close()]


async def test_a_closed_case_is_not_closed_again_and_nobody_writes_in_it(desks):
    async with pages_of(desks, LEAD) as reader:
        _, name = await at_case(desks, reader)
        await send(reader, name, await fill_in(reader, name, outcome="substantiated", text="Klart."), "close")
        pages = [await reader.go(f"/case/{name}/{page}") for page in ("close", "write")]

    assert all("Du kan inte skriva till anmälaren nu" in page.words for page in pages)


async def test_a_form_that_meets_the_lock_comes_back_whole(desks):
    async with pages_of(desks, LEAD) as reader:
        _, name = await at_case(desks, reader)
        form = await reader.go(f"/case/{name}/close")
        await reader.services.desk.lock()
        await reader.send(
            f"/case/{name}/close", do="preview", outcome="outside", text="Vänd dig till skolan.", note="Inte vi.",
            seen=form.hidden("seen"),
        )  # fmt: skip
        back = await reader.send("/unlock", passphrase=PASSPHRASE)

    assert reader.at == f"/case/{name}/close"
    assert (typed(back), typed(back, "note")) == ("Vänd dig till skolan.", "Inte vi.")
    assert 'value="outside" checked' in back.text
