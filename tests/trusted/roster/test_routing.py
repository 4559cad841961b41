"""A report reaches those who may read it, and never the person it is about."""

import itertools

import pytest
from homes.case_samples import person, roster_of

from trusted.case.errors import NoEligibleReader, RosterFault
from trusted.roster.routing import route

LEAD, HANDLER, THIRD = person("Lead", "lead"), person("Handler"), person("Third")
COUNSEL = person("Counsel", "counsel")
FULL = roster_of(LEAD, HANDLER, THIRD, COUNSEL)
SMALL = roster_of(LEAD, HANDLER, COUNSEL)
ALONE = roster_of(LEAD, HANDLER)
TRIAL = roster_of(LEAD, trial=True)


def readers(roster, *marked, unnamed=False, organisation="ludvika"):
    return {member.label for member in route(roster, organisation, frozenset(one.keys.id for one in marked), unnamed)}


def test_readers_read_and_counsel_does_not_while_two_are_left():
    assert readers(FULL) == {"Lead", "Handler", "Third"}
    assert readers(FULL, THIRD) == {"Lead", "Handler"}


def test_with_one_reader_left_counsel_joins():
    assert readers(SMALL, HANDLER) == {"Lead", "Counsel"}
    assert readers(FULL, LEAD, THIRD) == {"Handler", "Counsel"}


def test_with_no_reader_left_counsel_reads():
    assert readers(SMALL, LEAD, HANDLER) == {"Counsel"}


def test_one_reader_without_counsel_reads_alone():
    assert readers(ALONE, LEAD) == {"Handler"}
    assert readers(SMALL, LEAD, COUNSEL) == {"Handler"}


def test_someone_unnamed_goes_to_counsel_alone():
    assert readers(FULL, unnamed=True) == {"Counsel"}
    assert readers(FULL, LEAD, unnamed=True) == {"Counsel"}


@pytest.mark.parametrize(
    ("roster", "marked", "unnamed"),
    [
        (SMALL, (LEAD, HANDLER, COUNSEL), False),
        (SMALL, (COUNSEL,), True),
        (ALONE, (), True),
        (ALONE, (LEAD, HANDLER), False),
        (TRIAL, (LEAD,), False),
    ],
)
def test_without_an_eligible_reader_it_says_so_and_never_falls_back(roster, marked, unnamed):
    with pytest.raises(NoEligibleReader):
        readers(roster, *marked, unnamed=unnamed)


def test_a_trial_may_have_one_reader():
    assert readers(TRIAL) == {"Lead"}


def test_not_knowing_the_organisation_is_an_answer_and_a_wrong_one_is_not():
    assert readers(FULL, organisation=None) == {"Lead", "Handler", "Third"}
    with pytest.raises(RosterFault):
        readers(FULL, organisation="avesta")


def test_a_mark_from_another_roster_is_not_ignored():
    with pytest.raises(RosterFault) as refused:
        readers(FULL, person("Lead", "lead"))

    assert refused.value.text_key == "roster.moved"


def test_a_roster_that_is_not_open_routes_nothing():
    with pytest.raises(RosterFault):
        readers(roster_of(LEAD, COUNSEL))


@pytest.mark.parametrize("unnamed", [False, True])
def test_a_marked_member_never_reads(unnamed):
    people = (LEAD, HANDLER, THIRD, COUNSEL)

    for marked in itertools.chain.from_iterable(itertools.combinations(people, size) for size in range(5)):
        try:
            found = readers(FULL, *marked, unnamed=unnamed)
        except NoEligibleReader:
            continue
        assert not found & {one.member.label for one in marked}
        assert not unnamed or found == {"Counsel"}
