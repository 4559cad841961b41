"""
Sending a report: from the form to the page with the case code.

One POST of the report form is one `ReportSubmission` (trusted/forms/submission.py). Storing it:

1. The choices and the routing are checked, then the files, then what the text says of its writer. Whatever stops it
   has its page: the form with a sentence, the files that were refused, or the words that point to the writer.
2. The words are drawn and the keys made from them.
3. The report is filed, whole, and opens a session: through it the page with the eight words shows the clean copies,
   takes a file back and asks for two of the words. What that page shows is kept for half an hour for the case that the
   same form comes again, and no longer than the session.

While the form is read, a page in another tab can show how far it has come.
"""

from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import Final

from aiohttp import web

from intake.http.result_pages import draft_of
from intake.report.form_page import REPORT_FORM, ToMend, form_page, report_fields, typed_fields
from intake.report.receipt import Readable, ReceiptView, SentWith, receipt_again, receipt_page, receipt_view
from intake.report.refused_page import refused_page
from intake.services import SERVICES, Services
from intake.stop_page import NOTICE_AFTER, Identifying, left_to_look_at, stop_page
from intake.uploads.tried import tried_kinds
from intake.views.pages import DRAFT_FIELD, LANGUAGE_FIELD, Language, PageLink, WaysOn
from intake.views.refusals import refusal
from intake.views.texts import N_, SENT_ALREADY
from intake.views.texts_report import NOT_SENT_AGAIN
from trusted.case.errors import CaseError
from trusted.crypto.seal import CaseKeys, new_case_keys
from trusted.forms.attachment import FileTaker
from trusted.forms.filing import ReleaseRule, check_choices, file_report
from trusted.forms.sending import Sending
from trusted.forms.submission import PageAgain, SentBefore, Stored, Submission, SubmissionRefused
from trusted.receipt.keys import new_receipt
from trusted.web.errors import HoldGone
from trusted.web.form import SWITCH_FIELD, TEXT_FIELD, Form
from trusted.web.form_tokens import TOKEN_FIELD, TokenClaim

_VIEW_BYTES: Final = 2000  # What the page keeps beside its files, about.
_WAYS_ON: Final = (PageLink("/return", N_("Open a case with its code")), PageLink("/", N_("To the first page")))


async def report_form(request: web.Request) -> web.StreamResponse:
    """GET /report : the form, empty."""
    services = request.app[SERVICES]
    return form_page(services, services.pages.language_of(request), Form(), is_answer=False)


async def send_report(request: web.Request) -> web.StreamResponse:
    """POST /report : file a report and show its code, or the page that was asked for or is to be settled first."""
    services = request.app[SERVICES]
    # It is shown as under way until the answer is made.
    with ExitStack() as shown:
        submission = ReportSubmission(services, Sending(request.content_length or 0), shown)
        outcome = await submission.receive(request)
        if isinstance(outcome, Stored):
            return receipt_page(services, outcome.made, submission.language)
        if isinstance(outcome, SentBefore):
            return await _sent_before(services, submission, outcome)
        return _not_sent(submission, outcome)


@dataclass(frozen=True, slots=True)
class FilesRefused:
    """A file was refused, and its writer has not seen that yet."""


class ReportSubmission(Submission[ReceiptView, FilesRefused | Identifying]):
    """One POST of the report form."""

    form_name = REPORT_FORM
    services: Services

    def __init__(self, services: Services, sending: Sending, shown: ExitStack) -> None:
        """`shown` is open as long as the page in another tab shows this sending."""
        super().__init__(services, sending)
        self._shown = shown
        self._is_shown = False

    @property
    def language(self) -> Language:
        return self.services.pages.language(self.form.one(SWITCH_FIELD) or self.form.one(LANGUAGE_FIELD))

    @property
    def owner(self) -> str:
        # A form without a draft gets one, under which its files are held.
        self.form.fields[DRAFT_FIELD] = [draft_of(self.form)]
        return self.form.one(DRAFT_FIELD)

    def came(self, size: int) -> None:
        """Show those who watch that so much more has come. The form's token is the first of its fields."""
        super().came(size)
        if not self._is_shown and self.form.one(TOKEN_FIELD):
            self._is_shown = True
            self._shown.enter_context(self.services.progress.send(self.sending, self.form.one(TOKEN_FIELD)))

    async def case_of_files(self) -> CaseKeys:
        return new_case_keys()

    async def store(self, use: TokenClaim, files: FileTaker) -> Stored[ReceiptView] | Identifying | FilesRefused:
        services = self.services
        roster = services.roster.open_roster()
        choices = check_choices(self.form, roster, self.language.code, services.config.languages)
        if files.refused_now:
            return FilesRefused()
        # As it was sent: so it comes when the button is pressed twice.
        brought = self.brought(files)
        if (found := left_to_look_at(services, self)) is not None:
            return found
        # Words may have been taken out of it.
        choices = replace(choices, text=self.form.one(TEXT_FIELD).strip())
        receipt = new_receipt()
        keys = await services.argon2.derive_to_file(receipt, services.store.salt)
        filed = await file_report(
            services.store,
            choices,
            receipt,
            keys,
            files.pending,
            release=ReleaseRule(services.clock, services.config.hold_hours, services.config.at_once),
            tried=tried_kinds(files.pending.refused),
        )
        session = services.sessions.open(receipt, keys, files.pending.keys, opened_by=use, unseen=True)
        readable = Readable(filed.release_day, filed.at_once, tuple(member.label for member in choices.readers))
        sent = SentWith(files.shown, filed.numbers, brought)
        view = receipt_view(services, session, readable, sent)
        use.commit(view, _VIEW_BYTES + sum(one.bytes_kept for one in files.shown))
        services.result_pages.hand_over(self.owner, session.handle)
        return Stored(view)


async def _sent_before(services: Services, submission: ReportSubmission, outcome: SentBefore) -> web.Response:
    """Return what the first sending of the form was answered, or the way to it, or that it has been here before."""
    language, use = submission.language, outcome.use
    if isinstance(use.kept, ReceiptView):
        first = use.kept.sent.brought
        is_another = first is not None and not outcome.brought.is_in(first)
        return receipt_page(services, use.kept, language, NOT_SENT_AGAIN if is_another else None)
    # The answer may have been lost, and the second sending have taken longer than the page is kept.
    if (session := services.sessions.opened_by(use)) is not None:
        with suppress(CaseError):
            return await receipt_again(services, session, language)
    return services.pages.plain(language, SENT_ALREADY, WaysOn(links=_WAYS_ON))


def _not_sent(
    submission: ReportSubmission, outcome: PageAgain | FilesRefused | Identifying | SubmissionRefused
) -> web.Response:
    """Return the answer to a form that did not become a report now."""
    services, language, form, held = submission.services, submission.language, submission.form, submission.held
    match outcome:
        case FilesRefused() if held is not None:
            return refused_page(services, language, form, held)
        case Identifying():
            fields = [*report_fields(services, language, form, held), *typed_fields(form)]
            return stop_page(services, language, form, outcome, path="/report", fields=fields, held=held)
        case SubmissionRefused(text_key=text_key):
            return form_page(services, language, form, held, ToMend(refusal(text_key), text_key))
        case _:
            notice = refusal(HoldGone.text_key) if submission.hold_gone else NOTICE_AFTER.get(submission.act)
            return form_page(services, language, form, held, None if notice is None else ToMend(notice))
