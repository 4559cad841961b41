"""Writes docs/BENCHMARKS.md from one run: the machine, the day, the targets and the tables."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"
PICTURES = DOCS / "pictures"
WAYS = ("jailed", "bare", "command", "mat2", "mat2 command", "exiftool", "qpdf")
_MEANING = {True: "met", False: "**missed**", None: "not measured"}


def publish(found: dict) -> None:
    """Write the page; its figures as JSON are the caller's to write beside it."""
    (DOCS / "BENCHMARKS.md").write_text(page(found))


def page(found: dict) -> str:
    """Return a run as Markdown: for people at a terminal, and for the page."""
    machine = found["machine"]
    day = datetime.now(UTC).date().isoformat()
    programs = ", ".join(said for said in found["programs"].values() if said)
    parts = [
        "# Benchmarks\n",
        (
            "Written by `make bench ARGS=--publish`; do not edit by hand. One run: ours and the others take"
            " turns, so that what else the machine does\ndisturbs all alike; medians. Read the ratios:"
            " seconds are of one machine.\n"
        ),
        (
            f"{day}; {machine['processor']}, {machine['cores']} cores, Linux {machine['kernel']}, Python"
            f" {platform.python_version()}; load {machine['load']:.1f} when it\nended; {found['seconds']} s for all."
            f" {programs}.\nEvery figure: [benchmarks.json](pictures/benchmarks.json).\n"
        ),
        *(
            [f"Not the whole: only rows with {', '.join(found['only'])} in their names were run.\n"]
            if found["only"]
            else []
        ),
        "## Targets\n",
        "| row | figure | measured | target | |\n|---|---|--:|--:|---|",
        *(
            f"| {target['row']} | {target['what']} | {target['measured'] if target['measured'] is not None else ''} |"
            f" {_limit(target)} | {_MEANING[target['met']]} |"
            for target in found["targets"]
        ),
        "\n## Cleaning one file\n",
        (
            "Milliseconds; in brackets size out / in. jailed: as in the service, scrubbed in one job and verified in"
            " another. bare: Pillow decodes and\nencodes in process, and protects from nothing. command, mat2 command,"
            " exiftool, qpdf: a process for each file, started cold. mat2: its\nlibrary in a warm process. ExifTool and"
            " qpdf leave what is inside pages and pixels. -: not for this kind; none: it gave no output.\n"
        ),
        "| | kB | " + " | ".join(WAYS) + " |\n|---|--:|" + "--:|" * len(WAYS),
        *(
            f"| {row['row']} | {row['bytes'] // 1000} | "
            + " | ".join(_cell(row["ways"].get(way)) for way in WAYS)
            + " |"
            for row in found["rows"]
        ),
    ]
    for name, measured in found["others"].items():
        parts += [
            f"\n## {name[0].upper()}{name[1:]}\n",
            "| | |\n|---|--:|",
            *(f"| {key.replace('_', ' ')} | {_value(value)} |" for key, value in measured.items()),
        ]
    return "\n".join(parts) + "\n"


def _limit(target: dict) -> str:
    return f"≤ {target['at_most']}" if "at_most" in target else f"≥ {target['at_least']}"


def _value(value: object) -> str:
    return ", ".join(f"{key} {part}" for key, part in value.items()) if isinstance(value, dict) else str(value)


def _cell(way: dict | None) -> str:
    if way is None:
        return "-"
    return "none" if way["seconds"] is None else f"{1000 * way['seconds']:.0f} ({way['size_ratio']})"
