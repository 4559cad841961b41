"""`kallskydd serve`: the keeper, tor and the intake, until SIGTERM or SIGINT.

It publishes on the public Tor network, and asks before it does: on a terminal by a question, elsewhere by `--public`.
With `--tor-network` it stays on a private network and asks nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
from pathlib import Path

from cases.home import Home, hold_home
from kallskydd.exit_codes import code_of
from kallskydd.machine.swap import harmful_swap
from kallskydd.say import MISSING, REFUSED, prose, reason
from kallskydd.serve.announce import Announcer
from kallskydd.serve.brought import NoListeners, listeners_brought
from kallskydd.serve.children import HomePathTooLong
from kallskydd.serve.keeper import Keeper, KeeperPlan
from kallskydd.serve.mirror_certificate import plan_of
from kallskydd.serve.onions import WhoseTor
from onion.errors import ControlMissing, NetworkForTrialsOnly, OnionError, TorProgramMissing
from onion.publisher.onion import DESK_SOCKET, MIRROR_SOCKET, PUBLIC_SOCKET
from onion.tor_process import TOR, require_no_public_tor
from onion.torrc import Expected, problems
from trusted.case.errors import CaseError
from trusted.confine.process import make_undumpable, no_core_dump

_REFUSALS = {
    HomePathTooLong: "The home's path is too long for a unix socket inside it. Choose one of at most 90 characters.",
    NoListeners: "This home is a tenant's, and its unit makes its sockets. Run `kallskydd host start NAME` as root.",
}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `serve` to the command line."""
    parser = subparsers.add_parser("serve", help="run the service: keeper, tor, intake")
    parser.add_argument("--home", type=Path, metavar="DIR", help="default: $KALLSKYDD_HOME, else ./var")
    parser.add_argument(
        "--tor-network", type=Path, metavar="DIR", help="join the private Tor network whose network.torrc lies in DIR"
    )
    parser.add_argument("--public", action="store_true", help="publish on the public Tor network without asking")
    parser.add_argument("--json", action="store_true", help="events as JSON lines on stdout")
    parser.add_argument("--end-with-stdin", action="store_true", help="end when standard input is closed")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve; exit code 0 after a signal, 3 if it is not safe to serve, 4 if something is missing."""
    # The keys of both addresses will be in our memory: closed to ptrace, to /proc and to a core dump.
    make_undumpable()
    no_core_dump()
    try:
        lines = _network_lines(args.tor_network) if args.tor_network else ()
        with hold_home(args.home.absolute()) as home:
            if not args.tor_network and not args.public and not _agrees_to_publish():
                prose("Nothing was started. `kallskydd demo` shows the whole service on this computer alone.")
                return REFUSED
            if not _swap_is_harmless(home):
                return REFUSED
            plan = _plan(home, lines, end_with_stdin=args.end_with_stdin)
            return asyncio.run(Keeper(plan, Announcer(as_json=args.json)).run())
    except (CaseError, OnionError) as error:
        prose(str(error))
        return code_of(error)
    except (HomePathTooLong, NoListeners) as error:
        prose(_REFUSALS[type(error)])
        return REFUSED
    except OSError as error:
        prose(f"The home cannot be served: {reason(error)}. Look at its files, their owner and the space on the disk.")
        prose("With a system tor, this account must be in the group of tor's control socket.")
        return MISSING


def _network_lines(folder: Path) -> tuple[str, ...]:
    # With it comes stem, which no other start of `serve` needs to load.
    from onion.private_network import PrivateNetwork  # noqa: PLC0415

    return tuple(PrivateNetwork.lines_from(folder))


def _agrees_to_publish() -> bool:
    """Ask on a terminal; False where none can answer."""
    prose(
        "This publishes on the public Tor network: anyone who has the address can then reach the service from anywhere."
    )
    if not sys.stdin.isatty():
        prose("No terminal can answer here. Start it with --public if that is what you want.")
        return False
    prose("Write yes to go on, anything else to stop:")
    return sys.stdin.readline().strip().lower() in {"yes", "ja"}


def _swap_is_harmless(home: Home) -> bool:
    """Whether a real home may open: what a reporter typed must not reach a disk. A trial opens, and says so."""
    places = harmful_swap()
    if not places:
        return True
    prose(f"What reporters type could be written to the disk: swap on {', '.join(places)} is not encrypted.")
    if home.trial:
        prose("This is a trial, so it goes on. A real home would not open.")
        return True
    prose(
        "Switch swap off (`swapoff -a`, and its line in /etc/fstab) or encrypt it; or run the service with"
        " MemorySwapMax=0, as the units in deploy/ do."
    )
    return False


def _plan(home: Home, network_lines: tuple[str, ...], *, end_with_stdin: bool) -> KeeperPlan:
    """Return the plan that the configuration asks for.

    Raises NetworkForTrialsOnly, TorProgramMissing, ControlMissing or PublicTorRefused: no waiting would mend those.
    """
    joining = problems("\n".join(network_lines), Expected(own_tor=True, trial=home.trial))
    if any(problem.line for problem in joining):
        raise NetworkForTrialsOnly
    tor = home.config.tor
    system = Path(tor.control_socket) if tor.control_socket else None
    publisher = Path(tor.publisher) if tor.publisher else None
    if system is None and publisher is None:
        if shutil.which(TOR) is None:
            raise TorProgramMissing
        require_no_public_tor("\n".join(network_lines))
    if system is not None and not system.exists():
        raise ControlMissing
    brought = listeners_brought(os.environ) if publisher else {}
    if publisher is not None and not {PUBLIC_SOCKET, DESK_SOCKET, MIRROR_SOCKET} <= brought.keys():
        raise NoListeners
    manager = os.environ.get("NOTIFY_SOCKET", "")
    return KeeperPlan(
        home=home.path,
        trial=home.trial,
        mirror=None if home.config.mirror is None else plan_of(home.path, home.config.mirror),
        network_lines=network_lines,
        whose_tor=WhoseTor.SYSTEM if system else WhoseTor.HOST if publisher else WhoseTor.OWN,
        control=system or publisher,
        # The group that may use tor's control socket is the one tor runs as.
        system_tor_group=system.stat().st_gid if system else None,
        end_with_stdin=end_with_stdin,
        brought=brought,
        # Not one in the abstract namespace, which systemd has not used for years and which no folder closes.
        notify_socket=manager if manager.startswith("/") else None,
    )
