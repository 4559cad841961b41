"""The files of a case: the small picture of one, for our pages; and saving one, which takes it out of our care.

Both are opened in memory and handed to the browser; nothing is written here, and nothing is kept. Neither is ever a
page: the small picture can only be a picture, and a saved file only a download.
"""

from typing import Final

from aiohttp import hdrs, web

from desk.errors import DeskError, UnknownCase
from desk.keep.saving import checked, checked_preview, file_name
from desk.web.handlers.case.opening import case_of, page_of
from desk.web.local.forms import read_form
from desk.web.local.guard import HEADERS, Routes, nothing
from desk.web.services import CASE, SERVICES
from desk.web.views.case.files import file_words
from desk.web.views.pages import Notice, answer
from desk.web.views.sentences import notice_for
from desk.work.case.opened import DeskCase
from trusted.case.entry import Attachment, Stream

FILE: Final = "/{file:[0-9a-f]{32}}"
_PICTURE: Final = "/picture/{case:[0-9a-f]{32}}" + FILE
_SAVE: Final = CASE + "/save" + FILE
# Neither a script nor a form nor a plugin of a file that is opened in its own right would be ours.
NOTHING_OF_OURS: Final = "sandbox; default-src 'none'"
CSP: Final = "Content-Security-Policy"


async def picture(request: web.Request) -> web.StreamResponse:
    """Return the small picture of a file; nothing where there is none, and the page shows its words instead."""
    desk = request.app[SERVICES].desk
    try:
        case = await case_of(request)
        _stream, attachment = file_in_address(request, case)
        async with desk.at_work() as book:
            preview = checked_preview(await book.preview(case, attachment))
    except DeskError:
        return nothing()
    response = answer(preview, content_type="image/jpeg")
    response.headers[CSP] = NOTHING_OF_OURS
    return response


async def ask(request: web.Request) -> web.StreamResponse:
    """Say what saving means."""
    return _asked(request, await case_of(request))


async def save(request: web.Request) -> web.StreamResponse:
    """Hand the file to the browser as a download, once it is known to be the one that the case names."""
    # It counts as often as it is sent: the page stays, and saving twice does no harm.
    await read_form(request)
    case = await case_of(request)
    stream, attachment = file_in_address(request, case)
    try:
        async with request.app[SERVICES].desk.at_work() as book:
            pieces = checked(attachment, await book.attachment(case, attachment))
    except DeskError as failed:
        return _asked(request, case, notice_for(failed))
    response = web.StreamResponse(
        headers={
            **HEADERS,
            CSP: NOTHING_OF_OURS,
            hdrs.CONTENT_TYPE: "application/octet-stream",
            # A name of our own: the case's short name and a number.
            hdrs.CONTENT_DISPOSITION: f'attachment; filename="{file_name(case.known.case_id, attachment, stream)}"',
        }
    )
    response.content_length = sum(map(len, pieces))
    await response.prepare(request)
    for piece in pieces:
        await response.write(piece)
    await response.write_eof()
    return response


def _asked(request: web.Request, case: DeskCase, notice: Notice | None = None) -> web.StreamResponse:
    name = file_words(*file_in_address(request, case), request.app[SERVICES].language)
    return page_of(request, "case/save.html", case, notice, file=name)


def file_in_address(request: web.Request, case: DeskCase) -> tuple[Stream, Attachment]:
    """Return the file in the address: of this case, and not withdrawn. Raises UnknownCase."""
    wanted = request.match_info["file"]
    found = next(((stream, one) for stream, one in case.files_shown if one.file_id == wanted), None)
    if found is None:
        raise UnknownCase
    return found


ROUTES: Final[Routes] = {_PICTURE: (picture, None), _SAVE: (ask, save)}
