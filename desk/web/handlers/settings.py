"""Settings: of this member on this computer. Passphrase, copy of the key, language, the way to the server."""

import asyncio
from dataclasses import replace
from typing import Final

from aiohttp import web

from desk.errors import DeskError, Usage, WeakPassphrase
from desk.keep.keyfile import change_passphrase
from desk.keep.preferences import keep_preferences, read_preferences
from desk.web.handlers.enrol import suggestion
from desk.web.handlers.unlock import UNLOCK, way_of
from desk.web.local.forms import read_form
from desk.web.local.guard import Routes
from desk.web.services import ERROR_STATUS, SERVICES, Services, sent_form, typed_before
from desk.web.views.pages import DESK_LANGUAGES, N_, Notice, download, see
from desk.web.views.sentences import notice_for
from trusted.case.clock import today

SETTINGS: Final = "/settings"
PASSPHRASE: Final = "/settings/passphrase"  # noqa: S105 - an address
CHANGED: Final = "/settings/passphrase/changed"
COPY: Final = "/settings/copy"
# On the lock as well.
LANGUAGE: Final = "/language"
FILE_NAME: Final = "member.key"
_CHANGED: Final = Notice(
    N_("The passphrase is changed."),
    N_("A copy of the key that you made before still opens with the old one: save a new copy, and destroy the old."),
    "good",
)
_FIELDS: Final = {"desk.wrong_passphrase": "old", "desk.passphrases_differ": "again"}


async def show(request: web.Request) -> web.StreamResponse:
    """Show the settings."""
    return page(request.app[SERVICES])


async def passphrase(request: web.Request) -> web.StreamResponse:
    """Seal the key under a new passphrase."""
    services = request.app[SERVICES]
    form = await sent_form(request)
    old, new, again = (next(iter(form.all(name)), "") for name in ("old", "new", "again"))
    try:
        if new != again:
            raise Usage("desk.passphrases_differ")
        services.desk.reading()
        # Argon2id, three times.
        await asyncio.to_thread(change_passphrase, services.home, old, new)
    except DeskError as refused:
        wrong = "new" if isinstance(refused, WeakPassphrase) else _FIELDS.get(refused.text_key, "")
        return page(services, notice=notice_for(refused), status=ERROR_STATUS, wrong=wrong)
    kept = read_preferences(services.home.preferences)
    # The copy that was made is of the file before.
    keep_preferences(services.home.preferences, replace(kept, copied_on=None))
    return see(CHANGED)


async def back(request: web.Request) -> web.StreamResponse:
    """Go back to the page after a form that met the lock; passphrases that were typed in it are let go."""
    typed_before(request)
    return see(SETTINGS)


async def show_changed(request: web.Request) -> web.StreamResponse:
    """Show the settings after the passphrase was changed."""
    return page(request.app[SERVICES], notice=_CHANGED)


async def copy(request: web.Request) -> web.StreamResponse:
    """Hand out the key file as it lies there, sealed, and remember the day."""
    services = request.app[SERVICES]
    await read_form(request)
    services.desk.reading()
    sealed = services.home.key.read_bytes()
    kept = read_preferences(services.home.preferences)
    keep_preferences(services.home.preferences, replace(kept, copied_on=today(services.clock)))
    return download(sealed, FILE_NAME)


async def language(request: web.Request) -> web.StreamResponse:
    """Show the pages in another language from now on."""
    services = request.app[SERVICES]
    form = await sent_form(request)
    chosen = form.one("language")
    if chosen in DESK_LANGUAGES:
        kept = read_preferences(services.home.preferences)
        keep_preferences(services.home.preferences, replace(kept, language=chosen))
        services.language_code = chosen
    return see(SETTINGS if services.desk.is_unlocked else UNLOCK)


def page(
    services: Services, *, notice: Notice | None = None, status: int = 200, wrong: str = "", bridges: str | None = None
) -> web.Response:
    """Return the page; `wrong` is the field that was refused, `bridges` what was typed and refused."""
    copied = read_preferences(services.home.preferences).copied_on
    return services.page(
        "settings.html",
        SETTINGS,
        notice=notice,
        status=status,
        wrong=wrong,
        suggestion=suggestion(),
        copied="" if copied is None else services.language.day(copied),
        languages=DESK_LANGUAGES,
        code=services.language.code,
        folder=str(services.home.folder),
        way=way_of(services, bridges),
    )


ROUTES: Final[Routes] = {
    SETTINGS: (show, None),
    PASSPHRASE: (back, passphrase),
    CHANGED: (show_changed, None),
    COPY: (back, copy),
    LANGUAGE: (None, language),
}
