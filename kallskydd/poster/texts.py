"""What a poster and the block for the municipality's own page say, in every complete language.

The English here is the key of the catalogues in locale/<code>/poster.po. The same sentences stand in both, in the same
order: what to beware of before the codes, the mirror before the onion, the telephone last. A page has a link, which
paper has not, so the block says one sentence more.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from io import BytesIO
from typing import Final

from babel.messages.pofile import read_po

from cases.languages import LANGUAGES, SOURCE


def N_(english: str) -> str:  # noqa: N802 - the name that extraction tools look for
    """Mark a sentence for translation."""
    return english


TRIAL: Final = N_("Trial. Do not report here.")
# In both stands the word that people search for.
TITLE: Final = N_("Blow the whistle without saying who you are")
LEAD: Final = N_("Have you seen something that is not right? Use the whistleblowing service.")
COVERS: Final = N_("Covers %(names)s.")
BEWARE: Final = N_("Before you scan")
WARNINGS: Final = (
    # At home nobody has to switch anything off, and a computer there may have no other way.
    N_("Leave the municipality's or your employer's wifi first: it can be traced. Your wifi at home is fine."),
    N_("Use a phone or computer of your own, not one from work and not one with a work profile."),
    N_("Copy or type the address. Do not search for it at work."),
)
# Only where there is something to click.
BEWARE_OF_THE_LINK: Final = N_("Before you click or scan")
LINK: Final = N_("Do not click the link on a computer or phone from work, nor on the network at work.")
MIRROR: Final = N_("The simple way: any browser")
MIRROR_SEEN: Final = N_(
    "The network you use and whoever runs this address can see that you come, and when, but not what you read or write."
)
MIRROR_ALT: Final = N_("QR code with the address %(address)s, for any browser")
ONION: Final = N_("The safest way: Tor")
ONION_COMPUTERS: Final = N_("Android and computers: %(browser)s")
ONION_IPHONE: Final = N_("iPhone: %(browser)s")
# A camera hands the address of a code to the ordinary browser.
ONION_HOW: Final = N_(
    "Get that browser first. Do not tap the link that a camera shows, for it opens in another browser: "
    "copy the address."
)
ONION_ALT: Final = N_("QR code with the address %(address)s, for Tor Browser and Onion Browser")
ONION_GAPS: Final = N_("The gaps are for the eye only: type the address without them.")
PHONE: Final = N_("By telephone: %(number)s")
PHONE_HOW: Final = N_(
    "Hide your number. Do not call from work or with a work phone. A call can be traced all the same."
)
# Names of programs are the same in every language.
TOR_BROWSER: Final = "Tor Browser"
ONION_BROWSER: Final = "Onion Browser"


@dataclass(frozen=True, slots=True)
class Facts:
    """What differs from home to home."""

    owner: str
    organisations: tuple[str, ...]
    onion: str  # http:// and 56 letters and .onion
    mirror: str | None  # https:// and a host
    phone: str | None
    trial: bool
    accent: str | None = None  # "#rrggbb"


class PosterTexts:
    """The sentences of this file in one language."""

    def __init__(self, language: str) -> None:
        """Read the catalogue of a complete language."""
        self.language = language
        self._texts = read_poster_texts(language)

    def __call__(self, english: str, **values: str) -> str:
        """Return a sentence with its values; one without a translation comes in English."""
        text = self._texts.get(english, english)
        return text % values if values else text


def complete_languages(chosen: tuple[str, ...]) -> tuple[str, ...]:
    """Return those that have every sentence, in the same order."""
    return tuple(code for code in chosen if LANGUAGES[code].complete)


def read_poster_texts(language: str) -> dict[str, str]:
    """Return the poster's translations of a complete language by their English sentence; none for English itself."""
    if language == SOURCE:
        return {}
    content = files("kallskydd").joinpath("locale", language, "poster.po").read_bytes()
    return {
        message.id: str(message.string)
        for message in read_po(BytesIO(content), locale=language)
        if isinstance(message.id, str) and message.id and message.string
    }
