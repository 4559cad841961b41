"""The dates that were found in files are read in words, in every language, and none as a machine writes it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.languages import LANGUAGES
from intake.shown import files_shown
from intake.uploads.facts import facts_of
from intake.views.dates import date_in_words
from intake.views.pages import HomeShown, Pages
from trusted.forms.attachment import FileShown
from trusted.jail.stages import Kind, Removed, ScrubReport, What, Where

PAGES = Pages(HomeShown("", trial=False), tuple(LANGUAGES))
MOMENT = "2026:03:14 10:11:12"


def shown_of(removed) -> FileShown:
    return FileShown(1, Kind.JPEG, ScrubReport(Kind.JPEG, tuple(removed), (), ""), None)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (MOMENT, "14 mars 2026 kl. 10.11"),  # EXIF
        ("2026:03:14", "14 mars 2026"),  # EXIF, of the satellites
        ("2026:03:14 10:11:12.345+02:00", "14 mars 2026 kl. 10.11 (UTC+02:00)"),
        ("2026-03-14T10:11:12Z", "14 mars 2026 kl. 10.11 (UTC)"),  # XMP
        ("2026-03-14T10:11", "14 mars 2026 kl. 10.11"),
        ("2026-03-14 09:05:00 -0330", "14 mars 2026 kl. 09.05 (UTC-03:30)"),
        ("2026-03", "mars 2026"),
        ("20260314", "14 mars 2026"),  # IPTC
        ("D:20261127101112+01'00'", "27 november 2026 kl. 10.11 (UTC+01:00)"),  # PDF
        ("D:20261127101112Z00'00'", "27 november 2026 kl. 10.11 (UTC)"),
        ("D:202611271011", "27 november 2026 kl. 10.11"),
        ("D:20261127", "27 november 2026"),
        ("D:202611", "november 2026"),
        ("D:2026", "2026"),
    ],
)
def test_a_date_is_said_in_words_with_its_time_zone_if_it_has_one(value, words):
    assert date_in_words(value, PAGES.language("sv")) == words


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "",
        "0000:00:00 00:00:00",
        "2026:13:41 10:11:12",
        "2026:03:14 25:00:00",
        "101112",
        "2026:03:14 later",
    ],
)
def test_what_is_no_date_is_shown_as_it_stands(value):
    assert date_in_words(value, PAGES.language("sv")) == value


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_has_the_month_in_its_own_words_and_no_date_of_a_machine(code):
    language = PAGES.language(code)
    found = [Removed(What.DATE, Where.EXIF, MOMENT), Removed(What.DATE, Where.DOCUMENT_INFORMATION, "D:20260314101112")]

    shown = date_in_words(MOMENT, language)
    page = files_shown([shown_of(found)], language, {})
    lines = [example for group in page[0]["groups"] for line in group["lines"] for example in line["examples"]]

    assert shown.startswith(language.day(date(2026, 3, 14)))
    assert "2026:03" not in shown
    assert lines == [shown, shown]
    assert shown != date_in_words(MOMENT, PAGES.language("en")) or code == "en"


def test_values_that_read_the_same_in_words_stand_once():
    found = tuple(Removed(What.DATE, Where.EXIF, f"2026:03:14 10:11:{second}") for second in (12, 13))

    (page,) = files_shown([shown_of(found)], PAGES.language("sv"), {})

    assert page["groups"][0]["lines"][0]["examples"] == ("14 mars 2026 kl. 10.11",)


def test_the_day_of_a_picture_is_said_as_such_only_when_there_is_one():
    sv = PAGES.language("sv")
    one_day = [Removed(What.DATE, Where.EXIF, MOMENT), Removed(What.DATE, Where.XMP, "2026-03-14T10:11:12")]
    changed_later = [*one_day, Removed(What.DATE, Where.EXIF, "2026:04:01 08:00:00")]
    document = [Removed(What.DATE, Where.DOCUMENT_INFORMATION, "D:20260314101112")]

    assert facts_of(one_day, 1, sv) == ["Bilaga 1: dagen då bilden togs, 14 mars 2026"]
    assert facts_of(changed_later, 1, sv) == [
        "Bilaga 1: en dag som stod i filen, 14 mars 2026",
        "Bilaga 1: en dag som stod i filen, 1 april 2026",
    ]
    assert facts_of(document, 2, sv) == ["Bilaga 2: en dag som stod i filen, 14 mars 2026"]


@pytest.mark.property
@given(st.text(max_size=60) | st.from_regex(r"\A(D:)?\d{4}[:-]?\d{2}[:-]?\d{2}[ T]?\d{2}:?\d{2}.{0,12}\Z"))
def test_any_value_gives_one_line_of_words(value):
    for code in ("sv", "fa"):
        assert len(date_in_words(value, PAGES.language(code))) <= len(value) + 60
