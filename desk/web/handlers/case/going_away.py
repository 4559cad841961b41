"""Away from a page with text in it, to the case or to a page of the menu: the text is kept as a draft.

The notes of a call are on no disk: they are held in memory, as they are when the desk locks.

Without a script a page cannot stop who leaves it. So what leads away from a form is a button of the form, and takes the
text along.
"""

from typing import Final

from aiohttp import web

from desk.errors import HomeUnusable
from desk.web.local.forms import Form
from desk.web.services import MENU, SERVICES
from desk.web.views.pages import see

TO: Final = "to"
CANCEL: Final = "cancel"
_OF_A_CASE: Final = "/case/"
# What is worth a draft; and what a draft never holds.
_TEXTS: Final = ("text", "note", "words")
_NOT_KEPT: Final = frozenset({"do", TO, "token", "copy", "digest", "file"})


async def go_away(request: web.Request, form: Form) -> web.Response:
    """Keep what was typed in the form at this address as its draft, and go where the button says, or to the case.

    Of a page that belongs to no case it is held instead. A form without text leaves no draft, and takes back the one
    there was; so does Cancel.
    Raises UnknownCase, HomeUnusable, Locked.
    """
    desk = request.app[SERVICES].desk
    case_path, page = request.path.rsplit("/", 1)
    to = form.one(TO) if form.one(TO) in dict(MENU) else ""
    if not request.path.startswith(_OF_A_CASE):
        desk.hold(request.path, form)
        return see(to or "/")
    case = case_path.rsplit("/", 1)[1]
    # Of a case that this desk does not know nothing is kept.
    desk.reading().state.find(case)
    try:
        if has_text(form) and not form.has(CANCEL):
            desk.drafts.keep(case, page, {name: form.one(name) for name in form.fields if name not in _NOT_KEPT})
        else:
            desk.drafts.drop(case, page)
    except OSError as failed:
        raise HomeUnusable from failed
    return see(to or case_path)


def has_text(form: Form) -> bool:
    """Whether there is a text in a form that somebody would miss."""
    return any(form.one(name) for name in _TEXTS)
