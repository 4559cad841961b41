"""What a member signs for one act on one case at one server is good for nothing else."""

import json
from datetime import date
from pathlib import Path

import pytest
from files.formats_by_hand import read_waiting_statement
from homes.case_samples import DAY, SERVER, person, roster_of
from hypothesis import given
from hypothesis import strategies as st

from cases.roster.chain import parse_roster
from trusted.case.errors import SealBroken
from trusted.case.statements import (
    Act,
    Unsigned,
    agreement,
    open_statement,
    read_statement,
    seal_statement,
    sign_statement,
    verify_tombstone,
)
from trusted.crypto.seal import new_case_keys, next_epoch

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "statements.json").read_text(encoding="utf-8"))
ROSTER, AT = parse_roster(VECTORS["roster"]), bytes.fromhex(VECTORS["server"])
CASE = bytes(16)


@pytest.mark.parametrize("vector", VECTORS["statements"], ids=lambda vector: vector["name"])
def test_a_statement_reads_exactly_when_its_vector_says_so(vector):
    blob = bytes.fromhex(vector["blob"])

    if vector["reads"]:
        assert read_statement(blob, ROSTER, AT).case_id.hex() == VECTORS["case_id"]
    else:
        with pytest.raises(SealBroken):
            read_statement(blob, ROSTER, AT)


@pytest.mark.parametrize("vector", VECTORS["tombstones"], ids=lambda vector: vector["name"])
def test_a_tombstone_proves_exactly_when_its_vector_says_so(vector):
    blobs = tuple(bytes.fromhex(blob) for blob in vector["blobs"])

    if vector["proves"]:
        tombstone = verify_tombstone(blobs, ROSTER, AT)
        assert (tombstone.case_id.hex(), tombstone.reference) == (VECTORS["case_id"], "KS 2026/12")
    else:
        with pytest.raises(SealBroken):
            verify_tombstone(blobs, ROSTER, AT)


@pytest.mark.parametrize("kind", Act)
def test_a_statement_reads_as_it_was_signed(kind):
    anna, bo = person("Anna"), person("Bo")
    roster = roster_of(anna, bo)

    blob = sign_statement(
        anna.keys, Unsigned(kind, CASE, day=DAY, server=SERVER, reference="KS 2026/åäö", erase_by=date(2026, 5, 1))
    )
    read = read_statement(blob, roster, SERVER)

    assert (read.kind, read.case_id, read.member, read.day) == (kind, CASE, anna.keys.id, DAY)
    assert (read.reference, read.erase_by, read.server) == ("KS 2026/åäö", date(2026, 5, 1), SERVER)


def test_an_act_that_is_none_is_not_signed():
    with pytest.raises(ValueError, match="burn"):
        sign_statement(person("Anna").keys, Unsigned("burn", CASE, day=DAY, server=SERVER))


def test_who_has_left_the_roster_states_nothing_any_more():
    anna, bo, cia = person("Anna"), person("Bo"), person("Cia")

    blob = sign_statement(anna.keys, Unsigned(Act.CLOSE, CASE, day=DAY, server=SERVER))

    with pytest.raises(SealBroken):
        read_statement(blob, roster_of(bo, cia), SERVER)


@pytest.mark.parametrize(("roles", "agrees"), [("hh", True), ("hc", True), ("lc", True), ("cc", True), ("h", False)])
def test_two_members_agree_and_one_does_not(roles, agrees):
    names = {"h": "handler", "l": "lead", "c": "counsel"}
    people = [person(f"Person {number}", names[role]) for number, role in enumerate(roles)]
    roster = roster_of(*people, person("Till"))

    statements = tuple(
        read_statement(sign_statement(one.keys, Unsigned(Act.ERASE, CASE, day=DAY, server=SERVER)), roster, SERVER)
        for one in people
    )

    assert agreement(statements) == agrees
    assert not agreement((*statements[:1], *statements[:1]))
    assert not agreement(())


def test_a_statement_at_rest_is_read_by_the_second_reader_and_under_no_other_key_case_or_epoch():
    keys = new_case_keys()
    blob = sign_statement(
        person("Anna").keys, Unsigned(Act.ERASE, keys.case_id, day=DAY, server=SERVER, reference="KS 1")
    )

    sealed = seal_statement(keys.statement_key, keys.case_id, blob)

    assert open_statement(keys.statement_key, keys.case_id, sealed) == blob
    assert read_waiting_statement(keys.case_id, keys.epoch, keys.key, sealed) == blob
    for key, case_id in (
        (new_case_keys().statement_key, keys.case_id),
        (next_epoch(keys).statement_key, keys.case_id),
        (keys.statement_key, CASE),
    ):
        with pytest.raises(SealBroken):
            open_statement(key, case_id, sealed)


def test_statements_at_rest_have_one_size_whatever_they_say():
    keys = new_case_keys()
    signed = [
        sign_statement(
            person("Anna").keys, Unsigned(Act.ERASE, keys.case_id, day=DAY, server=SERVER, reference=reference)
        )
        for reference in ("", "Ö" * 200)
    ]

    assert len({len(seal_statement(keys.statement_key, keys.case_id, blob)) for blob in signed}) == 1


@pytest.mark.property
@given(st.binary(max_size=300))
def test_any_bytes_in_the_place_of_a_statement_are_refused(blob):
    with pytest.raises(SealBroken):
        read_statement(blob, ROSTER, AT)
