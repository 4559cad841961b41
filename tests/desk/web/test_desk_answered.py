"""No form is answered with a page that a browser would keep the form with, and no field is remembered by a browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from desks.harness import PASSPHRASE, running_desks
from desks.pages import TO_A_PAGE, pages_of
from visitors.intake_harness import make_home

import desk

OURS = {**TO_A_PAGE, "Sec-Fetch-Site": "same-origin"}
TEMPLATES = Path(desk.__file__).parent / "templates"
TYPED_IN = re.compile(r'<(?:textarea\b|input\b(?![^>]*type="(?:hidden|checkbox|radio|file|)"))[^>]*>')
# What a browser may know of a person: her own name, and that a passphrase is a new one.
HELPS = ('autocomplete="off"', 'autocomplete="new-password"', 'autocomplete="name"')


@pytest.fixture
async def reader(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks, pages_of(desks, 0) as reader:
        yield reader


def test_every_form_and_field_asks_the_browser_to_remember_nothing():
    pages = {path: re.sub(r"{[{%].*?[%}]}", "", path.read_text("utf-8")) for path in TEMPLATES.rglob("*.html")}

    forms = [(path.name, form) for path, page in pages.items() for form in re.findall(r"<form\b[^>]*post[^>]*>", page)]
    fields = [(path.name, field) for path, page in pages.items() for field in TYPED_IN.findall(page)]

    assert len(forms) > 30
    assert len(fields) > 20
    assert [one for one in forms if HELPS[0] not in one[1]] == []
    assert [one for one in fields if not any(help_ in one[1] for help_ in HELPS)] == []


async def posted(reader, path: str, body: bytes):
    headers = {
        **OURS,
        "Origin": reader.services.address.origin,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return await reader.ask("POST", path, body=body, headers=headers)


async def test_a_form_is_answered_with_an_address_that_shows_its_page(reader):
    await reader.open()

    answer = await posted(reader, "/unlock", b"passphrase=wrong")
    page = await reader.ask("GET", answer.headers["Location"], headers=OURS)
    again = await reader.ask("GET", answer.headers["Location"], headers=OURS)

    assert (answer.status, answer.text) == (303, "")
    assert page.status == again.status == 422
    assert 'name="passphrase"' in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


async def test_the_lock_lets_go_of_what_was_answered_and_so_do_later_answers(reader):
    await reader.unlock(PASSPHRASE)
    page = await reader.go("/settings")
    body = f"token={page.hidden('token')}&old=a&new=b&again=c".encode()

    answers = [await posted(reader, "/settings/passphrase", body) for _ in range(9)]
    addresses = [answer.headers["Location"] for answer in answers]
    oldest = await reader.ask("GET", addresses[0], headers=OURS)
    newest = await reader.ask("GET", addresses[-1], headers=OURS)
    await reader.send("/lock")
    locked = await reader.ask("GET", addresses[-1], headers=OURS)

    assert len(set(addresses)) == 9
    assert (oldest.status, oldest.headers["Location"]) == (303, "/")
    assert newest.status == 422
    assert (locked.status, locked.headers["Location"]) == (303, "/")
