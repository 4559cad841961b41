"""What a trace and the answers say: every write searched for needles, every call held against the closed lists."""

from __future__ import annotations

import bisect
import json
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.canary.needles import PACKED_V4, Hit, Needle, search, stands_plainly
from audit.canary.requests import CONTENT, TIMED
from audit.canary.rules import NAMING, WRITES, Rulebook
from audit.observe.strace import readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from audit.canary.opened import Opened
    from audit.canary.requests import Exchange
    from audit.observe.strace import Call
    from audit.verdict import Look

KINDS = ("files", "sockets", "programs", "channels", "calls")
_MOST_SHOWN, _MOST_OF_A_CALL = 6, 4
_PAGE = 512  # bytes, from which on a repetition is one of SQLite's
_AROUND = 40  # bytes before a needle, and twice as many from it on
_UNREAD = "{count} calls whose bytes strace could not read: the service closes itself to its account. Run it as root"
_NAMELESS = (
    "which files are open: the service closes itself to its account, so strace sees numbers only. What was typed may"
    " pass in some and not in others, and that was not judged. Run it as root"
)
# As pages travel, docs/DESIGN.md section 9; the library adds one header after they have been filled up.
_CLASSES = frozenset({16 * 1024, 32 * 1024, 64 * 1024, 768 * 1024})
_ADDED = len(b"Connection: close\r\n")
_SLOWER_SECONDS = 0.2
# The clock's skew, the program and its version, the time of a file: none of them is said.
_TELLTALES = frozenset({"server", "date", "etag", "last-modified", "set-cookie", "age", "via", "x-powered-by"})


@dataclass(frozen=True, slots=True)
class Stream:
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


def streams(calls: Iterable[Call]) -> list[Stream]:
    """Every place that was written to. Also what a refused write would have written."""
    found: dict[tuple[str, str], list[Call]] = defaultdict(list)
    for call in calls:
        if call.name in WRITES:
            # Of the answers all are one stream: a needle that is split over two is found too.
            target = call.target.partition(",")[2] or call.target
            found[call.role, target].append(call)
    return [Stream(role, target, several) for (role, target), several in found.items()]


def judge_needles(look: Look, calls: Sequence[Call], book: Rulebook, needles: Sequence[Needle]) -> None:
    """No needle is written anywhere but where it may pass."""
    written = 0
    if unread := sum(call.unread for call in calls if call.name in WRITES or call.name in NAMING):
        look.missed(_UNREAD, count=unread)
    if book.nameless:
        look.missed(_NAMELESS)
        needles = [needle for needle in needles if needle.kind not in CONTENT]
    for stream in streams(calls):
        written += sum(len(call.payload) for call in stream.calls)
        carried = book.may_carry(stream.calls[0])
        sought = [needle for needle in needles if needle.kind not in carried]
        if stream.target.startswith("/memfd:"):
            # Memory, which ends with its process and lies nowhere: what is kept there is looked for as it is.
            content = stream.content
            hits = [
                Hit(one, "as it is", content.find(one.text.encode())) for one in sought if stands_plainly(one, content)
            ]
        else:
            stream = Stream(stream.role, stream.target, _without_repeats(stream.calls))  # noqa: PLW2901 - the same, shorter
            hits = search(sought, stream.content)
        for hit in hits:
            where = stream.around(hit.offset)
            look.found("{kind} ({form}) was written: {where}", kind=hit.needle.kind, form=hit.form, where=where)
    for call in calls:
        # Names of files and sockets, and what a program is started with, are places to put something too.
        if call.name not in WRITES and call.strings:
            _judge_names(look, call, needles)
    look.saw("{count} bytes that {calls} calls wrote were searched for {needles} needles in every form", count=written,
             calls=sum(len(one.calls) for one in streams(calls)), needles=len(needles))  # fmt: skip


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


def _judge_names(look: Look, call: Call, needles: Sequence[Needle]) -> None:
    named = b"\n".join(call.strings)
    for needle in needles:
        if needle.text.encode() in named:
            look.found("{kind} ({form}) was written: {where}", kind=needle.kind, form="in a name", where=call.shown())


