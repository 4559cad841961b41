"""What a trace and the answers say: every write searched for markers, every call held against the closed lists."""

from __future__ import annotations

import bisect
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from audit.canary.opened import Opened
from audit.canary.rules import NAMING, WRITES, Rulebook
from audit.canary.visits.markers import PACKED_V4, Hit, Marker, search, stands_plainly
from audit.canary.visits.requests import TIMED
from audit.canary.visits.visitor import CONTENT, Exchange
from audit.observe.strace import Call, readable
from audit.verdict import Inspection

KINDS = ("files", "sockets", "programs", "channels", "calls")
_MOST_SHOWN, _MOST_OF_A_CALL = 6, 4
_PAGE = 512  # bytes, from which on a repetition is one of SQLite's
_AROUND = 40  # bytes before a marker, and twice as many from it on
_UNREAD = "{count} calls whose bytes strace could not read: the service closes itself to its account. Run it as root"
_NAMELESS = (
    "which files are open: the service closes itself to its account, so strace sees numbers only. What was typed may"
    " pass in some and not in others, and that was not judged. Run it as root"
)
# As pages travel, docs/NUMBERS.md; the library adds one header after they have been filled up.
_CLASSES = frozenset({16 * 1024, 32 * 1024, 64 * 1024, 768 * 1024})
_ADDED = len(b"Connection: close\r\n")
_SLOWER_SECONDS = 0.2
_KEPT_NOWHERE = "no-store"
# The report form at the onion, which stays in the memory of the tab: Tor Browser writes nothing to a disk.
_KEPT_FOR_BACK = "no-cache"
# The clock's skew, the program and its version, the time of a file: no answer may carry one.
_TELLTALES = frozenset({"server", "date", "etag", "last-modified", "set-cookie", "age", "via", "x-powered-by"})


@dataclass(frozen=True, slots=True)
class WrittenBytes:
    """All that was written to one place by one role, in order."""

    role: str
    target: str
    calls: list[Call]

    def around(self, offset: int) -> str:
        """Who wrote the byte at this offset, where to, and what stands around it."""
        call = self.call_at(offset)
        shown = self.content[max(offset - _AROUND, 0) : offset + 2 * _AROUND]
        return f"{call.role}[{call.process.pid}] {call.name} to {call.target}: {readable(shown)}"

    @property
    def content(self) -> bytes:
        """The bytes."""
        return b"".join(call.payload for call in self.calls)

    def call_at(self, offset: int) -> Call:
        """Who wrote the byte at this offset."""
        ends, total = [], 0
        for call in self.calls:
            total += len(call.payload)
            ends.append(total)
        return self.calls[min(bisect.bisect_right(ends, offset), len(self.calls) - 1)]


def streams(calls: Iterable[Call]) -> list[WrittenBytes]:
    """Every place that was written to. Also what a refused write would have written."""
    found: dict[tuple[str, str], list[Call]] = defaultdict(list)
    for call in calls:
        if call.name in WRITES:
            # Of the answers all are one stream: a marker that is split over two is found too.
            target = call.target.partition(",")[2] or call.target
            found[call.role, target].append(call)
    return [WrittenBytes(role, target, several) for (role, target), several in found.items()]


def judge_markers(inspection: Inspection, calls: Sequence[Call], book: Rulebook, markers: Sequence[Marker]) -> None:
    """No marker is written anywhere but where it may pass."""
    written = 0
    if unread := sum(call.unread for call in calls if call.name in WRITES or call.name in NAMING):
        inspection.missed(_UNREAD, count=unread)
    if book.nameless:
        inspection.missed(_NAMELESS)
        markers = [marker for marker in markers if marker.kind not in CONTENT]
    for stream in streams(calls):
        written += sum(len(call.payload) for call in stream.calls)
        carried = book.may_carry(stream.calls[0])
        sought = [marker for marker in markers if marker.kind not in carried]
        if stream.target.startswith("/memfd:"):
            # Memory, which ends with its process and lies nowhere: what is kept there is looked for as it is.
            content = stream.content
            hits = [
                Hit(one, "as it is", content.find(one.text.encode())) for one in sought if stands_plainly(one, content)
            ]
        else:
            stream = WrittenBytes(stream.role, stream.target, _without_repeats(stream.calls))  # noqa: PLW2901 - the same, shorter
            hits = search(sought, stream.content)
        for hit in hits:
            where = stream.around(hit.offset)
            inspection.found("{kind} ({form}) was written: {where}", kind=hit.marker.kind, form=hit.form, where=where)
    for call in calls:
        # Names of files and sockets, and what a program is started with, are places to put something too.
        if call.name not in WRITES and call.strings:
            _judge_names(inspection, call, markers)
    inspection.saw(
        "{count} bytes that {calls} calls wrote were searched for {markers} markers in every form",
        count=written,
        calls=sum(len(one.calls) for one in streams(calls)),
        markers=len(markers),
    )


def _without_repeats(calls: Sequence[Call]) -> list[Call]:
    """Pages of the database are written to the log and then to their place, and some of them many times."""
    seen: set[bytes] = set()
    kept = []
    for call in calls:
        payload = call.payload
        if len(payload) < _PAGE or payload not in seen:
            kept.append(call)
        seen.add(payload)
    return kept


def _judge_names(inspection: Inspection, call: Call, markers: Sequence[Marker]) -> None:
    named = b"\n".join(call.strings)
    for marker in markers:
        if marker.text.encode() in named:
            inspection.found(
                "{kind} ({form}) was written: {where}", kind=marker.kind, form="in a name", where=call.shown()
            )


