"""The case that a page is about, and how an act on it ends: the few lines that all pages of a case begin and end with.

A case that cannot be opened says the same whether it never was, was moved away from this member, or was erased; for two
releases after a move, with her or without, that it is being locked again.
"""

from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from cases.case.timeline import CaseAction
from desk.errors import Erased, HomeUnusable, NoText, UnknownCase
from desk.web.services import ERROR_STATUS, SERVICES, case_named
from desk.web.session.cases import as_shown, shown_case
from desk.web.session.desk import Desk
from desk.web.views.case.case_page import case_title
from desk.web.views.case_line import case_number, case_path
from desk.web.views.pages import Notice, see
from desk.work import acts
from desk.work.case.opened import DeskCase
from desk.work.writing import require_now
from trusted.case.entry import TEXT_CHARACTERS

TEXT: Final = "text"


@dataclass(frozen=True, slots=True, repr=False)
class AboutCase:
    """What a page of an act says of its case."""

    path: str
    number: str
    title: str


async def case_of(request: web.Request) -> DeskCase:
    """Return the case in the address. Raises UnknownCase, ServerRefused as `as_shown` says."""
    return await open_case(request.app[SERVICES].desk, case_named(request))


async def open_case(desk: Desk, name: str) -> DeskCase:
    """Return the case of this name. Raises as `case_of`."""
    with as_shown(desk, name):
        return await shown_case(desk, name)


async def allowing(request: web.Request, action: CaseAction) -> DeskCase:
    """Return the case in the address when it allows this now. Raises NotNow, UnknownCase."""
    case = await case_of(request)
    require_now(case, action)
    return case


async def do(request: web.Request, act: str, text: str) -> None:
    """Carry out an act of `desk.work.acts` on the case in the address. Raises as that does, and UnknownCase."""
    try:
        async with request.app[SERVICES].desk.at_work() as book:
            await book.sync()
            await acts.do(book, act, case_named(request), text)
    except Erased:
        raise UnknownCase from None


async def form_page(
    request: web.Request, template: str, action: CaseAction, notice: Notice | None = None, **context: Any
) -> web.Response:
    """Return a page of an act; with a notice it is the form again, also of a case that no longer allows the act."""
    case = await (allowing(request, action) if notice is None else case_of(request))
    return page_of(request, template, case, notice, **context)


def page_of(
    request: web.Request, template: str, case: DeskCase, notice: Notice | None = None, **context: Any
) -> web.Response:
    """Return a page about a case; with a notice the form was refused."""
    services, status = request.app[SERVICES], 200 if notice is None else ERROR_STATUS
    context = {"case": about(case), "here_path": request.path, **context}
    return services.page(template, "/", notice=notice, status=status, **context)


def done(request: web.Request) -> web.Response:
    """Forget the draft, and go to the case, which says what has been done. Raises HomeUnusable."""
    path, act = request.path.rsplit("/", 1)
    try:
        request.app[SERVICES].desk.drafts.drop(case_named(request), act)
    except OSError as failed:
        raise HomeUnusable from failed
    return see(f"{path}?done={act}")


def about(case: DeskCase) -> AboutCase:
    """Return what the page of an act says of its case."""
    return AboutCase(case_path(case.known.case_id), case_number(case.known.case_id), case_title(case))


def written(text: str, most: int = TEXT_CHARACTERS) -> str:
    """Return the text that was typed. Raises NoText, also when it is too long."""
    if not text:
        raise NoText
    if len(text) > most:
        raise NoText("usage.text_too_long")
    return text
