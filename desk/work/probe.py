"""A test report through one of the reporters' own entrances, and whether it comes to this desk as a report should.

There are two where the server has a website on the open web: the onion, and that (`desk.server.mirror`). Each has a
test report of its own: two of the same words would say what they are.

Filed as a reporter files one: the first page, the form, the page with the code, two of its words written back, and out.
Nothing in it says that it is a test; the text is the member's own, or changed by her. The code is in memory only and is
gone when this returns, so nobody can open the case as its reporter. The desk remembers a hash of the text, sealed.

After the release the desk looks among its cases for that text: whether it came, on the right day, and to those whom
the rules give. The case is closed and erased like any other. What a visit cannot show: whether the server treats it as
any other, if it were to know the text; and what stands behind the pages, which is the daily audit's part.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import aiohttp
import msgspec

from desk.errors import ProbeFailed
from desk.keep.probes import KeptProbe, hash_of
from desk.server.mirror import Mirror, MirrorConnector, stock_trust
from desk.server.site_forms import SitePage
from desk.server.visitor import Visitor
from desk.work import acts
from desk.work.case.casebook import Casebook
from desk.work.case.checks import WARN_ROSTER, WARN_ROUTING
from desk.work.case.numbers import TEST_NOTE
from desk.work.case.opened import DeskCase
from trusted.case.clock import RELEASE_AT, STOCKHOLM, Clock, first_release_day, today
from trusted.case.entry import Note, Stream

CODE_WORDS: Final = 8
_TO_SEND: Final = ("act", "send")
# So long after the release the server may take until every desk can have it.
_GRACE: Final = timedelta(hours=1)
FAULT_TOO_SOON: Final = "probe.too_soon"
FAULT_LATE: Final = "probe.late"
FAULT_READERS: Final = "probe.readers"
FAULT_DIFFERS: Final = "probe.mirror_differs"


class Arrival(enum.Enum):
    """Where the test report is."""

    WAITING = enum.auto()
    HERE = enum.auto()
    MISSING = enum.auto()
    ERASED = enum.auto()


@dataclass(frozen=True, slots=True, repr=False)
class ProbeResult:
    """What came of it: where it is, what was wrong on the way, and its case while there is one."""

    probe: KeptProbe
    arrival: Arrival
    faults: tuple[str, ...]
    case: DeskCase | None = None
    # Whether a note tells the other readers that it is a test.
    told: bool = False


def require_new(book: Casebook, text: str) -> None:
    """Return if no test report of this text was the last: two alike say what they are. Raises ProbeFailed."""
    if hash_of(text) in {probe.text_hash for probe in book.state.case_list.probes}:
        raise ProbeFailed("probe.same_text")


async def file_report(connector: aiohttp.BaseConnector, clock: Clock, address: str, text: str) -> KeptProbe:
    """File a test report at this address; return what is to be remembered of it. Raises NotReachable, ProbeFailed."""
    day, expected = today(clock), first_release_day(clock())
    async with Visitor(connector, _onion(address)) as visitor:
        await _file(visitor, text)
    return KeptProbe(hash_of(text), day, expected, tuple(sorted(visitor.faults)))


async def file_at_mirror(
    connector: aiohttp.BaseConnector, clock: Clock, address: str, mirror: Mirror | None, text: str
) -> KeptProbe:
    """File a test report at the website, and compare that with the onion at this address; return as `file_report`.

    Raises NotReachable, OtherCertificate, ProbeFailed.
    """
    if mirror is None:
        raise ProbeFailed("probe.no_mirror")
    day, expected = today(clock), first_release_day(clock())
    async with Visitor(connector, _onion(address)) as onion:
        await _look_around(onion)
    async with (
        MirrorConnector(connector, mirror) as to_mirror,
        Visitor(to_mirror, mirror.origin, stock_trust(), leads_to=_onion(address)) as visitor,
    ):
        await _file(visitor, text)
    faults = visitor.faults | ({FAULT_DIFFERS} if not visitor.answers_like(onion) else set())
    return KeptProbe(hash_of(text), day, expected, tuple(sorted(faults)), by_mirror=True)


def _onion(address: str) -> str:
    return f"http://{address}.onion"


async def _look_around(visitor: Visitor) -> None:
    """Fetch what every visitor fetches first. Raises NotReachable, OtherCertificate, ProbeFailed."""
    await visitor.go("/")
    await visitor.look("/style.css", "style", "text/css,*/*;q=0.1")
    await visitor.look("/icon.png", "image", "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5")


async def _file(visitor: Visitor, text: str) -> None:
    """Go through the pages as a reporter does. Raises ProbeFailed when one is not what a reporter gets."""
    await _look_around(visitor)
    form = (await visitor.go("/report")).form("/report", "text")
    if form is None:
        raise ProbeFailed
    page = await visitor.send(form, {"text": text}, _TO_SEND)
    check = page.form("/receipt/check", "word", "asked")
    if check is None or len(page.code) != CODE_WORDS:
        again = page.form("/report", "text")
        raise ProbeFailed("probe.form_again" if again is not None else ProbeFailed.text_key)
    places = [value for name, value in check.fields if name == "asked"]
    if not all(place.isdecimal() and 1 <= int(place) <= CODE_WORDS for place in places):
        raise ProbeFailed
    words = iter([page.code[int(place) - 1] for place in places])
    check.fields = [(name, next(words, value) if name == "word" else value) for name, value in check.fields]
    await _leave(visitor, await visitor.send(check, {}))


async def _leave(visitor: Visitor, page: SitePage) -> None:
    leave = page.form("/inbox/leave")
    if leave is None:
        raise ProbeFailed
    await visitor.send(leave, {})


def look_for(book: Casebook, cases: Sequence[DeskCase]) -> tuple[ProbeResult, ...]:
    """Return what came of the last test report of each way, and remember its case once it is there."""
    return tuple(_look_for(book, probe, cases) for probe in book.state.case_list.probes)


def _look_for(book: Casebook, probe: KeptProbe, cases: Sequence[DeskCase]) -> ProbeResult:
    case = next((one for one in cases if hash_of(one.report.text) == probe.text_hash), None)
    if case is not None:
        if not probe.case_id:
            probe = msgspec.structs.replace(probe, case_id=case.known.case_id)
            book.state.keep_probe(book.state.case_list.reporters_address, probe)
        faults = (*probe.faults, *_arrival_faults(book, probe, case))
        told = any(entry.body == Note(TEST_NOTE) for entry in case.streams.get(Stream.NOTES, ()))
        return ProbeResult(probe, Arrival.HERE, faults, case, told)
    if probe.case_id.hex() in book.state.case_list.tombstones:
        return ProbeResult(probe, Arrival.ERASED, probe.faults)
    due = datetime.combine(probe.release_on, RELEASE_AT, STOCKHOLM) + _GRACE
    arrival = Arrival.WAITING if book.clock() < due and not probe.case_id else Arrival.MISSING
    return ProbeResult(probe, arrival, probe.faults)


def _arrival_faults(book: Casebook, probe: KeptProbe, case: DeskCase) -> Sequence[str]:
    roster = None if book.chain is None else book.chain.current
    at_once = roster is not None and roster.trial
    day = case.release_day
    wrong = {
        FAULT_TOO_SOON: day is not None and day < probe.release_on and not at_once,
        FAULT_LATE: day is not None and day > probe.release_on,
        FAULT_READERS: bool({WARN_ROUTING, WARN_ROSTER} & set(case.warnings)),
    }
    return tuple(key for key, is_so in wrong.items() if is_so)


async def tell(book: Casebook, untrusted_name: str) -> None:
    """Note in the case of a test report that it is one, for all who read it. Raises what writing a note raises."""
    if untrusted_name in {probe.case_id.hex() for probe in book.state.case_list.probes if probe.case_id}:
        await acts.do(book, "note", untrusted_name, TEST_NOTE)
