"""
The page before something is sent whose text seems to say who wrote it: each place quoted in its sentence.

It holds no file input, and everything typed in hidden fields. Files that came along are held.
"""

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from intake.http.form import TEXT_FIELD, Form
from intake.identifiers.acknowledged import OFFERED_FIELD
from intake.identifiers.quote import Passage, passages
from intake.services import Services
from intake.submission import Identifying
from intake.uploads.held import HeldForm
from intake.views.pages import DRAFT_FIELD, HANDLE_FIELD, LANGUAGE_FIELD, Head, Language

_OF_THE_PAGE: Final = (HANDLE_FIELD, DRAFT_FIELD, LANGUAGE_FIELD)


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
