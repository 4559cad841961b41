"""
What every page of the inbox is made of.

The page of the case itself, its hidden fields, and the way of reading a form within a session; every way in which that
can fail has its page.

Nothing of these pages may be stored by the browser, and no address of theirs carries a handle: each answers a form, and
is then shown at an address of its own (`kept_pages`).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from aiohttp import web

from cases.errors import CaseError, NotThere
from intake.attachments import FileShown
from intake.errors import FormRefused
from intake.facts import FACT_FIELD
from intake.form import TEXT_FIELD, Form, drain, read_form
from intake.inbox import open_case
from intake.inbox_view import inbox_view
from intake.pages import LANGUAGE_FIELD, Action, Cache, Language, Link
from intake.pointers import Pointer
from intake.return_page import return_page
from intake.services import SERVICES, Services
from intake.sessions import Session
from intake.shown import files_shown, limits_shown, pointers_shown
from intake.texts import N_, SENT_ALREADY, SENTENCES, SESSION_OVER, TRY_AGAIN, Said
from intake.texts_inbox import SESSION_OVER_KEPT

WRITE_FORM: Final = "write"
FACTS_FORM: Final = "facts"
LOG_IN: Final = (Link("/return", N_("Log in with your case code")),)


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


async def in_session(
    request: web.Request, act: Callable[[Visit], Awaitable[web.StreamResponse]], over: Said | None = None
) -> web.StreamResponse:
    """Read the form, find its session, and act; every way in which that can fail has its page.

    `over` is what is said when there is no session any more, where that is more than being logged out.
    """
    services = request.app[SERVICES]
    form = Form()
    try:
        await read_form(request, services.limits, form)
    except FormRefused as refused:
        await drain(request, services.limits)
        return await back_to_inbox(services, form, SENTENCES[refused.text_key])
    session = services.sessions.find(form.one("handle"))
    if session is None:
        return session_over(services, form, over)
    return await in_visit(Visit(request, services, form, session, form_language(services, form)), act, over)


async def in_visit(
    visit: Visit, act: Callable[[Visit], Awaitable[web.StreamResponse]], over: Said | None = None
) -> web.StreamResponse:
    """Act within a session that is there; the case may be gone all the same, or the act be refused."""
    try:
        return await act(visit)
    except NotThere:
        visit.services.sessions.end_case(visit.session.case.case_id)
        return session_over(visit.services, visit.form, over)
    except FormRefused as refused:
        return await back_to_inbox(visit.services, visit.form, SENTENCES[refused.text_key])
    except CaseError:
        return await back_to_inbox(visit.services, visit.form, TRY_AGAIN)


async def back_to_inbox(
    services: Services, form: Form, said: Said, pointers: Sequence[Pointer] = ()
) -> web.StreamResponse:
    """Return the inbox with a refusal and the typed text, or the page that asks for the code with both."""
    language = form_language(services, form)
    session = services.sessions.find(form.one("handle"))
    if session is None:
        return session_over(services, form)
    try:
        return await inbox_page(services, session, language, said, text=typed_text(form), pointers=pointers)
    except NotThere:
        services.sessions.end_case(session.case.case_id)
        return session_over(services, form)
    except CaseError:
        return return_page(services, language, TRY_AGAIN, text=typed_text(form))


def session_over(services: Services, form: Form, over: Said | None = None) -> web.Response:
    """Return the page that asks for the code again. What was typed is on it, and goes with it into the inbox."""
    text = typed_text(form)
    said = over or (SESSION_OVER_KEPT if text else SESSION_OVER)
    return return_page(services, form_language(services, form), said, text=text)


def typed_text(form: Form) -> str:
    """Return what a form says in the reporter's words: typed, or ticked among the facts of a file."""
    return form.one(TEXT_FIELD) or "\n".join(form.all(FACT_FIELD))


async def inbox_page(
    services: Services,
    session: Session,
    language: Language,
    said: Said | None = None,
    *,
    text: str = "",
    files: Sequence[FileShown] = (),
    numbers: Mapping[str, int] = MappingProxyType({}),
    pointers: Sequence[Pointer] = (),
) -> web.Response:
    """Return the page of the case.

    `files` are those that came with this request, `numbers` what they are called, `pointers` what in the text may say
    who wrote it.
    """
    opened = await open_case(services, session)
    if services.sessions.peek(session.handle) is None:
        # It ended while this was on its way: in another tab, or because it took too long. What was done is done.
        return return_page(services, language, said or SESSION_OVER, text=text)
    return services.pages.page(
        "inbox.html",
        language,
        "/inbox",
        status=400 if said is not None and said.tone == "bad" else 200,
        cache=Cache.NOTHING,
        said=None if said is None else language.said(said),
        handle=session.handle,
        fields=inbox_fields(session, language),
        write_mark=services.marks.new(WRITE_FORM),
        view=inbox_view(services, opened, language),
        files=files_shown(files, language, numbers),
        facts_mark=services.marks.new(FACTS_FORM),
        typed={"text": text},
        pointers=pointers_shown(pointers, language),
        seals=services.pointed_out.seals(session.handle, pointers),
        **limits_shown(services.limits),
    )


def sent_already(services: Services, form: Form) -> web.Response:
    """Return the plain page for a form that has been here before; nothing was done again."""
    language = form_language(services, form)
    session = services.sessions.find(form.one("handle"))
    if session is None:
        return services.pages.plain(language, SENT_ALREADY, links=LOG_IN)
    return services.pages.plain(language, SENT_ALREADY, actions=(to_inbox(session, language),))


def ask_once_more(visit: Visit, question: Said, path: str, form_name: str, label: str) -> web.Response:
    """Return the page that asks once more; its form carries the mark."""
    fields = [*inbox_fields(visit.session, visit.language), ("mark", visit.services.marks.new(form_name))]
    if visit.file_id is not None:
        fields.append(("file", visit.file_id))
    yes = Action(path, fields, label, "danger")
    return visit.services.pages.plain(visit.language, question, actions=(yes, to_inbox(visit.session, visit.language)))


def inbox_fields(session: Session, language: Language) -> list[tuple[str, str]]:
    return [("handle", session.handle), (LANGUAGE_FIELD, language.code)]


def to_inbox(session: Session, language: Language) -> Action:
    return Action("/inbox", inbox_fields(session, language), N_("Back to the case"))


def form_language(services: Services, form: Form) -> Language:
    return services.pages.language(form.one(LANGUAGE_FIELD))
