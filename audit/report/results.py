"""Results of audits as files: what `--save FILE` writes, sealed with the auditor's key, read again for one page of all.

NotAResult   the file is not there, is no result of an audit, or not of this auditor; `words` say what to do
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from audit.report.seal import NotSealed, opened, sealed
from audit.report.text_table import ANY_FAULT, SELECTION
from audit.row import Row
from audit.verdict import AuditReport, Check, Evidence, Program, Sentence, Verdict, worst

# A selftest of ninety faults is some 100 kB.
MOST_BYTES = 2**24
# Of SHA-256, beside the file's name, on the page.
_SOURCE_DIGITS = 8
_NUMBER_BYTES = 16


class NotAResult(Exception):
    """The file cannot be used."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


def save(report: AuditReport, path: Path, key: bytes) -> None:
    """Write the result, with a number of its own: two runs that saw the same are two files. Raises OSError."""
    told = {**report.as_object(), "number": secrets.token_hex(_NUMBER_BYTES)}
    path.write_text(sealed(json.dumps(told, ensure_ascii=False), key), "utf-8")


def joined(name: str, runs: Sequence[AuditReport]) -> AuditReport:
    """Return several runs as one: of each row the worst verdict and all that was seen. Raises NotAResult."""
    first = min(runs, key=lambda run: run.day)
    if len({run.program for run in runs}) > 1:
        raise NotAResult(f"The results of {name} are not of one program. Make them again with the one that runs.")
    # By what was read: a copy under another name is the same run.
    if len({source.rpartition(" ")[2] for run in runs for source in run.sources}) < len(runs):
        raise NotAResult(f"One result of {name} is given twice. Name each run once.")
    if len(runs) > 1 and (void := [source for run in runs if run.of(Verdict.VOID) for source in run.sources]):
        raise NotAResult(f"{', '.join(void)} is of a void run, which shows nothing. Make it again, or leave it out.")
    of_row: dict[str, list[Check]] = {}
    for check in (check for run in runs for check in run.checks):
        of_row.setdefault(check.id, []).append(check)
    return replace(
        first,
        checks=tuple(map(_joined, of_row.values())),
        trial=any(run.trial for run in runs),
        as_root=all(run.as_root for run in runs),
        host=", ".join(dict.fromkeys(run.host for run in runs)),
        sources=tuple(source for run in runs for source in run.sources),
    )


def _joined(same: Sequence[Check]) -> Check:
    said = {(one.verdict, one.text()): one for check in same for one in check.evidence}
    return Check(same[0].row, worst([check.verdict for check in same]), tuple(said.values()))


def read_result(path: Path, name: str, rows: Collection[Row], key: bytes) -> AuditReport:
    """Return the result of the audit of this name, which must have these rows. Raises NotAResult.

    A selftest that says itself that it planted only some of the faults needs no more rows than it has.
    """
    command, known = f"`kallskydd audit {name} --key KEY --save FILE`", {row.id: row for row in rows}
    try:
        with path.open("rb") as file:
            # One that is longer is cut, and then no JSON.
            content = file.read(MOST_BYTES)
        told = json.loads(opened(content, key))
        if (made := told["audit"]) != name:
            raise NotAResult(f"{path.name} is a result of `audit {made}`. Name one of {command}.")
        report = _report(told, known)
    except OSError as fault:
        words = f"The result {path.name} cannot be read ({fault.strerror}). Make it with {command}."
        raise NotAResult(words) from fault
    except NotSealed as fault:
        words = f"{path.name} was not made with this auditor's key, or was changed since."
        raise NotAResult(f"{words} Make it with {command} and the same --key.") from fault
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise NotAResult(f"{path.name} is no result of an audit. Make it with {command}.") from fault
    there = {check.id for check in report.checks}
    needed = known.keys() - {SELECTION, ANY_FAULT}
    if (missing := needed - there) and SELECTION not in there:
        raise NotAResult(f"{path.name} lacks {len(missing)} of {len(needed)} rows. Make it whole with {command}.")
    return replace(report, sources=(f"{path.name} {hashlib.sha256(content).hexdigest()[:_SOURCE_DIGITS]}",))


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
