"""Whether what was examined can be certified: the rule, and the remarks that stand on the page that is signed.

The rule is `RULE`, in the order in which it is applied. docs/AUDITING.md and GRANSKNING.md have its table from here:

| what the page has | verdict |
|---|---|
| a row with a finding, or a void row, in any of its proofs | cannot be certified |
| no `live`, no `canary` or no `selftest` | cannot be certified |
| a `canary` or `selftest` of another program than the one that runs | cannot be certified |
| a chain of daily verdicts that was changed | cannot be certified |
| a row that was not seen, or a `selftest` of some faults | with remarks |
| fewer than three runs of `canary` | with remarks |
| a proof that is more than 30 days old | with remarks |
| a home with a mirror, and no result of the mirror or one of another program | with remarks |
| a program that was compared with nothing but its own list of files | with remarks |
| a trial | with remarks |
| nothing of this | can be certified |

A page of a mirror alone needs `mirror` in the place of the three.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from audit.language import LANGUAGES, Language, in_both, in_language
from audit.live.subject import Subject, subject_of
from audit.observe.scene import Scene
from audit.report.chain import Chain, NoChain, read_chain
from audit.report.remarks import FIRST_LOOK, GENERAL
from audit.report.text_table import SELECTION, takes_root
from audit.verdict import AuditReport, Check, Evidence, Verdict

NEEDED = ("live", "canary", "selftest")
MIRROR = "mirror"
# As the relay is started (`mirror.command`).
_LEADS_TO = re.compile(r"--onion ([a-z2-7]{56}\.onion)\b")
# The page shows the chain of as many days.
OLDEST_DAYS = 30
# What one visit in ten shows is in one of three runs, but for some of a hundred.
CANARY_RUNS = 3
_MOST_EVIDENCE_CHARACTERS = 120
# The annexes have every row with its mark.
_MOST_NAMES = 15


class Outcome(StrEnum):
    """What the page says."""

    CERTIFIED = "can be certified"
    REMARKS = "can be certified with remarks"
    CANNOT = "cannot be certified"


_CANNOT, _SOME = Outcome.CANNOT, Outcome.REMARKS
RULE: tuple[tuple[str, Outcome], ...] = (
    ("a row with a finding, or a void row, in any of its proofs", _CANNOT),
    ("no `live`, no `canary` or no `selftest`", _CANNOT),
    ("a `canary` or `selftest` of another program than the one that runs", _CANNOT),
    ("a chain of daily verdicts that was changed", _CANNOT),
    ("a row that was not seen, or a `selftest` of some faults", _SOME),
    ("fewer than three runs of `canary`", _SOME),
    ("a proof that is more than 30 days old", _SOME),
    ("a home with a mirror, and no result of the mirror or one of another program", _SOME),
    ("a program that was compared with nothing but its own list of files", _SOME),
    ("a trial", _SOME),
    ("nothing of this", Outcome.CERTIFIED),
)


@dataclass(frozen=True, slots=True)
class Examined:
    """All that stands on one page."""

    day: str
    subject: Subject
    proofs: Mapping[str, AuditReport]
    chain: Chain | NoChain = NoChain.NOT_YET
    needed: tuple[str, ...] = NEEDED
    # As it was run, to be run again; empty where it is not known.
    command: str = ""
    # The name of the auditor's key, under which the kept results are sealed; empty where none was read.
    key: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that is not as it should be; `row` names it where it is one row. `grave`: no certificate."""

    grave: bool
    mark: Verdict
    title: Mapping[Language, str]
    seen: Mapping[Language, str]
    risk: Mapping[Language, str]
    remedy: Mapping[Language, str]
    row: str = ""


def as_examined(scene: Scene, proofs: Mapping[str, AuditReport], command: str = "", key: str = "") -> Examined:
    """Return what stands on the page of this service, with these proofs; `live` is one of them."""
    return Examined(proofs["live"].day, subject_of(scene), proofs, read_chain(scene.home), command=command, key=key)


def decide(examined: Examined) -> Outcome:
    """Return the verdict by the rule above."""
    remarks = remarks_on(examined)
    if any(remark.grave for remark in remarks):
        return Outcome.CANNOT
    return Outcome.REMARKS if remarks else Outcome.CERTIFIED


def remarks_on(examined: Examined) -> list[Remark]:
    """Return all remarks, the grave ones first."""
    found = [*_of_proofs(examined), *_of_rows(examined)]
    return sorted(found, key=lambda remark: (not remark.grave, remark.mark is Verdict.NOT_SEEN))


def is_trial(examined: Examined) -> bool:
    """Whether any of the proofs is of a trial."""
    return any(proof.trial for proof in examined.proofs.values())


