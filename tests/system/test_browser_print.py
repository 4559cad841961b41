"""What comes on paper from the pages that show a case code: eight words, and nothing that says what they are.

Printed by the browsers themselves, with the name, address and day that they write at the edges where there is room.
"""

from __future__ import annotations

import re

import pypdfium2
import pytest
from browsers.chromium import Chromium
from browsers.firefox import Firefox
from browsers.pages import Rendered
from browsers.person import Person
from browsers.shelf import address

pytestmark = pytest.mark.live

# Complete and not reviewed; from left and from right.
PRINTED_IN = ("sv", "ar")
WITH_A_CODE = ("receipt", "receipt-not-sent-again", "receipt-wrong-words", "inbox-new-code", "inbox-new-code-wrong")
BROWSERS = {
    "firefox, scripts on": lambda socks: Firefox(socks, safest=False),
    "firefox, safest": Firefox,
    "chromium, scripts on": lambda socks: Chromium(socks, scripts=True),
    "chromium, scripts off": Chromium,
}


@pytest.fixture(scope="module", params=BROWSERS.values(), ids=BROWSERS)
def person(request, shelf_way):
    with request.param(shelf_way.port) as one:
        yield one


def sheets(person: Person, page: Rendered) -> list[str]:
    """The text of each sheet of paper."""
    person.open(address(page))
    document = pypdfium2.PdfDocument(person.printed())
    texts = [sheet.get_textpage().get_text_range() for sheet in document]
    document.close()
    return [" ".join(text.split()) for text in texts]


def words_numbered(page: Rendered) -> str:
    section = page.body.decode().split('<section class="code"')[1].split("</section>")[0]
    words = re.findall(r"<bdi>([a-z]+)</bdi>", section)
    return " ".join(f"{number}. {word}" for number, word in enumerate(words, start=1))


def test_every_page_with_a_code_is_printed_here(collected):
    found = {page.name for page in collected.pages if b'class="code"' in page.body}

    assert found == set(WITH_A_CODE)


def test_on_paper_stand_eight_words_and_nothing_else(collected, person):
    found, expected = {}, {}
    for page in collected.pages:
        if page.name in WITH_A_CODE and page.language in PRINTED_IN:
            found[page.name, page.language] = sheets(person, page)
            expected[page.name, page.language] = [words_numbered(page)]

    assert len(found) == len(WITH_A_CODE) * len(PRINTED_IN)
    assert found == expected


def test_what_a_browser_writes_at_the_edges_is_seen(collected, person):
    """On any other page it stands there, so its absence from the paper with the code means something."""
    (first, *_) = sheets(person, collected.named("left-inbox", "sv"))

    assert "http://" in first
