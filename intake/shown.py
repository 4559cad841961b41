"""What templates show of files, entries and limits: values in words, made where the language is known."""

from collections.abc import Sequence
from typing import Any, Final

from intake.attachments import FileShown
from intake.limits import Limits
from intake.pages import Language
from intake.texts import LOST, SENTENCES, WHAT, WHERE

_MIB: Final = 2**20


def limits_shown(limits: Limits) -> dict[str, Any]:
    """Return the limits as the forms say them."""
    return {
        "limit_files": limits.files,
        "limit_each": limits.file_bytes // _MIB,
        "limit_all": limits.report_bytes // _MIB,
    }


def files_shown(files: Sequence[FileShown], language: Language) -> list[dict[str, Any]]:
    """Return the table of what was removed from each file, and what was refused and why."""
    return [_file_shown(file, language) for file in files]


def _file_shown(file: FileShown, language: Language) -> dict[str, Any]:
    removed: list[dict[str, str]] = []
    lost: list[str] = []
    if file.report is not None:
        removed = [
            {
                "what": language.say(WHAT[found.what]),
                "where": language.say(WHERE[found.where]),
                "example": found.example or "",
            }
            for found in file.report.removed
        ]
        lost = [language.say(LOST[one]) for one in file.report.lost]
    return {
        "order": file.order,
        "kind": "" if file.kind is None else file.kind.value.upper(),
        "refused": None if file.refused is None else language.said(SENTENCES[file.refused]),
        "removed": removed,
        "lost": lost,
    }
