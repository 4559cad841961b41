"""
The page of files: everything typed in hidden fields, files to choose, and the answer right above the button.

With frames the answer to a sending comes into a frame above the button: the page still holds the text and the chosen
files. Without frames the answer is the whole page and the files are chosen once more.
"""

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from intake.http.form import Form
from intake.http.form_tokens import TOKEN_FIELD
from intake.http.frame_policies import FRAMES_FIELD, HOLDS_FRAMES, IN_A_FRAME, PLAIN_FIELD, YES
from intake.http.result_pages import draft_of
from intake.identifiers.find import IdentifyingDetail
from intake.report.form_page import REPORT_FORM, STEP_FIELD, TO_FILES, TO_TEXT, typed_fields
from intake.services import Services
from intake.shown import details_shown, limits_shown
from intake.views.pages import DRAFT_FIELD, LANGUAGE_FIELD, SWITCH_FIELD, Cache, Language, PageLink
from intake.views.refusals import NO_ELIGIBLE_READER, NOT_OPEN, RefusalContext, refusal
from intake.views.texts import Notice
from intake.views.texts_report import IDENTIFIES_YOU_IN_FRAME, TOKEN_IS_EXPIRED

# A form that comes from the page of files says so.
PAGE_FIELD: Final = "page"
FILES_PAGE: Final = "files"


def is_of_files_page(form: Form) -> bool:
    """Say whether the form came from the page of files."""
    return form.one(PAGE_FIELD) == FILES_PAGE


def files_page(services: Services, language: Language, form: Form, notice: Notice | None = None) -> web.Response:
    """Return the page on which files are chosen, with what was typed in its hidden fields."""
    is_plain = form.one(PLAIN_FIELD) == YES
    token, draft = services.form_tokens.new(REPORT_FORM), draft_of(form)
    way = (PLAIN_FIELD if is_plain else FRAMES_FIELD, YES)
    owner = [(DRAFT_FIELD, draft), (LANGUAGE_FIELD, language.code)]
    return services.pages.page(
        "report/files_form.html",
        language,
        "/report",
        status=200 if notice is None else 400,
        cache=Cache.NOTHING,
        headers=None if is_plain else HOLDS_FRAMES,
        notice=None if notice is None else language.translate_notice(notice),
        fields=[(TOKEN_FIELD, token), *owner, (PAGE_FIELD, FILES_PAGE), way],
        typed_fields=typed_fields(form),
        leave_fields=owner,
        progress_id="" if is_plain else services.progress.id_of(token),
        links_in_new_tab=True,
        **limits_shown(services.limits),
    )


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
    """Return the answer to a sending that became no report, for the frame above the button."""
    if text_key:
        notice = refusal(text_key, RefusalContext.FRAME)
    draft = draft_of(form)
    is_expired = text_key in TOKEN_IS_EXPIRED
    way = [(DRAFT_FIELD, draft), (STEP_FIELD, TO_FILES if is_expired else TO_TEXT), (SWITCH_FIELD, language.code)]
    return services.pages.page(
        "report/answer.html",
        language,
        "/report",
        status=400,
        cache=Cache.NOTHING,
        headers=IN_A_FRAME,
        notice=language.translate_notice(IDENTIFIES_YOU_IN_FRAME if details else notice),
        fields=() if links else way,
        show_authorities=notice in (NO_ELIGIBLE_READER, NOT_OPEN),
        details=details_shown(details, language),
        same_form=not is_expired,
        again_fields=() if links else [*way, *typed_fields(form)],
        links=[PageLink(link.path, language.translate(link.label)) for link in links],
    )
