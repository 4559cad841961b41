"""`kallskydd scrub`, run as a person runs it."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
import zipfile
from pathlib import Path

import pytest
from corpus.index import corpus, encoded, picture
from corpus.pdf import pdf_corpus
from files.messages import with_files
from files.office_jail import text_of
from files.office_samples import word
from hostile.files import MISLABELLED
from hostile.pdfs import document, pdfs
from hostile.pictures import pictures

from scrubbers.sniff import sniff_kind
from trusted.jail.protocol import ROLES, Role
from trusted.jail.stages import Kind

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


def test_what_is_in_an_archive_or_a_message_comes_out_numbered(tmp_path) -> None:
    letter, papers, plain = tmp_path / "brev.eml", tmp_path / "papper.zip", tmp_path / "a.txt"
    letter.write_bytes(with_files(b"bilaga", b"Rar!\x1a\x07\x00 packed"))
    with zipfile.ZipFile(papers, "w") as archive:
        archive.writestr("2.txt", "två")
        archive.writestr("1.eml", with_files(b"ett"))
    plain.write_text("text")

    code, lines, said = scrub(letter, papers, plain, "--out", tmp_path / "clean", "--json")
    scrub(letter, "--out", tmp_path / "clean", "--rename")

    assert code == 1
    assert [(Path(line["in"]).name, line["out"] and Path(line["out"]).name, line["reason"]) for line in lines] == [
        ("brev.eml", "brev.eml.pdf", None),
        ("brev.eml", "brev.eml-01.txt", None),
        ("brev.eml", None, "refused.archive"),
        ("papper.zip", "papper.zip-01.pdf", None),
        ("papper.zip", "papper.zip-02.txt", None),
        ("papper.zip", "papper.zip-03.txt", None),
        ("a.txt", "a.txt", None),
    ]
    assert "brev.eml (file 2 in it): refused." in said
    assert said.count("The names and addresses of its sender and its receivers stay.") == 2
    assert (tmp_path / "clean" / "file-001.pdf").exists()
    assert (tmp_path / "clean" / "file-001-01.txt").read_text() == "bilaga\n"


def test_by_choice_the_pixels_lie_on_another_grid(photo, tmp_path) -> None:
    code, lines, _ = scrub(photo, "--out", tmp_path / "clean", "--against-marks", "--json")

    assert (code, lines[0]["lost"]) == (0, ["sharpness"])


def test_by_choice_what_was_deleted_in_a_document_is_shown(tmp_path) -> None:
    document = tmp_path / "a.docx"
    document.write_bytes(word("<w:p><w:del><w:r><w:delText>anbud B</w:delText></w:r></w:del></w:p>"))

    code, lines, _ = scrub(document, "--out", tmp_path / "clean", "--changes", "--json")

    assert (code, lines[0]["lost"]) == (0, ["layout"])
    assert "anbud B" in text_of((tmp_path / "clean" / "a.docx.pdf").read_bytes())


def test_values_that_were_found_are_said_nowhere(photo, tmp_path) -> None:
    _, lines, said = scrub(photo, "--out", tmp_path / "clean", "--json")

    everything = json.dumps(lines) + said
    assert "60.149" not in everything
    assert not any(marker.decode() in everything for marker in SAMPLES["jpeg_everything"].markers)


def test_a_refused_file_does_not_stop_the_others_and_is_told_by_the_exit_code(photo, tmp_path) -> None:
    letter = tmp_path / "letter.doc"
    letter.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    document = tmp_path / "document.pdf"
    document.write_bytes(SAMPLES["pdf_everything"].content)

    code, lines, said = scrub(letter, tmp_path / "missing.png", photo, document, "--out", tmp_path / "clean", "--json")

    assert code == 1
    assert [line["status"] for line in lines] == ["refused", "refused", "clean", "clean"]
    assert [line["reason"] for line in lines] == ["refused.office_document", "file.unreadable", None, None]
    assert {"form", "links", "sound_or_film"} <= set(lines[3]["lost"])
    assert "Save it as a PDF" in said


def test_neutral_names_follow_the_command_line_and_what_the_folder_has_already(photo, tmp_path) -> None:
    out = tmp_path / "clean"
    out.mkdir()
    (out / "file-007.png").write_bytes(b"mine")
    (tmp_path / "a.gif").write_bytes(encoded(picture(), "GIF"))
    (tmp_path / "letter.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")

    code, lines, said = scrub(tmp_path / "a.gif", tmp_path / "letter.doc", photo, "--out", out, "--rename", "--json")

    assert code == 1
    assert [line["out"] and Path(line["out"]).name for line in lines] == ["file-008.png", None, "file-010.jpg"]
    assert sorted(entry.name for entry in out.iterdir()) == ["file-007.png", "file-008.png", "file-010.jpg"]
    assert (out / "file-007.png").read_bytes() == b"mine"
    assert "Names are kept" not in said


def test_a_second_file_of_the_same_name_is_refused_and_the_first_one_has_it(photo, tmp_path) -> None:
    (tmp_path / "other").mkdir()
    second = tmp_path / "other" / photo.name
    second.write_bytes(encoded(picture(), "JPEG"))

    code, lines, _ = scrub(photo, second, "--out", tmp_path / "clean", "--json")

    assert code == 1
    assert [line["reason"] for line in lines] == [None, "out.same_name"]
    code, lines, _ = scrub(photo, second, "--out", tmp_path / "neutral", "--json", "--rename")
    assert (code, [Path(line["out"]).name for line in lines]) == (0, ["file-001.jpg", "file-002.jpg"])


def test_all_copies_have_the_same_time_whenever_they_were_made(photo, tmp_path) -> None:
    (tmp_path / "b.png").write_bytes(encoded(picture(), "PNG"))

    scrub(photo, tmp_path / "b.png", "--out", tmp_path / "clean")

    times = {(entry.stat().st_mtime, entry.stat().st_mode & 0o777) for entry in (tmp_path / "clean").iterdir()}
    assert times == {(946_728_000, 0o600)}


def test_a_name_that_tells_a_date_or_a_camera_is_mentioned_once(photo, tmp_path) -> None:
    for name in ("IMG_20260314_071222.jpg", "Skärmbild 1.png", "trappan.jpg"):
        (tmp_path / name).write_bytes(encoded(picture(), "JPEG"))

    _, _, said = scrub(*tmp_path.glob("*.*"), "--out", tmp_path / "clean")

    assert said.count("Names are kept as they are, and 2 of them") == 1
    _, _, said = scrub(photo, "--out", tmp_path / "more")
    assert "Names are kept" not in said


def test_a_folder_or_a_pipe_is_one_plain_sentence(photo, tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")

    code, lines, said = scrub(tmp_path, tmp_path / "pipe.jpg", photo, "--out", tmp_path / "clean", "--json")

    assert code == 1
    assert [line["reason"] for line in lines] == ["file.folder", "file.unreadable", None]
    assert "It is a folder. Name the files in it" in said


NAMES = (
    b"con.jpg", b"..jpg", b"'$(id);&.jpg", b"\xff\xfe.jpg", b"a\nb\x1b[2J.jpg", "\u202egpj.exe".encode(), b"-rf.jpg", b"%s%n{0}.jpg",
)  # fmt: skip


def test_a_name_of_any_letters_is_kept_and_orders_no_terminal_about(tmp_path) -> None:
    sources = [Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)) for name in NAMES]
    for source in sources:
        source.write_bytes(encoded(picture(), "JPEG"))

    code, lines, said = scrub(*sources, "--out", tmp_path / "clean", "--json")

    assert code == 0
    assert [line["in"] for line in lines] == list(map(str, sources))
    assert all(Path(line["out"]).read_bytes() for line in lines)
    assert not {"\x1b", "\u202e", "\r"} & set(said)
    assert said.count("\n") == len(NAMES) + 1


def test_a_name_as_long_as_names_can_be_makes_room_for_another_ending(tmp_path) -> None:
    source = tmp_path / ("ö" * 125 + "a.gif")
    source.write_bytes(encoded(picture(), "GIF"))

    code, (line,), _ = scrub(source, "--out", tmp_path / "clean", "--json")

    assert code == 0
    assert Path(line["out"]).name == "ö" * 123 + ".gif.png"


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


def programs_started(trace: Path, *sources: Path) -> tuple[list[str], str]:
    """Every program that was started while these were cleaned, and what the command said."""
    finished = subprocess.run(
        ["strace", "-f", "-qq", "-e", "trace=execve,execveat", "-o", trace, sys.executable, "-m", "kallskydd", "scrub",
         *sources, "--out", trace.with_suffix(".out")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    begun: dict[str, str] = {}
    started = []
    for line in trace.read_text().splitlines():
        # Two processes at once: the call stands in one line, and how it ended in another one.
        process = line.split()[0]
        program = line.split('"')[1] if '"' in line else begun.pop(process, "")
        if line.endswith("<unfinished ...>"):
            begun[process] = program
        elif line.endswith(" = 0"):
            started.append(program)
    return sorted(started), finished.stderr


def test_whatever_a_file_is_called_no_other_program_is_started_for_it(photo, tmp_path) -> None:
    """PostScript in a JPEG's name would start Ghostscript in a program that asks all decoders it knows."""
    (tmp_path / "letter.pdf").write_bytes(document())
    everyone = [*pictures().values(), *pdfs().values()]
    disguised = [hostile.content for hostile in everyone if hostile.of_class == MISLABELLED]
    names = [
        tmp_path / f"{place}{('.jpg', '.png', '.pdf', '.tiff', '.eps')[place % 5]}" for place in range(len(disguised))
    ]
    for name, content in zip(names, disguised, strict=True):
        name.write_bytes(content)

    ordinary, _ = programs_started(tmp_path / "ordinary", photo, tmp_path / "letter.pdf")
    started, said = programs_started(tmp_path / "disguised", *names)

    assert f"0 clean, {len(disguised)} refused" in said
    assert started == ordinary
    assert not any("gs" in Path(program).name or "sh" in Path(program).name for program in started)
    assert not Path("/tmp/kallskydd-escaped").exists()


