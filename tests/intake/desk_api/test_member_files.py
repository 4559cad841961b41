"""A file from a member to the reporter: cleaned in the jail, shown, sealed at the desk, vouched for, opened."""

from __future__ import annotations

import asyncio
import hashlib
import io
from contextlib import suppress
from pathlib import Path

import aiohttp
import msgspec
import pytest
from desks.harness import running_with_pages
from files.messages import with_files
from PIL import Image
from processes.service import copies
from visitors.intake_harness import file_report, log_in, make_home, zygotes

from cases.case.merging import merge
from cases.roster.member import new_member_keys
from cases.sentences.file import SENTENCES
from cases.wire import messages
from cases.wire.files import AttachRequest, CleanCopy, ScrubAnswer, ScrubRequest, framed, read_clean_copy
from desk.errors import ServerRefused
from desk.keep.saving import PREVIEW_BYTES_MAX, checked, checked_preview, file_name
from desk.server.client import FILE_BYTES_MAX
from desk.web.views.sentences import notice_for
from desk.work import acts, answers
from desk.work.case.opened import DeskCase
from intake.desk_api.files import ATTACH_BYTES_MAX
from kallskydd.demo.sample_files import sample_jpeg, sample_pdf
from scrubbers.report_groups import grouped_names
from trusted.case.entry import Attachment, Body, ItemKind, Message, ScrubRecord, Stream
from trusted.case.errors import RequestRefused
from trusted.jail import protocol
from trusted.jail.stages import REFUSALS
from trusted.rooms.uploads import MemoryBudget
from trusted.store.shred import Slots
from trusted.web.errors import FileRefused, NoRoomNow, StalledUpload
from trusted.web.limits import Limits


