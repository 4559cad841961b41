"""A case passes to other readers with two signatures; the second desk signs only what does what it says."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from desks.harness import Reporter, RunningDesks, running_desks
from desks.moved_cases import COUNSEL, HANDLER, LABELS, LEAD, OTHER, ROLES, a_case, made, offered, signed
from nacl.public import PublicKey, SealedBox
from visitors.intake_harness import make_home

from cases.wire import messages
from cases.wire.rekeying import rekeying_hash
from desk.errors import MoveBroken, MoveRefused, NotNow, ServerRefused
from desk.work import acts, moves
from desk.work.case.readers import signers_of_move
from trusted.case.entry import Handover, Message, Note, Stream
from trusted.case.statements import Act, Unsigned, sign_statement
from trusted.crypto.grants import decoy_grant


async def test_a_case_passes_to_other_readers_whole_and_who_left_reads_it_no_more(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name, reporter = await a_case(desks)

        file = await offered(desks, name)
        read, _case = await signed(desks, HANDLER, file)
        again, _case = await signed(desks, HANDLER, file)
        await desks.release()
        opened = {}
        for number in (HANDLER, COUNSEL):
            async with desks.desk(number) as book:
                await book.sync()
                case = opened[number] = await book.open(book.state.find(name))
                assert [b"".join(await book.attachment(case, one)) for one in case.attachments] == [b"en bild"]
        async with desks.desk(LEAD) as book:
            await book.sync()
            with pytest.raises(ServerRefused):
                await book.open(book.state.find(name))
        seen = await desks.reporter_sees(replace(reporter, keys=opened[HANDLER].keys))

    ids = [keys.id for keys in desks.made.keys]
    assert again.checked is None
    assert ([one.id for one in read.joining], [one.id for one in read.leaving]) == ([ids[COUNSEL]], [ids[LEAD]])
    for case in opened.values():
        assert case.known.epoch == 2
        assert case.streams[Stream.NOTES][0].body == Note("För oss.")
    assert seen == [Message("Hej."), Handover(ids[COUNSEL], "Jäv.")]


@pytest.mark.parametrize(
    ("readers", "text_key"),
    [
        ([LABELS[HANDLER]], "move.too_few"),
        ([LABELS[HANDLER], LABELS[HANDLER]], "move.too_few"),
        ([LABELS[LEAD], LABELS[COUNSEL]], "move.too_few"),
        ([LABELS[HANDLER], LABELS[OTHER]], "move.concerned"),
        ([LABELS[HANDLER], "Nobody"], "move.no_member"),
    ],
)
async def test_an_offer_to_too_few_to_whom_it_concerns_or_to_nobody_is_not_made(tmp_path, readers, text_key):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name, _reporter = await a_case(desks)

        with pytest.raises(MoveRefused) as refused:
            await offered(desks, name, readers)

    assert refused.value.text_key == text_key


async def test_a_signer_who_does_not_read_the_case_today_is_refused_at_once(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name, _reporter = await a_case(desks)

        with pytest.raises(MoveRefused) as refused:
            await offered(desks, name, signer=LABELS[COUNSEL])

    assert refused.value.text_key == "move.signer"


async def test_a_signer_who_has_stepped_aside_is_refused_at_once(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        reporter = await desks.file("En sak.", concerns=[COUNSEL])
        await desks.release()
        name = reporter.keys.case_id.hex()
        async with desks.desk(HANDLER) as book:
            await book.sync()
            await acts.do(book, "recuse", name, "Vi är släkt.")

        with pytest.raises(MoveRefused) as refused:
            await offered(desks, name, (LABELS[HANDLER], LABELS[OTHER]))
        made = await offered(desks, name, (LABELS[LEAD], LABELS[OTHER]), LABELS[OTHER])

    assert refused.value.text_key == "move.signer"
    assert made


async def test_a_case_that_nobody_else_reads_passes_to_others_and_where_all_are_marked_the_desk_says_so(
    tmp_path, monkeypatch
):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        alone = (await desks.file("En sak.", sealed_to=[LEAD], grants_to=[LEAD])).keys.case_id.hex()
        others = (await desks.file("Två.", concerns=[HANDLER, COUNSEL, OTHER])).keys.case_id.hex()
        await desks.release()

        _read, moved = await signed(desks, HANDLER, await made(desks, alone, (LEAD, HANDLER), HANDLER))
        async with desks.desk(LEAD) as book:
            await book.sync()
            nobody = signers_of_move(await book.open(book.state.find(others)), book.keys.id, ())
            ids = [keys.id for keys in desks.made.keys]
            case = await book.open(book.state.find(others))
            monkeypatch.setattr(moves, "is_concerned", lambda *_: False)
            with pytest.raises(MoveRefused) as refused:
                moves.require_move(book, case, ids[:2], ids[1])

    assert moved.known.epoch == 2
    assert nobody == ()
    assert refused.value.text_key == "move.no_signer"


async def test_who_is_sent_a_move_of_a_case_that_she_does_not_read_is_told_that(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name, _reporter = await a_case(desks)
        made = await offered(desks, name)
        async with desks.desk(HANDLER) as book:
            plain = msgspec.json.encode(moves._opened(book, made))
        other = bytes(SealedBox(PublicKey(desks.made.keys[COUNSEL].box_public)).encrypt(plain))

        async with desks.desk(COUNSEL) as book:
            await book.sync()
            with pytest.raises(MoveRefused) as refused:
                await moves.read_offer(book, other)

    assert refused.value.text_key == "move.not_held"


def to_nobody(request: messages.RekeyRequest, desks: RunningDesks) -> dict:
    return {"grants": {member: decoy_grant() for member in request.grants}}


def to_the_signer_alone(request: messages.RekeyRequest, desks: RunningDesks) -> dict:
    own = desks.made.keys[HANDLER].id
    return {"grants": {one: grant if one == own else decoy_grant() for one, grant in request.grants.items()}}


def with_a_lost_header(request: messages.RekeyRequest, desks: RunningDesks) -> dict:
    return {"headers": {**request.headers, 1: request.headers[1][:-1]}}


def with_a_spoilt_header(request: messages.RekeyRequest, desks: RunningDesks) -> dict:
    spoilt = request.headers[4][0][:-1] + bytes([request.headers[4][0][-1] ^ 1])
    return {"headers": {**request.headers, 4: (spoilt,)}}


def with_other_heads(request: messages.RekeyRequest, desks: RunningDesks) -> dict:
    return {"heads": {**request.heads, 1: messages.WireHead(2, bytes(32))}}


def with_another_share(request: messages.RekeyRequest, desks: RunningDesks) -> dict:
    return {"share": bytes(32)}


def with_another_access_key(request: messages.RekeyRequest, desks: RunningDesks) -> dict:
    return {"access_key": bytes(32)}


def without_the_reporter(request: messages.RekeyRequest, desks: RunningDesks) -> dict:
    return {"reporter_grant": decoy_grant()}


def without_the_notes(request: messages.RekeyRequest, desks: RunningDesks) -> dict:
    return {"notes_grants": tuple(decoy_grant() for _ in request.notes_grants)}


@pytest.mark.parametrize(
    "wrong",
    [
        to_nobody,
        to_the_signer_alone,
        with_a_lost_header,
        with_a_spoilt_header,
        with_other_heads,
        with_another_share,
        with_another_access_key,
        without_the_reporter,
        without_the_notes,
    ],
)
async def test_the_second_desk_signs_no_move_that_does_something_else_than_it_says(tmp_path, wrong):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name, _reporter = await a_case(desks)
        honest = await offered(desks, name)
        async with desks.desk(HANDLER) as book:
            await book.sync()
            opened = moves._opened(book, honest)
            changed = msgspec.structs.replace(opened.request, **wrong(opened.request, desks))
            # The first member is the one who cheats: her signature is right.
            signature = sign_statement(
                desks.made.keys[LEAD],
                Unsigned(
                    Act.REKEY,
                    changed.case_id,
                    day=desks.clock().date(),
                    server=desks.roster.server_key,
                    reference=rekeying_hash(changed).hex(),
                ),
            )
            changed = msgspec.structs.replace(changed, statements=(signature, b""))
            forged = msgspec.json.encode(msgspec.structs.replace(opened, request=changed))
            box = PublicKey(book.keys.box_public)

            with pytest.raises(MoveBroken):
                await moves.read_offer(book, bytes(SealedBox(box).encrypt(forged)))
            readable = await moves.read_offer(book, honest)

    assert [member.label for member in readable.readers] == [LABELS[HANDLER], LABELS[COUNSEL]]


async def test_an_offer_is_for_its_second_member_and_nobody_else(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name, _reporter = await a_case(desks)
        made = await offered(desks, name)

        for file in (made, b"", b"x" * 500):
            async with desks.desk(COUNSEL if file is made else HANDLER) as book:
                await book.sync()
                with pytest.raises(MoveRefused):
                    await moves.read_offer(book, file)


async def test_what_was_written_after_the_offer_is_not_lost_but_the_offer_is_refused(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name, _reporter = await a_case(desks)
        made = await offered(desks, name)
        async with desks.desk(HANDLER) as book:
            await book.sync()
            await acts.do(book, "reply", name, "Senare.")

            with pytest.raises(MoveBroken):
                await moves.read_offer(book, made)


async def test_a_first_note_after_a_move_is_read_by_whom_the_case_was_given_to(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        reporter = await desks.file("En sak.", concerns=[OTHER])
        await desks.release()
        name = reporter.keys.case_id.hex()
        move = await made(desks, name, (HANDLER, COUNSEL), HANDLER)
        async with desks.desk(HANDLER) as book:
            await book.sync()
            await moves.sign_offer(book, await moves.read_offer(book, move))
            await acts.do(book, "note", name, "För oss.")
        await desks.release()

        async with desks.desk(COUNSEL) as book:
            await book.sync()
            case = await book.open(book.state.find(name))
            answered = await acts.do(book, "note", name, "Läst.")

    assert not case.notes_hidden
    assert [entry.body for entry in answered.streams[Stream.NOTES]] == [Note("För oss."), Note("Läst.")]


# Who has stepped aside


async def of_two(desks: RunningDesks, *, aside: int) -> tuple[str, Reporter]:
    """A case of lead and handler, of whom one has stepped aside."""
    reporter = await desks.file("En sak.", sealed_to=[LEAD, HANDLER], grants_to=[LEAD, HANDLER])
    await desks.release()
    name = reporter.keys.case_id.hex()
    await desks.step_aside(aside, name)
    return name, reporter


async def refused_to(desks: RunningDesks, number: int, file: bytes) -> Exception:
    async with desks.desk(number) as book:
        await book.sync()
        with pytest.raises((NotNow, MoveRefused, MoveBroken)) as refused:
            await moves.read_offer(book, file)
    return refused.value


async def test_of_two_readers_one_and_a_third_who_is_new_lock_out_who_stepped_aside_and_she_is_not_asked(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name, reporter = await of_two(desks, aside=HANDLER)

        with pytest.raises(MoveRefused) as not_hers:
            await made(desks, name, (LEAD, HANDLER, COUNSEL), HANDLER)
        read, moved = await signed(desks, COUNSEL, await made(desks, name, (LEAD, COUNSEL), COUNSEL))
        await desks.release()
        with pytest.raises(ServerRefused) as hers:
            await desks.opened(HANDLER, name)
        opened = await desks.opened(LEAD, name)
        seen = await desks.reporter_sees(replace(reporter, keys=opened.keys))

    ids = [keys.id for keys in desks.made.keys]
    assert not_hers.value.text_key == "move.signer"
    assert [one.id for one in read.leaving] == [ids[HANDLER]]
    # The report was sealed to two by hand, which every desk warns of.
    assert moved.warnings == opened.warnings == ("warning.routing",)
    # With its notes, which say why the other has left.
    assert [type(entry.body).__name__ for entry in moved.streams[Stream.NOTES]] == ["Recusal"]
    assert hers.value.text_key == "store.not_there"
    assert seen == [Handover(ids[COUNSEL], "Jäv.")]


async def test_who_will_not_step_aside_is_locked_out_by_the_other_reader_and_a_third_and_does_not_sign(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name, _reporter = await a_case(desks)

        _read, moved = await signed(desks, COUNSEL, await made(desks, name, (LEAD, COUNSEL), COUNSEL))
        with pytest.raises(ServerRefused):
            await desks.opened(HANDLER, name)

    assert moved.streams[Stream.NOTES][0].body == Note("För oss.")


async def test_a_newcomer_signs_nothing_while_a_reader_stays_who_could_and_keeps_nothing_of_what_she_looked_at(
    tmp_path, monkeypatch
):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name, _reporter = await a_case(desks)
        staying = (LEAD, HANDLER, COUNSEL)
        with pytest.raises(MoveRefused) as honest:
            await made(desks, name, staying, COUNSEL)

        with monkeypatch.context() as changed:
            changed.setattr(moves, "signers_of_move", lambda *_: desks.roster.members)
            forged = await made(desks, name, staying, COUNSEL)
        async with desks.desk(COUNSEL) as book:
            await book.sync()
            with pytest.raises(MoveRefused) as refused:
                await moves.read_offer(book, forged)
            kept = dict(book.state.case_list.cases)

    assert (honest.value.text_key, refused.value.text_key) == ("move.signer", "move.not_held")
    assert kept == {}


async def test_a_newcomer_to_whom_no_handover_was_written_signs_nothing(tmp_path, monkeypatch):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name, _reporter = await of_two(desks, aside=HANDLER)
        ids = [keys.id for keys in desks.made.keys]
        async with desks.desk(LEAD) as book:
            await book.sync()
            silent = await moves.offer(book, name, [ids[LEAD], ids[COUNSEL]], ids[COUNSEL], "Jäv.")

        refused = await refused_to(desks, COUNSEL, silent)

    assert refused.text_key == "move.not_held"


async def test_the_handovers_of_the_others_are_written_also_when_it_breaks_off_between_them(tmp_path, monkeypatch):
    async with running_desks(tmp_path, make_home(tmp_path / "home", (*ROLES, "handler"))) as desks:
        reporter = await desks.file("En sak.", sealed_to=[LEAD, HANDLER], grants_to=[LEAD, HANDLER])
        await desks.release()
        name = reporter.keys.case_id.hex()
        offer = await made(desks, name, range(5), HANDLER)
        whole, written = moves.write, []

        async def breaks_off(*given: object) -> object:
            if written:
                raise ConnectionResetError
            written.append(given)
            return await whole(*given)

        async with desks.desk(HANDLER) as book:
            await book.sync()
            with monkeypatch.context() as patched:
                patched.setattr(moves, "write", breaks_off)
                with pytest.raises(ConnectionResetError):
                    await moves.sign_offer(book, await moves.read_offer(book, offer))
            half = await book.open(book.state.find(name))
            case = await moves.sign_offer(book, await moves.read_offer(book, offer))

    ids = [keys.id for keys in desks.made.keys]
    given = [[entry.body.to for entry in one.streams[Stream.MEMBERS]] for one in (half, case)]
    assert given == [[ids[COUNSEL]], [ids[COUNSEL], ids[OTHER], ids[4]]]


@pytest.mark.parametrize("roles", [ROLES, ("lead", "handler", "handler", "handler")])
async def test_a_member_who_stepped_aside_offers_no_move_in_any_roster(tmp_path, roles):
    async with running_desks(tmp_path, make_home(tmp_path / "home", roles)) as desks:
        reporter = await desks.file("En sak.", concerns=[OTHER])
        await desks.release()
        name = reporter.keys.case_id.hex()
        await desks.step_aside(LEAD, name)

        with pytest.raises(NotNow) as leaving:
            await offered(desks, name, (LABELS[HANDLER], f"{roles[2].title()} 3"))
        with pytest.raises(NotNow) as staying:
            await offered(desks, name, (LABELS[LEAD], LABELS[HANDLER]))

    assert leaving.value.text_key == staying.value.text_key == "move.aside"


async def test_an_offer_by_who_has_stepped_aside_since_is_not_signed(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name, _reporter = await a_case(desks)
        made = await offered(desks, name)

        await desks.step_aside(LEAD, name)

        assert (await refused_to(desks, HANDLER, made)).text_key == "move.offerer_aside"


async def test_who_stepped_aside_after_the_offer_is_told_that_another_signs_it(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        reporter = await desks.file("En sak.", concerns=[COUNSEL])
        await desks.release()
        name = reporter.keys.case_id.hex()
        made = await offered(desks, name, (LABELS[LEAD], LABELS[HANDLER]))

        await desks.step_aside(HANDLER, name)

        assert (await refused_to(desks, HANDLER, made)).text_key == "move.signer_aside"


async def test_a_desk_that_was_changed_to_offer_all_the_same_finds_no_second_signature(tmp_path, monkeypatch):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name, _reporter = await of_two(desks, aside=LEAD)

        with monkeypatch.context() as changed:
            changed.setattr(moves, "require_now", lambda *_: None)
            changed.setattr(moves, "stepped_aside", lambda _: frozenset())
            made = await offered(desks, name)

        assert (await refused_to(desks, HANDLER, made)).text_key == "move.offerer_aside"
