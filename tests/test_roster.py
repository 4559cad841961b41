"""Nobody becomes a reader unless those who may say so have said so; any fault closes the service."""

import json
from datetime import timedelta
from pathlib import Path

import case_samples as samples
import pytest
from case_samples import DAY, after, person, roster_of, signed, write_version
from hypothesis import given
from hypothesis import strategies as st

from cases import roster as rosters
from cases.errors import RosterFault
from cases.member import read_join
from cases.receipt import words
from cases.roster import (
    Chain,
    SignedText,
    add_signature,
    fingerprint_words,
    parse_roster,
    propose,
    read_chain,
    render,
    sign_roster,
    verify_chain,
)

VECTORS = json.loads((Path(__file__).parent / "vectors" / "rosters.json").read_text(encoding="utf-8"))
READY = DAY + timedelta(days=14)


def chain_of(*versions, today=None):
    return verify_chain([SignedText(roster.text, signed(roster, *signers)) for roster, signers in versions], today)


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["name"])
def test_a_chain_is_in_force_exactly_as_its_vector_says(vector):
    chain = verify_chain([SignedText(**version) for version in vector["chain"]])

    assert (chain.current.version if chain.current else None) == vector["current"]
    assert chain.problem == vector["problem"]


def test_hash_and_fingerprint_are_those_of_the_vector():
    roster = parse_roster(VECTORS["vectors"][0]["chain"][0]["text"])

    assert roster.digest.hex() == VECTORS["hash"]
    assert fingerprint_words(roster.digest) == tuple(words()[digit] for digit in VECTORS["fingerprint"])


def test_the_join_file_of_the_vector_is_read():
    assert read_join(VECTORS["join"]).label == "Sammankallande"


def test_a_roster_reads_as_it_was_rendered():
    anna, counsel = person('Anna "A" Åberg', "lead"), person("Jurist", "counsel")

    roster = roster_of(anna, counsel, proposed=DAY, organisations=("wbab", "ludvikahem"))

    assert roster.members == (anna.member, counsel.member)
    assert roster.readers == (anna.member,)
    assert roster.counsel == (counsel.member,)
    assert roster.proposed == DAY
    assert [organisation.key for organisation in roster.organisations] == ["wbab", "ludvikahem"]
    assert roster.member(anna.keys.id) == anna.member
    assert roster.member("00" * 16) is None


@pytest.mark.parametrize(("trial", "readers", "is_open"), [(True, 1, True), (False, 1, False), (False, 2, True)])
def test_a_real_home_is_open_with_two_readers_and_a_trial_with_one(trial, readers, is_open):
    people = [person(f"Person {number}") for number in range(readers)] + [person("Jurist", "counsel")]

    assert roster_of(*people, trial=trial).is_open == is_open


def test_two_members_with_one_label_are_refused_since_reporters_mark_people_by_it():
    with pytest.raises(RosterFault) as refused:
        roster_of(person("Anna"), person("ANNA"))

    assert refused.value.text_key == "roster.twice"


# Who must agree


def group(*roles):
    return [person(f"{role} {number}", role) for number, role in enumerate(roles)]


def settled(before_people, after_people, signers, *, today=None, proposed=None, trial=False):
    """Says whether a change from one version to the next is in force, and whether by waiting."""
    first = roster_of(*before_people, trial=trial)
    second = after(first, *after_people, proposed=proposed)
    chain = chain_of((first, before_people), (second, signers), today=today)
    assert chain.problem is None
    return chain.current == second, chain.by_waiting == (2,)


def test_two_members_without_concern_agree():
    one, two, newcomer = group("lead", "handler", "handler")

    assert settled([one, two], [one, two, newcomer], [one, two]) == (True, False)
    assert settled([one, two], [one, two, newcomer], [one]) == (False, False)


def test_a_newcomer_has_no_say_in_it():
    one, two, newcomer = group("lead", "handler", "handler")

    assert settled([one, two], [one, two, newcomer], [one, newcomer]) == (False, False)


def test_who_is_removed_has_no_say_in_it():
    one, two, three = group("lead", "handler", "handler")

    assert settled([one, two, three], [one, two], [one, three]) == (False, False)
    assert settled([one, two, three], [one, two], [one, two]) == (True, False)


