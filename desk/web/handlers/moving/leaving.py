"""A member leaves: all her cases are offered to those who stay, in one act; a colleague signs what waits together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from desk.errors import DeskError, NotNow, NotReachable
from desk.web.handlers.case.held import LONG, NO_REASON, REFUSED
from desk.web.handlers.moving.move import mark
from desk.web.local.forms import Form
from desk.web.local.guard import Routes
from desk.web.services import ERROR_STATUS, SERVICES, sent_form, typed_before
from desk.web.views.case.case_page import case_title
from desk.web.views.case.moving import MoveShown, in_words, offer_shown, person
from desk.web.views.case_line import case_number
from desk.web.views.pages import N_, Language, Notice, see
from desk.web.views.sentences import notice_for, sentences_for
from desk.web.views.written import inert_line
from desk.work import moves
from desk.work.case.casebook import Casebook
from desk.work.case.opened import DeskCase
from desk.work.leaving import Planned, offer_all, plan, who_can_leave
from trusted.case.entry import SHORT_CHARACTERS

LEAVES: Final = "/members/leaves"
SEND: Final = LEAVES + "/send"
SIGN_ALL: Final = "/moves/all"
REFUSE_ONE: Final = "/moves/refuse"
REFUSED_ONE: Final = "/moves/refused"
_MEMBERS: Final = "/members"
_NOTE: Final = N_("Locked again without %(name)s, who leaves.")
_NOBODY: Final = Notice(N_("You have not said who leaves, or who signs."), N_("Choose two who are not the same."))
_NO_REASON: Final = Notice(N_("Somebody is new to a case."), N_("Write to the reporters why."))
_NO_CASES: Final = Notice(N_("You read no case of which this member has the key."), N_("Your colleagues see theirs."))
_NOT_AGREED: Final = Notice(
    N_("Nothing is signed yet."), N_("Read who gets the key, and tick the box when it is what you have agreed on.")
)


@dataclass(frozen=True, slots=True, repr=False)
class _Line:
    """One case in words: what becomes of it, or why nothing does."""

    number: str
    title: str
    move: MoveShown | None = None
    readers: str = ""
    signer: str = ""
    refused: str = ""
    mark: str = ""


async def show(request: web.Request) -> web.StreamResponse:
    """Show the choices."""
    services = request.app[SERVICES]
    async with services.desk.at_work() as book:
        if book.chain is None:
            await book.sync()
        return _form(request, book, typed_before(request))


async def look(request: web.Request) -> web.StreamResponse:
    """Show what it comes to, case by case, before anything is offered."""
    form, services = await sent_form(request), request.app[SERVICES]
    async with services.desk.at_work() as book:
        try:
            await book.sync()
            if form.has("change"):
                return _form(request, book, form)
            planned = await _planned(book, form)
            notice = _refused(book, form, planned)
        except DeskError as failed:
            planned, notice = (), notice_for(failed)
        if notice is not None:
            return _form(request, book, form, notice)
        return services.page(
            "leave/look.html",
            _MEMBERS,
            typed=form,
            lines=[_line(one, services.language) for one in planned],
            leaver=_name(book, form.one("leaver")),
            can=sum(not one.refused for one in planned),
        )


async def send(request: web.Request) -> web.StreamResponse:
    """Offer them all, and say whose signature they wait for. Pressed again it goes on where it broke off."""
    form, services = await sent_form(request), request.app[SERVICES]
    language = services.language
    async with services.desk.at_work() as book:
        try:
            await book.sync()
            planned = await _planned(book, form)
            if notice := _refused(book, form, planned):
                return _form(request, book, form, notice)
            note = language.translate(_NOTE, name=_name(book, form.one("leaver")))
            failed = await offer_all(book, planned, form.one("reason"), note)
        except DeskError as refused:
            return _form(request, book, form, notice_for(refused))
    lines = [_failed(one.case, one.failed, language) for one in failed]
    lines += [_line(one, language) for one in planned if one.refused]
    offered = [one for one in planned if not one.refused and one.case not in [broken.case for broken in failed]]
    signers = dict.fromkeys(inert_line(one.signer.name) for one in offered if one.signer is not None)
    names = in_words(list(signers), language)
    return services.page("leave/sent.html", _MEMBERS, count=len(offered), names=names, lines=lines)


async def show_all(request: web.Request) -> web.StreamResponse:
    """Show everything that waits for this member's signature, each checked by this desk."""
    return await _all(request)


async def sign_all(request: web.Request) -> web.StreamResponse:
    """Sign what was shown. What breaks off in between is signed by pressing again."""
    form = await sent_form(request)
    if not form.has("agreed"):
        return await _all(request, _NOT_AGREED)
    services, signed = request.app[SERVICES], 0
    failed: list[_Line] = []
    async with services.desk.at_work() as book:
        await book.sync()
        for one in await moves.waiting_offers(book):
            if mark(one) not in form.all("waiting"):
                continue
            try:
                read = await moves.read_offer(book, one)
                await moves.sign_offer(book, read)
                signed += 1
            except NotReachable:
                raise
            except DeskError as refused:
                failed.append(_broken(refused, services.language))
        await moves.waiting_offers(book)
    return services.page("leave/signed.html", _MEMBERS, count=signed, lines=failed)


