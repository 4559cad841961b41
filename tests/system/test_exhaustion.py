"""One visitor, or a few, who try to take a room or a queue from everybody else: what an honest report meets meanwhile."""

from __future__ import annotations

import asyncio
import time
import wave
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from files.messages import message
from PIL import Image
from visitors.intake_harness import SHOWN, Browser, file_report, running_intake, zygotes
from visitors.raw_forms import part
from visitors.samples import photograph, rows

from trusted.jail.protocol import Role
from trusted.receipt.keys import new_receipt
from trusted.rooms.text import BYTES_A_CHARACTER, OWN_BYTES, TextRoom
from trusted.rooms.uploads import MemoryBudget, Room
from trusted.web.form import MinimumRate
from trusted.web.limits import Limits

MIB = 2**20
LONGEST = b"x" * 100_000
# On a crowded machine. Who has to wait for one of these attacks to end waits two minutes, and then hears no.
PROMPT_SECONDS = 20


class Dawdler:
    """Sends the beginning of a report, and after that no more than it must."""

    def __init__(self, intake, announced: int, beginning: bytes) -> None:
        self._intake = intake
        self._announced = announced
        self._beginning = part("mark", intake.services.form_tokens.new("report").encode()) + beginning
        self.answer = b""

    async def run(self) -> None:
        reader, writer = await asyncio.open_unix_connection(str(self._intake.public_socket))
        reading = asyncio.ensure_future(self._read(reader))
        host = Browser(self._intake.public_socket).host
        head = f"POST /report HTTP/1.1\r\nHost: {host}\r\nContent-Length: {self._announced}\r\nConnection: close\r\n"
        try:
            writer.write(head.encode() + b"Content-Type: multipart/form-data; boundary=b\r\n\r\n" + self._beginning)
            while True:
                await writer.drain()
                await asyncio.sleep(0.1)
                writer.write(b"x" * 800)
        except ConnectionError:
            await reading
        finally:
            reading.cancel()
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with suppress(ConnectionError):
            while piece := await reader.read(65536):
                self.answer += piece


@asynccontextmanager
async def attacked(dawdlers: list[Dawdler], until):
    """Have them all at work, once what they came for is reached."""
    tasks = [asyncio.create_task(one.run()) for one in dawdlers]
    try:
        async with asyncio.timeout(20):
            while not until():
                await asyncio.sleep(0.02)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def seconds_to_file(intake, text: str = "Filed", *files: bytes) -> float:
    began = time.perf_counter()
    page = await file_report(intake.browser(), text, files)
    assert page.status == SHOWN, page.plain[:300]
    assert "Togs inte emot" not in page.plain
    return time.perf_counter() - began


async def emptied(room: Room | MemoryBudget) -> None:
    """Wait until all of it is free again."""
    async with asyncio.timeout(10):
        while room.free < room.total:
            await asyncio.sleep(0.02)


def hurry(monkeypatch) -> None:
    """Have a crowd look sooner who is slow."""
    monkeypatch.setattr("trusted.rooms.uploads.GRACE_SECONDS", 1.0)
    monkeypatch.setattr("trusted.rooms.uploads.CROWD_BYTES_A_SECOND", 4 * MIB)


def file_of(size: int) -> bytes:
    return part("text", b"Kept") + part("attachment", b"\xff\xd8\xff" + bytes(size), b'; filename="a"')[:-2]


async def test_six_who_hold_the_room_for_files_keep_no_picture_out(tmp_path):
    async with zygotes(both=True) as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        await sandbox.self_test()
        object.__setattr__(intake.services, "budget", MemoryBudget(40 * MIB))
        dawdlers = [Dawdler(intake, 9 * MIB, file_of(5 * MIB)) for _ in range(6)]
        alone = await seconds_to_file(intake, "Filed", photograph())

        async with attacked(dawdlers, lambda: intake.services.budget.large.free < 6 * MIB):
            beside = await seconds_to_file(intake, "Filed", photograph())

    print(f"a report with a picture: {alone:.2f} s alone, {beside:.2f} s beside six large uploads that hardly move")
    assert beside < PROMPT_SECONDS


