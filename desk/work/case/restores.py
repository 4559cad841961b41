"""A server that was restored from a backup, or moved: declared by two members, and not an attack.

Contract. A desk remembers how far it has seen each case, the chain of audits and its post box, and refuses a server
that shows less. A restored server shows less. `take_restores` believes a declaration (`cases.case.restored`) that two
members signed who stand in the roster this desk had pinned or a later one, when the server has the roster with which it
was to start, and takes each once:

1. What was seen of each case is set aside, so that it opens as the backup has it; `lost` says what of it is gone.
2. The post box is asked for from its beginning, since the batches of the server count from an earlier number again.
   Grants of cases that were erased come with it: `brought_back` says which of them the server shows, because the
   erasure was later than every register that survived. They are cases again, to be erased once more.
3. The chain of audits is taken from where it is now.

A move takes nothing of this: the new host must show all that was seen.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from cases.case.restored import Restored, SignedRestore, read_restored
from cases.roster.chain import Roster
from desk.errors import ServerRefused
from desk.keep.audits import NO_PIN
from desk.keep.restores import KeptRestore
from desk.keep.state import DeskState, KnownCase
from desk.work.case.checks import Streams
from trusted.case.errors import NotThere, SealBroken

WARN_LOST: Final = "warning.lost_in_restore"
WARN_ERASED_BACK: Final = "warning.erased_is_back"
# So long the overview says it: the acknowledgement of the last report before it is due by then.
SHOWN_DAYS: Final = timedelta(days=30)


def take_restores(
    state: DeskState,
    untrusted: Sequence[SignedRestore],
    shown: Sequence[Roster],
    pinned_version: int,
    server_key: bytes,
) -> None:
    """Take every declaration that is new and verifies under a roster that was pinned before, or a later one."""
    # Who left before cannot declare a restore.
    since = [roster for roster in shown if roster.version >= pinned_version]
    for signed in untrusted:
        restored = _verified(signed, since, server_key)
        if restored is None or restored.name in state.case_list.restores:
            continue
        if any(roster.digest.hex() == restored.roster for roster in shown):
            _take(state, restored)


def shown_restore(state: DeskState, today: date) -> KeptRestore | None:
    """Return the last restore, as long as the overview says it."""
    last = max(state.case_list.restores.values(), key=lambda one: one.day, default=None)
    return last if last is not None and today - last.day <= SHOWN_DAYS else None


def lost(known: KnownCase, streams: Streams) -> tuple[str, ...]:
    """Return a warning when something that this desk had seen before a restore is gone, or the case was to be gone."""
    if known.was_erased:
        return (WARN_ERASED_BACK,)
    for stream, entries in streams.items():
        head = known.before_restore.get(int(stream))
        if head is not None and (len(entries) < head.count or entries[head.count - 1].digest != head.digest):
            return (WARN_LOST,)
    return ()


async def brought_back(
    erased: Mapping[str, KnownCase], fetch: Callable[[KnownCase], Awaitable[object]]
) -> dict[str, KnownCase]:
    """Return those of the erased cases that the server shows. Raises ServerRefused."""
    found: dict[str, KnownCase] = {}
    for name, known in erased.items():
        for candidate in known.candidates():
            try:
                await fetch(candidate)
            except ServerRefused as refused:
                if refused.code != NotThere.code:
                    raise
                continue
            found[name] = msgspec.structs.replace(known, was_erased=True)
            break
    return found


def _verified(signed: SignedRestore, rosters: Sequence[Roster], server_key: bytes) -> Restored | None:
    for roster in rosters:
        try:
            return read_restored(signed, roster, server_key)
        except SealBroken:
            continue
    return None


def _take(state: DeskState, restored: Restored) -> None:
    kept = KeptRestore(restored.backup_day, restored.day, restored.moved)
    case_list = msgspec.structs.replace(state.case_list, restores={**state.case_list.restores, restored.name: kept})
    if not restored.moved:
        cases = {name: known.set_back() for name, known in case_list.cases.items()}
        case_list = msgspec.structs.replace(case_list, last_batch=0, cases=cases)
        state.pin_audits(NO_PIN)
    state.keep_cases(case_list)
