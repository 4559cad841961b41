"""No sentence of the pages that everybody reads has more than forty words, and each decision begins with three."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
MOST_WORDS = 40


def long_sentences(text: str) -> list[str]:
    """Those of a page in Markdown, each cell of a table by itself, without its blocks of code."""
    text = re.sub(r"(?s)```.*?```", "\n\n", text)
    found = []
    for block in re.split(r"\n\s*\n|\n(?=[-*|#]|\d+\. )", text):
        for cell in block.split("|") if block.lstrip().startswith("|") else [block]:
            sentences = re.split(r"(?<=[.!?])\s+(?=[A-ZÅÄÖ`*\"(\[])", " ".join(cell.split()))
            found += [one for one in sentences if len(one.split()) > MOST_WORDS]
    return found


DECISIONS = sorted((PROJECT / "docs" / "decisions").rglob("*.md"))
READ = [
    *(
        PROJECT / name
        for name in (
            "README.md",
            "START_HERE.md",
            "docs/DESIGN.md",
            "docs/OPERATING.md",
            "docs/THREAT_MODEL.md",
            "docs/HANDBOK.md",
        )
    ),
    *DECISIONS,
]


@pytest.mark.parametrize("page", READ, ids=lambda page: page.name)
def test_a_sentence_has_forty_words_at_most(page):
    assert long_sentences(page.read_text("utf-8")) == []


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.name)
def test_a_decision_begins_with_what_why_and_price(page):
    first = [line for line in page.read_text("utf-8").splitlines()[1:] if line][:3]

    assert [line.split()[0] for line in first] == ["**What.**", "**Why.**", "**Price.**"]
    assert [len(re.split(r"[.!?]\s+(?=[A-Z])", line)) for line in first] == [1, 1, 1]


def test_a_long_sentence_is_found_and_a_table_or_code_is_none():
    words = "word " * 41

    assert len(long_sentences(f"Short. {words}. Short.")) == 1
    assert long_sentences(f"| {'word ' * 25} | {'word ' * 25} |\n\n```\n{words}\n```\n- {'word ' * 39}") == []
