"""The search for a case code in a page: finds the code as every page writes it, and no ordinary word."""

import pytest
from visitors.code_search import code_in

WORDS = ("troll", "penna", "gran", "ateljé", "vante", "sked", "moln", "brygga")


@pytest.mark.parametrize(
    "page",
    [
        "troll penna gran",
        "vante-sked",
        "/return?code=moln+brygga",
        "<li><bdi>gran</bdi></li>\n<li><bdi>ateljé</bdi></li>",
        "1. troll\n2. penna\n",
    ],
)
def test_two_words_side_by_side_give_the_code_away(page):
    assert code_in(page, WORDS)


@pytest.mark.parametrize("page", ["Så kan du kontrollera oss", "trollet, pennan", "troll och penna", "penna troll", ""])
def test_words_that_a_page_says_anyway_do_not(page):
    assert not code_in(page, WORDS)
