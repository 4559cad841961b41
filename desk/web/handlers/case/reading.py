"""Read a file where it is: a page with nothing but the file, which the browser shows from memory.

The file is fetched and opened once, held until the desk locks or another is read, and handed out in pieces. It is part
of our own page and never a page itself: each way of showing has an address of its own, and the guard takes there what
that element asks for and nothing else.
"""

import asyncio
from typing import Final

from aiohttp import hdrs, web

from desk.errors import DeskError
from desk.keep.saving import checked, file_name
from desk.web.handlers.case.files import CSP, FILE, NOTHING_OF_OURS, file_in_address
from desk.web.handlers.case.opening import case_of, page_of
from desk.web.local.guard import SHOWN, Routes, nothing
from desk.web.services import CASE, SERVICES
from desk.web.views.case.files import file_shown, file_words
from desk.web.views.pages import answer
from desk.web.views.sentences import notice_for
from desk.work.case.opened import DeskCase
from desk.work.case.reading import ShownFile, Way, shown_file
from trusted.case.entry import Attachment

_READ: Final = CASE + "/read" + FILE
_PART: Final = SHOWN + "{way:[a-z]+}" + FILE + "/{part:[0-9]{1,3}}/{name}"
# Both browsers take less than they have asked for, and ask again.
_PIECE_BYTES: Final = 4 * 2**20
_PARTIAL, _BEYOND = 206, 416


async def show(request: web.Request) -> web.StreamResponse:
    """Show the page of one file; why not, where the browser could not do it without a trace."""
    services, case = request.app[SERVICES], await case_of(request)
    stream, attachment = file_in_address(request, case)
    addresses: list[str] = []
    way, notice = "", None
    try:
        shown = await _shown(request, case, attachment)
    except DeskError as failed:
        notice = notice_for(failed)
    else:
        way, name = shown.way.value, file_name(case.known.case_id, attachment, stream).rpartition(".")[0]
        beginning = f"{SHOWN}{way}/{attachment.file_id}"
        addresses = [f"{beginning}/{number}/{name}.{shown.ending}" for number in range(len(shown.parts))]
    page = page_of(
        request,
        "case/read.html",
        case,
        notice,
        name=file_words(stream, attachment, services.language),
        file=file_shown(case, stream, attachment, {}, services.language),
        way=way,
        addresses=addresses,
    )
    # The frame of every page stands last (services.py); here the file may be in one too.
    page.headers[CSP] += " 'self'; media-src 'self'"
    return page


async def part(request: web.Request) -> web.StreamResponse:
    """Hand out the file that is held, or the piece of it that the browser asks for; nothing of another."""
    shown, named = request.app[SERVICES].desk.shown, request.match_info
    number = int(named["part"])
    if shown is None or (shown.file_id, shown.way) != (named["file"], named["way"]) or number >= len(shown.parts):
        return nothing()
    content = shown.parts[number]
    try:
        asked = request.http_range
    except ValueError:
        return nothing()
    if shown.way in {Way.FRAME, Way.PICTURE} or asked.start is None:
        response = answer(content, content_type=shown.content_type)
    else:
        start, end, _ = asked.indices(len(content))
        end = min(end, start + _PIECE_BYTES)
        response = answer(content[start:end], status=_PARTIAL, content_type=shown.content_type)
        response.headers[hdrs.CONTENT_RANGE] = f"bytes {start}-{end - 1}/{len(content)}"
        if start >= end:
            response = answer(b"", status=_BEYOND, content_type=shown.content_type)
            response.headers[hdrs.CONTENT_RANGE] = f"bytes */{len(content)}"
    if shown.way in {Way.SOUND, Way.FILM}:
        response.headers[hdrs.ACCEPT_RANGES] = "bytes"
    response.headers[hdrs.CONTENT_DISPOSITION] = "inline"
    response.headers[CSP] = f"{NOTHING_OF_OURS}; frame-ancestors 'self'"
    return response


async def _shown(request: web.Request, case: DeskCase, attachment: Attachment) -> ShownFile:
    """Return the file as this browser shows it, held from now on. Raises NotShown, and as fetching does."""
    desk = request.app[SERVICES].desk
    if desk.shown is None or desk.shown.file_id != attachment.file_id:
        desk.shown = None
        async with desk.at_work() as book:
            clean = b"".join(checked(attachment, await book.attachment(case, attachment)))
        # Sent by Chromium and what is made of it, to addresses that no network can change.
        is_chromium = '"Chromium"' in request.headers.get("Sec-CH-UA", "")
        desk.shown = await asyncio.to_thread(
            shown_file, attachment.file_id, attachment.file_kind, clean, is_chromium=is_chromium
        )
    return desk.shown


ROUTES: Final[Routes] = {_READ: (show, None), _PART: (part, None)}
