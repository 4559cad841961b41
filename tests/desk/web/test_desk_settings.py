"""Settings: another passphrase, a copy of the key, the language, bridges and the way to the server."""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import stat

import aiohttp
import pytest
from desks.harness import CHEAP, PASSPHRASE, make_desk_home, running_desks
from desks.pages import TO_A_PAGE, pages_of, reporter
from visitors.intake_harness import make_home

from cases.roster.member import open_member_keys, seal_member_keys
from desk.errors import KeyDamaged, NotReachable, PassphraseRefused
from desk.keep import keyfile
from desk.keep.bridges import read_bridges
from desk.keep.keyfile import DeskHome, change_passphrase, unlock
from desk.keep.preferences import Preferences, keep_preferences, read_preferences
from desk.web.serve import serve
from kallskydd.certificate.figures import figures_as_pdf
from kallskydd.desk.route import Route, connector_for

LEAD = 0
NEW = "fyra helt andra ord"
PLAIN = "192.0.2.7:443 0123456789abcdef0123456789ABCDEF01234567"
OBFS4 = "obfs4 192.0.2.8:443 " + "A" * 40 + " cert=" + "b" * 70 + " iat-mode=0"


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        yield desks


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    """A guess costs next to nothing here."""
    monkeypatch.setattr(keyfile, "seal_member_keys", functools.partial(seal_member_keys, cost=CHEAP))


async def changed(reader, old=PASSPHRASE, new=NEW, again=NEW):
    await reader.go("/settings")
    return await reader.send("/settings/passphrase", old=old, new=new, again=again)


async def test_another_passphrase_opens_the_same_key_and_the_same_list_and_the_old_one_nothing(desks):
    await desks.file("Chefen anställde sin systerson.")
    await desks.release()
    home = desks.home(LEAD)
    before = home.key.read_bytes()
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await changed(reader)
        await reader.send("/lock")
        old = await reader.send("/unlock", passphrase=PASSPHRASE)
        overview = await reader.send("/unlock", passphrase=NEW)

    assert "Lösenfrasen är bytt." in page.words
    assert old.status == 422
    assert "Chefen anställde sin systerson." in overview.words
    assert open_member_keys(home.key.read_bytes(), NEW) == desks.made.keys[LEAD]
    assert open_member_keys(before, PASSPHRASE) == desks.made.keys[LEAD]
    assert stat.S_IMODE(home.key.stat().st_mode) == 0o600
    assert not home.old_key.exists()


@pytest.mark.parametrize(
    ("typed", "said", "field"),
    [
        ({"old": "inte den rätta"}, "Lösenfrasen stämmer inte.", "old"),
        ({"new": "kort", "again": "kort"}, "Lösenfrasen är kortare än 12 tecken.", "new"),
        ({"again": "något annat här"}, "Lösenfraserna är olika.", "again"),
    ],
)
async def test_a_change_that_is_refused_changes_nothing_and_says_what_was_wrong(desks, typed, said, field):
    home = desks.home(LEAD)
    before = home.key.read_bytes()
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await changed(reader, **typed)

    assert page.status == 422
    assert said in page.words
    assert page.text.count("aria-invalid") == 1
    assert f'id="{field}" name="{field}"' in page.text.split("aria-invalid")[0].rsplit("<input", 1)[1]
    assert home.key.read_bytes() == before


@pytest.mark.parametrize("path", ["/settings/passphrase", "/settings/copy", "/members/sign", "/members/compared"])
async def test_a_form_without_a_page_of_its_own_that_meets_the_lock_leads_back_and_keeps_no_passphrase(desks, path):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.go("/settings")
        await reader.services.desk.lock()
        await reader.send(path, old=PASSPHRASE, new=NEW, again=NEW)
        at_the_lock = reader.at
        page = await reader.send("/unlock", passphrase=PASSPHRASE)
        held = reader.services.desk.take_held(path)

    assert at_the_lock == "/unlock"
    assert page.status == 200
    assert reader.at == "/" + path.split("/")[1]
    assert held is None


def test_the_old_bytes_are_overwritten_where_they_lay(desks_home):
    with desks_home.key.open("rb") as still_open:
        old = still_open.read()
        change_passphrase(desks_home, PASSPHRASE, NEW)
        still_open.seek(0)
        left = still_open.read()

    assert len(left) == len(old)
    assert left != old
    assert sum(one == other for one, other in zip(left, old, strict=True)) < len(old) / 10


def test_a_change_that_broke_off_before_the_new_file_leaves_the_key_and_is_tidied_up(desks_home):
    os.link(desks_home.key, desks_home.old_key)

    keys = unlock(desks_home, PASSPHRASE)

    assert not desks_home.old_key.exists()
    assert unlock(desks_home, PASSPHRASE) == keys


