"""The canary: private instances of the service, real visits with planted values, and everything they did compared.

1. A home is made, copied twice and served as an outsider would do it, under strace, in folders that are removed
   afterwards (`audit.canary.run`): two are sent the same visits, with other planted values, at other times and in
   another order, and one is sent no report at all.
2. Each run is held against itself: what is seen from outside before visits and after them (`compare.steady`).
3. The runs are held against each other: one question has one answer, and what is not the same must be random
   (`across`, `compare.answers`, `compare.rows`, `compare.random`).
4. Every call is held against closed lists, and every written byte searched for what was planted.

An allowance is one thing and one field of it, with its reason. If one request was not answered as it should be, the
verdict is void: silence of a service that does not work proves nothing. Findings are told all the same, but for a run
that was disturbed (`audit.canary.disturbed`), which says that alone.
"""

from __future__ import annotations

import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from audit.canary import judge
from audit.canary.across import compare_keepers, compare_opened, compare_places, compare_rows
from audit.canary.calls import commands_to_tor, looked_at, numbers_given, sizes_mapped, strange_commands
from audit.canary.clock import another_hour, interpreter_with_clock
from audit.canary.compare.answers import (
    BITS_OF_A_LETTER,
    LETTERS,
    DeskAnswer,
    compare_answers,
    compare_desk_answers,
    random_tokens,
    wrong_hours,
)
from audit.canary.compare.random import Observation, dependences, dependences_within, told_apart
from audit.canary.compare.residues import residues, residues_of_windows
from audit.canary.compare.rows import random_fields, random_numbers, random_rows
from audit.canary.compare.work import compare_work, work_of
from audit.canary.disturbed import disturbed, is_void, parts_that_ended, void
from audit.canary.drawn import check_drawn, numbers_shown
from audit.canary.gathered import Run
from audit.canary.locks import check_closing, check_counters
from audit.canary.rules import Rulebook
from audit.canary.run import live
from audit.canary.service import CanaryService, NotStarted
from audit.canary.table import TABLE
from audit.canary.visits.desk import Member
from audit.canary.visits.markers import PACKED_V4
from audit.canary.visits.plan import Plan
from audit.observe.strace import Call, TraceDamaged, read_trace
from audit.verdict import Check, Inspection, Verdict

# Whether a run is quiet. The last has another hour. Two at a time are what a computer bears; so they are seconds apart.
_RUNS = (False, True, False)
_AT_ONCE = 2
# Debian 13's /tmp keeps the time of each reading (strictatime), as no file system of a home does.
_FOLDER = "/var/tmp"  # noqa: S108 - mkdtemp makes the folder in it
_MOST_SHOWN = 4
_KEY_BYTES = 32
_NO_TRACE = "what strace wrote is not whole"


def run_canary(
    python: Path | None = None, progress: Callable[[str], None] = lambda _sentence: None, seed: str = ""
) -> list[Check]:
    """Run it on the packages that this interpreter has installed; returns a row for each check.

    With the seed of a result the same visitors come again. Once more when all that was found are four bytes of an
    address among ciphertext, where chance puts them sometimes.
    """
    checks = _run_once(python or Path(sys.executable), progress, seed)
    if _only_chance(checks):
        progress(
            "Four bytes of an address stand among ciphertext. That happens by chance: once more, with other markers."
        )
        checks = _run_once(python or Path(sys.executable), progress, seed)
    return checks


def came_to_its_end(checks: Sequence[Check]) -> bool:
    """Whether all visits were made, all calls read, and the runs held against each other."""
    (across,) = (check for check in checks if check.id == "canary.across")
    return (
        bool(across.evidence)
        and not is_void(checks)
        and all(one.template != _NO_TRACE for check in checks for one in check.evidence)
    )


