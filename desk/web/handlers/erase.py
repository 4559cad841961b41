"""To erase: whose signature waits, what may go, what is left of what has gone; the first signature, and the second."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from aiohttp import web

from desk.errors import DeskError, Erased, NotReachable, NotVerified, UnknownCase
from desk.keep.state import KnownCase
from desk.keep.summaries import Index
from desk.web.handlers.deciding import case_now, decided
from desk.web.local.forms import Form
from desk.web.local.guard import Routes
from desk.web.services import ERROR_STATUS, SERVICES, case_named, sent_form, typed_before
from desk.web.views.case.erasing import (
    ERASE,
    GROUNDS,
    Certificate,
    EraseLists,
    certificate,
    certificate_path,
    erase_line,
    erase_lists,
    is_own_number,
    reference_of,
    why_not_yet,
)
from desk.web.views.case_line import case_number
from desk.web.views.pages import N_, Language, Notice, see
from desk.web.views.sentences import notice_for
from desk.work.case.cached import open_kept
from desk.work.case.casebook import Casebook
from desk.work.case.opened import DeskCase
from desk.work.erasing import erase, withdraw
from trusted.case.clock import today
from trusted.case.statements import REFERENCE_CHARACTERS

ONE: Final = ERASE + "/{case:[0-9a-f]{32}}"
SECOND: Final = ONE + "/sign"
WITHDRAW: Final = ONE + "/withdraw"
CERTIFICATE: Final = ONE + "/certificate"
# So many cases are asked for and shown; a municipality has a few at a time.
MOST: Final = 50
_NO_GROUND: Final = Notice(N_("You have not said what gives you the right to erase."), N_("Choose one of the two."))
_NO_NUMBER: Final = Notice(N_("There is no reference."), N_("Write that of the decision or of the receipt."))
_OWN_NUMBER: Final = Notice(
    N_("That is the case's own register number, and not the number of a decision."),
    N_(
        "It says which case it is, and stands in the certificate already. Write the number of the decision or of the"
        " receipt that gives you the right to erase; it stands on that paper. Is there none? Then wait with the"
        " erasing."
    ),
)
_LONG: Final = Notice(N_("The reference is too long."), N_("Write it shorter."))
_NOT_READ: Final = Notice(
    N_("You have not ticked that you have read the case, so nothing is signed."), N_("Read it, and tick it.")
)
_OTHER_REFERENCE: Final = Notice(
    N_("Your colleague has changed the reference since this page was shown, and nothing is erased."),
    N_("Read the one that stands here now, and sign again if you agree."),
)
_CHANGED: Final = Notice(N_("That signature waits no more."), N_("Look at what waits now."), "warn")


@dataclass(frozen=True, slots=True, repr=False)
class _Broken:
    """A case that is gone in a way that cannot be right."""

    number: str
    notice: Notice


@dataclass(frozen=True, slots=True, repr=False)
class _Found:
    # None when the server was not reached.
    lists: EraseLists | None
    broken: tuple[_Broken, ...]
    certificates: tuple[Certificate, ...]
    # There may be more cases than are shown.
    is_full: bool


async def show(request: web.Request) -> web.StreamResponse:
    """Show what waits, what may go, and the certificates."""
    return await _lists(request)


async def show_again(request: web.Request) -> web.StreamResponse:
    """Go to the list after the lock came between it and the second signature: the tick is given again."""
    typed_before(request)
    request.app[SERVICES].after_lock = None
    return see(ERASE)


async def first(request: web.Request) -> web.StreamResponse:
    """Show the form of the first signature."""
    services = request.app[SERVICES]
    async with services.desk.at_work() as book:
        await book.sync()
        try:
            case = await case_now(book, case_named(request))
        except Erased:
            return see(certificate_path(bytes.fromhex(case_named(request))))
    return _form(request, case, typed_before(request), None, status=200)


async def sign_first(request: web.Request) -> web.StreamResponse:
    """Sign that the case is to be erased; a colleague's signature executes it."""
    form, language = await sent_form(request), request.app[SERVICES].language

    async def sign(book: Casebook, case: DeskCase) -> web.Response:
        if notice := _refused(case, form, language):
            return _form(request, case, form, notice)
        reference = reference_of(case, form.one("ground"), form.one("number"), language)
        state = await erase(book, case_named(request), reference, is_first=True)
        return see(certificate_path(case.known.case_id) if state == "done" else ERASE)

    try:
        return await decided(request, form, sign, lambda case, refused: _form(request, case, form, notice_for(refused)))
    except Erased:
        return see(certificate_path(bytes.fromhex(case_named(request))))


async def sign_second(request: web.Request) -> web.StreamResponse:
    """Sign beside a colleague, with her very reference as it was shown: that erases the case."""
    form = await sent_form(request)
    if not form.has("read"):
        return await _lists(request, _NOT_READ)

    async def sign(book: Casebook, name: str) -> web.Response | Notice:
        case = await case_now(book, name)
        # What stood on the page is signed, and nothing that took its place meanwhile.
        signer, _, shown = form.one("signature").partition(" ")
        reference = dict(case.waiting).get(signer)
        if reference is None or reference != shown:
            return _CHANGED if reference is None else _OTHER_REFERENCE
        state = await erase(book, name, shown)
        return see(certificate_path(case.known.case_id) if state == "done" else ERASE)

    return await _done(request, sign)


