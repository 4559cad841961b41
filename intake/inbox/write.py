"""
Writing in the inbox: a message, files, or both.

One POST of the message form is one `MessageSubmission` (trusted/forms/submission.py). Every button that shows the page
again with what was typed goes this way too, so that files that were chosen are held. A text that was not sent is
remembered with the session, for a browser that shows the page again after an upload that broke off.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from intake.identifiers.acknowledged import OFFERED_FIELD
from intake.inbox.case import add_entries, open_case
from intake.inbox.facts import add_ticked
from intake.inbox.once import require_no_code, require_room
from intake.inbox.pieces import AFTER_FIELD, BEFORE_FIELD
from intake.inbox.show import (
    WRITE_FORM,
    Typed,
    Visit,
    back_to_inbox,
    form_language,
    in_visit,
    inbox_again,
    inbox_fields,
    inbox_page,
    sent_already,
    session_over,
)
from intake.inbox.view import answers_at_once
from intake.inbox.ways import WAY_FIELD, way_of
from intake.services import SERVICES, Services
from intake.sessions import FoundInFiles, Session
from intake.shown import Ticked, facts_offered
from intake.stop_page import NOTICE_AFTER, Identifying, left_to_look_at, stop_page
from intake.uploads.facts import FACT_FIELD
from intake.views.pages import HANDLE_FIELD, LANGUAGE_FIELD
from intake.views.refusals import refusal
from intake.views.texts import NONE_TAKEN, SENT, Notice
from trusted.case.entry import Body, Message
from trusted.crypto.seal import CaseKeys
from trusted.forms.attachment import FileShown, FileTaker
from trusted.forms.filing import file_numbers
from trusted.forms.sending import Sending
from trusted.forms.submission import (
    ACT_FIELD,
    HELD_FIELD,
    Act,
    PageAgain,
    SentBefore,
    Stored,
    Submission,
    SubmissionRefused,
)
from trusted.web.errors import AnotherWasSent, EmptyReport, HoldGone
from trusted.web.form import CHANGES_FIELD, MARKED_FIELD, TEXT_FIELD, YES, Form
from trusted.web.form_tokens import PAGE_KEPT_FOR, TOKEN_FIELD, TokenClaim

# What is kept of a message for a second sending, about.
_BROUGHT_BYTES: Final = 300
_DIGEST_BYTES: Final = 150
# What the page with the details has of its own.
_OWN_FIELDS = (TOKEN_FIELD, HANDLE_FIELD, LANGUAGE_FIELD, ACT_FIELD, HELD_FIELD, OFFERED_FIELD)


async def write(request: web.Request) -> web.StreamResponse:
    """POST /inbox/write : a message, files, or both; or the page again with what was typed."""
    services = request.app[SERVICES]
    submission = MessageSubmission(services, Sending(request.content_length or 0))
    outcome = await submission.receive(request)
    if isinstance(outcome, Stored):
        return await _inbox_with_findings(services, submission.form, outcome.made, SENT)
    return await _answer_without_storing(request, submission, outcome)


async def _answer_without_storing(
    request: web.Request,
    submission: "MessageSubmission",
    outcome: "SentBefore | PageAgain | SubmissionRefused | _WithoutStoring",
) -> web.StreamResponse:
    """Return the answer to a form of which this request stored nothing."""
    services, form, session = submission.services, submission.form, submission.session
    if isinstance(outcome, PageAgain) and submission.hold_gone and not form.one(WAY_FIELD):
        outcome = SubmissionRefused(HoldGone.text_key)
    if isinstance(outcome, SentBefore) and outcome.is_another:
        outcome = SubmissionRefused(AnotherWasSent.text_key)
    match outcome:
        case AllFilesRefused(seen=seen):
            return await _inbox_with_findings(services, form, seen, NONE_TAKEN)
        case PageAgain() if session is not None:
            visit = Visit(request, services, form, session, form_language(services, form))
            again = functools.partial(inbox_again, notice=NOTICE_AFTER.get(submission.act))
            return await in_visit(visit, way_of(form) or (add_ticked if submission.act is Act.FACTS else again))
        case Identifying() if session is not None:
            language, held = form_language(services, form), submission.held
            fields = [*inbox_fields(session, language), (TOKEN_FIELD, form.one(TOKEN_FIELD))]
            fields += [*([] if held is None else [(HELD_FIELD, held.id)]), *form.besides(*_OWN_FIELDS)]
            return stop_page(services, language, form, outcome, path="/inbox/write", fields=fields, held=held)
        case SentBefore():
            return sent_already(services, form)
        case SubmissionRefused(text_key=text_key):
            return await back_to_inbox(services, form, refusal(text_key))
        case _:
            return session_over(services, form)


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
    marked, changes = (form.one(field) == YES for field in (MARKED_FIELD, CHANGES_FIELD))
    return Typed(text, facts=Ticked(facts, language), marked=marked, changes=changes), found


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
class AllFilesRefused:
    """There was no text, and every file was refused."""

    seen: FilesSeen


_WithoutStoring = SessionOver | AllFilesRefused | Identifying


class MessageSubmission(Submission[FilesSeen, _WithoutStoring]):
    """One POST of the message form."""

    form_name = WRITE_FORM
    services: Services
    session: Session | None = None

    @property
    def owner(self) -> str:
        return self.form.one(HANDLE_FIELD)

    @property
    def act(self) -> Act | None:
        return None if any(map(self.form.one, (BEFORE_FIELD, AFTER_FIELD, WAY_FIELD))) else super().act

    def came(self, size: int) -> None:
        super().came(size)
        # Files can be on their way for hours.
        if self.session is not None:
            self.services.sessions.used(self.session)

    async def receive(
        self, request: web.Request
    ) -> Stored[FilesSeen] | SentBefore | PageAgain | SubmissionRefused | _WithoutStoring:
        outcome = None
        try:
            outcome = await super().receive(request)
        finally:
            if (session := self.services.sessions.peek(self.owner)) is not None:
                is_sent = self._is_sent(outcome)
                self.services.sessions.keep_unsent(session, "" if is_sent else self.form.one(TEXT_FIELD))
                if not is_sent:
                    # Back shows the case as it is now, and the text that did not get through.
                    self.services.result_pages.renew(session.handle)
        return outcome

    def _is_sent(self, outcome: object) -> bool:
        """Say whether this very text is in the store."""
        if isinstance(outcome, SentBefore):
            return outcome.use.kept is not None and not outcome.is_another
        return isinstance(outcome, Stored) or (self._use is not None and self._use.is_committed)

    @property
    def is_over(self) -> bool:
        return self.services.sessions.peek(self.owner) is None

    async def case_of_files(self) -> CaseKeys | _WithoutStoring:
        self.session = self.services.sessions.find(self.owner)
        if self.session is None:
            return SessionOver()
        return (await open_case(self.services, self.session)).keys

    async def store(self, use: TokenClaim, files: FileTaker) -> Stored[FilesSeen] | _WithoutStoring:
        services, session = self.services, self.session
        if session is None:
            return SessionOver()
        require_no_code(self.form.one(TEXT_FIELD), session)
        require_room(self.form.one(TEXT_FIELD), await open_case(services, session), services.limits)
        if services.sessions.peek(session.handle) is None:
            # The session ended meanwhile: keep nothing about it.
            return SessionOver()
        brought = self.brought(files)
        if (found := left_to_look_at(services, self)) is not None:
            return found
        # What stood between two words of the code may have been taken out.
        require_no_code(self.form.one(TEXT_FIELD), session)
        text, pending = self.form.one(TEXT_FIELD).strip(), files.pending
        if not text and not pending.accepted:
            if not files.shown:
                raise EmptyReport
            return AllFilesRefused(FilesSeen(session, files.shown))
        bodies: list[Body] = [*([Message(text)] if text else []), *pending.file_entries]
        async with session.turn:
            opened = await open_case(services, session)
            if pending.accepted and opened.keys != pending.keys:
                # A desk has moved the case to new keys since they came.
                await self._drop()
                raise HoldGone
            at_once = answers_at_once(services, opened)
            entries = await add_entries(services, session, bodies, pending.file_ids, at_once=at_once)
        use.commit(brought, _BROUGHT_BYTES + _DIGEST_BYTES * len(brought.digests))
        return Stored(FilesSeen(session, files.shown, file_numbers(entries)))
