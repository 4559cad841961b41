"""Finished sentences for the reporter, in the language that the report was written in.

A member who does not read that language sees beside each what it says. Their English stands here and the other nine
languages in desk/locale/<language>/phrases.po; those of languages that the site marks as not reviewed are marked here
too. Nothing of them is sent by choosing one: it becomes part of the text, which is looked at before it is sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Final

from cases.languages import LANGUAGES, SOURCE, LanguageInfo, read_catalogue
from desk.web.views.pages import DEFAULT_LANGUAGE, N_, Language

CATALOGUE: Final = "phrases"


def P_(english: str) -> str:  # noqa: N802 - the name that scripts/catalogs.py looks for
    """Mark a sentence for the reporter for translation."""
    return english


@dataclass(frozen=True, slots=True)
class Phrase:
    """One sentence, and what members call it."""

    key: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class PhraseShown:
    """A phrase on the page: in the reporter's language, and what it says where that is not the member's."""

    key: str
    label: str
    text: str
    meaning: str


PHRASES: Final = (
    Phrase(
        "acknowledgement",
        N_("Thank you, we have read it"),
        P_(
            "Thank you for your report. We have read it and take it seriously. We write here when we have made a first"
            " assessment."
        ),
    ),
    Phrase(
        "assessment",
        N_("We are going to investigate"),
        P_("We have made a first assessment: we are going to investigate what you have told us."),
    ),
    Phrase(
        "no-search",
        N_("Do not look for more at work"),
        P_("Do not look for more at work. Tell us only what you already know."),
    ),
    Phrase(
        "enough",
        N_("Thank you, we have what we need"),
        P_("Thank you, we have what we need. You need do nothing more now."),
    ),
    Phrase(
        "slow",
        N_("Answer when you can"),
        P_("Answer when you can. The case is not closed because the answer takes time."),
    ),
    Phrase(
        "meet",
        N_("Would you like to meet?"),
        P_("Would you like to meet us? We agree here on where and when. You need not say who you are."),
    ),
    Phrase(
        "anonymous",
        N_("Do not write who you are"),
        P_("Do not write who you are, unless you want us to know."),
    ),
)


def language_of_reporter(untrusted_code: str) -> LanguageInfo:
    """Return the language that a report was written in; Swedish for one that the site does not ship."""
    return LANGUAGES.get(untrusted_code, LANGUAGES[DEFAULT_LANGUAGE])


def _read() -> Mapping[str, Mapping[str, str]]:
    locale = files("desk").joinpath("locale")
    return {
        code: {} if code == SOURCE else read_catalogue(locale.joinpath(code, f"{CATALOGUE}.po"), code)
        for code in LANGUAGES
    }


@dataclass(frozen=True, slots=True, repr=False)
class Phrases:
    """The sentences in all languages of the site, read once."""

    _texts: Mapping[str, Mapping[str, str]] = field(default_factory=_read)

    def text(self, key: str, language: LanguageInfo) -> str:
        """Return the sentence of this key; nothing for a key that is none."""
        return next((self._in(one.text, language.code) for one in PHRASES if one.key == key), "")

    def shown(self, language: LanguageInfo, member: Language) -> tuple[PhraseShown, ...]:
        """Return all sentences in the reporter's language, and what they say in the member's."""
        return tuple(
            PhraseShown(
                one.key,
                member.translate(one.label),
                self._in(one.text, language.code),
                "" if language.code == member.code else self._in(one.text, member.code),
            )
            for one in PHRASES
        )

    def _in(self, english: str, code: str) -> str:
        return self._texts[code].get(english, english)
