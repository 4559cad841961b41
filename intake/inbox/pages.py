"""
The pages of the inbox but for writing: the case, a clean copy, taking back, withdrawing, ending, leaving. All by POST.

Acts that cannot be undone are asked once more on a page of their own, whose form carries the one-time token.
"""

from dataclasses import replace
from functools import partial
from typing import Final

from aiohttp import hdrs, web

from intake.http.result_pages import SECOND_HAND, draft_of
from intake.inbox.access import end_inbox
from intake.inbox.case import open_case, take_back_file, take_back_report, withdraw
from intake.inbox.files import clean_copy, require_vouched
from intake.inbox.once import act_once
from intake.inbox.show import (
    Visit,
    ask_once_more,
    form_language,
    in_session,
    inbox_again,
    inbox_page,
    sent_already,
    to_inbox,
)
from intake.inbox.view import inbox_view, may_end, may_withdraw
from intake.services import SERVICES
from intake.site.redirects import see_other
from intake.views.pages import FORGET, Cache, WaysOn
from intake.views.refusals import RefusalContext, refusal
from intake.views.texts import (
    ASK_TAKE_BACK,
    ASK_TAKE_BACK_FILE,
    ASK_WITHDRAW,
    ASK_WITHDRAW_FILE,
    FILE_TAKEN_BACK,
    FILE_WITHDRAWN,
    LEFT,
    LEFT_INBOX,
    N_,
    NO_SUCH_FILE,
    TAKEN_BACK,
    WITHDRAWN,
    Notice,
)
from intake.views.texts_inbox import ASK_END, END_NOT_YET, INBOX_ENDED
from trusted.case.entry import Attachment
from trusted.case.errors import NotAllowed, NotThere
from trusted.jail.stages import Refused
from trusted.web.errors import FileRefused, FormRefused
from trusted.web.form import Form, drain, read_form

TAKE_BACK_FORM: Final = "take-back"
WITHDRAW_FORM: Final = "withdraw"
END_FORM: Final = "end"
_MEDIA_TYPES: Final = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "tiff": "image/tiff",
    "pdf": "application/pdf",
    "text": "text/plain; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "sound": "audio/mpeg",
    "film": "video/mp4",
}
_ENDINGS: Final = {"text": "txt", "sound": "mp3", "film": "mp4"}
_NOT_SHOWN: Final = frozenset({"tiff", "csv", "sound", "film"})


async def inbox(request: web.Request) -> web.StreamResponse:
    """POST /inbox : the case as it is now."""
    return await in_session(request, inbox_again)


async def look_at_file(request: web.Request) -> web.StreamResponse:
    """POST /inbox/file : the way to the cleaned copy, which comes into a tab of its own (`show_file`)."""
    return await in_session(request, _send_to_file)


async def take_back(request: web.Request) -> web.StreamResponse:
    """POST /inbox/take-back : ask, and with the token of that page take back a file or the whole report."""
    return await in_session(request, ask_to_take_back)


async def withdraw_case(request: web.Request) -> web.StreamResponse:
    """POST /inbox/withdraw : ask, and with the token of that page withdraw a file or the whole report."""
    return await in_session(request, ask_to_withdraw)


async def end(request: web.Request) -> web.StreamResponse:
    """POST /inbox/end : ask, and with the token of that page end the inbox."""
    return await in_session(request, ask_to_end)


async def leave_inbox(request: web.Request) -> web.StreamResponse:
    """POST /inbox/leave : end all sessions of the case, or the draft, and have the browser forget the pages."""
    services = request.app[SERVICES]
    form = Form()
    try:
        await read_form(request, services.limits, form)
    except FormRefused:
        await drain(request, services.limits)
    services.result_pages.forget(draft_of(form))
    services.sessions.log_out(form.one("handle"))
    return services.pages.left(form_language(services, form), LEFT_INBOX if form.one("handle") else LEFT)


async def show_inbox(visit: Visit) -> web.StreamResponse:
    """Return the case as it is now. Raises what `open_case` raises."""
    return await inbox_page(visit.services, visit.session, visit.language)


async def _send_to_file(visit: Visit) -> web.StreamResponse:
    # A stream cannot be kept like a page: what is kept is the request, and it is answered when the address is fetched.
    address = visit.services.result_pages.keep_file_request(visit.session.handle, visit.form.one("file"))
    return see_other(address, visit.language.code)


