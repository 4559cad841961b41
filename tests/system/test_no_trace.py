"""Plants markers in everything a visitor sends and looks for them in everything the service leaves. They must not be there.

The looking is done from outside, by code that imports nothing of the product: strace for what any process opens for writing,
/proc for what is open and for the memory of memory-backed files, the bytes of the home, and the keeper's own output.
A clean result counts only because each planted request is first shown to have done what it should, and because the same search is
shown to find the same markers where they are.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from processes.service import (
    Service,
    copies,
    descriptors,
    holding,
    new_marker,
    offline_network,
    opened_for_writing,
    trial_home,
)
from visitors.intake_harness import SHOWN, Browser, log_in, multipart

from kallskydd.demo.sample_files import sample_jpeg, sample_pdf


@pytest.fixture
def home(short_folder: Path) -> Path:
    return trial_home(short_folder / "home")


class Markers:
    """One marker for each place of a request."""

    def __init__(self) -> None:
        self.places = {
            name: new_marker()
            for name in ("address", "agent", "referer", "language", "cookie", "query", "file", "type", "text", "body")
        }

    def __getattr__(self, name: str) -> str:
        return self.places[name]

    def headers(self) -> dict[str, str]:
        return {
            "User-Agent": self.agent,
            "Referer": f"http://example.org/{self.referer}",
            "Accept-Language": self.language,
            "Cookie": f"session={self.cookie}",
        }

    def by_way_of_a_proxy(self) -> dict[str, str]:
        """The headers of a proxy that passes addresses on: whatever comes with them is refused."""
        forwarded = {
            "X-Forwarded-For": self.address,
            "X-Real-IP": self.address,
            "Forwarded": f"for={self.address}",
            "Via": self.address,
        }
        return {**self.headers(), **forwarded}


async def file_everything(service: Service, markers: Markers) -> tuple[list[str], object]:
    """File one report with every marker, and send every kind of request that goes wrong; returns markers and receipt."""
    browser = Browser(service.public_socket, f"{service.public_address}.onion")
    jpeg, pdf = sample_jpeg(markers.body), sample_pdf(markers.body)
    form = (await browser.get("/report")).form("/report")
    body = multipart(
        "frontier", form.with_(text=f"Report {markers.text}"), [jpeg.content, pdf.content, b"not a picture\0"]
    )
    body = body.replace(b"secret-name-0.jpg", markers.file.encode()).replace(b"image/jpeg", markers.type.encode())
    headers = {
        **markers.headers(),
        "Content-Type": "multipart/form-data; boundary=frontier",
        "Origin": f"http://{browser.host}",
    }
    told = await browser.request("POST", f"/report?x={markers.query}", body, headers)
    assert told.status == 400
    # Without the file that is none.
    page = await browser.post("/report", told.form("/report").with_())
    assert page.status == SHOWN, page.plain
    assert len(page.receipt.words) == 8
    inbox = await log_in(browser, page.receipt)
    assert markers.text in inbox.plain

    wrong = [
        await browser.request("POST", f"/report?x={markers.query}", body, headers | markers.by_way_of_a_proxy()),
        await browser.get(f"/none-{markers.query}", markers.headers()),
        await browser.get(f"/none-{markers.query}", markers.by_way_of_a_proxy()),
        await browser.request("POST", "/report", b"x=" + markers.text.encode(), markers.headers()),
        await browser.raw(b"GET /" + markers.query.encode() + b" HTTP/9.9\r\n\r\n"),
        await browser.raw(b"\x16\x03\x01" + markers.agent.encode() + b"\r\n\r\n"),
        await browser.raw(f"GET / HTTP/1.1\r\nHost: {markers.address}.example\r\nConnection: close\r\n\r\n".encode()),
        await browser.post("/return", (await browser.get("/return")).form("/return").with_(code=markers.text)),
    ]
    assert all(400 <= answer.status < 500 or answer.status == SHOWN for answer in wrong)
    assert all(markers.query.encode() not in answer.body for answer in wrong)
    return [*markers.places.values(), *jpeg.markers, *pdf.markers], page.receipt


async def test_nothing_a_visitor_sent_is_left_on_the_disk_or_in_any_open_file(home, short_folder, caplog):
    trace = short_folder / "strace.txt"
    with Service(home, offline_network(short_folder / "net"), strace_to=trace) as service:
        markers, receipt = await file_everything(service, Markers())
        open_files = descriptors(service.tree())
        in_open_files = []
        for pid, link, target in open_files:
            try:
                content = Path(link).read_bytes()
            except (OSError, IsADirectoryError):
                continue
            in_open_files += [(pid, target, marker) for marker in markers if any(f in content for f in copies(marker))]
        unlinked = [target for _, _, target in open_files if "(deleted)" in target and "/memfd:" not in target]
        with_words = holding(home, [*markers, " ".join(receipt.words)])
        service.stop()
        said = json.dumps(service.events) + "".join(service.stderr)

    assert len(open_files) > 3
    assert in_open_files == []
    assert unlinked == []
    assert with_words == []
    assert holding(home, markers) == []
    assert [marker for marker in markers if marker in said] == []


async def test_no_process_ever_opens_a_file_for_writing_outside_the_home(home, short_folder):
    trace = short_folder / "strace.txt"
    with Service(home, offline_network(short_folder / "net"), strace_to=trace) as service:
        service.wait_for("tor-started")
        await file_everything(service, Markers())
        service.stop()

    written = opened_for_writing(trace)
    outside = {path for path in written if not Path(path).is_relative_to(home)}

    # The trace sees: the home's own files are in it.
    assert str(home / "kallskydd.db") in written
    # Terminals and devices are no files; what remains must be nothing.
    assert {path for path in outside if not path.startswith(("/dev/null", "/dev/tty", "/proc/self/"))} == set()


def test_a_call_that_the_trace_has_in_two_lines_is_one(tmp_path):
    (tmp_path / "trace").write_text(
        '7 openat(AT_FDCWD</>, "/dev/zero", O_WRONLY <unfinished ...>\n8 close(3) = 0\n'
        "7 <... openat resumed>) = -1 EACCES (Permission denied)\n"
        '7 openat(AT_FDCWD</>, "/a", O_WRONLY <unfinished ...>\n8 openat(AT_FDCWD</>, "/b", O_WRONLY <unfinished ...>\n'
        "7  <... openat resumed>) = 3</a>\n"
    )

    # What was cut off could have been done.
    assert opened_for_writing(tmp_path / "trace") == {"/a", "/b"}


def test_the_search_finds_what_is_there_in_every_form(tmp_path):
    marker = new_marker()
    import base64

    forms = [
        marker.encode(),
        marker.encode("utf-16-le"),
        marker.encode().hex().encode(),
        base64.b64encode(b"a" + marker.encode() + b"zz"),
        base64.b64encode(b"ab" + marker.encode() + b"z"),
    ]
    for number, form in enumerate(forms):
        (tmp_path / str(number)).write_bytes(os.urandom(64) + form + os.urandom(64))

    assert [path for path, _ in holding(tmp_path, [marker])] == [str(tmp_path / str(n)) for n in range(len(forms))]


def test_the_trace_reader_sees_files_that_are_made_renamed_and_unlinked(tmp_path):
    import subprocess
    import sys

    code = (
        "import os, tempfile\n"
        f"open('{tmp_path}/kept', 'w').close()\n"
        f"os.rename('{tmp_path}/kept', '{tmp_path}/renamed')\n"
        f"d = os.open('{tmp_path}/gone', os.O_CREAT | os.O_RDWR); os.unlink('{tmp_path}/gone')\n"
        f"t = tempfile.TemporaryFile(dir='{tmp_path}')\n"
    )
    trace = tmp_path / "trace"
    subprocess.run(
        [
            "strace",
            "-f",
            "-y",
            "-s",
            "512",
            "-e",
            "trace=open,openat,creat,rename",
            "-o",
            trace,
            sys.executable,
            "-c",
            code,
        ],
        check=True,
    )

    written = opened_for_writing(trace)

    assert {str(tmp_path / name) for name in ("kept", "renamed", "gone")} <= written
    assert any(path == str(tmp_path) for path in written), "O_TMPFILE names the folder"
