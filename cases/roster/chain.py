"""
The roster as a chain: every version from the first, each agreed to by members of the one before.

Contract. `verify_chain` starts at version 1 every time and takes these steps for each version:

1. It can be read (text.py).
2. It continues the version before (rules.py, rule 2).
3. Each signature under it verifies, and is by a member of this version or of the one before.
4. The signatures amount to consent (rules 1 and 3 to 5). The last version alone may lack it: then it is a proposal.

Any fault closes the service: `current` is None and `problem` is the key of a sentence. There is no falling back to an
older version, since anybody who can spoil the newest file would then choose who reads. Files are `0001.toml` and
`0001.sig`, the latter with lines of `member-id signature` in hex, and `0002.seen`, the day on which this computer was
given the proposal and the hash of its text: the fourteen days of rule 5 are counted from there. A file that is missing,
does not read or has another hash lets nothing come about by waiting.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cases.roster.member import MemberKeys
from cases.roster.rules import WAITING, Consent, concerned, consent, require_continues
from trusted.case.errors import RosterFault, SealBroken
from trusted.crypto.signing import SIGNATURE_BYTES, sign, verify_signature
from trusted.roster.text import (
    NO_PREVIOUS,
    ROSTER_BYTES,
    Member,
    Organisation,
    Roster,
    RosterHome,
    digest_of,
    fingerprint_words,
    parse_roster,
    render,
)

__all__ = [
    "NO_PREVIOUS",
    "WAITING",
    "Chain",
    "Consent",
    "Member",
    "Organisation",
    "Roster",
    "RosterHome",
    "SignedText",
    "add_signature",
    "concerned",
    "fingerprint_words",
    "parse_roster",
    "propose",
    "read_chain",
    "read_texts",
    "render",
    "sign_roster",
    "verify_chain",
    "verify_line",
    "write_texts",
]

_FIELDS_OF_A_LINE = 2


@dataclass(frozen=True, slots=True)
class SignedText:
    """One version as it rests: the text, the lines of its signatures, and when its keeper first saw it."""

    text: str
    signatures: str
    first_shown: date | None


@dataclass(frozen=True, slots=True)
class Chain:
    """The verified versions; `current` is None unless everything holds."""

    current: Roster | None
    all: tuple[Roster, ...]
    proposal: Roster | None = None
    # Who has signed the proposal so far.
    signed_by: frozenset[str] = frozenset()
    # The versions that came about by one signature and fourteen days; each desk shows them in red.
    by_waiting: tuple[int, ...] = ()
    problem: str | None = None
    # The version that does not read or verify.
    faulty: int | None = None


def verify_chain(untrusted_texts: Sequence[SignedText], today: date) -> Chain:
    """Return the chain that these versions make, from version 1; never raises, `problem` says what is wrong."""
    settled: list[Roster] = []
    waited: list[int] = []
    try:
        for position, untrusted in enumerate(untrusted_texts, start=1):
            before = settled[-1] if settled else None
            is_last = position == len(untrusted_texts)
            roster = parse_roster(untrusted.text)
            require_continues(before, roster)
            signers = _signers(before, roster, untrusted.signatures)
            was_open = any(version.is_open for version in settled)
            agreed = consent(before, roster, signers, was_open=was_open, first_shown=untrusted.first_shown, today=today)
            if agreed is Consent.MISSING and not is_last:
                return Chain(None, tuple(settled), by_waiting=tuple(waited), problem="roster.unsigned")
            if agreed is Consent.MISSING:
                problem = None if before else "roster.unsigned"
                return Chain(before, tuple(settled), roster, signers, tuple(waited), problem)
            settled.append(roster)
            if agreed is Consent.BY_WAITING:
                waited.append(roster.version)
    except RosterFault as fault:
        faulty = len(settled) + 1
        return Chain(None, tuple(settled), by_waiting=tuple(waited), problem=fault.text_key, faulty=faulty)
    if not settled:
        return Chain(None, (), problem="roster.none")
    return Chain(settled[-1], tuple(settled), by_waiting=tuple(waited))


def read_chain(folder: Path, today: date) -> Chain:
    """Return the verified chain of the files in a folder; never raises, `problem` says what is wrong."""
    try:
        return verify_chain(read_texts(folder), today)
    except RosterFault as fault:
        return Chain(None, (), problem=fault.text_key)


def read_texts(folder: Path) -> tuple[SignedText, ...]:
    """Return what rests in the folder, version by version, unverified; raise RosterFault for a gap."""
    try:
        found = {path.name for path in folder.glob("[!.]*.toml")}
        names = [f"{number:04}" for number in range(1, len(found) + 1)]
        if found != {f"{name}.toml" for name in names}:
            raise RosterFault("roster.gap")
        return tuple(_read_version(folder, name) for name in names)
    except (OSError, UnicodeDecodeError):
        raise RosterFault("roster.unreadable") from None


def write_texts(folder: Path, texts: Sequence[SignedText]) -> None:
    """Write versions as they rest, from the first on, into a folder that has none. Raises OSError."""
    for number, version in enumerate(texts, start=1):
        name = f"{number:04}"
        if version.first_shown is not None:
            _write(folder / f"{name}.seen", _seen_line(version.text, version.first_shown))
        if version.signatures:
            _write(folder / f"{name}.sig", version.signatures)
        _write(folder / f"{name}.toml", version.text)


def sign_roster(roster: Roster, keys: MemberKeys) -> str:
    """Return the line by which a member agrees to this version."""
    return f"{keys.id} {sign(keys.sign_seed, 'ks1-roster', roster.digest).hex()}"


def verify_line(before: Roster | None, roster: Roster, untrusted_line: str) -> str:
    """Return the id of the member who signed; raise RosterFault if the line is no signature of one of them."""
    fields = untrusted_line.split()
    if len(fields) != _FIELDS_OF_A_LINE:
        raise RosterFault("roster.bad_signature")
    member = (before.member(fields[0]) if before else None) or roster.member(fields[0])
    try:
        signature = bytes.fromhex(fields[1])
    except ValueError:
        raise RosterFault("roster.bad_signature") from None
    if member is None or len(signature) != SIGNATURE_BYTES:
        raise RosterFault("roster.bad_signature")
    try:
        verify_signature(member.sign, "ks1-roster", roster.digest, signature)
    except SealBroken:
        raise RosterFault("roster.bad_signature") from None
    return member.id


def propose(folder: Path, roster: Roster, today: date) -> None:
    """Write the next version, still without signatures; raise RosterFault if it does not continue the chain.

    A proposal that was not agreed to yet is replaced, and its fourteen days with it.
    """
    chain = read_chain(folder, today)
    if chain.problem not in {None, "roster.none", "roster.unsigned"}:
        raise RosterFault(chain.problem)
    require_continues(chain.current, roster)
    # The signatures of a proposal that is replaced go first: they are not for the new text.
    (folder / f"{roster.version:04}.sig").unlink(missing_ok=True)
    if chain.current is not None:
        # Before the text: after a break in between, the day is of another text and counts for none.
        _write(folder / f"{roster.version:04}.seen", _seen_line(roster.text, today))
    _write(folder / f"{roster.version:04}.toml", roster.text)


def add_signature(folder: Path, version: int, untrusted_line: str, today: date) -> Chain:
    """Keep one member's agreement to the proposal; return the chain as it is then. Raise RosterFault."""
    chain = read_chain(folder, today)
    proposal = chain.proposal
    if proposal is None or proposal.version != version:
        raise RosterFault("roster.no_such_proposal")
    if verify_line(chain.current, proposal, untrusted_line) in chain.signed_by:
        return chain
    path = folder / f"{version:04}.sig"
    _write(path, _read(path, missing="") + " ".join(untrusted_line.split()) + "\n")
    return read_chain(folder, today)


