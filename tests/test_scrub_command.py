"""`kallskydd scrub`, run as a person runs it."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest
from scrub_corpus import corpus, encoded, picture
from scrub_corpus_pdf import pdf_corpus

SAMPLES = {sample.name: sample for sample in corpus() + pdf_corpus()}
KEYS = ["in", "out", "status", "kind", "removed", "lost", "reason", "seconds"]


def scrub(*arguments: object) -> tuple[int, list[dict], str]:
    """Exit code, the lines of stdout, and stderr."""
    finished = subprocess.run(
        [sys.executable, "-m", "kallskydd", "scrub", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return finished.returncode, [json.loads(line) for line in finished.stdout.splitlines()], finished.stderr


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "Anna i Ludvika.jpg"
    path.write_bytes(SAMPLES["jpeg_everything"].content)
    return path


def test_a_photograph_comes_out_clean_with_one_json_line(photo, tmp_path) -> None:
    out = tmp_path / "clean"

    code, lines, said = scrub(photo, "--out", out, "--json")

    assert code == 0
    ((line),) = lines
    assert list(line) == KEYS
    assert (line["in"], line["out"]) == (str(photo), str(out / photo.name))
    assert (line["status"], line["kind"], line["lost"], line["reason"]) == ("clean", "jpeg", [], None)
    assert {"what": "place", "where": "EXIF"} in line["removed"]
    assert 0 < line["seconds"] < 30
    assert "Removed:" in said
    content = (out / photo.name).read_bytes()
    assert not any(marker in content for marker in SAMPLES["jpeg_everything"].markers)


def test_values_that_were_found_are_said_nowhere(photo, tmp_path) -> None:
    _, lines, said = scrub(photo, "--out", tmp_path / "clean", "--json")

    everything = json.dumps(lines) + said
    assert "60.149" not in everything
    assert not any(marker.decode() in everything for marker in SAMPLES["jpeg_everything"].markers)


def test_a_refused_file_does_not_stop_the_others_and_is_told_by_the_exit_code(photo, tmp_path) -> None:
    letter = tmp_path / "letter.docx"
    letter.write_bytes(b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml")
    document = tmp_path / "document.pdf"
    document.write_bytes(SAMPLES["pdf_everything"].content)

    code, lines, said = scrub(letter, tmp_path / "missing.png", photo, document, "--out", tmp_path / "clean", "--json")

    assert code == 1
    assert [line["status"] for line in lines] == ["refused", "refused", "clean", "clean"]
    assert [line["reason"] for line in lines] == ["refused.office_document", "file.unreadable", None, None]
    assert lines[3]["lost"] == ["form", "links", "sound_or_film", "selectable_text"]
    assert "Save it as PDF" in said


def test_nothing_is_ever_overwritten(photo, tmp_path) -> None:
    out = tmp_path / "clean"
    out.mkdir()
    (out / photo.name).write_bytes(b"mine")

    code, (line,), _ = scrub(photo, "--out", out, "--json")

    assert (code, line["reason"], line["out"]) == (1, "out.exists", None)
    assert (out / photo.name).read_bytes() == b"mine"
    assert [entry.name for entry in out.iterdir()] == [photo.name]


def test_cleaning_in_place_is_refused_and_the_original_stays(photo) -> None:
    before = photo.read_bytes()

    code, _, _ = scrub(photo, "--out", photo.parent)

    assert code == 1
    assert photo.read_bytes() == before


def test_files_that_change_their_kind_do_not_take_each_others_names(tmp_path) -> None:
    (tmp_path / "a.gif").write_bytes(encoded(picture(), "GIF"))
    (tmp_path / "a.bmp").write_bytes(encoded(picture(), "BMP"))
    (tmp_path / "a.png").write_bytes(encoded(picture(), "PNG"))
    (tmp_path / "named.jpg").write_bytes(encoded(picture(), "WEBP"))
    names = ["a.gif", "a.bmp", "a.png", "named.jpg"]

    code, lines, _ = scrub(*(tmp_path / name for name in names), "--out", tmp_path / "clean", "--json")

    assert code == 0
    assert [line["kind"] for line in lines] == ["gif", "bmp", "png", "webp"]
    assert sorted(entry.name for entry in (tmp_path / "clean").iterdir()) == [
        "a.bmp.png",
        "a.gif.png",
        "a.png",
        "named.jpg.webp",
    ]


def test_the_file_is_judged_by_its_content_and_not_by_its_name(tmp_path) -> None:
    script = tmp_path / "harmless.jpg"
    script.write_bytes(b"%!PS-Adobe-3.0\n(/tmp/kallskydd-escaped) (w) file closefile showpage\n")

    code, (line,), _ = scrub(script, "--out", tmp_path / "clean", "--json")

    assert (code, line["reason"]) == (1, "refused.unknown_kind")
    assert not Path("/tmp/kallskydd-escaped").exists()


def test_every_reason_has_its_sentence() -> None:
    from kallskydd.scrub_command import _SENTENCES
    from scrubbers.stages import REFUSALS

    assert {leaf.text_key for leaf in REFUSALS} <= set(_SENTENCES)


def test_without_a_jail_nothing_is_cleaned_and_the_exit_code_says_so(photo, tmp_path, monkeypatch, capsys) -> None:
    from kallskydd.scrub_command import run

    def no_process(_role):
        raise OSError

    monkeypatch.setattr("kallskydd.scrub_command.spawn_zygote", no_process)

    code = run(argparse.Namespace(files=[photo], out=tmp_path / "clean", json=False))

    assert code == 4
    assert list((tmp_path / "clean").iterdir()) == []
    assert "cannot be locked" in capsys.readouterr().err


def orphaned_zygotes() -> set[str]:
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command, status = (process / "cmdline").read_bytes(), (process / "stat").read_text()
        except OSError:
            continue
        if b"scrubbers.jailed.zygote" in command and status.rpartition(")")[2].split()[1] == "1":
            found.add(process.name)
    return found


def test_no_process_is_left_behind(photo, tmp_path) -> None:
    before = orphaned_zygotes()

    scrub(photo, "--out", tmp_path / "clean")

    assert orphaned_zygotes() <= before
