"""A report by voice, taken in the members' application: four pages, and what the caller finds with the words."""

from __future__ import annotations

import html
import re
import sqlite3
from itertools import pairwise

import pytest
from desks.harness import PASSPHRASE, running_desks, running_with_pages
from desks.pages import pages_of
from visitors.inbox_samples import filled, shown_words
from visitors.intake_harness import file_report, log_in, make_home

from desk.errors import NotReachable
from trusted.case.entry import TEXT_CHARACTERS, MinutesApproved, Report, Stream
from trusted.receipt.keys import parse_receipt

LEAD, HANDLER, COUNSEL = 0, 1, 2
TEXT = "Chefen köpte in sin brors firma utan upphandling.\nDet var i maj."
CASE_TABLES = ("cases", "entries", "heads", "waiting_items", "files", "chunks", "notes_grants", "statements")


def carried(page) -> dict[str, list[str]]:
    """The hidden fields of the page's forms, as a browser sends them; the token comes from the reader."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text):
        if name != "token":
            found.setdefault(name, []).append(html.unescape(value))
    return found


async def asked(reader, *concerns: str):
    """The second page, after these answers to the first."""
    page = await reader.go("/oral")
    return await reader.send("/oral", **{**carried(page), "concerns": list(concerns)})


async def written(reader, text: str = TEXT, **more):
    """What follows on the button under the notes, which are the page that is shown."""
    return await reader.send("/oral/code", **{**carried(reader.page), "text": text, "read": "yes", **more})


def words_on(page) -> tuple[list[str], list[str]]:
    """The eight words and the three."""
    lists = re.findall(r'<([ou])l class="words">(.*?)</[ou]l>', page.text, re.DOTALL)
    found = {kind: re.findall(r"<li[^>]*>(\w+)</li>", inside) for kind, inside in lists}
    return found["o"], found["u"]


async def texts_of(reader) -> list[str]:
    """The reports that this member's desk can open now."""
    async with reader.services.desk.at_work() as book:
        await book.sync()
        return [(await book.open(known)).report.text for known in list(book.state.case_list.cases.values())]


def kept(desks) -> int:
    return len(shapes(desks)["cases"])


def shapes(desks) -> dict[str, list]:
    """Of every table that belongs to cases, the sizes of all values in all rows; days and counts as they are."""
    found = {}
    with sqlite3.connect(f"file:{desks.made.home.path}/kallskydd.db?mode=ro", uri=True) as connection:
        for table in CASE_TABLES:
            cursor = connection.execute(f"SELECT * FROM {table}")
            # Where the share lies is drawn at random.
            places = [place for place, column in enumerate(cursor.description) if column[0] != "slot"]
            rows = [[row[place] for place in places] for row in cursor.fetchall()]
            found[table] = sorted(
                tuple(len(value) if isinstance(value, bytes) else value for value in row) for row in rows
            )
    connection.close()
    return found


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as running:
        yield running


