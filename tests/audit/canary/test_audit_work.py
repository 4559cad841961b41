"""Runs held against each other: the calls they make, what the keeper asks of tor, and a clock that goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from audit.canary.calls import looked_at
from audit.canary.clock import interpreter_with_clock
from audit.canary.compare.answers import compare_answers
from audit.canary.compare.work import UNEVEN, compare_work, work_of
from audit.canary.visits.http import Answer
from audit.canary.visits.visitor import Exchange
from audit.observe.strace import Call, TracedProcess
from audit.verdict import Inspection, Verdict

PUBLIC = r'UNIX-STREAM:[{one}->{other},"/tmp/canary-{run}/home/run/public.sock"]'


def call(name, arguments, result="0", run="a", at=1.0):
    process = TracedProcess(7, 1, "intake")
    return Call(at, 7, process, "intake", name, arguments.replace("{run}", run), result)


def hexed(text):
    return "".join(f"\\x{byte:02x}" for byte in text.encode())


def visits(run="a", number=10):
    socket = PUBLIC.format(one=number, other=number + 1, run=run)
    return [
        call("sendto", rf'{number}<{socket}>, "\x41\x42", 2, 0, NULL, 0', "2"),
        call("fsync", f"{number}</tmp/canary-{run}/home/shred.slots>"),
        call("pwrite64", rf'{number}</tmp/canary-{run}/home/shred.slots>, "\x4{number % 10}", 1, {number * 32}', "1"),
        call("mmap", f"NULL, {2**20}, PROT_READ, MAP_PRIVATE, -1, 0", hex(0x7F0000000000 + number)),
        call("wait4", f"{number}, NULL, 0, NULL", str(number)),
    ]


def verdict(one, other):
    inspection = Inspection()
    compare_work(inspection, [work_of(one, "/tmp/canary-a"), work_of(other, "/tmp/canary-b")])
    return inspection.verdict


def test_numbers_of_files_and_processes_and_what_was_written_are_not_compared():
    assert verdict(visits(), visits("b", 12)) is Verdict.CLEAN


def reading(place, run):
    lock = f"{{l_type=F_RDLCK, l_whence=SEEK_SET, l_start={place}, l_len=1}}"
    return call("fcntl", f"9</tmp/canary-{run}/home/kallskydd.db-shm>, F_SETLK, {lock}")


@pytest.mark.parametrize(("place", "expected"), [(123, Verdict.CLEAN), (122, Verdict.FINDING), (125, Verdict.FINDING)])
def test_whether_a_reader_of_the_database_finds_its_log_empty_is_not_compared(place, expected):
    assert verdict([*visits(), reading(124, "a")], [*visits("b"), reading(place, "b")]) is expected


@pytest.mark.parametrize(
    "more",
    [
        call("fsync", "10</tmp/canary-{run}/home/shred.slots>", run="b"),
        call("clock_nanosleep", "CLOCK_MONOTONIC, 0, {tv_sec=0, tv_nsec=7}, NULL"),
        call("fcntl", "9</tmp/canary-{run}/home/kallskydd.db-shm>, F_SETLK, {l_start=124, l_len=3}", run="b"),
        call("sendto", rf'12<{PUBLIC.format(one=1, other=2, run="b")}>, "\x41", 1, 0, NULL, 0', "1"),
        reading(123, "b"),
        call("shutdown", rf"12<{PUBLIC.format(one=1, other=2, run='b')}>, SHUT_WR"),
    ],
)
def test_a_call_that_one_run_makes_once_more_is_a_finding(more):
    assert verdict(visits(), [*visits("b"), more]) is Verdict.FINDING


@pytest.mark.parametrize(("at", "counted"), [(19.9, True), (20.0, False), (30.0, False), (30.1, True)])
def test_what_is_done_while_files_of_several_forms_are_cleaned_at_once_is_not_counted(at, counted):
    work = work_of([*visits(), call("fork", "", at=at)], "/tmp/canary-a", uncounted=(20.0, 30.0))

    assert (work["intake fork()"] == 1) is counted
    assert sum(work_of(visits(), "/tmp/canary-a").values()) + counted == sum(work.values())


def test_what_is_written_again_because_a_reader_is_slow_is_one_write():
    socket = PUBLIC.format(one=10, other=11, run="a")
    whole = call("sendto", rf'10<{socket}>, "\x41\x42\x43", 3, 0, NULL, 0', "3")
    parts = [
        call("sendto", rf'10<{socket}>, "\x41\x42\x43", 3, 0, NULL, 0', "1"),
        call("sendto", rf'10<{socket}>, "\x42\x43", 2, 0, NULL, 0', "2"),
    ]

    assert work_of([whole], "/tmp/canary-a") == work_of(parts, "/tmp/canary-a")


def test_how_often_a_progress_page_says_how_much_has_come_is_not_compared():
    socket = PUBLIC.format(one=10, other=11, run="a")
    said = "".join(
        f"\\x{byte:02x}" for byte in b'<p><label>40 % <progress value="40" max="100"></progress></label></p>'
    )

    assert not work_of([call("sendto", rf'10<{socket}>, "{said}", 65, 0, NULL, 0', "65")], "/tmp/canary-a")


def test_what_the_keeper_opens_is_known_without_the_numbers_of_processes():
    names = ("/tmp/canary-a/home/roster", "/proc/71/status", "/usr/lib/python3.13/abc.py", "/tmp/canary-a/clock/later")
    keeper = TracedProcess(7, 1, "keeper")
    calls = [Call(1.0, 7, keeper, "keeper", "openat", f'AT_FDCWD</>, "{hexed(name)}", O_RDONLY', "3") for name in names]

    assert looked_at(calls, "/tmp/canary-a/home/") == {"roster", "/proc/N/status"}


def test_each_call_whose_number_may_differ_has_its_reason():
    assert all(one.why and not one.line.startswith(".*") for one in UNEVEN)


@pytest.mark.parametrize("body", [b"<p>fine<!-- --><!-- -->", b"<p><!--  -->fine<!-- -->"])
def test_a_filling_that_is_not_the_only_one_and_the_last_counts(body):
    inspection = Inspection()
    answers = [Answer(200, b"HTTP/1.1 200 OK", one) for one in (b"<p>fine<!-- -->", body)]

    compare_answers(inspection, [Exchange("a page", one, frozenset({200}), frozenset()) for one in answers], {0: []})

    assert inspection.verdict is Verdict.FINDING


def test_the_clock_of_the_intake_goes_on_while_it_runs_and_of_nothing_else(tmp_path):
    moved = interpreter_with_clock(Path(sys.executable), tmp_path / "clock", 0, bytes(32))
    asks = "import trusted.case.clock, sys\nfor _ in sys.stdin: print(int(trusted.case.clock.utc_now().timestamp()), flush=True)"

    def hears(name):
        with subprocess.Popen(
            [moved, "-c", asks, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as asked:
            times = []
            for later in (0, 3 * 86_400):
                with (tmp_path / "clock" / "later").open("r+b") as file:
                    file.write(later.to_bytes(8, "little"))
                asked.stdin.write("\n")
                asked.stdin.flush()
                times.append(int(asked.stdout.readline()))
            asked.stdin.close()
        return times[1] - times[0]

    assert 0 <= hears("intake") - 3 * 86_400 < 60
    assert 0 <= hears("kallskydd") < 60
