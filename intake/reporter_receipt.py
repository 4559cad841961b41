"""
The receipt: the page with the eight words, and the question for two of them.

1. What the page shows is kept beside the session that the report opened, for half an hour at the most: the words, days
   and readers, and what was found in the files. Afterwards the page comes without the last.
2. Each time it is shown it asks for two other words (`two_words`). A wrong answer shows the words again; a right one
   tells what happens next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from aiohttp import web

from cases.clock import clock_start
from cases.deadlines import statutory
from intake.frames import IN_A_FRAME
from intake.inbox import OpenedCase, open_case
from intake.inbox_show import FACTS_FORM, Visit, in_session, inbox_fields, inbox_page
from intake.inbox_view import answers_at_once
from intake.kept_pages import UNTIL
from intake.marks import PAGE_KEPT_FOR
from intake.pages import FORGET, Language, answer
from intake.services import Services
from intake.sessions import Session
from intake.texts import Said
from intake.texts_report import NOT_THE_CODE, PAGE_OVER
from intake.two_words import are_right, draw_places

# No links at the foot of these pages: whoever follows one has lost the words, for Back shows nothing.
_NO_WAY_OFF: Final = ()


@dataclass(frozen=True, slots=True, repr=False)
class ReceiptView:
    """What the page of one report shows; kept for the same form sent twice, and for coming back to it."""

    words: tuple[str, ...]
    at_once: bool
    days: dict[str, str]
    readers: tuple[str, ...]
    # None when it is not known any more what came.
    files: Sequence[dict[str, Any]] | None
    # Of the session: they open it, as the page does.
    fields: Sequence[tuple[str, str]]
    facts_mark: str
    language: Language
    # Of the text that was sent, to know another one in the same form.
    text_hash: bytes = b""
    # What was found in the files may be shown no longer than this.
    until: datetime | None = None


def receipt_view(
    services: Services,
    session: Session,
    language: Language,
    *,
    shown_on: date,
    at_once: bool,
    readers: Sequence[str],
    files: Sequence[dict[str, Any]] | None = None,
    text_hash: bytes = b"",
) -> ReceiptView:
    """Return what the page with the code shows of a report that members see from `shown_on`."""
    due = statutory(shown_on, acknowledged=None, assessed=False, concluded=False, today=clock_start(shown_on))
    days = {one.kind.value: language.day(one.day) for one in due}
    return ReceiptView(
        words=session.receipt.words,
        at_once=at_once,
        days={"release": language.day(shown_on), **days},
        readers=tuple(readers),
        files=files,
        fields=inbox_fields(session, language),
        facts_mark=services.marks.new(FACTS_FORM),
        language=language,
        text_hash=text_hash,
        until=services.clock() + PAGE_KEPT_FOR if files else None,
    )


def receipt_page(services: Services, view: ReceiptView, said: Said | None = None) -> web.Response:
    """Return the page with the code, asking for two words of it that are drawn anew."""
    page = answer(
        services.pages.render(
            "receipt.html",
            view.language,
            "/receipt",
            view=view,
            said=None if said is None else view.language.said(said),
            asked=draw_places(),
            fields=view.fields,
            files=view.files or (),
            no_files=view.files is not None and not view.files,
            facts_mark=view.facts_mark,
            information_pages=_NO_WAY_OFF,
        ),
        status=200 if said is None else 400,
        headers=FORGET,
    )
    if view.until is not None:
        page[UNTIL] = view.until
    return page


def received_in_frame(services: Services, language: Language, fields: Sequence[tuple[str, str]]) -> web.Response:
    """Return the answer for the frame below the form: received, and the way to the code with the session's fields."""
    body = services.pages.render("report_received.html", language, "/report", fields=fields)
    return answer(body, headers={**IN_A_FRAME, **FORGET})


async def show_receipt(request: web.Request) -> web.StreamResponse:
    """POST /receipt : the page with the code, while the session that the report opened lasts."""
    return await in_session(request, show_again, PAGE_OVER)


async def check_receipt(request: web.Request) -> web.StreamResponse:
    """POST /receipt/check : whether two words were written down as they stand."""
    return await in_session(request, _check, PAGE_OVER)


async def show_again(visit: Visit) -> web.StreamResponse:
    """Return the page with the code in a session that a report opened, in any other the case."""
    view = await _view(visit)
    if view is None:
        # Whoever came in by typing the code has it, and it need not stand on a screen again.
        return await inbox_page(visit.services, visit.session, visit.language)
    return receipt_page(visit.services, view)


async def _check(visit: Visit) -> web.StreamResponse:
    view = await _view(visit)
    if view is None:
        return await inbox_page(visit.services, visit.session, visit.language)
    if not are_right(visit.session.receipt, visit.form):
        return receipt_page(visit.services, view, NOT_THE_CODE)
    visit.session.confirmed = True
    return answer(
        visit.services.pages.render(
            "receipt_right.html",
            view.language,
            "/receipt",
            view=view,
            fields=view.fields,
            information_pages=_NO_WAY_OFF,
        ),
        headers=FORGET,
    )


async def _view(visit: Visit) -> ReceiptView | None:
    """Return what the page shows, or None in a session that no report opened."""
    opened_by = visit.session.opened_by
    if opened_by is None:
        return None
    # What was found in files goes after half an hour, also of a session that is still in use.
    visit.services.marks.prune()
    if isinstance(opened_by.kept, ReceiptView):
        return opened_by.kept
    opened = await open_case(visit.services, visit.session)
    return receipt_view(
        visit.services,
        visit.session,
        visit.language,
        shown_on=opened.reporter[0].day,
        at_once=answers_at_once(visit.services, opened),
        readers=_readers(visit.services, opened),
    )


def _readers(services: Services, opened: OpenedCase) -> list[str]:
    labels = {member.id: member.label for roster in services.roster.chain().all for member in roster.members}
    return [labels[one] for one in opened.report.sealed_to if one in labels]
