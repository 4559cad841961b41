"""
Pages: templates and languages read once, before anything comes in; every answer with its headers.

Jinja2 escapes everything, and a name that a template does not get is an error, not a blank. The catalogues are read
from their .po files in memory, so nothing is compiled to disk. Pages are in the first language of the home unless
`?lang=` or the hidden field of a form says otherwise: Tor Browser sends English to everyone, so Accept-Language says
nothing and is not read.

Which answers a browser may keep (measured, without cookies or script): the report form may be shown again by Back, so
that typed text is not lost; the page on which the case code is typed and pages with a case in them may not be stored at
all. Once a report is received, or a case opened, the browser is asked to forget what it kept (`FORGET`): from then on
Back must not show the typed text to whoever sits down next.
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from typing import Any, Final

from aiohttp import hdrs, web
from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from jinja2 import DictLoader, Environment, StrictUndefined

from intake.texts import N_, Said

# Each language by its own name; what a home shows, and which first, is in its configuration.
LANGUAGES: Final = {"sv": "Svenska", "en": "English"}
LANGUAGE_FIELD: Final = "language"

_CONTENT_SECURITY_POLICY: Final = (
    # No script at all, not even our own; nothing from anywhere else; forms go to us and nobody frames us.
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: under it browsers send `Origin: null` with our own forms, and the gate could not tell.
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
class Link:
    """A way on from a plain page."""

    path: str
    label: str


@dataclass(frozen=True, slots=True, repr=False)
class Action:
    """A button that posts hidden fields."""

    path: str
    fields: Sequence[tuple[str, str]]
    label: str
    tone: str = ""


class Language:
    """One language: its catalogue, and templates bound to it."""

    def __init__(self, code: str, catalog: Catalog, templates: Mapping[str, str]) -> None:
        self.code = code
        self._texts = {
            message.id: message.string
            for message in catalog
            if isinstance(message.id, str) and message.id and message.string
        }
        self._environment = Environment(
            loader=DictLoader(templates),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        # The extension marks what these return as safe, so `%` in a catalogue takes escaped values only.
        self._environment.install_gettext_callables(  # type: ignore[attr-defined] # added by the extension
            self.say, lambda one, more, count: self.say(one if count == 1 else more), newstyle=True
        )

    def say(self, english: str) -> str:
        """Return the sentence in this language."""
        return str(self._texts.get(english, english))

    def said(self, said: Said) -> Said:
        return Said(self.say(said.what), self.say(said.do) if said.do else "", said.tone)

    def day(self, day: date) -> str:
        """Return a day in words."""
        return format_date(day, "d MMMM y", locale=self.code)

    def render(self, template: str, **context: Any) -> bytes:
        return self._environment.get_template(template).render(**context).encode()


class Pages:
    """All pages in all languages."""

    def __init__(self, *, owner: str, trial: bool, authorities: Sequence[str], languages: Sequence[str]) -> None:
        package = files("intake")
        templates = {
            entry.name: entry.read_text("utf-8") for entry in package.joinpath("templates").iterdir() if _is_page(entry)
        }
        self._languages = {code: Language(code, _read_catalog(package, code), templates) for code in languages}
        self._common = {
            "owner": owner,
            "trial": trial,
            "authorities": tuple(authorities),
            "languages": [(code, LANGUAGES[code]) for code in languages],
            "default_language": languages[0],
        }
        self._default = languages[0]
        self.style = package.joinpath("static", "style.css").read_bytes()
        self.icon = package.joinpath("static", "icon.png").read_bytes()

    def language(self, untrusted_code: str) -> Language:
        """Return the language asked for, or the first."""
        return self._languages.get(untrusted_code, self._languages[self._default])

    def language_of(self, request: web.Request) -> Language:
        """Return the language that the address asks for."""
        return self.language(request.query.get("lang", ""))

    def render(self, template: str, language: Language, path: str, **context: Any) -> bytes:
        """Return a page as bytes."""
        query = "" if language.code == self._default else f"?lang={language.code}"
        return language.render(template, lang=language.code, lang_query=query, path=path, **{**self._common, **context})

    def page(
        self,
        template: str,
        language: Language,
        path: str,
        *,
        status: int = 200,
        cache: Cache = Cache.TYPED_TEXT,
        **context: Any,
    ) -> web.Response:
        """Return a whole answer."""
        return answer(self.render(template, language, path, **context), status=status, cache=cache)

    def plain(
        self,
        language: Language,
        said: Said,
        *,
        status: int = 200,
        cache: Cache = Cache.NOTHING,
        show_authorities: bool = False,
        links: Sequence[Link] = (),
        actions: Sequence[Action] = (),
    ) -> web.Response:
        """Return a page of two sentences, and ways on."""
        said_here = language.said(said)
        body = self.render(
            "plain.html",
            language,
            "/",
            title=language.say(N_("Notice")),
            said=said_here,
            show_authorities=show_authorities,
            links=[Link(link.path, language.say(link.label)) for link in links],
            actions=[Action(one.path, one.fields, language.say(one.label), one.tone) for one in actions],
        )
        return answer(body, status=status, cache=cache)


def answer(
    body: bytes,
    *,
    status: int = 200,
    cache: Cache = Cache.NOTHING,
    content_type: str = "text/html; charset=utf-8",
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """Return an answer with the headers that all of ours have."""
    all_headers = {**_HEADERS, hdrs.CONTENT_TYPE: content_type, hdrs.CACHE_CONTROL: cache.value, **(headers or {})}
    return web.Response(status=status, body=body, headers=all_headers)


def _is_page(entry: Traversable) -> bool:
    return entry.name.endswith(".html")


def _read_catalog(package: Traversable, code: str) -> Catalog:
    text = package.joinpath("locale", code, "LC_MESSAGES", "intake.po").read_bytes()
    return read_po(BytesIO(text), locale=code)
