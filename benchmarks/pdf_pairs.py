"""All pairs of documents that look the same through the jail: which of them have clean copies that differ?

    make corpus                       after other people's files; alone: python benchmarks/pdf_pairs.py

The pairs, and those that are known to come through, are in tests/support/documents; `make test` cleans every fifth.
Exit code 1 when another one comes through, or the payload of any can be read in its clean copy.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pypdfium2

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from documents.pairs import PAYLOADS
from documents.second_pairs import ALL_PAIRS, REMAINS
from files.scrub_harness import clean_all

from trusted.jail.protocol import Role


def is_readable(content: bytes, payload: bytes) -> bool:
    text = pypdfium2.PdfDocument(content)[0].get_textpage().get_text_bounded()
    return payload in content or payload.decode() in text


def main() -> int:
    sources = [make(payload) for make in ALL_PAIRS.values() for payload in PAYLOADS]
    contents = [content for _, content, _, _ in asyncio.run(clean_all(sources, [Role.DOCUMENTS]))]
    pairs = dict(zip(ALL_PAIRS, zip(contents[::2], contents[1::2], strict=True), strict=True))
    differ = {name for name, (one, other) in pairs.items() if one != other}
    readable = [name for name, both in pairs.items() if any(map(is_readable, both, PAYLOADS))]
    print(f"{len(pairs)} pairs, {len(differ)} of them differ when clean, {len(readable)} can be read")
    for name in sorted(differ - REMAINS):
        print(f"comes through: {name}")
    for name in readable:
        print(f"can be read: {name}")
    return 1 if differ - REMAINS or readable else 0


if __name__ == "__main__":
    sys.exit(main())
