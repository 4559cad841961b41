"""The result of an audit: a verdict for each check, the values behind it, and how to see them without our code.

A check gathers its evidence in an `Inspection`. One thing out of order is enough for a finding; one thing that could
not be seen is enough for "not seen", which is never clean; only what was seen and is in order is clean. Sentences are
kept as a template with values, so that a report can be in Swedish too (`audit.language`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from audit.language import Language, in_language
from audit.observe.proc import NotSeen
from audit.row import Row
from audit.served import USUAL, Served


class Verdict(StrEnum):
    """Of one check, or of one thing seen in it. `void`: requests went wrong, or the audit itself has a fault."""

    CLEAN = "clean"
    FINDING = "finding"
    NOT_SEEN = "not seen"
    VOID = "void"


class Word(str):
    """A value that is one of our words, and so has its own in Swedish; several of them are a tuple."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """A value: how many of each kind, in our words."""

    kinds: Mapping[str, int]

    def text(self, language: Language) -> str:
        """Return the kinds, sorted by their words in this language."""
        return ", ".join(sorted(f"{shown(Word(kind), language)} {count}" for kind, count in self.kinds.items()))


@dataclass(frozen=True, slots=True)
class Sentence:
    """A value that is a whole sentence in both languages: evidence that was read from a result file."""

    en: str
    sv: str


@dataclass(frozen=True, slots=True)
class Program:
    """Which program was examined. `digest` is SHA-256 over its list of files; `commit` is empty where git has none."""

    version: str
    commit: str
    digest: str

    def as_object(self) -> dict[str, str]:
        """For JSON."""
        return {"version": self.version, "commit": self.commit, "digest": self.digest}


def shown(value: object, language: Language) -> object:
    """Return a value as it stands in a sentence of this language."""
    if isinstance(value, bool):
        return in_language("yes" if value else "no", language)
    if isinstance(value, tuple):
        return ", ".join(str(shown(one, language)) for one in value)
    if isinstance(value, Counted):
        return value.text(language)
    if isinstance(value, Sentence):
        return value.sv if language == "sv" else value.en
    return in_language(value, language) if isinstance(value, Word) else value


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence of evidence: something that was seen, or could not be."""

    verdict: Verdict
    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def text(self, language: Language = "en") -> str:
        """Return the sentence in this language."""
        template = in_language(self.template, language)
        return template.format(**{name: shown(value, language) for name, value in self.values.items()})

    def as_object(self) -> dict[str, str]:
        """For JSON."""
        return {"verdict": str(self.verdict), "text": self.text(), "text_sv": self.text("sv")}


@dataclass(frozen=True, slots=True)
class Check:
    """A row, and what was seen of it."""

    row: Row
    verdict: Verdict
    evidence: tuple[Evidence, ...]

    @property
    def id(self) -> str:
        """The row's name."""
        return self.row.id

    def as_object(self) -> dict[str, object]:
        """For JSON."""
        return {
            "id": self.id,
            "title": self.row.title,
            "title_sv": in_language(self.row.title, "sv"),
            "verdict": str(self.verdict),
            "evidence": [one.as_object() for one in self.evidence],
            "by_hand": self.row.by_hand,
            "root": self.row.root,
        }


@dataclass(frozen=True, slots=True)
class AuditReport:
    """Everything that one audit found. The day and no time: a report lies about for years."""

    day: str
    trial: bool
    as_root: bool
    checks: tuple[Check, ...]
    home: Path
    name: str = "live"
    program: Program | None = None
    served: Served = USUAL
    # The name of the computer, which may be another one than that of the page.
    host: str = ""
    # Of kept results, one for each run: the file's name, and the beginning of its SHA-256.
    sources: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Return the verdict that counts for all checks."""
        return worst([check.verdict for check in self.checks])

    def of(self, verdict: Verdict) -> list[str]:
        """Names of the checks with this verdict."""
        return [check.id for check in self.checks if check.verdict is verdict]

    def as_object(self) -> dict[str, object]:
        """For JSON."""
        return {
            "audit": self.name,
            "day": self.day,
            "trial": self.trial,
            "as_root": self.as_root,
            "host": self.host,
            "verdict": str(self.verdict),
            "findings": self.of(Verdict.FINDING),
            "not_seen": self.of(Verdict.NOT_SEEN),
            "program": None if self.program is None else self.program.as_object(),
            "checks": [check.as_object() for check in self.checks],
        }


class Inspection:
    """Gathers what one check sees. Templates are literals: a test looks each of them up in the Swedish catalogue.

    `values` are those that stand in several of its sentences.
    """

    def __init__(self, evidence: list[Evidence] | None = None, **values: object) -> None:
        self.evidence = [] if evidence is None else evidence
        self._values = values

    def about(self, **values: object) -> Inspection:
        """Return one that gathers into this one, and has these values in all its sentences."""
        return Inspection(self.evidence, **{**self._values, **values})

    def saw(self, template: str, **values: object) -> None:
        """Record a sentence as in order."""
        self._record(Verdict.CLEAN, template, values)

    def found(self, template: str, **values: object) -> None:
        """Record a sentence as a finding."""
        self._record(Verdict.FINDING, template, values)

    def missed(self, template: str, **values: object) -> None:
        """Record what could not be inspected."""
        self._record(Verdict.NOT_SEEN, template, values)

    def void(self, template: str, **values: object) -> None:
        """Record why what this check says counts for nothing."""
        self._record(Verdict.VOID, template, values)

    def require(self, condition: bool, template: str, **values: object) -> None:
        """Record the sentence as in order or as a finding, by a condition on the values that stand in it."""
        self._record(Verdict.CLEAN if condition else Verdict.FINDING, template, values)

    @contextmanager
    def or_missed(self, template: str, *unseen: type[Exception], **values: object) -> Iterator[None]:
        """Record the sentence as not inspected where what is within raises NotSeen, or one of `unseen`, and go on."""
        faults: tuple[type[Exception], ...] = (NotSeen, *unseen)
        try:
            yield
        except faults:
            self.missed(template, **values)

    def _record(self, verdict: Verdict, template: str, values: Mapping[str, object]) -> None:
        self.evidence.append(Evidence(verdict, template, {**self._values, **values}))

    @property
    def verdict(self) -> Verdict:
        """Of all of it. A check that saw nothing at all has not seen."""
        return worst([one.verdict for one in self.evidence] or [Verdict.NOT_SEEN])

    def of(self, row: Row) -> Check:
        """Return it all as what was seen of this row."""
        return Check(row, self.verdict, tuple(self.evidence))


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the verdict that counts for all of them."""
    for verdict in (Verdict.VOID, Verdict.FINDING, Verdict.NOT_SEEN):
        if verdict in verdicts:
            return verdict
    return Verdict.CLEAN


def listed(values: Sequence[object], most: int = 5) -> str:
    """Return a few values for a sentence, and how many more there are."""
    shown = ", ".join(str(value) for value in values[:most])
    return f"{shown} … (+{len(values) - most})" if len(values) > most else shown
