"""From an empty folder to a member: the key, the join file, the address, the first list; and what stops it."""

from __future__ import annotations

import contextlib
import errno
import functools
import re

import pytest
from desks.harness import CHEAP, PASSPHRASE, make_desk_home, running_desks
from desks.pages import pages_of
from visitors.intake_harness import NOON, ORGANISATIONS, MadeHome, make_home

from cases.home import create_home, read_home
from cases.roster.chain import NO_PREVIOUS, RosterHome, parse_roster, propose, read_chain, render
from cases.roster.member import new_member_keys, read_join, seal_member_keys
from desk.errors import HomeSynced
from desk.keep import files, keyfile
from desk.keep.keyfile import DeskHome
from desk.keep.synced import require_not_synced

NEW = "fyra ord hör inte ihop"
FOUNDERS = (
    ("Karin Berg", "lead", "Kommunjurist"),
    ("Jonas Ek", "handler", "HR-chef"),
    ("Samira Lind", "counsel", "Extern jurist"),
)


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        yield desks


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    """A guess costs next to nothing here."""
    monkeypatch.setattr(keyfile, "seal_member_keys", functools.partial(seal_member_keys, cost=CHEAP))


async def enrol(reader, name="Åsa Ny", *, role="handler", label="Ekonomichef", passphrase=NEW, again=None):
    return await reader.send(
        "/enrol", name=name, role=role, label=label, passphrase=passphrase, again=passphrase if again is None else again
    )


def words_on(page) -> list[str]:
    return re.findall(r"<li>(\w+)</li>", page.text.split('<ol class="words">')[1].split("</ol>")[0])


async def test_from_empty_folders_to_a_signed_first_list_with_three_members(tmp_path):
    made = empty_home(tmp_path)
    joins = []
    async with running_desks(tmp_path, made) as desks, contextlib.AsyncExitStack() as stack:
        readers = []
        for number, (name, role, label) in enumerate(FOUNDERS):
            home = DeskHome(tmp_path / f"empty{number}")
            reader = await stack.enter_async_context(pages_of(desks, number, home=home))
            first = await reader.open()
            page = await enrol(reader, name, role=role, label=label)
            saved = await reader.send("/enrol/file")
            assert "Bli behörig" in first.words
            assert saved.headers["Content-Disposition"] == 'attachment; filename="join.toml"'
            join = read_join(saved.text)
            assert (join.name, join.role, join.label) == (name, role, label)
            joins.append((join, words_on(page)))
            readers.append(reader)

        # The operator writes the first list from the three files.
        propose_founding(made, [join for join, _words in joins])

        seen = []
        for reader in readers:
            await reader.go("/join")
            unlock = await reader.send("/join", address=f"http://{desks.address}.onion/")
            assert reader.at == "/unlock", unlock.words
            await reader.send("/unlock", passphrase=NEW)
            page = await reader.go("/members")
            seen.append(words_on(page))
            assert "Ni kan inte ta emot anmälningar än" in page.words
            for _join, words in joins:
                assert " · ".join(words) in page.words
            page = await reader.send("/members/sign", digest=page.hidden("digest"), compared="yes")
            assert page.status == 200, page.words

        chain = read_chain(made.home.roster, NOON.date())
        assert chain.current is not None
        assert len(set(map(tuple, seen))) == 1
        assert "De här 3 är behöriga" in page.words
        assert "Ni kan inte ta emot anmälningar än" not in page.words
        # Whose words were compared before signing is remembered.
        assert page.words.count("✓ Jämförda per telefon 2 mars 2026") == 2


def empty_home(tmp_path) -> MadeHome:
    text = 'owner = "Ludvika kommun"\nphone = "020-899 433"\ntrial = false\n'
    text += 'authorities = [{ name = "Arbetsmiljöverket", about.sv = "arbetsmiljö" }]\n'
    text += "".join(f'[[organisations]]\nkey = "{one.key}"\nname = "{one.name}"\n' for one in ORGANISATIONS)
    home_id = create_home(tmp_path / "home", text, trial=False, server_key=SERVER_KEY)
    made = MadeHome(read_home(tmp_path / "home"), home_id, (), ())
    # A list that the operator began with, before anybody had a key: it is replaced, since nobody has agreed to it.
    keys = new_member_keys()
    propose_founding(made, [keys.public("Ingen", "lead", "Ingen")])
    return made


SERVER_KEY = bytes(range(32))


def propose_founding(made: MadeHome, joins) -> None:
    roster = parse_roster(
        render(
            version=1,
            previous=NO_PREVIOUS,
            home=RosterHome(made.home_id, SERVER_KEY, trial=False),
            organisations=ORGANISATIONS,
            members=tuple(join.member for join in joins),
        )
    )
    propose(made.home.roster, roster, NOON.date())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"passphrase": "för kort"}, "Lösenfrasen är kortare än 12 tecken."),
        ({"again": "något helt annat"}, "Lösenfraserna är olika."),
        ({"role": ""}, "Ingen uppgift är vald."),
        ({"role": "admin"}, "Ingen uppgift är vald."),
        ({"name": ""}, "går inte att använda"),
        ({"label": "x" * 81}, "går inte att använda"),
        ({"label": "a\u202eb"}, "går inte att använda"),
    ],
)
async def test_what_is_wrong_is_said_and_everything_but_the_passphrase_is_kept(desks, tmp_path, wrong, said):
    home = DeskHome(tmp_path / "empty")
    async with pages_of(desks, 0, home=home) as reader:
        await reader.open()
        page = await enrol(reader, **wrong)

    assert page.status == 422
    assert said in page.words
    assert NEW not in page.text
    assert 'role="alert"' in page.text
    assert wrong.get("name", "Åsa Ny") in page.text
    assert not home.key.exists()