async def test_the_four_pages_in_their_order_and_the_report_among_the_cases_after_the_release(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        first = await reader.go("/oral")
        second = await asked(reader, "nobody")
        third = await written(reader)
        eight, three = words_on(third)
        reloaded = await reader.go("/oral/code")
        fourth = await reader.send("/oral/done", **carried(reloaded))
        gone = await reader.go("/oral/code")
        before = await texts_of(reader)
        await desks.release()
        after = await texts_of(reader)
        async with reader.services.desk.at_work() as book:
            (known,) = book.state.case_list.cases.values()
            case = await book.open(known)
        of_the_case = await reader.go(f"/case/{known.case_id.hex()}")

    assert f"Fråga den som ringer efter de här orden: {' '.join(three)}." in of_the_case.words
    assert "Någon ringer" in first.words
    assert "Steg 2 av 4" in second.words
    assert "Läs upp ärendekoden" in third.words
    assert (len(eight), len(three)) == (8, 3)
    assert words_on(reloaded) == (eight, three)
    assert parse_receipt(" ".join(eight)).words == tuple(eight)
    assert "Den vilar som alla anmälningar" in fourth.words
    # One of the eight may be a word of the page itself, such as "efter" or "till": no two stand beside each other.
    assert not any(" ".join(two) in gone.words for two in pairwise(eight))
    assert 'class="words"' not in gone.text
    assert (before, after) == ([], [TEXT])
    assert (case.report.text, case.report.call_back, case.warnings) == (TEXT, " ".join(three), ())


@pytest.mark.parametrize(("concerns", "page"), [("me", "en kollega"), ("unnamed", "externa jurist")])
async def test_where_it_may_concern_the_member_the_page_stops_and_nothing_is_stored(desks, concerns, page):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        stopped = await asked(reader, concerns)
        of_two = await asked(reader, desks.made.keys[HANDLER].id, concerns)
        # Somebody who changes the fields of the second page.
        await asked(reader, "nobody")
        own = desks.made.keys[LEAD].id if concerns == "me" else concerns
        forced = await reader.send("/oral/code", call="x", concerns=own, text=TEXT, read="yes", language="sv")

    assert "Koppla samtalet vidare" in stopped.words
    assert page in stopped.words
    assert "Koppla samtalet vidare" in of_two.words
    assert forced.status == 422
    assert "Anmälan kan handla om dig" in forced.words
    assert kept(desks) == 0


async def test_counsel_takes_what_concerns_somebody_unnamed_and_reads_it_alone(desks):
    async with pages_of(desks, COUNSEL) as reader:
        await reader.unlock()
        await asked(reader, "unnamed")
        await written(reader)
        await desks.release()
        own = await texts_of(reader)

    assert own == [TEXT]
    assert [len(await desks.listed(number)) for number in (LEAD, HANDLER)] == [0, 0]


async def test_a_marked_members_desk_gets_nothing(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await asked(reader, desks.made.keys[HANDLER].id)
        await written(reader)
        await desks.release()

    assert [len(await desks.listed(number)) for number in (LEAD, HANDLER, COUNSEL)] == [1, 0, 1]


@pytest.mark.parametrize(
    ("concerns", "sentence"),
    [
        ((), "Du har inte kryssat för vem det handlar om."),
        (("nobody", "unnamed-member"), "Ingen och någon: båda kan inte stämma."),
        (("00" * 16,), "Förtroendegruppen har ändrats"),
    ],
)
async def test_without_an_answer_that_holds_nobody_goes_on(desks, concerns, sentence):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await asked(reader, *concerns)

    assert page.status == 422
    assert "Steg 1 av 4" in page.words
    assert sentence in page.words


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"text": " "}, "Texten saknas."),
        ({"text": "a" * (TEXT_CHARACTERS + 1)}, "Texten är längre än 100 000 tecken."),
        ({"organisation": "of-another-place"}, "Förtroendegruppen ändrades"),
    ],
)
async def test_what_the_form_of_reporters_would_refuse_is_refused_here_with_all_that_was_typed(desks, fields, sentence):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await asked(reader, desks.made.keys[HANDLER].id)
        page = await written(reader, **{"text": TEXT, "urgent": "yes", "language": "en", **fields})

    assert page.status == 422
    assert sentence in page.words
    assert html.escape(fields.get("text", TEXT).strip()[:40], quote=True) in page.text
    assert '<option value="en" lang="en" selected>' in page.text
    assert 'name="urgent" value="yes" checked' in page.text
    assert desks.made.keys[HANDLER].id in page.text
    assert kept(desks) == 0


