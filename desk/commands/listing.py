"""The list of a member's cases: the opened ones, the ones that do not open, the erased ones, and the warnings."""

from typing import Any

from desk.commands import show
from desk.commands.audit_words import audit_object, audit_prose
from desk.commands.result import CommandInput, Result, code_for
from desk.errors import DeskError
from desk.keep.restores import KeptRestore
from desk.keep.state import KeptTombstone
from desk.web.views.sentences import in_words
from desk.work.case.casebook import Casebook
from desk.work.case.examining import open_all
from desk.work.case.restores import shown_restore
from desk.work.case.standing import overview_warnings
from trusted.case.clock import today
from trusted.case.errors import SealBroken
from trusted.case.statements import verify_tombstone


async def list_cases(book: Casebook, _given: CommandInput) -> Result:
    """Open every case of the list; one that does not open is shown as a problem and does not stop the others."""
    await book.sync()
    cases, refused = await open_all(book)
    problems = [_problem(case_id, broken) for case_id, broken in refused]
    erased = [_erased(book, kept) for kept in book.state.case_list.tombstones.values()]
    chain = book.chain
    warnings = overview_warnings(book)
    restore = shown_restore(book.state, today(book.clock))
    found = {
        "cases": [show.state_object(case) for case in cases],
        "problems": problems,
        "erased": erased,
        "warnings": warnings,
        "restored": None if restore is None else {"day": str(restore.day), "backup_day": str(restore.backup_day)},
        "audit": audit_object(book.audits),
        # A change of who may read must not wait unseen.
        "proposal": None if chain is None or chain.proposal is None else chain.proposal.version,
    }
    prose = [show.list_prose(cases), *(f"case {one['case'][:8]}: {one['text']}" for one in problems)]
    prose += [
        f"case {one['case'][:8]}: erased {one['day'] or 'by the server'}, {show.one_line(one['reference'])}"
        for one in erased
    ]
    prose += [in_words(key) for key in warnings]
    prose += [] if restore is None else [_restored(restore)]
    prose.append(audit_prose(book.audits))
    prose += [in_words("roster.proposal_waits")] if found["proposal"] is not None else []
    return Result(found, "\n\n".join(prose), code_for(problems, warnings, *(case.warnings for case in cases)))


def _restored(restore: KeptRestore) -> str:
    if restore.moved:
        return f"The service moved to another computer on {restore.day}. Two members declared it; nothing was lost."
    return (
        f"The service was restored on {restore.day} from a backup of {restore.backup_day}. Two members declared it; "
        "what came after the backup is gone."
    )


def _problem(case_id: bytes, error: DeskError) -> dict[str, Any]:
    return {
        "case": case_id.hex(),
        "code": error.code,
        "text_key": error.text_key,
        "text": in_words(error.text_key),
    }


def _erased(book: Casebook, kept: KeptTombstone) -> dict[str, Any]:
    """Return what a tombstone says; without statements the server erased the case at the two-year cap."""
    bare: dict[str, Any] = {
        "case": kept.case_id.hex(),
        "day": None,
        "reference": "two years after closing",
        "members": [],
        "unknown_signers": kept.unknown_signers,
    }
    if not kept.statements or book.chain is None:
        return bare
    for version in reversed(book.chain.all):
        try:
            tombstone = verify_tombstone(kept.statements, version, book.server_key)
        except SealBroken:
            continue
        return {
            **bare,
            "day": tombstone.day.isoformat(),
            "reference": tombstone.reference,
            "members": [statement.member for statement in tombstone.statements],
        }
    return {**bare, "reference": "by members of a roster this desk no longer sees"}
