"""A damaged file of the desk keeps nobody out: what the server has is fetched again, and one sentence says so."""

from __future__ import annotations

import pytest
from desks.case_pages import fetched
from desks.harness import running_desks
from desks.pages import pages_of
from visitors.intake_harness import make_home

from desk.keep import files

LEAD = 0
SET_ASIDE = "Det datorn mindes om dina ärenden var skadat och lades åt sidan."


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        yield desks


def flip(path) -> bytes:
    """Change one bit in the middle of a file; return what is in it then."""
    spoilt = bytearray(path.read_bytes())
    spoilt[len(spoilt) // 2] ^= 1
    path.write_bytes(spoilt)
    return bytes(spoilt)


async def _used_once(desks):
    await desks.file("Chefen anställde sin systerson.")
    await desks.release()
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await fetched(reader)
        async with reader.services.desk.at_work() as book:
            (name,) = book.state.case_list.cases
        await reader.go(f"/case/{name}/write")
        await reader.send(f"/case/{name}/write", act="note", text="Ring kommunjuristen.", do="draft")


@pytest.mark.parametrize("name", ["cases.sealed", "drafts.sealed", "preferences.toml", "bridges", "join.toml"])
async def test_one_flipped_bit_in_a_file_of_the_desk_home_refuses_no_unlock(desks, name):
    await _used_once(desks)
    home = desks.home(LEAD)
    path = home.folder / name
    if not path.exists():
        path.write_bytes(b"192.0.2.1:443\n")
    spoilt = flip(path)

    async with pages_of(desks, LEAD) as reader:
        first = await reader.unlock()
        await fetched(reader)
        page = await reader.go("/")

    assert first.status == 200, first.words
    assert "Chefen anställde sin systerson." in page.words
    assert (SET_ASIDE in page.words) is (name == "cases.sealed")
    if name.endswith(".sealed"):
        assert (home.folder / f"{name}.damaged").read_bytes() == spoilt


async def test_the_sentence_goes_with_the_next_unlocking_and_the_terminal_says_it_too(desks):
    await _used_once(desks)
    flip(desks.home(LEAD).case_list)

    listed = await desks.command(LEAD, "list")
    again = await desks.command(LEAD, "list")

    assert listed.found["warnings"] == ["desk.list_damaged"]
    assert len(listed.found["cases"]) == len(again.found["cases"]) == 1
    assert again.found["warnings"] == []


@pytest.mark.parametrize("place", ["head", "middle"])
async def test_a_lock_file_that_is_damaged_locks_again(desks, place):
    await _used_once(desks)
    lock = desks.home(LEAD).lock
    lock.write_bytes(b"SQLite format 3\0" + b"x" * 4096 if place == "middle" else b"\xff" * 4096)

    async with pages_of(desks, LEAD) as reader, pages_of(desks, LEAD) as other:
        page = await reader.unlock()
        refused = await other.unlock()

    assert page.status == 200, page.words
    assert "Ett kommando arbetar med samma nyckel." in refused.words


@pytest.mark.parametrize(("byte", "path"), [(b"\xff", "/"), ("å".encode(), "/unlock"), (b"\0", "/join")])
async def test_a_byte_outside_ascii_in_the_settings_is_a_plain_sentence(desks, byte, path):
    settings = desks.home(LEAD).settings
    settings.write_bytes(settings.read_bytes() + byte)

    async with pages_of(desks, LEAD) as reader:
        await reader.open()
        page = await reader.go(path)
        sent = await reader.send("/unlock", passphrase="correct horse battery")

    assert "Det datorn minns om servern går inte att läsa." in page.words + sent.words
    assert "Något gick fel" not in page.words + sent.words


async def test_the_terminal_says_the_same_of_the_settings(desks):
    settings = desks.home(LEAD).settings
    settings.write_bytes(settings.read_bytes() + b"\xff")

    refused = await desks.command(LEAD, "list")

    assert (refused.exit_code, refused.found["error"]["text_key"]) == (3, "desk.state_damaged")


def test_what_is_set_aside_takes_the_place_of_what_was_set_aside_before(tmp_path):
    for content in (b"one", b"two"):
        (tmp_path / "cases.sealed").write_bytes(content)
        files.set_aside(tmp_path / "cases.sealed")

    assert [path.name for path in tmp_path.iterdir()] == ["cases.sealed.damaged"]
    assert (tmp_path / "cases.sealed.damaged").read_bytes() == b"two"
