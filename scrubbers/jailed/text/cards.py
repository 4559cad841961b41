"""Keeps of a visiting card (.vcf) and an appointment (.ics) what address books and calendars show.

Programs write more into them: who they are, identifiers of the entry, of its account and of each meeting, times of
changes, pictures. A property that is not known here goes with its further lines (RFC 5545 and 6350).
"""

import re
from typing import Final

from scrubbers.jailed.findings import Findings
from trusted.jail.stages import What, Where

_BEGIN: Final = re.compile(r"\s*BEGIN:(?:VCARD|VCALENDAR)\s*\n", re.IGNORECASE)
_PROPERTY: Final = re.compile(r"(?:[\w-]{1,40}\.)?([A-Za-z][A-Za-z0-9-]{0,60})(?:[;:]|$)")
# Of a property all before its value: up to the first colon outside quotes.
_NAMED: Final = re.compile(r"""(?:[^":]|"[^"]*(?:"|$))*""")
_PARAMETER: Final = re.compile(r""";(?:X-[\w-]+|ALTREP|PID|ALTID|INDEX)=(?:[^;:"]|"[^"]*(?:"|$))*""", re.IGNORECASE)
# A line that begins with a blank goes on with the one before.
_FOLDED: Final = re.compile(r"\n[ \t]")
_OF_CARDS: Final = (
    r"ADR|ANNIVERSARY|BDAY|BEGIN|CATEGORIES|EMAIL|END|FN|GENDER|IMPP|LABEL|N|NICKNAME|NOTE|ORG|RELATED|ROLE|TEL|TITLE"
    r"|URL|VERSION|X-ABLABEL"
)
_OF_CALENDARS: Final = (
    r"ACTION|ATTENDEE|CALSCALE|CLASS|COMMENT|COMPLETED|CONTACT|DESCRIPTION|DTEND|DTSTART|DUE|DURATION|EXDATE|FREEBUSY"
    r"|LOCATION|METHOD|ORGANIZER|PERCENT-COMPLETE|PRIORITY|RDATE|RECURRENCE-ID|REPEAT|RRULE|STATUS|SUMMARY|TRANSP"
    r"|TRIGGER|TZID|TZNAME|TZOFFSETFROM|TZOFFSETTO"
)
_SHOWN: Final = re.compile(f"{_OF_CARDS}|{_OF_CALENDARS}")
_WHAT: Final = {
    "PRODID": What.SOFTWARE, "REV": What.DATE, "DTSTAMP": What.DATE, "CREATED": What.DATE, "LAST-MODIFIED": What.DATE,
    "SEQUENCE": What.EARLIER_VERSION, "PHOTO": What.EMBEDDED_FILE, "LOGO": What.EMBEDDED_FILE,
    "SOUND": What.EMBEDDED_FILE, "ATTACH": What.EMBEDDED_FILE, "GEO": What.PLACE,
}  # fmt: skip


def as_shown(text: str, findings: Findings) -> str:
    """Return a card or an appointment without what nobody is shown; another text as it is."""
    if _BEGIN.match(text) is None:
        return text
    made: list[str] = []
    is_kept, goes_on = True, False
    for line in _FOLDED.sub("", text).split("\n"):
        found = _PROPERTY.match(line)
        if found is not None and not goes_on:
            name = found[1].upper()
            is_kept = _SHOWN.fullmatch(name) is not None
            if not is_kept:
                findings.add(_WHAT.get(name, What.IDENTIFIER), Where.DOCUMENT, line)
        was_going_on = goes_on
        # Of letters as numbers, "=" at the end of a line says that the next one belongs to it.
        goes_on = line.endswith("=") and (goes_on or "QUOTED-PRINTABLE" in line.upper())
        if is_kept:
            made.append(_without_identifiers(line, findings) if not was_going_on else line)
    return "\n".join(made)


def _without_identifiers(line: str, findings: Findings) -> str:
    named = _NAMED.match(line)
    before = named[0] if named is not None else ""
    kept = _PARAMETER.sub("", before)
    if kept != before:
        findings.add(What.IDENTIFIER, Where.DOCUMENT, before)
    return kept + line[len(before) :]
