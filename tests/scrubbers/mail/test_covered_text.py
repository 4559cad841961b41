"""A box over a name: Chromium shows that nobody can read it, and the page is refused. What covers nothing comes out."""

from __future__ import annotations

import io

import pytest
from browsers.chromium import Chromium
from files.messages import as_is
from files.office_jail import cleaned, text_of
from PIL import Image, ImageChops

from trusted.jail.stages import Email

DOT = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGD4DwABBAEAX+XDSwAAAABJRU5ErkJggg=="
BOX = "width:300px;height:60px;background:#000"
# Each stands around or behind a name, NAME.
COVERS = {
    "a box on a place of its own": f"<p>NAME</p><div style='position:absolute;left:0;top:0;{BOX}'></div>",
    "one that no offset moves": f"<div style='position:absolute;{BOX}'></div><p style='margin:0'>NAME</p>",
    "one in a class": f"<style>.b{{position:fixed;top:0;left:0;{BOX}}}</style><p>NAME</p><i class=b></i>",
    "one inside what is moved": f"<p>NAME</p><div style='position:absolute;top:0;left:0'><div style='{BOX}'></div></div>",
    "one that is pulled up": f"<p>NAME</p><div style='margin-top:-60px;position:relative;{BOX}'></div>",
    "one that is moved": f"<p>NAME</p><div style='transform:translateY(-60px);{BOX}'></div>",
    "one that is made larger": "<p>NAME</p><div style='transform:scale(9);width:300px;height:20px;background:#000'></div>",
    "one larger than its place": f"<div style='position:relative;height:0'><div style='{BOX}'></div></div><p>NAME</p>",
    "one in a layer": f"<div style='isolation:isolate;height:0'><div style='{BOX}'></div></div><p>NAME</p>",
    "one in the same cell": f"<div style='display:grid'><b style='grid-area:1/1'>NAME</b><i style='grid-area:1/1;{BOX}'></i></div>",
    "one that a style sheet makes": f"<style>p::after{{content:'';position:absolute;top:0;left:0;{BOX}}}</style><p>NAME</p>",
    "a picture": f"<p>NAME</p><img src='{DOT}' style='position:absolute;top:0;left:0;width:300px;height:60px'>",
    "a frame": "<p>NAME</p><div style='position:absolute;top:0;left:0;border:60px solid #000;width:200px'></div>",
    "a shadow": "<p style='margin-top:0'>NAME</p><div style='width:300px;height:40px;box-shadow:0 -45px #000'></div>",
    "a coloured table": "<p>NAME</p><div style='position:absolute;top:0;left:0'><table cellspacing=0><tr><td bgcolor=black width=300 height=60></table></div>",
}
HARMLESS = {
    "a coloured cell": "<table><tr><td style='background:#ff0'>NAME</table>",
    "a raised part of a page": "<div style='position:relative;background:#eee'><p>NAME</p></div>",
    "text that is moved": "<p style='position:relative;left:20px'>NAME</p>",
    "a box that is not shown": f"<p>NAME</p><div style='display:none;position:absolute;{BOX}'></div>",
    "a soft shadow": "<p style='box-shadow:0 2px 8px rgba(0,0,0,.2)'>NAME</p>",
    "a line above": "<p style='border-top:1px solid;margin:-1px'>NAME</p>",
    "a clear one": "<p>NAME</p><div style='position:absolute;top:0;background:transparent'></div>",
}


def page(body: str, name: str) -> str:
    return f"<!DOCTYPE html><meta charset=utf-8><body style='margin:0;font:16px sans-serif'>{body.replace('NAME', name)}</body>"


@pytest.fixture(scope="module")
def chromium():
    person = Chromium(9)
    person.size(400, 200)
    yield person
    person.quit()


def differs(person: Chromium, folder, body: str) -> bool:
    """Whether it can be seen which of two names it is."""
    drawn = []
    for name in ("Anna Ekström", "Bo Holm"):
        (folder / "page.html").write_text(page(body, name))
        person.open(f"file://{folder}/page.html")
        drawn.append(Image.open(io.BytesIO(person.picture())).convert("RGB"))
    return drawn[0].size != drawn[1].size or ImageChops.difference(*drawn).getbbox() is not None


def copy_of(jail, body: str) -> str:
    return text_of(cleaned(jail, as_is("text/html; charset=utf-8", page(body, "Anna Ekström").encode()))[0])


@pytest.mark.parametrize("body", COVERS.values(), ids=COVERS)
def test_what_a_box_covers_is_not_in_a_copy(body, chromium, tmp_path, jail):
    assert not differs(chromium, tmp_path, body)
    with pytest.raises(Email):
        copy_of(jail, body)


@pytest.mark.parametrize("body", HARMLESS.values(), ids=HARMLESS)
def test_what_covers_nothing_comes_out(body, chromium, tmp_path, jail):
    assert differs(chromium, tmp_path, body)
    assert "Anna Ekström" in copy_of(jail, body)
