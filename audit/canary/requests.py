"""What the canary sends: reports, log-ins, refused and broken requests, each with all markers in its headers.

Each exchange says beforehand which answers are right and which markers the answer may hold: what was typed comes back
on the form, and what was found in a picture is told to the one who sent it. Anything else in an answer is a finding,
and an exchange that was not answered as it should be makes the whole run void.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from audit.canary.http import BOUNDARY, Answer, Upload, hidden_fields, multipart, request, send
from audit.canary.markers import Marker, new_address, new_text, planted
from audit.canary.material import document, picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

WORDS = 8
# In each run so many short reports come from each of two visitors, before the release and at once.
SHORT = 4
# The page whose answers are timed, and how often it is asked for before reports and after them.
TIMED, TIMES = "a page after all that", 5
_LINK = re.compile(r'(?:href|src)="(/[^"#]*)"')
_CODE = re.compile(r"<bdi>([a-z]+)</bdi>")
# The code whose 90 secret bits are all zeros: whole, so that it is derived and searched for, and nobody has it.
_WRONG_CODE = "abakus abakus abakus abakus abakus abakus abakus agenda"
_SEE_OTHER = 303
_SHOWN = 203  # a page that answers a form
_SETTLE_SECONDS = 0.5  # for what a cut connection leaves to be collected

CONTENT = ("text", "exif", "picture comment", "document author", "refused file", "typed code", "case code")


@dataclass(frozen=True, slots=True)
class Markers:
    """One of each kind, new for every run."""

    by_kind: dict[str, Marker]

    @classmethod
    def of_another(cls) -> Markers:
        """Those of a second visitor, with another browser, of another language, and by another mirror."""
        planted_ones = [
            new_address("X-Forwarded-For"),
            new_address("X-Real-IP", version=6),
            new_text("User-Agent", "{}/8.5"),
            new_text("Accept-Language", "ar,{};q=0.9"),
            new_text("Accept-Encoding", "gzip, br, {};q=0.1"),
            new_text("text"),
        ]
        return cls({marker.kind: marker for marker in planted_ones})

    @classmethod
    def new(cls) -> Markers:
        """Fresh ones."""
        planted_ones = [
            new_address("X-Forwarded-For", "{}, 10.0.0.1"),
            new_address("X-Real-IP"),
            new_address("Forwarded", 'for="[{}]";proto=http', version=6),
            new_text("Via", "1.1 {}"),
            new_text("User-Agent", "Mozilla/5.0 ({}) Gecko/20100101"),
            new_text("Referer", "https://{}.example/start"),
            new_text("Accept-Language", "fi,{};q=0.5"),
            new_text("Cookie", "session={}"),
            new_text("query", "from={}"),
            new_text("file name", "{}.png"),
            new_text("file type", "image/png; name={}"),
            new_text("broken request"),
            new_text("desk request"),
            *(new_text(kind) for kind in CONTENT if kind != "case code"),
        ]
        return cls({marker.kind: marker for marker in planted_ones})

    def __getitem__(self, kind: str) -> str:
        return self.by_kind[kind].text

    def headers(self) -> list[tuple[str, str]]:
        """Return what a browser could add to any request."""
        return self._carried("User-Agent", "Referer", "Accept-Language", "Accept-Encoding", "Cookie")

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
    exchanges: list[Exchange] = field(default_factory=list)
    run: int = 0
    name: str = "A"
    clock: Callable[[], float] = time.time

    def get(self, name: str, target: str, right: Iterable[int] = (200,)) -> Answer:
        """Ask for a page."""
        return self.keep(name, request("GET", target, self._headers()), right, ())

    def post(
        self,
        name: str,
        target: str,
        fields: Sequence[tuple[str, str]],
        uploads: Sequence[Upload] = (),
        *,
        right: Iterable[int] = (_SHOWN,),
        may_echo: Iterable[str] = (),
    ) -> Answer:
        """Send a form and fetch the page that it leads to: a form is answered with an address and nothing more."""
        led = self.keep(f"{name}, sent", self._form(target, multipart(fields, uploads)), (_SEE_OTHER,), ())
        return self.keep(name, request("GET", led.location, self._headers()), right, may_echo)

    def raw(self, name: str, sent: bytes, right: Iterable[int]) -> Answer:
        """Send bytes that are no request."""
        return self.keep(name, sent, right, (), broken=True)

    def cut(self, target: str, fields: Sequence[tuple[str, str]], uploads: Sequence[Upload], *, at: float) -> None:
        """Go away when this part of the form has been sent, or right after all of it."""
        whole = self._form(target, multipart(fields, uploads))
        send(self.socket, whole[: int(len(whole) * at)], then_cut=True)

    def _form(self, target: str, body: bytes) -> bytes:
        kind = ("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
        return request("POST", target, [*self._headers(), ("Origin", f"http://{self.host}"), kind], body)

    def _headers(self) -> list[tuple[str, str]]:
        return [("Host", self.host), *self.markers.headers()]

    def keep(
        self, name: str, sent: bytes, right: Iterable[int], may_echo: Iterable[str], *, broken: bool = False
    ) -> Answer:
        """Send a request and keep what came of it."""
        before = self.clock()
        answer = send(self.socket, sent)
        self.exchanges.append(
            Exchange(name, answer, frozenset(right), frozenset(may_echo), broken, self.run, self.name, before,
                     self.clock())
        )  # fmt: skip
        return answer


def without_a_report(visitor: CanaryVisitor) -> None:
    """Everything that somebody sends who reports nothing: pages, forms that come back, codes that open nothing."""
    _visit_pages(visitor)
    _unsent_reports(visitor)
    _wrong_codes(visitor)
    _broken_requests(visitor)
    through_a_proxy(visitor)
    go_away(visitor, (0.1, 0.6))
    every_page(visitor)


def every_page(visitor: CanaryVisitor) -> None:
    """All that the first page leads to, style, icon and other languages too, and itself some times."""
    for _ in range(TIMES):
        first = visitor.get(TIMED, "/")
    for target in sorted(set(_LINK.findall(first.text))):
        visitor.get(f"the page {target}", target)


def _visit_pages(visitor: CanaryVisitor) -> None:
    visitor.get("first page", f"/?{visitor.markers.by_kind['query'].carriers[0]}")
    visitor.get("style sheet", "/style.css")
    visitor.get("a page that is not there", f"/{visitor.markers['query']}.php", right=(404,))
    wrong_host = [("Host", f"{visitor.markers['broken request']}.example"), *visitor.markers.headers()]
    visitor.keep("another host", request("GET", "/", wrong_host), (421,), ())


def report(visitor: CanaryVisitor) -> list[str]:
    """Send a report with a picture and a document twice; return its code, or nothing."""
    markers = visitor.markers
    form = visitor.get("report form", f"/report?plain=1&{markers.by_kind['query'].carriers[0]}")
    fields = [
        *hidden_fields(form.text, "/report"),
        ("organisation", ""),
        ("text", f"I saw {markers['text']}."),
        ("urgent", ""),
    ]
    name, kind = markers.by_kind["file name"].carriers[0], markers.by_kind["file type"].carriers[0]
    uploads = [
        Upload(name, kind, picture(markers["exif"], markers["picture comment"])),
        Upload(name.replace(".png", ".pdf"), "application/pdf", document(markers["document author"])),
    ]
    found = ("exif", "picture comment", "document author")
    shown = visitor.post("a report with two files", "/report", fields, uploads, may_echo=found)
    words = _CODE.findall(shown.text)[:WORDS]
    if len(words) == WORDS:
        markers.add_code(words)
    visitor.post("the same form again", "/report", fields, uploads, may_echo=(*found, "case code"))
    return words


def urgent_report(visitor: CanaryVisitor) -> None:
    """Send a report that members get at once: what they read of it is examined."""
    markers = visitor.markers
    name, kind = markers.by_kind["file name"].carriers[0], markers.by_kind["file type"].carriers[0]
    uploads = [
        Upload(name, kind, picture(markers["exif"], markers["picture comment"], texts=1)),
        Upload(name.replace(".png", ".pdf"), "application/pdf", document(markers["document author"])),
    ]
    fields = [*_fresh(visitor), ("text", f"I saw {markers['text']}."), ("urgent", "yes")]
    found = ("exif", "picture comment", "document author")
    visitor.post("an urgent report", "/report", fields, uploads, may_echo=found)


def short_report(visitor: CanaryVisitor, *, urgent: bool) -> None:
    """Send a report of one line."""
    fields = [*_fresh(visitor), ("text", f"I saw {visitor.markers['text']}."), ("urgent", "yes" if urgent else "")]
    visitor.post("a short urgent report" if urgent else "a short report", "/report", fields)


def report_with_refused_files(visitor: CanaryVisitor) -> None:
    """Send a report whose files are no pictures: it is received without them."""
    markers = visitor.markers
    name = markers.by_kind["file name"].carriers[0]
    refused = Upload(name, "text/plain", f"{markers['refused file']} is neither a picture nor a PDF.".encode())
    damaged = Upload(name, "image/png", picture(markers["exif"], markers["picture comment"])[:3000])
    visitor.post(
        "a report whose files are refused", "/report", [*_fresh(visitor), ("text", markers["text"])], [refused, damaged]
    )


def _unsent_reports(visitor: CanaryVisitor) -> None:
    """Forms that come back: nothing of them is kept."""
    markers = visitor.markers
    visitor.post("a report without text", "/report", [*_fresh(visitor), ("text", "")], right=(400,))
    visitor.post(
        "a report with an old mark", "/report", [("mark", markers["typed code"]), ("text", markers["text"])],
        right=(400,), may_echo=("text",),
    )  # fmt: skip
    long_text = (markers["text"] + " ") * 8000
    visitor.post(
        "a report that is too long", "/report", [*_fresh(visitor), ("text", long_text)], right=(400,),
        may_echo=("text",),
    )  # fmt: skip


def _fresh(visitor: CanaryVisitor) -> list[tuple[str, str]]:
    return hidden_fields(visitor.get("report form", "/report?plain=1").text, "/report")


def _log_in(visitor: CanaryVisitor, name: str, code: str, right: Iterable[int], echo: Iterable[str] = ()) -> Answer:
    fields = hidden_fields(visitor.get("log-in form", "/return").text, "/return")
    return visitor.post(name, "/return", [*fields, ("code", code)], right=right, may_echo=echo)


def _wrong_codes(visitor: CanaryVisitor) -> None:
    typed = visitor.markers["typed code"]
    _log_in(visitor, "a code that opens nothing", _WRONG_CODE, (400,))
    _log_in(visitor, "words that are none", " ".join([typed] * WORDS), (400,))
    _log_in(visitor, "too few words", typed, (400,))


def come_back(visitor: CanaryVisitor, words: list[str]) -> None:
    """Log in with the code, write, leave, and ask once more."""
    markers = visitor.markers
    echo = ("text", "exif", "picture comment", "document author")
    page = _log_in(visitor, "the right code", " ".join(words), (_SHOWN,), echo)
    visitor.get("the log-in form of who is logged in", "/return")
    visitor.post("a clean copy", "/inbox/file", hidden_fields(page.text, "/inbox/file"), right=(_SHOWN, 200))
    write = hidden_fields(page.text, "/inbox/write")
    more = [*write, ("text", f"One more thing: {markers['text']}.")]
    page = visitor.post("a message in the case", "/inbox/write", more, may_echo=("text",))
    visitor.post("leaving", "/inbox/leave", hidden_fields(page.text, "/inbox/leave"))
    visitor.post("a session that ended", "/inbox", hidden_fields(page.text, "/inbox"), right=(_SHOWN, 400, 403))


def _broken_requests(visitor: CanaryVisitor) -> None:
    marker = visitor.markers["broken request"].encode()
    host = b"Host: " + visitor.host.encode() + b"\r\n"
    post = b"POST /report HTTP/1.1\r\n" + host
    form = b"Content-Type: multipart/form-data; boundary=" + BOUNDARY.encode() + b"\r\n"
    for name, sent, right in (
        ("no request at all", marker + b"\r\n\r\n", (400,)),
        ("an unknown version", b"GET /" + marker + b" HTTP/9.9\r\n" + host + b"\r\n", (400,)),
        ("an unknown method", b"BREW /" + marker + b" HTTP/1.1\r\n" + host + b"Connection: close\r\n\r\n", (400, 404)),
        ("a damaged header", b"GET / HTTP/1.1\r\n" + host + marker + b"\x00: x\r\n\r\n", (400,)),
        ("a header that is too long", b"GET / HTTP/1.1\r\n" + host + b"X: " + marker * 800 + b"\r\n\r\n", (400,)),
        ("an address that is too long", b"GET /" + marker * 800 + b" HTTP/1.1\r\n" + host + b"\r\n", (400,)),
        (
            "another expectation",
            post + b"Expect: " + marker + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            (417,),
        ),
        ("a damaged piece", post + form + b"Transfer-Encoding: chunked\r\n\r\n" + marker + b"\r\n", (400,)),
        ("a length that is none", post + form + b"Content-Length: " + marker + b"\r\n\r\n", (400,)),
    ):
        visitor.raw(name, sent, right)


def through_a_proxy(visitor: CanaryVisitor) -> None:
    """Send pages and reports with somebody's address in a header: refused, whichever header, and with all of them."""
    markers = visitor.markers
    fields = [*_fresh(visitor), ("text", markers["text"])]
    kind = ("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
    origin = ("Origin", f"http://{visitor.host}")
    for headers in ([one] for one in markers.forwarded()):
        sent = request("GET", "/", [("Host", visitor.host), *markers.headers(), *headers])
        visitor.keep(f"a page by way of a proxy ({headers[0][0]})", sent, (403,), (), broken=True)
    every = [("Host", visitor.host), *markers.headers(), *markers.forwarded(), origin, kind]
    sent = request("POST", "/report", every, multipart(fields, ()))
    visitor.keep("a report by way of a proxy", sent, (403,), (), broken=True)


def go_away(visitor: CanaryVisitor, parts: Sequence[float]) -> None:
    """Cut connections when these parts of an upload have been sent, and in the middle of a header."""
    markers = visitor.markers
    upload = Upload(
        markers.by_kind["file name"].carriers[0],
        markers.by_kind["file type"].carriers[0],
        picture(markers["exif"], markers["picture comment"]),
    )
    for part in parts:
        visitor.cut("/report", [*_fresh(visitor), ("text", markers["text"])], [upload], at=part)
    send(visitor.socket, b"GET /" + markers["broken request"].encode(), then_cut=True)
    time.sleep(_SETTLE_SECONDS)