def test_who_is_altered_has_no_say_in_it():
    one, two, three = group("lead", "handler", "handler")
    promoted = samples.Person(three.keys, samples.Member.of(three.keys.public("x", "lead", "x")))

    assert settled([one, two, three], [one, two, promoted], [one, three]) == (False, False)
    assert settled([one, two, three], [one, two, promoted], [one, two]) == (True, False)


def test_counsel_does_not_count_while_two_readers_are_left():
    one, two, newcomer, counsel = group("lead", "handler", "handler", "counsel")

    assert settled([one, two, counsel], [one, two, counsel, newcomer], [one, counsel]) == (False, False)


def test_with_one_reader_left_that_one_and_counsel_agree():
    one, two, counsel = group("lead", "handler", "counsel")

    assert settled([one, two, counsel], [one, counsel], [one, counsel]) == (True, False)
    assert settled([one, two, counsel], [one, counsel], [one]) == (False, False)
    assert settled([one, two, counsel], [one, counsel], [counsel]) == (False, False)


def test_failing_that_one_and_fourteen_days_and_it_is_told():
    one, two = group("lead", "handler")

    for today, in_force in ((None, False), (READY - timedelta(days=1), False), (READY, True)):
        assert settled([one, two], [one], [one], today=today, proposed=DAY) == (in_force, in_force)
    assert settled([one, two], [one], [one], today=READY) == (False, False)
    assert settled([one, two], [one], [], today=READY, proposed=DAY) == (False, False)


def test_two_readers_who_could_agree_are_not_spared_it_by_waiting():
    one, two, three = group("lead", "handler", "handler")

    assert settled([one, two], [one, two, three], [one], today=READY, proposed=DAY) == (False, False)


def test_before_a_home_was_ever_open_one_is_enough():
    one, two = group("lead", "handler")

    assert settled([one], [one, two], [one]) == (True, False)
    assert settled([one], [one, two], [two]) == (False, False)


def test_a_home_that_was_open_and_shrank_is_not_opened_by_one():
    one, two, three = group("lead", "handler", "handler")
    first = roster_of(one, two)
    second = after(first, one, proposed=DAY)
    third = after(second, one, three)

    chain = chain_of((first, [one, two]), (second, [one]), (third, [one]), today=READY)

    assert chain.current.version == 2
    assert chain.by_waiting == (2,)
    assert not chain.current.is_open


def test_a_trial_home_is_changed_by_one():
    one, two = group("lead", "handler")

    assert settled([one], [one, two], [one], trial=True) == (True, False)


def test_signatures_are_not_counted_twice():
    one, two, newcomer = group("lead", "handler", "handler")

    assert settled([one, two], [one, two, newcomer], [one, one]) == (False, False)


def test_the_chain_is_closed_by_one_bad_signature_among_enough_good_ones():
    one, two = group("lead", "handler")
    roster = roster_of(one, two)
    strange = sign_roster(roster, person("Okänd").keys)

    for line in (strange, "nonsense", f"{one.keys.id} 00", f"{one.keys.id} {'00' * 64}", f"{one.keys.id} zz"):
        chain = verify_chain([SignedText(roster.text, signed(roster, one, two) + line + "\n")])
        assert chain == Chain(None, (), problem="roster.bad_signature", faulty=1)


# In a folder


def test_a_folder_is_read_and_a_proposal_waits_until_it_is_signed(tmp_path):
    one, two, newcomer = group("lead", "handler", "handler")
    first = roster_of(one, two)
    write_version(tmp_path, first, one, two)
    second = after(first, one, two, newcomer)

    propose(tmp_path, second)
    waiting = read_chain(tmp_path)
    half = add_signature(tmp_path, 2, sign_roster(second, one.keys))
    again = add_signature(tmp_path, 2, sign_roster(second, one.keys))
    whole = add_signature(tmp_path, 2, sign_roster(second, two.keys))

    assert (waiting.current, waiting.proposal, waiting.signed_by) == (first, second, frozenset())
    assert half.signed_by == again.signed_by == {one.keys.id}
    assert (whole.current, whole.proposal, whole.all) == (second, None, (first, second))
    assert read_chain(tmp_path) == whole
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("0002.*")} == {0o600}


