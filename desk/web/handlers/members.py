"""Members: who reads, what waits for signatures, and how somebody comes, leaves or loses a key."""

from typing import Final

from aiohttp import web

from desk.errors import DeskError, NotAgreed
from desk.keep.preferences import keep_preferences, read_preferences
from desk.web.local.forms import Form
from desk.web.local.guard import Routes
from desk.web.services import ERROR_STATUS, SERVICES, Services, sent_form, typed_before
from desk.web.views.group.people import PeopleWords
from desk.web.views.pages import N_, Notice, see
from desk.web.views.sentences import notice_for
from desk.work.case.casebook import Casebook
from desk.work.membership import change_between, introduction_of, is_clock_wrong, sign_proposal
from trusted.case.clock import today

MEMBERS: Final = "/members"
SIGN: Final = "/members/sign"
COMPARED: Final = "/members/compared"
CHANGE: Final = "/members/change"
_DIFFER: Final = Notice(
    N_("Nothing is signed."),
    N_("Call the other members on numbers you already have, and ask the operator what was proposed. Sign nothing"
       " until all of you see the same words."),
)  # fmt: skip


async def show(request: web.Request) -> web.StreamResponse:
    """Show who reads."""
    services = request.app[SERVICES]
    notice = None
    async with services.desk.at_work() as book:
        try:
            await book.sync_roster()
        except DeskError as failed:
            # What was fetched before is shown all the same.
            notice = notice_for(failed)
        return _page(services, book, notice=notice)


async def sign(request: web.Request) -> web.StreamResponse:
    """Sign the change whose words were compared, if it is the one that was shown."""
    services = request.app[SERVICES]
    form = await sent_form(request)
    async with services.desk.at_work() as book:
        if form.has("differ"):
            return _page(services, book, notice=_DIFFER, status=ERROR_STATUS)
        try:
            if not form.has("compared"):
                raise NotAgreed
            await book.sync_roster()
            compared = _compared_with(book)
            await sign_proposal(book, _digest(form))
        except DeskError as refused:
            return _page(services, book, notice=notice_for(refused), status=ERROR_STATUS, form=form)
    _remember(services, compared)
    return see(MEMBERS)


async def compared(request: web.Request) -> web.StreamResponse:
    """Remember that a member's words were compared today."""
    services = request.app[SERVICES]
    form = await sent_form(request)
    async with services.desk.at_work() as book:
        current = None if book.chain is None else book.chain.current
        known = {introduction_of(member).hex() for member in (() if current is None else current.members)}
    _remember(services, tuple(known & set(form.all("compared"))))
    return see(MEMBERS)


async def back(request: web.Request) -> web.StreamResponse:
    """Go back to the page after a form that met the lock: what was compared then is ticked again, if it still holds."""
    typed_before(request)
    return see(MEMBERS)


async def show_change(request: web.Request) -> web.StreamResponse:
    """Show how somebody is added, leaves, or loses a key, step by step."""
    return request.app[SERVICES].page("members_change.html", MEMBERS)


def _page(
    services: Services, book: Casebook, *, notice: Notice | None = None, status: int = 200, form: Form | None = None
) -> web.Response:
    words = PeopleWords(services.language, book.keys.id, read_preferences(services.home.preferences).compared)
    is_wrong = is_clock_wrong(book, today(services.clock))
    view = words.view(book.chain, book.unripe, book.shown, clock_wrong=is_wrong)
    return services.page(
        "members.html",
        MEMBERS,
        notice=notice,
        status=status,
        view=view,
        ticked=form is not None and form.has("compared"),
        wrong=form is not None and not form.has("compared"),
    )


def _compared_with(book: Casebook) -> tuple[str, ...]:
    """Return of whom the words were compared when the change that waits is signed: those whom it adds."""
    chain = book.chain
    if chain is None or chain.proposal is None:
        return ()
    added = change_between(chain.current, chain.proposal).added
    return tuple(introduction_of(member).hex() for member in added if member.id != book.keys.id)


def _remember(services: Services, digests: tuple[str, ...]) -> None:
    kept = read_preferences(services.home.preferences)
    keep_preferences(services.home.preferences, kept.with_compared(digests, today(services.clock)))


def _digest(form: Form) -> bytes:
    try:
        return bytes.fromhex(form.one("digest"))
    except ValueError:
        return b""


ROUTES: Final[Routes] = {
    MEMBERS: (show, None),
    SIGN: (back, sign),
    COMPARED: (back, compared),
    CHANGE: (show_change, None),
}
