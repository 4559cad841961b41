"""The files of a case: small pictures for our own pages, and saving one, which gives out nothing before it is right."""

from __future__ import annotations

import hashlib
import re

import msgspec
import pytest
from desks.case_pages import fetched
from desks.harness import running_desks, running_with_pages
from desks.pages import TO_A_PAGE, pages_of
from visitors.intake_harness import file_report, log_in, make_home, zygotes
from visitors.samples import telling_photograph

from desk.keep.saving import short_name

LEAD, HANDLER = range(2)
AS_A_PICTURE = {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image", "Sec-Fetch-Site": "same-origin"}
CONTENT = b"\xff\xd8\xff" + bytes(range(256)) * 2000


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        yield desks


async def a_case(desks) -> str:
    reporter = await desks.file("Se bilden.", files=[CONTENT])
    await desks.release()
    return f"/case/{reporter.keys.case_id.hex()}"


def save_path(page) -> str:
    return re.search(r'href="(/case/[0-9a-f]{32}/save/[0-9a-f]{32})"', page.text)[1]


async def test_a_picture_from_the_form_is_shown_small_with_what_was_removed_and_no_other_page_gets_it(tmp_path):
    async with (
        zygotes() as sandbox,
        running_with_pages(tmp_path, make_home(tmp_path / "home"), sandbox=sandbox) as desks,
    ):
        await file_report(desks.intake.browser(), "Se bilden.", [telling_photograph()])
        await desks.release()
        name = (await desks.listed(LEAD))[0].case_id.hex()
        async with pages_of(desks, LEAD) as reader:
            await reader.unlock()
            page = await reader.go(f"/case/{name}")
            address = re.search(r'<img src="(/picture/[^"]*)"', page.text)[1]
            picture = await reader.ask("GET", address, headers=AS_A_PICTURE)
            as_a_page = await reader.ask("GET", address, headers={**TO_A_PAGE, "Sec-Fetch-Site": "same-origin"})
            elsewhere = await reader.ask("GET", address, headers={**AS_A_PICTURE, "Sec-Fetch-Site": "cross-site"})
            other = await reader.ask("GET", address[:-32] + "0" * 32, headers=AS_A_PICTURE)
        on_disk = {path.name: path.read_bytes() for path in desks.home(LEAD).folder.rglob("*") if path.is_file()}

    assert "Bilaga 1, bild (JPEG)," in page.words.replace(" ,", ",")
    assert re.search(r"Rensad från: plats, .*dag och klockslag", page.words)
    assert "Det som syns i bilden är kvar, även utskriftspunkter." in page.words
    assert picture.status == 200
    assert picture.body.startswith(b"\xff\xd8\xff")
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert picture.headers["Content-Security-Policy"].startswith("sandbox")
    assert picture.headers["Cache-Control"] == "no-store"
    assert [seen.body for seen in (as_a_page, elsewhere, other)] == [b""] * 3
    assert all(picture.body not in content for content in on_disk.values())


@pytest.mark.parametrize("wrong", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\xff\xd8\xff" + bytes(300_000)])
async def test_what_is_no_small_picture_is_not_handed_to_the_browser(desks, wrong, monkeypatch):
    path = await a_case(desks)

    async def preview(*_):
        return wrong

    monkeypatch.setattr("desk.work.case.casebook.Casebook.preview", preview)
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await reader.go(path)
        file_id = save_path(page)[-32:]
        seen = await reader.ask("GET", path.replace("/case/", "/picture/") + "/" + file_id, headers=AS_A_PICTURE)

    assert (seen.status, seen.body) == (404, b"")


async def test_saving_warns_first_and_then_hands_out_the_file_as_a_download_under_a_name_of_ours(desks):
    path = await a_case(desks)

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        where = save_path(await reader.go(path))
        asked = await reader.go(where)
        saved = await reader.send(where)

    assert "Spara utanför programmet?" in asked.words
    assert "gallras inte med ärendet" in asked.words
    assert saved.body == CONTENT
    assert saved.headers["Content-Type"] == "application/octet-stream"
    named = f"{short_name(bytes.fromhex(path[-32:]))}-1.jpg"
    assert saved.headers["Content-Disposition"] == f'attachment; filename="{named}"'
    assert saved.headers["Content-Security-Policy"].startswith("sandbox")
    assert saved.headers["Cache-Control"] == "no-store"
    assert saved.headers["Content-Length"] == str(len(CONTENT))


async def test_a_file_that_is_not_the_one_the_case_names_gives_out_nothing(desks, monkeypatch):
    attach = desks._attach

    async def another(*given):
        return msgspec.structs.replace(await attach(*given), digest=hashlib.sha256(b"another").hexdigest())

    monkeypatch.setattr(desks, "_attach", another)
    path = await a_case(desks)

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        where = save_path(await reader.go(path))
        await reader.go(where)
        refused = await reader.send(where)

    assert refused.status == 422
    assert "Content-Disposition" not in refused.headers
    assert CONTENT[:64] not in refused.body
    assert "Spara utanför programmet?" in refused.words


async def test_a_withdrawn_file_is_marked_and_neither_shown_nor_saved(tmp_path):
    async with (
        zygotes() as sandbox,
        running_with_pages(tmp_path, make_home(tmp_path / "home"), sandbox=sandbox) as desks,
    ):
        browser = desks.intake.browser()
        page = await file_report(browser, "Se bilden.", [telling_photograph()])
        await desks.release()
        name = (await desks.listed(LEAD))[0].case_id.hex()
        async with pages_of(desks, LEAD) as reader:
            await reader.unlock()
            before = await reader.go(f"/case/{name}")
            inbox = await log_in(browser, page.receipt)
            file = next(
                form for form in inbox.forms if form.action == "/inbox/withdraw" and "file" in dict(form.fields)
            )
            asked = await browser.post("/inbox/withdraw", file.fields)
            await browser.post("/inbox/withdraw", asked.form("/inbox/withdraw").fields)
            await desks.release()
            await fetched(reader)
            after = await reader.go(f"/case/{name}")
            where = save_path(before)
            saved = await reader.go(where)
            picture = await reader.ask(
                "GET", where.replace("/case/", "/picture/").replace("/save", ""), headers=AS_A_PICTURE
            )

    assert "Anmälaren har återtagit filen." in after.words
    assert "Anmälaren: återtar en fil" in after.words
    assert "<img" not in after.text
    assert "/save/" not in after.text
    assert "Du kan inte öppna sidan." in saved.words
    assert (picture.status, picture.body) == (404, b"")
