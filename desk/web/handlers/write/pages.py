"""Write to the reporter: a form with a preview (`machine`), phrases to begin with, a file that is cleaned first."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from aiohttp import web

from cases.case.timeline import CaseAction
from desk.errors import FileUnreadable, NotNow
from desk.web.handlers.write.machine import (
    NOTHING_SAID,
    OK,
    FormWithPreview,
    OpenCase,
    Said,
    Sitting,
    open_case,
    require_file,
    require_text,
)
from desk.web.local.guard import Routes
from desk.web.services import CASE, ERROR_STATUS, SERVICES, case_named
from desk.web.session.cases import shown_case
from desk.web.views.case.case_page import readers_in_words
from desk.web.views.case.held import relock_shown
from desk.web.views.case_line import case_number, case_path
from desk.web.views.pages import OTHERS_SEE, answer, see
from desk.web.views.writing.days_offered import day_of
from desk.web.views.writing.news import counted, is_written, own_since
from desk.web.views.writing.phrases import language_of_reporter
from desk.web.views.writing.sending import FileWords, after_sending, file_words, sent_words, unsent_file
from desk.web.views.writing.write_form import REPLY, TypedMessage, action_of, write_form
from desk.work import acts, answers
from desk.work.case.casebook import Casebook
from desk.work.writing import require_now
from trusted.case.entry import Attachment, Body

WRITE: Final = f"{CASE}/write"
SENT: Final = f"{CASE}/sent"
PICTURE: Final = "/picture/cleaned/{case:[0-9a-f]{32}}/{handle}"
Message = Sitting[TypedMessage]


class _Write(FormWithPreview[TypedMessage]):
    """A message of any kind, with a file or without."""

    page = "write"
    sent_page = "sent"
    not_in_a_draft = frozenset({"copy", "digest"})

    def __init__(self) -> None:
        super().__init__(TypedMessage)
        self.buttons |= {"phrase": self._add_phrase, "discard": self._discard, "drop-file": self._drop_file}

    async def _add_phrase(self, sitting: Message) -> web.Response:
        opened = await open_case(sitting)
        info = language_of_reporter(opened.case.report.language)
        phrase = sitting.services.phrases.text(sitting.form.one("phrase"), info)
        text = "\n\n".join(part for part in (sitting.typed.text, phrase) if part)
        # The keyboard stays where it was pressed: the text stands just beneath.
        return self.form(sitting.typing(text=text), opened, Said(status=OK, invalid="phrase"))

    async def _discard(self, sitting: Message) -> web.Response:
        """Forget the draft, and with it what was typed."""
        self.drop_draft(sitting)
        return see(sitting.path)

    async def _drop_file(self, sitting: Message) -> web.Response:
        sitting.services.desk.copy.drop()
        return self.form(sitting, await open_case(sitting))

    def check(self, sitting: Message, opened: OpenCase) -> None:
        """Return if the text is one, and the act one of the page's. Raises NoText, DayTooSoon, NotNow."""
        _action(sitting)
        _body(sitting, opened.case.own_id)

    async def prepare(self, sitting: Message, opened: OpenCase) -> web.Response:
        """Return step 2; a file is cleaned first."""
        copy = sitting.services.desk.copy
        require_now(opened.case, _action(sitting))
        if sitting.file:
            content = require_file(sitting.file)
            async with sitting.services.desk.at_work() as book:
                sitting = sitting.typing(copy=copy.hold(await answers.clean(book, opened.case, content)))
        elif sitting.typed.copy and _held(sitting) is None:
            raise FileUnreadable("file.gone")
        return self.preview(sitting, opened)

    def is_sent(self, sitting: Message, opened: OpenCase) -> bool:
        """Say whether this member has sent the same since the form was shown. Of a file the form names the digest."""
        typed = sitting.typed
        if typed.copy:
            own = own_since(opened.case, typed.seen)
            return any(isinstance(one, Attachment) and one.digest == typed.digest for one in own)
        body = _body(sitting, opened.case.own_id)
        return body is not None and is_written(opened.case, typed.seen, body)

    async def carry_out(self, book: Casebook, sitting: Message, opened: OpenCase) -> None:
        """Send the text, with the file if there is one. Raises FileUnreadable when that is gone."""
        typed, held = sitting.typed, _held(sitting)
        if held is not None:
            body = _body(sitting, opened.case.own_id)
            await answers.attach(book, opened.case, body, held, _action(sitting))
        elif typed.copy:
            raise FileUnreadable("file.gone")
        else:
            await acts.carry_out(book, opened.case, acts.ACTS[typed.act], _given(sitting, opened.case.own_id))

    def done(self, sitting: Message) -> web.Response:
        """Let go of the file too."""
        sitting.services.desk.copy.drop()
        return super().done(sitting)

    def form(self, sitting: Message, opened: OpenCase | None, said: Said = NOTHING_SAID) -> web.Response:
        """Return step 1; of a case that takes no message, that it does not."""
        services, typed = sitting.services, sitting.typed
        case_id, case = bytes.fromhex(sitting.case), None if opened is None else opened.case
        language, phrases = services.language, services.phrases
        form = write_form(case_id, case, typed, today=sitting.today, language=language, phrases=phrases)
        if case is not None and not form.choices:
            return services.page(
                "write/not_now.html", "/", number=form.number, typed=typed, path=sitting.path, status=ERROR_STATUS
            )
        return services.page(
            "write/write.html",
            "/",
            notice=said.notice,
            status=said.status,
            form=form,
            typed=typed,
            path=sitting.path,
            file=_file_words(sitting),
            invalid=said.invalid,
            is_draft=self.page in services.desk.drafts.pages(sitting.case),
        )

    def preview(self, sitting: Message, opened: OpenCase, said: Said = NOTHING_SAID) -> web.Response:
        """Return step 2."""
        services, held, body = sitting.services, _held(sitting), _body(sitting, opened.case.own_id)
        bodies: Sequence[Body] = [
            *(() if body is None else (body,)),
            *(() if held is None else (unsent_file(held),)),
        ]
        return services.page(
            "write/preview.html",
            "/",
            notice=said.notice,
            status=said.status,
            number=case_number(bytes.fromhex(sitting.case)),
            typed=replace(sitting.typed, seen=sitting.typed.seen or counted(opened.case)),
            readers=readers_in_words(opened.case, services.language),
            view=services.reporter.preview(opened.case, bodies, sitting.today, opened.rules),
            path=sitting.path,
            after=after_sending(opened.case, bodies, sitting.today, opened.rules, services.language),
            file=_file_words(sitting),
        )


