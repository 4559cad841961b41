"""
Sending a report: from the form to the page with the case code.

One POST of the report form is one `ReportSubmission`; the steps are those of intake/submission.py:

1. The choices, the routing and what the text says of its writer are checked before any file is read.
3. The report is filed, whole, and opens a session: through it the page with the eight words shows the clean copies,
   takes a file back and asks for two of the words. What that page shows is kept for half an hour for the case that the
   same form comes again, and no longer than the session.
4. What was typed comes back.

While the form is read, the frame beside it shows how far it has come.
"""

import asyncio
import hashlib
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from cases.crypto.seal import new_case_keys
from cases.receipt.keys import ReceiptKeys, new_receipt
from intake.errors import FormRefused
from intake.filing import ReportChoices, check_choices, file_report
from intake.http.form import TEXT_FIELD, Form, drain, read_form
from intake.http.form_tokens import TOKEN_FIELD, TokenClaim
from intake.http.frame_policies import FRAMES_FIELD, IN_A_FRAME, PLAIN_FIELD, YES
from intake.http.result_pages import draft_of
from intake.identifiers.acknowledged import ACKNOWLEDGED_FIELD
from intake.inbox.show import fields_of, inbox_fields
from intake.report.form_page import REPORT_FORM, form_page, in_frame, notice_in_frame
from intake.report.receipt import ReceiptView, receipt_page, receipt_view, received_in_frame
from intake.services import SERVICES, Services
from intake.submission import CheckedForm, Identifying, SentBefore, SettledForm, Stored, Submission, SubmissionRefused
from intake.uploads.progress import Sending
from intake.views.pages import LANGUAGE_FIELD, SWITCH_FIELD, Cache, Language, PageLink
from intake.views.refusals import RefusalContext, refusal
from intake.views.texts import N_, SENT_ALREADY
from intake.views.texts_report import GOES_AS_IT_IS, IDENTIFIES_YOU, NOT_SENT_AGAIN

_VIEW_BYTES: Final = 2000  # What the page keeps beside its files, about.
_WAYS_ON: Final = (PageLink("/return", N_("Open a case with its code")), PageLink("/", N_("To the first page")))


async def report_form(request: web.Request) -> web.StreamResponse:
    """GET /report : the form, empty; `?plain` without frames."""
    services = request.app[SERVICES]
    form = Form()
    if request.query.get(PLAIN_FIELD):
        form.add(PLAIN_FIELD, YES, services.limits)
    return form_page(services, services.pages.language_of(request), form, is_answer=False)


async def answer_frame(request: web.Request) -> web.StreamResponse:
    """GET /report/answer : what stands in the frame before anything is sent."""
    services = request.app[SERVICES]
    language = services.pages.language_of(request)
    return services.pages.page("report/sink.html", language, "/report", cache=Cache.NOTHING, headers=IN_A_FRAME)


async def as_it_is(request: web.Request) -> web.StreamResponse:
    """POST /report/as-it-is : acknowledge what was found in the text; the form beside it may then be sent."""
    services = request.app[SERVICES]
    form, notice = Form(), GOES_AS_IT_IS
    try:
        await read_form(request, services.limits, form)
        services.acknowledged.accept(draft_of(form), form.all(ACKNOWLEDGED_FIELD))
    except FormRefused as refused:
        await drain(request, services.limits)
        notice = refusal(refused.text_key, RefusalContext.FRAME)
    return notice_in_frame(services, services.pages.language(form.one(LANGUAGE_FIELD)), notice)


async def send_report(request: web.Request) -> web.StreamResponse:
    """POST /report : file a report and show its code, or say what is to be mended."""
    services = request.app[SERVICES]
    # The frame shows the sending until the answer is made.
    with ExitStack() as shown:
        submission = ReportSubmission(services, Sending(request.content_length or 0), shown)
        outcome = await submission.receive(request)
        if not isinstance(outcome, Stored):
            return _other_answer(services, submission, outcome)
        return _received(services, submission, outcome.made)


@dataclass(frozen=True, slots=True)
class FormAgain:
    """The button of another language, or of the plain way, was pressed: the form with what was typed, nothing done."""


@dataclass(frozen=True, slots=True, repr=False)
class ReportPlan:
    """What a report asks for, and the keys that its words are being made into."""

    choices: ReportChoices
    deriving: asyncio.Future[ReceiptKeys]


