"""What is wrong with the server and what to do first; then every point that was looked at, right or wrong.

A fault has its steps in the order in which they are taken, and all begin with the one that loses nothing. The names of
the server's own checks are shown as they are: they are for the operator, who is told them by telephone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Final

from cases.upkeep import Sign
from desk.errors import CaseCut, WrongServer
from desk.keep.audits import WARN_AUDITS, missing_days
from desk.web.views.case_line import case_number, case_path
from desk.web.views.group.probing import probe_fault, where_it_is
from desk.web.views.pages import N_, Language
from desk.work.case.checks import (
    WARN_ERASE_SIGNER,
    WARN_NOTES_KEY,
    WARN_OTHER_KEYS,
    WARN_REFERENCES,
    WARN_ROSTER,
    WARN_ROUTING,
)
from desk.work.case.examining import WARN_BY_WAITING, WARN_UNRIPE, Examined
from desk.work.case.opened import DeskCase
from desk.work.case.standing import WARN_ERASED_UNSEEN
from desk.work.openings import openings
from desk.work.probe import Arrival, ProbeResult
from trusted.case.errors import NotThere

# What the server names its checks is short; somebody else's words have no room here.
_NAME_CHARACTERS: Final = 60
_NAMES_SHOWN: Final = 20
_ADDRESS_SHOWN: Final = 16
_DAYS_SHOWN: Final = 60

_SEND_NOTHING: Final = N_("Send nothing today.")
_COMPARE: Final = N_("Call another member, and compare the six words on both screens.")
_CALL_OPERATOR: Final = N_("Call the operator, and say what stands here.")
_ASK_MEMBER: Final = N_("Call another member who reads the case. Does the same stand there?")
_CHECKS_ARE_CALLED: Final = N_("The checks are called: %(names)s")
_WHY_MISSING: Final = N_("Call the operator, and ask why these are missing: %(days)s")
_UPKEEP_FAULT: Final = N_("Something about the server is not well")
# A timer that did not run for a day has been missed; two are for the operator to explain.
_UPKEEP_STALE: Final = timedelta(days=2)
# By text key: what is wrong, and the steps.
FAULTS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "desk.roster_broken": (
        N_("The server shows other members than before"),
        (_SEND_NOTHING, _COMPARE, N_("Say to the operator that nobody may be let in until you two agree.")),
    ),
    WrongServer.text_key: (
        N_("This is not the server that you joined"),
        (_SEND_NOTHING, N_("Compare the address under Settings with the paper that the operator gave you."), _COMPARE),
    ),
    CaseCut.text_key: (
        N_("The server shows something older than before"),
        (
            _SEND_NOTHING,
            N_("Call the operator. Ask whether a copy has been put back: that is the harmless reason."),
            _ASK_MEMBER,
        ),
    ),
    "desk.case_broken": (N_("A case does not open with the key that came for it"), (_SEND_NOTHING, _ASK_MEMBER)),
    "desk.sealed_to_wrong": (
        N_("The server has given you the key to a case that is not for you"),
        (
            N_("The case is not shown, and you need not know more of it."),
            N_("Call outside counsel, and tell her that the server gave away a key."),
        ),
    ),
    "desk.tombstone_broken": (
        N_("The server says that a case is erased, and cannot prove it"),
        (_SEND_NOTHING, N_("Your key to the case is kept. Ask another member who reads it.")),
    ),
    "desk.erased_by_others": (
        N_("A case was erased by somebody whose signature does not count"),
        (N_("Your key to the case is kept. Call a member you trust."), _CALL_OPERATOR),
    ),
    WARN_AUDITS: (
        N_("The server has changed or removed its own checks"),
        (
            N_("Call another member, who looks at the same page."),
            N_("Have an auditor look at the file audit.chain on the server."),
        ),
    ),
    WARN_BY_WAITING: (
        N_("The members were changed by one signature alone, after fourteen days"),
        (N_("Ask the member who signed, by telephone."),),
    ),
    WARN_UNRIPE: (
        N_("One member alone has changed who reads"),
        (
            N_("Ask the member who signed, by telephone."),
            N_("Your desk waits fourteen days from when it first saw the change. Until then you can stop it together."),
        ),
    ),
    WARN_ERASED_UNSEEN: (
        N_("A case was erased before your desk had opened it"),
        (N_("Ask another member whether it was to be erased, by telephone."),),
    ),
    WARN_ROUTING: (
        N_("A report went to other members than the rules give"),
        (_ASK_MEMBER, _CALL_OPERATOR),
    ),
    WARN_ROSTER: (
        N_("A report names a list of members that your desk has not seen"),
        (_ASK_MEMBER, _CALL_OPERATOR),
    ),
    WARN_REFERENCES: (
        N_("Two have signed to erase a case, with different references"),
        (N_("Agree on one, and sign again under Erase. Nothing is erased until then."),),
    ),
    WARN_OTHER_KEYS: (
        N_("A key came for a case, and does not open it"),
        (N_("Write nothing in the case before you have asked whether it was moved, by telephone."), _ASK_MEMBER),
    ),
    WARN_ERASE_SIGNER: (
        N_("Somebody who was not given a case has signed to erase it"),
        (N_("Somebody who reads the case has given the key away: call a member you trust."),),
    ),
    WARN_NOTES_KEY: (
        N_("The notes of a case kept their key when it was moved"),
        (N_("Write no note in it. Move it once more, to the same readers."),),
    ),
}
_UNKNOWN: Final = (N_("The server shows something that cannot be right"), (_SEND_NOTHING, _ASK_MEMBER, _CALL_OPERATOR))
_OF_ORDER: Final = frozenset({CaseCut.text_key, WARN_AUDITS})
_OF_KEYS: Final = frozenset({"desk.case_broken", "desk.sealed_to_wrong", WARN_OTHER_KEYS, WARN_NOTES_KEY})
_OF_MEMBERS: Final = frozenset({"desk.roster_broken", WARN_BY_WAITING, WARN_UNRIPE, WARN_ROUTING, WARN_ROSTER})


@dataclass(frozen=True, slots=True)
class CaseLink:
    """A case by its number."""

    number: str
    path: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: what, in which cases, and what to do in which order."""

    what: str
    cases: tuple[CaseLink, ...]
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that was looked at. `fine` is None for what could not be seen."""

    name: str
    words: str
    fine: bool | None


@dataclass(frozen=True, slots=True)
class OpenedOn:
    """Who opened which cases on a day."""

    day: str
    who: str
    cases: tuple[CaseLink, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The whole page."""

    faults: tuple[Fault, ...]
    points: tuple[Point, ...]
    opened: tuple[OpenedOn, ...]
    # Whether anything is wrong; what was not looked at yet is not called right.
    headline: str


