"""`kallskydd`: one command, its subcommands, and nothing heavy imported before one of them is chosen.

Exit codes: 0 ok, 1 findings, 2 usage, 3 refused for safety, 4 environment missing, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from kallskydd import (
    demo_command,
    desk_command,
    erase_due_command,
    init_command,
    roster_command,
    scrub_command,
    serve_command,
    status_command,
)

INTERRUPTED = 130


def build_parser(default_home: Path) -> argparse.ArgumentParser:
    """The whole command line. `default_home` is used where `--home` is not given."""
    parser = argparse.ArgumentParser(prog="kallskydd", description="Report misconduct without being found out.")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in (init_command, serve_command, status_command, roster_command, erase_due_command):
        command.add_parser(subparsers, default_home)
    for command in (scrub_command, desk_command, demo_command):
        command.add_parser(subparsers)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    # Everything we create is for its owner alone; makedirs(mode=) would reach the last folder only.
    os.umask(0o077)
    default_home = Path(os.environ.get("KALLSKYDD_HOME") or "var")
    args = build_parser(default_home).parse_args(arguments)
    try:
        exit_code: int = args.run(args)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
