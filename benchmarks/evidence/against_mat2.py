"""Evidence as people have it (office documents, texts, e-mail, recordings, films) through our command and through mat2.

Each file has a marker in every place that nobody sees or hears, as the tests have them (`tests/support`). Of each copy
all that can be unpacked from it is searched for them. Both commands take turns with every file, started cold.

    python benchmarks/evidence/against_mat2.py    a table: markers left, refusals, how many times as long mat2 takes;
                                                  --turns 1: in a third of the time. Exit code 1 while ours leaves one
    make bench ARGS="--only evidence"             the sums, beside the other benchmarks

Times are compared where both gave a copy. mat2 needs FFmpeg for MP4 files, which its package does not bring.
"""

from __future__ import annotations

import argparse
import io
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "tests" / "support"))

from files import films, messages, office_marked, outlook_files, recordings
from markers.search import leftovers

TURNS = 3
# Of a text nothing is seen of these; the letters in tags are a name. Blanks at the end of a line can count, too.
_UNSEEN = {
    "letters in tags": "".join(chr(0xE0000 + ord(one)) for one in "Anna"),
    "joiners": "\u200d\u200c\u2060",
    "directions": "\u202e\u202c\u2066\u2069",
    "variations": "\ufe0f\U000e0101",
    "letters of private use": "\ue001\U000f0041",
    "soft hyphen": "\u00ad",
    "a mark of the byte order": "\ufeff",
    "a control": "\u009f",
    "blanks behind the line": " \t  \n",
}


@dataclass(frozen=True)
class Planted:
    """A file and the markers in it, by place."""

    name: str
    content: bytes
    markers: dict[bytes, str]


@dataclass
class Result:
    """What a command made of a file: the places whose marker is left, None for a refusal, and the seconds it took."""

    left: list[str] | None
    seconds: float


def planted() -> Iterator[Planted]:
    """Yield a file of each kind."""
    office = {
        "letter.docx": office_marked.marked_word,
        "sheet.xlsx": office_marked.marked_workbook,
        "slides.pptx": office_marked.marked_presentation,
        "letter.odt": office_marked.marked_text,
        "letter.rtf": office_marked.marked_rich_text,
    }
    for name, make in office.items():
        content, marks = make()
        yield Planted(name, content, {one.encode(): one for one in marks})
    for name, ending in (("note.txt", "Räkningen delades{}."), ("table.csv", "Nummer;Belopp\n1;99 000{}\n")):
        text = ending.format("".join(_UNSEEN.values()))
        yield Planted(name, text.encode(), {one.encode(): place for place, one in _UNSEEN.items()})
    yield Planted("message.eml", *messages.marked())
    put = messages.Markers()
    yield Planted("message.msg", outlook_files.marked(put), put.planted)
    for name, (content, marks) in recordings.marked().items():
        yield Planted(name, content, {one.encode(): one for one in marks})
    for name in films.FORMS:
        content, marks = films.marked(name)
        yield Planted(name, content, {one.encode(): one for one in marks})


def left_in(copies: list[bytes], markers: dict[bytes, str]) -> list[str]:
    """Return the places whose marker is in one of the copies, or in what can be unpacked from it."""
    found = set()
    for content in (part for copy in copies for part in _unpacked(copy)):
        found |= {place for marker, place in markers.items() if marker in content}
        if next(iter(markers)).startswith(b"Kmk"):
            found |= set(leftovers(content, markers))
    return sorted(found)


def _unpacked(copy: bytes) -> Iterator[bytes]:
    """Yield the bytes, and those of the members of an archive."""
    yield copy
    if copy.startswith(b"PK"):
        with suppress(zipfile.BadZipFile, NotImplementedError), zipfile.ZipFile(io.BytesIO(copy)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield from _unpacked(archive.read(name))


def require_found(file: Planted) -> None:
    """Stop where the search does not find every marker in the file itself: it would find none in a copy either."""
    if missed := set(file.markers.values()) - set(left_in([file.content], file.markers)):
        sys.exit(f"{file.name}: the search does not find {', '.join(sorted(missed))}")


def ours(source: Path) -> list[Path]:
    """Clean with our command, and return the copies: an e-mail and its attachments are several."""
    out = source.parent / "clean"
    _run([sys.executable, "-m", "kallskydd", "scrub", str(source), "--out", str(out)])
    return sorted(out.iterdir()) if out.is_dir() else []


def mat2(source: Path) -> list[Path]:
    """Clean with mat2, which writes beside the file. By itself it refuses archives with unknown members."""
    _run(["mat2", "--unknown-members", "omit", str(source)])
    return [each for each in source.parent.iterdir() if ".cleaned" in each.name]


def _run(words: list[str]) -> None:
    subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def result(clean: Callable[[Path], list[Path]], file: Planted) -> Result:
    """Return what a command makes of a file."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / file.name
        source.write_bytes(file.content)
        begun = time.perf_counter()
        copies = clean(source)
        seconds = time.perf_counter() - begun
        return Result(left_in([each.read_bytes() for each in copies], file.markers) if copies else None, seconds)


@dataclass
class Row:
    """A file through both."""

    file: Planted
    ours: Result
    mat2: Result
    times: float | None


def compared(file: Planted, turns: int = TURNS) -> Row:
    """Return a file's row; `times` is None where one of the two gave no copy."""
    require_found(file)
    pairs = [(result(ours, file), result(mat2, file)) for _ in range(turns)]
    first, other = pairs[0]
    both = first.left is not None and other.left is not None
    times = statistics.median(theirs.seconds / own.seconds for own, theirs in pairs) if both else None
    return Row(file, first, other, times)


def evidence() -> dict[str, object] | None:
    """Return the sums over all files; None where mat2 is not installed."""
    if not shutil.which("mat2"):
        return None
    return sums([compared(file) for file in planted()])


def sums(rows: list[Row]) -> dict[str, object]:
    """Return how many markers and files each left and refused, over all files and over those that both cleaned."""
    both = [row for row in rows if row.times is not None]
    return {
        "files": len(rows),
        "markers": sum(len(row.file.markers) for row in rows),
        "ours_refused": sum(row.ours.left is None for row in rows),
        "ours_left": sum(len(row.ours.left or ()) for row in rows),
        "mat2_refused": sum(row.mat2.left is None for row in rows),
        "markers_in_what_mat2_cleaned": sum(len(row.file.markers) for row in rows if row.mat2.left is not None),
        "mat2_left": sum(len(row.mat2.left or ()) for row in rows),
        "mat2_times_our_command": round(statistics.median(row.times for row in both), 2) if both else None,
    }


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=TURNS)
    turns = parser.parse_args().turns
    if not shutil.which("mat2"):
        sys.exit("mat2 is not installed: scripts/setup.sh bench")
    line = "{:<14}{:>9}{:>12}{:>12}{:>12}{:>12}{:>14}"
    print(line.format("", "markers", "ours left", "mat2 left", "ours s", "mat2 s", "mat2 / ours"))
    rows = []
    for file in planted():
        rows.append(row := compared(file, turns))
        left = ("refused" if one.left is None else len(one.left) for one in (row.ours, row.mat2))
        seconds = (f"{one.seconds:.2f}" for one in (row.ours, row.mat2))
        times = "-" if row.times is None else f"{row.times:.2f}"
        print(line.format(file.name, len(file.markers), *left, *seconds, times), flush=True)
    found = sums(rows)
    print(", ".join(f"{key.replace('_', ' ')} {value}" for key, value in found.items()))
    return int(bool(found["ours_left"]))


if __name__ == "__main__":
    sys.exit(main())
