"""A report for a terminal: what is not clean, with its risk and remedy, the sum, and in the last line what to do."""

from __future__ import annotations

from collections.abc import Sequence

from audit.verdict import AuditReport, Check, Evidence, Verdict

_MARKS = {
    Verdict.CLEAN: "clean   ",
    Verdict.FINDING: "FINDING ",
    Verdict.NOT_SEEN: "not seen",
    Verdict.VOID: "VOID    ",
}
_INDENT = " " * 12
# Of the selftest, the rows that are no faults: the copy without one, and that only some were planted.
UNMODIFIED, SELECTION = "selftest.none", "selftest.selection"
# What all faults have in common; each is a row of its own.
ANY_FAULT = "selftest.fault"
NO_FAULTS = frozenset({UNMODIFIED, SELECTION})


def as_text(report: AuditReport, *, every_row: bool = False) -> str:
    """Return the rows that are not clean, or all, then the sum and what to do."""
    if every_row:
        lines = [line for check in report.checks for line in _block(report, check, check.evidence)]
    else:
        lines = []
        for check in in_order(report):
            if not takes_root(report, check):
                bad = [one for one in check.evidence if one.verdict is not Verdict.CLEAN]
                lines += _block(report, check, bad)
        if hidden := [check.id for check in report.checks if takes_root(report, check)]:
            lines += [f"{_MARKS[Verdict.NOT_SEEN]}  {', '.join(hidden)}", f"{_INDENT}These rows take root.", ""]
    return "\n".join([*lines, _sum(report, every_row=every_row), to_do(report)])


def in_order(report: AuditReport) -> list[Check]:
    """Return the rows that are not clean, the worst first."""
    worst_first = (Verdict.VOID, Verdict.FINDING, Verdict.NOT_SEEN)
    return [check for verdict in worst_first for check in report.checks if check.verdict is verdict]


def takes_root(report: AuditReport, check: Check) -> bool:
    """Whether the row was not seen because the account was an ordinary one."""
    if report.as_root or check.verdict is not Verdict.NOT_SEEN or check.id == SELECTION:
        return False
    return check.row.root or report.name in {"canary", "selftest"}


def to_do(report: AuditReport) -> str:
    """Return the last line: the row that comes first, and its remedy."""
    seen = [check for check in in_order(report) if not takes_root(report, check)]
    hidden = [check for check in in_order(report) if takes_root(report, check)]
    if not seen and not hidden:
        return "Nothing to do: every row is clean."
    if not seen:
        return f"To do: run it as root, `sudo kallskydd audit {report.name}`; {len(hidden)} rows take it."
    first, *others = seen
    more = f" Then: {', '.join(check.id for check in others)}." if others else ""
    return f"To do: {first.id} ({first.verdict}). {remedy_of(report, first)}{more}"


def remedy_of(report: AuditReport, check: Check) -> str:
    """Return what mends a row; of one that was not seen, how to see it."""
    if check.verdict is Verdict.NOT_SEEN and check.id != SELECTION:
        return "Its lines above say why; or look by hand with the line after $, and write down what it shows."
    return check.row.remedy_in("en", report.served)


def _block(report: AuditReport, check: Check, evidence: Sequence[Evidence]) -> list[str]:
    lines = [f"{_MARKS[check.verdict]}  {check.id}: {check.row.title}"]
    for one in evidence:
        mark = "" if one.verdict is Verdict.CLEAN else f"{_MARKS[one.verdict].strip()}: "
        lines.append(f"{_INDENT}{mark}{one.text()}")
    if check.verdict is not Verdict.CLEAN:
        label = "If it is not in order" if check.verdict is Verdict.NOT_SEEN else "Remedy"
        lines += [f"{_INDENT}Risk: {check.row.risk}", f"{_INDENT}{label}: {check.row.remedy_in('en', report.served)}"]
    return [*lines, f"{_INDENT}$ {check.row.by_hand}", ""]


def _sum(report: AuditReport, *, every_row: bool) -> str:
    parts = [f"{len(report.of(Verdict.CLEAN))} of {len(report.checks)} rows clean"]
    if report.name == "selftest":
        faults = [check for check in report.checks if check.id not in NO_FAULTS]
        caught = sum(check.verdict is Verdict.CLEAN for check in faults)
        parts = [f"{caught} of {len(faults)} faults caught"]
    names = {Verdict.FINDING: "with findings", Verdict.NOT_SEEN: "not wholly seen", Verdict.VOID: "void"}
    parts += [f"{len(report.of(verdict))} {name}" for verdict, name in names.items() if report.of(verdict)]
    return f"{', '.join(parts)}.{'' if every_row else ' With --all: every row.'}"
