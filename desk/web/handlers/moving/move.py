"""A case passes to other readers: chosen and shown first, then sent to the colleague who signs second, and her page.

What is sent waits in the server's memory, sealed to her (docs/decisions/desk/0031); it can go by hand as a file
instead. It comes back with the form that signs, so that her desk keeps nothing of it on a disk.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from aiohttp import web

from cases.roster.chain import Roster
from desk.errors import DeskError, MoveRefused, NotNow, NotReachable, RosterBroken
from desk.web.handlers.deciding import Again, decided
from desk.web.local.forms import Form, FormRefused, SentTwice, read_form
from desk.web.local.forms_with_file import FileTooLarge, read_file_form
from desk.web.local.guard import Routes
from desk.web.services import CASE, ERROR_STATUS, SERVICES, case_named, sent_form, typed_before
from desk.web.session.unsent import case_to_decide_on
from desk.web.views.case.moving import (
    FIRST_DO,
    first_to_do,
    in_words,
    is_left,
    move_form,
    move_shown,
    needs_relock,
    offer_shown,
    person,
)
from desk.web.views.case_line import case_line, case_number, case_path
from desk.web.views.pages import N_, Notice, download, see
from desk.web.views.sentences import notice_for
from desk.web.views.written import inert_line
from desk.work import moves
from desk.work.case.casebook import Casebook
from desk.work.case.opened import DeskCase
from trusted.case.clock import today

MOVE: Final = CASE + "/move"
FILE: Final = MOVE + "/file"
SEND: Final = MOVE + "/send"
SENT: Final = MOVE + "/sent"
SIGN: Final = "/moves"
SIGNED: Final = "/moves/signed"
# For the menu: both pages belong to who reads.
_MEMBERS: Final = "/members"
_OVERVIEW: Final = "/"
# The file comes back as text in the form that signs, which is a third longer, beside a few small fields.
_FORM_BYTES_MAX: Final = moves.FILE_BYTES_MAX * 4 // 3 + 2**16
# Names neither the case nor who reads it.
_SAVED_AS: Final = "omlasning.bin"
_NO_REASON: Final = Notice(N_("Somebody is new to the case."), N_("Write to the reporter why."))
# By text key: which field of the form a refusal is about.
_WRONG: Final = {
    "move.too_few": "readers",
    "move.concerned": "readers",
    "move.no_member": "readers",
    "move.signer": "signer",
}
_NO_FILE: Final = Notice(
    N_("No file was chosen, or what was sent waits no more."),
    N_("Choose a file, or ask your colleague to send it again."),
)
_NOT_AGREED: Final = Notice(
    N_("You have not ticked that you have checked who reads, so nothing is signed."), N_("Look at them, and tick it.")
)


@dataclass(frozen=True, slots=True, repr=False)
class _Typed:
    readers: tuple[str, ...]
    signer: str
    reason: str


async def show(request: web.Request) -> web.StreamResponse:
    """Show who reads today, to be changed; or what was chosen before the lock came between."""
    case = await case_to_decide_on(request.app[SERVICES].desk, case_named(request))
    held = typed_before(request)
    return _form(request, case, _typed(held) if held.fields else None)


async def look(request: web.Request) -> web.StreamResponse:
    """Show what the move comes to, before the file is made."""
    form = await sent_form(request)
    typed = _typed(form)

    async def shown(book: Casebook, case: DeskCase) -> web.Response:
        if form.has("change"):
            return _form(request, case, typed)
        moves.require_move(book, case, typed.readers, typed.signer)
        return _look(request, case, typed)

    return await decided(request, form, shown, _again(request, typed))


def _look(request: web.Request, case: DeskCase, typed: _Typed) -> web.Response:
    services = request.app[SERVICES]
    roster = _roster(case)
    given = [one for one in roster.members if one.id in typed.readers]
    shown = move_shown(case, services.band.name, given, typed.reason, services.language)
    if shown.joining and not typed.reason:
        return _form(request, case, typed, _NO_REASON, "reason")
    signer = next(one for one in roster.members if one.id == typed.signer)
    return services.page(
        "move/look.html",
        _OVERVIEW,
        line=case_line(case, today(services.clock), services.language),
        move=shown,
        typed=typed,
        signer=person(signer, services.language),
    )


async def file(request: web.Request) -> web.StreamResponse:
    """Give out the file for the colleague who signs. It may be asked for again."""
    return await _hand_on(request, await read_form(request), _give_out)


async def send(request: web.Request) -> web.StreamResponse:
    """Let it wait at the server for the colleague who signs."""
    return await _hand_on(request, await sent_form(request), _let_wait)


async def _give_out(book: Casebook, case: DeskCase, signer: str, offered: bytes) -> web.Response:
    moves.keep_offer(book, case, signer)
    return download(offered, _SAVED_AS)


async def _let_wait(book: Casebook, case: DeskCase, signer: str, offered: bytes) -> web.Response:
    await moves.send_offer(book, case, signer, offered)
    return see(f"{case_path(case.known.case_id)}/move/sent")


async def _hand_on(
    request: web.Request,
    form: Form,
    by: Callable[[Casebook, DeskCase, str, bytes], Awaitable[web.Response]],
) -> web.StreamResponse:
    """Make the offer and hand it on. A refusal stands on the form, with everything that was typed."""
    typed = _typed(form)

    async def handed(book: Casebook, case: DeskCase) -> web.Response:
        moves.require_move(book, case, typed.readers, typed.signer)
        case = await moves.let_in(book, case, (typed.signer,), typed.reason)
        name = case.known.case_id.hex()
        offered = await moves.offer(book, name, typed.readers, typed.signer, typed.reason)
        return await by(book, case, typed.signer, offered)

    return await decided(request, form, handed, _again(request, typed))


async def sent(request: web.Request) -> web.StreamResponse:
    """Say who signs now."""
    services, name = request.app[SERVICES], case_named(request)
    cache = services.desk.reading().cache
    offer = None if cache is None else cache.index.offers.get(name)
    signer = services.language.translate(N_("your colleague")) if offer is None else inert_line(offer.signer)
    case_id = bytes.fromhex(name)
    return services.page("move/sent.html", _OVERVIEW, name=signer, number=case_number(case_id), path=case_path(case_id))


def _again(request: web.Request, typed: _Typed) -> Again:
    return lambda case, refused: _form(request, case, typed, notice_for(refused), _WRONG.get(refused.text_key, ""))


async def ask_for_file(request: web.Request) -> web.StreamResponse:
    """Show what waits at the server for this member's signature, and the field for a file that a colleague has made.

    Who comes to sign what was sent (`SIGN_SENT`) sees at once what changes, if one move waits.
    """
    services = request.app[SERVICES]
    try:
        async with services.desk.at_work() as book:
            offers = await moves.waiting_offers(book)
            if "sent" in request.query and len(offers) == 1:
                await book.sync()
                return _offer_page(request, await moves.read_offer(book, offers[0]), offers[0], None)
    except NotReachable:
        return _file_page(request, is_online=False)
    except DeskError as refused:
        return _file_page(request, notice_for(refused))
    return _file_page(request)


async def sign(request: web.Request) -> web.StreamResponse:
    """Show what a file comes to; sign it when it comes back with the tick."""
    services = request.app[SERVICES]
    try:
        sent = await read_file_form(request, _FORM_BYTES_MAX)
    except FileTooLarge:
        return _file_page(request, notice_for(MoveRefused()))
    if not services.desk.tokens.use(sent.form):
        raise SentTwice
    second_step = sent.form.has("offer")
    untrusted_file = _from_text(sent.form.one("offer")) if second_step else sent.file
    if sent.form.has("waiting"):
        untrusted_file = next(
            (one for one in services.desk.reading().offers if mark(one) == sent.form.one("waiting")), b""
        )
    if not untrusted_file:
        return _file_page(request, _NO_FILE)
    async with services.desk.at_work() as book:
        try:
            await book.sync()
            read = await moves.read_offer(book, untrusted_file)
            if not sent.form.has("agreed"):
                return _offer_page(request, read, untrusted_file, _NOT_AGREED if second_step else None)
            await moves.sign_offer(book, read)
        except DeskError as refused:
            return _file_page(request, notice_for(refused))
    return see(SIGNED)


async def signed(request: web.Request) -> web.StreamResponse:
    """Say that the case is locked with its new key."""
    return request.app[SERVICES].page("leave/signed.html", _MEMBERS, count=1, lines=())


def _form(
    request: web.Request, case: DeskCase, typed: _Typed | None, notice: Notice | None = None, wrong: str = ""
) -> web.Response:
    services = request.app[SERVICES]
    chosen = () if typed is None else (typed.readers, typed.signer, typed.reason)
    choices = move_form(case, services.language, *chosen)
    refused = notice is not None
    if notice is None and is_left(case):
        notice = notice_for(NotNow("move.aside"))
    elif notice is None and not choices.signers:
        notice = notice_for(MoveRefused("move.no_signer"))
    return services.page(
        "move/form.html",
        _OVERVIEW,
        notice=notice,
        status=ERROR_STATUS if refused else 200,
        line=case_line(case, today(services.clock), services.language),
        choices=choices,
        can_offer=bool(choices.signers) and not is_left(case),
        wrong=wrong,
        first=first_to_do(case, services.clock()),
        first_words=FIRST_DO,
        left=in_words(needs_relock(case), services.language),
    )


def _file_page(request: web.Request, notice: Notice | None = None, *, is_online: bool = True) -> web.Response:
    services = request.app[SERVICES]
    return services.page(
        "move/file.html",
        _MEMBERS,
        notice=notice,
        status=ERROR_STATUS if notice else 200,
        waiting=tuple(mark(one) for one in services.desk.reading().offers),
        is_online=is_online,
    )


def mark(offer: bytes) -> str:
    """Return what a form calls an offer that waits."""
    return blake2b(offer, digest_size=16).hexdigest()


def _offer_page(
    request: web.Request, read: moves.ReadOffer, untrusted_file: bytes, notice: Notice | None
) -> web.Response:
    services = request.app[SERVICES]
    is_waiting = read.checked is not None and untrusted_file in services.desk.reading().offers
    return services.page(
        "move/sign.html",
        _MEMBERS,
        notice=notice,
        status=ERROR_STATUS if notice else 200,
        line=case_line(read.case, today(services.clock), services.language),
        move=offer_shown(read, services.language),
        is_made=read.checked is None,
        # What was given as a file is over when nobody signs it.
        mark=mark(untrusted_file) if is_waiting else "",
        offer=base64.b64encode(untrusted_file).decode("ascii"),
    )


def _typed(form: Form) -> _Typed:
    return _Typed(form.all("reader"), form.one("signer"), form.one("reason"))


def _roster(case: DeskCase) -> Roster:
    if case.chain.current is None:
        raise RosterBroken
    return case.chain.current


def _from_text(untrusted_text: str) -> bytes:
    try:
        return base64.b64decode(untrusted_text, validate=True)
    except (binascii.Error, ValueError):
        raise FormRefused from None


ROUTES: Final[Routes] = {
    MOVE: (show, look),
    FILE: (show, file),
    SEND: (show, send),
    SENT: (sent, None),
    SIGN: (ask_for_file, sign),
    SIGNED: (signed, None),
}
