"""One attachment from the form to the sealed file, and the room that all uploads share."""

import ast
import asyncio
import gc
import hashlib
import random
from contextlib import AsyncExitStack
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from visitors.intake_harness import SHOWN, SetClock, file_report, make_home, report_form, running_intake, zygotes

from intake.desk_api.files import ATTACH_BYTES_MAX
from scrubbers import sniff
from trusted.case.errors import StoreFault
from trusted.case.file_bounds import FileBounds
from trusted.crypto.seal import new_case_keys, open_file
from trusted.forms.allowance import Allowance
from trusted.forms.attachment import Jail, PendingCase, accept_attachment, read_part
from trusted.forms.sending import FileProgress, Sending
from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import How
from trusted.jail.sandbox import Sandbox, scrub
from trusted.jail.stages import Archive, Kind, NoJail, Refused
from trusted.receipt.keys import receipt_keys
from trusted.rooms.disk import DiskRoom
from trusted.rooms.uploads import CROWD_BYTES_A_SECOND, GRACE_SECONDS, SMALL_BYTES, MemoryBudget, Room
from trusted.store.store import Store
from trusted.store.usage import DiskUse
from trusted.web.errors import FileTooLarge, NoRoomNow, ReportTooLarge, TooManyFiles
from trusted.web.form import MinimumRate
from trusted.web.limits import Limits

INTAKE = [Path(__file__).parents[3] / name for name in ("intake", "trusted")]
MARKER = "Planted-maker-55aa"


class Sent:
    """A part of a form, as `trusted.web.form.Part` gives it."""

    def __init__(self, content: bytes, piece: int = 1000) -> None:
        self._content = content
        self._piece = piece
        self.rate = MinimumRate(Limits())

    async def pieces(self):
        for start in range(0, len(self._content), self._piece):
            await asyncio.sleep(0)
            yield self._content[start : start + self._piece]


def photograph(side: int = 64) -> bytes:
    picture = Image.effect_noise((side, side), 60).convert("RGB")
    exif = picture.getexif()
    exif[0x010F] = MARKER
    kept = BytesIO()
    picture.save(kept, "JPEG", exif=exif)
    return kept.getvalue()


def allowance(budget: MemoryBudget | None = None, **limits) -> Allowance:
    return Allowance(
        Limits(**limits), budget or MemoryBudget(), DiskRoom(EmptyDisk(), FileBounds(2**30, 2**30)), announced=None
    )


class EmptyDisk:
    async def disk_use(self) -> DiskUse:
        return DiskUse(free=2**40, waiting=0)


async def read(limited: Allowance, sent: Sent) -> int:
    """The size of what was read."""
    with MemoryFile() as untrusted:
        async with limited.one_file(untrusted, sent.rate) as room:
            await read_part(sent, untrusted, room)
            return untrusted.size


def first_file() -> FileProgress:
    return FileProgress(Sending(0), 1)


async def files_in(store: Store) -> int:
    async with store._parts.db.read() as connection:
        return (await connection.execute_fetchall("SELECT count(*) FROM files"))[0][0]


@pytest.fixture(autouse=True)
def no_file_of_another_test() -> None:
    """One that a refusal's traceback still held is garbage by now."""
    gc.collect()


def memory_files() -> int:
    return sum("memfd:" in str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink())


async def open_store(folder: Path) -> Store:
    return await Store.open(make_home(folder / "home").home.path, SetClock())


async def test_it_comes_out_clean_sealed_and_described_and_no_memory_is_kept(tmp_path):
    store = await open_store(tmp_path)
    budget = MemoryBudget()
    case = new_case_keys()
    try:
        async with zygotes() as sandbox:
            attached = await accept_attachment(
                Sent(photograph()), case, allowance(budget), Jail(sandbox, sniff), store, progress=first_file()
            )
        async with store._parts.db.read() as connection:
            found = await connection.execute_fetchall("SELECT file_id, header, number FROM files ORDER BY item_kind")
            chunks = [
                [row[0] for row in await connection.execute_fetchall(
                    "SELECT chunk FROM chunks WHERE file_id = ? ORDER BY position", (file_id,))]
                for file_id, _header, _number in found
            ]  # fmt: skip
    finally:
        await store.close()

    clean = b"".join(open_file(case, found[0][1], chunks[0], found[0][2]))
    assert MARKER in {removed.example for removed in attached.report.removed}
    assert MARKER.encode() not in clean
    assert attached.attachment.digest == hashlib.sha256(clean).hexdigest()
    assert attached.attachment.size == len(clean)
    assert PendingCase(case, [attached]).file_ids == (attached.file_id, attached.preview_id)
    # What is kept of the report has kinds and places, and no value.
    assert ("device", "EXIF") in attached.record.removed
    assert MARKER not in str([attached.record.removed, attached.record.lost, attached.record.version])
    assert budget.free == 256 * 2**20
    assert memory_files() == 0


