"""Who reads a case, who may from now on, and who has stepped aside: people in words, for the pages that change it.

What the entries and the roster allow is counted in `cases.case.signers` and `desk.work`; here it becomes choices with
names, roles and reasons.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from babel.lists import format_list

from cases.case.signers import left_to_sign, stepped_aside
from cases.case.timeline import CaseAction, DeadlineKind
from cases.roster.chain import Member
from desk.web.views.case.way import next_day_in_law
from desk.web.views.pages import N_, Language, Notice
from desk.web.views.sentences import sentences_for
from desk.web.views.written import inert, inert_line
from desk.work.case.checks import check_stepping_aside
from desk.work.case.opened import DeskCase
from desk.work.case.readers import inside, signers_beside
from desk.work.case.summing import to_lock_out
from desk.work.moves import ReadOffer
from trusted.case.clock import STOCKHOLM, next_release
from trusted.case.statements import enough_to_sign

ROLES: Final = {"lead": N_("lead"), "handler": N_("handler"), "counsel": N_("outside lawyer")}
REASONS: Final = (
    ("myself", N_("I am concerned myself, or was there when it happened.")),
    ("close", N_("Somebody close to me (family, a relative) is concerned.")),
    ("gain", N_("I have money or something else to win or lose.")),
    ("other", N_("Something else, for example friendship or enmity, can make somebody doubt that I am impartial.")),
)
TWO_MOVES: Final = Notice(
    N_("You are too few to lock the case at once: it takes two moves."),
    N_(
        "Step 1, now: add a third reader, and let the one who has left sign once more. Step 2, after 6 o'clock the"
        " next day: lock again without the one who has left, and let the third person sign. You make both."
    ),
    "warn",
)
NO_THIRD: Final = Notice(
    N_("You are too few to lock the case, and there is nobody to add."),
    N_("Add a member under Members first. Until then the case stays with you."),
    "warn",
)
FIRST_DO: Final = {
    DeadlineKind.ACKNOWLEDGE: N_(
        "Send the acknowledgement first: after the move you do not reach the case before 6 o'clock the next day."
    ),
    DeadlineKind.FEEDBACK: N_(
        "Give feedback first: after the move you do not reach the case before 6 o'clock the next day."
    ),
}
_STAYS: Final = (
    N_("%(name)s has to stay in this step: only a reader can check the new key."),
    N_("The next step takes %(name)s out."),
)
_ONE_READER: Final = N_("signs once more, and has to stay in this step: only a reader can check the new key")
_CONCERNED: Final = N_("The report concerns this person.")
_UNNAMED: Final = N_("The reporter has not said whom it concerns, so only an outside lawyer can be added.")
_LEFT: Final = N_("has left the case")


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
    # Why she is among the readers of this move without being asked.
    stays: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class MoveForm:
    """What the page of a move offers: who can read from then on, who can sign second."""

    readers: tuple[Person, ...]
    signers: tuple[Person, ...]
    reason: str = ""
    notice: Notice | None = None


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
    return roster is None or not enough_to_sign({one.id for one in left} - {case.own_id}, roster)


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


def has_to_stay(case: DeskCase, readers: Collection[str], signer: str, language: Language) -> Notice | None:
    """Return the notice for a signer who has stepped aside and was taken out; she reads once more to check the key."""
    roster = case.chain.current
    member = None if roster is None else roster.member(signer)
    if member is None or signer in readers or signer not in stepped_aside(case.streams):
        return None
    return Notice(*(language.translate(one, name=inert_line(member.name)) for one in _STAYS))


def move_form(
    case: DeskCase, language: Language, chosen: Collection[str] | None = None, signer: str = "", reason: str = ""
) -> MoveForm:
    """Return the choices of a move. Chosen at first: who reads today, without those who have stepped aside."""
    roster = case.chain.current
    if roster is None:
        return MoveForm((), ())
    aside, signers, within = stepped_aside(case.streams), signers_beside(case), inside(case)
    two_moves = bool(signers) and all(one.id in aside for one in signers)
    # Where one alone can sign, and has left, she is a reader of this move by need: that is no choice.
    staying = signers[0].id if two_moves and len(signers) == 1 else ""
    new = [one.id for one in roster.members if one.id not in within and not _why_refused(case, one)]
    if chosen is None:
        chosen = within - aside | ({one.id for one in signers} if two_moves else set())
        # Where one alone can be the third, that one is.
        chosen |= set(new) if two_moves and len(new) == 1 else set()
    able = {one.id for one in signers}
    first = signer if signer in able else next((one.id for one in signers if one.id in chosen), "")
    readers = tuple(_choice(case, one, language, chosen, staying) for one in roster.members)
    return MoveForm(
        readers=readers,
        signers=tuple(
            person(one, language, chosen=one.id == first, note=_LEFT if one.id in aside else "") for one in signers
        ),
        reason=reason,
        notice=None if not two_moves else TWO_MOVES if new else NO_THIRD,
    )


def person(
    member: Member, language: Language, *, chosen: bool = False, refused: str = "", note: str = "", stays: str = ""
) -> Person:
    """Return a member in words."""
    return Person(
        id=member.id,
        name=inert_line(member.name),
        role=language.translate(ROLES[member.role]),
        label=inert_line(member.label),
        chosen=chosen,
        refused=language.translate(refused) if refused else "",
        note=language.translate(note) if note else "",
        stays=language.translate(stays) if stays else "",
    )


def _choice(case: DeskCase, member: Member, language: Language, chosen: Collection[str], staying: str) -> Person:
    refused = _why_refused(case, member)
    return person(
        member,
        language,
        chosen=member.id in chosen and not refused,
        refused=refused,
        note=_LEFT if member.id in stepped_aside(case.streams) else "",
        stays=_ONE_READER if member.id == staying else "",
    )


def _why_refused(case: DeskCase, member: Member) -> str:
    """Return why a member cannot read a case from now on; nothing for who can."""
    report = case.report
    if member.id in report.concerns:
        return _CONCERNED
    return _UNNAMED if report.concerns_unnamed and member.role != "counsel" else ""


def move_shown(case: DeskCase, by: str, readers: Sequence[Member], reason: str, language: Language) -> MoveShown:
    """Return a move that this member is about to offer."""
    roster, before, named = case.chain.current, inside(case), {one.id for one in readers}
    known = () if roster is None else roster.members
    return MoveShown(
        by=by,
        readers=_people(readers, language),
        joining=_people([one for one in readers if one.id not in before], language),
        leaving=_people([one for one in known if one.id in before - named], language),
        reason=inert(reason),
    )


def offer_shown(read: ReadOffer, language: Language) -> MoveShown:
    """Return a move that another member has offered, as this desk has checked it."""
    return MoveShown(
        by=inert_line(read.by.name),
        readers=_people(read.readers, language),
        joining=_people(read.joining, language),
        leaving=_people(read.leaving, language),
        reason=inert(read.reason),
    )


def _people(members: Sequence[Member], language: Language) -> tuple[Person, ...]:
    return tuple(person(one, language) for one in members)
