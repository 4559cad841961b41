"""Some of the disk is for text, and only so many files wait for a release; nobody's coming decides it."""

from __future__ import annotations

import asyncio
import secrets

import pytest
from visitors.intake_harness import SHOWN, SetClock, make_home, report_form, running_intake, zygotes
from visitors.samples import photograph, rows

from cases.config import REAL_RESERVE_MIB, TRIAL_RESERVE_MIB, ConfigFault, parse_config
from intake.daily import release
from trusted.case.clock import first_release_day
from trusted.case.entry import ItemKind
from trusted.case.file_bounds import FileBounds
from trusted.crypto.seal import SealedFile
from trusted.rooms.disk import DiskRoom
from trusted.store.shred import Slots
from trusted.store.store import Store
from trusted.store.usage import DiskUse
from trusted.web.errors import DiskFull

MIB = 2**20
BOUNDS = FileBounds(reserve=100 * MIB, waiting=1000 * MIB)
TRIES = 400


class Disk:
    """What a store says of its disk, as a test sets it."""

    def __init__(self, free: float, waiting: float = 0) -> None:
        self.use = DiskUse(int(free * MIB), int(waiting * MIB))

    async def disk_use(self) -> DiskUse:
        await asyncio.sleep(0)
        return self.use


def sealed(size: int) -> SealedFile:
    chunks = [secrets.token_bytes(min(size - at, 2**18)) for at in range(0, size, 2**18)]
    return SealedFile(secrets.token_bytes(16), 1, ItemKind.FILE, secrets.token_bytes(119), iter(chunks), size)


@pytest.mark.parametrize(
    ("free", "waiting", "taken"),
    [(200, 500, 1.0), (150, 0, 0.5), (1000, 750, 0.5), (125, 0, 0.146), (99, 0, 0.0), (1000, 1001, 0.0)],
)
async def test_the_clock_draws_whether_files_are_taken_by_how_full_the_disk_is(free, waiting, taken):
    room, drawn = DiskRoom(Disk(free, waiting), BOUNDS), 0

    for _ in range(TRIES):
        await room.decide()
        drawn += room.is_open

    assert abs(drawn / TRIES - taken) < (0.1 if 0 < taken < 1 else 1e-9)


async def test_no_coming_changes_it_above_the_hard_stop_and_after_it_only_the_clock_does():
    disk = Disk(150)
    room = DiskRoom(disk, BOUNDS)
    for _ in range(TRIES):
        async with room.hold(40 * MIB):
            assert room.is_open

    with pytest.raises(DiskFull):
        async with room.hold(51 * MIB):
            pass
    disk.use = DiskUse(2**40, 0)

    with pytest.raises(DiskFull):
        room.require_open()
    await room.decide()
    room.require_open()


async def test_what_is_being_written_at_the_same_time_counts_against_the_reserve():
    room = DiskRoom(Disk(200), BOUNDS)

    async with room.hold(60 * MIB):
        with pytest.raises(DiskFull):
            async with room.hold(60 * MIB):
                pass
    async with room.hold(60 * MIB):
        pass


async def test_a_member_is_asked_for_the_reserve_alone_and_closes_nothing_to_others():
    room = DiskRoom(Disk(150, waiting=5000), BOUNDS)

    async with room.hold_for_member(40 * MIB):
        pass
    with pytest.raises(DiskFull):
        async with room.hold_for_member(60 * MIB):
            pass

    assert room.is_open


async def test_what_waits_is_staged_or_not_released_and_pages_that_are_free_are_room(tmp_path, monkeypatch):
    monkeypatch.setattr(Slots, "free_on_disk", lambda _: 0)
    store = await Store.open(make_home(tmp_path / "home").home.path, SetClock())
    try:
        kept = [sealed(MIB) for _ in range(3)]
        for one in kept:
            await store.add_file(one)
        staged = await store.disk_use()
        await store.drop_file(kept[0].file_id)
        dropped = await store.disk_use()
    finally:
        await store.close()

    assert staged.waiting == 3 * MIB
    assert dropped.waiting == 2 * MIB
    # The next file is written there, and the file of the database does not grow.
    assert dropped.free - staged.free >= MIB


async def test_files_beyond_what_may_wait_are_refused_and_taken_again_after_the_release(tmp_path, monkeypatch):
    made = make_home(tmp_path / "home", settings="[limits]\nwaiting_files_mib = 1024")
    async with zygotes() as sandbox, running_intake(tmp_path, made, sandbox=sandbox) as intake:

        async def send(text: str) -> tuple[int, int, int]:
            browser = intake.browser()
            page = await browser.post("/report", (await report_form(browser)).with_(text=text), [photograph()])
            if page.status != SHOWN:
                page = await browser.post("/report", page.form("/report").with_())
            return page.status, rows(intake, "cases"), rows(intake, "files")

        answers = [await send("nummer 0")]
        each = (await intake.services.store.disk_use()).waiting
        monkeypatch.setattr(intake.services.disk, "_bounds", FileBounds(1, each * 5 // 2))
        answers += [await send(f"nummer {number}") for number in range(1, 4)]
        day = first_release_day(intake.clock())
        intake.clock.forward(days=2)
        assert await release(intake.services, day)
        after = await send("efter utlämnandet")

    # The text of each is there.
    assert answers == [(SHOWN, 1, 2), (SHOWN, 2, 4), (SHOWN, 3, 4), (SHOWN, 4, 4)]
    assert after == (SHOWN, 5, 6)


def test_the_reserve_is_configured_small_in_a_trial_and_never_too_small_in_a_real_home():
    head = 'owner = "X"\norganisations = [{ key = "a", name = "A" }]\nauthorities = [{ name = "B", about.sv = "b" }]\n'
    trial, limits = "trial = true\n", "[limits]\ndisk_reserve_mib = {}\n"

    assert parse_config(head).file_bounds == FileBounds(REAL_RESERVE_MIB * MIB, 8192 * MIB)
    assert parse_config(trial + head).file_bounds.reserve == TRIAL_RESERVE_MIB * MIB
    assert parse_config(head + limits.format(4096)).file_bounds.reserve == 4096 * MIB
    assert parse_config(trial + head + limits.format(100)).file_bounds.reserve == 100 * MIB
    with pytest.raises(ConfigFault, match=r"limits\.disk_reserve_mib` is below 512"):
        parse_config(head + limits.format(511))
    with pytest.raises(ConfigFault, match=r"limits\.disk_reserve_mib"):
        parse_config(head + limits.format(-1))
