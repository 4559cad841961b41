"""Filing a report: what is stored, for whom, what the reporter is shown, and what is refused with nothing stored."""

import asyncio
import re
import secrets
from datetime import date
from io import BytesIO

import pytest
from PIL import Image
from visitors.code_search import code_in
from visitors.intake_harness import (
    SHOWN,
    Browser,
    file_report,
    log_in,
    make_home,
    multipart,
    read_answer,
    running_intake,
    two_words_back,
    zygotes,
)
from visitors.samples import opened, photograph, rows

from intake.daily import release
from trusted.case.entry import Report
from trusted.case.errors import NotARecipient
from trusted.crypto.seal import GRANT_BYTES, open_grant
from trusted.web.limits import Limits

NESTED = (
    b'--b\r\nContent-Type: multipart/mixed; boundary=c\r\nContent-Disposition: form-data; name="attachment"\r\n\r\n'
    b"--c\r\n\r\nx\r\n--c--\r\n--b--\r\n"
)


async def boxes(intake):
    """For each member, what its key opens of its box."""
    found = []
    for keys in intake.made.keys:
        grants = 0
        for batch in await intake.services.store.box(keys.id_bytes):
            for item in batch.items:
                assert len(item) == GRANT_BYTES
                try:
                    open_grant(item, keys.id_bytes, keys.box_private)
                except NotARecipient:
                    continue
                grants += 1
        found.append(grants)
    return found


