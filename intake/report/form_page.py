"""
The report form: what happened, empty or with what was typed, in one language or another.

It holds no frames and no files: who has files goes on to a page of their own (intake/report/files_page.py), with
everything that was typed in its hidden fields. What points to the writer is settled here: the form comes again with
what was found right above its buttons, and one more button that leaves it and goes on the way that was pressed. What
was typed is never lost: it comes back in the form, or in hidden fields of the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from cases.errors import RosterFault
from intake.http.form import MARKED_FIELD, Form
from intake.http.form_tokens import TOKEN_FIELD
from intake.http.frame_policies import PLAIN_FIELD, YES
from intake.http.result_pages import draft_of
from intake.identifiers.find import IdentifyingDetail
from intake.services import Services
from intake.shown import details_shown
from intake.views.pages import DRAFT_FIELD, LANGUAGE_FIELD, Cache, Head, Language
from intake.views.refusals import NO_ELIGIBLE_READER, NOT_OPEN
from intake.views.texts import Notice

REPORT_FORM: Final = "report"
# The button that was pressed: on to the files, or back to the text; the one that sends has another value.
STEP_FIELD: Final = "step"
TO_FILES: Final = "files"
TO_TEXT: Final = "text"
TO_SEND: Final = "send"
# Which of them was pressed before something was found in the text.
WAY_FIELD: Final = "way"
# Everything that is typed or chosen, files apart.
_TYPED: Final = ("organisation", "unnamed", "urgent", "earlier", "answers", MARKED_FIELD)
# Names of organisations, members and languages, as our own forms have them.
_LONGEST_CHOICE: Final = 64


@dataclass(frozen=True, slots=True, repr=False)
class ToMend:
    """Why a form became no report: the refusal and its text key, or what of its text points to the writer."""

    notice: Notice
    text_key: str = ""
    details: Sequence[IdentifyingDetail] = ()

    @property
    def wrong_field(self) -> str:
        """The field of this page that it is about, if it is about one."""
        key = self.text_key
        is_of_the_text = key.startswith("form.") and ("text" in key or "empty" in key)
        return "text" if self.details or is_of_the_text else ""


def form_page(
    services: Services,
    language: Language,
    form: Form,
    to_mend: ToMend | None = None,
    *,
    way: str = TO_SEND,
    is_answer: bool = True,
) -> web.Response:
    """Return the report form with what was typed, or the page that says the service is closed.

    `way` is where the button leads that leaves the details in the text. `is_answer` says that it answers a form, and
    is no form that was asked for by its own address.
    """
    try:
        roster = services.roster.open_roster()
    except RosterFault:
        return services.pages.plain(language, NOT_OPEN, show_authorities=True)
    draft = draft_of(form)
    owner = [(DRAFT_FIELD, draft), (LANGUAGE_FIELD, language.code)]
    plain = [(PLAIN_FIELD, YES)] if form.one(PLAIN_FIELD) == YES else []
    details = () if to_mend is None else to_mend.details
    found = [(WAY_FIELD, way)] if details else []
    # Of the page of files, for who comes back from there.
    marked = [(MARKED_FIELD, YES)] if form.one(MARKED_FIELD) == YES else []
    return services.pages.page(
        "report/form.html",
        language,
        "/report",
        Head(200 if to_mend is None else 400, Cache.TYPED_TEXT),
        notice=None if to_mend is None else language.translate_notice(to_mend.notice),
        show_authorities=to_mend is not None and to_mend.notice is NO_ELIGIBLE_READER,
        wrong_field="" if to_mend is None else to_mend.wrong_field,
        details=details_shown(details, language),
        tags=services.acknowledged.tags(draft, details),
        fields=[(TOKEN_FIELD, services.form_tokens.new(REPORT_FORM)), *owner, *plain, *found, *marked],
        leave_fields=owner,
        organisations=[(known.key, known.name) for known in roster.organisations],
        members=[(member.id, member.label) for member in roster.members],
        has_counsel=bool(roster.counsel),
        at_once=services.config.at_once,
        typed=_typed(form),
        # An answer to a form is not kept, or what was typed before would be on the disk.
        links_in_new_tab=is_answer,
        # They stand on the first page; here they would be half of what there is to scroll.
        information_pages=(),
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


def typed_fields(form: Form) -> list[tuple[str, str]]:
    """Return all that was typed and chosen, as hidden fields."""
    chosen = [(name, form.one(name)) for name in _TYPED]
    chosen += [("concerns", one) for one in dict.fromkeys(form.all("concerns"))]
    kept = [one for one in chosen if 0 < len(one[1]) <= _LONGEST_CHOICE]
    return [("text", form.one("text")), *kept] if form.one("text") else kept
