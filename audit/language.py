"""The audit in two languages: its English is in the code, and its Swedish by it in `locale/sv/audit.po`.

Read with Python's own library, since a mirror's host has no other. The processes keep their names (keeper, intake,
zygote, job, tor): an auditor meets them in a list of processes. So do the rows, which the command and the guide call
by them.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Literal

Language = Literal["sv", "en"]
LANGUAGES: tuple[Language, ...] = ("sv", "en")
_ENTRY = re.compile(r'^msgid ((?:".*"\n)+)msgstr ((?:".*"\n)+)', re.MULTILINE)
_REMARK = re.compile(r"(?<=  )# [^\n]+$", re.MULTILINE)


@cache
def swedish() -> dict[str, str]:
    """Return the Swedish of every sentence and word that has it, by its English."""
    text = (Path(__file__).parent / "locale" / "sv" / "audit.po").read_text("utf-8")
    # The first entry is the file's head.
    return {_joined(english): _joined(translated) for english, translated in _ENTRY.findall(text)[1:]}


def in_language(english: str, language: Language) -> str:
    """Return a sentence or word in this language; what has no Swedish stays as it is."""
    return swedish().get(english, english) if language == "sv" else english


def in_both(english: str) -> dict[Language, str]:
    """Return a sentence by language."""
    return {language: in_language(english, language) for language in LANGUAGES}


def with_remarks(lines: str, language: Language) -> str:
    """Return lines of shell with what is remarked in them in this language."""
    return _REMARK.sub(lambda remark: in_language(remark[0], language), lines)


def _joined(lines: str) -> str:
    return "".join(map(ast.literal_eval, lines.splitlines()))
