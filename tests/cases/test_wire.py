"""A request is one member's, for one server, once; and what is on the wire is read strictly."""

import json
from pathlib import Path

import msgspec
import pytest
from homes.case_samples import SERVER, person
from hypothesis import given
from hypothesis import strategies as st

from cases.wire import messages
from trusted.case.errors import RequestRefused
from trusted.crypto.seal import fetch_mac

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "requests.json").read_text(encoding="utf-8"))


def verify(vector):
    members = {member: bytes.fromhex(key) for member, key in VECTORS["members"].items()}
    body = vector["body"].encode()
    head = messages.verify_head(
        vector["headers"],
        messages.RequestHead(vector["method"], vector["path"], len(body), bytes.fromhex(vector["server"])),
        members.get,
        vector["last_counter"],
    )
    messages.require_body(head, messages.new_body_hash(body).digest())
    return head


def verify_box(headers, body, sign_key, last_counter=-1):
    request = messages.RequestHead("POST", "/desk/1/box", len(body), SERVER)
    head = messages.verify_head(headers, request, lambda _: sign_key, last_counter)
    messages.require_body(head, messages.new_body_hash(body).digest())
    return head


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["name"])
def test_a_request_verifies_exactly_when_its_vector_says_so(vector):
    if vector["verifies"]:
        assert verify(vector).counter == 41
    else:
        with pytest.raises(RequestRefused):
            verify(vector)


def test_the_proof_for_a_case_is_that_of_the_vector():
    mac = VECTORS["mac"]

    made = fetch_mac(bytes.fromhex(mac["access_key"]), mac["verb"], bytes.fromhex(mac["case_id"]), mac["counter"])

    assert made.hex() == mac["mac"]


def test_a_request_that_was_signed_here_verifies_here_and_headers_may_be_of_any_case():
    keys = person("Anna").keys
    body = messages.encode(messages.BoxRequest(3))

    headers = messages.sign_request(keys, "POST", f"{messages.PATH}box", body, SERVER, 7)
    head = verify_box(headers, body, keys.sign_public, 6)

    assert (head.member, head.counter) == (keys.id, 7)


def test_a_replayed_request_is_told_apart_so_that_a_restored_desk_can_jump_ahead():
    keys = person("Anna").keys
    headers = messages.sign_request(keys, "POST", "/desk/1/box", b"", SERVER, 7)

    with pytest.raises(RequestRefused) as refused:
        verify_box(headers, b"", keys.sign_public, 7)

    assert refused.value.text_key == messages.COUNTER_BEHIND


def test_missing_headers_are_refused():
    with pytest.raises(RequestRefused):
        verify_box({}, b"", bytes(32))


SAMPLES = [
    messages.Refusal(212, "store.not_there"),
    messages.StateAnswer("kept"),
    messages.RosterAnswer((messages.RosterVersion("a", "b"),), None),
    messages.SignRosterRequest(2, bytes(32), bytes(64)),
    messages.BoxAnswer((messages.BoxBatch(1, (bytes(153),) * 4),)),
    messages.CaseRequest(bytes(16), bytes(32)),
    messages.CaseAnswer(
        epoch=1,
        commitment=bytes(32),
        share=bytes(32),
        streams={1: messages.WireStream((messages.WireItem(bytes(119), b"x"),), messages.WireHead(1, bytes(32)))},
        notes_grants=(bytes(153),),
        files=(messages.WireFile(bytes(16), 0, 2, bytes(119), 4137),),
        state="open",
        release_day=None,
        erase_by=None,
        statements=(b"x",),
    ),
    messages.AppendRequest(bytes(16), bytes(32), 2, 1, bytes(119), b"x", messages.WireHead(2, bytes(32))),
    messages.RekeyRequest(
        bytes(16),
        bytes(32),
        2,
        bytes(32),
        bytes(32),
        bytes(32),
        {1: (bytes(119),)},
        {1: messages.WireHead(1, bytes(32))},
        {"00" * 16: bytes(153)},
        bytes(153),
        (bytes(153),),
        (b"x", b"y"),
    ),
    messages.StatementRequest(bytes(16), bytes(32), b"x", bytes(32)),
]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: type(sample).__name__)
def test_what_is_sent_is_what_is_read(sample):
    assert messages.decode(messages.encode(sample), type(sample)) == sample
    assert repr(sample) == f"<{type(sample).__name__}>"


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: type(sample).__name__)
def test_an_unknown_or_a_missing_field_is_refused(sample):
    fields = msgspec.json.decode(messages.encode(sample))

    for wrong in (fields | {"time": 1}, {}, []):
        with pytest.raises(RequestRefused):
            messages.decode(msgspec.json.encode(wrong), type(sample))


@pytest.mark.parametrize(
    "wrong",
    [
        {"case_id": "AAAA", "mac": "AAAA"},
        {"case_id": 1, "mac": 2},
        {"case_id": None, "mac": None},
    ],
)
def test_bytes_of_the_wrong_length_are_refused(wrong):
    with pytest.raises(RequestRefused):
        messages.decode(json.dumps(wrong).encode(), messages.CaseRequest)


@pytest.mark.property
@given(
    st.binary(max_size=200),
    st.dictionaries(
        st.sampled_from(
            [messages.MEMBER_HEADER, messages.COUNTER_HEADER, messages.BODY_HEADER, messages.SIGNATURE_HEADER]
        ),
        st.text(max_size=140),
    ),
)
def test_anything_in_the_place_of_a_request_is_refused(body, headers):
    with pytest.raises(RequestRefused):
        verify_box(headers, body, bytes(32))
    with pytest.raises(RequestRefused):
        messages.decode(body, messages.CaseRequest)
