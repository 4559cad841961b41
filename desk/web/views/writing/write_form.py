"""The page on which a member writes to the reporter, as words: what can be sent now, days, phrases, what came last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from cases.case.timeline import CaseAction, CaseState, DeadlineKind
from desk.web.views.case_line import case_number
from desk.web.views.pages import N_, Language
from desk.web.views.writing.days_offered import DayOffered, day_of, days_offered
from desk.web.views.writing.news import counted
from desk.web.views.writing.phrases import Phrases, PhraseShown, language_of_reporter
from desk.web.views.writing.typed import Choice, TypedText
from desk.work.case.opened import DeskCase
from trusted.case.entry import Message, Stream

ACKNOWLEDGE: Final = "acknowledge"
REPLY: Final = "reply"
ASK: Final = "ask"
# As much of the reporter's last message as helps to answer it.
_LAST_CHARACTERS: Final = 400


@dataclass(frozen=True, slots=True)
class _Act:
    """Something that can be sent: what the case must allow, and what it does to the clocks."""

    name: str
    action: CaseAction
    label: str
    hint: str


# In this order. The acknowledgement comes first until it is sent, and is chosen.
_ACTS: Final = (
    _Act(
        ACKNOWLEDGE,
        CaseAction.ACKNOWLEDGE,
        N_("Acknowledgement"),
        N_("Says that you have received the report. The law's seven days are then met."),
    ),
    _Act(REPLY, CaseAction.REPLY, N_("Answer"), N_("An ordinary message. It stops no time.")),
    _Act(ASK, CaseAction.ASK, N_("Question (completion)"), N_("You choose a day by which you would like the answer.")),
    _Act(
        "assess",
        CaseAction.ASSESS,
        N_("First assessment"),
        N_("What you think of the report, and what you do now. Our goal of two weeks is then met."),
    ),
    _Act(
        "feedback",
        CaseAction.FEEDBACK,
        N_("Feedback"),
        N_("What you have done or plan, and why. The law's three months are then met, and the case stays open."),
    ),
    _Act(
        "minutes",
        CaseAction.REPLY,
        N_("Minutes of a conversation"),
        N_("The reporter reads them and says whether they are right, and gets a new case code then."),
    ),
)
_NOT_ACKNOWLEDGED: Final = N_("An ordinary message. It stops no time: the report is not acknowledged by it.")


@dataclass(frozen=True, slots=True, repr=False)
class TypedMessage(TypedText):
    """What stands in the form."""

    act: str = ""
    by: str = ""
    # The clean copy of a file that waits to be sent with it, and what a preview showed of it.
    copy: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class WriteForm:
    """Everything that the page says. Without the case, when the server does not answer, it offers everything."""

    number: str
    choices: tuple[Choice, ...]
    days: tuple[DayOffered, ...]
    phrases: tuple[PhraseShown, ...]
    # The language of the report by its own name, where it is another than the member's.
    language: str
    language_code: str
    direction: str
    is_unreviewed: bool
    last: str
    seen: str


def action_of(act: str) -> CaseAction | None:
    """Return what the case must allow for this act; None for none of the page's."""
    return next((one.action for one in _ACTS if one.name == act), None)


def is_acknowledged(state: CaseState) -> bool:
    """Say whether the report has been acknowledged."""
    return any(limit.kind is DeadlineKind.ACKNOWLEDGE and limit.met for limit in state.deadlines)


def write_form(
    case_id: bytes, case: DeskCase | None, typed: TypedMessage, *, today: date, language: Language, phrases: Phrases
) -> WriteForm:
    """Return the page's words for a case, or for what is left of it without the server."""
    days = days_offered(today, day_of(typed.by), language)
    number = case_number(case_id)
    if case is None:
        return WriteForm(number, _choices(_ACTS, typed.act, language), days, (), "", "", "", False, "", typed.seen)
    allowed = [one for one in _ACTS if one.action in case.state.allowed]
    info = language_of_reporter(case.report.language)
    other = info.code != language.code
    return WriteForm(
        number=number,
        choices=_choices(allowed, typed.act, language, stops_none=not is_acknowledged(case.state)),
        days=days,
        phrases=phrases.shown(info, language),
        language=info.name if other else "",
        language_code=info.code,
        direction=info.direction,
        is_unreviewed=other and not info.complete,
        last=_last(case),
        seen=typed.seen or counted(case),
    )


def _choices(acts: Sequence[_Act], chosen: str, language: Language, *, stops_none: bool = False) -> tuple[Choice, ...]:
    names = [one.name for one in acts]
    chosen = chosen if chosen in names else next(iter(names), "")
    return tuple(
        Choice(
            one.name,
            language.translate(one.label),
            language.translate(_NOT_ACKNOWLEDGED if stops_none and one.name == REPLY else one.hint),
            one.name == chosen,
        )
        for one in acts
    )


def _last(case: DeskCase) -> str:
    """Return the beginning of the reporter's last message, if there is one after the report."""
    texts = [entry.body.text for entry in case.streams[Stream.REPORTER] if isinstance(entry.body, Message)]
    if not texts:
        return ""
    text = texts[-1].strip()
    return text if len(text) <= _LAST_CHARACTERS else text[:_LAST_CHARACTERS].rsplit(" ", 1)[0] + " …"
