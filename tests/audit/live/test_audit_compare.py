"""What the canary compares: runs with each other, a service with itself, values with what they must not depend on."""

from __future__ import annotations

import base64
import hashlib
import os
import random
import struct
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from audit.canary.clock import another_hour, interpreter_with_clock
from audit.canary.compare.answers import DeskAnswer, compare_answers, compare_desk_answers, random_tokens
from audit.canary.compare.random import Observation, dependences, dependences_within, told_apart
from audit.canary.compare.rows import (
    COLUMNS,
    Noted,
    altered_rows,
    changed_slots,
    check_altered,
    check_columns,
    check_slots,
)
from audit.canary.compare.snapshot import Snapshot, files_of
from audit.canary.compare.steady import ALLOWED, Since, compare_snapshots, no_time_of_a_visit
from audit.canary.drawn import check_drawn, hook, number_of
from audit.canary.visits.http import Answer, read_answer
from audit.canary.visits.visitor import Exchange
from audit.verdict import Inspection, Verdict
from trusted.receipt.wordlist import to_words

# Two runs of twelve values by two visitors, seven seconds apart and a quarter of a second within a run.
RUNS, VALUES, STARTED = (0, 2), 12, 1_795_768_000.3
KEY = os.urandom(16)


def samples(make, pause=0.25):
    """`make` gives the value of (run, visitor, order, moment); `pause` seconds lie between two values."""
    found, now = [], STARTED
    for run in RUNS:
        now += 7
        for order in range(VALUES):
            visitor = "AB"[(order // 2 + order + run) % 2]
            moment = random.uniform(now, now + 0.15)
            found.append(Observation(make(run, visitor, order, moment), run, visitor, order, now, now + 0.15))
            now += pause
    return found


def address(run, visitor):
    return hashlib.sha256(KEY + f"{run}{visitor}".encode()).digest()[:4]


def covered(second):
    return bytes(one ^ other for one, other in zip(struct.pack("<I", int(second)), KEY, strict=False))


HIDING = {
    "the second": lambda _run, _visitor, _order, now: struct.pack(">I", int(now)) + os.urandom(12),
    "the second, low byte first": lambda _run, _visitor, _order, now: os.urandom(5) + struct.pack("<I", int(now)),
    "the lowest byte of the second": lambda _run, _visitor, _order, now: os.urandom(9) + bytes([int(now) & 255]),
    "the second under a key": lambda _run, _visitor, _order, now: os.urandom(5) + covered(now) + os.urandom(7),
    "a digest of the second": lambda _run, _visitor, _order, now: hashlib.sha256(b"%d" % now).digest(),
    "the second, multiplied": lambda _run, _visitor, _order, now: struct.pack("<I", int(now) * 2654435761 & 0xFFFFFFFF),
    "milliseconds in two bytes": lambda _run, _visitor, _order, now: os.urandom(3) + struct.pack("<H", int(now * 1000) & 0xFFFF),
    "a floating number": lambda _run, _visitor, _order, now: os.urandom(3) + struct.pack("<d", now),
    "the minute": lambda _run, _visitor, _order, now: os.urandom(3) + bytes([int(now) // 60 & 255]),
    "a count": lambda _run, _visitor, order, _now: os.urandom(3) + bytes([order]),
    "a count from anywhere": lambda run, _visitor, order, _now: os.urandom(3) + bytes([order + 77 * run & 255]),
    "a number that rises": lambda _run, _visitor, order, _now: struct.pack(">I", int((order + random.random()) * 2**28)),
    "an address": lambda run, visitor, _order, _now: os.urandom(5) + address(run, visitor),
    "one byte of a digest of an address": lambda run, visitor, _order, _now: os.urandom(5) + address(run, visitor)[:1],
    "half a byte for each run": lambda run, _visitor, _order, _now: bytes([os.urandom(1)[0] & 0xF0 | run]),
    "a generator that starts with the second": lambda _run, _visitor, _order, now: random.Random(int(now)).randbytes(16),
    "nothing that changes": lambda *_known: KEY,
}  # fmt: skip


@pytest.mark.parametrize("hidden", HIDING)
def test_a_value_that_hides_something_is_found(hidden):
    assert dependences(samples(HIDING[hidden])), hidden


def test_the_minute_is_found_on_a_machine_so_slow_that_a_run_lasts_several():
    def make(_run, _visitor, _order, now):
        return os.urandom(3) + hashlib.sha256(b"%d" % (now // 60)).digest()[:1]

    assert dependences(samples(make, pause=17.0))


def test_the_hour_and_the_minute_are_found_where_the_clock_of_one_run_is_moved_in_each_second():
    def moved(run, now):
        return now + (int(now) % 8 * 548 * 256 if run else 0)

    for seconds in (60, 3600):
        told = dependences(
            samples(
                lambda run, _visitor, _order, now, seconds=seconds: (
                    os.urandom(3) + hashlib.sha256(b"%d" % (moved(run, now) // seconds)).digest()[:1]
                )
            )
        )
        assert any(words.startswith("byte 3 is ") and words.endswith(" in run 0") for words in told)


def test_what_only_most_values_hide_is_found():
    def make(_run, _visitor, order, now):
        return os.urandom(3) + (os.urandom(1) if order % 4 == 3 else bytes([int(now) // 60 & 255]))

    assert dependences(samples(make))


@pytest.mark.parametrize("size", [1, 3, 16, 153])
def test_random_values_depend_on_nothing(size):
    assert [found for _ in range(12) if (found := dependences(samples(lambda *_known: os.urandom(size))))] == []


def test_a_clock_that_is_covered_with_bytes_beside_it_is_found():
    def row(_run, _visitor, _order, now):
        case_id = os.urandom(16)
        hidden = bytes(one ^ other for one, other in zip(struct.pack(">I", int(now)), case_id[5:], strict=False))
        return case_id + os.urandom(20) + hidden + os.urandom(40)

    assert dependences_within(samples(row))
    assert dependences_within(samples(lambda *_known: os.urandom(80))) == []


@pytest.mark.parametrize(
    ("hour", "minute"), [(0, 5), (2, 0), (5, 55), (6, 5), (12, 0), (17, 30), (18, 20), (20, 0), (23, 50)]
)
def test_the_other_hour_is_in_the_same_part_of_the_same_day(hour, minute):
    here = datetime(2026, 11, 27, hour, minute, tzinfo=ZoneInfo("Europe/Stockholm"))
    moved = here + timedelta(seconds=another_hour(here))

    assert moved != here
    assert moved.date() == here.date()
    assert [hour >= begins for begins in (6, 18)] == [moved.hour >= begins for begins in (6, 18)]


def test_an_interpreter_of_another_hour_runs_the_same_program_and_reads_another_clock(tmp_path):
    ask = "import time, trusted.case.clock; print(time.time(), trusted.case.clock.utc_now().timestamp(), trusted.case.clock.__file__)"
    moved = interpreter_with_clock(Path(sys.executable), tmp_path / "clock", 9728, KEY)

    told = [
        subprocess.run([python, "-I", "-c", ask], capture_output=True, text=True, check=True, timeout=60).stdout.split()
        for python in (sys.executable, moved)
    ]

    assert told[0][2] == told[1][2]
    ahead = [float(other) - float(one) for one, other in list(zip(*told, strict=True))[:2]]
    # What asks the service's clock is in the same part of the day; what asks another may be days ahead.
    assert 9728 <= ahead[1] < 9728 + 60
    assert (ahead[0] - 9728) % (548 * 256) < 60


def test_every_way_of_python_to_ask_for_the_time_is_moved(tmp_path):
    moved = interpreter_with_clock(Path(sys.executable), tmp_path / "clock", 9728, KEY)
    ask = (
        "import calendar, datetime, time\n"
        "from datetime import datetime as d\n"
        "told = [time.time(), time.time_ns() / 10**9, calendar.timegm(time.gmtime()), time.mktime(time.localtime()),"
        " d.now(datetime.UTC).timestamp(), d.now().timestamp(), d.utcnow().replace(tzinfo=datetime.UTC).timestamp(),"
        " d.today().timestamp(), int(time.strftime('%s')), time.mktime(time.strptime(time.ctime())),"
        " time.mktime(time.strptime(time.asctime())), time.clock_gettime(time.CLOCK_REALTIME),"
        " time.clock_gettime_ns(time.CLOCK_REALTIME) / 10**9]\n"
        "assert isinstance(d(2026, 1, 1), d) and isinstance(d.now(), d) and issubclass(d, datetime.date)\n"
        "print(*told)"
    )
    told = subprocess.run([moved, "-I", "-c", ask], capture_output=True, text=True, check=True, timeout=60).stdout
    here = time.time()

    assert [one for one in map(float, told.split()) if (one - here - 9728 + 60) % (548 * 256) > 120] == []
    assert min(map(float, told.split())) > here + 9000


def test_a_draw_of_the_watched_run_is_known_again_whole_and_nothing_else_is(tmp_path):
    moved = interpreter_with_clock(Path(sys.executable), tmp_path / "clock", 0, KEY)
    ask = (
        "import os, secrets, nacl.utils\n"
        "for one in (os.urandom(16), secrets.token_bytes(4096), nacl.utils.random(24), secrets.token_bytes(11)):"
        " print(one.hex())"
    )
    told = subprocess.run([moved, "-I", "-c", ask], capture_output=True, text=True, check=True, timeout=60).stdout
    drawn = [bytes.fromhex(line) for line in told.split()]

    numbers = [number_of(one, KEY) for one in drawn]
    assert numbers[1] - numbers[0] == numbers[2] - numbers[1] == 1
    assert numbers[3] is None
    assert number_of(drawn[1][:-2] + os.urandom(2), KEY) is None
    assert number_of(drawn[1][:32], KEY) is None
    assert number_of(os.urandom(16), KEY) is None
    assert number_of(drawn[0], os.urandom(16)) is None


class DrawnRun:
    """A run of which only its rows are looked at."""

    def __init__(self, *, thrown_away: int = 0, beat: int = 4096, code: int = 0, share: int = 32):
        made = {}
        exec(hook(KEY), made)  # noqa: S102 - our own lines
        os.urandom, random._urandom = made["_urandom"], made["_urandom"]
        self.key, self.noted = KEY, []
        for order in range(3):
            first = made["_drawn"](16)
            for _ in range(thrown_away * (order == 1)):
                made["_drawn"](105)
            rows = {"cases": [{"case_id": first}], "files": [{"file_id": made["_drawn"](16)}]}
            self.noted.append(Noted("a report", 2, "A", order, 0.0, 0.0, rows))
        share_left = made["_drawn"](share) if share else bytes(32)
        self.destroyed = [Noted("taken back", 2, "A", 3, 0.0, 0.0, {}, {7: share_left})]
        self.rows = {"home": [{"beat": made["_drawn"](beat) + os.urandom(4096 - beat)}]}
        words = to_words(int.from_bytes(made["_drawn"](12), "big") >> 6 << 6 ^ code << 6 | 5, 8)
        page = "".join(f"<li><bdi>{word}</bdi></li>" for word in words).encode()
        self.exchanges = [Exchange("a report", Answer(203, b"", page), frozenset({203}), frozenset(), before=9.0)]


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ({}, ""),
        ({"thrown_away": 1}, "not as many values are drawn each time"),
        ({"beat": 4094}, "home.beat: 1 values are not what was drawn"),
        ({"share": 0}, "shred.slots: 1 values are not what was drawn"),
        ({"code": 1}, "answer: case code: 1 values are not what was drawn"),
    ],
)
def test_what_was_not_drawn_whole_or_was_drawn_again_is_a_finding(run, words):
    inspection = Inspection()

    check_drawn(inspection, DrawnRun(**run))

    assert (inspection.verdict is Verdict.FINDING) == bool(words)
    assert any(words in one.text() for one in inspection.evidence)


def test_two_kinds_of_values_that_one_bit_tells_apart_are_found():
    ones, others = [[os.urandom(152) + bytes([bit]) for _ in range(20)] for bit in (1, 0)]

    assert told_apart(ones, others) == ["bit 0 of byte 152"]
    assert told_apart(ones, [*others * 3, *ones[:8]]) == ["bit 0 of byte 152"]  # grants that nobody opened
    assert told_apart([os.urandom(153) for _ in range(20)], [os.urandom(153) for _ in range(20)]) == []
    assert told_apart(ones[:4], others[:4]) == []  # so few are told apart by chance


def home(folder):
    for name in ("server.pub", "kallskydd.db", "kallskydd.db-wal", "shred.slots"):
        (folder / name).write_bytes(bytes(4096))
    (folder / "run").mkdir()
    return Snapshot(
        files_of(folder), {"intake": {"status Umask": "0077", "stat utime": "3", "open 0": "/dev/null"}}, {}
    )


CHANGES = {
    "content": lambda folder: (folder / "server.pub").write_bytes(b"other"),
    "time": lambda folder: os.utime(folder / "server.pub", ns=(10**18, 10**18)),
    "time of now": lambda folder: os.utime(folder / "server.pub"),
    "mode": lambda folder: (folder / "server.pub").chmod(0o604),
    "replaced": lambda folder: (folder / "x").write_bytes(bytes(4096)) and (folder / "x").replace(folder / "server.pub"),
    "came": lambda folder: (folder / "run" / "seen").touch(),
    "attribute": lambda folder: os.setxattr(folder / "server.pub", "user.seen", b"1"),
    "link": lambda folder: os.link(folder / "server.pub", folder.parent / "elsewhere"),
    "the log before any report": lambda folder: (folder / "kallskydd.db-wal").write_bytes(bytes(4096)),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_of_the_home_that_changes_in_any_way_is_a_finding(tmp_path, change):
    place = tmp_path / "home"
    place.mkdir()
    before, same, other = home(place), Inspection(), Inspection()
    compare_snapshots(same, before, Snapshot(files_of(place), before.processes, {}), Since.PAGES, "visits")

    CHANGES[change](place)
    compare_snapshots(other, before, Snapshot(files_of(place), before.processes, {}), Since.PAGES, "visits")

    assert same.verdict is Verdict.CLEAN
    assert other.verdict is Verdict.FINDING


def test_an_allowance_is_of_one_field_of_one_thing_and_has_a_reason(tmp_path):
    before = home(tmp_path)
    working, masked, locked = Inspection(), Inspection(), Inspection()

    compare_snapshots(working, before, Snapshot(before.files, {"intake": {**before.processes["intake"], "stat utime": "9"}}, {}),
            Since.PAGES, "visits")  # fmt: skip
    compare_snapshots(masked, before, Snapshot(before.files, {"intake": {**before.processes["intake"], "status Umask": "0123"}}, {}),
            Since.URGENT, "visits")  # fmt: skip
    compare_snapshots(locked, before, Snapshot(before.files, before.processes, {"intake on 8:1:3": {"held": "POSIX 77 77"}}),
            Since.URGENT, "visits")  # fmt: skip

    assert working.verdict is Verdict.CLEAN
    assert masked.verdict is locked.verdict is Verdict.FINDING
    assert all(one.why and "*" not in one.thing + one.field for one in ALLOWED)
    assert len({(one.thing, one.field) for one in ALLOWED}) == len(ALLOWED)


def test_in_memory_a_folder_is_smaller_by_the_one_socket_that_tor_takes_away_at_the_stop():
    verdicts = []
    for size, since in (("100", Since.STOP), ("80", Since.STOP), ("140", Since.STOP), ("100", Since.URGENT)):
        inspection = Inspection()
        before, after = (Snapshot({"run": {"size": one}}, {}, {}) for one in ("120", size))
        compare_snapshots(inspection, before, after, since, "the whole run")
        verdicts.append(str(inspection.verdict))

    assert verdicts == ["clean", "finding", "finding", "finding"]


def test_a_time_of_a_visit_that_is_left_after_the_stop_is_a_finding(tmp_path):
    left, told = home(tmp_path).files, Inspection()
    written = int(left["shred.slots"]["written"]) / 10**9

    no_time_of_a_visit(told, left, written - 1, written + 1)

    assert told.verdict is Verdict.FINDING


def case(**other):
    row = dict.fromkeys(COLUMNS["cases"]) | {
        "case_id": os.urandom(16), "lookup_id": os.urandom(16), "reporter_grant": bytes(153), "epoch": 1,
        "commitment": os.urandom(32), "access_key": os.urandom(32), "slot": 7, "released": 0, "state": "open", "hold": 0,
    }  # fmt: skip
    return row | other


def tables(row):
    return {"cases": [row], "entries": [], "files": [], "chunks": [], "heads": [], "counters": [{"member_id": b"m"}]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"epoch": 17}, {"hold": 1}, {"closed_day": "2026-11-27"}, {"slot": 1024}, {"spent_slot": 3},
        {"release_day": "2031-01-01"}, {"state": "closed"}, {"reporter_grant": b"\xff" * 153}, {"seen": 1},
    ],
)  # fmt: skip
def test_a_column_that_holds_another_thing_than_it_is_for_is_a_finding(wrong):
    right, other = Inspection(), Inspection()

    check_columns(right, tables(case()), 1024)
    check_columns(other, tables(case(**wrong)), 1024)

    assert right.verdict is Verdict.CLEAN
    assert other.verdict is Verdict.FINDING


def test_a_slot_that_changes_without_a_case_is_a_finding():
    before = bytes(1024)
    after = before[:224] + os.urandom(32) + before[256:]
    named, other = Inspection(), Inspection()

    for inspection, slot in ((named, 7), (other, 8)):
        noted = Noted("a report", 0, "A", 0, 0.0, 0.0, {"cases": [case(slot=slot)]}, changed_slots(before, after))
        check_slots(inspection, [noted])

    assert named.verdict is Verdict.CLEAN
    assert other.verdict is Verdict.FINDING


def test_a_visit_that_writes_to_the_rows_of_another_is_a_finding():
    before = {"cases": [case(case_id=b"one"), case(case_id=b"two")]}
    after = {"cases": [before["cases"][0] | {"reporter_grant": os.urandom(153)}, before["cases"][1], case()]}
    same, other = Inspection(), Inspection()

    check_altered(same, [Noted("a report", 0, "A", 0, 0.0, 0.0, {}, {}, altered_rows(before, before))])
    check_altered(other, [Noted("a report", 0, "A", 0, 0.0, 0.0, {}, {}, altered_rows(before, after))])

    assert same.verdict is not Verdict.FINDING
    assert other.verdict is Verdict.FINDING
    assert "cases.reporter_grant" in other.evidence[0].text()


@pytest.mark.parametrize("other", [b"<p>3 sessions", b"<p>fine ", b"<p>Fine"])
def test_two_answers_to_one_question_that_differ_are_a_finding(other):
    def told(*bodies):
        inspection = Inspection()
        compare_answers(inspection, [Exchange("a page", Answer(200, b"HTTP/1.1 200 OK", body), frozenset({200}), frozenset())
                               for body in bodies], {0: []})  # fmt: skip
        return inspection.verdict

    assert told(b"<p>fine", b"<p>fine") is Verdict.CLEAN
    assert told(b"<p>fine", other) is Verdict.FINDING


def test_only_spaces_are_taken_out_of_the_filling_and_the_pieces_of_an_answer_count():
    def told(*answers):
        inspection = Inspection()
        compare_answers(
            inspection, [Exchange("a page", one, frozenset({200}), frozenset()) for one in answers], {0: []}
        )
        return inspection.verdict

    head = b"HTTP/1.1 200 OK"
    spaces, more, tabs = (Answer(200, head, b"<p>fine<!--" + one + b"-->") for one in (b"  ", b"   ", b" \t "))
    chunked = [read_answer(head + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + body) for body in CHUNKED]

    assert {one.body for one in chunked} == {b"abc"}
    assert told(spaces, more) is Verdict.CLEAN
    assert told(spaces, tabs) is Verdict.FINDING
    assert all(told(chunked[0], other) is Verdict.FINDING for other in chunked[1:])


CHUNKED = (
    b"3\r\nabc\r\n0\r\n\r\n",
    b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
    b"3;seen=7\r\nabc\r\n0\r\n\r\n",
    b"3\r\nabc\r\n0\r\nSeen: 7\r\n\r\n",
)


FILES = b'[{"file_id":"AAAA","number":%d,"item_kind":2},{"file_id":"AQEB","number":%d,"item_kind":2}]'


@pytest.mark.parametrize(
    ("bodies", "verdict"),
    [
        ((b'{"share":"AAAA","n":1}  ', b'{"share":"AQEB","n":1}  '), Verdict.CLEAN),
        ((b'{"share":"AAAA","n":1}  ', b'{"share":"AgIC","n":1}  '), Verdict.FINDING),  # not of the store
        ((b'{"share":"AAAA","n":1}  ', b'{"share":"AQEB","n":2}  '), Verdict.FINDING),
        ((b'{"share":"AAAA","n":1}  ', b'{"share":"AQEB", "n":1} '), Verdict.FINDING),
        ((b'{"share":"AAAA","n":1}  ', b'{"share":"AQEB","n":1}\t '), Verdict.FINDING),
        ((b'{"share":"AAAA","n":1}  ', b'{"share":"AQEB","n":1}   '), Verdict.FINDING),
        ((FILES % (1, 2), FILES % (3, 4)), Verdict.CLEAN),
        ((FILES % (1, 2), FILES % (4, 3)), Verdict.FINDING),
        ((b'{"n": 1}', b'{"n": 1}'), Verdict.FINDING),
        ((b"\0\0\0", b"\1\1\1"), Verdict.CLEAN),
        ((b"\0\0\0", b"\2\2\2"), Verdict.FINDING),
    ],
)
def test_a_desk_is_told_what_is_stored_in_one_form_and_nothing_else(bodies, verdict):
    inspection = Inspection()

    compare_desk_answers(
        inspection,
        [
            DeskAnswer("case", Answer(200, b"HTTP/1.1 200 OK", body), [], frozenset({bytes(3), b"\1\1\1"}))
            for body in bodies
        ],
    )

    assert inspection.verdict is verdict


def test_a_random_value_is_examined_once_wherever_it_is_shown_first():
    marks = [base64.urlsafe_b64encode(os.urandom(36)) for _ in range(3)]
    pages = [b"".join(b'<input name="mark" value="%s">' % mark for mark in shown) for shown in (marks[:2], marks)]
    exchanges = [Exchange("a page", Answer(200, b"", page), frozenset({200}), frozenset()) for page in pages]

    told = [one.value for one in random_tokens(exchanges)["answer: mark"]]

    assert told == [base64.urlsafe_b64decode(mark)[4:] for mark in marks]


def test_a_header_that_counts_is_a_finding():
    inspection = Inspection()
    heads = (b"HTTP/1.1 200 OK\r\nX: 1", b"HTTP/1.1 200 OK\r\nX: 2")

    compare_answers(inspection, [Exchange("a page", Answer(200, head, b""), frozenset({200}), frozenset()) for head in heads],
                    {0: []})  # fmt: skip

    assert inspection.verdict is Verdict.FINDING
