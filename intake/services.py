"""What the pages work with, in one frozen value. No page reads a clock, a setting or a file by itself."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from aiohttp import web

from cases.case.restored import Restored, last_loss
from cases.config import Config, LimitsConfig
from cases.home import Home
from cases.roster.chain import Chain, Roster, read_chain
from intake.argon2_workers import Argon2Workers
from intake.entrance import Hosts, MirrorInfo
from intake.http.forwarded import ForwardedAddresses
from intake.http.result_pages import ResultPages
from intake.identifiers.acknowledged import AcknowledgedDetails
from intake.mirror.contexts import MirrorContexts
from intake.sessions import Sessions
from intake.uploads.held import HeldForms
from intake.uploads.progress import ProgressBoard
from intake.views.information_index import INFORMATION_LINKS
from intake.views.pages import HomeShown, Pages
from scrubbers import sniff
from trusted.case.clock import Clock, due_day, today
from trusted.case.errors import RosterFault
from trusted.forms.attachment import Sniffer
from trusted.jail.sandbox import Sandbox
from trusted.rooms.disk import DiskRoom
from trusted.rooms.uploads import TEXT_BYTES, MemoryBudget, Room
from trusted.store.store import Store
from trusted.web.form_tokens import FormTokens
from trusted.web.limits import Limits
from trusted.web.silence import Faults

_MIB: Final = 2**20
# Inspecting the folder takes as long as making a first page, so pages that only show the roster share one inspection.
SHOWN_SECONDS: Final = 1.0
# How long a release takes would tell how much came in: pages name it an hour after 06:00.
RELEASE_SHOWN_AFTER: Final = timedelta(hours=1)


class Releases:
    """The day of the newest release that this intake has made, be it of nothing."""

    def __init__(self) -> None:
        self.made: date | None = None

    def shown(self, now: datetime) -> date | None:
        """Return the day that pages name: one and the same for everybody, whatever was released."""
        return None if self.made is None else min(self.made, due_day(now - RELEASE_SHOWN_AFTER))


class RosterProvider:
    """The roster as it stands on disk, the whole chain verified again whenever a file of it has changed.

    The keeper also says when it has changed it (`forget`); the look at the folder is for changes it did not make.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._chain: Chain | None = None
        self._seen: object = None
        self._seen_at = 0.0
        self.on_fault: Callable[[], None] | None = None
        # Held to write: of two members who sign at once, the second would write over the first one's line.
        self.writing = asyncio.Lock()

    def chain(self) -> Chain:
        """Return the chain as it verifies now; its `current` is None when it does not."""
        self._seen_at = time.monotonic()
        seen = (today(self._clock), self._look())
        if self._chain is None or seen != self._seen:
            # A proposal may count by waiting, so the day is a part of what was seen.
            self._chain, self._seen = read_chain(self._folder, today(self._clock)), seen
            if self._chain.problem is not None and self.on_fault is not None:
                self.on_fault()
        return self._chain

    def shown(self) -> Chain:
        """Return the chain as it verified within the last second; for a page that shows it and seals nothing to it."""
        if self._chain is not None and time.monotonic() - self._seen_at < SHOWN_SECONDS:
            return self._chain
        return self.chain()

    def open_roster(self) -> Roster:
        """Return the roster to which reports may be sealed now. Raises `RosterFault` when the service is closed."""
        roster = self.chain().current
        if roster is None or not roster.is_open:
            raise RosterFault("roster.not_open")
        return roster

    def forget(self) -> None:
        self._chain = None

    def _look(self) -> tuple[tuple[str, int, int], ...]:
        try:
            with os.scandir(self._folder) as entries:
                states = [(entry.name, entry.stat()) for entry in entries]
        except OSError:
            return ()
        return tuple(sorted((name, state.st_mtime_ns, state.st_size) for name, state in states))


@dataclass(frozen=True, slots=True, repr=False)
class Services:
    """Everything that a page may use."""

    home: Path
    config: Config
    roster: RosterProvider
    store: Store
    sandbox: Sandbox
    sniffer: Sniffer
    clock: Clock
    pages: Pages
    faults: Faults
    argon2: Argon2Workers
    sessions: Sessions
    result_pages: ResultPages
    acknowledged: AcknowledgedDetails
    form_tokens: FormTokens
    progress: ProgressBoard
    held: HeldForms
    budget: MemoryBudget
    disk: DiskRoom
    releases: Releases
    texts: Room
    limits: Limits
    hosts: Hosts
    # None where the home has no mirror.
    mirror: MirrorInfo | None
    mirror_contexts: MirrorContexts | None
    # The last restore of this home, if it lost something.
    restored: Restored | None
    forwarded_addresses: ForwardedAddresses


SERVICES: Final = web.AppKey("services", Services)


def compose(
    home: Home,
    store: Store,
    sandbox: Sandbox,
    faults: Faults,
    clock: Clock,
    *,
    hosts: Hosts,
) -> Services:
    """Put together what the pages work with; for the process and for tests alike."""
    config = home.config
    held = HeldForms(clock)
    result_pages = ResultPages(clock, on_forget=held.forget)
    return Services(
        home=home.path,
        config=config,
        roster=RosterProvider(home.roster, clock),
        store=store,
        sandbox=sandbox,
        sniffer=sniff,
        clock=clock,
        pages=_pages(config),
        faults=faults,
        argon2=Argon2Workers(),
        sessions=Sessions(clock, on_end=result_pages.forget),
        result_pages=result_pages,
        acknowledged=AcknowledgedDetails(),
        form_tokens=FormTokens(clock),
        progress=ProgressBoard(),
        held=held,
        disk=DiskRoom(store, config.file_bounds),
        releases=Releases(),
        budget=MemoryBudget(config.limits.uploads_in_memory_mib * _MIB),
        texts=Room(TEXT_BYTES),
        limits=limits_of(config.limits),
        hosts=hosts,
        mirror=None if config.mirror is None else MirrorInfo(config.mirror.name, min(hosts.public), config.mirror.port),
        mirror_contexts=None if config.mirror is None else MirrorContexts(config.mirror.name),
        restored=last_loss(home.path),
        forwarded_addresses=ForwardedAddresses(),
    )


def limits_of(chosen: LimitsConfig) -> Limits:
    """Return the limits that the operator has set, which are never above the design's."""
    return Limits(
        file_bytes=chosen.attachment_mib * _MIB,
        files=chosen.attachments,
        report_bytes=chosen.report_mib * _MIB,
        text_characters=chosen.text_characters,
    )


def _pages(config: Config) -> Pages:
    shown = HomeShown(config.owner, config.trial, config.authorities, config.updated, config.accent)
    return Pages(shown, config.languages, INFORMATION_LINKS)
