"""
Dates as files carry them, said in words: EXIF, XMP, IPTC and PDF each have a form of their own.

The value comes from the reporter's file and is shown to the reporter alone. What is not a whole date is shown as it
stands. Seconds are left out, and the time zone is said if the value has one: a camera that has none may have been set
to any.
"""

import re
from dataclasses import dataclass
from datetime import date, time
from typing import Final

from intake.views.calendar_words import CALENDAR, clock_in_pattern, in_pattern
from intake.views.pages import Language
from intake.views.texts import N_

_AT: Final = N_("%(day)s at %(time)s")
# 2026:03:14 10:11:12 in EXIF, 2026-03-14T10:11:12+01:00 in XMP, 20260314 in IPTC, D:20260314101112+01'00' in a PDF.
_MOMENT: Final = re.compile(
    r"(?:D:)?(?P<year>\d{4})[:/-]?(?P<month>\d{2})[:/-]?(?P<day>\d{2})"
    r"(?:[ T]?(?P<hour>\d{2}):?(?P<minute>\d{2})(?::?\d{2}(?:[.,]\d+)?)?"
    r" ?(?P<zone>Z(?:00'?00'?)?|[+-]\d{2}(?:[:']?\d{2})?'?)?)?",
    re.ASCII,
)
# Without a day, digits that run together may be a time as well, but for those that a PDF marks.
_MONTH: Final = re.compile(
    r"(?:D:(?P<pdf_year>\d{4})(?P<pdf_month>\d{2})|(?P<year>\d{4})[:/-](?P<month>\d{2}))", re.ASCII
)
_PDF_YEAR: Final = re.compile(r"D:(?P<year>\d{4})", re.ASCII)


@dataclass(frozen=True, slots=True, repr=False)
class Moment:
    """A day and, if the file says it, the time of day and the time zone."""

    day: date
    hour: time | None = None
    zone: str = ""


def moment_of(untrusted: str) -> Moment | None:
    """Return the moment that a value of a file stands for; None when it is not a whole date."""
    found = _MOMENT.fullmatch(untrusted)
    if found is None:
        return None
    try:
        day = date(int(found["year"]), int(found["month"]), int(found["day"]))
        if found["hour"] is None:
            return Moment(day)
        return Moment(day, time(int(found["hour"]), int(found["minute"])), _zone(found["zone"] or ""))
    except ValueError:
        return None


def date_in_words(untrusted: str, language: Language) -> str:
    """Return a value that was found as a date in the words of this language; what is no date as it stands."""
    moment = moment_of(untrusted)
    if moment is None:
        return _without_day(untrusted, language)
    day = language.day(moment.day)
    if moment.hour is None:
        return day
    clock = clock_in_pattern(moment.hour, language.info.time)
    words = language.translate(_AT) % {"day": day, "time": clock}
    return f"{words} ({moment.zone})" if moment.zone else words


def _zone(written: str) -> str:
    """Return the zone as UTC and its distance from it, or nothing for none."""
    digits = re.sub(r"\D", "", written)
    if not written or not digits.strip("0"):
        return "UTC" if written else ""
    return f"UTC{written[0]}{digits[:2]}:{digits[2:] or '00'}"


def _without_day(untrusted: str, language: Language) -> str:
    if (found := _MONTH.fullmatch(untrusted)) is not None:
        try:
            month = date(int(found["pdf_year"] or found["year"]), int(found["pdf_month"] or found["month"]), 1)
        except ValueError:
            return untrusted
        words = CALENDAR[language.code]
        return in_pattern(month, words.month_and_year, words)
    year = _PDF_YEAR.fullmatch(untrusted)
    return untrusted if year is None else year["year"]
