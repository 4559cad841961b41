"""One member at a form whose text a reporter will read: what she typed, and what becomes of it when it is not sent.

Nothing that was typed is lost by a refusal, by the lock, by a server that does not answer or by somebody else who wrote
first: it stands in the form again, and as a draft on the disk.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

from aiohttp import web

from cases.case.timeline import Rules
from cases.clock import today
from cases.entry import TEXT_CHARACTERS
from cases.sentences.file import AT_THE_DESK
from desk.errors import DayTooSoon, DeskError, Erased, FileUnreadable, HomeUnusable, NoText, NotReachable, UnknownCase
from desk.web.local.forms import Form
from desk.web.local.forms_with_file import FILE_FIELD, SentFile, read_form_with_file
from desk.web.services import ERROR_STATUS, SERVICES, Services, case_named, typed_before
from desk.web.session.cases import kept_case, shown_case
from desk.web.session.desk import Locked
from desk.web.views.pages import N_, Notice
from desk.web.views.sentences import notice_for
from desk.work.answers import FILE_BYTES_MAX
from desk.work.case.casebook import Casebook
from desk.work.case.opened import DeskCase

NOT_SENT: Final = Notice(N_("Not sent."), N_("The text is a draft. Press once more when the server answers."), "warn")
DRAFT_KEPT: Final = Notice(N_("The draft is kept on this computer, sealed."), "", "good")
DRAFTS_LOST: Final = Notice(
    N_("The drafts on this computer could not be read, and are lost."), N_("Write the text again."), "warn"
)
OK: Final = 200
TEXT: Final = "text"
DAY: Final = "by"
# What is worth a draft.
_TEXTS: Final = (TEXT, "note")


@dataclass(frozen=True, slots=True, repr=False)
class Sitting:
    """The case, the page of it, and what was sent by the browser."""

    services: Services
    case: str
    page: str
    form: Form
    file: SentFile

    @property
    def today(self) -> date:
        return today(self.services.clock)

    def keep_draft(self, fields: Mapping[str, str]) -> None:
        """Keep what was typed on the disk. Raises HomeUnusable."""
        try:
            self.services.desk.drafts.keep(self.case, self.page, fields)
        except OSError as failed:
            raise HomeUnusable from failed

    def drop_draft(self) -> None:
        """Forget the draft: it was sent. Raises HomeUnusable."""
        try:
            self.services.desk.drafts.drop(self.case, self.page)
        except OSError as failed:
            raise HomeUnusable from failed


@dataclass(frozen=True, slots=True, repr=False)
class OpenCase:
    """A case as it is now, and the rules of its server."""

    case: DeskCase
    rules: Rules


class ShowForm(Protocol):
    """Draws the form again: with the case, or without it when there is none to be had."""

    def __call__(
        self,
        sitting: Sitting,
        opened: OpenCase | None,
        *,
        notice: Notice | None = None,
        status: int = OK,
        invalid: str = "",
    ) -> web.Response:
        """Return the page. `invalid` is the field that the notice is about."""


async def arrived(request: web.Request, page: str) -> Sitting:
    """Return what is to stand in the form that is shown: what met the lock, or else the draft."""
    services, case = request.app[SERVICES], case_named(request)
    form = typed_before(request)
    if not form.fields:
        draft = services.desk.drafts.of(case, page)
        form = Form({name: (value,) for name, value in draft.items()})
    return Sitting(services, case, page, form, SentFile())


async def pressed(request: web.Request, page: str) -> Sitting:
    """Return what was sent. Raises FormUnreadable."""
    form, file = await read_form_with_file(request, FILE_BYTES_MAX)
    return Sitting(request.app[SERVICES], case_named(request), page, form, file)


async def open_case(sitting: Sitting) -> OpenCase:
    """Return the case as it is now. Raises what opening it raises; of one that is unknown, UnknownCase in any case."""
    async with sitting.services.desk.at_work() as book:
        try:
            await book.sync()
        except NotReachable:
            book.state.find(sitting.case)
            raise
        return OpenCase(await book.open(book.state.find(sitting.case)), book.rules)


@asynccontextmanager
async def case_to_write_to(sitting: Sitting) -> AsyncIterator[tuple[Casebook, OpenCase]]:
    """Yield the case as it is now with the book that writes to it, to one request at a time."""
    async with sitting.services.desk.at_work() as book:
        await book.sync()
        yield book, OpenCase(await book.open(book.state.find(sitting.case)), book.rules)


async def show_form(sitting: Sitting, show: ShowForm, notice: Notice | None = None) -> web.Response:
    """Return the form; without the server with what is known, so that a draft can be written."""
    if notice is None and sitting.services.desk.drafts.was_damaged and not sitting.form.fields:
        notice = DRAFTS_LOST
    desk = sitting.services.desk
    try:
        case = await shown_case(desk, sitting.case)
    except NotReachable as failed:
        # Raises UnknownCase: of a case that this desk does not know no form is shown.
        desk.reading().state.find(sitting.case)
        return show(sitting, None, notice=notice_for(failed))
    return show(sitting, OpenCase(case, desk.reading().rules), notice=notice)


async def guarded(
    sitting: Sitting,
    fields: Mapping[str, str],
    show: ShowForm,
    act: Callable[[Sitting], Awaitable[web.Response]],
) -> web.Response:
    """Do what was pressed. Whatever refuses it, the form is shown again with everything that was typed."""
    try:
        return await act(sitting)
    except (UnknownCase, Erased):
        raise
    except Locked:
        # Locked from another page while this one was on its way.
        sitting.services.desk.hold(f"/case/{sitting.case}/{sitting.page}", sitting.form)
        raise
    except NotReachable:
        _keep_what_was_typed(sitting, fields)
        return show(sitting, _kept(sitting), notice=NOT_SENT, status=ERROR_STATUS)
    except DeskError as refused:
        notice, invalid = notice_for(refused), _field_of(refused)
    _keep_what_was_typed(sitting, fields)
    opened: OpenCase | None
    try:
        opened = await open_case(sitting)
    except NotReachable:
        opened = _kept(sitting)
    return show(sitting, opened, notice=notice, status=ERROR_STATUS, invalid=invalid)


def _kept(sitting: Sitting) -> OpenCase | None:
    """Return the case as it was fetched last, if it was."""
    case = kept_case(sitting.services.desk, sitting.case)
    return None if case is None else OpenCase(case, sitting.services.desk.reading().rules)


def _keep_what_was_typed(sitting: Sitting, fields: Mapping[str, str]) -> None:
    if any(fields.get(name) for name in _TEXTS):
        sitting.keep_draft(fields)


def _field_of(refused: DeskError) -> str:
    """Return the field that a refusal is about; none for one that is about the case."""
    if isinstance(refused, NoText):
        return TEXT
    if isinstance(refused, DayTooSoon):
        return DAY
    return FILE_FIELD if refused.text_key in AT_THE_DESK else ""


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
