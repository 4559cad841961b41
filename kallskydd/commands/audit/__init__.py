"""`kallskydd audit`: prove the silence. `live` inspects the running service from outside.

Exit codes: 0 clean, 1 something found or not seen, 2 usage, 3 the page does not fit, 4 the service is not running.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
from pathlib import Path

from audit.live.run import NotRunning, inspect_home
from audit.observe.installed import manifest_text
from audit.report.certify import as_examined
from audit.report.claims import LIVE
from audit.report.seal import make_key, name_of
from audit.report.text_table import as_text
from audit.verdict import Verdict
from kallskydd.commands.audit.output import (
    NOT_RUNNING,
    START_IT,
    add_pdf,
    can_be_made,
    command_of,
    make_pages,
    stockholm_day,
)
from kallskydd.say import FINDINGS, MISSING, OK, USAGE, answer, prose, result

_ROOT_HELP = "take the system's files (/etc, /proc/sys, /proc/swaps …) from copies under DIR"
# Made in modules of their own, each with add_parser(subparsers); one that is not there is not offered.
_OTHERS = ("all", "canary", "selftest", "mirror")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `audit` to the command line."""
    parser = subparsers.add_parser("audit", help="prove the silence: no address, no log, no trace")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    live = actions.add_parser("live", help="inspect the running service from outside")
    live.add_argument("--home", type=Path, metavar="DIR", help="default: $KALLSKYDD_HOME, else ./var")
    live.add_argument("--manifest", type=Path, metavar="FILE", help="compare our own files with this one")
    live.add_argument("--root", type=Path, default=Path("/"), metavar="DIR", help=_ROOT_HELP)
    live.add_argument("--json", action="store_true")
    live.add_argument("--all", action="store_true", help="every row, not only what is not clean")
    live.add_argument("--report", type=Path, metavar="FILE.html", help="a printable page")
    add_pdf(live)
    live.add_argument("--lang", choices=("sv", "en"), default="sv", help="language of the page (default: sv)")
    live.set_defaults(run=_live)
    manifest = actions.add_parser(
        "manifest", help="hashes of our own files under a reviewed source folder, for --manifest"
    )
    manifest.add_argument("folder", type=Path, metavar="SOURCE")
    manifest.set_defaults(run=_manifest)
    begin = actions.add_parser("begin", help="make the auditor's key, which seals each result that is kept")
    begin.add_argument("key", type=Path, metavar="KEY")
    begin.set_defaults(run=_begin)
    for name in _OTHERS:
        if importlib.util.find_spec(f"{__name__}.{name}") is not None:
            importlib.import_module(f"{__name__}.{name}").add_parser(actions)


def _live(args: argparse.Namespace) -> int:
    if args.manifest is not None and not args.manifest.is_file():
        prose("The manifest is not there. Make it with `kallskydd audit manifest SOURCE`.")
        return USAGE
    if not can_be_made(args.report, args.pdf):
        return USAGE
    try:
        scene, report = inspect_home(args.home.absolute(), stockholm_day(), root=args.root, manifest=args.manifest)
    except NotRunning:
        prose(NOT_RUNNING)
        prose(START_IT)
        return MISSING
    command = command_of(args, "live", ("manifest", "report", "pdf", "lang"))
    if code := make_pages(args, as_examined(scene, {"live": report}, command), {"live": LIVE}):
        return code
    if args.json:
        result(report.as_object())
    else:
        answer(as_text(report, every_row=args.all), as_json=False)
    return OK if report.verdict is Verdict.CLEAN else FINDINGS


def _manifest(args: argparse.Namespace) -> int:
    text = manifest_text(args.folder) if args.folder.is_dir() else ""
    if not text:
        prose("The folder holds no code of Källskydd. Name the top folder of the source that was reviewed.")
        return USAGE
    print(text, end="")
    return OK


def _begin(args: argparse.Namespace) -> int:
    try:
        key = make_key(args.key)
    except OSError as error:
        prose(f"The key cannot be written there ({error.strerror}). Name a new file in a folder of yours.")
        return USAGE
    answer(f"Key {name_of(key)}. Note this name: the page has it. Give the file with --key, and delete it at the end.",
           as_json=False)  # fmt: skip
    return OK