class ReportSubmission(Submission[ReportPlan, ReceiptView, FormAgain]):
    """One POST of the report form."""

    form_name = REPORT_FORM

    def __init__(self, services: Services, sending: Sending, shown: ExitStack) -> None:
        """`shown` is open as long as the frame beside the form shows this sending."""
        super().__init__(services, sending)
        self._shown = shown
        self._is_shown = False
        self._receipt = new_receipt()

    @property
    def language(self) -> Language:
        return self.services.pages.language(self.form.one(SWITCH_FIELD) or self.form.one(LANGUAGE_FIELD))

    @property
    def draft(self) -> str:
        return draft_of(self.form)

    @property
    def in_frame(self) -> bool:
        """Whether the answer is shown in a frame. Another language, or another form, is always a whole page."""
        return self.form.one(FRAMES_FIELD) == YES and not self._other_form

    @property
    def _other_form(self) -> bool:
        """Whether a button was pressed that asks for the form in another language, once more, or without frames."""
        to_plain = self.form.one(PLAIN_FIELD) == YES and self.form.one(FRAMES_FIELD) == YES
        return to_plain or bool(self.form.one(SWITCH_FIELD))

    def came(self, size: int) -> None:
        """Show those who watch that so much more has come. The form's token is the first of its fields."""
        super().came(size)
        if not self._is_shown and self.form.one(TOKEN_FIELD):
            self._is_shown = True
            self._shown.enter_context(self.services.progress.send(self.sending, self.form.one(TOKEN_FIELD)))

    def without_token(self) -> FormAgain | None:
        if not self._other_form:
            return None
        self.services.acknowledged.accept(self.draft, self.form.all(ACKNOWLEDGED_FIELD))
        return FormAgain()

    async def check(self) -> CheckedForm[ReportPlan] | Identifying | FormAgain:
        services = self.services
        roster = services.roster.open_roster()
        choices = check_choices(self.form, roster, self.language.code, services.config.languages)
        if details := services.acknowledged.left_in(self.form, self.draft, services.config.phone):
            return Identifying(details)
        deriving = services.argon2.derive_to_file(self._receipt, services.store.salt)
        return CheckedForm(ReportPlan(choices, deriving), new_case_keys(), deriving)

    async def store(self, settled: SettledForm[ReportPlan]) -> ReceiptView:
        """File the report and open the session that its page belongs to. What the page shows is kept. Step 3."""
        services, files, choices = self.services, settled.files, settled.plan.choices
        keys = settled.plan.deriving.result()
        filed = await file_report(services, choices, self._receipt, keys, files.pending)
        session = services.sessions.open(
            self._receipt, keys, files.pending.keys, opened_by=settled.use, unseen=self.in_frame
        )
        view = receipt_view(
            services,
            session,
            shown_on=filed.release_day,
            at_once=filed.at_once,
            readers=[member.label for member in choices.readers],
            files=files.shown,
            numbers=filed.numbers,
            text_hash=_hash_of_text(self.form),
        )
        settled.use.commit(view, _VIEW_BYTES + sum(one.bytes_kept for one in files.shown))
        services.result_pages.forget(self.draft)
        return view


def _received(services: Services, submission: ReportSubmission, view: ReceiptView) -> web.Response:
    if submission.in_frame:
        return received_in_frame(services, submission.language, fields_of(view.handle, submission.language))
    return receipt_page(services, view, submission.language)


def _hash_of_text(form: Form) -> bytes:
    return hashlib.sha256(form.one(TEXT_FIELD).strip().encode()).digest()


def _sent_before(services: Services, submission: ReportSubmission, use: TokenClaim) -> web.Response:
    """Return what the first sending of the form was answered, or the way to it, or that it has been here before."""
    if isinstance(use.kept, ReceiptView):
        if not submission.in_frame and use.kept.text_hash != _hash_of_text(submission.form):
            return receipt_page(services, use.kept, submission.language, NOT_SENT_AGAIN)
        return _received(services, submission, use.kept)
    language = submission.language
    if not submission.in_frame:
        return services.pages.plain(language, SENT_ALREADY, links=_WAYS_ON)
    session = services.sessions.opened_by(use)
    if session is None:
        return in_frame(services, language, submission.form, SENT_ALREADY, links=_WAYS_ON)
    # The answer may have been lost, and the second sending have taken longer than the page is kept.
    return received_in_frame(services, language, inbox_fields(session, language))


def _other_answer(
    services: Services, submission: ReportSubmission, outcome: SentBefore | FormAgain | Identifying | SubmissionRefused
) -> web.Response:
    """Return the answer to a form that did not become a report now."""
    language, form = submission.language, submission.form
    match outcome:
        case SentBefore(use=use):
            return _sent_before(services, submission, use)
        case FormAgain():
            return form_page(services, language, form)
        case Identifying(details=details):
            notice, text_key = IDENTIFIES_YOU, ""
        case SubmissionRefused(text_key=text_key):
            notice, details = refusal(text_key), ()
    if submission.in_frame:
        return in_frame(services, language, form, notice, text_key, details=details)
    return form_page(services, language, form, notice, text_key, details=details)