def test_every_reason_has_its_sentence() -> None:
    from cases.sentences.file import SENTENCES
    from trusted.jail.stages import REFUSALS

    assert {leaf.text_key for leaf in REFUSALS} <= set(SENTENCES)


def test_without_a_jail_nothing_is_cleaned_and_the_exit_code_says_so(photo, tmp_path, monkeypatch, capsys) -> None:
    from kallskydd.commands.scrub import run

    def no_process(_role, _kinds):
        raise OSError

    monkeypatch.setattr("kallskydd.scrub.zygotes.spawn_zygote", no_process)

    code = run(
        argparse.Namespace(
            files=[photo], out=tmp_path / "clean", rename=False, json=False, against_marks=False, changes=False
        )
    )

    assert code == 4
    assert list((tmp_path / "clean").iterdir()) == []
    assert "cannot be locked" in capsys.readouterr().err


def many(tmp_path: Path, count: int, size: tuple[int, int] = (1600, 1200), more: int = 0) -> list[Path]:
    """Photographs that take some tens of milliseconds each."""
    content = encoded(picture(size), "JPEG", quality=95) + bytes(more)
    paths = [tmp_path / f"{number:03}.jpg" for number in range(count)]
    for path in paths:
        path.write_bytes(content)
    return paths


def started(*arguments: object, **how: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "kallskydd", "scrub", *map(str, arguments)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **how,
    )  # fmt: skip


