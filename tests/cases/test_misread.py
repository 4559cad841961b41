"""Words that are no receipt: what is wrong with them, and which may have been meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.receipt.misread import MOST_NEAR, explain, near_words
from trusted.case.errors import WrongReceipt
from trusted.receipt.keys import check_fits, new_receipt, parse_receipt
from trusted.receipt.wordlist import words


def receipt_with(place: int, word: str) -> list[str]:
    """A receipt that has this word at this place (from 0): a valid one, found by trying."""
    while True:
        eight = list(new_receipt().words)
        eight[place] = word
        for last in words():
            tried = [*eight]
            tried[7 if place != 7 else 0] = last
            if check_fits(tuple(tried)):
                return tried


@pytest.mark.parametrize(("count", "typed"), [(0, ""), (7, "bord " * 7), (9, "bord " * 9)])
def test_another_number_of_words_is_counted_and_nothing_else_is_said(count, typed):
    said = explain(typed)

    assert (said.count, said.unknown, said.candidates) == (count, (), ())


@pytest.mark.parametrize(
    ("meant", "typed"),
    [
        ("abborre", "bborre"),  # a letter left out
        ("abborre", "abbborre"),  # one too many
        ("abborre", "axborre"),  # one changed
        ("abborre", "baborre"),  # two swapped
        ("abborre", "qabborre"),  # one inserted
    ],
)
def test_a_word_with_one_mistake_is_still_among_the_near_ones(meant, typed):
    assert meant in words()

    found = near_words(typed)

    assert meant in found


def test_mistakes_of_handwriting_come_first():
    # An a that looks like an o is likelier than an a that looks like a k.
    near = near_words("obborre")

    assert near[0] == "abborre"


def test_a_word_outside_the_list_is_named_by_its_number_and_the_right_one_is_suggested():
    eight = receipt_with(4, "abborre")
    eight[4] = "xbborre"

    said = explain(" ".join(eight))

    assert [place.number for place in said.unknown] == [5]
    assert said.unknown[0].near == ("abborre",)
    assert said.candidates == ()


def test_several_words_outside_the_list_are_all_named():
    eight = list(new_receipt().words)
    eight[1], eight[6] = "qqqq", "xbborre"

    said = explain(" ".join(eight))

    assert [place.number for place in said.unknown] == [2, 7]
    assert said.unknown[0].near == ()
    assert "abborre" in said.unknown[1].near


def test_a_known_word_in_the_place_of_another_is_found_by_the_check_bits():
    found = 0
    # About three of ten words have such a neighbour.
    for _ in range(400):
        if found == 10:
            break
        eight = list(new_receipt().words)
        # In the first place: behind two others that fit by chance it would not be named.
        right = eight[0]
        near = near_words(right, whole=True)
        misread = next((word for word in near if right in near_words(word, whole=True)), None)
        if misread is None:
            continue
        eight[0] = misread
        if check_fits(tuple(eight)):
            continue
        said = explain(" ".join(eight))
        assert said.unknown == ()
        assert right in {word for place in said.candidates if place.number == 1 for word in place.near}
        found += 1

    assert found == 10


def test_each_candidate_is_a_receipt_when_it_stands_at_its_place():
    checked = 0
    for _ in range(100):
        eight = list(new_receipt().words)
        eight[0], eight[1] = eight[1], eight[0]
        for place in explain(" ".join(eight)).candidates:
            for word in place.near:
                tried = [*eight]
                tried[place.number - 1] = word
                assert parse_receipt(" ".join(tried)).words
                checked += 1

    assert checked > 3


def fits_swapped(eight: tuple[str, ...], one: int, other: int) -> bool:
    tried = [*eight]
    tried[one], tried[other] = tried[other], tried[one]
    return check_fits(tuple(tried))


def test_of_words_that_may_have_changed_places_two_pairs_are_named_and_neighbours_first():
    for _ in range(2_000):
        right = new_receipt().words
        typed = (right[1], right[0], *right[2:])
        others = [(one, other) for one in range(7) for other in range(one + 1, 8) if fits_swapped(typed, one, other)]
        # The right pair, another of neighbours, and one that stands apart.
        if len(others) > 2 and sum(other == one + 1 for one, other in others) == 2 and not check_fits(typed):
            break
    else:
        pytest.fail("no code had three pairs that fit")

    said = explain(" ".join(typed))

    assert len(said.swaps) == 2
    assert said.swaps[0] == (1, 2)
    assert all(other == one + 1 for one, other in said.swaps)
    for one, other in said.swaps:
        assert fits_swapped(typed, one - 1, other - 1)


def test_of_words_outside_the_list_no_swap_is_guessed():
    eight = list(new_receipt().words)
    eight[1], eight[0] = eight[0], "xbborre"

    assert explain(" ".join(eight)).swaps == ()


@pytest.mark.property
@given(st.text(max_size=200))
def test_of_any_text_no_word_is_echoed(text):
    try:
        parse_receipt(text)
    except WrongReceipt:
        said = explain(text)
    else:
        return

    shown = [word for place in (*said.unknown, *said.candidates) for word in place.near]
    assert set(shown) <= set(words())
    assert all(len(place.near) <= MOST_NEAR for place in (*said.unknown, *said.candidates))


@pytest.mark.property
@given(st.lists(st.sampled_from(words()), min_size=8, max_size=8), st.integers(0, 7), st.text("abcdefgåäö", min_size=1))
def test_a_word_that_was_typed_right_is_never_shown_at_its_place(eight, place, other):
    typed = [*eight]
    typed[place] = other

    said = explain(" ".join(typed))

    for found in (*said.unknown, *said.candidates):
        assert typed[found.number - 1] not in found.near


def test_what_is_said_shows_nothing_of_itself():
    eight = list(new_receipt().words)
    eight[4] = "xbborre"

    assert "abborre" not in repr(explain(" ".join(eight)))
