"""What the canary sends: reports, log-ins, refused and broken requests, each with all markers in its headers.

Each exchange says beforehand which answers are right and which markers the answer may hold: what was typed comes back
on the form, and what was found in a picture is told to the one who sent it. Anything else in an answer is a finding,
and an exchange that was not answered as it should be makes the whole run void.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from audit.canary.visits.http import BOUNDARY, Answer, Upload, hidden_fields, multipart, request, send
from audit.canary.visits.markers import BEGINNING
from audit.canary.visits.material import NO_KIND, document, noise, of_kind, photograph, picture, unfinished
from audit.canary.visits.odd import fresh_form, odd_steps
from audit.canary.visits.visitor import OVER, SHOWN, CanaryVisitor

WORDS = 8
# So many short reports come in each run that wait, and at once. With the others there are some twenty cases in each of
# two services: three runs miss a leak in one case of ten less than once in a hundred times.
SHORT, AT_ONCE = 4, 6
# The page whose answers are timed, and how often it is asked for before reports and after them.
TIMED, TIMES = "a page after all that", 5
_LINK = re.compile(r'(?:href|src)="(/[^"#]*)"')
_CODE = re.compile(r"<bdi>([a-z]+)</bdi>")
# The code whose 90 secret bits are all zeros: whole, so that it is derived and searched for, and nobody has it.
_WRONG_CODE = "abakus abakus abakus abakus abakus abakus abakus agenda"
# Codes of which the third word is none, and each is near to other words of the list.
_MISREAD = ("abaqus", "akenda")
# For the question about two words of a code: a word of the list would be right for one code in two thousand.
_NO_WORD = f"{BEGINNING}z"
_TELLS_WHO, _TELLS_MORE = "Call me on 070-174 06 05.", "Or on 070-174 06 06."
# What is left of the first when what tells was taken out.
TELLS_NO_MORE = "Call me on [\N{HORIZONTAL ELLIPSIS}]."
_PROGRESS = re.compile(r"/progress/[0-9a-f]{32}")
_SEND, _REMOVE, _KEEP, _EDIT = (("act", act) for act in ("send", "remove", "keep", "edit"))
_SETTLE_SECONDS = 0.5  # for what a cut connection leaves to be collected
_TOGETHER = 3  # log-ins that come in one moment
WATCHED, MANY_FILES = "a form with files", "a form with many files"
# A line of the page that shows how far a form has come is written every half second.
LOOK_SECONDS, _SAID_SECONDS = 0.5, 1.5
# Forms of others, and files of each, which are cleaned for as long as that page is looked at.
_SENDERS, _FILES = 4, 8
_BEGUN_SECONDS = 0.2
_OF_A_DAMAGED = 3000  # bytes that are left of a picture


def without_a_report(visitor: CanaryVisitor) -> None:
    """Everything that somebody sends who reports nothing: pages, forms that come back, codes that open nothing."""
    _visit_pages(visitor)
    form_with_files(visitor)
    _unsent_reports(visitor)
    _wrong_codes(visitor)
    _broken_requests(visitor)
    through_a_proxy(visitor)
    go_away(visitor, (0.1, 0.6))
    odd_steps(visitor)
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
    visitor.get("a page that is over", f"/page/{secrets.token_hex(16)}?lang=sv", right=(OVER,))
    with visitor.watching("the progress of a form that is not sent", f"/progress/{secrets.token_hex(16)}"):
        pass
    _other_browsers(visitor)


def _other_browsers(visitor: CanaryVisitor) -> None:
    """Ask as few browsers do: for a head alone, for part of a page, for a newer one, twice on one connection."""
    headers = [("Host", visitor.host), *visitor.markers.headers()]
    for name, more in (
        ("part of a page", ("Range", "bytes=0-99")),
        ("a page that is newer", ("If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT")),
        ("another page than one that is known", ("If-None-Match", f'"{visitor.markers["broken request"]}"')),
    ):
        visitor.keep(name, request("GET", "/style.css", [*headers, more]), (200,), ())
    for method, right in (("HEAD", (200, 404, 405)), ("OPTIONS", (200, 404, 405))):
        visitor.keep(f"a request with {method}", request(method, "/", headers), right, (), whole=False)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    old = f"GET / HTTP/1.0\r\n{lines}\r\n".encode()
    visitor.keep("a page for an old browser", old, (200,), (), whole=False)
    kept = f"GET / HTTP/1.1\r\n{lines}\r\n".encode()
    visitor.twice("two pages on one connection", kept, request("GET", "/return", headers))


@contextmanager
def at_work(visitor: CanaryVisitor) -> Iterator[None]:
    """Others are there meanwhile: half of a report is on its way, and several log in at the same moment."""
    markers = visitor.markers
    upload = Upload("picture.png", "image/png", picture(markers["text"], markers["text"]))
    with visitor.sending("/report", [*fresh_form(visitor), ("text", markers["text"])], [upload]):
        time.sleep(_SETTLE_SECONDS)
        forms = [_log_in_form(visitor) for _ in range(_TOGETHER)]
        with ThreadPoolExecutor(_TOGETHER) as several:
            list(several.map(lambda form: _with_code(visitor, "a code that opens nothing", form, _WRONG_CODE), forms))
        _accept_details(visitor)
        yield
    time.sleep(_SETTLE_SECONDS)


def form_with_files(visitor: CanaryVisitor) -> None:
    """Send a form whose files cannot be cleaned, so that nothing is filed, and watch its progress meanwhile.

    The second comes when the progress page has said of the first all that it says.
    """
    form = visitor.get("report form", "/report").text
    fields, progress = (
        [*hidden_fields(form, "/report"), ("text", visitor.markers["text"]), _SEND],
        _PROGRESS.search(form),
    )
    with visitor.watching("the progress of a form with files", progress[0] if progress else "/progress/none"):
        visitor.post(WATCHED, "/report", fields, [_damaged(visitor)] * 2, right=(400,), may_echo=("text",),
                     last_after=_SAID_SECONDS)  # fmt: skip


@contextmanager
def files_of_others(visitor: CanaryVisitor) -> Iterator[None]:
    """Others' files are being cleaned meanwhile, and refused at their ends: nothing is filed."""
    forms = [[*fresh_form(visitor), ("text", visitor.markers["text"]), _SEND] for _ in range(_SENDERS)]
    uploads = [Upload("picture.png", "image/png", unfinished())] * _FILES
    with ThreadPoolExecutor(_SENDERS) as several:
        sent = [
            several.submit(visitor.post, MANY_FILES, "/report", form, uploads, right=(400,), may_echo=("text",))
            for form in forms
        ]  # fmt: skip
        time.sleep(_BEGUN_SECONDS)
        yield
        for one in sent:
            one.result()


