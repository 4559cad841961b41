"""The first start: a key is made on this computer, its public half goes to the operator, the server's address comes in.

1. Become a member: name, role, what reporters see, a passphrase twice.
2. The join file is saved and given to the operator; the member's own words and picture are shown.
3. The desk address is pasted. It can be pasted again as long as this desk has seen nobody's list there.
"""

import asyncio
import secrets
from collections.abc import Mapping
from typing import Final, cast

from aiohttp import web

from cases.roster.member import Join, read_join
from desk.errors import DeskBusy, DeskError, HomeUnusable, Usage, WeakPassphrase
from desk.keep.keyfile import enrol as make_key
from desk.keep.keyfile import require_strong
from desk.keep.lock import desk_lock
from desk.keep.state import join_server, read_joined
from desk.keep.synced import require_not_synced
from desk.server.address import tidy_address
from desk.web.local.forms import Form, read_form
from desk.web.local.guard import Routes
from desk.web.services import ERROR_STATUS, SERVICES, Services, sent_form
from desk.web.session.desk import LOCK_WAIT_SECONDS
from desk.web.views.group.people import ROLES
from desk.web.views.group.word_picture import word_picture
from desk.web.views.pages import Notice, download, see
from desk.web.views.sentences import notice_for
from desk.work.membership import introduction_of
from trusted.case.errors import CaseError
from trusted.receipt.wordlist import BITS_PER_WORD, to_words
from trusted.roster.text import Role

ENROL: Final = "/enrol"
JOIN_FILE: Final = "/enrol/file"
JOIN: Final = "/join"
UNLOCK: Final = "/unlock"
FILE_NAME: Final = "join.toml"
SUGGESTED_WORDS: Final = 4
# Which field an error of the library is about.
_FIELDS: Final[Mapping[str, str]] = {
    "desk.passphrases_differ": "again",
    "join.unreadable": "name",
}


async def show(request: web.Request) -> web.StreamResponse:
    """Show the form; a computer that has a key goes on to its join file."""
    services = request.app[SERVICES]
    if services.home.key.exists():
        return see(JOIN_FILE)
    notice = None
    try:
        require_not_synced(services.home.folder)
    except DeskError as synced:
        # Before somebody has thought of a passphrase.
        notice = notice_for(synced)
    return _form(services, Form({}), notice=notice)


async def enrol(request: web.Request) -> web.StreamResponse:
    """Make the key."""
    services = request.app[SERVICES]
    form = await sent_form(request)
    passphrase, again = (next(iter(form.all(name)), "") for name in ("passphrase", "again"))
    role = form.one("role")
    try:
        require_strong(passphrase)
        if passphrase != again:
            raise Usage("desk.passphrases_differ")
        if role not in ROLES:
            raise Usage("desk.no_role")
        # Argon2id takes about a second; other pages go on meanwhile.
        await asyncio.to_thread(
            make_key, services.home, form.one("name"), cast("Role", role), form.one("label"), passphrase
        )
    except DeskError as refused:
        wrong = "passphrase" if isinstance(refused, WeakPassphrase) else _FIELDS.get(refused.text_key, "")
        return _form(services, form, notice=notice_for(refused), wrong=wrong)
    except CaseError as refused:
        failed = Usage("join.unreadable") if refused.text_key == "join.unreadable" else Usage("desk.error")
        return _form(services, form, notice=notice_for(failed), wrong=_FIELDS.get(failed.text_key, ""))
    except OSError:
        return _form(services, form, notice=notice_for(HomeUnusable()))
    return see(JOIN_FILE)


async def show_file(request: web.Request) -> web.StreamResponse:
    """Show what becomes of the join file, and the member's own words."""
    services = request.app[SERVICES]
    join = _own_join(services)
    if join is None:
        # A key without it was put back from a copy: the join file is somewhere else.
        return see(JOIN if services.home.key.exists() else ENROL)
    shown = word_picture(introduction_of(join))
    joined = read_joined(services.home.settings)
    return services.page(
        "joining/join_file.html", "", name=join.name, label=join.label, shown=shown, is_joined=bool(joined.address)
    )


async def save_file(request: web.Request) -> web.StreamResponse:
    """Hand out the join file, which is public."""
    services = request.app[SERVICES]
    await read_form(request)
    if _own_join(services) is None:
        return see(ENROL)
    return download(services.home.join.read_bytes(), FILE_NAME)


async def show_join(request: web.Request) -> web.StreamResponse:
    """Show the field for the desk address."""
    services = request.app[SERVICES]
    if not services.home.key.exists():
        return see(ENROL)
    return _address(services, "")


async def join(request: web.Request) -> web.StreamResponse:
    """Remember the server, as long as nothing that this desk knows of another would be forgotten."""
    services = request.app[SERVICES]
    form = await sent_form(request)
    typed = form.one("address")
    try:
        address = tidy_address(typed)
        # The desk that is open works with the address of before.
        await services.desk.lock()
        await services.desk.link.close()
        with desk_lock(services.home.lock, LOCK_WAIT_SECONDS):
            _require_no_pin(services)
            join_server(services.home.settings, address)
    except (Usage, DeskBusy) as refused:
        return _address(services, typed, notice=notice_for(refused))
    return see(UNLOCK)


def suggestion() -> str:
    """Return words drawn just now, for somebody who looks for a passphrase."""
    return " ".join(to_words(secrets.randbits(SUGGESTED_WORDS * BITS_PER_WORD), SUGGESTED_WORDS))


def _form(services: Services, form: Form, *, notice: Notice | None = None, wrong: str = "") -> web.Response:
    return services.page(
        "joining/enrol.html",
        "",
        notice=notice,
        status=200 if notice is None or not form.fields else ERROR_STATUS,
        roles=[(code, services.language.translate(words)) for code, words in ROLES.items()],
        typed={name: form.one(name) for name in ("name", "role", "label")},
        wrong=wrong,
        suggestion=suggestion(),
        code=services.language.code,
    )


def _address(services: Services, typed: str, *, notice: Notice | None = None) -> web.Response:
    status = 200 if notice is None else ERROR_STATUS
    return services.page("joining/join.html", "", notice=notice, status=status, address=typed)


def _require_no_pin(services: Services) -> None:
    if read_joined(services.home.settings).pin.version:
        raise Usage("desk.address_kept")


def _own_join(services: Services) -> Join | None:
    try:
        return read_join(services.home.join.read_text("utf-8"))
    except (OSError, ValueError, CaseError):
        return None


ROUTES: Final[Routes] = {ENROL: (show, enrol), JOIN_FILE: (show_file, save_file), JOIN: (show_join, join)}
