"""What a reporter reads of a file that was cleaned: words of the language, and only what goes for this kind of file."""

from __future__ import annotations

import pytest

from cases.languages import LANGUAGES
from intake.shown import files_shown
from intake.views.pages import HomeShown, Pages
from trusted.forms.attachment import FileShown
from trusted.jail.stages import Kind, Removed, ScrubReport, What, Where

SWEDISH = Pages(HomeShown("Skogby", trial=False), tuple(LANGUAGES)).language("sv")
WORDS = {"text": "text", "csv": "tabell", "office": "dokument", "eml": "mejl", "sound": "ljud", "film": "film"}


def shown(kind, *removed):
    report = ScrubReport(kind, removed, (), version="1")
    (file,) = files_shown([FileShown(1, kind, report, None, "00")], SWEDISH, {})
    return file


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_is_a_word_or_the_letters_that_it_is_known_by(kind):
    assert shown(kind)["kind"] == WORDS.get(kind.value, kind.value.upper())


@pytest.mark.parametrize("kind", Kind)
def test_the_sensor_and_the_hum_are_said_of_files_that_can_have_them(kind):
    file = shown(kind)

    assert file["has_sound"] == (kind in {Kind.SOUND, Kind.FILM})
    assert file["may_hold_pictures"] == (kind not in {Kind.TEXT, Kind.CSV, Kind.SOUND, Kind.EMAIL})


@pytest.mark.parametrize("value", ["/False", "/True", "/", "unspecified", "False", "null", " Unknown "])
def test_what_only_a_program_understands_is_said_by_its_kind_alone(value):
    file = shown(Kind.PDF, Removed(What.HIDDEN_TEXT, Where.DOCUMENT_INFORMATION, value))

    (line,) = file["groups"][0]["lines"]
    assert line == {"what": "", "where": "dokumentinformation", "examples": ()}


def test_what_a_person_wrote_is_shown_beside_it():
    found = [Removed(What.HIDDEN_TEXT, Where.DOCUMENT, value) for value in ("/False", "False alarm, call 5", "/a b")]

    assert shown(Kind.PDF, *found)["groups"][0]["lines"][0]["examples"] == ("False alarm, call 5", "/a b")