@pytest.mark.parametrize(
    ("content", "refusal"),
    [(b"PK\x03\x04 packed", Archive), (b"\xff\xd8\xff" + bytes(500), Refused), (b"%PDF-1.7 nonsense", Refused)],
)
async def test_what_cannot_be_cleaned_leaves_nothing_anywhere(tmp_path, content, refusal):
    store = await open_store(tmp_path)
    budget = MemoryBudget()
    case = new_case_keys()
    try:
        async with zygotes() as sandbox:
            with pytest.raises(refusal) as raised:
                await accept_attachment(
                    Sent(content), case, allowance(budget), Jail(sandbox, sniff), store, progress=first_file()
                )
        count = await files_in(store)
    finally:
        await store.close()

    assert content[:8].decode("latin-1") not in str(raised.value)
    assert count == 0
    assert budget.free == 256 * 2**20
    del raised
    assert memory_files() == 0


async def test_without_a_jail_a_file_is_refused_and_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("trusted.jail.zygote_pool._REPLACEMENT_SECONDS", 0.1)
    store = await open_store(tmp_path)
    try:
        with pytest.raises(NoJail):
            await accept_attachment(
                Sent(photograph()), new_case_keys(), allowance(), Jail(Sandbox(()), sniff), store, progress=first_file()
            )
        count = await files_in(store)
    finally:
        await store.close()

    assert count == 0


class Full:
    """A store in which only so many files find room."""

    def __init__(self, store: Store, room: int) -> None:
        self._store, self._room = store, room
        self.drop_file = store.drop_file

    async def add_file(self, sealed) -> None:
        await self._store.add_file(sealed)
        self._room -= 1
        if self._room < 0:
            raise StoreFault


@pytest.mark.parametrize("room", [0, 1])
async def test_a_file_whose_picture_cannot_be_kept_is_not_kept_either(tmp_path, room):
    store = await open_store(tmp_path)
    try:
        async with zygotes() as sandbox:
            with pytest.raises(StoreFault):
                await accept_attachment(
                    Sent(photograph()),
                    new_case_keys(),
                    allowance(),
                    Jail(sandbox, sniff),
                    Full(store, room),
                    progress=first_file(),
                )
        count = await files_in(store)
    finally:
        await store.close()

    assert count == 0


@pytest.mark.parametrize("side", [2400, 64], ids=["large", "small"])
async def test_the_keys_from_the_words_are_made_once_all_files_are_clean_and_only_for_what_is_stored(
    tmp_path, monkeypatch, side
):
    happened = []

    def make_keys(*given):
        happened.append("keys")
        return receipt_keys(*given)

    async def clean(*given, **how):
        scrubbed = await scrub(*given, **how)
        happened.append("cleaned")
        return scrubbed

    monkeypatch.setattr("intake.argon2_workers.receipt_keys", make_keys)
    monkeypatch.setattr("trusted.forms.attachment.scrub", clean)
    drawing = BytesIO()
    Image.new("RGB", (side, side), "teal").save(drawing, "BMP")
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        stopped = await file_report(intake.browser(), "Mvh Anna Andersson", [drawing.getvalue()])
        before = list(happened)
        form = stopped.form("/report")
        page = await intake.browser().post("/report", form.with_())

    assert before == ["cleaned"]
    assert page.status == SHOWN
    assert happened == ["cleaned", "keys"]


@pytest.mark.parametrize(("field", "how"), [("marked", How.AGAINST_MARKS), ("changes", How.WITH_CHANGES)])
async def test_how_a_file_is_cleaned_is_chosen_and_the_tick_is_kept_by_the_pages(tmp_path, monkeypatch, field, how):
    asked = []

    async def clean(sniffed, sandbox, given):
        asked.append(given)
        return await scrub(sniffed, sandbox, given)

    monkeypatch.setattr("trusted.forms.attachment.scrub", clean)
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        form = await report_form(browser, **{field: "yes"})
        # The text is mended on the way, in another language.
        page = await browser.post("/report", form.with_(text=" "))
        english = await browser.post("/report", [("switch", "en"), *page.form("/report").fields])
        stopped = await browser.post("/report", english.form("/report").with_(text="Mvh Anna Andersson"))
        again = await browser.post("/report", stopped.form("/report").with_(act="edit"))
        shown = [dict(one.form("/report").fields).get(field) for one in (page, english, stopped, again)]
        sent = await browser.post("/report", again.form("/report").with_(text="Mended"), [photograph()])
        await browser.post("/report", (await report_form(browser)).with_(), [photograph()])

    assert sent.status == SHOWN
    assert shown == ["yes"] * 4
    assert asked == [how, How.PLAIN]