async def test_what_was_not_read_out_to_the_caller_is_not_filed(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await asked(reader, "nobody")
        refused = await reader.send("/oral/code", **{**carried(page), "text": TEXT})
        mended = await written(reader)

    assert refused.status == 422
    assert "Den som ringer har inte fått höra det du skrev." in refused.words
    assert "Läs upp ärendekoden" in mended.words


async def test_notes_of_which_nobody_has_said_whom_they_concern_are_not_filed(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await asked(reader, "nobody")
        fields = {name: values for name, values in carried(page).items() if name != "concerns"}
        refused = await reader.send("/oral/code", **{**fields, "text": TEXT, "read": "yes"})

    assert refused.status == 422
    assert "Du har inte kryssat för vem det handlar om." in refused.words
    assert kept(desks) == 0


async def test_a_language_that_the_service_does_not_answer_in_is_refused(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await asked(reader, "nobody")
        page = await written(reader, language="xx")

    assert page.status == 422
    assert kept(desks) == 0


async def test_back_asks_once_more_with_everything_typed_and_loses_nothing(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await asked(reader, desks.made.keys[HANDLER].id)
        back = await reader.send("/oral", **{**carried(page), "text": TEXT, "urgent": "yes", "back": "yes"})
        again = await reader.send("/oral", **{**carried(back), "concerns": ["nobody"]})

    assert "Steg 1 av 4" in back.words
    assert f'value="{desks.made.keys[HANDLER].id}" checked' in back.text
    assert "Steg 2 av 4" in again.words
    assert TEXT in again.text
    assert 'name="urgent" value="yes" checked' in again.text


async def test_back_from_the_words_files_nothing_twice(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await asked(reader, "nobody")
        fields, token = carried(page), page.hidden("token")
        first = await written(reader)
        same = await reader.send("/oral/code", **{**fields, "token": token, "text": TEXT, "read": "yes"})
        # By Back to the first page, and on again: the same call, with a form of its own.
        await reader.send("/oral", **{**fields, "concerns": ["nobody"]})
        anew = await written(reader, "Något helt annat.")
        await reader.send("/oral/done", **carried(anew))
        await reader.send("/oral", **{**fields, "concerns": ["nobody"]})
        later = await written(reader)

    assert words_on(first) == words_on(same) == words_on(anew)
    assert "Anmälan är mottagen" in later.words
    assert kept(desks) == 1


async def test_another_call_gets_another_case_and_other_words(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await asked(reader, "nobody")
        first = await written(reader)
        await asked(reader, "nobody")
        second = await written(reader)

    assert words_on(first)[0] != words_on(second)[0]
    assert kept(desks) == 2


@pytest.mark.parametrize("arrives", [True, False], ids=["the answer was lost", "the request was lost"])
async def test_while_the_server_is_away_everything_typed_stays_and_the_next_try_files_it_once(desks, arrives):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await asked(reader, "nobody")
        async with reader.services.desk.at_work() as book:
            client = book.client
        ask = client.ask

        async def breaks_off(verb, question, kind):
            if verb == "file-report":
                if arrives:
                    await ask(verb, question, kind)
                raise NotReachable("reach.broke_off")
            return await ask(verb, question, kind)

        client.ask = breaks_off
        away = await written(reader)
        client.ask = ask
        after_away = kept(desks)
        there = await written(reader)

    assert away.status == 422
    assert TEXT in away.text
    assert after_away == int(arrives)
    assert len(words_on(there)[0]) == 8
    assert kept(desks) == 1


async def test_while_the_server_is_away_the_call_goes_on_and_nothing_typed_is_lost(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        first = await asked(reader, "nobody")
        async with reader.services.desk.at_work() as book:
            client = book.client
        ask = client.ask

        async def away(*_request):
            raise NotReachable("reach.broke_off")

        client.ask = away
        start = await reader.go("/oral")
        notes = await asked(reader, "nobody")
        refused = await written(reader, organisation="", language="en")
        back = await reader.send("/oral", **{**carried(refused), "text": TEXT, "back": "yes"})
        client.ask = ask
        again = await reader.send("/oral", **{**carried(back), "concerns": ["nobody"]})
        there = await written(reader)

    assert (first.status, start.status, notes.status, refused.status) == (200, 200, 200, 422)
    assert all("Servern svarar inte." in page.words for page in (start, notes, refused, back))
    assert "Steg 2 av 4" in notes.words
    assert TEXT in refused.text
    assert TEXT in again.text
    assert '<option value="en" lang="en" selected>' in again.text
    assert len(words_on(there)[0]) == 8
    assert kept(desks) == 1


async def test_the_words_are_gone_with_the_lock_and_the_notes_are_not(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await asked(reader, "nobody")
        await reader.services.desk.lock()
        locked = await written(reader)
        notes = await reader.send("/unlock", passphrase=PASSPHRASE)
        nothing_yet = kept(desks)
        shown = await written(reader)
        words = words_on(shown)[0]
        await reader.send("/lock")
        held = reader.services.desk.call
        await reader.send("/unlock", passphrase=PASSPHRASE)
        gone = await reader.go("/oral/code")

    assert "Det du skrev finns kvar" in locked.words
    assert TEXT in notes.text
    assert nothing_yet == 0
    assert len(words) == 8
    assert held is None
    assert "Orden visas inte igen." in gone.words
    # By chance one of eight words, or two, stand on a page that does not show them.
    assert len(set(words) & set(gone.words.split())) < 3


async def test_the_button_under_the_words_that_meets_the_lock_still_says_what_happens_now(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await asked(reader, "nobody")
        page = await written(reader)
        await reader.services.desk.lock()
        await reader.send("/oral/done", **carried(page))
        done = await reader.send("/unlock", passphrase=PASSPHRASE)

    assert "Anmälan är mottagen" in done.words
    assert "Den vilar som alla anmälningar" in done.words


async def test_neither_words_nor_notes_are_on_the_members_disk_or_in_an_address(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await asked(reader, "nobody")
        page = await written(reader)
        at = reader.at
        eight, three = words_on(page)
        await reader.send("/oral/done", **carried(page))
        await reader.send("/lock")
        files = b"".join(one.read_bytes() for one in desks.home(LEAD).folder.rglob("*") if one.is_file())

    assert at == "/oral/code"
    assert not any(word.encode() in files for word in (*eight, *three) if len(word) > 5)
    assert b"Chefen" not in files


async def test_the_store_holds_the_same_rows_of_the_same_sizes_as_after_a_report_from_the_form(tmp_path):
    found = []
    for name in ("by-voice", "from-the-form"):
        folder = tmp_path / name
        folder.mkdir()
        async with running_with_pages(folder, make_home(folder / "home")) as desks:
            if name == "by-voice":
                async with pages_of(desks, LEAD) as reader:
                    await reader.unlock()
                    await asked(reader, "nobody")
                    await written(reader)
            else:
                await file_report(desks.intake.browser(), TEXT)
            waiting = shapes(desks)
            await desks.release()
            found.append((waiting, shapes(desks)))

    assert found[0] == found[1]
    assert len(found[0][0]["entries"]) == 1
    assert found[0][0]["waiting_items"]


@pytest.mark.parametrize("released", [False, True], ids=["before the release", "after it"])
async def test_with_the_approval_the_words_that_were_read_out_open_nothing_any_more(tmp_path, released):
    async with running_with_pages(tmp_path, make_home(tmp_path / "home")) as desks, pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await asked(reader, "nobody")
        eight, _three = words_on(await written(reader))
        if released:
            await desks.release()
        receipt = parse_receipt(" ".join(eight))
        browser = desks.intake.browser()

        inbox = await log_in(browser, receipt)
        notes, words = await shown_words(browser, inbox)
        still = await log_in(browser, receipt)
        approved = await browser.post("/inbox/minutes", filled(words))
        old = await log_in(browser, receipt)
        new = await log_in(browser, words.receipt)
        await desks.release()
        async with reader.services.desk.at_work() as book:
            await book.sync()
            (known,) = book.state.case_list.cases.values()
            case = await book.open(known)

    assert "Anteckningar från ett samtal" in inbox.plain
    assert "Chefen köpte in sin brors firma" in inbox.plain
    assert "Chefen köpte in sin brors firma" in notes.plain
    assert "Chefen köpte in sin brors firma" in still.plain
    assert "Du har godkänt anteckningarna. Nu öppnar den nya koden ärendet." in approved.plain
    assert "Den koden öppnar inget ärende." in old.plain
    assert "Chefen köpte" not in old.plain
    assert "Chefen köpte in sin brors firma" in new.plain
    # Approved once: nothing is left to approve.
    assert [form for form in new.forms if form.action == "/inbox/minutes"] == []
    bodies = [entry.body for entry in case.streams[Stream.REPORTER]]
    assert [type(body) for body in bodies] == [Report, MinutesApproved]
    assert bodies[1].number is None


async def test_a_report_from_the_form_has_nothing_to_approve(tmp_path):
    async with running_with_pages(tmp_path, make_home(tmp_path / "home")) as desks:
        browser = desks.intake.browser()
        page = await file_report(browser, TEXT)
        inbox = await log_in(browser, page.receipt)
        asked_all_the_same = await browser.post(
            "/inbox/minutes",
            [("handle", dict(inbox.form("/inbox/leave").fields)["handle"]), ("language", "sv"), ("number", "report")],
        )

    assert [form for form in inbox.forms if form.action == "/inbox/minutes"] == []
    assert "Det finns inga anteckningar som väntar på ditt svar." in asked_all_the_same.plain


async def test_the_caller_takes_the_report_back_with_the_words_before_the_release(tmp_path):
    async with running_with_pages(tmp_path, make_home(tmp_path / "home")) as desks, pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await asked(reader, "nobody")
        eight, _three = words_on(await written(reader))
        browser = desks.intake.browser()
        inbox = await log_in(browser, parse_receipt(" ".join(eight)))
        sure = await browser.post("/inbox/take-back", inbox.form("/inbox/take-back").fields)
        await browser.post("/inbox/take-back", sure.form("/inbox/take-back").fields)

        assert kept(desks) == 0


async def test_an_urgent_report_is_in_the_overview_at_once(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await asked(reader, "nobody")
        page = await written(reader, urgent="yes")
        done = await reader.send("/oral/done", **carried(page))
        shown = await texts_of(reader)

    assert "Den är akut och ligger i översikten redan nu" in done.words
    assert shown == [TEXT]