async def test_a_report_is_filed_shown_its_code_and_read_again_with_it(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()

        page = await file_report(browser, "Rad ett\nRad två <b>åäö</b>", organisation="wbab")
        inbox = await log_in(browser, page.receipt)
        case = await opened(intake, page)

    assert page.status == SHOWN
    assert len(page.receipt.words) == 8
    assert len(page.receipt.words) == 8
    assert case.report.text == "Rad ett\nRad två <b>åäö</b>"
    assert case.report.organisation == "wbab"
    assert case.report.language == "sv"
    assert not case.report.urgent
    assert "Rad två <b>åäö</b>" in inbox.plain
    assert "Rad två &lt;b&gt;åäö&lt;/b&gt;" in inbox.text
    assert inbox.headers["cache-control"] == "no-store"


async def test_the_words_stand_on_the_page_and_nowhere_on_the_disk(tmp_path):
    async with running_intake(tmp_path) as intake:
        page = await file_report(intake.browser(), "planted text of the report")
        disk = b"".join(path.read_bytes() for path in intake.made.home.path.rglob("*") if path.is_file())

    words = page.receipt.words
    assert " ".join(words).encode() not in disk
    assert b"planted text" not in disk
    assert code_in(page.text, words)
    assert not code_in(page.text.split("<title>")[1].split("</title>")[0], words)


@pytest.mark.parametrize(
    ("marked", "unnamed", "readers"),
    [
        ((), False, [1, 1, 1, 0]),  # three readers, counsel not needed
        ((0,), False, [0, 1, 1, 0]),
        ((0, 1), False, [0, 0, 1, 1]),  # one reader left: counsel joins
        ((), True, [0, 0, 0, 1]),  # unnamed: counsel alone
        ((0, 1, 2), False, [0, 0, 0, 1]),
    ],
)
async def test_only_who_may_read_gets_a_grant_and_every_box_looks_the_same(tmp_path, marked, unnamed, readers):
    made = make_home(tmp_path / "home", ("lead", "handler", "handler", "counsel"))
    async with running_intake(tmp_path, made) as intake:
        concerns = [made.members[one].id for one in marked]
        extra = {"unnamed": "yes"} if unnamed else {}
        page = await file_report(intake.browser(), "To some of you", concerns=concerns, **extra)
        before = await boxes(intake)
        await release(intake.services, date(2026, 3, 3))
        after = await boxes(intake)
        sizes = [[len(batch.items) for batch in await intake.services.store.box(keys.id_bytes)] for keys in made.keys]
        case = await opened(intake, page)

    assert before == [0, 0, 0, 0]
    assert after == readers
    assert len({tuple(one) for one in sizes}) == 1
    expected = sorted(member.id for member, reads in zip(made.members, readers, strict=True) if reads)
    assert list(case.report.sealed_to) == expected


async def test_with_nobody_left_nothing_is_stored_and_the_authorities_are_named(tmp_path):
    made = make_home(tmp_path / "home", ("lead", "handler"))
    async with running_intake(tmp_path, made) as intake:
        page = await file_report(intake.browser(), "About both", concerns=[one.id for one in made.members])
        unnamed = await file_report(intake.browser(), "About someone", unnamed="yes")
        stored = rows(intake, "cases")

    for one in (page, unnamed):
        assert "ingen kvar som får läsa anmälan. Inget har sparats." in one.plain
        assert "Arbetsmiljöverket: arbetsmiljö" in one.plain
        assert dict(one.form("/report").fields)["text"].startswith("About")
    assert stored == 0


async def test_an_urgent_report_is_in_the_boxes_at_once(tmp_path):
    async with running_intake(tmp_path) as intake:
        code = await file_report(intake.browser(), "Someone is in danger", urgent="yes")
        page = await two_words_back(intake.browser(), code)
        found = await boxes(intake)

    assert "kan läsa anmälan genast" in page.plain
    assert found == [1, 1, 0]


@pytest.mark.parametrize("roles", [("lead",), ("lead", "counsel")])
async def test_a_real_home_below_two_readers_is_not_open(tmp_path, roles):
    made = make_home(tmp_path / "home", roles)
    async with running_intake(tmp_path, made) as intake:
        start = await intake.browser().get("/")
        form = await intake.browser().get("/report")
        posted = await intake.browser().post(
            "/report", [("mark", intake.services.form_tokens.new("report")), ("text", "x")]
        )
        stored = rows(intake, "cases")

    assert "inte öppen än" in start.plain
    assert "inte öppen än" in form.plain
    assert "Arbetsmiljöverket" in form.plain
    assert form.forms == []
    assert "inte öppen än" in posted.plain
    assert stored == 0


async def test_a_service_that_closes_while_somebody_writes_gives_the_text_and_the_choices_back(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        form = (await browser.get("/report")).form("/report")
        path = intake.made.home.path / "roster" / "0001.toml"
        whole = path.read_text()
        path.write_text(whole.replace("Lead 1", "Lead X"))
        closed = await browser.post("/report", form.with_(text="Chefen", organisation="wbab", unnamed="yes"))
        still = await browser.post("/report", closed.form("/report").with_())
        path.write_text(whole)
        sent = await browser.post("/report", still.form("/report").with_())
        case = await opened(intake, sent)

    for page in (closed, still):
        assert "Inget har sparats" in page.plain
        assert "Arbetsmiljöverket" in page.plain
        assert dict(page.form("/report").fields)["text"] == "Chefen"
    assert (case.report.text, case.report.organisation) == ("Chefen", "wbab")


async def test_a_roster_that_was_tampered_with_closes_the_service_and_is_counted(tmp_path):
    async with running_intake(tmp_path) as intake:
        told = []
        intake.services.roster.on_fault = lambda: told.append(1)
        path = intake.made.home.path / "roster" / "0001.toml"
        path.write_text(path.read_text().replace("Lead 1", "Lead X"))

        form = await intake.browser().get("/report")

    assert "inte öppen än" in form.plain
    assert told == [1]


async def test_every_page_of_a_trial_says_not_to_report_there(tmp_path):
    made = make_home(tmp_path / "home", ("handler",), trial=True, settings="at_once = true")
    async with running_intake(tmp_path, made) as intake:
        browser = intake.browser()
        report = await file_report(browser, "A try")
        days = await two_words_back(browser, report)
        inbox = await log_in(browser, report.receipt)
        pages = [await browser.get(path) for path in ("/", "/report", "/return", "/nowhere")]
        english = await browser.get("/?lang=en")

    for page in (report, days, inbox, *pages):
        assert "Prov. Anmäl inte här." in page.plain
    assert "Trial. Do not report here." in english.plain
    assert "kan läsa anmälan genast" in days.plain


async def test_who_has_left_has_nothing_on_the_screen_that_says_where_it_was(tmp_path):
    made = make_home(tmp_path / "home", ("handler",), trial=True)
    async with running_intake(tmp_path, made) as intake:
        browser = intake.browser()
        inbox = await log_in(browser, (await file_report(browser, "In a hurry")).receipt)
        ways_out = [await browser.get("/leave"), await browser.post("/inbox/leave", inbox.form("/inbox/leave").with_())]

    assert [page.status for page in ways_out] == [200, SHOWN]
    for page in ways_out:
        assert "Tor Browser" in page.plain
        assert page.headers["clear-site-data"] == '"cache"'
        for telling in ("Ludvika", "kommun", "nmäl", "ärende", "Prov", "/report", "/return"):
            assert telling not in page.text


async def test_what_was_changed_in_a_form_that_has_been_sent_is_not_said_to_be_received(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        form = (await browser.get("/report")).form("/report")
        await browser.post("/report", form.with_(text="Sent"))
        same = await browser.post("/report", form.with_(text="Sent"))
        changed = await browser.post("/report", form.with_(text="Sent, and then changed"))
        case = await opened(intake, changed)

    warning = "Det du ändrar i formuläret nu skickas inte. Du kan lägga till det sedan med koden."
    assert (same.status, changed.status) == (SHOWN, 400)
    assert warning not in same.plain
    assert warning in changed.plain
    assert case.report.text == "Sent"


async def test_the_same_form_sent_twice_at_once_and_later_is_one_case_and_one_code(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        fields = (await browser.get("/report")).form("/report").with_(text="Pressed twice")

        first, second, third = await asyncio.gather(*(browser.post("/report", fields) for _ in range(3)))
        later = await browser.post("/report", fields)
        intake.clock.forward(minutes=31)
        much_later = await browser.post("/report", fields)
        stored = rows(intake, "cases")

    assert stored == 1
    assert len({page.receipt.words for page in (first, second, third, later)}) == 1
    assert len({dict(page.form("/inbox/leave").fields)["handle"] for page in (first, second, third, later)}) == 1
    assert "redan skickat" in much_later.plain
    assert not code_in(much_later.text, first.receipt.words)


@pytest.mark.parametrize("how", ["a day old", "before a restart", "made up", "of another form", "missing"])
async def test_an_old_form_comes_back_with_its_text_and_then_works(tmp_path, how):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        form = (await browser.get("/report")).form("/report")
        fields = form.with_(text="Typed for an hour", organisation="wbab", unnamed="yes")
        if how == "a day old":
            intake.clock.forward(hours=26)
        elif how == "before a restart":
            intake.services.form_tokens._key = secrets.token_bytes(32)
        elif how == "made up":
            fields = [(name, "A" * 48 if name == "mark" else value) for name, value in fields]
        elif how == "of another form":
            fields = [
                (name, intake.services.form_tokens.new("return") if name == "mark" else value) for name, value in fields
            ]
        else:
            fields = [(name, value) for name, value in fields if name != "mark"]

        back = await browser.post("/report", fields, [b"a file that is thrown away"])
        again = back.form("/report")
        sent = await browser.post("/report", again.with_())
        stored = rows(intake, "cases")

    assert back.status == 400
    assert "Inget har sparats." in back.plain
    assert dict(again.fields)["text"] == "Typed for an hour"
    assert dict(again.fields)["organisation"] == "wbab"
    assert dict(again.fields)["unnamed"] == "yes"
    assert sent.status == SHOWN
    assert stored == 1


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"text": "  \n "}, "Det fanns ingen text"),
        ({"text": "x" * 100_001}, "längre än formuläret rymmer"),
        ({"text": "ä" * 400_001}, "längre än formuläret rymmer"),
        ({"text": "kept text", "organisation": "another-town"}, "finns inte längre i formuläret"),
        ({"text": "kept text", "concerns": ["0" * 32]}, "finns inte längre i formuläret"),
        ({"text": "kept text", "organisation": "x" * 5000}, "skadat eller inte något av våra formulär"),
        ({"text": "kept text", "concerns": ["0" * 32] * 500}, "skadat eller inte något av våra formulär"),
    ],
)
async def test_what_a_form_may_not_hold_is_refused_in_a_sentence_and_the_text_comes_back(tmp_path, values, what):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        form = (await browser.get("/report")).form("/report")

        page = await browser.post("/report", form.with_(**values))
        stored = rows(intake, "cases")
        mended = await browser.post("/report", form.with_(text="the same form, mended"))

    assert page.status == 400
    assert what in page.plain
    assert "nget har sparats" in page.plain
    assert dict(page.form("/report").fields)["text"].strip()[:9] == values["text"].strip()[:9]
    assert stored == 0
    # The mark was given back: Back and a correction work.
    assert mended.status == SHOWN


