"""Who has a case, who covers for her, and when its harm is looked at: notes with a meaning, for the readers alone.

Such a note is a `Note` like every other: sealed under the key of the notes, signed by its author, with the day. Its
first line is `CLAIM` and a JSON object (docs/FORMATS.md, `Claim`); what stands under it are words. Who has stepped
aside has no case, and her claims count for nothing; the last one of the others counts.

The risk of harm (ISO 37002:2021) is asked about from the day on which the group can read the report, since harm does
not wait for an assessment, and again on the day that the answer names.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

import msgspec

from cases.case.signers import stepped_aside
from desk.work.case.opened import CLAIM, DeskCase
from desk.work.case.readers import inside
from trusted.case.entry import Body, Entry, Hex16, LegalHold, Note, Reopen, Stream


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One claim. `has`: this member has the case, or nobody; `covers`: the author does her work until a day.

    `harm`: the question was answered, and is asked again on that day, or no more. `refuses`: the author does not sign
    the erasure that this member has signed; without a member, that signature was taken back.
    """

    kind: Literal["has", "covers", "harm", "refuses"]
    member: Hex16 | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Claims:
    """What the claims of a case come to: ids of members, and days."""

    holder: str = ""
    # Who does the holder's work, and the last day of it.
    cover: str = ""
    cover_until: date | None = None
    # When the question of harm is to be answered, and whether that is the later look.
    harm_since: date | None = None
    is_later_look: bool = False


def text_of(claim: Claim, words: str = "") -> str:
    """Return the text of the note that makes this claim."""
    return f"{CLAIM}{msgspec.json.encode(claim).decode()}\n{words}".strip()


def claim_of(body: Body) -> tuple[Claim, str] | None:
    """Return what a note claims, and the words under it; None for every other entry."""
    if not isinstance(body, Note) or not body.text.startswith(CLAIM):
        return None
    first, _, words = body.text.partition("\n")
    try:
        return msgspec.json.decode(first.removeprefix(CLAIM), type=Claim), words
    except msgspec.MsgspecError:
        return None


def claims_of(case: DeskCase) -> Claims:
    """Return what the claims of a case come to."""
    aside, readers = stepped_aside(case.streams), inside(case)
    found = Claims()
    for entry, claim in _in_order(case):
        if entry.author in aside:
            continue
        if claim.kind == "has":
            is_reader = claim.member in readers and claim.member not in aside
            found = Claims(claim.member if claim.member and is_reader else "")
        elif claim.kind == "covers" and claim.member == found.holder and claim.until is not None:
            found = Claims(found.holder, entry.author, claim.until)
    return _with_harm(case, found)


def refusal_of(case: DeskCase) -> tuple[str, str]:
    """Return who does not sign the erasure that waits, by id, and why: this member, or who said so last, or nobody.

    What was refused before the case was open again or kept was another signature: the server forgets it then.
    """
    ended = [one.number for one in case.streams.get(Stream.MEMBERS, ()) if isinstance(one.body, Reopen | LegalHold)]
    found: dict[str, str] = {}
    for entry in case.streams.get(Stream.NOTES, ()):
        match claim_of(entry.body):
            case (Claim(kind="refuses", member=member), _) if not member:
                found = {}
            case (Claim(kind="refuses"), words) if entry.after.get(Stream.MEMBERS, 0) > max(ended, default=-1):
                found = {one: why for one, why in found.items() if one != entry.author} | {entry.author: words}
    by = case.own_id if case.own_id in found else next(reversed(found), "")
    return by, found.get(by, "")


def _with_harm(case: DeskCase, found: Claims) -> Claims:
    answers = [claim for _entry, claim in _in_order(case) if claim.kind == "harm"]
    since = answers[-1].until if answers else case.release_day
    return Claims(found.holder, found.cover, found.cover_until, since, is_later_look=bool(answers))


def _in_order(case: DeskCase) -> Iterator[tuple[Entry, Claim]]:
    for entry in case.streams.get(Stream.NOTES, ()):
        read = claim_of(entry.body)
        if read is not None:
            yield entry, read[0]
