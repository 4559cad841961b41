"""Every page in every state, as Chromium shows it: accessibility, narrow screens, names, sizes, contrast, the keyboard.

The pages are those that the real service answered (browsers/pages.py). Each of them is measured in the four combinations
of narrow and wide, light and dark; at 1280 pixels 400 % zoom shows what 320 pixels show. axe, which takes most of the time,
judges each page by all of its rules in each combination, in one language; the measures, which see what goes by width and
scheme, look in all of them in every language. A page is loaded once and changed in place: that is what a telephone that is
turned, or an evening, does to it, and our style sheet has nothing that goes by how a page began.
"""

from __future__ import annotations

import itertools
import pprint
import time

import pytest
from browsers.chromium import Chromium
from browsers.conftest_browsers import LOOKED_AT
from browsers.looks import CONTRAST, CONTRAST_LARGE, HEIGHT, TARGET_PIXELS, axe, change, measure, names, show
from browsers.pages import Rendered
from browsers.shelf import ORIGIN, address

pytestmark = pytest.mark.live

NARROW, WIDE = 320, 1280
ZOOMED_HEIGHT = 256  # of 1024 pixels at 400 %
LONG = ("first", "report", "report-stopped-often", "receipt-files", "inbox-answered", "inbox-closed", "protect")
CHOICES = ("textbox", "combobox", "checkbox", "radio", "spinbutton", "searchbox")
FAULTY = """<!doctype html><html lang=en><head><title>x</title></head><body><a href="#main">past</a>
<img src=/icon.png><p style="color:#999;background:#fff">pale</p><input name=unlabelled style="outline:none">
<label>Shown<input aria-label=Otherwise></label><p style="width:500px">wide</p>
<a href=/x style="display:block;height:20px">low</a><button aria-label="Something else">Press</button></body></html>"""
# Wrong in one combination each: too wide when narrow, too pale in the dark.
FAULTY_AT_TIMES = """<!doctype html><html lang=en><head><title>x</title><style>
@media (max-width: 400px) { #wide { width: 500px } } @media (prefers-color-scheme: dark) { #pale { color: #999 } }
</style></head><body><main><h1>x</h1><p id=wide>wide</p><p id=pale style="background:#fff">pale</p></main></body></html>"""
COMBINATIONS = tuple(itertools.product((WIDE, NARROW), (False, True)))
JUDGED = {"sv": ((WIDE, False), (NARROW, True)), "fi": ((WIDE, True),), "ar": ((NARROW, False),)}


@pytest.fixture(scope="module")
def chromium(shelf_way):
    with Chromium(shelf_way.port, scripts=True) as browser:
        # Our pages forbid scripts; axe is one.
        browser.do("Page.setBypassCSP", enabled=True)
        yield browser


@pytest.fixture(scope="module")
def looked_at(collected, chromium):
    """What is wrong with each page in each combination, by what was looked for; each page is loaded once for all of it."""
    found: dict[str, dict[str, list[str]]] = {}
    for page in collected.pages:
        show(chromium, page)
        for width, dark in COMBINATIONS:
            change(chromium, width=width, dark=dark)
            judged = (width, dark) in JUDGED[page.language]
            for what, wrong in look(chromium, narrow=width == NARROW, judged=judged).items():
                where = f"{page.name} {page.language} {width} {'dark' if dark else 'light'}"
                found.setdefault(what, {})[where] = wrong
    return found


def look(browser: Chromium, *, narrow: bool, judged: bool) -> dict[str, list[str]]:
    return {
        "overflow": measure(browser, "overflow()"),
        "contrast": measure(browser, f"contrast({CONTRAST}, {CONTRAST_LARGE})"),
        **({"axe": axe(browser), "names": wrong_names(browser)} if judged else {}),
        **({"targets": measure(browser, f"targets({TARGET_PIXELS})")} if narrow else {}),
    }


def wrong_names(browser: Chromium) -> list[str]:
    """Names that are read aloud and do not stand on the page as the label, or the words, of anything.

    A button may be read with what it is about, which stands on the page as well: "Take back this file: Your file 2".
    """
    labels, words, text = measure(browser, "labels()"), measure(browser, "buttons()"), browser.text()
    fields = [name for name in names(browser, *CHOICES) if name not in labels]
    pressed = [name for name in names(browser, "button", "link") if name not in labels + words]
    parts = {name: name.partition(": ") for name in pressed}
    return fields + [
        name for name, (word, _, about) in parts.items() if not (word in words and about and about in text)
    ]


def of(collected, language: str) -> list[Rendered]:
    return [page for page in collected.pages if page.language == language]


def nothing(found: dict[str, list[str]]) -> None:
    """Fail with all that is wrong, and say that enough was looked at."""
    wrong = {where: faults for where, faults in found.items() if faults}
    assert not wrong, pprint.pformat(wrong, width=160)
    assert len(found) > 40


