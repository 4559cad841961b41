"""What `make check-all` runs beside `make test`, what it writes of it, and that `make test` has a short form of each."""

import ast
import json
import re
import subprocess
from pathlib import Path

import pytest

from scripts import check_all

PROJECT = check_all.PROJECT

MARK = "pytest.mark.search"
PARTS = {"well": ("true",), "ill": ("false",), "later": ("true",)}


@pytest.fixture
def repository(tmp_path):
    """A repository of one commit."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a").write_text("a")
    check_all.git(tmp_path, "init", "-q")
    check_all.git(tmp_path, "add", ".")
    check_all.git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@localhost", "commit", "-q", "-m", "a")
    return tmp_path


def outcomes(folder):
    return {name: one["outcome"] for name, one in json.loads((folder / check_all.LAST).read_text()).items()}


def test_the_last_check_lists_every_part_and_what_ran_names_a_commit():
    last = json.loads((PROJECT / check_all.LAST).read_text())

    assert list(last) == list(check_all.PARTS)
    for one in last.values():
        if one != check_all.NOT_RUN:
            assert one["outcome"] in {"passed", "failed"}
            assert one.keys() == {"outcome", "seconds", "commit", "day"}
            assert re.fullmatch("[0-9a-f]{40}", one["commit"])


def test_a_part_that_failed_stops_no_other_and_what_did_not_run_is_not_run(repository):
    code = check_all.check(repository, PARTS, ["ill", "well"])

    assert code == 1
    assert outcomes(repository) == {"well": "passed", "ill": "failed", "later": "not run"}
    written = json.loads((repository / check_all.LAST).read_text())["ill"]
    assert written["commit"] == check_all.git(repository, "rev-parse", "HEAD")


def test_what_is_written_of_the_other_parts_stays(repository):
    check_all.check(repository, PARTS, ["ill"])

    code = check_all.check(repository, PARTS, ["later"])

    assert code == 0
    assert outcomes(repository) == {"well": "not run", "ill": "failed", "later": "passed"}


def test_changes_that_no_commit_has_are_refused(repository, capsys):
    (repository / "docs" / "a").write_text("b")

    assert check_all.check(repository, PARTS, ["well"]) == 2
    assert "docs/a" in capsys.readouterr().err
    assert not (repository / check_all.LAST).exists()


def test_each_part_has_its_command():
    targets = (PROJECT / "Makefile").read_text()

    assert all(f"\n{words[1]}: " in targets for words in check_all.PARTS.values() if words[0] == "make")
    done = subprocess.run(["make", "-n", "check-all"], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert "scripts/check_all.py" in done.stdout


def test_make_test_leaves_out_what_searches_and_has_a_short_form_of_it():
    found = {}
    for path in set((PROJECT / "tests").rglob("test_*.py")) - {Path(__file__)}:
        text = path.read_text("utf-8")
        if not (count := text.count(MARK)):
            continue
        found[path.name] = count
        # The mark stands on one of several values of a test, of which another is in `make test`.
        lists = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.List)]
        marked = [[ast.unparse(one).endswith(f"marks={MARK})") for one in node.elts] for node in lists]
        assert [sum(one) for one in marked if any(one) and not all(one)] == [1] * count

    assert found.keys() >= {"test_oracle.py", "test_page_sizes.py"}
    assert '-m "not search"' in (PROJECT / "scripts" / "test.sh").read_text()
    assert "\nmake test\n" in (PROJECT / ".ci" / "run").read_text() + "\n"
