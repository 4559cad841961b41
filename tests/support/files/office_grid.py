"""Where the words of a copy stand, as poppler's `pdftotext -bbox` says it: lines, and cells of a sheet by their names."""

from __future__ import annotations

import re
import subprocess

WORD = re.compile(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="[\d.]+" yMax="([\d.]+)">([^<]*)</word>')
NEAR = 2.0  # points
FOOT = 790.0  # below that a page says what the copy is
MARGIN = 54.0  # left of that stand the numbers of rows
NAME = 6.5  # as high as what a sheet calls its rows and columns

Line = list[tuple[float, str]]


def _lines(document: bytes) -> list[list[tuple[float, str, bool]]]:
    """Every line of each page from above: its words, where they begin, and whether they are so small."""
    made = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=document, capture_output=True, check=True)
    lines: list[list[tuple[float, str, bool]]] = []
    for page in made.stdout.decode().split("<page ")[1:]:
        words = sorted(
            (float(low), float(x), text, float(low) - float(high) < NAME)
            for x, high, low, text in WORD.findall(page)
            if float(high) < FOOT
        )
        above = -100.0
        for y, x, text, is_name in words:
            if y - above > NEAR:
                lines.append([])
                above = y
            lines[-1].append((x, text, is_name))
    return [sorted(line) for line in lines]


def lines_of(document: bytes, *, names: bool = False) -> list[Line]:
    """Every line of a copy; or the letters of columns alone."""
    kept = ([(x, word) for x, word, small in line if small is names and x > MARGIN] for line in _lines(document))
    return [line for line in kept if line]


def named_lines_of(document: bytes) -> list[tuple[str, Line]]:
    """Every line of a sheet with the number in the margin before it."""
    made = []
    for line in _lines(document):
        name = [word for x, word, _ in line if x < MARGIN]
        made.append(("".join(name), [(x, word) for x, word, _ in line if x > MARGIN]))
    return made


def cells_of(document: bytes) -> dict[str, str]:
    """What stands in each cell of a sheet, by the letter above it and the number beside it."""
    found: dict[str, str] = {}
    columns: Line = []
    for line in _lines(document):
        if all(small and x > MARGIN for x, _, small in line):
            columns = [(x, word) for x, word, _ in line]
        elif line[0][0] < MARGIN:
            for x, word, _ in line[1:]:
                for name in (name for at, name in columns if abs(at - x) < NEAR):
                    assert found.setdefault(f"{name}{line[0][1]}", word) == word
    return found
