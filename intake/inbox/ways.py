"""
The ways from the inbox to a page that asks something, for a button of the message form: what was typed waits meanwhile.

A button names its way and, where there are several, which file or notes it is about. The page gets nothing of the
message form: it shows its own fields, and its way back shows the message again (`Session.unsent`).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

from aiohttp import web

from intake.inbox.meeting import ask_to_meet
from intake.inbox.minutes import ask_about_minutes
from intake.inbox.pages import ask_to_end, ask_to_take_back, ask_to_withdraw
from intake.inbox.show import Visit
from intake.views.pages import HANDLE_FIELD, LANGUAGE_FIELD
from trusted.web.form import Form

WAY_FIELD: Final = "way"
_Ask = Callable[[Visit], Awaitable[web.StreamResponse]]
# What each asks, and the field that names what it is about.
_WAYS: Final[Mapping[str, tuple[_Ask, str]]] = {
    "end": (ask_to_end, ""),
    "meeting": (ask_to_meet, ""),
    "minutes": (ask_about_minutes, "number"),
    "take-back": (ask_to_take_back, "file"),
    "withdraw": (ask_to_withdraw, "file"),
}


def way_of(form: Form) -> _Ask | None:
    """Return what asks where a form leads, if its button leads anywhere."""
    way, _, about = form.one(WAY_FIELD).partition(" ")
    if way not in _WAYS:
        return None
    ask, name = _WAYS[way]

    async def lead(visit: Visit) -> web.StreamResponse:
        fields = {HANDLE_FIELD: [visit.session.handle], LANGUAGE_FIELD: [visit.language.code]}
        return await ask(replace(visit, form=Form({**fields, **({name: [about]} if name and about else {})})))

    return lead
