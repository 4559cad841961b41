"""
What every page of the inbox is made of.

The page of the case itself, its hidden fields, and the way of reading a form within a session; every way in which that
can fail has its page.

Nothing of these pages may be stored by the browser, and no address of theirs carries a handle: each answers a form, and
is then shown at an address of its own (intake/http/result_pages.py).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from aiohttp import web

from intake.http.result_pages import UNTIL
from intake.identifiers.acknowledged import ACKNOWLEDGED_FIELD
from intake.inbox.case import open_case
from intake.inbox.log_in_page import Unsent, log_in_page
from intake.inbox.pieces import AFTER_FIELD, AT_FIELD, BEFORE_FIELD, Wanted, piece_of
from intake.inbox.view import InboxView, inbox_view
from intake.services import SERVICES, Services
from intake.sessions import FoundInFiles, Session
from intake.shown import Ticked, files_shown, limits_shown
from intake.uploads.facts import FACT_FIELD
from intake.views.pages import LANGUAGE_FIELD, Button, Head, Language, PageLink, WaysOn
from intake.views.refusals import refusal
from intake.views.texts import N_, SENT_ALREADY, SESSION_OVER, Notice
from intake.views.texts_inbox import SESSION_OVER_KEPT
from trusted.case.errors import CaseError, NotThere
from trusted.forms.submission import HELD_FIELD
from trusted.web.errors import FormRefused
from trusted.web.form import CHANGES_FIELD, MARKED_FIELD, SWITCH_FIELD, TEXT_FIELD, YES, Form, drain, read_form
from trusted.web.form_tokens import TOKEN_FIELD

WRITE_FORM: Final = "write"
FACTS_FORM: Final = "facts"
FACTS_TOKEN_FIELD: Final = "facts_mark"  # noqa: S105 - the name of a field
LOG_IN: Final = (PageLink("/return", N_("Log in with your case code")),)


@dataclass(frozen=True, slots=True, repr=False)
class Visit:
    """One request within a session."""

    request: web.Request
    services: Services
    form: Form
    session: Session
    language: Language

    @property
    def file_id(self) -> str | None:
        return self.form.one("file") or None

    @property
    def switched(self) -> bool:
        """Whether the button of another language was pressed: the same page again, and nothing else."""
        return bool(self.form.one(SWITCH_FIELD))

    @property
    def token(self) -> str:
        """The token of a form that acts; none when only its page is wanted once more."""
        return "" if self.switched else self.form.one(TOKEN_FIELD)


@dataclass(frozen=True, slots=True, repr=False)
class Typed:
    """What was typed and ticked, and which piece of the case was read meanwhile: the page comes with it again."""

    text: str = ""
    facts: Ticked = field(default_factory=Ticked)
    piece: Wanted = field(default_factory=Wanted)
    marked: bool = False
    changes: bool = False
    # Tags of what was found in the text and is to stay.
    accepted: Sequence[str] = ()


NOTHING_TYPED: Final = Typed()


async def in_session(
    request: web.Request, act: Callable[[Visit], Awaitable[web.StreamResponse]], over: Notice | None = None
) -> web.StreamResponse:
    """Read the form, find its session, and act; every way in which that can fail has its page.

    `over` is shown when there is no session any more, where that is more than being logged out.
    """
    services = request.app[SERVICES]
    form = Form()
    try:
        await read_form(request, services.limits, form)
    except FormRefused as refused:
        await drain(request, services.limits)
        return await back_to_inbox(services, form, refusal(refused.text_key))
    session = services.sessions.find(form.one("handle"))
    if session is None:
        return session_over(services, form, over)
    return await in_visit(Visit(request, services, form, session, form_language(services, form)), act, over)


async def in_visit(
    visit: Visit, act: Callable[[Visit], Awaitable[web.StreamResponse]], over: Notice | None = None
) -> web.StreamResponse:
    """Act within a session that is there; the case may be gone all the same, or the act be refused."""
    try:
        return await act(visit)
    except NotThere:
        visit.services.sessions.end_case(visit.session.case.case_id)
        return session_over(visit.services, visit.form, over)
    except FormRefused as refused:
        return await back_to_inbox(visit.services, visit.form, refusal(refused.text_key))
    except CaseError as refused:
        return await back_to_inbox(visit.services, visit.form, refusal(refused.text_key))


async def back_to_inbox(services: Services, form: Form, notice: Notice) -> web.StreamResponse:
    """Return the inbox with a refusal and the typed text, or the page that asks for the code with both."""
    language = form_language(services, form)
    session = services.sessions.find(form.one("handle"))
    if session is None:
        return session_over(services, form)
    try:
        services.sessions.forget_found()
        found, facts = session.found, Ticked(form.all(FACT_FIELD), services.pages.language(form.one(LANGUAGE_FIELD)))
        # Where the boxes are not shown again, what was ticked is text.
        text = typed_text(form) if found is None else form.one(TEXT_FIELD)
        typed = Typed(text, facts=facts, marked=form.one(MARKED_FIELD) == YES, changes=form.one(CHANGES_FIELD) == YES)
        return await inbox_page(services, session, language, notice, typed=typed, found=found)
    except NotThere:
        services.sessions.end_case(session.case.case_id)
        return session_over(services, form)
    except CaseError as refused:
        return log_in_page(services, language, refusal(refused.text_key), Unsent(typed_text(form)))


def session_over(services: Services, form: Form, over: Notice | None = None) -> web.Response:
    """Return the page that asks for the code again. What was typed is on it, and goes with it into the inbox."""
    text = typed_text(form)
    notice = over or (SESSION_OVER_KEPT if text else SESSION_OVER)
    return log_in_page(services, form_language(services, form), notice, Unsent(text))


def typed_text(form: Form) -> str:
    """Return what a form says in the reporter's words: typed, or ticked among the facts of a file."""
    return form.one(TEXT_FIELD) or "\n".join(form.all(FACT_FIELD))


