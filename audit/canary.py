"""The canary: a private instance of the service, real visits with planted needles, and everything it did looked at.

1. A home is made and served as an outsider would do it, under strace, in a folder that is removed afterwards.
2. A desk asks for all it may know, and the disk is read.
3. Visitors come: good, failing, broken and cut requests, each with needles in every place that could give one away.
4. The desk asks again, the disk is read again; an urgent report is opened with a member's key; the running processes
   and tor are looked at, and all is ended.
5. Every call is held against closed lists, every written byte searched, every answer, every file left behind.

If one request was not answered as it should be, the verdict is void: silence of a service that does not work proves
nothing. Findings are told all the same.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from audit import checks_database, checks_tor
from audit.canary_desk import Desk, to_clean, trial_desk
from audit.canary_judge import KINDS, judge_answers, judge_calls, judge_disk, judge_needles, judge_opened
from audit.canary_locks import Names, check_closing, check_counters, check_names, check_threads, names_of
from audit.canary_material import picture
from audit.canary_opened import NotOpened, open_everything
from audit.canary_release import State, compare, demand_rows, look_around, look_at_rest, no_clock
from audit.canary_requests import Exchange, Needles, Visitor, urgent_report, visit
from audit.canary_rules import Rulebook
from audit.canary_service import CanaryService, NotStarted
from audit.needles import PACKED_V4
from audit.proc import find_service
from audit.scene import Scene
from audit.strace_reader import Call, TraceDamaged, read_trace
from audit.verdict import Check, Look, Said, Verdict

# id -> title, how to repeat it by hand
ROWS = {
    "requests": ("Every request was answered as it should be",
                 "curl --unix-socket HOME/run/public.sock http://ADDRESS/ and the forms by hand"),
    "answers": ("Answers name no server, no moment, no one, and bring back only what was typed",
                "curl -i --unix-socket HOME/run/public.sock http://ADDRESS/ | grep -iE 'date|server|etag'"),
    "needles": ("Nothing that could give a reporter away is written anywhere",
                "strace -f -yy -s 99999999 -e trace=write,pwrite64,sendto,sendmsg kallskydd serve … ; grep needle"),
    "files": ("No file is opened for writing, made or removed but those on the list",
              "strace -f -y -e trace=%file kallskydd serve … ; grep -E 'O_(WRONLY|RDWR|CREAT)|unlink'"),
    "sockets": ("No socket is made or reached but those on the list: no journal, no system log, no network",
                "strace -f -yy -e trace=%network kallskydd serve … ; grep -E 'connect|bind|sa_family'"),
    "programs": ("No program is started but those on the list", "strace -f -e trace=execve kallskydd serve …"),
    "channels": ("Nothing is written but to the places on the list; nothing to standard output or errors",
                 "strace -f -yy -e trace=write,sendto,sendmsg kallskydd serve … ; awk by process and descriptor"),
    "counters": ("The keeper is told codes and the number one, and nothing else",
                 "strace -p INTAKE -xx -e trace=sendto; messages of eight bytes on the channel's descriptor"),
    "locks": ("The intake closed itself before its first thread, and its filter refuses what leads out",
              "strace -f -v -e trace=seccomp,landlock_restrict_self,clone kallskydd serve …; /proc/PID/task/*/status"),
    "tor": ("tor is set as the table says, by its own answers", "GETCONF on HOME/run/control.sock"),
    "database": ("The database has the known tables, and no value finer than a day",
                 "sqlite3 COPY .schema; sqlite3 COPY .dump"),
    "release": ("Before the release nothing differs, for a member or on the disk, but sizes",
                "kallskydd desk list before and after a report; ls -l HOME; sha256sum HOME/*"),
    "members": ("Members read what was typed and clean copies, and nothing else",
                "kallskydd desk read CASE --json; exiftool on each file"),
    "disk": ("Nothing of it lies on the disk afterwards", "grep -r -a needle HOME"),
}  # fmt: skip
# Of a report with two files: the report, and for each file its entry, its record, the clean copy and the preview.
_OPENED = 1 + 2 * 4


@dataclass(slots=True)
class Run:
    """What one run gathers."""

    folder: Path
    service: CanaryService
    needles: Needles = field(default_factory=Needles.new)
    looks: dict[str, Look] = field(default_factory=lambda: {name: Look() for name in ROWS})
    exchanges: list[Exchange] = field(default_factory=list)
    first_visit: float = float("inf")
    names: Names = field(default_factory=dict)
    say: Callable[[str], None] = lambda _sentence: None


def run_canary(python: Path | None = None, say: Callable[[str], None] = lambda _sentence: None) -> list[Check]:
    """Run it on the packages that this interpreter has installed; returns a row for each check.

    Once more when all that was found are four bytes of an address among ciphertext, where chance puts them sometimes.
    """
    checks = _run_once(python or Path(sys.executable), say)
    if _only_chance(checks):
        say("Four bytes of an address stand among ciphertext. That happens by chance: once more, with other needles.")
        checks = _run_once(python or Path(sys.executable), say)
    return checks


def _run_once(python: Path, say: Callable[[str], None]) -> list[Check]:
    # Short, because the path of a unix socket is.
    folder = Path(tempfile.mkdtemp(prefix="canary-"))
    run = Run(folder, CanaryService(folder, python), say=say)
    try:
        with suppress(NotStarted):
            _live(run)
        _judge(run)
    finally:
        run.service.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return [_row(name, look) for name, look in run.looks.items()]


def _live(run: Run) -> None:
    """Steps 1 to 4."""
    try:
        run.say("A private home is made and served under strace …")
        addresses = run.service.make_home()
        desks: list[Desk] = []
        opening = threading.Thread(
            target=lambda: desks.append(trial_desk(run.service.home, run.service.desk_socket, addresses["desk"]))
        )
        opening.start()
        run.service.start()
        opening.join()
    except NotStarted as failed:
        run.looks["requests"].said.append(Said(Verdict.VOID, "the service did not start: {why}", {"why": str(failed)}))
        raise
    try:
        run.say("Visitors come …")
        _visit(run, addresses, desks[0])
        run.say("The running processes, tor and the disk are looked at …")
        _look_inside(run)
    except OSError as failed:
        run.looks["requests"].said.append(
            Said(Verdict.VOID, "the service went away: {why}", {"why": failed.strerror or ""})
        )
    finally:
        run.service.stop()
    if run.service.exit_code != 0:
        run.looks["requests"].said.append(
            Said(Verdict.VOID, "the service ended with {code}", {"code": run.service.exit_code})
        )


def _visit(run: Run, addresses: dict[str, str], desk: Desk) -> None:
    run.first_visit = time.time()
    run.names = names_of(run.service.pids())
    before = look_at_rest(run.service.home, desk.everything(), run.folder / "copy")
    visitor = Visitor(run.service.public_socket, addresses["public"], run.needles, run.exchanges)
    visit(visitor)
    _ask_oddly(run, desk)
    after = look_around(run.service.home, desk.everything(run.needles.headers()), run.folder / "copy")
    _compare(run, before, after)
    urgent_report(visitor)
    _open(run, desk)


def _ask_oddly(run: Run, desk: Desk) -> None:
    """A member's files, and requests that are none. Answers bring nothing back."""
    needle = run.needles["desk request"]
    painted = picture(run.needles["exif"], run.needles["picture comment"])
    for name, verb, asked, right in (
        ("a member's picture, to be cleaned", "scrub", to_clean(painted), (200,)),
        (
            "a member's file that is no picture",
            "scrub",
            to_clean(run.needles["refused file"].encode()),
            (422, 400, 403),
        ),
        ("a desk's request that is none", "box", needle, (403, 422, 400)),
        ("a desk's request for what is not there", needle, {"after": 0}, (404,)),
    ):
        answer = desk.ask(verb, asked, [("X-Needle", needle)])
        run.exchanges.append(Exchange(name, answer, frozenset(right), frozenset()))


