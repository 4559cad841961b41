"""Acts in the inbox whose connection makes room for another while the store keeps them: done once, and whole."""

from __future__ import annotations

import asyncio

import pytest
from visitors.intake_harness import file_report, running_intake
from visitors.samples import rows

from intake.inbox.once import write_one
from intake.inbox.pages import TAKE_BACK_FORM, ask_to_take_back
from intake.inbox.show import Visit
from intake.views.texts import SENT
from trusted.case.entry import Message
from trusted.store.store import Store
from trusted.web.form import Form


async def cut_short(visit, act, verb: str, monkeypatch) -> None:
    """Cancel the act, as `Connection.make_room` does, while the store is at it."""
    kept, may_end, honest = asyncio.Event(), asyncio.Event(), getattr(Store, verb)

    async def slowly(store, *what, **more):
        await honest(store, *what, **more)
        kept.set()
        await may_end.wait()

    with monkeypatch.context() as patched:
        patched.setattr(Store, verb, slowly)
        task = asyncio.create_task(act(visit))
        await asyncio.wait_for(kept.wait(), 10)
        task.cancel()
        await asyncio.sleep(0)
        may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await task


def visit_of(intake, form_name: str) -> Visit:
    services = intake.services
    (session,) = services.sessions._open.values()
    form = Form(fields={"mark": [services.form_tokens.new(form_name)]})
    return Visit(None, services, form, session, services.pages.language("sv"))


async def test_a_message_whose_connection_made_room_while_it_was_kept_is_not_kept_again(tmp_path, monkeypatch):
    def write(visit):
        return write_one(visit, "facts", Message("Only once"), SENT)

    async with running_intake(tmp_path) as intake:
        await file_report(intake.browser(), "A report")
        visit, before = visit_of(intake, "facts"), rows(intake, "entries")
        await cut_short(visit, write, "append_reporter", monkeypatch)
        await write(visit)
        after = rows(intake, "entries")

    assert after == before + 1


async def test_a_report_that_was_taken_back_when_its_connection_made_room_leaves_no_session_open(tmp_path, monkeypatch):
    async with running_intake(tmp_path) as intake:
        await file_report(intake.browser(), "A report")
        visit = visit_of(intake, TAKE_BACK_FORM)
        await cut_short(visit, ask_to_take_back, "take_back", monkeypatch)
        _use, is_first = await intake.services.form_tokens.claim(visit.token, TAKE_BACK_FORM)
        left = len(intake.services.sessions)

    assert not is_first
    assert left == 0
