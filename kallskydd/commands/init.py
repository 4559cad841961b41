"""`kallskydd init`: makes a home.

A real home is made from the public join files of its first members; no private key of a member is ever made or seen
here. It stays "not open yet" until two readers are enrolled and every founding member has signed the first roster
at their own desk, and it is made only once the operator has declared to be none of them. A TRIAL home may be made
without any: then a trial member's key is made on this computer, in `trial-member/` inside the home, sealed with a
passphrase that lies beside it. Every page of a trial says that it is one, and a trial never becomes real.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import sys
from importlib.resources import files
from pathlib import Path

from cases.config import Config, ConfigFault, parse_config
from cases.home import as_declared, as_trial, create_home
from cases.roster.chain import (
    NO_PREVIOUS,
    Organisation,
    RosterHome,
    add_signature,
    parse_roster,
    propose,
    render,
    sign_roster,
)
from cases.roster.member import Join, MemberKeys, make_join, new_member_keys, read_join, seal_member_keys
from kallskydd.exit_codes import code_of
from kallskydd.say import MISSING, OK, USAGE, prose, reason, result
from kallskydd.upkeep.file_system import add_consent, require_plain_file_system
from onion.address import public_from_address
from onion.errors import PathUnusable
from onion.keys import new_onion_key, write_onion_key
from onion.torrc import UNIX_PATH_BYTES, socket_path, usable_socket_path
from trusted.case.clock import today, utc_now
from trusted.case.errors import CaseError
from trusted.roster.text import READERS_OF_A_REAL_HOME

TRIAL_FOLDER = "trial-member"
# The same with the socket of the system's tor, where `make install` put one.
INSTALLED_EXAMPLE = Path("/etc/kallskydd/config.example.toml")
LONGEST_SOCKET = "run/control.sock"  # of those that the keeper and tor make
HOME_PATH_BYTES = UNIX_PATH_BYTES - len(f"/{LONGEST_SOCKET}")
PASSPHRASE_BYTES = 16  # random, so the file it opens is as strong as its key


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `init` to the command line."""
    parser = subparsers.add_parser("init", help="make a home from the first members' public join files")
    parser.add_argument("--home", type=Path, metavar="DIR", help="default: $KALLSKYDD_HOME, else ./var")
    parser.add_argument(
        "--member", type=Path, action="append", default=[], metavar="FILE", help="a join file; repeat for each member"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="what you decide; needed but for a trial")
    parser.add_argument("--trial", action="store_true", help="a home for trying out; it can never become a real one")
    parser.add_argument(
        "--operator-is-no-member",
        action="store_true",
        help="declare that nobody who can read the server's disk is on the roster; needed for a real home",
    )
    add_consent(parser)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make the home; 2 for files that are none, 3 if something speaks against it. Then nothing is left half made."""
    if not args.trial and (missing := _missing(args)):
        for line in missing:
            prose(line)
        return USAGE
    home = args.home.absolute()
    try:
        _require_own_folder(home)
        _require_room_for_sockets(home)
        # A trial holds no report that has to be erased.
        require_plain_file_system(home, consents=args.trial or args.erased_reports_may_stay_on_this_disk)
        given = _read_given(args)
        if given is None:
            prose("A file of --member or --config cannot be read. Check its path, and who may read it.")
            return USAGE
        joins, config_text = given
        home_facts = make_home(home, config_text, joins, trial=args.trial)
    except PathUnusable as error:
        prose(f"{error.happened} Choose one of at most {HOME_PATH_BYTES} plain characters, without a space.")
        return code_of(error)
    except CaseError as error:
        prose(str(error))
        return code_of(error)
    except OSError as error:
        prose(f"The home cannot be made: {reason(error)}. Look at the folder above it and the space on the disk.")
        return MISSING
    _print_result(args, home_facts, readers=sum(join.role != "counsel" for join in joins))
    return OK


def _missing(args: argparse.Namespace) -> tuple[str, ...]:
    """Return the sentences for what a real home needs and was not given."""
    if not args.member:
        return (
            "A home needs its first member. Give the public join file: kallskydd init --member FILE",
            "The member makes it on the own computer with: kallskydd desk enrol",
        )
    if args.config is None:
        example = INSTALLED_EXAMPLE if INSTALLED_EXAMPLE.exists() else _shipped_example()
        return (
            "A home needs the configuration of its municipality: kallskydd init --config FILE",
            f"Begin with a copy of {example}, and change what is not yours.",
        )
    return ()


def _read_given(args: argparse.Namespace) -> tuple[list[Join], str] | None:
    """Return the join files and the configuration that were named; None if one is unreadable. Raises CaseError."""
    try:
        texts = [path.read_text("utf-8") for path in args.member]
        config_text = args.config.read_text("utf-8") if args.config else example_config(trial=True)
    except (OSError, UnicodeDecodeError):
        return None
    if args.trial:
        config_text = as_trial(config_text)
    if args.operator_is_no_member:
        config_text = as_declared(config_text)
    if not args.trial and not parse_config(config_text).operator_is_no_member:
        raise ConfigFault(
            "A member who also runs the server could see on its disk which case does not open for her.",
            "Let somebody run it who is no member, and declare that with --operator-is-no-member.",
        )
    return [read_join(text) for text in texts], config_text


def _require_own_folder(home: Path) -> None:
    """Raise ConfigFault if root makes a home in a folder of the service's account, which could not read it then."""
    folder = next(one for one in home.parents if one.exists())
    if os.geteuid() == 0 and (owner := folder.stat().st_uid) != 0:
        raise ConfigFault(
            f"{folder} belongs to the account {owner}, which could not read a home that root makes.",
            f"Run it as that account, with the same words: runuser -u $(id -un {owner}) -- kallskydd init",
        )


