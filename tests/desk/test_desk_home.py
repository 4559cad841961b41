"""The desk home: enrolling, joining, the first roster, and what a desk remembers and does not."""

from __future__ import annotations

import stat
from datetime import date

import pytest
from desks.harness import PASSPHRASE, run_desk, running_desks
from visitors.intake_harness import MadeHome

from cases.home import read_home
from cases.roster.member import new_member_keys, read_join
from desk.errors import DeskBusy, MisprintedAddress, StateDamaged
from desk.keep import files
from desk.keep.lock import desk_lock
from desk.keep.state import COUNTER_BLOCK, LIST_BYTES_MIN, KnownCase, Pin, SeenHead, join_server, read_state
from desk.server.address import server_key_of, tidy_address
from kallskydd.commands.init import example_config
from kallskydd.commands.init import make_home as init_home
from onion.address import public_from_address
from onion.keys import new_onion_key

ADDRESS = "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid"
SEED = bytes(range(32))


async def enrol(folder, name: str, passphrase: str = PASSPHRASE):
    """Enrol a member as a process of its own."""
    passphrase_file = folder.parent / f"{folder.name}.passphrase"
    passphrase_file.write_text(passphrase + "\n")
    passphrase_file.chmod(0o600)
    options = ["--desk-home", str(folder), "--passphrase-file", str(passphrase_file), "--json"]
    ran = await run_desk("enrol", *options, "--name", name, "--role", "handler", "--label", f"Handläggare {name}")
    return ran, options


async def test_two_members_enrol_agree_on_the_first_roster_by_its_words_and_the_service_opens(tmp_path):
    first, first_options = await enrol(tmp_path / "one", "Åsa")
    second, second_options = await enrol(tmp_path / "two", "Björn")
    joins = [read_join(ran.found["join_text"]) for ran in (first, second)]
    facts = init_home(tmp_path / "home", example_config(), joins, trial=False)
    made = MadeHome(read_home(tmp_path / "home"), b"", (), ())

    async with running_desks(tmp_path, made) as desks:
        reach = ["--socket", str(desks.socket)]
        for options in (first_options, second_options):
            await run_desk("join", *options, "--address", facts["desk"])
        early = await run_desk("list", *first_options, *reach)
        shown = await run_desk("roster", *first_options, *reach)
        unasked = await run_desk("sign-roster", *first_options, *reach)
        words = " ".join(shown.found["proposal"]["words"])
        signed = [
            await run_desk("sign-roster", *options, *reach, "--words", words)
            for options in (first_options, second_options)
        ]
        listed = await run_desk("list", *first_options, *reach)

    assert (early.exit_code, early.found["error"]["text_key"]) == (1, "roster.unsigned")
    assert [member["name"] for member in shown.found["proposal"]["members"]] == ["Åsa", "Björn"]
    assert (unasked.exit_code, unasked.found["error"]["text_key"]) == (2, "roster.no_words")
    assert [ran.found["state"] for ran in signed] == ["kept", "done"]
    assert (listed.exit_code, listed.found["cases"]) == (0, [])
    assert PASSPHRASE not in "".join(ran.prose + str(ran.found) for ran in (first, second, shown, *signed, listed))


async def test_a_key_is_never_overwritten_a_weak_passphrase_refused_and_a_wrong_one_named(tmp_path):
    weak, _options = await enrol(tmp_path / "desk", "Åsa", "kort")
    made, options = await enrol(tmp_path / "desk", "Åsa")
    key = (tmp_path / "desk" / "member.key").read_bytes()
    again, _options = await enrol(tmp_path / "desk", "Åsa")
    wrong_file = tmp_path / "wrong"
    wrong_file.write_text("something else entirely\n")
    wrong_file.chmod(0o600)
    wrong = await run_desk("list", *options[:2], "--passphrase-file", str(wrong_file), "--json")
    unjoined = await run_desk("list", *options)
    misprint = await run_desk("join", *options, "--address", ADDRESS[:-2] + "aa")

    assert made.exit_code == 0
    assert (weak.exit_code, weak.found["error"]["text_key"]) == (2, "desk.weak_passphrase")
    assert (again.exit_code, again.found["error"]["text_key"]) == (2, "desk.key_taken")
    assert (tmp_path / "desk" / "member.key").read_bytes() == key
    assert (wrong.exit_code, wrong.found["error"]["text_key"]) == (2, "desk.wrong_passphrase")
    assert (unjoined.exit_code, unjoined.found["error"]["text_key"]) == (2, "desk.not_joined")
    assert (misprint.exit_code, misprint.found["error"]["text_key"]) == (2, "desk.bad_address")
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "desk").iterdir()} == {0o600}
    assert stat.S_IMODE((tmp_path / "desk").stat().st_mode) == 0o700


async def test_a_passphrase_file_that_others_can_read_is_not_used(tmp_path):
    made, options = await enrol(tmp_path / "desk", "Åsa")
    assert made.exit_code == 0

    for mode in (0o640, 0o604, 0o644):
        (tmp_path / "desk.passphrase").chmod(mode)
        ran = await run_desk("list", *options)

        assert (ran.exit_code, ran.found["error"]["text_key"]) == (3, "desk.passphrase_exposed"), oct(mode)
        assert "chmod 600" in ran.prose
        assert PASSPHRASE not in ran.prose + str(ran.found)


