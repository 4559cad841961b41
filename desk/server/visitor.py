"""A visitor of the reporters' site: asks as Tor Browser without script does, and looks at the head of every answer.

The header lines are those of Tor Browser at its safest, so that the server cannot tell this visit from a reporter's.
Nothing is kept between two pages but the address; where a form is answered with 303 the visitor goes on, and nowhere
but to the same site.

The website on the open web is visited in the same way over TLS, with the lines that it has to have besides. The first
bytes of TLS are this library's: a server that looks at them can tell the visit from a browser's there.
"""

import hashlib
import re
import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self
from urllib.parse import urljoin, urlsplit

import aiohttp

from desk.errors import ProbeFailed
from desk.server import reach
from desk.server.site_forms import SiteForm, SitePage, multipart, read_page

PAGE_BYTES_MAX: Final = 2**20
READ_SECONDS: Final = 120.0
_REDIRECTS_MAX: Final = 3
_TRIES: Final = 3
_PAUSE_SECONDS: Final = 2.0
_SEE_OTHER: Final = 303
# Tor Browser 15, which is Firefox 140; all its users send the same.
_ALWAYS: Final[Mapping[str, str]] = {
    "User-Agent": "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.5",
    "Accept-Encoding": "gzip, deflate, br, zstd",
}
_A_PAGE: Final[Mapping[str, str]] = {
    "Upgrade-Insecure-Requests": "1",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-User": "?1",
    "Priority": "u=0, i",
}
FAULT_CSP: Final = "probe.csp"
FAULT_TELLTALE: Final = "probe.telltale"
FAULT_COOKIE: Final = "probe.cookie"
FAULT_CACHE: Final = "probe.cache"
FAULT_SCRIPT: Final = "probe.script"
FAULT_OTHER_HEADERS: Final = "probe.headers"
FAULT_MIRROR_HEADERS: Final = "probe.mirror_headers"
FAULT_LEADS_ELSEWHERE: Final = "probe.mirror_leads"
# What says which program answers, its clock, or whether the browser was here before.
_TELLTALES: Final = ("Server", "Date", "Via", "X-Powered-By", "ETag", "Last-Modified", "Content-Encoding")
_NO_SCRIPT: Final = ("default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors")
_NOT_ALLOWED: Final = ("script-src", "unsafe-", "http:", "https:", "*")
_MAY_BE_KEPT: Final = frozenset({"no-cache", "no-store"})
# What the website has besides: https alone, no search engine, and the way to the onion.
_AT_MIRROR: Final = frozenset({"strict-transport-security", "x-robots-tag", "onion-location"})
_YEAR: Final = "max-age=31536000"
# By this a style sheet is brought to one of the sizes of all answers, with its head, which is longer at the website.
_FILLING: Final = re.compile(rb"/\* *\*/\Z")


