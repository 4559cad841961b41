"""`kallskydd desk …`: the members' application on the command line.

Results go to stdout: prose, or with `--json` one object and nothing else. Errors and questions go to stderr, as two
sentences: what happened, what to do next. The passphrase is asked for on the terminal or read from a file; it is never
an argument and never printed. Exit codes: 0 ok, 1 findings or a refusal, 2 usage, 3 refused for safety (what the server
shows cannot be right), 4 the way to the server is missing.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from desk.commands import Result

ON_A_CASE = {
    "read": "show one case, decrypted",
    "reply": "write to the reporter",
    "ask": "ask the reporter for more, by a day",
    "acknowledge": "tell the reporter that the report has come",
    "assess": "say that the first assessment is done",
    "note": "write for members only",
    "close": "give the outcome and close the case",
    "erase": "sign that a closed case is to be erased; the second member's signature executes it",
}
WITH_TEXT = ("reply", "ask", "acknowledge", "assess", "note", "close")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `desk` and its own subcommands. Nothing heavy is imported before one of them runs."""
    desk = subparsers.add_parser("desk", help="the members' application: read, answer, close and erase cases")
    desk.set_defaults(run=run)
    verbs = desk.add_subparsers(dest="desk_verb", metavar="VERB", required=True)
    common, server = _common_options(), _server_options()
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
    for name, told in ON_A_CASE.items():
        _add_case_options(verbs.add_parser(name, help=told, parents=[common, server]), name)


def run(args: argparse.Namespace) -> int:
    """Run one desk command and return its exit code."""
    # Imported here: aiohttp alone costs 0.3 s, which `kallskydd --help` should not pay.
    import asyncio  # noqa: PLC0415 - see above

    from cases.errors import CaseError  # noqa: PLC0415 - see above
    from desk import commands  # noqa: PLC0415 - see above
    from desk.errors import DeskError  # noqa: PLC0415 - see above
    from desk.texts import in_words  # noqa: PLC0415 - see above
    from onion.errors import OnionError  # noqa: PLC0415 - see above

    try:
        result: Result = asyncio.run(_run_verb(args)) if args.desk_verb in commands.COMMANDS else _run_local(args)
    except OnionError as failed:
        return _report(args, failed.code, failed.text_key, str(failed), _exit_code(failed))
    except (DeskError, CaseError) as failed:
        return _report(args, failed.code, failed.text_key, in_words(failed.text_key), _exit_code(failed))
    print(json.dumps(result.found) if args.json else result.prose)
    return result.exit_code


async def _run_verb(args: argparse.Namespace) -> Result:
    from cases.clock import utc_now  # noqa: PLC0415 - see `run`
    from desk import commands, session, way  # noqa: PLC0415 - see `run`

    chosen = way.Way(args.socket, args.socks, args.control, args.tor_network)
    given = commands.Given(args, lambda: _read_text(args.text), _agrees if sys.stdin.isatty() else None)
    async with session.work(_home(args), lambda: _passphrase(args), chosen, utc_now) as book:
        return await commands.COMMANDS[args.desk_verb](book, given)


def _run_local(args: argparse.Namespace) -> Result:
    from desk import commands  # noqa: PLC0415 - see `run`

    home = _home(args)
    if args.desk_verb == "join":
        return commands.join(home, args)
    return commands.enrol_member(home, args, _passphrase(args, new=True))


def _home(args: argparse.Namespace) -> Any:
    from desk.keyfile import DeskHome, default_folder  # noqa: PLC0415 - see `run`

    return DeskHome(args.desk_home or default_folder())


def _passphrase(args: argparse.Namespace, *, new: bool = False) -> str:
    """Return the passphrase from the file named, or from the terminal; a new one is typed twice."""
    import getpass  # noqa: PLC0415 - see `run`
    import warnings  # noqa: PLC0415 - see `run`

    from desk.errors import NoPassphrase  # noqa: PLC0415 - see `run`
    from desk.keyfile import read_passphrase_file  # noqa: PLC0415 - see `run`

    if args.passphrase_file is not None:
        return read_passphrase_file(args.passphrase_file)
    with warnings.catch_warnings():
        # Without a terminal the library would warn and read the passphrase where it can be seen.
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            passphrase = getpass.getpass("Passphrase: ", stream=None)
            if new and getpass.getpass("The same again: ") != passphrase:
                raise NoPassphrase("desk.passphrases_differ")
        except (getpass.GetPassWarning, EOFError) as blind:
            raise NoPassphrase from blind
    return passphrase


def _read_text(given: str | None) -> str:
    from desk.errors import NoText  # noqa: PLC0415 - see `run`

    if given is None:
        if sys.stdin.isatty():
            print("Write the text; end with Ctrl-D on a line of its own.", file=sys.stderr)
        given = sys.stdin.read()
    if not given.strip():
        raise NoText
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


def _exit_code(error: Exception) -> int:
    from desk import errors  # noqa: PLC0415 - see `run`
    from onion.errors import BadAddress, OnionError  # noqa: PLC0415 - see `run`

    kinds: tuple[tuple[tuple[type[Exception], ...], int], ...] = (
        ((errors.NotVerified, errors.StateDamaged), 3),
        ((errors.Usage, BadAddress), 2),
        ((errors.NotReachable, errors.DeskBusy, OnionError), 4),
    )
    return next((code for classes, code in kinds if isinstance(error, classes)), 1)


def _common_options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--desk-home", type=Path, metavar="DIR", help="where your key is (default: a folder of yours)")
    options.add_argument("--passphrase-file", type=Path, metavar="FILE", help="read the passphrase from its first line")
    options.add_argument("--json", action="store_true", help="one JSON object on stdout")
    return options


def _server_options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.set_defaults(text=None)
    way = options.add_argument_group("the way to the server (default: a tor of the desk's own)")
    way.add_argument("--socks", metavar="HOST:PORT", help="a tor that runs already")
    way.add_argument("--control", type=Path, metavar="PATH", help="its control socket, to give it your key")
    way.add_argument("--tor-network", type=Path, metavar="DIR", help="a private network's folder, for rehearsals")
    way.add_argument("--socket", type=Path, metavar="PATH", help="the desk's unix socket, on the server itself")
    return options


def _add_case_options(parser: argparse.ArgumentParser, name: str) -> None:
    parser.add_argument("case", metavar="CASE", help="the case's name, or its first characters (at least four)")
    if name in WITH_TEXT:
        parser.add_argument("--text", help="the text; without it, standard input is read")
    if name == "read":
        parser.add_argument("--save", type=Path, metavar="DIR", help="save the attachments into this folder")
    elif name == "ask":
        parser.add_argument("--by", type=date.fromisoformat, metavar="DATE", help="wanted by; default 14 days from now")
    elif name == "close":
        parser.add_argument("--outcome", required=True, choices=("handled", "dismissed"))
        parser.add_argument("--reason", default="", help="why it is dismissed, in a few words")
    elif name == "erase":
        parser.add_argument("--reference", required=True, help="the disposal decision, or the number in the register")
