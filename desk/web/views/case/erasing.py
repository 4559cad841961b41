"""What may be erased and when, whose signature waits, and the certificates of what was erased: in words, for the pages.

A certificate says what the signed statements say (`desk.work.disposal`), and nothing else is left: no category, no
text, no day of the report.
Its six words are made from the statements, the same at every desk that has them.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from cases.case.deadlines import ERASE_AT_LATEST_MONTHS
from cases.case.timeline import CaseAction
from cases.roster.chain import Chain, fingerprint_words
from desk.keep.state import KeptTombstone
from desk.web.views.case.case_page import case_title
from desk.web.views.case.held import refusal_in_words
from desk.web.views.case.moving import in_words_or, stands_on_overview
from desk.web.views.case_line import case_number, case_path
from desk.web.views.pages import N_, Language, Notice
from desk.web.views.written import inert_line
from desk.work.case.claims import refusal_of
from desk.work.case.opened import UNKNOWN_NAME, DeskCase
from desk.work.case.readers import signers_beside
from desk.work.disposal import kind_of, read_reference, reference_for
from trusted.case.clock import add_months
from trusted.case.entry import LegalHold, Stream
from trusted.case.errors import SealBroken
from trusted.case.statements import verify_tombstone

ERASE: Final = "/erase"
# Thirty days before the two years are over the server gives notice (trusted/store/erase.py).
SOON_DAYS: Final = 30
OUTCOMES: Final = {
    "substantiated": N_("substantiated"),
    "partly substantiated": N_("partly substantiated"),
    "not substantiated": N_("not substantiated"),
    "dismissed": N_("dismissed"),
    "handled": N_("handled"),
}
GROUNDS: Final = (
    ("decision", N_("A disposal decision"), N_("Disposal decision %(reference)s")),
    ("archive", N_("A receipt from the archive: the documents are there"), N_("Archive receipt %(reference)s")),
)


@dataclass(frozen=True, slots=True, repr=False)
class Signature:
    """A signature that waits: whose it is, its reference, and whether it counts."""

    member: str
    name: str
    reference: str
    ours: bool
    counts: bool

    @property
    def ground(self) -> str:
        """What gives the right to erase, without what the reference says of the case."""
        return read_reference(self.reference).ground


@dataclass(frozen=True, slots=True, repr=False)
class EraseLine:
    """A closed case as the page of erasing shows it."""

    name: str
    path: str
    erase_path: str
    number: str
    title: str
    closed: str
    outcome: str
    register: str
    # How long it is until the two years are over, and how near that is.
    left: str
    until: str
    nearness: str
    # From when it may be erased, or why it is kept.
    note: str = ""
    # Since when, where it may be now.
    since: str = ""
    # Who can sign beside this member, in words; who has said no, and why.
    waits_for: str = ""
    refusal: str = ""
    # Whether that is this member.
    has_refused: bool = False
    signatures: tuple[Signature, ...] = ()
    may_sign: bool = False

    @property
    def is_signed(self) -> bool:
        """Whether this member has signed."""
        return any(one.ours for one in self.signatures)

    @property
    def differ(self) -> bool:
        """Whether members have signed with references that differ: that erases nothing."""
        return len({one.reference for one in self.signatures}) > 1

    @property
    def to_join(self) -> tuple[Signature, ...]:
        """The signatures of others beside which this member can sign: one for each reference."""
        first = {one.reference: one for one in reversed(self.signatures) if not one.ours and one.counts}
        spoilt = {one.reference for one in self.signatures if not one.counts}
        return tuple(one for reference, one in first.items() if reference not in spoilt)

    @property
    def not_counting(self) -> tuple[Signature, ...]:
        """The signatures of somebody who was not given the case, or whom it concerns."""
        return tuple(one for one in self.signatures if not one.counts)


@dataclass(frozen=True, slots=True, repr=False)
class EraseLists:
    """All closed cases, by what can be done."""

    to_sign: tuple[EraseLine, ...] = ()
    can: tuple[EraseLine, ...] = ()
    with_colleague: tuple[EraseLine, ...] = ()
    not_yet: tuple[EraseLine, ...] = ()
    held: tuple[EraseLine, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Certificate:
    """What is left of an erased case. Without signers the server erased it at the two-year cap."""

    path: str
    number: str
    erased: str = ""
    ground: str = ""
    register: str = ""
    closed: str = ""
    outcome: str = ""
    signers: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    # Signed by members of a roster that this desk no longer sees.
    unreadable: bool = False
    # This desk never opened the case, so it cannot tell whether those who signed read it.
    unknown_signers: bool = False


def erase_path(case_id: bytes) -> str:
    """Return the address of the page of the first signature."""
    return f"{ERASE}/{case_id.hex()}"


def certificate_path(case_id: bytes) -> str:
    """Return the address of a certificate."""
    return f"{erase_path(case_id)}/certificate"


def erase_lists(cases: Sequence[DeskCase], today: date, language: Language) -> EraseLists:
    """Return the closed cases by what can be done, the nearest cap first."""
    closed = sorted(
        (one for one in cases if one.state.closed_on is not None and stands_on_overview(one)),
        key=lambda one: one.state.closed_on or date.max,
    )
    sorted_in: dict[str, list[EraseLine]] = {}
    for case in closed:
        line = erase_line(case, today, language)
        sorted_in.setdefault(_place(case, line, today), []).append(line)
    return EraseLists(**{place: tuple(lines) for place, lines in sorted_in.items()})


def _place(case: DeskCase, line: EraseLine, today: date) -> str:
    if case.state.on_hold:
        return "held"
    if case.state.erasable_from is not None and case.state.erasable_from > today:
        return "not_yet"
    if any(not one.ours for one in line.signatures):
        return "to_sign"
    return "with_colleague" if line.signatures else "can"


def erase_line(case: DeskCase, today: date, language: Language) -> EraseLine:
    """Return one closed case in words."""
    state, translate = case.state, language.translate
    cap = date.max if state.closed_on is None else add_months(state.closed_on, ERASE_AT_LATEST_MONTHS)
    days = (cap - today).days
    beside = signers_beside(case)
    note = since = ""
    if state.on_hold:
        note = _why_held(case)
    elif state.erasable_from is not None and state.erasable_from > today:
        note = translate(N_("Can be erased from %(day)s"), day=language.day(state.erasable_from))
    elif state.erasable_from is not None:
        since = language.day(state.erasable_from)
    return EraseLine(
        name=case.known.case_id.hex(),
        path=case_path(case.known.case_id),
        erase_path=erase_path(case.known.case_id),
        number=case_number(case.known.case_id),
        title=case_title(case),
        closed="" if state.closed_on is None else language.day(state.closed_on),
        outcome="" if state.outcome is None else translate(OUTCOMES[kind_of(state.outcome)]),
        register=inert_line(case.register_number),
        left=_days_left(days, language),
        until=language.day(cap),
        nearness="soon" if days <= SOON_DAYS and not state.on_hold else "",
        note=note,
        since=since,
        waits_for=in_words_or([inert_line(one.name) for one in beside], language),
        refusal=refusal_in_words(case, language),
        has_refused=refusal_of(case)[0] == case.own_id,
        signatures=_signatures(case),
        may_sign=CaseAction.CO_SIGN in state.allowed,
    )


def why_not_yet(case: DeskCase, today: date, inbox_days: int, language: Language) -> Notice | None:
    """Return why a case cannot be erased on this day, from when it can, and what to do; None when it can."""
    state = case.state
    day = "" if state.erasable_from is None else language.weekday(state.erasable_from, today)
    if state.closed_on is None:
        what = N_("The case is not closed, so it cannot be erased yet.")
        do = N_(
            "Close it, with its outcome. Two of you can erase it %(days)d days later, and it stands on your overview."
        )
    elif state.on_hold:
        what = N_("The case is kept for now, so it is not erased.")
        do = N_("Read in the case why. When that is over, choose Let it be erased again there: then it can be erased.")
    elif state.erasable_from is not None and state.erasable_from > today:
        what = N_("The reporter can still read the outcome, so it is too early.")
        do = N_("You can sign from %(day)s. It stands on your overview from then on: until then you need do nothing.")
    else:
        return None
    return Notice(language.translate(what), language.translate(do, days=inbox_days, day=day), "warn")


def is_own_number(case: DeskCase, number: str) -> bool:
    """Whether what was typed as the reference is the case's own register number, however it is written."""
    own, typed = ("".join(filter(str.isalnum, one.casefold())) for one in (case.register_number, number))
    return bool(own) and typed in {own, f"dnr{own}", f"diarienummer{own}"}


