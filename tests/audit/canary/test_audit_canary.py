"""The canary's own parts, each shown to see what it is for; and the canary itself, clean on the service as it is."""

from __future__ import annotations

import base64
import bz2
import gzip
import hashlib
import ipaddress
import json
import lzma
import os
import subprocess
import sys
import zlib
from itertools import count

import pytest
from processes.service import KALLSKYDD

from audit.canary.judge import KINDS, judge_answers, judge_calls, judge_markers
from audit.canary.locks import check_closing, check_counters, check_names
from audit.canary.rules import Rulebook
from audit.canary.visits.http import Answer
from audit.canary.visits.markers import new_address, new_text, search
from audit.canary.visits.visitor import Exchange
from audit.observe.seccomp import Attempt, read_filter, refused
from audit.observe.strace import TraceDamaged, read_trace
from audit.verdict import Inspection, Verdict
from cases.receipt.misread import near_words
from intake.identifiers.find import details_in

MARKER = new_text("Referer", "https://{}.example/start")
ADDRESS = new_address("X-Forwarded-For", "{}, 10.0.0.1")
ADDRESS_6 = new_address("Forwarded", 'for="[{}]"', version=6)
TEXT, PACKED = MARKER.text.encode(), ipaddress.ip_address(ADDRESS.text).packed


def hexed(text: str | bytes) -> str:
    raw = text.encode() if isinstance(text, str) else text
    return '"' + "".join(f"\\x{one:02x}" for one in raw) + '"'


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("as it is", TEXT),
        ("in capitals", TEXT.upper()),
        ("backwards", TEXT[::-1]),
        ("UTF-16", MARKER.text.encode("utf-16-le")),
        ("UTF-16 big-endian", MARKER.text.encode("utf-16-be")),
        ("hexadecimal", TEXT.hex().encode()),
        ("hexadecimal in capitals", TEXT.hex().upper().encode()),
        ("base64, first phase", base64.b64encode(TEXT + b"after")),
        ("base64, second phase", base64.b64encode(b"x" + TEXT + b"after")),
        ("base64, third phase", base64.b64encode(b"xy" + TEXT + b"after")),
        ("md5", hashlib.md5(TEXT, usedforsecurity=False).digest()),
        ("sha1 in hexadecimal", hashlib.sha1(TEXT, usedforsecurity=False).hexdigest().encode()),
        ("sha256, cut short", hashlib.sha256(TEXT).digest()[:8]),
        ("sha256 of the whole header", hashlib.sha256(MARKER.carriers[0].encode()).hexdigest().encode()),
        ("sha512 in base64", base64.b64encode(hashlib.sha512(TEXT).digest())),
        ("blake2b", hashlib.blake2b(TEXT).digest()),
        ("blake2b of 32 bytes", hashlib.blake2b(TEXT, digest_size=32).hexdigest().upper().encode()),
        ("zlib", zlib.compress(b"a line before\n" + TEXT)),
        ("zlib without an end", zlib.compress(TEXT * 3)[:-4]),
        ("gzip", gzip.compress(b"a line before\n" + TEXT)),
        ("bzip2", bz2.compress(TEXT)),
        ("xz", lzma.compress(TEXT)),
        ("base64 in zlib", zlib.compress(base64.b64encode(TEXT))),
    ],
    ids=count(),  # a value is another in each process
)
def test_a_marker_is_found_in_every_form(form, written):
    # No byte of the packed address is among what stands around: four bytes meet by chance among many.
    around = os.urandom(3000).translate(None, PACKED)
    content = around + b" " + written + b" " + around

    hits = search([MARKER, ADDRESS], content)

    assert [hit.marker.kind for hit in hits] == ["Referer"], form


@pytest.mark.parametrize(
    "written",
    [
        ADDRESS.text.encode(),
        PACKED,
        PACKED[::-1],
        str(int.from_bytes(PACKED, "big")).encode(),
        ".".join(reversed(ADDRESS.text.split("."))).encode(),
        (ADDRESS.text.rpartition(".")[0] + ".0/24").encode(),
        hashlib.sha256(PACKED).digest(),
        hashlib.md5(ADDRESS.text.encode(), usedforsecurity=False).hexdigest().encode(),
    ],
    ids=count(),  # a value is another in each process
)
def test_an_address_is_found_in_every_form(written):
    assert [hit.marker.kind for hit in search([ADDRESS], b"\0" * 50 + written + b"\0" * 50)] == ["X-Forwarded-For"]