def _run_once(python: Path, progress: Callable[[str], None], seed: str) -> list[Check]:
    inspections, plan = _inspections(), Plan.new(seed)
    inspections["requests"].saw(
        "drawn by seed {seed}: browsers {browsers}; pages in {pages}; files: {files}; the second and the third run have"
        " another {differs}", **plan.words(),
    )  # fmt: skip
    # Short, because the path of a unix socket is.
    folders = [Path(tempfile.mkdtemp(prefix="canary-", dir=_FOLDER)) for _quiet in _RUNS]
    runs = [
        Run(number, quiet, folder, CanaryService(folder, python), _inspections(), plan)
        for number, (quiet, folder) in enumerate(zip(_RUNS, folders, strict=True))
    ]
    runs[-1].shift = another_hour()
    try:
        progress("Private homes are made and served under strace, and visitors come to them …")
        with suppress(NotStarted), ThreadPoolExecutor(_AT_ONCE) as pool:
            members = [Member.new("Anna Ask"), Member.new("Bo Bok")]
            addresses = _make_homes(runs, members)
            list(pool.map(lambda run: live(run, addresses, members), runs))
        progress("Every call, every written byte and every difference between them is examined …")
        for run in runs:
            _judge(run)
        if all(run.last_visit for run in runs):
            _across(runs, inspections)
    finally:
        for run in runs:
            run.service.stop()
            shutil.rmtree(run.folder, ignore_errors=True)
    said = disturbed([run.watched for run in runs if run.watched.ended])
    if said.evidence:
        return void(said)
    return [
        _together([*(run.inspections[name] for run in runs), inspections[name]]).of(row)
        for row, name in zip(TABLE, inspections, strict=True)
    ]


def _make_homes(runs: list[Run], members: list[Member]) -> dict[str, str]:
    """One home, and copies of it: so that what two runs show may differ by nothing but the run. Raises NotStarted."""
    try:
        addresses = runs[0].service.make_home(members)
    except NotStarted as failed:
        runs[0].void("the service did not start: {why}", why=str(failed))
        raise
    last = runs[-1]
    last.key = secrets.token_bytes(_KEY_BYTES)
    for run in runs:
        run.service.python = interpreter_with_clock(run.service.python, run.folder / "clock", run.shift, run.key)
    for run in runs[1:]:
        for name in ("home", "net"):
            shutil.copytree(runs[0].folder / name, run.folder / name, symlinks=True)
    return addresses


def _together(inspections: list[Inspection]) -> Inspection:
    """Join the evidence of all runs. What was in order is shown for the first, which stands for the others."""
    whole = Inspection()
    for number, inspection in enumerate(inspections):
        whole.evidence += [
            one
            for one in inspection.evidence
            if number in {0, len(inspections) - 1} or one.verdict is not Verdict.CLEAN
        ]
    return whole


def _across(runs: list[Run], inspections: dict[str, Inspection]) -> None:
    """Step 3."""
    exchanges = [exchange for run in runs for exchange in run.exchanges]
    known = {run.number: run.known for run in runs}
    noted = [one for run in runs for one in run.noted]
    compare_answers(inspections["across"], exchanges, known, runs[0].plan.differs)
    compare_desk_answers(
        inspections["across"],
        [DeskAnswer(name, answer, run.known, run.stored) for run in runs for name, answer in run.answers],
    )
    compare_rows(inspections["across"], noted)
    compare_opened(inspections["across"], [(run.opened, run.known) for run in runs if not run.quiet])
    compare_keepers(inspections["across"], runs)
    compare_work(inspections["across"], [run.work for run in runs if not run.quiet])
    for wrong in wrong_hours(exchanges):
        inspections["random"].found("a mark has another hour than that of its making: {what}", what=wrong)
    others = [one for run in runs for one in (*run.released, *run.destroyed)]
    fields = random_fields([*noted, *others]) | random_tokens(exchanges)
    answers = [(name, words) for name, samples in sorted(fields.items()) for words in _of_bytes(name, samples)]
    numbers = random_numbers([*noted, *others]) | numbers_shown(exchanges)
    answers += [(name, words) for name, samples in numbers.items() for words in residues(samples)[:_MOST_SHOWN]]
    answers += [("a case's row", words) for words in dependences_within(random_rows(noted))[:_MOST_SHOWN]]
    for name, words in answers:
        inspections["random"].found("{name}, which must be random: {words}", name=name, words=words)
    items = {bytes(one.value) for one in fields.get("batch_items.item", [])}
    granted = {one.item for run in runs for grants in run.grants for one in grants}
    for words in told_apart(sorted(items & granted), sorted(items - granted))[:_MOST_SHOWN]:
        inspections["random"].found("grants can be told from decoys: {words}", words=words)
    for run in runs:
        if run.key:
            check_drawn(inspections["random"], run)
    compare_places(inspections["random"], [run.grants for run in runs if not run.quiet])
    inspections["random"].saw(
        "{count} values of {fields} fields depend on no order, clock, run or visitor",
        count=sum(map(len, fields.values())), fields=len(fields),
    )  # fmt: skip