async def test_a_text_of_exactly_the_limit_with_line_ends_is_taken(tmp_path):
    async with running_intake(tmp_path) as intake:
        text = ("å" * 99 + "\r\n") * 1000
        page = await file_report(intake.browser(), text)
        case = await opened(intake, page)

    assert page.status == SHOWN
    assert len(case.report.text) == 100_000 - 1  # the last line end is trimmed


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"text=hello", "application/x-www-form-urlencoded"),
        (b"text=hello", "text/plain"),
        (b"", "multipart/form-data"),
        (b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\ncut', "multipart/form-data; boundary=b"),
        (b"no boundary at all", "multipart/form-data; boundary=b"),
        (b"--b\r\n" + b"X" * 9000 + b": y\r\n\r\nz\r\n--b--\r\n", "multipart/form-data; boundary=b"),
        (NESTED, "multipart/form-data; boundary=b"),
        (b'--b\r\nContent-Disposition: form-data; name="_charset_"\r\n\r\n' + b"u" * 40 + b"\r\n--b--\r\n", "multipart/form-data; boundary=b"),
        (b'--b\r\nContent-Disposition: form-data; name="_charset_"\r\n\r\n\xff\xfe\r\n--b--\r\n', "multipart/form-data; boundary=b"),
            ],
)  # fmt: skip
async def test_what_is_no_form_of_ours_is_refused_in_a_sentence_and_is_no_fault(tmp_path, body, kind):
    async with running_intake(tmp_path) as intake:
        page = await intake.browser().request("POST", "/report", body, {"Content-Type": kind})
        stored = rows(intake, "cases")
        faults = intake.services.faults.count

    assert page.status == 400
    assert "nget har sparats" in page.plain
    assert stored == 0
    assert faults == 0


