"""A move that waits at the server for the second member: in memory, for her alone, and on no disk."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from desks.case_pages import fetched
from desks.harness import running_desks
from desks.moved_cases import send_to
from desks.moved_pages import COUNSEL, HANDLER, LEAD, OTHER, ROLES, ids_of, send_file, sent_by, three_read, two_read
from desks.pages import pages_of
from visitors.intake_harness import SetClock, make_home

from cases.wire.files import CleanCopy, ScrubAnswer
from cases.wire.messages import AppendAnswer, AppendRequest, StateAnswer, WireHead
from cases.wire.offers import ANSWER_BYTES, HELD_MAX, OFFER_BYTES_MAX, OfferRequest
from desk.errors import HeldBack, ServerRefused
from desk.web.views.case_line import case_number
from desk.work import acts, answers, moves
from desk.work.erasing import erase
from intake.desk_api.offers import BYTES_MAX, HeldOffers
from trusted.case.entry import Opened, Stream
from trusted.case.errors import Busy
from trusted.crypto.envelope import HEADER_BYTES

CASE = bytes(16)
NAME = "Person 1"


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        yield desks


async def waiting(desks, number: int) -> tuple[bytes, ...]:
    async with desks.desk(number) as book:
        await book.sync()
        return await moves.waiting_offers(book)


async def waits_for(reader) -> tuple[bytes, ...]:
    async with reader.services.desk.at_work() as book:
        return await moves.waiting_offers(book)


def everything_on_disk(desks) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(desks.folder.rglob("*")) if path.is_file())


async def test_what_one_sends_the_other_finds_under_to_do_and_signs_on_a_page_though_both_opened_the_case(desks):
    name = await two_read(desks)
    readers = ids_of(desks, LEAD, HANDLER)

    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other:
        await one.unlock()
        said = await sent_by(one, name, readers, readers[1])
        # Each has the case on the screen meanwhile: what that writes must not make the move unfit.
        await one.go(f"/case/{name}")
        await other.unlock()
        await fetched(other)
        await other.go(f"/case/{name}")
        overview = await other.go("/")
        (held,) = await waits_for(other)
        on_disk = held in everything_on_disk(desks)
        page = await other.go("/moves")
        looked = await send_file(other, b"", waiting=page.hidden("waiting"))
        done = await send_file(other, b"", offer=looked.hidden("offer"), agreed="yes")
        then = await waits_for(other), await waits_for(one)
        after = await other.go("/moves")
        opened = await other.go(f"/case/{name}")

    assert "Nu skriver Person 2 under" in said.words
    assert f"Skriv under: nya läsare i ärende {case_number(bytes.fromhex(name))}" in overview.words
    assert not on_disk
    assert "En kollega har skickat ett ärende att skriva under." in page.words
    assert "Läser från och med nu Person 1 (sammankallande), Person 2 (handläggare)" in looked.words
    assert "Ärendet har fått nytt lås" in done.words
    assert then == ((), ())
    assert "Inget väntar på din underskrift hos servern." in after.words
    assert opened.status == 200


async def test_a_third_reader_who_opens_the_case_meanwhile_spoils_nothing(desks):
    name = await three_read(desks)
    readers = ids_of(desks, LEAD, HANDLER)

    async with pages_of(desks, LEAD) as one, pages_of(desks, OTHER) as third:
        await one.unlock()
        await third.unlock()
        await fetched(third)
        await sent_by(one, name, readers, readers[1])
        # Her desk knows of nothing: it fetched everything before.
        opened = await third.go(f"/case/{name}")
        before = await openings_of(desks, name)
        async with desks.desk(HANDLER) as book:
            await book.sync()
            read = await moves.read_offer(book, *await moves.waiting_offers(book))
            moved = await moves.sign_offer(book, read)

    assert opened.status == 200
    assert 'role="alert"' not in opened.text
    assert before == []
    assert moved.known.epoch == 2


async def test_what_a_third_reader_writes_meanwhile_is_refused_with_why_and_comes_back_when_the_move_was_refused(desks):
    name = await three_read(desks)
    readers = ids_of(desks, LEAD, HANDLER)

    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other, pages_of(desks, OTHER) as third:
        for reader in (one, other, third):
            await reader.unlock()
        await third.go(f"/case/{name}/note")
        await sent_by(one, name, readers, readers[1])
        await fetched(other)
        refused = await third.send(f"/case/{name}/note", text="Jag vet mer.")
        fits = await other.go(f"/case/{name}/note")
        offered = await other.go("/moves?sent")
        silent = await other.send(f"/case/{name}/refuse", reason=" ")
        why = await other.send(f"/case/{name}/refuse", reason="Vi väntar på juristen.")
        kept = await third.go(f"/case/{name}/note")
        noted = await third.send(f"/case/{name}/note", text="Jag vet mer.")
        await fetched(one)
        overview = await one.go("/")
        told = await one.go(f"/case/{name}")

    assert 'action="/moves/refuse"' in offered.text
    assert "Skriv inte under, därför att …" in offered.words
    assert "Skriv inte under, därför att …" in fits.words
    assert silent.status == 422
    assert "Du har inte sagt varför." in silent.words
    assert refused.status == fits.status == 422
    assert "Ett låsbyte väntar på en kollegas underskrift, så inget annat görs i ärendet förrän dess." in refused.words
    assert "Person 1 har skickat ett låsbyte för dig att skriva under, så inget annat görs i ärendet" in fits.words
    assert "Du har inte skrivit under, och kollegan får läsa varför. Inget meddelande skickas" in why.words
    assert "Vi väntar på juristen." in told.words
    assert ">Jag vet mer.</textarea>" in kept.text
    assert "Anteckningen är sparad." in noted.words
    assert "Jag skriver inte under låsbytet. Vi väntar på juristen." in noted.words
    assert "Låsbytet väntar" not in overview.words


async def test_a_move_that_waits_holds_back_every_other_act_of_its_case_until_it_is_taken_back(desks):
    name = await two_read(desks)
    readers = ids_of(desks, LEAD, HANDLER)
    pages = [f"/case/{name}/{page}" for page in ("write", "meet", "note", "close", "hold", "link", "register")]
    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other:
        await one.unlock()
        await other.unlock()
        await sent_by(one, name, readers, readers[1])
        await fetched(other)
        own = [(await one.go(page)).words for page in pages]
        hers = [(await other.go(page)).words for page in pages]
        case = await other.go(f"/case/{name}")
        overview = await other.go("/")
        own_overview = await one.go("/")
        sent = await one.send(f"/case/{name}/write", do="send", act="acknowledge", text="Tack.", seen="")
        await one.go(f"/case/{name}")
        await one.send(f"/case/{name}/refuse")
        after = await one.go(f"/case/{name}/note")
        await fetched(other)
        gone = await other.go("/")
        draft = await one.go(f"/case/{name}/write")

    said = "Ditt låsbyte väntar på underskrift av Person 2, så inget annat görs i ärendet förrän dess."
    assert [said in page for page in own] == [True] * len(pages)
    assert [f"{NAME} har skickat ett låsbyte" in page for page in hers] == [True] * len(pages)
    assert f"/case/{name}/note" not in case.text
    # The list has the signature alone.
    assert "bekräfta anmälan" not in overview.words
    assert f"Skriv under: nya läsare i ärende {case_number(bytes.fromhex(name))}" in overview.words
    assert "Låsbytet väntar på underskrift av Person 2." in own_overview.words
    assert said in sent.words
    assert ">\nTack.</textarea>" in draft.text
    assert after.status == 200
    assert "bekräfta anmälan" in gone.words
    assert "Skriv under: nya läsare" not in gone.words


async def test_who_cannot_show_the_case_does_not_learn_that_a_move_waits(desks):
    name = await three_read(desks)
    found = []

    for waits in (False, True):
        if waits:
            async with desks.desk(LEAD) as book:
                await book.sync()
                made = await moves.offer(book, name, ids_of(desks, LEAD, HANDLER), ids_of(desks, HANDLER)[0], "x")
                await send_to(book, name, HANDLER, made)
        async with desks.desk(OTHER) as book:
            await book.sync()
            known = book.state.find(name)
            with pytest.raises(ServerRefused) as refused:
                await book.client.ask(
                    "append",
                    lambda _, known=known: AppendRequest(
                        known.case_id,
                        bytes(32),
                        int(Stream.NOTES),
                        0,
                        bytes(HEADER_BYTES),
                        b"x",
                        WireHead(1, bytes(32)),
                    ),
                    AppendAnswer,
                )
            found.append((refused.value.status, refused.value.text_key))

    assert found == [(404, "store.not_there")] * 2


async def test_after_the_signature_an_opening_is_written_down_again(desks):
    name = await two_read(desks)
    readers = ids_of(desks, LEAD, HANDLER)

    async with pages_of(desks, LEAD) as one:
        await one.unlock()
        await sent_by(one, name, readers, readers[1])
        await one.go(f"/case/{name}")
        before = await openings_of(desks, name)
        desks.clock.forward(days=2)
        await one.go(f"/case/{name}")
        after = await openings_of(desks, name)

    assert before == []
    assert [entry.author for entry in after] == [readers[0]]


async def openings_of(desks, name: str) -> list:
    async with desks.desk(HANDLER) as book:
        await book.sync()
        case = await book.open(book.state.find(name))
        return [entry for entry in case.streams.get(Stream.NOTES, ()) if isinstance(entry.body, Opened)]


async def test_the_answer_has_one_size_with_a_move_in_it_and_with_none_and_is_for_the_signer_alone(desks):
    name = await two_read(desks)
    sizes, found = [], []

    for sent in (False, True):
        if sent:
            async with desks.desk(LEAD) as book:
                await book.sync()
                made = await moves.offer(book, name, ids_of(desks, LEAD, HANDLER), ids_of(desks, HANDLER)[0], "")
                await send_to(book, name, HANDLER, made)
        for number in (LEAD, HANDLER, OTHER):
            async with desks.desk(number) as book:
                await book.sync()
                read = book.client._read_bounded

                async def noted(response, most, limit, read=read):
                    content = await read(response, most, limit)
                    sizes.append(len(content))
                    return content

                book.client._read_bounded = noted
                found.append(len(await moves.waiting_offers(book)))

    assert found == [0, 0, 0, 0, 1, 0]
    assert set(sizes) == {ANSWER_BYTES}


async def test_who_cannot_show_the_case_hands_in_nothing(desks):
    name = await two_read(desks)

    async with desks.desk(LEAD) as book:
        await book.sync()
        known = book.state.find(name)
        signer = ids_of(desks, HANDLER)[0]
        with pytest.raises(ServerRefused) as stranger:
            await book.client.ask(
                "offer-move",
                lambda _: OfferRequest(case_id=known.case_id, mac=bytes(32), signer=signer, offer=b"x"),
                StateAnswer,
            )
        with pytest.raises(ServerRefused) as nobody:
            await book.ask_case(known, "offer-move", OfferRequest, StateAnswer, signer="0" * 32, offer=b"x")

    assert (stranger.value.text_key, nobody.value.text_key) == ("store.not_there", "request.unreadable")
    assert await waiting(desks, HANDLER) == ()


async def test_with_an_erasure_what_waits_is_gone(desks):
    name = await two_read(desks)
    async with desks.desk(LEAD) as book:
        await book.sync()
        await acts.do(book, "close", name, "Klart.")
        desks.clock.forward(days=31)
        made = await moves.offer(book, name, ids_of(desks, LEAD, HANDLER), ids_of(desks, HANDLER)[0], "")
        await send_to(book, name, HANDLER, made)
    before = await waiting(desks, HANDLER)

    for number in (LEAD, HANDLER):
        async with desks.desk(number) as book:
            await book.sync()
            await erase(book, name, "LK 1")

    assert len(before) == 1
    assert await waiting(desks, HANDLER) == ()


def test_what_waits_goes_after_a_day_and_there_is_room_for_so_much():
    clock = SetClock(datetime(2026, 3, 3, 12, tzinfo=UTC))
    held = HeldOffers(clock)

    held.hold(CASE, "a", b"first")
    held.hold(CASE, "b", b"newer")
    moved = held.waiting_for("a"), held.waiting_for("b")
    clock.forward(days=1)
    later = held.waiting_for("b")
    for number in range(HELD_MAX):
        held.hold(bytes([number] * 16), "a", b"x")
    with pytest.raises(Busy):
        held.hold(bytes([99] * 16), "a", b"x")
    held.hold(CASE, "a", b"in the place of the first")
    whole = HeldOffers(clock)
    for number in range(BYTES_MAX // OFFER_BYTES_MAX):
        whole.hold(bytes([number] * 16), str(number), bytes(OFFER_BYTES_MAX))
    with pytest.raises(Busy):
        whole.hold(bytes([98] * 16), "z", bytes(OFFER_BYTES_MAX))

    assert moved == ((), (b"newer",))
    assert later == ()
    assert clock() - datetime(2026, 3, 3, 12, tzinfo=UTC) == timedelta(days=1)


async def test_all_cases_of_one_who_leaves_are_sent_on_one_page_and_signed_on_another(tmp_path):
    async with running_desks(
        tmp_path, make_home(tmp_path / "home", ("lead", "handler", "counsel", "handler"))
    ) as desks:
        names = [
            await three_read(desks, "En sak."),
            await three_read(desks, "Två saker."),
            await two_read(desks, "Tre."),
        ]
        leaver, counsel, other = ids_of(desks, HANDLER, COUNSEL, OTHER)

        async with pages_of(desks, LEAD) as one, pages_of(desks, OTHER) as two, pages_of(desks, COUNSEL) as three:
            await one.unlock()
            await one.go("/members/leaves")
            chosen = {"leaver": leaver, "signer": other, "reader": [counsel]}
            nothing = await one.send("/members/leaves", leaver=leaver)
            no_reason = await one.send("/members/leaves", **chosen)
            look = await one.send("/members/leaves", **chosen, reason="En till behövs.")
            sent = await one.send("/members/leaves/send", **chosen, reason="En till behövs.")
            pages = []
            for reader in (two, three):
                await reader.unlock()
                await fetched(reader)
                listed = await reader.go("/")
                await reader.go("/moves")
                page = await reader.go("/moves/all")
                marks = re.findall(r'name="waiting" value="([^"]*)"', page.text)
                unsigned = await reader.send("/moves/all", waiting=marks)
                pages += [page, unsigned, await reader.send("/moves/all", waiting=marks, agreed="yes")]
        await desks.release()
        epochs = [(await desks.opened(LEAD, name)).known.epoch for name in names]

    assert nothing.status == no_reason.status == 422
    assert "Du har inte valt vem som slutar" in nothing.words
    assert "Skriv till anmälarna varför." in no_reason.words
    assert look.words.count("Läses av Person 1, Person 3 och Person 4. Person 4 skriver under.") == 2
    assert "Läses av Person 1 och Person 3. Person 3 skriver under." in look.words
    assert "3 ärenden väntar på underskrift" in sent.words
    assert "Person 4 och Person 3" in sent.words or "Person 3 och Person 4" in sent.words
    # The lawyer reads no case yet.
    assert "En kollega har skickat det till dig. Du läser ärendet när du har skrivit under." in listed.words
    assert "Nya: Person 3. Läser inte längre: Person 2." in pages[0].words
    assert "Inget är underskrivet än." in pages[1].words
    assert "2 ärenden har fått nytt lås" in pages[2].words
    assert "Ärendet har fått nytt lås" in pages[5].words
    assert epochs == [2, 2, 2]


async def test_a_file_that_a_third_reader_sends_meanwhile_is_refused_too(desks):
    name = await three_read(desks)
    copy = CleanCopy(ScrubAnswer("jpeg", 3, 3, (), (), "1"), b"abc", b"abc")
    async with desks.desk(LEAD) as book:
        await book.sync()
        made = await moves.offer(book, name, ids_of(desks, LEAD, HANDLER), ids_of(desks, HANDLER)[0], "x")
        await send_to(book, name, HANDLER, made)

    async with desks.desk(OTHER) as book:
        await book.sync()
        case = await book.open(book.state.find(name))
        with pytest.raises(HeldBack):
            await answers.attach(book, case, None, answers.Cleaned(case, copy, 0, "ab" * 32))
    async with desks.desk(HANDLER) as book:
        await book.sync()
        read = await moves.read_offer(book, *await moves.waiting_offers(book))

    assert read.checked is not None
