"""`kallskydd`: one command, its subcommands, and nothing heavy imported before one of them is chosen.

Exit codes: 0 ok, 1 findings, 2 usage, 3 refused for safety, 4 environment missing, 130 interrupted.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import signal
import sys
from pathlib import Path

INTERRUPTED = 130

# Each has a module kallskydd.commands.NAME with add_parser(subparsers), which sets `run`.
COMMANDS = {
    "init": "make a home from the first members' public join files",
    "serve": "run the service: keeper, tor, intake",
    "status": "check the service from outside, through Tor",
    "roster": "show who may read, and propose changes",
    "erase-due": "erase what the two-year cap makes due",
    "ready": "the one-page list before the service opens, checked off",
    "backup": "copy the home while it runs; its keys are sealed to two members",
    "restore": "make a home from a backup, with the answers of two members",
    "drill": "try a restore of the last backup with two members, and leave nothing of it",
    "move": "close this home for good, and make the package for another host",
    "host": "many tenants on one computer, each with an account and a home of its own",
    "upgrade": "bring a home of an earlier version up to this one, with a way back",
    "mirror": "the mirror's account, certificate and state",
    "poster": "a poster with QR codes, and a block for the municipality's own page",
    "scrub": "clean files of hidden data",
    "desk": "the members' application",
    "audit": "prove the silence: no address, no log, no trace",
    "relay": "the clearnet mirror: forward TLS, unread, to the onion",
    "demo": "everything at once, offline, on a private Tor network",
}


class _Version(argparse.Action):
    """Looks the version up when it is asked for, and not at every start."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        # What it imports takes longer than the start of the whole command without it.
        from importlib.metadata import version  # noqa: PLC0415

        print(f"kallskydd {version('kallskydd')}")
        parser.exit()


def build_parser(chosen: str | None) -> argparse.ArgumentParser:
    """Return the command line; only the chosen command's module is imported, so that each starts quickly."""
    parser = argparse.ArgumentParser(prog="kallskydd", description="Report misconduct without being found out.")
    parser.add_argument("--version", action=_Version, nargs=0, help="say which version this is, and end")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, help_text in COMMANDS.items():
        if name == chosen:
            importlib.import_module(f"kallskydd.commands.{name.replace('-', '_')}").add_parser(subparsers)
        else:
            subparsers.add_parser(name, help=help_text)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    # Everything we create is for its owner alone; makedirs(mode=) would reach the last folder only.
    os.umask(0o077)
    # The collector would run dozens of times over what is being imported, and find next to nothing.
    gc.disable()
    words = sys.argv[1:] if arguments is None else arguments
    chosen = next((word for word in words if word in COMMANDS), None)
    args = build_parser(chosen).parse_args(words)
    gc.freeze()
    gc.enable()
    if getattr(args, "home", "") is None:
        args.home = Path(os.environ.get("KALLSKYDD_HOME") or "var")
    # What a command made is tidied away when it is told to end as well; `serve` and others take the signal over.
    signal.signal(signal.SIGTERM, _end)
    try:
        exit_code: int = args.run(args)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
    finally:
        # All goes at once with the process, which would look through it for what is garbage first.
        gc.freeze()
    return exit_code


def _end(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