@pytest.mark.parametrize("place", [0, 3])
async def test_a_charset_field_is_never_obeyed(tmp_path, place):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        fields = (await browser.get("/report")).form("/report").with_(text="smörgås")
        fields.insert(place, ("_charset_", "utf-16"))

        page = await browser.post("/report", fields)
        stored = rows(intake, "cases")

    # The library trips over it, so the form is refused as damaged; no browser sends one with our forms.
    assert page.status == 400
    assert stored == 0


async def test_pictures_are_cleaned_shown_once_and_what_is_refused_leaves_the_rest(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        files = [photograph(), b"", b"Rar!\x1a\x07\x00 packed", photograph(maker="Second"), b"\xff\xd8\xff damaged"]
        told = await file_report(intake.browser(), "With files", files)
        code = await intake.browser().post("/report", told.form("/report").with_())
        page = await two_words_back(intake.browser(), code)
        case = await opened(intake, code)
        inbox = await log_in(intake.browser(), code.receipt)
        first = inbox.form("/inbox/file")
        copy = await intake.browser().post("/inbox/file", first.fields)
        disk = b"".join(path.read_bytes() for path in intake.made.home.path.rglob("*") if path.is_file())

    assert page.status == SHOWN
    assert "Planted maker" in page.plain
    assert "Second" in page.plain
    assert "3 av 5 filer togs inte emot." in told.plain
    assert "Filen du valde som nummer 2: Filen är tom." in told.plain
    assert "Filen du valde som nummer 3: Av packade filer tar vi bara emot ZIP" in told.plain
    assert "Filen du valde som nummer 5:" in told.plain
    assert [type(entry.body).__name__ for entry in case.reporter] == [
        "Report", "Attachment", "ScrubRecord", "Attachment", "ScrubRecord",
    ]  # fmt: skip
    assert "Planted maker" not in inbox.text
    assert copy.headers["content-type"] == "image/jpeg"
    assert copy.headers["content-disposition"] == 'inline; filename="1.jpeg"'
    assert "sandbox" in copy.headers["content-security-policy"]
    assert b"Planted maker" not in copy.body
    assert Image.open(BytesIO(copy.body)).size == (64, 64)
    for marker in (b"Planted maker", b"secret-name", b"With files"):
        assert marker not in disk


async def test_a_form_that_is_refused_after_its_files_came_holds_them_and_leaves_no_case(tmp_path, monkeypatch):
    from trusted.case.errors import Busy

    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:

        async def busy(_filing):
            raise Busy

        with monkeypatch.context() as while_busy:
            while_busy.setattr(intake.services.store, "file_case", busy)
            page = await file_report(intake.browser(), "Kept on the page", [photograph()])
        stored = (rows(intake, "cases"), rows(intake, "files"))
        free, sessions = intake.services.budget.free, len(intake.services.sessions)
        sent = await intake.browser().post("/report", page.form("/report").with_())
        case = await opened(intake, sent)

    assert "Inget har sparats." in page.plain
    assert dict(page.form("/report").fields)["text"] == "Kept on the page"
    assert stored == (0, 2)
    assert free == 256 * 2**20
    assert sessions == 0
    assert [type(entry.body).__name__ for entry in case.reporter] == ["Report", "Attachment", "ScrubRecord"]


@pytest.mark.parametrize(
    ("files", "refused"),
    [([b""], [1]), ([b"", photograph()], [1]), ([photograph(), b""], [2]), ([b"", b"", photograph()], [1, 2])],
    ids=["alone", "first", "last", "two"],
)
async def test_an_empty_file_is_named_alone_and_beside_others(tmp_path, files, refused):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        page = await file_report(intake.browser(), "Text", files)

    named = [number for number in range(1, 4) if f"Filen du valde som nummer {number}:" in page.plain]
    assert named == refused
    assert page.plain.count("Filen är tom.") == len(refused)


async def test_the_limits_of_files_refuse_files_and_not_the_report(tmp_path, monkeypatch):
    limits = Limits(file_bytes=20_000, files=3, report_bytes=20_000, discard_bytes=10**6)
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        object.__setattr__(intake.services, "limits", limits)
        small = photograph()
        told = await file_report(intake.browser(), "Text", [bytes(25_000), small, bytes(19_000), small, small])
        page = await intake.browser().post("/report", told.form("/report").with_())
        case = await opened(intake, page)

    assert page.status == SHOWN
    assert "4 av 5 filer togs inte emot." in told.plain
    assert "Filen du valde som nummer 1: Filen är större än formuläret tillåter." in told.plain
    assert "Filen du valde som nummer 3: Filerna är tillsammans större" in told.plain
    assert "Filen du valde som nummer 4: Det var fler filer" in told.plain
    assert len([entry for entry in case.reporter if type(entry.body).__name__ == "Attachment"]) == 1


async def test_far_too_much_data_still_gets_a_page_and_stores_nothing(tmp_path):
    limits = Limits(file_bytes=20_000, files=3, report_bytes=30_000, discard_bytes=300_000)
    async with running_intake(tmp_path) as intake:
        object.__setattr__(intake.services, "limits", limits)
        browser = intake.browser()
        form = (await browser.get("/report")).form("/report")
        page = await browser.post("/report", form.with_(text="Kept"), [bytes(500_000)])
        stored = rows(intake, "cases")

    assert "mer än vi kan ta emot. Inget har sparats." in page.plain
    assert dict(page.form("/report").fields)["text"] == "Kept"
    assert stored == 0


async def test_an_upload_that_stands_still_is_given_up(tmp_path):
    async with running_intake(tmp_path) as intake:
        object.__setattr__(intake.services, "limits", Limits(idle_seconds=0.2, refused_idle_seconds=0.2))
        mark = intake.services.form_tokens.new("report")
        body = multipart("b", [("mark", mark), ("text", "Kept")], [bytes(900_000)])
        reader, writer = await asyncio.open_unix_connection(str(intake.public_socket))
        head = f"POST /report HTTP/1.1\r\nHost: {Browser(intake.public_socket).host}\r\nContent-Length: {len(body)}\r\n"
        writer.write(
            head.encode()
            + b"Content-Type: multipart/form-data; boundary=b\r\nConnection: close\r\n\r\n"
            + body[:-600_000]
        )
        answer = await asyncio.wait_for(reader.read(), 15)
        writer.close()
        page = await intake.browser().follow(read_answer(answer))
        stored = rows(intake, "cases")

    assert "stod stilla för länge" in page.plain
    assert "Kept" in page.text
    assert stored == 0


async def test_a_flood_of_reports_is_told_to_wait_and_loses_no_text(tmp_path, monkeypatch):
    monkeypatch.setattr("intake.argon2_workers.FILING_QUEUE", 0)
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        forms = [(await browser.get("/report")).form("/report").with_(text=f"Text {n}") for n in range(8)]

        pages = await asyncio.gather(*(browser.post("/report", fields) for fields in forms))

    taken = [page for page in pages if page.status == SHOWN]
    refused = [page for page in pages if page.status == 400]
    assert len(taken) >= 2
    assert refused
    for page in refused:
        assert "Det är många besökare just nu. Inget har sparats." in page.plain
        assert re.match(r"Text \d", dict(page.form("/report").fields)["text"])


async def test_the_other_language_keeps_what_was_typed_and_stores_nothing(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        form = (await browser.get("/report")).form("/report")

        page = await browser.post("/report", [*form.with_(text="Half a text", organisation="wbab"), ("switch", "en")])
        sent = await browser.post("/report", page.form("/report").with_())
        case = await opened(intake, sent)

    assert '<html lang="en">' in page.text
    assert dict(page.form("/report").fields)["text"] == "Half a text"
    assert "The report is received" in sent.plain
    assert isinstance(case.report, Report)
    assert case.report.language == "en"


async def test_no_language_is_guessed_from_the_browser(tmp_path):
    async with running_intake(tmp_path) as intake:
        page = await intake.browser().get("/", {"Accept-Language": "en-GB,en"})

    assert '<html lang="sv">' in page.text


async def test_every_field_is_kept_from_the_memory_of_the_browser(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        report = await file_report(browser, "x")
        stopped = await file_report(browser, "Mvh Anna Andersson")
        pages = [
            await browser.get("/report"),
            await browser.get("/return"),
            report,
            stopped,
            await log_in(browser, report.receipt),
        ]

    for page in pages:
        for tag in re.findall(r"<(?:input|textarea|select)\b[^>]*>", page.text):
            # What HTML does not let say it for itself is covered by its form. Back gives the text of a report again,
            # and Tor Browser keeps it in memory only.
            if not re.search('type="(hidden|checkbox|radio|file)"', tag):
                assert ('autocomplete="off"' in tag) != (page is pages[0] and tag.startswith("<textarea"))
            if tag.startswith("<textarea") or 'type="text"' in tag:
                assert 'spellcheck="false"' in tag
        for form in re.findall(r"<form\b[^>]*>", page.text):
            assert ('autocomplete="off"' in form) != ('id="report"' in form and page is pages[0])
        assert "<a" not in page.text or "handle" not in "".join(re.findall(r'href="[^"]*"', page.text))


async def test_only_the_form_may_be_shown_again_by_back_and_no_other_answer_is_kept(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        form = await browser.get("/report")
        again = await browser.post("/report", form.form("/report").with_(act="edit", text="Typed"))
        stopped = await browser.post("/report", again.form("/report").with_(text="Mvh Anna Andersson"))
        sent = await browser.post("/report", stopped.form("/report").with_())
        before_it_was_sent = await browser.get(f"/page/{'0' * 32}")

    assert [page.headers["cache-control"] for page in (form, again)] == ["no-cache", "no-cache"]
    for page in (stopped, sent, before_it_was_sent):
        assert page.headers["cache-control"] == "no-store"
