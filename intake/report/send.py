"""
Sending a report: from the form to the page with the case code.

One POST of the report form is one `ReportSubmission`; the steps are those of intake/submission.py:

1. The choices, the routing and what the text says of its writer are checked before any file is read; also where the
   button leads on to the page of files, and nothing else is done then.
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
from intake.errors import HoldGone
from intake.filing import ReportChoices, check_choices, file_report
from intake.http.form import TEXT_FIELD, Form
from intake.http.form_tokens import TOKEN_FIELD, TokenClaim
from intake.http.frame_policies import FRAMES_FIELD, IN_A_FRAME, PLAIN_FIELD, YES
from intake.http.result_pages import draft_of
from intake.identifiers.acknowledged import ACKNOWLEDGED_FIELD
from intake.identifiers.find import IdentifyingDetail
from intake.inbox.show import fields_of, inbox_fields
from intake.report.files_page import HELD_FIELD, files_page, in_frame, is_of_files_page, refused_page
from intake.report.form_page import (
    REPORT_FORM,
    STEP_FIELD,
    TO_FILES,
    TO_SEND,
    TO_TEXT,
    WAY_FIELD,
    ToMend,
    form_page,
)
from intake.report.receipt import Readable, ReceiptView, SentWith, receipt_page, receipt_view, received_in_frame
from intake.services import SERVICES, Services
from intake.submission import CheckedForm, Identifying, SentBefore, SettledForm, Stored, Submission, SubmissionRefused
from intake.uploads.held import HeldForm
from intake.uploads.progress import Sending
from intake.views.pages import LANGUAGE_FIELD, SWITCH_FIELD, Head, Language, PageLink, WaysOn
from intake.views.refusals import NO_ELIGIBLE_READER, refusal
from intake.views.texts import N_, SENT_ALREADY
from intake.views.texts_report import IDENTIFIES_YOU_IN_REPORT, NOT_SENT_AGAIN

_VIEW_BYTES: Final = 2000  # What the page keeps beside its files, about.
_WAYS_ON: Final = (PageLink("/return", N_("Open a case with its code")), PageLink("/", N_("To the first page")))


async def report_form(request: web.Request) -> web.StreamResponse:
    """GET /report : the form, empty."""
    services = request.app[SERVICES]
    return form_page(services, services.pages.language_of(request), Form(), is_answer=False)


async def answer_frame(request: web.Request) -> web.StreamResponse:
    """GET /report/answer : what stands in the frame before anything is sent."""
    services = request.app[SERVICES]
    language = services.pages.language_of(request)
    return services.pages.page("report/sink.html", language, "/report", Head(headers=IN_A_FRAME))


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
    """A button was pressed that does nothing but show a page with what was typed.

    The same page in another language or without frames, the page of files, or the one of the text.
    """


@dataclass(frozen=True, slots=True, repr=False)
class FilesRefused:
    """A file was refused, and nothing is stored yet: what else came is held until its writer has decided."""

    held: HeldForm


@dataclass(frozen=True, slots=True, repr=False)
class ReportPlan:
    """What a report asks for, and the keys that its words are being made into."""

    choices: ReportChoices
    deriving: asyncio.Future[ReceiptKeys]


class ReportSubmission(Submission[ReportPlan, ReceiptView, FormAgain | FilesRefused]):
    """One POST of the report form."""

    form_name = REPORT_FORM

    def __init__(self, services: Services, sending: Sending, shown: ExitStack) -> None:
        """`shown` is open as long as the frame beside the form shows this sending."""
        super().__init__(services, sending)
        self._shown = shown
        self._is_shown = False
        self._receipt = new_receipt()
        # What this form goes on from.
        self._held: HeldForm | None = None

    @property
    def language(self) -> Language:
        return self.services.pages.language(self.form.one(SWITCH_FIELD) or self.form.one(LANGUAGE_FIELD))

    @property
    def draft(self) -> str:
        return draft_of(self.form)

    @property
    def in_frame(self) -> bool:
        """Whether the answer is shown in a frame. Another page is always a whole one."""
        return self.form.one(FRAMES_FIELD) == YES and not self._other_page

    @property
    def step(self) -> str:
        """The button that was pressed; the one that leaves the text as it is goes on as the one before it did."""
        went_on = self.form.one(WAY_FIELD) if self.form.one(ACKNOWLEDGED_FIELD) else ""
        return self.form.one(STEP_FIELD) or went_on or TO_SEND

    @property
    def _other_page(self) -> bool:
        """Whether a button was pressed that asks for a page: in another language, without frames, or the next one."""
        to_plain = self.form.one(PLAIN_FIELD) == YES and self.form.one(FRAMES_FIELD) == YES
        return to_plain or bool(self.form.one(SWITCH_FIELD)) or self.step != TO_SEND

    def came(self, size: int) -> None:
        """Show those who watch that so much more has come. The form's token is the first of its fields."""
        super().came(size)
        if not self._is_shown and self.form.one(TOKEN_FIELD):
            self._is_shown = True
            self._shown.enter_context(self.services.progress.send(self.sending, self.form.one(TOKEN_FIELD)))

    def without_token(self) -> Identifying | FormAgain | None:
        if not self._other_page:
            return None
        if self.step == TO_FILES and not self.form.one(SWITCH_FIELD):
            # What the text says of its writer is settled here, on its own page, and not on that of the files.
            _choices, details = self._checked()
            if details:
                return Identifying(details)
        self.services.acknowledged.accept(self.draft, self.form.all(ACKNOWLEDGED_FIELD))
        return FormAgain()

    def _checked(self) -> tuple[ReportChoices, tuple[IdentifyingDetail, ...]]:
        """Return what the form asks for, and what is left in its text that points to the writer. Step 1."""
        services = self.services
        roster = services.roster.open_roster()
        choices = check_choices(self.form, roster, self.language.code, services.config.languages)
        return choices, services.acknowledged.left_in(self.form, self.draft, services.config.phone)

    async def check(self) -> CheckedForm[ReportPlan] | Identifying | FormAgain:
        choices, details = self._checked()
        if details:
            return Identifying(details)
        services = self.services
        if self.form.one(HELD_FIELD):
            self._held = held = services.held.take(self.draft, self.form.one(HELD_FIELD))
            if held is None:
                raise HoldGone
            self._receipt = held.receipt
            plan = ReportPlan(choices, held.deriving)
            return CheckedForm(plan, held.files.pending.keys, held.deriving, held.files)
        # The same draft is sent again.
        services.held.forget(self.draft)
        deriving = services.argon2.derive_to_file(self._receipt, services.store.salt)
        return CheckedForm(ReportPlan(choices, deriving), new_case_keys(), deriving)

    def hold(self, settled: SettledForm[ReportPlan]) -> FilesRefused | None:
        if not settled.files.refused_now:
            return None
        held = self.services.held.hold(
            self.draft, settled.files, self._receipt, settled.plan.deriving, before=self._held
        )
        return FilesRefused(held)

    async def let_go(self, settled: SettledForm[ReportPlan]) -> None:
        if self._held is None:
            await super().let_go(settled)
        else:
            # What its writer was told is received stays so, whatever became of this sending.
            self.services.held.put_back(self.draft, self._held)

    async def store(self, settled: SettledForm[ReportPlan]) -> ReceiptView:
        """File the report and open the session that its page belongs to. What the page shows is kept. Step 3."""
        services, files, choices = self.services, settled.files, settled.plan.choices
        keys = settled.plan.deriving.result()
        filed = await file_report(services, choices, self._receipt, keys, files.pending)
        session = services.sessions.open(
            self._receipt, keys, files.pending.keys, opened_by=settled.use, unseen=self.in_frame
        )
        readable = Readable(filed.release_day, filed.at_once, tuple(member.label for member in choices.readers))
        sent = SentWith(files.shown, filed.numbers, _hash_of_text(self.form))
        view = receipt_view(services, session, readable, sent)
        settled.use.commit(view, _VIEW_BYTES + sum(one.bytes_kept for one in files.shown))
        services.result_pages.hand_over(self.draft, session.handle)
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
        if not submission.in_frame and use.kept.sent.text_hash != _hash_of_text(submission.form):
            return receipt_page(services, use.kept, submission.language, NOT_SENT_AGAIN)
        return _received(services, submission, use.kept)
    language = submission.language
    if not submission.in_frame:
        return services.pages.plain(language, SENT_ALREADY, WaysOn(links=_WAYS_ON))
    session = services.sessions.opened_by(use)
    if session is None:
        return in_frame(services, language, submission.form, ToMend(SENT_ALREADY), _WAYS_ON)
    # The answer may have been lost, and the second sending have taken longer than the page is kept.
    return received_in_frame(services, language, inbox_fields(session, language))


