"""What a desk keeps to read offline: it is enough to read, it counts nothing, and it goes with what it is a copy of."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from desks.harness import PASSPHRASE, Route, at_work, running_desks
from desks.moved_cases import OTHER, ROLES, a_case, offered
from desks.moved_pages import ids_of
from desks.pages import pages_of
from visitors.intake_harness import MadeHome, make_home

from cases.home import read_home
from desk.errors import DeskError
from desk.keep.cache import FILE_BYTES_MIN, FILES_MIN, KEY_FILE, TAG, TAG_FILE, cache_folder_of, open_cache
from desk.keep.keyfile import DeskHome
from desk.work import acts, moves
from desk.work.case.cached import open_kept, take_roster
from desk.work.erasing import erase

LEAD, HANDLER = 0, 1
SLOTS = "shred.slots"
TEXT = "Chefen anställde sin systerson."


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        yield desks


def cache_of(desks, number) -> Path:
    home = desks.home(number).folder
    return home.with_name(f"{home.name}.cache")


def shape_of(folder: Path) -> list[tuple[int, int]]:
    """The files of a cache as somebody without a key sees them: how large, and when written."""
    files = [path.stat() for path in folder.iterdir() if path.name not in {KEY_FILE, TAG_FILE}]
    return sorted((one.st_size, int(one.st_mtime)) for one in files)


async def fetched(desks, number) -> Path:
    """A member unlocks, everything is fetched, and she locks."""
    async with pages_of(desks, number) as reader:
        await reader.unlock()
        await reader.send("/fetch")
        assert reader.services.refresh.failed is None
        await reader.send("/lock")
    return cache_of(desks, number)


async def close(desks, number, name):
    async with desks.desk(number) as book:
        await book.sync()
        await acts.do(book, "close", name, "Vi har utrett det.")


async def test_the_folder_is_the_owner_s_and_says_to_backup_programs_to_leave_it(desks):
    folder = await fetched(desks, LEAD)

    assert folder.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())
    assert (folder / TAG_FILE).read_bytes() == TAG
    # Backup programs look for these 43 bytes and no others.
    assert TAG.startswith(b"Signature: 8a477f597d28d172789f06886806bc55")
    assert not any(
        folder.is_relative_to(home) for home in (desks.home(LEAD).folder, desks.home(LEAD).folder.parent / "home")
    )


async def test_no_cases_and_a_few_look_the_same(desks):
    async def seen(number):
        return shape_of(await fetched(desks, number))

    none = await seen(HANDLER)
    for _ in range(3):
        await desks.file(TEXT)
    await desks.release()
    three = await seen(HANDLER)

    assert none == three == [(FILE_BYTES_MIN, 0)] * FILES_MIN


async def test_an_excluded_member_s_home_and_cache_are_as_without_the_case(tmp_path):
    shapes = []
    for name, concerned in (("with", [HANDLER]), ("without", None)):
        (tmp_path / name).mkdir()
        async with running_desks(tmp_path / name, make_home(tmp_path / name / "home")) as desks:
            if concerned is not None:
                await desks.file(TEXT, concerns=concerned)
            await desks.release()
            folder = await fetched(desks, HANDLER)
            home = sorted((path.name, path.stat().st_size) for path in desks.home(HANDLER).folder.iterdir())
            async with pages_of(desks, HANDLER) as reader:
                page = await reader.unlock()
            shapes.append((shape_of(folder), home, page.words))

    assert shapes[0] == shapes[1]
    assert TEXT not in shapes[0][2]


async def test_it_takes_the_folder_and_the_member_s_key_to_open_it(desks):
    reporter = await desks.file(TEXT)
    await desks.release()
    folder = await fetched(desks, LEAD)
    keys = desks.made.keys

    own = open_cache(folder, keys[LEAD].sign_seed)
    assert own.case(reporter.keys.case_id) is not None
    assert [one.title for one in own.index.summaries.values()] == [TEXT]

    # With another's key nothing has the right name, and under the right name nothing opens.
    other = open_cache(folder, keys[HANDLER].sign_seed)
    assert other.case(reporter.keys.case_id) is None
    assert not other.index.summaries
    elsewhere = folder.with_name("elsewhere")
    shutil.copytree(folder, elsewhere)
    (elsewhere / KEY_FILE).write_bytes(bytes(32))
    without = open_cache(elsewhere, keys[LEAD].sign_seed)
    assert without.case(reporter.keys.case_id) is None
    text = TEXT.encode()
    assert not any(text in path.read_bytes() for path in folder.iterdir())


async def opens(server, home, folder, clock) -> list[str]:
    """What a desk home opens at a server that was put together from these files: the first line of each case."""
    folder.mkdir()
    async with running_desks(folder, server, clock) as desks, at_work(home, Route(socket=desks.socket), clock) as book:
        assert book.cache is None
        await book.sync()
        opened = []
        for known in list(book.state.case_list.cases.values()):
            assert open_kept(book, known) is None
            try:
                opened.append((await book.open(known)).report.text)
            except DeskError:
                continue
        return opened


def server_of(made, folder, slots_from) -> MadeHome:
    """A server's home put together: a backup of everything else, and the slots of another moment."""
    (folder / SLOTS).write_bytes((slots_from / SLOTS).read_bytes())
    return replace(made, home=read_home(folder))