def judge_calls(inspections: dict[str, Inspection], calls: Sequence[Call], book: Rulebook) -> None:
    """Every call that no list allows, by kind."""
    breaches: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        if kind := book.breach(call):
            breaches[kind].append(call)
    for kind in KINDS:
        shown: dict[str, int] = defaultdict(int)
        for call in breaches[kind]:
            shown[call.name] += 1
            if shown[call.name] <= _MOST_OF_A_CALL:
                inspections[kind].found("not on the list: {call}", call=call.shown(240))
        if more := len(breaches[kind]) - sum(min(count, _MOST_OF_A_CALL) for count in shown.values()):
            inspections[kind].found("and {count} more of these", count=more)
        if book.nameless and kind in {"files", "channels", "calls"}:
            inspections[kind].missed(_NAMELESS)
        inspections[kind].saw("{count} calls were held against the list of what each process may do", count=len(calls))


def judge_answers(inspection: Inspection, exchanges: Sequence[Exchange], markers: Sequence[Marker]) -> None:
    """Answers name no server and no moment, and bring back nothing but what their own request typed."""
    constant: dict[int, set[bytes]] = defaultdict(set)
    for exchange in exchanges:
        for name in sorted(exchange.answer.names & _TELLTALES):
            inspection.found("the answer to {name} has the header {header}", name=exchange.name, header=name)
        sought = [marker for marker in markers if marker.kind not in exchange.may_echo]
        for hit in search(sought, exchange.answer.whole):
            if hit.form != PACKED_V4:
                inspection.found(
                    "the answer to {name} holds: {kind} ({form})",
                    name=exchange.name,
                    kind=hit.marker.kind,
                    form=hit.form,
                )
        if exchange.broken:
            constant[exchange.answer.status].add(exchange.answer.body)
    for status, bodies in sorted(constant.items()):
        inspection.require(len(bodies) == 1, "refusals of broken requests with {status} have {count} different bodies",
                    status=status, count=len(bodies))  # fmt: skip
    inspection.saw("{count} answers were searched", count=len(exchanges))


def judge_sizes(inspection: Inspection, exchanges: Sequence[Exchange]) -> None:
    """Every page is as long as its class, on its way, with head and all."""
    pages = [one for one in exchanges if b"text/html" in one.answer.head and not one.broken and one.whole]
    odd = [one for one in pages if len(one.answer.whole) - _ADDED not in _CLASSES]
    for one in odd[:_MOST_SHOWN]:
        inspection.found("the answer to {name} has {size} bytes, which is no class of pages", name=one.name,
                   size=len(one.answer.whole) - _ADDED)  # fmt: skip
    inspection.saw("{count} pages were as long as one of the {classes} classes", count=len(pages) - len(odd),
             classes=len(_CLASSES))  # fmt: skip


def judge_kept(inspection: Inspection, exchanges: Sequence[Exchange]) -> None:
    """Require of each page to which a form led that no browser keeps it: what was typed would lie on a disk.

    The report form itself is kept for Back and for nothing else (docs/decisions, 0051).
    """
    pages = [one for one in exchanges if one.of_a_form]
    kept = [
        (one.name, said)
        for one in pages
        if (said := one.answer.values_of("cache-control")) != [_KEPT_FOR_BACK if one.form_again else _KEPT_NOWHERE]
    ]
    for name, said in kept[:_MOST_SHOWN]:
        inspection.found(
            "the answer to {name} may be kept by a browser: {said}", name=name, said=", ".join(said) or "-"
        )
    inspection.saw("{count} pages to which a form led may be kept by no browser", count=len(pages) - len(kept))


def judge_pace(inspection: Inspection, exchanges: Sequence[Exchange], reports_began: float) -> None:
    """Require that the quickest answer takes as long after reports as before; a slow one shows a busy service."""
    timed = [(one.after - one.before, one.before >= reports_began) for one in exchanges if one.name == TIMED]
    quickest = [min((took for took, after in timed if after is late), default=0.0) for late in (False, True)]
    inspection.require(
        quickest[1] - quickest[0] < _SLOWER_SECONDS, "the first page took {before} s and after reports {after}",
        before=round(quickest[0], 3), after=round(quickest[1], 3),
    )  # fmt: skip


def judge_opened(inspection: Inspection, opened: Sequence[Opened], markers: Sequence[Marker]) -> None:
    """Of a report that members have, they read what was typed, and a clean copy of each file."""
    for one in opened:
        for hit in search([marker for marker in markers if marker.kind != "text"], one.content):
            if hit.form != PACKED_V4:
                inspection.found(
                    "a member reads in {name}: {kind} ({form})", name=one.name, kind=hit.marker.kind, form=hit.form
                )
    inspection.saw(
        "{count} entries and files of a report were opened with a member's key and searched", count=len(opened)
    )


def judge_texts(inspection: Inspection, opened: Sequence[Opened], typed: Sequence[str]) -> None:
    """Require the text as it was typed, to the letter: trailing spaces, which nobody sees, can carry something."""
    for one in opened:
        with suppress(ValueError):
            told = json.loads(one.content.rpartition(b"\x80")[0]).get("entry", {})
            if told.get("kind") == "report" and told.get("text") not in typed:
                inspection.found("a member reads in {name} another text than was typed: {text}", name=one.name,
                           text=repr(told.get("text"))[:200])  # fmt: skip


def judge_disk(inspection: Inspection, folder: Path, markers: Sequence[Marker]) -> None:
    """Search what lies on the disk after the end, in the home and around it, without strace's own file."""
    examined = 0
    for path, content in _files(folder):
        examined += 1
        for hit in search(markers, content):
            inspection.found("{kind} ({form}) lies in {name}", kind=hit.marker.kind, form=hit.form, name=path)
    inspection.saw("{count} files were searched after the end", count=examined)


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "trace":
            name = str(path.relative_to(folder))
            yield name, name.encode() + b"\n" + path.read_bytes()