def test_a_newer_address_is_found_packed_and_written_out():
    packed = ipaddress.ip_address(ADDRESS_6.text).packed

    for written in (packed, packed.hex().encode(), ipaddress.ip_address(ADDRESS_6.text).exploded.encode()):
        assert search([ADDRESS_6], written)


def test_a_marker_holds_nothing_that_the_form_would_take_for_a_telephone_number():
    markers = [new_text(str(number)) for number in range(50)]

    # A report with one in its text is sent back, and the canary had nothing to look for.
    assert all(marker.text.isalpha() for marker in markers)
    assert {len(marker.text) for marker in markers} == {24}
    assert details_in(" ".join(marker.text for marker in markers), ()) == ()


def test_a_marker_that_is_typed_as_a_case_code_is_near_to_no_word():
    # A suggestion for one of two runs' markers would be an answer that differs by chance.
    assert [text for text in (new_text("typed code").text for _ in range(500)) if near_words(text)] == []


def test_nothing_is_found_where_nothing_is():
    markers = [new_text(str(number)) for number in range(20)]

    assert search(markers, os.urandom(2**20) + zlib.compress(b"text" * 500)) == []


LINES = """\
10 1.0 execve("/p", [KEEPER], []) = 0
10 1.1 clone(child_stack=NULL, flags=SIGCHLD <unfinished ...>
11 1.2 execve("/p", [INTAKE], []) = 0
10 1.3 <... clone resumed>) = 11
11 1.4 clone(child_stack=0x1, flags=CLONE_VM|CLONE_THREAD, parent_tid=[12]) = 12
12 1.5 write(3<PATH>, MARKER <unfinished ...>
11 1.6 +++ exited with 0 +++
12 1.7 <... write resumed>, 6) = 6
"""


def traced(folder, lines):
    words = {
        "KEEPER": ", ".join(map(hexed, ("python", "-m", "kallskydd", "serve"))),
        "INTAKE": ", ".join(map(hexed, ("python", "-I", "-m", "intake", "--control-fd", "7"))),
        "ZYGOTE": ", ".join(map(hexed, ("python", "-I", "-m", "scrubbers.jailed.zygote", "pictures", "3"))),
        '"/p"': hexed("/usr/bin/python3"),
        "PATH": hexed(str(folder / "home" / "kallskydd.db")).strip('"'),
        "SLOTS": hexed(str(folder / "home" / "shred.slots")).strip('"'),
        "INDEX": hexed(str(folder / "home" / "kallskydd.db-shm")).strip('"'),
        "MARKER": hexed(TEXT),
    }
    for word, written in words.items():
        lines = lines.replace(word, written)
    (folder / "trace").write_text(lines)
    return read_trace(folder / "trace")


def test_calls_that_others_interrupted_are_put_together_and_belong_to_their_process(tmp_path):
    calls = traced(tmp_path, LINES)

    last = calls[-1]
    assert (last.name, last.role, last.process.pid, last.result) == ("write", "intake", 11, "6")
    assert last.payload == TEXT
    assert last.target == str(tmp_path / "home" / "kallskydd.db")
    assert [call.role for call in calls if call.name == "execve"] == ["other", "keeper"]


def test_what_the_watch_starts_the_keeper_with_is_not_the_keeper(tmp_path):
    # Where an ordinary account watches, setpriv stands before the interpreter, whose command line is part of its own.
    setpriv = ", ".join(map(hexed, ("setpriv", "--bounding-set=-all", "--", "python", "-m", "kallskydd", "serve")))
    started = f"10 1.0 execve({hexed('/usr/bin/setpriv')}, [{setpriv}], []) = 0\n10 1.1 prctl(PR_GET_SECUREBITS) = 0\n"

    calls = traced(tmp_path, started + '10 1.2 execve("/p", [KEEPER], []) = 0\n10 1.3 getpid() = 10\n')

    assert [call.role for call in calls] == ["other", "other", "other", "keeper"]


