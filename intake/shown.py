"""What templates show of files, entries and limits: values in words, made where the language is known."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from intake.attachments import FileShown
from intake.facts import facts_of
from intake.limits import Limits
from intake.pages import Language
from intake.pointers import Pointer
from intake.texts import GROUPS, LOST, SENTENCES, WHAT, WHERE
from scrubbers.report_groups import GroupFound, Line, grouped
from scrubbers.stages import ScrubReport

_MIB: Final = 2**20


def limits_shown(limits: Limits) -> dict[str, Any]:
    """Return the limits as the forms say them."""
    return {
        "limit_files": limits.files,
        "limit_each": limits.file_bytes // _MIB,
        "limit_all": limits.report_bytes // _MIB,
    }


def pointers_shown(pointers: Sequence[Pointer], language: Language) -> list[dict[str, object]]:
    """Return what was found in the text, in the words of the page."""
    return [{"sort": language.say(one.sort.value), "found": one.found, "line": one.line} for one in pointers]


def files_shown(files: Sequence[FileShown], language: Language, numbers: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return what was removed from each file, and what was refused and why. `numbers` is what the case calls them."""
    return [_file_shown(file, language, numbers.get(file.file_id, file.order)) for file in files]


def _file_shown(file: FileShown, language: Language, number: int) -> dict[str, Any]:
    return {
        # A file that was refused has no number in the case, only its place among those that were chosen.
        "order": file.order,
        "number": number,
        "file_id": file.file_id,
        "kind": "" if file.kind is None else file.kind.value.upper(),
        "refused": None if file.refused is None else language.said(SENTENCES[file.refused]),
        **_report_shown(file.report, language, number),
    }


def _report_shown(report: ScrubReport | None, language: Language, number: int) -> dict[str, Any]:
    if report is None:
        return {"groups": [], "lost": [], "facts": []}
    return {
        "groups": [_group_shown(found, language) for found in grouped(report.removed)],
        "lost": [language.say(LOST[one]) for one in report.lost],
        "facts": facts_of(report.removed, number, language),
    }


def _group_shown(found: GroupFound, language: Language) -> dict[str, Any]:
    title = language.say(GROUPS[found.group])
    return {"title": title, "lines": [_line_shown(line, title, language) for line in found.lines]}


def _line_shown(line: Line, title: str, language: Language) -> dict[str, Any]:
    what = language.say(WHAT[line.what])
    # Under a heading of the same word the word is not said again.
    return {
        "what": "" if what.casefold() == title.casefold() else what,
        "where": language.say(WHERE[line.where]),
        "examples": line.examples,
    }
