"""What is sealed opens where it belongs, for whom it is meant, whole; and nowhere else."""

import base64
import itertools
import json
from datetime import date
from pathlib import Path

import pytest
from files import formats_by_hand as hand
from homes import case_samples as samples
from hypothesis import given
from hypothesis import strategies as st
from vector_writers import write_all as make_vectors

from trusted.case.entry import Attachment, ItemKind, Message, Note, Outcome, ScrubRecord, Stream, Withdrawal
from trusted.case.errors import NotARecipient, SealBroken
from trusted.crypto import envelope, seal, sealed_files, streams
from trusted.crypto.seal import CaseKeys, Head, Sealed

VECTORS = Path(__file__).parents[2] / "vectors"


def load(name):
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def keys_of(vectors, name):
    fields = vectors["keys"][name]
    return CaseKeys(
        *(bytes.fromhex(fields[key]) if key != "epoch" else fields[key] for key in ("case_id", "epoch", "key", "share"))
    )


def hand_keys(keys):
    return hand.Keys(keys.case_id, keys.epoch, keys.key, keys.share)


def named(vectors):
    return [pytest.param(vector, id=vector["name"]) for vector in vectors]


STREAMS, FILES, GRANTS = load("streams"), load("files"), load("grants")


# The vectors


@pytest.mark.parametrize("name", make_vectors.MAKERS)
def test_the_vectors_are_what_the_readable_script_makes(name):
    made = make_vectors.as_text(name)

    kept = (VECTORS / f"{name}.json").read_text(encoding="utf-8")

    assert kept == made


def test_no_file_of_vectors_is_left_without_a_maker():
    assert {path.stem for path in VECTORS.glob("*.json")} == set(make_vectors.MAKERS)


def test_every_required_failure_has_a_vector():
    names = " | ".join(vector["name"] for part in (STREAMS, FILES, GRANTS) for vector in part["vectors"])

    for required in (
        "grant moved to another case",
        "grant moved to another epoch",
        "grant moved to another member",
        "two keys for one commitment",
        "entry moved between streams",
        "reporter entry signed by a member",
        "last entry dropped",
        "file of another case",
        "entries swapped",
        "head of another stream",
        "cut file",
        "entry after the new keys, signed with the old",
        "new keys, signed by a member",
        "new keys of another case",
        "entry after the end of the inbox",
    ):
        assert required in names


@pytest.mark.parametrize("name", STREAMS["keys"])
def test_keys_of_a_case_are_derived_as_the_format_says(name):
    keys = keys_of(STREAMS, name)

    derived = {field: getattr(keys, field).hex() for field in STREAMS["keys"][name]["derived"]}

    assert derived == STREAMS["keys"][name]["derived"]


def open_vector(vector):
    keys = keys_of(STREAMS, vector["keys"])
    sealed = [
        Sealed(bytes.fromhex(STREAMS["items"][name]["header"]), base64.b64decode(STREAMS["items"][name]["body"]))
        for name in vector["items"]
    ]
    head = Head(vector["head"]["count"], bytes.fromhex(vector["head"]["tag"]))
    authors = {author: bytes.fromhex(key) for author, key in STREAMS["authors"].items()}
    return keys, Stream(vector["stream"]), sealed, head, authors


@pytest.mark.parametrize("vector", named(STREAMS["vectors"]))
def test_a_stream_opens_exactly_when_its_vector_says_so(vector):
    keys, stream, sealed, head, authors = open_vector(vector)
    verify_key = None if stream == Stream.REPORTER else authors.get

    if vector["opens"]:
        entries = seal.open_stream(keys, stream, sealed, head, verify_key)
        assert [entry.number for entry in entries] == list(range(len(sealed)))
    else:
        with pytest.raises(SealBroken):
            seal.open_stream(keys, stream, sealed, head, verify_key)


@pytest.mark.parametrize("vector", named(STREAMS["vectors"]))
def test_the_second_reader_never_opens_less_than_ours(vector):
    """It does not know which kinds may stand where, so it may open more, but only that."""
    keys, stream, sealed, head, authors = open_vector(vector)
    items = [(item.header, item.body) for item in sealed]
    beyond = {"note among", "withdrawal by", "outcome by", "second report", "unknown", "missing", "text too long"}
    beyond |= {"members entry that counts", "entry that counts", "end of the inbox by a member", "approval by a member"}

    try:
        hand.read_stream(hand_keys(keys), stream, items, head.count, head.tag, authors)
        opened = True
    except (hand.Broken, ValueError):
        opened = False

    assert opened == (vector["opens"] or vector["name"].startswith(tuple(beyond)))


