"""The proof of the proof: faults are planted into copies of the service, and the canary must find each of them.

1. The canary must be clean on an unmodified copy, or nothing that follows says anything.
2. Each fault is a patch (`audit.fault`), from a folder that the audit knows nothing else of. Copies hold one or
   several, as `audit.selftest.groups` says, and the canary is run on each copy.
3. A fault is found when a finding says what the patch's own `Evidence` asks for, and no other fault of the copy can
   have brought it. Being found in another way, or making the service fail, is not enough: that could be mistaken for a
   catch.

A patch that does not apply makes the whole selftest void.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from audit.fault import DoesNotApply, Fault, changed_by, copy_packages, packages_of, plant, read_faults
from audit.selftest.groups import Copy, Found, Group, each_alone, search
from audit.selftest.one_canary import canary_in_its_own_process
from audit.selftest.table import NONE, SELECTED, row_of
from audit.verdict import Check, Evidence, Inspection, Verdict

FAULTS = Path(__file__).parents[1] / "faults"
AT_ONCE = 2
_MOST_SHOWN = 3

Progress = Callable[[str], None]


def run_selftest(
    faults: Sequence[Fault], progress: Progress = lambda _sentence: None, *, alone: bool = False
) -> list[Check]:
    """Plant the faults and run the canary; return a row for each, and before them one for the unmodified copy.

    `alone` gives each a copy to itself. Where not all that are shipped were planted, a row says so.
    """
    with _copied() as packages:
        unfit = {fault.name: why for fault in faults if (why := _unfit([fault], packages))}
        fit = [fault for fault in faults if fault.name not in unfit]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            control = pool.submit(_control)
            examine = _Examiner(fit, pool, progress)
            if alone:
                copies = examine(each_alone(fit))
                found = {
                    fault.name: Found(copy.said[fault.name], 0)
                    for fault, copy in zip(fit, copies, strict=True)
                    if copy.said[fault.name]
                }
            else:
                found, copies = search(fit, examine, lambda group: not _unfit(group, packages))
            unmodified = control.result()
    progress(f"the unmodified copy: {unmodified.verdict}")
    rows = [_with_count(unmodified, fit, copies), *_selection(faults)]
    return rows + [as_row(fault, found.get(fault.name), copies, unfit.get(fault.name, "")) for fault in faults]


def faults_in(folder: Path) -> list[Fault]:
    """Return the faults of a folder. Raises DoesNotApply, OSError."""
    return read_faults(folder)


def plant_and_examine(group: Group, faults: Sequence[Fault]) -> Copy:
    """Plant these in a copy and run the canary on it; look for the evidence of all `faults`. Raises DoesNotApply."""
    with _copied() as packages:
        plant(group, packages)
        run = canary_in_its_own_process(_interpreter(packages))
    return Copy.of(group, faults, run.findings, whole=run.whole)


class _Examiner:
    """Plants groups in copies, several at a time, and says so."""

    def __init__(self, faults: Sequence[Fault], pool: ThreadPoolExecutor, progress: Progress) -> None:
        self._faults, self._pool, self._progress = faults, pool, progress

    def __call__(self, groups: Sequence[Group]) -> list[Copy]:
        several = sum(len(group) > 1 for group in groups)
        self._progress(f"{len(groups)} copies, {several} of them with several faults …")
        copies = []
        for copy in self._pool.map(lambda group: plant_and_examine(group, self._faults), groups):
            copies.append(copy)
            said = sum(bool(copy.said[name]) for name in copy.names)
            end = "" if copy.whole else ", and the canary did not come to its end"
            names = ", ".join(sorted(copy.names))
            self._progress(f"copy {len(copies)} of {len(groups)}: {said} of {len(copy.names)} noticed{end} ({names})")
        return copies


@contextmanager
def _copied() -> Iterator[Path]:
    """Give the packages of a copy that is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="fault-"))
    try:
        copy_packages(folder)
        yield packages_of(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _interpreter(packages: Path) -> Path:
    return next(one / "bin" / "python" for one in packages.parents if (one / "pyvenv.cfg").exists())


def _unfit(group: Sequence[Fault], packages: Path) -> str:
    """Return why these cannot be planted together; nothing where they can."""
    try:
        changed_by(group, packages)
    except DoesNotApply as failed:
        return failed.words
    return ""


def _control() -> Check:
    """Step 1."""
    inspection = Inspection()
    with _copied() as packages:
        run = canary_in_its_own_process(_interpreter(packages))
    if run.verdict is Verdict.CLEAN:
        inspection.saw("the canary is clean on a copy without a fault")
    elif run.verdict is Verdict.NOT_SEEN:
        inspection.missed(
            "the canary cannot see everything from this account: {what}", what="; ".join(run.findings[:_MOST_SHOWN])
        )
    else:
        text = "; ".join(run.findings[:_MOST_SHOWN]) or str(run.verdict)
        inspection.void("the canary is not clean on a copy without a fault: {what}", what=text)
    return inspection.of(NONE)


def _with_count(unmodified: Check, faults: Sequence[Fault], copies: Sequence[Copy]) -> Check:
    """Add to the first row how the others came about."""
    alone = {name for copy in copies if len(copy.names) == 1 for name in copy.names}
    count = Evidence(
        Verdict.CLEAN,
        "faults planted: {faults}, in copies: {copies}; with a copy to themselves: {alone}, the others found beside"
        " faults that were seen elsewhere not to bring their findings",
        {"faults": len(faults), "copies": len(copies), "alone": len(alone)},
    )
    return replace(unmodified, evidence=(*unmodified.evidence, count))


def _selection(faults: Sequence[Fault]) -> list[Check]:
    """Return a row where faults that are shipped were left out."""
    shipped = {fault.name for fault in faults_in(FAULTS)}
    planted = len(shipped.intersection(fault.name for fault in faults))
    if planted == len(shipped):
        return []
    inspection = Inspection()
    inspection.missed("a selection: faults of the program {all}, planted {planted}", planted=planted,
                      all=len(shipped))  # fmt: skip
    return [inspection.of(SELECTED)]


def as_row(fault: Fault, found: Found | None, copies: Sequence[Copy], unfit: str = "") -> Check:
    """Return what came of one fault. One that was not found had a copy to itself, whose findings are shown."""
    inspection = Inspection()
    if unfit:
        inspection.void("the patch does not apply: {why}", why=unfit)
    elif found is not None:
        for sentence in found.sentences[:_MOST_SHOWN]:
            inspection.saw("{sentence}", sentence=sentence)
        if found.others:
            inspection.saw(
                "in one copy with {others} other faults, none of which brought such a finding where this one was not",
                others=found.others,
            )
    else:
        for sentence in next(copy.findings for copy in reversed(copies) if copy.names == {fault.name})[:_MOST_SHOWN]:
            inspection.found("{sentence}", sentence=sentence)
        inspection.found("not caught: no finding says {evidence}", evidence=fault.evidence.pattern)
    return inspection.of(row_of(fault))
