"""A link to an earlier case: its number, among the notes.

The number is looked for among this member's own cases. Everybody who reads the notes learns with it that the earlier
case exists, so the page says that before anything is kept.
"""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from cases.case.timeline import CaseAction
from desk.errors import DeskError, HeldBack, UnknownCase, Usage
from desk.web.handlers.case.opening import AboutCase, about, do, done, form_page, open_case, written
from desk.web.local.forms import Form
from desk.web.local.guard import Routes
from desk.web.services import CASE, SERVICES, case_named, sent_form, typed_before
from desk.web.session.desk import Desk
from desk.web.views.case_line import case_number
from desk.web.views.pages import Notice
from desk.web.views.sentences import notice_for

_LINK: Final = CASE + "/link"
_KEEP: Final = "keep"


@dataclass(frozen=True, slots=True, repr=False)
class _Link:
    number: str
    words: str

    @property
    def text(self) -> str:
        return f"{self.number}\n{self.words}".strip()


async def ask(request: web.Request) -> web.StreamResponse:
    """Show the fields for the number, and for what belongs together."""
    return await _ask_page(request, typed_before(request))


async def link(request: web.Request) -> web.StreamResponse:
    """Show which case it is, and in the second step keep the link."""
    form = await sent_form(request)
    services = request.app[SERVICES]
    made = _Link(_as_number(form.one("number")), form.one("words"))
    try:
        written(made.text)
        earlier = await _earlier(services.desk, case_named(request), made.number)
        if form.has(_KEEP):
            await do(request, "link", made.text)
            return done(request)
        return await form_page(request, "case/link_found.html", CaseAction.NOTE, earlier=earlier, made=made)
    except (UnknownCase, HeldBack):
        raise
    except DeskError as refused:
        return await _ask_page(request, form, notice_for(refused), is_field=isinstance(refused, Usage))


async def _ask_page(
    request: web.Request, typed: Form, notice: Notice | None = None, *, is_field: bool = False
) -> web.Response:
    shown = {"number": typed.one("number"), "words": typed.one("words"), "is_field": is_field}
    return await form_page(request, "case/link.html", CaseAction.NOTE, notice, **shown)


async def _earlier(desk: Desk, this: str, number: str) -> list[AboutCase]:
    """Return this member's other cases of this number; seldom more than one. Raises Usage when there is none."""
    async with desk.at_work() as book:
        names = [
            name
            for name, known in book.state.case_list.cases.items()
            if name != this and case_number(known.case_id) == number
        ]
    found = []
    for name in names:
        try:
            found.append(about(await open_case(desk, name)))
        except UnknownCase:
            continue
    if not found:
        raise Usage("link.no_such_number")
    return found


def _as_number(typed: str) -> str:
    digits = "".join(one for one in typed if one.isascii() and one.isdigit())
    return f"{digits[:3]} {digits[3:]}"


ROUTES: Final[Routes] = {_LINK: (ask, link)}
