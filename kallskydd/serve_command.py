"""`kallskydd serve`: the keeper, tor and the intake, until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from cases.errors import CaseError
from cases.home import hold_home
from kallskydd.announce import Announcer
from kallskydd.children import HomePathTooLong
from kallskydd.keeper import Keeper, KeeperPlan
from kallskydd.say import MISSING, REFUSED, prose
from onion.errors import OnionError
from onion.private_network import PrivateNetwork


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `serve` to the command line."""
    parser = subparsers.add_parser("serve", help="run the service: keeper, tor, intake")
    parser.add_argument("--home", type=Path, metavar="DIR", help="default: $KALLSKYDD_HOME, else ./var")
    parser.add_argument(
        "--tor-network", type=Path, metavar="DIR", help="join the private Tor network whose network.torrc lies in DIR"
    )
    parser.add_argument("--json", action="store_true", help="events as JSON lines on stdout")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve; exit code 0 after a signal, 3 if it is not safe to serve, 4 if something is missing."""
    path = args.home.absolute()
    try:
        lines = tuple(PrivateNetwork.lines_from(args.tor_network)) if args.tor_network else ()
        with hold_home(path) as home:
            system = Path(home.config.tor.control_socket) if home.config.tor.control_socket else None
            plan = KeeperPlan(
                home=path,
                trial=home.trial,
                network_lines=lines,
                system_control_socket=system,
                # The group that may use tor's control socket is the one tor runs as.
                system_tor_group=system.stat().st_gid if system else None,
            )
            return asyncio.run(Keeper(plan, Announcer(as_json=args.json)).run())
    except CaseError as error:
        prose(str(error))
        return REFUSED
    except HomePathTooLong:
        prose("The home's path is too long for a unix socket inside it. Choose one below 90 characters.")
        return REFUSED
    except OnionError as error:
        prose(str(error))
        return MISSING
    except FileNotFoundError:
        prose("A file is not there: the folder of --tor-network, or tor's control socket. Check the paths.")
        return MISSING
