"""Nothing that was typed is lost and nothing is sent twice: two at once, Reload, the lock, no server, drafts."""

from __future__ import annotations

import os

import pytest
from desks.harness import PASSPHRASE, running_desks
from desks.pages import pages_of
from desks.writing import at_case, drawn, hidden, send, typed, write
from visitors.intake_harness import make_home

from desk.keep.drafts import DRAFTS_BYTES_MIN, read_drafts
from desk.work import acts
from desk.work.erasing import erase
from trusted.case.entry import Message

LEAD, HANDLER = 0, 1
SEALED_BYTES = DRAFTS_BYTES_MIN + 40


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        yield desks


async def colleague_writes(desks, name: str, text: str = "Från Jonas.", act: str = "reply") -> str:
    """Another member writes in the case; her name."""
    async with desks.desk(HANDLER) as book:
        await book.sync()
        await acts.do(book, act, name, text)
        return book.chain.current.member(book.keys.id).name


async def test_a_colleague_who_writes_meanwhile_is_read_first_and_a_second_press_sends(desks):
    async with pages_of(desks, LEAD) as reader:
        reporter, name = await at_case(desks, reader)
        preview = await write(reader, name, act="reply", text="Från mig.")
        colleague = await colleague_writes(desks, name)
        stopped = await send(reader, name, preview)
        between = await desks.reporter_sees(reporter)
        draft = dict(reader.services.desk.drafts.of(name, "write"))
        await send(reader, name, stopped)
        bodies = await desks.reporter_sees(reporter)
        drafts = reader.services.desk.drafts.of(name, "write")

    assert stopped.status == 422
    assert f"{colleague} skickade ett svar medan du skrev. Läs det först; ditt är kvar som utkast." in stopped.words
    assert "Från mig." in drawn(stopped)
    assert between == [Message("Från Jonas.")]
    assert draft["text"] == "Från mig."
    assert bodies == [Message("Från Jonas."), Message("Från mig.")]
    assert drafts == {}


async def test_a_colleague_who_wrote_before_the_preview_is_named_there_and_notes_do_not_count(desks):
    async with pages_of(desks, LEAD) as reader:
        _, name = await at_case(desks, reader)
        form = await reader.go(f"/case/{name}/write")
        await colleague_writes(desks, name, "Bara för oss.", act="note")
        quiet = await reader.send(
            f"/case/{name}/write", do="preview", act="reply", text="Hej.", seen=form.hidden("seen")
        )
        await colleague_writes(desks, name)
        told = await reader.send(
            f"/case/{name}/write", do="preview", act="reply", text="Hej.", seen=form.hidden("seen")
        )
        again = await reader.send(
            f"/case/{name}/write", do="preview", act="reply", text=typed(told), seen=told.hidden("seen")
        )

    assert quiet.status == 200
    assert "medan du skrev" in told.words
    assert typed(told) == "Hej."
    assert again.status == 200
    assert "Hej." in drawn(again)


async def test_a_reporter_who_writes_meanwhile_is_read_first(desks):
    async with pages_of(desks, LEAD) as reader:
        reporter, name = await at_case(desks, reader)
        preview = await write(reader, name, act="reply", text="Från mig.")
        await desks.reporter_writes(reporter, Message("En sak till."))
        await desks.release()
        stopped = await send(reader, name, preview)

    assert "Anmälaren skrev medan du skrev." in stopped.words


async def test_a_second_press_and_an_old_page_send_nothing_twice(desks):
    async with pages_of(desks, LEAD) as reader:
        reporter, name = await at_case(desks, reader)
        preview = await write(reader, name, act="reply", text="En gång.")
        fields = hidden(preview)
        reader.page = None
        first = await reader.send(f"/case/{name}/write", do="send", **fields)
        reader.page = None
        second = await reader.send(f"/case/{name}/write", do="send", **fields)
        reader.page = None
        # The same page with another text: its token has been used.
        third = await reader.send(f"/case/{name}/write", do="send", **{**fields, "text": "En till."})
        bodies = await desks.reporter_sees(reporter)

    assert "Skickat" in first.words
    assert "Skickat" in second.words
    assert third.status == 422
    assert "redan tagits emot en gång" in third.words
    assert typed(third) == "En till."
    assert bodies == [Message("En gång.")]


async def test_an_answer_that_was_lost_on_the_way_back_is_not_sent_again(desks, monkeypatch):
    async with pages_of(desks, LEAD) as reader:
        reporter, name = await at_case(desks, reader)
        preview = await write(reader, name, act="reply", text="En gång.")
        desk = reader.services.desk
        async with desk.at_work() as book:
            ask = book.client.ask

        async def lost(verb, question, kind):
            answer = await ask(verb, question, kind)
            if verb == "append":
                raise_not_reachable()
            return answer

        monkeypatch.setattr(book.client, "ask", lost)
        broken = await send(reader, name, preview)
        monkeypatch.setattr(book.client, "ask", ask)
        again = await reader.send(
            f"/case/{name}/write", do="preview", act="reply", text=typed(broken), seen=broken.hidden("seen")
        )
        await send(reader, name, again)
        bodies = await desks.reporter_sees(reporter)

    assert "Inte skickat." in broken.words
    assert reader.at == f"/case/{name}/sent"
    assert bodies == [Message("En gång.")]


