"""Two documents that look the same and differ in what nobody sees: their clean copies are the same, byte for byte."""

from __future__ import annotations

import asyncio

import pypdfium2
import pytest
from documents.pairs import PAYLOADS
from documents.second_pairs import ALL_PAIRS, REMAINS
from files.scrub_harness import clean_all
from PIL import ImageChops

from scrubbers.jailed.pdf.bitmap import SEEN_FROM
from trusted.jail.protocol import Role

# Of all that `make corpus` cleans every fifth, so some of each sort.
SHARE = dict(list(ALL_PAIRS.items())[::5])


@pytest.fixture(scope="module")
def cleaned() -> dict[str, tuple[bytes, bytes]]:
    sources = [make(payload) for make in SHARE.values() for payload in PAYLOADS]
    contents = [content for _, content, _, _ in asyncio.run(clean_all(sources, [Role.DOCUMENTS]))]
    return dict(zip(SHARE, zip(contents[::2], contents[1::2], strict=True), strict=True))


@pytest.mark.parametrize("name", SHARE)
def test_a_pair_differs_and_nobody_sees_it(name) -> None:
    one, other = (ALL_PAIRS[name](payload) for payload in PAYLOADS)

    # At reading distance, softened by a pixel: letters of one point leave a grey line.
    pages = [pypdfium2.PdfDocument(each)[0].render(scale=1).to_pil() for each in (one, other)]
    drawn = [page.convert("RGB").reduce(2) for page in pages]
    assert one != other
    assert max(high for _, high in ImageChops.difference(*drawn).getextrema()) < SEEN_FROM


@pytest.mark.parametrize("name", [name for name in SHARE if name not in REMAINS])
def test_the_clean_copies_of_a_pair_are_equal(cleaned, name) -> None:
    one, other = cleaned[name]

    assert one == other


def test_few_pairs_remain_and_none_of_them_can_be_read(cleaned) -> None:
    remains = REMAINS & SHARE.keys()
    assert len(ALL_PAIRS) >= 100
    assert len(REMAINS) <= 0.05 * len(ALL_PAIRS)
    for name in remains:
        for content, payload in zip(cleaned[name], PAYLOADS, strict=True):
            page = pypdfium2.PdfDocument(content)[0]
            assert payload.decode() not in page.get_textpage().get_text_bounded()
            assert payload not in content
