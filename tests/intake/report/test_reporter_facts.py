"""What was removed from a file: shown in groups, ticked fact by fact, and kept nowhere else."""

from __future__ import annotations

import asyncio
import gc
from datetime import timedelta
from importlib.resources import files

import pytest
from visitors.intake_harness import file_report, log_in, running_intake, two_words_back, zygotes
from visitors.samples import MAKER, OWNER, offered, opened, photograph, telling_photograph

from cases.languages import LANGUAGES
from intake.daily import keep_time
from intake.uploads.facts import facts_of, ticked
from intake.views.languages import read_texts
from intake.views.pages import Language
from trusted.case.entry import Message
from trusted.jail.stages import Removed, What, Where
from trusted.web.errors import UnknownChoice


class Plain:
    """A language that leaves everything as it stands."""

    def translate(self, english):
        return english

    def day(self, day):
        return f"<{day}>"


def reachable(root: object, marker: str) -> bool:
    """Whether anything that `root` holds, however deep, is or contains this text."""
    seen, todo, wanted = set(), [root], marker.encode()
    while todo:
        one = todo.pop()
        if id(one) in seen or isinstance(one, type) or (callable(one) and not hasattr(one, "__self__")):
            continue
        seen.add(id(one))
        if (isinstance(one, str) and marker in one) or (isinstance(one, bytes | bytearray) and wanted in one):
            return True
        todo += gc.get_referents(one)
    return False