def _signers(before: Roster | None, roster: Roster, untrusted_lines: str) -> frozenset[str]:
    lines = (line for line in untrusted_lines.splitlines() if line.strip())
    return frozenset(verify_line(before, roster, line) for line in lines)


def _read_version(folder: Path, name: str) -> SignedText:
    text = _read(folder / f"{name}.toml")
    seen = _read(folder / f"{name}.seen", missing="")
    try:
        day = date.fromisoformat(seen[:10])
    except ValueError:
        day = None
    first_shown = day if day is not None and seen == _seen_line(text, day) else None
    return SignedText(text, _read(folder / f"{name}.sig", missing=""), first_shown)


def _seen_line(text: str, day: date) -> str:
    return f"{day.isoformat()} {digest_of(text).hex()}\n"


def _read(path: Path, missing: str | None = None) -> str:
    if missing is not None and not path.exists():
        return missing
    with path.open("rb") as file:
        content = file.read(ROSTER_BYTES + 1)
    if len(content) > ROSTER_BYTES:
        raise RosterFault("roster.unreadable")
    return content.decode()


def _write(path: Path, text: str) -> None:
    """Write the file whole or not at all, and have it on the disk before returning."""
    draft = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    # A member's desk, which saves a roster, may run on Windows: a folder cannot be opened there.
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