async def test_after_an_erase_an_old_home_with_every_key_and_the_old_server_opens_nothing(tmp_path):
    made = make_home(tmp_path / "home")
    server, before, after = made.home.path, tmp_path / "before", tmp_path / "after"
    old_home, same_home = DeskHome(tmp_path / "old"), DeskHome(tmp_path / "same")
    async with running_desks(tmp_path, made) as desks:
        reporter = await desks.file(TEXT)
        await desks.release()
        name = reporter.keys.case_id.hex()
        await close(desks, LEAD, name)
        desks.clock.forward(days=31)
        folder = await fetched(desks, LEAD)
        cached = folder / open_cache(folder, made.keys[LEAD].sign_seed)._name(reporter.keys.case_id)
        sealed = cached.read_bytes()
        # A backup of everything on the day before: of the member's computer without its caches, of the server.
        for copy in (before, after):
            shutil.copytree(server, copy)
        for home in (old_home, same_home):
            shutil.copytree(desks.home(LEAD).folder, home.folder)

        async with desks.desk(HANDLER) as book:
            await book.sync()
            await erase(book, name, "DNR 1")
        async with pages_of(desks, LEAD) as reader:
            await reader.unlock()
            # As the page of erasing does it.
            async with reader.services.desk.at_work() as book:
                await erase(book, name, "DNR 1")
            at_once = cached.exists()
            page = await reader.go("/")
            live = {path.name: path.read_bytes() for path in folder.iterdir()}
        clock = desks.clock
        in_the_home = b"".join(path.read_bytes() for path in old_home.folder.iterdir() if path.is_file())
        slots_of_before = await opens(server_of(made, before, before), same_home, tmp_path / "one", clock)
        slots_of_now = await opens(server_of(made, after, server), old_home, tmp_path / "two", clock)

    # With the slots of the day before it opens, so the copies are whole; with those of now nothing does.
    assert slots_of_before == [TEXT]
    assert slots_of_now == []
    # The old home never held what a cached answer holds, and the live cache has nothing of it any more.
    assert sealed[:64] not in in_the_home
    assert not at_once
    assert TEXT not in page.words
    assert cached.name not in live
    assert not any(sealed[:64] in content for content in live.values())


async def test_a_case_erased_by_a_command_goes_from_the_cache_too(desks):
    reporter = await desks.file(TEXT)
    await desks.release()
    name = reporter.keys.case_id.hex()
    await close(desks, LEAD, name)
    desks.clock.forward(days=31)
    folder, seed = await fetched(desks, LEAD), desks.made.keys[LEAD].sign_seed
    path = folder / open_cache(folder, seed)._name(reporter.keys.case_id)
    was_there = path.exists()
    handlers = await fetched(desks, HANDLER)

    for number in (HANDLER, LEAD):
        async with desks.desk(number) as book:
            # A command finds the cache where the application keeps it.
            book.cache = open_cache(cache_of(desks, number), desks.made.keys[number].sign_seed)
            await book.sync()
            await erase(book, name, "DNR 1")

    assert was_there
    assert not path.exists()
    assert not open_cache(folder, seed).index.summaries
    # The first signer hears of it when she unlocks the next time.
    assert open_cache(handlers, desks.made.keys[HANDLER].sign_seed).index.summaries
    await fetched(desks, HANDLER)
    assert not open_cache(handlers, desks.made.keys[HANDLER].sign_seed).index.summaries


