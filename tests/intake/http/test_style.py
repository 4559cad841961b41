"""The style sheet as it is served: small, whole, and in the accent of the home wherever a colour is read."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from visitors.intake_harness import make_home, running_intake

from cases.colour import LEAST_CONTRAST, WHITE, channels, contrast
from intake.views.style import style_sheet
from kallskydd.poster import layout
from trusted.web.padding import SIZES

WRITTEN = files("intake").joinpath("static", "style.css").read_text("utf-8")
# White text on the last has 4.54 to 1: no paler one is taken.
ACCENTS = ["#7a1f3d", "#000000", "#0000ff", "#767676"]
GROUNDS = ("paper", "soft", "warn-soft", "bad-soft", "good-soft")


def colours(sheet):
    """The colours of the page in the light and in the dark; a later one takes the place of an earlier one."""
    light, dark = {}, {}
    for rule in re.finditer(
        r"(@media screen and \(prefers-color-scheme: ?dark\) ?\{\s*)?:root ?\{(.*?)\}", sheet, re.DOTALL
    ):
        found = {name: long_form(value) for name, value in re.findall(r"--([\w-]+): ?(#[0-9a-fA-F]+)", rule[2])}
        (dark if rule[1] else light).update(found)
    return light, {**light, **dark}


def long_form(colour):
    return colour if len(colour) == 7 else "#" + "".join(2 * digit for digit in colour[1:])


def rgb(colour):
    return tuple(round(255 * channel) for channel in colour)


def test_what_is_served_says_what_was_written_in_fewer_bytes():
    served = style_sheet(WRITTEN, None).decode()

    def gist(sheet):
        return re.sub(r"[\s;]", "", re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL))

    assert gist(served) == gist(WRITTEN)
    assert "/*" not in served
    assert "\n" not in served
    # Spaces that mean something are there: a pseudo-class of anything within, a sum, a query.
    for kept in (".band :focus-visible{", "50% - 21rem", "li + li", ":has(+ p)", "@media (max-width:26rem){"):
        assert kept in served
    assert len(served) < 0.9 * len(WRITTEN)
    assert len(WRITTEN) < 12_000


@pytest.mark.parametrize("accent", [None, *ACCENTS])
def test_links_and_buttons_can_be_read_on_every_ground_in_the_light_and_in_the_dark(accent):
    for mode in colours(style_sheet(WRITTEN, accent).decode()):
        assert all(contrast(mode["accent"], mode[ground]) >= 7 for ground in GROUNDS)
        assert contrast(mode["ink"], mode["warn-soft"]) >= 7
        assert contrast(mode["band"], WHITE) >= (7 if accent is None else LEAST_CONTRAST)


@pytest.mark.parametrize("accent", ACCENTS)
def test_the_band_has_the_accent_as_it_is_and_links_keep_it_where_it_can_be_read(accent):
    light, dark = colours(style_sheet(WRITTEN, accent).decode())

    assert light["band"] == dark["band"] == accent
    assert (light["accent"] == accent) == all(contrast(accent, light[ground]) >= 7 for ground in GROUNDS)
    assert dark["accent"] != accent


async def test_a_home_with_an_accent_serves_it_in_the_one_style_sheet_and_nowhere_else(tmp_path):
    made = make_home(tmp_path / "home", settings='accent = "#7a1f3d"\n')
    async with running_intake(tmp_path, made) as intake:
        style, page = [await intake.browser().get(path) for path in ("/style.css", "/")]

    assert "--band:#7a1f3d" in style.text
    assert style.travelled == SIZES[0]
    assert style.headers["cache-control"] == "max-age=86400"
    assert "7a1f3d" not in page.text
    assert not re.search(r"<style|style=", page.text)
    assert "style-src 'self';" in page.headers["content-security-policy"]


def test_the_pages_have_the_palette_of_the_poster():
    light, _dark = colours(WRITTEN)

    poster = {
        "band": layout.PETROL,
        "warn-soft": layout.SAND,
        "warn": layout.AMBER,
        "bad": layout.RED,
        "ink": layout.INK,
    }
    for name, colour in poster.items():
        assert rgb(colour) == channels(light[name])
