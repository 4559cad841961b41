"""Every page there can be is of four sizes, the last only for long texts that are given back and for many files.

Counted as they travel, over the socket: every page of the way in every language (in three, but for `make check-all`), inboxes from empty to as much as a case
can hold, the longest texts in the letters that take most, and forms that come back.
"""

from __future__ import annotations

import html
import re
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from browsers.pages import beside, every_page
from browsers.served import Served, example_home
from networks.conftest_tor import SHORT_FOLDER_PREFIX
from visitors.inbox_samples import TUESDAY, members_write, with_notes
from visitors.intake_harness import Page, file_report, log_in, running_intake
from visitors.samples import session_of

from cases.languages import LANGUAGES
from intake.daily import release
from intake.inbox.case import add_entries
from intake.report.receipt import Readable, SentWith, receipt_page, receipt_view
from intake.sessions import FoundInFiles
from trusted.case.entry import TEXT_CHARACTERS, Acknowledgement, CompletionRequest, Message, Outcome, PhoneMinutes
from trusted.forms.attachment import FileShown
from trusted.jail.protocol import EXAMPLE_CHARACTERS, REPORT_LINES
from trusted.jail.stages import Kind, Lost, Removed, ScrubReport, What, Where
from trusted.web.padding import SIZES

SMALL = set(SIZES[:3])
PROSE = "En inköpare har beställt varor av sin svåger, alltid under gränsen.\n\n"
# Four letters that take much: two bytes, three, four, and five when they are escaped.
LONGEST = [(sign * TEXT_CHARACTERS)[:TEXT_CHARACTERS] for sign in ("م ", "\u1200", "\N{FAMILY}", "&", PROSE)]


@pytest.fixture
def home(tmp_path):
    return example_home(tmp_path / "home")


# The language of the service, the one whose letters take most, and one that goes from right to left.
@pytest.mark.parametrize("languages", [("sv", "ti", "ar"), pytest.param(tuple(LANGUAGES), marks=pytest.mark.search)])
def test_every_page_of_the_way_in_every_language(languages):
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    with Served(folder) as served:
        pages = [page for code in languages for page in served.call(every_page, served.desks, code)]
    shutil.rmtree(folder, ignore_errors=True)

    sizes = {f"{page.name} {page.language}": page.travelled for page in pages if page.name != "progress"}
    assert {name: size for name, size in sizes.items() if size not in SMALL} == {}
    assert len(sizes) > 60 * len(languages)


async def written_by_reporter(intake, report: Page, texts: list[str]) -> None:
    session = await session_of(intake, report)
    if texts:
        bodies = [Message(text) for text in texts]
        await add_entries(intake.services, session, bodies, at_once=False)


def shown(page: Page) -> list[str]:
    """What stands in the entries of a page."""
    entries = page.text.split('<ol class="entries">')[1].split("</ol>")[0]
    return [
        html.unescape(one) for one in re.findall(r'<div class="written" dir="auto">(.*?)</div>', entries, re.DOTALL)
    ]


async def walk(browser, page: Page, way: str, text: str = "Not sent") -> list[Page]:
    """All pages that one of the two buttons leads to, one after the other; what is typed stays in the field."""
    met = [page]
    while any(form.fields[0][0] == way for form in met[-1].forms if form.otherwise == "/inbox"):
        fields = [(name, text if name == "text" else value) for name, value in beside(met[-1], way).fields]
        met.append(await browser.post("/inbox", fields))
        assert dict(met[-1].form("/inbox/write").with_())["text"] == text
    return met


# In the language whose letters take most.
@pytest.mark.parametrize(
    "texts",
    [[], ["Kort."], ["Kort."] * 20, [f"Meddelande {number}. {PROSE}" for number in range(200)], LONGEST],
    ids=["none", "one", "twenty", "two hundred", "the longest"],
)
async def test_the_inbox_is_shown_in_small_pages_however_much_has_been_written(tmp_path, home, texts):
    async with running_intake(tmp_path, home) as intake:
        browser = intake.browser()
        report = await file_report(browser, "Början.", looked="yes")
        await written_by_reporter(intake, report, texts)
        form = (await browser.get("/return?lang=ti")).form("/return")
        inbox = await browser.post("/return", form.with_(code=" ".join(report.receipt.words)))

        older = await walk(browser, inbox, "before")
        newer = await walk(browser, older[-1], "after")

    assert {page.travelled for page in (*older, *newer)} <= SMALL
    newest_first = ["Början.", *texts][::-1]
    assert "".join(part for page in older for part in shown(page)) == "".join(newest_first)
    assert newest_first[0].startswith(shown(inbox)[0])
    assert newest_first[0].startswith(shown(newer[-1])[0])