def test_there_are_pages_to_look_at(collected):
    by_language = {language: {page.name: page.status for page in of(collected, language)} for language in LOOKED_AT}

    assert all(len(found) > 40 for found in by_language.values())
    assert len({tuple(found.items()) for found in by_language.values()}) == 1
    assert [by_language["sv"][name] for name in ("first", "not-found", "wrong-host")] == [200, 404, 421]


def test_each_page_is_looked_at_in_each_language_and_combination(collected, looked_at):
    def every(combinations) -> set[str]:
        return {
            f"{page.name} {page.language} {width} {'dark' if dark else 'light'}"
            for page in collected.pages
            for width, dark in combinations[page.language]
        }

    assert set(looked_at["axe"]) == set(looked_at["names"]) == every(JUDGED)
    assert set(looked_at["contrast"]) == set(looked_at["overflow"]) == every(dict.fromkeys(LOOKED_AT, COMBINATIONS))
    assert {page.language for page in collected.pages} == set(LOOKED_AT)
    # Each combination is judged once.
    assert sorted(one for judged in JUDGED.values() for one in judged) == sorted(COMBINATIONS)


def test_axe_finds_nothing(looked_at):
    nothing(looked_at["axe"])


def test_nothing_is_wider_than_the_page(looked_at):
    nothing(looked_at["overflow"])


def test_every_target_is_large_enough_for_a_thumb(looked_at):
    nothing(looked_at["targets"])


def test_text_stands_out_from_its_ground_seven_to_one(looked_at):
    nothing(looked_at["contrast"])


def test_what_is_read_aloud_is_what_stands_beside_the_field(looked_at):
    nothing(looked_at["names"])


def test_axe_and_the_measures_see_what_is_wrong(chromium):
    write(chromium, FAULTY)
    change(chromium, width=NARROW, dark=False)

    found = " ".join(axe(chromium))

    assert all(rule in found for rule in ("image-alt", "color-contrast", "label", "region"))
    assert len(measure(chromium, "overflow()")) == 1
    assert any("pale" in wrong and "2.8:1" in wrong for wrong in measure(chromium, f"contrast({CONTRAST}, 4.5)"))
    assert any("low" in wrong for wrong in measure(chromium, f"targets({TARGET_PIXELS})"))
    assert wrong_names(chromium) == ["Otherwise", "Something else"]
    assert " ".join(walk(chromium)).count("not to be seen") == 1


def test_what_is_wrong_in_one_combination_alone_is_seen_in_that_one(chromium):
    write(chromium, FAULTY_AT_TIMES)

    found = {}
    for width, dark in COMBINATIONS:
        change(chromium, width=width, dark=dark)
        found[width, dark] = ("color-contrast" in " ".join(axe(chromium)), len(measure(chromium, "overflow()")))

    assert found == {
        (WIDE, False): (False, 0),
        (WIDE, True): (True, 0),
        (NARROW, False): (False, 1),
        (NARROW, True): (True, 1),
    }


@pytest.mark.parametrize("width", [360, 1366])
@pytest.mark.parametrize("language", ["sv", "en", "fi"])
def test_the_municipality_s_own_page_reads_well_with_its_pictures_and_sends_nothing(
    municipality, chromium, language, width
):
    chromium.size(width, HEIGHT)
    chromium.looks(dark=False)
    chromium.open(f"file://{municipality}/page-{language}.html")

    asked = chromium.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
    shown = chromium.evaluate("[...document.images].map((one) => one.naturalWidth > 200)")
    assert shown == [True, True]
    assert {one.rsplit("/", 1)[0] for one in asked} <= {f"file://{municipality}"}
    assert axe(chromium) == []
    assert measure(chromium, "overflow()") == []
    assert measure(chromium, f"contrast({CONTRAST}, {CONTRAST_LARGE})") == []
    assert measure(chromium, f"targets({TARGET_PIXELS})") == []


def write(browser: Chromium, page: str) -> None:
    """Show a page that nobody serves."""
    browser.open(f"{ORIGIN}/style.css")
    frame = browser.do("Page.getFrameTree")["frameTree"]["frame"]["id"]
    browser.do("Page.setDocumentContent", frameId=frame, html=page)


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_tab_goes_through_the_page_as_it_is_read_and_shows_where_it_is(collected, chromium, width):
    found = {}
    for page in of(collected, "sv"):
        show(chromium, page, width=width)
        # The page of the progress has nothing above it to go past.
        found[page.name] = walk(chromium, skips=page.name != "progress")

    nothing(found)


def walk(browser: Chromium, *, skips: bool = True) -> list[str]:
    """Press Tab through the page; what is wrong on the way."""
    settled(browser)
    measure(browser, "toTheTop()")
    expected, wrong, met = measure(browser, "stops()"), [], []
    for _ in expected:
        browser.key("Tab")
        at = measure(browser, "focus()")
        if at["tag"] in {"body", "html"}:
            break
        met.append(at)
        if not at["shown"]:
            wrong.append(f"the focus on {at['what']} is not to be seen")
        if not at["onScreen"]:
            wrong.append(f"{at['what']} has the focus and is not on the screen")
    if [at["place"] for at in met] != expected:
        wrong.append(f"Tab came to {[at['what'] for at in met]}, of {len(expected)} places")
    if skips and met and not met[0]["href"].startswith("#main"):
        wrong.append(f"the first is {met[0]['what']} and not the way past the head of the page")
    if skips and met and met[0]["height"] < TARGET_PIXELS:
        wrong.append(f"{met[0]['what']} is {met[0]['height']:.0f} high once it is shown")
    for one, other in itertools.pairwise(met[1:]):
        # A column is read to its end, and then the one beside it from the top.
        if other["bottom"] <= one["top"] and other["left"] < one["right"]:
            wrong.append(f"from {one['what']} Tab goes up to {other['what']}")
    return wrong


