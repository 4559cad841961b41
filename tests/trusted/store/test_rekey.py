"""A case moves to a new epoch when two members have signed the whole of it; one alone shuts nobody out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import pytest
from desks.harness import Reporter, RunningDesks, running_desks
from nacl.public import PrivateKey
from visitors.intake_harness import make_home

from cases.roster.member import new_member_keys
from cases.wire import messages
from cases.wire.rekeying import regrant, rekeying_hash
from desk.errors import ServerRefused
from desk.work import acts
from desk.work.case.casebook import Casebook
from desk.work.case.opened import DeskCase
from trusted.case.entry import Message, Stream
from trusted.case.errors import NotARecipient
from trusted.case.statements import Act, Unsigned, sign_statement
from trusted.crypto.case_keys import CaseKeys, next_epoch
from trusted.crypto.grants import decoy_grant, make_grant, open_grant
from trusted.crypto.seal import fetch_mac, make_head, new_case_keys, rekey

LEAD, HANDLER, COUNSEL, SECOND_COUNSEL = range(4)
UNSIGNED = b""


@dataclass
class Move:
    """A re-keying that one desk has prepared: still without signatures and proof."""

    old: CaseKeys
    new: CaseKeys
    request: messages.RekeyRequest

    def signed_by(self, desks: RunningDesks, *members: int, kind: Act = Act.REKEY, **changes) -> messages.RekeyRequest:
        fields = {"reference": rekeying_hash(self.request).hex(), "server": desks.roster.server_key} | changes
        case_id = fields.pop("case_id", self.request.case_id)
        blobs = tuple(
            sign_statement(desks.made.keys[number], Unsigned(kind, case_id, day=desks.clock().date(), **fields))
            for number in members
        )
        return msgspec.structs.replace(self.request, statements=(*blobs, UNSIGNED, UNSIGNED)[:2])


async def prepared(
    desks: RunningDesks, book: Casebook, case: DeskCase, reporter: Reporter, grants_to: Sequence[int]
) -> Move:
    new = next_epoch(case.keys)
    answer = await book.fetch_case(case.known)

    def keys_of(stream: int) -> tuple[CaseKeys, CaseKeys]:
        if stream == Stream.NOTES and case.notes_keys and case.notes_key:
            return case.notes_keys, new.for_notes(case.notes_key)
        return case.keys, new

    return Move(
        case.keys,
        new,
        messages.RekeyRequest(
            case_id=case.keys.case_id,
            mac=bytes(32),
            epoch=new.epoch,
            commitment=new.commitment,
            access_key=new.access_key,
            share=new.share,
            headers={
                stream: rekey(*keys_of(stream), [item.header for item in found.sealed])
                for stream, found in answer.streams.items()
            },
            heads={
                int(stream): messages.WireHead(head.count, head.tag)
                for stream, entries in case.streams.items()
                if (head := make_head(keys_of(stream)[1], stream, entries)).count
            },
            grants={
                member.id: regrant(new, member.id_bytes, member.box, 1) if number in grants_to else decoy_grant()
                for number, member in enumerate(desks.roster.members)
            },
            reporter_grant=make_grant(new, reporter.own.id_bytes, reporter.own.box_public, 1),
            notes_grants=(),
            statements=(UNSIGNED, UNSIGNED),
        ),
    )


async def hand_in(book: Casebook, move: Move, request: messages.RekeyRequest) -> messages.RekeyAnswer:
    def proven(counter: int) -> messages.RekeyRequest:
        mac = fetch_mac(move.old.access_key, "rekey", request.case_id, counter)
        return msgspec.structs.replace(request, mac=mac)

    return await book.client.ask("rekey", proven, messages.RekeyAnswer)


async def opened(book: Casebook, reporter: Reporter) -> DeskCase:
    await book.sync()
    return await book.open(book.state.find(reporter.keys.case_id.hex()))


def unsigned(move: Move, desks: RunningDesks) -> messages.RekeyRequest:
    return move.signed_by(desks)


def by_one(move: Move, desks: RunningDesks) -> messages.RekeyRequest:
    return move.signed_by(desks, LEAD)


def by_one_twice(move: Move, desks: RunningDesks) -> messages.RekeyRequest:
    return move.signed_by(desks, LEAD, LEAD)


def by_two_others(move: Move, desks: RunningDesks) -> messages.RekeyRequest:
    return move.signed_by(desks, HANDLER, COUNSEL)


def for_another_act(move: Move, desks: RunningDesks) -> messages.RekeyRequest:
    return move.signed_by(desks, LEAD, HANDLER, kind=Act.ERASE)


def for_another_case(move: Move, desks: RunningDesks) -> messages.RekeyRequest:
    return move.signed_by(desks, LEAD, HANDLER, case_id=bytes(16))


def with_other_grants(move: Move, desks: RunningDesks) -> messages.RekeyRequest:
    signed = move.signed_by(desks, LEAD, HANDLER)
    return msgspec.structs.replace(signed, grants={member: decoy_grant() for member in signed.grants})


def with_another_share(move: Move, desks: RunningDesks) -> messages.RekeyRequest:
    return msgspec.structs.replace(move.signed_by(desks, LEAD, HANDLER), share=bytes(32))


@pytest.mark.parametrize(
    "wrong",
    [
        unsigned,
        by_one,
        by_one_twice,
        by_two_others,
        for_another_act,
        for_another_case,
        with_other_grants,
        with_another_share,
    ],
)
async def test_who_is_alone_moves_no_case_to_a_new_epoch_and_everybody_reads_on(tmp_path, wrong):
    made = make_home(tmp_path / "home", ("lead", "handler", "counsel", "counsel"))
    async with running_desks(tmp_path, made) as desks:
        reporter = await desks.file("En sak.")
        await desks.release()
        async with desks.desk(LEAD) as book:
            case = await opened(book, reporter)
            move = await prepared(desks, book, case, reporter, grants_to=())

            with pytest.raises(ServerRefused):
                await hand_in(book, move, wrong(move, desks))

        async with desks.desk(HANDLER) as book:
            assert (await opened(book, reporter)).report.text == "En sak."


@pytest.mark.parametrize("signers", [(LEAD, HANDLER), (HANDLER, LEAD), (LEAD, COUNSEL)])
async def test_a_case_moves_to_a_new_epoch_and_those_who_get_the_new_key_read_on(tmp_path, signers):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        reporter = await desks.file("En sak.")
        await desks.release()
        async with desks.desk(LEAD) as book:
            await opened(book, reporter)
            before = await acts.do(book, "reply", reporter.keys.case_id.hex(), "Hej.")
            move = await prepared(desks, book, before, reporter, grants_to=(HANDLER,))
            answer = await hand_in(book, move, move.signed_by(desks, *signers))
        await desks.release()

        async with desks.desk(HANDLER) as book:
            after = await opened(book, reporter)
        async with desks.desk(LEAD) as book:
            with pytest.raises(ServerRefused):
                await opened(book, reporter)

    assert (answer.epoch, after.known.epoch) == (2, 2)
    assert after.streams[Stream.MEMBERS][0].body == Message("Hej.")


async def test_a_new_epoch_that_would_lose_the_notes_is_refused(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        reporter = await desks.file("En sak.")
        await desks.release()
        async with desks.desk(LEAD) as book:
            await opened(book, reporter)
            case = await acts.do(book, "note", reporter.keys.case_id.hex(), "För oss.")
            move = await prepared(desks, book, case, reporter, grants_to=(LEAD, HANDLER))

            with pytest.raises(ServerRefused) as refused:
                await hand_in(book, move, move.signed_by(desks, LEAD, HANDLER))

            assert refused.value.text_key == "store.conflict"


def test_every_reader_of_a_new_epoch_can_see_to_whom_the_key_was_given_and_nobody_else_can():
    keys, recipient, other = new_case_keys(), new_member_keys(), PrivateKey.generate()
    box = bytes(PrivateKey(recipient.box_private).public_key)

    grant = regrant(keys, recipient.id_bytes, box, 7)

    assert grant == regrant(keys, recipient.id_bytes, box, 7)
    assert grant != regrant(next_epoch(keys), recipient.id_bytes, box, 7)
    found = open_grant(grant, recipient.id_bytes, recipient.box_private)
    assert (found.key, found.epoch, found.roster_version) == (keys.key, keys.epoch, 7)
    with pytest.raises(NotARecipient):
        open_grant(grant, recipient.id_bytes, bytes(other))