def _open(run: Run, desk: Desk) -> None:
    """What a member has of the urgent report: its text, and the clean copies, previews and records of two files."""
    try:
        opened = open_everything(desk)
    except NotOpened:
        opened = []
    judge_opened(run.looks["members"], opened, list(run.needles.by_kind.values()))
    typed = run.needles["text"].encode()
    if len(opened) != _OPENED or not any(typed in one.content for one in opened):
        run.looks["requests"].said.append(
            Said(
                Verdict.VOID, "a member opens {count} things and not {right}", {"count": len(opened), "right": _OPENED}
            )
        )


def _compare(run: Run, before: State, after: State) -> None:
    compare(run.looks["release"], before, after)
    if missing := demand_rows(before, after):
        run.looks["requests"].said.append(
            Said(Verdict.VOID, "not all reports are in the store: {what}", {"what": missing})
        )


def _look_inside(run: Run) -> None:
    check_threads(run.looks["locks"], run.service.pids())
    check_names(run.looks["locks"], run.names, names_of(run.service.pids()))
    found = find_service(run.service.home)
    if found is None:
        run.looks["tor"].missed("nobody holds the home")
        return
    scene = Scene(run.service.home, found)
    checks_tor.check_torrc(run.looks["tor"], scene)
    checks_tor.check_tor_listeners(run.looks["tor"], scene)
    checks_database.check_schema(run.looks["database"], scene)
    checks_database.check_values(run.looks["database"], scene)
    no_clock(run.looks["database"], run.service.home, run.folder / "copy")


def _judge(run: Run) -> None:
    """Step 5."""
    run.say("Every call and every written byte is looked at …")
    needles = list(run.needles.by_kind.values())
    for exchange in run.exchanges:
        if not exchange.as_it_should:
            values = {"name": exchange.name, "status": exchange.answer.status, "right": sorted(exchange.right)}
            run.looks["requests"].said.append(
                Said(Verdict.VOID, "{name} was answered {status} and not {right}", values)
            )
    run.looks["requests"].saw("{count} requests were sent", count=len(run.exchanges))
    judge_answers(run.looks["answers"], run.exchanges, needles)
    try:
        calls = read_trace(run.service.trace)
    except (TraceDamaged, OSError):
        run.looks["requests"].said.append(Said(Verdict.VOID, "what strace wrote is not whole"))
        return
    book = Rulebook(run.folder, run.service.home, calls, run.first_visit)
    judge_needles(run.looks["needles"], calls, book, needles)
    judge_calls(run.looks, calls, book)
    check_closing(run.looks["locks"], calls)
    if book.nameless:
        run.looks["counters"].missed("the channel to the keeper: strace sees numbers of files only. Run it as root")
    else:
        check_counters(run.looks["counters"], _told(calls, book))
    judge_disk(run.looks["disk"], run.folder, needles)


def _told(calls: list[Call], book: Rulebook) -> list[tuple[Call, bytes]]:
    return [(call, call.payload) for call in calls if call.role == "intake" and book.is_to_keeper(call)]


def _row(name: str, look: Look) -> Check:
    title, by_hand = ROWS[name]
    return Check(f"canary.{name}", title, look.verdict, tuple(look.said), by_hand)


def _only_chance(checks: list[Check]) -> bool:
    """Whether something was found, and all of it is an address packed into four bytes."""
    said = [one for check in checks for one in check.evidence if one.verdict is Verdict.FINDING]
    return bool(said) and all(one.values.get("form") == PACKED_V4 for one in said)


__all__ = ["KINDS", "ROWS", "run_canary"]
