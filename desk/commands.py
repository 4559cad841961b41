"""The desk's commands: arguments in, one result out. `kallskydd.desk_command` parses, prints and chooses the exit code.

Every command that works on cases takes roster and post box first, in the same order with the same requests, so that the
server cannot tell a command that found something new from one that did not.
"""

import argparse
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec

from cases import wire
from cases.errors import SealBroken
from cases.roster import Roster, fingerprint_words, sign_roster
from cases.statements import verify_tombstone
from desk import acts, answers, show
from desk.address import tidy_address
from desk.casebook import Casebook
from desk.errors import DeskError, Erased, NoKey, NotAgreed, NothingOffered, NotReachable, NoWords
from desk.keyfile import DeskHome, enrol
from desk.opened import OpenedCase
from desk.saving import (
    answer_name,
    check_room,
    file_name,
    preview_name,
    save_attachment,
    save_bytes,
    save_preview,
    short_name,
)
from desk.state import KeptTombstone, join_server
from desk.texts import in_words

OK: Final = 0
FINDINGS: Final = 1


@dataclass(frozen=True, slots=True, repr=False)
class Result:
    """What a command found: an object for --json, the same as prose, and the exit code."""

    found: Mapping[str, Any]
    prose: str
    exit_code: int = OK


@dataclass(frozen=True, slots=True, repr=False)
class Given:
    """The arguments of a command, and what only a terminal can give."""

    args: argparse.Namespace
    text: str
    # Shows the proposal and asks the member whether the words are right; None when there is no terminal.
    agrees: Callable[[str], bool] | None
    # Shows what is about to be sent and asks whether to send it; None when there is no terminal.
    sends: Callable[[str], bool] | None = None


def enrol_member(home: DeskHome, args: argparse.Namespace, passphrase: str) -> Result:
    """Makes the key. Raises KeyTaken, WeakPassphrase, RosterFault."""
    keys = enrol(home, args.name, args.role, args.label, passphrase)
    text = home.join.read_text("utf-8")
    prose = f"Your key is made: {home.key}\nGive this file to the operator: {home.join}\n\n{text}"
    return Result({"member": keys.id, "key": str(home.key), "join": str(home.join), "join_text": text}, prose)


def join(home: DeskHome, args: argparse.Namespace) -> Result:
    """Remembers the server's desk address. Raises BadAddress, ReportersAddress, NoKey."""
    if not home.key.exists():
        raise NoKey
    address = tidy_address(args.address)
    join_server(home.settings, address)
    return Result({"address": f"{address}.onion"}, f"This desk now works with {address}.onion. Run roster next.")


async def roster(book: Casebook, _given: Given) -> Result:
    """Shows the verified chain and what waits for signatures."""
    chain = await book.sync_roster()
    shown = [] if chain.current is None else [show.roster_prose(chain.current, "In force")]
    if chain.proposal is not None:
        shown.append(show.roster_prose(chain.proposal, f"Proposed, signed by {len(chain.signed_by)}"))
    red = _red(book)
    if book.unripe is not None:
        heading = f"Not taken by this desk before {book.unripe.from_day}"
        shown.append(show.roster_prose(book.unripe.roster, heading))
    shown += [in_words(key) for key in red]
    found = show.roster_object(chain, book.unripe, book.state.pin.version)
    return Result({**found, "warnings": red}, "\n\n".join(shown), _code(red))


async def sign(book: Casebook, given: Given) -> Result:
    """Signs the proposal when its six words are those the member has compared by voice.

    Raises NothingOffered, NotAgreed, NoWords.
    """
    chain = await book.sync_roster()
    if chain.proposal is None:
        raise NothingOffered
    _check_words(chain.proposal, given)
    signature = bytes.fromhex(sign_roster(chain.proposal, book.keys).split()[1])
    request = wire.SignRosterRequest(chain.proposal.version, chain.proposal.digest, signature)
    answer = await book.client.ask("sign-roster", lambda _: request, wire.StateAnswer)
    await book.sync_roster()
    in_force = "It is in force." if answer.state == "done" else "It waits for further signatures."
    return Result({"version": request.version, "state": answer.state}, f"Signed. {in_force}")


