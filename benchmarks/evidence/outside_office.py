"""Other people's office documents through the jail: how many come out, and whether they keep the words that are shown.

    python benchmarks/evidence/outside_office.py [--cache DIR] [--show]

Documents are the test files of published packages (`office_documents`): of Word, Excel, PowerPoint, LibreOffice,
OpenOffice, Lotus Symphony and other programs. What a reader sees LibreOffice says, which prints each as a PDF. Counted
as opened is a document of which it prints any words, be it no more than the name of an empty sheet and "Page 1"; ones
whose letters none of our faces has (Chinese, Japanese, Korean) are counted apart. So are the words of documents with a
chart, which is a note in ours. Exit code 1 while more than 3 % of the opened are refused, or less than 99 % of their
words are kept.
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
from office_documents import documents, fetch_documents

from scrubbers.sniff import sniff
from scrubbers.spawn import spawn_zygote
from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import Role
from trusted.jail.sandbox import Sandbox
from trusted.jail.stages import Kind, LettersMissing, Refused

MOST_REFUSED = 0.03
LEAST_KEPT = 0.99
PRINTING_SECONDS = 60
_AT_ONCE = 20  # documents that one LibreOffice prints
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
        copy = verified.clean.read()
    # What is no rich text in spite of its name is cleaned as the text that it is.
    flat = re.sub(r"\s+", "", text_of(copy) if verified.kind is Kind.PDF else copy.decode())
    missing = [word for word in expected if word not in flat]
    result.words, result.kept, result.missing = len(expected), len(expected) - len(missing), tuple(missing[:8])
    return result


async def clean_all(found: list[tuple[str, bytes]], shown: list[str]) -> list[Result]:
    """All of them, one after the other."""
    zygotes = [spawn_zygote(role) for role in Role]
    sandbox = Sandbox([channel for _, channel in zygotes])
    try:
        await sandbox.self_test(list(Role))
        return [await clean(sandbox, *one, text) for one, text in zip(found, shown, strict=True)]
    finally:
        sandbox.close()
        for process, _ in zygotes:
            process.wait(10)


def main() -> int:
    """Run and print; return 0 if the targets are met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/kallskydd/second-corpus")
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    fetch_documents(args.cache)
    found = documents(args.cache)
    results = asyncio.run(clean_all(found, printed(found)))
    opened = [one for one in results if one.opened and not one.foreign]
    refused = [one for one in opened if one.outcome != "clean"]
    judged = sorted((one for one in opened if not one.has_chart), key=lambda one: one.words)
    words, kept = sum(one.words for one in judged), sum(one.kept for one in judged)
    for one in results if args.show else ():
        if one.outcome != "clean" or one.missing:
            print(one.name, one.outcome, "chart" * one.has_chart, f"{one.kept}/{one.words}", *one.missing)
    print(f"{len(results)} office documents: {dict(Counter(one.outcome for one in results))}")
    share = 100 * len(refused) / len(opened)
    print(f"opened, with letters that we have: {len(opened)}; of these refused: {len(refused)} ({share:.1f} %)")
    print(f"why: {dict(Counter(one.outcome for one in refused))}")
    print(f"words kept: {kept} of {words} ({100 * kept / words:.2f} %), in {len(judged)} without a chart")
    shorter, kept_of_them = sum(one.words for one in judged[:-1]), sum(one.kept for one in judged[:-1])
    print(f"words kept without the longest of them: {100 * kept_of_them / shorter:.2f} %")
    return int(len(refused) > MOST_REFUSED * len(opened) or kept < LEAST_KEPT * words)


if __name__ == "__main__":
    sys.exit(main())
