"""A server that lies: what a desk notices that decryption alone would not."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from desks.harness import lie, member_row, running_desks
from homes.case_samples import CaseInMaking, person, roster_of
from visitors.intake_harness import make_home

from cases.case.timeline import CaseAction
from cases.roster.chain import parse_roster, propose, render, sign_roster
from cases.roster.member import new_member_keys
from cases.wire import messages
from desk.commands import show
from desk.commands.show import one_line
from desk.errors import CaseBroken, CaseCut, RosterBroken, SealedToWrong, StrangeAnswer, TombstoneBroken, WrongServer
from desk.work import acts
from desk.work.case.checks import check_stepping_aside
from trusted.case.clock import today
from trusted.case.entry import Message, Recusal, Stream
from trusted.case.statements import Unsigned, seal_statement, sign_statement


async def test_a_case_shown_shorter_than_before_is_noticed(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        reporter = await desks.file("En sak.")
        await desks.release()
        name = reporter.keys.case_id.hex()
        async with desks.desk(0) as book:
            await book.sync()
            older = await book.fetch_case(book.state.find(name))
            await acts.do(book, "reply", name, "Hej.")

        async with desks.desk(0) as book:
            await book.sync()
            lie(book, "case", older)
            with pytest.raises(CaseCut):
                await book.open(book.state.find(name))


async def test_a_whole_stream_that_is_withheld_is_noticed_by_who_never_saw_it(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        reporter = await desks.file("En sak.")
        await desks.release()
        name = reporter.keys.case_id.hex()
        async with desks.desk(0) as book:
            await book.sync()
            await acts.do(book, "reply", name, "Vilket år?")
        await desks.reporter_writes(reporter, Message("2024."))
        await desks.release()

        async with desks.desk(1) as book:
            await book.sync()
            whole = await book.fetch_case(book.state.find(name))
            streams = {number: found for number, found in whole.streams.items() if number != Stream.MEMBERS}
            lie(book, "case", msgspec.structs.replace(whole, streams=streams))
            with pytest.raises(CaseBroken):
                await book.open(book.state.find(name))


async def test_a_report_about_a_member_is_not_shown_to_her_though_the_server_gave_her_the_key(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        reporter = await desks.file("Person 1 tar mutor.", concerns=[0], grants_to=[0, 1])
        await desks.release()

        shown = []
        async with desks.desk(0) as book:
            await book.sync()
            with pytest.raises(SealedToWrong):
                shown.append(await book.open(book.state.find(reporter.keys.case_id.hex())))
        listed = await desks.command(0, "list")

        assert shown == []
        assert listed.exit_code == 1
        assert listed.found["problems"][0]["text_key"] == "desk.sealed_to_wrong"
        assert "mutor" not in str(listed.found)


async def test_a_report_sealed_to_others_than_the_rules_say_is_shown_with_a_warning(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        reporter = await desks.file("En sak.", sealed_to=[1, 2], grants_to=[1, 2])
        await desks.release()

        async with desks.desk(1) as book:
            await book.sync()
            case = await book.open(book.state.find(reporter.keys.case_id.hex()))

        assert case.warnings == ("warning.routing",)


async def test_another_chain_than_the_one_pinned_is_refused(tmp_path):
    made = make_home(tmp_path / "home")
    async with running_desks(tmp_path, made) as desks:
        await desks.listed(0)
        mallory = new_member_keys()
        first = desks.roster
        forged_text = render(
            version=1,
            previous=first.previous,
            home=first.home,
            organisations=first.organisations,
            members=[replace(first.members[0], id=mallory.id, sign=mallory.sign_public, box=mallory.box_public)],
        )
        forged = messages.RosterVersion(forged_text, sign_roster(parse_roster(forged_text), mallory))

        async with desks.desk(0) as book:
            lie(book, "roster", messages.RosterAnswer((forged,), None))
            with pytest.raises(RosterBroken):
                await book.sync_roster()
        async with desks.desk(1) as book:
            book.server_key = bytes(32)
            with pytest.raises(WrongServer):
                await book.sync_roster()


async def test_a_roster_that_continues_the_pinned_one_is_taken(tmp_path):
    made = make_home(tmp_path / "home")
    async with running_desks(tmp_path, made) as desks:
        await desks.listed(0)
        newcomer = new_member_keys()
        text = render(
            version=2,
            previous=desks.roster.digest,
            home=desks.roster.home,
            organisations=desks.roster.organisations,
            members=[*desks.roster.members, member_row(newcomer)],
        )
        propose(made.home.roster, parse_roster(text), today(desks.clock))
        words = " ".join((await desks.command(0, "roster")).found["proposal"]["words"])

        wrong = await desks.command(0, "sign-roster", "--words", "ett två tre fyra fem sex")
        first = await desks.command(0, "sign-roster", "--words", words)
        second = await desks.command(1, "sign-roster", "--words", words)
        async with desks.desk(0) as book:
            await book.sync()
            pinned = book.state.pin.version

        assert (wrong.exit_code, wrong.found["error"]["text_key"]) == (3, "roster.other_words")
        assert (first.found["state"], second.found["state"]) == ("kept", "done")
        assert pinned == 2


async def test_a_tombstone_that_two_members_did_not_sign_is_refused_and_the_key_is_kept(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        reporter = await desks.file("En sak.")
        await desks.release()
        case_id = reporter.keys.case_id
        await desks.listed(0)
        server, day = desks.roster.server_key, desks.clock().date()
        alone = sign_statement(desks.made.keys[0], Unsigned("erase", case_id, day=day, server=server, reference="LK 1"))
        await desks.store.erase(case_id, (seal_statement(reporter.keys.statement_key, case_id, alone),))

        async with desks.desk(0) as book:
            await book.sync()
            with pytest.raises(TombstoneBroken):
                await book.open(book.state.find(case_id.hex()))
            left = list(book.state.case_list.cases)

        assert left == [case_id.hex()]


async def test_an_answer_with_an_unknown_field_is_refused(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks, desks.desk(0) as book:
        with pytest.raises(StrangeAnswer):
            await book.client.ask("box", lambda _: messages.BoxRequest(0), messages.StateAnswer)


async def test_words_that_a_terminal_would_obey_are_shown_as_marks():
    hostile = "lugnt\x1b[2J\x1b]0;titel\x07\n\tnästa\u202ebakvänt\x9b31m"

    shown = one_line(hostile)

    assert shown == "lugnt\ufffd[2J\ufffd]0;titel\ufffd\ufffd\ufffdnästa\ufffdbakvänt\ufffd31m"


@pytest.mark.parametrize(
    ("own", "others", "aside", "warnings"),
    [
        ("lead", ["handler", "handler"], [], ()),
        ("lead", ["handler", "counsel"], [], ()),
        ("counsel", ["handler", "counsel"], [], ()),
        ("lead", ["handler"], [], ("warning.few_signers",)),
        ("lead", ["counsel", "counsel"], [], ("warning.few_signers",)),
        ("counsel", ["handler"], ["handler"], ("warning.few_signers",)),
        ("lead", [], [], ("warning.last_signer",)),
        ("lead", [], ["handler", "handler"], ("warning.last_signer",)),
        # Two counsel can sign nothing together, and the handler signs with the one of them who is left.
        ("counsel", ["counsel"], [], ()),
        ("counsel", ["counsel"], ["handler"], ()),
    ],
)
def test_stepping_aside_warns_when_the_signature_is_still_needed_or_nobody_is_left(own, others, aside, warnings):
    people = [person(f"{number} {role}", role) for number, role in enumerate([own, *others, *aside])]
    case = CaseInMaking(*people)
    case.report(sealed_to=tuple(one.keys.id for one in people))
    for one in people[1 + len(others) :]:
        case.by_member(Recusal(one.keys.id, "Jäv."), stream=Stream.NOTES, who=one)

    assert check_stepping_aside(people[0].keys.id, case.streams, roster_of(*people)) == warnings


async def test_an_opened_case_says_what_may_be_done_with_it_and_names_its_organisation_in_words(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        reporter = await desks.file("Text.")
        await desks.release()
        async with desks.desk(0) as book:
            await book.sync()
            case = await book.open(book.state.find(reporter.keys.case_id.hex()))

    assert {CaseAction.ACKNOWLEDGE, CaseAction.REPLY, CaseAction.CONCLUDE, CaseAction.HAND_OVER} <= case.state.allowed
    assert case.organisation_name() in show.list_prose([case]).splitlines()[0]
