"""`kallskydd audit all`: live, canary and selftest, and a mirror's result, on one page to sign.

The canary takes six minutes and the selftest an hour, so results of earlier runs can be given; those that are
made here are kept beside the page. A result of another program than the one that runs is refused.

Exit codes: 0 can be certified, 1 with remarks or not at all, 2 usage, 3 a result that cannot be used or a PDF that
does not fit, 4 the service is not running or strace is missing.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from audit.canary.examine import run_canary
from audit.canary.service import strace_is_there
from audit.canary.table import TABLE as CANARY_TABLE
from audit.live.run import NotRunning, inspect_home
from audit.mirror.table import MIRROR
from audit.mirror.table import TABLE as MIRROR_TABLE
from audit.observe.program import own_program
from audit.report.certify import CANARY_RUNS, Examined, Outcome, as_examined, decide
from audit.report.claims import LIVE
from audit.report.results import NotAResult, joined, read_result, save
from audit.report.seal import name_of
from audit.report.verdict_text import verdict_as_text
from audit.selftest.run import FAULTS, faults_in, run_selftest
from audit.selftest.table import rows_of
from audit.verdict import AuditReport, Check, Program
from kallskydd.commands.audit.canary import GET_STRACE, NO_STRACE
from kallskydd.commands.audit.output import (
    NOT_RUNNING,
    START_IT,
    add_key,
    add_pdf,
    can_be_made,
    command_of,
    key_of,
    make_pages,
    report_of,
    stockholm_day,
)
from kallskydd.say import FINDINGS, MISSING, OK, REFUSED, USAGE, answer, prose, result

_ORDER: tuple[str, ...] = ("canary", "selftest", "mirror")
_HELP = {
    "canary": "of `audit canary --save`, once for each run; else it runs now, three times",
    "selftest": "of `audit selftest --save`; else it runs now",
    "mirror": "of `audit mirror --save` on the mirror's host",
}
# What is said before it, how often it runs, and what runs.
_RUNS: dict[str, tuple[str, int, Callable[[], list[Check]]]] = {
    "canary": ("The canary runs: four minutes or more each time.", CANARY_RUNS, lambda: run_canary(progress=prose)),
    "selftest": ("The selftest runs: an hour or more.", 1, lambda: run_selftest(faults_in(FAULTS), prose)),
}


class _Refused(Exception):
    """Nothing was made; two sentences, and the exit code."""

    def __init__(self, words: str, to_do: str, code: int = REFUSED) -> None:
        super().__init__(words)
        self.words, self.to_do, self.code = words, to_do, code


def add_parser(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `all` to `audit`."""
    parser = actions.add_parser("all", help="live, canary and selftest on one page to sign")
    parser.add_argument("--home", type=Path, metavar="DIR", help="default: $KALLSKYDD_HOME, else ./var")
    parser.add_argument("--manifest", type=Path, metavar="FILE", help="compare our own files with this one")
    parser.add_argument("--report", type=Path, required=True, metavar="FILE.html", help="the page")
    add_pdf(parser)
    parser.add_argument("--lang", choices=("sv", "en"), default="sv", help="language of the page (default: sv)")
    for name, told in _HELP.items():
        parser.add_argument(f"--{name}", type=Path, action="extend", nargs="+", metavar="RESULT", help=told)
    add_key(parser)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make the page; return the exit code."""
    if not can_be_made(args.report, args.pdf):
        return USAGE
    for name in _RUNS:
        for kept in _kept(name, args.report):
            if getattr(args, name) is None and kept.exists():
                prose(f"{kept.name} is there already, and is not written over: give it with --{name}, or move it away.")
                return USAGE
    try:
        page = _examine(args)
    except NotAResult as refused:
        prose(refused.words)
        return REFUSED
    except _Refused as refused:
        prose(refused.words)
        prose(refused.to_do)
        return refused.code
    if code := make_pages(args, page, {"live": LIVE, "mirror": MIRROR}):
        return code
    outcome = decide(page)
    if args.json:
        objects = {name: report.as_object() for name, report in page.proofs.items()}
        result({"audit": "all", "day": page.day, "outcome": str(outcome), **objects})
    else:
        answer(verdict_as_text(page, str(args.report)), as_json=False)
    return OK if outcome is Outcome.CERTIFIED else FINDINGS


def _examine(args: argparse.Namespace) -> Examined:
    """Do all of it. What takes its time comes last. Raises _Refused, NotAResult."""
    if args.manifest is not None and not args.manifest.is_file():
        to_do = "Make it with `kallskydd audit manifest SOURCE`."
        raise _Refused("The manifest is not there.", to_do, USAGE)
    if (key := key_of(args)) is None:
        raise _Refused("Nothing was made.", "Run it again with --key.", USAGE)
    to_run: list[str] = [name for name in _RUNS if getattr(args, name) is None]
    if to_run and not strace_is_there():
        raise _Refused(NO_STRACE, GET_STRACE, MISSING)
    given = _given(args, key)
    try:
        scene, live = inspect_home(args.home.absolute(), stockholm_day(), manifest=args.manifest)
    except NotRunning:
        raise _Refused(NOT_RUNNING, START_IT, MISSING) from None
    subject = as_examined(scene, {"live": live}).subject
    if "mirror" in given and not subject.mirror:
        to_do = "Leave out --mirror, or name the home that the mirror forwards to."
        raise _Refused("This home has no mirror in its config.toml: the result of one does not belong to it.", to_do)
    _require_one_program(subject.program, given, to_run)
    proofs: dict[str, AuditReport] = {**given}
    for name in to_run:
        proofs[name] = _made(name, args.report, key)
    in_order: dict[str, AuditReport] = {name: proofs[name] for name in _ORDER if name in proofs}
    command = command_of(args, "all", ("manifest", "report", "pdf", "lang", "key", *_ORDER))
    return as_examined(scene, {"live": live, **in_order}, command, name_of(key))


def _given(args: argparse.Namespace, key: bytes) -> dict[str, AuditReport]:
    """Return the results that were given. Raises NotAResult."""
    rows = {"canary": CANARY_TABLE, "selftest": rows_of(faults_in(FAULTS)), "mirror": MIRROR_TABLE}
    places: dict[str, list[Path]] = {name: getattr(args, name) or [] for name in rows}
    return {
        name: joined(name, [read_result(place, name, rows[name], key) for place in given])
        for name, given in places.items()
        if given
    }


def _require_one_program(running: Program | None, given: dict[str, AuditReport], to_run: list[str]) -> None:
    """Refuse, before anything takes its time, what would not be a proof of the program that runs."""
    if running is None:
        return
    for name in ("canary", "selftest"):
        if name in given and (made := given[name].program) and made.digest != running.digest:
            words = f"The result of {name} is of another program ({_named(made)}) than the one that runs"
            raise _Refused(f"{words} ({_named(running)}).", f"Leave out --{name}, and it runs now.")
    if to_run and (own := own_program()).digest != running.digest:
        words = f"This is another program ({_named(own)}) than the one that runs ({_named(running)})"
        raise _Refused(
            f"{words}, so the canary would not examine that one.",
            "Use the kallskydd that is installed beside the service, or restart the service with this one.",
        )


def _named(program: Program) -> str:
    return f"{program.version}, commit {program.commit[:12] or 'not recorded'}, digest {program.digest[:12]}"


def _made(name: str, page: Path, key: bytes) -> AuditReport:
    """Run it as often as is asked for, and keep each result beside the page."""
    said, _, run_it = _RUNS[name]
    prose(said)
    runs = []
    for kept in _kept(name, page):
        report = report_of(name, run_it())
        save(report, kept, key)
        prose(f"Its result is kept as {kept.name}: give it with --{name} as long as the program stays the same.")
        runs.append(read_result(kept, name, [check.row for check in report.checks], key))
    return joined(name, runs)


def _kept(name: str, page: Path) -> list[Path]:
    """Return where the results that are made here are kept."""
    return [page.with_suffix(f".{name}-{number}.json") for number in range(1, _RUNS[name][1] + 1)]
