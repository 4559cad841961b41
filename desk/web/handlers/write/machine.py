"""A form with a preview: step 1 what is typed, step 2 as the reporter will see it, then that it was sent.

Everything is sent to one address, and the button says what is wanted. What was typed is parsed once, into a frozen
value. Only the last button acts, and only once:

1. The form's one-time token is used up.
2. The case is taken as it is now; what was typed must still be something that it allows.
3. When this member has sent the same since the form was shown, it is done: that is what Reload and a second press are.
4. A token that was used before sends nothing.
5. When somebody else wrote meanwhile, the form comes back, with the count of now: a second press sends it.
6. It is carried out, and the draft goes.

Nothing that was typed is lost by a refusal, by the lock, by a server that does not answer or by somebody else who wrote
first: it stands in the form again, and as a draft on the disk.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from typing import Any, ClassVar, Final, Generic, TypeVar

from aiohttp import web

from cases.case.timeline import CaseAction, Rules
from cases.sentences.file import AT_THE_DESK
from desk.errors import (
    DayTooSoon,
    DeskError,
    Erased,
    FileUnreadable,
    HeldBack,
    HomeUnusable,
    NoText,
    NotReachable,
    UnknownCase,
)
from desk.web.local.forms import Form
from desk.web.local.forms_with_file import FILE_FIELD, SentFile, read_form_with_file
from desk.web.services import ERROR_STATUS, SERVICES, Services, case_named, typed_before
from desk.web.session.cases import kept_case, shown_case
from desk.web.session.desk import Locked
from desk.web.views.pages import N_, Notice, see
from desk.web.views.sentences import SENT_TWICE, notice_for
from desk.web.views.writing.news import counted, news
from desk.web.views.writing.typed import TypedText
from desk.work.answers import FILE_BYTES_MAX
from desk.work.case.casebook import Casebook
from desk.work.case.opened import DeskCase
from desk.work.writing import require_free
from trusted.case.clock import today
from trusted.case.entry import TEXT_CHARACTERS

NOT_SENT: Final = N_("Not sent.")
IS_DRAFT: Final = N_("The text is a draft. Press once more when the server answers.")
DRAFT_KEPT: Final = Notice(N_("The draft is kept on this computer, sealed."), "", "good")
DRAFTS_LOST: Final = Notice(
    N_("The drafts on this computer could not be read, and are lost."), N_("Write the text again."), "warn"
)
OK: Final = 200
TEXT: Final = "text"
DAY: Final = "by"
# What is worth a draft.
_TEXTS: Final = (TEXT, "note")


T = TypeVar("T", bound=TypedText)


@dataclass(frozen=True, slots=True, repr=False)
class Sitting(Generic[T]):
    """One member at such a form: the case, what the browser sent, and what that says."""

    services: Services
    case: str
    form: Form
    file: SentFile
    typed: T

    @property
    def path(self) -> str:
        return f"/case/{self.case}"

    @property
    def today(self) -> date:
        return today(self.services.clock)

    def typing(self, **changes: str) -> "Sitting[T]":
        """Return the sitting as if this had been typed."""
        return replace(self, typed=replace(self.typed, **changes))


@dataclass(frozen=True, slots=True, repr=False)
class OpenCase:
    """A case as it is now, and the rules of its server."""

    case: DeskCase
    rules: Rules


@dataclass(frozen=True, slots=True)
class Said:
    """What stands above a page: why it is shown again, and the field that this is about."""

    notice: Notice | None = None
    status: int = ERROR_STATUS
    invalid: str = ""


NOTHING_SAID: Final = Said(status=OK)
Press = Callable[[Sitting[T]], Awaitable[web.Response]]


class FormWithPreview(ABC, Generic[T]):
    """The machine; a page says what is typed in it, how it is shown, what it is checked for and what it does."""

    # The last part of the address, and the name of its draft; and of the page that says that it was sent.
    page: ClassVar[str]
    sent_page: ClassVar[str]
    # A field that is on no disk.
    not_in_a_draft: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, typed: type[T]) -> None:
        self._typed = typed
        self.buttons: dict[str, Press[T]] = {
            "draft": self._keep_draft,
            "edit": self._edit,
            "preview": self._preview,
            "send": self._send,
        }

    @abstractmethod
    def form(self, sitting: Sitting[T], opened: OpenCase | None, said: Said = NOTHING_SAID) -> web.Response:
        """Return step 1, without the case when there is none to be had."""

    @abstractmethod
    def preview(self, sitting: Sitting[T], opened: OpenCase, said: Said = NOTHING_SAID) -> web.Response:
        """Return step 2."""

    @abstractmethod
    def check(self, sitting: Sitting[T], opened: OpenCase) -> None:
        """Return if what was typed can be sent in this case now. Raises NoText, DayTooSoon, NotNow."""

    @abstractmethod
    def is_sent(self, sitting: Sitting[T], opened: OpenCase) -> bool:
        """Say whether this member has sent the same since the form was shown."""

    @abstractmethod
    async def carry_out(self, book: Casebook, sitting: Sitting[T], opened: OpenCase) -> None:
        """Send it."""

    def instead(self, _sitting: Sitting[T], _opened: OpenCase) -> web.Response | None:
        """Return what is to be shown in the place of the preview, if anything."""
        return None

    async def show(self, request: web.Request) -> web.StreamResponse:
        """Show the form with what met the lock, or else the draft.

        `?act=` chooses what is sent, `?saved=1` says that the draft was kept.
        """
        services, case = request.app[SERVICES], case_named(request)
        form = typed_before(request)
        notice = DRAFT_KEPT if "saved" in request.query else None
        if notice is None and services.desk.drafts.was_damaged and not form.fields:
            notice = DRAFTS_LOST
        if not form.fields and "act" in request.query:
            form = Form({"act": (request.query["act"],)})
        sitting = Sitting(services, case, form, SentFile(), self._parsed(form))
        try:
            shown = await shown_case(services.desk, case)
        except NotReachable as failed:
            # Raises UnknownCase: of a case that this desk does not know no form is shown.
            services.desk.reading().state.find(case)
            return self.form(sitting, None, Said(notice_for(failed), OK))
        return self.form(sitting, OpenCase(shown, services.desk.reading().rules), Said(notice, OK))

    async def press(self, request: web.Request) -> web.StreamResponse:
        """Do what the button says. Whatever refuses it, the form is shown again with everything that was typed."""
        form, file = await read_form_with_file(request, FILE_BYTES_MAX)
        sitting = Sitting(request.app[SERVICES], case_named(request), form, file, self._parsed(form))
        try:
            return await self.buttons.get(form.one("do"), self._preview)(sitting)
        except (UnknownCase, Erased):
            raise
        except HeldBack:
            self._keep_what_was_typed(sitting)
            raise
        except Locked:
            # Locked from another page while this one was on its way.
            sitting.services.desk.hold(f"{sitting.path}/{self.page}", form)
            raise
        except NotReachable as failed:
            self._keep_what_was_typed(sitting)
            language = sitting.services.language
            cause = language.notice(notice_for(failed))
            not_sent = Notice(f"{language.translate(NOT_SENT)} {cause.what}", IS_DRAFT, "warn")
            return self.form(sitting, _kept(sitting), Said(not_sent))
        except DeskError as refused:
            said = Said(notice_for(refused), invalid=_field_of(refused))
        self._keep_what_was_typed(sitting)
        opened: OpenCase | None
        try:
            opened = await open_case(sitting)
        except NotReachable:
            opened = _kept(sitting)
        return self.form(sitting, opened, said)

    def drop_draft(self, sitting: Sitting[T]) -> None:
        """Forget the draft. Raises HomeUnusable."""
        try:
            sitting.services.desk.drafts.drop(sitting.case, self.page)
        except OSError as failed:
            raise HomeUnusable from failed

    def done(self, sitting: Sitting[T]) -> web.Response:
        """Forget the draft, and go on to what was sent."""
        self.drop_draft(sitting)
        return see(f"{sitting.path}/{self.sent_page}")

    async def _keep_draft(self, sitting: Sitting[T]) -> web.Response:
        # Of a case that this desk does not know nothing is kept.
        sitting.services.desk.reading().state.find(sitting.case)
        self._keep(sitting)
        return see(f"{sitting.path}/{self.page}?saved=1")

    async def _edit(self, sitting: Sitting[T]) -> web.Response:
        return self.form(sitting, await open_case(sitting))

    async def _preview(self, sitting: Sitting[T]) -> web.Response:
        opened = await open_case(sitting)
        instead = self.instead(sitting, opened)
        if instead is not None:
            return instead
        came = news(opened.case, sitting.typed.seen, sitting.services.language)
        if came is not None:
            return self._written_meanwhile(sitting, opened, came, self.form)
        self.check(sitting, opened)
        return await self.prepare(sitting, opened)

    async def prepare(self, sitting: Sitting[T], opened: OpenCase) -> web.Response:
        """Return step 2 of what has been checked."""
        return self.preview(sitting, opened)

    async def _send(self, sitting: Sitting[T]) -> web.Response:
        # 1. and 2.
        is_first = sitting.services.desk.tokens.use(sitting.form)
        async with case_to_write_to(sitting) as (book, opened):
            self.check(sitting, opened)
            # 3.
            if not self.is_sent(sitting, opened):
                # 4.
                if not is_first:
                    return self.form(sitting, opened, Said(SENT_TWICE))
                # 5.
                came = news(opened.case, sitting.typed.seen, sitting.services.language)
                if came is not None:
                    return self._written_meanwhile(sitting, opened, came, self.preview)
                # 6.
                await self.carry_out(book, sitting, opened)
        return self.done(sitting)

    def _written_meanwhile(
        self, sitting: Sitting[T], opened: OpenCase, came: Notice, page: Callable[..., web.Response]
    ) -> web.Response:
        sitting = sitting.typing(seen=counted(opened.case))
        self._keep(sitting)
        return page(sitting, opened, Said(came))

    def _parsed(self, form: Form) -> T:
        return self._typed(**{one.name: form.one(one.name) for one in fields(self._typed)})

    def _drafted(self, sitting: Sitting[T]) -> Mapping[str, str]:
        typed: dict[str, Any] = asdict(sitting.typed)
        return {name: value for name, value in typed.items() if name not in self.not_in_a_draft}

    def _keep(self, sitting: Sitting[T]) -> None:
        try:
            sitting.services.desk.drafts.keep(sitting.case, self.page, self._drafted(sitting))
        except OSError as failed:
            raise HomeUnusable from failed

    def _keep_what_was_typed(self, sitting: Sitting[T]) -> None:
        drafted = self._drafted(sitting)
        if any(drafted.get(name) for name in _TEXTS):
            self._keep(sitting)


async def open_case(sitting: Sitting[T]) -> OpenCase:
    """Return the case as it is now. Raises as `case_to_write_to`."""
    async with case_to_write_to(sitting) as (_book, opened):
        return opened


@asynccontextmanager
async def case_to_write_to(sitting: Sitting[T]) -> AsyncIterator[tuple[Casebook, OpenCase]]:
    """Yield the case as it is now with the book that writes to it, to one request at a time.

    Raises what opening it raises; of one that is unknown UnknownCase, also when the server does not answer.
    """
    async with sitting.services.desk.at_work() as book:
        try:
            await book.sync()
        except NotReachable:
            book.state.find(sitting.case)
            raise
        case = await book.open(book.state.find(sitting.case))
        require_free(case, CaseAction.REPLY)
        yield book, OpenCase(case, book.rules)


def require_text(text: str, *, may_be_empty: bool = False) -> str:
    """Return the text. Raises NoText, also when it is too long."""
    if not text and not may_be_empty:
        raise NoText
    if len(text) > TEXT_CHARACTERS:
        raise NoText("usage.text_too_long")
    return text


def require_file(file: SentFile) -> bytes:
    """Return the bytes of the file. Raises FileUnreadable."""
    if file.is_too_large:
        raise FileUnreadable("file.too_large")
    return file.content


def _kept(sitting: Sitting[T]) -> OpenCase | None:
    """Return the case as it was fetched last, if it was."""
    case = kept_case(sitting.services.desk, sitting.case)
    return None if case is None else OpenCase(case, sitting.services.desk.reading().rules)


def _field_of(refused: DeskError) -> str:
    """Return the field that a refusal is about; none for one that is about the case."""
    if isinstance(refused, NoText):
        return "outcome" if refused.text_key == "close.no_outcome" else TEXT
    if isinstance(refused, DayTooSoon):
        return DAY
    return FILE_FIELD if refused.text_key in AT_THE_DESK else ""
