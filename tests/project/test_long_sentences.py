"""No sentence of the pages that everybody reads has more than forty words."""

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
            sentences = re.split(r"(?<=[.!?:])\s+(?=[A-ZÅÄÖ`*\"(\[])", " ".join(cell.split()))
            found += [one for one in sentences if len(one.split()) > MOST_WORDS]
    return found


@pytest.mark.parametrize("name", ["README.md", "docs/DESIGN.md", "docs/THREAT_MODEL.md"])
def test_a_sentence_has_forty_words_at_most(name):
    assert long_sentences((PROJECT / name).read_text("utf-8")) == []


def test_a_long_sentence_is_found_and_a_table_or_code_is_none():
    words = "word " * 41

    assert len(long_sentences(f"Short. {words}. Short.")) == 1
    assert long_sentences(f"| {'word ' * 25} | {'word ' * 25} |\n\n```\n{words}\n```\n- {'word ' * 39}") == []
