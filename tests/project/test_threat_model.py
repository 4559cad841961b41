"""docs/THREAT_MODEL.md promises tests by name: each has to be there, and each threat has one or says that it is a limit."""

import ast
import functools
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
GUIDE = (TESTS.parent / "docs" / "THREAT_MODEL.md").read_text("utf-8")


@dataclass(frozen=True)
class Threat:
    number: int
    title: str
    answer: str
    proofs: tuple[tuple[str, str], ...]
    remains: str


def threats() -> list[Threat]:
    found = []
    for part in re.split(r"(?m)^#{2,3} ", GUIDE):
        head, _, body = part.partition("\n")
        if named := re.fullmatch(r"(\d+)\. (.+)", head):
            answer = re.search(r"\*\*Answer\.\*\* (.+?)\n\n", body, re.DOTALL)
            remains = re.search(r"\*\*What remains\.\*\* (.+?)\s*\Z", body, re.DOTALL)
            proofs = tuple(re.findall(r"(?m)^- `(test_\w+\.py)::(test_\w+)`$", body))
            found.append(
                Threat(int(named[1]), named[2], answer[1] if answer else "", proofs, remains[1] if remains else "")
            )
    return found


THREATS = threats()


@functools.cache
def defined_in(name: str) -> frozenset[str]:
    """The functions of the one test file of this name. None of them lies inside another."""
    (path,) = TESTS.rglob(name)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, kinds))


def test_the_threats_are_numbered_without_a_gap_and_have_all_their_parts():
    assert [one.number for one in THREATS] == list(range(1, len(THREATS) + 1))
    assert len(THREATS) >= 25
    assert [one.number for one in THREATS if not (one.title and one.answer and one.remains)] == []
    # Nothing is named outside of a list of proofs, where nobody would miss it.
    assert len(re.findall(r"test_\w+\.py::", GUIDE)) == sum(len(one.proofs) for one in THREATS)


@pytest.mark.parametrize("threat", THREATS, ids=lambda one: one.number)
def test_what_a_threat_names_as_its_proof_is_there(threat):
    missing = [f"{file}::{name}" for file, name in threat.proofs if name not in defined_in(file)]

    assert missing == []
    assert threat.proofs or threat.answer.startswith("Limit:")
