"""A check whose markers are not in the files proves nothing, and does not say that all is well."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import pytest

from kallskydd.commands import demo as demo_command
from kallskydd.demo import check as demo_check
from kallskydd.demo.check import RoundTrip
from kallskydd.demo.world import DemoFailed, DemoWorld


@pytest.fixture
def markers_file(tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8 taken by Anna \xff\xd9")
    file = tmp_path / "markers.json"
    file.write_text(json.dumps({"files": ["photo.jpg"], "markers": ["taken by Anna", "taken by Bo"]}))
    return file


def test_a_marker_in_none_of_the_files_ends_the_check_with_1_before_anything_is_started(
    markers_file, monkeypatch, capsys
):
    monkeypatch.setattr(demo_command.shutil, "which", lambda program: program)
    monkeypatch.setattr(demo_command, "DemoWorld", None)
    args = argparse.Namespace(check=True, markers=markers_file, json=True, port=0)

    code = demo_command.run(args)

    told = capsys.readouterr()
    assert code == 1
    assert json.loads(told.out)["ok"] is False
    assert "1 of 2 markers are not in the files" in told.err


def test_a_result_with_a_marker_in_none_of_the_files_is_not_ok(markers_file, tmp_path):
    check = RoundTrip(DemoWorld(tmp_path), demo_check.given_samples(markers_file))

    assert (check.result()["ok"], check.result()["markers_in_originals"]) == (False, 1)
    with pytest.raises(DemoFailed):
        demo_check.require_markers_in(check.samples)


def test_the_markers_that_the_demonstration_plants_itself_are_in_its_files(tmp_path):
    check = RoundTrip(DemoWorld(tmp_path), demo_check.planted_samples())

    demo_check.require_markers_in(check.samples)

    assert check.result()["ok"]


def test_what_the_demonstration_says_has_the_word_of_the_pages_for_the_case_code():
    folder = Path(demo_check.__file__).parent
    said = re.findall(r'(?:step|prose)\(f?"([^"]*)"', "".join(one.read_text() for one in folder.glob("*.py")))

    assert any("case code" in words for words in said)
    assert [words for words in said if "receipt" in re.sub(r"\{[^}]*\}", "", words)] == []
