"""
What a home says of itself on its pages: who owns the channel, who may be turned to, which number is called.

All of it is facts of one municipality, so a second one needs a file and no code. Everything optional may be left out,
and the pages then say less. What differs with the language is a table, `{ sv = "…", en = "…" }`: `ByLanguage`.

Addresses and numbers (`at`, `contact`) are shown as text to copy and never as links: a click would tell the other site
from where somebody came.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal, TypeAlias

import msgspec

HTTPS_PORT: Final = 443

Line: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
# A few sentences, in one language.
Text: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=1000, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
Key: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,40}\Z")]
# A host on the open web, written as in an address; an onion has its own key and is never configured.
Host: TypeAlias = Annotated[
    str,
    msgspec.Meta(max_length=253, pattern=r"^(?!.*\.onion\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}\Z"),
]
# As in a browser, with a path; where the program goes through tor.
HttpsAddress: TypeAlias = Annotated[
    str, msgspec.Meta(max_length=200, pattern=r"^https://[a-z0-9.-]{1,253}(:[0-9]{1,5})?/[!-~]*\Z")
]
# "#rrggbb".
Colour: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^#[0-9A-Fa-f]{6}\Z")]
Language: TypeAlias = Literal["sv", "en", "fi", "ar", "so", "ti", "fa", "pl", "es", "uk"]


@dataclass(frozen=True, slots=True)
class InLanguage:
    """Words as they are shown, and the language that they turned out to be in."""

    code: str
    text: str


class ByLanguage(msgspec.Struct, frozen=True, kw_only=True):
    """The same words in one language or more, one key for each language that pages can have."""

    sv: Text | None = None
    en: Text | None = None
    fi: Text | None = None
    ar: Text | None = None
    so: Text | None = None
    ti: Text | None = None
    fa: Text | None = None
    pl: Text | None = None
    es: Text | None = None
    uk: Text | None = None

    def __post_init__(self) -> None:
        if next(self._given(), None) is None:
            # The library makes its own error of this, with the place in the file.
            raise ValueError("it needs words in one language at least")

    def shown(self, code: str) -> InLanguage:
        """Return the words in this language, else in English, else in the first of the list above that is given."""
        given = dict(self._given())
        chosen = next((one for one in (code, "en") if one in given), next(iter(given)))
        return InLanguage(chosen, given[chosen])

    def _given(self) -> Iterator[tuple[str, str]]:
        return ((code, text) for code, text in msgspec.structs.asdict(self).items() if text is not None)


class OrganisationConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One of those behind the channel, as the first roster will name it."""

    key: Key
    name: Line


class ContactConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may be turned to: a name, and numbers or addresses to copy."""

    name: Line
    at: tuple[Line, ...] = ()


class AuthorityConfig(ContactConfig, frozen=True, kw_only=True):
    """An authority with an external channel, and what belongs there."""

    about: ByLanguage


class OtherContact(msgspec.Struct, frozen=True, kw_only=True):
    """Where what does not belong here should go: opinions, a broken lamp."""

    name: ByLanguage
    at: tuple[Line, ...] = ()


class MirrorConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The website on the open web whose TLS the intake ends; without the table there is none."""

    # Its host, without https:// before it. Posters show it beside the onion address.
    name: Host
    # Ordered and renewed by the program, or put there with `kallskydd mirror certificate`.
    certificates: Literal["acme", "by hand"] = "acme"
    # The authority's directory, and its name as CAA knows it.
    directory: HttpsAddress = "https://acme-v02.api.letsencrypt.org/directory"
    issuer: Host = "letsencrypt.org"
    # Where CAA is looked up, by DNS over HTTPS: two that have nothing to do with one another.
    resolvers: tuple[HttpsAddress, HttpsAddress] = (
        "https://dns.quad9.net/dns-query",
        "https://cloudflare-dns.com/dns-query",
    )
    # Where issued certificates are looked up, with `{name}` in the place of the name; without it they are not.
    certificate_list: HttpsAddress | None = None
    # Of certificates that the operator ordered elsewhere, as hex.
    known_certificates: tuple[Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Fa-f]{1,64}\Z")], ...] = ()
    # Where browsers reach it, if not at the port of https; for a trial only.
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = HTTPS_PORT
    # Root certificates in the place of the usual ones; for a trial only.
    roots: Annotated[str, msgspec.Meta(pattern=r"^/")] | None = None


class SiteConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of one home."""

    owner: Line
    # Of the band and the buttons, with white text; without it the pages are petrol, as the poster.
    accent: Colour | None = None
    organisations: Annotated[tuple[OrganisationConfig, ...], msgspec.Meta(min_length=1, max_length=100)]
    authorities: Annotated[tuple[AuthorityConfig, ...], msgspec.Meta(min_length=1, max_length=50)]
    languages: Annotated[tuple[Language, ...], msgspec.Meta(min_length=1)] = ("sv", "en")
    contact: tuple[Line, ...] = ()
    other_contacts: Annotated[tuple[OtherContact, ...], msgspec.Meta(max_length=20)] = ()
    mirror: MirrorConfig | None = None
    # By voice.
    phone: Line | None = None
    phone_seen_by: ByLanguage | None = None
    meeting: ByLanguage | None = None
    # Who is behind it. Without a controller of its own the owner is it.
    operator: Line | None = None
    controller: Line | None = None
    data_protection_contact: tuple[Line, ...] = ()
    complaint_privacy: ContactConfig | None = None
    complaint_accessibility: ContactConfig | None = None
    source_code: Line | None = None
    # The day on which the operator last looked all of this through.
    updated: date | None = None