def test_a_fork_of_a_zygote_is_a_job(tmp_path):
    calls = traced(
        tmp_path, '10 1.0 execve("/p", [ZYGOTE], []) = 0\n10 1.1 fork() = 11\n11 1.2 write(1<PATH>, MARKER, 6) = 6\n'
    )

    assert calls[-1].role == "job"


@pytest.mark.parametrize("damage", ['10 1.0 write(1, "\\x41"..., 5) = 5\n', "no line of strace\n", "10 1.0 write(1\n"])
def test_a_trace_that_is_not_whole_is_refused(tmp_path, damage):
    with pytest.raises(TraceDamaged):
        traced(tmp_path, damage)


def test_the_name_of_a_socket_is_not_taken_for_what_was_written(tmp_path):
    path = hexed("/run/public.sock")
    calls = traced(tmp_path, f"10 1.0 sendto(5<UNIX-STREAM:[1->2,{path}]>, MARKER, 6, 0, NULL, 0) = 6\n")

    assert calls[0].payload == TEXT
    assert calls[0].target == 'UNIX-STREAM:[1->2,"/run/public.sock"]'


AT_WORK = '10 1.0 execve("/p", [INTAKE], []) = 0\n'
DEV_LOG = "{sa_family=AF_UNIX, sun_path=" + hexed("/dev/log") + "}"
JOURNAL = "{sa_family=AF_UNIX, sun_path=" + hexed("/run/systemd/journal/socket") + "}"


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("sockets", f"connect(5<UNIX-DGRAM:[3]>, {DEV_LOG}, 10) = -1 EPERM (Operation not permitted)"),
        ("sockets", f"connect(5<UNIX-STREAM:[3]>, {JOURNAL}, 10) = 0"),
        ("sockets", f"sendto(5<UNIX-DGRAM:[3]>, MARKER, 6, 0, {DEV_LOG}, 10) = 6"),
        ("sockets", f"sendmsg(5<UNIX-DGRAM:[3]>, {{msg_name={JOURNAL}, msg_iov=[{{iov_base=MARKER}}]}}, 0) = 6"),
        ("sockets", "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = -1 EPERM (Operation not permitted)"),
        ("sockets", "socket(AF_UNIX, SOCK_DGRAM, 0) = 5<UNIX-DGRAM:[3]>"),
        ("sockets", "socketpair(AF_UNIX, SOCK_DGRAM, 0, [5, 6]) = 0"),
        ("channels", "write(2</dev/null<char 1:3>>, MARKER, 6) = 6"),
        ("channels", "write(1</dev/null<char 1:3>>, MARKER, 6) = 6"),
        ("channels", "pwrite64(6<PATH>, MARKER, 24, 6192) = 24"),
        ("channels", "pwrite64(6<SLOTS>, MARKER, 32, 48) = 32"),
        ("channels", "pwrite64(6<INDEX>, MARKER, 4, 132) = 4"),
        ("files", f'openat(AT_FDCWD<{hexed("/").strip(chr(34))}>, "INDEX", O_RDWR|O_CLOEXEC) = 5'),
        ("channels", "sendmmsg(5<UNIX-STREAM:[1->2]>, [{msg_hdr={}}], 1, 0) = -1 EPERM (Operation not permitted)"),
        ("channels", "io_uring_setup(8, {flags=0}) = 5"),
        ("channels", "sendfile(5, 6, NULL, 100) = 100"),
        ("channels", "syslog(2, MARKER, 6) = -1 EPERM (Operation not permitted)"),
        ("channels", f"prctl(PR_SET_NAME, {hexed('Mozilla/5.0 (X1')}...) = -1 EPERM (Operation not permitted)"),
        ("channels", f"prctl(PR_SET_NAME, {hexed('Thread-1 (Mozil')}...) = 0"),
        ("channels", "prctl(PR_SET_MM, PR_SET_MM_MAP, 0x7f0000000000, 104, 0) = 0"),
        ("channels", "prctl(PR_SET_DUMPABLE, SUID_DUMP_USER) = -1 EPERM (Operation not permitted)"),
        ("files", f"openat(AT_FDCWD<{hexed('/').strip(chr(34))}>, {hexed('/tmp/x')}, O_WRONLY|O_CREAT, 0600) = 5"),
        (
            "files",
            f"openat(AT_FDCWD<{hexed('/').strip(chr(34))}>, {hexed('/tmp')}, O_RDWR|O_TMPFILE, 0600) = -1 EACCES (x)",
        ),
        ("files", f"unlink({hexed('/tmp/x')}) = 0"),
        ("files", "utimensat(9<PATH>, NULL, [{tv_sec=3331234567, tv_nsec=0}, {tv_sec=3331234567, tv_nsec=0}], 0) = 0"),
        ("files", "utimensat(9<PATH>, NULL, [UTIME_NOW, {tv_sec=3331234567, tv_nsec=0}], 0) = 0"),
        (
            "files",
            "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 5<\\x2f\\x74\\x6d\\x70\\x2f\\x78>, 0) = 0x7f0000000000",
        ),
        ("files", f"memfd_create({hexed('of-another-name')}, MFD_CLOEXEC) = 5"),
        (
            "files",
            f"openat(AT_FDCWD<{hexed('/').strip(chr(34))}>, {hexed('/usr/lib/locale-data/fi.dat')}, O_RDONLY) = 5",
        ),
        ("calls", "fcntl(6<SLOTS>, F_SETLK, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=3324117511, l_len=1}) = 0"),
        ("calls", "fcntl(6<INDEX>, F_SETLK, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=3324117511, l_len=1}) = 0"),
        ("calls", "fcntl(6<INDEX>, F_SETOWN, 3324117511) = -1 EPERM (Operation not permitted)"),
        ("calls", "flock(6<SLOTS>, LOCK_SH) = 0"),
        ("calls", "prlimit64(0, RLIMIT_RTTIME, {rlim_cur=3324117511, rlim_max=RLIM64_INFINITY}, NULL) = 0"),
        ("calls", "ioctl(6<SLOTS>, FS_IOC_SETFLAGS, [FS_NODUMP_FL]) = 0"),
        ("calls", "lseek(6<SLOTS>, 3324117511, SEEK_SET) = 3324117511"),
        ("calls", "fallocate(6<SLOTS>, FALLOC_FL_KEEP_SIZE, 32768, 3324117511) = 0"),
        ("calls", "setsockopt(6<UNIX-STREAM:[3]>, SOL_SOCKET, SO_RCVBUF, [3324117], 4) = 0"),
        ("calls", "umask(0321) = 077"),
        ("calls", "listen(6<UNIX-STREAM:[3]>, 77) = -1 EPERM (Operation not permitted)"),
        ("calls", "exit_group(7) = ?"),
        ("programs", f"execve({hexed('/usr/bin/logger')}, [MARKER], []) = -1 EPERM (Operation not permitted)"),
    ],
)
def test_what_leads_out_is_a_finding_also_when_the_kernel_refused_it(tmp_path, kind, line):
    calls = traced(tmp_path, f"{AT_WORK}10 2.0 {line}\n")
    inspections = {kind: Inspection() for kind in KINDS}

    judge_calls(inspections, calls, Rulebook(tmp_path, tmp_path / "home", calls, 1.5))

    assert [name for name, inspection in inspections.items() if inspection.verdict is Verdict.FINDING] == [kind]