def _other_answer(
    services: Services,
    submission: ReportSubmission,
    outcome: SentBefore | FormAgain | FilesRefused | Identifying | SubmissionRefused,
) -> web.Response:
    """Return the answer to a form that did not become a report now."""
    language, form = submission.language, submission.form
    is_at_files = submission.step == TO_FILES or (is_of_files_page(form) and submission.step != TO_TEXT)
    match outcome:
        case SentBefore(use=use):
            return _sent_before(services, submission, use)
        case FilesRefused(held=held):
            return refused_page(services, language, form, held, is_in_frame=submission.in_frame)
        case FormAgain():
            # A text browser sends the button of a language without the form, and so without the text.
            has_text = bool(form.one(TEXT_FIELD).strip())
            return (files_page if is_at_files and has_text else form_page)(services, language, form)
        case Identifying(details=details):
            to_mend = ToMend(IDENTIFIES_YOU_IN_REPORT, details=details)
        case SubmissionRefused(text_key=text_key):
            to_mend = ToMend(refusal(text_key), text_key)
    if submission.in_frame:
        return in_frame(services, language, form, to_mend)
    is_of_the_form = bool(to_mend.wrong_field) or to_mend.notice is NO_ELIGIBLE_READER
    if is_of_files_page(form) and not is_of_the_form:
        return files_page(services, language, form, to_mend.notice)
    way = TO_FILES if is_at_files else TO_SEND
    return form_page(services, language, form, to_mend, way=way)