async def take_back(request: web.Request) -> web.StreamResponse:
    """Take back this member's signature, while it waits for the second."""
    await sent_form(request)

    async def withdrawn(book: Casebook, name: str) -> web.Response | Notice:
        await withdraw(book, name)
        return see(ERASE)

    return await _done(request, withdrawn)


async def _done(
    request: web.Request, act: Callable[[Casebook, str], Awaitable[web.Response | Notice]]
) -> web.StreamResponse:
    """Do it on the case as the server has it now. What refuses it stands above the lists."""
    try:
        async with request.app[SERVICES].desk.at_work() as book:
            await book.sync()
            answered = await act(book, case_named(request))
    except Erased:
        return see(certificate_path(bytes.fromhex(case_named(request))))
    except NotVerified:
        raise
    except DeskError as refused:
        answered = notice_for(refused)
    return await _lists(request, answered) if isinstance(answered, Notice) else answered


async def show_certificate(request: web.Request) -> web.StreamResponse:
    """Show the certificate of an erased case, to be printed."""
    services = request.app[SERVICES]
    async with services.desk.at_work() as book:
        if book.chain is None:
            await book.sync()
        kept = book.state.case_list.tombstones.get(case_named(request))
        if kept is None or book.chain is None:
            raise UnknownCase
        shown = certificate(kept, book.chain, book.server_key, services.language)
    return services.page("erase/certificate.html", ERASE, certificate=shown)


async def _lists(request: web.Request, notice: Notice | None = None) -> web.Response:
    services = request.app[SERVICES]
    status = ERROR_STATUS if notice else 200
    async with services.desk.at_work() as book:
        try:
            found = await _gather(book, services.language)
        except NotReachable as failed:
            found = _kept(book, services.language)
            notice = notice or notice_for(failed)
    return services.page(
        "erase/lists.html", ERASE, notice=notice, status=status, found=found, inbox_days=_inbox_days(request)
    )


def _inbox_days(request: web.Request) -> int:
    return request.app[SERVICES].desk.reading().rules.inbox_days


async def _gather(book: Casebook, language: Language) -> _Found:
    """Ask the server for every case that may have to do with erasing."""
    await book.sync()
    cases: list[DeskCase] = []
    broken: list[_Broken] = []
    candidates = _candidates(book)
    for known in candidates:
        try:
            cases.append(await book.open(known))
        except NotReachable:
            raise
        except NotVerified as failed:
            broken.append(_Broken(case_number(known.case_id), language.notice(notice_for(failed))))
        except DeskError:
            # Erased, with its certificate by now; or moved, and its new key comes with the next day.
            continue
    lists = erase_lists(cases, today(book.clock), language)
    return _Found(lists, tuple(broken), _certificates(book, language), len(candidates) == MOST)


def _candidates(book: Casebook) -> list[KnownCase]:
    """Return the cases that were closed, or did not open, when everything was fetched; and those not opened yet.

    At most so many as a page shows: first what may be wrong and what somebody has signed, then the longest closed.
    """
    index = Index() if book.cache is None else book.cache.index

    def rank(name: str) -> tuple[bool, bool, date]:
        summary = None if name in index.problems else index.summaries.get(name)
        if summary is None:
            return False, False, date.min
        return True, not summary.signed, summary.closed_on or date.max

    open_ones = {name for name, one in index.summaries.items() if one.closed_on is None and name not in index.problems}
    names = sorted((name for name in book.state.case_list.cases if name not in open_ones), key=rank)
    return [book.state.case_list.cases[name] for name in names[:MOST]]


def _kept(book: Casebook, language: Language) -> _Found:
    """Return what was fetched last; None for the lists when that is nothing."""
    candidates = _candidates(book)
    cases = [case for case in (open_kept(book, known) for known in candidates) if case is not None]
    lists = erase_lists(cases, today(book.clock), language) if cases else None
    return _Found(lists, (), _certificates(book, language), len(candidates) == MOST)


def _certificates(book: Casebook, language: Language) -> tuple[Certificate, ...]:
    kept = book.state.case_list.tombstones.values()
    chain = book.chain
    return () if chain is None else tuple(certificate(one, chain, book.server_key, language) for one in kept)


def _form(
    request: web.Request, case: DeskCase, form: Form, notice: Notice | None, *, status: int = ERROR_STATUS
) -> web.Response:
    services, inbox_days = request.app[SERVICES], _inbox_days(request)
    too_early = why_not_yet(case, today(services.clock), inbox_days, services.language)
    return services.page(
        "erase/first.html",
        ERASE,
        notice=too_early or notice,
        status=status,
        can_sign=too_early is None,
        inbox_days=inbox_days,
        line=erase_line(case, today(services.clock), services.language),
        grounds=GROUNDS,
        ground=form.one("ground"),
        number=form.one("number"),
        refused=status == ERROR_STATUS,
    )


def _refused(case: DeskCase, form: Form, language: Language) -> Notice | None:
    if form.one("ground") not in {value for value, _label, _sentence in GROUNDS}:
        return _NO_GROUND
    if not form.one("number"):
        return _NO_NUMBER
    if is_own_number(case, form.one("number")):
        return _OWN_NUMBER
    reference = reference_of(case, form.one("ground"), form.one("number"), language)
    return _LONG if len(reference) > REFERENCE_CHARACTERS else None


ROUTES: Final[Routes] = {
    ERASE: (show, None),
    ONE: (first, sign_first),
    # The lock may come between: then the list is shown, to be read and ticked again.
    SECOND: (show_again, sign_second),
    WITHDRAW: (show_again, take_back),
    CERTIFICATE: (show_certificate, None),
}
