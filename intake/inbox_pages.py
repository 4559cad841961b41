"""
The pages with a case in them: coming back with the eight words, and everything done there. POST only.

Coming back. Words that open nothing cost and answer the same whether they never existed, were misread or their case is
erased: one Argon2id, one lookup, one page. Only the wrong number of words, which anybody can count, has its own
sentence. A log-in that is posted again from the tab's history opens nothing.

Acts that cannot be undone (take back, withdraw) are asked once more on a page of their own, whose form carries the
one-time mark. Nothing of these pages may be stored by the browser.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import hdrs, web

from cases.entry import Attachment
from cases.errors import CaseError, NotAllowed, NotThere, WrongReceipt
from cases.receipt import parse_receipt, text_contains_receipt
from intake.attachments import Allowance, CaseUnderWay, FileShown, FileTaker
from intake.errors import EmptyReport, FormRefused, HoldsTheCode, OldMark, TryAgainSoon
from intake.form import Form, Part, drain, read_form
from intake.inbox import (
    add_entries,
    clean_copy,
    find_case,
    open_case,
    take_back_file,
    take_back_report,
    withdraw,
    written,
)
from intake.inbox_view import answers_at_once, inbox_view
from intake.marks import Use
from intake.pages import LANGUAGE_FIELD, Action, Cache, Language, Link
from intake.services import SERVICES, Services
from intake.sessions import Session
from intake.shown import files_shown, limits_shown
from intake.texts import (
    ASK_TAKE_BACK,
    ASK_TAKE_BACK_FILE,
    ASK_WITHDRAW,
    ASK_WITHDRAW_FILE,
    FILE_TAKEN_BACK,
    FILE_WITHDRAWN,
    LEFT_INBOX,
    N_,
    NO_SUCH_FILE,
    RETURN_AGAIN,
    RETURN_BUSY,
    RETURN_OLD,
    SENT,
    SENT_ALREADY,
    SENTENCES,
    SESSION_OVER,
    TAKEN_BACK,
    TOO_LATE,
    TRY_AGAIN,
    WITHDRAWN,
    WRONG_CODE,
    WRONG_COUNT,
    Said,
)

RETURN_FORM: Final = "return"
WRITE_FORM: Final = "write"
TAKE_BACK_FORM: Final = "take-back"
WITHDRAW_FORM: Final = "withdraw"
_LOG_IN: Final = (Link("/return", N_("Log in with your case code")),)
_MEDIA_TYPES: Final = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "tiff": "image/tiff",
    "pdf": "application/pdf",
}
# The code is not shown again, so what is said elsewhere of typed text does not hold here.
_RETURN_REFUSALS: Final = defaultdict(
    lambda: RETURN_AGAIN, {WrongReceipt: WRONG_COUNT, OldMark: RETURN_OLD, TryAgainSoon: RETURN_BUSY}
)


async def return_form(request: web.Request) -> web.StreamResponse:
    """GET /return : ask for the eight words."""
    services = request.app[SERVICES]
    return _return_page(services, services.pages.language_of(request))


async def come_back(request: web.Request) -> web.StreamResponse:
    """POST /return : open the inbox, or say that the words open nothing."""
    services = request.app[SERVICES]
    form = Form()
    try:
        await read_form(request, services.limits, form)
        use, is_first = await services.marks.claim(form.one("mark"), RETURN_FORM)
    except FormRefused as refused:
        await drain(request, services.limits)
        return _return_page(services, _language(services, form), _RETURN_REFUSALS[type(refused)])
    language = _language(services, form)
    if not is_first:
        return services.pages.plain(language, SENT_ALREADY, links=_LOG_IN)
    try:
        return await _open_with_code(services, form.one("code"), language, use)
    except (WrongReceipt, FormRefused) as refused:
        return _return_page(services, language, _RETURN_REFUSALS[type(refused)])
    except CaseError:
        return services.pages.plain(language, TRY_AGAIN, links=_LOG_IN)
    finally:
        use.give_back()


async def inbox(request: web.Request) -> web.StreamResponse:
    """POST /inbox : the case as it is now."""
    return await _in_session(request, _show_inbox)


async def look_at_file(request: web.Request) -> web.StreamResponse:
    """POST /inbox/file : the cleaned copy, streamed into a tab of its own."""
    return await _in_session(request, _show_file)


async def take_back(request: web.Request) -> web.StreamResponse:
    """POST /inbox/take-back : ask, and with the mark of that page take back a file or the whole report."""
    return await _in_session(request, _take_back)


async def withdraw_case(request: web.Request) -> web.StreamResponse:
    """POST /inbox/withdraw : ask, and with the mark of that page withdraw a file or the whole report."""
    return await _in_session(request, _withdraw)


async def leave_inbox(request: web.Request) -> web.StreamResponse:
    """POST /inbox/leave : end the session, and have the browser forget the pages."""
    services = request.app[SERVICES]
    form = Form()
    try:
        await read_form(request, services.limits, form)
    except FormRefused:
        await drain(request, services.limits)
    services.sessions.end(form.one("handle"))
    response = services.pages.plain(_language(services, form), LEFT_INBOX)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


async def write(request: web.Request) -> web.StreamResponse:
    """POST /inbox/write : a message, files, or both."""
    services = request.app[SERVICES]
    form = Form()
    writing = _Writing(services, form)
    try:
        session = await writing.receive(request)
    except _SessionOver:
        await drain(request, services.limits)
        return services.pages.plain(_language(services, form), SESSION_OVER, links=_LOG_IN)
    except _SentBefore:
        await drain(request, services.limits)
        return _sent_already(services, form)
    except (FormRefused, CaseError) as refused:
        await drain(request, services.limits)
        said = SENTENCES.get(refused.text_key, TRY_AGAIN)
        return await _back_to_inbox(services, form, said, text=form.one("text"))
    return await _inbox_page(services, session, _language(services, form), SENT, files=writing.shown)


@dataclass(frozen=True, slots=True, repr=False)
class _Visit:
    """One request within a session."""

    request: web.Request
    services: Services
    form: Form
    session: Session
    language: Language

    @property
    def file_id(self) -> str | None:
        return self.form.one("file") or None


class _SessionOver(Exception):
    """The handle opens nothing any more."""


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
        self._settled: _Settled | None = None

    @property
    def shown(self) -> list[FileShown]:
        return [] if self._settled is None else self._settled.taker.shown

    async def receive(self, request: web.Request) -> Session:
        """Keep the message and its files; raises a `FormRefused` or `CaseError` and then keeps nothing."""
        done = False
        try:
            await read_form(request, self._services.limits, self._form, self._take_file)
            settled = await self._settle()
            bodies = written(self._form.one("text").strip(), settled.taker.case)
            if not bodies and not settled.taker.shown:
                raise EmptyReport
            if bodies:
                async with settled.session.turn:
                    opened = await open_case(self._services, settled.session)
                    at_once = answers_at_once(self._services, opened)
                    await add_entries(self._services, settled.session, settled.taker.case, bodies, at_once=at_once)
            done = True
            settled.use.spend()
        finally:
            if not done and self._settled is not None:
                try:
                    await self._settled.taker.drop()
                finally:
                    self._settled.use.give_back()
        return settled.session

    async def _take_file(self, part: Part, form: Form) -> None:
        settled = await self._settle()
        await settled.taker.take(part, form)

    async def _settle(self) -> _Settled:
        if self._settled is not None:
            return self._settled
        services = self._services
        session = services.sessions.find(self._form.one("handle"))
        if session is None:
            raise _SessionOver
        use, is_first = await services.marks.claim(self._form.one("mark"), WRITE_FORM)
        if not is_first:
            raise _SentBefore
        try:
            _demand_no_code(self._form.one("text"), session)
            opened = await open_case(services, session)
        except BaseException:
            use.give_back()
            raise
        case = CaseUnderWay(opened.keys, lambda: services.sessions.take_file_number(session, opened.next_number()))
        taker = FileTaker(case, Allowance(services.limits, services.budget), services.sandbox, services.store)
        self._settled = _Settled(use, session, taker)
        return self._settled


async def _open_with_code(services: Services, untrusted_code: str, language: Language, use: Use) -> web.StreamResponse:
    """Return the inbox that the words open, or the page that says they open none."""
    # `WrongReceipt` is only for the wrong number of words, and comes before anything is asked of the store.
    receipt = parse_receipt(untrusted_code)
    keys = await services.lane.derive(receipt, services.store.salt)
    session = await find_case(services, receipt, keys)
    if session is None:
        return _return_page(services, language, WRONG_CODE)
    use.spend()
    return await _inbox_page(services, session, language)


def _demand_no_code(text: str, session: Session) -> None:
    if text_contains_receipt(text, session.receipt):
        raise HoldsTheCode


async def _in_session(
    request: web.Request, act: Callable[[_Visit], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Read the form, find its session, and act; every way in which that can fail has its page."""
    services = request.app[SERVICES]
    form = Form()
    try:
        await read_form(request, services.limits, form)
    except FormRefused as refused:
        await drain(request, services.limits)
        return services.pages.plain(_language(services, form), SENTENCES[refused.text_key], links=_LOG_IN)
    language = _language(services, form)
    session = services.sessions.find(form.one("handle"))
    if session is None:
        return services.pages.plain(language, SESSION_OVER, links=_LOG_IN)
    try:
        return await act(_Visit(request, services, form, session, language))
    except NotThere:
        services.sessions.end(session.handle)
        return services.pages.plain(language, SESSION_OVER, links=_LOG_IN)
    except FormRefused as refused:
        return services.pages.plain(language, SENTENCES[refused.text_key], actions=(_to_inbox(session, language),))
    except CaseError:
        return services.pages.plain(language, TRY_AGAIN, actions=(_to_inbox(session, language),))


