"""Acts that are one text: a note, the register number; and to meet, to keep the case, to end that, to open it again.

What only the group reads is kept at once. What the reporter reads is shown first as the reporter will see it, at the
same address: the second form carries the text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from cases.case.timeline import CaseAction
from desk.errors import DeskError, HeldBack, NoText, UnknownCase
from desk.web.handlers.case.opening import allowing, do, done, form_page, written
from desk.web.local.forms import Form
from desk.web.local.guard import Routes
from desk.web.services import CASE, SERVICES, sent_form, typed_before
from desk.web.views.case.case_page import readers_in_words
from desk.web.views.pages import N_, Notice
from desk.web.views.sentences import notice_for
from desk.web.views.written import inert, inert_line
from trusted.case.entry import TEXT_CHARACTERS

# "KS 2026/431" has eleven; what is longer is no number.
REGISTER_CHARACTERS: Final = 60
SEND: Final = "send"
CHANGE: Final = "change"


@dataclass(frozen=True, slots=True)
class TextAct:
    """The words of one act."""

    action: CaseAction
    title: str
    lead: str
    label: str
    # For what the group alone reads: its button, and of a single line the hint.
    keep: str = ""
    hint: str = ""
    # For what the reporter reads: how the reporter's page heads it, and what happens when it is sent.
    headline: str = ""
    then: str = ""
    # The text is for the group, and a note: the reporter reads the headline alone.
    is_note: bool = False


ACTS: Final[Mapping[str, TextAct]] = {
    "note": TextAct(
        CaseAction.NOTE,
        N_("Write a note"),
        N_("Those in the group who read the case can read it. The reporter cannot."),
        N_("Note"),
        N_("Keep the note"),
    ),
    "register": TextAct(
        CaseAction.NOTE,
        N_("Your own register number"),
        N_("The number of the case in your own register. The group reads it, the reporter does not."),
        N_("Register number"),
        N_("Keep the number"),
        N_("For example KS 2026/431."),
    ),
    "category": TextAct(
        CaseAction.NOTE,
        N_("Kind of matter"),
        N_("The kind of matter, of the municipality's own list. The group reads it, the reporter does not."),
        N_("What is it about?"),
        N_("Keep it"),
    ),
    "meet": TextAct(
        CaseAction.REPLY,
        N_("Propose a meeting"),
        N_("A meeting shows who the reporter is to whoever comes. Propose a telephone call as well."),
        N_("What do you propose? The reporter reads it, and everybody in the group who reads the case."),
        headline=N_("A request to meet"),
        then=N_("The reporter sees it at the next visit."),
    ),
    "hold": TextAct(
        CaseAction.HOLD,
        N_("Keep it for now"),
        N_("A case that is kept is not erased, not even when two years are over, until somebody ends that."),
        N_("Why must it be kept? The group alone reads it."),
        headline=N_("The case must be kept for now and is not erased"),
        then=N_("The case is kept from then on. The reporter reads that it is, and not why."),
        is_note=True,
    ),
    "release-hold": TextAct(
        CaseAction.RELEASE_HOLD,
        N_("Let it be erased again"),
        N_("The case can be erased like any other from then on."),
        N_("Why need it not be kept any more? The group alone reads it."),
        headline=N_("The case may be erased again"),
        then=N_("The case can be erased like any other from then on. The reporter reads that it can, and not why."),
        is_note=True,
    ),
    "reopen": TextAct(
        CaseAction.REOPEN,
        N_("Open it again"),
        N_("A case that is opened again is under investigation, and needs a new feedback before it can be closed."),
        N_("Why is it opened again? The reporter reads it, and everybody in the group who reads the case."),
        headline=N_("The case is open again"),
        then=N_("The case is under investigation again. The reporter can read why."),
    ),
}


async def ask(request: web.Request) -> web.StreamResponse:
    """Show the field for the text; of a register number, with the one it has."""
    typed = typed_before(request)
    if _named(request) in {"register", "category"} and not typed.fields:
        case = await allowing(request, CaseAction.NOTE)
        kept = case.register_number if _named(request) == "register" else case.category
        typed = Form({"text": (inert_line(kept),)})
    return await _form(request, typed)


async def send(request: web.Request) -> web.StreamResponse:
    """Keep what was written, or show it as the reporter will see it, and in the second step send it."""
    form, name = await sent_form(request), _named(request)
    act = ACTS[name]
    try:
        if form.has(CHANGE):
            return await _form(request, form)
        most = REGISTER_CHARACTERS if act.hint else TEXT_CHARACTERS
        text = written(inert_line(form.one("text")) if act.hint else form.one("text"), most)
        if act.headline and not form.has(SEND):
            template, shown = "case/told_preview.html", "" if act.is_note else inert(text)
            case, language = await allowing(request, act.action), request.app[SERVICES].language
            readers = readers_in_words(case, language)
            return await form_page(request, template, act.action, act=act, text=text, shown=shown, readers=readers)
        if name == "category" and text not in _categories(request):
            raise NoText
        if act.is_note:
            await allowing(request, act.action)
            await do(request, "note", text)
        await do(request, name, "" if act.is_note else text)
    except (UnknownCase, HeldBack):
        raise
    except DeskError as refused:
        return await _form(request, form, notice_for(refused), is_field=isinstance(refused, NoText))
    return done(request)


async def _form(
    request: web.Request, typed: Form, notice: Notice | None = None, *, is_field: bool = False
) -> web.Response:
    # A refusal that is about the case, or the server, stands above the page alone and not at the field.
    act = ACTS[_named(request)]
    text, most = typed.one("text"), REGISTER_CHARACTERS
    choices = _categories(request) if _named(request) == "category" else None
    about = {"act": act, "text": text, "most": most, "choices": choices, "is_field": is_field}
    return await form_page(request, "case/text.html", act.action, notice, **about)


def _categories(request: web.Request) -> tuple[str, ...]:
    return tuple(inert_line(one) for one in request.app[SERVICES].desk.reading().categories)


def _named(request: web.Request) -> str:
    return request.path.rsplit("/", 1)[1]


ROUTES: Final[Routes] = {f"{CASE}/{name}": (ask, send) for name in ACTS}
