"""
The page that asks for the case code, with what went wrong and with a message that came along.

What was typed as the code is not shown again: it is a secret. A message that could not be sent, because its session was
over or the service was restarted, stands in a field of this form and comes into the inbox with the reporter; then the
page is dropped, and nothing else keeps it.
"""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from cases.receipt.keys import WORDS_IN_RECEIPT
from cases.receipt.misread import DoubtfulWord, Misreading
from intake.http.form import Form
from intake.http.form_tokens import TOKEN_FIELD
from intake.http.result_pages import draft_of
from intake.services import Services
from intake.views.pages import DRAFT_FIELD, LANGUAGE_FIELD, Cache, Language
from intake.views.texts import Notice
from intake.views.texts_inbox import (
    CHECK_FAILS,
    MAYBE_MISREAD,
    REASONS,
    UNKNOWN_WORD,
    UNKNOWN_WORDS,
    WRONG_CODE,
    WRONG_COUNT,
)

LOG_IN_FORM: Final = "return"


@dataclass(frozen=True, slots=True, repr=False)
class _Hint:
    """One place of the code, and words that may have been meant."""

    what: str
    near: tuple[str, ...]


def log_in_page(
    services: Services, language: Language, notice: Notice | None = None, *, text: str = "", draft: str = ""
) -> web.Response:
    """Return the page; `text` is a message that has not been sent, and `draft` what it belongs to already."""
    return _page(services, language, None if notice is None else language.translate_notice(notice), text, draft)


def misread_page(
    services: Services, language: Language, misread: Misreading, *, text: str = "", draft: str = ""
) -> web.Response:
    """Return the page for words that are no receipt: what is wrong with them, by their numbers."""
    if misread.unknown:
        notice, hints = language.translate_notice(UNKNOWN_WORDS), _hints(language, UNKNOWN_WORD, misread.unknown)
    elif misread.count != WORDS_IN_RECEIPT:
        notice, hints = language.translate_notice(WRONG_COUNT), ()
        notice = Notice(notice.what % {"count": misread.count}, notice.do)
    else:
        notice, hints = language.translate_notice(CHECK_FAILS), _hints(language, MAYBE_MISREAD, misread.candidates)
    return _page(services, language, notice, text, draft, hints=hints)


def nothing_opened_page(services: Services, language: Language, *, text: str = "", draft: str = "") -> web.Response:
    """Return the one page for every receipt that is whole and opens nothing."""
    reasons = tuple(language.translate(reason) for reason in REASONS)
    return _page(services, language, language.translate_notice(WRONG_CODE), text, draft, reasons=reasons)


def _hints(language: Language, sentence: str, places: tuple[DoubtfulWord, ...]) -> tuple[_Hint, ...]:
    return tuple(_Hint(language.translate(sentence) % {"number": place.number}, place.near) for place in places)


def _page(
    services: Services,
    language: Language,
    notice: Notice | None,
    text: str,
    untrusted_draft: str,
    *,
    hints: tuple[_Hint, ...] = (),
    reasons: tuple[str, ...] = (),
) -> web.Response:
    draft = draft_of(Form({DRAFT_FIELD: [untrusted_draft]}))
    return services.pages.page(
        "return.html",
        language,
        "/return",
        status=200 if notice is None else 400,
        # With Back the browser would show the words as they were typed.
        cache=Cache.NOTHING,
        notice=notice,
        hints=hints,
        reasons=reasons,
        typed={"text": text},
        fields=[
            (TOKEN_FIELD, services.form_tokens.new(LOG_IN_FORM)),
            (DRAFT_FIELD, draft),
            (LANGUAGE_FIELD, language.code),
        ],
        leave_fields=[(DRAFT_FIELD, draft), (LANGUAGE_FIELD, language.code)],
    )
