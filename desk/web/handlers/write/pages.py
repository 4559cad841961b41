"""Write to the reporter: step 1 the text, step 2 as the reporter will see it, then that it was sent.

Everything is sent to one address, and the button says what is wanted: a phrase added, the draft kept, the preview, back
to the text, sent. Only the last acts, and only once: with the form's token, and unless this member has written the
same since the form was shown, which is what Reload and a second press look like.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

from aiohttp import web

from cases.entry import Attachment, Body
from desk.errors import NotNow
from desk.web.handlers.write.sitting import (
    DRAFT_KEPT,
    OK,
    OpenCase,
    Sitting,
    arrived,
    case_to_write_to,
    guarded,
    open_case,
    pressed,
    require_file,
    require_text,
    show_form,
)
from desk.web.local.forms import Form
from desk.web.local.guard import Routes
from desk.web.services import CASE, ERROR_STATUS, SERVICES, case_named
from desk.web.session.cases import shown_case
from desk.web.views.case_line import case_path
from desk.web.views.pages import N_, Notice, answer, see
from desk.web.views.sentences import SENT_TWICE
from desk.web.views.writing.days_offered import day_of
from desk.web.views.writing.news import counted, is_written, news, own_since
from desk.web.views.writing.phrases import language_of_reporter
from desk.web.views.writing.sending import after_sending, file_words, sent_words, unsent_file
from desk.web.views.writing.write_form import REPLY, TypedMessage, action_of, write_form
from desk.work import acts, answers
from desk.work.case.casebook import Casebook
from desk.work.writing import require_now

WRITE: Final = f"{CASE}/write"
SENT: Final = f"{CASE}/sent"
PICTURE: Final = "/picture/cleaned/{case:[0-9a-f]{32}}/{handle}"
PAGE: Final = "write"
_FILE_GONE: Final = Notice(
    N_("The file was kept for ten minutes, and is gone now."), N_("Choose it once more, or send the text alone.")
)


async def show(request: web.Request) -> web.StreamResponse:
    """Show the form. `?act=` chooses what is sent, `?saved=1` says that the draft was kept."""
    sitting = await arrived(request, PAGE)
    if not sitting.form.fields and "act" in request.query:
        sitting = replace(sitting, form=Form({"act": (request.query["act"],)}))
    return await show_form(sitting, _form, DRAFT_KEPT if "saved" in request.query else None)


async def press(request: web.Request) -> web.StreamResponse:
    """Do what the button says."""
    sitting = await pressed(request, PAGE)
    act = _BUTTONS.get(sitting.form.one("do"), _preview)
    return await guarded(sitting, _fields(_typed(sitting)), _form, act)


async def sent(request: web.Request) -> web.StreamResponse:
    """Say what was sent last, and what happens now."""
    services = request.app[SERVICES]
    case = await shown_case(services.desk, case_named(request))
    words = sent_words(case, services.language)
    return services.page("write/sent.html", "/", words=words, path=case_path(case.known.case_id))


async def picture(request: web.Request) -> web.StreamResponse:
    """Return the small picture of the clean copy that waits to be sent."""
    services = request.app[SERVICES]
    held = services.desk.copy.of(case_named(request), request.match_info["handle"])
    if held is None:
        raise web.HTTPNotFound
    return answer(held.copy.preview, content_type="image/jpeg")


async def _add_phrase(sitting: Sitting) -> web.Response:
    opened = await open_case(sitting)
    info = language_of_reporter(opened.case.report.language)
    phrase = sitting.services.phrases.text(sitting.form.one("phrase"), info)
    text = "\n\n".join(part for part in (sitting.form.one("text"), phrase) if part)
    return _form(_with(sitting, text=text), opened)


async def _discard(sitting: Sitting) -> web.Response:
    """Forget the draft, and with it what was typed."""
    sitting.drop_draft()
    return see(case_path(bytes.fromhex(sitting.case)))


async def _keep_draft(sitting: Sitting) -> web.Response:
    async with sitting.services.desk.at_work() as book:
        # Of a case that this desk does not know nothing is kept.
        book.state.find(sitting.case)
    sitting.keep_draft(_fields(_typed(sitting)))
    return see(f"/case/{sitting.case}/write?saved=1")


async def _edit(sitting: Sitting) -> web.Response:
    return _form(sitting, await open_case(sitting))


async def _drop_file(sitting: Sitting) -> web.Response:
    sitting.services.desk.copy.drop()
    return _form(_with(sitting, copy=""), await open_case(sitting))


async def _preview(sitting: Sitting) -> web.Response:
    """Show what was typed as the reporter will see it; a file is cleaned first."""
    services = sitting.services
    opened = await open_case(sitting)
    came = news(opened.case, _typed(sitting).seen, services.language)
    if came is not None:
        return _written_meanwhile(sitting, opened, came)
    body = _body(sitting, opened.case.own_id, has_file=bool(sitting.file) or bool(_typed(sitting).copy))
    action = action_of(_typed(sitting).act)
    if action is None:
        raise NotNow
    require_now(opened.case, action)
    if sitting.file:
        content = require_file(sitting.file)
        async with services.desk.at_work() as book:
            sitting = _with(sitting, copy=services.desk.copy.hold(await answers.clean(book, opened.case, content)))
    elif _typed(sitting).copy and _held(sitting) is None:
        return _form(_with(sitting, copy=""), opened, notice=_FILE_GONE, status=ERROR_STATUS)
    return _preview_page(sitting, opened, body)


async def _send(sitting: Sitting) -> web.Response:
    """Send it, unless it was sent, somebody wrote meanwhile, or the form was used."""
    services, typed = sitting.services, _typed(sitting)
    is_first = services.desk.tokens.use(sitting.form.token)
    async with case_to_write_to(sitting) as (book, opened):
        body = _body(sitting, opened.case.own_id, has_file=bool(typed.copy))
        came = news(opened.case, typed.seen, services.language)
        if not _is_sent(sitting, opened, body):
            if not is_first:
                return _form(sitting, opened, notice=SENT_TWICE, status=ERROR_STATUS)
            if typed.copy and _held(sitting) is None:
                return _form(_with(sitting, copy=""), opened, notice=_FILE_GONE, status=ERROR_STATUS)
            if came is not None:
                return _written_meanwhile(sitting, opened, came, body)
            await _carry_out(book, sitting, opened, body)
    services.desk.copy.drop()
    sitting.drop_draft()
    return see(f"/case/{sitting.case}/sent")


async def _carry_out(book: Casebook, sitting: Sitting, opened: OpenCase, body: Body | None) -> None:
    typed, held = _typed(sitting), _held(sitting)
    action = action_of(typed.act)
    if action is None:
        raise NotNow
    if held is not None:
        await answers.attach(book, opened.case, body, held, action)
        return
    given = acts.ActInput(typed.text, book.keys.id, sitting.today, acts.ActChoices(day_of(typed.by)))
    await acts.carry_out(book, opened.case, acts.ACTS[typed.act], given)


def _is_sent(sitting: Sitting, opened: OpenCase, body: Body | None) -> bool:
    """Say whether this member has sent the same since the form was shown. Of a file the form names the digest."""
    seen = _typed(sitting).seen
    if _typed(sitting).copy:
        digest = sitting.form.one("digest")
        own = own_since(opened.case, seen)
        return any(isinstance(one, Attachment) and one.digest == digest for one in own)
    return body is not None and is_written(opened.case, seen, body)


def _body(sitting: Sitting, member: str, *, has_file: bool) -> Body | None:
    """Return the entry that the text becomes; None for a file without a text. Raises NoText, DayTooSoon."""
    typed = _typed(sitting)
    text = require_text(typed.text, may_be_empty=has_file and typed.act == REPLY)
    if typed.act not in acts.ACTS or action_of(typed.act) is None:
        raise NotNow
    if not text:
        return None
    given = acts.ActInput(text, member, sitting.today, acts.ActChoices(day_of(typed.by)))
    return acts.ACTS[typed.act].entries[0].body(given)


def _held(sitting: Sitting) -> answers.Cleaned | None:
    return sitting.services.desk.copy.of(sitting.case, _typed(sitting).copy)


def _typed(sitting: Sitting) -> TypedMessage:
    form = sitting.form
    return TypedMessage(form.one("act"), form.one("text"), form.one("by"), form.one("seen"), form.one("copy"))


def _with(sitting: Sitting, **fields: str) -> Sitting:
    """Return the sitting as if this had been typed."""
    return replace(sitting, form=Form({**sitting.form.fields, **{name: (value,) for name, value in fields.items()}}))


def _fields(typed: TypedMessage) -> Mapping[str, str]:
    """Return what a draft keeps. A file is not on the disk."""
    return {"act": typed.act, "text": typed.text, "by": typed.by, "seen": typed.seen}


def _form(
    sitting: Sitting,
    opened: OpenCase | None,
    *,
    notice: Notice | None = None,
    status: int = OK,
    invalid: str = "",
) -> web.Response:
    """Return step 1."""
    services, typed = sitting.services, _typed(sitting)
    case_id = bytes.fromhex(sitting.case)
    case = None if opened is None else opened.case
    form = write_form(case_id, case, typed, today=sitting.today, language=services.language, phrases=services.phrases)
    if case is not None and not form.choices:
        return services.page(
            "write/not_now.html", "/", number=form.number, typed=typed, path=case_path(case_id), status=ERROR_STATUS
        )
    held = _held(sitting)
    return services.page(
        "write/write.html",
        "/",
        notice=notice,
        status=status,
        form=form,
        typed=typed,
        path=case_path(case_id),
        file=None if held is None else file_words(held, services.reporter, services.language),
        invalid=invalid,
        is_draft=PAGE in services.desk.drafts.pages(sitting.case),
    )


def _preview_page(
    sitting: Sitting, opened: OpenCase, body: Body | None, *, notice: Notice | None = None, status: int = OK
) -> web.Response:
    """Return step 2."""
    services, typed, held = sitting.services, _typed(sitting), _held(sitting)
    bodies: list[Body] = [*(() if body is None else (body,)), *(() if held is None else (unsent_file(held),))]
    view = services.reporter.preview(opened.case, bodies, sitting.today, opened.rules)
    return services.page(
        "write/preview.html",
        "/",
        notice=notice,
        status=status,
        typed=replace(typed, seen=typed.seen or counted(opened.case)),
        view=view,
        path=case_path(opened.case.known.case_id),
        after=after_sending(opened.case, bodies, sitting.today, opened.rules, services.language),
        file=None if held is None else file_words(held, services.reporter, services.language),
    )


def _written_meanwhile(sitting: Sitting, opened: OpenCase, came: Notice, body: Body | None = None) -> web.Response:
    """Show what was typed again, with the count of now: a second press sends it."""
    sitting = _with(sitting, seen=counted(opened.case))
    sitting.keep_draft(_fields(_typed(sitting)))
    if body is None and not _typed(sitting).copy:
        return _form(sitting, opened, notice=came, status=ERROR_STATUS)
    return _preview_page(sitting, opened, body, notice=came, status=ERROR_STATUS)


_BUTTONS: Final[Mapping[str, Callable[[Sitting], Awaitable[web.Response]]]] = {
    "phrase": _add_phrase,
    "draft": _keep_draft,
    "discard": _discard,
    "edit": _edit,
    "drop-file": _drop_file,
    "preview": _preview,
    "send": _send,
}

ROUTES: Final[Routes] = {WRITE: (show, press), SENT: (sent, None), PICTURE: (picture, None)}
