"""What the pages say at the mirror: that it is without Tor, who can see what, and how to go on over Tor."""

from __future__ import annotations

import io
import re
from importlib.resources import files

from documents.poster_samples import read_codes
from networks.mirror_harness import SETTINGS, running_mirror
from PIL import Image
from visitors.intake_harness import PUBLIC_HOST, file_report, log_in, make_home, running_intake, words_asked

from cases.home import read_home
from cases.languages import LANGUAGES
from intake.app import MIRROR_ROUTES, ROUTES
from intake.views.information_index import INFORMATION_PAGES, TOR_PAGE
from intake.views.languages import read_texts
from intake.views.texts_mirror import AT_MIRROR
from trusted.web.padding import SIZES

ONION = f"http://{PUBLIC_HOST}"
EVERY_LANGUAGE = f"languages = {list(LANGUAGES)}\n"
# Those whose page is the same for all who ask, and whoever asks first.
PUBLIC = ["/", "/report/answer", "/return", "/leave", "/nowhere", *(page.path for page in INFORMATION_PAGES)]
WITHOUT_TOR = "You are here without Tor."
WHO_CAN_SEE = next(english for english in AT_MIRROR.values() if english.startswith("Your network and the server"))
PRIVATE_WINDOW = "Use a private window."
SAFER = "Safer: Tor Browser, a free web browser"


def every_language(folder):
    return make_home(folder / "home", settings=EVERY_LANGUAGE + SETTINGS)


def said_in(code):
    """The sentences of a language, by their English."""
    texts = read_texts(files("intake").joinpath("locale"), code)
    return lambda english: texts.get(english, english)


def without_handles(page):
    """What differs between two askings: the numbers of forms. The filling makes up for nothing then."""
    return re.sub(
        r'value="[^" ]{16,}"|/progress/[0-9a-f]+|name="[0-9a-f]{32}"', "", re.sub(r"<!-- *-->", "", page.text)
    )


async def test_the_first_page_says_above_all_else_who_can_see_what_and_the_way_on_over_tor(tmp_path):
    async with running_mirror(tmp_path, made=every_language(tmp_path)) as mirror:
        pages = {code: await mirror.browser().get(f"/?lang={code}") for code in LANGUAGES}

    for code, page in pages.items():
        say = said_in(code)
        before, after = page.text.split('<section class="before"')
        # As a caveat, in its colour.
        caveat = before.split('<div class="notice warn"')[1]
        for english in (WITHOUT_TOR, WHO_CAN_SEE, PRIVATE_WINDOW):
            assert say(english) in caveat
        assert f'<a href="/tor?lang={code}">{say(SAFER)}</a>' in caveat
        assert len(re.sub(r"<!-- *-->", "", page.text).encode()) < 14_000
        assert code == "en" or say(WITHOUT_TOR) != WITHOUT_TOR
        # Among what protects the reader, too, and there first.
        links = re.findall(r'<li><a href="(/[a-z]+)', after)
        assert links[links.index("/tor") + 1] == "/protect"
        assert [link for link in links if link != "/tor"] == [page.path for page in INFORMATION_PAGES]


BROWSERS_SAY = {
    "fi": "fi",
    "en-GB,en;q=0.9": "en",
    "de-DE,de;q=0.9,so;q=0.8,sv;q=0.7": "so",
    "FA-ir": "fa",
    "": "sv",
    "*": "sv",
    "xx, ;q=1,,": "sv",
}


async def test_the_language_of_the_browser_chooses_the_first_page_of_the_mirror_and_nothing_else(tmp_path):
    async with running_mirror(tmp_path, made=every_language(tmp_path)) as mirror:
        browser, onion = mirror.browser(), mirror.intake.browser()
        for said, code in BROWSERS_SAY.items():
            header = {"Accept-Language": said}
            page = await browser.get("/", header)
            assert f'<html lang="{code}"' in page.text
            # Not to that language at the onion: who goes on there has Tor Browser, which says English for everybody.
            assert page.headers["onion-location"] == f"{ONION}/"
            # Whatever the address says comes first, the home's first language too.
            for asked in ("sv", "ar"):
                assert f'<html lang="{asked}"' in (await browser.get(f"/?lang={asked}", header)).text
            assert '<html lang="sv"' in (await browser.get("/?lang=none", header)).text
            for path in ("/report", "/return", "/tor", "/law"):
                assert '<html lang="sv"' in (await browser.get(path, header)).text
            # The onion does not read it.
            assert without_handles(await onion.get("/", header)) == without_handles(await onion.get("/"))


