"""A case: its way in steps, what was written, and what can be done with it."""

from dataclasses import replace
from typing import Final

import msgspec
from aiohttp import web

from desk.web.handlers.case.opening import case_of
from desk.web.local.guard import Routes
from desk.web.services import CASE, SERVICES, case_named
from desk.web.session.desk import Desk
from desk.web.session.openings import note_opening
from desk.web.views.case.case_page import case_page, drafts_shown
from desk.web.views.case.entries import own_cases
from desk.web.views.pages import N_, OTHERS_SEE, Notice
from desk.web.views.sentences import sentences_for
from desk.work.case.opened import DeskCase

_OLDER: Final = N_("What you read here was fetched before that. Call a colleague, and act on nothing until you have.")
# What an act says when it has been done; the address names the act alone.
_DONE: Final = {
    "note": N_("The note is kept."),
    "meet": N_("Sent. The reporter sees it at the next visit."),
    "hold": N_("The case is kept for now. Why stands among the notes."),
    "release-hold": N_("The case may be erased again. Why stands among the notes."),
    "reopen": N_("The case is open again. The reporter can read why."),
    "link": N_("The link is kept among the notes."),
    "has": N_("Kept. The others who read the case see who has it."),
    "harm": N_("The answer is kept among the notes."),
    "register": N_("The register number is kept."),
    "category": N_("The kind of matter is kept."),
    "take-back": N_("You have taken it back. The others read that among the notes."),
}
DONE: Final = {name: Notice(what, OTHERS_SEE, "good") for name, what in _DONE.items()} | {
    "refuse": Notice(
        N_("You have not signed, and your colleague reads why."),
        N_("No message is sent: it is seen when your colleague fetches next. Call if it is urgent."),
        "good",
    )
}


async def show(request: web.Request) -> web.StreamResponse:
    """Show one case; what it shows counts as read from then on."""
    services = request.app[SERVICES]
    case = await case_of(request)
    if not services.refresh.is_out_of_reach:
        case = await note_opening(services.desk, case)
    case, numbers = _as_last_read(services.desk, case_named(request), case)
    page = case_page(case, services.clock(), services.language, numbers)
    drafts = drafts_shown(services.desk.drafts.pages(case_named(request)), page.path, services.language)
    notice = _broken(services.desk, case_named(request)) or DONE.get(request.query.get("done", ""))
    return services.page("case/case.html", "/", case=page, drafts=drafts, notice=notice)


def _broken(desk: Desk, name: str) -> Notice | None:
    """Return what is wrong with what the server showed of the case last, when this is what it showed before."""
    cache = desk.reading().cache
    problem = None if cache is None else cache.index.problems.get(name)
    if problem is None or not problem.is_alarm:
        return None
    what = sentences_for(problem.text_key)
    return Notice(what.what, _OLDER)


def _as_last_read(desk: Desk, name: str, case: DeskCase) -> tuple[DeskCase, dict[str, str]]:
    """Return the case with what this member had read of it, and keep that she has read all of it now."""
    # Not in turn: what is read is shown while the server is asked for something else.
    state = desk.reading().state
    known = state.find(name)
    read = {**known.read, **case.counts()}
    if read != known.read:
        state.keep_case(msgspec.structs.replace(known, read=read))
    return replace(case, known=known), own_cases([one.case_id for one in state.case_list.cases.values()])


ROUTES: Final[Routes] = {CASE: (show, None)}