async def test_the_bytes_are_counted_as_they_come(tmp_path):
    budget = MemoryBudget()
    limited = allowance(budget, file_bytes=5_000, report_bytes=7_000, files=3)

    assert await read(limited, Sent(bytes(5_000))) == 5_000
    with pytest.raises(ReportTooLarge):
        await read(limited, Sent(bytes(2_001)))
    with pytest.raises(FileTooLarge):
        await read(limited, Sent(bytes(5_001), piece=5_001))
    with pytest.raises(TooManyFiles):
        await read(limited, Sent(b"x"))

    assert budget.free == 256 * 2**20
    assert memory_files() == 0
    assert Limits() == Limits(file_bytes=50 * 2**20, files=200, report_bytes=200 * 2**20, text_characters=100_000)


class Sender:
    """How far somebody has come, as the tests say."""

    def __init__(self, waited: float = 0.0, moved: int = 0) -> None:
        self.waited = waited
        self.moved = moved


async def test_uploads_beyond_the_shared_room_wait_and_all_get_through_in_the_end():
    room = Room(total=100)

    async def upload(number: int) -> int:
        async with room.hold(40, Sender()) as hold:
            for _ in range(4):
                await hold.take(10)
                await asyncio.sleep(0)
            hold.whole()
            assert room.free >= 0
        return number

    done = await asyncio.wait_for(asyncio.gather(*(upload(number) for number in range(12))), 5)

    assert done == list(range(12))
    assert room.free == 100


