"""Writes docs/BENCHMARKS.md from one run: the machine, the day, the targets, the tables, and a chart as SVG and PNG."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import reportlab
from PIL import Image, ImageDraw, ImageFont

DOCS = Path(__file__).resolve().parent.parent / "docs"
PICTURES = DOCS / "pictures"
FONT = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
WAYS = ("jailed", "bare", "command", "mat2", "mat2 command", "exiftool", "qpdf")
_WIDTH, _ROW, _LEFT, _TOP, _BAR = 900, 26, 330, 60, 420
_MET, _MISSED, _INK, _PAPER = "#2d6a4f", "#b23a48", "#1f2328", "#ffffff"
_MEANING = {True: "met", False: "**missed**", None: "not measured"}


def publish(found: dict, json_file: Path) -> None:
    """Write the page, its chart twice, and the JSON beside it."""
    PICTURES.mkdir(exist_ok=True)
    bars = _bars(found["targets"])
    (PICTURES / "benchmarks.svg").write_text(_svg(bars))
    _png(bars).save(PICTURES / "benchmarks.png", optimize=True)
    (DOCS / "BENCHMARKS.md").write_text(_page(found, json_file))


def _bars(targets: list[dict]) -> list[tuple[str, str, float, bool]]:
    """Return a bar for each target that was measured: what, its figures, how far it is met (1: just), whether it is."""
    bars = []
    for target in targets:
        if not target["measured"]:
            continue
        least = "at_least" in target
        limit = target["at_least"] if least else target["at_most"]
        reached = target["measured"] / limit if least else limit / target["measured"]
        figures = f"{target['measured']:g}   ({'at least' if least else 'at most'} {limit:g})"
        bars.append((f"{target['row']}: {target['what']}", figures, reached, bool(target["met"])))
    return bars


def _svg(bars: list[tuple[str, str, float, bool]]) -> str:
    height = _TOP + _ROW * len(bars) + 20
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}"',
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{height}" fill="{_PAPER}"/>',
        f'<text x="12" y="24" font-size="15" fill="{_INK}">{_TITLE}</text>',
    ]
    for place, (what, figures, reached, met) in enumerate(bars):
        y = _TOP + _ROW * place
        lines += [
            f'<text x="{_LEFT - 8}" y="{y + 13}" text-anchor="end" fill="{_INK}">{escape(what)}</text>',
            f'<rect x="{_LEFT}" y="{y}" width="{_length(reached)}" height="17" fill="{_MET if met else _MISSED}"/>',
            f'<text x="{_LEFT + _length(reached) + 6}" y="{y + 13}" fill="{_INK}">{escape(figures)}</text>',
        ]
    x = _LEFT + _length(1)
    lines.append(f'<line x1="{x}" y1="{_TOP - 8}" x2="{x}" y2="{height - 14}" stroke="{_INK}" stroke-dasharray="4 3"/>')
    return "\n".join([*lines, "</svg>"]) + "\n"


_TITLE = "How far each target is met. The dashed line is the target; a longer bar is better."


def _length(reached: float) -> int:
    """Return the length of a bar: half of the width is the target, and what is better than twice that is cut off."""
    return round(min(reached, 2.0) * _BAR / 2)


def _png(bars: list[tuple[str, str, float, bool]]) -> Image.Image:
    height = _TOP + _ROW * len(bars) + 20
    picture = Image.new("RGB", (_WIDTH, height), _PAPER)
    draw = ImageDraw.Draw(picture)
    small, large = ImageFont.truetype(FONT, 11), ImageFont.truetype(FONT, 14)
    draw.text((12, 10), _TITLE, _INK, large)
    for place, (what, figures, reached, met) in enumerate(bars):
        y = _TOP + _ROW * place
        draw.text((_LEFT - 8, y + 2), what, _INK, small, anchor="ra")
        draw.rectangle((_LEFT, y, _LEFT + _length(reached), y + 17), _MET if met else _MISSED)
        draw.text((_LEFT + _length(reached) + 6, y + 2), figures, _INK, small)
    x = _LEFT + _length(1)
    for y in range(_TOP - 8, height - 14, 7):
        draw.line((x, y, x, y + 4), _INK)
    return picture


def _page(found: dict, json_file: Path) -> str:
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
            f" {programs}.\nEvery figure: [{json_file.name}](pictures/{json_file.name}).\n"
        ),
        *(
            [f"Not the whole: only rows with {', '.join(found['only'])} in their names were run.\n"]
            if found["only"]
            else []
        ),
        "![How far each target is met](pictures/benchmarks.svg)\n",
        "([the same as PNG](pictures/benchmarks.png))\n",
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
