"""
The page of files: everything typed in hidden fields, files to choose, and the answer right above the button.

With frames the answer to a sending comes into a frame above the button: the page still holds the text and the chosen
files. Without frames the answer is the whole page and the files are chosen once more.
"""

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from intake.errors import HoldGone
from intake.http.form import MARKED_FIELD, Form
from intake.http.form_tokens import TOKEN_FIELD
from intake.http.frame_policies import FRAMES_FIELD, HOLDS_FRAMES, IN_A_FRAME, PLAIN_FIELD, YES
from intake.http.result_pages import draft_of
from intake.report.form_page import REPORT_FORM, STEP_FIELD, TO_FILES, TO_TEXT, ToMend, typed_fields
from intake.services import Services
from intake.shown import details_shown, limits_shown
from intake.uploads.held import HeldForm
from intake.views.pages import DRAFT_FIELD, LANGUAGE_FIELD, SWITCH_FIELD, Head, Language, PageLink
from intake.views.refusals import NO_ELIGIBLE_READER, NOT_OPEN, RefusalContext, refusal
from intake.views.texts import Notice
from intake.views.texts_report import IDENTIFIES_YOU_IN_FRAME, TOKEN_IS_EXPIRED

# A form that comes from the page of files says so.
PAGE_FIELD: Final = "page"
FILES_PAGE: Final = "files"
# The number under which files that were accepted before are held.
HELD_FIELD: Final = "held"
# Reasons that one page gives; a form with more refused files was written by hand.
_MOST_SHOWN: Final = 24


def is_of_files_page(form: Form) -> bool:
    """Say whether the form came from the page of files."""
    return form.one(PAGE_FIELD) == FILES_PAGE


def files_page(services: Services, language: Language, form: Form, notice: Notice | None = None) -> web.Response:
    """Return the page on which files are chosen, with what was typed in its hidden fields."""
    is_plain = form.one(PLAIN_FIELD) == YES
    draft = draft_of(form)
    way = (PLAIN_FIELD if is_plain else FRAMES_FIELD, YES)
    owner = [(DRAFT_FIELD, draft), (LANGUAGE_FIELD, language.code)]
    held = services.held.peek(draft, form.one(HELD_FIELD))
    if held is None and form.one(HELD_FIELD) and notice is None:
        notice = refusal(HoldGone.text_key)
    going_on = [] if held is None else [(HELD_FIELD, held.id)]
    # What goes on from held files is the same form: whichever page of it is sent first, it becomes one report.
    token = services.form_tokens.new(REPORT_FORM) if held is None else form.one(TOKEN_FIELD)
    return services.pages.page(
        "report/files_form.html",
        language,
        "/report",
        Head(200 if notice is None else 400, headers={} if is_plain else HOLDS_FRAMES),
        notice=None if notice is None else language.translate_notice(notice),
        fields=[(TOKEN_FIELD, token), *owner, (PAGE_FIELD, FILES_PAGE), way, *going_on],
        received=0 if held is None else len(held.files.pending.accepted),
        # A field of this page, which shows it.
        typed_fields=[field for field in typed_fields(form) if field[0] != MARKED_FIELD],
        marked=form.one(MARKED_FIELD) == YES,
        leave_fields=owner,
        progress_id="" if is_plain else services.progress.id_of(token),
        # Followed within the tab, a link would take the chosen files away.
        information_pages=(),
        **limits_shown(services.limits),
    )


def refused_page(
    services: Services, language: Language, form: Form, held: HeldForm, *, is_in_frame: bool
) -> web.Response:
    """Return the answer to files of which some were refused: send the report without them, or choose others."""
    shown = [one for one in held.files.shown if one.refused is not None]
    owner = [(DRAFT_FIELD, draft_of(form)), (LANGUAGE_FIELD, language.code)]
    plain = [(PLAIN_FIELD, YES)] if form.one(PLAIN_FIELD) == YES else []
    fields = [(TOKEN_FIELD, form.one(TOKEN_FIELD)), *owner, (PAGE_FIELD, FILES_PAGE), (HELD_FIELD, held.id), *plain]
    return services.pages.page(
        "report/refused_frame.html" if is_in_frame else "report/refused.html",
        language,
        "/report",
        Head(400, headers=IN_A_FRAME if is_in_frame else {}),
        fields=owner,
        refused=[(one.order, language.translate_notice(refusal(one.refused or ""))) for one in shown[:_MOST_SHOWN]],
        refused_count=len(shown),
        all_files=len(held.files.shown),
        received=len(held.files.pending.accepted),
        again_fields=[*fields, *typed_fields(form)],
    )


def in_frame(
    services: Services,
    language: Language,
    form: Form,
    to_mend: ToMend,
    links: Sequence[PageLink] = (),
) -> web.Response:
    """Return the answer to a sending that became no report, for the frame above the button."""
    notice = refusal(to_mend.text_key, RefusalContext.FRAME) if to_mend.text_key else to_mend.notice
    draft = draft_of(form)
    is_expired = to_mend.text_key in TOKEN_IS_EXPIRED
    way = [(DRAFT_FIELD, draft), (STEP_FIELD, TO_FILES if is_expired else TO_TEXT), (SWITCH_FIELD, language.code)]
    return services.pages.page(
        "report/answer.html",
        language,
        "/report",
        Head(400, headers=IN_A_FRAME),
        notice=language.translate_notice(IDENTIFIES_YOU_IN_FRAME if to_mend.details else notice),
        fields=() if links else way,
        show_authorities=notice in (NO_ELIGIBLE_READER, NOT_OPEN),
        details=details_shown(to_mend.details, language),
        same_form=not is_expired,
        again_fields=() if links else [*way, *typed_fields(form)],
        links=[PageLink(link.path, language.translate(link.label)) for link in links],
    )
