"""`kallskydd desk`: the members' application in the browser (`pages`); with a verb, what scripts and papers need of it.

Results go to stdout: prose, or with `--json` one object and nothing else. Errors and questions go to stderr, as two
sentences: what happened, what to do next. The passphrase is asked for on the terminal or read from a file; it is never
an argument and never printed. Exit codes: 0 ok, 1 findings or a refusal, 2 usage, 3 refused for safety (what the server
shows cannot be right, what was not agreed to, a passphrase file that others can read), 4 no route to the
server.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import getpass
import json
import sys
import warnings
from pathlib import Path

from cases.backup.errors import BackupFault
from desk import errors
from desk.commands.opening_backup import Opening, open_backup, save_roster
from desk.commands.result import FINDINGS, CommandInput, Result
from desk.commands.run import COMMANDS, enrol_member, join_desk
from desk.commands.session import work
from desk.keep.keyfile import DeskHome, default_folder, read_passphrase_file
from desk.web.views.sentences import in_words
from kallskydd.certificate.figures import figures_as_pdf
from kallskydd.desk import pages
from kallskydd.desk.memory import close_memory, swap_can_be_read
from kallskydd.desk.route import Route, connector_for
from onion.errors import OnionError
from trusted.case.clock import utc_now
from trusted.case.errors import CaseError

USAGE = 2
REFUSED = 3
MISSING = 4


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `desk` and its own subcommands. This module is imported only when `desk` is what was asked for."""
    desk = subparsers.add_parser(
        "desk",
        help="the members' application: read, answer, close and erase cases",
        parents=[_common_options(None), _server_options(None)],
    )
    desk.set_defaults(run=run)
    # What stands before the verb holds unless it stands behind it too.
    common, server = _common_options(argparse.SUPPRESS), _server_options(argparse.SUPPRESS)
    pages = desk.add_argument_group("without a verb: the application, in your browser")
    pages.add_argument("--no-browser", action="store_true", help="print the address, and open no browser")
    verbs = desk.add_subparsers(dest="desk_verb", metavar="VERB")
    enrol = verbs.add_parser("enrol", help="make your key on this computer", parents=[common])
    enrol.add_argument("--name", required=True, help="your name, for the other members")
    enrol.add_argument("--role", required=True, choices=("handler", "lead", "counsel"))
    enrol.add_argument("--label", required=True, help="what reporters see, a role or a name")
    join = verbs.add_parser("join", help="remember the server's desk address", parents=[common])
    join.add_argument("--address", required=True, help="56 characters, with or without .onion")
    verbs.add_parser("roster", help="show who may read, and the six words", parents=[common, server])
    sign = verbs.add_parser("sign-roster", help="agree to the proposed roster", parents=[common, server])
    sign.add_argument("--words", help="the six words of the proposal, compared by voice")
    verbs.add_parser("list", help="show your cases", parents=[common, server])
    tried = verbs.add_parser(
        "probe",
        help="send a test report the reporters' way, or see whether the last one came",
        parents=[common, server],
    )
    tried.add_argument("--address", help="the reporters' address, from the poster; without it nothing is sent")
    tried.add_argument("--mirror", action="store_true", help="send it through the website on the open web, by Tor")
    tried.add_argument("--text", help="the text of the report; without it, standard input is read")
    opened = verbs.add_parser("open-backup", help="let the operator restore the service", parents=[common])
    opened.add_argument("file", type=Path, metavar="FILE", help="the operator's question, ask.json")
    opened.add_argument("--out", type=Path, required=True, metavar="FILE", help="the file for your answer")
    opened.add_argument("--words", help="the six words of the question, as the operator read them to you")
    saved = verbs.add_parser("save-roster", help="write the list of members, for a restore", parents=[common])
    saved.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="a folder that is made")


def run(args: argparse.Namespace) -> int:
    """Run one desk command, or the application, and return its exit code."""
    close_memory()
    try:
        if args.desk_verb is None:
            return pages.run(_home(args), _route(args), figures_as_pdf, browser=not args.no_browser)
        result: Result = asyncio.run(_run_verb(args)) if args.desk_verb in COMMANDS else _run_local(args)
    except OnionError as failed:
        return _report(args, failed.code, failed.text_key, str(failed), _exit_code(failed))
    except (errors.DeskError, CaseError) as failed:
        return _report(args, failed.code, failed.text_key, in_words(failed.text_key), _exit_code(failed))
    except OSError:
        # Its text names paths; what it is about is always the desk home, for the network's errors are caught below.
        unusable = errors.HomeUnusable()
        return _report(args, unusable.code, unusable.text_key, in_words(unusable.text_key), MISSING)
    print(json.dumps(result.found) if args.json else result.prose)
    return result.exit_code


