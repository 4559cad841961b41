"""What the canary's visitors and members do, and that each sees what it is for."""

from __future__ import annotations

import base64
import json
import socket
import threading
from contextlib import closing, suppress

import pytest
from nacl.public import PrivateKey, SealedBox

from audit.canary.compare.rows import check_columns
from audit.canary.desk import Member, desk_of
from audit.canary.members import check_excluded
from audit.verdict import Look, Verdict
from cases.roster.chain import parse_roster, verify_line
from cases.roster.member import read_join
from cases.roster.text import NO_PREVIOUS, render
from cases.roster.text import Member as Named

ANNA, BO = Member.new("Anna Ask"), Member.new("Bo Bok")


@pytest.fixture
def served(tmp_path):
    """Answer each request on a socket with what a function of its target says, in pieces."""
    path = tmp_path / "public.sock"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen(8)

    def serve(answer):
        def run():
            while True:
                try:
                    connection = listener.accept()[0]
                except OSError:
                    return
                # Whoever only glances at it goes away before the end.
                with closing(connection), suppress(OSError):
                    target = connection.recv(65536).split()[1].decode()
                    for piece in answer(target):
                        connection.sendall(piece)

        threading.Thread(target=run, daemon=True).start()
        return path

    yield serve
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def test_a_member_of_the_canary_is_one_to_the_service_too():
    joins = [read_join(member.join()) for member in (ANNA, BO)]
    text = render(
        version=1, previous=NO_PREVIOUS, home_id=bytes(16), server_key=bytes(32), trial=True, organisations=[],
        members=[Named.of(join) for join in joins],
    )  # fmt: skip

    signed = [verify_line(None, parse_roster(text), member.agreement(text.encode())) for member in (ANNA, BO)]

    assert signed == [ANNA.id, BO.id]


@pytest.mark.parametrize(("opened", "verdict"), [(3, Verdict.CLEAN), (4, Verdict.FINDING), (2, Verdict.FINDING)])
def test_an_item_that_opens_for_the_member_whom_a_report_names_is_a_finding(tmp_path, served, opened, verdict):
    (tmp_path / "server.pub").write_text(bytes(32).hex())
    own, another = (SealedBox(PrivateKey(member.box_private).public_key) for member in (BO, ANNA))
    items = [box.encrypt(bytes(105)) for box in (*[own] * opened, another)]
    told = {"batches": [{"items": [base64.b64encode(item).decode() for item in items]}]}
    path = served(lambda _target: [b"HTTP/1.1 200 OK\r\n\r\n" + json.dumps(told).encode()])
    look = Look()

    check_excluded(look, desk_of(BO, tmp_path, path, "x.onion"), reports=4)

    assert look.verdict is verdict


def test_a_batch_that_is_smaller_for_one_member_is_a_finding():
    def boxes(*sizes):
        items = [
            {"member_id": bytes([member]) * 16, "batch": 1, "position": position, "item": bytes(153)}
            for member, size in enumerate(sizes)
            for position in range(size)
        ]
        return {"batch_items": items, "counters": [{"member_id": bytes([one]) * 16} for one in range(len(sizes))]}

    same, other = Look(), Look()

    check_columns(same, boxes(8, 8), 10)
    check_columns(other, boxes(8, 4), 10)

    assert same.verdict is Verdict.CLEAN
    assert other.verdict is Verdict.FINDING
