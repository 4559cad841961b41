"""Who reads a case, who may from now on, and who has stepped aside: people in words, for the pages that change it.

What the entries and the roster allow is counted in `cases.case.signers` and `desk.work`; here it becomes choices with
names, roles and reasons.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from babel.lists import format_list

from cases.case.signers import enough_for, left_to_sign, stepped_aside
from cases.case.timeline import CaseAction, DeadlineKind
from cases.roster.chain import Member
from desk.web.views.case.way import next_day_in_law
from desk.web.views.pages import N_, Language, Notice
from desk.web.views.sentences import sentences_for
from desk.web.views.written import inert, inert_line
from desk.work.case.checks import check_stepping_aside
from desk.work.case.opened import DeskCase
from desk.work.case.readers import inside, is_concerned, signers_of_move, to_lock_out
from desk.work.moves import ReadOffer
from trusted.case.clock import STOCKHOLM, next_release

ROLES: Final = {"lead": N_("lead"), "handler": N_("handler"), "counsel": N_("outside lawyer")}
REASONS: Final = (
    ("myself", N_("I am concerned myself, or was there when it happened.")),
    ("close", N_("Somebody close to me (family, a relative) is concerned.")),
    ("gain", N_("I have money or something else to win or lose.")),
    ("other", N_("Something else, for example friendship or enmity, can make somebody doubt that I am impartial.")),
)
# The page of what a colleague has sent to be signed: where one move waits, that move itself.
SIGN_SENT: Final = "/moves?sent"
FIRST_DO: Final = {
    DeadlineKind.ACKNOWLEDGE: N_(
        "Send the acknowledgement first: after the move you do not reach the case before 6 o'clock the next day."
    ),
    DeadlineKind.FEEDBACK: N_(
        "Give feedback first: after the move you do not reach the case before 6 o'clock the next day."
    ),
}
STILL_HAS_KEY: Final = N_("%(names)s has left the case and still has its key.")
_TWO: Final = 2
_CONCERNED: Final = N_("The report concerns this person.")
_UNNAMED: Final = N_("The reporter has not said whom it concerns, so only an outside lawyer can be added.")
_LEFT: Final = N_("has left the case")
_NEW: Final = N_("new to the case: if nobody who reads it today is to stay")


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """A member, as pages name her; `chosen` in a form, and why she cannot be chosen."""

    id: str
    name: str
    role: str
    label: str
    chosen: bool = False
    refused: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class MoveForm:
    """What the page of a move offers: who can read from then on, who can sign second."""

    readers: tuple[Person, ...]
    signers: tuple[Person, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class MoveShown:
    """A move in words: who reads from then on, who is new, who no longer reads."""

    by: str
    readers: tuple[Person, ...]
    joining: tuple[Person, ...]
    leaving: tuple[Person, ...]
    reason: str


def is_left(case: DeskCase) -> bool:
    """Whether this member has stepped aside in the case."""
    return case.own_id in stepped_aside(case.streams)


def stands_on_overview(case: DeskCase) -> bool:
    """Whether the overview and the search show the case: not one that this member has left, unless she has to sign."""
    return not is_left(case) or CaseAction.CO_SIGN in case.state.allowed


def needs_relock(case: DeskCase) -> tuple[str, ...]:
    """Return the names of those who have stepped aside and are not locked out yet, for a member who can do it."""
    return tuple(inert_line(name) for name in to_lock_out(case))


def warnings_of_leaving(case: DeskCase) -> tuple[tuple[str, Notice], ...]:
    """Return what has to be said before this member steps aside, each with its key."""
    roster = case.chain.current
    few = () if roster is None else check_stepping_aside(case.own_id, case.streams, roster)
    return tuple((key, sentences_for(key)) for key in few)


def is_asked_after_leaving(case: DeskCase) -> bool:
    """Whether this member is still asked to sign once she has stepped aside: the others are too few."""
    roster = case.chain.current
    left = () if roster is None else left_to_sign(case.streams, roster)
    return roster is None or not enough_for(case.streams, {one.id for one in left} - {case.own_id}, roster)


def others_reading(case: DeskCase) -> tuple[str, ...]:
    """Return the names of the others who read the case and have not stepped aside."""
    roster = case.chain.current
    left = () if roster is None else left_to_sign(case.streams, roster)
    return tuple(inert_line(one.name) for one in left if one.id != case.own_id)


def in_words(names: Sequence[str], language: Language) -> str:
    """Return names as a sentence has them: "Jonas och Samira"."""
    return format_list(list(names), locale=language.code)


def in_words_or(names: Sequence[str], language: Language) -> str:
    """Return names of whom one is enough: "Jonas eller Samira"."""
    return format_list(list(names), style="or", locale=language.code)


def first_to_do(case: DeskCase, now: datetime) -> str:
    """Return what the law asks before a move; nothing for none.

    The acknowledgement always comes first: while a move waits for its second signature nobody can write, and after it
    this member does not reach the case before the next release. The feedback comes first when its day is before that.
    """
    limit, release = next_day_in_law(case.state), next_release(now).astimezone(STOCKHOLM).date()
    if limit is None or (limit.kind is not DeadlineKind.ACKNOWLEDGE and limit.day > release):
        return ""
    return limit.kind


def move_form(
    case: DeskCase, language: Language, chosen: Collection[str] | None = None, signer: str = "", reason: str = ""
) -> MoveForm:
    """Return the choices of a move. Chosen at first: who reads today, without those who have stepped aside."""
    roster = case.chain.current
    if roster is None:
        return MoveForm((), ())
    within = inside(case) - stepped_aside(case.streams)
    signers = signers_of_move(case, case.own_id, within)
    # With one other reader left: who signs when she is the one whom the move leaves out.
    signers += () if len(within) > _TWO else signers_of_move(case, case.own_id, {case.own_id})
    signers = tuple(dict.fromkeys(signers))
    # Where one alone can sign, that one has to read from then on.
    chosen = within | ({signers[0].id} if len(signers) == 1 else set()) if chosen is None else chosen
    able = {one.id for one in signers}
    first = signer if signer in able else next((one.id for one in signers if one.id in chosen), "")
    return MoveForm(
        readers=tuple(_choice(case, one, language, chosen) for one in roster.members),
        signers=tuple(
            person(one, language, chosen=one.id == first, note="" if one.id in within else _NEW) for one in signers
        ),
        reason=reason,
    )


def person(member: Member, language: Language, *, chosen: bool = False, refused: str = "", note: str = "") -> Person:
    """Return a member in words."""
    return Person(
        id=member.id,
        name=inert_line(member.name),
        role=language.translate(ROLES[member.role]),
        label=inert_line(member.label),
        chosen=chosen,
        refused=language.translate(refused) if refused else "",
        note=language.translate(note) if note else "",
    )


def _choice(case: DeskCase, member: Member, language: Language, chosen: Collection[str]) -> Person:
    refused = _why_refused(case, member)
    return person(
        member,
        language,
        chosen=member.id in chosen and not refused,
        refused=refused,
        note=_LEFT if member.id in stepped_aside(case.streams) else "",
    )


def _why_refused(case: DeskCase, member: Member) -> str:
    """Return why a member cannot read a case from now on; nothing for who can."""
    if member.id in case.report.concerns:
        return _CONCERNED
    return _UNNAMED if is_concerned(case, member) else ""


def move_shown(case: DeskCase, by: str, readers: Sequence[Member], reason: str, language: Language) -> MoveShown:
    """Return a move that this member is about to offer."""
    roster, before, named = case.chain.current, inside(case), {one.id for one in readers}
    known = () if roster is None else roster.members
    return MoveShown(
        by=by,
        readers=_people(readers, language),
        joining=_people([one for one in readers if one.id not in before], language),
        leaving=_leaving(case, [one for one in known if one.id in before - named], language),
        reason=inert(reason),
    )


def offer_shown(read: ReadOffer, language: Language) -> MoveShown:
    """Return a move that another member has offered, as this desk has checked it."""
    return MoveShown(
        by=inert_line(read.by.name),
        readers=_people(read.readers, language),
        joining=_people([*read.let_in, *read.joining], language),
        leaving=_leaving(read.case, read.leaving, language),
        reason=inert(read.reason),
    )


def _people(members: Sequence[Member], language: Language) -> tuple[Person, ...]:
    return tuple(person(one, language) for one in members)


def _leaving(case: DeskCase, members: Sequence[Member], language: Language) -> tuple[Person, ...]:
    aside = stepped_aside(case.streams)
    return tuple(person(one, language, note=_LEFT if one.id in aside else "") for one in members)