async def test_from_the_first_page_of_the_mirror_every_link_names_its_language_so_that_the_browser_chooses_once(
    tmp_path,
):
    async with running_mirror(tmp_path, made=every_language(tmp_path)) as mirror:
        pages = {code: await mirror.browser().get("/", {"Accept-Language": code}) for code in LANGUAGES}
        again = await mirror.browser().get("/")

    for code, page in pages.items():
        links = set(re.findall(r'<a[^>]* href="(/[^"]*)"', page.text))
        assert f"/report?lang={code}" in links
        assert {link for link in links if "?lang=" not in link} == set()
        # Each of the others can be chosen, the first too.
        assert {f"/?lang={other}" for other in LANGUAGES if other != code} <= links
    # And the one before is not remembered.
    assert '<html lang="sv"' in again.text


async def test_the_page_about_tor_gives_the_onion_as_text_and_as_a_code_and_as_no_link(tmp_path):
    async with running_mirror(tmp_path, made=every_language(tmp_path)) as mirror:
        pages = {code: await mirror.browser().get(f"/tor?lang={code}") for code in LANGUAGES}
        code = await mirror.browser().get("/tor.png")

    picture = Image.open(io.BytesIO(code.body.rstrip(b" ")), formats=["PNG"])
    assert read_codes(picture.convert("L")) == [ONION]
    assert code.headers["content-type"] == "image/png"
    for language, page in pages.items():
        say = said_in(language)
        assert f'<code class="copy" dir="ltr" translate="no">{ONION}</code>' in page.text
        assert (
            f'<img src="/tor.png" width="{picture.width}" height="{picture.height}" alt="{say("The same address as a QR code")}">'
            in page.text
        )
        assert (
            say("It works both here and over Tor: you can report one way and read the answer the other way.")
            in page.plain
        )
        assert (
            say("Its history remembers this address. Use a private window here, and clear the history afterwards.")
            in page.plain
        )
        assert "img-src 'self'" in page.headers["content-security-policy"]
        # In the language that was asked for, also where the other pages of information come in English.
        assert '<main id="main" tabindex="-1">' in page.text
        assert "Tor" in re.search("<title>(.*?)</title>", page.text)[1]


async def test_the_picture_holds_the_code_and_nothing_else_and_is_the_same_at_each_start(tmp_path):
    pictures = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        async with running_mirror(folder) as mirror:
            pictures.append((await mirror.browser().get("/tor.png")).body)

    chunks = re.findall(rb"(IHDR|PLTE|IDAT|IEND|tEXt|zTXt|iTXt|tIME|pHYs|eXIf)", pictures[0])
    assert pictures[0] == pictures[1]
    assert set(chunks) <= {b"IHDR", b"PLTE", b"IDAT", b"IEND"}


async def test_no_page_at_the_mirror_links_to_the_onion_or_to_another_site(tmp_path):
    async with running_mirror(tmp_path, made=every_language(tmp_path)) as mirror:
        pages = [await mirror.browser().get(f"{path}?lang=en") for path in (*PUBLIC, "/report", "/tor")]

    led_to = {link for page in pages for link in re.findall(r'(?:href|src|action)="([^"]*)"', page.text)}
    # The icon is none at all, and so nothing that is fetched on a first visit alone.
    assert [link for link in led_to if not link.startswith(("/", "#"))] == ["data:,"]


