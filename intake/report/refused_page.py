"""The answer to files of which some were refused: send the report without them, or choose others. Nothing is filed."""

from aiohttp import web

from intake.report.form_page import report_fields, typed_fields
from intake.services import Services
from intake.shown import refused_shown
from intake.views.pages import Head, Language
from trusted.forms.submission import HeldForm
from trusted.web.form import Form


def refused_page(services: Services, language: Language, form: Form, held: HeldForm) -> web.Response:
    """Return the page with each refusal, and the two ways on. What was accepted is held."""
    fields = report_fields(services, language, form, held)
    refused = held.files.refused_now
    return services.pages.page(
        "report/refused.html",
        language,
        "/report",
        Head(400),
        fields=fields[1:3],
        again_fields=[*fields, *typed_fields(form)],
        refused=refused_shown(refused, language),
        refused_count=len(refused),
        all_files=len(held.files.shown),
        received=len(held.files.pending.accepted),
        information_pages=(),
    )
