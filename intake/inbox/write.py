"""
Writing in the inbox: a message, files, or both.

The fields come before the files, so what can refuse the form does so before a file is read; whatever goes wrong,
nothing is stored and the typed text comes back.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from cases.crypto.envelope import ENTRY_BLOCK
from cases.entry import Body, MeetingRequest, Message, Stream
from cases.errors import CaseError
from cases.receipt.keys import text_contains_receipt
from intake.errors import CaseFull, EmptyReport, FormRefused, HoldsTheCode
from intake.filing import file_numbers
from intake.http.form import Form, Part, drain, read_form
from intake.http.form_tokens import PAGE_KEPT_FOR, Use
from intake.identifiers.acknowledged import PointsOut
from intake.inbox.case import OpenedCase, add_entries, open_case
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
from intake.shielding import to_its_end
from intake.shown import Ticked, facts_offered
from intake.uploads.attachment import Allowance, FileShown, FileTaker
from intake.uploads.facts import FACT_FIELD
from intake.views.pages import LANGUAGE_FIELD, SWITCH_FIELD
from intake.views.texts import NONE_TAKEN, SENT, SENTENCES, TRY_AGAIN, Said
from intake.views.texts_report import POINTS_TO_YOU


async def write(request: web.Request) -> web.StreamResponse:
    """POST /inbox/write : a message, files, or both."""
    services = request.app[SERVICES]
    form = Form()
    writing = _Writing(services, form)
    try:
        session = await writing.receive(request)
    except _SessionOver:
        await drain(request, services.limits)
        return session_over(services, form)
    except _OnlyAgain as again:
        await drain(request, services.limits)
        return await in_visit(Visit(request, services, form, again.session, form_language(services, form)), inbox_again)
    except _SentBefore:
        await drain(request, services.limits)
        return sent_already(services, form)
    except PointsOut as pointing:
        await drain(request, services.limits)
        return await back_to_inbox(services, form, POINTS_TO_YOU, pointing.pointers)
    except (FormRefused, CaseError) as refused:
        await drain(request, services.limits)
        return await back_to_inbox(services, form, SENTENCES.get(refused.text_key, TRY_AGAIN))
    said = SENT if writing.stored else NONE_TAKEN
    until = services.clock() + PAGE_KEPT_FOR
    found = FoundInFiles(writing.shown, writing.numbers, until) if writing.shown else None
    typed, found = _left_beside(services, session, form, found)
    return await inbox_page(services, session, form_language(services, form), said, typed=typed, found=found)


def _left_beside(
    services: Services, session: Session, form: Form, found: FoundInFiles | None
) -> tuple[Typed, FoundInFiles | None]:
    """Return what was ticked beside a message and not sent with it, and what the page shows of files.

    That is `found` in the files of the message, or else what was found before. Facts whose boxes do not come back are
    text.
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
    said: Said,
    *,
    mark: str = "mark",
    typed: Typed = NOTHING_TYPED,
) -> web.Response:
    """Keep one entry without files, once for each form, and return the inbox that says so.

    `mark` names the field of the form's mark, and `typed` is what stands beside the entry and is not sent with it.

    Raises `HoldsTheCode`, `CaseFull` or `OldMark`, and a `CaseError` of the store; nothing is kept then.
    """
    services, session = visit.services, visit.session
    require_no_code(body.text, session)
    use, is_first = await services.marks.claim(visit.form.one(mark), form_name)
    if not is_first:
        return sent_already(services, visit.form)

    async def keep() -> None:
        async with session.turn:
            opened = await open_case(services, session)
            require_room(body.text, opened, services.limits)
            await add_entries(services, session, [body], at_once=answers_at_once(services, opened))
        use.spend()

    try:
        await to_its_end(keep())
    finally:
        use.give_back()
    return await inbox_page(services, session, visit.language, said, typed=typed)


class _SessionOver(Exception):
    """The handle opens nothing any more."""