def verdict(found: Examined, probes: Sequence[ProbeResult], language: Language) -> Verdict:
    """Return what the page of checks says."""
    kinds = _kinds(found)
    faults = [
        *(_fault(key, cases, language) for key, cases in kinds.items()),
        *_audit_faults(found, language),
        *_upkeep_faults(found, language),
    ]
    wrong = [probe_fault(probe, language) for probe in probes]
    faults += [Fault(one.what, (), one.steps) for one in wrong if one is not None]
    points = [*_points(found, frozenset(kinds), language), *_probe_points(found, probes, language)]
    headline = _headline(bool(faults), sum(point.fine is None for point in points), language)
    return Verdict(tuple(faults), (*points, *_not_there(found, language)), _opened(found, language), headline)


def _headline(is_wrong: bool, unseen: int, language: Language) -> str:
    translate = language.translate
    if is_wrong:
        return translate(N_("Something is not right today."))
    if not unseen:
        return translate(N_("Nothing is wrong today."))
    what = N_("No fault was found. One thing is not done yet.")
    if unseen > 1:
        what = N_("No fault was found. %(count)d things are not done yet.")
    return translate(what, count=unseen)


def _not_there(found: Examined, language: Language) -> Iterable[Point]:
    """Yield the cases that the server does not show: after every move that is so, with this member or without."""
    numbers = [case_number(case_id) for case_id, error in found.problems if error.text_key == NotThere.text_key]
    if numbers:
        name = N_("Being locked again, or no longer yours")
        words = N_("%(numbers)s. If a case is still not there after two days, ask a colleague.")
        translate = language.translate
        yield Point(translate(name), translate(words, numbers=", ".join(numbers)), None)


def _probe_points(found: Examined, probes: Sequence[ProbeResult], language: Language) -> Iterable[Point]:
    """Yield the test report of each way that there is, sent or not."""
    sent = {probe.probe.by_mirror: probe for probe in probes}
    names = {False: N_("Test report")}
    if found.has_mirror or True in sent:
        names[True] = N_("Test report through the website")
    for by_mirror, name in names.items():
        probe = sent.get(by_mirror)
        if probe is None:
            yield Point(language.translate(name), language.translate(N_("None sent yet")), None)
            continue
        came = probe.arrival in {Arrival.HERE, Arrival.ERASED}
        is_right = probe_fault(probe, language) is None
        yield Point(language.translate(name), where_it_is(probe, language), is_right if came or not is_right else None)


def _kinds(found: Examined) -> dict[str, list[bytes]]:
    """Return the text keys of what is wrong, each with the cases in which it is."""
    kinds: dict[str, list[bytes]] = {}
    if found.broken is not None:
        kinds[found.broken.text_key] = []
    for case_id, error in found.problems:
        if error.text_key == NotThere.text_key:
            continue
        kinds.setdefault(error.text_key, []).append(case_id)
    for key in found.warnings:
        kinds.setdefault(key, [])
    for case in found.cases:
        for key in case.warnings:
            kinds.setdefault(key, []).append(case.known.case_id)
    return kinds


def _fault(key: str, cases: Sequence[bytes], language: Language) -> Fault:
    what, steps = FAULTS.get(key, _UNKNOWN)
    return Fault(language.translate(what), _links(cases), tuple(language.translate(step) for step in steps))


