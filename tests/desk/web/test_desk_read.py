"""A file is read where it is: from memory, in the one way that is safe for its kind, and not after the lock."""

from __future__ import annotations

import io
import os
import re

import msgspec
import pypdf
import pypdfium2
import pytest
from desks.case_pages import fetched
from desks.harness import running_desks, running_with_pages
from desks.pages import TO_A_PAGE, Seen, pages_of
from files.films import filmed
from files.recordings import recorded, tone
from PIL import Image
from visitors.intake_harness import file_report, log_in, make_home, zygotes
from visitors.samples import telling_photograph

from desk.errors import NotShown
from desk.work.case import reading
from desk.work.case.reading import MEDIA_BYTES_MAX, Way, shown_file
from kallskydd.desk import pages

LEAD = 0
WAYS = {
    "frame": {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    "sound": {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "audio"},
    "film": {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "video"},
    "picture": {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
}
TEXT = "Chefen anställde <b>sin</b> systerson.\n"
TABLE = "Namn;Belopp\nÅsa;3\nBo;4\n"
SCRIPT_IN_A_PDF = (
    b"%PDF-1.7\n1 0 obj\n<</Type /Catalog/Pages 2 0 R/OpenAction <</S /JavaScript/JS (app.alert\\('x'\\))>>>>\nendobj\n"
    b"2 0 obj\n<</Type /Pages/Count 0/Kids []>>\nendobj\ntrailer\n<</Root 1 0 R/Size 3>>\n%%EOF\n"
)


def picture(form: str) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((90, 60), 80).convert("RGB").save(file, form)
    return file.getvalue()


FILES = {
    "picture": telling_photograph(),
    "TIFF": picture("TIFF"),
    "WebP": picture("WEBP"),
    "text": TEXT.encode(),
    "table": TABLE.encode(),
    "sound": recorded("memo.m4a", content=tone(2.0)),
    "film": filmed("film.mp4"),
}


def addresses(page: Seen) -> list[str]:
    return re.findall(r' src="(/shown/[^"#]*)', page.text)


async def shown(reader, address: str, **headers: str) -> Seen:
    """What the element of our own page gets that has this address."""
    way = WAYS[address.split("/")[2]]
    return await reader.ask("GET", address, headers={**way, "Sec-Fetch-Site": "same-origin", **headers})


@pytest.fixture
async def desks(tmp_path):
    async with (
        zygotes() as sandbox,
        running_with_pages(tmp_path, make_home(tmp_path / "home"), sandbox=sandbox) as desks,
    ):
        yield desks


async def a_case_with_files(desks) -> tuple[str, object]:
    sent = await file_report(desks.intake.browser(), "Se bilagorna.", list(FILES.values()))
    await desks.release()
    return f"/case/{(await desks.listed(LEAD))[0].case_id.hex()}", sent


async def test_every_kind_is_shown_as_part_of_a_page_of_ours_and_in_no_other_way(desks):
    path, _ = await a_case_with_files(desks)
    shown_on, got, elsewhere = {}, {}, []
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        links = re.findall(rf'href="({path}/read/[0-9a-f]{{32}})"', (await reader.go(path)).text)
        for kind, link in zip(FILES, links, strict=True):
            shown_on[kind] = await reader.go(link)
            (address,) = addresses(shown_on[kind])
            got[kind] = await shown(reader, address)
            for other in (way for way in (*WAYS.values(), TO_A_PAGE) if way != WAYS[address.split("/")[2]]):
                seen = await reader.ask("GET", address, headers={"Sec-Fetch-Site": "same-origin", **other})
                elsewhere += [seen.body]
            elsewhere += [(await shown(reader, address, **{"Sec-Fetch-Site": "cross-site"})).body]
        on_disk = [file.read_bytes() for file in desks.home(LEAD).folder.parent.rglob("desk*/**/*") if file.is_file()]

    assert set(elsewhere) == {b""}
    assert {kind: seen.headers["Content-Type"] for kind, seen in got.items()} == {
        "picture": "application/pdf",
        "TIFF": "application/pdf",
        "WebP": "image/webp",
        "text": "text/plain; charset=utf-8",
        "table": "text/plain; charset=utf-8",
        "sound": "audio/mpeg",
        "film": "video/mp4",
    }
    assert got["text"].text == TEXT
    assert got["table"].text.splitlines()[1] == "Åsa;3"
    assert len(pypdfium2.PdfDocument(got["TIFF"].body)) == 1
    for kind, seen in got.items():
        assert seen.headers["Cache-Control"] == "no-store"
        assert seen.headers["X-Content-Type-Options"] == "nosniff"
        assert seen.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert seen.headers["Content-Security-Policy"] == "sandbox; default-src 'none'; frame-ancestors 'self'"
        assert not any(seen.body[:64] in content for content in on_disk), kind
    assert {kind for kind, page in shown_on.items() if "Bilden visas som PDF" in page.words} == {"picture", "TIFF"}
    for number, page in enumerate(shown_on.values(), start=1):
        assert f"<h1>Bilaga {number}</h1>" in page.text
        assert "<title>Läs en fil</title>" in page.text
        frames = f"frame-src {reader.services.address.frame_origin} 'self'; media-src 'self'"
        assert page.headers["Content-Security-Policy"].endswith(frames)
        assert "script" not in page.headers["Content-Security-Policy"]


async def test_a_sound_comes_in_the_pieces_that_a_browser_asks_for(desks):
    await file_report(desks.intake.browser(), "Hör.", [FILES["sound"]])
    await desks.release()
    path = f"/case/{(await desks.listed(LEAD))[0].case_id.hex()}"
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        link = re.search(rf'href="({path}/read/[0-9a-f]{{32}})"', (await reader.go(path)).text)[1]
        (address,) = addresses(await reader.go(link))
        whole = await shown(reader, address)
        pieces = {
            asked: await shown(reader, address, Range=f"bytes={asked}")
            for asked in ("0-", "288-575", "-288", "99999999-", "5-2", "x")
        }
        other_part = await shown(reader, address.replace("/0/", "/1/"))

    assert whole.status == 200
    assert whole.headers["Accept-Ranges"] == "bytes"
    length = len(whole.body)
    assert (pieces["0-"].status, pieces["0-"].body) == (206, whole.body)
    assert pieces["288-575"].body == whole.body[288:576]
    assert pieces["288-575"].headers["Content-Range"] == f"bytes 288-575/{length}"
    assert pieces["-288"].body == whole.body[-288:]
    assert (pieces["99999999-"].status, pieces["99999999-"].headers["Content-Range"]) == (416, f"bytes */{length}")
    assert [(pieces[wrong].status, pieces[wrong].body) for wrong in ("5-2", "x")] == [(404, b"")] * 2
    assert (other_part.status, other_part.body) == (404, b"")


async def test_it_is_gone_with_the_lock_with_the_next_file_and_when_it_was_withdrawn(desks):
    path, sent = await a_case_with_files(desks)
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        links = re.findall(rf'href="({path}/read/[0-9a-f]{{32}})"', (await reader.go(path)).text)
        (first,) = addresses(await reader.go(links[0]))
        before = await shown(reader, first)
        (second,) = addresses(await reader.go(links[1]))
        after_the_next = await shown(reader, first)
        await reader.send("/lock")
        locked = await shown(reader, second)
        await reader.send("/unlock", passphrase="correct horse battery")
        unlocked = await shown(reader, second)
        browser = desks.intake.browser()
        inbox = await log_in(browser, sent.receipt)
        file = next(form for form in inbox.forms if form.action == "/inbox/withdraw" and "file" in dict(form.fields))
        asked = await browser.post("/inbox/withdraw", file.fields)
        await browser.post("/inbox/withdraw", asked.form("/inbox/withdraw").fields)
        await desks.release()
        await fetched(reader)
        gone = [await reader.go(link) for link in links]

    assert before.status == 200
    assert [(seen.status, seen.body) for seen in (after_the_next, unlocked)] == [(404, b"")] * 2
    assert locked.body == b""
    assert sorted({len(addresses(page)) for page in gone}) == [0, 1]


async def test_what_a_colleague_sealed_uncleaned_is_not_shown_though_it_is_the_file_that_the_case_names(
    tmp_path, monkeypatch
):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        attach = desks._attach

        async def as_a_pdf(*given):
            return msgspec.structs.replace(await attach(*given), file_kind="pdf")

        monkeypatch.setattr(desks, "_attach", as_a_pdf)
        reporter = await desks.file("Se filen.", files=[SCRIPT_IN_A_PDF])
        await desks.release()
        path = f"/case/{reporter.keys.case_id.hex()}"
        async with pages_of(desks, LEAD) as reader:
            await reader.unlock()
            link = re.search(rf'href="({path}/read/[0-9a-f]{{32}})"', (await reader.go(path)).text)[1]
            page = await reader.go(link)

    assert page.status == 422
    assert addresses(page) == []
    assert "Filen visas inte: den har inte den form som en rensad fil har." in page.words
    assert "Spara en kopia…" in page.words


def test_what_firefox_would_write_to_the_disk_is_for_chromium_and_the_other_way_round():
    film = bytes(MEDIA_BYTES_MAX + 1)

    with pytest.raises(NotShown):
        shown_file("f", "film", film, is_chromium=False)
    in_chromium = shown_file("f", "film", film, is_chromium=True)
    in_both = [shown_file("f", "film", film[:-1], is_chromium=one) for one in (True, False)]
    with pytest.raises(NotShown):
        shown_file("f", "webp", picture("WEBP"), is_chromium=True)

    assert in_chromium.parts == (film,)
    assert {one.way for one in in_both} == {Way.FILM}


def test_a_long_sound_is_shown_in_parts_that_are_sounds_of_their_own_and_short_enough(monkeypatch):
    monkeypatch.setattr("desk.work.case.reading._SOUND_PART_BYTES", 288 * 100)
    frame = b"\xff\xfb\x58\xc0"

    monkeypatch.setitem(reading._READERS, "sound", lambda _: True)
    parts = shown_file("f", "sound", (frame + bytes(284)) * 250, is_chromium=False).parts

    assert [len(part) // 288 for part in parts] == [100, 100, 50]
    assert all(part.startswith(frame) for part in parts)


def test_a_document_has_another_identifier_each_time_and_firefox_remembers_it_by_that(monkeypatch):
    monkeypatch.setitem(reading._READERS, "jpeg", lambda _: True)
    picture = telling_photograph()
    shown = [shown_file("f", "jpeg", picture, is_chromium=False).parts[0] for _ in range(2)]

    assert len({bytes(pypdf.PdfReader(io.BytesIO(one)).trailer["/ID"][0].original_bytes) for one in shown}) == 2
    assert len({re.sub(rb"/ID \[<[0-9a-f]{32}><[0-9a-f]{32}>\] ", b"", one) for one in shown}) == 1
    assert len(pypdfium2.PdfDocument(shown[0])) == 1


@pytest.mark.parametrize("kind", ["pdf", "text", "jpeg", "png", "tiff", "webp", "sound", "csv", "another"])
def test_what_is_not_of_our_form_is_not_shown(kind):
    for content in (b"", b"\x00" * 300, b"" if kind in {"text", "csv"} else SCRIPT_IN_A_PDF):
        with pytest.raises(NotShown):
            shown_file("f", kind, content, is_chromium=False)


@pytest.mark.parametrize("before", [None, "/var/tmp"])
def test_a_browser_that_the_application_starts_puts_away_in_memory_what_it_puts_away(monkeypatch, before):
    seen = []
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")
    monkeypatch.delenv("TMPDIR", raising=False)
    if before is not None:
        monkeypatch.setenv("TMPDIR", before)
    monkeypatch.setattr("webbrowser.open", lambda address: seen.append((address, os.environ["TMPDIR"])) or True)

    started = pages._open("http://there")

    assert started
    assert seen == [("http://there", "/run/user/1000")]
    assert os.environ.get("TMPDIR") == before
