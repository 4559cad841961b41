"""docs/THREAT_MODEL.md promises tests by name: each has to be there, and each row has one or says that it is a limit."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split(" | ")]
    for line in (TESTS.parent / "docs" / "THREAT_MODEL.md").read_text("utf-8").splitlines()
    if re.match(r"\| \d+ \|", line)
]


def defined_in(path: Path) -> set[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, kinds)}


def test_the_rows_are_numbered_without_a_gap_and_have_five_cells():
    assert [int(row[0]) for row in ROWS] == list(range(1, len(ROWS) + 1))
    assert len(ROWS) >= 25
    assert [row[0] for row in ROWS if len(row) != 5 or not all(row)] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_a_row_names_as_its_proof_is_there(row):
    _number, _threat, answer, proof, _remains = row
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", proof)

    missing = [
        f"{file}::{name}" for file, name in named if name not in defined_in(next(TESTS.rglob(file), TESTS / file))
    ]

    assert missing == []
    assert named or answer.startswith("Limit:")
