"""The desk's commands: arguments in, one result out (`desk.commands.result`).

Every command that works on cases takes roster and post box first, in the same order with the same requests, so that the
server cannot tell a command that found something new from one that did not.
"""

import argparse
import functools
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from cases.case.timeline import CaseAction
from cases.clock import today
from cases.entry import Message
from cases.roster.chain import Roster, fingerprint_words
from cases.sentences import in_words_of_desk
from desk.commands import show
from desk.commands.listing import list_cases
from desk.commands.probing import probe
from desk.commands.result import CommandInput, Result, code_for
from desk.errors import NoKey, NotAgreed, NothingOffered, NotSent, NoWords
from desk.keep.keyfile import DeskHome, enrol
from desk.keep.saving import (
    answer_name,
    check_room,
    file_name,
    preview_name,
    save_attachment,
    save_bytes,
    save_preview,
    short_name,
)
from desk.keep.state import join_server
from desk.server.address import tidy_address
from desk.work import acts, answers, moves
from desk.work.case.casebook import Casebook
from desk.work.case.checks import check_stepping_aside
from desk.work.case.opened import DeskCase
from desk.work.case.standing import standing_warnings
from desk.work.erasing import erase as erase_case
from desk.work.erasing import withdraw
from desk.work.membership import sign_proposal
from desk.work.writing import require_now


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
    shown += [in_words_of_desk(key) for key in warnings]
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


async def read(book: Casebook, given: CommandInput) -> Result:
    """Show one case, and save its attachments, or their small pictures, into the folders that are named."""
    case = await _opened(book, given)
    saved = await _save(book, case, given.args.save) if given.args.save is not None else []
    saved += await _save_previews(book, case, given.args.previews) if given.args.previews is not None else []
    book.state.keep_case(msgspec.structs.replace(case.known, read=case.counts()))
    prose = show.case_prose(case)
    if saved:
        prose += f"\nSaved {', '.join(saved)}. Erasing the case does not reach them: delete them yourself."
    return Result({**show.case_object(case), "saved": saved}, prose, code_for(case.warnings))


async def answer(book: Casebook, given: CommandInput) -> Result:
    """Send a file to the reporter: cleaned by the server, shown, sealed here. Raises NotSent."""
    content = answers.read_file(given.args.file)
    if given.args.save is not None:
        check_room(given.args.save, ())
    await book.sync()
    case = await book.open(book.state.find(given.args.case))
    cleaned = await answers.clean(book, case, content)
    shown = [show.answer_prose(cleaned)]
    if given.args.save is not None:
        name = answer_name(case.known.case_id, cleaned.order, cleaned.copy.answer.file_kind)
        save_bytes(given.args.save / name, cleaned.copy.clean)
        shown.append(f"Saved {name}, as it will be sent.")
    if given.sends is not None and not given.sends("\n".join(shown)):
        raise NotSent
    case = await answers.attach(book, case, Message(given.text) if given.text else None, cleaned)
    found = {**show.state_object(case), "file": show.answer_object(cleaned)}
    return Result(found, f"{show.answer_prose(cleaned)}\nSent.", code_for(case.warnings))


async def recuse(book: Casebook, given: CommandInput) -> Result:
    """Step aside. When too few others can sign, warn: before it is done if a terminal can ask, else with the result.

    Raises NotAgreed.
    """
    case = await _opened(book, given)
    roster = case.chain.current
    few = () if roster is None else check_stepping_aside(book.keys.id, case.streams, roster)
    shown = " ".join(in_words_of_desk(warning) for warning in few)
    require_now(case, CaseAction.RECUSE)
    if few and given.steps_aside is not None and not given.steps_aside(shown):
        raise NotAgreed("recuse.not_agreed")
    case = await acts.carry_out(
        book, case, acts.ACTS["recuse"], acts.ActInput(given.text, book.keys.id, today(book.clock))
    )
    warnings = [*case.warnings, *few]
    prose = "\n".join(
        [f"Done. Case {short_name(case.known.case_id)} is now: {case.state.state}.", *([shown] if few else [])]
    )
    return Result({**show.state_object(case), "warnings": warnings}, prose, code_for(warnings))


async def move(book: Casebook, given: CommandInput) -> Result:
    """Offer a case to other readers, in a file or held by the server. Raises MoveRefused, SaveRefused."""
    args = given.args
    await book.sync()
    made = await moves.offer(book, args.case, args.reader, args.signer, args.reason)
    if args.out is None:
        await moves.send_to(book, args.case, args.signer, made)
        shown = f"It waits at the server for a day. {args.signer} runs: kallskydd desk sign-move"
    else:
        save_bytes(args.out, made.file)
        shown = f"Give the file to {args.signer}, who runs: kallskydd desk sign-move {args.out.name}"
    shown += f"\n{in_words_of_desk('move.second')}" if made.signer_aside else ""
    return Result(
        {"out": None if args.out is None else str(args.out), "signer_aside": made.signer_aside},
        f"Nothing is moved yet. {shown}",
    )