def judge_calls(looks: dict[str, Look], calls: Sequence[Call], book: Rulebook) -> None:
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
                looks[kind].found("not on the list: {call}", call=call.shown(240))
        if more := len(breaches[kind]) - sum(min(count, _MOST_OF_A_CALL) for count in shown.values()):
            looks[kind].found("and {count} more of these", count=more)
        if book.nameless and kind in {"files", "channels", "calls"}:
            looks[kind].missed(_NAMELESS)
        looks[kind].saw("{count} calls were held against the list of what each process may do", count=len(calls))


def judge_answers(look: Look, exchanges: Sequence[Exchange], needles: Sequence[Needle]) -> None:
    """Answers name no server and no moment, and bring back nothing but what their own request typed."""
    constant: dict[int, set[bytes]] = defaultdict(set)
    for exchange in exchanges:
        for name in sorted(exchange.answer.names & _TELLTALES):
            look.found("the answer to {name} has the header {header}", name=exchange.name, header=name)
        sought = [needle for needle in needles if needle.kind not in exchange.may_echo]
        for hit in search(sought, exchange.answer.whole):
            if hit.form != PACKED_V4:
                look.found("the answer to {name} holds: {kind} ({form})", name=exchange.name, kind=hit.needle.kind,
                           form=hit.form)  # fmt: skip
        if exchange.broken:
            constant[exchange.answer.status].add(exchange.answer.body)
    for status, bodies in sorted(constant.items()):
        look.demand(len(bodies) == 1, "refusals of broken requests with {status} have {count} different bodies",
                    status=status, count=len(bodies))  # fmt: skip
    look.saw("{count} answers were searched", count=len(exchanges))


def judge_sizes(look: Look, exchanges: Sequence[Exchange]) -> None:
    """Every page is as long as its class, on its way, with head and all."""
    pages = [one for one in exchanges if b"text/html" in one.answer.head and not one.broken and one.whole]
    odd = [one for one in pages if len(one.answer.whole) - _ADDED not in _CLASSES]
    for one in odd[:_MOST_SHOWN]:
        look.found("the answer to {name} has {size} bytes, which is no class of pages", name=one.name,
                   size=len(one.answer.whole) - _ADDED)  # fmt: skip
    look.saw("{count} pages were as long as one of the {classes} classes", count=len(pages) - len(odd),
             classes=len(_CLASSES))  # fmt: skip


def judge_pace(look: Look, exchanges: Sequence[Exchange], reports_began: float) -> None:
    """The quickest answer to one question takes as long after reports as before; a slow one says that it was busy."""
    timed = [(one.after - one.before, one.before >= reports_began) for one in exchanges if one.name == TIMED]
    quickest = [min((took for took, after in timed if after is late), default=0.0) for late in (False, True)]
    look.demand(
        quickest[1] - quickest[0] < _SLOWER_SECONDS, "the first page took {before} s and after reports {after}",
        before=round(quickest[0], 3), after=round(quickest[1], 3),
    )  # fmt: skip


def judge_opened(look: Look, opened: Sequence[Opened], needles: Sequence[Needle]) -> None:
    """Of a report that members have, they read what was typed, and a clean copy of each file."""
    for one in opened:
        for hit in search([needle for needle in needles if needle.kind != "text"], one.content):
            if hit.form != PACKED_V4:
                look.found(
                    "a member reads in {name}: {kind} ({form})", name=one.name, kind=hit.needle.kind, form=hit.form
                )
    look.saw("{count} entries and files of a report were opened with a member's key and searched", count=len(opened))


def judge_texts(look: Look, opened: Sequence[Opened], typed: Sequence[str]) -> None:
    """The text of a report is what was typed, to the letter: spaces after it are read by nobody and still are there."""
    for one in opened:
        with suppress(ValueError):
            told = json.loads(one.content.rpartition(b"\x80")[0]).get("entry", {})
            if told.get("kind") == "report" and told.get("text") not in typed:
                look.found("a member reads in {name} another text than was typed: {text}", name=one.name,
                           text=repr(told.get("text"))[:200])  # fmt: skip


def judge_disk(look: Look, folder: Path, needles: Sequence[Needle]) -> None:
    """What lies on the disk after the end, in the home and around it, but for strace's own file."""
    looked = 0
    for path, content in _files(folder):
        looked += 1
        for hit in search(needles, content):
            look.found("{kind} ({form}) lies in {name}", kind=hit.needle.kind, form=hit.form, name=path)
    look.saw("{count} files were searched after the end", count=looked)


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "trace":
            name = str(path.relative_to(folder))
            yield name, name.encode() + b"\n" + path.read_bytes()