class _OnlyAgain(Exception):
    """A button that only shows the page again; a browser that sends it here does not know where it leads."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session


class _SentBefore(Exception):
    """The same form has been here before."""


@dataclass(frozen=True, slots=True, repr=False)
class _Settled:
    """What stands once all fields before the files are known."""

    use: Use
    session: Session
    taker: FileTaker


class _Writing:
    """One POST of the message form. The fields come before the files, so what can refuse the form does so first."""

    def __init__(self, services: Services, form: Form) -> None:
        self._services = services
        self._form = form
        self._announced: int | None = None
        self._settled: _Settled | None = None
        # Whether there was anything to store: with no text and every file refused there is not.
        self.stored = False
        # What the files are called in the case.
        self.numbers: Mapping[str, int] = {}

    @property
    def shown(self) -> tuple[FileShown, ...]:
        return () if self._settled is None else self._settled.taker.shown

    async def receive(self, request: web.Request) -> Session:
        """Keep the message and its files; raises a `FormRefused` or `CaseError` and then keeps nothing.

        When nothing is stored, the same form may be sent again.
        """
        self._announced = request.content_length
        try:
            await read_form(request, self._services.limits, self._form, self._take_file, self._came)
            settled = await self._settle()
            text = self._form.one("text").strip()
            bodies: list[Body] = [*([Message(text)] if text else []), *settled.taker.pending.file_entries]
            if not bodies and not settled.taker.shown:
                raise EmptyReport
            if bodies:
                await to_its_end(self._store(settled, bodies))
        finally:
            if not self.stored and self._settled is not None:
                await to_its_end(self._drop(self._settled))
        return settled.session

    async def _store(self, settled: _Settled, bodies: list[Body]) -> None:
        async with settled.session.turn:
            opened = await open_case(self._services, settled.session)
            at_once = answers_at_once(self._services, opened)
            file_ids = settled.taker.pending.file_ids
            entries = await add_entries(self._services, settled.session, bodies, file_ids, at_once=at_once)
            self.numbers = file_numbers(entries)
        self.stored = True
        settled.use.spend()
        self._services.pointed_out.forget(settled.session.handle)

    @staticmethod
    async def _drop(settled: _Settled) -> None:
        try:
            await settled.taker.drop()
        finally:
            settled.use.give_back()

    async def _take_file(self, part: Part, _form: Form) -> None:
        settled = await self._settle()
        await settled.taker.take(part)

    def _came(self, _size: int) -> None:
        # Files can be on their way for hours.
        if self._settled is not None:
            self._services.sessions.used(self._settled.session)

    def _point_out(self, session: Session) -> None:
        """Raise `PointsOut` when the text seems to say who wrote it, unless it shall go as it is.

        Raises `_SessionOver` when it ended meanwhile: nothing of it is remembered.
        """
        services = self._services
        if services.sessions.peek(session.handle) is None:
            raise _SessionOver
        pointers = services.pointed_out.left_in(self._form, session.handle, services.config.phone)
        if pointers:
            raise PointsOut(pointers)

    async def _settle(self) -> _Settled:
        if self._settled is not None:
            return self._settled
        services = self._services
        session = services.sessions.find(self._form.one("handle"))
        if session is None:
            raise _SessionOver
        if any(map(self._form.one, (SWITCH_FIELD, BEFORE_FIELD, AFTER_FIELD))):
            raise _OnlyAgain(session)
        use, is_first = await services.marks.claim(self._form.one("mark"), WRITE_FORM)
        if not is_first:
            raise _SentBefore
        try:
            require_no_code(self._form.one("text"), session)
            opened = await open_case(services, session)
            require_room(self._form.one("text"), opened, services.limits)
            self._point_out(session)
        except BaseException:
            use.give_back()
            raise
        allowance = Allowance(services.limits, services.budget, self._announced)
        taker = FileTaker(opened.keys, allowance, services.sandbox, services.store)
        self._settled = _Settled(use, session, taker)
        return self._settled


def require_room(text: str, opened: OpenedCase, limits: Limits) -> None:
    """Raise `CaseFull` when this text would be more than one case may hold."""
    sealed = opened.rows.streams[Stream.REPORTER].sealed
    if sum(len(item.body) for item in sealed) + len(text.encode()) + ENTRY_BLOCK > limits.case_bytes:
        raise CaseFull


def require_no_code(text: str, session: Session) -> None:
    """Raise `HoldsTheCode` when the text gives the case away to who reads it."""
    shown = (session.receipt, session.next_receipt)
    if any(text_contains_receipt(text, receipt) for receipt in shown if receipt is not None):
        raise HoldsTheCode