async def show_file(visit: Visit) -> web.StreamResponse:
    """Return the cleaned copy as a stream, or the page that says why not. Raises what `open_case` raises."""
    opened = await open_case(visit.services, visit.session)
    attachment = opened.shown_file(visit.form.one("file"))
    if attachment is None:
        back = WaysOn(actions=(to_inbox(visit.session, visit.language),))
        return visit.services.pages.plain(visit.language, NO_SUCH_FILE, back)
    if opened.file(attachment.file_id) is None:
        try:
            await require_vouched(visit.services, opened, attachment)
        except (Refused, FileRefused) as refused:
            back = WaysOn(actions=(to_inbox(visit.session, visit.language),))
            notice = refusal(refused.text_key, RefusalContext.MEMBERS_FILE)
            return visit.services.pages.plain(visit.language, notice, back)
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
    # No browser shows TIFF or a table, and a sandboxed PDF is not shown by the built-in readers: the former are offered
    # for saving, the latter is shown without the sandbox. All have been rebuilt and verified, and no script may run.
    shown = "attachment" if attachment.file_kind in _NOT_SHOWN else "inline"
    ending = _ENDINGS.get(attachment.file_kind, attachment.file_kind)
    sandbox = "" if attachment.file_kind == "pdf" else "; sandbox"
    return web.StreamResponse(
        status=SECOND_HAND,
        headers={
            hdrs.CONTENT_TYPE: _MEDIA_TYPES.get(attachment.file_kind, "application/octet-stream"),
            hdrs.CONTENT_DISPOSITION: f'{shown}; filename="{number}.{ending}"',
            hdrs.CONTENT_LENGTH: str(attachment.size),
            hdrs.CACHE_CONTROL: Cache.NOTHING.value,
            "Content-Security-Policy": f"default-src 'none'; frame-ancestors 'none'{sandbox}",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    )


async def ask_to_take_back(visit: Visit) -> web.StreamResponse:
    """Ask once more, and with the token of that page take a file or the report back."""
    services, session = visit.services, visit.session
    if not visit.token:
        question = ASK_TAKE_BACK if visit.file_id is None else await _naming_file(visit, ASK_TAKE_BACK_FILE)
        return ask_once_more(visit, question, "/inbox/take-back", TAKE_BACK_FORM, N_("Yes, take it back"))

    async def take_it_back() -> None:
        if visit.file_id is None:
            await take_back_report(services, session)
            services.sessions.end_case(session.case.case_id)
        else:
            await take_back_file(services, session, visit.file_id)

    try:
        done = await act_once(visit, TAKE_BACK_FORM, visit.token, take_it_back)
    except NotAllowed as refused:
        return await inbox_page(services, session, visit.language, refusal(refused.text_key, RefusalContext.TAKE_BACK))
    if done is None:
        return sent_already(services, visit.form)
    if visit.file_id is None:
        response = services.pages.plain(visit.language, TAKEN_BACK)
        response.headers.update(FORGET)
        return response
    return await inbox_page(services, session, visit.language, FILE_TAKEN_BACK)


async def ask_to_withdraw(visit: Visit) -> web.StreamResponse:
    """Ask once more, and with the token of that page withdraw a file or the report."""
    services, session = visit.services, visit.session
    if not visit.token:
        if not may_withdraw(services, await open_case(services, session), visit.file_id):
            return await _cannot_be_withdrawn(visit)
        question = ASK_WITHDRAW if visit.file_id is None else await _naming_file(visit, ASK_WITHDRAW_FILE)
        return ask_once_more(visit, question, "/inbox/withdraw", WITHDRAW_FORM, N_("Yes, withdraw it"))

    async def withdraw_it() -> None:
        if not may_withdraw(services, await open_case(services, session), visit.file_id):
            raise NotAllowed
        await withdraw(services, session, visit.file_id)

    try:
        done = await act_once(visit, WITHDRAW_FORM, visit.token, withdraw_it)
    except NotAllowed:
        return await _cannot_be_withdrawn(visit)
    if done is None:
        return sent_already(services, visit.form)
    notice = WITHDRAWN if visit.file_id is None else await _naming_file(visit, FILE_WITHDRAWN)
    return await inbox_page(services, session, visit.language, notice)


async def ask_to_end(visit: Visit) -> web.StreamResponse:
    """Ask once more, and with the token of that page end the inbox."""
    services, session = visit.services, visit.session
    if not visit.token:
        if not may_end(services, await open_case(services, session)):
            return await inbox_page(services, session, visit.language, END_NOT_YET)
        return ask_once_more(visit, ASK_END, "/inbox/end", END_FORM, N_("Yes, end the inbox"))
    try:
        done = await act_once(visit, END_FORM, visit.token, partial(end_inbox, services, session))
    except NotAllowed:
        return await inbox_page(services, session, visit.language, END_NOT_YET)
    if done is None:
        return sent_already(services, visit.form)
    response = services.pages.plain(visit.language, INBOX_ENDED)
    response.headers.update(FORGET)
    return response


async def _naming_file(visit: Visit, notice: Notice) -> Notice:
    """Return the notice, translated, with the number and kind of the file that it is about."""
    view = inbox_view(visit.services, await open_case(visit.services, visit.session), visit.language)
    words = visit.language.translate_notice(notice)
    named = [f"{entry.headline}, {entry.kind}" for entry in view.entries if entry.file_id == visit.file_id]
    return replace(words, what=". ".join((*named, words.what)))


async def _cannot_be_withdrawn(visit: Visit) -> web.Response:
    """Return the case as it is now, which shows what can be done; only an old page, or a form made by hand, asks."""
    notice = None if visit.file_id is None else NO_SUCH_FILE
    return await inbox_page(visit.services, visit.session, visit.language, notice)
