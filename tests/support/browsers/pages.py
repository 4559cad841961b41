"""Every page in every state, as the real service answers: what axe, the HTML checker and people who look at pages share.

Pages are met by their forms and fields, so new wording changes nothing here; a new GET route is found by itself.
"""

from __future__ import annotations

import asyncio
import html
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desks.harness import RunningDesks
from PIL import ExifTags, Image
from visitors.intake_harness import Browser, Form, Page, words_asked

from desk.work import acts
from intake.app import ROUTES
from trusted.receipt.keys import new_receipt

TEXT = "En inköpare har beställt varor av sin svåger i tre år, alltid strax under gränsen för upphandling.\n\n" * 3
# Said in one place, and in four: the page with them quotes each.
POINTING_ONCE = TEXT + "Hör av er till anna.andersson@example.com om ni vill veta mer.\n"
POINTING = TEXT + "Jag heter Anna Andersson, 070-123 45 67, anna@example.com, 19800101-1234.\n"
# One long word must not push a phone's page sideways.
LONG_WORD = "upphandlingsbestämmelseöverträdelseanmälan" * 3
# Refused before anything is read that could say a language.
WITHOUT_A_LANGUAGE = ("wrong-origin", "wrong-host")
# Of three parts.
LONG_TEXT = TEXT * 150
NO_PICTURE = b"PK\x03\x04 no picture"


@dataclass(frozen=True)
class Rendered:
    """One page as it was answered."""

    name: str
    language: str
    # As it was asked for; of a page that a form led to, where the form went.
    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    # All that came down the line.
    travelled: int = 0


def telling_photograph(side: int = 64) -> bytes:
    """A photograph with a maker, an owner, a day and a place."""
    picture = Image.effect_noise((side, side), 60).convert("RGB")
    exif = picture.getexif()
    exif[0x010F], exif[0x013B], exif[0x0132] = "Kameramakaren", "Bildens Agare", "2026:03:14 10:11:12"
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps.update({1: "N", 2: (60.0, 8.0, 56.4), 3: "E", 4: (15.0, 11.0, 16.08)})
    kept = io.BytesIO()
    picture.save(kept, "JPEG", exif=exif)
    return kept.getvalue()


def page_routes() -> list[str]:
    """The addresses that can be typed: each is a page, but for style and pictures."""
    return [path for method, path, _ in ROUTES if method == "GET" and "{" not in path and "." not in path]


def _name_of(path: str) -> str:
    return path.strip("/").replace("/", "-") or "first"


async def files_beside(desks: RunningDesks) -> list[Rendered]:
    """Style and pictures: what pages ask for beside themselves."""
    browser, found = Browser(desks.intake.public_socket), []
    for method, path, _ in ROUTES:
        if method == "GET" and "{" not in path and "." in path:
            answer = await browser.get(path)
            found.append(Rendered(path, "", path, answer.status, answer.headers, answer.body, answer.travelled))
    return found


async def every_page(desks: RunningDesks, language: str) -> list[Rendered]:
    """Every page of an open service in one language."""
    return await _Visit(desks, language).all()


async def report_pages(desks: RunningDesks, language: str) -> list[Rendered]:
    """The pages of a report with two files, and of one without, up to what is to be done afterwards."""
    return await _Visit(desks, language).report()


async def forms(desks: RunningDesks, language: str) -> list[Rendered]:
    """The first page, and the pages on the way of a report and back that can be seen before anything is filed."""
    return await _Visit(desks, language).forms()


async def closed_pages(desks: RunningDesks, language: str) -> list[Rendered]:
    """The pages that a service shows before its members have signed."""
    visit = _Visit(desks, language)
    await visit.get("closed-first", "/")
    await visit.get("closed-report", "/report")
    return visit.found


def form_with(page: Page, field: str) -> Form:
    """The form that holds a field of this name."""
    for form in page.forms:
        if field in {name for name, _value in form.fields}:
            return form
    message = f"no form with {field} on this page: {page.plain[:600]}"
    raise AssertionError(message)