async def list_cases(book: Casebook, _given: Given) -> Result:
    """Opens every case of the list; one that cannot be opened is shown as such and hides no other."""
    await book.sync()
    cases: list[OpenedCase] = []
    problems: list[dict[str, Any]] = []
    for known in list(book.state.case_list.cases.values()):
        try:
            cases.append(await book.open(known))
        except Erased:
            continue
        except NotReachable:
            raise
        except DeskError as broken:
            problems.append(_problem(known.case_id, broken))
    erased = [_erased(book, kept) for kept in book.state.case_list.tombstones.values()]
    chain = book.chain
    red = _red(book)
    found = {
        "cases": [show.state_object(case) for case in cases],
        "problems": problems,
        "erased": erased,
        "warnings": red,
        # A change of who may read must not wait unseen.
        "proposal": None if chain is None or chain.proposal is None else chain.proposal.version,
    }
    prose = [show.list_prose(cases), *(f"case {one['case'][:8]}: {one['text']}" for one in problems)]
    prose += [
        f"case {one['case'][:8]}: erased {one['day'] or 'by the server'}, {show.one_line(one['reference'])}"
        for one in erased
    ]
    prose += [in_words(key) for key in red]
    prose += [in_words("roster.proposal_waits")] if found["proposal"] is not None else []
    return Result(found, "\n\n".join(prose), _code(problems, red, *(case.warnings for case in cases)))


async def read(book: Casebook, given: Given) -> Result:
    """Shows one case, and saves its attachments, or their small pictures, into the folders that are named."""
    case = await _opened(book, given)
    saved = await _save(book, case, given.args.save) if given.args.save is not None else []
    saved += await _save_previews(book, case, given.args.previews) if given.args.previews is not None else []
    book.state.keep_case(msgspec.structs.replace(case.known, read=case.counts()))
    prose = show.case_prose(case)
    if saved:
        prose += f"\nSaved {', '.join(saved)}. Erasing the case does not reach them: delete them yourself."
    return Result({**show.case_object(case), "saved": saved}, prose, _code(case.warnings))


async def reply(book: Casebook, given: Given) -> Result:
    return await _act(book, given, lambda name: acts.reply(book, name, given.text))


async def answer(book: Casebook, given: Given) -> Result:
    """Sends a file to the reporter: cleaned by the server, shown, sealed here."""
    content = answers.read_file(given.args.file)
    await book.sync()

    def agrees(cleaned: answers.Cleaned) -> bool:
        told = [show.answer_prose(cleaned)]
        if given.args.save is not None:
            name = answer_name(cleaned.case.known.case_id, cleaned.order, cleaned.copy.told.file_kind)
            save_bytes(given.args.save / name, cleaned.copy.clean)
            told.append(f"Saved {name}, as it will be sent.")
        return given.sends is None or given.sends("\n".join(told))

    case, cleaned = await answers.answer(book, given.args.case, given.text, content, agrees)
    found = {**show.state_object(case), "file": show.answer_object(cleaned)}
    return Result(found, f"{show.answer_prose(cleaned)}\nSent.", _code(case.warnings))


async def acknowledge(book: Casebook, given: Given) -> Result:
    return await _act(book, given, lambda name: acts.acknowledge(book, name, given.text))


async def ask(book: Casebook, given: Given) -> Result:
    by: date | None = given.args.by
    return await _act(book, given, lambda name: acts.ask(book, name, given.text, by))


async def assess(book: Casebook, given: Given) -> Result:
    return await _act(book, given, lambda name: acts.assess(book, name, given.text))


async def note(book: Casebook, given: Given) -> Result:
    return await _act(book, given, lambda name: acts.note(book, name, given.text))


async def close(book: Casebook, given: Given) -> Result:
    args = given.args
    return await _act(book, given, lambda name: acts.close(book, name, args.outcome, given.text, args.reason))


