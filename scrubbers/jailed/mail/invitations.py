"""An invitation in a message (RFC 5545): title, time and place of each appointment, as a frame; nothing else of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.mail import letters
from scrubbers.jailed.mail.head import SWEDEN
from scrubbers.jailed.mail.message import MimePart
from scrubbers.jailed.mail.parts import INVITATIONS, decoded, leaves
from scrubbers.jailed.office import labels
from scrubbers.jailed.office.letters import Drawable
from scrubbers.jailed.typeset.model import Block, Frame, Paragraph, Run
from trusted.jail.stages import TooLarge

_FOLDED: Final = re.compile(r"\r?\n[ \t]")
_PROPERTY: Final = re.compile(r'([A-Za-z-]{1,60})((?:;[\w-]{1,60}=(?:"[^"]*"|[^;:"]*))*):(.*)')
_ZONE: Final = re.compile(r';TZID="?([^;:"]*)', re.IGNORECASE)
_MOMENT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")
_ESCAPED: Final = re.compile(r"\\(.)")
# What programs call the time of Sweden.
_SWEDISH: Final = frozenset(
    {"Europe/Stockholm", "W. Europe Standard Time", "Central European Standard Time", "Romance Standard Time"}
)
_TEXTS: Final = {"SUMMARY": labels.TITLE, "DTSTART": labels.BEGINS, "DTEND": labels.ENDS, "LOCATION": labels.PLACE}
_CANCELLED: Final = {("METHOD", "CANCEL"), ("STATUS", "CANCELLED")}
_MOST: Final = 200


def invitations(message: MimePart, findings: Findings) -> list[Block]:
    """Return a frame for each appointment; one that stands in a message twice is shown once. Raises TooLarge."""
    found: dict[tuple[tuple[str, str], ...], str] = {}
    for part, _ in leaves(message):
        if part.kind in INVITATIONS:
            charset = part.head.typed("content-type").get_content_charset() or "utf-8"
            for label, event in _events(letters.body_text(decoded(part), charset, findings)):
                found.setdefault(event, label)
    if len(found) > _MOST:
        raise TooLarge
    shown = Drawable(findings).text
    return [
        Frame(label, tuple(Paragraph((Run(f"{name}: ", bold=True), Run(shown(text)))) for name, text in event))
        for event, label in found.items()
    ]


def _events(text: str) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    inside: list[str] = []
    said: dict[str, str] = {}
    label = whole = labels.INVITATION
    for line in _FOLDED.sub("", text).splitlines():
        found = _PROPERTY.fullmatch(line)
        name, value = (found[1].upper(), found[3]) if found is not None else ("", "")
        if name == "BEGIN":
            inside.append(value.strip().upper())
            said, label = ({}, whole) if inside[-1] == "VEVENT" else (said, label)
        elif name == "END" and inside:
            if inside.pop() == "VEVENT" and said:
                yield label, tuple((name, said[name]) for name in _TEXTS.values() if name in said)
        elif (name, value.strip().upper()) in _CANCELLED:
            label = labels.CANCELLED
            whole = label if name == "METHOD" else whole
        elif found is not None and name in _TEXTS and inside[-1:] == ["VEVENT"]:
            shown = _moment(value, found[2]) if name.startswith("DT") else _ESCAPED.sub(_unescaped, value).strip()
            if shown:
                said.setdefault(_TEXTS[name], shown)


def _unescaped(found: re.Match[str]) -> str:
    return "\n" if found[1] in "nN" else found[1]


def _moment(value: str, parameters: str) -> str:
    """Return a day, or a day and a time; whose time it is where that is known."""
    found = _MOMENT.fullmatch(value.strip())
    if found is None:
        return ""
    if found[4] is None:
        return f"{found[1]}-{found[2]}-{found[3]}"
    try:
        when = datetime(*(int(found[at]) for at in range(1, 6)), tzinfo=UTC)  # type: ignore[arg-type,misc]
        when = when.astimezone(SWEDEN) if found[6] else when
    except (ValueError, OverflowError):
        return ""
    zone = _ZONE.search(parameters)
    is_swedish = found[6] or (zone is not None and zone[1] in _SWEDISH)
    return f"{when:%Y-%m-%d %H:%M} ({labels.SWEDISH_TIME if is_swedish else labels.LOCAL_TIME})"
