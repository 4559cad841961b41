"""The verdict of a page for a terminal: each proof, each remark with its remedy, and in the last line what to do."""

from __future__ import annotations

from audit.report.certify import MIRROR, Examined, Outcome, decide, missing, remarks_on
from audit.report.chain import Chain
from audit.report.words import words_in
from audit.verdict import Verdict

_VERDICTS = {
    Outcome.CERTIFIED: "Can be certified.",
    Outcome.REMARKS: "Can be certified with remarks.",
    Outcome.CANNOT: "Cannot be certified.",
}


def verdict_as_text(examined: Examined, page: str) -> str:
    """Return the lines. `page` names the file that they belong to."""
    lines = []
    for name in (*examined.needed, MIRROR):
        if report := examined.proofs.get(name):
            clean = len(report.of(Verdict.CLEAN))
            lines.append(f"{name:9} {report.day}  {clean} of {len(report.checks)} rows clean")
        elif name in missing(examined):
            lines.append(f"{name:9} missing")
    if not isinstance(examined.chain, Chain):
        lines.append(f"{'daily':9} {words_in('en')[f'{examined.chain}_short']}")
    remarks = remarks_on(examined)
    for remark in remarks:
        lines += ["", f"{'FINDING ' if remark.grave else 'REMARK  '}  {remark.row or remark.title['en']}"]
        lines += [f"          {text}" for text in (remark.seen["en"], f"Risk: {remark.risk['en']}") if text]
        lines.append(f"          Remedy: {remark.remedy['en']}")
    lines += ["", f"{_VERDICTS[decide(examined)]} The page: {page}"]
    if not remarks:
        return "\n".join([*lines, "To do: print the page and sign its first sheet."])
    first = remarks[0]
    again = f" Then, with a new name for the page: {examined.command}" if examined.command else ""
    return "\n".join([*lines, f"To do: {first.row or first.title['en']}. {first.remedy['en']}{again}"])
