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

from intake.errors import UnknownChoice
from intake.views.pages import Language
from intake.views.texts import N_
from scrubbers.stages import Removed, What

FACT_FIELD: Final = "fact"
# An example has at most 160 characters, and the sentence around it is short.
FACT_CHARACTERS: Final = 400
# Twenty files with some facts each; none of our pages has more.
MOST_FACTS: Final = 200

_SENTENCE: Final = N_("From file %(number)d, chosen by the reporter: %(fact)s")
_WORDS: Final = {
    What.DATE: N_("dated %(value)s"),
    What.PLACE: N_("place %(value)s"),
    What.DEVICE: N_("made with %(value)s"),
}
# 2026:03:14 in EXIF, 2026-03-14 in XMP, 20260314 in IPTC, D:20260314 in a PDF; the hour is never offered.
_DAY: Final = re.compile(r"(?:D:)?(\d{4})[:/-]?(\d{2})[:/-]?(\d{2})")
_POINT: Final = re.compile(r"(-?\d{1,3}\.\d{4})\d*, (-?\d{1,3}\.\d{4})\d*")


def facts_of(removed: Iterable[Removed], number: int, language: Language) -> list[str]:
    """Return the sentences that may be ticked for file `number`, each once, in the order of `_WORDS`."""
    found = tuple(removed)
    sentences: dict[str, None] = {}
    for what, words in _WORDS.items():
        for one in found:
            value = _value(what, one.example or "") if one.what is what else ""
            if value:
                fact = language.translate(words) % {"value": value}
                sentences[language.translate(_SENTENCE) % {"number": number, "fact": fact}] = None
    return list(sentences)


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


def _value(what: What, example: str) -> str:
    if what is What.DATE:
        return _day(example)
    if what is What.PLACE and (point := _POINT.fullmatch(example)) is not None:
        # Four decimals are ten metres: the place, and not where in the room.
        return f"{point[1]}, {point[2]}"
    return example


def _day(example: str) -> str:
    """Return the day in a value, or nothing when there is none."""
    found = _DAY.match(example)
    if found is None:
        return ""
    try:
        return date(int(found[1]), int(found[2]), int(found[3])).isoformat()
    except ValueError:
        return ""
