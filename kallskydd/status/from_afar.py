"""The look from another computer, which has no home: what a visitor meets, by Tor and at the mirror.

It knows what everybody may know: the address, the mirror's name, and what the first page says of the newest release. So
it notices what the service cannot tell of itself: a server without power, a disk that nobody has unlocked, a tor that
ended. Nothing it sees follows from a report, but for how busy the service is.

1. The first page, through the tor of this computer; asked again, on another way, while it does not come quickly.
2. The newest release it names is that of the last 06:00. Pages name it at 07:00 (`intake.services`).
3. The mirror, as somebody without Tor meets it: not through Tor, with the roots that this computer trusts. Its
   certificate must be the one that the onion itself shows at port 443, or somebody else answers there.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from kallskydd.finding import Finding
from kallskydd.mirror.findings import RED_AT
from kallskydd.status.levels import Level, StatusLine
from kallskydd.status.outside import in_words
from onion.errors import SocksFailed, SocksMissing
from onion.socks import SocksAddress, socks_connect
from trusted.case.clock import CLOCKS_APART, due_day

TRIES: Final = 3
WITHIN_SECONDS: Final = 60.0
# Less than all of it, so that tor's own words are heard.
CONNECT_SECONDS: Final = 45.0
# A first visit takes two to ten; what comes later than this is given up by visitors.
SLOW_SECONDS: Final = 15.0
# Pages name a release an hour after 06:00; another hour for what is busy or kept.
RELEASE_PATIENCE: Final = timedelta(hours=2)
HTTP: Final = 80
HTTPS: Final = 443
_PAGE_BYTES: Final = 65536
_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r]")
_RELEASED: Final = re.compile(rb'<meta name="released" content="(\d{4}-\d\d-\d\d)">')
_WELL: Final = 200
# X509_V_ERR_* of OpenSSL.
_NOT_VALID: Final = {
    9: "Its certificate is not valid yet.",
    10: "Its certificate has expired.",
    62: "Its certificate is for another name.",
}
_AT_THE_SERVER: Final = (
    "Look whether the server is on and its disk unlocked, then run `kallskydd status` there. Look also whether this"
    " computer's own Tor reaches anything."
)
_OWN_TOR: Final = "Start this computer's tor (`systemctl start kallskydd-tor`), or name its SOCKS socket with --tor."
_RELEASES: Final = "Run `kallskydd status` at the server and restart the service; look at the clocks of both computers."
_RENEW: Final = (
    "Run `kallskydd status` at the server: its line `mirror certificate` says what the last order failed with."
)
_RELAY: Final = "Look whether the relay runs, its host is on and the name leads to it."
_TAKE_DOWN: Final = (
    "Unless the certificate was just renewed, take the name down: somebody may read what reporters send there."
    " docs/OPERATING.md, A mirror."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What to look at, from where, and when it is."""

    address: str
    mirror: str | None
    socks: SocksAddress
    now: datetime
    # Where the mirror is, if not where its name leads; and who certifies it, if not those this computer trusts.
    place: tuple[str, int] | None = None
    trust: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class _Page:
    """What came of asking for the first page."""

    seconds: float
    status: int
    released: date | None
    certificate: bytes | None
    facts: dict[str, object]


async def look(asked: Asked) -> list[StatusLine]:
    """Return every line. Raises nothing for what the service, tor or the network do."""
    page, seen = await _onion(asked)
    if page is not None:
        seen += [_speed(page), _release(page, asked.now)]
    if asked.mirror is not None:
        seen += await _mirror(asked, asked.mirror)
    return seen


async def _onion(asked: Asked) -> tuple[_Page | None, list[StatusLine]]:
    """Ask until it comes quickly; return the quickest, and whether it came at all."""
    best, failed = None, "The way to the onion is open, but its web server did not answer."
    for number in range(TRIES):
        try:
            found = await _by_tor(asked, HTTP, f"outside-{number}")
        except SocksMissing as error:
            return None, [StatusLine(Level.UNKNOWN, Finding("onion", error.happened, _OWN_TOR))]
        except SocksFailed as error:
            failed = in_words(error)
        except (OSError, TimeoutError):
            pass
        else:
            best = found if best is None or found.seconds < best.seconds else best
            if best.seconds <= SLOW_SECONDS:
                break
    if best is None:
        return None, [StatusLine(Level.CRITICAL, Finding("onion", failed, _AT_THE_SERVER))]
    if best.status != _WELL:
        words = f"It answers, and not with its first page: {best.status}."
        return None, [StatusLine(Level.CRITICAL, Finding("onion", words, _AT_THE_SERVER))]
    return best, [StatusLine(Level.OK, Finding("onion", "The first page came through Tor."))]


def _speed(page: _Page) -> StatusLine:
    words = f"The first page came after {page.seconds:.1f} s, bound {SLOW_SECONDS:.0f} s."
    if page.seconds <= SLOW_SECONDS:
        return StatusLine(Level.OK, Finding("speed", words), seconds=page.seconds)
    to_do = "If it stays, look whether somebody floods the service, and at the processor of the server."
    return StatusLine(Level.WARNING, Finding("speed", words, to_do), seconds=page.seconds)