async def erase(book: Casebook, given: Given) -> Result:
    """Signs that a case is to be erased."""
    await book.sync()
    known = book.state.find(given.args.case)
    state = await acts.erase(book, given.args.case, given.args.reference)
    found: dict[str, Any] = {"case": known.case_id.hex(), "state": state, "warnings": []}
    if state == "done":
        return Result(found, "Erased. The tombstone is kept.")
    case = await book.open(book.state.find(given.args.case))
    told = ["Signed. It waits for a second member, who signs with the same reference."]
    told += [
        f"Signed by {show.one_line(case.name_of(member))}: {show.one_line(reference)}"
        for member, reference in case.waiting
    ]
    told += [in_words(warning) for warning in case.warnings]
    return Result({**found, "warnings": list(case.warnings)}, "\n".join(told), _code(case.warnings))


COMMANDS: Final[Mapping[str, Callable[[Casebook, Given], Awaitable[Result]]]] = {
    "roster": roster,
    "sign-roster": sign,
    "list": list_cases,
    "read": read,
    "reply": reply,
    "answer": answer,
    "ask": ask,
    "acknowledge": acknowledge,
    "assess": assess,
    "note": note,
    "close": close,
    "erase": erase,
}


async def _opened(book: Casebook, given: Given) -> OpenedCase:
    await book.sync()
    return await book.open(book.state.find(given.args.case))


async def _act(book: Casebook, given: Given, act: Callable[[str], Awaitable[OpenedCase]]) -> Result:
    await book.sync()
    case = await act(given.args.case)
    name = short_name(case.known.case_id)
    return Result(show.state_object(case), f"Done. Case {name} is now: {case.state.state}.", _code(case.warnings))


async def _save(book: Casebook, case: OpenedCase, folder: Path) -> list[str]:
    named = [(file_name(case.known.case_id, one, stream), one) for stream, one in case.files_shown]
    check_room(folder, [name for name, _ in named])
    for name, attachment in named:
        save_attachment(folder / name, attachment, await book.attachment(case, attachment))
    return [name for name, _ in named]


async def _save_previews(book: Casebook, case: OpenedCase, folder: Path) -> list[str]:
    named = [
        (preview_name(case.known.case_id, one, stream), one)
        for stream, one in case.files_shown
        if one.preview_id is not None
    ]
    check_room(folder, [name for name, _ in named])
    for name, attachment in named:
        save_preview(folder / name, await book.preview(case, attachment))
    return [name for name, _ in named]


def _check_words(proposal: Roster, given: Given) -> None:
    right = fingerprint_words(proposal.digest)
    if given.args.words is not None:
        if tuple(given.args.words.lower().split()) != right:
            raise NotAgreed("roster.other_words")
    elif given.agrees is None:
        raise NoWords
    elif not given.agrees(show.roster_prose(proposal, "Proposed")):
        raise NotAgreed


def _red(book: Casebook) -> list[str]:
    """Returns what every list shows for as long as it is so: a roster that one member alone has changed."""
    by_waiting = [] if book.chain is None or not book.chain.by_waiting else ["warning.by_waiting"]
    return by_waiting + ([] if book.unripe is None else ["warning.unripe"])


def _problem(case_id: bytes, error: DeskError) -> dict[str, Any]:
    return {
        "case": case_id.hex(),
        "code": error.code,
        "text_key": error.text_key,
        "text": in_words(error.text_key),
    }


def _erased(book: Casebook, kept: KeptTombstone) -> dict[str, Any]:
    """Returns what a tombstone says; without statements the server erased the case at the two-year cap."""
    nobody: dict[str, Any] = {
        "case": kept.case_id.hex(),
        "day": None,
        "reference": "two years after closing",
        "members": [],
    }
    if not kept.statements or book.chain is None:
        return nobody
    for version in reversed(book.chain.all):
        try:
            tombstone = verify_tombstone(kept.statements, version, book.server_key)
        except SealBroken:
            continue
        return {
            "case": kept.case_id.hex(),
            "day": tombstone.day.isoformat(),
            "reference": tombstone.reference,
            "members": [statement.member for statement in tombstone.statements],
        }
    return {**nobody, "reference": "by members of a roster this desk no longer sees"}


def _code(*findings: object) -> int:
    """Returns the exit code: findings are for the member to look at, even when the command did what it should."""
    return FINDINGS if any(findings) else OK
