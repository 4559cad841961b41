"""A case as one line: its own first words, number, organisation, day, state and what comes next."""

from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Final

from desk.web.views.pages import Language
from desk.web.views.states import NextDay, next_day, state_in_words
from desk.work.opened import DeskCase

FIRST_CHARACTERS: Final = 70
_PERSON: Final = b"ks1-case-number"
_NUMBERS: Final = 1_000_000


@dataclass(frozen=True, slots=True, repr=False)
class CaseLine:
    """One case on the overview."""

    path: str
    title: str
    number: str
    organisation: str
    received: str
    state: str
    new: bool
    urgent: bool
    next: NextDay


def case_number(case_id: bytes) -> str:
    """Return the number by which members talk of a case, "226 417": made from its id, the same at every desk.

    It is no running number: one would show the gaps of the cases that a member cannot open.
    """
    digest = blake2b(case_id, person=_PERSON, digest_size=8).digest()
    digits = f"{int.from_bytes(digest, 'big') % _NUMBERS:06d}"
    return f"{digits[:3]} {digits[3:]}"


def case_path(case_id: bytes) -> str:
    """Return the address of a case's page."""
    return f"/case/{case_id.hex()}"


def first_line(untrusted_text: str) -> str:
    """Return the beginning of a text on one line."""
    line = " ".join(untrusted_text.split())
    return line if len(line) <= FIRST_CHARACTERS else line[:FIRST_CHARACTERS].rsplit(" ", 1)[0] + " …"


def case_line(case: DeskCase, today: date, language: Language) -> CaseLine:
    """Return what the overview shows of an opened case."""
    return CaseLine(
        path=case_path(case.known.case_id),
        title=first_line(case.report.text),
        number=case_number(case.known.case_id),
        organisation=case.organisation_name(),
        received="" if case.release_day is None else language.day(case.release_day),
        state=state_in_words(case.state, language),
        new=case.new_entries > 0,
        urgent=case.report.urgent,
        next=next_day(case.state, today, language),
    )