def _damaged(visitor: CanaryVisitor) -> Upload:
    markers = visitor.markers
    return Upload("picture.png", "image/png", picture(markers["text"], markers["text"])[:_OF_A_DAMAGED])


def report(visitor: CanaryVisitor) -> list[str]:
    """Send a report with a picture and a document twice; return its code, or nothing."""
    markers = visitor.markers
    visitor.led.clear()
    form = visitor.get("report form", f"/report?{markers.by_kind['query'].carriers[0]}")
    fields = [
        *hidden_fields(form.text, "/report"),
        ("organisation", ""),
        ("text", f"I saw {markers['text']}."),
        ("urgent", ""),
        _SEND,
    ]
    name, kind = markers.by_kind["file name"].carriers[0], markers.by_kind["file type"].carriers[0]
    uploads = [
        Upload(name, kind, picture(markers["exif"], markers["picture comment"])),
        Upload(name.replace(".png", ".pdf"), "application/pdf", document(markers["document author"])),
    ]
    found = ("exif", "picture comment", "document author")
    shown = visitor.post("a report with two files", "/report", fields, uploads)
    words = _CODE.findall(shown.text)[:WORDS]
    if len(words) == WORDS:
        markers.add_code(words)
        _read_on(visitor, shown, words, found)
    visitor.post("the same form again", "/report", fields, uploads)
    return words


