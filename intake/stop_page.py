"""
The page before something is sent whose text seems to say who wrote it: each place quoted in its sentence.

It holds no file input, and everything typed in hidden fields. Files that came along are held.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from intake.identifiers.acknowledged import ACKNOWLEDGED_FIELD, OFFERED_FIELD
from intake.identifiers.find import IdentifyingDetail
from intake.identifiers.quote import Passage, passages, without
from intake.services import Services
from intake.views.pages import DRAFT_FIELD, HANDLE_FIELD, LANGUAGE_FIELD, Head, Language
from intake.views.texts import FILES_REMOVED, NOT_SENT_YET, Notice
from trusted.forms.submission import Act, HeldForm, Submission
from trusted.web.form import TEXT_FIELD, Form

# What is said on the page that comes again.
NOTICE_AFTER: Final[Mapping[Act | None, Notice]] = {Act.EDIT: NOT_SENT_YET, Act.DROP: FILES_REMOVED}
_OF_THE_PAGE: Final = (HANDLE_FIELD, DRAFT_FIELD, LANGUAGE_FIELD)


@dataclass(frozen=True, slots=True, repr=False)
class Identifying:
    """The text seems to say who wrote it, and its writer has not been shown that yet, or not accepted it."""

    details: tuple[IdentifyingDetail, ...]
    # What a form has to bring back for these to be accepted.
    tags: str


def left_to_look_at(services: Services, submission: Submission[Any, Any]) -> Identifying | None:
    """Return what the text still says of its writer, after the button that removes it or accepts it has done so."""
    form, owner = submission.form, submission.owner
    if submission.act is Act.KEEP:
        form.fields.setdefault(ACKNOWLEDGED_FIELD, []).extend(form.all(OFFERED_FIELD))
    left = services.acknowledged.left_in(form, owner, services.config.phone)
    if submission.act is Act.REMOVE and left:
        form.fields[TEXT_FIELD] = [without(form.one(TEXT_FIELD), left)]
        left = services.acknowledged.left_in(form, owner, services.config.phone)
    return Identifying(left, services.acknowledged.tags(owner, left)) if left else None


def stop_page(
    services: Services,
    language: Language,
    form: Form,
    found: Identifying,
    *,
    path: str,
    fields: Sequence[tuple[str, str]],
    held: HeldForm | None,
) -> web.Response:
    """Return the page for what was found. `path` is where its form goes, `fields` all its hidden fields."""
    return services.pages.page(
        "stop.html",
        language,
        path,
        Head(400),
        fields=[field for field in fields if field[0] in _OF_THE_PAGE],
        again_fields=[*fields, (OFFERED_FIELD, found.tags)],
        passages=[(_named(language, one), one.pieces) for one in passages(form.one(TEXT_FIELD), found.details)],
        files_held=held is not None and bool(held.files.pending.accepted),
        information_pages=(),
    )


def _named(language: Language, passage: Passage) -> str:
    first, *more = (language.translate(kind.value) for kind in passage.kinds)
    return ", ".join([first, *(kind[:1].lower() + kind[1:] for kind in more)])
