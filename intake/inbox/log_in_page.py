"""
The page that asks for the case code, with what went wrong and with a message that came along.

Words that cannot be a code stand in their fields again, and so do shortened ones, in full. Framed as wrong is only what
is certainly wrong; what is guessed from the check bits is asked in a sentence. A
page with words is kept for a few minutes only, and is gone when its writer has logged in or left
(docs/decisions/site/0006). A whole code that opened nothing is not shown again: that page is the same for every code. A
message that could not be sent, because its session was over or the service was restarted, stands in a field of this
form and comes into the inbox with the reporter; then the page is dropped, and nothing else keeps it.

For half a year after a restore the page says to everybody, whatever was typed, of which days something is gone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Final

from aiohttp import web

from cases.case.restored import Restored
from cases.receipt.misread import Misreading
from intake.http.result_pages import UNTIL, draft_of
from intake.inbox.typed_code import EMPTY, WordField, misread_fields
from intake.services import Services
from intake.views.pages import DRAFT_FIELD, LANGUAGE_FIELD, Head, Language
from intake.views.texts import Notice
from intake.views.texts_inbox import (
    CANNOT_SEE,
    CHECK_FAILS,
    COMPARE,
    LOOK_CLOSELY,
    ONLY_GUESSING,
    REASONS,
    SHORTENED,
    SWAPPED,
    UNKNOWN_WORDS,
    WRONG_CODE,
    WRONG_COUNT,
)
from trusted.case.clock import today
from trusted.receipt.keys import WORDS_IN_RECEIPT
from trusted.web.form import TEXT_FIELD, Form
from trusted.web.form_tokens import TOKEN_FIELD

LOG_IN_FORM: Final = "return"
# Long enough to come back to the page by Reload. The tab goes on showing it; this is for who comes to the computer
# next, and finds the address in the history of an ordinary browser.
WORDS_SHOWN_FOR: Final = timedelta(minutes=5)
# Twice the three months within which a reporter is told what the report led to, and would come back at the latest.
RESTORE_SAID_FOR: Final = timedelta(days=183)


@dataclass(frozen=True, slots=True, repr=False)
class Unsent:
    """What goes with the form from page to page: a message that has not been sent, and the draft it belongs to."""

    text: str = ""
    # A new one where there is none yet.
    draft: str = ""


_NOTHING_UNSENT: Final = Unsent()


def unsent_in(form: Form) -> Unsent:
    return Unsent(form.one(TEXT_FIELD), draft_of(form))


def log_in_page(
    services: Services, language: Language, notice: Notice | None = None, unsent: Unsent = _NOTHING_UNSENT
) -> web.Response:
    """Return the page that asks for the code."""
    return _page(services, language, None if notice is None else language.translate_notice(notice), unsent)


def misread_page(services: Services, language: Language, misread: Misreading, form: Form) -> web.Response:
    """Return the page for words that are no receipt: as they were typed, with what is wrong with them."""
    if misread.unknown:
        notice = language.translate_notice(UNKNOWN_WORDS)
    elif misread.count != WORDS_IN_RECEIPT:
        notice = language.translate_notice(WRONG_COUNT)
        notice = Notice(notice.what % {"count": misread.count}, notice.do)
    else:
        notice = _guesses(language, misread)
    return _page_with_words(services, language, notice, form, misread_fields(form, misread, language))


def _guesses(language: Language, misread: Misreading) -> Notice:
    """Return what is said of eight words of the list that are no receipt, with the numbers of those to look at."""
    swaps, places = misread.swaps, [place.number for place in misread.candidates]
    sentences = [language.translate(CANNOT_SEE)]
    if swaps:
        sentences = [_numbered(language, SWAPPED[len(swaps) - 1], chain.from_iterable(swaps))]
    if places:
        sentences.append(_numbered(language, LOOK_CLOSELY[len(places) - 1], places))
    sentences.append(language.translate(ONLY_GUESSING if swaps or places else COMPARE))
    return Notice(language.translate(CHECK_FAILS), " ".join(sentences))


def _numbered(language: Language, english: str, numbers: Iterable[int]) -> str:
    return language.translate(english) % dict(zip(("one", "two", "three", "four"), numbers, strict=False))


def shortened_page(services: Services, language: Language, form: Form, in_full: Sequence[WordField]) -> web.Response:
    """Return the page that shows in full what was shortened; its button opens the case."""
    return _page_with_words(services, language, language.translate_notice(SHORTENED), form, in_full)


def nothing_opened_page(services: Services, language: Language, unsent: Unsent) -> web.Response:
    """Return the one page for every receipt that is whole and opens nothing."""
    reasons = tuple(language.translate(reason) for reason in REASONS)
    return _page(services, language, language.translate_notice(WRONG_CODE), unsent, reasons=reasons)


def _page_with_words(
    services: Services, language: Language, notice: Notice, form: Form, eight: Sequence[WordField]
) -> web.Response:
    page = _page(services, language, notice, unsent_in(form), eight=eight)
    page[UNTIL] = services.clock() + WORDS_SHOWN_FOR
    return page


def _page(
    services: Services,
    language: Language,
    notice: Notice | None,
    unsent: Unsent,
    *,
    eight: Sequence[WordField] = EMPTY,
    reasons: tuple[str, ...] = (),
) -> web.Response:
    draft = draft_of(Form({DRAFT_FIELD: [unsent.draft]}))
    return services.pages.page(
        "return.html",
        language,
        "/return",
        # With Back the browser would show the words as they were typed: it keeps nothing of this page.
        Head(400 if notice is not None and notice.tone == "bad" else 200),
        notice=notice,
        eight=eight,
        reasons=reasons,
        restored=_restored(services),
        typed={"text": unsent.text},
        fields=[
            (TOKEN_FIELD, services.form_tokens.new(LOG_IN_FORM)),
            (DRAFT_FIELD, draft),
            (LANGUAGE_FIELD, language.code),
        ],
        leave_fields=[(DRAFT_FIELD, draft), (LANGUAGE_FIELD, language.code)],
    )


def _restored(services: Services) -> Restored | None:
    """Return the restore that is to be spoken of."""
    restored = services.restored
    return restored if restored is not None and today(services.clock) <= restored.day + RESTORE_SAID_FOR else None