def _read_on(visitor: CanaryVisitor, shown: Answer, words: Sequence[str], found: Sequence[str]) -> None:
    """Write two words back, a wrong one first; look at what was found in the files, and at the days."""
    form = hidden_fields(shown.text, "/receipt/check")
    places = [int(value) for name, value in form if name == "asked"]
    wrong = [*form, *(("word", _NO_WORD) for _place in places)]
    visitor.post("two wrong words", "/receipt/check", wrong, right=(400,), may_echo=("case code",))
    right = [*form, *(("word", words[place - 1]) for place in places)]
    files = visitor.post("two right words", "/receipt/check", right, may_echo=found)
    visitor.post("the days", "/receipt/next", hidden_fields(files.text, "/receipt/next"))


def urgent_report(visitor: CanaryVisitor, *, refused_first: bool) -> None:
    """Send a report that members get at once: what they read of it does not say where a refused file stood."""
    markers = visitor.markers
    name, kind = markers.by_kind["file name"].carriers[0], markers.by_kind["file type"].carriers[0]
    uploads = [
        Upload(name, kind, photograph(markers["exif"], markers["picture comment"], coarse=bool(visitor.run))),
        Upload(name.replace(".png", ".pdf"), "application/pdf", document(markers["document author"])),
        Upload(name, kind, noise(markers["exif"], markers["picture comment"])),
    ]
    fields = [*fresh_form(visitor), ("text", f"I saw {markers['text']}."), ("urgent", "yes"), _SEND]
    refused = Upload(name, "text/plain", f"{markers['refused file']} is no picture.".encode() + NO_KIND)
    uploads.insert(0 if refused_first else len(uploads), refused)
    _without_refused(visitor, "an urgent report", fields, uploads, which="the first" if refused_first else "the last")


def _without_refused(
    visitor: CanaryVisitor,
    what: str,
    fields: Sequence[tuple[str, str]],
    uploads: Sequence[Upload],
    *,
    which: str = "each",
) -> None:
    """Send a form of which a file is refused, and then without it."""
    told = visitor.post(f"{what}, of which {which} file is refused", "/report", fields, uploads, right=(400,),
                        may_echo=("text",))  # fmt: skip
    visitor.post(what, "/report", [*hidden_fields(told.text, "/report", "held"), _SEND])


def short_report(visitor: CanaryVisitor, *, urgent: bool, named: str = "", language: str = "") -> Answer:
    """Send a report of one line, on pages in this language; `named` is a member whom it concerns."""
    urgently = ("urgent", "yes" if urgent else "")
    fields = [*fresh_form(visitor, language), ("text", f"I saw {visitor.markers['text']}."), urgently, _SEND]
    what = "a short urgent report" if urgent else "a short report"
    if named:
        fields, what = [*fields, ("concerns", named)], f"{what} that names a member"
    what += language and f" in {language}"
    return visitor.post(what, "/report", fields)


def take_back(visitor: CanaryVisitor) -> None:
    """Send a report and take it back unseen."""
    visitor.led.clear()
    page = short_report(visitor, urgent=False)
    asked = visitor.post("asking to take back", "/inbox/take-back", hidden_fields(page.text, "/inbox/leave"))
    visitor.post("taking back", "/inbox/take-back", hidden_fields(asked.text, "/inbox/take-back", "mark"))
    # The last of them leads to the page that confirms it.
    visitor.led.pop()
    visitor.ask_again()


def report_with_refused_files(visitor: CanaryVisitor) -> None:
    """Send a report whose files are no pictures, and then without them."""
    markers = visitor.markers
    name = markers.by_kind["file name"].carriers[0]
    refused = Upload(name, "text/plain", f"{markers['refused file']} is of no kind that is taken.".encode() + NO_KIND)
    damaged = Upload(name, "image/png", picture(markers["exif"], markers["picture comment"])[:_OF_A_DAMAGED])
    fields = [*fresh_form(visitor), ("text", markers["text"]), _SEND]
    _without_refused(visitor, "a report whose files are refused", fields, [refused, damaged])


