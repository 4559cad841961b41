"""
The information pages: what a reporter may want to know before, during and after, in short pages of their own.

Nothing here depends on who asks, and nothing is asked: a page is made from the configuration of the home, the roster
as it stands, and the day. Dates are days of the server; no page says what hour it is.

What only a lawyer can answer is marked so. That the translation is read in another language than the one chosen is
arranged by `Pages`; days and words of the configuration are given in the language in which the page is read.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from aiohttp import web

from cases.case.deadlines import DeadlineKind, statutory
from cases.config import Config
from cases.roster.chain import Roster, fingerprint_words
from intake.services import SERVICES, Services
from intake.views.information_index import INFORMATION_PAGES, InformationPage
from intake.views.pages import Language
from intake.views.texts import N_
from trusted.case.clock import first_release_day, today
from trusted.roster.text import Role

# When the pages were last assessed against the standard that the accessibility statement names, by us who write them.
ASSESSED: Final = date(2026, 11, 24)

_ROLES: Final[dict[Role, str]] = {
    "handler": N_("handler"),
    "lead": N_("lead of the group"),
    "counsel": N_("outside counsel, reads when there is a conflict of interest"),
}


@dataclass(frozen=True, slots=True)
class _ReaderShown:
    """Somebody who may read, as reporters see them."""

    label: str
    role: str


def information(page: InformationPage) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Return the handler of one information page."""

    async def show(request: web.Request) -> web.StreamResponse:
        services = request.app[SERVICES]
        language = services.pages.language_of(request)
        read_in = language if page.in_every_language else services.pages.read_in(language)
        roster, release = services.roster.shown().current, _release_of_a_report_now(services)
        return services.pages.page(
            page.template,
            language,
            page.path,
            information=not page.in_every_language,
            # All that changes while the service runs; the configuration does not.
            same_for=(None if roster is None else (roster.digest, roster.is_open), today(services.clock), release),
            title=language.translate(page.title),
            open=roster is not None and roster.is_open,
            dates=_dates(release, today(services.clock), read_in),
            **_facts_of_the_home(services.config, read_in),
            **_facts_of_the_roster(roster, read_in),
        )

    return show


INFORMATION_ROUTES: Final = tuple(("GET", page.path, information(page)) for page in INFORMATION_PAGES)


def _facts_of_the_home(config: Config, language: Language) -> dict[str, Any]:
    return {
        "controller": config.controller or config.owner,
        "operator": config.operator,
        "data_protection_contact": config.data_protection_contact,
        "contact": config.contact,
        "other_contacts": config.other_contacts,
        "phone": config.phone,
        "phone_seen_by": config.phone_seen_by,
        "meeting": config.meeting,
        "complaint_privacy": config.complaint_privacy,
        "complaint_accessibility": config.complaint_accessibility,
        "source_code": config.source_code,
        "erase_days": config.inbox_days,
        "at_once": config.at_once,
        "assessed": language.day(ASSESSED),
        "looked_through": None if config.updated is None else language.day(config.updated),
    }


def _facts_of_the_roster(roster: Roster | None, language: Language) -> dict[str, Any]:
    """Return who reads and which organisations there are; nothing while no roster holds."""
    if roster is None:
        return {"organisations": (), "readers": (), "has_counsel": False, "roster_version": 0, "roster_words": ""}
    return {
        "organisations": [known.name for known in roster.organisations],
        "readers": [_ReaderShown(member.label, language.translate(_ROLES[member.role])) for member in roster.members],
        "has_counsel": bool(roster.counsel),
        "roster_version": roster.version,
        "roster_words": " ".join(fingerprint_words(roster.digest)),
    }


def _release_of_a_report_now(services: Services) -> date:
    if services.config.at_once:
        return today(services.clock)
    return first_release_day(services.clock(), services.config.hold_hours)


def _dates(release: date, day: date, language: Language) -> dict[str, str]:
    """Return the days that hold for a report with this release, in words."""
    limits = statutory(release, acknowledged=None, assessed=False, told=False, today=day)
    days = {limit.kind: language.day(limit.day) for limit in limits}
    return {
        "release": language.day(release),
        "acknowledge": days[DeadlineKind.ACKNOWLEDGE],
        "assess": days[DeadlineKind.ASSESS],
        "feedback": days[DeadlineKind.FEEDBACK],
    }