def _days_left(days: int, language: Language) -> str:
    if days < 0:
        return language.translate(N_("The two years are over"))
    return (
        language.translate(N_("1 day left")) if days == 1 else language.translate(N_("%(days)d days left"), days=days)
    )


def _signatures(case: DeskCase) -> tuple[Signature, ...]:
    counting = case.known.may_erase or ()
    return tuple(
        Signature(
            member,
            inert_line(case.name_of(member)),
            inert_line(reference),
            ours=member == case.own_id,
            counts=member in counting,
        )
        for member, reference in case.waiting
    )


def _why_held(case: DeskCase) -> str:
    bodies = [entry.body for entry in case.streams.get(Stream.MEMBERS, ())]
    holds = [body for body in bodies if isinstance(body, LegalHold) and body.on]
    return inert_line(holds[-1].reason) if holds else ""


def reference_of(case: DeskCase, ground: str, number: str, language: Language) -> str:
    """Return the reference that both sign, from what was ticked and typed, and what the case is."""
    sentence = next(sentence for value, _label, sentence in GROUNDS if value == ground)
    return reference_for(case, language.translate(sentence, reference=" ".join(number.split())))


def certificate(kept: KeptTombstone, chain: Chain, server_key: bytes, language: Language) -> Certificate:
    """Return what the signed statements of an erased case say."""
    path, number = certificate_path(kept.case_id), case_number(kept.case_id)
    if not kept.statements:
        return Certificate(path, number)
    for version in reversed(chain.all):
        try:
            proof = verify_tombstone(kept.statements, version, server_key)
        except SealBroken:
            continue
        members = (version.member(one.member) for one in proof.statements)
        said = read_reference(inert_line(proof.reference))
        return Certificate(
            path=path,
            number=number,
            erased=language.day(proof.day),
            ground=said.ground,
            register=said.register,
            closed="" if said.closed is None else language.day(said.closed),
            outcome=language.translate(OUTCOMES[said.outcome]) if said.outcome else "",
            signers=tuple(UNKNOWN_NAME if one is None else inert_line(one.name) for one in members),
            words=_words(kept.statements),
            unknown_signers=kept.unknown_signers,
        )
    return Certificate(path, number, unreadable=True, unknown_signers=kept.unknown_signers)


def _words(statements: Sequence[bytes]) -> tuple[str, ...]:
    digests = sorted(hashlib.sha256(one).digest() for one in statements)
    return fingerprint_words(hashlib.sha256(b"".join(digests)).digest())
