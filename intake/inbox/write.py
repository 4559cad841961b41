"""
Writing in the inbox: a message, files, or both.

One POST of the message form is one `MessageSubmission`; the steps are those of intake/submission.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from cases.crypto.envelope import ENTRY_BLOCK
from cases.entry import Body, MeetingRequest, Message, Stream
from cases.receipt.keys import text_contains_receipt
from intake.errors import CaseFull, EmptyReport, HoldsTheCode
from intake.filing import file_numbers
from intake.http.form import Form
from intake.http.form_tokens import PAGE_KEPT_FOR, TOKEN_FIELD
from intake.inbox.case import OpenedCase, add_entries, open_case
from intake.inbox.once import act_once
from intake.inbox.pieces import AFTER_FIELD, BEFORE_FIELD
from intake.inbox.show import (
    NOTHING_TYPED,
    WRITE_FORM,
    Typed,
    Visit,
    back_to_inbox,
    form_language,
    in_visit,
    inbox_again,
    inbox_page,
    sent_already,
    session_over,
)
from intake.inbox.view import answers_at_once
from intake.limits import Limits
from intake.services import SERVICES, Services
from intake.sessions import FoundInFiles, Session
from intake.shown import Ticked, facts_offered
from intake.submission import CheckedForm, Identifying, SentBefore, SettledForm, Stored, Submission, SubmissionRefused
from intake.uploads.attachment import FileShown
from intake.uploads.facts import FACT_FIELD
from intake.uploads.progress import Sending
from intake.views.pages import LANGUAGE_FIELD, SWITCH_FIELD
from intake.views.refusals import refusal
from intake.views.texts import NONE_TAKEN, SENT, Notice
from intake.views.texts_report import IDENTIFIES_YOU


async def write(request: web.Request) -> web.StreamResponse:
    """POST /inbox/write : a message, files, or both."""
    services = request.app[SERVICES]
    submission = MessageSubmission(services, Sending(request.content_length or 0))
    outcome = await submission.receive(request)
    if isinstance(outcome, Stored):
        return await _inbox_with_findings(services, submission.form, outcome.made, SENT)
    return await _answer_without_storing(request, submission, outcome)


async def _answer_without_storing(
    request: web.Request,
    submission: "MessageSubmission",
    outcome: "SentBefore | Identifying | SubmissionRefused | _WithoutStoring",
) -> web.StreamResponse:
    """Return the answer to a form of which this request stored nothing."""
    services, form = submission.services, submission.form
    match outcome:
        case AllFilesRefused(seen=seen):
            return await _inbox_with_findings(services, form, seen, NONE_TAKEN)
        case SessionOver():
            return session_over(services, form)
        case OnlyShowCase(session=session):
            visit = Visit(request, services, form, session, form_language(services, form))
            return await in_visit(visit, inbox_again)
        case SentBefore():
            return sent_already(services, form)
        case Identifying(details=details):
            return await back_to_inbox(services, form, IDENTIFIES_YOU, details)
        case SubmissionRefused(text_key=text_key):
            return await back_to_inbox(services, form, refusal(text_key))


async def _inbox_with_findings(services: Services, form: Form, seen: "FilesSeen", notice: Notice) -> web.Response:
    """Return the inbox after a message was sent, with what the scrubbers found in its files."""
    until = services.clock() + PAGE_KEPT_FOR
    found = FoundInFiles(seen.files, seen.numbers, until) if seen.files else None
    typed, found = _unsent_facts(services, seen.session, form, found)
    return await inbox_page(services, seen.session, form_language(services, form), notice, typed=typed, found=found)


def _unsent_facts(
    services: Services, session: Session, form: Form, found: FoundInFiles | None
) -> tuple[Typed, FoundInFiles | None]:
    """Return the facts that were ticked but are not part of the message, and the findings that the page shows.

    The findings are `found`, of this message's files, or else those of an earlier one. A ticked fact that the page no
    longer offers as a checkbox is kept as text.
    """
    services.sessions.forget_found()
    found = session.found if found is None else found
    facts, language = form.all(FACT_FIELD), services.pages.language(form.one(LANGUAGE_FIELD))
    offered = frozenset[str]() if found is None else facts_offered(found.files, language, found.numbers)
    text = "\n".join(fact for fact in facts if fact not in offered)
    return Typed(text, facts=Ticked(facts, language)), found


async def write_one(
    visit: Visit,
    form_name: str,
    body: Message | MeetingRequest,
    notice: Notice,
    *,
    token_field: str = TOKEN_FIELD,
    typed: Typed = NOTHING_TYPED,
) -> web.Response:
    """Store one entry without files, once for each form, and return the inbox that says so.

    `token_field` names the field of the form's token. `typed` is what the page shows again as typed but not sent.

    Raises `HoldsTheCode`, `CaseFull` or `ExpiredToken`, and a `CaseError` of the store; nothing is stored then.
    """
    services, session = visit.services, visit.session
    require_no_code(body.text, session)

    async def keep() -> None:
        opened = await open_case(services, session)
        require_room(body.text, opened, services.limits)
        await add_entries(services, session, [body], at_once=answers_at_once(services, opened))

    if await act_once(visit, form_name, visit.form.one(token_field), keep) is None:
        return sent_already(services, visit.form)
    return await inbox_page(services, session, visit.language, notice, typed=typed)


@dataclass(frozen=True, slots=True, repr=False)
class FilesSeen:
    """What became of each file of one message, and the numbers that the case gave to those it holds."""

    session: Session
    files: Sequence[FileShown]
    numbers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SessionOver:
    """The session of this handle has ended."""


@dataclass(frozen=True, slots=True, repr=False)
class OnlyShowCase:
    """A button that only shows the page again, from a browser that ignores the `formaction` of buttons."""

    session: Session


@dataclass(frozen=True, slots=True, repr=False)
class AllFilesRefused:
    """There was no text, and every file was refused."""

    seen: FilesSeen


_WithoutStoring = SessionOver | OnlyShowCase | AllFilesRefused


class MessageSubmission(Submission[Session, FilesSeen, _WithoutStoring]):
    """One POST of the message form."""

    form_name = WRITE_FORM

    def came(self, size: int) -> None:
        super().came(size)
        # Files can be on their way for hours.
        if self._settled is not None:
            self.services.sessions.used(self._settled.plan)

    def without_token(self) -> _WithoutStoring | None:
        session = self.services.sessions.find(self.form.one("handle"))
        if session is None:
            return SessionOver()
        if any(map(self.form.one, (SWITCH_FIELD, BEFORE_FIELD, AFTER_FIELD))):
            return OnlyShowCase(session)
        return None

    async def check(self) -> CheckedForm[Session] | Identifying | _WithoutStoring:
        services, text = self.services, self.form.one("text")
        session = services.sessions.peek(self.form.one("handle"))
        if session is None:
            return SessionOver()
        require_no_code(text, session)
        opened = await open_case(services, session)
        require_room(text, opened, services.limits)
        if services.sessions.peek(session.handle) is None:
            # The session ended meanwhile: keep nothing about it.
            return SessionOver()
        if details := services.acknowledged.left_in(self.form, session.handle, services.config.phone):
            return Identifying(details)
        return CheckedForm(session, opened.keys)

    def nothing_to_store(self, settled: SettledForm[Session]) -> _WithoutStoring | None:
        if self.form.one("text").strip() or settled.files.pending.accepted:
            return None
        if not settled.files.shown:
            raise EmptyReport
        return AllFilesRefused(FilesSeen(settled.plan, settled.files.shown))

    async def store(self, settled: SettledForm[Session]) -> FilesSeen:
        services, session, pending = self.services, settled.plan, settled.files.pending
        text = self.form.one("text").strip()
        bodies: list[Body] = [*([Message(text)] if text else []), *pending.file_entries]
        async with session.turn:
            opened = await open_case(services, session)
            at_once = answers_at_once(services, opened)
            entries = await add_entries(services, session, bodies, pending.file_ids, at_once=at_once)
        settled.use.commit()
        services.acknowledged.forget(session.handle)
        return FilesSeen(session, settled.files.shown, file_numbers(entries))


def require_room(text: str, opened: OpenedCase, limits: Limits) -> None:
    """Raise `CaseFull` when the case would be too large with this text."""
    sealed = opened.rows.streams[Stream.REPORTER].sealed
    if sum(len(item.body) for item in sealed) + len(text.encode()) + ENTRY_BLOCK > limits.case_bytes:
        raise CaseFull


def require_no_code(text: str, session: Session) -> None:
    """Raise `HoldsTheCode` when the text contains the case code, which would open the case to everyone who reads it."""
    shown = (session.receipt, session.next_receipt)
    if any(text_contains_receipt(text, receipt) for receipt in shown if receipt is not None):
        raise HoldsTheCode