@pytest.mark.parametrize("language", ["sv", "ar"])
@pytest.mark.parametrize("height", [ZOOMED_HEIGHT, HEIGHT])
def test_the_way_out_stays_on_the_screen_and_lies_over_nothing_that_has_the_focus(
    collected, chromium, language, height
):
    found = {}
    for name in LONG:
        show(chromium, collected.named(name, language))
        chromium.size(NARROW, height)
        found[name] = to_and_fro(chromium)

    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def to_and_fro(browser: Chromium) -> list[str]:
    """Press Tab to the end, and Shift and Tab back again; what is wrong on the way."""
    settled(browser)
    measure(browser, "toTheTop()")
    wrong, met, back = [], [], False
    for _ in range(2 * len(measure(browser, "stops()"))):
        browser.key("Tab", shift=back)
        at = measure(browser, "focus()")
        if at["tag"] in {"body", "html"}:
            break
        if at["covered"]:
            wrong.append(f"{at['covered']} lies over {at['what']} {'on the way back' if back else ''}")
        if not measure(browser, "wayOut()"):
            wrong.append(f"at {at['what']} the way out is not at the top, or takes a quarter of the screen")
        back = back or len(met) + 1 == len(measure(browser, "stops()"))
        met.append(at["what"])
    if not back:
        wrong.append(f"Tab came no further than {met[-1:]}")
    return wrong


def test_the_heading_of_a_box_stands_within_it_and_cuts_no_edge(collected, chromium):
    # What was chosen stands open.
    show(chromium, collected.named("report-nobody-left", "sv"), width=NARROW)

    found = chromium.evaluate("""[...document.querySelectorAll("fieldset")].map((box) =>
      box.querySelector("legend").getBoundingClientRect().top - box.getBoundingClientRect().top)""")

    assert len(found) == 1
    assert min(found) > 4


def test_a_text_from_left_to_right_begins_at_its_own_side_and_keeps_away_from_the_bar(collected, chromium):
    show(chromium, collected.named("inbox-answered", "ar"), width=NARROW)

    found = chromium.evaluate("""[...document.querySelectorAll(".entries .written")].map((text) => {
      const words = document.createRange();
      words.selectNodeContents(text);
      const [line, box, entry] = [words.getClientRects()[0], text.getBoundingClientRect(), text.closest("li").getBoundingClientRect()];
      return [line.left - box.left, entry.right - box.right];
    })""")

    assert len(found) >= 3
    assert all(abs(from_its_side) < 1 and from_the_bar > 15 for from_its_side, from_the_bar in found), found


def settled(browser: Chromium) -> None:
    """Wait until what asks for the focus has it, which is once the page has been painted."""
    deadline = time.monotonic() + 10
    while browser.has("[autofocus]:not(:focus)") and time.monotonic() < deadline:
        time.sleep(0.02)


def test_after_an_error_the_focus_is_on_what_is_wrong(collected, chromium):
    with_error = [page for page in collected.pages if page.status == 400 and b'id="notice"' in page.body]

    found = {}
    for page in with_error:
        show(chromium, page)
        settled(chromium)
        at = measure(chromium, "focus()")
        found[f"{page.name} {page.language}"] = at["what"] if at["id"] != "notice" else ""

    assert {page: focus for page, focus in found.items() if focus} == {}
    assert {page.name for page in with_error} >= {
        "report-empty",
        "report-refused",
        "report-hold-gone",
        "return-count",
        "inbox-empty-message",
    }


def test_the_first_page_asks_for_nothing_but_its_style_and_at_most_one_picture(collected, chromium, shelf_way):
    first = collected.named("first", "sv")
    chromium.do("Network.enable")
    chromium.do("Network.clearBrowserCache")
    chromium.do("Network.setCacheDisabled", cacheDisabled=True)
    chromium.open("about:blank")
    shelf_way.forget()

    show(chromium, first)
    chromium.picture()

    asked = [path for _method, path in shelf_way.requests]
    assert asked[0] == address(first).removeprefix(ORIGIN)
    assert asked.count("/style.css") == 1
    assert len(asked) <= 3
    assert [path for path in asked[1:] if path not in collected.beside] == []


def test_the_first_page_is_small_before_it_is_padded(collected):
    for language in LOOKED_AT:
        body = collected.named("first", language).body.rstrip()
        written = body[: body.rindex(b"<!--")] if body.endswith(b"-->") else body

        assert 1000 < len(written) < 14_000