async def inbox_page(
    services: Services,
    session: Session,
    language: Language,
    notice: Notice | None = None,
    *,
    typed: Typed = NOTHING_TYPED,
    found: FoundInFiles | None = None,
) -> web.Response:
    """Return the page of the case, with `found` in the files that came with this request or shortly before."""
    opened = await open_case(services, session)
    if services.sessions.peek(session.handle) is None:
        # It ended while this was on its way: in another tab, or because it took too long. What was done is done.
        return log_in_page(services, language, notice or SESSION_OVER, Unsent(typed.text))
    services.sessions.keep_found(session, found)
    held = services.held.of(session.handle)
    view = inbox_view(services, opened, language)
    page = services.pages.page(
        "inbox/inbox.html",
        language,
        "/inbox",
        Head(400 if notice is not None and notice.tone == "bad" else 200),
        notice=None if notice is None else language.translate_notice(notice),
        fields=inbox_fields(session, language),
        view=view,
        typed=typed if typed.text else replace(typed, text=session.unsent),
        marked=typed.marked,
        changes=typed.changes,
        received=0 if held is None else len(held.files.pending.accepted),
        **_pieces_and_files(services, session, language, view, typed, found=found),
        **limits_shown(services.limits),
    )
    if found is not None:
        page[UNTIL] = found.until
    return page


def _pieces_and_files(
    services: Services,
    session: Session,
    language: Language,
    view: InboxView,
    typed: Typed,
    *,
    found: FoundInFiles | None,
) -> dict[str, Any]:
    """Return the piece of the entries that is shown, what was found in files, and the fields of the form."""
    piece = piece_of(view.entries, typed.piece)
    files = [] if found is None else files_shown(found.files, language, found.numbers, typed.facts)
    # One for all pages of the inbox, so that a message which is sent from two of them is stored once.
    session.write_token = services.form_tokens.unused(session.write_token, WRITE_FORM)
    fields = [*inbox_fields(session, language), (TOKEN_FIELD, session.write_token)]
    facts_token = services.form_tokens.new(FACTS_FORM)
    if files:
        fields.append((FACTS_TOKEN_FIELD, facts_token))
    if (held := services.held.of(session.handle)) is not None:
        fields.append((HELD_FIELD, held.id))
    fields += [(ACKNOWLEDGED_FIELD, tags) for tags in typed.accepted]
    if piece.after:
        fields.append((AT_FIELD, piece.start))
    return {"piece": piece, "files": files, "facts_token": facts_token, "write_fields": fields}


async def inbox_again(visit: Visit, notice: Notice | None = None) -> web.StreamResponse:
    """Return the case as it is now with what was typed: in another language, another piece of it, or for news of it.

    Raises what `open_case` raises.
    """
    services, session, form = visit.services, visit.session, visit.form
    typed = typed_in(visit)
    services.sessions.forget_found()
    same_files = visit.switched or form.one(BEFORE_FIELD) or form.one(AFTER_FIELD)
    found = session.found if same_files else None
    return await inbox_page(services, session, visit.language, notice, typed=typed, found=found)


def typed_in(visit: Visit) -> Typed:
    """Return what was typed and ticked in the form of the inbox, and the piece that it asks for."""
    services, form = visit.services, visit.form
    return Typed(
        form.one(TEXT_FIELD),
        Ticked(form.all(FACT_FIELD), services.pages.language(form.one(LANGUAGE_FIELD))),
        Wanted.by(form, same=visit.switched),
        form.one(MARKED_FIELD) == YES,
        form.one(CHANGES_FIELD) == YES,
        form.all(ACKNOWLEDGED_FIELD),
    )


def sent_already(services: Services, form: Form) -> web.Response:
    """Return the plain page for a form that has been here before; nothing was done again."""
    language = form_language(services, form)
    session = services.sessions.find(form.one("handle"))
    if session is None:
        return services.pages.plain(language, SENT_ALREADY, WaysOn(links=LOG_IN))
    return services.pages.plain(language, SENT_ALREADY, WaysOn(actions=(to_inbox(session, language),)))


def ask_once_more(visit: Visit, question: Notice, path: str, form_name: str, label: str) -> web.Response:
    """Return the page that asks once more; its form carries the token."""
    fields = inbox_fields(visit.session, visit.language)
    if visit.file_id is not None:
        fields.append(("file", visit.file_id))
    yes = Button(path, [*fields, (TOKEN_FIELD, visit.services.form_tokens.new(form_name))], label, "danger")
    back = to_inbox(visit.session, visit.language)
    return visit.services.pages.plain(
        visit.language, question, WaysOn(actions=(yes, back), again=Button(path, fields, ""))
    )


def inbox_fields(session: Session, language: Language) -> list[tuple[str, str]]:
    return fields_of(session.handle, language)


def fields_of(handle: str, language: Language) -> list[tuple[str, str]]:
    return [("handle", handle), (LANGUAGE_FIELD, language.code)]


def to_inbox(session: Session, language: Language) -> Button:
    return Button("/inbox", inbox_fields(session, language), N_("Back to the case"))


def form_language(services: Services, form: Form) -> Language:
    return services.pages.language(form.one(SWITCH_FIELD) or form.one(LANGUAGE_FIELD))