async def _show_inbox(visit: _Visit) -> web.StreamResponse:
    return await _inbox_page(visit.services, visit.session, visit.language)


async def _show_file(visit: _Visit) -> web.StreamResponse:
    opened = await open_case(visit.services, visit.session)
    entry = opened.file(visit.form.one("file"))
    if entry is None or not isinstance(entry.body, Attachment):
        to_inbox = (_to_inbox(visit.session, visit.language),)
        return visit.services.pages.plain(visit.language, NO_SUCH_FILE, actions=to_inbox)
    attachment = entry.body
    response: web.StreamResponse | None = None
    async for piece in clean_copy(visit.services, opened, attachment):
        if response is None:
            response = _file_response(attachment)
            await response.prepare(visit.request)
        await response.write(piece)
    if response is None:
        raise NotThere
    await response.write_eof()
    return response


def _file_response(attachment: Attachment) -> web.StreamResponse:
    """Return the answer that carries a cleaned copy; its name says nothing."""
    number = attachment.order + 1
    # No browser shows TIFF, and a sandboxed PDF is not shown by the built-in readers: the former is offered for saving,
    # the latter is shown without the sandbox. Both have been rebuilt and verified, and no script may run in any case.
    shown = "attachment" if attachment.file_kind == "tiff" else "inline"
    sandbox = "" if attachment.file_kind == "pdf" else "; sandbox"
    return web.StreamResponse(
        headers={
            hdrs.CONTENT_TYPE: _MEDIA_TYPES.get(attachment.file_kind, "application/octet-stream"),
            hdrs.CONTENT_DISPOSITION: f'{shown}; filename="{number}.{attachment.file_kind}"',
            hdrs.CONTENT_LENGTH: str(attachment.size),
            hdrs.CACHE_CONTROL: Cache.NOTHING.value,
            "Content-Security-Policy": f"default-src 'none'; frame-ancestors 'none'{sandbox}",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
    )


async def _take_back(visit: _Visit) -> web.StreamResponse:
    services, session = visit.services, visit.session
    if not visit.form.one("mark"):
        question = ASK_TAKE_BACK if visit.file_id is None else ASK_TAKE_BACK_FILE
        return _ask(visit, question, "/inbox/take-back", TAKE_BACK_FORM, N_("Yes, take it back"))
    use, is_first = await services.marks.claim(visit.form.one("mark"), TAKE_BACK_FORM)
    if not is_first:
        return _sent_already(services, visit.form)
    try:
        async with session.turn:
            if visit.file_id is None:
                await take_back_report(services, session)
            else:
                await take_back_file(services, session, visit.file_id)
        use.spend()
    except NotAllowed:
        return await _inbox_page(services, session, visit.language, TOO_LATE)
    finally:
        use.give_back()
    if visit.file_id is None:
        services.sessions.end(session.handle)
        response = services.pages.plain(visit.language, TAKEN_BACK)
        response.headers["Clear-Site-Data"] = '"cache"'
        return response
    return await _inbox_page(services, session, visit.language, FILE_TAKEN_BACK)


async def _withdraw(visit: _Visit) -> web.StreamResponse:
    services, session = visit.services, visit.session
    if not visit.form.one("mark"):
        question = ASK_WITHDRAW if visit.file_id is None else ASK_WITHDRAW_FILE
        return _ask(visit, question, "/inbox/withdraw", WITHDRAW_FORM, N_("Yes, withdraw it"))
    use, is_first = await services.marks.claim(visit.form.one("mark"), WITHDRAW_FORM)
    if not is_first:
        return _sent_already(services, visit.form)
    try:
        async with session.turn:
            await withdraw(services, session, visit.file_id)
        use.spend()
    finally:
        use.give_back()
    said = WITHDRAWN if visit.file_id is None else FILE_WITHDRAWN
    return await _inbox_page(services, session, visit.language, said)


def _ask(visit: _Visit, question: Said, path: str, form_name: str, label: str) -> web.Response:
    """Return the page that asks once more; its form carries the mark."""
    fields = [*_fields(visit.session, visit.language), ("mark", visit.services.marks.new(form_name))]
    if visit.file_id is not None:
        fields.append(("file", visit.file_id))
    yes = Action(path, fields, label, "danger")
    return visit.services.pages.plain(visit.language, question, actions=(yes, _to_inbox(visit.session, visit.language)))


def _sent_already(services: Services, form: Form) -> web.Response:
    """Return the plain page for a form that has been here before; nothing was done again."""
    language = _language(services, form)
    session = services.sessions.find(form.one("handle"))
    if session is None:
        return services.pages.plain(language, SENT_ALREADY, links=_LOG_IN)
    return services.pages.plain(language, SENT_ALREADY, actions=(_to_inbox(session, language),))


async def _back_to_inbox(services: Services, form: Form, said: Said, text: str) -> web.StreamResponse:
    """Return the inbox with the refusal and the typed text."""
    language = _language(services, form)
    session = services.sessions.find(form.one("handle"))
    if session is None:
        return services.pages.plain(language, SESSION_OVER, links=_LOG_IN)
    try:
        return await _inbox_page(services, session, language, said, text=text)
    except CaseError:
        return services.pages.plain(language, TRY_AGAIN, links=_LOG_IN)


async def _inbox_page(
    services: Services,
    session: Session,
    language: Language,
    said: Said | None = None,
    *,
    text: str = "",
    files: list[FileShown] | None = None,
) -> web.Response:
    opened = await open_case(services, session)
    return services.pages.page(
        "inbox.html",
        language,
        "/inbox",
        status=400 if said is not None and said.tone == "bad" else 200,
        cache=Cache.NOTHING,
        said=None if said is None else language.said(said),
        handle=session.handle,
        fields=_fields(session, language),
        write_mark=services.marks.new(WRITE_FORM),
        view=inbox_view(services, opened, language),
        files=files_shown(files or [], language),
        typed={"text": text},
        **limits_shown(services.limits),
    )


def _return_page(services: Services, language: Language, said: Said | None = None) -> web.Response:
    # What was typed is not shown again: the code is a secret, and the answer is then the same bytes whatever was typed.
    return services.pages.page(
        "return.html",
        language,
        "/return",
        status=200 if said is None else 400,
        said=None if said is None else language.said(said),
        fields=[("mark", services.marks.new(RETURN_FORM)), (LANGUAGE_FIELD, language.code)],
    )


def _fields(session: Session, language: Language) -> list[tuple[str, str]]:
    return [("handle", session.handle), (LANGUAGE_FIELD, language.code)]


def _to_inbox(session: Session, language: Language) -> Action:
    return Action("/inbox", _fields(session, language), N_("Back to the case"))


def _language(services: Services, form: Form) -> Language:
    return services.pages.language(form.one(LANGUAGE_FIELD))
