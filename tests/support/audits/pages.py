"""Reports of each audit with all its rows, and a page of them, made without a service."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from audit.canary.table import TABLE as CANARY_TABLE
from audit.live.subject import Subject
from audit.live.table import TABLE
from audit.mirror.table import MIRROR
from audit.mirror.table import TABLE as MIRROR_TABLE
from audit.report.certify import Examined
from audit.report.chain import Chain, Day
from audit.report.claims import LIVE
from audit.report.seal import name_of
from audit.selftest.run import FAULTS, faults_in
from audit.selftest.table import NONE, SELECTED, row_of
from audit.verdict import AuditReport, Check, Evidence, Program, Verdict

DAY = "2026-11-27"
PROGRAM = Program("0.1.0", "7c3e1cd9a1f4b02ad5d8f6a1b7c9e3d2f4a6b8c0", "5f" * 32)
SUBJECT = Subject(
    "anmalan-1", "Debian GNU/Linux 13 (trixie), 6.12.43+deb13-amd64", "root", "Ludvika kommun",
    ("a" * 55 + "d.onion", "b" * 55 + "d.onion"), "blankett.example", PROGRAM, compared=True,
)  # fmt: skip
COMMAND = (
    "sudo kallskydd audit all --home /var/lib/kallskydd/home --manifest MANIFEST --report page.html --lang sv --canary"
    " c1.json --canary c2.json --canary c3.json --selftest selftest.json --mirror mirror.json --key KEY"
)
MIRROR_HOST = "spegel-1"
KEY = bytes(range(32))
SOURCES = {
    "canary": tuple(f"c{number}.json {number}a2b3c4d" for number in (1, 2, 3)),
    "selftest": ("selftest.json 0a1b2c3d",),
    "mirror": ("mirror.json 9f8e7d6c",),
    "live": (),
}
CLAIMS = {"live": LIVE, "mirror": MIRROR}
ROWS = {
    "live": TABLE,
    "canary": CANARY_TABLE,
    "selftest": (NONE, *map(row_of, faults_in(FAULTS))),
    "mirror": MIRROR_TABLE,
}
IDS = {name: [row.id for row in rows] for name, rows in ROWS.items()}
ROW = {name: {row.id: row for row in rows} for name, rows in ROWS.items()}
FOR_ROOT = {name: {row.id for row in rows if row.root} for name, rows in ROWS.items()}


def report(audit: str, *, as_root: bool = True, **verdicts: Verdict) -> AuditReport:
    """All rows of an audit, clean but for those named."""
    checks = []
    for row in ROWS[audit]:
        verdict = verdicts.get(row.id.rpartition(".")[2].replace("-", "_"), Verdict.CLEAN)
        shown = Evidence(verdict, "{name} = {value}", {"name": f"kernel.of.{row.id}", "value": 1})
        named = replace(row, title=f"The title of {row.id}", by_hand=f"sysctl {row.id}")
        checks.append(Check(named, verdict, (shown,)))
    host = MIRROR_HOST if audit == "mirror" else SUBJECT.host
    return AuditReport(
        DAY, False, as_root, tuple(checks), Path("/srv/home"), audit, PROGRAM, host=host, sources=SOURCES[audit]
    )


def selection(*verdicts: Verdict) -> AuditReport:
    """A selftest that planted as many of the faults as there are verdicts, and says so."""
    whole = report("selftest")
    said = "a selection: faults of the program {all}, planted {planted}"
    shown = Evidence(Verdict.NOT_SEEN, said, {"all": len(whole.checks) - 1, "planted": len(verdicts)})
    row = Check(SELECTED, Verdict.NOT_SEEN, (shown,))
    planted = [replace(one, verdict=verdict) for one, verdict in zip(whole.checks[1:], verdicts, strict=False)]
    return replace(whole, checks=(whole.checks[0], row, *planted))


def examined(**changed: object) -> Examined:
    """A page on which all is well; `changed` replaces reports by name, or fields of the page."""
    proofs = {name: changed.pop(name, None) or report(name) for name in IDS}
    days = tuple(Day(f"2026-11-{number:02}", 17, (), ("processes", "streams")) for number in range(1, 28))
    return replace(Examined(DAY, SUBJECT, proofs, Chain(days, "ab" * 32), command=COMMAND, key=name_of(KEY)), **changed)
