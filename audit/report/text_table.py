"""A report for a terminal: one block a check."""

from __future__ import annotations

from audit.verdict import AuditReport, Check, Verdict

_MARKS = {
    Verdict.CLEAN: "clean   ",
    Verdict.FINDING: "FINDING ",
    Verdict.NOT_SEEN: "not seen",
    Verdict.VOID: "VOID    ",
}


def as_text(report: AuditReport) -> str:
    """Return the table: verdict, name and title; below each its evidence and the line by hand."""
    lines = []
    for check in report.checks:
        lines += _block(check)
    clean = len(report.of(Verdict.CLEAN))
    lines.append(
        f"{clean} of {len(report.checks)} rows clean, {len(report.of(Verdict.FINDING))} with findings,"
        f" {len(report.of(Verdict.NOT_SEEN))} not wholly seen."
    )
    if not report.as_root and report.of(Verdict.NOT_SEEN):
        lines.append("As root the rows that were not seen can be seen.")
    return "\n".join(lines)


def _block(check: Check) -> list[str]:
    lines = [f"{_MARKS[check.verdict]}  {check.id}: {check.title}"]
    for one in check.evidence:
        mark = "" if one.verdict is Verdict.CLEAN else f"{_MARKS[one.verdict].strip()}: "
        lines.append(f"            {mark}{one.text()}")
    return [*lines, f"            $ {check.by_hand}", ""]
