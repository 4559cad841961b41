"""The desk's commands: arguments in, one result out (`desk.commands.result`).

Every command that works on cases takes roster and post box first, in the same order with the same requests, so that the
server cannot tell a command that found something new from one that did not.
"""

import argparse
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from cases.roster.chain import Roster, fingerprint_words
from desk.commands import show
from desk.commands.listing import list_cases
from desk.commands.probing import probe
from desk.commands.result import CommandInput, Result, code_for
from desk.errors import NoKey, NotAgreed, NothingOffered, NoWords
from desk.keep.keyfile import DeskHome, enrol
from desk.keep.state import join_server
from desk.server.address import tidy_address
from desk.web.views.sentences import in_words
from desk.work.case.casebook import Casebook
from desk.work.case.standing import standing_warnings
from desk.work.membership import sign_proposal


def enrol_member(home: DeskHome, args: argparse.Namespace, passphrase: str) -> Result:
    """Make the key. Raises KeyTaken, WeakPassphrase, RosterFault."""
    keys = enrol(home, args.name, args.role, args.label, passphrase)
    text = home.join.read_text("utf-8")
    prose = f"Your key is made: {home.key}\nGive this file to the operator: {home.join}\n\n{text}"
    return Result({"member": keys.id, "key": str(home.key), "join": str(home.join), "join_text": text}, prose)


def join_desk(home: DeskHome, args: argparse.Namespace) -> Result:
    """Remember the server's desk address. Raises MisprintedAddress, NoKey."""
    if not home.key.exists():
        raise NoKey
    address = tidy_address(args.address)
    join_server(home.settings, address)
    shown = f"This desk now works with {address}.onion."
    return Result(
        {"address": f"{address}.onion"}, f"{shown} Run roster next: it says so should this be the reporters'."
    )


async def roster(book: Casebook, _given: CommandInput) -> Result:
    """Show the verified chain and what waits for signatures."""
    chain = await book.sync_roster()
    shown = [] if chain.current is None else [show.roster_prose(chain.current, "In force")]
    if chain.proposal is not None:
        shown.append(show.roster_prose(chain.proposal, f"Proposed, signed by {len(chain.signed_by)}"))
    warnings = standing_warnings(book)
    if book.unripe is not None:
        heading = f"Not taken by this desk before {book.unripe.from_day}"
        shown.append(show.roster_prose(book.unripe.roster, heading))
    shown += [in_words(key) for key in warnings]
    found = show.roster_object(chain, book.unripe, book.state.pin.version)
    return Result({**found, "warnings": warnings}, "\n\n".join(shown), code_for(warnings))


async def sign(book: Casebook, given: CommandInput) -> Result:
    """Sign the proposal when its six words are those the member has compared by voice.

    Raises NothingOffered, NotAgreed, NoWords.
    """
    chain = await book.sync_roster()
    if chain.proposal is None:
        raise NothingOffered
    _check_words(chain.proposal, given)
    state = await sign_proposal(book, chain.proposal.digest)
    in_force = "It is in force." if state == "done" else "It waits for further signatures."
    return Result({"version": chain.proposal.version, "state": state}, f"Signed. {in_force}")


COMMANDS: Final[Mapping[str, Callable[[Casebook, CommandInput], Awaitable[Result]]]] = {
    "roster": roster,
    "sign-roster": sign,
    "list": list_cases,
    "probe": probe,
}


def _check_words(proposal: Roster, given: CommandInput) -> None:
    right = fingerprint_words(proposal.digest)
    if given.args.words is not None:
        if tuple(given.args.words.lower().split()) != right:
            raise NotAgreed("roster.other_words")
    elif given.agrees is None:
        raise NoWords
    elif not given.agrees(show.roster_prose(proposal, "Proposed")):
        raise NotAgreed
