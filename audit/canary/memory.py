"""What is left in memory once nobody is there any more: words, keys, texts and bytes of files.

1. Keeper, zygotes and tor never have any of it: all of their memory is searched for what was planted.
2. The intake has it while it is needed. Its language does not overwrite what it lets go of, so that a search of its
   memory says nothing; it holds what one of its objects leads to. So its interpreter is asked, by the number that moves
   its clock (`audit.canary.clock`): half an hour after the last visitor, and after one who has logged in and out.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Mapping
from pathlib import Path

from audit.canary.drawn import CODE_BYTES, secret_of
from audit.canary.gathered import Run
from audit.canary.visits.visitor import CONTENT
from audit.observe.memory import found_in_memory
from audit.observe.proc import NotSeen, Process, find_service
from audit.verdict import Word

# Of the mapped page: the clock, a number for each question, the number of the last answer, and the answer by bits.
PAGE_BYTES, NEEDLES_AT = 4096, 32
_NUMBERS = struct.Struct("<QQQQ")
_MOST_NEEDLES, _ANSWER_SECONDS, _BETWEEN_SECONDS = 64, 60.0, 0.2
_LET_GO_SECONDS, _BETWEEN_LOOKS_SECONDS = 30.0, 5.0
# What the examined interpreter runs when it is asked, wherever it reads the clock.
HOOK = """\
def _leads_to(needles):
    import gc

    # What only itself leads to is let go of, and was not collected yet.
    gc.collect()
    own = {id(needles), *(id(one) for pair in needles for one in (pair, *pair))}
    todo, found = [*gc.get_objects(), *sys._current_frames().values()], 0
    own |= {id(own), id(todo)}
    while todo:
        one = todo.pop()
        if id(one) in own:
            continue
        own.add(id(one))
        if isinstance(one, (str, bytes, bytearray)):
            column = 0 if isinstance(one, str) else 1
            for number, needle in enumerate(needles):
                if needle[column] and needle[column] in one:
                    found |= 1 << number
        elif not isinstance(one, (int, float)):
            todo += gc.get_referents(one)
    return found


def _answer():
    asked = int.from_bytes(ctypes.string_at(_LATER + 8, 8), "little")
    if asked == int.from_bytes(ctypes.string_at(_LATER + 16, 8), "little") or _answering:
        return
    _answering.append(1)
    place, needles = _LATER + 32, []
    while size := int.from_bytes(ctypes.string_at(place, 2), "little"):
        raw = ctypes.string_at(place + 2, size)
        needles.append((raw.decode("ascii") if raw.isascii() else "", raw))
        place += 2 + size
    ctypes.memmove(_LATER + 24, _leads_to(needles).to_bytes(8, "little"), 8)
    ctypes.memmove(_LATER + 16, asked.to_bytes(8, "little"), 8)
    _answering.clear()


_answering = []
"""


def ask(page: Path, needles: Mapping[str, bytes], later: int) -> list[str] | None:
    """Return which of these an object of the intake leads to; None where it does not answer."""
    number = time.monotonic_ns()
    told = b"".join(len(one).to_bytes(2, "little") + one for one in needles.values())
    with page.open("r+b") as file:
        file.write(_NUMBERS.pack(later, 0, 0, 0)[:8])
        file.seek(NEEDLES_AT)
        file.write(told + bytes(2))
        file.seek(8)
        file.write(number.to_bytes(8, "little"))
    try:
        end = time.monotonic() + _ANSWER_SECONDS
        while time.monotonic() < end:
            _later, _asked, answered, found = _NUMBERS.unpack(page.read_bytes()[: _NUMBERS.size])
            if answered == number:
                return [name for bit, name in enumerate(needles) if found >> bit & 1]
            time.sleep(_BETWEEN_SECONDS)
        return None
    finally:
        with page.open("r+b") as file:
            file.seek(NEEDLES_AT)
            file.write(bytes(PAGE_BYTES - NEEDLES_AT))


def needles_of(run: Run) -> dict[str, bytes]:
    """Return what a visitor of this run typed, sent and was shown, and the keys of cases that a member has opened."""
    found = {}
    for name, markers in (("A", run.markers), ("B", run.other_markers)):
        for kind in CONTENT:
            if kind in markers.by_kind:
                found[f"{kind} of {name}"] = markers[kind].encode()
    if "case code" in run.markers.by_kind:
        # Words of the list are everywhere, so what is looked for is the number that they stand for.
        words = run.markers["case code"].encode().split()
        found["what the words stand for"] = secret_of(words).to_bytes(CODE_BYTES, "big")
    found |= {f"the key of case {number}": key for number, key in enumerate(run.keys)}
    return dict(list(found.items())[:_MOST_NEEDLES])


def check_memory(run: Run, when: str) -> None:
    """Do 1 and 2."""
    inspection, needles = run.inspections["memory"], needles_of(run)
    page, end = run.folder / "clock" / "later", time.monotonic() + _LET_GO_SECONDS
    # What is let go by the clock goes when the intake reads it next.
    while (held := ask(page, needles, run.later)) and time.monotonic() < end:
        time.sleep(_BETWEEN_LOOKS_SECONDS)
    if held is None:
        run.void("the intake was not asked what it holds in memory {when}", when=Word(when))
        return
    inspection.require(
        not held, "{when} no object of the intake leads to any of {count} words, keys, texts and bytes: {held}",
        when=Word(when), count=len(needles), held=", ".join(held) or "-",
    )  # fmt: skip
    planted = {marker.kind: marker.text.encode() for marker in run.planted} | needles
    service = find_service(run.service.home)
    others = () if service is None else (service.keeper, *service.zygotes, *service.tors)
    for process in others:
        _search(run, process, planted, when)


def _search(run: Run, process: Process, planted: Mapping[str, bytes], when: str) -> None:
    about = run.inspections["memory"].about(pid=process.pid, when=Word(when))
    try:
        found = sorted(found_in_memory(process, planted))
    except NotSeen:
        about.missed("the memory of process {pid}. Run it as root")
        return
    about.require(
        not found, "{when} none of {count} planted values stands in the memory of process {pid}: {found}",
        count=len(planted), found=", ".join(found) or "-",
    )  # fmt: skip
