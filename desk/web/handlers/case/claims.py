"""Who has a case, who covers for a colleague, and whether anybody can come to harm: notes that the readers see.

To cover is for every case that the colleague has and this member reads: somebody who is away is away from all of them.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

from aiohttp import web

from cases.case.signers import stepped_aside
from cases.case.timeline import CaseAction
from desk.errors import HeldBack, NotNow
from desk.web.handlers.case.opening import case_of, done, page_of
from desk.web.handlers.deciding import decided
from desk.web.local.forms import Form
from desk.web.local.guard import Routes
from desk.web.services import CASE, SERVICES, case_named, sent_form, typed_before
from desk.web.views.case.claiming import RISKS, has_form, look_days, risks_in_words
from desk.web.views.pages import N_, Notice, see
from desk.web.views.sentences import notice_for
from desk.web.views.writing.days_offered import day_of
from desk.work import acts
from desk.work.case.casebook import Casebook
from desk.work.case.claims import Claim, text_of
from desk.work.case.opened import DeskCase
from desk.work.case.readers import inside
from desk.work.writing import require_now
from trusted.case.clock import today
from trusted.case.entry import SHORT_CHARACTERS

HAS: Final = CASE + "/has"
HARM: Final = CASE + "/harm"
ME: Final = "me"
NOBODY: Final = "nobody"
COVER: Final = "cover"
_NO_CHOICE: Final = Notice(N_("Nobody was chosen."), N_("Choose who has the case."))
_NO_ANSWER: Final = Notice(N_("You have not answered."), N_("Tick what you think."))
_LONG: Final = Notice(N_("The text is too long."), N_("Shorten it."))


async def ask_who(request: web.Request) -> web.StreamResponse:
    """Show who can have the case."""
    case = await case_of(request)
    require_now(case, CaseAction.NOTE)
    return _who_page(request, case, typed_before(request))


async def say_who(request: web.Request) -> web.StreamResponse:
    """Keep who has the case, or that this member covers for a colleague until a day."""
    form = await sent_form(request)

    async def said(book: Casebook, case: DeskCase) -> web.Response:
        who, day = form.one("who"), today(book.clock)
        if who == COVER:
            until, holder = day_of(form.one("until")), form.one("holder")
            if until is None or until < day or not holder:
                raise NotNow
            await _cover(book, case, Claim("covers", holder, until))
            return see(f"/case/{case_named(request)}?done=has")
        member = {ME: case.own_id, NOBODY: None}.get(who, who)
        if member is not None and member not in inside(case) - stepped_aside(case.streams):
            return _who_page(request, case, form, _NO_CHOICE)
        await _note(book, case, Claim("has", member))
        # From the list she goes back to the list.
        return see("/" if who == ME and not form.has("here") else f"/case/{case_named(request)}?done=has")

    return await decided(request, form, said, lambda case, failed: _who_page(request, case, form, notice_for(failed)))


async def ask_harm(request: web.Request) -> web.StreamResponse:
    """Show the question of harm."""
    case = await case_of(request)
    require_now(case, CaseAction.REPLY)
    return _harm_page(request, case, typed_before(request))


async def answer_harm(request: web.Request) -> web.StreamResponse:
    """Keep the answer, and the day on which it is looked at again."""
    form = await sent_form(request)

    async def answered(book: Casebook, case: DeskCase) -> web.Response:
        require_now(case, CaseAction.REPLY)
        risks = [one for one in form.all("risk") if one in RISKS]
        if not risks:
            return _harm_page(request, case, form, _NO_ANSWER)
        if len(form.one("text")) > SHORT_CHARACTERS:
            return _harm_page(request, case, form, _LONG)
        until = day_of(form.one("until"))
        words = risks_in_words(risks, request.app[SERVICES].language)
        later = until if until is not None and until > today(book.clock) else None
        await _note(
            book, case, Claim("harm", until=later), "\n\n".join(one for one in (words, form.one("text")) if one)
        )
        return done(request)

    return await decided(
        request, form, answered, lambda case, failed: _harm_page(request, case, form, notice_for(failed))
    )


async def _cover(book: Casebook, first: DeskCase, claim: Claim) -> None:
    """Write it in this case, and in the others that the colleague has. One that does not allow it now is left out."""
    await _note(book, first, claim)
    for name in _others_of(book, first, first.name_of(claim.member or ""), today(book.clock)):
        try:
            await _note(book, await book.open(book.state.find(name)), claim)
        except (HeldBack, NotNow):
            continue


def _others_of(book: Casebook, first: DeskCase, holder: str, day: date) -> Iterable[str]:
    index = {} if book.cache is None else book.cache.index.standing()
    for name, one in list(index.items()):
        is_hers = one.holder is not None and one.holder.name == holder and one.whose(day) is one.holder
        if is_hers and one.case_id != first.known.case_id and one.closed_on is None:
            yield name


async def _note(book: Casebook, case: DeskCase, claim: Claim, words: str = "") -> None:
    given = acts.ActInput(text_of(claim, words), book.keys.id, today(book.clock))
    await acts.carry_out(book, case, acts.ACTS["note"], given)


def _who_page(request: web.Request, case: DeskCase, form: Form, notice: Notice | None = None) -> web.Response:
    services = request.app[SERVICES]
    shown = has_form(case, today(services.clock), services.language, form.one("who"))
    return page_of(request, "case/has.html", case, notice, form=shown)


def _harm_page(request: web.Request, case: DeskCase, form: Form, notice: Notice | None = None) -> web.Response:
    services, chosen = request.app[SERVICES], form.all("risk")
    days = look_days(today(services.clock), day_of(form.one("until")), services.language)
    fields = {"risks": RISKS, "chosen": chosen, "text": form.one("text"), "days": days}
    return page_of(request, "case/harm.html", case, notice, **fields)


ROUTES: Final[Routes] = {HAS: (ask_who, say_who), HARM: (ask_harm, answer_harm)}
