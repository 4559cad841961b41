"""Whether what the server shows of an erased case proves that it was erased, and by whom."""

import contextlib
from datetime import date

from cases.case.deadlines import ERASE_AT_LATEST_MONTHS
from cases.roster.chain import Chain
from cases.wire.messages import TombstoneAnswer
from desk.errors import TombstoneBroken
from desk.keep.state import KnownCase
from desk.work.case.checks import check_erased_by
from trusted.case.clock import add_months
from trusted.case.errors import SealBroken
from trusted.case.statements import open_statement, verify_tombstone
from trusted.crypto.seal import CaseKeys


def verified_statements(
    known: KnownCase, answer: TombstoneAnswer, chain: Chain, server_key: bytes, today: date
) -> tuple[bytes, ...]:
    """Return the statements of a tombstone that verify under a roster of the chain; none: the two-year cap.

    Raises TombstoneBroken.
    """
    if not answer.statements:
        if known.closed_on is None or today < add_months(known.closed_on, ERASE_AT_LATEST_MONTHS):
            raise TombstoneBroken("desk.erased_without_signatures")
        return ()
    key = CaseKeys(known.case_id, known.epoch, known.key, b"").statement_key
    try:
        statements = tuple(open_statement(key, known.case_id, sealed) for sealed in answer.statements)
    except SealBroken:
        raise TombstoneBroken from None
    for roster in reversed(chain.all):
        with contextlib.suppress(SealBroken):
            tombstone = verify_tombstone(statements, roster, server_key)
            if tombstone.case_id == known.case_id:
                check_erased_by(known, tombstone, roster)
                return statements
    raise TombstoneBroken
