"""
Single facts that were removed from a file, and that its reporter may want said all the same.

What scrubbing removed is gone. A day, a place or a camera can still be what the report is about, so the page of the
scrub report offers each as a box that is not ticked. What is ticked is sent as the text that stood beside the box
and is added like any message: typed text by the reporter, in the language of the page, which proves nothing of the
file. So the values travel in the reporter's own page, and the intake keeps no list of them between the two requests.

Never offered: names, serial numbers, programs and everything else that says who rather than when and where; a
reporter who wants that known can write it.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from intake.views.dates import moment_of
from intake.views.pages import Language
from intake.views.texts import N_
from trusted.jail.stages import Removed, What, Where
from trusted.web.errors import UnknownChoice

FACT_FIELD: Final = "fact"
# An example has at most 160 characters, and the sentence around it is short.
FACT_CHARACTERS: Final = 400
# Twenty files with some facts each; none of our pages has more.
MOST_FACTS: Final = 200

_SENTENCE: Final = N_("File %(number)d: %(fact)s")
_TAKEN_ON: Final = N_("the day the picture was taken, %(value)s")
_SOME_DAY: Final = N_("a day that stood in the file, %(value)s")
_PLACE: Final = N_("a place that stood in the file, %(value)s")
_DEVICE: Final = N_("made with %(value)s")
_POINT: Final = re.compile(r"(-?\d{1,3}\.\d{4})\d*, (-?\d{1,3}\.\d{4})\d*")


def facts_of(removed: Iterable[Removed], number: int, language: Language) -> list[str]:
    """Return the sentences that may be ticked for file `number`, each once: days, places, devices."""
    found = tuple(removed)
    facts = [
        *_days(found, language),
        *((_PLACE, _place(value)) for value in _values(found, What.PLACE)),
        *((_DEVICE, value) for value in _values(found, What.DEVICE)),
    ]
    sentences = (language.translate(fact) % {"value": value} for fact, value in facts)
    sentence = language.translate(_SENTENCE)
    return list(dict.fromkeys(sentence % {"number": number, "fact": one} for one in sentences))


def ticked(untrusted_facts: Sequence[str]) -> str:
    """Return what was ticked as the text of one message, empty for nothing. Raises `UnknownChoice`.

    A form written by hand can bring anything here. Its sender is the reporter all the same, and it is their own text.
    It must only be lines, so that it cannot look like something else than a row of facts.
    """
    if len(untrusted_facts) > MOST_FACTS:
        raise UnknownChoice
    if any(len(fact) > FACT_CHARACTERS or not fact.isprintable() for fact in untrusted_facts):
        raise UnknownChoice
    return "\n".join(fact for fact in untrusted_facts if fact.strip())


def _values(found: Sequence[Removed], what: What) -> list[str]:
    return [one.example for one in found if one.what is what and one.example]


def _days(found: Sequence[Removed], language: Language) -> list[tuple[str, str]]:
    """Return each day that was found, without its hour, and what it is.

    A camera writes when a picture was taken, and a program when it was changed: of several days nobody knows which is
    which. A document may carry any day.
    """
    days: dict[date, bool] = {}
    for one in found:
        moment = moment_of(one.example or "") if one.what is What.DATE else None
        if moment is not None:
            days[moment.day] = days.get(moment.day, False) or one.where is Where.EXIF
    return [
        (_TAKEN_ON if by_camera and len(days) == 1 else _SOME_DAY, language.day(day)) for day, by_camera in days.items()
    ]


def _place(value: str) -> str:
    """Return a point with four decimals, ten metres: the place, and not where in the room."""
    point = _POINT.fullmatch(value)
    return value if point is None else f"{point[1]}, {point[2]}"
