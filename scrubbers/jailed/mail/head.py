"""The head of a message: what its reader is shown, and for the report what kinds of things stood beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from typing import Final
from zoneinfo import ZoneInfo

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.mail.letters import shown
from scrubbers.jailed.mail.message import Head
from scrubbers.jailed.office import labels
from trusted.jail.stages import TooLarge, What, Where

# As everywhere in this service. In the sender's zone the hour would say where the sender was.
SWEDEN: Final = ZoneInfo("Europe/Stockholm")
_LABELS: Final = (("from", labels.FROM), ("to", labels.TO), ("cc", labels.CC), ("date", labels.DATE))
_SHOWN: Final = frozenset({"subject", *(name for name, _ in _LABELS)})
_JOINED: Final = frozenset({"to", "cc"})
# What every message has, and what says nothing beside the text.
_NOTHING: Final = frozenset({"mime-version", "content-type", "content-transfer-encoding", "content-disposition"})
_LONGEST: Final = 50_000  # characters of one field: some thousand receivers
_FIRST_THAT_FITS: Final = (
    (What.ADDRESS, re.compile(r"x-(?:\w+-)*(?:ip|ip-address|host|ehlo|helo)$|x-originating-ip|x-source|x-mdaemon")),
    (What.IDENTIFIER, re.compile(
        r"dkim-|arc-(?:seal|message)|domainkey|x-(?:google|gm|me)-|.*(?:signature|message-?id|thread-index|references|"
        r"in-reply-to|uuid|-id|guid|hash|token|campaign|x-uidl|content-id|feedback-id|x-.*key)"
    )),
    (What.ROUTE, re.compile(
        r"(?:x-)?received|arc-|authentication-results|return-path|delivered-to|envelope-|x-envelope|x-original-to|list-|"
        r"errors-to|x-forwarded|x-beenthere|x-loop|precedence|path|x-ms-exchange|x-forefront|x-microsoft-anti|x-antiabuse|"
        r"x-spam|x-virus|x-rspamd|original-recipient|auto-submitted|x-auto"
    )),
    (What.PERSON, re.compile(
        r"bcc|sender|reply-to|.*-to$|resent-|x-.*(?:sender|user|author|owner|name|auth|from)|organi[sz]ation|face|x-face"
    )),
    (What.SOFTWARE, re.compile(
        r"user-agent|x-mailer|x-mimeole|x-newsreader|x-ms|x-mozilla|x-evolution|x-kmail|x-kde|x-apple|x-uniform|x-universal|"
        r"x-msmail|x-priority|priority|importance|content-class|content-language|accept-language|x-account|x-identity|"
        r"x-enigmail|autocrypt|x-library|x-powered|x-php"
    )),
    (What.DATE, re.compile(r".*date|expir|expires|x-.*time")),
    (What.TITLE, re.compile(r"thread-topic|keywords|x-keywords|x-label|x-.*subject")),
    (What.COMMENT, re.compile(r"comments?|content-description|x-.*(?:note|comment)")),
)  # fmt: skip
_IN_ROUTE: Final = re.compile(r"\[(?:IPv6:)?([0-9a-fA-F.:]{7,45})\]")


def fields_shown(head: Head, findings: Findings) -> tuple[list[tuple[str, str]], str]:
    """Return the labelled fields and the subject, as shown. All else is reported by its kind."""
    lines = []
    for name, label in _LABELS:
        value = head.first(name)
        text = "" if value is None else _day(value, findings) if name == "date" else _text(value)
        if name in _JOINED:
            # Some programs write a field for each receiver.
            text = ", ".join(filter(None, (_text(value) for one, value in head.fields if one == name)))
        if text:
            lines.append((label, text))
    report_rest(head, findings)
    return lines, _text(head.first("subject") or b"")


def shown_of(head: Head, findings: Findings) -> Iterator[tuple[int, str]]:
    """Yield the place and the text of each field that is shown, in their order: all receivers, of others the first."""
    seen: set[str] = set()
    for place, (name, value) in enumerate(head.fields):
        if name in _SHOWN and (name in _JOINED or name not in seen):
            seen.add(name)
            if text := _day(value, findings) if name == "date" else _text(value):
                yield place, text


def is_known(name: str) -> bool:
    """Return whether messages have a field of this name."""
    return name in _SHOWN or name in _NOTHING or name.startswith("x-") or _kind_of(name) is not None


def is_shown(name: str) -> bool:
    """Return whether a reader of mail is shown a field of this name."""
    return name in _SHOWN


def _kind_of(name: str) -> What | None:
    return next((what for what, names in _FIRST_THAT_FITS if names.match(name)), None)


def _text(untrusted: bytes) -> str:
    text = shown(untrusted)
    if len(text) > _LONGEST:
        raise TooLarge
    return text


def _day(untrusted: bytes, findings: Findings) -> str:
    """Return day and minute, in Swedish time; nothing where it is none, which a mail program leaves out too."""
    parsed = parsedate_tz(shown(untrusted))
    findings.add(What.DATE, Where.MESSAGE_HEAD)  # its seconds and its zone, at least
    try:
        if parsed is None:
            return ""
        *date, _, _, _, offset = parsed
        year, month, day, hour, minute, second = date
        zone = UTC if offset is None else timezone(timedelta(seconds=offset))
        when = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone).astimezone(SWEDEN)
    except (ValueError, OverflowError, TypeError):
        return ""
    return f"{when:%Y-%m-%d %H:%M} ({labels.SWEDISH_TIME})"


def report_rest(head: Head, findings: Findings) -> None:
    """Report by its kind what is not shown of a head."""
    seen: set[str] = set()
    for name, value in head.fields:
        if not value or name in _NOTHING or name in _JOINED or (name in _SHOWN and name not in seen):
            seen.add(name)
            continue
        what = _kind_of(name) or What.OTHER
        text = shown(value[:1000])
        findings.add(what, Where.MESSAGE_HEAD, None if what is What.DATE else text)
        if what is What.ROUTE:
            for address in _IN_ROUTE.findall(text):
                findings.add(What.ADDRESS, Where.MESSAGE_HEAD, address)


def report_all(head: Head, findings: Findings) -> None:
    """Report what is not shown of a head that stood in a text, where somebody may have written any of it."""
    report_rest(head, findings)
    for name, value in head.fields:
        if value and name in _NOTHING:
            findings.add(What.OTHER, Where.MESSAGE_HEAD, shown(value[:1000]))


def report_part(head: Head, findings: Findings) -> None:
    """Report what stood in the head of a part: names of files, identifiers."""
    for name, value in head.fields:
        if name not in _NOTHING:
            findings.add(
                What.IDENTIFIER if name.endswith("id") else What.OTHER, Where.MESSAGE_HEAD, shown(value[:1000])
            )