async def test_what_is_at_the_mirror_alone_has_its_headers_and_is_named_by_the_onions_first_page(tmp_path):
    async with running_mirror(tmp_path) as mirror:
        pages = {path: await mirror.browser().get(path) for path in ("/tor", "/tor?lang=en", "/tor.png")}

    for page in pages.values():
        assert page.status == 200
        assert page.headers["strict-transport-security"] == "max-age=31536000"
        assert page.headers["x-robots-tag"] == "noindex"
        assert page.headers["cache-control"] == "no-store"
        assert page.travelled in SIZES
    # The onion has no page about how to come there.
    assert pages["/tor"].headers["onion-location"] == f"{ONION}/"
    assert pages["/tor?lang=en"].headers["onion-location"] == f"{ONION}/?lang=en"
    assert "onion-location" not in pages["/tor.png"].headers


async def test_the_onion_has_nothing_of_the_mirrors_and_not_a_byte_changes_there(tmp_path):
    made = make_home(tmp_path / "home")
    paths = [f"{path}?lang={code}" for code in ("sv", "en") for path in (*PUBLIC, "/report")]
    async with running_intake(tmp_path, made) as intake:
        alone = [await intake.browser().get(path) for path in paths]
    config = tmp_path / "home" / "config.toml"
    config.write_text(config.read_text() + SETTINGS)
    made.home = read_home(tmp_path / "home")
    async with running_mirror(tmp_path, made=made) as mirror:
        there = [await mirror.browser().get(path) for path in paths]
        beside = [await mirror.intake.browser().get(path) for path in paths]
        only_there = [await mirror.intake.browser().get(path) for _method, path, _handler in MIRROR_ROUTES]

    assert [without_handles(page) for page in beside] == [without_handles(page) for page in alone]
    assert [page.headers for page in beside] == [page.headers for page in alone]
    assert [without_handles(page) for page in there] != [without_handles(page) for page in alone]
    for page in beside:
        assert "/tor" not in page.text
        assert WITHOUT_TOR not in page.plain
        assert said_in("sv")(WITHOUT_TOR) not in page.plain
    assert [page.status for page in only_there] == [404, 404]
    assert not {path for _method, path, _handler in MIRROR_ROUTES} & {path for _method, path, _handler in ROUTES}


async def test_what_would_be_untrue_or_useless_at_the_mirror_is_said_otherwise_there_in_a_whole_visit(tmp_path):
    made = make_home(tmp_path / "home", settings='languages = ["en"]\n' + SETTINGS)
    async with running_mirror(tmp_path, made=made) as mirror:
        browser = mirror.browser()
        pages = [await browser.get(path) for path in (*PUBLIC, "/report", "/tor")]
        received = await file_report(browser, "Planted words")
        right = await browser.post("/receipt/check", received.form("/receipt/check").with_(word=words_asked(received)))
        inbox = await log_in(browser, received.receipt)
        left = await browser.post("/inbox/leave", inbox.form("/inbox/leave").fields)
        pages += [received, right, inbox, left]

    # Here it is said beside what to do in another browser.
    both = "Close the tab. In Tor Browser, choose New Identity. In another browser, clear its history."
    said = "\n".join(page.plain for page in pages)
    assert both in said
    said = said.replace(both, "")
    assert [english for english in AT_MIRROR if english in said] == []
    assert "New Identity" not in said
    assert "No scripts: turn them off in the browser's settings." in said
    assert AT_MIRROR["In Tor Browser, choose New Identity."] in said
    assert AT_MIRROR["Close the tab. In Tor Browser, choose New Identity."] in said
    assert "Somebody with a false certificate can pass for this website" in said
    assert said.count(WHO_CAN_SEE) == 2  # the first page and the one of what cannot be protected


def test_what_is_said_otherwise_is_said_somewhere():
    # Each language has all sentences that are said (test_reporter_texts.py), so one that it lacks is said no more.
    swedish = read_texts(files("intake").joinpath("locale"), "sv")

    assert [english for english in AT_MIRROR if english not in swedish] == []
    assert TOR_PAGE.label in swedish
