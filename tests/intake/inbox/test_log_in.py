"""Coming back with the eight words: what opens the inbox, what is said of words that cannot, and what is not lost."""

import random
import re
import time
from datetime import date

import pytest
from processes.measured import fastest_of_each
from visitors.code_search import code_in
from visitors.intake_harness import SHOWN, file_report, log_in, make_home, multipart, running_intake
from visitors.samples import opened, session_of, without_marks

from cases.receipt.misread import explain, near_words
from trusted.receipt.keys import check_fits, new_receipt
from trusted.receipt.wordlist import words as all_words

TUESDAY = date(2026, 3, 3)


async def typed(browser, code, **more):
    form = (await browser.get("/return")).form("/return")
    return await browser.post("/return", form.with_(code=code, **more))


async def test_codes_that_never_existed_were_erased_or_are_of_another_address_answer_with_the_same_bytes(tmp_path):
    for name in ("here", "elsewhere"):
        (tmp_path / name).mkdir()
    async with (
        running_intake(tmp_path / "here") as intake,
        running_intake(tmp_path / "elsewhere", make_home(tmp_path / "elsewhere" / "home")) as other,
    ):
        browser = intake.browser()
        taken_back = await file_report(browser, "To be taken back")
        session = await session_of(intake, taken_back)
        await intake.services.store.take_back(session.case.case_id)
        elsewhere = await file_report(other.browser(), "In another home")

        answers = [
            without_marks(await typed(browser, " ".join(receipt.words)))
            for receipt in (new_receipt(), new_receipt(), taken_back.receipt, elsewhere.receipt)
        ]

    assert len(set(answers)) == 1
    page = answers[0][2].decode()
    assert "Den koden öppnar inget ärende." in page
    # Who took a suggestion is told so on the page that everybody gets.
    assert "Våra förslag är bara gissningar" in page
    assert re.findall(
        r"<li>(Ett ord är felläst|Ärendet är raderat \(gallrat\)|Koden hör till en annan adress)", page
    ) == [
        "Ett ord är felläst",
        "Ärendet är raderat (gallrat)",
        "Koden hör till en annan adress",
    ]


async def test_codes_that_open_nothing_take_the_same_time(tmp_path):
    async with running_intake(tmp_path, real_argon2=True) as intake:
        browser = intake.browser()
        taken_back = await file_report(browser, "To be taken back")
        session = await session_of(intake, taken_back)
        await intake.services.store.take_back(session.case.case_id)

        async def seconds(words) -> float:
            form = (await browser.get("/return")).form("/return")
            began = time.perf_counter()
            await browser.post("/return", form.with_(code=" ".join(words)))
            return time.perf_counter() - began

        codes = {
            "never": lambda: seconds(new_receipt().words),
            "erased": lambda: seconds(taken_back.receipt.words),
            "never too": lambda: seconds(new_receipt().words),
        }
        fastest = await fastest_of_each(codes, 1.35)

    # One Argon2id each, which is nearly all of it; answering without it would take a tenth.
    assert max(fastest.values()) < 1.35 * min(fastest.values()), fastest


@pytest.mark.parametrize(
    ("code", "count"), [("", 0), ("one two three", 3), ("ett två tre fyra fem sex sju åtta nio", 9)]
)
async def test_another_number_of_words_is_counted(tmp_path, code, count):
    async with running_intake(tmp_path) as intake:
        page = await typed(intake.browser(), code)

    assert page.status == 400
    assert f"En ärendekod är åtta ord, och du skrev {count}." in page.plain
    assert "skriv alla åtta i ordning." in page.plain


def fields_of(page) -> list[dict[str, str]]:
    """The eight fields of the code, with their attributes and, under `said`, what stands beneath each."""
    found = []
    for tag, after in re.findall(r'<input ([^>]*name="code"[^>]*)>(.*?)</li>', page.text, re.DOTALL):
        attributes = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        found.append({**attributes, "said": " ".join(re.sub(r"<[^>]*>", " ", after).split())})
    assert len(found) == 8
    return found


def values(page) -> list[str]:
    return [field.get("value", "") for field in fields_of(page)]


def framed(page) -> list[int]:
    return [number for number, field in enumerate(fields_of(page), start=1) if "aria-invalid" in field]


