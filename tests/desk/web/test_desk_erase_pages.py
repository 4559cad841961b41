"""Two erase a case at the pages: every guard, references that differ, what is red, and the certificate that is left."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from babel.dates import format_date
from desks.case_pages import fetched
from desks.erased_pages import (
    GROUND,
    REFERENCE,
    closed,
    do,
    listed,
    post,
    signed_first,
    signed_reference,
    signed_second,
)
from desks.harness import PASSPHRASE, RunningDesks, running_desks, running_with_pages
from desks.moved_pages import (
    COUNSEL,
    HANDLER,
    LEAD,
    OTHER,
    ROLES,
    copy_of,
    opens_by_force,
    remembered_by,
    three_read,
    unreached,
)
from desks.pages import Reader, Seen, pages_of
from visitors.intake_harness import file_report, log_in, make_home

from desk.errors import DeskError, NotNow
from desk.keep.keyfile import DeskHome
from desk.web.views.case_line import case_number
from desk.web.views.pages import Pages
from desk.work import acts
from desk.work.erasing import erase, withdraw
from trusted.case.clock import today


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        yield desks


async def test_two_erase_a_case_and_what_is_left_is_a_certificate_of_the_two_signatures(desks, tmp_path):
    name = await closed(desks)
    number = case_number(bytes.fromhex(name))
    before = copy_of(desks, tmp_path / "before")

    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other:
        await one.unlock()
        can = await one.go("/erase")
        kept = await signed_first(one, name)
        await other.unlock()
        waits = await other.go("/erase")
        done = await signed_second(other, name)
        hers = await other.go("/erase")
        gone = [await other.go(path) for path in (f"/case/{name}", f"/erase/{name}", f"/erase/{name}/certificate")]
        at_first = await one.go(f"/erase/{name}")
        lists = await one.go("/erase")
    after = copy_of(desks, tmp_path / "after")

    assert "Kan gallras Privata inköp." in can.words
    assert "Väntar på en kollega Privata inköp." in kept.words
    assert f"Väntar på din underskrift: ärende {number}" in waits.words
    assert f"Grund {REFERENCE} Underskrivet av Person 1" in waits.words
    assert f'<a class="button" href="/case/{name}/hold">Bevara tills vidare</a>' in waits.text
    # The second member need not sign, and is told what to do instead.
    assert "Håller du inte med? Skriv då inte under: inget raderas." in waits.words
    assert f'<a class="button" href="/case/{name}/reopen">Öppna igen</a>' in waits.text
    # And before she signs, what goes, where, and what is left.
    assert "Efter sju dagar kan inte heller någon säkerhetskopia öppna det. Kvar blir ett gallringsbevis" in waits.words
    # The first is told who is waited for.
    assert "Väntar på Person 2 eller Person 4. Inget meddelande skickas, så ring." in kept.words
    assert "Påbörja gallring" in can.words
    assert re.search(r"Kan gallras sedan \d+ \w+ 2026\. Ska vara gallrat senast \d+ \w+ 2028\.", can.words)
    assert "Gallringsbevis" in done.words
    assert f"Grund {REFERENCE}" in done.words
    assert "Underskrivet av Person 1 och Person 2" in done.words
    words = re.search(r"Kontrollord (\w+( · \w+){5}) ", done.words)
    assert words
    # The same at the other's desk, and nothing of what the case was about or when it came. Whole words are asked for:
    # one of the control words may be "marsvin".
    assert words[0] in at_first.words
    for page in (done, at_first, *gone[1:]):
        assert not re.search(r"\b(Privata|Ludvika)\b", page.words)
    assert "Du kan inte öppna sidan." in gone[0].words
    assert f"Gallringsbevis Ärende {number}" in hers.words
    assert f"Gallringsbevis Ärende {number}" in lists.words
    assert await forced(desks, before, after) == {
        "before": {1: 1, 2: 2},
        "the server from after, keys from before": {},
    }


async def forced(desks: RunningDesks, before, after) -> dict:
    keys = desks.made.keys[HANDLER]
    known = remembered_by(DeskHome(before / f"desk{HANDLER}"), keys)
    return {
        "before": opens_by_force([before], keys, known),
        "the server from after, keys from before": opens_by_force([after], keys, known),
    }


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"ground": ""}, "Du har inte sagt vad som ger er rätt att radera."),
        ({"ground": "whatever"}, "Du har inte sagt vad som ger er rätt att radera."),
        ({"number": " "}, "Beteckningen saknas."),
        ({"number": "K" * 190}, "Beteckningen är för lång."),
    ],
)
async def test_a_first_signature_needs_a_ground_and_a_reference_and_what_was_typed_is_kept(desks, fields, sentence):
    name = await closed(desks)

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await signed_first(reader, name, **fields)
        lists = await reader.go("/erase")

    assert page.status == 422
    assert sentence in page.words
    assert f'value="{(GROUND | fields)["number"].strip()}"' in page.text
    assert "Väntar på en kollega" not in lists.words


@pytest.mark.parametrize("typed", ["KS 2026/431", "ks2026/431", "Dnr KS 2026/431", "Diarienummer: KS 2026/431"])
async def test_the_register_number_of_the_case_itself_is_no_decision_and_the_page_says_why(desks, typed):
    name = await closed(desks)
    await do(desks, LEAD, "register", name, "KS 2026/431")

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        refused = await signed_first(reader, name, number=typed)
        taken = await signed_first(reader, name, number="KS 2026/4310")

    assert refused.status == 422
    assert "Det är ärendets eget diarienummer, inte numret på ett beslut. Det säger vilket ärende" in refused.words
    assert f'value="{typed}"' in refused.text
    assert "Väntar på en kollega" in taken.words


async def test_the_page_of_a_case_leads_to_its_own_erasing_and_names_who_has_signed(desks):
    name = await closed(desks)

    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other:
        await one.unlock()
        before = await one.go(f"/case/{name}")
        first = await one.go(f"/erase/{name}")
        await signed_first(one, name)
        own = await one.go(f"/case/{name}")
        await other.unlock()
        second = await other.go(f"/case/{name}")

    assert f'<a href="/erase/{name}">Gallra</a>' in before.text
    assert re.search(r"Anmälaren har kunnat läsa utfallet sedan \d+ \w+ 2026", first.words)
    assert "Du har skrivit under på att ärendet ska gallras, så inget annat görs i det" in own.words
    assert "Väntar på Person 2 eller Person 4." in own.words
    assert "Person 1 har skrivit under på att ärendet ska gallras, och det väntar på den andra" in second.words
    assert "Håller du inte med: säg varför, bevara det eller öppna det igen." in second.words
    # Above what was written and, for who has read it to its end, below.
    assert second.text.count('<a class="button main" href="/erase">Till underskriften</a>') == 2
    assert f'<a class="alone" href="/case/{name}">Läs ärendet</a>' in first.text


async def test_the_archives_receipt_is_a_ground_too(desks):
    name = await closed(desks)

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await signed_first(reader, name, ground="archive", number=" LK  12 ")

    assert "Arkivkvitto LK 12" in page.words


@pytest.mark.parametrize(
    ("guard", "sentence"),
    [
        (
            "open",
            "Avsluta det, med ett utfall. Två av er kan gallra det 30 dagar senare, och då står det på översikten.",
        ),
        ("inbox", "Anmälaren kan fortfarande läsa utfallet, så det är för tidigt."),
        ("hold", "När det är över väljer du Avsluta bevarandet där: då kan det gallras."),
    ],
)
async def test_a_case_that_is_open_still_read_or_kept_is_not_erased(desks, guard, sentence):
    name = await three_read(desks) if guard == "open" else await closed(desks, days=29 if guard == "inbox" else 31)
    if guard == "hold":
        await do(desks, LEAD, "hold", name, "Rättegång i vår.")

    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other:
        pages = []
        for reader in (one, other):
            await reader.unlock()
            pages.append(await reader.go(f"/erase/{name}"))
            pages.append(await post(reader, f"/erase/{name}", **GROUND))
        lists = await one.go("/erase")

    assert [page.status for page in pages] == [200, 422] * 2
    assert not any('name="number"' in page.text for page in pages)
    assert all(sentence in page.words for page in pages)
    if guard == "inbox":
        signable = Pages().language("sv").weekday(today(desks.clock) + timedelta(days=1), today(desks.clock))
        assert all(f"Du kan skriva under från och med {signable}." in page.words for page in pages)
    assert not any("Du skriver under först." in page.words for page in pages)
    assert "Kan gallras En sak." not in lists.words
    shown = {
        "open": "Det finns inget att gallra. Ett ärende kommer hit när det är avslutat. I 30 dagar från dess",
        "inbox": "Inte än Privata inköp.",
        "hold": "Raderas inte Rättegång i vår.",
    }[guard]
    assert shown in lists.words
    async with desks.desk(LEAD) as book:
        await book.sync()
        assert await book.open(book.state.find(name))


async def test_when_the_reporter_has_ended_the_inbox_it_need_not_be_waited_for(tmp_path):
    async with running_with_pages(tmp_path, make_home(tmp_path / "home")) as desks:
        browser = desks.intake.browser()
        receipt = (await file_report(browser, "En sak.")).receipt
        await desks.release()
        name = (await desks.listed(LEAD))[0].case_id.hex()
        await do(desks, LEAD, "close", name)
        inbox = await log_in(browser, receipt)
        asked = await browser.post("/inbox/end", inbox.form("/inbox/end").fields)
        await browser.post("/inbox/end", asked.form("/inbox/end").fields)

        async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other:
            await one.unlock()
            too_early = await post(one, f"/erase/{name}", **GROUND)
            await desks.release()
            await signed_first(one, name)
            await other.unlock()
            done = await signed_second(other, name)

    assert "så det är för tidigt" in too_early.words
    assert "är raderat och nyckeln förstörd. Efter sju dagar" in done.words


async def test_one_member_alone_erases_nothing_however_often_she_signs(desks):
    name = await closed(desks)

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        for _ in range(3):
            page = await signed_first(reader, name)
            assert "Väntar på en kollega" in page.words
        signing_for_herself = await post(
            reader, f"/erase/{name}/sign", signature=f"{desks.made.keys[LEAD].id} {signed_reference(desks)}", read="yes"
        )
        still = await reader.go(f"/case/{name}")

    assert "Väntar på en kollega" in signing_for_herself.words
    assert "Privata inköp." in still.words


async def test_a_reference_that_changed_since_the_page_was_shown_is_not_signed(desks):
    name = await closed(desks)

    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other:
        await one.unlock()
        await signed_first(one, name)
        await other.unlock()
        shown = await other.go("/erase")
        await signed_first(one, name, number="KS 2025/98")
        refused = await other.send(f"/erase/{name}/sign", signature=shown.hidden("signature"), read="yes")
        still = await other.go(f"/case/{name}")
        await other.go("/erase")
        done = await signed_second(other, name)

    assert REFERENCE in shown.words
    assert "har ändrat beteckningen" in refused.words
    assert "KS 2025/98" in refused.words
    assert "Privata inköp." in still.words
    assert "Grund Gallringsbeslut KS 2025/98" in done.words


async def test_without_the_tick_nothing_is_signed(desks):
    name = await closed(desks)

    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other:
        await one.unlock()
        await signed_first(one, name)
        await other.unlock()
        page = await other.go("/erase")
        unread = await other.send(f"/erase/{name}/sign", signature=page.hidden("signature"))

    assert unread.status == 422
    assert "Du har inte kryssat för att du har läst ärendet" in unread.words
    assert "Väntar på din underskrift" in unread.words


async def test_references_that_differ_erase_nothing_and_both_are_shown_at_both_desks(desks):
    name = await closed(desks)

    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other:
        await one.unlock()
        await signed_first(one, name)
        await other.unlock()
        await signed_first(other, name, number="KS 2025/99")
        both = [await reader.go("/erase") for reader in (one, other)]
        done = await signed_second(other, name)

    for page in both:
        assert "Ni har skrivit under med olika beteckningar, och då raderas inget." in page.words
        assert REFERENCE in page.words
        assert "Gallringsbeslut KS 2025/99" in page.words
    assert f"Grund {REFERENCE}" in done.words


async def test_erased_is_terminal(desks):
    name = await closed(desks)
    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other:
        await one.unlock()
        await signed_first(one, name)
        await other.unlock()
        await signed_second(other, name)

        again = await post(one, f"/erase/{name}", **GROUND)
        twice = await post(
            other, f"/erase/{name}/sign", signature=f"{desks.made.keys[LEAD].id} {signed_reference(desks)}", read="yes"
        )
        for number in (LEAD, HANDLER, OTHER):
            for act in ("reply", "reopen", "note", "hold"):
                with pytest.raises(DeskError):
                    await do_at(one if number == LEAD else other, desks, number, act, name)

    assert "Gallringsbevis" in again.words
    assert "Gallringsbevis" in twice.words


async def do_at(reader: Reader, desks: RunningDesks, number: int, act: str, name: str) -> None:
    if number == OTHER:
        await do(desks, number, act, name)
        return
    async with reader.services.desk.at_work() as book:
        await book.sync()
        await acts.do(book, act, name, "Hej.")


async def test_a_member_who_does_not_read_the_case_sees_nothing_of_it_and_signs_nothing(desks):
    name = await closed(desks, concerns=[OTHER])
    async with pages_of(desks, LEAD) as one, pages_of(desks, OTHER) as other:
        await one.unlock()
        await signed_first(one, name)
        await other.unlock()
        lists = await other.go("/erase")
        pages = [await other.go(f"/erase/{one}{rest}") for one in (name, "0" * 32) for rest in ("", "/certificate")]
        sent = await post(
            other, f"/erase/{name}/sign", signature=f"{desks.made.keys[LEAD].id} {signed_reference(desks)}", read="yes"
        )

    assert "Det finns inget att gallra." in lists.words
    assert len({(page.status, page.words) for page in pages}) == 1
    assert "Du kan inte öppna sidan." in sent.words


async def test_who_has_left_the_case_signs_only_while_the_others_are_too_few(desks):
    of_three, of_two = await closed(desks), await closed(desks, concerns=[OTHER])
    for name in (of_three, of_two):
        await desks.step_aside(HANDLER, name)

    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as left:
        await one.unlock()
        await left.unlock()
        for name in (of_three, of_two):
            await signed_first(one, name)
        lists = await left.go("/erase")
        refused = await post(
            left,
            f"/erase/{of_three}/sign",
            signature=f"{desks.made.keys[LEAD].id} {signed_reference(desks, 63)}",
            read="yes",
        )
        done = await signed_second(left, of_two)

    assert case_number(bytes.fromhex(of_three)) not in lists.words
    assert f"Väntar på din underskrift: ärende {case_number(bytes.fromhex(of_two))}" in lists.words
    assert refused.status == 422
    assert "Du har lämnat ärendet, och de andra kan gallra det utan dig." in refused.words
    assert "är raderat" in done.words


async def test_thirty_days_before_the_two_years_are_over_it_is_amber_and_says_how_long_it_is(desks):
    await closed(desks, days=365)
    far = case_amber(await listed(desks))
    desks.clock.forward(days=365 - 21)
    near = await listed(desks)

    assert not far
    assert case_amber(near)
    assert "22 dagar kvar Två år är lagens längsta tid" in near.words


def case_amber(page: Seen) -> bool:
    return 'class="next soon"' in page.text


async def test_two_lawyers_erase_what_they_alone_may_read(tmp_path):
    roles = ("lead", "handler", "counsel", "counsel")
    async with running_desks(tmp_path, make_home(tmp_path / "home", roles)) as desks:
        reporter = await desks.file("En sak.", unnamed=True)
        await desks.release()
        name = reporter.keys.case_id.hex()
        await do(desks, COUNSEL, "close", name)
        desks.clock.forward(days=31)

        async with pages_of(desks, COUNSEL) as one, pages_of(desks, COUNSEL + 1) as other:
            await one.unlock()
            await signed_first(one, name)
            await other.unlock()
            page = await signed_second(other, name)

    assert "är raderat" in page.words


async def test_a_lock_that_comes_between_keeps_the_reference_and_has_the_second_tick_given_again(desks):
    name = await closed(desks)

    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other:
        await one.unlock()
        await one.go(f"/erase/{name}")
        await one.services.desk.lock()
        await one.send(f"/erase/{name}", **GROUND)
        kept = await one.send("/unlock", passphrase=PASSPHRASE)
        await one.send(f"/erase/{name}", **GROUND)
        await other.unlock()
        page = await other.go("/erase")
        await other.services.desk.lock()
        await other.send(f"/erase/{name}/sign", signature=page.hidden("signature"), read="yes")
        again = await other.send("/unlock", passphrase=PASSPHRASE)

    assert 'value="KS 2025/88"' in kept.text
    assert 'value="decision" checked' in kept.text
    assert "Skriv under och gallra" in again.words


async def test_when_the_server_does_not_answer_nothing_typed_is_lost_and_certificates_are_shown(desks, monkeypatch):
    name, gone = await closed(desks), await closed(desks)
    for number in (LEAD, HANDLER):
        async with desks.desk(number) as book:
            await book.sync()
            await erase(book, gone, REFERENCE)

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.go("/erase")
        await reader.go(f"/erase/{name}")
        with monkeypatch.context() as away:
            async with reader.services.desk.at_work() as book:
                away.setattr(book.client, "ask", unreached)
            sent = await reader.send(f"/erase/{name}", **GROUND)
            lists = await reader.go("/erase")
        kept = await reader.go(f"/erase/{name}")

    assert "Servern svarar inte." in sent.words
    assert "Servern svarar inte." in lists.words
    assert f"Ärende {case_number(bytes.fromhex(gone))}" in lists.words
    assert "Det finns inget att gallra" not in lists.words
    assert any('value="KS 2025/88"' in page.text for page in (sent, kept))


async def test_a_first_signature_is_taken_back_while_it_waits_and_the_second_erases_nothing_then(desks):
    name = await closed(desks)

    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other:
        await one.unlock()
        signed = await signed_first(one, name)
        back = await one.send(f"/erase/{name}/withdraw")
        again = await post(one, f"/erase/{name}/withdraw")
        await other.unlock()
        hers = await other.go("/erase")
        alone = await signed_first(other, name)
        # The other's signature is hers to take back.
        not_mine = await post(one, f"/erase/{name}/withdraw")
        done = await signed_second(one, name)
        too_late = await post(other, f"/erase/{name}/withdraw")
        certificate = other.at

    assert "Ta tillbaka din underskrift" in signed.words
    assert "Kan gallras Privata inköp." in back.words
    assert "Ta tillbaka din underskrift" not in back.words
    assert "Ingen underskrift av dig väntar i det här ärendet." in again.words
    assert "Väntar på din underskrift" not in hers.words
    assert "Väntar på en kollega Privata inköp." in alone.words
    assert not_mine.status == 422
    assert "Underskrivet av Person 2 och Person 1" in done.words
    assert too_late.status == 200
    assert certificate == f"/erase/{name}/certificate"


async def test_the_second_signature_finds_none_that_was_taken_back_and_the_desk_says_when_there_is_none(desks):
    name = await closed(desks)

    async with desks.desk(LEAD) as book:
        await book.sync()
        await erase(book, name, "LK 1")
        case = await withdraw(book, name)
        with pytest.raises(NotNow) as again:
            await withdraw(book, name)
    async with desks.desk(HANDLER) as book:
        await book.sync()
        state = await erase(book, name, "LK 1")

    assert case.waiting == ()
    assert again.value.text_key == "erase.not_signed"
    assert state == "kept"


async def test_the_certificate_has_register_number_closing_day_outcome_and_ground_at_both_desks(desks):
    name = await three_read(desks, "Privata inköp.")
    async with desks.desk(LEAD) as book:
        await book.sync()
        await acts.do(book, "register", name, "KS 2026/118")
        chosen = acts.ActChoices(outcome="handled", reason="partly substantiated")
        await acts.do(book, "close", name, "Klart.", chosen)
    closed_on = pages_day(desks)
    desks.clock.forward(days=31)

    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other:
        for reader in (one, other):
            await reader.unlock()
        await signed_first(one, name)
        shown = await other.go("/erase")
        done = await signed_second(other, name)
        pages = [done, await one.go(f"/erase/{name}"), await one.go(f"/erase/{name}/certificate")]

    assert "Diarienummer KS 2026/118 Avslutad" in shown.words
    assert "Grund Gallringsbeslut KS 2025/88 Underskrivet av" in shown.words
    for page in pages:
        assert f"Diarienummer KS 2026/118 Avslutat {closed_on}, delvis styrkt Gallrat" in page.words
        assert "Grund Gallringsbeslut KS 2025/88 Underskrivet" in page.words


async def test_a_signature_under_a_case_that_says_something_else_of_it_is_not_joined(desks):
    name = await closed(desks)
    false = f"{REFERENCE} | KS 2026/1 | {signed_reference(desks).split(' | ')[2]} | dismissed"

    for number, reference in ((LEAD, false), (HANDLER, false)):
        async with desks.desk(number) as book:
            await book.sync()
            with pytest.raises(NotNow) as refused:
                await erase(book, name, reference)
            assert refused.value.text_key == "erase.other_facts"


def pages_day(desks: RunningDesks) -> str:
    return format_date(today(desks.clock), "d MMMM y", locale="sv")


async def test_the_form_of_the_first_signature_erases_nothing_if_a_colleague_has_signed_since_it_was_shown(desks):
    name = await closed(desks)

    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other:
        await other.unlock()
        early = await other.go(f"/erase/{name}")
        await one.unlock()
        await signed_first(one, name)
        page = await other.send(f"/erase/{name}", **GROUND)
        late = await other.go(f"/erase/{name}")
        done = await signed_second(other, name)

    assert "Du skriver under först." in early.words
    assert "En kollega har redan skrivit under just den beteckningen, och inget är raderat än." in page.words
    assert "Du skriver under först." not in late.words
    assert "då raderas ärendet direkt" in late.words
    assert "Gallringsbevis" in done.words


async def test_nor_if_she_signs_between_the_desks_two_looks_at_the_case(desks):
    name = await closed(desks)

    async with pages_of(desks, HANDLER) as other:
        await other.unlock()
        await other.go(f"/erase/{name}")
        client, opened = other.services.desk.reading().client, []
        ask = client.ask

        async def signed_before_the_second(verb, *given):
            opened.extend([verb] if verb == "case" else [])
            if len(opened) == 2 and verb == "case":
                await desks.erase(LEAD, name, signed_reference(desks))
            return await ask(verb, *given)

        client.ask = signed_before_the_second
        page = await other.send(f"/erase/{name}", **GROUND)

    assert len(opened) >= 2
    assert "En kollega har redan skrivit under just den beteckningen, och inget är raderat än." in page.words
    assert [one.case_id.hex() for one in await desks.listed(LEAD)] == [name]


async def test_the_list_of_cases_says_that_an_erasure_waits_and_calls_nothing_unread_that_was_signed(desks):
    name = await closed(desks)
    await desks.act(HANDLER, "note", name, "En sak till.")
    waits, chips = "Gallring väntar på underskrift", []

    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other:
        for reader in (one, other):
            await reader.unlock()
            chips.append(chips_of(await reader.go("/")))
        await signed_first(one, name)
        for reader in (one, other):
            await fetched(reader)
            chips.append(chips_of(await reader.go("/")))

    before, at_other, signed, to_sign = chips
    assert waits not in before + at_other
    assert {waits, "Nytt att läsa"} <= set(signed)
    assert "Oläst" not in signed
    assert waits in to_sign


def chips_of(page: Seen) -> list[str]:
    return re.findall(r'<span class="chip[^>]*>(.*?)</span>', page.text)


async def test_both_who_sign_read_whose_decision_the_ground_is_and_how_it_is_checked(desks):
    name = await closed(desks)

    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other:
        await one.unlock()
        form = await one.go(f"/erase/{name}")
        await signed_first(one, name)
        await other.unlock()
        joins = await other.go("/erase")

    for page in (form, joins):
        assert "Kommunen beslutar om gallring" in page.words
        assert "Ring kommunarkivarien." in page.words
    assert form.words.index("Kommunen beslutar") < form.words.index("Beslutets eller kvittots")
    assert joins.words.index("Kommunen beslutar") < joins.words.index("Skriv under och gallra")


async def test_the_second_refuses_with_a_reason_that_the_first_reads_and_taking_back_ends_it(desks):
    name = await closed(desks)

    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other, pages_of(desks, OTHER) as third:
        for reader in (one, other, third):
            await reader.unlock()
        signed = await signed_first(one, name)
        await fetched(other)
        asked = await other.go("/erase")
        silent = await other.send(f"/case/{name}/refuse", reason="")
        said = await other.send(f"/case/{name}/refuse", reason="Kvittot gäller ett annat ärende.")
        hers = await other.go("/")
        await fetched(one)
        own = await one.go(f"/case/{name}")
        told, lists = await one.go("/"), await one.go("/erase")
        await fetched(third)
        others = await third.go("/")
        await one.send(f"/erase/{name}/withdraw")
        case = await one.go(f"/case/{name}")
        await signed_first(one, name)
        await fetched(other)
        again = await other.go("/")
        done = await signed_second(other, name)

    row, why = (
        "En underskrift väntar: gallring",
        "Person 2 skrev inte under, därför att: Kvittot gäller ett annat ärende.",
    )
    assert "Inget meddelande skickas, så ring. Det står först under Att göra i dag där" in signed.words
    assert "Skriv inte under, därför att …" in asked.words
    assert (silent.status, "Du har inte sagt varför." in silent.words) == (422, True)
    assert "Du har inte skrivit under, och kollegan får läsa varför." in said.words
    assert "Person 2: skriver inte under gallringen" in said.words
    # The box of the case says so in the place of the question, at both desks.
    assert "Du skrev inte under, därför att: Kvittot gäller ett annat ärende." in said.words
    assert "Skriv inte under, därför att …" not in said.words
    assert why in own.words
    # Nothing more is asked of her; the first reads why, and a third reader can still sign.
    assert [row in page.words for page in (hers, told, others, again)] == [False, False, True, True]
    assert "Du har inte skrivit under gallringen. Person 1 tar tillbaka sin underskrift" in hers.words
    assert "Person 2 skriver inte under gallringen" in told.words
    assert why in lists.words
    # What was refused is waited for no more.
    assert "Väntar på andra" not in told.words
    assert "Väntar på Person 2" not in lists.words
    assert "Person 1: tar tillbaka sin underskrift på gallringen" in case.words
    assert "är raderat och nyckeln förstörd." in done.words
