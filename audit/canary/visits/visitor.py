"""The canary's visitor: sends what it is told to the public address, and keeps each request with its answer.

Every request has all markers of its run in its headers. Each exchange says beforehand which answers are right and which
markers the answer may hold.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

from audit.canary.visits.http import (
    BOUNDARY,
    Answer,
    Upload,
    glancing,
    multipart,
    read_answer,
    request,
    send,
    send_twice,
)
from audit.canary.visits.markers import Marker, new_address, new_text, planted
from audit.canary.visits.plan import Browser, Plan

SHOWN = 203  # a page that answers a form
OVER = 400  # a page that was, or never was, at its address
_SEE_OTHER = 303
_WATCHED_SECONDS = 1.5  # the page that shows how far a report has come is written every half second
# A line of that page that says how much of a form has come.
_PERCENT = re.compile(rb'<p[^>]*><label>[^<>]* <progress value="\d+" max="100"></progress></label></p>\n')
_NOT_ALOUD = b' aria-live="off"'
_STILL_THERE = (200, SHOWN)  # a finding where answers are compared, and not a service that fails

CONTENT = ("text", "exif", "picture comment", "document author", "refused file", "typed code", "case code")


@dataclass(frozen=True, slots=True)
class Markers:
    """One of each kind, new for every run."""

    by_kind: dict[str, Marker]

    # What the browser sends besides, with nothing planted in it.
    plain: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of_another(cls, browser: Browser) -> Markers:
        """Those of a second visitor, by another mirror."""
        planted_ones = [
            new_address("X-Forwarded-For"),
            new_address("X-Real-IP", version=6),
            new_text("User-Agent", browser.named.replace("{marker}", "{}")),
            new_text("Accept-Language", f"{browser.language},{{}};q=0.9"),
            new_text("Accept-Encoding", f"{browser.encoding}, {{}};q=0.1"),
            new_text("text"),
        ]
        return cls({marker.kind: marker for marker in planted_ones}, browser.headers)

    @classmethod
    def new(cls, browser: Browser) -> Markers:
        """Fresh ones."""
        planted_ones = [
            new_address("X-Forwarded-For", "{}, 10.0.0.1"),
            new_address("X-Real-IP"),
            new_address("Forwarded", 'for="[{}]";proto=http', version=6),
            new_text("Via", "1.1 {}"),
            new_text("User-Agent", browser.named.replace("{marker}", "{}")),
            new_text("Referer", "https://{}.example/start"),
            new_text("Accept-Language", f"{browser.language},{{}};q=0.5"),
            new_text("Cookie", "session={}"),
            new_text("query", "from={}"),
            new_text("file name", "{}.png"),
            new_text("file type", "image/png; name={}"),
            new_text("broken request"),
            new_text("desk request"),
            *(new_text(kind) for kind in CONTENT if kind != "case code"),
        ]
        plain = (("Accept-Encoding", browser.encoding), *browser.headers)
        return cls({marker.kind: marker for marker in planted_ones}, plain)

    def __getitem__(self, kind: str) -> str:
        return self.by_kind[kind].text

    def headers(self) -> list[tuple[str, str]]:
        """Return what a browser could add to any request."""
        return [*self._carried("User-Agent", "Referer", "Accept-Language", "Accept-Encoding", "Cookie"), *self.plain]

    def forwarded(self) -> list[tuple[str, str]]:
        """Return what a proxy could add that keeps addresses."""
        return self._carried("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")

    def _carried(self, *kinds: str) -> list[tuple[str, str]]:
        return [(kind, self.by_kind[kind].carriers[0]) for kind in kinds if kind in self.by_kind]

    def add_code(self, words: Sequence[str]) -> None:
        """Treat the case code as a marker from the moment it is shown."""
        self.by_kind["case code"] = planted("case code", " ".join(words), ("-".join(words), "".join(words)))


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer."""

    name: str
    answer: Answer = field(repr=False)
    right: frozenset[int]
    may_echo: frozenset[str]
    # Refused before it reached any of our pages, so with a constant body.
    broken: bool = False
    # Who asked, in which run, and the moments around it, in seconds since 1970.
    run: int = 0
    visitor: str = ""
    before: float = 0.0
    after: float = 0.0
    # Not the beginning of one that goes on for as long as it is looked at.
    whole: bool = True
    # Where a form led: what was typed may stand there.
    of_a_form: bool = False
    # And it is the report form again, to which Back leads with what was typed.
    form_again: bool = False

    @property
    def as_it_should(self) -> bool:
        """Whether it was answered as it should be."""
        return self.answer.status in self.right