@pytest.mark.parametrize("vector", named(FILES["vectors"]))
def test_a_file_opens_exactly_when_its_vector_says_so(vector):
    keys, header = keys_of(FILES, vector["keys"]), bytes.fromhex(vector["header"])
    body, number, kind = base64.b64decode(vector["body"]), vector["number"], ItemKind(vector["item_kind"])

    def ours():
        return b"".join(seal.open_file(keys, header, [body], number, kind))

    if vector["opens"]:
        assert ours() == hand.read_file(hand_keys(keys), header, body, number, kind)
    else:
        with pytest.raises(SealBroken):
            ours()
        with pytest.raises(hand.Broken):
            hand.read_file(hand_keys(keys), header, body, number, kind)


@pytest.mark.parametrize("vector", named(GRANTS["vectors"]))
def test_a_grant_opens_exactly_when_its_vector_says_so(vector):
    blob, fetched = bytes.fromhex(vector["blob"]), vector["fetched"]
    own_id, own_private = (bytes.fromhex(vector["own"][key]) for key in ("id", "box_private"))
    case = bytes.fromhex(fetched["case_id"]), fetched["epoch"], bytes.fromhex(fetched["commitment"])

    def open_and_compare():
        seal.check_grant(seal.open_grant(blob, own_id, own_private), *case)

    if vector["expect"] == "opens":
        open_and_compare()
    elif vector["expect"] == "not a recipient":
        with pytest.raises(NotARecipient):
            open_and_compare()
    else:
        with pytest.raises(SealBroken):
            open_and_compare()
    if vector["expect"] == "other case":
        assert seal.open_grant(blob, own_id, own_private).key


# What we seal, read by somebody else


def test_what_we_seal_is_read_by_the_second_reader():
    anna = samples.person("Anna")
    case = samples.CaseInMaking(anna)
    case.report(text="Två gånger å ä ö \N{BRIDGE AT NIGHT}")
    case.by_member(Outcome("handled", "Klart", ""))
    case.by_reporter(Message("tack"))
    keys, authors = hand_keys(case.keys), {anna.keys.id: anna.member.sign}

    read = {
        stream: hand.read_stream(
            keys,
            stream,
            [(item.header, item.body) for item in case.sealed[stream]],
            case.heads[stream].count,
            case.heads[stream].tag,
            authors,
        )
        for stream in (Stream.REPORTER, Stream.MEMBERS)
    }

    assert read[Stream.REPORTER][0]["entry"]["text"].endswith("\N{BRIDGE AT NIGHT}")
    assert read[Stream.REPORTER][1]["after"] == {"2": 1}
    assert read[Stream.MEMBERS][0]["entry"] == {"kind": "outcome", "result": "handled", "text": "Klart", "reason": ""}


@pytest.mark.parametrize("size", [0, 1, 4_088, 4_089, 262_136, 262_137, 262_145, 1_000_003])
def test_a_file_of_any_size_comes_back_whole_to_us_and_to_the_second_reader(size):
    keys, content = seal.new_case_keys(), bytes(index * 7 % 251 for index in range(size))

    sealed = seal.seal_file(samples.clean_file(content), keys, 4)
    pieces = list(sealed.chunks)
    body = b"".join(pieces)

    assert len(pieces[0]) == 24
    assert len(body) == sealed.sealed_size
    assert b"".join(seal.open_file(keys, sealed.header, pieces, 4)) == content
    assert hand.read_file(hand_keys(keys), sealed.header, body, 4) == content


def test_a_grant_of_ours_is_read_by_the_second_reader():
    anna, keys = samples.person("Anna").keys, seal.new_case_keys()

    blob = seal.make_grant(keys, anna.id_bytes, anna.box_public, 3)

    assert hand.read_grant(blob, anna.id_bytes, anna.box_private) == (keys.case_id, 1, keys.key, keys.commitment, 3)


# Streams


def a_case():
    case = samples.CaseInMaking(samples.person("Anna"), samples.person("Bo"))
    case.report()
    case.by_member(Message("Tack"))
    case.by_reporter(Message("Mer"))
    return case


def test_an_entry_is_given_back_as_it_will_read():
    case = a_case()

    opened = case.open(Stream.REPORTER)

    assert opened == case.streams[Stream.REPORTER]


def test_a_whole_stream_never_written_opens_as_nothing():
    case = a_case()

    assert case.open(Stream.NOTES) == ()