async def test_the_first_search_without_network_opens_no_case(desks, monkeypatch):
    for text in (TEXT, "Takfirman skickade fakturan två gånger."):
        await desks.file(text)
    await desks.release()
    folder = await fetched(desks, LEAD)
    opened = []
    monkeypatch.setattr("desk.web.session.search.kept_case", lambda _desk, name: opened.append(name))

    async with pages_of(desks, LEAD) as reader:
        reader.services.desk.on_unlock = lambda: None
        await reader.unlock()
        page = await reader.send("/search", words="SYSTERSON")

    # Twice each under what is to be done (acknowledge, harm), and the one that was found.
    assert (page.words.count("systerson"), page.words.count("Takfirman")) == (3, 2)
    assert opened == []
    assert not any(b"systerson" in path.read_bytes() for path in folder.iterdir())


async def test_the_words_of_a_case_go_at_once_when_it_is_erased(desks):
    reporter = await desks.file(TEXT)
    await desks.file("Takfirman skickade fakturan två gånger.")
    await desks.release()
    name, seed = reporter.keys.case_id.hex(), desks.made.keys[LEAD].sign_seed
    await close(desks, LEAD, name)
    desks.clock.forward(days=31)
    folder = await fetched(desks, LEAD)
    before = open_cache(folder, seed).words()

    for number in (HANDLER, LEAD):
        async with desks.desk(number) as book:
            book.cache = open_cache(cache_of(desks, number), desks.made.keys[number].sign_seed)
            await book.sync()
            await erase(book, name, "DNR 1")
    gone = open_cache(folder, seed).words()
    await fetched(desks, LEAD)
    after = open_cache(folder, seed).words()

    assert len(before) == 2
    assert gone == {}
    assert [words for _length, words in after.values()] == ["takfirman skickade fakturan två gånger."]