def children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def wait_until(true) -> None:
    for _ in range(6000):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen within a minute")


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_whole_files_alone_and_no_process(tmp_path, told, ignored) -> None:
    """Also where SIGINT is ignored, as in the background of a shell."""
    out = tmp_path / "clean"
    # So many that they are never all done before the signal comes, on a crowded computer either.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN if ignored else signal.default_int_handler)
    try:
        process = started(*many(tmp_path, 1000), "--out", out)
    finally:
        signal.signal(signal.SIGINT, before)
    wait_until(lambda: out.exists() and sum(1 for entry in out.iterdir() if not entry.name.startswith(".")) > 5)
    zygotes = children(process.pid)

    process.send_signal(told)

    assert process.wait(60) == 130
    made = list(out.iterdir())
    assert 5 < len(made) < 1000
    assert all(not entry.name.startswith(".") for entry in made)
    assert {entry.read_bytes()[-2:] for entry in made} == {b"\xff\xd9"}
    assert len(zygotes) >= 1
    wait_until(lambda: not any(Path(f"/proc/{zygote}").exists() for zygote in zygotes))


def test_at_most_one_file_more_than_there_are_cores_is_in_memory(tmp_path) -> None:
    large = 12 * 2**20
    paths = many(tmp_path, 12, more=large)
    process = started(*paths, "--out", tmp_path / "clean")
    most = 0

    while process.poll() is None:
        sizes = []
        for descriptor in Path(f"/proc/{process.pid}/fd").glob("*"):
            with contextlib.suppress(OSError):
                if "memfd" in os.readlink(descriptor):
                    sizes.append(descriptor.stat().st_size)
        most = max(most, sum(size >= large for size in sizes))

    assert process.returncode == 0
    assert 1 <= most <= len(os.sched_getaffinity(0)) + 1


