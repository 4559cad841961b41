"""`kallskydd audit breach`: what a thief of each account, of the machine or of a backup gets here, walked as root.

Exit codes: 0 no wall is missing, 1 one is, 2 usage, 3 not root, 4 nothing is there to walk.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from audit.breach.accounts import NoSuchAccount
from audit.breach.run import NothingThere, examine
from audit.breach.text import as_object, as_text
from audit.breach.walk import WalkFailed
from kallskydd.say import FINDINGS, MISSING, OK, REFUSED, USAGE, answer, prose, result


def add_parser(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `breach` to `audit`."""
    parser = actions.add_parser("breach", help="what a thief of each account, the machine or a backup gets; as root")
    # Not --home's usual default: without it, the tenants of this host are walked.
    parser.add_argument(
        "--of", type=Path, metavar="HOME", help="a home that is alone here (default: the host's tenants)"
    )
    parser.add_argument(
        "--backup", type=Path, action="append", default=[], metavar="DIR", help="a backup; may be repeated"
    )
    parser.add_argument("--root", type=Path, default=Path("/"), metavar="DIR", help="a host whose files lie under DIR")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Walk, print, and return the exit code."""
    if os.geteuid() != 0:
        prose("Only root can take the place of every account. Run it with sudo.")
        return REFUSED
    if not all(folder.is_dir() for folder in args.backup):
        prose("A backup is not there. Name its folder.")
        return USAGE
    try:
        breach = examine(args.root.absolute(), args.of and args.of.absolute(), args.backup)
    except NothingThere:
        prose("No tenant is on this host. For a home that is alone on its machine, name it: --of HOME.")
        return MISSING
    except (NoSuchAccount, WalkFailed, OSError) as error:
        prose(
            f"An account or a folder could not be walked ({type(error).__name__}). See that its owner has an account."
        )
        return MISSING
    if args.json:
        result(as_object(breach))
    else:
        answer(as_text(breach), as_json=False)
    return FINDINGS if breach.findings else OK
