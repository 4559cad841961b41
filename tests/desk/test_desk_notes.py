"""The notes get another key with every move, so that who was left out reads nothing that is written after it."""

from __future__ import annotations

import msgspec
import pytest
from desks.harness import RunningDesks, lie, running_desks
from desks.moved_cases import COUNSEL, HANDLER, LABELS, LEAD, ROLES, a_case, offered
from visitors.intake_harness import make_home

from cases.roster.member import MemberKeys
from cases.wire import messages
from desk.errors import CaseBroken, MoveBroken, NotNow
from desk.work import acts, moves, rekeying
from desk.work.case.checks import WARN_NOTES_KEY
from trusted.case.entry import Note, Stream
from trusted.case.errors import NotARecipient, SealBroken
from trusted.crypto.case_keys import CaseKeys, open_header, seal_header
from trusted.crypto.envelope import Sealed, read_header
from trusted.crypto.grants import Grant, make_grant, open_grant
from trusted.crypto.seal import Head, make_head, open_stream

RANDOM = bytes(range(32))


def reads_with(desks: RunningDesks, told: messages.CaseAnswer, notes_key: bytes, case_key: bytes) -> tuple:
    """The notes, to somebody with these keys and a copy of the disk."""
    keys = CaseKeys(bytes.fromhex(desks.name), told.epoch, case_key, told.share).for_notes(notes_key)
    notes = told.streams[Stream.NOTES]
    sealed = [Sealed(item.header, item.body) for item in notes.sealed]
    members = {member.id: member.sign for member in desks.roster.members}
    return open_stream(keys, Stream.NOTES, sealed, Head(notes.head.count, notes.head.tag), members.get)


async def moved(desks: RunningDesks, readers: tuple[str, ...]) -> None:
    async with desks.desk(HANDLER) as book:
        await book.sync()
        await moves.sign_offer(book, await moves.read_offer(book, await offered(desks, desks.name, readers)))
    await desks.release()


async def opened(desks: RunningDesks, number: int):
    async with desks.desk(number) as book:
        await book.sync()
        case = await book.open(book.state.find(desks.name))
        return case, await book.fetch_case(case.known)


@pytest.fixture
async def desks(tmp_path):
    """A case of lead and handler with a note, open at both desks."""
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as running:
        running.name, _reporter = await a_case(running)
        for number in (LEAD, HANDLER):
            await opened(running, number)
        yield running


async def test_who_was_left_out_of_a_move_reads_no_later_note_with_a_copy_of_the_disk_and_who_stayed_reads_all(desks):
    left_out, before = await opened(desks, LEAD)
    old_key = left_out.notes_key
    known_before = reads_with(desks, before, old_key, left_out.keys.key)
    await moved(desks, (LABELS[HANDLER], LABELS[COUNSEL]))
    async with desks.desk(HANDLER) as book:
        await book.sync()
        await acts.do(book, "note", desks.name, "Efter flytten.")

    bodies = []
    for number in (HANDLER, COUNSEL):
        case, told = await opened(desks, number)
        bodies.append([entry.body for entry in case.streams[Stream.NOTES]])

    assert len(known_before) == 1
    assert bodies == [[Note("För oss."), Note("Efter flytten.")]] * 2
    assert case.notes_key != old_key
    # Neither is enough: the notes key that she kept, nor the new case key, if the server had it from somebody.
    for case_key in (left_out.keys.key, case.keys.key):
        with pytest.raises(SealBroken):
            reads_with(desks, told, old_key, case_key)


async def test_a_first_note_after_a_move_is_not_read_by_who_was_left_out_though_its_key_was_sealed_to_her(tmp_path):
    # No entry tells who was left out, so a desk that writes the first note seals its key to her as well.
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        reporter = await desks.file("En sak.")
        await desks.release()
        desks.name = reporter.keys.case_id.hex()
        left_out, _told = await opened(desks, LEAD)
        await moved(desks, (LABELS[HANDLER], LABELS[COUNSEL]))
        async with desks.desk(HANDLER) as book:
            await book.sync()
            case = await acts.do(book, "note", desks.name, "Efter flytten.")

        _case, told = await opened(desks, HANDLER)

        lead = desks.made.keys[LEAD]
        hers = [grant for item in told.notes_grants if (grant := grant_in(item, lead)) is not None]
        assert [grant.key for grant in hers] == [case.notes_key]
        with pytest.raises(SealBroken):
            reads_with(desks, told, hers[0].key, left_out.keys.key)