async def test_a_command_uses_the_cache_of_its_home_and_makes_none(desks, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    await desks.file(TEXT)
    await desks.release()
    folder = cache_folder_of(desks.home(LEAD))

    async with desks.desk(LEAD) as book:
        none = book.cache
    made = folder.exists()
    open_cache(folder, desks.made.keys[LEAD].sign_seed)
    async with desks.desk(LEAD) as book:
        await book.sync()
        for known in list(book.state.case_list.cases.values()):
            await book.open(known)

    assert none is None
    assert not made
    assert [one.title for one in open_cache(folder, desks.made.keys[LEAD].sign_seed).index.summaries.values()] == [TEXT]


async def test_a_moved_case_leaves_the_cache_of_who_reads_it_no_more(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name, _reporter = await a_case(desks)
        folder, seed = await fetched(desks, LEAD), desks.made.keys[LEAD].sign_seed
        path = folder / open_cache(folder, seed)._name(bytes.fromhex(name))
        was_there = path.exists()
        file = await offered(desks, name)
        async with desks.desk(HANDLER) as book:
            await book.sync()
            await moves.sign_offer(book, await moves.read_offer(book, file))

        async with pages_of(desks, LEAD) as reader:
            page = await reader.unlock()
            page = await reader.send("/fetch")

    assert was_there
    assert not path.exists()
    assert "<bdi>En sak.</bdi>" not in page.text
    assert "Får nytt lås" in page.words
    assert "Har gruppen tagit bort dig ser du det inte mer." in page.words


async def test_a_case_that_a_member_left_goes_from_her_overview_and_search_and_is_no_problem_when_it_is_moved(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        reporter = await desks.file(TEXT)
        await desks.release()
        name = reporter.keys.case_id.hex()
        folder, seed = await fetched(desks, LEAD), desks.made.keys[LEAD].sign_seed
        async with pages_of(desks, LEAD) as reader:
            await reader.unlock()
            before = await reader.go("/")
            async with reader.services.desk.at_work() as book:
                await acts.do(book, "recuse", name, "Vi är släkt.")
            left = await reader.go("/")
            searched = await reader.send("/search", words="systerson")
        async with desks.desk(HANDLER) as book:
            await book.sync()
            readers = ids_of(desks, HANDLER, OTHER)
            file = await moves.offer(book, name, readers, readers[1], "Jäv.")
        async with desks.desk(OTHER) as book:
            await book.sync()
            await moves.sign_offer(book, await moves.read_offer(book, file))
        await fetched(desks, LEAD)
        async with pages_of(desks, LEAD) as reader:
            await reader.unlock()
            moved = await reader.send("/fetch")

    kept = open_cache(folder, seed)
    assert TEXT in before.words
    for page in (left, searched, moved):
        assert TEXT not in page.words
    assert "Välkommen" in left.words
    assert "Välkommen" in moved.words
    assert not (folder / kept._name(reporter.keys.case_id)).exists()


@pytest.mark.parametrize("spoil", [lambda old: old[:-1], lambda old: bytes(len(old)), lambda old: b""])
async def test_a_damaged_file_is_dropped_fetched_again_and_said(desks, spoil):
    await desks.file(TEXT)
    await desks.release()
    folder = await fetched(desks, LEAD)
    for path in folder.iterdir():
        if path.name not in {KEY_FILE, TAG_FILE}:
            path.write_bytes(spoil(path.read_bytes()))

    async with pages_of(desks, LEAD) as reader:
        await reader.open()
        # Before anything is fetched: the server does not answer yet.
        reader.services.desk.on_unlock = lambda: None
        page = await reader.send("/unlock", passphrase=PASSPHRASE)
        after = await reader.send("/fetch")

    assert "Det sparade på datorn är skadat." in page.words
    assert "inget är borta på servern" in page.words
    assert TEXT in after.words
    assert "skadat" not in after.words


async def test_a_cache_older_than_the_home_is_not_believed(desks):
    """One from a backup: it shows members of before, or less of a case than this desk has seen."""
    reporter = await desks.file(TEXT)
    await desks.release()
    name = reporter.keys.case_id.hex()
    folder = await fetched(desks, LEAD)
    older = folder.with_name("older")
    shutil.copytree(folder, older)
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        async with reader.services.desk.at_work() as book:
            await acts.do(book, "acknowledge", name, "Tack.")
    shutil.rmtree(folder)
    shutil.move(older, folder)

    async with desks.desk(LEAD) as book:
        book.cache = open_cache(folder, desks.made.keys[LEAD].sign_seed)
        take_roster(book)
        kept = open_kept(book, book.state.find(name))
        whole = await book.open(book.state.find(name))

    assert kept is None
    assert len(whole.streams) >= 2


async def test_what_is_kept_goes_through_every_check_again(desks):
    """A case file that somebody with the keys put there is not shown because it lies there."""
    reporter = await desks.file(TEXT, sealed_to=[HANDLER], grants_to=[LEAD, HANDLER])
    await desks.release()
    case_id = reporter.keys.case_id
    folder = cache_of(desks, LEAD)

    async with desks.desk(LEAD) as book:
        await book.sync()
        book.cache = open_cache(folder, desks.made.keys[LEAD].sign_seed)
        known = book.state.find(case_id.hex())
        book.cache.keep_case(case_id, await book.fetch_case(known))
        shown = open_kept(book, known)

    assert shown is None


async def test_a_folder_that_cannot_be_written_costs_the_cache_and_nothing_else(desks):
    await desks.file(TEXT)
    await desks.release()
    cache_of(desks, LEAD).write_text("a file stands where the folder would")

    async with pages_of(desks, LEAD) as reader:
        page = await reader.unlock()

    assert TEXT in page.words


async def test_what_somebody_else_has_put_into_the_folder_leads_nowhere(desks, tmp_path):
    await desks.file(TEXT)
    await desks.release()
    folder = await fetched(desks, LEAD)
    precious = tmp_path / "precious"
    precious.write_text("the only copy")
    kept = next(path for path in folder.iterdir() if path.name not in {KEY_FILE, TAG_FILE})
    kept.unlink()
    for link in (folder / "planted", kept):
        link.symlink_to(precious)
    (folder / "hard").hardlink_to(precious)

    await fetched(desks, LEAD)

    assert precious.read_text() == "the only copy"
    assert not any(path.is_symlink() for path in folder.iterdir())


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
async def test_a_folder_that_others_can_write_keeps_nothing(desks, mode):
    await desks.file(TEXT)
    await desks.release()
    folder = cache_of(desks, LEAD)
    folder.mkdir()
    folder.chmod(mode)

    async with pages_of(desks, LEAD) as reader:
        page = await reader.unlock()

    assert TEXT in page.words
    assert list(folder.iterdir()) == []


async def test_a_folder_that_is_a_link_keeps_nothing(desks, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    cache_of(desks, LEAD).symlink_to(elsewhere)

    await fetched(desks, LEAD)

    assert list(elsewhere.iterdir()) == []