def test_a_change_that_broke_off_after_the_new_file_overwrites_the_old_at_the_next_unlocking(desks_home, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(keyfile, "_overwrite_old", lambda _home: None)
        change_passphrase(desks_home, PASSPHRASE, NEW)
    assert open_member_keys(desks_home.old_key.read_bytes(), PASSPHRASE)

    with pytest.raises(PassphraseRefused):
        unlock(desks_home, PASSPHRASE)
    unlock(desks_home, NEW)

    assert not desks_home.old_key.exists()


def test_where_no_second_name_can_be_made_the_passphrase_is_changed_all_the_same(desks_home, monkeypatch):
    def refused(*_names):
        raise PermissionError

    monkeypatch.setattr(os, "link", refused)
    change_passphrase(desks_home, PASSPHRASE, NEW)

    assert unlock(desks_home, NEW)
    assert not desks_home.old_key.exists()


@pytest.fixture
async def desks_home(desks):
    return desks.home(LEAD)


def test_damage_to_the_file_is_told_from_another_passphrase(desks_home):
    whole = desks_home.key.read_bytes()
    desks_home.key.write_bytes(whole[:-20])
    with pytest.raises(KeyDamaged):
        unlock(desks_home, PASSPHRASE)

    desks_home.key.write_bytes(whole)
    with pytest.raises(PassphraseRefused):
        unlock(desks_home, NEW)


async def test_a_copy_of_the_key_is_the_sealed_file_and_its_day_is_remembered_until_the_passphrase_changes(desks):
    home = desks.home(LEAD)
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        before = await reader.go("/settings")
        saved = await reader.send("/settings/copy")
        # A download leaves the page as it is: it can be pressed once more.
        again = await reader.send("/settings/copy")
        after = await reader.go("/settings")
        await changed(reader)
        changed_page = await reader.go("/settings")

    assert "Ingen kopia ännu." in before.words
    assert saved.headers["Content-Disposition"] == 'attachment; filename="member.key"'
    assert saved.headers["Content-Type"] == "application/octet-stream"
    assert saved.body == again.body
    assert open_member_keys(saved.body, PASSPHRASE) == desks.made.keys[LEAD]
    assert "Du sparade en kopia 2 mars 2026." in after.words
    assert "Ingen kopia ännu." in changed_page.words
    assert home.key.read_bytes() != saved.body


async def test_the_key_is_not_handed_out_while_the_desk_is_locked(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.open()
        page = await reader.send("/settings/copy")

    assert reader.at == "/unlock"
    assert "attachment" not in str(page.headers)


async def test_the_language_is_kept_and_holds_for_the_lock_and_for_the_next_start(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.go("/settings")
        page = await reader.send("/language", language="en")
        locked = await reader.send("/lock")
        nonsense = await reader.send("/language", language="../sv")

    assert "Settings" in page.words
    assert "Write your passphrase." in locked.words
    assert "Write your passphrase." in nonsense.words
    assert read_preferences(desks.home(LEAD).preferences).language == "en"
    assert "Unlock" in await first_page_of_a_start(desks)


async def first_page_of_a_start(desks) -> str:
    """What `kallskydd desk` shows first."""
    opened = asyncio.get_running_loop().create_future()

    def no_way(*_where):
        raise NotReachable

    serving = asyncio.create_task(
        serve(desks.home(LEAD), no_way, desks.clock, opened.set_result, reporter(), printed=figures_as_pdf)
    )
    try:
        address = await asyncio.wait_for(opened, 10)
        host, port = address.removeprefix("http://").split("/")[0], address.split(":")[2].split("/")[0]
        path = "/" + address.removeprefix("http://").split("/", 1)[1]
        headers = {**TO_A_PAGE, "Host": host, "Sec-Fetch-Site": "none"}
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.get(f"http://127.0.0.1:{port}{path}", headers=headers) as answer,
        ):
            return await answer.text()
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        logging.disable(logging.NOTSET)


@pytest.mark.parametrize("damaged", ["", "x", "format = 1", 'format = "kallskydd-desk-preferences-2"', "\xff"])
def test_preferences_that_do_not_read_are_as_if_there_were_none(tmp_path, damaged):
    path = tmp_path / "preferences.toml"
    path.write_bytes(damaged.encode("latin-1"))

    assert read_preferences(path) == Preferences()
    keep_preferences(path, Preferences("sv"))
    assert read_preferences(path) == Preferences("sv")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("is_unlocked", [True, False])
async def test_bridges_are_kept_for_the_next_start_of_tor_and_can_be_taken_away(desks, is_unlocked):
    path = desks.home(LEAD).bridges
    async with pages_of(desks, LEAD) as reader:
        await (reader.unlock() if is_unlocked else reader.open())
        await reader.go("/settings" if is_unlocked else "/unlock")
        page = await reader.send("/way/bridges", bridges=f"Bridge {PLAIN}\r\n\r\n  192.0.2.9:80  ")
        kept, mode = read_bridges(path), stat.S_IMODE(path.stat().st_mode)
        went = reader.at
        await reader.send("/way/bridges", bridges=" ")

    assert went == ("/settings" if is_unlocked else "/unlock")
    assert page.status == 200
    assert PLAIN in page.text
    assert kept == (PLAIN, "192.0.2.9:80")
    assert mode == 0o600
    assert not path.exists()


@pytest.mark.parametrize(
    "hostile",
    [
        "192.0.2.7",
        "192.0.2.7:0",
        "192.0.2.7:65536",
        "999.0.2.7:443",
        "bridge.example.org:443",
        f"{PLAIN} extra",
        f"{PLAIN}\x00",
        f"{PLAIN}\x0bControlPort 9051",
        f"{PLAIN}\u2028ControlPort 9051",
        f"{PLAIN} # comment",
        f"{PLAIN} \\",
        "ControlPort 9051",
        f"{PLAIN}\nClientTransportPlugin x exec /bin/sh",
        "snowflake 192.0.2.3:80 " + "A" * 40,
        f"{OBFS4} url=http://example.org",
        "meek 192.0.2.3:80",
        "[::zz]:443",
        "٣.0.2.7:443",
        "\n".join([PLAIN] * 11),
    ],
)
async def test_what_is_no_bridge_is_refused_whole_and_stays_in_the_field(desks, monkeypatch, hostile):
    monkeypatch.setattr("desk.keep.bridges.has_program", lambda: True)
    async with pages_of(desks, LEAD) as reader:
        await reader.open()
        page = await reader.send("/way/bridges", bridges=f"{PLAIN}\n{hostile}")

    assert page.status == 422
    assert 'role="alert"' in page.text
    assert 'aria-invalid="true" autofocus>' + PLAIN in page.text
    assert not desks.home(LEAD).bridges.exists()


@pytest.mark.parametrize("has_program", [True, False])
async def test_obfs4_is_taken_where_its_program_is(desks, monkeypatch, has_program):
    monkeypatch.setattr("desk.keep.bridges.shutil.which", lambda name: f"/bin/{name}" if has_program else None)
    async with pages_of(desks, LEAD) as reader:
        await reader.open()
        page = await reader.send("/way/bridges", bridges=OBFS4)

    assert page.status == (200 if has_program else 422)
    assert ("kräver ett program" in page.words) is not has_program


@pytest.mark.parametrize(
    ("text_key", "said"),
    [
        (
            "onion.tor_not_ready",
            "Nätet släpper inte igenom Tor. Byt nät eller klistra in brorader under Om det inte går.",
        ),
        ("onion.tor_missing", "Programmet tor finns inte på den här datorn. Installera det"),
        ("reach.no_tor", "Tor är inte igång på den här datorn."),
        ("bridges.unreadable", "De sparade broarna går inte att använda."),
    ],
)
async def test_why_there_is_no_way_stands_in_plain_words_and_one_more_try_opens_it(desks, text_key, said):
    async with pages_of(desks, LEAD) as reader:
        link = reader.services.desk.link
        whole = link._connect

        def no_way(*_where):
            raise NotReachable(text_key)

        link._connect = no_way
        await reader.open()
        closed = await reader.go("/unlock")
        await reader.send("/unlock", passphrase=PASSPHRASE)
        page = await reader.go("/settings")
        link._connect = whole
        await reader.send("/way/again")
        await reader.go("/members")
        connected = await reader.go("/settings")

    assert "Vägen öppnas när du låser upp." in closed.words
    assert said in page.words
    assert "Försök igen" in page.words
    assert "✓ Ansluten via Tor. Din dators adress syns inte där." in connected.words
    assert "Försök igen" not in connected.words


async def test_a_way_with_nobody_at_its_end_says_so(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        reader.services.desk.link.unanswered = "reach.no_descriptor"
        page = await reader.go("/settings")

    assert "Tor är anslutet, men servern svarar inte. Försök igen om några minuter." in page.words


async def test_new_bridges_end_the_try_that_is_under_way_and_begin_another_with_them(desks, short_folder):
    (short_folder / "network.torrc").write_text("DisableNetwork 1\n")
    home = DeskHome(short_folder / "desk")
    make_desk_home(home, desks.made.keys[LEAD], desks.address)
    async with pages_of(desks, LEAD, home=home) as reader:
        reader.services.desk.link._connect = functools.partial(
            connector_for, route=Route(tor_network=short_folder), tor_folder=home.tor
        )
        await reader.open()
        # The overview would wait for the way.
        waiting = asyncio.create_task(reader.send("/unlock", passphrase=PASSPHRASE))
        torrc = home.tor / "torrc"
        await until(torrc.exists)
        without = torrc.read_text()
        reader.page = await reader.go("/settings")
        starting = reader.page.words
        torrc.unlink()
        page = await asyncio.wait_for(reader.send("/way/bridges", bridges=PLAIN), 20)
        await until(lambda: torrc.exists() and "Bridge" in torrc.read_text())
        await waiting

    assert "Bridge" not in without
    assert "Vägen öppnas genom Tor." in starting
    assert page.status == 200
    assert f"UseBridges 1\nBridge {PLAIN}\n" in torrc.read_text()


async def until(happened):
    async with asyncio.timeout(20):
        while not happened():
            await asyncio.sleep(0.05)
