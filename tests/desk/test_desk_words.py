"""What a desk says when something is not as it should be, and with which exit code."""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from datetime import timedelta

import msgspec
import pytest
from desks.harness import RunningDesks, at_work, make_desk_home, running_desks, running_with_pages
from visitors.intake_harness import make_home

from cases.case.timeline import CaseAction
from cases.roster.chain import parse_roster, propose, render
from cases.wire import messages
from desk.commands import show
from desk.commands.result import CommandInput
from desk.commands.run import sign
from desk.errors import NotAgreed, ReportersAddress, ServerRefused
from desk.keep.keyfile import DeskHome
from desk.server.address import tidy_address
from desk.web.views.sentences import in_words
from desk.work import acts
from desk.work.erasing import erase
from kallskydd.desk.route import Route
from onion.keys import new_onion_key
from trusted.case.clock import today
from trusted.case.errors import RequestRefused


def next_version(desks: RunningDesks) -> str:
    before = desks.roster
    return render(
        version=before.version + 1,
        previous=before.digest,
        home=before.home,
        organisations=before.organisations,
        members=before.members[:-1],
    )


async def closed_case(desks: RunningDesks) -> str:
    reporter = await desks.file("En sak.")
    await desks.release()
    name = reporter.keys.case_id.hex()
    async with desks.desk(0) as book:
        await book.sync()
        await acts.do(book, "close", name, "Klart.")
    return name


async def test_erase_signatures_with_different_references_are_said_to_differ_on_both_desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        name = await closed_case(desks)
        desks.clock.forward(days=40)
        async with desks.desk(0) as book:
            await book.sync()
            alone = await erase(book, name, "LK 1")
            first = await book.open(book.state.find(name))
        async with desks.desk(1) as book:
            await book.sync()
            other = await erase(book, name, "LK 2")
            second = await book.open(book.state.find(name))
        async with desks.desk(0) as book:
            await book.sync()
            again = await book.open(book.state.find(name))
            erased = await erase(book, name, "LK 2")

    assert (alone, other, erased) == ("kept", "kept", "done")
    assert first.warnings == ()
    assert second.warnings == again.warnings == ("warning.references",)
    prose = show.list_prose([again])
    assert "signed to erase: you, LK 1" in prose
    assert "signed to erase: Person 2, LK 2" in prose
    assert "different references" in prose


async def test_a_closed_case_has_no_time_limit_but_that_of_erasing(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        name = await closed_case(desks)
        async with desks.desk(1) as book:
            await book.sync()
            case = await book.open(book.state.find(name))

    assert "acknowledge by" not in show.list_prose([case])
    # The day from which it may be erased is none by which something is due.
    assert "erase by" not in show.list_prose([case])


@pytest.mark.parametrize(("trial", "days"), [(True, 0), (False, 30), (False, 90)])
async def test_erasing_is_listed_and_its_day_named_by_the_inbox_of_the_server(tmp_path, trial, days):
    settings = f"inbox_days = {days}" + ("\nat_once = true" if trial else "")
    async with running_desks(tmp_path, make_home(tmp_path / "home", trial=trial, settings=settings)) as desks:
        name = await closed_case(desks)
        listed = []
        for passed in (0, days - 1, 1) if days else (0,):
            desks.clock.forward(days=passed)
            async with desks.desk(1) as book:
                await book.sync()
                case = await book.open(book.state.find(name))
                listed.append(CaseAction.ERASE in case.state.allowed)
        async with desks.desk(1) as book:
            await book.sync()
            signed = await erase(book, name, "G 1")

    assert listed == ([False, False, True] if days else [True])
    assert case.state.erasable_from == case.state.closed_on + timedelta(days=days)
    assert signed == "kept"


@pytest.mark.parametrize("days", [-1, 731, 2**40])
def test_an_inbox_that_no_home_can_have_is_no_answer(days):
    answer = msgspec.json.encode(messages.RosterAnswer((), None, None, days))

    with pytest.raises(RequestRefused):
        messages.decode(answer, messages.RosterAnswer)


@pytest.mark.parametrize("days", [1, 40])
async def test_of_a_closed_case_the_desk_promises_no_day_of_erasing_that_is_not_so(tmp_path, days):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        name = await closed_case(desks)
        desks.clock.forward(days=days)
        async with desks.desk(1) as book:
            await book.sync()
            await acts.do(book, "hold", name, "Rättsprocess.")
            held = await book.open(book.state.find(name))

    assert held.state.on_hold
    assert CaseAction.ERASE not in held.state.allowed
    assert "OVERDUE" not in show.list_prose([held])


@pytest.mark.parametrize("form", ["{}", "{}.onion", "http://{}.onion", " http://{}.onion/\n", "HTTPS://{}.ONION/"])
def test_the_desks_address_is_taken_in_every_form_in_which_it_is_copied(form):
    address = new_onion_key().address

    assert tidy_address(form.format(address)) == address


async def test_a_desk_that_has_joined_another_address_is_told_that_it_may_be_the_reporters(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        home = DeskHome(tmp_path / "strayed")
        make_desk_home(home, desks.made.keys[0], new_onion_key().address)

        with pytest.raises(ServerRefused) as refused:
            async with at_work(home, Route(socket=desks.socket), desks.clock) as book:
                await book.sync()

    assert "reporters" in in_words(refused.value.text_key)


async def test_a_desk_that_has_joined_the_reporters_address_is_told_so_when_it_asks(tmp_path):
    async with running_with_pages(tmp_path, make_home(tmp_path / "home")) as desks:
        home = DeskHome(tmp_path / "strayed")
        make_desk_home(home, desks.made.keys[0], desks.address)
        reporters = Route(socket=desks.intake.public_socket)

        with pytest.raises(ReportersAddress):
            async with at_work(home, reporters, desks.clock) as book:
                await book.sync()


async def test_a_member_who_does_not_answer_yes_signs_nothing_and_reads_why(tmp_path):
    made = make_home(tmp_path / "home")
    async with running_desks(tmp_path, made) as desks:
        propose(made.home.roster, parse_roster(next_version(desks)), today(desks.clock))
        async with desks.desk(0) as book:
            with pytest.raises(NotAgreed) as refused:
                await sign(book, CommandInput(argparse.Namespace(words=None), "", lambda _shown: False))
        other = await desks.command(0, "sign-roster", "--words", "ett två tre fyra fem sex")
        unasked = await desks.command(0, "sign-roster")
        signers = desks.roster_source.chain().signed_by

    assert refused.value.text_key == "roster.not_agreed"
    assert (other.exit_code, other.found["error"]["text_key"]) == (3, "roster.other_words")
    assert (unasked.exit_code, unasked.found["error"]["text_key"]) == (2, "roster.no_words")
    assert signers == frozenset()


async def test_when_no_roster_waits_for_signatures_nothing_can_be_signed(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        refused = await desks.command(0, "sign-roster", "--words", "ett två tre fyra fem sex")

    assert (refused.exit_code, refused.found["error"]["text_key"]) == (1, "desk.roster_offered")


async def test_a_text_that_is_not_utf8_is_refused_in_words(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        words = ["probe", "--address", desks.address, "--desk-home", str(desks.home(0).folder)]
        command = [sys.executable, "-m", "kallskydd", "desk", *words]

        refused = await asyncio.to_thread(subprocess.run, command, input=b"h\xe4r", capture_output=True, check=False)

    assert refused.returncode == 2
    assert b"UTF-8" in refused.stderr