class _Visit:
    """One walk through the service; `found` grows with every page."""

    def __init__(self, desks: RunningDesks, language: str) -> None:
        self._desks = desks
        self._language = language
        self._browser = Browser(desks.intake.public_socket)
        self.found: list[Rendered] = []

    async def all(self) -> list[Rendered]:
        for path in page_routes():
            await self.get(_name_of(path), path)
        await self.get("not-found", "/nothing-here")
        await self._progress()
        await self._refused_reports()
        await self._wrong_codes()
        await self._waiting()
        await self._answered()
        await self._gate()
        return self.found

    async def forms(self) -> list[Rendered]:
        for path in ("/", "/report", "/return"):
            await self.get(_name_of(path), path)
        await self._stopped("report-stopped", POINTING_ONCE)
        await self._stopped("report-stopped-often")
        await self._post("report-refused", await self._form(), [telling_photograph(), NO_PICTURE], text=TEXT)
        return self.found

    async def report(self) -> list[Rendered]:
        await self.forms()
        receipt = await self._filed("receipt", [telling_photograph(), telling_photograph(80)])
        files = await self._post("receipt-files", receipt.form("/receipt/check"), word=words_asked(receipt))
        await self._post("receipt-days", files.form("/receipt/next"))
        receipt = await self._filed("")
        await self._post("receipt-right-words", receipt.form("/receipt/check"), word=words_asked(receipt))
        return self.found

    async def get(self, name: str, path: str, more: str = "") -> Page:
        whole = f"{path}?lang={self._language}{more}"
        return self._keep(name, await self._browser.get(whole), whole)

    async def _post(self, name: str, form: Form, files: Sequence[bytes] = (), **values: str | Sequence[str]) -> Page:
        page = await self._browser.post(form.action, form.with_(**values), files)
        return self._keep(name, page, form.action) if name else page

    async def _form(self) -> Form:
        return form_with(await self._browser.get(f"/report?lang={self._language}"), "text")

    async def _stopped(self, name: str, text: str = POINTING, files: Sequence[bytes] = ()) -> Page:
        """The page that quotes what in the text points to the writer."""
        return await self._post(name, await self._form(), files, text=text)

    async def _filed(self, name: str, files: Sequence[bytes] = ()) -> Page:
        """The page with the eight words."""
        return await self._post(name, await self._form(), files, text=TEXT + LONG_WORD)

    async def _inbox(self, name: str, receipt: Page) -> Page:
        page = await self._browser.get(f"/return?lang={self._language}")
        return await self._post(name, form_with(page, "code"), code=" ".join(receipt.receipt.words))

    async def _progress(self) -> None:
        """What the other tab shows, to its end, while a report with a file is sent."""
        page = await self._browser.get(f"/report?lang={self._language}")
        (link,) = re.findall(r'href="(/progress/[^"]*)"', page.text)
        watched = asyncio.ensure_future(self._browser.get(html.unescape(link)))
        async with asyncio.timeout(30):
            while not len(self._desks.intake.services.progress):
                await asyncio.sleep(0.01)
        await self._browser.post("/report", form_with(page, "text").with_(text=TEXT), [telling_photograph()])
        self._keep("progress", await asyncio.wait_for(watched, 30), html.unescape(link))

    async def _refused_reports(self) -> None:
        everybody = [member.id for member in self._desks.made.members]
        await self._post("report-empty", await self._form(), text="")
        # Everything that is chosen stands open.
        chosen = {"concerns": everybody, "urgent": "yes", "marked": "yes"}
        await self._post("report-nobody-left", await self._form(), text=TEXT, **chosen)
        await self._post("report-old", await self._form(), text=TEXT, mark="of another day")
        await self._stopped("report-stopped", POINTING_ONCE)
        stopped = await self._stopped("report-stopped-often", files=[telling_photograph()])
        await self._post("report-to-be-changed", form_with(stopped, "text"), act="edit")
        await self._post("report-refused-alone", await self._form(), [NO_PICTURE], text=TEXT)
        refused = await self._post(
            "report-refused", await self._form(), [telling_photograph(), NO_PICTURE, b""], text=TEXT
        )
        held = await self._post("report-held", form_with(refused, "text"), act="edit")
        await self._post("report-dropped", form_with(held, "text"), act="drop")
        await self._post("report-hold-gone", form_with(held, "text"))
        await self._sent_twice()

    async def _sent_twice(self) -> None:
        """The same form once more: with another text, and after its writer has left."""
        form = await self._form()
        await self._post("", form, text=TEXT)
        again = await self._post("receipt-not-sent-again", form, text=TEXT + "Och mer.")
        await self._post("", again.form("/inbox/leave"))
        await self._post("report-sent-before", form, text=TEXT)

    async def _wrong_codes(self) -> None:
        right = new_receipt().words
        for name, code in (
            ("return-count", "ett två tre"),
            ("return-unknown", " ".join(("xbborre", "qqqq", *right[2:]))),
            ("return-misread", " ".join((*right[4:], *right[:4]))),
            ("return-shortened", " ".join(word[:4] for word in right)),
            ("return-wrong", " ".join(right)),
        ):
            page = await self._browser.get(f"/return?lang={self._language}")
            await self._post(name, form_with(page, "code"), code=code)

    async def _waiting(self) -> None:
        """A report with files that nobody has seen yet: receipt, inbox, everything that can be taken back."""
        receipt = await self._filed("receipt", [telling_photograph(), telling_photograph(80)])
        form = receipt.form("/receipt/check")
        await self._post("receipt-wrong-words", form, word=["fel", "fel"])
        files = await self._post("receipt-files", form, word=words_asked(receipt))
        await self._post("receipt-days", files.form("/receipt/next"))
        await self._post("facts-added", files.form("/inbox/facts"), fact=_offered(files)[:2])
        inbox = await self._inbox("inbox-waiting", receipt)
        ask_file = next(
            form for form in inbox.forms if form.action == "/inbox/take-back" and dict(form.fields).get("file")
        )
        asked = await self._post("ask-take-back-file", ask_file)
        inbox = await self._post("inbox-file-taken-back", _marked(asked, "/inbox/take-back"))
        inbox = await self._post("inbox-empty-message", inbox.form("/inbox/write"), text="")
        inbox = await self._stopped_in_the_inbox(inbox)
        inbox = await self._post("inbox-written", inbox.form("/inbox/write"), text="Det var en måndag.")
        asked = await self._post("ask-take-back", _whole(inbox, "/inbox/take-back"))
        done = _marked(asked, "/inbox/take-back")
        await self._post("taken-back", done)
        await self._post("session-over", done)

    async def _stopped_in_the_inbox(self, inbox: Page) -> Page:
        """A message that points to its writer, what comes after, and the inbox with nothing held any more."""
        stopped = await self._post(
            "inbox-stopped", inbox.form("/inbox/write"), [telling_photograph()], text=POINTING_ONCE
        )
        held = await self._post("inbox-held", stopped.form("/inbox/write"), act="edit")
        inbox = await self._post("inbox-dropped", held.form("/inbox/write"), act="drop")
        return await self._post("inbox-none-taken", inbox.form("/inbox/write"), [NO_PICTURE], text="")

    async def _answered(self) -> None:
        """Reports that members have read: answers, a question, the end; and one that is withdrawn."""
        # What was filed before comes first, so that one case alone is new.
        await self._desks.release()
        receipt = await self._filed("")
        await self._post("receipt-right-words", receipt.form("/receipt/check"), word=words_asked(receipt))
        async with self._desks.desk(0) as book:
            await book.sync()
            before = set(book.state.case_list.cases)
            await self._desks.release()
            await book.sync()
            (name,) = set(book.state.case_list.cases) - before
            await acts.do(book, "acknowledge", name, "Vi har tagit emot din anmälan och läser den nu.")
            await acts.do(book, "reply", name, "Tack. " + TEXT + LONG_WORD)
            await acts.do(book, "ask", name, "Vilken vecka gällde det?")
            await acts.do(book, "minutes", name, "Du sade i telefon att fakturan är betald två gånger.")
            inbox = await self._inbox("inbox-answered", receipt)
            await self._post("ask-withdraw", _whole(inbox, "/inbox/withdraw"))
            await self._post("inbox-meeting", inbox.form("/inbox/meeting"))
            over = await self._browser.post("/inbox/write", [("language", self._language), ("text", TEXT)])
            self._keep("return-message-kept", over)
            minutes = await self._post("inbox-minutes", inbox.form("/inbox/minutes"))
            words = await self._post("inbox-new-code", minutes.form("/inbox/minutes"))
            words = await self._post("inbox-new-code-wrong", _marked(words, "/inbox/minutes"), word=["fel", "fel"])
            approve = _marked(words, "/inbox/minutes")
            inbox = await self._post("inbox-approved", approve, word=words_asked(words))
            await acts.do(book, "close", name, "Det har rättats till.")
        inbox = await self._post("inbox-closed", inbox.form("/inbox", language=self._language))
        asked = await self._post("ask-end", inbox.form("/inbox/end"))
        await self._post("inbox-ended", _marked(asked, "/inbox/end"))
        await self._withdrawn()

    async def _withdrawn(self) -> None:
        receipt = await self._filed("", [telling_photograph()])
        await self._desks.release()
        inbox = await self._inbox("inbox-released", receipt)
        inbox = await self._post("inbox-long-text", inbox.form("/inbox/write"), text=LONG_TEXT)
        inbox = await self._post("inbox-part-of-a-text", beside(inbox, "before"), text="Skrivet, inte skickat.")
        asked = await self._post("", _whole(inbox, "/inbox/withdraw"))
        inbox = await self._post("inbox-withdrawn", _marked(asked, "/inbox/withdraw"))
        await self._post("left-inbox", inbox.form("/inbox/leave"))

    async def _gate(self) -> None:
        elsewhere = {"Origin": "http://evil.example"}
        page = await self._browser.post("/return", [], headers=elsewhere)
        self._keep("wrong-origin", page)
        self._keep("wrong-host", await self._browser.get("/", {"Host": "evil.example"}))

    def _keep(self, name: str, page: Page, path: str = "") -> Page:
        assert page.headers["content-type"].startswith("text/html"), (name, page.headers)
        if name not in WITHOUT_A_LANGUAGE:
            assert f'<html lang="{self._language}"' in page.text, f"{name} is not in {self._language}: {page.text[:60]}"
        self.found.append(Rendered(name, self._language, path, page.status, page.headers, page.body, page.travelled))
        return page


def beside(page: Page, field: str) -> Form:
    """The button to the piece before or after the one that is shown."""
    return next(
        form for form in page.forms if form.otherwise == "/inbox" and (form.fields or [("", "")])[0][0] == field
    )


def _whole(page: Page, action: str) -> Form:
    """The form that asks about the whole report, not about one file."""
    return page.form(action, without="file")


def _marked(page: Page, action: str) -> Form:
    """The form that does it."""
    return next(form for form in page.forms if form.action == action and dict(form.fields).get("mark"))


def _offered(page: Page) -> list[str]:
    return [html.unescape(value) for value in re.findall(r'name="fact" value="([^"]*)"', page.text)]