def _require_room_for_sockets(home: Path) -> None:
    """Raise PathUnusable unless `serve` can open its sockets there and tell tor of them."""
    # The order by which tor publishes knows no quotes, nor does the form of a torrc that `audit live` calls clean.
    if socket_path(str(usable_socket_path(home / LONGEST_SOCKET))) is None:
        raise PathUnusable


def _shipped_example() -> Path:
    return Path(str(files("kallskydd").joinpath("examples", "ludvika.toml")))


def example_config(*, trial: bool = False) -> str:
    """Return the configuration that is shipped as the example.

    In a trial nobody wants to wait until six in the morning: reports are shown and closed cases may be erased at once.
    """
    text = _shipped_example().read_text("utf-8")
    if not trial:
        return text
    for key, value in (("at_once", "true"), ("inbox_days", "0")):
        text, count = re.subn(rf"(?m)^{key}\s*=.*$", f"{key} = {value}", text)
        if count != 1:
            raise ConfigFault(
                f"The example has no line for `{key}`.", "Install the package again; its example is damaged."
            )
    return as_trial(text)


def make_home(home: Path, config_text: str, joins: list[Join], *, trial: bool) -> dict[str, str]:
    """Make a home with its onion keys and the first roster. Raises CaseError, OSError."""
    public_key, desk_key = new_onion_key(), new_onion_key()
    server_key = public_from_address(desk_key.address)
    if joins:
        # Who cannot stand in one roster is refused before anything is made; the id of the home comes only with it.
        founding_roster(parse_config(config_text), joins, RosterHome(bytes(16), server_key, trial))
    home_id = create_home(home, config_text, trial=trial, server_key=server_key)
    write_onion_key(home / "onion" / "public.key", public_key)
    write_onion_key(home / "onion" / "desk.key", desk_key)
    trial_keys: MemberKeys | None = None
    if not joins:
        trial_keys = new_member_keys()
        joins = [trial_keys.public("Trial member", "handler", "Trial member")]
    text = founding_roster(parse_config(config_text), joins, RosterHome(home_id, server_key, trial))
    roster = parse_roster(text)
    day = today(utc_now)
    propose(home / "roster", roster, day)
    if trial_keys is not None:
        add_signature(home / "roster", 1, sign_roster(roster, trial_keys), day)
        _keep_trial_member(home / TRIAL_FOLDER, trial_keys)
    return {"public": f"{public_key.address}.onion", "desk": f"{desk_key.address}.onion"}


def founding_roster(config: Config, joins: list[Join], home: RosterHome) -> str:
    """Return the text of version 1: organisations from the configuration, members from their join files."""
    return render(
        version=1,
        previous=NO_PREVIOUS,
        home=home,
        organisations=[Organisation(one.key, one.name) for one in config.organisations],
        members=[join.member for join in joins],
    )


def _keep_trial_member(folder: Path, keys: MemberKeys) -> None:
    folder.mkdir(mode=0o700)
    passphrase = secrets.token_urlsafe(PASSPHRASE_BYTES)
    (folder / "passphrase").write_text(passphrase + "\n")
    (folder / "member.key").write_bytes(seal_member_keys(keys, passphrase))
    (folder / "join.toml").write_text(make_join(keys, "Trial member", "handler", "Trial member"))
    for path in folder.iterdir():
        path.chmod(0o600)


def _print_result(args: argparse.Namespace, facts: dict[str, str], *, readers: int) -> None:
    if args.json:
        result({"home": str(args.home), "trial": args.trial, **facts})
    prose(f"Made {'a TRIAL home' if args.trial else 'a home'} in {args.home}.")
    prose(f"Its addresses will be http://{facts['public']} for reporters and {facts['desk']} for members' desks.")
    if args.member:
        prose("It is not open yet: every member named in the first roster signs it at the own desk.")
        prose("  there:  kallskydd desk join --address THE_DESK_ADDRESS  and then  kallskydd desk sign-roster")
        if not args.trial and readers < READERS_OF_A_REAL_HOME:
            prose("It needs two readers. Take in the second with:  kallskydd roster --add FILE")
            prose(
                "Best before anyone signs. After that the first member signs the change too; it counts at once, without"
            )
            prose("the two signatures or fourteen days of later changes, as long as the service has never been open.")
    else:
        key_folder = args.home / TRIAL_FOLDER
        prose(f"The trial member's key is in {key_folder}, and its passphrase in the file `passphrase` there.")
        if sys.stderr.isatty():
            # Shown to the person at the terminal only: a log of this command must not hold it.
            prose(f"The passphrase: {(key_folder / 'passphrase').read_text().strip()}")
