"""A case passes to other readers at the pages: two members, a file from hand to hand, and who opens what before and after."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from desks.case_pages import fetched
from desks.harness import PASSPHRASE, running_desks
from desks.moved_pages import (
    COUNSEL,
    HANDLER,
    LEAD,
    OTHER,
    ROLES,
    copy_of,
    ids_of,
    offered,
    opens,
    opens_by_force,
    remembered_by,
    send_file,
    served,
    signed,
    three_read,
    two_read,
    unreached,
)
from desks.pages import pages_of
from visitors.intake_harness import make_home

from desk.errors import DeskError
from desk.keep.keyfile import DeskHome
from desk.web.views.case.moving import needs_relock
from desk.web.views.case_line import case_number
from desk.work import acts, moves
from trusted.case.clock import STOCKHOLM, next_release, today
from trusted.case.entry import Handover, Stream

TEXT = "Chefen anställde sin systerson."
WHY = "Vi lämnar ärendet till en jurist."


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        yield desks


async def inside_names(desks, number: int, name: str) -> tuple[str, ...]:
    async with desks.desk(number) as book:
        await book.sync()
        return needs_relock(await book.open(book.state.find(name)))


async def test_a_case_goes_to_the_lawyer_and_the_reporter_reads_who_is_new_and_why(desks):
    reporter = await desks.file("En sak.", concerns=[OTHER])
    await desks.release()
    name = reporter.keys.case_id.hex()
    lead, handler, counsel = ids_of(desks, LEAD, HANDLER, COUNSEL)

    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other:
        await one.unlock()
        form = await one.go(f"/case/{name}/move")
        look = await one.send(f"/case/{name}/move", reader=[handler, counsel], signer=handler, reason=WHY)
        file = await one.send(f"/case/{name}/move/file", reader=[handler, counsel], signer=handler, reason=WHY)
        await other.unlock()
        await other.go("/moves")
        shown = await send_file(other, file.body)
        done = await send_file(other, b"", offer=shown.hidden("offer"), agreed="yes")

        async with pages_of(desks, COUNSEL) as third:
            await desks.release()
            await third.unlock()
            hers = await third.go(f"/case/{name}")
            await fetched(one)
            gone = await one.go(f"/case/{name}")
        case = await seen_by(other, name)
    seen = await desks.reporter_sees(replace(reporter, keys=case.keys))

    assert "Person 4, handläggare: Anmälan gäller den personen." in form.words
    assert f'value="{lead}" checked' in form.text
    assert f'value="{counsel}" checked' not in form.text
    assert "Läser från och med nu Person 2 (handläggare), Person 3 (extern jurist)" in look.words
    assert "Läser inte längre Person 1 (sammankallande)" in look.words
    assert "Ärendet läses nu också av: Counsel 3" in look.words
    assert "Skicka, så ligger det under Att göra i dag hos Person 2. Ingen annan kan öppna det." in look.words
    assert file.headers["Content-Disposition"] == 'attachment; filename="omlasning.bin"'
    assert "Person 1 vill byta lås på ”En sak.”" in shown.words
    assert "Nya i ärendet Person 3 (extern jurist)" in shown.words
    assert "Ärendet har fått nytt lås" in done.words
    assert "En sak." in hers.words
    # Who signs writes the entry, and two have decided it.
    assert "Gruppen: Person 3 läser ärendet nu" in hers.words
    assert "En sak." not in gone.words
    assert seen == [Handover(counsel, WHY)]


async def seen_by(reader, name: str):
    async with reader.services.desk.at_work() as book:
        await book.sync()
        return await book.open(book.state.find(name))


async def test_nothing_is_moved_before_the_second_member_has_ticked_and_signed(desks):
    name = await two_read(desks)
    readers = ids_of(desks, LEAD, HANDLER)

    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other:
        await one.unlock()
        file = await offered(one, name, readers, readers[1])
        await other.unlock()
        await other.go("/moves")
        shown = await send_file(other, file)
        unticked = await send_file(other, b"", offer=shown.hidden("offer"))
        before = (await seen_by(one, name)).known.epoch, (await seen_by(other, name)).known.epoch
        done = await send_file(other, b"", offer=unticked.hidden("offer"), agreed="yes")
        after = (await seen_by(other, name)).known.epoch

    assert "Jag har kontrollerat vilka som läser." in shown.words
    assert "Inget saknas i ärendet, och anmälaren kan läsa vidare." in shown.words
    assert "Ingen som anmälaren har kryssat för är med." in shown.words
    assert "Godkänn nya läsare" in shown.words
    assert unticked.status == 422
    assert "Du har inte kryssat för att du har kontrollerat vilka som läser" in unticked.words
    assert before == (1, 1)
    assert "Ärendet har fått nytt lås" in done.words
    assert after == 2


@pytest.mark.parametrize(
    ("readers", "signer", "reason", "sentence"),
    [
        ((LEAD,), LEAD, WHY, "Minst två måste läsa ärendet"),
        ((LEAD, HANDLER), LEAD, WHY, "Minst två måste läsa ärendet"),
        ((LEAD, HANDLER), None, WHY, "Minst två måste läsa ärendet"),
        ((LEAD, HANDLER, COUNSEL), COUNSEL, WHY, "Den du valde kan inte skriva under det här."),
        ((LEAD, HANDLER, OTHER), HANDLER, WHY, "Anmälan gäller en av dem du valde."),
        ((LEAD, HANDLER, COUNSEL), HANDLER, "", "Någon är ny i ärendet. Skriv till anmälaren varför."),
    ],
)
async def test_a_move_that_cannot_be_is_refused_and_what_was_chosen_is_kept(desks, readers, signer, reason, sentence):
    name = await two_read(desks)
    signs = "" if signer is None else ids_of(desks, signer)[0]

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.go(f"/case/{name}/move")
        page = await reader.send(f"/case/{name}/move", reader=ids_of(desks, *readers), signer=signs, reason=reason)

    assert page.status == 422
    assert sentence in page.words
    assert reason in page.text
    for number in {*readers} - {OTHER}:
        assert f'name="reader" value="{ids_of(desks, number)[0]}" checked' in page.text


async def test_change_goes_back_to_the_choices_with_everything_kept(desks):
    name = await two_read(desks)
    readers = ids_of(desks, LEAD, HANDLER, COUNSEL)

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.go(f"/case/{name}/move")
        await reader.send(f"/case/{name}/move", reader=readers, signer=readers[1], reason=WHY)
        page = await reader.send(f"/case/{name}/move", reader=readers, signer=readers[1], reason=WHY, change="yes")

    assert page.status == 200
    assert WHY in page.text
    assert page.text.count(" checked") == 4


@pytest.mark.parametrize("wrong", ["", "another's", "cut", "too large", "for somebody else"])
async def test_what_is_no_file_for_this_member_is_refused(desks, wrong):
    name = await two_read(desks)
    readers = ids_of(desks, LEAD, HANDLER)

    async with (
        pages_of(desks, LEAD) as one,
        pages_of(desks, HANDLER if wrong != "for somebody else" else COUNSEL) as other,
    ):
        await one.unlock()
        file = await offered(one, name, readers, readers[1])
        await other.unlock()
        await other.go("/moves")
        sent = {"": b"", "another's": b"x" * 900, "cut": file[:-1], "too large": bytes(4 * 2**20)}.get(wrong, file)
        page = await send_file(other, sent)

    assert page.status == 422
    assert ("Ingen fil valdes" if not wrong else "Filen innehåller inget låsbyte för dig.") in page.words


async def test_what_was_written_after_the_file_was_made_is_not_lost_but_the_file_is_refused(desks):
    name = await two_read(desks)
    readers = ids_of(desks, LEAD, HANDLER)

    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other:
        await one.unlock()
        await other.unlock()
        file = await offered(one, name, readers, readers[1])
        async with other.services.desk.at_work() as book:
            await acts.do(book, "reply", name, "Hej.")
        await other.go("/moves")
        page = await send_file(other, file)

    assert page.status == 422
    assert "eller så har någon skrivit i ärendet sedan dess" in page.words


async def test_of_two_who_read_one_locks_out_who_left_with_a_third_and_she_is_not_asked(desks):
    name = await two_read(desks)
    lead, handler, counsel = ids_of(desks, LEAD, HANDLER, COUNSEL)
    await desks.step_aside(HANDLER, name)

    async with pages_of(desks, LEAD) as one:
        await one.unlock()
        form = await one.go(f"/case/{name}/move")
        asked = await one.send(f"/case/{name}/move", reader=[lead, handler], signer=handler, reason=WHY)
        no_reason = await one.send(f"/case/{name}/move", reader=[lead, counsel], signer=counsel)
        file = await offered(one, name, [lead, counsel], counsel, WHY)
        async with pages_of(desks, HANDLER) as other:
            await other.unlock()
            refused = await other.go(f"/case/{name}/move")
        async with pages_of(desks, COUNSEL) as third:
            await third.unlock()
            done = await signed(third, file)
            read = await third.go(f"/case/{name}")
        await desks.release()
        after = needs_relock(await seen_by(one, name))
        async with desks.desk(HANDLER) as book:
            await book.sync()
            with pytest.raises(DeskError):
                await book.open(book.state.find(name))

    # Where one alone can sign, that one is ticked.
    assert [f'name="reader" value="{one}" checked' in form.text for one in (lead, counsel)] == [True, True]
    assert f'name="reader" value="{handler}" checked' not in form.text
    assert f'name="signer" value="{handler}"' not in form.text
    assert f'name="signer" value="{counsel}" checked' in form.text
    assert "Person 2 har lämnat ärendet och har fortfarande nyckeln." in form.words
    assert asked.status == no_reason.status == 422
    assert "Skriv till anmälaren varför." in no_reason.words
    assert "Du har lämnat ärendet, så du låser inte om det." in refused.words
    assert 'name="signer"' not in refused.text
    assert "Ärendet har fått nytt lås" in done.words
    assert "En sak." in read.words
    assert after == ()


async def test_of_two_who_read_the_one_who_is_left_out_need_not_sign(desks):
    name = await two_read(desks)
    lead, handler, counsel = ids_of(desks, LEAD, HANDLER, COUNSEL)

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        form = await reader.go(f"/case/{name}/move")
        stays = await reader.send(f"/case/{name}/move", reader=[lead, handler, counsel], signer=counsel, reason=WHY)
        look = await reader.send(f"/case/{name}/move", reader=[lead, counsel], signer=counsel, reason=WHY)

    assert f'name="signer" value="{handler}" checked' in form.text
    assert f'name="signer" value="{counsel}"' in form.text
    assert stays.status == 422
    assert "Den du valde kan inte skriva under" in stays.words
    assert look.status == 200


async def test_between_two_releases_a_moved_case_waits_on_the_overview_with_its_day_and_then_comes_back(desks):
    name = await two_read(desks, TEXT)
    lead, counsel = ids_of(desks, LEAD, COUNSEL)
    await desks.step_aside(HANDLER, name)

    async with pages_of(desks, LEAD) as one, pages_of(desks, COUNSEL) as other:
        await one.unlock()
        await fetched(one)
        before = await one.go("/")
        first = await offered(one, name, [lead, counsel], counsel, WHY)
        await other.unlock()
        await signed(other, first)
        await fetched(one)
        waiting = await one.go("/")
        searched = await one.send("/search", words="systerson")
        case = await one.go(f"/case/{name}")
        form = await one.go(f"/case/{name}/write")
        release = next_release(desks.clock()).astimezone(STOCKHOLM).date()
        comes_back = one.services.language.weekday(release, release)
        await desks.release()
        await fetched(one)
        back = await one.go("/")
        again = await one.go(f"/case/{name}")

    number = case_number(bytes.fromhex(name))
    # The acknowledgement comes first, then the move.
    assert "bekräfta anmälan, byt sedan lås" in before.words
    assert f"Ärende {number}. Det får nytt lås och är tillbaka {comes_back} efter kl. 6." in waiting.words
    # Nothing can be done before it is back, so it is nothing to do.
    assert "bekräfta anmälan" not in waiting.words
    assert re.search(r"Bekräfta senast \w+ \d+ \w+: \d+ arbetsdagar kvar\.", waiting.words)
    assert "bekräfta anmälan" in back.words
    assert "ärendet: Person 2 har lämnat" not in back.words
    assert f"Ärende {number}" in waiting.words
    assert "Får nytt lås" in waiting.words
    assert "Ärendet får nytt lås. Du ser det igen efter kl. 6 nästa dag." in waiting.words
    assert f'href="/case/{name}"' in waiting.text
    assert f"/case/{name}/" not in waiting.text
    assert TEXT not in waiting.words
    assert "Inget av det du kan läsa innehåller ”systerson”." in searched.words
    for page in (case, form):
        assert "Ärendet får nytt lås." in page.words
        assert "Har gruppen tagit bort dig ser du det inte mer." in page.words
    assert TEXT in back.words
    assert "Får nytt lås" not in back.words
    assert TEXT in again.words


async def test_who_was_left_out_sees_the_row_for_two_releases_and_then_nothing_of_the_case(desks):
    name = await three_read(desks)
    handler, other_id = ids_of(desks, HANDLER, OTHER)

    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as two, pages_of(desks, OTHER) as three:
        await one.unlock()
        await two.unlock()
        await three.unlock()
        await signed(three, await offered(two, name, [handler, other_id], other_id))
        pages = []
        for _ in range(3):
            await fetched(one)
            pages.append(await one.go("/"))
            desks.clock.forward(hours=24)
            await desks.store.release(today(desks.clock), [one.id_bytes for one in desks.roster.members])
        case = await one.go(f"/case/{name}")
        cache = one.services.desk.reading().cache

    assert ["Får nytt lås" in page.words for page in pages] == [True, True, False]
    assert case_number(bytes.fromhex(name)) not in pages[2].words
    assert "Ärendet får nytt lås" not in case.words
    assert name not in cache.index.summaries
    assert cache.case(bytes.fromhex(name)) is None


async def test_a_day_of_the_law_before_the_case_comes_back_is_to_be_met_before_the_move(desks):
    name = await two_read(desks)

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        early = await reader.go(f"/case/{name}/move")
        desks.clock.forward(days=4)
        near = await reader.go(f"/case/{name}/move")
        async with reader.services.desk.at_work() as book:
            await acts.do(book, "acknowledge", name, "Tack.")
        met = await reader.go(f"/case/{name}/move")
        desks.clock.forward(days=93)
        feedback = await reader.go(f"/case/{name}/move")

    first = "Skicka bekräftelsen först: efter låsbytet når du inte ärendet förrän efter kl. 6 nästa dag."
    # The acknowledgement comes first on every day: what waits for a signature lets nobody write.
    assert [first in page.words for page in (early, near, met)] == [True, True, False]
    assert f'href="/case/{name}/write?act=acknowledge"' in early.text
    assert "Skriv inget i ärendet" in early.words
    assert "Ge återkoppling först: efter låsbytet når du inte ärendet förrän efter kl. 6 nästa dag." in feedback.words


async def test_the_overview_says_whose_signature_a_file_waits_for_until_it_fits_no_more(desks):
    name = await two_read(desks)
    lead, counsel = ids_of(desks, LEAD, COUNSEL)
    await desks.step_aside(HANDLER, name)

    async with pages_of(desks, LEAD) as one, pages_of(desks, COUNSEL) as other:
        await one.unlock()
        await fetched(one)
        before = await one.go("/")
        file = await offered(one, name, [lead, counsel], counsel, WHY)
        waiting = await one.go("/")
        await one.services.desk.lock()
        await one.go("/unlock")
        await one.send("/unlock", passphrase=PASSPHRASE)
        again = await one.go("/")
        # Also a note is an entry.
        await desks.act(HANDLER, "note", name, "Jag går.")
        await other.unlock()
        await other.go("/moves")
        refused = await send_file(other, file)
        await fetched(one)
        stale = await one.go("/")

    said = "Låsbytet väntar på underskrift av Person 3."
    assert [said in page.words for page in (before, waiting, again, stale)] == [False, True, True, False]
    assert refused.status == 422


async def test_where_nobody_is_left_to_let_in_the_page_says_so(desks):
    name = (await desks.file("Två.", concerns=[COUNSEL, OTHER])).keys.case_id.hex()
    await desks.release()
    await desks.step_aside(HANDLER, name)

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        nobody = await reader.go(f"/case/{name}/move")

    assert "Lägg först till en behörig" in nobody.words
    assert 'name="signer"' not in nobody.text


async def test_after_the_move_the_one_who_left_opens_nothing_with_copies_of_everything_from_before_and_after(
    desks, tmp_path
):
    reporter = await desks.file("En sak.", files=[b"en bild"])
    await desks.release()
    name = reporter.keys.case_id.hex()
    async with desks.desk(LEAD) as book:
        await book.sync()
        await acts.do(book, "note", name, "För oss.")
        await acts.do(book, "reply", name, "Hej.")
    await desks.step_aside(HANDLER, name)
    for number in (LEAD, HANDLER, OTHER):
        await desks.listed(number)
    before = copy_of(desks, tmp_path / "before")

    async with pages_of(desks, LEAD) as one, pages_of(desks, OTHER) as other:
        await one.unlock()
        form = await one.go(f"/case/{name}/move")
        readers = ids_of(desks, LEAD, OTHER)
        file = await offered(one, name, readers, readers[1])
        await other.unlock()
        done = await signed(other, file)
    async with desks.desk(LEAD) as book:
        await desks.release()
        await book.sync()
        await acts.do(book, "note", name, "Hon har lämnat.")
        await acts.do(book, "reply", name, "Hej igen.")
    after = copy_of(desks, tmp_path / "after")

    hers = desks.made.keys[HANDLER]
    homes = [DeskHome(copy / f"desk{HANDLER}") for copy in (before, after)]
    remembered = [one for home in homes for one in remembered_by(home, hers)]
    readers_own = remembered_by(DeskHome(after / f"desk{OTHER}"), desks.made.keys[OTHER])
    forced = {
        "hers, before": opens_by_force([before], hers, remembered),
        "hers, after": opens_by_force([before, after], hers, remembered),
        "reader's, after": opens_by_force([after], desks.made.keys[OTHER], readers_own),
    }
    counts = {}
    async with served(desks, before) as old:
        counts["entitled, before"] = await opens(old, old.home(HANDLER), name)
    async with served(desks, after) as new:
        counts["reader, after"] = await opens(new, new.home(OTHER), name)
        counts["hers, after"] = await opens(new, new.home(HANDLER), name)
        old_folder = replace(new, folder=before)
        counts["her folder from before, after"] = await opens(new, old_folder.home(HANDLER), name)
        counts["key file alone, after"] = await opens(new, new.home(HANDLER, "bare"), name)

    assert "Person 2 har lämnat ärendet" in form.words
    assert "Ärendet har fått nytt lås" in done.words
    assert counts == {
        "entitled, before": {Stream.REPORTER: 2, Stream.MEMBERS: 1, Stream.NOTES: 2},
        "reader, after": {Stream.REPORTER: 2, Stream.MEMBERS: 2, Stream.NOTES: 3},
        "hers, after": {},
        "her folder from before, after": {},
        "key file alone, after": {},
    }
    assert forced == {
        "hers, before": {Stream.REPORTER: 2, Stream.MEMBERS: 1, Stream.NOTES: 2, Stream.FILES: 1},
        "hers, after": {},
        "reader's, after": {Stream.REPORTER: 2, Stream.MEMBERS: 2, Stream.NOTES: 3, Stream.FILES: 1},
    }


async def test_who_was_left_out_without_stepping_aside_is_not_ticked_again(desks):
    name = await three_read(desks)
    async with desks.desk(LEAD) as book:
        await book.sync()
        await acts.do(book, "note", name, "För oss.")
    readers = ids_of(desks, LEAD, OTHER)

    async with pages_of(desks, LEAD) as one, pages_of(desks, OTHER) as other:
        await one.unlock()
        await other.unlock()
        await signed(other, await offered(one, name, readers, readers[1]))
        await desks.release()
        await fetched(one)
        form = await one.go(f"/case/{name}/move")

    assert f'name="reader" value="{ids_of(desks, HANDLER)[0]}"' in form.text
    assert f'name="reader" value="{ids_of(desks, HANDLER)[0]}" checked' not in form.text


async def test_a_second_press_signs_nothing_twice_and_a_broken_offer_is_no_form(desks):
    name = await two_read(desks)
    readers = ids_of(desks, LEAD, HANDLER)

    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other:
        await one.unlock()
        await other.unlock()
        file = await offered(one, name, readers, readers[1])
        await other.go("/moves")
        shown = await send_file(other, file)
        await send_file(other, b"", offer=shown.hidden("offer"), agreed="yes")
        other.page = shown
        again = await send_file(other, b"", offer=shown.hidden("offer"), agreed="yes")
        await other.go("/moves")
        broken = await send_file(other, b"", offer="=!=", agreed="yes")
        await other.go("/moves")
        made_before = await send_file(other, file)

    assert again.status == broken.status == 422
    assert "Ärendet har redan sin nya nyckel." in made_before.words


async def test_an_offer_that_goes_by_hand_is_kept_by_no_server(desks, monkeypatch):
    name = await two_read(desks)
    readers = ids_of(desks, LEAD, HANDLER)

    async with pages_of(desks, LEAD) as one:
        await one.unlock()
        await one.services.refresh.wait()
        asked = []
        async with one.services.desk.at_work() as book:
            ask = book.client.ask

            async def noted(verb, question, kind):
                asked.append(verb)
                return await ask(verb, question, kind)

            monkeypatch.setattr(book.client, "ask", noted)
        await offered(one, name, readers, readers[1])

    assert set(asked) == {"roster", "box", "case"}
    assert moves.FILE_BYTES_MAX == 2 * 2**20


async def test_a_lock_that_comes_between_loses_no_choice_and_asks_for_the_file_again(desks):
    name = await two_read(desks)
    readers = ids_of(desks, LEAD, HANDLER, COUNSEL)

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        kept = []
        for path in (f"/case/{name}/move", f"/case/{name}/move/file"):
            await reader.go(f"/case/{name}/move")
            await reader.services.desk.lock()
            await reader.send(path, reader=readers, signer=readers[1], reason=WHY)
            kept.append(await reader.send("/unlock", passphrase=PASSPHRASE))
        await reader.go("/moves")
        await reader.services.desk.lock()
        locked = await send_file(reader, b"a file")
        at, back = reader.at, await reader.send("/unlock", passphrase=PASSPHRASE)

    for page in kept:
        assert WHY in page.text
        assert page.text.count(" checked") == 4
    assert (locked.status, at) == (200, "/unlock")
    assert back.status == 200


@pytest.mark.parametrize("step", ["", "/file"])
async def test_when_the_server_does_not_answer_the_choices_come_again(desks, monkeypatch, step):
    name = await two_read(desks)
    readers = ids_of(desks, LEAD, HANDLER, COUNSEL)

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.go(f"/case/{name}/move")
        with monkeypatch.context() as away:
            async with reader.services.desk.at_work() as book:
                away.setattr(book.client, "ask", unreached)
            sent = await reader.send(f"/case/{name}/move{step}", reader=readers, signer=readers[1], reason=WHY)
        kept = await reader.go(f"/case/{name}/move{step}")

    assert "Servern svarar inte." in sent.words
    assert any(WHY in page.text for page in (sent, kept))