@pytest.mark.parametrize(
    "line",
    [
        "pwrite64(6<PATH>, MARKER, 4096, 8192) = 4096",
        "pwrite64(6<SLOTS>, MARKER, 32, 64) = 32",
        # Over what SQLite leaves between the cells of a page.
        r'pwrite64(6<PATH>, "\x00\x00\x00", 3, 9000) = 3',
    ],
)
def test_a_write_that_the_format_of_its_file_has_is_none(tmp_path, line):
    calls = traced(tmp_path, f"{AT_WORK}10 2.0 {line}\n")
    inspections = {kind: Inspection() for kind in KINDS}

    judge_calls(inspections, calls, Rulebook(tmp_path, tmp_path / "home", calls, 1.5))

    assert {inspection.verdict for inspection in inspections.values()} == {Verdict.CLEAN}


@pytest.mark.parametrize("name", ["asyncio_0", "argon_1", "Thread-1 (_conn"])
def test_the_name_that_python_gives_a_thread_of_the_intake_is_none(tmp_path, name):
    line = f"prctl(PR_SET_NAME, {hexed(name)}...) = -1 EPERM (Operation not permitted)"
    calls = traced(tmp_path, f"{AT_WORK}10 2.0 {line}\n")
    inspections = {kind: Inspection() for kind in KINDS}

    judge_calls(inspections, calls, Rulebook(tmp_path, tmp_path / "home", calls, 1.5))

    assert {inspection.verdict for inspection in inspections.values()} == {Verdict.CLEAN}


