"""
The two acts after which the words of before open nothing: approving notes, and ending the inbox.

Why there are two: docs/decisions/site/0008. Both are one entry of the reporter's stream, signed with the keys of
before, which waits for its release like any other; what the words find changes in the transaction that keeps it. If the
stream moved meanwhile, nothing was changed.
"""

from intake.inbox.case import OpenedCase, open_case
from intake.inbox.view import answers_at_once, may_end, open_minutes
from intake.services import Services
from intake.sessions import Session
from trusted.case.clock import first_release_day, today
from trusted.case.entry import Body, InboxEnded
from trusted.case.errors import NotAllowed
from trusted.crypto.reporter_keys import ReporterPublic, approve_with_new_keys
from trusted.crypto.seal import make_grant
from trusted.forms.filing import EntryDate, seal_next
from trusted.receipt.keys import Receipt, ReceiptKeys
from trusted.store.store import ReporterAccess, ReporterEntries


async def approve_minutes(
    services: Services, session: Session, number: int | None, receipt: Receipt, keys: ReceiptKeys
) -> None:
    """Approve the notes at `number` and go on with new words: this session with them, every other ends.

    Raises NotAllowed when these notes do not wait for an approval, NotThere or Conflict.
    """
    opened = await open_case(services, session)
    if number not in open_minutes(services, opened):
        raise NotAllowed
    new = ReporterPublic(keys.sign_public, keys.box_public)
    body = approve_with_new_keys(number, opened.rows.case_id, session.keys.id, new, keys.sign_seed)
    grant = make_grant(session.case, keys.id, keys.box_public, opened.report.roster_version)
    await _change(services, session, opened, body, ReporterAccess(keys.lookup_id, grant))
    session.receipt, session.keys, session.next_receipt = receipt, keys, None
    if session.opened_by is not None:
        # The page with the words of before.
        session.opened_by.let_go()
    services.sessions.end_case(session.case.case_id, keep=session)


async def end_inbox(services: Services, session: Session) -> None:
    """End the inbox, and every session of it. Raises NotAllowed unless the case is closed, NotThere or Conflict."""
    opened = await open_case(services, session)
    if not may_end(services, opened):
        raise NotAllowed
    await _change(services, session, opened, InboxEnded(), None)
    services.sessions.end_case(session.case.case_id)


async def _change(
    services: Services, session: Session, opened: OpenedCase, body: Body, new: ReporterAccess | None
) -> None:
    at_once = answers_at_once(services, opened)
    release_on = first_release_day(services.clock(), services.config.hold_hours)
    shown_on = today(services.clock) if at_once else max(release_on, opened.waiting_until or release_on)
    sealed, _entries, head = seal_next(
        session.case, session.keys, opened.reporter, [body], EntryDate(shown_on, opened.after)
    )
    entry = ReporterEntries(
        opened.rows.case_id, len(opened.reporter), sealed, head, release_on=release_on, at_once=at_once
    )
    await services.store.change_access(entry, session.keys.lookup_id, new)
