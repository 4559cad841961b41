"""Checks: what is wrong and what to do first, every point that was looked at, and who opened what on which day."""

import json
from typing import Final

from aiohttp import web

from cases.roster.chain import fingerprint_words
from desk.errors import ServerRefused
from desk.web.local.guard import Routes
from desk.web.services import SERVICES, sent_form
from desk.web.session.desk import Desk
from desk.web.views.group.people import NOT_LET_IN
from desk.web.views.group.verdict import verdict
from desk.web.views.pages import download
from desk.web.views.sentences import notice_for
from desk.work.case.examining import Examined, examine
from desk.work.probe import ProbeResult, look_for

HERE: Final = "/checks"
FILE: Final = "/checks/file"


async def show(request: web.Request) -> web.StreamResponse:
    """Look at the server, and say what was found."""
    services = request.app[SERVICES]
    found, probes = await _examined(services.desk)
    language = services.language
    notice = None if found.unreached is None else notice_for(found.unreached)
    if isinstance(found.unreached, ServerRefused):
        notice = NOT_LET_IN
    members = () if found.roster is None else found.roster.members
    words = () if found.roster is None else fingerprint_words(found.roster.digest)
    said = verdict(found, probes, language)
    return services.page("checks.html", HERE, notice=notice, verdict=said, members=members, words=words)


async def save(request: web.Request) -> web.StreamResponse:
    """Give out what an auditor needs to compare: public values alone, and nothing of any case."""
    await sent_form(request)
    found, _probes = await _examined(request.app[SERVICES].desk)
    content = json.dumps(_for_auditor(found), ensure_ascii=False, indent=1).encode()
    return download(content, "granskning.json", "application/json")


async def _examined(desk: Desk) -> tuple[Examined, tuple[ProbeResult, ...]]:
    async with desk.at_work() as book:
        found = await examine(book)
        # Whether the test report is here shows in what was fetched, and in nothing else.
        is_seen = found.unreached is None and found.broken is None
        return found, look_for(book, found.cases) if is_seen else ()


def _for_auditor(found: Examined) -> dict[str, object]:
    last = found.audits.last
    return {
        "day": found.day.isoformat(),
        "address": f"{found.address}.onion",
        "roster_version": found.pin.version,
        "roster_hash": found.pin.digest.hex(),
        "members": [] if found.roster is None else [member.id for member in found.roster.members],
        "audit_count": found.audits.count,
        "audit_head": "" if last is None else last.head.hex(),
        "audits": [record.line().strip() for record in found.audits.records],
        # Of the server as a whole. Those of a case would say that there is one.
        "warnings": list(found.warnings),
        "refused": None if found.broken is None else found.broken.text_key,
    }


ROUTES: Final[Routes] = {HERE: (show, None), FILE: (None, save)}
