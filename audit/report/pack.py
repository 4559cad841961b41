"""The audit pack: the folder with the report, its evidence and hashes of both, for an auditor to keep.

It holds no key and no case, and of the configuration the names of owner and mirror, on the page. From the home it
copies only the chain of daily verdicts, which holds days and names of checks. Tor's settings are those that the running
tor reports, without secrets.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from audit.language import Language, in_language, with_remarks
from audit.live.checks.tor import config_text
from audit.live.subject import subject_of
from audit.observe.installed import Installation, manifest_text
from audit.observe.proc import NotSeen
from audit.observe.scene import Scene
from audit.report.certify import Examined
from audit.report.chain import CHAIN, read_chain
from audit.report.claims import LIVE, first_lines
from audit.report.html import as_html
from audit.verdict import AuditReport

_DOCS = (
    "AUDITING.md", "GRANSKNING.md", "AUDITING_REFERENCE.md", "THREAT_MODEL.md", "FORMATS.md", "DESIGN.md", "CASES.md",
    "NUMBERS.md", "OPERATING.md",
)  # fmt: skip


def make_pack(folder: Path, scene: Scene, report: AuditReport, language: Language) -> list[str]:
    """Write the pack into a new or empty folder and return the names of its files. Raises FileExistsError.

    `by-hand.sh` repeats every check with ordinary commands.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(folder)
    texts = {
        "report.html": as_html(examined(scene, {"live": report}), language, {"live": LIVE}),
        "report.json": json.dumps(report.as_object(), ensure_ascii=False, indent=1) + "\n",
        "by-hand.sh": _by_hand(report, language),
        **_evidence(scene),
    }
    for name, text in texts.items():
        _write(folder / name, text)
    sums = "".join(f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n" for name, text in sorted(texts.items()))
    _write(folder / "SHA256SUMS", sums)
    return sorted([*texts, "SHA256SUMS"])


def examined(scene: Scene, proofs: Mapping[str, AuditReport], command: str = "", key: str = "") -> Examined:
    """Return what stands on the page of this service, with these proofs; `live` is one of them."""
    return Examined(proofs["live"].day, subject_of(scene), proofs, read_chain(scene.home), command=command, key=key)


def _by_hand(report: AuditReport, language: Language) -> str:
    rows = (
        f"\n# {in_language(one.row.title, language)}\n{with_remarks(one.row.by_hand, language)}\n"
        for one in report.checks
    )
    return first_lines(report.home, language) + "".join(rows)


def _evidence(scene: Scene) -> dict[str, str]:
    """Return the texts of the running service that the report relies on, by file name; what is missing is left out."""
    texts = {}
    torrc = config_text(scene)
    if torrc is not None:
        texts["torrc-as-tor-reports-it"] = torrc
    chain = scene.home / CHAIN
    if chain.exists():
        texts[CHAIN] = chain.read_text("utf-8")
    for process in scene.service.intakes:
        try:
            installation = Installation.of(process.command())
        except (NotSeen, FileNotFoundError):
            continue
        texts["MANIFEST"] = manifest_text(installation.ours)
        if installation.lock is not None:
            texts["requirements.lock"] = installation.lock.read_text("utf-8")
        for name in _DOCS:
            places = (installation.ours / "docs" / name, installation.prefix / "share" / name)
            found = next((place for place in places if place.exists()), None)
            if found is not None:
                texts[f"docs-{name}"] = found.read_text("utf-8")
    return texts


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
