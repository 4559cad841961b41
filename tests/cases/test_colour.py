"""Contrast as WCAG 2 defines it, by its own bounds and by figures that others have published."""

import pytest

from cases.colour import channels, contrast


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21),
        ("#0f4054", "#0f4054", 1),
        # The greys on both sides of 4.5 that every checker of contrast gives as its example.
        ("#767676", "#FFFFFF", 4.54),
        ("#777777", "#ffffff", 4.48),
        ("#ff0000", "#ffffff", 4.00),
        ("#0000ff", "#ffffff", 8.59),
        # Below the straight part of sRGB.
        ("#0a0a0a", "#000000", 1.06),
    ],
)
def test_contrast_is_that_of_wcag_whichever_comes_first(one, other, ratio):
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


def test_the_channels_of_a_colour_are_read_in_capitals_too():
    assert channels("#0aFf10") == (10, 255, 16)
