"""What desks see of acts in the inbox, on real pages: approved notes, an inbox that has ended, an earlier report."""

import msgspec
import pytest
from desks.harness import running_with_pages
from desks.moved_cases import signed
from desks.pages import pages_of
from visitors.code_search import code_in
from visitors.intake_harness import file_report, log_in, make_home, words_asked, zygotes
from visitors.samples import photograph

from cases.case.merging import merge
from desk.commands import show
from desk.errors import ServerRefused
from desk.work import acts
from desk.work.erasing import erase
from desk.work.moves import offer
from trusted.case.entry import Message, MinutesApproved, PhoneMinutes, Report, Stream

LEAD, HANDLER, COUNSEL = range(3)


async def a_case(desks):
    """A released case: its receipt page, and its name on the desks."""
    page = await file_report(desks.intake.browser(), "En sak.")
    await desks.release()
    known = await desks.listed(LEAD)
    return page, known[0].case_id.hex()


async def press(browser, page, action):
    """Press the button of this action and then the one that the page asks with."""
    asked = await browser.post(action, page.form(action).fields)
    return await browser.post(action, asked.form(action).fields)


async def approve(browser, inbox):
    """Approve notes; returns the page with the new words."""
    words = await press(browser, inbox, "/inbox/minutes")
    await browser.post("/inbox/minutes", words.form("/inbox/minutes").with_(word=words_asked(words)))
    return words


async def test_a_file_that_the_reporter_has_withdrawn_is_marked_where_it_is_listed(tmp_path):
    async with (
        zygotes() as sandbox,
        running_with_pages(tmp_path, make_home(tmp_path / "home"), sandbox=sandbox) as desks,
    ):
        browser = desks.intake.browser()
        page = await file_report(browser, "Två bilder.", [photograph(), photograph(80)])
        await desks.release()
        inbox = await log_in(browser, page.receipt)
        first = next(form for form in inbox.forms if form.action == "/inbox/withdraw" and "file" in dict(form.fields))
        asked = await browser.post("/inbox/withdraw", first.fields)
        await browser.post("/inbox/withdraw", asked.form("/inbox/withdraw").fields)
        await desks.release()
        name = (await desks.listed(LEAD))[0].case_id.hex()
        case = await desks.opened(LEAD, name)
        async with pages_of(desks, LEAD) as reader:
            await reader.unlock()
            shown = await reader.go(f"/case/{name}")

    assert case.state.withdrawn_files == {dict(first.fields)["file"]}
    assert shown.words.count("Anmälaren har återtagit filen.") == 1


async def test_notes_written_at_a_desk_are_approved_in_the_inbox_and_the_desk_says_so(tmp_path):
    async with running_with_pages(tmp_path, make_home(tmp_path / "home")) as desks:
        page, name = await a_case(desks)
        browser = desks.intake.browser()
        await desks.act(HANDLER, "minutes", name, "Du sade att bron är betald två gånger.")
        approved = await approve(browser, await log_in(browser, page.receipt))
        before = await desks.opened(LEAD, name)
        await desks.release()
        after = await desks.opened(LEAD, name)

    kinds = [[type(entry.body) for entry in merge(case.streams)] for case in (before, after)]
    assert kinds == [[Report, PhoneMinutes], [Report, PhoneMinutes, MinutesApproved]]
    assert after.streams[Stream.REPORTER][-1].body.number == 0
    assert not code_in(str(msgspec.to_builtins(list(after.streams.values()))), approved.receipt.words)


async def test_a_case_passes_to_other_readers_after_an_approval_and_the_new_words_still_open_it(tmp_path):
    async with running_with_pages(tmp_path, make_home(tmp_path / "home")) as desks:
        page, name = await a_case(desks)
        browser = desks.intake.browser()
        async with desks.desk(LEAD) as book:
            await book.sync()
            await acts.do(book, "minutes", name, "Du sade att bron är betald två gånger.")
        approved = await approve(browser, await log_in(browser, page.receipt))
        await desks.release()
        ids = [keys.id for keys in desks.made.keys]
        async with desks.desk(LEAD) as book:
            await book.sync()
            move = await offer(book, name, [ids[HANDLER], ids[COUNSEL]], ids[HANDLER], "Jäv.")
        await signed(desks, HANDLER, move)
        new = await log_in(browser, approved.receipt)
        old = await log_in(browser, page.receipt)
        await browser.post("/inbox/write", new.form("/inbox/write").with_(text="Mer om bron."))
        await desks.release()
        case = await desks.opened(HANDLER, name)

    assert "En sak." in new.plain
    assert "Den koden öppnar inget ärende." in old.plain
    assert merge(case.streams)[-1].body == Message("Mer om bron.")
    assert case.warnings == ()


async def test_desks_see_that_an_inbox_has_ended_and_erase_without_waiting_for_it(tmp_path):
    async with running_with_pages(tmp_path, make_home(tmp_path / "home")) as desks:
        page, name = await a_case(desks)
        browser = desks.intake.browser()
        async with desks.desk(LEAD) as book:
            await book.sync()
            await acts.do(book, "close", name, "Klart.")
            await press(browser, await log_in(browser, page.receipt), "/inbox/end")
            with pytest.raises(ServerRefused) as too_early:
                await erase(book, name, "G 1")
            await desks.release()
            case = await book.open(book.state.find(name))
            listed = show.state_object(case)
            first = await erase(book, name, "G 1")
        async with desks.desk(HANDLER) as book:
            await book.sync()
            second = await erase(book, name, "G 1")

    assert too_early.value.text_key == "erase.inbox_open"
    assert (listed["inbox_ended"], listed["state"]) == (True, "erasable")
    assert (first, second) == ("kept", "done")


async def test_a_desk_shows_the_language_of_a_report_and_that_it_belongs_to_an_earlier_one(tmp_path):
    async with running_with_pages(tmp_path, make_home(tmp_path / "home")) as desks:
        await file_report(desks.intake.browser(), "En sak till.", earlier="yes")
        await desks.release()
        (known,) = await desks.listed(LEAD)
        async with desks.desk(LEAD) as book:
            await book.sync()
            case = await book.open(book.state.find(known.case_id.hex()))
            listed = show.state_object(case)

    assert (listed["language"], listed["earlier"], listed["tried"]) == ("sv", True, {})


async def test_a_desk_shows_of_which_kind_the_files_were_that_were_not_accepted(tmp_path):
    async with running_with_pages(tmp_path, make_home(tmp_path / "home")) as desks:
        browser = desks.intake.browser()
        told = await file_report(browser, "Med film.", [b"RIFF\0\0\0\0AVI LIST", b"Note: a\nReceived: from b\n"])
        await browser.post("/report", told.form("/report").with_())
        await desks.release()
        (known,) = await desks.listed(LEAD)
        async with desks.desk(LEAD) as book:
            await book.sync()
            case = await book.open(book.state.find(known.case_id.hex()))
            listed = show.state_object(case)

    assert listed["tried"] == {"e-mail": 1, "sound or film": 1}
