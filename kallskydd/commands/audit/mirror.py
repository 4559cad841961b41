"""`kallskydd audit mirror`: on the mirror's host, plant visits and search for what is left of them.

Exit codes: 0 clean, 1 something found, not seen or void, 2 usage, 3 the PDF does not fit, 4 nothing forwards here.
"""

from __future__ import annotations

import argparse

from audit.mirror import command
from audit.mirror.table import MIRROR
from audit.report.certify import Examined
from audit.report.page import page_of
from kallskydd.certificate.document import as_pdf
from kallskydd.certificate.errors import SheetTooFull
from kallskydd.commands.audit.output import add_pdf, can_be_made, write_new
from kallskydd.say import REFUSED, USAGE, prose


def add_parser(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `mirror` to `audit`."""
    parser = actions.add_parser("mirror", help="plant visits into a mirror, on its host; search what is left")
    command.add_arguments(parser)
    add_pdf(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run it, and print the PDF besides."""
    if not can_be_made(args.pdf):
        return USAGE

    def print_pdf(examined: Examined) -> None:
        if args.pdf is not None:
            write_new(args.pdf, as_pdf(page_of(examined, args.lang, {"mirror": MIRROR})))

    try:
        return command.run(args, print_pdf)
    except SheetTooFull as error:
        prose(str(error))
        return REFUSED
