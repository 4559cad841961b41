"""Results of audits as files: what `--save FILE` writes and `--json` prints, read again for one page of them all.

NotAResult   the file is not there, or is no result of an audit; `words` say what is wrong and what to do
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from audit.report.text_table import ANY_FAULT, SELECTION
from audit.row import Row
from audit.verdict import AuditReport, Check, Evidence, Program, Sentence, Verdict

# A selftest of ninety faults is some 100 kB.
MOST_BYTES = 2**24


class NotAResult(Exception):
    """The file cannot be used."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


def save(report: AuditReport, path: Path) -> None:
    """Write the result. Raises OSError."""
    path.write_text(json.dumps(report.as_object(), ensure_ascii=False) + "\n", "utf-8")


def read_result(path: Path, name: str, rows: Collection[Row]) -> AuditReport:
    """Return the result of the audit of this name, which must have these rows. Raises NotAResult.

    A selftest that says itself that it planted only some of the faults needs no more rows than it has.
    """
    command, known = f"`kallskydd audit {name} --save FILE`", {row.id: row for row in rows}
    try:
        with path.open("rb") as file:
            # One that is longer is cut, and then no JSON.
            told = json.loads(file.read(MOST_BYTES))
        if (made := told["audit"]) != name:
            raise NotAResult(f"{path.name} is a result of `audit {made}`. Name one of {command}.")
        report = _report(told, known)
    except OSError as fault:
        words = f"The result {path.name} cannot be read ({fault.strerror}). Make it with {command}."
        raise NotAResult(words) from fault
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise NotAResult(f"{path.name} is no result of an audit. Make it with {command}.") from fault
    there = {check.id for check in report.checks}
    needed = known.keys() - {SELECTION, ANY_FAULT}
    if (missing := needed - there) and SELECTION not in there:
        raise NotAResult(f"{path.name} lacks {len(missing)} of {len(needed)} rows. Make it whole with {command}.")
    return report


def _report(told: Mapping[str, Any], known: Mapping[str, Row]) -> AuditReport:
    program = told["program"]
    return AuditReport(
        date.fromisoformat(told["day"]).isoformat(),
        bool(told["trial"]),
        bool(told["as_root"]),
        tuple(_check(one, known) for one in told["checks"]),
        Path("/"),
        str(told["audit"]),
        Program(str(program["version"]), str(program["commit"]), str(program["digest"])),
        host=str(told["host"]),
    )


def _check(told: Mapping[str, Any], known: Mapping[str, Row]) -> Check:
    row = known.get(told["id"]) or known[ANY_FAULT]
    row = replace(
        row, id=str(told["id"]), title=str(told["title"]), by_hand=str(told["by_hand"]), root=bool(told["root"])
    )
    return Check(row, Verdict(told["verdict"]), tuple(map(_evidence, told["evidence"])))


def _evidence(told: Mapping[str, Any]) -> Evidence:
    sentence = Sentence(str(told["text"]), str(told["text_sv"]))
    return Evidence(Verdict(told["verdict"]), "{sentence}", {"sentence": sentence})