async def test_a_full_disk_says_so_keeps_what_was_typed_and_leaves_no_key(desks, tmp_path, monkeypatch):
    def full(*_what):
        raise OSError(errno.ENOSPC, "")

    home = DeskHome(tmp_path / "empty")
    async with pages_of(desks, 0, home=home) as reader, pages_of(desks, 1) as other:
        await reader.open()
        await other.unlock()
        await other.go("/settings")
        monkeypatch.setattr(files, "write_new", full)
        page = await enrol(reader)
        bridges = await other.send("/way/bridges", bridges="192.0.2.7:443")

    for one in (page, bridges):
        assert one.status == 422
        assert "Kontrollera att disken inte är full." in one.words
    assert "Ekonomichef" in page.text
    assert not home.key.exists()


async def test_a_key_is_never_made_over_another(desks):
    home = desks.home(0)
    before = home.key.read_bytes()
    async with pages_of(desks, 0) as reader:
        await reader.open()
        await reader.go("/enrol")
        went = reader.at
        page = await enrol(reader)

    assert went != "/enrol"
    assert page.status == 422
    assert home.key.read_bytes() == before


async def test_a_misprinted_address_is_kept_in_the_field_and_a_right_one_leads_to_the_lock(desks, tmp_path):
    home = DeskHome(tmp_path / "new")
    make_desk_home(home, desks.made.keys[0], desks.address)
    home.settings.unlink()
    misprint = ("b" if desks.address[0] != "b" else "c") + desks.address[1:]
    async with pages_of(desks, 0, home=home) as reader:
        await reader.open()
        at_first = reader.at
        page = await reader.send("/join", address=misprint)
        after = await reader.send("/join", address=desks.address)
        went = reader.at
        overview = await reader.send("/unlock", passphrase=PASSPHRASE)

    assert at_first == "/join"
    assert page.status == 422
    assert "Adressen har ett skrivfel." in page.words
    assert misprint in page.text
    assert went == "/unlock"
    assert "Lås upp" in after.words
    assert overview.status == 200


async def test_a_locked_computer_that_knows_the_others_keeps_its_server(desks):
    other = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd"
    async with pages_of(desks, 0) as reader:
        await reader.unlock()
        await reader.go("/members")
        before = desks.home(0).settings.read_text()
        await reader.send("/lock")
        await reader.go("/join")
        page = await reader.send("/join", address=other)

    assert page.status == 422
    assert "adressen är kvar" in page.words
    assert desks.home(0).settings.read_text() == before


@pytest.mark.parametrize(
    "name",
    [
        "OneDrive",
        "OneDrive - Ludvika kommun",
        "Dropbox (Privat)",
        "iCloudDrive",
        "Nextcloud",
        "Google Drive",
        "GoogleDrive-a@example.org",
    ],
)
async def test_a_folder_that_is_copied_elsewhere_is_neither_unlocked_nor_made_a_key_in(desks, tmp_path, name):
    home = DeskHome(tmp_path / name / "x")
    home.folder.parent.mkdir()
    empty = DeskHome(tmp_path / name / "empty")
    make_desk_home(home, desks.made.keys[0], desks.address)
    async with pages_of(desks, 0, home=home) as reader, pages_of(desks, 0, home=empty) as newcomer:
        page = await reader.unlock()
        await newcomer.open()
        refused = await enrol(newcomer)

    for one in (page, refused):
        assert one.status == 422
        assert re.search(r"Mappen ligger i (OneDrive|Dropbox|iCloud|Nextcloud|Google Drive)\.", one.words)
        assert "Flytta den till en vanlig mapp innan du låser upp." in one.words
    assert not empty.key.exists()
    assert not reader.services.desk.is_unlocked


@pytest.mark.parametrize(
    "mark",
    [
        ".dropbox",
        ".dropbox.cache/x",
        ".nextcloudsync.log",
        ".sync_ab12.db",
        ".849C9593-D756-4E56-8D6E-42412F2A707B",
        ".tmp.drivedownload/1",
    ],
)
def test_the_marks_of_the_programs_are_looked_for_in_the_folders_above_also_through_a_link(tmp_path, mark):
    synced, home = tmp_path / "Dokument", tmp_path / "Dokument" / "a" / "b"
    home.mkdir(parents=True)
    link = tmp_path / "link"
    link.symlink_to(home)
    require_not_synced(home)
    (synced / mark).parent.mkdir(exist_ok=True)
    (synced / mark).write_text("")

    for one in (home, link):
        with pytest.raises(HomeSynced):
            require_not_synced(one)


def test_the_folder_of_the_program_itself_in_the_home_of_a_user_is_no_mark(tmp_path):
    (tmp_path / ".dropbox").mkdir()

    require_not_synced(tmp_path / "desk")


@pytest.mark.parametrize("damaged", [b"", b"{}", b"\0" * 400, "half"])
async def test_a_damaged_key_file_has_a_sentence_of_its_own(desks, damaged):
    home = desks.home(0)
    whole = home.key.read_bytes()
    home.key.write_bytes(whole[: len(whole) // 2] if damaged == "half" else damaged)
    async with pages_of(desks, 0) as reader:
        page = await reader.unlock()

    assert page.status == 422
    assert "Nyckelfilen går inte att läsa. Lägg tillbaka reservkopian eller ring en kollega." in page.words
    assert "stämmer inte" not in page.words


async def test_the_first_pages_can_be_read_in_english_before_there_is_a_key(desks, tmp_path):
    async with pages_of(desks, 0, home=DeskHome(tmp_path / "empty")) as reader:
        await reader.open()
        page = await reader.send("/language", language="en")

    assert reader.at == "/enrol"
    assert "Become a member" in page.words