def test_a_first_version_is_proposed_and_opens_when_all_it_names_have_signed(tmp_path):
    one, two = group("lead", "handler")
    first = roster_of(one, two)

    propose(tmp_path, first)
    add_signature(tmp_path, 1, sign_roster(first, one.keys))
    waiting = read_chain(tmp_path)
    opened = add_signature(tmp_path, 1, sign_roster(first, two.keys))

    assert (waiting.current, waiting.problem, waiting.proposal) == (None, "roster.unsigned", first)
    assert (opened.current, opened.problem) == (first, None)


def test_a_proposal_that_is_replaced_loses_its_signatures(tmp_path):
    one, two, three, four = group("lead", "handler", "handler", "handler")
    first = roster_of(one, two)
    write_version(tmp_path, first, one, two)

    propose(tmp_path, after(first, one, two, three))
    add_signature(tmp_path, 2, sign_roster(after(first, one, two, three), one.keys))
    propose(tmp_path, after(first, one, two, four))

    assert read_chain(tmp_path).signed_by == frozenset()
    assert read_chain(tmp_path).proposal.members[-1] == four.member


def test_a_version_in_force_cannot_be_proposed_again_or_signed_away(tmp_path):
    one, two, three = group("lead", "handler", "handler")
    first = roster_of(one, two)
    write_version(tmp_path, first, one, two)

    for wrong in (first, after(after(first, one), one)):
        with pytest.raises(RosterFault):
            propose(tmp_path, wrong)
    with pytest.raises(RosterFault):
        add_signature(tmp_path, 1, sign_roster(first, one.keys))
    propose(tmp_path, after(first, one, two, three))
    with pytest.raises(RosterFault):
        add_signature(tmp_path, 2, sign_roster(first, one.keys))


@pytest.mark.parametrize("spoil", ["gap", "not utf-8", "too long", "emptied", "foreign name", "signatures gone"])
def test_a_folder_that_was_spoilt_is_closed(tmp_path, spoil):
    one, two = group("lead", "handler")
    first = roster_of(one, two)
    second = after(first, two, one)
    write_version(tmp_path, first, one, two)
    write_version(tmp_path, second, one, two)
    path = tmp_path / "0001.toml"

    match spoil:
        case "gap":
            path.unlink()
        case "not utf-8":
            path.write_bytes(b"\xff\xfe")
        case "too long":
            path.write_bytes(b"#" * (2**20 + 1))
        case "emptied":
            path.write_bytes(b"")
        case "foreign name":
            (tmp_path / "evil.toml").write_text(first.text)
        case "signatures gone":
            (tmp_path / "0001.sig").unlink()
    chain = read_chain(tmp_path)

    assert chain.current is None
    assert chain.problem is not None


def test_a_folder_that_is_not_there_is_closed(tmp_path):
    assert read_chain(tmp_path / "none").problem == "roster.none"


@pytest.mark.property
@given(st.text(max_size=400), st.text(max_size=200))
def test_any_text_in_the_place_of_a_version_closes_and_never_raises(text, signatures):
    chain = verify_chain([SignedText(text, signatures)])

    assert chain.current is None
    assert chain.problem is not None


def test_a_roster_of_names_that_mislead_is_not_rendered():
    anna = person("Anna")
    bad = samples.Member(anna.member.id, "A\nb", "lead", "A", anna.member.sign, anna.member.box, anna.member.onion)

    with pytest.raises(RosterFault):
        render(
            version=1,
            previous=rosters.NO_PREVIOUS,
            home_id=bytes(16),
            server_key=bytes(32),
            trial=False,
            organisations=[],
            members=[bad],
        )


def test_brackets_without_end_are_a_fault_and_not_the_end_of_the_reader(tmp_path):
    (tmp_path / "0001.toml").write_text("a = " + "[" * 100_000)

    chain = read_chain(tmp_path)

    assert chain.current is None
    assert chain.problem is not None
