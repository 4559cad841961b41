"""Who can have a case, until when somebody can be covered for, and the question of harm: choices in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from cases.case.signers import stepped_aside
from desk.web.views.pages import N_, Language
from desk.web.views.writing.days_offered import DayOffered
from desk.web.views.written import inert_line
from desk.work.case.claims import claims_of
from desk.work.case.opened import DeskCase
from desk.work.case.readers import inside

RISKS: Final = {
    "none": N_("Nothing points to it."),
    "reporter": N_("The one who reports can be punished, or be found out."),
    "accused": N_(
        "The one who is accused, or somebody else who is named, can be hurt before it is known what is true."
    ),
}
# A week, two, a month: leave and illness. The later look comes after one month, two or three.
_COVER: Final = (7, 14, 30)
_LOOK: Final = (30, 60, 90)


@dataclass(frozen=True, slots=True, repr=False)
class HasForm:
    """The choices: members by id and name, the one that stands there now, and for whom this member can cover."""

    readers: tuple[tuple[str, str], ...]
    chosen: str
    # The id and name of a colleague who has the case, and the days until which she can be covered for.
    holder: tuple[str, str] | None
    days: tuple[DayOffered, ...]


def has_form(case: DeskCase, today: date, language: Language, typed: str) -> HasForm:
    """Return who can have the case: those who read it and have not stepped aside, this member first."""
    roster, claims = case.chain.current, claims_of(case)
    able = inside(case) - stepped_aside(case.streams) - {case.own_id}
    readers = [(one.id, inert_line(one.name)) for one in (() if roster is None else roster.members) if one.id in able]
    is_others = claims.holder not in {"", case.own_id}
    return HasForm(
        readers=tuple(readers),
        chosen=typed or ("me" if claims.holder in {"", case.own_id} else claims.holder),
        holder=(claims.holder, inert_line(case.name_of(claims.holder))) if is_others else None,
        days=_days(today, _COVER, 14, None, language),
    )


def look_days(today: date, chosen: date | None, language: Language) -> tuple[DayOffered, ...]:
    """Return the days on which the question of harm can be looked at again."""
    return _days(today, _LOOK, 30, chosen, language)


def risks_in_words(risks: Sequence[str], language: Language) -> str:
    """Return what was ticked, in words."""
    return "\n".join(language.translate(RISKS[one]) for one in risks)


def _days(
    today: date, ahead: Sequence[int], at_first: int, chosen: date | None, language: Language
) -> tuple[DayOffered, ...]:
    first = today + timedelta(days=at_first)
    days = [today + timedelta(days=one) for one in ahead]
    wanted = chosen if chosen in days else first
    return tuple(DayOffered(day.isoformat(), language.weekday(day, today), day == wanted) for day in days)
