"""A reminder for the member's own calendar: every weekday at nine, the same all year and for everyone.

It depends on nothing, neither on cases nor on the member nor on the day on which it is fetched: a calendar is read by
others, and is mostly kept by the municipality.
"""

from typing import Final

from aiohttp import web

from desk.web.local.guard import Routes
from desk.web.views.pages import download

CALENDAR: Final = "/calendar.ics"
_LINES: Final = (
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Kallskydd//Titta in//SV",
    "BEGIN:VEVENT",
    "UID:titta-in@kallskydd.invalid",
    "DTSTAMP:20260101T080000Z",
    # A Monday, without a zone: nine on the wall wherever the calendar is.
    "DTSTART:20260105T090000",
    "DURATION:PT10M",
    "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    "SUMMARY:Titta in",
    "TRANSP:TRANSPARENT",
    "BEGIN:VALARM",
    "ACTION:DISPLAY",
    "DESCRIPTION:Titta in",
    "TRIGGER:PT0M",
    "END:VALARM",
    "END:VEVENT",
    "END:VCALENDAR",
)
_BODY: Final = "".join(f"{line}\r\n" for line in _LINES).encode()


async def give_out(_request: web.Request) -> web.StreamResponse:
    """Return the file."""
    return download(_BODY, "titta-in.ics", "text/calendar; charset=utf-8")


ROUTES: Final[Routes] = {CALENDAR: (give_out, None)}
