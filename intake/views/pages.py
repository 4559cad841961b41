"""
Pages: templates and languages read once, before anything comes in; every answer with its headers.

Jinja2 escapes everything, and a name that a template does not get is an error, not a blank. The catalogues are read
from their .po files in memory, so nothing is compiled to disk. Pages are in the first language of the home unless
`?lang=` or the hidden field of a form says otherwise: Tor Browser sends English to everyone, so Accept-Language says
nothing at the onion and is not read there (of the mirror's first page see intake/site/tor.py). A language that is not
complete shows the information pages in English, and says so.

Which answers a browser may keep (measured, without cookies or script): the report form may be shown again by Back, so
that typed text is not lost; the page on which the case code is typed and pages with a case in them may not be stored at
all. Once a report is received, or a case opened, the browser is asked to forget what it kept (`FORGET`): from then on
Back must not show the typed text to the next person at the computer.
"""

import enum
from collections.abc import Hashable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from aiohttp import hdrs, web
from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from cases.languages import LANGUAGES, SOURCE, LanguageInfo
from intake.views.calendar_words import CALENDAR, in_pattern
from intake.views.languages import read_texts
from intake.views.style import style_sheet
from intake.views.texts import N_, Notice
from intake.views.texts_mirror import AT_MIRROR

LANGUAGE_FIELD: Final = "language"
# The hidden field that names the owner of a page: a session by its handle, or a draft that no session holds yet.
HANDLE_FIELD: Final = "handle"
DRAFT_FIELD: Final = "draft"
# What a page says of itself to those who keep it (intake/http/result_pages.py, intake/site/redirects.py). The owner is
# read from the hidden fields that all forms of the page carry, so a page cannot name another owner than its forms do.
OWNER: Final = web.ResponseKey("owner", str)
LANGUAGE: Final = web.ResponseKey("language", str)
# Some fourteen pages in ten languages, and again after the roster or the day has changed.
_MOST_MADE: Final = 400

