"""A day of the service in a short time: reporters, visitors, memory and descriptors, and the desk that reads at the end.

Each reporter opens the first page and the form, files (every tenth with a picture), and leaves with the button; the other
requests are of pages. At the end of each of twenty slices, at rest, the memory (PSS) and the descriptors of keeper,
intake, zygotes, their jobs and tor are added up.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path

from processes.service import Service, offline_network, trial_home
from visitors.intake_harness import Browser, file_report, two_words_back

from faults.kills import read_cases
from kallskydd.demo.sample_files import sample_jpeg

SLICES = 20
GROWTH = 1.1
VISITORS = 4
PICTURE_EVERY = 10
PAGES = ("/", "/report", "/return", "/how", "/?lang=en", "/accessibility", "/style.css", "/nowhere")
# What one report takes of the requests: first page, form, sending and its answer, the two words and theirs, the button.
REQUESTS_OF_A_REPORT = 7
REST_SECONDS = 0.2
MIB = 2**20


@dataclass
class Day:
    """What was done and what was seen."""

    requests: int = 0
    reports: list[str] = field(default_factory=list)
    refused: int = 0
    memory: list[int] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def flat(self) -> bool:
        return growth(self.memory) <= GROWTH and growth(self.descriptors) <= GROWTH

    def __str__(self) -> str:
        return (
            f"{self.requests} requests, {len(self.reports)} reports acknowledged, {self.refused} refused,"
            f" {len(self.lost)} lost in {self.seconds:.0f} s; memory {self.memory[0] // MIB} to {self.memory[-1] // MIB} MiB, growth"
            f" {growth(self.memory):.2f}; descriptors {self.descriptors[0]} to {self.descriptors[-1]}, growth"
            f" {growth(self.descriptors):.2f}"
        )


def growth(values: list[int]) -> float:
    """The median of the last quarter by that of the second."""
    quarter = len(values) // 4
    return statistics.median(values[-quarter:]) / statistics.median(values[quarter : 2 * quarter])


async def a_day(folder: Path, requests: int, reports: int) -> Day:
    """Let the day pass, and read at the desk what came of it."""
    day, began = Day(), time.monotonic()
    home = folder / "home"
    trial_home(home)
    with Service(home, offline_network(folder / "net")) as service:
        service.wait_for("tor-started")
        browser = Browser(service.public_socket, f"{service.public_address}.onion")
        pages = max(0, requests - REQUESTS_OF_A_REPORT * reports)
        for part in range(SLICES):
            todo = [f"Report {number}" for number in range(reports * part // SLICES, reports * (part + 1) // SLICES)]
            await asyncio.gather(
                _report(browser, todo, day),
                *(_look(browser, pages // SLICES // VISITORS, day) for _ in range(VISITORS)),
            )
            await asyncio.sleep(REST_SECONDS)
            day.memory.append(service.memory_bytes())
            day.descriptors.append(sum(_descriptors(pid) for pid in service.tree()))
        read = await read_cases(service, folder / "desk")
    day.lost = sorted(set(day.reports) - {one.text for one in read})
    day.seconds = time.monotonic() - began
    return day


async def _report(browser: Browser, texts: list[str], day: Day) -> None:
    for text in texts:
        files = [sample_jpeg("mkSoak").content] if len(day.reports) % PICTURE_EVERY == 0 else []
        await browser.get("/")
        page = await file_report(browser, text, files)
        if '<section class="code"' not in page.text:
            day.refused += 1
            continue
        day.reports.append(text)
        found = await two_words_back(browser, page)
        await browser.post("/inbox/leave", found.form("/inbox/leave").fields)
        day.requests += REQUESTS_OF_A_REPORT


async def _look(browser: Browser, count: int, day: Day) -> None:
    for number in range(count):
        await browser.get(PAGES[number % len(PAGES)])
        day.requests += 1


def _descriptors(pid: int) -> int:
    try:
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    except OSError:
        return 0