def test_the_released_part_of_a_stream_is_a_whole_stream_with_a_head_of_its_own():
    case = a_case()
    released = case.streams[Stream.REPORTER][:1]

    head = seal.make_head(case.keys, Stream.REPORTER, released)
    opened = case.open(Stream.REPORTER, sealed=case.sealed[Stream.REPORTER][:1], head=head)

    assert opened == released


def test_a_waiting_message_changes_nothing_that_a_desk_is_given():
    case = a_case()
    desk_sees = case.sealed[Stream.MEMBERS].copy(), case.heads[Stream.MEMBERS]

    case.by_reporter(Message("ännu en"), seen=0)

    assert desk_sees == (case.sealed[Stream.MEMBERS], case.heads[Stream.MEMBERS])


def test_the_key_of_notes_is_that_of_the_vector():
    case, granted = keys_of(STREAMS, "case"), keys_of(STREAMS, "notes grant")

    assert case.for_notes(granted.key).key == keys_of(STREAMS, "notes").key
    assert case.granting_notes(granted.key).commitment == granted.commitment


def test_notes_open_under_case_key_and_notes_key_together_and_under_neither_alone():
    case = a_case()
    anna = next(iter(case.members.values())).keys
    notes_keys = case.keys.for_notes(bytes(range(32)))
    sealed, entry, head = seal.append(
        notes_keys, Stream.NOTES, (), seal.Authorship(anna.id, anna.sign_seed, samples.DAY, {}), Note("intern")
    )

    opened = seal.open_stream(notes_keys, Stream.NOTES, [sealed], head, case.verify_key)

    assert opened == (entry,)
    for one_of_both in (case.keys, case.keys.granting_notes(bytes(range(32)))):
        with pytest.raises(SealBroken):
            seal.open_stream(one_of_both, Stream.NOTES, [sealed], head, case.verify_key)


def test_a_reporter_stream_is_held_against_the_key_that_a_caller_expects():
    case, stranger = a_case(), samples.Reporter()

    for expected, opens in ((case.reporter.sign, True), (stranger.sign, False), (None, False)):
        if opens:
            seal.open_stream(
                case.keys,
                Stream.REPORTER,
                case.sealed[Stream.REPORTER],
                case.heads[Stream.REPORTER],
                lambda _, key=expected: key,
            )
        else:
            with pytest.raises(SealBroken):
                seal.open_stream(
                    case.keys,
                    Stream.REPORTER,
                    case.sealed[Stream.REPORTER],
                    case.heads[Stream.REPORTER],
                    lambda _, key=expected: key,
                )


@pytest.mark.parametrize(
    ("stream", "body"),
    [
        (Stream.MEMBERS, Note("hemligt")),
        (Stream.MEMBERS, Withdrawal(None)),
        (Stream.REPORTER, Outcome("handled", "nej")),
        (Stream.NOTES, Message("hej")),
        (Stream.REPORTER, Message("x" * 100_001)),
    ],
)
def test_what_could_not_be_opened_again_is_not_sealed(stream, body):
    case = a_case()

    with pytest.raises(SealBroken):
        seal.append(
            case.keys,
            stream,
            case.streams[stream],
            seal.Authorship(case.reporter.id, case.reporter.seed, samples.DAY, {}),
            body,
        )


@pytest.mark.parametrize("day", [date.min, date(1999, 12, 31), date(3000, 1, 1), date.max])
def test_a_day_at_the_end_of_the_calendar_is_neither_sealed_nor_opened(day, monkeypatch):
    case = a_case()
    of_stream = case.streams[Stream.MEMBERS]
    author, seed = case.reporter.id, case.reporter.seed

    def sealed():
        return seal.append(case.keys, Stream.MEMBERS, of_stream, seal.Authorship(author, seed, day, {}), Message("hej"))

    with pytest.raises(SealBroken):
        sealed()
    # As a changed program would.
    with monkeypatch.context() as changed:
        changed.setattr(streams, "YEARS", range(1, 10_000))
        last, _entry, head = sealed()
    with pytest.raises(SealBroken):
        seal.open_stream(
            case.keys, Stream.MEMBERS, (*case.sealed[Stream.MEMBERS], last), head, lambda _: case.reporter.public
        )


def test_entries_of_any_length_in_one_block_look_alike():
    case = a_case()

    lengths = {
        len(case.by_reporter(Message("x" * size), seen=0) and case.sealed[1][-1].body) for size in (0, 1, 1_000, 3_500)
    }

    assert len(lengths) == 1


