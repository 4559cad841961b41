"""A reporter's browser without scripts, for the demonstration: it loads pages, fills in forms and sends them.

It knows the pages only as a browser does, by their HTML. Names are resolved by tor alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import aiohttp

from onion.connector import SocksConnector

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from kallskydd.demo.sample_files import Sample

PAGE_SECONDS = 120.0  # 25 MB took 15 s on a private network


@dataclass(slots=True)
class HtmlForm:
    """One form of a page: where it goes and what its fields hold."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)


class HtmlPage(HTMLParser):
    """A page as far as a scripted reporter needs it."""

    def __init__(self, status: int, html: str) -> None:
        super().__init__()
        self.status = status
        self.html = html
        self.forms: list[HtmlForm] = []
        self.feed(html)

    @property
    def receipt(self) -> tuple[str, ...]:
        """The eight words, or nothing when this is not the page that shows them."""
        return tuple(re.findall(r"<li><bdi>([a-z]+)</bdi></li>", self.html))

    def form(self, action: str) -> HtmlForm:
        """Return the first form that goes to `action`; raises LookupError."""
        for form in self.forms:
            if form.action == action:
                return form
        raise LookupError

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(HtmlForm(given.get("action", "")))
        elif tag == "input" and given.get("type") == "hidden" and self.forms:
            self.forms[-1].fields.append((given["name"], given.get("value", "")))


class Visitor:
    """One visitor with a circuit of its own."""

    def __init__(self, socks: tuple[str, int], onion: str) -> None:
        """`onion` with its ".onion"."""
        connector = SocksConnector(socks, within=PAGE_SECONDS, isolate="reporter")
        self._origin = f"http://{onion}"
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=PAGE_SECONDS),
            skip_auto_headers=("User-Agent",),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._session.close()

    async def open(self, path: str) -> HtmlPage:
        """Load a page."""
        async with self._session.get(self._origin + path) as answer:
            return HtmlPage(answer.status, await answer.text())

    async def send(self, form: HtmlForm, typed: Mapping[str, str], files: Sequence[Sample] = ()) -> HtmlPage:
        """Send a form with what was typed, and with files, as multipart like a browser."""
        body = aiohttp.FormData(default_to_multipart=True)
        for name, value in form.fields:
            if name not in typed:
                body.add_field(name, value)
        for name, value in typed.items():
            body.add_field(name, value)
        for sample in files:
            body.add_field("attachment", sample.content, filename=sample.file_name, content_type=sample.content_type)
        headers = {"Origin": self._origin}
        async with self._session.post(self._origin + form.action, data=body, headers=headers) as answer:
            return HtmlPage(answer.status, await answer.text(errors="replace"))