@dataclass(slots=True)
class CanaryVisitor:
    """Sends everything to the public address and keeps the answers."""

    socket: Path
    host: str
    markers: Markers
    plan: Plan
    exchanges: list[Exchange] = field(default_factory=list)
    run: int = 0
    name: str = "A"
    clock: Callable[[], float] = time.time
    # Where the forms of one inbox have led to, until it is left.
    led: list[str] = field(default_factory=list)
    ANY: ClassVar[tuple[int, ...]] = (200, SHOWN, _SEE_OTHER, 400, 403, 404, 405)
    # As browsers do whom a form has led to a page, or who load it again: nobody else is shown it.
    LED_HERE: ClassVar[tuple[str, str]] = ("Sec-Fetch-Site", "same-origin")

    def get(self, name: str, target: str, right: Iterable[int] = (200,)) -> Answer:
        """Ask for a page."""
        return self.keep(name, request("GET", target, self.headers()), right, ())

    def post(
        self,
        name: str,
        target: str,
        fields: Sequence[tuple[str, str]],
        uploads: Sequence[Upload] = (),
        *,
        right: Iterable[int] = (SHOWN,),
        may_echo: Iterable[str] = (),
        last_after: float = 0.0,
        form_again: bool = False,
    ) -> Answer:
        """Send a form and fetch the page that it leads to: a form is answered with an address and nothing more."""
        led = self.keep(
            f"{name}, sent", self._form(target, multipart(fields, uploads)), (_SEE_OTHER,), (), last_after=last_after
        )
        self.led.append(led.location)
        asked = request("GET", led.location, [*self.headers(), self.LED_HERE])
        return self.keep(name, asked, right, may_echo, of_a_form=True, form_again=form_again)

    def oddly(
        self,
        name: str,
        target: str,
        fields: Sequence[tuple[str, str]] | None,
        uploads: Sequence[Upload] = (),
        *,
        more: Sequence[tuple[str, str]] = (),
    ) -> str:
        """Send a form, or ask for a page, whatever the service says to it; return the address to which it leads."""
        headers = [*self.headers(), *more]
        sent = request("GET", target, headers) if fields is None else self._form(target, multipart(fields, uploads))
        led = self.keep(f"{name}, sent", sent, self.ANY, ("text",))
        if led.status == _SEE_OTHER:
            asked = request("GET", led.location, [*self.headers(), self.LED_HERE])
            self.keep(name, asked, self.ANY, ("text",))
        return led.location

    def raw(self, name: str, sent: bytes, right: Iterable[int]) -> Answer:
        """Send bytes that are no request."""
        return self.keep(name, sent, right, (), broken=True)

    def cut(self, target: str, fields: Sequence[tuple[str, str]], uploads: Sequence[Upload], *, at: float) -> None:
        """Go away when this part of the form has been sent, or right after all of it."""
        whole = self._form(target, multipart(fields, uploads))
        send(self.socket, whole[: int(len(whole) * at)], then_cut=True)

    @contextmanager
    def watching(self, name: str, target: str) -> Iterator[None]:
        """Look at a page that goes on for as long as this is entered, and for a while longer."""
        before = self.clock()
        with glancing(self.socket, request("GET", target, self.headers()), b"</p>", _WATCHED_SECONDS) as received:
            yield
        answer = read_answer(bytes(received))
        # How often that line comes, and of how much it tells, follows from the moments at which the service looks.
        said = {re.sub(rb"\d+", b"N", one.replace(_NOT_ALOUD, b"")) for one in _PERCENT.findall(answer.body)}
        steps = replace(answer, body=_PERCENT.sub(b"", answer.body))
        several = [(name, steps)]
        several += [(f"{name}: how much has come", replace(answer, body=b"".join(sorted(said))))] if said else []
        self.exchanges += [
            Exchange(one, told, frozenset({200}), frozenset(), run=self.run, visitor=self.name, before=before,
                     after=self.clock(), whole=False)
            for one, told in several
        ]  # fmt: skip

    def twice(self, name: str, first: bytes, second: bytes) -> None:
        """Ask for two pages on one connection."""
        before = self.clock()
        answer = send_twice(self.socket, first, second)
        self.exchanges.append(
            Exchange(name, answer, frozenset({200}), frozenset(), run=self.run, visitor=self.name, before=before,
                     after=self.clock(), whole=False)
        )  # fmt: skip

    def ask_again(self) -> None:
        """All that was shown of an inbox that is left stands nowhere any more, as at an address that never was."""
        for target in self.led:
            asked = request("GET", target, [*self.headers(), self.LED_HERE])
            self.keep("a page that is over", asked, (OVER, *_STILL_THERE), ())
        self.led.clear()

    @contextmanager
    def sending(self, target: str, fields: Sequence[tuple[str, str]], uploads: Sequence[Upload] = ()) -> Iterator[None]:
        """Have half of a form on its way for as long as this is entered, and then go away."""
        whole = self._form(target, multipart(fields, uploads))
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(str(self.socket))
            connection.sendall(whole[: len(whole) // 2])
            yield

    def _form(self, target: str, body: bytes) -> bytes:
        kind = ("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
        return request("POST", target, [*self.headers(), ("Origin", f"http://{self.host}"), kind], body)

    def headers(self) -> list[tuple[str, str]]:
        """Return those of a request for a page."""
        return [("Host", self.host), *self.markers.headers()]

    def keep(
        self,
        name: str,
        sent: bytes,
        right: Iterable[int],
        may_echo: Iterable[str],
        *,
        broken: bool = False,
        whole: bool = True,
        last_after: float = 0.0,
        of_a_form: bool = False,
        form_again: bool = False,
    ) -> Answer:
        """Send a request and keep what came of it; `whole` is a page of one answer."""
        before = self.clock()
        answer = send(self.socket, sent, last_after=last_after)
        self.exchanges.append(
            Exchange(name, answer, frozenset(right), frozenset(may_echo), broken, self.run, self.name, before,
                     self.clock(), whole, of_a_form, form_again)
        )  # fmt: skip
        return answer