def test_every_kind_of_entry_keeps_what_was_put_in():
    case = a_case()
    attachment = Attachment("ab" * 16, "jpeg", 5, "cd" * 32, 0, None)
    record = ScrubRecord("ab" * 16, (("place", "EXIF"), ("device", "EXIF")), ("animation",), "1")

    case.by_reporter(attachment)
    case.by_reporter(record)
    opened = case.open(Stream.REPORTER)

    assert [entry.body for entry in opened[-2:]] == [attachment, record]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), st.dates(date(2000, 1, 1), date(2999, 12, 31)))
def test_any_text_and_any_day_come_back(text, day):
    case = samples.CaseInMaking()

    entry = case.report(day=day, text=text)

    assert (entry.body.text, entry.day) == (text, day)
    assert case.open(Stream.REPORTER) == (entry,)


@given(st.binary(max_size=300), st.binary(max_size=5000))
def test_any_bytes_in_the_place_of_an_item_are_refused(header, body):
    keys = seal.new_case_keys()

    with pytest.raises(SealBroken):
        seal.open_stream(keys, Stream.REPORTER, [Sealed(header, body)], Head(1, bytes(32)))


@given(st.binary(min_size=119, max_size=119), st.lists(st.binary(max_size=300_000), max_size=3))
def test_any_bytes_in_the_place_of_a_file_are_refused(header, chunks):
    keys = seal.new_case_keys()
    item_key_header = seal.seal_preview(b"x", keys, 0).header

    for one in (header, item_key_header):
        with pytest.raises(SealBroken):
            list(seal.open_file(keys, one, chunks, 0, ItemKind.PREVIEW))


def test_every_single_bit_of_a_header_counts():
    case = a_case()
    first, second = case.sealed[Stream.REPORTER]

    for index, bit in itertools.product(range(len(second.header)), (1, 128)):
        flipped = second.header[:index] + bytes([second.header[index] ^ bit]) + second.header[index + 1 :]
        with pytest.raises(SealBroken):
            case.open(Stream.REPORTER, sealed=[first, Sealed(flipped, second.body)])


# Re-keying


def test_a_rekeyed_case_opens_with_the_new_keys_only_and_its_bodies_have_not_moved():
    case = a_case()
    new = seal.next_epoch(case.keys)
    sealed = case.sealed[Stream.REPORTER]

    headers = seal.rekey(case.keys, new, [item.header for item in sealed])
    moved = [Sealed(header, item.body) for header, item in zip(headers, sealed, strict=True)]
    head = seal.make_head(new, Stream.REPORTER, case.streams[Stream.REPORTER])

    assert case.open(Stream.REPORTER, new, moved, head) == case.streams[Stream.REPORTER]
    with pytest.raises(SealBroken):
        case.open(Stream.REPORTER, case.keys, moved, head)
    with pytest.raises(SealBroken):
        case.open(Stream.REPORTER, new)


def test_a_case_can_be_rekeyed_twice_and_written_to_in_between():
    case = a_case()
    for _ in range(2):
        new = seal.next_epoch(case.keys)
        headers = seal.rekey(case.keys, new, [item.header for item in case.sealed[Stream.REPORTER]])
        bodies = [item.body for item in case.sealed[Stream.REPORTER]]
        case.sealed[Stream.REPORTER] = [Sealed(*pair) for pair in zip(headers, bodies, strict=True)]
        case.keys = new
        case.by_reporter(Message("mer"))

    assert len(case.open(Stream.REPORTER)) == 4


def test_a_rekeyed_file_opens_without_being_touched():
    keys = seal.new_case_keys()
    sealed = seal.seal_file(samples.clean_file(b"bron"), keys, 0)
    chunks, new = list(sealed.chunks), seal.next_epoch(keys)

    (header,) = seal.rekey(keys, new, [sealed.header])

    assert b"".join(seal.open_file(new, header, chunks, 0)) == b"bron"


@pytest.mark.parametrize("wrong", ["another case", "same epoch", "not the old keys"])
def test_rekeying_refuses_what_does_not_follow(wrong):
    keys = seal.new_case_keys()
    header = seal.seal_preview(b"x", keys, 0).header
    new = {
        "another case": CaseKeys(bytes(16), 2, bytes(32), bytes(32)),
        "same epoch": CaseKeys(keys.case_id, 1, bytes(32), bytes(32)),
        "not the old keys": seal.next_epoch(keys),
    }[wrong]
    old = keys if wrong != "not the old keys" else CaseKeys(keys.case_id, 1, bytes(32), keys.share)

    with pytest.raises(SealBroken):
        seal.rekey(old, new, [header])


# Files and grants


