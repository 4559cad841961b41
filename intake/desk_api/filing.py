"""
A report by voice: a member types it for somebody who calls, and her desk seals it (docs/decisions/desk/0027).

The desk makes the eight words and the case's keys, and hands in what the intake would have made of the form: one sealed
report, the reporter's grant, one item for every member. Neither words nor case key come here. The store gets the same
rows of the same sizes as from the form, they wait for the same release, and nothing kept says which of the two it was.

`file_report` takes these steps, after steps 1 to 5 of intake/desk_api/app.py:

1. There is one item for every member of the roster in force, each of the one size: which of them are grants the desk
   decides, by the rules that the intake follows, and nobody here can see it.
2. The header is that of entry 0 of the reporter's stream in the first epoch, under the commitment that was handed in;
   the body has the length of a sealed entry.
3. It waits until the day that a form sent now would wait for, or is shown at once, as an urgent one.
4. The member has filed fewer than twenty today.
5. The store keeps all of it or nothing. A case that is there already is refused as such, so that a desk that got no
   answer can send it again and file it once.

What is not checked: the text. Its length shows when it is opened, since no reader takes an entry longer than the form
allows; whether it points to the person who called, only the member can tell who writes it.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from cases.roster.chain import Roster
from cases.wire import messages
from cases.wire.filing import FileReportRequest, ReportFormAnswer
from intake.desk_api.request import DeskServices
from trusted.case.clock import first_release_day, today
from trusted.case.entry import ItemKind, Stream
from trusted.case.errors import NotAllowed, RequestRefused, RosterFault, SealBroken
from trusted.crypto.case_keys import FIRST_EPOCH
from trusted.crypto.envelope import ENTRY_BLOCK, NONCE_BYTES, TAG_BYTES, Place, read_header, same
from trusted.crypto.seal import Head
from trusted.store.store import Filing, KeptKeys

# A member who takes calls the whole day takes some ten.
FILED_A_DAY: Final = 20


@dataclass(slots=True)
class FilingQuota:
    """How many reports each member has filed today: in memory, so that nothing at rest says who takes the calls."""

    _day: date | None = None
    _filed: Counter[str] = field(default_factory=Counter)

    def count(self, member: str, day: date) -> None:
        """Count one more. Raises NotAllowed for one too many."""
        if day != self._day:
            self._day, self._filed = day, Counter()
        if self._filed[member] >= FILED_A_DAY:
            raise NotAllowed("filing.too_many")
        self._filed[member] += 1


_FIRST = Place(Stream.REPORTER, 0, ItemKind.ENTRY)


async def report_form(services: DeskServices) -> ReportFormAnswer:
    """Return what a desk needs to seal a report as the intake would seal it now."""
    config = services.config
    return ReportFormAnswer(
        salt=services.store.salt,
        release_on=first_release_day(services.clock(), config.hold_hours),
        at_once=config.at_once,
        languages=tuple(config.languages),
    )


async def file_report(
    services: DeskServices, roster: Roster, untrusted_body: bytes, member: str, quota: FilingQuota
) -> messages.StateAnswer:
    """File a report that a desk has sealed. Raises RequestRefused, RosterFault, NotAllowed, Conflict."""
    request = messages.decode(untrusted_body, FileReportRequest)
    # 1.
    if set(request.grants) != {member.id for member in roster.members}:
        raise RosterFault("roster.moved")
    # 2.
    _require_report(request)
    # 3.
    if request.release_on != first_release_day(services.clock(), services.config.hold_hours):
        raise NotAllowed("filing.other_day")
    # 4.
    quota.count(member, today(services.clock))
    # 5.
    await services.store.file_case(
        Filing(
            keys=KeptKeys(request.case_id, FIRST_EPOCH, request.commitment, request.access_key, request.share),
            lookup_id=request.lookup_id,
            reporter_grant=request.reporter_grant,
            entries=(request.sealed,),
            head=Head(1, request.head_tag),
            grants={bytes.fromhex(member): item for member, item in request.grants.items()},
            file_ids=(),
            release_on=request.release_on,
            at_once=request.at_once or services.config.at_once,
        )
    )
    return messages.StateAnswer("done")


def _require_report(request: FileReportRequest) -> None:
    """Return if this is the first entry of a new case, as far as its outside tells; raise RequestRefused."""
    try:
        header = read_header(request.header)
    except SealBroken:
        raise RequestRefused("request.unreadable") from None
    is_first = header.place == _FIRST and (header.epoch, header.sealed_epoch) == (FIRST_EPOCH, FIRST_EPOCH)
    blocks, rest = divmod(len(request.body) - NONCE_BYTES - TAG_BYTES, ENTRY_BLOCK)
    if not is_first or not same(header.commitment, request.commitment) or blocks < 1 or rest:
        raise RequestRefused("request.unreadable")
