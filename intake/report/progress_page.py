"""
How far a report has come: a page that is written line by line while it is looked at, in a tab of its own.

No script and no reloading: each state is a new line, and the style sheet shows the last one only. Where the tab was
closed the next look ends it. It ends by itself when the report is received, and after `WAIT_SECONDS` without a sending,
with a link that begins it again; a form that was refused is waited for again.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web
from markupsafe import Markup

from intake.services import SERVICES, Services
from intake.uploads.progress import Shown
from intake.views.pages import Language, answer
from intake.views.texts import N_
from trusted.forms.sending import Sending, Step
from trusted.web.connections import Connection

WAIT_SECONDS: Final = 20 * 60.0
LOOK_SECONDS: Final = 0.5
# Browsers paint nothing before the first kilobytes of a page have come.
_AHEAD: Final = b" " * 2048
_LINES: Final = b"LINES"
# Read aloud at each of these; the others only to the eye.
_SAID_ALOUD_EVERY: Final = 25

_READY: Final = N_("Once you send, progress is shown here.")
_PERCENT: Final = N_("%(percent)d per cent has arrived.")
_STEPS: Final = {
    Step.CLEANING: N_("File %(number)d is being cleaned."),
    Step.CLEAN: N_("File %(number)d is clean."),
    Step.NOT_TAKEN: N_("File %(number)d was not accepted. The answer says why."),
    Step.TO_BE_MENDED: N_("Something needs to be corrected. The answer comes when your browser has sent everything."),
}
_RECEIVED: Final = N_("Everything has arrived. Close this tab: your case code is shown where you sent the report.")
_REFUSED: Final = N_("Nothing is stored yet. Read the answer where you sent it; when you send again, it is shown here.")
_ENDED: Final = N_("Progress cannot be shown right now. You can still send.")
_WATCH: Final = N_("Show progress")


async def progress(request: web.Request) -> web.StreamResponse:
    """GET /progress/ID : how far the report whose form leads here has come."""
    services = request.app[SERVICES]
    language = services.pages.language_of(request)
    head, tail = _page(services, language, request.path)
    with services.progress.watch(request.match_info["id"]) as shown:
        response = web.StreamResponse(headers=answer(b"").headers)
        await response.prepare(request)
        await _write(request, response, head + _AHEAD)
        async for line in _lines(shown, language, request):
            await _write(request, response, line.encode())
        await _write(request, response, tail)
        await response.write_eof()
        return response


def _page(services: Services, language: Language, path: str) -> tuple[bytes, bytes]:
    """Return what comes before the lines, and what after. The path is an id of our own making."""
    body = services.pages.render("report/progress.html", language, path, lines=_LINES.decode())
    head, _, tail = body.partition(_LINES)
    return head, tail


async def _write(request: web.Request, response: web.StreamResponse, piece: bytes) -> None:
    """Write a piece, and wait until it is taken: the library would let 64 KiB of them wait."""
    await response.write(piece)
    await request.writer.drain()


async def _lines(shown: Shown, language: Language, request: web.Request) -> AsyncIterator[str]:
    """Yield a line for each state, until the report is received or nobody sends for a long while."""
    yield _line(language.in_template(_READY))
    while True:
        sending = await _next_sending(shown, request)
        if sending is None:
            yield _with_link(_ENDED, language, request)
            return
        async for line in _lines_of(sending, language, request):
            yield line
        if sending.received:
            yield _line(language.in_template(_RECEIVED))
            return
        yield _line(language.in_template(_REFUSED))
        if shown.sending is sending:
            shown.sending = None


async def _next_sending(shown: Shown, request: web.Request) -> Sending | None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    while shown.sending is None:
        if loop.time() - began > WAIT_SECONDS:
            return None
        await _look_again(request)
    return shown.sending


async def _lines_of(sending: Sending, language: Language, request: web.Request) -> AsyncIterator[str]:
    told, percent, said_aloud, read = 0, -1, 0, 0
    while True:
        # The page makes as much progress as what it shows; by itself it would be the first to make room for others.
        if isinstance(request.protocol, Connection):
            request.protocol.progressed(sending.read - read)
        read = sending.read
        # Looked at before the rest: what comes between the two looks is then in the lines.
        ended = sending.ended
        if not ended and sending.percent != percent:
            percent = sending.percent
            aloud = percent >= said_aloud + _SAID_ALOUD_EVERY
            said_aloud = percent if aloud else said_aloud
            yield _line(language.in_template(_PERCENT, percent=percent), percent, aloud=aloud)
        # The last of the lines is what is seen: while a file is being cleaned nothing comes, and this stays.
        for step, file in sending.steps[told:]:
            yield _line(language.in_template(_STEPS[step], number=file))
        told = len(sending.steps)
        if ended:
            return
        await _look_again(request)


async def _look_again(request: web.Request) -> None:
    """Wait for the next look. Raises ConnectionAbortedError when the tab was closed meanwhile."""
    await asyncio.sleep(LOOK_SECONDS)
    if not request.protocol.connected:
        raise ConnectionAbortedError


def _with_link(sentence: str, language: Language, request: web.Request) -> str:
    """Return a line with the way to see how far it has come."""
    link = Markup('<a href="{}?lang={}">{}</a>').format(request.path, language.code, language.in_template(_WATCH))
    return _line(Markup("{} {}").format(language.in_template(sentence), link))


def _line(sentence: Markup, percent: int | None = None, *, aloud: bool = True) -> str:
    """Return one state. Those that are not to be read aloud say so themselves."""
    quiet = Markup("") if aloud else Markup(' aria-live="off"')
    if percent is None:
        return Markup("<p{}>{}</p>\n").format(quiet, sentence)
    bar = Markup('<progress value="{}" max="100"></progress>').format(percent)
    return Markup("<p{}><label>{} {}</label></p>\n").format(quiet, sentence, bar)
