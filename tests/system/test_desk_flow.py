"""From the post box to the tombstone, over a real store, with desks in homes and processes of their own."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from desks.harness import running_desks, running_with_pages
from desks.pages import pages_of
from visitors.intake_harness import file_report, log_in, make_home, zygotes

from cases.case.timeline import CaseAction
from desk.errors import CaseBroken, DayTooSoon, Erased, NotNow, SaveRefused, ServerRefused, UnknownCase
from desk.keep.saving import checked, file_name, save_bytes
from desk.work import acts
from desk.work.erasing import erase
from kallskydd.demo.sample_files import sample_jpeg
from trusted.case.clock import today
from trusted.case.entry import Acknowledgement, CompletionRequest, Message, Note, Outcome, Stream

AT_ONCE = "inbox_days = 0\nat_once = true"


async def test_a_report_reaches_those_it_was_sealed_to_after_the_release_and_no_one_before(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        await desks.file("Fakturor betalas två gånger.")

        before = [await desks.listed(number) for number in range(3)]
        await desks.release()
        after = [await desks.listed(number) for number in range(3)]

        assert [len(cases) for cases in before] == [0, 0, 0]
        assert [len(cases) for cases in after] == [1, 1, 0]  # lead and handler; counsel has no part in it


async def test_a_report_filed_with_the_form_is_read_answered_and_the_answers_are_on_the_reporters_page(tmp_path):
    async with (
        zygotes() as sandbox,
        running_with_pages(tmp_path, make_home(tmp_path / "home"), sandbox=sandbox) as desks,
    ):
        photograph = sample_jpeg("77")
        page = await file_report(desks.intake.browser(), "Se bilden.", [photograph.content])
        await desks.release()
        name = (await desks.listed(0))[0].case_id.hex()

        async with desks.desk(0) as book:
            await book.sync()
            case = await book.open(book.state.find(name))
            (attachment,) = case.attachments
            saved = b"".join(checked(attachment, await book.attachment(case, attachment)))
        await desks.act(1, "reply", name, "Vilket år gäller det?")
        inbox = await log_in(desks.intake.browser(), page.receipt)

        assert case.report.text == "Se bilden."
        assert case.warnings == ()
        assert hashlib.sha256(saved).hexdigest() == attachment.digest
        assert not any(marker.encode() in saved for marker in photograph.markers)
        assert "Vilket år gäller det?" in inbox.plain


async def test_a_member_acknowledges_replies_and_asks_and_the_reporter_answers(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        reporter = await desks.file("Fakturor betalas två gånger.")
        await desks.release()
        name = reporter.keys.case_id.hex()

        def in_days(days: int) -> acts.ActChoices:
            return acts.ActChoices(by=today(desks.clock) + timedelta(days=days))

        async with desks.desk(1) as book:
            await book.sync()
            opened = await book.open(book.state.find(name))
            await acts.do(book, "acknowledge", name, "Vi har tagit emot anmälan.")
            await acts.do(book, "reply", name, "Tack. Vilket år gäller det?")
            asked = await acts.do(book, "ask", name, "Skicka ett exempel.", in_days(10))
            with pytest.raises(NotNow):
                await acts.do(book, "acknowledge", name, "En gång till.")
            with pytest.raises(DayTooSoon):
                await acts.do(book, "ask", name, "Genast!", in_days(2))
        seen = await desks.reporter_sees(reporter)
        await desks.reporter_writes(reporter, Message("Det gäller 2024."))
        await desks.release()
        async with desks.desk(0) as book:
            await book.sync()
            answered = await book.open(book.state.find(name))

        assert opened.report.text == "Fakturor betalas två gånger."
        assert opened.warnings == ()
        assert [type(body) for body in seen] == [Acknowledgement, Message, CompletionRequest]
        assert (asked.state.state, answered.state.state) == ("awaiting-completion", "acknowledged")
        assert answered.streams[Stream.REPORTER][-1].body == Message("Det gäller 2024.")


async def test_an_attachment_is_saved_under_a_name_of_ours_and_never_over_another(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        content = b"clean picture " * 40_000
        reporter = await desks.file("Se bilden.", files=[content])
        await desks.release()
        name = reporter.keys.case_id.hex()

        async with desks.desk(0) as book:
            await book.sync()
            case = await book.open(book.state.find(name))
            (attachment,) = case.attachments
            saved = b"".join(checked(attachment, await book.attachment(case, attachment)))
        save_bytes(tmp_path / file_name(case.known.case_id, attachment), saved)

        assert (tmp_path / f"{name[:8]}-1.jpg").read_bytes() == content
        with pytest.raises(SaveRefused):
            save_bytes(tmp_path / file_name(case.known.case_id, attachment), b"another")
        with pytest.raises(CaseBroken):
            checked(attachment, [content[:-1], b"!"])


async def test_a_case_is_closed_and_erased_by_two_members_in_two_homes(tmp_path):
    made = make_home(tmp_path / "home", ("lead", "handler"), trial=True, settings=AT_ONCE)
    async with running_desks(tmp_path, made) as desks:
        reporter = await desks.file("En sak.")
        await desks.release()
        name = reporter.keys.case_id.hex()
        listed = await desks.command(0, "list")

        with pytest.raises(NotNow) as too_soon:
            await desks.erase(0, name, "LK 2026-17")
        closed = await desks.act(0, "close", name, "Felet är rättat.")
        kept = [await desks.erase(0, name, "LK 2026-17") for _ in range(2)]
        seen = await desks.opened(1, name)
        second = await desks.erase(1, name, "LK 2026-17")
        left = [await desks.command(number, "list") for number in (0, 1)]

        assert listed.found["cases"][0]["case"] == name
        assert too_soon.value.text_key == "erase.not_closed"
        # Nobody waits for an inbox of no days, and the desk knows it.
        assert closed.state.state == "erasable"
        assert CaseAction.ERASE in closed.state.allowed
        assert (kept, second) == (["kept", "kept"], "done")
        assert seen.waiting == ((made.keys[0].id, "LK 2026-17"),)
        for ran in left:
            assert (ran.exit_code, ran.found["cases"], ran.found["problems"]) == (0, [], [])
            assert ran.found["erased"][0]["reference"] == "LK 2026-17"
            assert sorted(ran.found["erased"][0]["members"]) == sorted(keys.id for keys in made.keys)


async def test_the_key_of_an_erased_case_is_gone_from_the_desk_when_the_tombstone_is_kept(tmp_path):
    made = make_home(tmp_path / "home", ("lead", "handler"), trial=True, settings=AT_ONCE)
    async with running_desks(tmp_path, made) as desks:
        reporter = await desks.file("En sak.")
        await desks.release()
        name = reporter.keys.case_id.hex()
        known = (await desks.listed(0))[0]
        async with desks.desk(0) as book:
            await book.sync()
            closed = await acts.do(
                book, "close", name, "Utanför lagen.", acts.ActChoices(None, "dismissed", "inte tillämplig")
            )
            await erase(book, name, "LK 1")
        async with desks.desk(1) as book:
            await book.sync()
            await erase(book, name, "LK 1")

        async with desks.desk(0) as book:
            await book.sync()
            with pytest.raises(Erased):
                await book.open(known)
            kept = book.state.case_list

        assert closed.state.outcome == Outcome("dismissed", "Utanför lagen.", "inte tillämplig")
        assert kept.cases == {}
        assert len(kept.tombstones[name].statements) == 2


async def test_a_lost_list_comes_back_from_the_post_box_with_cases_and_tombstones(tmp_path):
    made = make_home(tmp_path / "home", ("lead", "handler"), trial=True, settings=AT_ONCE)
    async with running_desks(tmp_path, made) as desks:
        erased, kept = await desks.file("En sak."), await desks.file("En annan.")
        await desks.release()
        name = erased.keys.case_id.hex()
        for number in (0, 1):
            async with desks.desk(number) as book:
                await book.sync()
                if number == 0:
                    await acts.do(book, "close", name, "Klart.")
                await erase(book, name, "LK 1")
        desks.home(0).case_list.unlink()

        listed = await desks.command(0, "list")

        assert [case["case"] for case in listed.found["cases"]] == [kept.keys.case_id.hex()]
        assert [(case["case"], case["reference"]) for case in listed.found["erased"]] == [(name, "LK 1")]


async def test_erasing_waits_for_the_end_of_the_inbox_period_in_a_real_home(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        reporter = await desks.file("En sak.")
        await desks.release()
        name = reporter.keys.case_id.hex()

        answers = []
        async with desks.desk(0) as book:
            await book.sync()
            with pytest.raises(NotNow):
                await erase(book, name, "LK 1")
            await acts.do(book, "close", name, "Klart.")
            for days in (0, 31):
                desks.clock.forward(days=days)
                try:
                    answers.append(await erase(book, name, "LK 1"))
                except ServerRefused as refused:
                    answers.append(refused.text_key)

        assert answers == ["erase.inbox_open", "kept"]


async def test_a_close_that_broke_off_before_the_statement_is_finished_by_the_same_command(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        reporter = await desks.file("En sak.")
        await desks.release()
        name = reporter.keys.case_id.hex()
        async with desks.desk(0) as book:
            await book.sync()
            ask_case = book.client.ask

            async def breaks_off(verb, question, answer):
                if verb == "statement":
                    raise NotNow("reach.broke_off")
                return await ask_case(verb, question, answer)

            book.client.ask = breaks_off
            with pytest.raises(NotNow):
                await acts.do(book, "close", name, "Klart.")

        async with desks.desk(0) as book:
            await book.sync()
            finished = await acts.do(book, "close", name, "Klart.")

        assert finished.server_state == "closed"
        assert [type(body).__name__ for body in await desks.reporter_sees(reporter)] == ["Outcome", "Close"]


async def test_notes_are_read_by_those_who_read_the_case_and_not_by_the_reporter(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        reporter = await desks.file("En sak.")
        await desks.release()
        name = reporter.keys.case_id.hex()

        async with desks.desk(0) as book:
            await book.sync()
            await acts.do(book, "note", name, "Ring ekonomichefen.")
        async with desks.desk(1) as book:
            await book.sync()
            both = await acts.do(book, "note", name, "Gjort.")

        assert [entry.body for entry in both.streams[Stream.NOTES]] == [Note("Ring ekonomichefen."), Note("Gjort.")]
        assert await desks.reporter_sees(reporter) == []


async def test_two_members_who_write_at_once_both_get_their_entry_in(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        reporter = await desks.file("En sak.")
        await desks.release()
        name = reporter.keys.case_id.hex()

        async with desks.desk(0) as one, desks.desk(1) as other:
            await one.sync()
            await other.sync()
            ask = other.client.ask
            got_ahead = []

            async def one_is_quicker(verb, question, answer):
                if verb == "append" and not got_ahead:
                    got_ahead.append(await acts.do(one, "reply", name, "Från den ena."))
                return await ask(verb, question, answer)

            other.client.ask = one_is_quicker
            case = await acts.do(other, "reply", name, "Från den andra.")

        assert [entry.body.text for entry in case.streams[Stream.MEMBERS]] == ["Från den ena.", "Från den andra."]


async def test_a_case_is_found_by_its_whole_name_alone(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        reporter = await desks.file("En sak.")
        await desks.release()
        name = reporter.keys.case_id.hex()

        async with desks.desk(0) as book:
            await book.sync()
            found = book.state.find(name)
            for other in (name[:8], name.upper(), "0" * 32):
                with pytest.raises(UnknownCase):
                    book.state.find(other)

        assert found.case_id.hex() == name


async def test_what_was_read_is_no_longer_new_and_what_came_after_is(tmp_path):
    made = make_home(tmp_path / "home")
    async with running_desks(tmp_path, made) as desks:
        reporter = await desks.file("En sak.")
        await desks.release()
        name = reporter.keys.case_id.hex()

        unread = await desks.opened(0, name)
        async with pages_of(desks, 0) as reader:
            await reader.unlock()
            await reader.go(f"/case/{name}")
        read = await desks.opened(0, name)
        await desks.act(1, "assess", name, "Vi går vidare.")
        own = await desks.opened(1, name)
        fresh = await desks.opened(0, name)

        assert [case.new_entries for case in (unread, read, fresh, own)] == [1, 0, 1, 1]