def test_a_command_line_or_name_that_changed_while_visitors_came_is_a_finding():
    names = {7: ("python -I -m intake", frozenset({"python3"}))}
    same, written, named = Inspection(), Inspection(), Inspection()

    check_names(same, names, {**names, 9: ("another", frozenset({"x"}))})
    check_names(written, names, {7: ("Mozilla -m intake", frozenset({"python3"}))})
    check_names(named, names, {7: ("python -I -m intake", frozenset({"python3", "Mozilla/5.0"}))})

    assert same.verdict is Verdict.CLEAN
    assert written.verdict is named.verdict is Verdict.FINDING


def test_a_marker_split_over_two_writes_is_found(tmp_path):
    first, second = hexed(TEXT[:9]), hexed(TEXT[9:])
    calls = traced(
        tmp_path, f"{AT_WORK}10 2.0 write(9<PATH>, {first}, 9) = 9\n10 2.1 write(9<PATH>, {second}, 9) = 9\n"
    )
    inspection = Inspection()

    judge_markers(inspection, calls, Rulebook(tmp_path, tmp_path / "home", calls, 1.5), [MARKER])

    assert inspection.verdict is Verdict.FINDING


def test_a_header_is_a_finding_even_where_typed_text_may_pass(tmp_path):
    calls = traced(
        tmp_path, f"{AT_WORK}10 2.0 write(9<{hexed('/memfd:kallskydd').strip(chr(34))}>(deleted), MARKER, 6) = 6\n"
    )
    book = Rulebook(tmp_path, tmp_path / "home", calls, 1.5)
    header, typed = Inspection(), Inspection()

    judge_markers(header, calls, book, [MARKER])
    judge_markers(typed, calls, book, [new_text("text")])

    assert header.verdict is Verdict.FINDING
    assert typed.verdict is Verdict.CLEAN


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        (Verdict.CLEAN, b"\0\1\0\0\0\0\0\1"),
        (Verdict.FINDING, b"\0\1\0\0" + PACKED),
        (Verdict.FINDING, b"\0\1\0\1\0\0\0\1"),
        (Verdict.FINDING, b"\0\x63\0\0\0\0\0\1"),
        (Verdict.FINDING, b"\0\1\0\0\0\0\0"),
        (Verdict.FINDING, b"\0\2\0\0\0\0\0\1"),
    ],
    ids=count(),  # a value is another in each process
)
def test_the_keeper_is_told_codes_and_ones(verdict, told):
    inspection = Inspection()

    check_counters(inspection, [(None, told)])

    assert inspection.verdict is verdict


def test_a_thread_before_the_locks_is_a_finding(tmp_path):
    thread = "10 {} clone(flags=CLONE_VM|CLONE_THREAD) = 12\n"
    locks = "10 2.0 landlock_restrict_self(3, 0) = 0\n10 2.1 seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=1, filter=[BPF_STMT(BPF_RET|BPF_K, SECCOMP_RET_ERRNO|0x1)]}) = 0\n"
    too_early, in_order, never = Inspection(), Inspection(), Inspection()

    check_closing(too_early, traced(tmp_path, AT_WORK + thread.format("1.5") + locks))
    check_closing(in_order, traced(tmp_path, AT_WORK + locks + thread.format("3.0")))
    check_closing(never, traced(tmp_path, AT_WORK + thread.format("3.0")))

    assert too_early.verdict is Verdict.FINDING
    assert in_order.verdict is Verdict.NOT_SEEN  # a filter that refuses everything is one that we do not understand
    assert never.verdict is Verdict.FINDING


