"""
What every page of the inbox is made of.

The page of the case itself, its hidden fields, and the way of reading a form within a session; every way in which that
can fail has its page.

Nothing of these pages may be stored by the browser, and no address of theirs carries a handle.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from aiohttp import web

from cases.errors import CaseError, NotThere
from intake.attachments import FileShown
from intake.errors import FormRefused
from intake.form import Form, drain, read_form
from intake.inbox import open_case
from intake.inbox_view import inbox_view
from intake.pages import LANGUAGE_FIELD, Action, Cache, Language, Link
from intake.services import SERVICES, Services
from intake.sessions import Session
from intake.shown import files_shown, limits_shown
from intake.texts import N_, SENT_ALREADY, SENTENCES, SESSION_OVER, TRY_AGAIN, Said

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


async def in_session(request: web.Request, act: Callable[[Visit], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
    """Read the form, find its session, and act; every way in which that can fail has its page."""
    services = request.app[SERVICES]
    form = Form()
    try:
        await read_form(request, services.limits, form)
    except FormRefused as refused:
        await drain(request, services.limits)
        return services.pages.plain(form_language(services, form), SENTENCES[refused.text_key], links=LOG_IN)
    language = form_language(services, form)
    session = services.sessions.find(form.one("handle"))
    if session is None:
        return services.pages.plain(language, SESSION_OVER, links=LOG_IN)
    try:
        return await act(Visit(request, services, form, session, language))
    except NotThere:
        services.sessions.end(session.handle)
        return services.pages.plain(language, SESSION_OVER, links=LOG_IN)
    except FormRefused as refused:
        return services.pages.plain(language, SENTENCES[refused.text_key], actions=(to_inbox(session, language),))
    except CaseError:
        return services.pages.plain(language, TRY_AGAIN, actions=(to_inbox(session, language),))


async def inbox_page(
    services: Services,
    session: Session,
    language: Language,
    said: Said | None = None,
    *,
    text: str = "",
    files: Sequence[FileShown] = (),
    numbers: Mapping[str, int] = MappingProxyType({}),
) -> web.Response:
    """Return the page of the case; `files` are those that came with this request, `numbers` what they are called."""
    opened = await open_case(services, session)
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
        **limits_shown(services.limits),
    )


def sent_already(services: Services, form: Form) -> web.Response:
    """Return the plain page for a form that has been here before; nothing was done again."""
    language = form_language(services, form)
    session = services.sessions.find(form.one("handle"))
    if session is None:
        return services.pages.plain(language, SENT_ALREADY, links=LOG_IN)
    return services.pages.plain(language, SENT_ALREADY, actions=(to_inbox(session, language),))


def inbox_fields(session: Session, language: Language) -> list[tuple[str, str]]:
    return [("handle", session.handle), (LANGUAGE_FIELD, language.code)]


def to_inbox(session: Session, language: Language) -> Action:
    return Action("/inbox", inbox_fields(session, language), N_("Back to the case"))


def form_language(services: Services, form: Form) -> Language:
    return services.pages.language(form.one(LANGUAGE_FIELD))