async def test_who_dawdles_in_the_room_for_small_files_gives_way_with_a_page_and_nothing_half_stored(
    tmp_path, monkeypatch
):
    hurry(monkeypatch)
    async with zygotes(both=True) as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        await sandbox.self_test()
        object.__setattr__(intake.services, "budget", MemoryBudget(40 * MIB))
        dawdlers = [Dawdler(intake, 3 * MIB, file_of(3 * MIB - 50_000)) for _ in range(4)]

        async with attacked(dawdlers, lambda: intake.services.budget.small.free < MIB):
            beside = await seconds_to_file(intake, "Filed", photograph(1000))
        await emptied(intake.services.budget)
        stored = rows(intake, "cases")

    print(f"a report with a picture: {beside:.2f} s beside four small uploads that hardly move and hold all")
    assert beside < PROMPT_SECONDS
    assert stored == 1


def of_80_megapixels() -> bytes:
    kept = BytesIO()
    Image.new("RGB", (10_000, 8_000), "teal").save(kept, "JPEG")
    return kept.getvalue()


async def test_a_small_picture_does_not_wait_behind_six_of_80_megapixels_and_all_are_cleaned(tmp_path):
    large = of_80_megapixels()
    async with zygotes(both=True) as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        await sandbox.self_test()
        alone = await seconds_to_file(intake, "Filed", photograph(1000))
        alone_large = await seconds_to_file(intake, "Filed", large)

        crowd = [asyncio.create_task(seconds_to_file(intake, "Large", large)) for _ in range(6)]
        async with asyncio.timeout(30):
            while len(sandbox._pool._queues[Role.PICTURES]) < 4:
                await asyncio.sleep(0.01)
        beside = await seconds_to_file(intake, "Filed", photograph(1000))
        still = sum(not one.done() for one in crowd)
        seconds = await asyncio.gather(*crowd)

    print(
        f"a small picture: {alone:.2f} s alone, {beside:.2f} s beside {still} of 80 megapixels, which took "
        f"{alone_large:.2f} s alone and up to {max(seconds):.2f} s together"
    )
    assert still >= 4
    # In the order of coming it would be done with the last of them.
    assert beside < max(seconds) / 2


def that_grows(files: int, each: bytes) -> bytes:
    """A ZIP of some 50 kB of this file, again and again."""
    kept = BytesIO()
    with ZipFile(kept, "w", ZIP_DEFLATED, compresslevel=9) as archive:
        for number in range(files):
            archive.writestr(f"{number}.x", each)
    return kept.getvalue()


def silence_of(size: int) -> bytes:
    kept = BytesIO()
    with wave.open(kept, "wb") as sound:
        sound.setparams((1, 2, 44100, 0, "NONE", ""))
        sound.writeframes(bytes(size))
    return kept.getvalue()


def honest_archive() -> bytes:
    kept = BytesIO()
    with ZipFile(kept, "w", ZIP_DEFLATED) as archive:
        archive.writestr("a.jpg", photograph(1000))
        archive.writestr("b.txt", b"Fakturan delades i tre.")
    return kept.getvalue()


def honest_message() -> bytes:
    sent = message("Fakturan delades i tre.")
    sent.add_attachment(photograph(1000), "image", "jpeg", filename="a.jpg")
    return sent.as_bytes()


async def test_sixteen_who_send_archives_that_grow_again_and_again_hold_up_no_picture_no_archive_and_no_message(
    tmp_path,
):
    # Each takes ten seconds of a processor.
    heavy = that_grows(1, silence_of(47 * MIB))
    async with zygotes(both=True) as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        await sandbox.self_test()

        async def attack() -> None:
            while True:
                with suppress(OSError, AssertionError):
                    await file_report(intake.browser(), "Heavy", [heavy])

        crowd = [asyncio.create_task(attack()) for _ in range(16)]
        try:
            await asyncio.sleep(10)
            seconds = [
                await seconds_to_file(intake, "Filed", one)
                for one in (photograph(1000), honest_archive(), honest_message())
            ]
        finally:
            for one in crowd:
                one.cancel()
            await asyncio.gather(*crowd, return_exceptions=True)

    print(
        f"{len(heavy)} bytes again and again: a picture {seconds[0]:.2f} s, a ZIP {seconds[1]:.2f} s, an e-mail {seconds[2]:.2f} s"
    )
    assert max(seconds) < PROMPT_SECONDS