def test_a_zygote_that_is_lost_is_started_again_and_every_file_comes_out(tmp_path) -> None:
    out = tmp_path / "clean"
    process = started(*many(tmp_path, 120), "--out", out)
    wait_until(lambda: out.exists() and any(not entry.name.startswith(".") for entry in out.iterdir()))

    lost = children(process.pid)
    for zygote in lost:
        # All may have been cleaned, and all ended, before the last one is killed.
        with contextlib.suppress(ProcessLookupError):
            os.kill(zygote, signal.SIGKILL)
        # A job is tried twice, so one after the other: the second attempt must find a zygote.
        wait_until(lambda gone=zygote: process.poll() is not None or gone not in children(process.pid))
        time.sleep(0.5)

    assert process.wait(60) == 0
    assert len(list(out.iterdir())) == 120
    assert lost


def on_terminal(*arguments: object) -> bytes:
    """What a terminal gets to see."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 120, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "kallskydd", "scrub", *map(str, arguments)],
        stdin=theirs, stdout=subprocess.DEVNULL, stderr=theirs, env={**os.environ, "NO_COLOR": "1", "TERM": "xterm"},
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    with contextlib.suppress(OSError):  # the end of a terminal is an error
        while piece := os.read(ours, 65536):
            seen += piece
    os.close(ours)
    assert process.wait(30) == 0
    return seen


def test_a_bar_shows_on_a_terminal_and_nowhere_else(photo, tmp_path) -> None:
    bar = b" 0/1 "

    assert bar in on_terminal(photo, "--out", tmp_path / "a")
    assert b"\x1b[3" not in on_terminal(photo, "--out", tmp_path / "b")
    assert bar not in on_terminal(photo, "--out", tmp_path / "c", "--json")
    assert " 0/1 " not in scrub(photo, "--out", tmp_path / "d")[2]


def test_no_process_is_left_behind(photo, tmp_path) -> None:
    process, zygotes = started(photo, "--out", tmp_path / "clean"), set()

    while process.poll() is None:
        with contextlib.suppress(OSError):
            zygotes |= set(children(process.pid))
        time.sleep(0.005)

    assert process.returncode == 0
    assert zygotes
    assert [zygote for zygote in zygotes if Path(f"/proc/{zygote}").exists()] == []


def test_one_file_starts_the_one_process_it_needs_which_warms_up_for_its_kind_alone(
    photo, tmp_path, monkeypatch
) -> None:
    from kallskydd.scrub.zygotes import start_zygotes

    asked = []

    def no_process(role, kinds):
        asked.append((role.name, sorted(kinds)))
        raise OSError("no process")

    monkeypatch.setattr("kallskydd.scrub.zygotes.spawn_zygote", no_process)
    document = tmp_path / "document.pdf"
    document.write_bytes(SAMPLES["pdf_everything"].content)
    letter = tmp_path / "letter.txt"
    letter.write_bytes(b"Nothing that can be cleaned.\0")

    for source in (photo, document):
        with contextlib.ExitStack() as ending, pytest.raises(OSError, match="no process"):
            start_zygotes([source], ending)
    with contextlib.ExitStack() as ending:
        none = start_zygotes([letter, tmp_path / "missing.png", tmp_path], ending)

    assert asked == [("PICTURES", ["jpeg"]), ("DOCUMENTS", ["pdf"])]
    assert none == {}


@pytest.mark.parametrize("name", ["jpeg_everything", "heic_everything", "pdf_everything"])
def test_a_zygote_for_one_kind_loads_nothing_of_the_others(name) -> None:
    loads = {"jpeg_everything": set(), "heic_everything": {"pillow_heif"}, "pdf_everything": {"pypdf", "pypdfium2"}}
    kind = sniff_kind(SAMPLES[name].content[:4096])
    role = ROLES.get(kind, Role.PICTURES)

    code = (
        "import sys; from scrubbers.jailed.worker import warm_up; from trusted.jail.protocol import Role;"
        f"from trusted.jail.stages import Kind; warm_up(Role({role}), [Kind('{kind}')]); print(*sys.modules)"
    )
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )

    others = {
        "pillow_heif",
        "pypdf",
        "pypdfium2",
        "second_reader.pdf.file",
        "scrubbers.jailed.text.scrub",
        "av",
    }
    wanted = loads[name] | ({"second_reader.pdf.file"} if kind is Kind.PDF else set())
    assert loaded & others == wanted


def test_one_file_starts_no_program_but_its_zygote(photo, tmp_path) -> None:
    started, said = programs_started(tmp_path / "trace", photo)

    # The command and its zygote. The self-test tries to start one more, which the filter ends.
    assert "1 clean, 0 refused" in said
    assert len(started) == 2
    assert all(Path(program).name.startswith("python") for program in started)
