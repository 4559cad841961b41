"""`kallskydd roster`: shows who may read, and proposes changes.

On the server nothing can be signed: a proposal lies in the home until enough members have signed it at their own
desks. A founding roster that nobody has agreed to yet may be replaced, to take in another founding member.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cases.home import read_home
from cases.roster.chain import Chain, Member, Roster, fingerprint_words, parse_roster, propose, read_chain, render
from cases.roster.member import read_join
from kallskydd.exit_codes import code_of
from kallskydd.say import FINDINGS, OK, REFUSED, USAGE, answer, prose, result
from kallskydd.serve.why_not_open import why_not_open
from onion.address import address_from_public
from trusted.case.clock import today, utc_now
from trusted.case.errors import CaseError


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `roster` to the command line."""
    parser = subparsers.add_parser("roster", help="show who may read, and propose changes")
    parser.add_argument("--home", type=Path, metavar="DIR", help="default: $KALLSKYDD_HOME, else ./var")
    change = parser.add_mutually_exclusive_group()
    change.add_argument("--add", type=Path, metavar="FILE", help="propose to take in the member of this join file")
    change.add_argument("--remove", metavar="ID", help="propose to remove the member with this id")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Show or propose; exit code 1 when the roster does not verify or is not open, 2 for what is no join file."""
    try:
        home = read_home(args.home.absolute())
        day = today(utc_now)
        before = read_chain(home.roster, day)
        if args.add or args.remove:
            code = _propose(args, home.roster, day)
            if code != OK:
                return code
        after = read_chain(home.roster, day)
        return _show(args, after, _unsigned(before, after), address_from_public(home.server_key))
    except CaseError as error:
        prose(str(error))
        return code_of(error)
    except (OSError, UnicodeDecodeError):
        prose("The join file cannot be read. Check its path.")
        return USAGE


@dataclass(frozen=True, slots=True)
class _Base:
    """What a new version is made from: the newest text, and where it stands in the chain."""

    roster: Roster
    version: int
    previous: bytes


def _base(chain: Chain) -> _Base | None:
    if chain.current is not None:
        return _Base(chain.current, chain.current.version + 1, chain.current.digest)
    if chain.proposal is not None:  # founding: nobody is bound by it yet
        return _Base(chain.proposal, chain.proposal.version, chain.proposal.previous)
    return None


def _propose(args: argparse.Namespace, folder: Path, day: date) -> int:
    base = _base(read_chain(folder, day))
    if base is None:
        prose("The roster does not verify, so nothing can be proposed. Put the files of the roster folder back.")
        return REFUSED
    members = base.roster.members
    if args.add:
        members = (*members, read_join(args.add.read_text()).member)
    elif base.roster.member(args.remove) is None:
        prose("There is no member with this id. `kallskydd roster` lists them.")
        return USAGE
    else:
        members = tuple(member for member in members if member.id != args.remove)
    text = render(
        version=base.version,
        previous=base.previous,
        home=base.roster.home,
        organisations=base.roster.organisations,
        members=members,
        proposed=day if base.version > 1 else None,
    )
    proposed = parse_roster(text)
    propose(folder, proposed, day)
    prose(f"Version {base.version} is proposed. It counts once enough members have signed it at their own desks.")
    if base.roster.is_open and not proposed.is_open:
        prose(
            "Too few are left in it who read: once it counts, the service takes no reports until one more is taken in."
        )
    return OK


def _unsigned(before: Chain, after: Chain) -> list[Member]:
    """Return who had signed a proposal that another has replaced, of those who may sign that one."""
    if before.proposal is None or after.proposal is None:
        return []
    # The first roster is signed by those whom it names, a later one by those of the roster before it.
    known = after.proposal.members if after.current is None else after.current.members
    return [one for one in known if one.id in before.signed_by - after.signed_by]


def _show(args: argparse.Namespace, chain: Chain, unsigned: list[Member], desks: str) -> int:
    is_open = chain.current is not None and chain.current.is_open
    if args.json:
        result(
            {
                "open": is_open,
                "desks": desks,
                "problem": chain.problem,
                "current": _facts(chain.current),
                "proposal": _facts(chain.proposal),
                "signed_by": sorted(chain.signed_by),
                "must_sign_again": sorted(one.id for one in unsigned),
            }
        )
    if unsigned:
        labels = ", ".join(one.label for one in unsigned)
        prose(f"{labels} had signed the proposal that this one replaces, and those signatures are gone.")
        prose("They compare the new words and sign again, each at the own desk.")
    for name, roster in (("In force", chain.current), ("Proposed", chain.proposal)):
        if roster is not None:
            words = " ".join(fingerprint_words(roster.digest))
            answer(f"{name}: version {roster.version}, in words: {words}", as_json=args.json)
            for member in roster.members:
                signed = " (has signed)" if roster is chain.proposal and member.id in chain.signed_by else ""
                answer(f"  {member.id}  {member.role:8} {member.label}{signed}", as_json=args.json)
    answer(f"Desks join at: {desks}", as_json=args.json)
    answer("The service is open." if is_open else f"The service is not open. {why_not_open(chain)}", as_json=args.json)
    return OK if is_open else FINDINGS


def _facts(roster: Roster | None) -> dict[str, object] | None:
    if roster is None:
        return None
    members = [{"id": one.id, "role": one.role, "label": one.label} for one in roster.members]
    return {"version": roster.version, "words": list(fingerprint_words(roster.digest)), "members": members}