_CONTENT_SECURITY_POLICY: Final = (
    # No script at all, not even our own; nothing from anywhere else; forms go to us and nobody frames us.
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: under it browsers send `Origin: null` with our own forms, and the origin check could not tell.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


# Browsers obey it where the connection counts as secure, as onions do in Tor Browser; elsewhere it does no harm.
FORGET: Final = {"Clear-Site-Data": '"cache"'}


class Cache(enum.StrEnum):
    """What a browser may keep of a page."""

    # Back shows it again with the text that was typed.
    TYPED_TEXT = "no-cache"
    NOTHING = "no-store"
    # Style and icon: no time stamp and no tag, which would tell when the program was installed.
    STATIC = "max-age=86400"


@dataclass(frozen=True, slots=True)
class Head:
    """What an answer says before its body: the status, what a browser may keep, and headers that few answers have."""

    status: int = 200
    cache: Cache = Cache.NOTHING
    headers: Mapping[str, str] = field(default_factory=dict)


MAY_BE_KEPT: Final = Head(cache=Cache.TYPED_TEXT)
NOT_KEPT: Final = Head()
# Of a page after which Back must not show what was typed.
FORGOTTEN: Final = Head(headers=FORGET)


@dataclass(frozen=True, slots=True)
class PageLink:
    """A way on from a plain page."""

    path: str
    label: str


@dataclass(frozen=True, slots=True)
class LinkGroup:
    """Links under one heading. The last group has none, and stands at the foot of every page."""

    heading: str
    links: Sequence[PageLink]


@dataclass(frozen=True, slots=True, repr=False)
class Button:
    """A button that posts hidden fields."""

    path: str
    fields: Sequence[tuple[str, str]]
    label: str
    tone: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class WaysOn:
    """What leads on from a plain page. `again` asks for the same page, as the other languages do."""

    links: Sequence[PageLink] = ()
    actions: Sequence[Button] = ()
    again: Button | None = None


_NO_WAYS_ON: Final = WaysOn()


@dataclass(frozen=True, slots=True)
class HomeShown:
    """What every page shows of the home, as its configuration says."""

    owner: str
    trial: bool
    authorities: Sequence[Any] = ()
    updated: date | None = None
    accent: str | None = None


@dataclass(frozen=True, slots=True)
class OnionShown:
    """The onion's address as the mirror shows it."""

    address: str
    # How wide and high the picture of its QR code is, in pixels.
    code_side: int


class Language:
    """One language: what it is, and its sentences."""

    def __init__(self, info: LanguageInfo, texts: Mapping[str, str]) -> None:
        self.info = info
        self.code = info.code
        self._texts = texts

    def translate(self, english: str) -> str:
        """Return the sentence in this language."""
        return self._texts.get(english, english)

    def translate_notice(self, notice: Notice) -> Notice:
        return Notice(self.translate(notice.what), self.translate(notice.do) if notice.do else "", notice.tone)

    def replacing(self, instead: Mapping[str, str]) -> "Language":
        """Return this language with each sentence of `instead` replaced by the one beside it."""
        return Language(
            self.info, {**self._texts, **{english: self.translate(other) for english, other in instead.items()}}
        )

    def day(self, day: date) -> str:
        """Return a day in words."""
        return in_pattern(day, self.info.day, CALENDAR[self.code])

    def in_template(self, english: str, **values: Any) -> Markup:
        """Return a sentence for a template, which calls this `_`. The values are escaped, the sentence is ours."""
        sentence = Markup(self.translate(english))  # noqa: S704 - from our own catalogues, which a test keeps free of markup
        return sentence % values if values else sentence


class Pages:
    """All pages in all languages."""

    def __init__(
        self,
        shown: HomeShown,
        languages: Sequence[str],
        links: Sequence[LinkGroup] = (),
    ) -> None:
        package = files("intake")
        self._environment = Environment(
            loader=DictLoader(_read_templates(package.joinpath("templates"))),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        # All are compiled now: the first reader of a page shall not wait longer than the second.
        for name in self._environment.list_templates():
            self._environment.get_template(name)
        locale = package.joinpath("locale")
        known = {code: Language(LANGUAGES[code], read_texts(locale, code)) for code in (*languages, SOURCE)}
        self._languages = {code: known[code] for code in languages}
        self._default = known[languages[0]]
        # What is read where a language has no information pages.
        self._instead = known[SOURCE] if SOURCE in languages else self._default
        self._common = {
            "owner": shown.owner,
            "trial": shown.trial,
            "authorities": tuple(shown.authorities),
            "languages": tuple(known[code].info for code in languages),
            "information_pages": tuple(links),
            "updated": shown.updated,
            "mirror": None,
        }
        self._made: dict[Hashable, bytes] = {}
        self.style = style_sheet(package.joinpath("static", "style.css").read_text("utf-8"), shown.accent)
        self.icon = package.joinpath("static", "icon.png").read_bytes()

    def at_mirror(self, onion: OnionShown, links: Sequence[LinkGroup]) -> "Pages":
        """Return the same pages as they read at the mirror, with its links; what it has made once is its own."""
        there = copy(self)
        there.move_to_mirror(onion, links)
        return there

    def move_to_mirror(self, onion: OnionShown, links: Sequence[LinkGroup]) -> None:
        """Be the mirror's pages from now on. `at_mirror` does this to a copy."""
        self._languages = {code: one.replacing(AT_MIRROR) for code, one in self._languages.items()}
        self._default = self._languages[self._default.code]
        self._instead = self._languages[self._instead.code]
        self._common = {**self._common, "information_pages": tuple(links), "mirror": onion}
        self._made = {}

    def language(self, untrusted_code: str) -> Language:
        """Return the language asked for, or the first."""
        return self._languages.get(untrusted_code, self._default)

    def first_offered(self, untrusted_codes: Iterable[str]) -> Language:
        """Return the first of these languages that there is, or the first of the home."""
        return next((self._languages[code] for code in untrusted_codes if code in self._languages), self._default)

    def language_of(self, request: web.Request) -> Language:
        """Return the language that the address asks for."""
        return self.language(request.query.get("lang", ""))

    def read_in(self, language: Language) -> Language:
        """Return the language in which the information pages are read by those who chose `language`."""
        return language if language.info.complete else self._instead

    def render(
        self, template: str, language: Language, path: str, *, information: bool = False, **context: Any
    ) -> bytes:
        """Return a page as bytes. An information page is in another language than its frame where it has to be."""
        inner = self.read_in(language) if information else language
        values = {
            # What stands around the page is in the reader's language, the page itself in the one it is read in.
            "frame": language.in_template,
            "_": inner.in_template,
            "lang": language.code,
            "info": language.info,
            "inner": inner.info,
            "day": language.day,
            # At the mirror an address without a language is in the browser's own (intake/site/tor.py).
            "lang_query": f"?lang={language.code}" if self._common["mirror"] or language is not self._default else "",
            "path": path,
            **self._common,
            **context,
        }
        return self._environment.get_template(template).render(values).encode()

    def page(
        self,
        template: str,
        language: Language,
        path: str,
        head: Head = MAY_BE_KEPT,
        *,
        same_for: Hashable = None,
        fields: Sequence[tuple[str, str]] = (),
        **context: Any,
    ) -> web.Response:
        """Return a whole answer with its owner and language.

        `fields` are the hidden fields of the page's forms; they name the owner. With `same_for` the page is made once
        for each value of it, so it must hold everything the context depends on, and nothing of a reporter may be in
        either.
        """
        if same_for is None:
            body = self.render(template, language, path, fields=fields, **context)
        else:
            body = self._made_once((template, language.code, same_for), template, language, path, context)
        response = answer(body, head)
        named = dict(fields)
        response[OWNER] = named.get(HANDLE_FIELD) or named.get(DRAFT_FIELD, "")
        response[LANGUAGE] = language.code
        return response

    def _made_once(
        self, key: Hashable, template: str, language: Language, path: str, context: Mapping[str, Any]
    ) -> bytes:
        body = self._made.get(key)
        if body is None:
            if len(self._made) >= _MOST_MADE:
                self._made.clear()
            body = self._made[key] = self.render(template, language, path, **context)
        return body

    def plain(
        self,
        language: Language,
        notice: Notice,
        ways: WaysOn = _NO_WAYS_ON,
        *,
        status: int = 200,
        show_authorities: bool = False,
    ) -> web.Response:
        """Return a page of two sentences, and ways on."""
        leave_fields = _session_of(ways.actions)
        return self.page(
            "plain.html",
            language,
            "/",
            Head(status),
            fields=leave_fields,
            title=language.translate(N_("Notice")),
            notice=language.translate_notice(notice),
            show_authorities=show_authorities,
            links=[PageLink(link.path, language.translate(link.label)) for link in ways.links],
            # A page within a session has the way out that ends it, and no others that would leave it open.
            leave_fields=leave_fields,
            information_pages=() if leave_fields else self._common["information_pages"],
            actions=[Button(one.path, one.fields, language.translate(one.label), one.tone) for one in ways.actions],
            again=ways.again,
        )

    def left(self, language: Language, notice: Notice) -> web.Response:
        """Return the page for who has left: nothing on it says where it was, and the browser is asked to forget."""
        return self.page("left.html", language, "/", FORGOTTEN, notice=language.translate_notice(notice))


def _session_of(actions: Sequence[Button]) -> list[tuple[str, str]]:
    """Return the fields that name a session and its language, when the buttons belong to one."""
    fields = dict(actions[0].fields) if actions else {}
    return [
        (name, fields[name]) for name in (HANDLE_FIELD, LANGUAGE_FIELD) if HANDLE_FIELD in fields and name in fields
    ]


def answer(body: bytes, head: Head = NOT_KEPT, *, content_type: str = "text/html; charset=utf-8") -> web.Response:
    """Return an answer with the headers that all our answers have."""
    headers = {**_HEADERS, hdrs.CONTENT_TYPE: content_type, hdrs.CACHE_CONTROL: head.cache.value, **head.headers}
    return web.Response(status=head.status, body=body, headers=headers)


def _read_templates(folder: Traversable, inside: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in folder.iterdir():
        if entry.is_dir():
            found |= _read_templates(entry, f"{inside}{entry.name}/")
        elif entry.name.endswith(".html"):
            found[inside + entry.name] = entry.read_text("utf-8")
    return found