class Visitor:
    """One visit. An asynchronous context manager; `faults` has the text keys of what was wrong so far."""

    def __init__(
        self, connector: aiohttp.BaseConnector, origin: str, trust: ssl.SSLContext | None = None, *, leads_to: str = ""
    ) -> None:
        """`leads_to`: where the website on the open web has to lead on to; the site is the onion's without one."""
        self._origin = origin
        self._leads_to = leads_to
        # Nothing is asked for by https without it.
        self._trust: ssl.SSLContext | bool = True if trust is None else trust
        self._at = ""
        self.faults: set[str] = set()
        # By path: the names of the header lines, and a hash of the style sheet.
        self._seen: dict[str, tuple[frozenset[str], bytes]] = {}
        self._session = aiohttp.ClientSession(
            connector=connector,
            connector_owner=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            timeout=aiohttp.ClientTimeout(
                total=None,
                connect=reach.CONNECT_SECONDS,
                sock_connect=reach.CONNECT_SECONDS,
                sock_read=READ_SECONDS,
            ),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def go(self, path: str) -> SitePage:
        """Go to a page. Raises NotReachable, OtherCertificate, ProbeFailed."""
        return await self._page("GET", path)

    def answers_like(self, other: Self) -> bool:
        """Whether what both have seen had the same lines, but for those of the website, and the style sheet."""
        return all(self._seen[path] == other._seen[path] for path in self._seen.keys() & other._seen.keys())

    async def look(self, path: str, kind: str, accept: str) -> None:
        """Fetch a style or image of a page, as the browser does by itself. Raises NotReachable, ProbeFailed."""
        headers = {"Accept": accept, "Sec-Fetch-Dest": kind, "Sec-Fetch-Mode": "no-cors"}
        _status, answered, body = await self._ask("GET", path, {**_ALWAYS, **headers, **self._from_here()}, None)
        self._look_at(answered, path, is_page=False)
        style = _FILLING.sub(b"", body) if kind == "style" else b""
        self._seen[path] = (_names(answered), hashlib.sha256(style).digest())

    async def send(self, form: SiteForm, values: dict[str, str], button: tuple[str, str] | None = None) -> SitePage:
        """Send a form of the page that is shown, and go where the answer leads. Raises NotReachable, ProbeFailed."""
        content_type, body = multipart(form.filled(values, button), form.file_inputs)
        return await self._page("POST", form.action, {"Content-Type": content_type, "Origin": self._origin}, body)

    async def _page(
        self, method: str, path: str, more: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> SitePage:
        for _ in range(_REDIRECTS_MAX):
            headers = {**_ALWAYS, **(more or {}), **_A_PAGE, **self._from_here()}
            status, answered, untrusted = await self._ask(method, path, headers, body)
            self._look_at(answered, path, is_page=True)
            if method == "GET":
                self._seen[path] = (_names(answered), b"")
            if status != _SEE_OTHER:
                self._at = f"{self._origin}{path}"
                page = read_page(untrusted.decode("utf-8", "replace"))
                self.faults |= {FAULT_SCRIPT} if page.scripts else set()
                return page
            target = urlsplit(urljoin(f"{self._origin}{path}", answered.get("Location", "")))
            if f"{target.scheme}://{target.netloc}" != self._origin:
                break
            method, path, more, body = "GET", target.path, None, None
        raise ProbeFailed

    def _from_here(self) -> dict[str, str]:
        return {"Sec-Fetch-Site": "same-origin", "Referer": self._at} if self._at else {"Sec-Fetch-Site": "none"}

    async def _ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        async def attempt() -> tuple[int, Mapping[str, str], bytes]:
            async with self._session.request(
                method, f"{self._origin}{path}", headers=headers, data=body, allow_redirects=False, ssl=self._trust
            ) as response:
                untrusted = await response.content.read(PAGE_BYTES_MAX)
                while not response.content.at_eof() and len(untrusted) < PAGE_BYTES_MAX:
                    untrusted += await response.content.read(PAGE_BYTES_MAX)
                return response.status, response.headers, untrusted[:PAGE_BYTES_MAX]

        return await reach.until_connected(attempt, tries=_TRIES, pause_seconds=_PAUSE_SECONDS)

    def _look_at(self, headers: Mapping[str, str], path: str, *, is_page: bool) -> None:
        policy = headers.get("Content-Security-Policy", "")
        cache = headers.get("Cache-Control", "")
        wrong = {
            FAULT_CSP: is_page
            and (not all(one in policy for one in _NO_SCRIPT) or any(one in policy for one in _NOT_ALLOWED)),
            FAULT_TELLTALE: any(name in headers for name in _TELLTALES),
            FAULT_COOKIE: "Set-Cookie" in headers,
            FAULT_CACHE: is_page and cache not in _MAY_BE_KEPT,
            FAULT_OTHER_HEADERS: headers.get("X-Content-Type-Options") != "nosniff"
            or (is_page and headers.get("Referrer-Policy") != "same-origin"),
        }
        if self._leads_to:
            # The style sheet too: what a browser keeps of it says where somebody has been.
            wrong[FAULT_CACHE] = cache != "no-store"
            wrong[FAULT_MIRROR_HEADERS] = (
                headers.get("Strict-Transport-Security") != _YEAR or headers.get("X-Robots-Tag") != "noindex"
            )
            wrong[FAULT_LEADS_ELSEWHERE] = path == "/" and headers.get("Onion-Location") != f"{self._leads_to}/"
        self.faults |= {key for key, is_so in wrong.items() if is_so}


def _names(headers: Mapping[str, str]) -> frozenset[str]:
    return frozenset(name.lower() for name in headers) - _AT_MIRROR
