"""The round trip that `kallskydd demo --check` makes and judges.

A report with a photograph and a document is filed over Tor, read at one desk, answered, the answer read with the
receipt, the case closed, and erased by two members in two folders and two processes. With a mirror the
same is done once more through it, by a visitor who speaks TLS and no Tor. Then the markers planted in the files are
searched for in all that the desk decrypted, on the server's disk and in every open descriptor of the service, and in
the relay's folder, descriptors and memory. Each step is timed.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from desk.keep.saving import checked, file_name, save_bytes
from desk.work import acts
from desk.work.case.examining import open_all
from desk.work.erasing import erase
from kallskydd.demo.mirror import DemoMirror
from kallskydd.demo.sample_files import Sample, sample_jpeg, sample_pdf
from kallskydd.demo.search import Search, holds, in_descriptors, in_folder, in_memory, in_text
from kallskydd.demo.visitor import HtmlPage, Visitor
from kallskydd.demo.world import DemoFailed, DemoWorld
from kallskydd.say import prose
from onion.client import ClientTor
from onion.private_network import PrivateNetwork

TEXT = "Fakturan 4711 har betalats två gånger till samma firma."
ANSWER = "Tack. Vi har fått rapporten och tittar på fakturan."
OUTCOME = "Betalningen är återkrävd."
REFERENCE = "Gallringsbeslut 2026:1"
FOUND, NOT_FOUND = 200, 404
OVER_TOR, AT_MIRROR = "over Tor", "through the mirror"
RELAY_SECONDS = 60.0  # its tor knew the network within 6 s
RELAY_POLL_SECONDS = 0.2


@dataclass(slots=True)
class RoundTrip:
    """One round trip and what it showed."""

    world: DemoWorld
    samples: list[Sample]
    seconds: dict[str, float] = field(default_factory=dict)
    search: Search = field(default_factory=lambda: Search(0, 0, ()))

    @property
    def markers(self) -> list[str]:
        return [marker for sample in self.samples for marker in sample.markers]

    def markers_in_originals(self) -> int:
        """How many markers can be found in what is sent, by the same search: one that cannot proves nothing."""
        return _markers_in(self.samples)

    @asynccontextmanager
    async def step(self, name: str) -> AsyncIterator[None]:
        """Time a step, and say so as it passes: a minute without a word looks like a program that hangs."""
        started = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - started, 2)
        prose(f"{self.seconds[name]:7.2f} s  {name}")

    def result(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "ok": not self.search.found and self.markers_in_originals() == len(self.markers),
            "seconds": self.seconds,
            "total_seconds": round(sum(self.seconds.values()), 2),
            "markers": len(self.markers),
            "markers_in_originals": self.markers_in_originals(),
            "found": list(self.search.found),
            "looked_at": self.search.looked_at,
            "not_seen": self.search.not_seen,
        }


def planted_samples() -> list[Sample]:
    """Make a JPEG with a place and a serial number and a PDF with an author, with new markers each time."""
    return [sample_jpeg(secrets.token_hex(6)), sample_pdf(secrets.token_hex(6))]


class MarkersUnusable(Exception):
    """The file of --markers is none; the text says what it should be."""


def given_samples(markers_file: Path) -> list[Sample]:
    """Read a JSON file, {"files": [paths beside it], "markers": [texts]}; raises MarkersUnusable."""
    try:
        given = json.loads(markers_file.read_text("utf-8"))
        paths = [markers_file.parent / name for name in given["files"]]
        markers = tuple(str(marker) for marker in given["markers"])
        contents = [path.read_bytes() for path in paths]
    except (OSError, ValueError, KeyError, TypeError):
        raise MarkersUnusable(
            'the --markers file should be {"files": [paths], "markers": [texts]}, with files to read'
        ) from None
    if not markers or not all(markers) or not contents:
        raise MarkersUnusable(
            "the --markers file names no file or no marker; without both the check would prove nothing"
        )
    # The markers belong to all files together; the first carries them, and no name is a marker by itself.
    return [
        Sample(content, "application/octet-stream", f"file{number}", markers if number == 0 else ())
        for number, content in enumerate(contents)
    ]


def require_markers_in(samples: list[Sample]) -> None:
    """Require each marker in one of the files: not to find it again proves nothing else. Raises DemoFailed."""
    markers = sum(len(sample.markers) for sample in samples)
    missing = markers - _markers_in(samples)
    if missing:
        raise DemoFailed(
            f"{missing} of {markers} markers are not in the files that would be sent, so nothing would be proved"
        )


def _markers_in(samples: list[Sample]) -> int:
    sent = [sample.content + sample.file_name.encode() for sample in samples]
    markers = [marker for sample in samples for marker in sample.markers]
    return sum(any(holds(one, marker) for one in sent) for marker in markers)


async def round_trip(check: RoundTrip) -> None:
    """Make the whole way; raises DemoFailed at the first step that does not do what it should."""
    world = check.world
    async with check.step("network"):
        await world.start_network()
    async with check.step("home and members"):
        await world.make_home()
    async with check.step("publish"):
        await world.start_service()
    async with check.step("roster signed at two desks"):
        await world.sign_roster(over_tor=True)
    async with check.step("reporter's tor"):
        lines = PrivateNetwork.lines_from(world.network)
        tor = ClientTor(world.folder / "reporter", lines)
        await asyncio.to_thread(tor.start)
    try:
        async with Visitor.over_tor(tor.socks, world.public) as visitor:
            await _travel(check, visitor, OVER_TOR)
    finally:
        await asyncio.to_thread(tor.stop)
    if world.mirror is not None:
        await _travel_by_mirror(check, world.mirror)
    async with check.step("markers searched for"):
        check.search += in_folder(check.world.home, check.markers)
        for saved in world.folder.glob("saved *"):
            check.search += in_folder(saved, check.markers)
        for desk in check.world.desks:
            check.search += in_folder(desk.folder, check.markers)
        _search_processes(check)


async def _travel_by_mirror(check: RoundTrip, mirror: DemoMirror) -> None:
    async with Visitor.at_mirror(mirror) as visitor:
        async with check.step("relay"):
            await check.world.start_relay(mirror)
            await _until_answered(visitor)
        await _travel(check, visitor, AT_MIRROR)
    check.search += in_folder(mirror.folder, check.markers)


async def _until_answered(visitor: Visitor) -> None:
    try:
        async with asyncio.timeout(RELAY_SECONDS):
            while True:
                with suppress(aiohttp.ClientError, OSError):
                    page = await visitor.open("/")
                    _demand(page.status == FOUND, f"the mirror answered {page.status}")
                    return
                await asyncio.sleep(RELAY_POLL_SECONDS)
    except TimeoutError:
        raise DemoFailed("the mirror did not answer in time") from None


async def _travel(check: RoundTrip, visitor: Visitor, way: str) -> None:
    first, second = check.world.desks
    also = "" if way == OVER_TOR else f", {way}"
    async with check.step(f"report filed {way}"):
        receipt = await _file(visitor, check.samples)
    _search_processes(check)
    async with check.step(f"read at the desk{also}"):
        saved = check.world.folder / f"saved {way}"
        saved.mkdir()
        case = await _read_at_desk(check, saved)
    async with check.step(f"answered{also}"), first.at_work() as book:
        await acts.do(book, "acknowledge", case, "Rapporten är mottagen.")
        await acts.do(book, "reply", case, ANSWER)
    async with check.step(f"answer read with the case code{also}"):
        inbox = await _log_in(visitor, receipt)
        _demand(ANSWER in inbox.html, "the answer is not on the reporter's page")
    async with check.step(f"closed{also}"), first.at_work() as book:
        await acts.do(book, "close", case, OUTCOME)
    async with check.step(f"erased by two members{also}"):
        async with first.at_work() as book:
            _demand(await erase(book, case, REFERENCE) != "done", "one member alone has erased the case")
        async with second.at_work() as book:
            _demand(await erase(book, case, REFERENCE) == "done", "two signatures did not erase the case")
        gone = await _log_in(visitor, receipt)
        _demand(ANSWER not in gone.html and not gone.receipt, "the erased case still opens")


def _search_processes(check: RoundTrip) -> None:
    relay = check.world.relay_ids()
    check.search += in_descriptors([*check.world.process_ids(), *relay], check.markers)
    if check.world.mirror is None or not relay:
        return
    # That the relay's memory was read shows in its name, which stands in what it was started with.
    name = check.world.mirror.name
    seen = in_memory(relay, [*check.markers, name])
    found = tuple(line for line in seen.found if not line.startswith(name))
    _demand(bool(seen.not_seen) or len(found) < len(seen.found), "the relay's memory could not be searched")
    check.search += Search(seen.looked_at, seen.not_seen, found)


async def _file(visitor: Visitor, samples: list[Sample]) -> tuple[str, ...]:
    """File the report; returns the receipt."""
    page = await visitor.open("/report")
    _demand(page.status == FOUND, f"the form answered {page.status}")
    page = await visitor.send(page.form("/report"), {"text": TEXT, "act": "send"}, samples)
    _demand(bool(page.receipt), f"no receipt came back (status {page.status})")
    return page.receipt


async def _log_in(visitor: Visitor, receipt: tuple[str, ...]) -> HtmlPage:
    page = await visitor.open("/return")
    return await visitor.send(page.form("/return"), {"code": " ".join(receipt)})


async def _read_at_desk(check: RoundTrip, saved: Path) -> str:
    """List and read at the first desk, save the attachments; returns the case's name."""
    async with check.world.desks[0].at_work() as book:
        cases, _refused = await open_all(book)
        _demand(len(cases) == 1, f"the desk sees {len(cases)} cases instead of one")
        (case,) = cases
        shown = str(msgspec.to_builtins(list(case.streams.values())))
        _demand(case.report.text == TEXT, "the report's text is not what was written")
        found = f"{len(case.attachments)} of {len(check.samples)} files arrived"
        _demand(len(case.attachments) == len(check.samples), found)
        for attachment in case.attachments:
            content = checked(attachment, await book.attachment(case, attachment))
            save_bytes(saved / file_name(case.known.case_id, attachment), b"".join(content))
        check.search += in_text(shown, "what the desk decrypted", check.markers)
    return case.known.case_id.hex()


def _demand(condition: bool, otherwise: str) -> None:
    if not condition:
        raise DemoFailed(otherwise)