def missing(examined: Examined) -> list[str]:
    """Return the proofs that the page needs and does not have."""
    needed = [name for name in examined.needed if name not in examined.proofs]
    return [*needed, *([MIRROR] if examined.subject.mirror and MIRROR not in examined.proofs else [])]


def _of_proofs(examined: Examined) -> Iterator[Remark]:
    subject, proofs = examined.subject, examined.proofs
    for name in missing(examined):
        yield _general(f"missing {name}", grave=name in examined.needed)
    for name, proof in proofs.items():
        if proof.program is not None and subject.program is not None and proof.program.digest != subject.program.digest:
            yield _general("other program", grave=name != MIRROR, proof=name, program=proof.program.version,
                           digest=proof.program.digest[:12])  # fmt: skip
        age = (date.fromisoformat(examined.day) - date.fromisoformat(proof.day)).days
        if not 0 <= age <= OLDEST_DAYS:
            yield _general("old", proof=name, day=proof.day, most=OLDEST_DAYS)
    if "canary" in proofs and len(proofs["canary"].sources) < CANARY_RUNS:
        yield _general("few runs", runs=len(proofs["canary"].sources), most=CANARY_RUNS)
    for onion in _others(examined):
        yield _general("other service", grave=True, onion=onion)
    if isinstance(examined.chain, Chain) and not examined.chain.holds:
        yield _general("chain", grave=True, days=len(examined.chain.days))
    if "live" in proofs and subject.program is not None and not subject.compared:
        yield _general("not compared")
    if is_trial(examined):
        yield _general("trial")


def _others(examined: Examined) -> list[str]:
    """Return the addresses that the mirror's relay leads to and that are none of this service."""
    if MIRROR not in examined.proofs or not examined.subject.addresses:
        return []
    return sorted(_dialled(examined.proofs[MIRROR]) - set(examined.subject.addresses))


def _dialled(mirror: AuditReport) -> set[str]:
    """Return the onion addresses that the relay of a mirror was told to lead to."""
    return {onion for check in mirror.checks for one in check.evidence for onion in _LEADS_TO.findall(one.text())}


def _of_rows(examined: Examined) -> Iterator[Remark]:
    for report in examined.proofs.values():
        hidden = [check.id for check in report.checks if takes_root(report, check)]
        if hidden:
            yield _general("not root", audit=report.name, count=len(hidden), rows=_names(hidden))
        for check in report.checks:
            if check.verdict is not Verdict.CLEAN and check.id not in hidden:
                yield _of_row(report, check)


def _general(key: str, *, grave: bool = False, **values: object) -> Remark:
    title, risk, remedy = (
        {language: text.format(**_in(language, values)) for language, text in in_both(one).items()}
        for one in GENERAL[key]
    )
    mark = Verdict.FINDING if grave else Verdict.NOT_SEEN
    return Remark(grave, mark, title, {"sv": "", "en": ""}, risk, remedy)


def _in(language: Language, values: Mapping[str, object]) -> dict[str, object]:
    """Return the values with those that differ by language as they are in this one."""
    return {name: value[language] if isinstance(value, Mapping) else value for name, value in values.items()}


def _names(rows: Sequence[str]) -> dict[Language, str]:
    """Return the first names, and in words how many more there are."""
    first, rest = ", ".join(rows[:_MOST_NAMES]), len(rows) - _MOST_NAMES
    return {language: f"{first} {_more(rest, language)}" if rest > 0 else first for language in LANGUAGES}


def _of_row(report: AuditReport, check: Check) -> Remark:
    telling = [one for one in check.evidence if one.verdict is not Verdict.CLEAN]
    not_seen = check.verdict is Verdict.NOT_SEEN
    seen = {language: _first(telling, language) for language in LANGUAGES}
    remedy = {language: check.row.remedy_in(language, report.served) for language in LANGUAGES}
    if not_seen and check.id != SELECTION:
        remedy = {language: f"{in_language(FIRST_LOOK, language)} {text}" for language, text in remedy.items()}
    row = check.id if "." in check.id else f"{report.name}.{check.id}"
    return Remark(not not_seen, check.verdict, in_both(check.row.title), seen, in_both(check.row.risk), remedy, row)


def _first(telling: list[Evidence], language: Language) -> str:
    if not telling:
        return ""
    text = telling[0].text(language)
    if len(text) > _MOST_EVIDENCE_CHARACTERS:
        text = text[:_MOST_EVIDENCE_CHARACTERS].rstrip() + " …"
    return f"{text} ({_more(len(telling) - 1, language)})" if len(telling) > 1 else text


def _more(count: int, language: Language) -> str:
    return in_language("and {count} more", language).format(count=count)