def all_of_it(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def released_case(desks) -> tuple:
    """A report that has been released, its page, and its name at the desks."""
    page = await file_report(desks.intake.browser(), "Kan ni skicka protokollet?")
    await desks.release()
    return page, (await desks.listed(0))[0].case_id.hex()


async def answer(book, name: str, content: bytes, written: Body | None = None) -> DeskCase:
    """Clean a file and send it, as somebody does who agrees to what came back."""
    case = await book.open(book.state.find(name))
    return await answers.attach(book, case, written, await answers.clean(book, case, content))


async def test_a_photograph_from_a_member_reaches_the_reporter_clean_and_nothing_of_the_original_is_left(tmp_path):
    sample = sample_jpeg("member-4b1d")
    async with (
        zygotes() as sandbox,
        running_with_pages(tmp_path, make_home(tmp_path / "home"), sandbox=sandbox) as desks,
    ):
        page, name = await released_case(desks)

        async with desks.desk(0) as book:
            await book.sync()
            case = await book.open(book.state.find(name))
            looked_at = await answers.clean(book, case, sample.content)
            await answers.attach(book, case, Message("Se bilden."), looked_at)
        browser = desks.intake.browser()
        inbox = await log_in(browser, page.receipt)
        copy = await browser.post("/inbox/file", inbox.form("/inbox/file").fields)
        async with desks.desk(1) as book:
            await book.sync()
            case = await book.open(book.state.find(name))
            saved = b"".join(checked(case.answers[0], await book.attachment(case, case.answers[0])))
        on_disk = all_of_it(tmp_path / "home") + b"".join(all_of_it(desks.home(number).folder) for number in (0, 1))

    shown = looked_at.copy.answer
    assert shown.file_kind == "jpeg"
    assert grouped_names(what for what, _ in shown.removed) == ("place", "device", "people", "hidden text")
    assert "Se bilden." in inbox.plain
    assert "Bilaga 1 från dem Bild (JPEG) – " in inbox.plain
    assert not [form for form in inbox.forms if form.action == "/inbox/take-back"]
    assert copy.headers["content-type"] == "image/jpeg"
    assert hashlib.sha256(copy.body).hexdigest() == looked_at.digest
    # What she looked at before, what the reporter got, and what her colleague saved are one and the same.
    assert looked_at.copy.clean == saved == copy.body
    for marker in sample.markers:
        for form in copies(marker):
            assert form not in on_disk
            assert form not in copy.body


async def test_members_see_each_others_files_under_names_of_ours_and_small_pictures_without_a_decoder(tmp_path):
    async with (
        zygotes() as sandbox,
        running_with_pages(tmp_path, make_home(tmp_path / "home"), sandbox=sandbox) as desks,
    ):
        page = await file_report(desks.intake.browser(), "Med bild", [sample_jpeg("a").content])
        await desks.release()
        name = (await desks.listed(0))[0].case_id.hex()
        async with desks.desk(0) as book:
            await book.sync()
            await answer(book, name, sample_pdf("b").content)
        async with desks.desk(1) as book:
            await book.sync()
            case = await book.open(book.state.find(name))
            previews = [checked_preview(await book.preview(case, one)) for _stream, one in case.files_shown]
        inbox = await log_in(desks.intake.browser(), page.receipt)

    names = [file_name(case.known.case_id, one, stream) for stream, one in case.files_shown]
    assert names == [f"{name[:8]}-1.jpg", f"{name[:8]}-m1.pdf"]
    for preview in previews:
        with Image.open(io.BytesIO(preview)) as picture:
            assert picture.format == "JPEG"
            assert max(picture.size) <= 320
    # One file of the reporter's own, one of the members: each is the first of its side, and says whose it is.
    assert inbox.plain.count("Din bilaga 1 Bild (JPEG) – ") == 1
    assert inbox.plain.count("Bilaga 1 från dem PDF-dokument – ") == 1
    records = [entry for entry in merge(case.streams) if isinstance(entry.body, ScrubRecord)]
    assert [entry.stream for entry in records] == [Stream.REPORTER, Stream.MEMBERS]
    assert "example" not in str(records)


async def test_a_file_that_cannot_be_cleaned_is_refused_in_words_and_nothing_is_stored(tmp_path):
    async with (
        zygotes() as sandbox,
        running_with_pages(tmp_path, make_home(tmp_path / "home"), sandbox=sandbox) as desks,
    ):
        _page, name = await released_case(desks)

        refused = []
        async with desks.desk(0) as book:
            await book.sync()
            for content in (b"PK\x03\x04" + bytes(2_000_000), with_files(b"attached")):
                with pytest.raises(ServerRefused) as why:
                    await answer(book, name, content)
                refused.append(why.value)
        free = desks.intake.services.budget.free
        async with desks.store._parts.db.read() as connection:
            stored = (await connection.execute_fetchall("SELECT count(*) FROM files"))[0][0]

    assert [one.text_key for one in refused] == ["refused.archive", "refused.email"]
    assert "Packed files" in notice_for(refused[0]).what
    assert stored == 0
    assert free == 256 * 2**20


async def test_who_does_not_agree_sends_nothing_and_who_writes_meanwhile_loses_nothing(tmp_path, monkeypatch):
    async with (
        zygotes() as sandbox,
        running_with_pages(tmp_path, make_home(tmp_path / "home"), sandbox=sandbox) as desks,
    ):
        page, name = await released_case(desks)
        content = sample_jpeg("c").content
        async with desks.desk(0) as book, desks.desk(1) as other:
            await book.sync()
            await other.sync()
            await answers.clean(book, await book.open(book.state.find(name)), content)

            # Another member writes after the case was read and before the file is attached.
            attach = answers._attach

            async def late(*args):
                monkeypatch.setattr(answers, "_attach", attach)
                await acts.do(other, "reply", name, "Först.")
                await attach(*args)

            monkeypatch.setattr(answers, "_attach", late)
            case = await answer(book, name, content, Message("Sedan."))
        inbox = await log_in(desks.intake.browser(), page.receipt)

    kinds = [type(entry.body) for entry in case.streams[Stream.MEMBERS]]
    assert kinds == [Message, Message, Attachment, ScrubRecord]
    assert inbox.plain.index("Sedan.") < inbox.plain.index("Först.")


@pytest.mark.parametrize("harm", ["another kind of file", "not cleaned", "another size", "no picture"])
async def test_what_a_changed_desk_sealed_uncleaned_is_never_given_to_the_reporter(tmp_path, monkeypatch, harm):
    planted = sample_jpeg("hostile-77aa")
    async with (
        zygotes() as sandbox,
        running_with_pages(tmp_path, make_home(tmp_path / "home"), sandbox=sandbox) as desks,
    ):
        page, name = await released_case(desks)
        clean = answers._clean
        entries_of = answers._entries_of

        async def changed(book, content):
            copy = await clean(book, content)
            if harm == "another kind of file":
                bad = b"<html><script>document.location='http://example.org'</script></html>"
            else:
                bad = planted.content if harm == "not cleaned" else copy.clean
            return CleanCopy(msgspec.structs.replace(copy.answer, size=len(bad)), bad, copy.preview)

        def named(cleaned, order, files):
            attachment, record = entries_of(cleaned, order, files)
            if harm == "another size":
                attachment = msgspec.structs.replace(attachment, size=attachment.size + 1)
            if harm == "no picture":
                attachment = msgspec.structs.replace(attachment, preview_id=None)
            return [attachment, record]

        monkeypatch.setattr(answers, "_clean", changed)
        monkeypatch.setattr(answers, "_entries_of", named)
        async with desks.desk(0) as book:
            await book.sync()
            await answer(book, name, planted.content)
        browser = desks.intake.browser()
        inbox = await log_in(browser, page.receipt)
        opened = await browser.post("/inbox/file", inbox.form("/inbox/file").fields)
        free = desks.intake.services.budget.free

    assert "Vi visar inte bilagan" in opened.plain
    assert "Tillbaka till ärendet" in opened.plain
    assert planted.markers[0].encode() not in opened.body
    assert b"<script" not in opened.body
    assert free == 256 * 2**20


async def test_a_member_attaches_nothing_into_what_is_kept_for_text_and_still_writes(tmp_path, monkeypatch):
    async with (
        zygotes() as sandbox,
        running_with_pages(tmp_path, make_home(tmp_path / "home"), sandbox=sandbox) as desks,
    ):
        page, name = await released_case(desks)
        monkeypatch.setattr(Slots, "free_on_disk", lambda _: desks.intake.services.config.file_bounds.reserve)
        async with desks.desk(0) as book:
            await book.sync()
            with pytest.raises(ServerRefused) as raised:
                await answer(book, name, sample_jpeg("d").content, Message("Se bilden."))
            await acts.do(book, "reply", name, "Utan bild.")
        inbox = await log_in(desks.intake.browser(), page.receipt)

    assert SENTENCES[raised.value.text_key][0] == "The server's disk has no room for files, only for text."
    assert "Utan bild." in inbox.plain
    assert "Se bilden." not in inbox.plain


async def test_an_attached_file_takes_no_other_files_place_and_is_all_or_nothing(tmp_path):
    async with (
        zygotes() as sandbox,
        running_with_pages(tmp_path, make_home(tmp_path / "home"), sandbox=sandbox) as desks,
    ):
        page = await file_report(desks.intake.browser(), "Med bild", [sample_jpeg("a").content])
        await desks.release()
        name = (await desks.listed(0))[0].case_id.hex()
        async with desks.desk(0) as book:
            await book.sync()
            case = await book.open(book.state.find(name))
            taken = case.files[0]
            send = book.client.send

            async def changed(verb, frame):
                if verb != "attach":
                    return await send(verb, frame)

                def other(counter):
                    honest = frame(counter)
                    length = int.from_bytes(honest[:4], "big")
                    request = messages.decode(honest[4 : 4 + length], AttachRequest)
                    sizes = [row.sealed_size for row in request.files]
                    start = 4 + length
                    bodies = [honest[start : start + sizes[0]], honest[start + sizes[0] : start + sum(sizes)]]
                    return framed(change(request), *bodies)

                return await send(verb, other)

            book.client.send = changed
            refused = []
            for harm in (
                # the id of a file that is there: staging it anew would drop that one
                lambda one: msgspec.structs.replace(
                    one, files=(msgspec.structs.replace(one.files[0], file_id=taken.file_id), one.files[1])
                ),
                # somebody who has not the key of the case
                lambda one: msgspec.structs.replace(one, mac=bytes(32)),
                # two files and no picture
                lambda one: msgspec.structs.replace(one, files=(one.files[0], one.files[0])),
                # an entry that belongs elsewhere
                lambda one: msgspec.structs.replace(one, entries=tuple(reversed(one.entries))),
                lambda one: msgspec.structs.replace(one, count=one.count + 1),
            ):
                change = harm
                with pytest.raises(ServerRefused) as raised:
                    await answer(book, name, sample_jpeg("d").content)
                refused.append(raised.value.status)
            after = await book.open(book.state.find(name))
            still = b"".join(await book.attachment(after, after.attachments[0]))
        async with desks.store._parts.db.read() as connection:
            files = (await connection.execute_fetchall("SELECT count(*) FROM files"))[0][0]
        inbox = await log_in(desks.intake.browser(), page.receipt)

    assert refused == [409, 404, 403, 403, 409]
    assert files == 2
    assert still.startswith(b"\xff\xd8\xff")
    assert after.answers == ()
    assert inbox.plain.count("bilaga 1 Bild (JPEG) – ") == 1


async def test_a_body_that_nobody_signed_is_not_looked_at_and_leaves_no_room_taken(tmp_path):
    async with (
        zygotes() as sandbox,
        running_with_pages(tmp_path, make_home(tmp_path / "home"), sandbox=sandbox) as desks,
    ):
        content = sample_jpeg("e").content
        async with desks.desk(0) as book:
            await book.sync()
            send = book.client._session.post

            async def tampered(url, data, headers, **more):
                data = data if isinstance(data, bytes) else data.getvalue()
                return await send(url, data=damage(data), headers=headers, **more)

            book.client._session.post = tampered
            told = []
            frame = framed(ScrubRequest(len(content)), content)
            for harm in (
                lambda data: data.replace(b"Maker", b"Taker"),
                lambda data: data[:-1] + b"x",
                lambda data: data + b"\0",
                lambda data: data[: len(data) // 2],
                lambda data: b"\xff\xff\xff\xff" + data[4:],
            ):
                damage = harm
                with pytest.raises(ServerRefused) as raised:
                    await book.client.send("scrub", lambda _: frame)
                told.append(raised.value.text_key)
            free = desks.intake.services.budget.free

    assert told[0] == "request.refused"
    assert set(told) == {"request.refused", "request.unreadable"}
    assert free == 256 * 2**20


async def test_limits_are_those_of_a_reporter_and_uploads_share_one_room(tmp_path):
    async with (
        zygotes() as sandbox,
        running_with_pages(tmp_path, make_home(tmp_path / "home"), sandbox=sandbox) as desks,
    ):
        services = desks.intake.services
        async with desks.desk(0) as book:
            await book.sync()
            limit = services.limits.file_bytes
            # It says to be larger than it is: refused by what it says, before any room is taken for it.
            with pytest.raises(ServerRefused) as said:
                await book.client.send("scrub", lambda _: framed(ScrubRequest(limit + 1), b"x"))
            # All the room there is belongs to somebody else, who does not come to an end.
            room = services.budget.small
            room.room_seconds = 0.1
            async with room.hold(room.total, None) as hold:
                await hold.take(room.total)
                with pytest.raises(ServerRefused) as full:
                    await book.client.send("scrub", lambda _: framed(ScrubRequest(9), b"\xff\xd8\xff......"))
        free = services.budget.free

    assert said.value.text_key == "file.too_large"
    assert full.value.text_key == "file.no_room"
    assert free == services.budget.total


def test_what_comes_back_from_cleaning_can_be_attached_fetched_and_previewed():
    assert MemoryBudget().large.total >= ATTACH_BYTES_MAX
    assert FILE_BYTES_MAX >= ATTACH_BYTES_MAX
    assert PREVIEW_BYTES_MAX == protocol.PREVIEW_BYTES
    assert answers.FILE_BYTES_MAX == protocol.ATTACHMENT_BYTES == Limits().file_bytes


def test_every_refusal_of_a_file_has_two_sentences_for_a_desk():
    keys = {leaf.text_key for leaf in (*REFUSALS, NoRoomNow, StalledUpload, *FileRefused.__subclasses__())}

    assert keys <= set(SENTENCES)
    for happened, to_do in SENTENCES.values():
        assert happened.endswith(".")
        assert to_do.endswith(".")


def test_an_answer_that_is_no_clean_copy_is_refused():
    told = ScrubAnswer("jpeg", 3, 2, (("place", "EXIF"),), (), "rules 1")
    whole = framed(told, b"abc", b"de")

    copy = read_clean_copy(whole)

    assert (copy.clean, copy.preview) == (b"abc", b"de")
    assert "abc" not in repr(copy)
    for bad in (b"", whole[:-1], whole + b"\0", whole[:-1] + b"x", b"\0\0\0\2{}" + whole[6:], b"\xff" + whole[1:]):
        with pytest.raises(RequestRefused):
            read_clean_copy(bad)


async def test_who_is_no_member_takes_no_room_however_much_is_announced_and_is_answered_before_the_body(tmp_path):
    """An id is no secret among members, and was enough to reserve 156 MiB and fill it."""
    async with (
        zygotes() as sandbox,
        running_with_pages(tmp_path, make_home(tmp_path / "home"), sandbox=sandbox) as desks,
    ):
        budget = desks.intake.services.budget
        member = desks.made.keys[0]
        stranger = messages.sign_request(new_member_keys(), "POST", f"{messages.PATH}attach", b"", bytes(32), 1)
        named = stranger | {messages.MEMBER_HEADER: member.id}
        head = (
            f"POST {messages.PATH}attach HTTP/1.1\r\nHost: {desks.address}.onion\r\nContent-Length: {156 * 2**20}\r\n"
        )
        lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        reader, writer = await asyncio.open_unix_connection(str(desks.socket))
        writer.write(f"{head}{lines}\r\n".encode())

        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        least = budget.free
        with suppress(ConnectionError):
            for _ in range(64):
                writer.write(bytes(2**18))
                await asyncio.wait_for(writer.drain(), 5)
                least = min(least, budget.free)
        writer.close()

    assert answer.startswith(b"HTTP/1.1 403 ")
    assert least == budget.total


async def test_a_head_that_was_sent_before_takes_no_room_again(tmp_path):
    async with (
        zygotes() as sandbox,
        running_with_pages(tmp_path, make_home(tmp_path / "home"), sandbox=sandbox) as desks,
    ):
        budget = desks.intake.services.budget
        body = framed(ScrubRequest(9), b"\xff\xd8\xff......")
        path = f"{messages.PATH}scrub"
        headers = messages.sign_request(desks.made.keys[0], "POST", path, body, desks.roster.server_key, 1)
        told = []
        for _ in range(2):
            connector = aiohttp.UnixConnector(path=str(desks.socket))
            async with (
                aiohttp.ClientSession(connector=connector) as session,
                session.post(f"http://{desks.address}.onion{path}", data=body, headers=headers) as response,
            ):
                told.append(msgspec.json.decode(await response.read())["text_key"])

    assert told[0] != messages.COUNTER_BEHIND
    assert told[1] == messages.COUNTER_BEHIND
    assert budget.free == budget.total


async def test_a_size_below_nothing_is_refused_and_holds_nobody_up(tmp_path):
    """One such request of one member had the intake count for ever, and it answered nobody any more."""
    async with (
        zygotes() as sandbox,
        running_with_pages(tmp_path, make_home(tmp_path / "home"), sandbox=sandbox) as desks,
    ):
        item = messages.WireItem(bytes(messages.HEADER_BYTES), b"")
        row = messages.WireFile(bytes(16), 0, ItemKind.FILE, bytes(messages.HEADER_BYTES), -(10**6))
        asked = AttachRequest(bytes(16), bytes(32), 0, (item, item), messages.WireHead(0, bytes(32)), (row, row))
        with pytest.raises(RequestRefused):
            messages.decode(messages.encode(asked), AttachRequest)
        body, path = framed(asked, b"x"), f"{messages.PATH}attach"
        headers = messages.sign_request(desks.made.keys[0], "POST", path, body, desks.roster.server_key, 1)
        connector = aiohttp.UnixConnector(path=str(desks.socket))
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.post(f"http://{desks.address}.onion{path}", data=body, headers=headers) as response,
        ):
            told = msgspec.json.decode(await response.read())["text_key"]

    assert (response.status, told) == (403, "request.unreadable")
