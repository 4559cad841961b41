"""`kallskydd scrub FILE… --out DIR`: the scrubbers on their own, for anybody's files.

Each file goes the way an attachment goes: sniffed, rebuilt in a jailed process, verified in another; as many at once as
there are cores (`kallskydd.scrub.pool`). A ZIP file or a saved e-mail becomes the files in it. A file that is
refused does not stop the others. Nothing is ever overwritten: the clean copy appears under its name all at once, or not
at all (`kallskydd.scrub.names`). What was removed is reported by kind, without the values: a terminal may be recorded.

With --json, one line for each file on stdout, in the order of the command line, also for each file in one. Exit code 0
when all are clean, 1 when any was refused, 2 when there can be no output folder, 4 when the jail cannot be built here,
130 when interrupted.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from pathlib import Path

from kallskydd.scrub.zygotes import start_zygotes


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `scrub` to the command line."""
    parser = subparsers.add_parser("scrub", help="clean files of hidden data")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the clean copies go")
    parser.add_argument("--rename", action="store_true", help="neutral names: file-001.jpg, file-002.pdf …")
    parser.add_argument(
        "--against-marks",
        action="store_true",
        help="the file may be marked for whom it was given to: pixels on another grid, PDF pages as pictures",
    )
    parser.add_argument("--changes", action="store_true", help="show what was inserted and deleted in a document")
    parser.add_argument("--json", action="store_true", help="one JSON line for each file on stdout")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Clean every file; exit code 1 if any was refused, 4 if the jail cannot be built."""
    with ExitStack() as ending:
        try:
            zygotes = start_zygotes(args.files, ending)
        except OSError:
            zygotes = None
        # What follows loads while the zygotes warm up, which takes as long.
        from kallskydd.scrub.clean import Asked, clean_all  # noqa: PLC0415
        from trusted.jail.protocol import How  # noqa: PLC0415

        how = How(How.AGAINST_MARKS.value * args.against_marks + How.WITH_CHANGES.value * args.changes)
        asked = Asked(renamed=args.rename, as_json=args.json, cleaned=how)
        return clean_all(args.files, args.out, zygotes, asked)