@pytest.mark.parametrize("where", ["each in its field", "all in the first field"])
async def test_a_word_that_is_not_in_the_list_is_framed_at_its_field_and_the_others_stay(tmp_path, where):
    async with running_intake(tmp_path) as intake:
        words = new_receipt().words
        eight = [*words[:4], "xbborre", "qqqq", *words[6:]]
        page = await typed(intake.browser(), eight if where == "each in its field" else " ".join(eight).upper())

    assert page.status == 400
    assert values(page) == eight
    assert framed(page) == [5, 6]
    fifth, sixth = fields_of(page)[4:6]
    assert fifth["said"].startswith("Ord 5 är inte ett av våra ord.")
    assert "abborre" in fifth["said"]
    assert sixth["said"].startswith("Ord 6 är inte ett av våra ord.")
    assert fifth["aria-describedby"].startswith("word-5-said")
    assert {field["autocomplete"] for field in fields_of(page)} == {"off"}
    assert page.headers["cache-control"] == "no-store"
    assert not code_in(page.text.split("</title>")[0], words)


async def test_an_empty_field_is_the_framed_one_and_no_word_moves(tmp_path):
    async with running_intake(tmp_path) as intake:
        words = new_receipt().words
        eight = [*words[:2], "", *words[3:]]
        page = await typed(intake.browser(), eight)

    assert "du skrev 7." in page.plain
    assert values(page) == eight
    assert framed(page) == [3]


async def test_more_than_eight_words_stay_and_what_nobody_types_does_not(tmp_path):
    async with running_intake(tmp_path) as intake:
        nine = await typed(intake.browser(), "ett två tre fyra fem sex sju åtta nio")
        long = await typed(intake.browser(), "abborre " * 100)
        marks = await typed(intake.browser(), '"><b>abc</b>')

    assert values(nine) == ["ett", "två", "tre", "fyra", "fem", "sex", "sju", "åtta nio"]
    assert values(long) == [""] * 8
    assert values(marks)[:3] == ["b", "abc", "b"]


@pytest.mark.parametrize("how", ["left", "five minutes", "logged in"])
async def test_words_that_came_back_are_gone_from_their_address(tmp_path, how):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        report = await file_report(browser, "Found")
        words = report.receipt.words
        body = multipart("b", (await browser.get("/return")).form("/return").with_(code=["qqqq", *words[1:]]))
        led = await browser.request_once("POST", "/return", body, {"Content-Type": "multipart/form-data; boundary=b"})
        address = led.headers["location"]
        page = await browser.get(address)

        if how == "left":
            await browser.post("/inbox/leave", page.form("/inbox/leave").fields)
        elif how == "logged in":
            await browser.post("/return", page.form("/return").with_(code=list(words)))
        else:
            intake.clock.forward(minutes=5, seconds=1)
        after = await browser.get(address)

    assert words[1] in values(page)
    assert values(after) == [""] * 8
    assert not any(f'value="{word}"' in after.text for word in words)


async def test_a_shortened_word_is_shown_in_full_before_it_counts(tmp_path, monkeypatch):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        report = await file_report(browser, "Found in full")
        words = report.receipt.words
        long = next(place for place, word in enumerate(words) if len(word) > 4)
        with monkeypatch.context() as patched:
            # No key is derived for it.
            patched.setattr("intake.argon2_workers.LOG_IN_AT_ONCE", 0)
            patched.setattr("intake.argon2_workers.LOG_IN_QUEUE", 0)
            asked = await typed(browser, [*words[:long], words[long][:4].upper(), *words[long + 1 :]])
        never = [*new_receipt().words]
        never[0] = f"{never[0][:4]}xyz"
        asked_of_never = await typed(browser, never)
        opened_now = await browser.post("/return", asked.form("/return").fields)

    assert asked.status == asked_of_never.status == SHOWN
    for page in (asked, asked_of_never):
        assert "Stämmer orden?" in page.plain
        assert framed(page) == []
    assert values(asked) == list(words)
    assert [bool(field["said"]) for field in fields_of(asked)] == [place == long for place in range(8)]
    assert fields_of(asked)[long]["said"] == f"Du skrev: {words[long][:4]}"
    assert "Found in full" not in asked.text
    assert "Found in full" in opened_now.plain