def test_a_filter_is_run_and_not_believed():
    number = "BPF_STMT(BPF_LD|BPF_W|BPF_ABS, 0)"
    closed = read_filter(
        f"{number}, BPF_JUMP(BPF_JMP|BPF_K|BPF_JEQ, 0x29, 0, 0x1), BPF_STMT(BPF_RET|BPF_K, SECCOMP_RET_ERRNO|0x1), BPF_STMT(BPF_RET|BPF_K, SECCOMP_RET_ALLOW)"
    )
    strange = read_filter("BPF_STMT(BPF_MISC|BPF_TAX, 0), BPF_STMT(BPF_RET|BPF_K, SECCOMP_RET_ERRNO|0x1)")
    making, reaching = Attempt("", "socket", (1, 1)), Attempt("", "connect", (3,))

    assert refused([closed], "x86_64", making) is True
    assert refused([closed], "x86_64", reaching) is False
    assert refused([strange], "x86_64", making) is False
    assert refused([], "x86_64", making) is False


@pytest.mark.parametrize(
    ("name", "head", "body"),
    [
        ("a clock", b"HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2026 20:00:00 GMT", b"fine"),
        ("a program", b"HTTP/1.1 200 OK\r\nServer: x", b"fine"),
        ("a file's time", b"HTTP/1.1 200 OK\r\nETag: x", b"fine"),
        ("what the browser is called", b"HTTP/1.1 200 OK", b"<p>" + TEXT),
        ("what the browser is called, in a header", b"HTTP/1.1 200 OK\r\nX-You: " + TEXT, b"fine"),
    ],
    ids=count(),  # a value is another in each process
)
def test_an_answer_that_tells_is_a_finding(name, head, body):
    inspection = Inspection()

    judge_answers(inspection, [Exchange(name, Answer(200, head, body), frozenset({200}), frozenset())], [MARKER])

    assert inspection.verdict is Verdict.FINDING


def test_refusals_of_broken_requests_that_differ_are_a_finding():
    inspection = Inspection()
    bodies = [Answer(400, b"HTTP/1.1 400 Bad Request", body) for body in (b"one", b"another")]

    judge_answers(inspection, [Exchange("x", body, frozenset({400}), frozenset(), broken=True) for body in bodies], [])

    assert inspection.verdict is Verdict.FINDING


def test_the_canary_is_clean_on_the_service_as_it_is():
    done = subprocess.run(
        [*KALLSKYDD, "audit", "canary", "--json"], capture_output=True, text=True, timeout=1200, check=False
    )

    report = json.loads(done.stdout)
    told = {row["id"]: row["verdict"] for row in report["checks"] if row["verdict"] != "clean"}
    sentences = [one["text"] for row in report["checks"] for one in row["evidence"] if one["verdict"] != "clean"]
    # The service closes itself to its own account, so an ordinary one is not told which files it has open.
    of_root = {"canary.markers", "canary.files", "canary.channels", "canary.counters", "canary.calls", "canary.steady",
        "canary.memory",
    }  # fmt: skip
    assert told == ({} if os.geteuid() == 0 else dict.fromkeys(of_root, "not seen")), "\n".join(sentences)
    assert done.returncode == (0 if os.geteuid() == 0 else 1)
    assert all(row["by_hand"] for row in report["checks"])


def test_what_strace_could_not_look_at_is_not_seen_and_never_clean(tmp_path):
    calls = traced(tmp_path, f"{AT_WORK}10 2.0 write(9, 0x7f0012345678, 6) = 6\n")
    inspections = {kind: Inspection() for kind in KINDS}
    written, book = Inspection(), Rulebook(tmp_path, tmp_path / "home", calls, 1.5)

    judge_markers(written, calls, book, [MARKER])
    judge_calls(inspections, calls, book)

    assert written.verdict is Verdict.NOT_SEEN
    assert inspections["channels"].verdict is Verdict.NOT_SEEN


def test_a_header_is_found_also_where_strace_has_no_names_for_files(tmp_path):
    calls = traced(tmp_path, f"{AT_WORK}10 2.0 write(9, MARKER, 6) = 6\n")
    inspection = Inspection()

    judge_markers(inspection, calls, Rulebook(tmp_path, tmp_path / "home", calls, 1.5), [MARKER])

    assert inspection.verdict is Verdict.FINDING


def test_without_strace_it_says_what_to_install(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "kallskydd", "audit", "canary"], env={"PATH": str(tmp_path)}, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 4
    assert "apt-get install -y strace" in done.stderr