def test_a_file_cut_at_any_chunk_does_not_open():
    keys = seal.new_case_keys()
    sealed = seal.seal_file(samples.clean_file(bytes(600_000)), keys, 0)
    chunks = list(sealed.chunks)

    assert len(chunks) == 4
    for keep in range(len(chunks)):
        with pytest.raises(SealBroken):
            list(seal.open_file(keys, sealed.header, chunks[:keep], 0))
    with pytest.raises(SealBroken):
        list(seal.open_file(keys, sealed.header, [*chunks[:2], chunks[3], chunks[2]], 0))


@given(st.integers(1, 70_000))
def test_a_file_opens_however_the_network_cuts_it(step):
    keys = CaseKeys(bytes(16), 1, bytes(32), bytes(32))
    sealed = seal.seal_preview(bytes(300_000), keys, 0)
    body = b"".join(sealed.chunks)

    pieces = (
        [body[start : start + step] for start in range(0, len(body), max(step, 7_000))] if step >= 7_000 else [body]
    )

    assert b"".join(seal.open_file(keys, sealed.header, pieces, 0, ItemKind.PREVIEW)) == bytes(300_000)


def test_a_source_that_is_not_as_long_as_it_said_is_not_sealed():
    class Shrunk:
        size = 10

        def chunks(self, length):
            return iter((b"only 5"[:5],))

    sealed = seal.seal_file(type("V", (), {"clean": Shrunk()})(), seal.new_case_keys(), 0)

    with pytest.raises(SealBroken):
        list(sealed.chunks)


@given(st.integers(0, 60 * 2**20))
def test_a_size_class_is_never_smaller_and_wastes_little(size):
    padded = sealed_files.size_class(size)

    assert padded >= size
    assert padded == hand.padme(size)
    assert padded <= max(4_096, size * 1.12)


def test_sizes_of_attachments_fall_into_few_classes():
    classes = {sealed_files.size_class(size) for size in range(0, 50 * 2**20, 4_001)}

    assert len(classes) < 400


def test_a_grant_and_a_decoy_cannot_be_told_apart_by_length_or_form():
    anna = samples.person("Anna").keys
    grants = [seal.make_grant(seal.new_case_keys(), anna.id_bytes, anna.box_public, 1) for _ in range(64)]
    decoys = [seal.decoy_grant() for _ in range(64)]

    assert {len(blob) for blob in grants + decoys} == {153}
    # The top bit of an X25519 public key is never set; a decoy that had it would give itself away.
    assert {blob[31] >> 7 for blob in grants + decoys} == {0}


def test_a_grant_leads_to_the_keys_that_open_the_case():
    anna, case = samples.person("Anna").keys, a_case()
    blob = seal.make_grant(case.keys, anna.id_bytes, anna.box_public, 1)

    keys = seal.case_keys(seal.open_grant(blob, anna.id_bytes, anna.box_private), case.keys.share)

    assert case.open(Stream.REPORTER, keys)


def test_a_key_that_nobody_could_open_gets_no_grant():
    with pytest.raises(SealBroken):
        seal.make_grant(seal.new_case_keys(), bytes(16), bytes(32), 1)


def test_nothing_that_holds_a_key_or_a_text_shows_it():
    case = a_case()
    entry = case.streams[Stream.REPORTER][0]
    shown = " ".join(
        map(
            repr,
            (
                case.keys,
                entry,
                entry.body,
                case.sealed[1][0],
                seal.Grant(b"", 1, b"hemlig", b"", 1),
                seal.seal_preview(b"x", case.keys, 0),
            ),
        )
    )

    for secret in ("Bron", repr(case.keys.key)[2:12], "hemlig", case.reporter.sign.hex()[:8]):
        assert secret not in shown


def test_a_fetch_is_proved_for_one_verb_one_case_and_one_counter():
    macs = {
        seal.fetch_mac(key, verb, case_id, counter)
        for key in (bytes(32), b"\1" * 32)
        for verb in ("case", "file")
        for case_id in (bytes(16), b"\1" * 16)
        for counter in (1, 2)
    }

    assert len(macs) == 16


def test_padding_of_entries_is_undone_only_when_it_is_ours():
    for padded in (b"", bytes(4_096), b"x" * 4_096, b"\x80" + bytes(4_096), b"\x80" + bytes(8_191)):
        with pytest.raises(SealBroken):
            envelope.unpad_entry(padded)
    for size in (0, 1, 4_095, 4_096):
        assert envelope.unpad_entry(envelope.pad_entry(b"\x80" * size)) == b"\x80" * size
