"""
What reporters reach, at the onion and at the mirror: the route table is below, and there is nothing else.

The desk's application is made by intake.desk_api.app; http/serving.py serves both in the same way.
"""

from typing import Final

from aiohttp import web

from intake.entrance import ENTRANCE, Entrance
from intake.inbox.facts import add_facts
from intake.inbox.log_in import log_in, log_in_form
from intake.inbox.meeting import meeting
from intake.inbox.minutes import minutes
from intake.inbox.pages import end, inbox, leave_inbox, look_at_file, take_back, withdraw_case
from intake.inbox.write import write
from intake.report.progress_page import progress
from intake.report.receipt import check_receipt, next_after_receipt, show_receipt
from intake.report.send import report_form, send_report
from intake.result_page import show_result
from intake.services import SERVICES, Services
from intake.site.count_text import counted
from intake.site.information import INFORMATION_ROUTES
from intake.site.mirror_headers import add_mirror_headers, mirror_headers
from intake.site.origin_check import check_origin
from intake.site.redirects import answered_elsewhere
from intake.site.start import icon, leave, not_found, start, style
from intake.site.tor import enter_mirror, onion_code, over_tor, start_at_mirror
from trusted.web.padding import padded
from trusted.web.serving import Route, silent_app
from trusted.web.silence import silent_errors

ROUTES: Final[tuple[Route, ...]] = (
    ("GET", "/", start),
    ("GET", "/report", report_form),
    ("POST", "/report", send_report),
    ("GET", "/progress/{id:[0-9a-f]{32}}", progress),
    ("POST", "/receipt", show_receipt),
    ("POST", "/receipt/check", check_receipt),
    ("POST", "/receipt/next", next_after_receipt),
    ("GET", "/return", log_in_form),
    ("POST", "/return", log_in),
    ("POST", "/inbox", inbox),
    ("POST", "/inbox/write", write),
    ("POST", "/inbox/facts", add_facts),
    ("POST", "/inbox/file", look_at_file),
    ("POST", "/inbox/take-back", take_back),
    ("POST", "/inbox/withdraw", withdraw_case),
    ("POST", "/inbox/minutes", minutes),
    ("POST", "/inbox/meeting", meeting),
    ("POST", "/inbox/end", end),
    ("POST", "/inbox/leave", leave_inbox),
    ("GET", "/page/{address:[0-9a-f]{32}}", show_result),
    ("GET", "/leave", leave),
    *INFORMATION_ROUTES,
    ("GET", "/style.css", style),
    ("GET", "/icon.png", icon),
)
# There alone, besides.
MIRROR_ROUTES: Final = (("GET", "/tor", over_tor), ("GET", "/tor.png", onion_code))
# There, instead of what the onion has at the same path.
MIRROR_INSTEAD: Final = {"/": start_at_mirror}
# Every other path and method: without this the library would answer by itself.
_THE_REST: Final = ("*", "/{rest:.*}", not_found)


def public_app(services: Services, entrance: Entrance = Entrance.ONION) -> web.Application:
    """Return what reporters reach at this entrance."""
    at_mirror = entrance is Entrance.MIRROR
    refusing = (silent_errors(services.faults), check_origin)
    middlewares = [counted, padded, *((mirror_headers,) if at_mirror else ()), answered_elsewhere, *refusing]
    instead = MIRROR_INSTEAD if at_mirror else {}
    routes = (*ROUTES, *(MIRROR_ROUTES if at_mirror else ()), _THE_REST)
    app = silent_app([(method, path, instead.get(path, handler)) for method, path, handler in routes], middlewares)
    app[ENTRANCE] = entrance
    if at_mirror:
        enter_mirror(app, services)
        app.on_response_prepare.append(add_mirror_headers)
    else:
        app[SERVICES] = services
    return app
