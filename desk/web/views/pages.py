"""Pages: templates and languages read once, when the application starts; every answer with its headers.

Jinja2 escapes everything, and a name that a template does not get is an error, not a blank. The sentences stand in
English in code and templates and are translated in desk/locale/. The language is the member's own choice, kept in the
desk home, and never the browser's: what the browser says it speaks is not read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from aiohttp import hdrs, web
from babel.dates import format_date
from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from cases.languages import LANGUAGES, SOURCE, LanguageInfo, read_catalogue
from desk.web.local.guard import HEADERS
from desk.web.views.handbook import read_handbook

# The member's page; Swedish is what municipalities work in.
DESK_LANGUAGES: Final = ("sv", "en")
DEFAULT_LANGUAGE: Final = "sv"
CATALOGUE: Final = "desk"
SEE_OTHER: Final = 303
_ANY_DAY: Final = date(2000, 1, 1)


def N_(english: str) -> str:  # noqa: N802 - the name that extraction tools look for
    """Mark a sentence for translation."""
    return english


@dataclass(frozen=True, slots=True)
class Notice:
    """Two sentences in a box: what is so, and what to do. `tone` is good, warn or bad."""

    what: str
    do: str = ""
    tone: str = "bad"


# What became of the others by an act: nobody sends them anything.
OTHERS_SEE: Final = N_("No message is sent. The others who read the case see it when they fetch, and need do nothing.")


class Language:
    """One language: what it is, and its sentences."""

    def __init__(self, info: LanguageInfo, texts: Mapping[str, str]) -> None:
        self.info = info
        self._texts = texts

    @property
    def code(self) -> str:
        return self.info.code

    def translate(self, english: str, **values: Any) -> str:
        """Return the sentence in this language, with the values put in."""
        sentence = self._texts.get(english, english)
        return sentence % values if values else sentence

    def notice(self, notice: Notice) -> Notice:
        """Return the notice in this language."""
        return Notice(self.translate(notice.what), self.translate(notice.do) if notice.do else "", notice.tone)

    def day(self, day: date, today: date | None = None, *, year: bool = True) -> str:
        """Return a day in words: "26 november 2026"; without its year where that is today's, or when told so."""
        return format_date(day, self._pattern(day, today, year=year), locale=self.code)

    def weekday(self, day: date, today: date | None = None) -> str:
        """Return a day with its name in front: "torsdag 26 november 2026"; likewise."""
        return format_date(day, f"EEEE {self._pattern(day, today, year=True)}", locale=self.code)

    def _pattern(self, day: date, today: date | None, *, year: bool) -> str:
        has_year = year and (today is None or day.year != today.year)
        return self.info.day if has_year else self.info.day.removesuffix("y").rstrip()

    def in_template(self, english: str, **values: Any) -> Markup:
        """Return a sentence for a template, which calls this `_`. The values are escaped, the sentence is ours."""
        sentence = Markup(self.translate(english))  # noqa: S704 - from our own catalogue, which a test keeps free of markup
        return sentence % values if values else sentence


class Pages:
    """All pages in the languages of the desk."""

    def __init__(self) -> None:
        package = files("desk")
        self._environment = Environment(
            loader=DictLoader(_read_templates(package.joinpath("templates"))),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        for name in self._environment.list_templates():
            self._environment.get_template(name)
        self._languages = {code: _language(package, code) for code in DESK_LANGUAGES}
        self.style = package.joinpath("static", "desk.css").read_bytes()
        self.handbook = read_handbook(package.joinpath("handbook"))

    def language(self, code: str) -> Language:
        """Return the language of this code, or Swedish."""
        return self._languages.get(code, self._languages[DEFAULT_LANGUAGE])

    def page(self, template: str, language: Language, *, status: int = 200, **context: Any) -> web.Response:
        """Return a whole answer."""
        values = {"_": language.in_template, "lang": language.code, "day": language.day, **context}
        body = self._environment.get_template(template).render(values).encode()
        return answer(body, status=status)


def answer(body: bytes, *, status: int = 200, content_type: str = "text/html; charset=utf-8") -> web.Response:
    """Return an answer with the headers that all answers have."""
    return web.Response(status=status, body=body, headers={**HEADERS, hdrs.CONTENT_TYPE: content_type})


def download(body: bytes, name: str, content_type: str = "application/octet-stream") -> web.Response:
    """Return a file that the browser saves under this name, and shows on no page."""
    response = answer(body, content_type=content_type)
    response.headers[hdrs.CONTENT_DISPOSITION] = f'attachment; filename="{name}"'
    return response


def see(path: str) -> web.Response:
    """Send the browser on to a page after a form, so that Reload sends nothing again."""
    return web.Response(status=SEE_OTHER, headers={**HEADERS, hdrs.LOCATION: path})


def _language(package: Traversable, code: str) -> Language:
    texts = {} if code == SOURCE else read_catalogue(package.joinpath("locale", code, f"{CATALOGUE}.po"), code)
    language = Language(LANGUAGES[code], texts)
    # Read now, and not when the first page needs a month's name.
    language.weekday(_ANY_DAY)
    return language


def _read_templates(folder: Traversable, inside: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in folder.iterdir():
        if entry.is_dir():
            found |= _read_templates(entry, f"{inside}{entry.name}/")
        elif entry.name.endswith(".html"):
            found[inside + entry.name] = entry.read_text("utf-8")
    return found
