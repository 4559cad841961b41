"""What a page certifies, what it does not cover, and the names that its lines of shell use, for each kind of audit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from audit.live.table import first_lines
from audit.report.words import ASSERTION, NOT_COVERED
from audit.verdict import Language


@dataclass(frozen=True, slots=True)
class Claim:
    """Of one kind of audit."""

    first_lines: Callable[[Path, Language], str]
    assertion: Mapping[Language, str]
    not_covered: Mapping[Language, tuple[str, ...]]


Claims = Mapping[str, Claim]
LIVE = Claim(first_lines, ASSERTION, NOT_COVERED)
