"""The command line of `audit mirror`, for `kallskydd audit mirror` and, on a bare host, `python3 -m audit.mirror`.

Exit codes: 0 clean, 1 something found, not seen or void, 2 usage, 4 nothing forwards here.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from audit.live.subject import Subject, account, system_of
from audit.mirror.run import Asked, inspect_mirror, name_of
from audit.mirror.scene import MirrorScene, NotRunning, Place, find_parts
from audit.mirror.table import MIRROR
from audit.report.certify import Examined
from audit.report.html import as_html
from audit.report.results import save
from audit.report.seal import NO_KEY, NoKey, read_key
from audit.report.text_table import as_text
from audit.verdict import AuditReport, Verdict

_OK, _FINDINGS, _USAGE, _MISSING = 0, 1, 2, 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options, and what to run."""
    parser.add_argument("--name", metavar="MIRROR", help="the mirror's host name (default: the relay's)")
    parser.add_argument("--at", type=_place, metavar="ADDRESS:PORT", help="where visitors come (default: port 443)")
    parser.add_argument(
        "--pid", type=int, action="append", default=[], metavar="PID", help="these programs only; may be repeated"
    )
    parser.add_argument("--ca", type=Path, metavar="FILE.pem", help="believe this certificate (default: the system's)")
    parser.add_argument("--stop", metavar="COMMAND", help="takes away what is behind the mirror, for one visit")
    parser.add_argument("--start", metavar="COMMAND", help="brings it back; needed with --stop")
    parser.add_argument(
        "--root", type=Path, default=Path("/"), metavar="DIR", help="the system's files from copies under DIR"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--all", action="store_true", help="every row, not only what is not clean")
    parser.add_argument("--save", type=Path, metavar="FILE", help="keep the result, for `kallskydd audit all --mirror`")
    parser.add_argument("--key", type=Path, metavar="KEY", help="of `kallskydd audit begin`: seals what --save keeps")
    parser.add_argument("--report", type=Path, metavar="FILE.html", help="a printable page")
    parser.add_argument("--lang", choices=("sv", "en"), default="sv", help="language of the page (default: sv)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, also: Callable[[Examined], None] = lambda _: None) -> int:
    """Examine the mirror, report, and return the exit code. `also` prints the page another way; it raises OSError."""
    if wrong := _wrong(args):
        return _said(wrong, _USAGE)
    try:
        key = None if args.save is None else read_key(args.key or Path())
    except NoKey:
        return _said(NO_KEY, _USAGE)
    asked = Asked(args.name, args.pid, args.at, args.ca, args.stop, args.start, args.root)
    try:
        # A mirror's host may have no time zones; the day of an audit is that of the world.
        report = inspect_mirror(datetime.now(UTC).date().isoformat(), asked)
    except NotRunning:
        return _said(
            "Nothing forwards here, as far as this account can see. Start the mirror, or run the audit as root.",
            _MISSING,
        )
    try:
        if key is not None:
            save(report, args.save, key)
        page = examined(report, asked)
        if args.report is not None:
            args.report.write_text(as_html(page, args.lang, {"mirror": MIRROR}), "utf-8")
        also(page)
    except OSError as error:
        return _said(f"The report cannot be written ({error.strerror}). Name another file.", _USAGE)
    text = json.dumps(report.as_object(), ensure_ascii=False) if args.json else as_text(report, every_row=args.all)
    sys.stdout.write(text + "\n")
    return _OK if report.verdict is Verdict.CLEAN else _FINDINGS


def _wrong(args: argparse.Namespace) -> str:
    """Return what is wrong with the options, and what to do; nothing where nothing is."""
    if args.report is not None and os.path.lexists(args.report):
        return f"There already, and not overwritten: {args.report.name}. Name another file."
    if (args.stop is None) != (args.start is None):
        return "--stop and --start belong together. Name both or neither."
    if args.ca is not None and not args.ca.is_file():
        return "The file of --ca is not there. Name the certificate that visitors are shown, or leave it out."
    return ""


def examined(report: AuditReport, asked: Asked) -> Examined:
    """Return what stands on the page of a mirror alone."""
    name = asked.name
    with suppress(NotRunning):
        name = name or name_of(MirrorScene(find_parts(asked.pids), asked.root))
    subject = Subject(platform.node(), system_of(asked.root), account(), mirror=name or "", program=report.program)
    return Examined(report.day, subject, {"mirror": report}, needed=("mirror",))


def _said(sentence: str, code: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return code


def _place(text: str) -> Place:
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 2**16):
        raise argparse.ArgumentTypeError(f"{text!r} has no address or no port; write ADDRESS:443")
    return host.removeprefix("[").removesuffix("]"), int(port)