def _release(page: _Page, now: datetime) -> StatusLine:
    """Whether the newest release is that of the last 06:00."""
    if page.released is None:
        words = "The first page names no release: none was made since the service started, or it is not open."
        return StatusLine(Level.CRITICAL, Finding("release", words, _RELEASES))
    words = f"The newest release is of {page.released.isoformat()}"
    if due_day(now - RELEASE_PATIENCE) <= page.released <= due_day(now + CLOCKS_APART):
        return StatusLine(Level.OK, Finding("release", f"{words}."))
    wanted = due_day(now - RELEASE_PATIENCE).isoformat()
    return StatusLine(Level.CRITICAL, Finding("release", f"{words}, and not of {wanted}.", _RELEASES))


async def _mirror(asked: Asked, name: str) -> list[StatusLine]:
    host, port = asked.place or (name, HTTPS)
    trust = asked.trust or ssl.create_default_context()
    try:
        page = await _page(name, lambda: asyncio.open_connection(host, port, ssl=trust, server_hostname=name))
    except ssl.SSLCertVerificationError as error:
        words = _NOT_VALID.get(error.verify_code, f"Its certificate is not valid: {error.verify_message}.")
        return [StatusLine(Level.CRITICAL, Finding("mirror", words, _RENEW))]
    except (OSError, TimeoutError):
        words = "It does not answer where its name leads."
        return [StatusLine(Level.CRITICAL, Finding("mirror", words, _RELAY))]
    if page.status != _WELL:
        words = f"It answers, and not with its first page: {page.status}."
        return [StatusLine(Level.CRITICAL, Finding("mirror", words, _RELAY))]
    answers = Finding("mirror", "The first page came, and its certificate is valid.")
    return [StatusLine(Level.OK, answers), _days_left(page, asked.now), await _same(asked, page)]


def _days_left(page: _Page, now: datetime) -> StatusLine:
    begins, ends = (
        datetime.fromtimestamp(ssl.cert_time_to_seconds(str(page.facts[name])), UTC)
        for name in ("notBefore", "notAfter")
    )
    days = (ends - now).days
    words = f"Valid until {ends.date().isoformat()}, {days} days."
    if ends - now > (ends - begins) / RED_AT:
        return StatusLine(Level.OK, Finding("certificate", words), days=days)
    words = f"{words} It should have been renewed by now."
    return StatusLine(Level.WARNING, Finding("certificate", words, _RENEW), days=days)


async def _same(asked: Asked, page: _Page) -> StatusLine:
    """Whether the onion shows this very certificate: only who has its key can."""
    try:
        at_onion = (await _by_tor(asked, HTTPS, "outside-mirror")).certificate
    except (SocksFailed, OSError, TimeoutError):
        words = "The onion could not be asked for its certificate, with which the mirror's is compared."
        return StatusLine(Level.UNKNOWN, Finding("same service", words, _AT_THE_SERVER))
    if at_onion == page.certificate:
        return StatusLine(Level.OK, Finding("same service", "The mirror shows the onion's own certificate."))
    words = "The mirror shows another certificate than the onion: another service answers there."
    return StatusLine(Level.CRITICAL, Finding("same service", words, _TAKE_DOWN))


async def _by_tor(asked: Asked, port: int, isolate: str) -> _Page:
    host = f"{asked.address}.onion"

    async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        connection = await socks_connect(asked.socks, host, port, within=CONNECT_SECONDS, isolate=isolate)
        if port != HTTPS:
            return await asyncio.open_connection(sock=connection)
        # The address is the onion's key: whatever answers here is the service, and its certificate is only compared.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return await asyncio.open_connection(sock=connection, ssl=context, server_hostname=asked.mirror)

    return await _page(asked.mirror or host if port == HTTPS else host, connect)


async def _page(
    host: str, connect: Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
) -> _Page:
    """Ask for the first page and read its beginning. Raises SocksFailed, OSError, TimeoutError."""
    began = time.monotonic()
    # All of it: an answer that trickles must not hold up the alarm.
    async with asyncio.timeout(WITHIN_SECONDS):
        reader, writer = await connect()
        try:
            writer.write(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while len(answer) < _PAGE_BYTES and (piece := await reader.read(_PAGE_BYTES)):
                answer += piece
            tls = writer.get_extra_info("ssl_object")
        finally:
            writer.transport.abort()
    status, released = _STATUS.match(answer), _RELEASED.search(answer)
    if status is None:
        raise ConnectionResetError
    return _Page(
        seconds=time.monotonic() - began,
        status=int(status[1]),
        released=None if released is None else _day(released[1]),
        certificate=None if tls is None else tls.getpeercert(binary_form=True),
        facts={} if tls is None else tls.getpeercert() or {},
    )


def _day(untrusted: bytes) -> date | None:
    try:
        return date.fromisoformat(untrusted.decode("ascii"))
    except ValueError:
        return None
