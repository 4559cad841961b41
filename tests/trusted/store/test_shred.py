"""Slots: where a share of a case key lives, and where it can be made to die."""

import os
import signal
import subprocess
import sys

import pytest

from trusted.case.errors import Busy, StoreFault
from trusted.store.shred import FIRST_SLOTS, SHARE_BYTES, Slots


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "shred.slots"
    Slots.create(made)
    return made


@pytest.fixture
def slots(path):
    opened = Slots(path)
    yield opened
    opened.close()


def test_a_new_file_has_its_full_length_is_all_random_and_is_the_owners_alone(path):
    content = path.read_bytes()

    pieces = {content[at : at + SHARE_BYTES] for at in range(0, len(content), SHARE_BYTES)}
    assert len(content) == FIRST_SLOTS * SHARE_BYTES
    assert len(pieces) == FIRST_SLOTS
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_share_is_read_back_from_its_slot(slots):
    slot = slots.take()

    slots.write(slot, b"s" * SHARE_BYTES)

    assert slots.read(slot) == b"s" * SHARE_BYTES


def test_an_overwritten_share_is_gone_from_the_file_which_stays_the_same_file(path, slots):
    share = os.urandom(SHARE_BYTES)
    slot = slots.take()
    slots.write(slot, share)
    before = path.stat()

    slots.overwrite(slot)

    after = path.stat()
    assert share not in path.read_bytes()
    assert (after.st_ino, after.st_size) == (before.st_ino, before.st_size)


def test_a_slot_is_given_out_once_and_not_in_order(slots):
    taken = [slots.take() for _ in range(FIRST_SLOTS)]

    assert len(set(taken)) == FIRST_SLOTS
    assert taken != sorted(taken)


def test_a_slot_that_the_database_names_is_never_given_out(slots):
    used = set(range(0, FIRST_SLOTS, 2))

    slots.adopt(used)

    assert not used & {slots.take() for _ in range(FIRST_SLOTS // 2)}


def test_an_overwritten_slot_is_given_out_again_only_when_it_is_freed(slots):
    taken = [slots.take() for _ in range(FIRST_SLOTS)]
    slots.overwrite(taken[0])
    next_while_held = slots.take()
    slots.adopt(slots._free.copy())

    slots.free(taken[0])

    assert next_while_held != taken[0]
    assert slots.take() == taken[0]


def test_when_all_slots_are_taken_the_file_doubles_and_old_shares_stay(path, slots):
    slot = slots.take()
    slots.write(slot, b"s" * SHARE_BYTES)

    for _ in range(FIRST_SLOTS):
        slots.take()

    assert path.stat().st_size == 2 * FIRST_SLOTS * SHARE_BYTES
    assert slots.read(slot) == b"s" * SHARE_BYTES


def test_touching_the_file_moves_its_time_and_no_share(path, slots):
    slot = slots.take()
    slots.write(slot, b"s" * SHARE_BYTES)
    os.utime(path, (1, 1))

    slots.touch()

    assert path.stat().st_mtime > 1
    assert slots.read(slot) == b"s" * SHARE_BYTES


def test_a_database_that_names_a_slot_beyond_the_file_is_refused(slots):
    with pytest.raises(StoreFault):
        slots.adopt([FIRST_SLOTS])


def test_a_file_that_is_not_whole_slots_is_refused(path):
    with path.open("ab") as file:
        file.write(b"x")

    with pytest.raises(StoreFault):
        Slots(path)


HOLDER = """
import pathlib, sys, time
from trusted.store.shred import Slots
slots = Slots(pathlib.Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_a_second_opener_is_refused_and_the_lock_dies_with_its_process(path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, path],
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Busy):
            Slots(path)

        holder.send_signal(signal.SIGKILL)

    Slots(path).close()