async def test_without_the_server_the_text_stays_on_the_page_and_as_a_draft(desks, monkeypatch):
    async with pages_of(desks, LEAD) as reader:
        reporter, name = await at_case(desks, reader)
        preview = await write(reader, name, act="ask", text="När var det?", by="2030-01-01")
        async with reader.services.desk.at_work() as book:
            ask = book.client.ask
        monkeypatch.setattr(book.client, "ask", unreachable)
        offline = await send(reader, name, preview)
        shown = await reader.go(f"/case/{name}/write")
        phrase = await reader.send(f"/case/{name}/write", do="phrase", phrase="meet", act="ask", text="Mer.", seen="")
        unknown = await reader.go(f"/case/{'0' * 32}/write")
        monkeypatch.setattr(book.client, "ask", ask)
        bodies = await desks.reporter_sees(reporter)

    assert offline.status == 422
    assert "Inte skickat. Servern svarar inte. Texten är ett utkast; tryck igen när servern svarar." in offline.words
    assert typed(offline) == typed(shown) == "När var det?"
    assert 'value="ask" checked' in shown.text
    assert 'value="2030-01-01" selected' in shown.text
    assert typed(phrase) == "Mer."
    assert "Du kan inte öppna sidan." in unknown.words
    assert bodies == []


async def test_a_form_that_meets_the_lock_comes_back_with_its_text_and_its_choice(desks):
    async with pages_of(desks, LEAD) as reader:
        _, name = await at_case(desks, reader)
        form = await reader.go(f"/case/{name}/write")
        await reader.services.desk.lock()
        held = await reader.send_file(
            f"/case/{name}/write", b"x" * 3_000_000, do="preview", act="minutes", text="Vi talades vid.",
            seen=form.hidden("seen"),
        )  # fmt: skip
        back = await reader.send("/unlock", passphrase=PASSPHRASE)

    assert "Det du skrev finns kvar" in held.words
    assert reader.at == f"/case/{name}/write"
    assert typed(back) == "Vi talades vid."
    assert 'value="minutes" checked' in back.text


async def test_a_preview_from_before_the_lock_sends_nothing_and_keeps_the_text(desks):
    async with pages_of(desks, LEAD) as reader:
        reporter, name = await at_case(desks, reader)
        preview = await write(reader, name, act="reply", text="Hej.")
        await reader.services.desk.lock()
        await reader.services.desk.unlock(PASSPHRASE)
        stopped = await send(reader, name, preview)
        bodies = await desks.reporter_sees(reporter)

    assert stopped.status == 422
    assert typed(stopped) == "Hej."
    assert bodies == []


async def test_a_draft_is_kept_sealed_over_the_lock_and_gone_when_it_is_sent(desks):
    async with pages_of(desks, LEAD) as reader:
        _, name = await at_case(desks, reader)
        file = reader.services.home.drafts
        empty = file.read_bytes()
        form = await reader.go(f"/case/{name}/write")
        saved = await reader.send(
            f"/case/{name}/write", do="draft", act="assess", text="Vi tänker utreda.", seen=form.hidden("seen")
        )
        full = file.read_bytes()
        await reader.send("/lock")
        await reader.go("/unlock")
        await reader.send("/unlock", passphrase=PASSPHRASE)
        back = await reader.go(f"/case/{name}/write")
        await send(reader, name, await write(reader, name, act="assess", text=typed(back)))
        after = await reader.go(f"/case/{name}/write")

    assert "Utkastet är sparat" in saved.words
    assert typed(saved) == typed(back) == "Vi tänker utreda."
    assert 'value="assess" checked' in back.text
    assert typed(after) == ""
    assert len(empty) == len(full) == SEALED_BYTES
    assert b"utreda" not in full


async def test_a_draft_is_in_sight_on_the_overview_and_the_case_and_can_be_thrown_away(desks):
    async with pages_of(desks, LEAD) as reader:
        _, name = await at_case(desks, reader)
        form = await reader.go(f"/case/{name}/write")
        await reader.send(f"/case/{name}/write", do="draft", act="reply", text="Halvfärdigt.", seen=form.hidden("seen"))
        overview, case = await reader.go("/"), await reader.go(f"/case/{name}")
        await reader.go(f"/case/{name}/write")
        await reader.send(
            f"/case/{name}/write", do="discard", act="reply", text="Halvfärdigt.", seen=form.hidden("seen")
        )
        overview_after, case_after = await reader.go("/"), await reader.go(f"/case/{name}")
        empty = await reader.go(f"/case/{name}/write")

    assert "Utkast" in overview.words
    assert "Du har börjat skriva." in case.words
    assert "Utkast" not in overview_after.words
    assert "Du har börjat skriva." not in case_after.words
    assert typed(empty) == ""