async def sent(request: web.Request) -> web.StreamResponse:
    """Say what was sent last, and what happens now."""
    services = request.app[SERVICES]
    case = await shown_case(services.desk, case_named(request))
    words = sent_words(case, services.language)
    relock = relock_shown(case, services.clock(), services.language)
    others = services.language.translate(OTHERS_SEE)
    return services.page(
        "write/sent.html", "/", words=words, others=others, path=case_path(case.known.case_id), relock=relock
    )


async def picture(request: web.Request) -> web.StreamResponse:
    """Return the small picture of the clean copy that waits to be sent."""
    held = request.app[SERVICES].desk.copy.of(case_named(request), request.match_info["handle"])
    if held is None:
        raise web.HTTPNotFound
    return answer(held.copy.preview, content_type="image/jpeg")


def _action(sitting: Message) -> CaseAction:
    """Return what the case must allow. Raises NotNow for an act that is none of the page's."""
    action = action_of(sitting.typed.act)
    if action is None:
        raise NotNow
    return action


def _given(sitting: Message, member: str) -> acts.ActInput:
    return acts.ActInput(sitting.typed.text, member, sitting.today, acts.ActChoices(day_of(sitting.typed.by)))


def _body(sitting: Message, member: str) -> Body | None:
    """Return the entry that the text becomes; None for a file without a text. Raises NoText, DayTooSoon."""
    typed = sitting.typed
    has_file = bool(sitting.file) or bool(typed.copy)
    if not require_text(typed.text, may_be_empty=has_file and typed.act == REPLY):
        return None
    return acts.ACTS[typed.act].entries[0].body(_given(sitting, member))


def _held(sitting: Message) -> answers.Cleaned | None:
    return sitting.services.desk.copy.of(sitting.case, sitting.typed.copy)


def _file_words(sitting: Message) -> FileWords | None:
    held, services = _held(sitting), sitting.services
    return None if held is None else file_words(held, services.reporter, services.language)


_WRITE: Final = _Write()
ROUTES: Final[Routes] = {WRITE: (_WRITE.show, _WRITE.press), SENT: (sent, None), PICTURE: (picture, None)}