async def test_a_misread_that_is_a_word_of_the_list_is_found_by_the_check_and_opens_the_case_when_mended(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        while True:
            report = await file_report(browser, "Found all the same")
            right = report.receipt.words
            misread = [
                (place, other)
                for place, word in enumerate(right)
                for other in near_words(word, whole=True)
                if word in near_words(other, whole=True)
                and not check_fits((*right[:place], other, *right[place + 1 :]))
                # Not behind two places that fit by chance.
                and place < 2
            ]
            if misread:
                break
        place, other = misread[0]
        wrong = await typed(browser, " ".join((*right[:place], other, *right[place + 1 :])))
        said = fields_of(wrong)[place]["said"]
        meant = said.split(":")[1].replace(",", " ").split()
        mended = [await typed(browser, " ".join((*right[:place], one, *right[place + 1 :]))) for one in meant]

    assert "de hör inte ihop." in wrong.plain
    assert re.search(rf"Titta extra på ord (1 och )?{place + 1}\b", wrong.plain)
    assert said.startswith("Det kan vara:")
    assert f"word-{place + 1}-said" in fields_of(wrong)[place]["aria-describedby"]
    assert framed(wrong) == []
    assert any("Found all the same" in page.plain for page in mended)


def swapped_alone(right: tuple[str, ...]) -> list[str]:
    """The code with its fifth and sixth word in each other's place; nothing if it fits so, or something else fits too."""
    swapped = [*right[:4], right[5], right[4], *right[6:]]
    said = explain(" ".join(swapped))
    alone = not check_fits(tuple(swapped)) and said.swaps == ((5, 6),) and not said.candidates
    return swapped if alone else []


async def test_two_neighbours_that_have_changed_places_are_asked_about_and_no_word_is_framed(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        while True:
            report = await file_report(browser, "Found all the same")
            right = report.receipt.words
            if swapped := swapped_alone(right):
                break
        page = await typed(browser, swapped)
        fields = fields_of(page)
        mended = await typed(browser, list(right))

    assert "Kan ord 5 och 6 ha bytt plats" in page.plain
    assert page.plain.index("ha bytt plats") < page.plain.index("Din ärendekod, åtta ord")
    assert values(page) == swapped
    assert framed(page) == []
    assert {field["said"] for field in fields} == {""}
    assert ["notice" in field.get("aria-describedby", "") for field in fields] == [True, *[False] * 7]
    assert "Found all the same" in mended.plain


async def test_of_eight_words_that_fit_in_no_way_nothing_is_guessed(tmp_path):
    chosen = random.Random(30)
    words = [*chosen.sample(all_words(), 8)]
    while (said := explain(" ".join(words))).swaps or said.candidates or check_fits(tuple(words)):
        words = [*chosen.sample(all_words(), 8)]
    async with running_intake(tmp_path) as intake:
        page = await typed(intake.browser(), words)

    assert "Vi kan inte se vilket ord som är fel. Jämför vart och ett med din lapp." in page.plain
    assert "Vi gissar" not in page.plain
    assert framed(page) == []
    assert {field["said"] for field in fields_of(page)} == {""}


async def test_what_is_said_of_misread_words_costs_no_derivation(tmp_path, monkeypatch):
    async with running_intake(tmp_path) as intake:
        monkeypatch.setattr("intake.argon2_workers.LOG_IN_AT_ONCE", 0)
        monkeypatch.setattr("intake.argon2_workers.LOG_IN_QUEUE", 0)
        page = await typed(intake.browser(), " ".join(("qqqq", *new_receipt().words[1:])))
        while not (swapped := swapped_alone(new_receipt().words)):
            pass
        guessed = await typed(intake.browser(), swapped)
        whole = await typed(intake.browser(), " ".join(new_receipt().words))

    assert "ha bytt plats" in guessed.plain
    assert "Ord 1 är inte ett av våra ord." in page.plain
    assert "Det är många besökare just nu" in whole.plain


async def test_who_has_lost_the_code_is_told_that_the_case_is_handled_and_where_to_write_again(tmp_path):
    async with running_intake(tmp_path) as intake:
        page = await intake.browser().get("/return")

    assert "Har du tappat bort koden?" in page.plain
    assert "vi handlägger ärendet ändå" in page.plain
    assert 'href="/report"' in page.text


async def test_a_code_is_read_however_it_is_written(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Found again")
        words = page.receipt.words
        for code in (
            "  " + "\r\n".join(words).upper(),
            "-".join(words),
            list(words),
            [*words[:3], "", " ".join(words[3:])],
            "".join(words),
        ):
            assert "Found again" in (await typed(browser, code)).plain


async def test_a_log_in_posted_again_from_the_history_opens_nothing(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        report = await file_report(browser, "Secret text")
        fields = (await browser.get("/return")).form("/return").with_(code=" ".join(report.receipt.words))
        first = await browser.post("/return", fields)
        left = await browser.post("/inbox/leave", first.form("/inbox/leave").fields)

        again = await browser.post("/return", fields)
        reloaded = await browser.post("/inbox", first.form("/inbox", language="sv").fields)

    assert "Secret text" in first.plain
    assert left.headers["clear-site-data"] == '"cache"'
    assert "redan skickat" in again.plain
    assert "Secret text" not in again.plain
    assert "Du är utloggad" in reloaded.plain
    assert "Secret text" not in reloaded.plain


async def test_an_old_log_in_page_and_a_crowd_are_told_so(tmp_path, monkeypatch):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        form = (await browser.get("/return")).form("/return")
        code = " ".join(new_receipt().words)
        monkeypatch.setattr("intake.argon2_workers.LOG_IN_AT_ONCE", 0)
        monkeypatch.setattr("intake.argon2_workers.LOG_IN_QUEUE", 0)
        crowd = await browser.post("/return", form.with_(code=code))
        intake.clock.forward(hours=30)
        old = await browser.post("/return", form.with_(code=code))

    assert "Det är många besökare just nu. Vänta en minut" in crowd.plain
    assert "Sidan var för gammal" in old.plain
    assert "Skriv din ärendekod igen." in old.plain


async def test_a_message_of_a_session_that_is_over_comes_along_and_is_sent_by_nobody_but_its_writer(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        report = await file_report(browser, "Report")
        inbox = await log_in(browser, report.receipt)
        intake.clock.forward(minutes=31)

        over = await browser.post("/inbox/write", inbox.form("/inbox/write").with_(text="Line one\n<b>two</b>"))
        misread = await browser.post("/return", over.form("/return").with_(code="one two"))
        form = misread.form("/return")
        back = await browser.post("/return", form.with_(code=" ".join(report.receipt.words)))
        before = await opened(intake, report)
        await browser.post("/inbox/write", back.form("/inbox/write").with_())
        after = await opened(intake, report)

    assert "Du är utloggad, så ditt meddelande skickades inte." in over.plain
    assert "Välj bilagorna en gång till." in over.plain
    assert dict(over.form("/return").fields)["text"] == "Line one\n<b>two</b>"
    assert over.headers["cache-control"] == "no-store"
    assert "Det är inte skickat." in back.plain
    assert dict(back.form("/inbox/write").with_())["text"] == "Line one\n<b>two</b>"
    assert len(before.reporter) == 1
    assert after.reporter[1].body.text == "Line one\n<b>two</b>"


async def test_a_message_outlives_a_restart_of_the_service(tmp_path):
    made = make_home(tmp_path / "home")
    async with running_intake(tmp_path, made) as intake:
        report = await file_report(intake.browser(), "Report")
        inbox = await log_in(intake.browser(), report.receipt)
    async with running_intake(tmp_path, made) as intake:
        browser = intake.browser()
        over = await browser.post("/inbox/write", inbox.form("/inbox/write").with_(text="Not lost"))
        # The mark of a page from before the restart is too old as well.
        old = (await browser.get("/return")).form("/return").with_(mark="", text="Not lost", code="x")
        again = await browser.post("/return", old)
        code = " ".join(report.receipt.words)
        back = await browser.post("/return", again.form("/return").with_(code=code))

    for page in (over, again):
        assert dict(page.form("/return").fields)["text"] == "Not lost"
    assert dict(back.form("/inbox/write").with_())["text"] == "Not lost"


async def test_a_message_whose_mark_is_too_old_comes_back_in_the_inbox(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        report = await file_report(browser, "Report")
        inbox = await log_in(browser, report.receipt)
        old = inbox.form("/inbox/write").with_(text="Still here", mark="")

        page = await browser.post("/inbox/write", old)

    assert page.status == 400
    assert "Sidan var för gammal" in page.plain
    assert dict(page.form("/inbox/write").with_())["text"] == "Still here"


async def test_a_log_in_sent_twice_does_not_lose_the_message(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        report = await file_report(browser, "Report")
        fields = (
            (await browser.get("/return")).form("/return").with_(code=" ".join(report.receipt.words), text="Still here")
        )
        await browser.post("/return", fields)

        again = await browser.post("/return", fields)

    assert "redan skickat" in again.plain
    assert dict(again.form("/return").fields)["text"] == "Still here"
