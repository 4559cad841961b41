"""The canary in a process of its own, so that several can run at once: `python -m audit.canary.process PYTHON`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from audit.canary.examine import run_canary
from audit.verdict import Verdict, worst

SECONDS = 900.0  # two minutes beside one other process on two cores; on busy ones it took five


def canary_in_its_own_process(python: Path) -> tuple[list[str], Verdict]:
    """Examine what this interpreter has installed; returns every finding as "check: sentence", and the verdict.

    The canary itself runs on the packages that are installed here, never on those of the copy.
    """
    done = subprocess.run(
        [sys.executable, "-I", "-m", "audit.canary.process", str(python)], capture_output=True, text=True,
        timeout=SECONDS, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        report = json.loads(done.stdout)
        return [str(one) for one in report["findings"]], Verdict(report["verdict"])
    except (ValueError, KeyError):
        return [f"the canary did not end in order: {done.stderr.strip()[-300:]}"], Verdict.VOID


def _main(python: str) -> None:
    checks = run_canary(Path(python))
    findings = [
        f"{check.id}: {one.text()}"
        for check in checks
        for one in check.evidence
        if one.verdict in {Verdict.FINDING, Verdict.VOID, Verdict.NOT_SEEN}
    ]
    verdict = worst([check.verdict for check in checks])
    sys.stdout.write(json.dumps({"verdict": str(verdict), "findings": findings}))


if __name__ == "__main__":
    _main(sys.argv[1])
