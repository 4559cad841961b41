"""
The languages in which people can be shown pages: own name, direction of writing, and how days are written.

English is the language of the sentences in the code. Complete languages have every sentence. The others have what
somebody in danger needs: safety, the form, the receipt and the inbox; they are marked as not yet reviewed, and the
information pages come in English for them. The direction is written down here and not asked of a library, because
no library knows all languages that may be added (Meänkieli and Romani among them).

Catalogues are .po files, read in memory: nothing is compiled to disk.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from io import BytesIO
from typing import Final, Literal

from babel.messages.pofile import read_po

Direction = Literal["ltr", "rtl"]

SOURCE: Final = "en"


@dataclass(frozen=True, slots=True)
class LanguageInfo:
    """One language by its own name."""

    code: str
    name: str
    direction: Direction = "ltr"
    complete: bool = False
    # How a day is written, in the signs of CLDR.
    day: str = "d MMMM y"
    # How a time of day is written.
    time: str = "HH:mm"


LANGUAGES: Final[Mapping[str, LanguageInfo]] = {
    one.code: one
    for one in (
        LanguageInfo("sv", "Svenska", complete=True, time="HH.mm"),
        LanguageInfo("en", "English", complete=True),
        # A language of the municipality's own administration (law 2009:724), so not a courtesy.
        LanguageInfo("fi", "Suomi", complete=True, day="d. MMMM y", time="H.mm"),
        LanguageInfo("ar", "العربية", "rtl"),
        LanguageInfo("so", "Soomaali"),
        LanguageInfo("ti", "ትግርኛ"),
        LanguageInfo("fa", "فارسی", "rtl"),
        LanguageInfo("pl", "Polski"),
        LanguageInfo("es", "Español", day="d 'de' MMMM 'de' y"),
        LanguageInfo("uk", "Українська"),
    )
}


def read_catalogue(file: Traversable, code: str) -> dict[str, str]:
    """Return the translations of one .po file by their English sentence; none when there is no such file."""
    if not file.is_file():
        return {}
    messages = read_po(BytesIO(file.read_bytes()), locale=code)
    return {
        message.id: str(message.string)
        for message in messages
        if isinstance(message.id, str) and message.id and message.string and not message.fuzzy
    }