def grant_in(item: bytes, keys: MemberKeys) -> Grant | None:
    try:
        return open_grant(item, keys.id_bytes, keys.box_private)
    except NotARecipient:
        return None


async def test_the_second_desk_signs_no_move_in_which_the_notes_keep_their_key(desks, monkeypatch):
    case, _told = await opened(desks, LEAD)
    monkeypatch.setattr(rekeying, "random", lambda _size: case.notes_key)

    kept = await offered(desks, desks.name)

    async with desks.desk(HANDLER) as book:
        await book.sync()
        with pytest.raises(MoveBroken):
            await moves.read_offer(book, kept)


async def test_a_desk_that_reads_a_case_whose_notes_kept_their_key_says_so_in_red_and_adds_nothing_to_them(
    desks, monkeypatch
):
    case, _told = await opened(desks, LEAD)
    old_key = case.notes_key
    with monkeypatch.context() as two_changed_desks:
        two_changed_desks.setattr(rekeying, "random", lambda _size: old_key)
        two_changed_desks.setattr(rekeying, "_new_notes_key", lambda *_: old_key)
        await moved(desks, (LABELS[LEAD], LABELS[HANDLER], LABELS[COUNSEL]))

    async with desks.desk(LEAD) as book:
        await book.sync()
        shown = [await book.open(book.state.find(desks.name)) for _ in range(2)]
        with pytest.raises(NotNow) as refused:
            await acts.do(book, "note", desks.name, "Inte hit.")
    await moved(desks, (LABELS[LEAD], LABELS[HANDLER]))
    async with desks.desk(LEAD) as book:
        await book.sync()
        after = await acts.do(book, "note", desks.name, "Hit.")

    assert [one.warnings for one in shown] == [(WARN_NOTES_KEY,)] * 2
    assert [entry.body for entry in shown[0].streams[Stream.NOTES]] == [Note("För oss.")]
    assert refused.value.text_key == "act.notes_key_kept"
    assert after.warnings == ()
    assert [entry.body for entry in after.streams[Stream.NOTES]] == [Note("För oss."), Note("Hit.")]
    assert after.notes_key != old_key


async def test_a_server_cannot_choose_the_key_of_the_first_note(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        reporter = await desks.file("En sak.")
        await desks.release()
        desks.name = reporter.keys.case_id.hex()
        lead = desks.made.members[LEAD]
        made_up = make_grant(CaseKeys(reporter.keys.case_id, 1, RANDOM, b""), lead.id_bytes, lead.box, 1)
        _case, told = await opened(desks, LEAD)
        async with desks.desk(LEAD) as book:
            await book.sync()
            book.client.ask = answer_once(book.client.ask, msgspec.structs.replace(told, notes_grants=(made_up,)))

            await acts.do(book, "note", desks.name, "För oss.")

        case, told = await opened(desks, HANDLER)
        assert [entry.body for entry in case.streams[Stream.NOTES]] == [Note("För oss.")]
        with pytest.raises(SealBroken):
            reads_with(desks, told, RANDOM, reporter.keys.key)


def answer_once(ask, lies):
    """The server lies about the case once, before the note is written."""
    told = [lies]

    async def answer(verb, question, kind):
        return told.pop() if verb == "case" and told else await ask(verb, question, kind)

    return answer


async def test_a_key_of_the_notes_that_changes_within_an_epoch_is_refused(desks):
    # The server has the share, perhaps the case key of a reporter who was logged in, and who was a reader the item keys
    # of old notes: together they could wrap them again.
    case, told = await opened(desks, HANDLER)
    other = case.keys.for_notes(RANDOM)
    notes = told.streams[Stream.NOTES]
    headers = []
    for item in notes.sealed:
        place = read_header(item.header).place
        headers.append(seal_header(other, place, open_header(case.notes_keys, place, item.header)[0]))
    head = make_head(other, Stream.NOTES, case.streams[Stream.NOTES])
    swapped = messages.WireStream(
        tuple(messages.WireItem(header, item.body) for header, item in zip(headers, notes.sealed, strict=True)),
        messages.WireHead(head.count, head.tag),
    )
    lead = desks.made.members[LEAD]
    grant = make_grant(case.keys.granting_notes(RANDOM), lead.id_bytes, lead.box, 1)
    async with desks.desk(LEAD) as book:
        await book.sync()
        lie(
            book,
            "case",
            msgspec.structs.replace(told, streams={**told.streams, int(Stream.NOTES): swapped}, notes_grants=(grant,)),
        )

        with pytest.raises(CaseBroken):
            await book.open(book.state.find(desks.name))
