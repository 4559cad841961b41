"""Files and folders of ours that the documents name are there, and their links lead somewhere."""

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
# docs/DESIGN.md §4 says some fifteen. The planted faults are one list, and languages have a folder each.
FOLDER_MOST = 20
DOCUMENTS = sorted([*(PROJECT / "docs").rglob("*.md"), *(PROJECT / name for name in ("README.md", "CONTRIBUTING.md"))])
FILES = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout.split()
KNOWN = set(FILES) | {str(folder) for file in FILES for folder in Path(file).parents}
# Code and schemas; keys, configuration and join files lie in a home or at a desk.
OURS = re.compile(
    r"[\w/.*-]+\.(?:py|sql|sh|patch)|(?:onion|confine|scrubbers|cases|intake|desk|audit|tests|scripts)/(?!\w+\.key)[\w/.*-]*"
)


def is_there(name: str) -> bool:
    """Whether a file or folder of this name, or of this end of a path, belongs to the project; `*` is any part of it."""
    pattern = re.compile(r"(?:.*/)?" + re.escape(name.rstrip("/")).replace(r"\*", "[^/]*"))
    return any(pattern.fullmatch(one) for one in KNOWN)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_names_is_there(document):
    text = document.read_text("utf-8")
    named = [one.split("::")[0] for one in re.findall(r"`([^`\s]+)`", text)]
    decisions = re.findall(r"decisions/((?:[a-z]+/)?\d{4})\b", text)
    links = [one for one in re.findall(r"\]\(([^)\s#]+)", text) if "://" not in one]

    assert [one for one in named if OURS.fullmatch(one) and not is_there(one)] == []
    assert [one for one in decisions if not list((PROJECT / "docs" / "decisions").glob(f"{one}-*.md"))] == []
    assert [one for one in links if not (document.parent / one).exists()] == []


def test_no_folder_has_more_than_twenty_files():
    counted = Counter(str(Path(file).parent) for file in FILES if not file.startswith(("tests/", "audit/faults/")))

    assert [folder for folder, count in counted.items() if count > FOLDER_MOST and "/locale" not in folder] == []


def test_a_name_that_is_not_there_is_seen():
    assert is_there("trusted/jail/stages.py")
    assert is_there("torrc.py")
    assert is_there("audit/faults/*.patch")
    assert not is_there("scrubbers/jailed/pdf_work.py")
    assert not is_there("lane.py")
