"""What a desk says of the server's daily audits."""

from typing import Any

from cases.upkeep import Upkeep
from desk.commands.show import one_line
from desk.keep.audits import Audits


def audit_object(audits: Audits) -> dict[str, Any] | None:
    """Return the last audit for JSON."""
    if audits.last is None:
        return None
    return {
        "day": audits.last.day.isoformat(),
        "findings": [one_line(name) for name in audits.last.findings],
        "not_seen": [one_line(name) for name in audits.last.not_seen],
        "head": audits.last.head.hex(),
        "count": audits.count,
        "upkeep": None if audits.upkeep is None else upkeep_object(audits.upkeep),
    }


def upkeep_object(upkeep: Upkeep) -> dict[str, Any]:
    """Return what the server's own `kallskydd status` saw, for JSON."""
    return {"day": upkeep.day.isoformat(), "troubles": list(upkeep.troubles)}


def audit_prose(audits: Audits) -> str:
    """Return one line about it; the head is for comparing with what an auditor took away."""
    last = audits.last
    if last is None:
        return "The server has not shown an audit of itself yet."
    verdict = "clean"
    if last.findings:
        verdict = f"FINDINGS in {', '.join(one_line(name) for name in last.findings)}"
    elif last.not_seen:
        verdict = f"nothing found, {len(last.not_seen)} of {last.clean + len(last.not_seen)} checks not seen"
    return (
        f"Last audit of the server: {last.day}, {verdict}, head {last.head.hex()[:16]} (no. {audits.count})."
        f"{_upkeep_prose(audits.upkeep)}"
    )


def _upkeep_prose(upkeep: Upkeep | None) -> str:
    if upkeep is None:
        return ""
    said = f"NOT WELL: {', '.join(upkeep.troubles)}" if upkeep.troubles else "well"
    return f" Its upkeep on {upkeep.day}: {said}."
