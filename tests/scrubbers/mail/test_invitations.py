"""Of an invitation in a message its title, time and place are shown, once, and nothing else of the calendar."""

from __future__ import annotations

import pytest
from files.messages import as_is
from files.office_jail import cleaned, text_of

from trusted.jail.stages import What

GUESTS = (
    "UID:040000Ada\r\nDTSTAMP:20260102T080000Z\r\nORGANIZER;CN=Bo Hemlig:mailto:bo@x.example\r\n"
    "ATTENDEE;CN=Ada:mailto:ada@x.example\r\nDESCRIPTION:Dolt i kalendern\r\nX-ALT-DESC:Dolt\r\n"
    "BEGIN:VALARM\r\nSUMMARY:Larm\r\nDESCRIPTION:Dolt\r\nEND:VALARM\r\n"
)


def calendar(event: str, method: str = "REQUEST") -> str:
    return (
        f"BEGIN:VCALENDAR\r\nPRODID:-//Program//EN\r\nMETHOD:{method}\r\nBEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\n"
        "BEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
        f"BEGIN:VEVENT\r\n{event}{GUESTS}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )


EVENT = (
    "DTSTART;TZID=W. Europe Standard Time:20260105T090000\r\nDTEND;TZID=W. Europe Standard Time:20260105T103000\r\n"
    "SUMMARY;LANGUAGE=sv-se:Möte om upphandlingen\\, del\r\n  2\r\nLOCATION:Rum 14\r\n"
)


def invited(text: str, *, twice: bool = False) -> bytes:
    part = f"Content-Type: text/calendar; charset=utf-8; method=REQUEST\r\n\r\n{text}\r\n"
    forms = f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHej, kom gärna.\r\n--b\r\n{part}--b--\r\n"
    if not twice:
        return as_is('multipart/alternative; boundary="b"', forms.encode())
    mixed = (
        f'--a\r\nContent-Type: multipart/alternative; boundary="b"\r\n\r\n{forms}--a\r\nContent-Disposition: attachment; '
        f'filename="invite.ics"\r\n{part}--a--\r\n'
    )
    return as_is('multipart/mixed; boundary="a"', mixed.encode())


@pytest.mark.parametrize("twice", [False, True])
def test_title_time_and_place_are_shown_with_the_text_and_no_guest_is(jail, twice):
    clean, report = cleaned(jail, invited(calendar(EVENT), twice=twice))

    assert text_of(clean).partition("Prov\n")[2].splitlines() == [
        "Kallelse / Invitation", "Rubrik / Title: Möte om upphandlingen, del 2",
        "Börjar / Begins: 2026-01-05 09:00 (svensk tid / Swedish time)",
        "Slutar / Ends: 2026-01-05 10:30 (svensk tid / Swedish time)", "Plats / Place: Rum 14", "Hej, kom gärna.",
    ]  # fmt: skip
    assert What.EMBEDDED_FILE in {found.what for found in report.removed}


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("DTSTART:20260705T080000Z", "2026-07-05 10:00 (svensk tid / Swedish time)"),
        ("DTSTART;VALUE=DATE:20260105", "2026-01-05"),
        ("DTSTART;TZID=Customized:20260105T090000", "2026-01-05 09:00 (avsändarens tid / sender's time)"),
        ("DTSTART:20260105T990000", ""),
        ("DTSTART:99991231T235959Z", ""),
    ],
)
def test_the_time_says_whose_it_is(jail, written, shown):
    clean, _ = cleaned(jail, invited(calendar(f"SUMMARY:Möte\r\n{written}\r\n")))

    assert ("Begins: " + shown if shown else "Title: Möte") in text_of(clean)
    assert shown or "Begins" not in text_of(clean)


def test_what_is_called_off_says_so_and_a_message_of_an_invitation_alone_is_read(jail):
    clean, _ = cleaned(jail, as_is("text/calendar; charset=utf-8", calendar(EVENT, "CANCEL").encode()))

    assert "Inställt / Cancelled" in text_of(clean)
    assert "Rum 14" in text_of(clean)
