"""`kallskydd host`: many tenants on one computer, each with an account, processes, addresses and a home of its own.

As root, on a server with systemd and an installed program (`make install`). What it makes, who may
reach what, how many fit, and what a provider sees, is in docs/HOSTING.md.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from kallskydd.hosting.machine import PUBLISHER_UNIT, TOR_UNIT, HostFault, Machine, unit_of
from kallskydd.hosting.rings import RINGS, upgrade
from kallskydd.hosting.tenants import NewTenant, add, is_open, move, remove, start
from kallskydd.hosting.versions import installed
from kallskydd.say import FINDINGS, MISSING, OK, REFUSED, answer, prose, reason, result
from kallskydd.status.host import lines, look_quietly, standing
from kallskydd.upkeep.file_system import add_consent
from trusted.case.clock import today, utc_now


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `host` to the command line."""
    parser = subparsers.add_parser("host", help="many tenants on one computer")
    parser.add_argument("--root", type=Path, default=Path("/"), help="put files below this folder, and start nothing")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    _add_add(verbs)
    _verb(verbs, "list", "the tenants, and which are served", _list)
    looking = _verb(verbs, "status", "the walls between tenants, and whether each is served", _status)
    looking.add_argument("--quiet", action="store_true", help="for a timer: say nothing, run the alarm when it is due")
    starting = _verb(verbs, "start", "start these tenants, or all, a few at a time", _start)
    starting.add_argument("name", nargs="*", metavar="NAME")
    upgrading = _verb(verbs, "upgrade", "bring tenants to the installed version, in rings", _upgrade)
    upgrading.add_argument("--first", metavar="NAME", help="the one that is the first ring; default: by the alphabet")
    upgrading.add_argument(
        "--rings", type=int, choices=range(1, RINGS + 1), default=RINGS, help="how far: one, a tenth, all; default: all"
    )
    moving = _verb(verbs, "move", "close a tenant's home for good, and make the package for another host", _move)
    moving.add_argument("name", metavar="NAME")
    moving.add_argument("words", nargs=argparse.REMAINDER, help="those of `kallskydd move`: --out, --slots, --to, --to")
    removing = _verb(verbs, "remove", "take a tenant's account and files away", _remove)
    removing.add_argument("name", metavar="NAME")
    removing.add_argument("--destroy", action="store_true", help="also an open home, with every report in it")


def _add_add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _verb(verbs, "add", "make a tenant's account and home, and start it", _add)
    parser.add_argument("name", metavar="NAME")
    home = parser.add_mutually_exclusive_group(required=True)
    home.add_argument("--config", type=Path, metavar="FILE", help="its configuration, without a table [tor]")
    home.add_argument("--without-home", action="store_true", help="for a home that comes from a backup or another host")
    parser.add_argument("--member", type=Path, action="append", default=[], metavar="FILE", help="a join file; repeat")
    parser.add_argument("--trial", action="store_true", help="a home for trying out; it can never become a real one")
    parser.add_argument(
        "--operator-is-no-member",
        action="store_true",
        help="declare that nobody who can read this server's disk is on the roster; needed for a real home",
    )
    add_consent(parser)


def _verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    help_text: str,
    run: Callable[[argparse.Namespace, Machine], int],
) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=help_text)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=lambda args: _run(args, run))
    return parser


def _run(args: argparse.Namespace, run: Callable[[argparse.Namespace, Machine], int]) -> int:
    if os.geteuid() != 0:
        prose("Accounts, folders and units are root's to make and to look at. Run it as root.")
        return REFUSED
    try:
        return run(args, Machine(args.root.absolute()))
    except HostFault as fault:
        prose(str(fault))
        return fault.exit_code
    except OSError as error:
        prose(f"It could not be done: {reason(error)}. Look at that path and the space on the disk.")
        return MISSING


def _add(args: argparse.Namespace, machine: Machine) -> int:
    words = [
        word
        for word, given in (
            ("--trial", args.trial),
            ("--operator-is-no-member", args.operator_is_no_member),
            ("--erased-reports-may-stay-on-this-disk", args.erased_reports_may_stay_on_this_disk),
            ("--json", args.json),
        )
        if given
    ]
    return add(machine, NewTenant(args.name, args.config, tuple(args.member), tuple(words)))


def _list(args: argparse.Namespace, machine: Machine) -> int:
    # Without their addresses: root would open a file of a tenant, who may put a link or a pipe in its place.
    tenants = {name: is_open(machine, name) for name in machine.tenants()}
    if args.json:
        result({"tenants": tenants})
    for name, served in tenants.items():
        answer(name if served else f"{name}  (not served)", as_json=args.json)
    return OK


def _status(args: argparse.Namespace, machine: Machine) -> int:
    if args.quiet:
        return OK if look_quietly(machine, today(utc_now)) else FINDINGS
    findings = lines(machine)
    tenants = {name: standing(machine, name) for name in machine.tenants()} if machine.runs else {}
    if args.json:
        result({"version": installed(), "tenants": tenants, "lines": {one.what: one.as_json for one in findings}})
    for one in findings:
        answer(one.line, as_json=args.json)
    for name, known in tenants.items():
        answer(f"     {name}: version {known['version']}, last backup {known['backup'] or 'none'}", as_json=args.json)
    return OK if all(one.well for one in findings) else FINDINGS


def _upgrade(args: argparse.Namespace, machine: Machine) -> int:
    made = upgrade(machine, args.first, args.rings, lambda words: answer(words, as_json=args.json))
    if args.json:
        result({"version": installed(), "done": made.done, "not_well": made.ill, "earlier": made.left})
    for name, why in made.ill.items():
        answer(f"{name}: {why} It stops here. See `kallskydd status` of that home.", as_json=args.json)
    answer(f"The installed version ({installed()}): {', '.join(made.done) or 'nobody'}.", as_json=args.json)
    answer(f"An earlier one: {', '.join(made.left) or 'nobody'}.", as_json=args.json)
    if not made.left and not made.ill:
        answer(f"Last, when few are about: systemctl restart {PUBLISHER_UNIT} {TOR_UNIT}", as_json=args.json)
    return FINDINGS if made.ill else OK


def _start(args: argparse.Namespace, machine: Machine) -> int:
    failed = start(machine, args.name)
    if args.json:
        result({"failed": failed})
    for name in failed:
        answer(f"{name} did not start. Its reason: systemctl status {unit_of(name)}", as_json=args.json)
    return FINDINGS if failed else OK


def _move(args: argparse.Namespace, machine: Machine) -> int:
    return move(machine, args.name, args.words)


def _remove(args: argparse.Namespace, machine: Machine) -> int:
    remove(machine, args.name, destroy=args.destroy)
    answer(f"{args.name} is removed.", as_json=args.json)
    return OK
