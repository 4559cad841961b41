"""What the canary's visitors and members do, and that each sees what it is for."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import sqlite3
import threading
import time
from contextlib import closing, suppress

import pytest
from nacl.public import PrivateKey, SealedBox
from nacl.signing import SigningKey

from audit.canary.across import compare_opened, compare_places
from audit.canary.compare.answers import compare_answers
from audit.canary.compare.lengths import check_lengths, holds_a_large_file
from audit.canary.compare.log import pages_of, pages_written
from audit.canary.compare.rows import check_columns, check_undone
from audit.canary.judge import judge_kept, judge_sizes
from audit.canary.later import check_heartbeat
from audit.canary.members import check_excluded
from audit.canary.opened import Granted, Opened, ReadEntry, unsigned_entries
from audit.canary.visits.desk import Member, desk_of
from audit.canary.visits.http import glancing, hidden_fields, read_answer
from audit.canary.visits.plan import Plan
from audit.canary.visits.visitor import CanaryVisitor, Exchange, Markers
from audit.verdict import Inspection, Verdict
from cases.roster.chain import parse_roster, verify_line
from cases.roster.member import read_join
from trusted.roster.text import NO_PREVIOUS, RosterHome, render

PLAN = Plan("a seed")
MARKERS = Markers.new(PLAN.browser(0, "A"))
ANNA, BO = Member.new("Anna Ask"), Member.new("Bo Bok")
FORMS = """
<form action="/inbox/take-back"><input type="hidden" name="switch" value="en"></form>
<form action="/inbox/take-back"><input type="hidden" name="handle" value="1"><input type="hidden" name="mark" value="2"></form>
"""


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
        version=1, previous=NO_PREVIOUS, home=RosterHome(bytes(16), bytes(32), trial=True), organisations=[],
        members=[join.member for join in joins],
    )  # fmt: skip

    signed = [verify_line(None, parse_roster(text), member.agreement(text.encode())) for member in (ANNA, BO)]

    assert signed == [ANNA.id, BO.id]


@pytest.mark.parametrize(("opened", "verdict"), [(3, Verdict.CLEAN), (4, Verdict.FINDING), (2, Verdict.FINDING)])
def test_an_item_that_opens_for_the_member_whom_a_report_names_is_a_finding(tmp_path, served, opened, verdict):
    (tmp_path / "server.pub").write_text(bytes(32).hex())
    own, another = (SealedBox(PrivateKey(member.box_private).public_key) for member in (BO, ANNA))
    items = [box.encrypt(bytes(105)) for box in (*[own] * opened, another)]
    told = {"batches": [{"number": 1, "items": [base64.b64encode(item).decode() for item in items]}]}
    path = served(lambda _target: [b"HTTP/1.1 200 OK\r\n\r\n" + json.dumps(told).encode()])
    look = Inspection()

    check_excluded(look, desk_of(BO, tmp_path, path, "x.onion"), reports=4)

    assert look.verdict is verdict


@pytest.mark.parametrize(
    ("places", "findings"),
    [
        # Of two runs, of two members each, the places in three batches.
        ((((0, 3, 1), (2, 3, 0)), ((1, 1, 1), (0, 2, 2))), 0),
        ((((0, 3, 1), (0, 3, 1)), ((1, 2, 0), (1, 2, 0))), 1),
        ((((0, 3, 1), (2, 1, 0)), ((0, 3, 1), (2, 1, 0))), 1),
        ((((0, 0, 0), (0, 0, 0)), ((0, 0, 0), (0, 0, 0))), 2),
    ],
)
def test_a_place_that_follows_from_the_number_of_a_batch_is_a_finding(places, findings):
    runs = [
        [[Granted(b"", batch, place, 4) for batch, place in enumerate(member)] for member in members]
        for members in places
    ]
    inspection = Inspection()

    compare_places(inspection, runs)

    assert sum(one.verdict is Verdict.FINDING for one in inspection.evidence) == findings


def test_a_batch_that_is_smaller_for_one_member_is_a_finding():
    def boxes(*sizes):
        items = [
            {"member_id": bytes([member]) * 16, "batch": 1, "position": position, "item": bytes(153)}
            for member, size in enumerate(sizes)
            for position in range(size)
        ]
        return {"batch_items": items, "counters": [{"member_id": bytes([one]) * 16} for one in range(len(sizes))]}

    same, other = Inspection(), Inspection()

    check_columns(same, boxes(8, 8), 10)
    check_columns(other, boxes(8, 4), 10)

    assert same.verdict is Verdict.CLEAN
    assert other.verdict is Verdict.FINDING


@pytest.mark.parametrize(
    ("said", "form_again", "verdict"),
    [
        (("no-store",), False, Verdict.CLEAN),
        (("no-cache",), False, Verdict.FINDING),
        ((), False, Verdict.FINDING),
        (("no-store", "max-age=60"), False, Verdict.FINDING),
        # The report form, to which Back leads with what was typed.
        (("no-cache",), True, Verdict.CLEAN),
        (("no-store",), True, Verdict.FINDING),
        (("no-cache", "max-age=60"), True, Verdict.FINDING),
    ],
)
def test_a_page_to_which_a_form_led_and_which_a_browser_may_keep_is_a_finding(served, said, form_again, verdict):
    told = "".join(f"Cache-Control: {one}\r\n" for one in said)

    def answer(target):
        head = "303 See Other\r\nLocation: /answers/1\r\n" if target == "/report" else f"203 x\r\n{told}"
        return [f"HTTP/1.1 {head}Content-Length: 0\r\n\r\n".encode()]

    visitor, look = CanaryVisitor(served(answer), "host", MARKERS, PLAN), Inspection()
    visitor.get("the form", "/")
    visitor.post("a report", "/report", [], form_again=form_again)

    judge_kept(look, visitor.exchanges)

    assert look.verdict is verdict


def sealed(plain):
    pieces = [min(262_144, plain - start) + 17 for start in range(0, plain, 262_144)]
    return [{"file_id": plain, "position": place, "chunk": bytes(size)} for place, size in enumerate([24, *pieces])]


@pytest.mark.parametrize(
    ("chunks", "verdict"),
    [
        (sealed(4096), Verdict.CLEAN),
        (sealed(1_245_184), Verdict.CLEAN),
        (sealed(1_232_896), Verdict.FINDING),  # whole pages
        (sealed(4097), Verdict.FINDING),
        ([{"file_id": 1, "position": 0, "chunk": bytes(24 + 4096 + 17)}], Verdict.FINDING),
        ([*sealed(262_144), {"file_id": 262_144, "position": 2, "chunk": bytes(17)}], Verdict.FINDING),
    ],
)
def test_a_sealed_file_that_is_as_long_as_no_class_is_a_finding(chunks, verdict):
    look = Inspection()

    check_lengths(look, {"chunks": chunks, "entries": [{"body": bytes(24 + 4096 + 16)}]})

    assert look.verdict is verdict
    assert holds_a_large_file({"chunks": chunks}) is (len(chunks) > 4)  # a mebibyte in chunks


def test_an_entry_that_is_no_whole_pages_is_a_finding():
    look = Inspection()

    check_lengths(look, {"entries": [{"body": bytes(24 + 4000 + 16)}]})

    assert look.verdict is Verdict.FINDING


@pytest.mark.parametrize(("renewed", "verdict"), [(0, Verdict.FINDING), (1, Verdict.CLEAN), (2, Verdict.FINDING)])
def test_a_heartbeat_that_renews_another_number_of_slots_is_a_finding(renewed, verdict):
    look = Inspection()

    check_heartbeat(look, bytes(320), bytes(320 - 32 * renewed) + b"x" * 32 * renewed)

    assert look.verdict is verdict


def test_a_change_that_is_taken_back_is_found_in_the_log(tmp_path):
    with closing(sqlite3.connect(tmp_path / "kallskydd.db", isolation_level=None)) as database:
        for statement in ("PRAGMA journal_mode = WAL", "CREATE TABLE cases (hold)", "CREATE TABLE counters (counter)",
                          "INSERT INTO cases VALUES (0)", "INSERT INTO counters VALUES (0)"):  # fmt: skip
            database.execute(statement)
        log = tmp_path / "kallskydd.db-wal"
        before = log.read_bytes()
        database.execute("UPDATE counters SET counter = 1")
        counted = log.read_bytes()
        for held in (1, 0):
            database.execute("UPDATE cases SET hold = ?", (held,))
        after = log.read_bytes()
        counters = pages_of("counters", tmp_path, tmp_path / "copy")

    assert pages_written(before, before) == set()
    assert pages_written(before, counted) == counters
    assert not pages_written(before, after) <= counters


@pytest.mark.parametrize(
    ("after", "slots", "verdict"),
    [
        ({"cases": [{"case_id": 1}], "tombstones": []}, 1, Verdict.CLEAN),
        ({"cases": [{"case_id": 1}], "tombstones": [{"case_id": 2}]}, 1, Verdict.FINDING),
        ({"cases": [], "tombstones": []}, 1, Verdict.FINDING),
        ({"cases": [{"case_id": 1}], "tombstones": []}, 0, Verdict.FINDING),
    ],
)
def test_what_is_undone_and_leaves_something_is_a_finding(after, slots, verdict):
    look = Inspection()

    check_undone(look, "x", {"cases": [{"case_id": 1}], "tombstones": []}, after, slots)

    assert look.verdict is verdict


@pytest.mark.parametrize(("kept", "verdict"), [("", Verdict.CLEAN), ("/page/2", Verdict.FINDING)])
def test_a_page_that_still_stands_when_its_inbox_is_left_is_a_finding(served, kept, verdict):
    path = served(
        lambda target: [b"HTTP/1.1 203 Kept\r\n\r\ncase" if target == kept else b"HTTP/1.1 400 Over\r\n\r\nover"]
    )
    visitor, look = CanaryVisitor(path, "x.onion", MARKERS, PLAN), Inspection()
    visitor.get("a page that is over", "/page/never", right=(400,))
    visitor.led += ["/page/1", "/page/2"]

    visitor.ask_again()

    compare_answers(look, visitor.exchanges, {0: []})
    assert look.verdict is verdict
    assert visitor.led == []
    # A leak and no service that fails: void would say that nothing was seen.
    assert all(one.as_it_should for one in visitor.exchanges)


def test_a_page_that_goes_on_is_looked_at_for_a_while(served):
    def answer(_target):
        yield b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
        yield b"<p>ready</p>"
        time.sleep(0.2)
        yield b"<p>50</p>"
        time.sleep(3)
        yield b"<p>60</p>"

    with glancing(served(answer), b"GET /progress/1 HTTP/1.1\r\n\r\n", b"</p>", 1.0) as received:
        pass

    seen = read_answer(bytes(received))
    assert seen.body == b"<p>ready</p><p>50</p>"
    look = Inspection()
    judge_sizes(look, [Exchange("x", seen, frozenset({200}), frozenset(), whole=False)])
    assert look.verdict is Verdict.CLEAN
    judge_sizes(look, [Exchange("x", seen, frozenset({200}), frozenset())])
    assert look.verdict is Verdict.FINDING


@pytest.mark.parametrize(
    ("line", "verdict"), [(b"<p>cleaned</p>\n", Verdict.CLEAN), (b"<p>cleaned (+2)</p>\n", Verdict.FINDING)]
)
def test_what_a_progress_page_says_of_others_is_a_finding_and_how_much_has_come_is_none(served, line, verdict):
    percent = b'<p%s><label>%d %% of it <progress value="%d" max="100"></progress></label></p>\n'
    told = {"/1": [percent % (b"", 40, 40), b"<p>cleaned</p>\n"], "/2": [percent % (b' aria-live="off"', 7, 7), line]}
    path = served(lambda target: [b"HTTP/1.1 200 OK\r\n\r\n<p>ready</p>\n", *told[target]])
    visitor = CanaryVisitor(path, "x.onion", MARKERS, PLAN)

    for target in told:
        with visitor.watching("a progress page", target):
            time.sleep(0.1)

    look = Inspection()
    compare_answers(look, visitor.exchanges, {0: []})
    assert look.verdict is verdict


def test_half_of_a_form_stays_on_its_way_until_the_others_are_answered(tmp_path):
    path, came = tmp_path / "public.sock", []
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as listener:
        listener.bind(str(path))
        listener.listen(1)
        with CanaryVisitor(path, "x.onion", MARKERS, PLAN).sending("/report", [("text", "x" * 4000)]):
            connection = listener.accept()[0]
            connection.settimeout(0.2)
            came.append(connection.recv(65536))
            with pytest.raises(TimeoutError):
                connection.recv(65536)
        with closing(connection):
            assert connection.recv(65536) == b""

    assert came[0].startswith(b"POST /report ")
    assert b'name="text"' in came[0]
    assert not came[0].endswith(b"--\r\n")


def test_of_several_forms_to_one_place_that_one_is_sent_which_acts():
    assert hidden_fields(FORMS, "/inbox/take-back") == [("switch", "en")]
    assert hidden_fields(FORMS, "/inbox/take-back", "mark") == [("handle", "1"), ("mark", "2")]
    assert hidden_fields(FORMS, "/inbox/leave") == []


@pytest.mark.parametrize("wrong", ["", "signature", "author", "previous", "file"])
def test_an_entry_that_is_not_what_its_reporter_signed_is_named(wrong):
    sign, box = SigningKey.generate(), bytes(PrivateKey.generate().public_key)
    author = hashlib.blake2b(bytes(sign.verify_key) + box, digest_size=16, person=b"ks1-member").hexdigest()
    entries, previous = [], bytes(32)
    for number in range(3):
        last = number == 2
        told = {
            "author": "0" * 32 if last and wrong == "author" else author,
            "previous": (bytes(32) if last and wrong == "previous" else previous).hex(),
            "entry": {"file_id": ("1" if last and wrong == "file" else "0") * 32}
            if number
            else {"reporter_sign": bytes(sign.verify_key).hex(), "reporter_box": box.hex()},
        }
        body, bound = json.dumps(told).encode(), b"place %d" % number
        signed = sign.sign(b"ks1-entry" + bound + body).signature + body
        if last and wrong == "signature":
            signed = bytes([signed[0] ^ 1]) + signed[1:]
        entries.append(ReadEntry(signed + b"\x80" + bytes(9), bound))
        previous = hashlib.blake2b(bound + signed, digest_size=32, person=b"ks1-chain").digest()

    assert list(unsigned_entries(entries, {"0" * 32})) == ([2] if wrong else [])


def test_what_members_read_in_two_runs_is_shown_where_it_differs():
    def opened(order, author="0", indent=None):
        entry = {"author": author * 32, "entry": {"digest": "1" * 64, "order": order, "preview_id": "2" * 32}}
        return [Opened("entry 1 of stream 1", json.dumps(entry, indent=indent).encode() + b"\x80" + bytes(9))], []

    same, other, spaces = Inspection(), Inspection(), Inspection()

    compare_opened(same, [opened(0), opened(0, author="3")])
    compare_opened(other, [opened(0), opened(1)])
    compare_opened(spaces, [opened(0), opened(0, indent=1)])
    assert spaces.verdict is Verdict.FINDING

    assert same.verdict is Verdict.CLEAN
    assert any('"order": 0' in one.text() and '"order": 1' in one.text() for one in other.evidence)