async def test_the_file_of_drafts_is_there_from_the_first_unlocking_and_one_that_is_damaged_is_told(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.open()
        file = reader.services.home.drafts
        before = file.exists()
        await reader.send("/unlock", passphrase=PASSPHRASE)
        size = file.stat().st_size
        reporter = await desks.file("Något.")
        await desks.release()
        await reader.send("/lock")
        file.write_bytes(bytes(100))
        await reader.go("/unlock")
        await reader.send("/unlock", passphrase=PASSPHRASE)
        page = await reader.go(f"/case/{reporter.keys.case_id.hex()}/write")

    assert not before
    assert size == SEALED_BYTES
    assert "Utkasten på datorn gick inte att läsa" in page.words


async def test_the_drafts_of_an_erased_case_are_gone_and_nobody_elses_key_opens_them(desks):
    async with pages_of(desks, LEAD) as reader:
        _, name = await at_case(desks, reader)
        form = await reader.go(f"/case/{name}/write")
        await reader.send(f"/case/{name}/write", do="draft", act="reply", text="Ett utkast.", seen=form.hidden("seen"))
        seeds = [keys.sign_seed for keys in desks.made.keys[:2]]
        file = reader.services.home.drafts
        kept, by_another = read_drafts(file, seeds[0]), read_drafts(file, seeds[1])
        await reader.send("/lock")
        for number in (LEAD, HANDLER):
            async with desks.desk(number) as book:
                await book.sync()
                if number == LEAD:
                    await acts.do(book, "close", name, "Klart.")
                    desks.clock.forward(days=40)
                await erase(book, name, "LK 1")
        await reader.go("/unlock")
        await reader.send("/unlock", passphrase=PASSPHRASE)
        page = await reader.go(f"/case/{name}/write")
        after = read_drafts(file, seeds[0])

    assert kept.of(name, "write")["text"] == "Ett utkast."
    assert by_another.was_damaged
    assert page.status == 422
    assert "Ett utkast." not in page.text
    assert after.of(name, "write") == {}


async def test_the_preview_can_be_loaded_again_before_it_is_sent(desks):
    async with pages_of(desks, LEAD) as reader:
        reporter, name = await at_case(desks, reader)
        form = await reader.go(f"/case/{name}/write")
        fields = {"do": "preview", "act": "reply", "text": "Hej.", "seen": form.hidden("seen")}
        pages = [await reader.send(f"/case/{name}/write", **fields) for _ in range(2)]
        await send(reader, name, pages[1])
        bodies = await desks.reporter_sees(reporter)

    assert [page.status for page in pages] == [200, 200]
    assert bodies == [Message("Hej.")]


async def test_the_draft_of_one_page_leaves_that_of_the_other(desks):
    async with pages_of(desks, LEAD) as reader:
        _, name = await at_case(desks, reader)
        await write(reader, name, do="draft", act="reply", text="Svar.")
        form = await reader.go(f"/case/{name}/close")
        await reader.send(f"/case/{name}/close", do="draft", text="Utfall.", note="Skäl.", seen=form.hidden("seen"))
        both = typed(await reader.go(f"/case/{name}/write")), typed(await reader.go(f"/case/{name}/close"))

    assert both == ("Svar.", "Utfall.")


async def unreachable(_verb, _question, _kind):
    """The server does not answer."""
    raise_not_reachable()


def raise_not_reachable():
    from desk.errors import NotReachable

    raise NotReachable


def test_the_bytes_of_an_earlier_draft_are_overwritten_where_they_lay(tmp_path):
    kept = read_drafts(tmp_path / "drafts.sealed", bytes(32))
    kept.keep("ab" * 16, "write", {"text": "Ordagrant ur anmälan."})
    with kept.path.open("rb") as still_open:
        before = still_open.read()
        kept.drop("ab" * 16, "write")
        still_open.seek(0)
        left = still_open.read()

    assert len(left) == len(before)
    assert sum(one == other for one, other in zip(left, before, strict=True)) < len(before) / 10
    assert [path.name for path in tmp_path.iterdir()] == ["drafts.sealed"]
    assert not read_drafts(kept.path, bytes(32)).was_damaged


@pytest.mark.parametrize("linked", [False, True])
def test_what_a_killed_writing_has_left_is_gone_at_the_next(tmp_path, linked):
    kept = read_drafts(tmp_path / "drafts.sealed", bytes(32))
    kept.keep("ab" * 16, "write", {"text": "Ordagrant ur anmälan."})
    left = tmp_path / f".drafts.sealed.{'0a' * 8}"
    if linked:
        # Killed between the second name and the new file.
        os.link(kept.path, left)
    else:
        left.write_bytes(kept.path.read_bytes())

    kept.write()

    assert [path.name for path in tmp_path.iterdir()] == ["drafts.sealed"]
    assert read_drafts(kept.path, bytes(32)).of("ab" * 16, "write") == {"text": "Ordagrant ur anmälan."}
