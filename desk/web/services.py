"""What every page needs, handed to the application once; and the few lines that every page begins and ends with."""

from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

from desk.errors import NotReachable
from desk.keep.keyfile import DeskHome
from desk.keep.preferences import read_preferences
from desk.web.local.address import LocalAddress
from desk.web.local.entrance import Entrance
from desk.web.local.forms import Form, SentTwice, read_form
from desk.web.session.desk import Desk
from desk.web.session.refresh import Refresh
from desk.web.views.band import Band, read_band
from desk.web.views.group.figures import PrintFigures
from desk.web.views.handbook import chapter_of
from desk.web.views.overview.fetched import fetched_in_words
from desk.web.views.pages import DEFAULT_LANGUAGE, DESK_LANGUAGES, N_, Language, Notice, Pages
from desk.web.views.sentences import notice_for
from desk.web.views.writing.phrases import Phrases
from desk.web.views.writing.previews import ReporterPages
from trusted.case.clock import Clock, today

ERROR_STATUS: Final = 422
# The menu, in the order in which it is used.
MENU: Final = (
    ("/", N_("Overview")),
    ("/oral", N_("Take a report by voice")),
    ("/erase", N_("Erase")),
    ("/members", N_("Members")),
    ("/checks", N_("Checks")),
    ("/numbers", N_("Numbers")),
    ("/settings", N_("Settings")),
)


@dataclass(slots=True, repr=False)
class Services:
    """The application's parts."""

    home: DeskHome
    desk: Desk
    pages: Pages
    address: LocalAddress
    entrance: Entrance
    clock: Clock
    # The reporter's pages, which draw what a reporter will read.
    reporter: ReporterPages
    # Makes a PDF of figures.
    printed: PrintFigures
    language_code: str = DEFAULT_LANGUAGE
    # Whether this computer writes memory to a disk that is not encrypted.
    swap_is_readable: bool = False
    # Of the first page after the desk was unlocked: whether what was typed before is there.
    after_lock: Notice | None = None
    phrases: Phrases = field(default_factory=Phrases)
    refresh: Refresh = field(init=False)

    def __post_init__(self) -> None:
        """Have everything fetched each time the desk is unlocked."""
        self.refresh = Refresh(self.desk)
        self.desk.on_unlock, self.desk.on_hung = self.refresh.begin, self.refresh.give_up

    @property
    def language(self) -> Language:
        return self.pages.language(self.language_code)

    @property
    def band(self) -> Band:
        return read_band(self.home)

    def page(
        self, template: str, here: str, *, notice: Notice | None = None, status: int = 200, **context: Any
    ) -> web.Response:
        """Return a page of the application. `here` is its address, for the menu; a notice stands above everything."""
        language = self.language
        shown = None if notice is None else language.notice(notice)
        after_lock = None
        if self.desk.is_unlocked:
            after_lock, self.after_lock = self.after_lock, None
        response = self.pages.page(
            template,
            language,
            status=status,
            here=here,
            band=self.band,
            menu=MENU,
            chapter=chapter_of(template),
            unlocked=self.desk.is_unlocked,
            notice=shown,
            after_lock=None if after_lock is None else language.notice(after_lock),
            fetched=self._fetched(language),
            token=self.desk.tokens.new,
            frame=f"{self.address.frame_origin}/beat",
            **context,
        )
        response.headers["Content-Security-Policy"] += f"; frame-src {self.address.frame_origin}"
        return response

    def _fetched(self, language: Language) -> str:
        """Return for the foot of every page how old what it shows can be."""
        if not self.desk.is_unlocked:
            return ""
        day = self.refresh.fetched
        failed = self.refresh.failed
        unreached = notice_for(failed).what if isinstance(failed, NotReachable) else ""
        return fetched_in_words(day, today(self.clock), language, unreached)


def chosen_language(home: DeskHome) -> str:
    """Return the code of the language that the member has chosen on this computer, or Swedish."""
    chosen = read_preferences(home.preferences).language
    return chosen if chosen in DESK_LANGUAGES else DEFAULT_LANGUAGE


SERVICES: Final = web.AppKey("services", Services)

# The beginning of the addresses of everything that belongs to one case; its whole id, of random bits, stands in them.
CASE: Final = "/case/{case:[0-9a-f]{32}}"


def case_named(request: web.Request) -> str:
    """Return the case's name in the address of a page under `CASE`."""
    return request.match_info["case"]


async def sent_form(request: web.Request) -> Form:
    """Return the form that was sent, which counts once. Raises FormUnreadable, SentTwice."""
    form = await read_form(request)
    if not request.app[SERVICES].desk.tokens.use(form):
        raise SentTwice
    return form


def typed_before(request: web.Request) -> Form:
    """Return what was typed on this page before the desk locked itself, or else its draft; an empty form otherwise."""
    desk = request.app[SERVICES].desk
    if (held := desk.take_held(request.path)) is not None:
        return held
    case = request.match_info.get("case", "")
    return Form({name: (value,) for name, value in desk.drafts.of(case, request.path.rsplit("/", 1)[1]).items()})
