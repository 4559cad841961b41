"""A share of what `make soak` does: kill -9 of every kind of process, each at a random moment of a submission."""

from __future__ import annotations

from faults.kills import KINDS, kill_at_random

# One of each kind; `make soak` has 200.
KILLS = len(KINDS)
SEED = 2026


async def test_no_kill_of_any_process_loses_what_was_acknowledged_or_leaves_a_half_or_plaintext(short_folder):
    outcome = await kill_at_random(short_folder, KILLS, SEED)

    print(outcome)
    assert outcome.injected.total() == KILLS
    assert set(outcome.injected) == set(KINDS)
    # Some went through, and some did not: or the kills met nothing.
    assert len(outcome.acknowledged) > 0
    assert outcome.lost == []
    assert outcome.halves == []
    assert outcome.plaintext == []
