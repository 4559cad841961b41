"""
The page on which a report is written: text, files, two folded choices, and the one button that sends it.

What was typed is never lost: it comes back in the form, or in hidden fields of the answer. Files that came with a form
that was not stored are held, and the page says how many.
"""

from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from intake.http.result_pages import draft_of
from intake.identifiers.acknowledged import ACKNOWLEDGED_FIELD, OFFERED_FIELD
from intake.services import Services
from intake.shown import limits_shown, refused_shown
from intake.views.pages import DRAFT_FIELD, LANGUAGE_FIELD, Cache, Head, Language
from intake.views.refusals import NO_ELIGIBLE_READER, NOT_OPEN
from intake.views.texts import Notice
from trusted.case.clock import first_release_day
from trusted.case.errors import RosterFault
from trusted.forms.submission import ACT_FIELD, HELD_FIELD, HeldForm
from trusted.web.form import CHANGES_FIELD, MARKED_FIELD, SWITCH_FIELD, TEXT_FIELD, YES, Form
from trusted.web.form_tokens import TOKEN_FIELD

REPORT_FORM: Final = "report"
# What each page of a report has of its own, and what a form says once and no more.
_OWN_FIELDS: Final = (TOKEN_FIELD, DRAFT_FIELD, LANGUAGE_FIELD, SWITCH_FIELD, ACT_FIELD, HELD_FIELD, OFFERED_FIELD)


@dataclass(frozen=True, slots=True, repr=False)
class ToMend:
    """Why a form became no report: the refusal and its text key."""

    notice: Notice
    text_key: str = ""

    @property
    def is_of_the_text(self) -> bool:
        """Whether it is about the text."""
        return self.text_key.startswith("form.") and ("text" in self.text_key or "empty" in self.text_key)


def form_page(
    services: Services,
    language: Language,
    form: Form,
    held: HeldForm | None = None,
    to_mend: ToMend | None = None,
    *,
    is_answer: bool = True,
) -> web.Response:
    """Return the report form with what was typed and is held, or the page that says the service is closed.

    `is_answer` says that it answers a form, and is no form that was asked for by its own address. A text that was typed
    before the service closed comes back with that sentence, and what was chosen stays in hidden fields.
    """
    fields = report_fields(services, language, form, held)
    try:
        roster = services.roster.open_roster()
    except RosterFault:
        if not form.one(TEXT_FIELD) and held is None:
            return services.pages.plain(language, NOT_OPEN, show_authorities=True)
        roster, to_mend = None, ToMend(NOT_OPEN)
        fields += form.besides(*_OWN_FIELDS, TEXT_FIELD, MARKED_FIELD, CHANGES_FIELD, ACKNOWLEDGED_FIELD)
    return services.pages.page(
        "report/form.html",
        language,
        "/report",
        Head(400 if to_mend is not None and to_mend.notice.tone == "bad" else 200, Cache.TYPED_TEXT),
        notice=None if to_mend is None else language.translate_notice(to_mend.notice),
        show_authorities=to_mend is not None and to_mend.notice in (NO_ELIGIBLE_READER, NOT_OPEN),
        is_of_the_text=to_mend is not None and to_mend.is_of_the_text,
        fields=[*fields, *((ACKNOWLEDGED_FIELD, tags) for tags in form.all(ACKNOWLEDGED_FIELD))],
        leave_fields=fields[1:3],
        is_open=roster is not None,
        organisations=[] if roster is None else [(known.key, known.name) for known in roster.organisations],
        members=[] if roster is None else [(member.id, member.label) for member in roster.members],
        counsel=0 if roster is None else len(roster.counsel),
        at_once=services.config.at_once,
        release=language.day(first_release_day(services.clock(), services.config.hold_hours)),
        typed=_typed(form),
        marked=form.one(MARKED_FIELD) == YES,
        changes=form.one(CHANGES_FIELD) == YES,
        received=0 if held is None else len(held.files.pending.accepted),
        refused=() if held is None else refused_shown(held.files.refused_now, language),
        progress_id=services.progress.id_of(fields[0][1]),
        # An answer to a form is not kept, or what was typed before would be on the disk.
        links_in_new_tab=is_answer,
        # They stand on the first page; here they would be half of what there is to scroll.
        information_pages=(),
        **limits_shown(services.limits),
    )


def report_fields(services: Services, language: Language, form: Form, held: HeldForm | None) -> list[tuple[str, str]]:
    """Return the hidden fields of any form of this report: its token, draft, language and what is held of it.

    The token stays the same: whichever page of a report is sent, it becomes one report.
    """
    return [
        (TOKEN_FIELD, services.form_tokens.again(form.one(TOKEN_FIELD), REPORT_FORM)),
        (DRAFT_FIELD, draft_of(form)),
        (LANGUAGE_FIELD, language.code),
        *([] if held is None else [(HELD_FIELD, held.id)]),
    ]


def typed_fields(form: Form) -> list[tuple[str, str]]:
    """Return all that was typed and chosen, as hidden fields."""
    return form.besides(*_OWN_FIELDS)


def _typed(form: Form) -> dict[str, Any]:
    """Return what was typed and chosen, as the template shows it."""
    return {
        "text": form.one(TEXT_FIELD),
        "organisation": form.one("organisation"),
        "concerns": form.all("concerns"),
        "unnamed": form.one("unnamed") == YES,
        "urgent": form.one("urgent") == YES,
        "earlier": form.one("earlier") == YES,
        "answers": form.one("answers"),
    }
