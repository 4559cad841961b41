"""
The receipt, page by page: the eight words and the question for two of them, the files, and what happens now.

1. What the pages show is kept beside the session that the report opened, for half an hour at the most: the words, days
   and readers, and what was found in the files. Afterwards they come without the last.
2. Each time the words are shown the page asks for two others of them (`two_words`). Where one is wrong the page comes
   again, asks for the same two, and says beside its field which it is.
3. Two right words lead on: to the files, where some came and what was found is still kept, and from there or at once to
   the days, the readers and what to do afterwards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from aiohttp import web

from cases.case.deadlines import statutory
from intake.http.result_pages import UNTIL
from intake.inbox.case import OpenedCase, open_case
from intake.inbox.show import FACTS_FORM, Visit, fields_of, in_session, inbox_fields, inbox_page
from intake.inbox.two_words import are_right, draw_places, wrong_places
from intake.inbox.view import answers_at_once
from intake.services import Services
from intake.sessions import Session
from intake.shown import Ticked, files_shown
from intake.uploads.facts import FACT_FIELD
from intake.views.pages import FORGET, FORGOTTEN, LANGUAGE_FIELD, Head, Language
from intake.views.texts import Notice
from intake.views.texts_report import NOT_THE_CODE, PAGE_OVER
from trusted.case.clock import clock_start
from trusted.forms.attachment import FileShown
from trusted.forms.submission import Brought
from trusted.web.form_tokens import PAGE_KEPT_FOR

# No links at the foot of these pages: a reporter who follows one has lost the words, for Back shows nothing.
_NO_WAY_OFF: Final = ()


@dataclass(frozen=True, slots=True)
class Readable:
    """From when a report can be read, and by whom."""

    shown_on: date
    at_once: bool
    readers: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class SentWith:
    """What came in the form of a report, as long as it is known."""

    files: Sequence[FileShown] = ()
    # What the case calls them.
    numbers: Mapping[str, int] = field(default_factory=dict)
    # To know another text in the same form.
    brought: Brought | None = None


_NOT_KNOWN_ANY_MORE: Final = SentWith()


@dataclass(frozen=True, slots=True, repr=False)
class ReceiptView:
    """What the page of one report shows; kept for the same form sent twice, and for coming back to it."""

    words: tuple[str, ...]
    readable: Readable
    sent: SentWith
    # Of the session: it opens it, as the page does.
    handle: str
    facts_token: str
    # What was found in the files may be shown no longer than this.
    until: datetime | None = None

    @property
    def accepted(self) -> tuple[FileShown, ...]:
        """The files that came with the report, as long as it is known what was found in them."""
        return tuple(one for one in self.sent.files if one.refused is None)

    def days(self, language: Language) -> dict[str, str]:
        """Return the days that count, in words."""
        shown_on = self.readable.shown_on
        due = statutory(shown_on, acknowledged=None, assessed=False, told=False, today=clock_start(shown_on))
        return {"release": language.day(shown_on), **{one.kind.value: language.day(one.day) for one in due}}


def receipt_view(
    services: Services, session: Session, readable: Readable, sent: SentWith = _NOT_KNOWN_ANY_MORE
) -> ReceiptView:
    """Return what the page with the code shows of a report."""
    return ReceiptView(
        words=session.receipt.words,
        readable=readable,
        sent=sent,
        handle=session.handle,
        facts_token=services.form_tokens.new(FACTS_FORM),
        until=services.clock() + PAGE_KEPT_FOR if sent.files else None,
    )


def receipt_page(
    services: Services,
    view: ReceiptView,
    language: Language,
    notice: Notice | None = None,
    *,
    wrong: Mapping[int, bool] = MappingProxyType({}),
) -> web.Response:
    """Return the page with the code, asking for two words of it: newly drawn ones, or those of `wrong`.

    `wrong` has the places that were asked for, and whether what was typed there is wrong.
    """
    return services.pages.page(
        "report/receipt.html",
        language,
        "/receipt",
        Head(400 if notice is not None or wrong else 200, headers=FORGET),
        view=view,
        notice=None if notice is None else language.translate_notice(notice),
        asked=list(wrong) or draw_places(),
        wrong=[place for place, is_wrong in wrong.items() if is_wrong],
        fields=fields_of(view.handle, language),
        information_pages=_NO_WAY_OFF,
    )


async def receipt_again(services: Services, session: Session, language: Language) -> web.Response:
    """Return the page with the code of a session that a report opened. Raises what `open_case` raises."""
    return receipt_page(services, await _view_of(services, session), language)


async def show_receipt(request: web.Request) -> web.StreamResponse:
    """POST /receipt : the page with the code, while the session that the report opened lasts."""
    return await in_session(request, show_again, PAGE_OVER)


async def check_receipt(request: web.Request) -> web.StreamResponse:
    """POST /receipt/check : whether two words were written down as they stand."""
    return await in_session(request, _check, PAGE_OVER)


async def next_after_receipt(request: web.Request) -> web.StreamResponse:
    """POST /receipt/next : the days and what happens now, once two words were right."""
    return await in_session(request, _next, PAGE_OVER)


async def show_again(visit: Visit) -> web.StreamResponse:
    """Return the page with the code in a session that a report opened, in any other the case."""
    view = await _view(visit)
    if view is None:
        # A reporter who typed the code has it, and it need not stand on a screen again.
        return await inbox_page(visit.services, visit.session, visit.language)
    return receipt_page(visit.services, view, visit.language)


async def _check(visit: Visit) -> web.StreamResponse:
    view = await _view(visit)
    if view is None:
        return await inbox_page(visit.services, visit.session, visit.language)
    was_right = visit.switched and visit.session.confirmed
    if not was_right and not are_right(visit.session.receipt, visit.form):
        return _not_right(visit, view)
    visit.session.confirmed = True
    return _files_page(visit, view) if view.accepted else _days_page(visit, view, is_right=True)


def _not_right(visit: Visit, view: ReceiptView) -> web.Response:
    """Return the page with the code once more; a button of another language was no answer."""
    wrong = wrong_places(visit.session.receipt, visit.form)
    if visit.switched or not wrong:
        return receipt_page(visit.services, view, visit.language, None if visit.switched else NOT_THE_CODE)
    asked = {int(place): int(place) in wrong for place in visit.form.all("asked")}
    return receipt_page(visit.services, view, visit.language, wrong=asked)


async def _next(visit: Visit) -> web.StreamResponse:
    view = await _view(visit)
    if view is None:
        return await inbox_page(visit.services, visit.session, visit.language)
    if not visit.session.confirmed:
        return receipt_page(visit.services, view, visit.language)
    return _days_page(visit, view)


def _files_page(visit: Visit, view: ReceiptView) -> web.Response:
    """Return the page of what was found in the files."""
    services, language = visit.services, visit.language
    ticked = Ticked(visit.form.all(FACT_FIELD), services.pages.language(visit.form.one(LANGUAGE_FIELD)))
    page = services.pages.page(
        "report/receipt_files.html",
        language,
        "/receipt",
        FORGOTTEN,
        view=view,
        files=files_shown(view.accepted, language, view.sent.numbers, ticked),
        facts_token=view.facts_token,
        fields=inbox_fields(visit.session, language),
        information_pages=_NO_WAY_OFF,
    )
    if view.until is not None:
        page[UNTIL] = view.until
    return page


def _days_page(visit: Visit, view: ReceiptView, *, is_right: bool = False) -> web.Response:
    """Return the page of the days and of what happens now. `is_right` says that two words were right just now."""
    return visit.services.pages.page(
        "report/receipt_right.html",
        visit.language,
        "/receipt",
        FORGOTTEN,
        view=view,
        days=view.days(visit.language),
        is_right=is_right,
        fields=inbox_fields(visit.session, visit.language),
        information_pages=_NO_WAY_OFF,
    )


async def _view(visit: Visit) -> ReceiptView | None:
    """Return what the page shows, or None in a session that no report opened."""
    return None if visit.session.opened_by is None else await _view_of(visit.services, visit.session)


async def _view_of(services: Services, session: Session) -> ReceiptView:
    """Return what the page shows of a report; what was found in its files only as long as that is kept."""
    # What was found in files goes after half an hour, also of a session that is still in use.
    services.form_tokens.prune()
    if session.opened_by is not None and isinstance(session.opened_by.kept, ReceiptView):
        return session.opened_by.kept
    opened = await open_case(services, session)
    at_once = answers_at_once(services, opened)
    return receipt_view(services, session, Readable(opened.reporter[0].day, at_once, _readers(services, opened)))


def _readers(services: Services, opened: OpenedCase) -> tuple[str, ...]:
    labels = {member.id: member.label for roster in services.roster.chain().all for member in roster.members}
    return tuple(labels[one] for one in opened.report.sealed_to if one in labels)
