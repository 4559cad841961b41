"""The canary in a process of its own, so that several can run at once: `python -m audit.selftest.one_canary PYTHON`."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from audit.canary.disturbed import is_void
from audit.canary.examine import came_to_its_end, run_canary
from audit.verdict import Verdict, worst

SECONDS = 1800.0  # two minutes beside one other process on two cores; on busy ones it took five


@dataclass(frozen=True, slots=True)
class CanaryResult:
    """Every finding as "check: sentence", the verdict, and whether all visits and comparisons were made."""

    findings: tuple[str, ...]
    verdict: Verdict
    whole: bool


def canary_in_its_own_process(python: Path) -> CanaryResult:
    """Examine what this interpreter has installed.

    The canary itself runs on the packages that are installed here, never on those of the copy.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-m", "audit.selftest.one_canary", str(python)], capture_output=True, text=True,
            timeout=SECONDS, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return CanaryResult((f"the canary did not end within {SECONDS:.0f} s",), Verdict.VOID, whole=False)
    try:
        report = json.loads(done.stdout)
        return CanaryResult(tuple(map(str, report["findings"])), Verdict(report["verdict"]), bool(report["whole"]))
    except (ValueError, KeyError):
        said = f"the canary did not end in order: {done.stderr.strip()[-300:]}"
        return CanaryResult((said,), Verdict.VOID, whole=False)


def _main(python: str) -> None:
    checks = run_canary(Path(python))
    if is_void(checks):
        # Four times a day an hour passes at which the service's day changes, and a selftest takes longer than one.
        checks = run_canary(Path(python))
    findings = [
        f"{check.id}: {one.text()}"
        for check in checks
        for one in check.evidence
        if one.verdict in {Verdict.FINDING, Verdict.VOID, Verdict.NOT_SEEN}
    ]
    verdict = worst([check.verdict for check in checks])
    whole = came_to_its_end(checks)
    sys.stdout.write(json.dumps({"verdict": str(verdict), "findings": findings, "whole": whole}))


if __name__ == "__main__":
    _main(sys.argv[1])
