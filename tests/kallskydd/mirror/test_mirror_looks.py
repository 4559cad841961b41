"""What is seen from outside: every verdict on CAA, asked of two resolvers, and the certificate that the mirror shows."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks.tls_door import TlsDoor, context_of

from kallskydd.mirror.caa import Caa, CaaRecord, caa_line, caa_value, deciding_records, judge
from kallskydd.mirror.certificate import challenge_pem
from kallskydd.mirror.dns import DnsFault, caa_question, read_caa
from kallskydd.mirror.folder import CERTIFICATE, OTHER, write_whole
from kallskydd.mirror.messages import Job, Looked
from kallskydd.mirror.seen import read_seen
from kallskydd.mirror.shown import Shown
from kallskydd.serve.mirror_certificate import Pace
from kallskydd.serve.mirror_child import run_child

NAME, ISSUER = "blankett.example", "pebble.example"
ACCOUNT = "https://authority.test/my-account/1"
OURS = caa_value(ISSUER, ACCOUNT)

VERDICTS = {
    "none": (Caa.NONE, []),
    "none of the kind issue": (Caa.NONE, [("iodef", "mailto:a@b.example")]),
    "ours": (Caa.OURS, [("issue", "{ours}")]),
    "ours, wildcards forbidden": (Caa.OURS, [("issue", "{ours}"), ("issuewild", ";")]),
    "ours, written with other blanks": (
        Caa.OURS, [("issue", "pebble.example ;accounturi={account} ;  validationmethods=tls-alpn-01")]),
    "another issuer": (Caa.OTHER_ISSUER, [("issue", "other.example; accounturi={account}; validationmethods=tls-alpn-01")]),
    "another issuer beside ours": (Caa.OTHER_ISSUER, [("issue", "{ours}"), ("issue", "other.example")]),
    "another issuer of wildcards": (Caa.OTHER_ISSUER, [("issue", "{ours}"), ("issuewild", "other.example")]),
    "nobody": (Caa.OTHER_ISSUER, [("issue", ";")]),
    "what does not read": (Caa.OTHER_ISSUER, [("issue", "{ours}; accounturi")]),
    "missing account": (Caa.NO_ACCOUNT, [("issue", "pebble.example; validationmethods=tls-alpn-01")]),
    "our issuer for anybody": (Caa.NO_ACCOUNT, [("issue", "{ours}"), ("issue", "pebble.example")]),
    "foreign account": (
        Caa.OTHER_ACCOUNT, [("issue", "pebble.example; accounturi={account}0; validationmethods=tls-alpn-01")]),
    "two accounts": (Caa.OTHER_ACCOUNT, [("issue", "{ours}; accounturi=https://x.example/1")]),
    "any method": (Caa.WIDER_METHOD, [("issue", "pebble.example; accounturi={account}")]),
    "wider method": (
        Caa.WIDER_METHOD, [("issue", "pebble.example; accounturi={account}; validationmethods=tls-alpn-01,http-01")]),
    "another method": (Caa.WIDER_METHOD, [("issue", "pebble.example; accounturi={account}; validationmethods=dns-01")]),
}  # fmt: skip


def written(records, account):
    return [(tag, value.format(account=account, ours=caa_value(ISSUER, account))) for tag, value in records]


async def looked(world, **words) -> Looked:
    return await run_child(Job(verb="look", place=world.place, now=world.clock(), **words), None)


@pytest.mark.parametrize("case", VERDICTS)
def test_each_verdict(case):
    expected, records = VERDICTS[case]

    assert judge([CaaRecord(*one) for one in written(records, ACCOUNT)], ISSUER, ACCOUNT) is expected


async def test_each_verdict_as_two_resolvers_say_it_over_https_for_an_account_at_the_authority(world):
    uri = world.make_account()
    found = {}

    for case, (_, records) in VERDICTS.items():
        if case in SHOWN_BY_THE_RESOLVERS:
            world.pebble.set_caa(NAME, *written(records, uri))
            found[case] = (await looked(world)).caa

    assert found == {case: VERDICTS[case][0] for case in SHOWN_BY_THE_RESOLVERS}


# One of each verdict: the rest is the same code, and each look starts a child.
SHOWN_BY_THE_RESOLVERS = ("none", "ours", "another issuer", "missing account", "foreign account", "wider method")


async def test_the_printed_record_is_the_one_that_is_green(world):
    uri = world.make_account()
    line = caa_line(NAME, ISSUER, uri)
    name, _, _, flags, tag, value = line.split(" ", 5)
    world.pebble.set_caa(NAME, (tag, value.strip('"')))

    assert (name, flags) == (f"{NAME}.", "0")
    assert (await looked(world)).caa is Caa.OURS


async def test_resolvers_that_disagree_are_not_green(world):
    """Two resolvers with different records: the second is a Pebble name server of its own."""
    uri = world.make_ready()
    with world.second_resolver() as second:
        second.set_caa(NAME, ("issue", ISSUER))
        one_says_otherwise = (await looked(world)).caa
        second.set_caa(NAME, ("issue", caa_value(ISSUER, uri)))
        both_say_so = (await looked(world)).caa

    assert (one_says_otherwise, both_say_so) == (Caa.DISAGREE, Caa.OURS)


@pytest.mark.parametrize("silent", ["one.test", "two.test"])
async def test_a_resolver_that_cannot_be_reached_is_not_green(world, silent):
    world.make_ready()
    world.socks.unreachable.add(silent)

    assert (await looked(world)).caa is Caa.UNREACHABLE


async def test_a_resolver_that_nobody_vouches_for_is_not_believed(world):
    world.make_ready()
    world.roots = world.home / "other.pem"
    key_and_certificate = challenge_pem("elsewhere.example", bytes(32), world.clock())
    world.roots.write_bytes(key_and_certificate[key_and_certificate.index(b"-----BEGIN CERT") :])

    assert (await looked(world)).caa is Caa.UNREACHABLE


async def test_resolvers_the_mirror_and_the_authority_are_each_asked_on_a_circuit_of_their_own(world):
    world.make_ready()
    keeper = world.keeper()
    await keeper.round()
    await keeper.look()

    circuits = {}
    for isolation, host, _ in world.socks.asked:
        circuits.setdefault(isolation, set()).add(host)

    assert all(len(hosts) == 1 for hosts in circuits.values()), circuits
    assert {host for hosts in circuits.values() for host in hosts} == {"authority.test", "one.test", "two.test", NAME}
    # Nor does one look share a circuit with the next.
    assert sum(hosts == {"one.test"} for hosts in circuits.values()) == 2


async def test_names_are_resolved_by_tor_and_never_here(world):
    """Every name above is of a kind that no name server of this computer knows."""
    world.make_ready()
    await world.keeper().round()

    assert world.door.given
    assert all(host.endswith((".test", ".example")) for _, host, _ in world.socks.asked)


async def test_our_certificate_is_known_again_and_another_is_kept_and_stays_red(world):
    world.make_ready()
    keeper = world.keeper()
    await keeper.round()
    await keeper.look()
    ours = read_seen(world.folder).shown

    with TlsDoor() as stranger:
        await stranger.give_certificate(challenge_pem(NAME, bytes(32), world.clock()))
        world.socks.ports[NAME] = stranger.port
        await keeper.look()
        world.socks.ports[NAME] = world.door.port

    assert ours is Shown.OURS
    assert read_seen(world.folder).shown is Shown.OTHER
    kept = (world.folder / OTHER).read_bytes()
    assert kept.splitlines() == stranger.given[0][stranger.given[0].index(b"-----BEGIN CERT") :].splitlines()
    assert any("not ours" in sentence for sentence in world.said.sentences)


async def test_a_certificate_that_becomes_ours_during_a_look_is_ours(world):
    world.make_ready()
    keeper = world.keeper()
    await keeper.round()
    new = challenge_pem(NAME, bytes(32), world.clock())
    world.door.certificate = context_of(new)
    world.door.when_visited = lambda: write_whole(world.folder / CERTIFICATE, new)

    looked = await keeper.look()

    assert looked.shown is Shown.OURS
    assert not (world.folder / OTHER).exists()


async def test_a_mirror_that_is_not_reached_is_neither_ours_nor_anothers(world):
    world.make_ready()
    keeper = world.keeper()
    await keeper.round()
    world.socks.unreachable.add(NAME)

    await keeper.look()

    assert read_seen(world.folder).shown is Shown.UNREACHABLE
    assert not (world.folder / OTHER).exists()


async def test_looks_come_at_random_times_and_a_renewal_is_no_look(world):
    drawn = [Pace().until_look() for _ in range(400)]

    assert max(drawn) <= timedelta(hours=24)
    mean = sum(drawn, timedelta()) / len(drawn)
    assert timedelta(hours=4) < mean < timedelta(hours=8)
    # Without a memory: a third comes within a look of an hour or so, a tenth not within half a day.
    assert sum(one < timedelta(hours=2) for one in drawn) > 60
    assert sum(one > timedelta(hours=12) for one in drawn) > 25


async def test_a_look_is_made_when_its_time_has_come(world):
    world.make_ready()
    keeper = world.keeper(look_mean=timedelta(seconds=1), look_most=timedelta(seconds=1))
    await keeper.round()

    world.said.events.clear()
    world.clock.ahead = timedelta(seconds=2)
    await keeper.round()

    assert world.said.events == [{"event": "mirror-look", "caa": "ours", "shown": "ours"}]


def test_the_first_set_on_the_way_to_the_root_decides():
    zone = {
        "example": [CaaRecord("issue", "other.example")],
        "deep.blankett.example": [],
        NAME: [CaaRecord("issue", OURS)],
    }
    asked = []

    def ask(name):
        asked.append(name)
        return zone.get(name, [])

    assert deciding_records(f"very.deep.{NAME}", ask) == zone[NAME]
    assert asked == [f"very.deep.{NAME}", f"deep.{NAME}", NAME]
    assert deciding_records("else.example", ask) == zone["example"]
    assert deciding_records("else.test", ask) == ()


def answer_to(name: str, *records: bytes, flags: int = 0x8180, questions: int = 1) -> bytes:
    header = b"\0\0" + flags.to_bytes(2) + questions.to_bytes(2) + len(records).to_bytes(2) + bytes(4)
    return header + caa_question(name)[12:] + b"".join(records)


def record(data: bytes, kind: int = 257, owner: bytes = b"\xc0\x0c") -> bytes:
    return owner + kind.to_bytes(2) + b"\0\1" + bytes(4) + len(data).to_bytes(2) + data


ISSUE = b"\0\5issue" + OURS.encode()


def test_records_are_read_also_behind_an_alias():
    alias = record(b"\4else\7example\0", kind=5)

    assert read_caa(answer_to(NAME, alias, record(b"\0\5ISSUE;", owner=b"\4else\7example\0")), NAME) == (
        CaaRecord("issue", ";"),
    )
    assert read_caa(answer_to(NAME, record(ISSUE)), NAME) == (CaaRecord("issue", OURS),)
    assert read_caa(answer_to(NAME, flags=0x8183), NAME) == ()
    assert read_caa(answer_to(NAME), NAME) == ()


@pytest.mark.parametrize(
    "untrusted",
    [
        b"",
        caa_question(NAME),  # a question is no answer
        answer_to("else.example", record(ISSUE)),
        answer_to(NAME, record(ISSUE), questions=0),
        answer_to(NAME, record(ISSUE), flags=0x8182),  # the resolver failed
        answer_to(NAME, record(ISSUE), flags=0x8380),  # cut off
        answer_to(NAME, record(ISSUE))[:-1],
        answer_to(NAME, record(b"\0\x09issue;")),
        answer_to(NAME, record(b"\0\0;")),
        answer_to(NAME, record("\0\5issueå".encode())),
        answer_to(NAME, record(ISSUE, owner=b"\x80\0")),
        b"\0\1" + answer_to(NAME, record(ISSUE))[2:],
    ],
)
def test_what_is_not_exactly_an_answer_is_none(untrusted):
    with pytest.raises(DnsFault):
        read_caa(untrusted, NAME)


@given(st.binary(max_size=300))
def test_any_bytes_are_records_or_a_fault(tail):
    for untrusted in (tail, answer_to(NAME) + tail, answer_to(NAME, record(ISSUE), tail)):
        with suppress(DnsFault):
            read_caa(untrusted, NAME)


@given(st.text(alphabet="abc;= .\t-:/", max_size=60))
def test_only_the_very_record_is_green(value):
    assert judge([CaaRecord("issue", value)], ISSUER, ACCOUNT) is not Caa.OURS
    beside = judge([CaaRecord("issue", OURS), CaaRecord("issue", value)], ISSUER, ACCOUNT)
    assert (beside is Caa.OURS) == (set(value) <= set(" \t;"))
