"""A member's keys stay in their file, and a join file says exactly who signed it."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.roster.member import (
    PassphraseCost,
    make_join,
    new_member_keys,
    open_member_keys,
    read_join,
    seal_member_keys,
)
from trusted.case.errors import RosterFault, WrongPassphrase

# The cost is a field of the file; the dear one is tried once.
QUICK = PassphraseCost(ops=1, memory_bytes=8 * 2**20)


def test_keys_come_back_under_the_passphrase_at_the_real_cost():
    keys = new_member_keys()

    blob = seal_member_keys(keys, "sju höga björkar")

    assert json.loads(blob)["mem"] == 256 * 2**20
    assert open_member_keys(blob, "sju höga björkar") == keys


def test_the_same_passphrase_composed_otherwise_is_the_same():
    keys = new_member_keys()

    blob = seal_member_keys(keys, "bj\N{LATIN SMALL LETTER O WITH DIAERESIS}rk", QUICK)

    assert open_member_keys(blob, "bjo\N{COMBINING DIAERESIS}rk") == keys


@pytest.mark.parametrize("passphrase", ["", "fel", "sju höga björkar "])
def test_another_passphrase_opens_nothing(passphrase):
    blob = seal_member_keys(new_member_keys(), "sju höga björkar", QUICK)

    with pytest.raises(WrongPassphrase):
        open_member_keys(blob, passphrase)


@pytest.mark.parametrize(
    "change",
    [
        {"mem": 2**40},
        {"ops": 10_000},
        {"format": "kallskydd-member-2"},
        {"salt": ""},
        {"box": ""},
        {"extra": 1},
        {"ops": 2},
    ],
)
def test_a_key_file_that_was_changed_opens_nothing_and_takes_no_memory(change):
    fields = json.loads(seal_member_keys(new_member_keys(), "x", QUICK))

    with pytest.raises(WrongPassphrase):
        open_member_keys(json.dumps(fields | change).encode(), "x")


@pytest.mark.property
@given(st.binary(max_size=500))
def test_any_bytes_in_the_place_of_a_key_file_are_refused(blob):
    with pytest.raises(WrongPassphrase):
        open_member_keys(blob, "x")


def test_a_key_file_holds_no_key_in_the_clear_and_keys_show_nothing():
    keys = new_member_keys()

    kept = seal_member_keys(keys, "x", QUICK).decode() + repr(keys)

    for secret in (keys.sign_seed.hex(), keys.box_private.hex(), keys.onion_private):
        assert secret not in kept


def test_a_join_file_introduces_the_member_who_made_it():
    keys = new_member_keys()

    join = read_join(make_join(keys, 'Åsa "A" Öberg', "lead", "Samman\\kallande"))

    assert (join.id, join.name, join.role, join.label) == (keys.id, 'Åsa "A" Öberg', "lead", "Samman\\kallande")
    assert (join.sign, join.box, join.onion) == (keys.sign_public, keys.box_public, keys.onion_public)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('name = "Åsa"', 'name = "Eva"'),
        ('role = "handler"', 'role = "lead"'),
        ('label = "Åsa"', 'label = "Eva"'),
        ('role = "handler"', 'role = "boss"'),
        ("kallskydd-join-1", "kallskydd-join-2"),
        ('role = "handler"', 'role = "handler"\nphone = "0240"'),
        ('label = "Åsa"', ""),
    ],
)
def test_a_join_file_that_was_changed_is_refused(was, becomes):
    text = make_join(new_member_keys(), "Åsa", "handler", "Åsa")

    with pytest.raises(RosterFault):
        read_join(text.replace(was, becomes))


def test_the_keys_of_two_join_files_cannot_be_mixed():
    one, other = (make_join(new_member_keys(), "Åsa", "handler", "Åsa").splitlines() for _ in range(2))

    for line in (4, 5, 6, 7):
        with pytest.raises(RosterFault):
            read_join("\n".join([*one[:line], other[line], *one[line + 1 :]]))


@pytest.mark.parametrize(
    "name", ["", "a\nb", "a\x00", "x" * 81, "a\N{RIGHT-TO-LEFT OVERRIDE}b", "a\N{ZERO WIDTH SPACE}b"]
)
def test_a_name_that_would_mislead_the_eye_is_refused(name):
    with pytest.raises(RosterFault):
        make_join(new_member_keys(), name, "handler", "Åsa")


@pytest.mark.property
@given(st.text(max_size=300))
def test_any_text_in_the_place_of_a_join_file_is_refused(text):
    with pytest.raises(RosterFault):
        read_join(text)


def test_the_onion_key_is_what_tor_reads():
    keys = new_member_keys()

    assert len(keys.onion_private) == len(keys.onion_public) == 52
    assert keys.onion_public.isupper() or keys.onion_public.isalnum()
    assert msgspec.convert(keys.onion_public, str) != keys.onion_private
