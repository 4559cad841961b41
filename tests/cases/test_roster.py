"""Nobody becomes a reader unless those who may say so have said so; any fault closes the service."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from homes import case_samples as samples
from homes.case_samples import DAY, after, person, roster_of, signed, write_version
from hypothesis import given
from hypothesis import strategies as st

from audit.live.checks import roster as checks_roster
from cases.roster import chain as rosters
from cases.roster.chain import (
    Chain,
    RosterHome,
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
from cases.roster.member import read_join
from kallskydd.serve.keeper import Keeper, KeeperPlan
from trusted.case.errors import RosterFault
from trusted.crypto import envelope
from trusted.receipt.keys import words

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "rosters.json").read_text(encoding="utf-8"))
READY = DAY + timedelta(days=14)


def chain_of(*versions, today=DAY, shown=DAY):
    texts = [SignedText(roster.text, signed(roster, *signers), shown) for roster, signers in versions]
    return verify_chain(texts, today)


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["name"])
def test_a_chain_is_in_force_exactly_as_its_vector_says(vector):
    chain = verify_chain([read_version(version) for version in vector["chain"]], date.fromisoformat(VECTORS["today"]))

    assert (chain.current.version if chain.current else None) == vector["current"]
    assert chain.problem == vector["problem"]
    assert list(chain.by_waiting) == vector["by_waiting"]


# Zero, one, and a point of order eight.
@pytest.mark.parametrize(
    "box", ["00" * 32, "01" + "00" * 31, "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"]
)
def test_a_key_to_which_nothing_can_be_sealed_is_refused_before_it_stops_every_report(box):
    anna, bo = person("Anna"), person("Bo")
    text, key = roster_of(anna, bo).text, bytes.fromhex(box)
    sign = bo.member.sign
    for old, new in ((bo.member.box.hex(), box), (bo.member.id, envelope.blake(16, "ks1-member", sign + key).hex())):
        assert old in text
        text = text.replace(old, new)

    with pytest.raises(RosterFault) as fault:
        parse_roster(text)

    assert fault.value.text_key == "roster.wrong_id"


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["name"])
def test_the_reader_of_the_audit_says_the_same_of_each_vector(vector, tmp_path):
    for number, version in enumerate(vector["chain"], start=1):
        (tmp_path / f"{number:04}.toml").write_text(version["text"])
        (tmp_path / f"{number:04}.sig").write_text(version["signatures"])
        digest = envelope.blake(32, "ks1-roster", version["text"].encode()).hex()
        if version["first_shown"] is not None:
            (tmp_path / f"{number:04}.seen").write_text(f"{version['first_shown']} {digest}\n")

    try:
        settled, _proposed, waited = checks_roster.verify(tmp_path, today=date.fromisoformat(VECTORS["today"]))
    except checks_roster.BrokenChain:
        settled, waited = [], []

    assert (settled[-1].number if settled else None) == vector["current"]
    assert waited == vector["by_waiting"]


def read_version(version):
    shown = version["first_shown"]
    day = None if shown is None else date.fromisoformat(shown)
    return SignedText(version["text"], version["signatures"], day)


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


def settled(before_people, after_people, signers, *, today=DAY, proposed=None, shown=DAY, trial=False):
    """Says whether a change from one version to the next is in force, and whether by waiting."""
    first = roster_of(*before_people, trial=trial)
    second = after(first, *after_people, proposed=proposed)
    chain = chain_of((first, before_people), (second, signers), today=today, shown=shown)
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
    promoted = samples.Person(three.keys, three.keys.public("x", "lead", "x").member)

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

    for today, in_force in ((DAY, False), (READY - timedelta(days=1), False), (READY, True)):
        assert settled([one, two], [one], [one], today=today, proposed=DAY) == (in_force, in_force)
    assert settled([one, two], [one], [one], today=READY) == (False, False)
    assert settled([one, two], [one], [], today=READY, proposed=DAY) == (False, False)


def test_two_readers_who_could_agree_are_not_spared_it_by_waiting():
    one, two, three = group("lead", "handler", "handler")

    assert settled([one, two], [one, two, three], [one], today=READY, proposed=DAY) == (False, False)


def test_a_version_changes_one_member_and_no_more():
    # Who says that she concerns everybody else would be the only one left without concern.
    author, two, three, counsel, puppet, another = group("lead", "handler", "handler", "counsel", "handler", "handler")
    everybody = [author, two, three, counsel]
    attacks = (
        [author, puppet],
        [author, puppet, another],
        [author, puppet, three, counsel],
        [author, two],
        [*everybody, puppet, another],
        [author, *(with_another_label(one) for one in (two, three, counsel))],
        [author, two, with_another_label(three), counsel, puppet],
        [author, two, with_other_keys(three), counsel],
    )
    first = roster_of(*everybody)

    for changed in attacks:
        second = after(first, *changed, proposed=DAY)
        for signers in ([author], [author, two], everybody):
            chain = chain_of((first, everybody), (second, signers), today=READY + timedelta(days=400))
            assert (chain.current, chain.problem, chain.faulty) == (None, "roster.more_than_one", 2)


def with_another_label(one):
    return samples.Person(one.keys, replace(one.member, label=f"{one.member.label} x"))


def with_other_keys(one):
    """The same name, role and label: the keys of somebody else, and so another member."""
    other = person("x").member
    return samples.Person(one.keys, replace(other, name=one.member.name, role=one.member.role, label=one.member.label))


def test_one_of_several_readers_changes_nothing_alone_however_small_the_steps_and_however_long_she_waits():
    author, two, three, counsel, puppet = group("lead", "handler", "handler", "counsel", "handler")
    promoted = samples.Person(counsel.keys, replace(counsel.member, role="handler"))
    everybody = [author, two, three, counsel]
    late = READY + timedelta(days=4000)

    for changed in (
        [*everybody, puppet],
        [author, two, counsel],
        [author, two, three],
        [author, two, three, promoted],
        [author, two, with_another_label(three), counsel],
        [author, two, with_another_onion_key(three), counsel],
    ):
        for signers in ([author], [author, counsel], [counsel], [author, puppet]):
            known = [one for one in signers if one in {*everybody, *changed}]
            assert settled(everybody, changed, known, today=late, proposed=DAY) == (False, False)


def with_another_onion_key(one):
    return samples.Person(one.keys, replace(one.member, onion=person("x").member.onion))


def test_names_of_organisations_are_no_way_past_a_second_reader():
    author, two = group("lead", "handler")
    first = roster_of(author, two)
    second = after(first, author, two, organisations=("annan",), proposed=DAY)

    chain = chain_of((first, [author, two]), (second, [author]), today=READY + timedelta(days=400))

    assert chain.current == first


def test_counsel_alone_does_not_remove_the_only_reader_while_another_counsel_can_be_asked():
    one, two, puppet = group("lead", "handler", "handler")
    counsel, other = group("counsel", "counsel")
    late = READY + timedelta(days=400)
    first = roster_of(one, two, counsel, other)
    second = after(first, one, counsel, other, proposed=DAY)  # in force by one reader and one counsel
    third = after(second, counsel, other, proposed=DAY)
    begun = ((first, [one, two, counsel, other]), (second, [one, counsel]))

    alone = chain_of(*begun, (third, [counsel]), today=late)
    together = chain_of(*begun, (third, [counsel, other]), today=late)
    early = chain_of(*begun, (third, [counsel, other]), today=DAY)
    puppets = chain_of(
        *begun, (third, [counsel, other]), (after(third, counsel, other, puppet, proposed=DAY), [counsel]), today=late
    )
    past_the_reader = chain_of(*begun, (after(second, one, counsel, proposed=DAY), [counsel]), today=late)

    assert (alone.current, early.current, puppets.current, past_the_reader.current) == (second, second, third, second)
    assert (together.current, together.by_waiting) == (third, (3,))


def test_the_fourteen_days_are_counted_from_when_it_was_first_shown_and_not_from_the_day_in_the_text():
    one, two = group("lead", "handler")
    long_ago = DAY - timedelta(days=40)

    for shown, today, in_force in (
        (DAY, DAY, False),
        (DAY, READY - timedelta(days=1), False),
        (DAY, READY, True),
        (None, READY, False),
        (date.max, READY, False),
        (READY + timedelta(days=1), READY, False),
    ):
        found = settled([one, two], [one], [one], today=today, proposed=long_ago, shown=shown)
        assert found == (in_force, in_force)


def test_a_day_in_the_text_that_is_to_come_holds_it_back_and_breaks_nothing():
    one, two = group("lead", "handler")

    for proposed in (READY, date.max):
        assert settled([one, two], [one], [one], today=READY, proposed=proposed, shown=DAY) == (False, False)


def test_before_a_home_was_ever_open_one_is_enough():
    one, two = group("lead", "handler")

    assert settled([one], [one, two], [one]) == (True, False)
    assert settled([one], [one, two], [two]) == (False, False)


def test_before_that_counsel_lets_nobody_in_past_the_only_reader():
    one, puppet, counsel = group("lead", "handler", "counsel")

    assert settled([one, counsel], [one, counsel, puppet], [counsel]) == (False, False)
    assert settled([one, counsel], [one, counsel, puppet], [one]) == (True, False)


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
        chain = verify_chain([SignedText(roster.text, signed(roster, one, two) + line + "\n", DAY)], DAY)
        assert chain == Chain(None, (), problem="roster.bad_signature", faulty=1)


# In a folder


def alone_in(folder):
    """Two readers of whom one is gone, and the other proposes to remove her, dated back, and signs."""
    folder.mkdir(exist_ok=True)
    one, two, three = group("lead", "handler", "handler")
    first = roster_of(one, two)
    write_version(folder, first, one, two)
    second = after(first, one, proposed=DAY - timedelta(days=400))
    propose(folder, second, DAY)
    add_signature(folder, 2, sign_roster(second, one.keys), DAY)
    return second, one, three


def test_the_day_of_a_proposal_is_kept_beside_it_and_nothing_finer(tmp_path):
    second, _one, _three = alone_in(tmp_path)

    assert (tmp_path / "0002.seen").read_text() == f"{DAY.isoformat()} {second.digest.hex()}\n"
    assert read_chain(tmp_path, READY - timedelta(days=1)).proposal == second
    assert read_chain(tmp_path, READY).by_waiting == (2,)


@pytest.mark.parametrize(
    "spoil", ["missing", "emptied", "to come", "of another text", "no day", "two lines", "no text"]
)
def test_without_a_day_that_holds_nothing_comes_about_by_waiting(tmp_path, spoil):
    second, _one, _three = alone_in(tmp_path)
    path, right = tmp_path / "0002.seen", f"{DAY.isoformat()} {second.digest.hex()}\n"

    match spoil:
        case "missing":
            path.unlink()
        case "emptied":
            path.write_text("")
        case "to come":
            path.write_text(right.replace(DAY.isoformat(), "2126-03-02"))
        case "of another text":
            path.write_text(f"{DAY.isoformat()} {'0' * 64}\n")
        case "no day":
            path.write_text(right.replace(DAY.isoformat(), "2026-13-02"))
        case "two lines":
            path.write_text(right * 2)
        case "no text":
            path.write_bytes(b"\xff" * 75)
    chain = read_chain(tmp_path, READY + timedelta(days=400))

    assert chain.current is None or chain.current.version == 1
    assert chain.by_waiting == ()


def test_a_proposal_that_is_written_again_waits_again(tmp_path):
    second, one, _three = alone_in(tmp_path)
    later = DAY + timedelta(days=13)

    propose(tmp_path, second, later)
    add_signature(tmp_path, 2, sign_roster(second, one.keys), later)

    assert read_chain(tmp_path, READY).proposal == second
    assert read_chain(tmp_path, later + timedelta(days=14)).by_waiting == (2,)


def test_after_a_version_by_waiting_the_roster_changes_on(tmp_path):
    second, one, three = alone_in(tmp_path)
    third = after(second, one, three, proposed=READY)

    propose(tmp_path, third, READY)
    half = add_signature(tmp_path, 3, sign_roster(third, one.keys), READY)
    whole = read_chain(tmp_path, READY + timedelta(days=14))

    assert (half.current, half.proposal, half.signed_by) == (second, third, {one.keys.id})
    assert (whole.current, whole.by_waiting) == (third, (2, 3))


def test_after_a_version_by_waiting_the_desk_of_who_is_proposed_next_is_let_in(tmp_path, monkeypatch):
    second, one, three = alone_in(tmp_path / "roster")
    propose(tmp_path / "roster", after(second, one, three), READY)
    keeper = Keeper(KeeperPlan(tmp_path, trial=False), None)

    monkeypatch.setattr(
        "kallskydd.serve.keeper.utc_now", lambda: datetime(READY.year, READY.month, READY.day, 12, tzinfo=UTC)
    )

    assert keeper._desk_keys() == sorted([one.member.onion, three.member.onion])


def test_the_keeper_looks_again_on_another_day_though_no_file_has_changed(tmp_path, monkeypatch):
    alone_in(tmp_path / "roster")
    keeper = Keeper(KeeperPlan(tmp_path, trial=False), None)
    states = []

    for day in (DAY, DAY, READY):
        monkeypatch.setattr(
            "kallskydd.serve.keeper.utc_now", lambda day=day: datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        )
        states.append(keeper._roster_state())

    assert states[0] == states[1] != states[2]


def test_a_change_of_several_members_is_refused_when_it_is_proposed(tmp_path):
    one, two, three, four = group("lead", "handler", "handler", "handler")
    first = roster_of(one, two)
    write_version(tmp_path, first, one, two)

    with pytest.raises(RosterFault) as refused:
        propose(tmp_path, after(first, one, two, three, four), DAY)

    assert refused.value.text_key == "roster.more_than_one"
    assert not list(tmp_path.glob("0002.*"))


def test_a_founding_roster_may_be_written_again_with_other_members(tmp_path):
    one, two, three = group("lead", "handler", "handler")

    propose(tmp_path, roster_of(one), DAY)
    propose(tmp_path, roster_of(two, three), DAY)

    assert read_chain(tmp_path, DAY).proposal == roster_of(two, three)
    assert not list(tmp_path.glob("*.seen"))


def test_a_folder_is_read_and_a_proposal_waits_until_it_is_signed(tmp_path):
    one, two, newcomer = group("lead", "handler", "handler")
    first = roster_of(one, two)
    write_version(tmp_path, first, one, two)
    second = after(first, one, two, newcomer)

    propose(tmp_path, second, DAY)
    waiting = read_chain(tmp_path, DAY)
    half = add_signature(tmp_path, 2, sign_roster(second, one.keys), DAY)
    again = add_signature(tmp_path, 2, sign_roster(second, one.keys), DAY)
    whole = add_signature(tmp_path, 2, sign_roster(second, two.keys), DAY)

    assert (waiting.current, waiting.proposal, waiting.signed_by) == (first, second, frozenset())
    assert half.signed_by == again.signed_by == {one.keys.id}
    assert (whole.current, whole.proposal, whole.all) == (second, None, (first, second))
    assert read_chain(tmp_path, DAY) == whole
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("0002.*")} == {0o600}


def test_a_first_version_is_proposed_and_opens_when_all_it_names_have_signed(tmp_path):
    one, two = group("lead", "handler")
    first = roster_of(one, two)

    propose(tmp_path, first, DAY)
    add_signature(tmp_path, 1, sign_roster(first, one.keys), DAY)
    waiting = read_chain(tmp_path, DAY)
    opened = add_signature(tmp_path, 1, sign_roster(first, two.keys), DAY)

    assert (waiting.current, waiting.problem, waiting.proposal) == (None, "roster.unsigned", first)
    assert (opened.current, opened.problem) == (first, None)


def test_a_proposal_that_is_replaced_loses_its_signatures(tmp_path):
    one, two, three, four = group("lead", "handler", "handler", "handler")
    first = roster_of(one, two)
    write_version(tmp_path, first, one, two)

    propose(tmp_path, after(first, one, two, three), DAY)
    add_signature(tmp_path, 2, sign_roster(after(first, one, two, three), one.keys), DAY)
    propose(tmp_path, after(first, one, two, four), DAY)

    assert read_chain(tmp_path, DAY).signed_by == frozenset()
    assert read_chain(tmp_path, DAY).proposal.members[-1] == four.member


def test_a_version_in_force_cannot_be_proposed_again_or_signed_away(tmp_path):
    one, two, three = group("lead", "handler", "handler")
    first = roster_of(one, two)
    write_version(tmp_path, first, one, two)

    for wrong in (first, after(after(first, one), one)):
        with pytest.raises(RosterFault):
            propose(tmp_path, wrong, DAY)
    with pytest.raises(RosterFault):
        add_signature(tmp_path, 1, sign_roster(first, one.keys), DAY)
    propose(tmp_path, after(first, one, two, three), DAY)
    with pytest.raises(RosterFault):
        add_signature(tmp_path, 2, sign_roster(first, one.keys), DAY)


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
    chain = read_chain(tmp_path, DAY)

    assert chain.current is None
    assert chain.problem is not None


def test_a_folder_that_is_not_there_is_closed(tmp_path):
    assert read_chain(tmp_path / "none", DAY).problem == "roster.none"


@pytest.mark.property
@given(st.text(max_size=400), st.text(max_size=200))
def test_any_text_in_the_place_of_a_version_closes_and_never_raises(text, signatures):
    chain = verify_chain([SignedText(text, signatures, DAY)], DAY)

    assert chain.current is None
    assert chain.problem is not None


def test_a_roster_of_names_that_mislead_is_not_rendered():
    anna = person("Anna")
    bad = samples.Member(anna.member.id, "A\nb", "lead", "A", anna.member.sign, anna.member.box, anna.member.onion)

    with pytest.raises(RosterFault):
        render(
            version=1,
            previous=rosters.NO_PREVIOUS,
            home=RosterHome(bytes(16), bytes(32), trial=False),
            organisations=[],
            members=[bad],
        )


def test_brackets_without_end_are_a_fault_and_not_the_end_of_the_reader(tmp_path):
    (tmp_path / "0001.toml").write_text("a = " + "[" * 100_000)

    chain = read_chain(tmp_path, DAY)

    assert chain.current is None
    assert chain.problem is not None
