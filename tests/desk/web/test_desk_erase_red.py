"""What is left of an erased case, and what of an erasure is red: the cap, signatures that do not count, what vanished."""

from __future__ import annotations

import pytest
from desks.erased_pages import REFERENCE, closed, listed, post, signed_first, signed_reference
from desks.harness import RunningDesks, running_desks
from desks.moved_pages import (
    HANDLER,
    LEAD,
    OTHER,
    ROLES,
)
from desks.pages import pages_of
from visitors.intake_harness import make_home

from cases.wire import messages
from desk.work.erasing import erase
from trusted.case.clock import today
from trusted.case.statements import Act, Unsigned, sign_statement


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        yield desks


async def test_at_the_cap_the_server_erases_alone_and_the_certificate_says_so(desks):
    name = await closed(desks, days=700)
    await listed(desks)
    for days in (5, 35):
        desks.clock.forward(days=days)
        await desks.store.erase_due(today(desks.clock))

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.go("/erase")
        page = await reader.go(f"/erase/{name}/certificate")

    assert "Av servern, två år efter avslut: lagens längsta tid" in page.words
    assert "Underskrivet" not in page.words


async def handed_in(desks: RunningDesks, helper: int, signer: int, name: str, reference: str) -> None:
    """A member gives the case's key away: somebody else signs with it."""
    async with desks.desk(helper) as book:
        await book.sync()
        case = await book.open(book.state.find(name))
        signed = sign_statement(
            desks.made.keys[signer],
            Unsigned(
                Act.ERASE,
                case.known.case_id,
                day=today(desks.clock),
                server=desks.roster.server_key,
                reference=reference,
            ),
        )
        fields = {"statement": signed, "seal_key": case.keys.statement_key}
    async with desks.desk(signer) as book:
        await book.sync()
        await book.ask_case(case.known, "statement", messages.StatementRequest, messages.StateAnswer, **fields)


async def test_a_signature_by_somebody_who_was_not_given_the_case_is_red_and_cannot_be_joined(desks):
    name = await closed(desks, concerns=[OTHER])
    await handed_in(desks, LEAD, OTHER, name, signed_reference(desks))

    async with pages_of(desks, HANDLER) as reader:
        await reader.unlock()
        page = await reader.go("/erase")
        joined = await post(
            reader,
            f"/erase/{name}/sign",
            signature=f"{desks.made.keys[OTHER].id} {signed_reference(desks)}",
            read="yes",
        )
        same = await signed_first(reader, name)
        another = await signed_first(reader, name, number="KS 2026/1")

    assert 'class="box bad"' in page.text
    assert "Person 4 har skrivit under på att ärende" in page.words
    assert "Skriv under och gallra" not in page.words
    for refused in (joined, same):
        assert refused.status == 422
        assert "nyckeln har getts bort" in refused.words
    assert another.status == 200


async def test_an_erasure_by_others_is_red_at_every_other_desk_and_its_key_is_kept(desks):
    name = await closed(desks, concerns=[OTHER])
    await handed_in(desks, LEAD, OTHER, name, "G 1")
    await handed_in(desks, LEAD, LEAD, name, "G 1")

    async with pages_of(desks, HANDLER) as reader:
        await reader.unlock()
        page = await reader.go("/erase")
        async with reader.services.desk.at_work() as book:
            kept = name in book.state.case_list.cases

    assert 'class="box bad"' in page.text
    assert "någon som inte hade fått det har skrivit under" in page.words
    assert kept


async def test_a_case_that_vanished_without_a_signature_is_red(desks):
    name = await closed(desks)
    await desks.store.erase(bytes.fromhex(name))

    page = await listed(desks)

    assert "Ärendet är borta utan att någon har skrivit under, och de två åren har inte gått." in page.words


async def test_a_case_that_was_erased_before_this_desk_ever_opened_it_is_red_on_its_certificate(desks):
    name = await closed(desks)
    await desks.listed(OTHER)
    for number in (LEAD, HANDLER):
        async with desks.desk(number) as book:
            await book.sync()
            await erase(book, name, REFERENCE)

    async with pages_of(desks, OTHER) as reader:
        await reader.unlock()
        lists = await reader.go("/erase")
        page = await reader.go(f"/erase/{name}/certificate")

    assert "titta på det här" in lists.words
    assert "Den här datorn hade aldrig öppnat ärendet." in page.words
    assert 'class="box bad"' in page.text
