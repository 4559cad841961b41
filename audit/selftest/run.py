"""The proof of the proof: faults are planted into copies of the service, and the canary must find each of them.

1. The canary must be clean on an unmodified copy, or nothing that follows says anything.
2. Each fault is a patch (`audit.fault`), from a folder that the audit knows nothing else of. It is applied to a copy of
   its own, and the canary is run on that.
3. It is caught when a finding says what the patch's own `Evidence` asks for. Being found in another way, or making the
   service fail, is not enough: that could be mistaken for a catch.

A patch that does not apply makes the whole selftest void.
"""

from __future__ import annotations

import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audit.canary.process import canary_in_its_own_process
from audit.fault import DoesNotApply, Fault, copy_packages, packages_of, read_faults
from audit.verdict import Check, Evidence, Inspection, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FAULTS = Path(__file__).parents[1] / "faults"
AT_ONCE = 2
_MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Caught:
    """What came of one fault."""

    fault: Fault
    verdict: Verdict  # clean: caught
    sentences: tuple[str, ...]
    why: str = ""


def run_selftest(
    faults: Sequence[Fault], progress: Callable[[str], None] = lambda _sentence: None, *, control: bool = True
) -> list[Check]:
    """Plant each fault and run the canary; return a row for each, the first for the unmodified copy (`control`)."""
    checks = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        unmodified = pool.submit(_control) if control else None
        caught_ones = pool.map(try_fault, faults)
        if unmodified is not None:
            checks.append(unmodified.result())
            progress(f"the unmodified copy: {checks[0].verdict}")
        for caught in caught_ones:
            checks.append(as_row(caught))
            progress(f"{caught.fault.name}: {'caught' if caught.verdict is Verdict.CLEAN else caught.verdict}")
    return checks


def faults_in(folder: Path) -> list[Fault]:
    """Return the faults of a folder. Raises DoesNotApply, OSError."""
    return read_faults(folder)


def try_fault(fault: Fault) -> Caught:
    """Do steps 2 and 3 for one fault."""
    return try_together([fault])[0]


def try_together(faults: Sequence[Fault]) -> list[Caught]:
    """Do steps 2 and 3 for several faults in one copy, each by its own evidence; one that does not apply is left out.

    For a quick check only: the findings of one may hide that another has none.
    """
    folder = Path(tempfile.mkdtemp(prefix="fault-"))
    unfit: dict[str, str] = {}
    try:
        python = copy_packages(folder)
        for fault in faults:
            try:
                fault.apply(packages_of(folder))
            except DoesNotApply as failed:
                unfit[fault.name] = failed.words
        planted = len(unfit) < len(faults)
        findings = canary_in_its_own_process(python)[0] if planted else []
    except DoesNotApply as failed:
        return [Caught(fault, Verdict.VOID, (), failed.words) for fault in faults]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return [
        Caught(fault, Verdict.VOID, (), unfit[fault.name]) if fault.name in unfit else judged(fault, findings)
        for fault in faults
    ]


def judged(fault: Fault, findings: Sequence[str]) -> Caught:
    """Step 3: whether a finding says what the fault's own evidence asks for."""
    telling = tuple(sentence for sentence in findings if fault.evidence.search(sentence))
    if telling:
        return Caught(fault, Verdict.CLEAN, telling)
    return Caught(fault, Verdict.FINDING, tuple(findings))


def _control() -> Check:
    """Step 1."""
    inspection = Inspection()
    folder = Path(tempfile.mkdtemp(prefix="fault-"))
    try:
        findings, verdict = canary_in_its_own_process(copy_packages(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if verdict is Verdict.CLEAN:
        inspection.saw("the canary is clean on a copy without a fault")
    elif verdict is Verdict.NOT_SEEN:
        inspection.missed(
            "the canary cannot see everything from this account: {what}", what="; ".join(findings[:_MOST_SHOWN])
        )
    else:
        text = "; ".join(findings[:_MOST_SHOWN]) or str(verdict)
        inspection.evidence.append(
            Evidence(Verdict.VOID, "the canary is not clean on a copy without a fault: {what}", {"what": text})
        )
    return Check(
        "selftest.none",
        "Without a fault the canary is clean",
        inspection.verdict,
        tuple(inspection.evidence),
        "kallskydd audit canary",
    )


def as_row(caught: Caught) -> Check:
    """As a row of a report."""
    inspection = Inspection()
    for sentence in caught.sentences[:_MOST_SHOWN]:
        inspection.evidence.append(Evidence(caught.verdict, "{sentence}", {"sentence": sentence}))
    if caught.verdict is Verdict.VOID:
        inspection.evidence.append(Evidence(Verdict.VOID, "the patch does not apply: {why}", {"why": caught.why}))
    elif caught.verdict is Verdict.FINDING:
        inspection.found("not caught: no finding says {evidence}", evidence=caught.fault.evidence.pattern)
    by_hand = f"apply {caught.fault.name}.patch to a copy; there: kallskydd audit canary"
    return Check(
        f"selftest.{caught.fault.name}", caught.fault.title, inspection.verdict, tuple(inspection.evidence), by_hand
    )