def _audit_faults(found: Examined, language: Language) -> Iterable[Fault]:
    translate, last = language.translate, found.audits.last
    if last is not None and last.findings:
        what = translate(N_("The server has found a fault in itself"))
        names = translate(_CHECKS_ARE_CALLED, names=_names(last.findings))
        steps = (translate(_SEND_NOTHING), translate(_CALL_OPERATOR), names)
        yield Fault(what, (), steps)
    missing = missing_days(found.audits.records, found.day)
    if missing:
        what = translate(N_("The server has not examined itself every night"))
        days = ", ".join(language.day(day, year=False) for day in missing)
        yield Fault(what, (), (translate(_WHY_MISSING, days=days),))


def _upkeep_faults(found: Examined, language: Language) -> Iterable[Fault]:
    """Yield what `kallskydd status` sees, which the operator's timer runs each hour."""
    translate, upkeep = language.translate, found.audits.upkeep
    if upkeep is None:
        return
    what = translate(_UPKEEP_FAULT)
    if found.day - upkeep.day > _UPKEEP_STALE:
        days = (upkeep.day + timedelta(days=number) for number in range(1, (found.day - upkeep.day).days))
        shown = ", ".join(language.day(day, year=False) for day in islice(days, _DAYS_SHOWN))
        yield Fault(what, (), (translate(_WHY_MISSING, days=shown),))
    elif upkeep.troubles:
        names = translate(_CHECKS_ARE_CALLED, names=_names(upkeep.troubles))
        yield Fault(what, (), (translate(_CALL_OPERATOR), names))


def _points(found: Examined, kinds: frozenset[str], language: Language) -> Iterable[Point]:
    translate = language.translate
    unseen = found.unreached is not None
    wrong_server = WrongServer.text_key in kinds
    shown = f"{found.address[:_ADDRESS_SHOWN]}…"
    right = translate(N_("The key of the address that you joined: %(address)s"), address=shown)
    yield _point(N_("The right server"), right, not wrong_server, unseen, language)
    count = 0 if found.roster is None else len(found.roster.members)
    same = translate(
        N_("The same %(count)d as this computer remembers, version %(version)d"),
        count=count,
        version=found.pin.version,
    )
    is_same = found.broken is None and not kinds & _OF_MEMBERS
    yield _point(N_("Members"), same if found.pin.version else translate(N_("None yet")), is_same, unseen, language)
    unbroken = found.broken is None
    older = translate(N_("Nothing is older or shorter than before"))
    yield _point(N_("Order"), older, unbroken and not kinds & _OF_ORDER, unseen or not unbroken, language)
    keys = translate(N_("Every case opens with its own key, and no other came"))
    yield _point(N_("Keys"), keys, unbroken and not kinds & _OF_KEYS, unseen or not unbroken, language)
    yield _audit_point(found, language)
    yield from _upkeep_point(found, language)


def _audit_point(found: Examined, language: Language) -> Point:
    translate, last = language.translate, found.audits.last
    name = translate(N_("The server's own checks"))
    if last is None:
        return Point(name, translate(N_("The server has not shown any yet")), None)
    values: dict[str, object] = {"day": language.day(last.day), "clean": last.clean, "unseen": len(last.not_seen)}
    if last.findings:
        return Point(name, translate(N_("%(day)s: a fault was found, see above"), **values), False)
    if last.not_seen:
        words = N_("%(day)s: %(clean)d right, %(unseen)d could not be seen")
        return Point(name, translate(words, **values), None)
    return Point(name, translate(N_("%(day)s: all %(clean)d right"), **values), True)


def _upkeep_point(found: Examined, language: Language) -> Iterable[Point]:
    upkeep = found.audits.upkeep
    if upkeep is None:
        return
    fine = not any(True for _ in _upkeep_faults(found, language))
    clean = sum(sign is Sign.WELL for sign in upkeep.signs.values())
    words = N_("%(day)s: all %(clean)d right") if fine else N_("%(day)s: a fault was found, see above")
    said = language.translate(words, day=language.day(upkeep.day), clean=clean)
    yield Point(language.translate(N_("The server's upkeep")), said, fine)


def _point(name: str, words: str, fine: bool, unseen: bool, language: Language) -> Point:
    translate = language.translate
    if unseen and fine:
        return Point(translate(name), translate(N_("Could not be seen now")), None)
    return Point(translate(name), words if fine else translate(N_("Not right, see above")), fine)


def _opened(found: Examined, language: Language) -> tuple[OpenedOn, ...]:
    return tuple(
        OpenedOn(
            language.day(one.day, found.day),
            _name(found.cases, one.member),
            _links(one.cases),
        )
        for one in openings(found.cases)[:_DAYS_SHOWN]
    )


def _name(cases: Sequence[DeskCase], member: str) -> str:
    return cases[0].name_of(member) if cases else ""


def _links(cases: Iterable[bytes]) -> tuple[CaseLink, ...]:
    return tuple(CaseLink(case_number(one), case_path(one)) for one in cases)


def _names(untrusted: Sequence[str]) -> str:
    return ", ".join(" ".join(name.split())[:_NAME_CHARACTERS] for name in untrusted[:_NAMES_SHOWN])