@pytest.mark.parametrize("seed", range(20))
async def test_uploads_of_all_sizes_never_wait_for_each_other_for_ever(seed):
    chance = random.Random(seed)
    room = Room(total=100)

    async def upload(claim: int) -> None:
        async with room.hold(claim, Sender()) as hold:
            left = chance.choice((claim, claim // 2))
            while left:
                piece = min(left, chance.randint(1, 20))
                await hold.take(piece)
                left -= piece
                for _ in range(chance.randint(0, 3)):
                    await asyncio.sleep(0)
            hold.whole()
            for _ in range(chance.randint(0, 9)):
                await asyncio.sleep(0)

    await asyncio.wait_for(asyncio.gather(*(upload(chance.randint(2, 80)) for _ in range(40))), 20)

    assert room.free == 100


async def test_what_the_first_needs_to_finish_is_taken_by_no_other():
    room = Room(total=100, room_seconds=0.05)

    async with room.hold(40, Sender()) as leader, room.hold(40, Sender()) as second, room.hold(40, Sender()) as third:
        await leader.take(10)
        await second.take(40)
        await third.take(20)
        with pytest.raises(NoRoomNow):
            await third.take(1)
        await leader.take(30)

        assert room.free == 0
    assert room.free == 100


async def test_what_was_announced_and_does_not_come_takes_no_room_from_who_sends():
    room = Room(total=60)
    dawdlers = [Sender(waited=GRACE_SECONDS + 1) for _ in range(6)]
    async with AsyncExitStack() as stack:
        holds = [await stack.enter_async_context(room.hold(40, one)) for one in dawdlers]
        for one in dawdlers:
            one.waited += GRACE_SECONDS + 1
        async with room.hold(40, Sender()) as quick:
            for _ in range(4):
                await asyncio.wait_for(quick.take(10), 1)

        assert any(one.gave_way for one in holds)


async def test_six_who_hold_all_and_hardly_move_give_way_to_who_waits_and_are_told_so():
    room, let_go = Room(total=60), []
    senders = [Sender() for _ in range(6)]
    async with AsyncExitStack() as stack:
        holds = []
        for number, one in enumerate(senders):
            hold = await stack.enter_async_context(room.hold(12, one, lambda number=number: let_go.append(number)))
            await hold.take(8)
            holds.append(hold)
        for number, one in enumerate(senders):
            # The fourth is the slowest of those who are too slow; the sixth is quick enough.
            one.waited, one.moved = GRACE_SECONDS + (5 if number == 3 else 1), 8
        senders[5].moved = 2 * CROWD_BYTES_A_SECOND
        async with room.hold(12, Sender()) as waiting:
            await asyncio.wait_for(waiting.take(12), 1)

            assert let_go[0] == 3
            assert 5 not in let_go
            assert room.free == 60 - 12 - 8 * (6 - len(let_go))
            with pytest.raises(NoRoomNow):
                await holds[3].take(1)
            with pytest.raises(NoRoomNow):
                holds[3].whole()
    assert room.free == 60


async def test_who_takes_time_keeps_the_place_as_long_as_nobody_waits():
    room = Room(total=60)
    slow = Sender()
    async with room.hold(40, slow) as hold, room.hold(20, Sender()) as other:
        await hold.take(10)
        slow.waited = 10 * GRACE_SECONDS
        await other.take(20)

        assert not hold.gave_way


async def test_what_has_come_whole_gives_way_to_nobody():
    room = Room(total=60, room_seconds=0.2)
    async with room.hold(60, Sender()) as hold, room.hold(10, Sender()) as waiting:
        await hold.take(60)
        hold.whole()
        with pytest.raises(NoRoomNow):
            await waiting.take(10)

        assert hold.held == 60


async def test_of_those_who_wait_whoever_needs_least_goes_first():
    room, order = Room(total=60, room_seconds=2), []

    async def wait(claim: int) -> None:
        async with room.hold(claim, Sender()) as hold:
            await hold.take(claim)
            order.append(claim)

    async with room.hold(20, Sender()) as leader:
        await leader.take(20)
        async with room.hold(20, Sender()) as one, room.hold(20, Sender()) as other:
            for hold in (one, other):
                await hold.take(20)
                hold.whole()
            waiting = [asyncio.create_task(wait(claim)) for claim in (20, 15, 10)]
            await asyncio.sleep(0.01)
        await asyncio.wait_for(asyncio.gather(*waiting), 1)

    assert order == [10, 15, 20]


async def test_small_forms_have_a_room_that_large_ones_cannot_take():
    budget = MemoryBudget()

    assert budget.room_for(SMALL_BYTES) is budget.small
    assert budget.room_for(SMALL_BYTES + 1) is budget.large
    assert budget.total == 256 * 2**20
    # The largest file of a reporter, and the largest that a member attaches.
    assert Limits().file_bytes <= ATTACH_BYTES_MAX <= budget.large.total


async def test_a_cancelled_upload_gives_its_room_back():
    room = Room(total=100)

    async def stuck() -> None:
        async with room.hold(80, Sender()) as hold:
            await hold.take(80)
            await asyncio.sleep(60)

    task = asyncio.ensure_future(stuck())
    await asyncio.sleep(0.01)
    held = room.free
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert held == 20
    assert room.free == 100


def test_nothing_in_the_intake_reads_a_name_a_type_or_a_whole_form_of_the_library():
    """`request.post()` writes files in plaintext to a temporary folder; a file's name and type are not ours to know."""
    forbidden_names = {
        "filename",
        "tempfile",
        "User-Agent",
        "Referer",
        "Accept-Language",
        "X-Forwarded-For",
        "Forwarded",
    }
    found, asked = [], []
    for path in (path for folder in INTAKE for path in folder.rglob("*.py")):
        whole = ast.parse(path.read_text())
        # Whether there is a name may be asked: an input that was left alone sends a part that has none.
        whether = [
            node.args[0]
            for node in ast.walk(whole)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "bool" and node.args
        ]
        for node in ast.walk(whole):
            if node in whether and isinstance(node, ast.Attribute) and node.attr == "filename":
                asked.append(path.name)
                continue
            if isinstance(node, ast.Attribute) and node.attr in {
                "post",
                "filename",
                "remote",
                "peername",
                "get_charset",
                "text",
            }:
                if node.attr == "text" and not (
                    isinstance(node.value, ast.Name) and node.value.id in {"request", "part"}
                ):
                    continue
                found.append((path.name, node.lineno, node.attr))
            if isinstance(node, ast.Constant) and node.value in forbidden_names:
                found.append((path.name, node.lineno, node.value))

    assert found == []
    assert asked == ["form.py"]


def test_every_kind_that_can_come_out_has_a_media_type():
    from intake.inbox.pages import _MEDIA_TYPES
    from trusted.jail.stages import RESULT_KIND

    assert set(_MEDIA_TYPES) == {kind.value for kind in RESULT_KIND.values()}
    assert Kind.GIF.value not in _MEDIA_TYPES
