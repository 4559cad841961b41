"""Whoever meets an error is told what happened and what to do: each key that is raised anywhere has two sentences."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cases.sentences import file, operator
from desk.errors import DeskError
from desk.server.reach import _TOR_REPLIES
from desk.web.views.pages import Pages
from desk.web.views.sentences import SENTENCES
from onion.errors import OnionError
from trusted.case.errors import CaseError

ROOT = Path(__file__).parents[2]
# Whose errors say themselves by the sentences of the cases.
CASES = ("cases", *(f"trusted/{name}" for name in ("case", "crypto", "receipt", "roster", "store")))
KEY = re.compile(r"[a-z]+(?:_[a-z]+)*\.[a-z]+(?:_[a-z]+)*")
# tor is written small by those who make it. What is to be typed may stand at the end, without a full stop.
A_SENTENCE = re.compile(r"([A-Z`]|tor ).*(\.|: [a-z -]+)", re.DOTALL)
# Files, and a key of the configuration.
FILES = {"audit.chain", "config.toml", "kallskydd.db", "shred.slots", "server.pub", "join.toml", "certificate.pem"}
FILES |= {
    "member.key",
    "mirror.name",
    "account.json",
    "account.pem",
    "other.pem",
    "issued.json",
    "seen.json",
    "upkeep.seen",
    "keeper.json",
    "requirements.lock",
    "cache.key",
    "omlasning.bin",
    "ask.json",
    "restore.key",
    "backup.day",
    "ready.toml",
    "alarm.tried",
    "rows.json",
}
# The reporter's pages have sentences in two languages (tests/intake/report/test_reporter_texts.py).
OF_A_DESK = ("desk/**/*.py", "intake/desk_api/**/*.py", "kallskydd/commands/desk.py", "kallskydd/desk/*.py")
# Acts of reporters and operators, and what a backup is refused for: `open-backup` says it at a terminal, in English.
NOT_AT_A_DESK = {"receipt.wrong", "take_back.released", "inbox.not_closed", "audit.chain_broken", "join.unsigned"}
NOT_AT_A_DESK |= {"case.error", "member.wrong_passphrase", "seal.broken", "seal.not_a_recipient"}
NOT_AT_A_DESK |= {key for key in operator.SENTENCES if key.startswith("backup.")}


def is_error(name: str, known: frozenset[str]) -> bool:
    return name in known or name.endswith(("Fault", "Refused"))


def error_names() -> frozenset[str]:
    def all_of(kind: type) -> Iterator[str]:
        yield kind.__name__
        for child in kind.__subclasses__():
            yield from all_of(child)

    for module in ("cases.home", "cases.config", "kallskydd.scrub.pool"):
        importlib.import_module(module)
    return frozenset([*all_of(CaseError), *all_of(DeskError), "Chain", "Refusal", "NotDone"])


def keys_in(path: Path, names: frozenset[str]) -> Iterator[str]:
    """Every literal key that is given to an error, stands in a class, or is handed on by name."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        literals: list[ast.expr] = []
        if isinstance(node, ast.Call):
            called = node.func
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            literals += node.args[:1] if is_error(name, names) else []
            literals += node.args[:1] if name.startswith("in_words") else []
            literals += [keyword.value for keyword in node.keywords if keyword.arg in {"problem", "text_key"}]
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            is_key = any(isinstance(one, ast.Name) and (one.id == "text_key" or one.id.isupper()) for one in targets)
            literals += [node.value] if is_key and node.value is not None else []
        for literal in literals:
            for part in ast.walk(literal):
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and KEY.fullmatch(part.value):
                    yield part.value


def keys_of(*packages: str) -> set[str]:
    names = error_names()
    paths = {path for package in packages for path in (ROOT / package).rglob("*.py")}
    paths -= set((ROOT / "cases" / "sentences").glob("*.py"))
    assert paths
    return {key for path in paths for key in keys_in(path, names)} - FILES


def test_every_key_of_the_cases_has_two_sentences():
    missing = keys_of(*CASES) - set(operator.SENTENCES)

    # Faults of the home and of the configuration carry their own two sentences.
    assert {key for key in missing if not key.startswith(("home.", "config."))} == set()


def modules_of_a_desk() -> set[Path]:
    """What a desk runs, what its server runs for it, and what of a case these import, all the way down."""
    found = {path for folder in OF_A_DESK for path in ROOT.glob(folder)}
    left = list(found)
    while left:
        for node in ast.walk(ast.parse(left.pop().read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").replace(".", "/").startswith(CASES):
                names = (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
                paths = {ROOT.joinpath(*name.split(".")).with_suffix(".py") for name in names}
                more = {path for path in paths if path.is_file()} - found
                found |= more
                left += more
    return {path for path in found if "sentences" not in path.parts}


def test_every_key_that_can_reach_a_desk_has_its_sentences_and_in_swedish():
    names, swedish = error_names(), Pages().language("sv")
    raised = {key for path in modules_of_a_desk() for key in keys_in(path, names)} | set(_TOR_REPLIES.values())

    reached = {key for key in raised - FILES if not key.startswith(("home.", "config."))} - NOT_AT_A_DESK
    english = [key for key, notice in SENTENCES.items() if swedish.notice(notice) == notice]

    assert len(reached) > 150
    assert reached - set(SENTENCES) == set()
    assert english == []


def test_every_key_of_the_front_door_has_sentences():
    assert keys_of("kallskydd") - {*SENTENCES, *operator.SENTENCES, *file.SENTENCES} == set()


OF_THE_DESK = {key: (notice.what, notice.do) for key, notice in SENTENCES.items()}


@pytest.mark.parametrize("table", [operator.SENTENCES, OF_THE_DESK, file.SENTENCES], ids=["cases", "desk", "file"])
def test_sentences_are_two_and_none_is_a_key(table):
    odd = [key for key, both in table.items() if len(both) != 2 or not all(A_SENTENCE.fullmatch(one) for one in both)]

    assert odd == []
    assert [key for key, both in table.items() if set(re.split(r"[\s,:]+", " ".join(both))) & set(table) - FILES] == []


def leaves(kind: type) -> Iterator[type]:
    yield kind
    for child in kind.__subclasses__():
        yield from leaves(child)


@pytest.mark.parametrize("kind", sorted(set(leaves(OnionError)), key=lambda kind: kind.__name__))
def test_every_failure_of_tor_says_what_happened_and_what_to_do(kind):
    assert A_SENTENCE.fullmatch(kind.happened)
    assert A_SENTENCE.fullmatch(kind.to_do)


@pytest.mark.parametrize("kind", sorted(set(leaves(CaseError)), key=lambda kind: kind.__name__))
def test_an_error_that_is_printed_is_two_sentences_and_never_its_key(kind):
    try:
        shown = str(kind())
    except TypeError:
        shown = str(kind("What happened.", "What to do."))

    assert kind.text_key not in shown
    assert ". " in shown


def test_no_command_prints_a_key():
    """An error is printed by `str` or `in_words`; its key goes into JSON and nowhere else."""
    found = []
    for path in sorted((ROOT / "kallskydd").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FormattedValue):
                found += [
                    f"{path.name}:{part.lineno}"
                    for part in ast.walk(node.value)
                    if isinstance(part, ast.Attribute) and part.attr in {"text_key", "problem"}
                ]

    assert found == []
