"""A detail is quoted in its sentence, or taken out of the text wherever it stands; whatever the text is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.identifiers.find import DetailKind, IdentifyingDetail, details_in
from intake.identifiers.quote import TAKEN_OUT, Passage, passages, without

PIECES = (
    "070-123 45 67", "+46 70 123 45 67", "0240 12345", "850709-9805", "198507099805", "anna@example.com",
    "å.ä@exempel.se", "/home/annand/a", r"C:\Users\annand\a", "Jag heter Anna Andersson", "My name is Bo",
    "Mvh\nAnna Andersson", "Mvh Anna", "/Anna", "tel", "pnr", "Anna", "Andersson", "\u2028", "\r", "\x0b", "\x1c",
    " ", "  ", "\n", "\t", "\N{NO-BREAK SPACE}", ",", ".", ". ", "! ", "-", "(", ")", "x", "1", "_", "[…]", "…", "ا",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=14).map("".join)
DETAILS = st.builds(IdentifyingDetail, st.sampled_from(DetailKind), st.text(max_size=90), st.integers(1, 9))


def named(found: str) -> IdentifyingDetail:
    return IdentifyingDetail(DetailKind.NAME, found, 1)


def plain(passage: Passage) -> str:
    return "".join(piece for piece, _is_detail in passage.pieces)


@given(TEXTS)
def test_whatever_is_found_is_quoted_once_and_the_quote_is_of_the_text(text):
    details = details_in(text)
    found = passages(text, details)

    assert {kind for one in found for kind in one.kinds} == {one.kind for one in details}
    for passage in found:
        assert any(is_detail and piece.rstrip("…").split() for piece, is_detail in passage.pieces)
        assert "\n" not in plain(passage)
        assert len(plain(passage)) <= len(details) * (61 + 80 + 61)
        if not all(is_detail for _piece, is_detail in passage.pieces):
            assert plain(passage).removeprefix("…").removesuffix("…") in text
    for one in details:
        if one.found in text:
            assert any(one.found[:79] in plain(passage) for passage in found)


@given(TEXTS, DETAILS)
def test_quoting_and_taking_out_never_raise_whatever_the_detail(text, detail):
    passages(text, [detail])
    without(text, [detail])


@given(TEXTS)
def test_of_what_was_taken_out_nothing_is_found_any_more_that_stood_in_one_piece(text):
    found = details_in(text)
    left = without(text, found)

    in_one_piece = {one.found for one in found if one.found in text}
    assert not in_one_piece & {one.found for one in details_in(left)}


@given(TEXTS)
def test_a_text_without_a_finding_stays_as_it_is(text):
    assert without(text, ()) == text


@pytest.mark.parametrize(
    ("text", "found", "before", "after"),
    [
        ("Allt är bra. Ring Anna Ek i morgon! Tack.", "Anna Ek", "Ring ", " i morgon!"),
        ("Första raden\nHej Anna Ek\nSista raden", "Anna Ek", "Hej ", ""),
        ("Anna Ek", "Anna Ek", "", ""),
        ("Allt är bra. Anna Ek ringde.", "Anna Ek", "", " ringde."),
        ("هل أنت هناك؟ أنا أحمد علي. شكرا", "أحمد علي", "أنا ", "."),
        (f"{'a' * 70} Anna Ek {'b' * 70}", "Anna Ek", f"…{'a' * 59} ", f" {'b' * 59}…"),
        ("Annan Anna", "Anna", "Annan ", ""),
    ],
)
def test_a_detail_stands_in_its_sentence_and_no_more_of_it_than_fits(text, found, before, after):
    (passage,) = passages(text, [named(found)])

    assert plain(passage) == before + found + after
    assert (found, True) in passage.pieces


def test_details_of_one_sentence_are_marked_in_one_quote_also_where_one_holds_the_other():
    text = "Allt väl. Anna Ek, 070-123 45 67, anna@ek.se ringde. Hej Bo"
    number = IdentifyingDetail(DetailKind.TELEPHONE, "070-123 45 67", 1)
    found = passages(text, [number, named("Bo"), named("anna"), IdentifyingDetail(DetailKind.EMAIL, "anna@ek.se", 1)])

    assert [plain(one) for one in found] == ["Anna Ek, 070-123 45 67, anna@ek.se ringde.", "Hej Bo"]
    assert found[0].kinds == (DetailKind.NAME, DetailKind.TELEPHONE, DetailKind.EMAIL)
    assert [piece for piece, is_detail in found[0].pieces if is_detail] == ["Anna", "070-123 45 67", "anna@ek.se"]


def test_a_name_that_stands_in_two_pieces_is_quoted_alone_and_each_of_its_words_is_taken_out():
    text = "Mvh\nAnna 070-123 45 67 Andersson"

    assert [plain(one) for one in passages(text, [named("Anna Andersson")])] == ["Anna Andersson"]
    assert without(text, [named("Anna Andersson")]) == f"Mvh\n{TAKEN_OUT} 070-123 45 67 {TAKEN_OUT}"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Anna Ek, Anna  Ek och Anna\tEk", f"{TAKEN_OUT}, {TAKEN_OUT} och {TAKEN_OUT}"),
        ("Annas Anna Eks ANNA EK Anna Ekman", f"Annas {TAKEN_OUT} {TAKEN_OUT} Anna Ekman"),
        ("Anna\nEk", f"{TAKEN_OUT}\n{TAKEN_OUT}"),
    ],
)
def test_every_place_of_a_name_is_taken_out_however_it_is_spaced_and_no_part_of_another(text, left):
    assert without(text, [named("Anna Ek")]) == left


def test_the_longest_is_taken_out_first():
    details = details_in("Jag heter Anna. anna@b.se och anna@b.sett")

    assert (
        without("Jag heter Anna. anna@b.se och anna@b.sett", details)
        == f"Jag heter {TAKEN_OUT}. {TAKEN_OUT} och {TAKEN_OUT}"
    )