def report_that_tells_who(visitor: CanaryVisitor) -> None:
    """Send a report with a file whose text says who wrote it; without those words it is filed, with the file."""
    fields = [*fresh_form(visitor), ("text", f"I saw {visitor.markers['text']}. {_TELLS_WHO}"), ("urgent", ""), _SEND]
    told = visitor.post("a report with a file that says who wrote it", "/report", fields, [_small_file(visitor)],
                        right=(400,), may_echo=("text",))  # fmt: skip
    left = hidden_fields(told.text, "/report", "offered")
    visitor.post("the report without what says it", "/report", [*left, _REMOVE])


def message_that_tells_who(visitor: CanaryVisitor) -> None:
    """Send a message in the same way, and leave."""
    visitor.led.clear()
    echo = ("text", "exif", "picture comment", "document author")
    page = _log_in(visitor, "the right code, to write", visitor.markers["case code"], (SHOWN,), echo)
    fields = [
        *hidden_fields(page.text, "/inbox/write"),
        ("text", f"And {visitor.markers['text']}. {_TELLS_WHO}"),
        _SEND,
    ]
    told = visitor.post("a message with a file that says who wrote it", "/inbox/write", fields, [_small_file(visitor)],
                        right=(400,), may_echo=("text",))  # fmt: skip
    left = hidden_fields(told.text, "/inbox/write", "offered")
    page = visitor.post("the message without what says it", "/inbox/write", [*left, _REMOVE], may_echo=echo)
    _leave(visitor, page)


def _small_file(visitor: CanaryVisitor) -> Upload:
    markers = visitor.markers
    name, kind = markers.by_kind["file name"].carriers[0], markers.by_kind["file type"].carriers[0]
    return Upload(name, kind, picture(markers["exif"], markers["picture comment"], texts=1))


def _unsent_reports(visitor: CanaryVisitor) -> None:
    """Forms that come back: nothing of them is kept."""
    markers = visitor.markers
    visitor.post("a report without text", "/report", [*fresh_form(visitor), ("text", ""), _SEND], right=(400,),
                 form_again=True)  # fmt: skip
    visitor.post(
        "a report with an old mark", "/report", [("mark", markers["typed code"]), ("text", markers["text"]), _SEND],
        right=(400,), may_echo=("text",), form_again=True,
    )  # fmt: skip
    _telling_text(visitor)
    long_text = (markers["text"] + " ") * 8000
    visitor.post(
        "a report that is too long", "/report", [*fresh_form(visitor), ("text", long_text), _SEND], right=(400,),
        may_echo=("text",), form_again=True,
    )  # fmt: skip


def _telling_text(visitor: CanaryVisitor) -> Answer:
    """Send a text that says who wrote it, which comes back with that."""
    fields = [*fresh_form(visitor), ("text", f"{visitor.markers['text']}. {_TELLS_WHO}"), _SEND]
    return visitor.post("a text that says who wrote it", "/report", fields, right=(400,), may_echo=("text",))


def _accept_details(visitor: CanaryVisitor) -> None:
    """Accept what such a text says, but not what is new in it, and go back to the form: nothing is filed.

    It is accepted of this writer alone.
    """
    asked = hidden_fields(_telling_text(visitor).text, "/report", "offered")
    more = [(name, f"{value} {_TELLS_MORE}" if name == "text" else value) for name, value in asked]
    again = visitor.post("a text that says more of who wrote it", "/report", [*more, _KEEP], right=(400,),
                         may_echo=("text",))  # fmt: skip
    left = hidden_fields(again.text, "/report", "looked")
    visitor.post("a text that goes back to its form", "/report", [*left, _EDIT], may_echo=("text",), form_again=True)


