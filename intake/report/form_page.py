"""
The report form: empty, with what was typed, in another language; with frames or plain.

With frames the answer to a sending comes into a frame below the form: what must be mended is then said beside the form,
which still holds the text and the chosen files. Without frames the answer is the whole page and the files are chosen
once more. What was typed and chosen is never lost: it comes back in the form, or in hidden fields of the answer.
"""

from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web

from cases.errors import RosterFault
from intake.http.form import Form
from intake.http.form_tokens import TOKEN_FIELD
from intake.http.frame_policies import FRAMES_FIELD, HOLDS_FRAMES, IN_A_FRAME, PLAIN_FIELD, YES
from intake.http.result_pages import draft_of
from intake.identifiers.acknowledged import ACKNOWLEDGED_FIELD
from intake.identifiers.find import IdentifyingDetail
from intake.services import Services
from intake.shown import details_shown, limits_shown
from intake.views.pages import DRAFT_FIELD, LANGUAGE_FIELD, SWITCH_FIELD, Cache, Language, PageLink
from intake.views.refusals import NO_ELIGIBLE_READER, NOT_OPEN, RefusalContext, refusal
from intake.views.texts import Notice
from intake.views.texts_report import IDENTIFIES_YOU, IDENTIFIES_YOU_IN_FRAME, TOKEN_IS_EXPIRED

REPORT_FORM: Final = "report"
# Everything that is typed or chosen, files apart.
_TYPED: Final = ("organisation", "unnamed", "urgent", "earlier", "answers")
# Names of organisations, members and languages, as our own forms have them.
_LONGEST_CHOICE: Final = 64


def form_page(
    services: Services,
    language: Language,
    form: Form,
    notice: Notice | None = None,
    text_key: str = "",
    *,
    details: Sequence[IdentifyingDetail] = (),
    is_answer: bool = True,
) -> web.Response:
    """Return the report form with what was typed, or the page that says the service is closed.

    `is_answer` says that it answers a form, and is no form that was asked for by its own address.
    """
    try:
        roster = services.roster.open_roster()
    except RosterFault:
        return services.pages.plain(language, NOT_OPEN, show_authorities=True)
    is_plain = form.one(PLAIN_FIELD) == YES
    token, draft = services.form_tokens.new(REPORT_FORM), draft_of(form)
    way = (PLAIN_FIELD if is_plain else FRAMES_FIELD, YES)
    return services.pages.page(
        "report/form.html",
        language,
        "/report",
        status=200 if notice is None else 400,
        headers=None if is_plain else HOLDS_FRAMES,
        notice=None if notice is None else language.translate_notice(notice),
        show_authorities=notice is NO_ELIGIBLE_READER,
        wrong_field="text" if notice is IDENTIFIES_YOU or _is_of_the_text(text_key) else "",
        details=details_shown(details, language),
        tags=services.acknowledged.tags(draft, details),
        fields=[(TOKEN_FIELD, token), (DRAFT_FIELD, draft), (LANGUAGE_FIELD, language.code), way],
        leave_fields=[(DRAFT_FIELD, draft), (LANGUAGE_FIELD, language.code)],
        progress_id="" if is_plain else services.progress.id_of(token),
        organisations=[(known.key, known.name) for known in roster.organisations],
        members=[(member.id, member.label) for member in roster.members],
        has_counsel=bool(roster.counsel),
        at_once=services.config.at_once,
        typed=_typed(form),
        # A frame that is written keeps the browser from keeping this page for Back, and the typed text with it. An
        # answer to a form is not kept either, or what was typed before would be on the disk.
        links_in_new_tab=is_answer or not is_plain,
        **limits_shown(services.limits),
    )


def _typed(form: Form) -> dict[str, Any]:
    """Return what was typed and chosen, as the template shows it."""
    return {
        "text": form.one("text"),
        "organisation": form.one("organisation"),
        "concerns": form.all("concerns"),
        "unnamed": form.one("unnamed") == YES,
        "urgent": form.one("urgent") == YES,
        "earlier": form.one("earlier") == YES,
        "answers": form.one("answers"),
    }


def in_frame(
    services: Services,
    language: Language,
    form: Form,
    notice: Notice,
    text_key: str = "",
    *,
    details: Sequence[IdentifyingDetail] = (),
    links: Sequence[PageLink] = (),
) -> web.Response:
    """Return the answer to a sending that became no report, for the frame below the form."""
    if text_key:
        notice = refusal(text_key, RefusalContext.FRAME)
    draft = draft_of(form)
    way = [(DRAFT_FIELD, draft), (FRAMES_FIELD, YES), (SWITCH_FIELD, language.code)]
    tags = services.acknowledged.tags(draft, details)
    again_fields = [] if links else [*typed_fields(form), *way]
    return notice_in_frame(
        services,
        language,
        IDENTIFIES_YOU_IN_FRAME if notice is IDENTIFIES_YOU else notice,
        fields=() if links else way,
        show_authorities=notice in (NO_ELIGIBLE_READER, NOT_OPEN),
        details=details_shown(details, language),
        as_it_is=[(DRAFT_FIELD, draft), (LANGUAGE_FIELD, language.code), (ACKNOWLEDGED_FIELD, tags)],
        same_form=text_key not in TOKEN_IS_EXPIRED,
        again_fields=again_fields,
        links=[PageLink(link.path, language.translate(link.label)) for link in links],
    )


def notice_in_frame(services: Services, language: Language, notice: Notice, **more: Any) -> web.Response:
    """Return the page for the frame below the form that says this, and `more` that its template shows."""
    nothing: dict[str, Any] = {"show_authorities": False, "details": (), "again_fields": (), "links": ()}
    return services.pages.page(
        "report/answer.html",
        language,
        "/report",
        status=200 if notice.tone == "good" else 400,
        cache=Cache.NOTHING,
        headers=IN_A_FRAME,
        notice=language.translate_notice(notice),
        **{**nothing, **more},
    )


def typed_fields(form: Form) -> list[tuple[str, str]]:
    """Return all that was typed and chosen, as hidden fields."""
    chosen = [(name, form.one(name)) for name in _TYPED]
    chosen += [("concerns", one) for one in dict.fromkeys(form.all("concerns"))]
    kept = [one for one in chosen if 0 < len(one[1]) <= _LONGEST_CHOICE]
    return [("text", form.one("text")), *kept] if form.one("text") else kept


def _is_of_the_text(text_key: str) -> bool:
    return text_key.startswith("form.") and ("text" in text_key or "empty" in text_key)