def _of_bytes(name: str, samples: Sequence[Observation]) -> list[str]:
    letters = name.startswith(LETTERS)
    found = dependences(samples, BITS_OF_A_LETTER if letters else 8)[:_MOST_SHOWN]
    return found or ([] if letters else residues_of_windows(samples))


def _judge(run: Run) -> None:
    """Do steps 2 and 4."""
    inspections, markers = run.inspections, run.planted
    for exchange in run.exchanges:
        if not exchange.as_it_should:
            values = {"name": exchange.name, "status": exchange.answer.status, "right": sorted(exchange.right)}
            run.void("{name} was answered {status} and not {right}", **values)
    inspections["requests"].saw("{count} requests were sent", count=len(run.exchanges))
    judge.judge_answers(inspections["answers"], run.exchanges, markers)
    judge.judge_sizes(inspections["answers"], run.exchanges)
    judge.judge_kept(inspections["answers"], run.exchanges)
    judge.judge_pace(inspections["answers"], run.exchanges, run.reports_began)
    judge.judge_opened(inspections["members"], run.opened, markers)
    try:
        calls = read_trace(run.service.trace)
    except (TraceDamaged, OSError):
        run.void(_NO_TRACE)
        return
    run.watched.died = parts_that_ended(calls, run.watched)
    book = Rulebook(run.folder, run.service.home, calls, run.first_visit)
    visits = [call for call in calls if run.first_visit <= call.at <= run.last_visit]
    run.work = work_of(visits, str(run.folder), uncounted=run.others_files)
    run.mapped, run.given = sizes_mapped(calls, run.first_visit), numbers_given(calls, run.first_visit)
    judge.judge_markers(inspections["markers"], calls, book, markers)
    judge.judge_calls(inspections, calls, book)
    check_closing(inspections["locks"], calls)
    if book.nameless:
        inspections["counters"].missed("the channel to the keeper: strace sees numbers of files only. Run it as root")
    else:
        messages = _messages_to_keeper(calls, book)
        run.commands = frozenset(line.replace(str(run.folder), "") for line in commands_to_tor(calls))
        run.looked = looked_at(calls, f"{run.service.home}/")
        for command in strange_commands(run.commands):
            inspections["tor"].found("the keeper asks tor what is on no list: {command}", command=command[:200])
        run.keeper_messages = [call.payload for call, _payload in messages
                               if run.first_visit <= call.at <= run.last_visit]  # fmt: skip
        check_counters(inspections["counters"], messages)
    judge.judge_disk(inspections["disk"], run.folder, markers)


def _messages_to_keeper(calls: list[Call], book: Rulebook) -> list[tuple[Call, bytes]]:
    return [(call, call.payload) for call in calls if call.role == "intake" and book.is_to_keeper(call)]


def _inspections() -> dict[str, Inspection]:
    return {row.id.removeprefix("canary."): Inspection() for row in TABLE}


def _only_chance(checks: list[Check]) -> bool:
    """Whether something was found, and all of it is an address packed into four bytes."""
    said = [one for check in checks for one in check.evidence if one.verdict is Verdict.FINDING]
    return bool(said) and all(one.values.get("form") == PACKED_V4 for one in said)
