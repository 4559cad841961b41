"""What templates show of files, entries and limits: values in words, made where the language is known."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from intake.uploads.facts import facts_of
from intake.views.dates import date_in_words
from intake.views.pages import Language
from intake.views.refusals import refusal
from intake.views.texts import GROUPS, LOST, N_, WHAT, WHERE, Notice
from scrubbers.report_groups import FindingLine, GroupFound, grouped
from trusted.forms.attachment import FileShown
from trusted.jail.stages import Kind, ScrubReport, What
from trusted.web.fitting import bytes_in_page
from trusted.web.limits import Limits

_MIB: Final = 2**20
# What was found in the files of one form, and what of it may be ticked, as bytes of the page; each file has its share.
_FOUND_BYTES: Final = 96 * 1024
_FACTS_BYTES: Final = 40 * 1024
# What stands around each, in the language that takes most.
_AROUND_FOUND: Final = 250
_AROUND_FACT: Final = 150

# More files than these are shown together: a page that shows each of two hundred would be of a size of its own, and
# nobody would read it.
_MOST_SHOWN: Final = 20
_NOTHING_SHOWN: Final[Mapping[str, Any]] = {"kinds": [], "groups": [], "left_out": 0, "lost": [], "facts": []}

# Reasons that one page gives; a form with more refused files was written by hand.
_MOST_REFUSED: Final = 24
# Those that are not better known by their letters, as JPEG and PDF are.
_KINDS: Final[Mapping[Kind, str]] = {
    Kind.TEXT: N_("text"),
    Kind.CSV: N_("table"),
    Kind.OFFICE: N_("document"),
    Kind.EMAIL: N_("e-mail"),
    Kind.SOUND: N_("sound"),
    Kind.FILM: N_("film"),
}
_WITHOUT_PICTURES: Final = frozenset({Kind.TEXT, Kind.CSV, Kind.SOUND, Kind.EMAIL})
_WITH_SOUND: Final = frozenset({Kind.SOUND, Kind.FILM})
# Names and switches of a file format, which say nothing to a person; the kind of the finding is said without them.
_FOR_PROGRAMS_ALONE: Final = re.compile(
    r"/\w*|true|false|yes|no|none|null|unknown|unspecified|undefined", re.IGNORECASE
)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, repr=False)
class Ticked:
    """The facts that were ticked before, in the words of the page on which they were."""

    facts: Sequence[str] = ()
    language: Language | None = None


NOTHING_TICKED: Final = Ticked()


def limits_shown(limits: Limits) -> dict[str, Any]:
    """Return the limits as the forms say them."""
    return {
        "limit_files": limits.files,
        "limit_each": limits.file_bytes // _MIB,
        "limit_all": limits.report_bytes // _MIB,
    }


def refused_shown(refused: Sequence[FileShown], language: Language) -> list[tuple[int, int, Notice]]:
    """Return of each file that was refused its place in the form, in its archive, and why; a page full of them."""
    return [
        (one.order, one.inside, language.translate_notice(refusal(one.refused or "")))
        for one in refused[:_MOST_REFUSED]
    ]


def files_shown(
    files: Sequence[FileShown], language: Language, numbers: Mapping[str, int], before: Ticked = NOTHING_TICKED
) -> list[dict[str, Any]]:
    """Return what was removed from each file, or from many together, and what was refused and why.

    `numbers` is what the case calls them.
    """
    shown = [_file_shown(file, language, numbers.get(file.file_id, file.order), before, len(files)) for file in files]
    accepted = [one for one in shown if one["refused"] is None]
    if len(accepted) <= _MOST_SHOWN:
        return shown
    together = {
        **_NOTHING_SHOWN,
        "refused": None,
        "together": len(accepted),
        **{name: [*dict.fromkeys(each for one in accepted for each in one[name])] for name in ("kinds", "lost")},
        **{name: any(one[name] for one in accepted) for name in ("may_hold_pictures", "has_sound", "names_stay")},
        "facts": [fact for one in accepted for fact in one["facts"]],
    }
    return [together, *(one for one in shown if one["refused"] is not None)]


def facts_offered(files: Sequence[FileShown], language: Language, numbers: Mapping[str, int]) -> frozenset[str]:
    """Return the facts of these files that may be ticked, in the words of a page in this language."""
    removed = (
        (numbers.get(file.file_id, file.order), file.report.removed) for file in files if file.report is not None
    )
    return frozenset(fact for number, every in removed for fact in facts_of(every, number, language))


def _file_shown(file: FileShown, language: Language, number: int, before: Ticked, files: int) -> dict[str, Any]:
    return {
        # A file that was refused has no number in the case, only its place among those that were chosen.
        "order": file.order,
        "together": 0,
        "inside": file.inside,
        "number": number,
        "file_id": file.file_id,
        "kind": _kind_shown(file.kind, language),
        "may_hold_pictures": file.kind is not None and file.kind not in _WITHOUT_PICTURES,
        "has_sound": file.kind in _WITH_SOUND,
        "names_stay": file.kind is Kind.EMAIL,
        "refused": None if file.refused is None else language.translate_notice(refusal(file.refused)),
        **_report_shown(file.report, language, number, before, files),
    }


def _kind_shown(kind: Kind | None, language: Language) -> str:
    if kind is None:
        return ""
    return language.translate(_KINDS[kind]) if kind in _KINDS else kind.value.upper()


def _report_shown(
    report: ScrubReport | None, language: Language, number: int, before: Ticked, files: int
) -> dict[str, Any]:
    if report is None:
        return dict(_NOTHING_SHOWN)
    every = tuple(dict.fromkeys(report.removed))
    found = _within(_FOUND_BYTES // files, every, lambda one: _AROUND_FOUND + bytes_in_page(one.example or ""))
    return {
        "kinds": [language.translate(GROUPS[one.group]) for one in grouped(every)],
        "groups": [_group_shown(one, language) for one in grouped(found)],
        "left_out": len(every) - len(found),
        "lost": [language.translate(LOST[one]) for one in report.lost],
        "facts": _facts_shown(report, language, number, before, files),
    }


def _facts_shown(
    report: ScrubReport, language: Language, number: int, before: Ticked, files: int
) -> list[dict[str, Any]]:
    facts = facts_of(report.removed, number, language)
    # The same facts in the same order; only the words are others.
    as_before = facts_of(report.removed, number, before.language or language)
    ticked = {fact for fact, old in zip(facts, as_before, strict=False) if old in before.facts}
    # The words stand there twice: beside the box and as the value that is sent.
    shown = _within(_FACTS_BYTES // files, facts, lambda fact: _AROUND_FACT + 2 * bytes_in_page(fact))
    return [{"text": fact, "ticked": fact in ticked} for fact in shown]


def _within(most: int, found: Iterable[_T], size: Callable[[_T], int]) -> list[_T]:
    """Return the first of what was found, as many as there is room for."""
    kept, left = [], most
    for one in found:
        left -= size(one)
        if left < 0:
            break
        kept.append(one)
    return kept


def _group_shown(found: GroupFound, language: Language) -> dict[str, Any]:
    title = language.translate(GROUPS[found.group])
    return {"title": title, "lines": [_line_shown(line, title, language) for line in found.lines]}


def _line_shown(line: FindingLine, title: str, language: Language) -> dict[str, Any]:
    what = language.translate(WHAT[line.what])
    examples = tuple(one for one in line.examples if not _FOR_PROGRAMS_ALONE.fullmatch(one.strip()))
    if line.what is What.DATE:
        # Two that differ by seconds read the same.
        examples = tuple(dict.fromkeys(date_in_words(one, language) for one in examples))
    # Under a heading of the same word the word is not said again.
    return {
        "what": "" if what.casefold() == title.casefold() else what,
        "where": language.translate(WHERE[line.where]),
        "examples": examples,
    }