async def test_without_a_terminal_or_a_file_no_passphrase_is_asked_for_in_the_open(tmp_path):
    ran = await run_desk(
        "enrol", "--desk-home", str(tmp_path / "desk"), "--name", "Å", "--role", "lead", "--label", "L"
    )

    assert ran.exit_code == 2
    assert "--passphrase-file" in ran.prose
    assert not (tmp_path / "desk").exists()


def state_in(folder):
    return read_state(folder / "desk.toml", folder / "cases.sealed", SEED)


def known(number: int) -> KnownCase:
    """A case as it is kept, with all that a desk remembers of one that five members read."""
    return KnownCase(
        number.to_bytes(16, "big"),
        2,
        bytes(32),
        bytes(32),
        1,
        seen={stream: SeenHead(12, bytes(32)) for stream in (1, 2, 3)},
        read={1: 12, 2: 12, 3: 12},
        closed_on=date(2026, 3, 2),
        notes_epoch=2,
        notes_mark=bytes(16),
        may_erase=tuple(f"{member:032x}" for member in range(5)),
    )


def test_the_counter_never_gives_a_number_twice_also_after_a_crash(tmp_path):
    join_server(tmp_path / "desk.toml", ADDRESS)

    first = [state_in(tmp_path).next_counter() for _ in range(3)]  # each state is dropped, as a crash would
    one = state_in(tmp_path)
    second = [one.next_counter() for _ in range(COUNTER_BLOCK + 2)]

    numbers = first + second
    assert numbers == sorted(set(numbers))


def test_the_sealed_list_has_one_size_for_none_and_for_twenty_cases_and_opens_with_her_key_only(tmp_path):
    join_server(tmp_path / "desk.toml", ADDRESS)
    state = state_in(tmp_path)
    state.keep_cases(state.case_list)
    empty = (tmp_path / "cases.sealed").stat().st_size
    for number in range(20):
        state.keep_case(known(number))
    state.write_unwritten()
    full = (tmp_path / "cases.sealed").read_bytes()

    assert empty == len(full) > LIST_BYTES_MIN
    assert known(3).case_id.hex().encode() not in full
    assert len(state_in(tmp_path).case_list.cases) == 20
    assert read_state(tmp_path / "desk.toml", tmp_path / "cases.sealed", bytes(32)).list_was_damaged
    assert (tmp_path / "cases.sealed.damaged").read_bytes() == full


def test_joining_another_server_forgets_the_pinned_roster_and_keeps_the_counter(tmp_path):
    join_server(tmp_path / "desk.toml", ADDRESS)
    state = state_in(tmp_path)
    used = state.next_counter()
    state.pin_roster(Pin(3, bytes(32)))

    join_server(tmp_path / "desk.toml", ADDRESS)
    same = state_in(tmp_path)
    join_server(tmp_path / "desk.toml", "c" * 56)
    other = state_in(tmp_path)

    assert same.pin == Pin(3, bytes(32))
    assert other.pin == Pin(0, b"")
    assert other.next_counter() > used


def test_the_key_in_an_address_is_the_one_that_the_onion_package_reads():
    key = new_onion_key()

    assert server_key_of(key.address) == public_from_address(key.address) == key.public_key
    for wrong in (key.address[:-1], "a" + key.address[1:-1] + "a", "!" * 56):
        with pytest.raises(MisprintedAddress):
            tidy_address(wrong)


def test_a_damaged_or_unknown_setting_is_refused(tmp_path):
    for text in ("format = ", 'format = "other-1"\n', 'format = "kallskydd-desk-1"\nlog = true\n'):
        (tmp_path / "desk.toml").write_text(text)

        with pytest.raises(StateDamaged):
            state_in(tmp_path)


def test_one_command_at_a_time_works_in_a_desk_home(tmp_path):
    with desk_lock(tmp_path / "desk.lock"), pytest.raises(DeskBusy), desk_lock(tmp_path / "desk.lock", 0.05):
        pass

    with desk_lock(tmp_path / "desk.lock", 0.05):
        pass


def test_a_file_that_breaks_off_leaves_nothing_and_none_is_overwritten(tmp_path, monkeypatch):
    def breaks_off(_descriptor):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(files.os, "fsync", breaks_off)
        with pytest.raises(KeyboardInterrupt):
            files.write_new(tmp_path / "one", b"half")
    files.write_new(tmp_path / "two", b"first")
    with pytest.raises(FileExistsError):
        files.write_new(tmp_path / "two", b"second")

    assert [path.name for path in tmp_path.iterdir()] == ["two"]
    assert (tmp_path / "two").read_bytes() == b"first"


def test_nothing_of_a_case_or_a_key_shows_itself():
    keys = new_member_keys()

    shown = repr(known(1)) + repr(keys)

    assert "key=" not in shown
    assert keys.onion_private not in shown