async def withdraw_erase(book: Casebook, given: CommandInput) -> Result:
    """Take back our signature under an erasure that waits for the second. Raises NotNow."""
    await book.sync()
    case = await withdraw(book, given.args.case)
    return Result(show.state_object(case), "Taken back. Nothing is erased by it.", code_for(case.warnings))


async def sign_move(book: Casebook, given: CommandInput) -> Result:
    """Check an offer, show who reads from then on, and sign it. Raises NotAgreed."""
    await book.sync()
    named = given.args.file
    read = await moves.read_offer(book, await moves.only_waiting(book) if named is None else moves.read_file(named))
    shown = show.move_prose(read)
    if not given.args.agree and (given.moves is None or not given.moves(shown)):
        raise NotAgreed("move.not_agreed")
    case = await moves.sign_offer(book, read)
    found = {**show.state_object(case), **show.move_object(read)}
    shown += "\nMoved. The other readers get the new key with the next daily release."
    return Result(found, shown, code_for(case.warnings))


async def erase(book: Casebook, given: CommandInput) -> Result:
    """Sign that a case is to be erased."""
    await book.sync()
    known = book.state.find(given.args.case)
    state = await erase_case(book, given.args.case, given.args.reference)
    found: dict[str, Any] = {"case": known.case_id.hex(), "state": state, "warnings": []}
    if state == "done":
        return Result(found, "Erased. The tombstone is kept.")
    case = await book.open(book.state.find(given.args.case))
    shown = ["Signed. It waits for a second member, who signs with the same reference."]
    shown += [
        f"Signed by {show.one_line(case.name_of(member))}: {show.one_line(reference)}"
        for member, reference in case.waiting
    ]
    shown += [in_words_of_desk(warning) for warning in case.warnings]
    return Result({**found, "warnings": list(case.warnings)}, "\n".join(shown), code_for(case.warnings))


async def _act(act: str, book: Casebook, given: CommandInput) -> Result:
    """Carry out an act of `desk.work.acts`."""
    await book.sync()
    args = vars(given.args)
    chosen = acts.ActChoices(args.get("by"), args.get("outcome", "handled"), args.get("reason", ""))
    case = await acts.do(book, act, args["case"], given.text, chosen)
    name = short_name(case.known.case_id)
    return Result(show.state_object(case), f"Done. Case {name} is now: {case.state.state}.", code_for(case.warnings))


COMMANDS: Final[Mapping[str, Callable[[Casebook, CommandInput], Awaitable[Result]]]] = {
    "roster": roster,
    "sign-roster": sign,
    "list": list_cases,
    "read": read,
    "answer": answer,
    "move": move,
    "sign-move": sign_move,
    "withdraw-erase": withdraw_erase,
    "erase": erase,
    **{act: functools.partial(_act, act) for act in acts.ACTS},
    # Asks first when too few others can sign.
    "recuse": recuse,
    "probe": probe,
}


async def _opened(book: Casebook, given: CommandInput) -> DeskCase:
    await book.sync()
    return await book.open(book.state.find(given.args.case))


async def _save(book: Casebook, case: DeskCase, folder: Path) -> list[str]:
    named = [(file_name(case.known.case_id, one, stream), one) for stream, one in case.files_shown]
    check_room(folder, [name for name, _ in named])
    for name, attachment in named:
        save_attachment(folder / name, attachment, await book.attachment(case, attachment))
    return [name for name, _ in named]


async def _save_previews(book: Casebook, case: DeskCase, folder: Path) -> list[str]:
    named = [
        (preview_name(case.known.case_id, one, stream), one)
        for stream, one in case.files_shown
        if one.preview_id is not None
    ]
    check_room(folder, [name for name, _ in named])
    for name, attachment in named:
        save_preview(folder / name, await book.preview(case, attachment))
    return [name for name, _ in named]


def _check_words(proposal: Roster, given: CommandInput) -> None:
    right = fingerprint_words(proposal.digest)
    if given.args.words is not None:
        if tuple(given.args.words.lower().split()) != right:
            raise NotAgreed("roster.other_words")
    elif given.agrees is None:
        raise NoWords
    elif not given.agrees(show.roster_prose(proposal, "Proposed")):
        raise NotAgreed