def report_with_a_drawn_file(visitor: CanaryVisitor, number: int) -> None:
    """Send a report with a file of the kind and size that were drawn, on pages in a language that was drawn."""
    kind, size, count = visitor.plan.files[number]
    language = visitor.plan.languages[-1 - number]
    ending, mime, content = of_kind(kind, visitor.markers["picture comment"], count)
    fields = [*fresh_form(visitor, language), ("text", f"I saw {visitor.markers['text']}."), ("urgent", ""), _SEND]
    visitor.post(f"a report with {kind} of {size} in {language}", "/report", fields,
                 [Upload(f"one{ending}", mime, content)])  # fmt: skip


def _log_in(visitor: CanaryVisitor, name: str, code: str, right: Iterable[int], echo: Iterable[str] = ()) -> Answer:
    return _with_code(visitor, name, _log_in_form(visitor), code, right=right, echo=echo)


def _log_in_form(visitor: CanaryVisitor) -> list[tuple[str, str]]:
    return hidden_fields(visitor.get("log-in form", "/return").text, "/return")


def _with_code(
    visitor: CanaryVisitor,
    name: str,
    form: Sequence[tuple[str, str]],
    code: str,
    *,
    right: Iterable[int] = (400,),
    echo: Iterable[str] = (),
) -> Answer:
    return visitor.post(name, "/return", [*form, ("code", code)], right=right, may_echo=echo)


def _wrong_codes(visitor: CanaryVisitor) -> None:
    typed = visitor.markers["typed code"]
    _log_in(visitor, "a code that opens nothing", _WRONG_CODE, (400,))
    # In another order in another run: what is said of one does not depend on what was typed before.
    for word in _MISREAD[:: -1 if visitor.run else 1]:
        words = ["abakus", "abakus", word, *["abakus"] * (WORDS - 3)]
        _log_in(visitor, f"a code with the word {word}", " ".join(words), (400,))
    # What was typed stands in its fields again.
    _log_in(visitor, "words that are none", " ".join([typed] * WORDS), (400,), ("typed code",))
    _log_in(visitor, "too few words", typed, (400,), ("typed code",))


def come_back(visitor: CanaryVisitor, words: list[str]) -> None:
    """Log in with the code, write, leave, and ask once more."""
    markers = visitor.markers
    echo = ("text", "exif", "picture comment", "document author")
    page = _log_in(visitor, "the right code", " ".join(words), (SHOWN,), echo)
    visitor.get("the log-in form of who is logged in", "/return")
    visitor.post("a clean copy", "/inbox/file", hidden_fields(page.text, "/inbox/file"), right=(SHOWN, 200))
    write = hidden_fields(page.text, "/inbox/write")
    more = [*write, ("text", f"One more thing: {markers['text']}."), _SEND]
    page = visitor.post("a message in the case", "/inbox/write", more, may_echo=("text",))
    _leave(visitor, page)
    visitor.post("a session that ended", "/inbox", hidden_fields(page.text, "/inbox"), right=(SHOWN, 400, 403))


def _leave(visitor: CanaryVisitor, page: Answer) -> None:
    visitor.post("leaving", "/inbox/leave", hidden_fields(page.text, "/inbox/leave"))
    # That leads to the page that confirms the log-out.
    visitor.led.pop()
    visitor.ask_again()


def look_in(visitor: CanaryVisitor, when: str = "") -> None:
    """Log in with the code, read what is there, fetch a file, and leave: nothing of it is to be kept."""
    visitor.led.clear()
    echo = ("text", "exif", "picture comment", "document author")
    page = _log_in(visitor, f"the right code, to read{when}", visitor.markers["case code"], (SHOWN,), echo)
    visitor.post(f"a clean copy{when}", "/inbox/file", hidden_fields(page.text, "/inbox/file"), right=(SHOWN, 200))
    _leave(visitor, page)


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
    fields = [*fresh_form(visitor), ("text", markers["text"])]
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
        visitor.cut("/report", [*fresh_form(visitor), ("text", markers["text"])], [upload], at=part)
    send(visitor.socket, b"GET /" + markers["broken request"].encode(), then_cut=True)
    time.sleep(_SETTLE_SECONDS)