async def refuse(request: web.Request) -> web.StreamResponse:
    """Refuse one of those that wait, with a reason: a note says so to those who read the case."""
    form, services = await sent_form(request), request.app[SERVICES]
    reason = form.one("reason")
    if not reason or len(reason) > SHORT_CHARACTERS:
        return await _all(request, LONG if reason else NO_REASON, form)
    text = "\n\n".join((services.language.translate(REFUSED), reason))
    async with services.desk.at_work() as book:
        await book.sync()
        offers = [one for one in await moves.waiting_offers(book) if mark(one) == form.one("move")]
        try:
            for one in offers:
                await moves.refuse_offer(book, one, text)
            await moves.waiting_offers(book)
            failed = None if offers else notice_for(NotNow())
        except NotReachable:
            raise
        except DeskError as refused:
            failed = notice_for(refused)
    return see(REFUSED_ONE) if failed is None else await _all(request, failed, form)


async def refused(request: web.Request) -> web.StreamResponse:
    """Say who reads why, and what else waits."""
    services = request.app[SERVICES]
    return services.page("leave/refused.html", _MEMBERS, waiting=len(services.desk.reading().offers))


async def _all(request: web.Request, notice: Notice | None = None, typed: Form | None = None) -> web.Response:
    services, lines = request.app[SERVICES], list[_Line]()
    typed = typed or Form({})
    async with services.desk.at_work() as book:
        await book.sync()
        for one in await moves.waiting_offers(book):
            try:
                read = await moves.read_offer(book, one)
                move = offer_shown(read, services.language)
                number, title = case_number(read.case.known.case_id), case_title(read.case)
                lines.append(_Line(number, title, move, mark=mark(one)))
            except NotReachable:
                raise
            except DeskError as refused:
                lines.append(_broken(refused, services.language))
    status = ERROR_STATUS if notice else 200
    can = sum(bool(one.mark) for one in lines)
    return services.page("leave/sign.html", _MEMBERS, notice=notice, status=status, lines=lines, can=can, typed=typed)


def _form(request: web.Request, book: Casebook, form: Form, notice: Notice | None = None) -> web.Response:
    services = request.app[SERVICES]
    current = None if book.chain is None else book.chain.current
    stay = [one for one in (() if current is None else current.members) if one.id != book.keys.id]
    return services.page(
        "leave/form.html",
        _MEMBERS,
        notice=notice,
        status=ERROR_STATUS if notice else 200,
        leavers=[person(one, services.language) for one in who_can_leave(book)],
        stay=[person(one, services.language) for one in stay],
        typed=form,
    )


async def _planned(book: Casebook, form: Form) -> tuple[Planned, ...]:
    return await plan(book, form.one("leaver"), form.all("reader"), form.one("signer"))


def _refused(book: Casebook, form: Form, planned: Sequence[Planned]) -> Notice | None:
    leaver, signer = form.one("leaver"), form.one("signer")
    if leaver not in {one.id for one in who_can_leave(book)} or signer in {"", leaver}:
        return _NOBODY
    if not planned:
        return _NO_CASES
    return _NO_REASON if any(one.joining for one in planned) and not form.one("reason") else None


def _name(book: Casebook, member: str) -> str:
    return next((inert_line(one.name) for one in who_can_leave(book) if one.id == member), "")


def _line(planned: Planned, language: Language) -> _Line:
    refused = language.notice(sentences_for(planned.refused)) if planned.refused else None
    return _Line(
        number=case_number(planned.case.known.case_id),
        title=case_title(planned.case),
        readers=in_words([inert_line(one.name) for one in planned.readers], language),
        signer="" if planned.signer is None else inert_line(planned.signer.name),
        refused="" if refused is None else f"{refused.what} {refused.do}",
    )


def _failed(case: DeskCase, failed: DeskError, language: Language) -> _Line:
    notice = language.notice(notice_for(failed))
    return _Line(case_number(case.known.case_id), case_title(case), refused=f"{notice.what} {notice.do}")


def _broken(failed: DeskError, language: Language) -> _Line:
    """Return the line of an offer that this desk does not sign: what it says of itself is not to be shown."""
    notice = language.notice(notice_for(failed))
    return _Line("", "", refused=f"{notice.what} {notice.do}")


ROUTES: Final[Routes] = {
    LEAVES: (show, look),
    SEND: (show, send),
    SIGN_ALL: (show_all, sign_all),
    REFUSE_ONE: (show_all, refuse),
    REFUSED_ONE: (refused, None),
}
