"""The hands of the browser tests: nothing is pressed that a person could not press yet, and a press that is lost is said.

Through Tor a style sheet comes long after the words and moves everything. A press that was aimed before went past the
button now and then, and the test waited for an answer to a form that was never sent.
"""

from __future__ import annotations

import http.server
import socketserver
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browsers.chromium import Chromium
from browsers.firefox import Firefox
from browsers.marionette import Failed
from browsers.person import NotOnThePage
from browsers.way import OnionWay
from networks.conftest_tor import SHORT_FOLDER_PREFIX
from visitors.intake_harness import PUBLIC_HOST

pytestmark = pytest.mark.live

ORIGIN = f"http://{PUBLIC_HOST}"
FORM = '<form method="post" action="/sent" enctype="multipart/form-data"><button>Send</button></form>'
PAGE = f"""<!doctype html><html lang="en"><head><title>x</title><link rel="stylesheet" href="/late.css">BEFORE</head>
<body><p>Words</p>{FORM}</body></html>"""
MOVING = "<style>form { animation: go 2s linear both; } @keyframes go { to { transform: translateX(300px); } }</style>"
COVERED = "<style>body::after { content: ''; position: fixed; inset: 0; }</style>"
PAGES = {
    "/": PAGE.replace("BEFORE", ""),
    "/moving": PAGE.replace("BEFORE", MOVING),
    "/covered": PAGE.replace("BEFORE", COVERED),
    "/aimless": PAGE.replace("BEFORE", "").replace("<button>", '<button type="button">'),
    "/slow": PAGE.replace("BEFORE", "").replace("/sent", "/sent?slow"),
    "/broken": PAGE.replace("BEFORE", "").replace("<button>", '<button name="act" value="send">'),
    "/sent": '<!doctype html><title>x</title><p id="done">Sent.</p>',
}
# It moves the button by more than its own height.
STYLE = b"form { padding-top: 200px; }"
LATE_SECONDS = 1.0
# As through a slow network: longer than it may take until a form is on its way.
SLOW_SECONDS = 3.0


class LatePages(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Pages at once and their style sheet late; `answered` are the paths in the order in which they were."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), _Handler)
        self.path = path
        self.answered: list[str] = []

    def handle_error(self, request, client_address) -> None:
        """Browsers hang up when they like."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: LatePages

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/late.css":
            time.sleep(LATE_SECONDS)
            self._answer(path, "text/css", STYLE)
        elif path in PAGES:
            self._answer(path, "text/html; charset=utf-8", PAGES[path].encode())
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if urlsplit(self.path).query == "slow":
            time.sleep(SLOW_SECONDS)
        self.do_GET()

    def _answer(self, path: str, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        # The style sheet comes late each time.
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.server.answered.append(path)
        self.wfile.write(body)

    def address_string(self) -> str:
        return "browser"

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


@pytest.fixture(scope="module")
def late_pages():
    with (
        tempfile.TemporaryDirectory(prefix=SHORT_FOLDER_PREFIX) as folder,
        LatePages(Path(folder) / "pages.sock") as server,
    ):
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


@pytest.fixture(scope="module")
def way(late_pages):
    with OnionWay(late_pages.path) as one:
        yield one


@pytest.fixture(scope="module", params=[Firefox, Chromium])
def person(request, way):
    with request.param(way.port) as one:
        yield one


@pytest.fixture
def pages(late_pages):
    late_pages.answered.clear()
    return late_pages


def test_a_form_is_sent_once_the_style_sheet_has_come_and_not_before(person, pages):
    person.open(f"{ORIGIN}/")
    person.press("/sent")
    person.wait_for("#done")

    assert pages.answered == ["/", "/late.css", "/sent"]


def test_what_moves_is_pressed_when_it_stands_still(person, pages):
    person.open(f"{ORIGIN}/moving")
    person.press("/sent")
    person.wait_for("#done")

    assert pages.answered.count("/sent") == 1


def test_what_something_lies_over_is_not_pressed(person, pages):
    person.open(f"{ORIGIN}/covered")

    with pytest.raises((NotOnThePage, Failed), match=r"lies|obscures"):
        person.press("/sent")

    assert "/sent" not in pages.answered


def test_a_press_that_sends_nothing_is_said_at_once_and_not_taken_for_a_slow_answer(person, pages, monkeypatch):
    monkeypatch.setattr(person, "begin_seconds", 1.0)
    person.open(f"{ORIGIN}/aimless")

    with pytest.raises(NotOnThePage, match="the form was not sent"):
        person.press("/sent")

    assert "/sent" not in pages.answered


def test_an_answer_that_is_slow_is_waited_for_once_the_form_is_on_its_way(person, pages, monkeypatch):
    monkeypatch.setattr(person, "begin_seconds", 1.0)
    person.open(f"{ORIGIN}/slow")
    person.press("/sent?slow")
    person.wait_for("#done")

    assert pages.answered.count("/sent") == 1


def test_a_form_that_does_not_get_through_is_told_from_one_that_does(person, way, pages):
    person.open(f"{ORIGIN}/broken")
    way.breaks_at = way.carried
    person.fail("act", "send")
    way.breaks_at = None
    person.open(f"{ORIGIN}/broken")

    with pytest.raises(NotOnThePage, match="nothing failed"):
        person.fail("act", "send")

    assert pages.answered.count("/sent") == 1
