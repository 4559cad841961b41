"""The table of months and units says what the library of languages says."""

from datetime import date, time

import pytest
from babel.dates import format_date, format_skeleton, format_time
from babel.units import format_unit

from cases.languages import LANGUAGES
from intake.views.calendar_words import CALENDAR, clock_in_pattern, in_pattern, size_in_words


def test_every_language_is_in_the_table_and_no_other():
    assert CALENDAR.keys() == LANGUAGES.keys()


@pytest.mark.parametrize("code", LANGUAGES)
def test_days_months_and_hours_are_the_librarys(code):
    info, words = LANGUAGES[code], CALENDAR[code]

    for month in range(1, 13):
        day = date(2026, month, month + 3)
        assert in_pattern(day, info.day, words) == format_date(day, info.day, locale=code)
        assert in_pattern(day, words.month_and_year, words) == format_skeleton("yMMMM", day, locale=code)
    for moment in (time(0, 0), time(9, 5), time(23, 59)):
        assert clock_in_pattern(moment, info.time) == format_time(moment, info.time, locale=code)


@pytest.mark.parametrize("code", LANGUAGES)
def test_sizes_are_the_librarys_but_for_its_own_words_for_one(code):
    for size in (2_000, 21_499, 999_499, 1_100_000, 2_000_000, 2_050_001, 49_960_000):
        if size < 1_000_000:
            said = format_unit(max(1, round(size / 1000)), "digital-kilobyte", "short", locale=code)
        else:
            said = format_unit(round(size / 1_000_000, 1), "digital-megabyte", "short", locale=code)
        assert size_in_words(size, CALENDAR[code]) == said.replace(" ", "\N{NO-BREAK SPACE}")
    assert size_in_words(1, CALENDAR[code]).startswith("1\N{NO-BREAK SPACE}")
