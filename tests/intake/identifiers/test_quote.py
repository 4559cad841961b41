"""A detail is quoted in its sentence, or taken out of the text wherever it stands; whatever the text is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.identifiers.find import DetailKind, IdentifyingDetail, details_in
from intake.identifiers.quote import TAKEN_OUT, Quote, quoted, without

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


@given(TEXTS)
def test_whatever_is_found_can_be_quoted_and_the_quote_is_of_the_text(text):
    for detail in details_in(text):
        quote = quoted(text, detail)

        assert quote.found.split()
        assert quote.found.rstrip("…")
        assert "\n" not in quote.before + quote.found + quote.after
        assert len(quote.before) <= 61
        assert len(quote.found) <= 80
        assert len(quote.after) <= 61
        if quote.before or quote.after:
            assert quote.before.removeprefix("…") + quote.found + quote.after.removesuffix("…") in text


@given(TEXTS, DETAILS)
def test_quoting_and_taking_out_never_raise_whatever_the_detail(text, detail):
    quoted(text, detail)
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
    assert quoted(text, named(found)) == Quote(before, found, after)


def test_a_name_that_stands_in_two_pieces_is_quoted_alone_and_each_of_its_words_is_taken_out():
    text = "Mvh\nAnna 070-123 45 67 Andersson"

    assert quoted(text, named("Anna Andersson")) == Quote("", "Anna Andersson", "")
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
