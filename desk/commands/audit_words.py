"""What a desk says of the server's daily audits."""

from typing import Any

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
    }


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
    return f"Last audit of the server: {last.day}, {verdict}, head {last.head.hex()[:16]} (no. {audits.count})."