async def _run_verb(args: argparse.Namespace) -> Result:
    chosen = _route(args)
    # Read before anything is held or connected: who writes at the keyboard takes her time.
    files_a_report = args.desk_verb == "probe" and args.address is not None
    text = _read_text(args.text) if files_a_report else ""
    given = CommandInput(args, text, _agrees if sys.stdin.isatty() else None)
    home = _home(args)
    connect = functools.partial(connector_for, route=chosen, tor_folder=home.tor)
    async with work(home, lambda: _passphrase(args), connect, utc_now) as book:
        return await COMMANDS[args.desk_verb](book, given)


def _run_local(args: argparse.Namespace) -> Result:
    home = _home(args)
    if args.desk_verb == "join":
        return join_desk(home, args)
    if args.desk_verb == "open-backup":
        opening = Opening(args.file, args.out, args.words, _agrees if sys.stdin.isatty() else None)
        return open_backup(home, opening, lambda: _passphrase(args), utc_now)
    if args.desk_verb == "save-roster":
        return save_roster(home, args.out, lambda: _passphrase(args), utc_now)
    return enrol_member(home, args, _passphrase(args, new=True))


def _route(args: argparse.Namespace) -> Route:
    return Route(args.socket, args.socks, args.control, args.tor_network)


def _home(args: argparse.Namespace) -> DeskHome:
    # Absolute, because a tor of the desk's own gets paths within it.
    return DeskHome((args.desk_home or default_folder()).absolute())


def _passphrase(args: argparse.Namespace, *, new: bool = False) -> str:
    """Return the passphrase from the file named, or from the terminal; a new one is typed twice."""
    if swap_can_be_read():
        print(in_words("desk.swap"), file=sys.stderr)
    if args.passphrase_file is not None:
        try:
            return read_passphrase_file(args.passphrase_file)
        except (OSError, UnicodeDecodeError):
            raise errors.NoPassphrase("desk.passphrase_file") from None
    with warnings.catch_warnings():
        # Without a terminal the library would warn and read the passphrase where it can be seen.
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            passphrase = getpass.getpass("Passphrase: ", stream=None)
            if new and getpass.getpass("The same again: ") != passphrase:
                raise errors.NoPassphrase("desk.passphrases_differ")
        except (getpass.GetPassWarning, EOFError) as blind:
            raise errors.NoPassphrase from blind
    return passphrase


def _read_text(given: str | None) -> str:
    if given is None:
        if sys.stdin.isatty():
            print("Write the text; end with Ctrl-D on a line of its own.", file=sys.stderr)
        try:
            # As bytes: in some locales Python reads what is no UTF-8 without a word, and it cannot be sealed then.
            given = sys.stdin.buffer.read().decode("utf-8")
        except UnicodeDecodeError:
            raise errors.NoText("usage.text_file") from None
    if not given.strip():
        raise errors.NoText
    return given.strip()


def _agrees(shown: str) -> bool:
    print(shown, file=sys.stderr)
    print(
        "Have you compared the six words with another member by voice, and are they the same? yes/no", file=sys.stderr
    )
    return sys.stdin.readline().strip().lower() == "yes"


def _report(args: argparse.Namespace, code: int, text_key: str, text: str, exit_code: int) -> int:
    if args.json:
        print(json.dumps({"error": {"code": code, "text_key": text_key, "text": text}}))
    print(text, file=sys.stderr)
    return exit_code


_UNSAFE = (errors.NotVerified, errors.NotAgreed, errors.StateDamaged, errors.PassphraseExposed, BackupFault)


def _exit_code(error: Exception) -> int:
    if isinstance(error, _UNSAFE):
        return REFUSED
    if isinstance(error, errors.Usage):
        return USAGE
    if isinstance(error, (errors.NotReachable, errors.DeskBusy, errors.NoPort, OnionError)):
        return MISSING
    return FINDINGS


def _common_options(default: str | None) -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False, argument_default=default)
    options.add_argument("--desk-home", type=Path, metavar="DIR", help="where your key is (default: a folder of yours)")
    options.add_argument("--passphrase-file", type=Path, metavar="FILE", help="read the passphrase from its first line")
    options.add_argument(
        "--json", action="store_true", default=default or False, help="one JSON object on stdout, of a verb"
    )
    return options


def _server_options(default: str | None) -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False, argument_default=default)
    options.set_defaults(text=None)
    route = options.add_argument_group("how to reach the server (default: a tor of the desk's own)")
    route.add_argument("--socks", metavar="HOST:PORT", help="a tor that runs already")
    route.add_argument("--control", type=Path, metavar="PATH", help="its control socket, to give it your key")
    route.add_argument("--tor-network", type=Path, metavar="DIR", help="a private network's folder, for trials")
    route.add_argument("--socket", type=Path, metavar="PATH", help="the desk's unix socket, on the server itself")
    return options
