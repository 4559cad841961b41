"""The first page, at the mirror and at the onion, and what leads on from it, as Chromium shows them on a telephone.

The mirror's pages are answered by a real mirror's application and shown from a shelf, as all pages are that are looked
at (browsers/shelf.py). Besides what every page is measured for, letters are twice as large here: the band stays low, and
nothing is wider than the screen.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from browsers.chromium import Chromium
from browsers.looks import CONTRAST, CONTRAST_LARGE, TARGET_PIXELS, axe, measure
from browsers.pages import Rendered, files_beside
from browsers.served import Served, example_home
from browsers.shelf import Collected, Shelf, address
from browsers.way import OnionWay
from networks.conftest_tor import SHORT_FOLDER_PREFIX
from networks.mirror_harness import NAME, Authority, opened_mirror
from visitors.intake_harness import Browser

from cases.languages import LANGUAGES

pytestmark = pytest.mark.live

WIDTH, HEIGHT = 360, 640
BAND_PIXELS = 96
PATHS = ("/", "/tor", "/voice")
NAMES = [f"{where} {path}" for where in ("mirror", "onion") for path in PATHS if (where, path) != ("onion", "/tor")]
TWICE_AS_LARGE = "document.documentElement.style.fontSize = '212.5%'; true"
BAND = "document.querySelector('.band').getBoundingClientRect().height"
# What has the look of the one way on.
STRONG = "[...document.querySelectorAll('.button:not(.second), button.main:not(.second)')].map((one) => one.innerText)"


@pytest.fixture(scope="module")
def collected():
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    made = example_home(folder / "home", settings=f'mirror = {{ name = "{NAME}" }}')
    with Served(folder, made) as served:
        pages = served.call(answered, served, folder)
        beside = {page.path: page for page in served.call(files_beside, served.desks)}
    yield Collected(tuple(pages), beside)
    shutil.rmtree(folder, ignore_errors=True)


async def answered(served: Served, folder: Path) -> list[Rendered]:
    """These pages in every language, at both entrances."""
    found = []
    async with opened_mirror(folder, served.desks.intake, Authority.new(folder / "authority")) as mirror:
        mirror.certify()
        for where, browser in (("mirror", mirror.browser()), ("onion", Browser(served.socket))):
            for path in (path for path in PATHS if f"{where} {path}" in NAMES):
                for language in LANGUAGES:
                    asked = f"{path}?lang={language}"
                    page = await browser.get(asked)
                    name = f"{where}{path.replace('/', '-')}"
                    found.append(Rendered(name, language, asked, page.status, page.headers, page.body))
    return found


@pytest.fixture(scope="module")
def telephone(collected):
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    with Shelf(folder, collected) as shelf, OnionWay(shelf.socket) as way, Chromium(way.port, scripts=True) as browser:
        browser.do("Page.setBypassCSP", enabled=True)
        browser.size(WIDTH, HEIGHT)
        yield browser
    shutil.rmtree(folder, ignore_errors=True)


def test_with_letters_twice_as_large_the_band_is_low_and_nothing_is_wider_than_the_screen(collected, telephone):
    wrong = {}
    for page in collected.pages:
        telephone.open(address(page))
        telephone.evaluate(TWICE_AS_LARGE)
        band, wide = telephone.evaluate(BAND), measure(telephone, "overflow()")
        if band > BAND_PIXELS or wide:
            wrong[page.name, page.language] = (band, wide)

    assert len(collected.pages) == len(NAMES) * len(LANGUAGES)
    assert wrong == {}


@pytest.mark.parametrize("how", [{}, {"dark": True}, {"forced": True}], ids=["light", "dark", "forced"])
def test_axe_finds_nothing_and_every_name_of_a_language_can_be_hit_with_a_thumb(collected, telephone, how):
    telephone.looks(**how)
    wrong = {}
    for page in collected.pages:
        if page.language in {"sv", "ar", "ti", "so"}:
            telephone.open(address(page))
            found = [
                *axe(telephone),
                *measure(telephone, f"targets({TARGET_PIXELS})"),
                *measure(telephone, "overflow()"),
            ]
            if "forced" not in how:
                found += measure(telephone, f"contrast({CONTRAST}, {CONTRAST_LARGE})")
            if found:
                wrong[page.name, page.language] = found

    assert wrong == {}


def test_one_button_of_each_page_is_strong_and_it_is_the_way_to_write(collected, telephone):
    telephone.looks()
    found = {}
    for page in collected.pages:
        if page.language == "sv":
            telephone.open(address(page))
            found[page.name] = telephone.evaluate(STRONG)

    assert set(map(tuple, found.values())) == {("Skriv en anmälan",)}
