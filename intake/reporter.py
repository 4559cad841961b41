"""
The pages before the inbox: what to know first, the report, the case code, and coming back.

One POST of the report form is one `_Reception`, read in one go:

1. The fields come before the files, so the mark, the choices and the routing are settled before any file is read.
2. The files are taken one by one; what is refused is noted and the rest goes on.
3. The report is filed, whole, and the answer is the page with the eight words. It is kept for half an hour for the case
   that the same form comes again, and no longer than the session that a report with files opens: through it the page
   shows the clean copies, and takes what the reporter wants said of what was removed.

Whatever goes wrong on the way, nothing is stored, and the form comes back with the typed text.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from aiohttp import web

from cases.clock import add_months, clock_start
from cases.errors import CaseError, NobodyLeft, RosterFault
from cases.receipt import ReceiptKeys, new_receipt
from cases.seal import new_case_keys
from intake.attachments import Allowance, CaseUnderWay, FileTaker
from intake.errors import FormRefused
from intake.filing import Filed, Wishes, check_wishes, file_report
from intake.form import Form, Part, drain, read_form
from intake.inbox_show import FACTS_FORM, inbox_fields
from intake.marks import Use
from intake.pages import FORGET, LANGUAGE_FIELD, Cache, Language, Link, answer
from intake.services import SERVICES, Services
from intake.shown import files_shown, limits_shown
from intake.texts import LEFT, N_, NOBODY_LEFT, NOT_FOUND, NOT_OPEN, SENT_ALREADY, SENTENCES, TRY_AGAIN, Said

REPORT_FORM: Final = "report"
_ACKNOWLEDGE: Final = timedelta(days=7)  # law 2021:890 and the design: numbers
_FEEDBACK_MONTHS: Final = 3


async def start(request: web.Request) -> web.StreamResponse:
    """GET / : what to know before anything is written."""
    services = request.app[SERVICES]
    language = services.pages.language_of(request)
    roster = services.roster.chain().current
    return services.pages.page(
        "start.html",
        language,
        "/",
        same_for=() if roster is None else (roster.digest, roster.is_open),
        open=roster is not None and roster.is_open,
        readers=[] if roster is None else [member.label for member in roster.members],
        organisations=[] if roster is None else [known.name for known in roster.organisations],
        phone=services.config.phone,
    )


async def report_form(request: web.Request) -> web.StreamResponse:
    """GET /report : the form, empty."""
    services = request.app[SERVICES]
    return _form_page(services, services.pages.language_of(request), Form())


async def send_report(request: web.Request) -> web.StreamResponse:
    """POST /report : file a report and show its code, or give the form back."""
    services = request.app[SERVICES]
    reception = _Reception(services, Form())
    try:
        body = await reception.receive(request)
    except (_SentBefore, _OtherLanguage, FormRefused, CaseError) as outcome:
        # Read to the end first: a browser that still sends shows no page of ours.
        await drain(request, services.limits)
        return _other_page(services, reception, outcome)
    return answer(body, headers=FORGET)


async def leave(request: web.Request) -> web.StreamResponse:
    """GET /leave : the way out that every page has."""
    services = request.app[SERVICES]
    response = services.pages.plain(services.pages.language_of(request), LEFT)
    response.headers.update(FORGET)
    return response


async def not_found(request: web.Request) -> web.StreamResponse:
    """Answer anything else, whatever the method."""
    services = request.app[SERVICES]
    first = (Link("/", N_("To the first page")),)
    return services.pages.plain(services.pages.language_of(request), NOT_FOUND, status=404, links=first)


async def style(request: web.Request) -> web.StreamResponse:
    """GET /style.css, from memory: no tag, no time."""
    body = request.app[SERVICES].pages.style
    return answer(body, cache=Cache.STATIC, content_type="text/css; charset=utf-8")


async def icon(request: web.Request) -> web.StreamResponse:
    """GET /icon.png, from memory."""
    return answer(request.app[SERVICES].pages.icon, cache=Cache.STATIC, content_type="image/png")


_WAYS_ON: Final = (Link("/return", N_("Open a case with its code")), Link("/", N_("To the first page")))


class _SentBefore(Exception):
    """The same form has been here before."""

    def __init__(self, use: Use) -> None:
        super().__init__()
        self.use = use


class _OtherLanguage(Exception):
    """The button of another language was pressed: the same form in that language, nothing done."""


@dataclass(frozen=True, slots=True, repr=False)
class _Settled:
    """What stands once all fields before the files are known."""

    use: Use
    wishes: Wishes
    taker: FileTaker
    deriving: asyncio.Future[ReceiptKeys]


class _Reception:
    """One POST of the report form."""

    def __init__(self, services: Services, form: Form) -> None:
        self._services = services
        self.form = form
        self._receipt = new_receipt()
        self._settled: _Settled | None = None

    @property
    def language(self) -> Language:
        return self._services.pages.language(self.form.one("switch") or self.form.one(LANGUAGE_FIELD))

    async def receive(self, request: web.Request) -> bytes:
        """Return the page with the code, once the report is in the store."""
        page: bytes | None = None
        try:
            await read_form(request, self._services.limits, self.form, self._take_file)
            settled = await self._settle()
            keys = await settled.deriving
            filed = await file_report(self._services, settled.wishes, self._receipt, keys, settled.taker.case)
            page = self._receipt_page(settled, filed, keys)
        finally:
            await self._conclude(page)
        return page

    async def _take_file(self, part: Part, form: Form) -> None:
        settled = await self._settle()
        await settled.taker.take(part, form)

    async def _settle(self) -> _Settled:
        """Check everything but the files, once. Step 1."""
        if self._settled is not None:
            return self._settled
        if self.form.one("switch"):
            raise _OtherLanguage
        services = self._services
        use, is_first = await services.marks.claim(self.form.one("mark"), REPORT_FORM)
        if not is_first:
            raise _SentBefore(use)
        try:
            wishes = check_wishes(self.form, services.roster.open_roster(), self.language.code)
            deriving = services.lane.derive(self._receipt, services.store.salt)
        except BaseException:
            use.give_back()
            raise
        allowance = Allowance(services.limits, services.budget)
        taker = FileTaker(CaseUnderWay(new_case_keys()), allowance, services.sandbox, services.store)
        self._settled = _Settled(use, wishes, taker, deriving)
        return self._settled

    async def _conclude(self, page: bytes | None) -> None:
        """Keep the page for a second sending, or undo everything."""
        settled = self._settled
        if settled is None:
            return
        if page is not None:
            settled.use.spend(page)
            return
        settled.deriving.cancel()
        await asyncio.gather(settled.deriving, return_exceptions=True)
        try:
            await settled.taker.drop()
        finally:
            settled.use.give_back()

    def _receipt_page(self, settled: _Settled, filed: Filed, keys: ReceiptKeys) -> bytes:
        language, case = self.language, settled.taker.case
        session = None
        if case.attached:
            session = self._services.sessions.open(self._receipt, keys, case.keys, opened_by=settled.use)
        start_day = clock_start(filed.release_day)
        acknowledge = start_day + _ACKNOWLEDGE
        return self._services.pages.render(
            "receipt.html",
            language,
            "/report",
            words=filed.receipt.words,
            at_once=filed.at_once,
            dates={
                "release": language.day(filed.release_day),
                "acknowledge": language.day(acknowledge),
                "feedback": language.day(add_months(acknowledge, _FEEDBACK_MONTHS)),
            },
            readers=[member.label for member in settled.wishes.routing.readers],
            files=files_shown(settled.taker.shown, language, filed.numbers),
            fields=[] if session is None else inbox_fields(session, language),
            facts_mark=self._services.marks.new(FACTS_FORM),
        )


def _other_page(
    services: Services, reception: _Reception, outcome: "_SentBefore | _OtherLanguage | FormRefused | CaseError"
) -> web.Response:
    """Return the page for a form that did not become a report now."""
    language, form = reception.language, reception.form
    match outcome:
        case _SentBefore(use=use) if use.kept is not None:
            return answer(use.kept, headers=FORGET)
        case _SentBefore():
            return services.pages.plain(language, SENT_ALREADY, links=_WAYS_ON)
        case _OtherLanguage():
            return _form_page(services, language, form)
        case FormRefused():
            return _form_page(services, language, form, SENTENCES[outcome.text_key], outcome.text_key)
        case NobodyLeft():
            return _form_page(services, language, form, NOBODY_LEFT)
        case _:
            # With a roster that is closed this is the page that says so; otherwise the store could not take it now.
            return _form_page(services, language, form, TRY_AGAIN)


def _form_page(
    services: Services, language: Language, form: Form, said: Said | None = None, text_key: str = ""
) -> web.Response:
    """Return the report form with what was typed, or the page that says it is closed."""
    try:
        roster = services.roster.open_roster()
    except RosterFault:
        return services.pages.plain(language, NOT_OPEN, show_authorities=True)
    return services.pages.page(
        "report.html",
        language,
        "/report",
        status=200 if said is None else 400,
        said=None if said is None else language.said(said),
        show_authorities=said is NOBODY_LEFT,
        wrong_field="text" if text_key.startswith("form.") and ("text" in text_key or "empty" in text_key) else "",
        fields=[("mark", services.marks.new(REPORT_FORM)), (LANGUAGE_FIELD, language.code)],
        organisations=[(known.key, known.name) for known in roster.organisations],
        members=[(member.id, member.label) for member in roster.members],
        has_counsel=bool(roster.counsel),
        at_once=services.config.at_once,
        typed={
            "text": form.one("text"),
            "organisation": form.one("organisation"),
            "concerns": form.all("concerns"),
            "unnamed": form.one("unnamed") == "yes",
            "urgent": form.one("urgent") == "yes",
        },
        **limits_shown(services.limits),
    )
