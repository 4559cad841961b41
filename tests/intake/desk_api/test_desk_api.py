"""What the desk API refuses, and that its refusals tell nothing."""

from __future__ import annotations

import os

import msgspec
import pytest
from desks.harness import running_desks
from desks.requests import raw, signed
from visitors.intake_harness import make_home

from cases.roster.member import new_member_keys
from cases.wire import messages
from desk.errors import ServerRefused
from trusted.case.statements import Unsigned, sign_statement
from trusted.crypto.seal import fetch_mac


async def test_every_refusal_has_one_shape_and_one_size(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        member, stranger = desks.made.keys[0], new_member_keys()
        body = b'{"after":0}'
        right = signed(desks, member, "box", body, 5)
        answers = [
            await raw(desks, "box", body, {}),
            await raw(desks, "box", body, signed(desks, stranger, "box", body, 1)),
            await raw(desks, "box", b'{"after":1}', right),
            await raw(desks, "case", body, right),
            await raw(desks, "box", body, right, host="example.onion"),
            await raw(desks, "box", body, right, method="GET"),
            await raw(desks, "nothing", body, right),
            await raw(desks, "box", b"x" * (2**20 + 1), right),
            await raw(desks, "box", b"[]", signed(desks, member, "box", b"[]", 6)),
        ]

        assert {len(found) for _status, found, _headers in answers} == {4096}
        for status, found, headers in answers:
            assert status >= 400
            assert set(msgspec.json.decode(found)) == {"code", "text_key"}
            assert not {"Server", "Date"} & set(headers)


async def test_a_request_is_accepted_once(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        headers = signed(desks, desks.made.keys[0], "box", b'{"after":0}', 9)

        first = await raw(desks, "box", b'{"after":0}', headers)
        second = await raw(desks, "box", b'{"after":0}', headers)

        assert first[0] == 200
        assert second[0] == 403
        assert msgspec.json.decode(second[1])["text_key"] == messages.COUNTER_BEHIND


async def test_a_desk_home_restored_from_an_older_copy_jumps_ahead_and_works(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        home = desks.home(0)
        older = home.settings.read_bytes()
        for _ in range(3):
            await desks.listed(0)
        home.settings.write_bytes(older)

        cases = await desks.listed(0)

        assert cases == []


async def test_an_unknown_case_a_wrong_proof_an_unreleased_and_an_erased_case_are_answered_alike(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        unreleased = await desks.file("En sak.")
        erased = await desks.file("En annan.")
        await desks.store.take_back(erased.keys.case_id)
        member = desks.made.keys[0]

        async def ask(case_id: bytes, access_key: bytes, counter: int):
            mac = fetch_mac(access_key, "case", case_id, counter)
            body = messages.encode(messages.CaseRequest(case_id, mac))
            return (await raw(desks, "case", body, signed(desks, member, "case", body, counter)))[:2]

        answers = {
            await ask(os.urandom(16), os.urandom(32), 1),
            await ask(unreleased.keys.case_id, os.urandom(32), 2),
            await ask(unreleased.keys.case_id, unreleased.keys.access_key, 3),
            await ask(erased.keys.case_id, erased.keys.access_key, 4),
        }

        assert len(answers) == 1


async def test_a_proof_for_one_verb_or_counter_is_none_for_another(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        case = await desks.file("En sak.")
        await desks.release()
        member, case_id = desks.made.keys[0], case.keys.case_id

        async def ask(verb: str, proof_counter: int, counter: int) -> int:
            mac = fetch_mac(case.keys.access_key, verb, case_id, proof_counter)
            body = messages.encode(messages.CaseRequest(case_id, mac))
            return (await raw(desks, "case", body, signed(desks, member, "case", body, counter)))[0]

        assert await ask("file", 1, 1) == 404
        assert await ask("case", 1, 2) == 404
        assert await ask("case", 3, 3) == 200


async def test_a_statement_is_taken_only_from_the_member_who_signed_it(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        case = await desks.file("En sak.")
        await desks.release()
        server, case_id = desks.roster.server_key, case.keys.case_id
        others = sign_statement(desks.made.keys[1], Unsigned("close", case_id, day=desks.clock().date(), server=server))

        async with desks.desk(0) as book:
            await book.sync()
            known = book.state.find(case_id.hex())
            with pytest.raises(ServerRefused) as refused:
                await book.ask_case(
                    known,
                    "statement",
                    messages.StatementRequest,
                    messages.StateAnswer,
                    statement=others,
                    seal_key=bytes(32),
                )

        assert refused.value.text_key == "request.other_member"


async def test_a_request_for_another_server_is_refused(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        headers = messages.sign_request(
            desks.made.keys[0], "POST", messages.PATH + "box", b'{"after":0}', os.urandom(32), 1
        )

        status, _body, _headers = await raw(desks, "box", b'{"after":0}', headers)

        assert status == 403
