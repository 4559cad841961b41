"""The municipality's own page, whole: what `poster --web` makes beside the block, one file for each language.

It says what the service's pages and the poster say, in their sentences, so that the two cannot drift apart; only what
such a page needs besides has sentences of its own (locale/<code>/poster.po). Everything about the home comes from its
configuration and its roster. The page is complete in itself: its style is in it, its pictures lie beside it, it has no
script, and nothing is fetched from elsewhere. Numbers and addresses of others are text to copy; the mirror is the one
link that leads away, and the page asks the browser to send no referrer.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template

from cases.config import Config
from cases.languages import LANGUAGES
from intake.views.languages import read_texts
from intake.views.pages import Language
from kallskydd.poster import qr
from kallskydd.poster.texts import MIRROR_ALT, ONION_ALT, Facts, read_poster_texts
from kallskydd.poster.web import MIRROR_PICTURE, ONION_PICTURE


@dataclass(frozen=True, slots=True)
class _Picture:
    """A QR code beside the page."""

    name: str
    side: int  # pixels
    alt: str


@dataclass(frozen=True, slots=True)
class _Address:
    """One way to the service."""

    address: str
    code: _Picture


@dataclass(frozen=True, slots=True)
class _LanguageLink:
    """The same page in another language, or this one."""

    code: str
    name: str
    page: str


def file_name(language: str) -> str:
    """Return the name under which the pages of the other languages link this one."""
    return f"page-{language}.html"


def page(language: str, languages: tuple[str, ...], config: Config, facts: Facts, *, has_counsel: bool) -> str:
    """Return the page in one complete language, linked to those in `languages`."""
    texts = site_and_poster(language)
    return _template().render(
        _=texts.in_template,
        code=language,
        languages=[_LanguageLink(one, LANGUAGES[one].name, file_name(one)) for one in languages],
        owner=facts.owner,
        organisations=facts.organisations,
        trial=facts.trial,
        mirror=facts.mirror and _address(texts, facts.mirror, MIRROR_PICTURE, MIRROR_ALT),
        onion=_address(texts, facts.onion, ONION_PICTURE, ONION_ALT),
        has_counsel=has_counsel,
        erase_days=config.inbox_days,
        phone=facts.phone,
        phone_seen_by=config.phone_seen_by,
        meeting=config.meeting,
        authorities=config.authorities,
        other_contacts=config.other_contacts,
        contact=config.contact,
        controller=config.controller or config.owner,
        operator=config.operator,
        data_protection_contact=config.data_protection_contact,
        updated=config.updated and texts.day(config.updated),
    )


def site_and_poster(language: str) -> Language:
    """Return a language with the sentences of the service's pages and of the poster."""
    site = read_texts(files("intake") / "locale", language)
    return Language(LANGUAGES[language], site | read_poster_texts(language))


def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(files("kallskydd").joinpath("poster", "page.html").read_text("utf-8"))


def _address(texts: Language, address: str, name: str, alt: str) -> _Address:
    shown = texts.translate(alt) % {"address": address}
    return _Address(address, _Picture(name, qr.png_side(address), shown))
