"""Eight words lead back to one case and forgive how people type; what cannot be a receipt is none."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from processes.measured import quickest

from trusted.case.errors import WrongReceipt
from trusted.receipt import keys as receipts
from trusted.receipt.keys import check_fits, new_receipt, parse_receipt, receipt_keys, text_contains_receipt, words

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "receipts.json").read_text(encoding="utf-8"))
SALT = bytes.fromhex(VECTORS["salt"])


def vector_words(vector):
    return tuple(words()[digit] for digit in vector["digits"])


@pytest.mark.parametrize("vector", VECTORS["vectors"])
def test_a_receipt_has_the_secret_and_the_keys_of_its_vector(vector):
    receipt = parse_receipt(" ".join(vector_words(vector)))

    keys = receipt_keys(receipt, SALT)

    assert receipt.secret.hex() == vector["secret"]
    assert {name: getattr(keys, name).hex() for name in vector["keys"]} == vector["keys"]


def test_a_new_receipt_is_eight_words_and_reads_as_itself():
    receipt = new_receipt()

    again = parse_receipt(" ".join(receipt.words))

    assert len(receipt.words) == 8
    assert (again.words, again.secret) == (receipt.words, receipt.secret)
    assert new_receipt().words != receipt.words


@pytest.mark.parametrize(
    "typed",
    [
        "{0}-{1}-{2}-{3}-{4}-{5}-{6}-{7}",
        "  {0}, {1}, {2}, {3},\r\n{4}, {5}, {6}, {7}.\n",
        "1. {0}\n2. {1}\n3. {2}\n4. {3}\n5. {4}\n6. {5}\n7. {6}\n8. {7}",
        "{0}\N{NO-BREAK SPACE}{1}\t{2}\N{EM DASH}{3} {4}\N{ZERO WIDTH SPACE} {5} {6}/{7}",
    ],
)
def test_a_receipt_may_be_typed_in_many_ways(typed):
    receipt = new_receipt()

    for spelling in (str, str.upper, str.title, lambda word: word[:4]):
        parsed = parse_receipt(typed.format(*map(spelling, receipt.words)))
        assert parsed.secret == receipt.secret


@pytest.mark.parametrize(
    "typed", ["{0}{1}{2}{3}{4}{5}{6}{7}", "{0} {1}{2} {3} {4} {5}{6}{7}", "{0}{1}{2}{3}\n{4}{5}{6}{7}"]
)
def test_a_receipt_without_spaces_is_read_when_one_way_alone_divides_it_into_eight_words(typed):
    for _ in range(50):
        receipt = new_receipt()

        assert parse_receipt(typed.format(*receipt.words)).secret == receipt.secret
        assert parse_receipt(typed.format(*map(str.upper, receipt.words))).secret == receipt.secret


def test_four_words_of_a_receipt_without_spaces_give_it_away_in_a_text():
    receipt = new_receipt()

    assert text_contains_receipt(f"My code is {''.join(receipt.words[2:6])}!", receipt)
    assert not text_contains_receipt(f"My code is {''.join(receipt.words[2:5])}!", receipt)


@pytest.mark.parametrize(
    "written",
    [
        "koden {0}{1} {2:.4} {3:.4}, tack",
        "{0:.4}{1:.4}{2:.4}{3:.4}{4:.4}{5:.4}{6:.4}{7:.4}",
        "koden{3:.4}{4:.4}{5:.4}{6:.4}",
        "{2:.4}xyz {3}{4:.4}xyz {5:.4}",
        "{0:.4} {1:.4}\n{2}{3}",
        "1. {4:.4} 2. {5:.4}{6}-{7:.4}",
    ],
)
def test_four_words_glued_and_shortened_in_any_way_give_it_away_in_a_text(written):
    for _ in range(50):
        receipt = new_receipt()

        assert text_contains_receipt(written.format(*receipt.words), receipt)
        assert not text_contains_receipt(written.format(*new_receipt().words), receipt)


def test_three_words_and_four_out_of_their_order_tell_nothing():
    receipt = new_receipt()

    for told in ("{0}{1:.4} {2}", "{1}{0:.4} {3}{2}", "{0:.4}{1:.4} och {2:.4} {3:.4}"):
        assert not text_contains_receipt(told.format(*receipt.words), receipt)


@pytest.mark.parametrize("between", ["", " ", "x" * 50])
def test_a_long_text_of_the_own_words_takes_no_time(between):
    receipt = new_receipt()
    text = (between.join((receipt.words[0][:4], receipt.words[1])) * 20_000)[:100_000]

    assert quickest(lambda: text_contains_receipt(text, receipt), 1) < 1


@pytest.mark.parametrize("typed", ["a" * 4000, "abakus" * 600, "abakusabakus " * 7, "abak" * 1000])
def test_the_longest_row_of_letters_takes_no_time(typed):
    def refused() -> None:
        with pytest.raises(WrongReceipt):
            parse_receipt(typed)

    assert quickest(refused, 1) < 1


def test_letters_of_full_width_and_soft_hyphens_are_the_letters_they_stand_for():
    receipt = new_receipt()
    wide = " ".join("".join(chr(ord(letter) + 0xFEE0) for letter in word) for word in receipt.words)
    soft = " ".join("\N{SOFT HYPHEN}".join(word) for word in receipt.words)

    assert parse_receipt(wide).secret == receipt.secret
    assert parse_receipt(soft).secret == receipt.secret


@pytest.mark.parametrize("count", [0, 1, 7, 9, 40])
def test_another_number_of_words_is_no_receipt(count):
    with pytest.raises(WrongReceipt):
        parse_receipt(" ".join(words()[:1] * count))


def test_a_word_that_is_not_in_the_list_makes_no_receipt():
    receipt = new_receipt()

    with pytest.raises(WrongReceipt):
        parse_receipt(" ".join(("zzzzzz", *receipt.words[1:])))


def test_a_misread_word_is_noticed_63_times_in_64_and_never_opens_the_true_case():
    receipt = new_receipt()
    others = [(*receipt.words[:3], word, *receipt.words[4:]) for word in words() if word != receipt.words[3]]

    fitting = [parse_receipt(" ".join(one)) for one in others if check_fits(one)]

    assert all(one.secret != receipt.secret for one in fitting)
    assert 0.005 < len(fitting) / len(others) < 0.03


def test_the_last_word_alone_carries_the_check_and_cannot_be_another():
    receipt = new_receipt()

    fitting = [word for word in words() if check_fits((*receipt.words[:7], word))]

    assert receipt.words[7] in fitting
    assert all(
        parse_receipt(" ".join((*receipt.words[:7], word))).secret != receipt.secret
        for word in fitting
        if word != receipt.words[7]
    )


def test_the_same_words_are_other_keys_in_another_home():
    receipt = new_receipt()

    here, there = receipt_keys(receipt, SALT), receipt_keys(receipt, bytes(16))

    assert here.lookup_id != there.lookup_id
    assert here.sign_seed != there.sign_seed


def test_a_text_that_gives_the_receipt_away_is_noticed():
    receipt = new_receipt()
    half = " ".join(receipt.words[2:6])

    assert text_contains_receipt(f"Min kod är {'-'.join(receipt.words)}, tack.", receipt)
    assert text_contains_receipt(f"… {half.upper()} …", receipt)
    assert not text_contains_receipt(" ".join(receipt.words[:3]), receipt)
    assert not text_contains_receipt("Bron är betald två gånger.", receipt)
    assert not text_contains_receipt("", receipt)


def test_a_receipt_and_its_keys_show_nothing_of_themselves():
    receipt = new_receipt()

    shown = repr(receipt) + repr(receipt_keys(receipt, SALT))

    assert not any(word in shown for word in receipt.words if len(word) > 5)
    assert "secret=" not in shown
    assert "seed=" not in shown


@pytest.mark.property
@given(st.text(max_size=400))
def test_any_text_is_a_receipt_or_none(text):
    try:
        parsed = parse_receipt(text)
    except WrongReceipt:
        return

    assert len(parsed.words) == receipts.WORDS_IN_RECEIPT
    assert len(parsed.secret) == receipts.SECRET_BYTES
