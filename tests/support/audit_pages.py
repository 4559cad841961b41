"""Reports of each audit with all its rows, and a page of them, made without a service."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from audit.canary.examine import ROWS
from audit.live.subject import Subject
from audit.live.table import TABLE
from audit.mirror.command import MIRROR
from audit.mirror.table import TABLE as MIRROR_TABLE
from audit.report.certify import Examined
from audit.report.chain import Chain, Day
from audit.report.claims import LIVE
from audit.report.text_table import SELECTION
from audit.selftest.run import FAULTS, faults_in
from audit.verdict import AuditReport, Check, Evidence, Program, Verdict

DAY = "2026-11-27"
PROGRAM = Program("0.1.0", "7c3e1cd9a1f4b02ad5d8f6a1b7c9e3d2f4a6b8c0", "5f" * 32)
SUBJECT = Subject(
    "anmalan-1", "Debian GNU/Linux 13 (trixie), 6.12.43+deb13-amd64", "root", "Ludvika kommun",
    ("a" * 55 + "d.onion", "b" * 55 + "d.onion"), "blankett.example", PROGRAM, compared=True,
)  # fmt: skip
COMMAND = (
    "sudo kallskydd audit all --home /var/lib/kallskydd/home --manifest MANIFEST --report page.html --lang sv --canary"
    " canary.json --selftest selftest.json --mirror mirror.json"
)
MIRROR_HOST = "spegel-1"
CLAIMS = {"live": LIVE, "mirror": MIRROR}
IDS = {
    "live": [row.id for row in TABLE],
    "canary": [f"canary.{name}" for name in ROWS],
    "selftest": ["selftest.none", *(f"selftest.{fault.name}" for fault in faults_in(FAULTS))],
    "mirror": [row.id for row in MIRROR_TABLE],
}
FOR_ROOT = {row.id for row in (*TABLE, *MIRROR_TABLE) if row.root}


def report(audit: str, *, as_root: bool = True, **verdicts: Verdict) -> AuditReport:
    """All rows of an audit, clean but for those named."""
    checks = []
    for row in IDS[audit]:
        verdict = verdicts.get(row.rpartition(".")[2].replace("-", "_"), Verdict.CLEAN)
        shown = Evidence(verdict, "{name} = {value}", {"name": f"kernel.of.{row}", "value": 1})
        checks.append(Check(row, f"The title of {row}", verdict, (shown,), f"sysctl {row}", row in FOR_ROOT))
    host = MIRROR_HOST if audit == "mirror" else ""
    return AuditReport(DAY, False, as_root, tuple(checks), Path("/srv/home"), audit, PROGRAM, host=host)


def selection(*verdicts: Verdict) -> AuditReport:
    """A selftest that planted as many of the faults as there are verdicts, and says so."""
    whole = report("selftest")
    said = "a selection: faults of the program {all}, planted {planted}"
    shown = Evidence(Verdict.NOT_SEEN, said, {"all": len(whole.checks) - 1, "planted": len(verdicts)})
    row = Check(SELECTION, "All faults were planted", Verdict.NOT_SEEN, (shown,), "kallskydd audit selftest")
    planted = [replace(one, verdict=verdict) for one, verdict in zip(whole.checks[1:], verdicts, strict=False)]
    return replace(whole, checks=(whole.checks[0], row, *planted))


def examined(**changed: object) -> Examined:
    """A page on which all is well; `changed` replaces reports by name, or fields of the page."""
    proofs = {name: changed.pop(name, None) or report(name) for name in IDS}
    days = tuple(Day(f"2026-11-{number:02}", 17, (), ("processes", "streams")) for number in range(1, 28))
    return replace(Examined(DAY, SUBJECT, proofs, Chain(days, "ab" * 32), command=COMMAND), **changed)