async def test_whoever_sends_long_texts_holds_no_more_than_one_room(tmp_path, monkeypatch):
    hurry(monkeypatch)
    async with running_intake(tmp_path) as intake:
        room = Room(4 * MIB)
        object.__setattr__(intake.services, "texts", room)
        # Within the limit of all fields: 550,000 characters each, counted as 2.2 MB.
        fields = b"".join(part(f"f{number}", b"x" * 4000) for number in range(110)) + part("text", LONGEST)
        dawdlers = [Dawdler(intake, 9 * MIB, fields + file_of(1000)) for _ in range(8)]

        async with attacked(dawdlers, lambda: room.free < MIB):
            held = room.total - room.free
            short = await seconds_to_file(intake, "y" * (OWN_BYTES // BYTES_A_CHARACTER - 2000))
            long = await seconds_to_file(intake, "z" * 60_000)
        await emptied(room)

    print(f"{held / MIB:.1f} MiB of text held; short text {short:.2f} s, long text {long:.2f} s")
    assert short < PROMPT_SECONDS
    assert long < PROMPT_SECONDS


async def test_no_form_counts_for_more_than_its_characters_can_take_and_who_needs_least_goes_first(tmp_path):
    limits = Limits()
    room = Room(20 * MIB)
    async with AsyncExitStack() as stack:
        long, short = (TextRoom(room, limits, announced, stack) for announced in (60 * MIB, 60_000))
        # Each character in four bytes, as it came.
        await long.keep(limits.form_characters * BYTES_A_CHARACTER, MinimumRate(limits))
        held = room.total - room.free
        await short.keep(60_000, MinimumRate(limits))
        needs = [hold.claim - hold.held for hold in room._holds]

    assert held == limits.form_characters * BYTES_A_CHARACTER - OWN_BYTES
    assert needs == [OWN_BYTES, OWN_BYTES]


async def test_a_long_text_that_finds_no_room_comes_back_and_the_short_ones_go_through(tmp_path):
    async with running_intake(tmp_path) as intake:
        room = Room(MIB // 4, room_seconds=0.3)
        object.__setattr__(intake.services, "texts", room)
        browser = intake.browser()
        async with room.hold(room.total, None) as hold:
            await hold.take(room.total)
            form = (await browser.get("/report")).form("/report")
            refused = await browser.post("/report", form.with_(text="First words. " + "y" * 60_000))
            short = await file_report(browser, "Short")
        stored = rows(intake, "cases")

    assert refused.status == 400
    assert "Det är många besökare just nu. Inget har sparats." in refused.plain
    assert short.status == SHOWN
    assert stored == 1


async def test_a_crowd_at_the_log_in_keeps_nobody_from_filing(tmp_path):
    async with running_intake(tmp_path, real_argon2=True) as intake:
        browser = intake.browser()
        forms = [(await browser.get("/return")).form("/return") for _ in range(80)]
        guesses = [form.with_(code=" ".join(new_receipt().words)) for form in forms]
        alone = await seconds_to_file(intake)

        guessing = []
        for guess in guesses:
            guessing.append(asyncio.create_task(browser.post("/return", guess)))
            # The test's listener takes no more than 64 in one go.
            await asyncio.sleep(0.005)
        under_way = sum(not one.done() for one in guessing)
        beside = await seconds_to_file(intake)
        answers = await asyncio.gather(*guessing)

    print(f"filing: {alone:.2f} s alone, {beside:.2f} s beside {under_way} log-ins")
    assert under_way > 10
    assert any("Det är många besökare just nu" in page.plain for page in answers)
    # In the same queue it took twenty times as long as alone, or was refused.
    assert beside < 5 * alone + 2
