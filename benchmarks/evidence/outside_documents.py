"""Other people's e-mails and office documents through the jail: how many come out, and do they keep the words shown?

    python benchmarks/evidence/outside_documents.py [--only e-mails|office] [--cache DIR] [--show]

They are the test files of published packages, fetched by name and hash: saved e-mails with pip as those of
`second_corpus`, documents of Word, Excel, PowerPoint, LibreOffice, OpenOffice, Lotus Symphony and other programs as
`office_documents` says. What a reader sees of a message in HTML Chromium says (the innerText of the page, with nothing
fetched), of a message in text the email module of Python; of an office document LibreOffice, which prints it as a PDF.

Counted as opened is what these find any words in, be it no more than the name of an empty sheet and "Page 1"; ones
whose letters none of our faces has (Chinese, Japanese, Korean) are counted apart. So are documents with a chart, which
is a note in ours, and words in the head of another message that a text quotes, as bounces do: a reader of mail is not
shown them so, and our copy keeps From, To, Cc, Date and Subject of them. Exit code 1 while more than 3 % of the opened
are refused, less than 99 % of the other words are kept, or a line of a head that nobody sees is in a copy.
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
from email import message_from_bytes, policy
from html import unescape
from pathlib import Path

import pypdfium2

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from office_documents import documents, fetch_documents
from second_corpus_files import fetch, named

from scrubbers.message_head import COMPOUND
from scrubbers.sniff import first_inside, sniff
from scrubbers.spawn import spawn_zygote
from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import HEAD_BYTES, Role
from trusted.jail.sandbox import Sandbox
from trusted.jail.stages import Kind, LettersMissing, Refused, SniffedArchive, TextUnreadable

# Bounces of some eighty mail servers; messages of a dozen mail programs; spam; and what broke readers of mail.
MAIL_PACKAGES = (
    ("django-mailbox", "4.10.1", "9060a4ddc81d16aa699e266649c12eaf4f29671b5266352e2fad3043a6832b52"),
    ("flufl-bounce", "6.0.0", "a1df16b9d1877ae4536f7d76c00d8421fcefbe694f80f5285d05c45a2547b1bc"),
    ("mail-parser", "4.8.0", "602e659b159652d378b0f9cce2d682bee692bedae72687786e2b2e52eaeb9afc"),
    ("mailman", "3.3.10", "0de478fcf326f25d931938c3744e61c5cd67596b46e5b1e3bb2abf99d5445632"),
    ("talon", "1.4.4", "263d122609747691e9f75726ea565f5da8a40146a7a81eb5883e51b8224b0e5c"),
)
MOST_REFUSED = 0.03
LEAST_KEPT = 0.99
PRINTING_SECONDS = 60
_AT_ONCE = 20  # documents that one LibreOffice prints
_MESSAGE = re.compile(r"\.eml$|/mails/[^/]+$|bounce-[^/]+/tests/data/[^/]+\.txt$")
_CHART = re.compile(r"/charts?/|^Object \d+/")
_FOREIGN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_HEAD_LINES = re.compile(
    r"^[> \t]*(?:Received|Message-ID|DKIM-Signature|X-Mailer|User-Agent): (\S.{20,60})", re.MULTILINE | re.IGNORECASE
)
_QUOTED_FIELDS = re.compile(r"^[> \t]*[A-Za-z][\w-]*:[ \t].*(?:\n[> ]*[ \t]+\S.*)*", re.MULTILINE)
# White words are left out, for innerText does not say what is behind them: spam hides words so.
_JUDGED = """<script>addEventListener('load', () => {
for (const one of document.querySelectorAll('*')) if (getComputedStyle(one).color == 'rgb(255, 255, 255)') one.remove();
document.documentElement.textContent = document.body.innerText})</script>"""


@dataclass
class Result:
    """A file, the words that a reader sees of it, and what became of it; `hidden` are lines that nobody may see."""

    name: str
    content: bytes
    words: list[str]
    is_message: bool = False
    has_chart: bool = False
    quoted: int = 0
    hidden: tuple[str, ...] = ()
    outcome: str = "clean"
    foreign: bool = False
    missing: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def kept(self) -> int:
        return len(self.words) - len(self.missing)


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def text_of(document: bytes) -> str:
    """Return the text of a PDF as another program reads it."""
    return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(document))


def message(name: str, content: bytes) -> Result:
    whole = seen(content)
    expected = words_of(without_heads(whole))
    # Those of heads in the text, too: a reader of mail is shown none of them.
    hidden = tuple(re.sub(r"\s+", "", line) for line in _HEAD_LINES.findall(content.decode("latin-1")))
    quoted = len(words_of(whole)) - len(expected)
    return Result(name, content, expected, is_message=True, quoted=quoted, hidden=hidden)


def seen(content: bytes) -> str:
    """Return what a reader sees of the body, as another program says; empty where it finds none."""
    if content.startswith(COMPOUND):
        return ""
    try:
        body = message_from_bytes(content, policy=policy.default).get_body(("html", "plain"))
        text = body.get_content() if body is not None else ""
    except (LookupError, ValueError, TypeError, AttributeError):
        return ""
    if body is None or body.get_content_type() != "text/html":
        return text
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text('<meta charset="utf-8">' + _JUDGED + text, "utf-8", "replace")
        said = subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND",
             f"--user-data-dir={folder}/profile", "--timeout=5000", "--dump-dom", page.as_uri()],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    return unescape(re.sub(r"<[^>]*>", " ", said.stdout))


def without_heads(text: str) -> str:
    """Return a text without the heads of other messages in it."""
    blocks = re.split(r"(\r?\n[> \t]*\r?\n)", text)
    return "".join(_QUOTED_FIELDS.sub("", block) if _HEAD_LINES.search(block) else block for block in blocks)


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


async def clean(sandbox: Sandbox, result: Result) -> None:
    """Send one file through the jail, and judge the document that it becomes."""
    result.foreign = bool(_FOREIGN.search(" ".join(result.words)))
    file = MemoryFile()
    file.write(result.content)
    try:
        if result.is_message:
            if first_inside(result.content[:HEAD_BYTES]) != 0:
                result.outcome, result.words = "no message", []
                return
            file, *others = await sandbox.unpack(SniffedArchive(file))
            for other in others:
                other.close()
        verified = await sandbox.verify(await sandbox.scrub(sniff(file)))
    except Refused as refused:
        result.outcome = type(refused).__name__
        result.foreign |= isinstance(refused, LettersMissing) or (
            result.is_message and isinstance(refused, TextUnreadable) and not result.content.isascii()
        )
        return
    with verified.clean, verified.preview:
        copy = verified.clean.read()
    # What is no rich text in spite of its name is cleaned as the text that it is.
    flat = re.sub(r"\s+", "", text_of(copy) if verified.kind is Kind.PDF else copy.decode())
    result.missing = tuple(word for word in result.words if word not in flat)
    result.left = tuple(line for line in result.hidden if line in flat)


async def clean_all(results: list[Result]) -> None:
    """All of them, one after the other."""
    zygotes = [spawn_zygote(role) for role in Role]
    sandbox = Sandbox([channel for _, channel in zygotes])
    try:
        await sandbox.self_test(list(Role))
        for result in results:
            await clean(sandbox, result)
    finally:
        sandbox.close()
        for process, _ in zygotes:
            process.wait(10)


def told(what: str, results: list[Result], *, everything: bool) -> bool:
    """Print what became of them; return whether the targets are met."""
    opened = [one for one in results if one.words and not one.foreign]
    refused = [one for one in opened if one.outcome != "clean"]
    judged = [one for one in opened if one.outcome == "clean" and not one.has_chart]
    words, kept = sum(len(one.words) for one in judged), sum(one.kept for one in judged)
    left = [one for one in results if one.left]
    for one in results if everything else ():
        if one.outcome != "clean" or one.missing or one.left:
            counted = f"{one.kept}/{len(one.words)}"
            print(one.name, one.outcome, "chart" * one.has_chart, counted, *one.missing[:8], *one.left)
    print(f"{len(results)} {what}: {dict(Counter(one.outcome for one in results))}")
    share = 100 * len(refused) / len(opened)
    print(f"opened, with letters that we have: {len(opened)}; of these refused: {len(refused)} ({share:.1f} %)")
    print(f"why: {dict(Counter(one.outcome for one in refused))}")
    print(f"words kept: {kept} of {words} ({100 * kept / words:.2f} %), in {len(judged)} without a chart")
    print(f"words of heads that texts quote: {sum(one.quoted for one in results if one.outcome == 'clean')}")
    print(f"with a line of a head that nobody sees: {len(left)}")
    return len(refused) <= MOST_REFUSED * len(opened) and kept >= LEAST_KEPT * words and not left


def e_mails(cache: Path) -> list[Result]:
    fetch(cache, MAIL_PACKAGES)
    return [message(*one) for one in named(cache, MAIL_PACKAGES, _MESSAGE)]


def office(cache: Path) -> list[Result]:
    fetch_documents(cache)
    found = documents(cache)
    texts = printed(found)
    return [Result(*one, words_of(text), has_chart=has_chart(one[1])) for one, text in zip(found, texts, strict=True)]


def main() -> int:
    """Run and print; return 0 if the targets are met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sources = {"e-mails": e_mails, "office": office}
    parser.add_argument("--only", choices=list(sources), action="append")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/kallskydd/second-corpus")
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    good = True
    for what in args.only or list(sources):
        results = sources[what](args.cache)
        asyncio.run(clean_all(results))
        good &= told(what, results, everything=args.show)
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
