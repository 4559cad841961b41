"""Documents that look the same and say different words: no word comes out that their shapes do not show."""

from __future__ import annotations

import asyncio
import subprocess

import pytest
from documents.untrue_texts import PIXELS, UNTRUE
from files.scrub_harness import became_pictures, clean_all

from trusted.jail.protocol import Role

SAID = "KANRIDSLW"
SOURCES = {
    f"{name}{as_pixels}": make(SAID, more)
    for name, make in UNTRUE.items()
    for as_pixels, more in (("", b""), (", as pixels", PIXELS))
}


@pytest.fixture(scope="module")
def cleaned():
    results = asyncio.run(clean_all(list(SOURCES.values()), [Role.DOCUMENTS]))
    return {name: (content, report) for name, (_, content, _, report) in zip(SOURCES, results, strict=True)}


def read(content: bytes, folder) -> str:
    """What poppler reads, which made nothing of it."""
    (folder / "read.pdf").write_bytes(content)
    return subprocess.run(["pdftotext", folder / "read.pdf", "-"], capture_output=True, check=True, text=True).stdout


@pytest.mark.parametrize("name", SOURCES)
def test_no_word_comes_out_that_no_shape_shows(cleaned, tmp_path, name) -> None:
    content, report = cleaned[name]

    said = read(content, tmp_path)
    assert SAID in read(SOURCES[name], tmp_path)
    assert "Kommunens upphandling gjordes utan anbud" in said
    assert not [SAID[at : at + 2] for at in range(len(SAID) - 1) if SAID[at : at + 2] in said]
    assert became_pictures(report) or not name.endswith("pixels")
