"""
Sending a report: from the form to the page with the case code.

One POST of the report form is one `_Reception`, read in one go:

1. The fields come before the files, so the mark, the choices, the routing and what the text says of its writer are
   settled before any file is read.
2. The files are taken one by one; what is refused is noted and the rest goes on.
3. The report is filed, whole, and opens a session: through it the page with the eight words shows the clean copies,
   takes a file back and asks for two of the words. What that page shows is kept for half an hour for the case that the
   same form comes again, and no longer than the session.

Whatever goes wrong on the way, nothing is stored, and what was typed comes back. While it is read, the frame beside the
form is told how far it has come.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final, Self

from aiohttp import web

from cases.crypto.seal import new_case_keys
from cases.errors import CaseError, NoEligibleReader, RosterFault
from cases.receipt.keys import ReceiptKeys, new_receipt
from intake.errors import FormRefused
from intake.filing import Filed, Wishes, check_wishes, file_report
from intake.http.form import TEXT_FIELD, Form, Part, drain, read_form
from intake.http.form_tokens import Use
from intake.http.frame_policies import FRAMES_FIELD, IN_A_FRAME, PLAIN_FIELD, YES
from intake.http.result_pages import draft_of
from intake.identifiers.acknowledged import LOOKED_FIELD, PointsOut
from intake.identifiers.find import Pointer
from intake.inbox.show import fields_of, inbox_fields
from intake.report.form_page import REPORT_FORM, form_page, frame_says, in_frame
from intake.report.receipt import ReceiptView, receipt_page, receipt_view, received_in_frame
from intake.services import SERVICES, Services
from intake.shielding import to_its_end
from intake.uploads.attachment import Allowance, FileTaker
from intake.uploads.progress import Sending, Step
from intake.views.pages import LANGUAGE_FIELD, SWITCH_FIELD, Cache, Language, Link
from intake.views.texts import N_, NOBODY_LEFT, NOT_OPEN, SENT_ALREADY, SENTENCES, TRY_AGAIN
from intake.views.texts_report import GOES_AS_IT_IS, NOT_SENT_ANEW, POINTS_TO_YOU, said_in_frame

_VIEW_BYTES: Final = 2000  # What the page keeps beside its files, about.
_WAYS_ON: Final = (Link("/return", N_("Open a case with its code")), Link("/", N_("To the first page")))


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
    return services.pages.page("report_sink.html", language, "/report", cache=Cache.NOTHING, headers=IN_A_FRAME)


async def as_it_is(request: web.Request) -> web.StreamResponse:
    """POST /report/as-it-is : what was pointed out beside the form may be sent from it; nothing is sent by this."""
    services = request.app[SERVICES]
    form, said = Form(), GOES_AS_IT_IS
    try:
        await read_form(request, services.limits, form)
        services.pointed_out.accept(draft_of(form), form.all(LOOKED_FIELD))
    except FormRefused as refused:
        await drain(request, services.limits)
        said = said_in_frame(refused.text_key)
    return frame_says(services, services.pages.language(form.one(LANGUAGE_FIELD)), said)


async def send_report(request: web.Request) -> web.StreamResponse:
    """POST /report : file a report and show its code, or say what is to be mended."""
    services = request.app[SERVICES]
    with _Reception(services, Sending(request.content_length or 0)) as reception:
        try:
            view = await reception.receive(request)
        except (_SentBefore, _OtherForm, PointsOut, FormRefused, CaseError) as outcome:
            # Of a form that was sent twice the report is there; what is shown must not say otherwise.
            reception.sending.received = isinstance(outcome, _SentBefore)
            if not isinstance(outcome, (_SentBefore, _OtherForm)):
                reception.sending.step(Step.TO_BE_MENDED)
            # Read to the end first: a browser that still sends shows no page of ours.
            await drain(request, services.limits, reception.came)
            return _other_answer(services, reception, outcome)
        return _received(services, reception, view)


class _SentBefore(Exception):
    """The same form has been here before."""

    def __init__(self, use: Use) -> None:
        super().__init__()
        self.use = use


class _OtherForm(Exception):
    """The button of another language, or of the plain way, was pressed: the form with what was typed, nothing done."""


@dataclass(frozen=True, slots=True, repr=False)
class _Settled:
    """What stands once all fields before the files are known."""

    use: Use
    wishes: Wishes
    taker: FileTaker
    deriving: asyncio.Future[ReceiptKeys]


class _Reception:
    """One POST of the report form. Its sending is shown as long as it is entered."""

    def __init__(self, services: Services, sending: Sending) -> None:
        self._services = services
        self.form = Form()
        self.sending = sending
        self._shown = ExitStack()
        self._is_shown = False
        self._receipt = new_receipt()
        self._settled: _Settled | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._shown.close()

    @property
    def language(self) -> Language:
        return self._services.pages.language(self.form.one(SWITCH_FIELD) or self.form.one(LANGUAGE_FIELD))

    @property
    def draft(self) -> str:
        return draft_of(self.form)

    @property
    def in_frame(self) -> bool:
        """Whether the answer is shown in a frame. Another language, or a form anew, is always a whole page."""
        return self.form.one(FRAMES_FIELD) == YES and not self._other_form

    @property
    def _other_form(self) -> bool:
        """Whether a button was pressed that asks for the form in another language, anew, or without frames."""
        to_plain = self.form.one(PLAIN_FIELD) == YES and self.form.one(FRAMES_FIELD) == YES
        return to_plain or bool(self.form.one(SWITCH_FIELD))

    def came(self, size: int) -> None:
        """Tell whoever watches that so much more has come. The mark is the first of the fields."""
        self.sending.came(size)
        if not self._is_shown and self.form.one("mark"):
            self._is_shown = True
            self._shown.enter_context(self._services.progress.send(self.sending, self.form.one("mark")))

    async def receive(self, request: web.Request) -> ReceiptView:
        """Return what the page with the code shows, once the report is in the store."""
        kept: list[ReceiptView] = []

        async def file_it(settled: _Settled, keys: ReceiptKeys) -> None:
            filed = await file_report(self._services, settled.wishes, self._receipt, keys, settled.taker.pending)
            kept.append(self._view(settled, filed, keys))

        try:
            await read_form(request, self._services.limits, self.form, self._take_file, self.came)
            settled = await self._settle()
            await to_its_end(file_it(settled, await settled.deriving))
        finally:
            await to_its_end(self._conclude(kept))
        self.sending.received = True
        self._services.kept_pages.forget(self.draft)
        return kept[0]

    async def _take_file(self, part: Part, _form: Form) -> None:
        settled = await self._settle()
        await settled.taker.take(part)

    async def _settle(self) -> _Settled:
        """Check everything but the files, once. Step 1."""
        if self._settled is not None:
            return self._settled
        if self._other_form:
            self._services.pointed_out.accept(self.draft, self.form.all(LOOKED_FIELD))
            raise _OtherForm
        services = self._services
        use, is_first = await services.marks.claim(self.form.one("mark"), REPORT_FORM)
        if not is_first:
            raise _SentBefore(use)
        try:
            roster = services.roster.open_roster()
            wishes = check_wishes(self.form, roster, self.language.code, services.config.languages)
            self._point_out()
            deriving = services.lane.derive_to_file(self._receipt, services.store.salt)
        except BaseException:
            use.give_back()
            raise
        allowance = Allowance(services.limits, services.budget, self.sending.total or None, deriving)
        taker = FileTaker(new_case_keys(), allowance, services.sandbox, services.store, self.sending)
        self._settled = _Settled(use, wishes, taker, deriving)
        return self._settled

    def _point_out(self) -> None:
        """Raise `PointsOut` when the text seems to say who wrote it, unless it shall go as it is."""
        services = self._services
        pointers = services.pointed_out.left_in(self.form, self.draft, services.config.phone)
        if pointers:
            raise PointsOut(pointers)

    async def _conclude(self, kept: Sequence[ReceiptView]) -> None:
        """Keep what the page shows for a second sending, or undo everything."""
        settled = self._settled
        if settled is None:
            return
        if kept:
            settled.use.spend(kept[0], _VIEW_BYTES + sum(one.bytes_kept for one in settled.taker.shown))
            return
        settled.deriving.cancel()
        await asyncio.gather(settled.deriving, return_exceptions=True)
        try:
            await settled.taker.drop()
        finally:
            settled.use.give_back()

    def _view(self, settled: _Settled, filed: Filed, keys: ReceiptKeys) -> ReceiptView:
        services = self._services
        session = services.sessions.open(
            self._receipt, keys, settled.taker.pending.keys, opened_by=settled.use, unseen=self.in_frame
        )
        return receipt_view(
            services,
            session,
            shown_on=filed.release_day,
            at_once=filed.at_once,
            readers=[member.label for member in settled.wishes.readers],
            files=settled.taker.shown,
            numbers=filed.numbers,
            text_hash=_hash_of_text(self.form),
        )


def _received(services: Services, reception: _Reception, view: ReceiptView) -> web.Response:
    if reception.in_frame:
        return received_in_frame(services, reception.language, fields_of(view.handle, reception.language))
    return receipt_page(services, view, reception.language)


def _hash_of_text(form: Form) -> bytes:
    return hashlib.sha256(form.one(TEXT_FIELD).strip().encode()).digest()


def _sent_before(services: Services, reception: _Reception, use: Use) -> web.Response:
    """Return what the first sending of the form was answered, or the way to it, or that it has been here before."""
    if isinstance(use.kept, ReceiptView):
        if not reception.in_frame and use.kept.text_hash != _hash_of_text(reception.form):
            return receipt_page(services, use.kept, reception.language, NOT_SENT_ANEW)
        return _received(services, reception, use.kept)
    language = reception.language
    if not reception.in_frame:
        return services.pages.plain(language, SENT_ALREADY, links=_WAYS_ON)
    session = services.sessions.opened_by(use)
    if session is None:
        return in_frame(services, language, reception.form, SENT_ALREADY, links=_WAYS_ON)
    # The answer may have been lost, and the second sending have taken longer than the page is kept.
    return received_in_frame(services, language, inbox_fields(session, language))


def _other_answer(
    services: Services,
    reception: _Reception,
    outcome: "_SentBefore | _OtherForm | PointsOut | FormRefused | CaseError",
) -> web.Response:
    """Return the answer to a form that did not become a report now."""
    language, form = reception.language, reception.form
    said, text_key = TRY_AGAIN, ""
    pointers: tuple[Pointer, ...] = ()
    match outcome:
        case _SentBefore(use=use):
            return _sent_before(services, reception, use)
        case _OtherForm():
            return form_page(services, language, form)
        case PointsOut():
            said, pointers = POINTS_TO_YOU, outcome.pointers
        case FormRefused():
            said, text_key = SENTENCES[outcome.text_key], outcome.text_key
        case NoEligibleReader():
            said = NOBODY_LEFT
        case RosterFault():
            # The plain way shows the page that says so, whatever is said here.
            said = NOT_OPEN
    if reception.in_frame:
        return in_frame(services, language, form, said, text_key, pointers=pointers)
    return form_page(services, language, form, said, text_key, pointers=pointers)
