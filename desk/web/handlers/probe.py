"""The way in, tried: a test report through the reporters' onion or website, and what came of it."""

from typing import Final

from aiohttp import web

from desk.errors import DeskError, MisprintedAddress, NoText
from desk.server.address import tidy_address
from desk.web.local.forms import Form
from desk.web.local.guard import Routes
from desk.web.services import ERROR_STATUS, SERVICES, Services, sent_form, typed_before
from desk.web.views.group.probing import shown_probe, suggested_text
from desk.web.views.pages import see
from desk.web.views.sentences import notice_for
from desk.work.case.examining import examine
from desk.work.probe import file_at_mirror, file_report, look_for, require_new, tell

HERE: Final = "/checks"
PROBE: Final = "/checks/probe"
TELL: Final = "/checks/probe/tell"
# What the form calls the website.
MIRROR: Final = "mirror"
_ABOUT_THE_TEXT: Final = frozenset({NoText.text_key, "probe.form_again", "probe.same_text"})


async def show(request: web.Request) -> web.StreamResponse:
    """Show the form, and what came of the last test report."""
    return await _page(request.app[SERVICES], typed_before(request))


async def send(request: web.Request) -> web.StreamResponse:
    """File a test report."""
    services = request.app[SERVICES]
    form = await sent_form(request)
    try:
        address, text = _checked(form)
        async with services.desk.at_work() as book:
            if address == book.state.address:
                raise MisprintedAddress("probe.desk_address")
            require_new(book, text)
            # It may have had a new certificate since the page was opened.
            await book.sync_roster()
            connector, mirror = book.client.connector, book.mirror
        # It takes a while; the other pages go on meanwhile.
        if form.one("way") == MIRROR:
            filed = await file_at_mirror(connector, services.clock, address, mirror, text)
        else:
            filed = await file_report(connector, services.clock, address, text)
        async with services.desk.at_work() as book:
            book.state.keep_probe(address, filed)
    except DeskError as refused:
        return await _page(services, form, refused)
    return see(PROBE)


async def tell_others(request: web.Request) -> web.StreamResponse:
    """Note in the case that it is a test."""
    services = request.app[SERVICES]
    form = await sent_form(request)
    try:
        async with services.desk.at_work() as book:
            await tell(book, form.one("case"))
    except DeskError as refused:
        return await _page(services, form, refused)
    return see(PROBE)


def _checked(form: Form) -> tuple[str, str]:
    """Return address and text. Raises MisprintedAddress, NoText."""
    address = tidy_address(form.one("address"))
    if not form.one("text"):
        raise NoText
    return address, form.one("text")


async def _page(services: Services, typed: Form, refused: DeskError | None = None) -> web.Response:
    async with services.desk.at_work() as book:
        found = await examine(book)
        is_seen = found.unreached is None and found.broken is None
        results = look_for(book, found.cases) if is_seen else ()
        address = typed.one("address") or book.state.case_list.reporters_address
        mirror = book.mirror
    failed = refused or found.unreached
    return services.page(
        "probe.html",
        HERE,
        notice=None if failed is None else notice_for(failed),
        status=200 if refused is None else ERROR_STATUS,
        address=address,
        text=typed.one("text") or suggested_text(),
        wrong=_wrong_field(refused),
        mirror="" if mirror is None else mirror.host,
        by_mirror=typed.one("way") == MIRROR,
        shown=[shown_probe(one, services.language) for one in results],
    )


def _wrong_field(refused: DeskError | None) -> str:
    if isinstance(refused, MisprintedAddress):
        return "address"
    return "text" if refused is not None and refused.text_key in _ABOUT_THE_TEXT else ""


ROUTES: Final[Routes] = {PROBE: (show, send), TELL: (None, tell_others)}