async def test_the_report_stands_in_groups_with_headers_and_says_what_cleaning_cannot_remove(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        form = await intake.browser().get("/report")
        code = await file_report(intake.browser(), "Text", [telling_photograph()])
        page = await two_words_back(intake.browser(), code)

    rows = [row.split("</th>")[0] for row in page.text.split('<th scope="row">')[1:]]
    assert rows == ["Plats", "Enhet", "Personer", "Datum"]
    assert '<th scope="col">' in page.text
    assert f"<bdi>{OWNER}</bdi>" in page.text
    for said in (form.plain, page.plain):
        assert "skrivare" in said
        assert "sensor" in said


async def test_ticked_facts_become_typed_text_of_the_report_and_nothing_else_does(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        code = await file_report(browser, "Text", [photograph(maker=""), telling_photograph()])
        page = await two_words_back(browser, code)
        day, place, maker = offered(page)

        added = await browser.post("/inbox/facts", page.form("/inbox/facts").with_(fact=[day, place]))
        again = await browser.post("/inbox/facts", page.form("/inbox/facts").with_(fact=[day, place]))
        case = await opened(intake, code)
        disk = b"".join(path.read_bytes() for path in intake.made.home.path.rglob("*") if path.is_file())

    assert day == "Bilaga 2: dagen då bilden togs, 14 mars 2026"
    assert place == "Bilaga 2: en plats som stod i filen, 60.1490, 15.1878"
    assert maker.endswith(f"gjord med {MAKER}")
    assert [entry.body.text for entry in case.reporter if isinstance(entry.body, Message)] == [f"{day}\n{place}"]
    # It waits with the report and is released with it.
    assert case.released == 0
    assert {entry.day for entry in case.reporter} == {case.waiting_until}
    assert "Vi har lagt till" in added.plain
    assert "redan skickat" in again.plain
    stored = "".join(
        repr([getattr(entry.body, name) for name in entry.body.__struct_fields__]) for entry in case.reporter
    )
    for value in (MAKER, OWNER, "10:11"):
        assert value not in stored
        assert value.encode() not in disk


async def test_facts_of_a_file_added_later_are_added_in_the_chosen_language(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        page = await file_report(browser, "First", [photograph()])
        inbox = await log_in(browser, page.receipt)
        english = await browser.post("/inbox", inbox.form("/inbox", switch="en").fields)

        sent = await browser.post("/inbox/write", english.form("/inbox/write").with_(), [telling_photograph()])
        added = await browser.post("/inbox/facts", sent.form("/inbox/facts").with_(fact=offered(sent)[0]))
        none = await browser.post("/inbox/facts", sent.form("/inbox/facts").fields)

    assert "File 2: the day the picture was taken, 14 March 2026" in added.plain
    assert "Nothing was ticked" in none.plain


async def test_the_page_of_the_files_looks_at_the_copy_and_takes_a_file_back(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        code = await file_report(browser, "Text", [telling_photograph()])
        page = await two_words_back(browser, code)
        copy = await browser.post("/inbox/file", page.form("/inbox/file").fields)
        asked = await browser.post("/inbox/take-back", page.form("/inbox/take-back").fields)
        done = await browser.post("/inbox/take-back", asked.form("/inbox/take-back").fields)
        case = await opened(intake, code)

    # The clean copy alone opens a tab: it is no page of ours.
    assert page.text.count('target="_blank"') == 1
    assert copy.headers["content-type"] == "image/jpeg"
    assert copy.headers["x-content-type-options"] == "nosniff"
    assert copy.headers["content-disposition"].startswith("inline; filename=")
    assert copy.headers["cache-control"] == "no-store"
    assert copy.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert OWNER.encode() not in copy.body
    assert "Du har tagit tillbaka bilagan" in done.plain
    assert [type(entry.body).__name__ for entry in case.reporter] == ["Report"]


@pytest.mark.parametrize("how", ["left", "idle"])
async def test_values_leave_the_memory_with_the_page_or_after_half_an_hour(tmp_path, how):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Text", [telling_photograph()])
        services = intake.services
        # The inbox keeps those of the last message, to show them in another language.
        inbox = await log_in(browser, page.receipt)
        await browser.post("/inbox/write", inbox.form("/inbox/write").with_(), [telling_photograph()])
        during = reachable([services.form_tokens, services.sessions], OWNER)
        # The session itself never has them, only the page that is kept for a second sending.
        in_session = any(
            reachable([one.keys, one.case, one.receipt], OWNER) for one in services.sessions._open.values()
        )

        if how == "left":
            await browser.post("/inbox/leave", page.form("/inbox/leave").fields)
        else:
            intake.clock.now += timedelta(minutes=31)
            # Nobody visits: it is the intake's own clock that lets go.
            clockwork = asyncio.create_task(keep_time(services, lambda: None, lambda: None))
            async with asyncio.timeout(10):
                while reachable([services.form_tokens, services.sessions], OWNER):
                    await asyncio.sleep(0.05)
            clockwork.cancel()
        after = reachable([services.form_tokens, services.sessions], OWNER)

    assert during
    assert not in_session
    assert not after


async def test_ticked_text_with_the_code_or_of_another_shape_is_refused(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        code = await file_report(browser, "Text", [telling_photograph()])
        form = (await two_words_back(browser, code)).form("/inbox/facts")
        with_code = await browser.post("/inbox/facts", form.with_(fact=" ".join(code.receipt.words)))
        many_lines = await browser.post("/inbox/facts", form.with_(fact="one\r\ntwo"))
        long = await browser.post("/inbox/facts", form.with_(fact="x" * 401))
        case = await opened(intake, code)

    assert "innehåller ord ur din ärendekod" in with_code.plain
    assert "Inget har sparats" in many_lines.plain
    assert "Inget har sparats" in long.plain
    assert not any(isinstance(entry.body, Message) for entry in case.reporter)


@pytest.mark.parametrize(
    ("value", "offered"),
    [
        ("2026:03:14 10:11:12", True),
        ("2026-03-14T10:11:12+01:00", True),
        ("D:20260314101112+01'00'", True),
        ("20260314", True),
        ("2026:13:41 10:11:12", False),
        ("yesterday", False),
    ],
)
def test_a_day_is_offered_without_its_hour_and_what_is_no_day_is_not(value, offered):
    facts = facts_of([Removed(What.DATE, Where.EXIF, value)], 1, Plain())

    assert facts == ["File 1: the day the picture was taken, <2026-03-14>"] * offered


def test_names_serial_numbers_and_programs_are_never_offered():
    found = [Removed(what, Where.EXIF, "value") for what in What if what not in {What.PLACE, What.DEVICE, What.DATE}]

    assert facts_of(found, 1, Plain()) == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_a_page_offers_can_be_ticked_in_every_language(code):
    language = Language(LANGUAGES[code], read_texts(files("intake") / "locale", code))
    found = [
        Removed(What.DATE, Where.EXIF, "2026:03:14 10:11:12"),
        Removed(What.PLACE, Where.EXIF, "60.14900, 15.18780"),
        Removed(What.DEVICE, Where.EXIF, MAKER),
    ]
    offered_days = [
        facts_of([Removed(What.DATE, Where.XMP, f"2026-{month:02}-14")], 1, language) for month in range(1, 13)
    ]
    offered = [*facts_of(found, 1, language), *(day for days in offered_days for day in days)]

    sent = ticked(offered)

    assert len(offered) == 15
    assert sent.split("\n") == offered


def test_more_facts_than_any_page_offers_are_refused():
    assert ticked([]) == ""
    with pytest.raises(UnknownChoice):
        ticked(["a"] * 201)