async def test_what_waits_for_an_answer_is_shown_in_small_pages_however_long_it_is(tmp_path, home):
    async with running_intake(tmp_path, home) as intake:
        browser = intake.browser()
        report = await file_report(browser, "Something")
        await release(intake.services, TUESDAY)
        day = TUESDAY + timedelta(days=14)
        bodies = [
            *(CompletionRequest(text, day) for text in LONGEST),
            PhoneMinutes(LONGEST[0]),
            PhoneMinutes(LONGEST[3]),
        ]
        await members_write(intake, report, Acknowledgement(LONGEST[0]), *bodies, Outcome("handled", LONGEST[1]))
        form = (await browser.get("/return?lang=ti")).form("/return")
        inbox = await browser.post("/return", form.with_(code=" ".join(report.receipt.words)))
        pages = [*await walk(browser, inbox, "before"), *await walk(browser, inbox, "after")]

        notes = [await browser.post("/inbox/minutes", inbox.form("/inbox/minutes").fields)]
        while forms := [one for one in notes[-1].forms if one.fields[0] == ("part", str(len(notes) + 1))]:
            notes.append(await browser.post("/inbox/minutes", forms[0].with_(text="Not sent")))
        words = await browser.post("/inbox/minutes", notes[-1].form("/inbox/minutes", right="yes").fields)

    assert {page.travelled for page in (*pages, *notes, words)} <= SMALL
    parts = [re.search(r'<div class="written" dir="auto">(.*?)</div>', page.text, re.DOTALL)[1] for page in notes]
    assert html.unescape("".join(parts)) == LONGEST[0]
    assert dict(notes[-1].form("/inbox/write").with_())["text"] == "Not sent"
    assert words.receipt


@pytest.mark.parametrize("text", ["\N{FAMILY}" * 100_000, "&" * 400_000, "x" * 400_001, "م" * 190_000], ids=range(4))
async def test_a_text_that_is_given_back_takes_one_more_size_and_comes_whole(tmp_path, home, text):
    async with running_intake(tmp_path, home) as intake:
        browser = intake.browser()
        _report, inbox = await with_notes(intake, browser)
        form = (await browser.get("/report?lang=ti")).form("/report")
        frames = (await browser.get("/report?lang=ti")).form("/report")
        many = ["x" * 64] * 10 + ["&" * 64 + str(number) for number in range(300)]
        meeting = await browser.post("/inbox/meeting", inbox.form("/inbox/meeting").fields)
        notes = await browser.post("/inbox/minutes", inbox.form("/inbox/minutes").fields)
        pages = [
            await browser.post("/report", form.with_(text=text, mark="old")),
            await browser.post("/report", form.with_(text=text, switch="ti")),
            await browser.post("/report", frames.with_(text=text, mark="old", concerns=many, answers="&" * 4000)),
            await browser.post("/inbox", inbox.form("/inbox", switch="ti").with_(text=text)),
            await browser.post("/inbox/write", inbox.form("/inbox/write").with_(text=text, mark="old")),
            await browser.post("/inbox/meeting", meeting.form("/inbox/meeting", switch="ti").with_(text=text)),
            await browser.post("/inbox/minutes", notes.form("/inbox/minutes", switch="ti").with_(text=text)),
            await browser.post("/inbox/write", [("text", text), ("language", "ti")]),
        ]

    assert {page.travelled for page in pages} == {SIZES[-1]}
    for page in pages:
        back = next(dict(one.fields)["text"] for one in page.forms if "text" in dict(one.fields))
        assert back == text[: 100_000 if text[0] == "&" else 400_001]


@pytest.mark.parametrize("count", [20, 21, 200])
async def test_what_was_found_in_many_files_fits_as_well_also_beside_the_longest_text(tmp_path, home, count):
    removed = tuple(
        Removed(what, where, f"{number}" + "&" * (EXAMPLE_CHARACTERS - 4))
        for number in range(REPORT_LINES)
        for what, where in [(list(What)[number % len(What)], list(Where)[number % len(Where)])]
    )
    report = ScrubReport(Kind.JPEG, removed, tuple(Lost), "1")
    files = [FileShown(number, Kind.JPEG, report, None, f"{number:032x}") for number in range(1, count + 1)]
    async with running_intake(tmp_path, home) as intake:
        browser, services = intake.browser(), intake.services
        page = await file_report(browser, "Something")
        inbox = await log_in(browser, page.receipt)
        session = services.sessions.peek(dict(inbox.form("/inbox/write").with_())["handle"])
        session.found = FoundInFiles(files, {}, services.clock() + timedelta(minutes=5))
        beside_text = await browser.post("/inbox", inbox.form("/inbox", switch="ti").with_(text=LONGEST[3]))
        view = receipt_view(services, session, Readable(TUESDAY, at_once=False, readers=("Lead",)), SentWith(files))
        receipt = receipt_page(services, view, services.pages.language("ti"))

    assert ("</table>" in beside_text.text) is (count == 20)
    assert beside_text.travelled == SIZES[-1]
    assert len(receipt.body) < SIZES[-1] - 2000
