"""The operator's pages: the same acts in Swedish and English, few commands, short sentences."""

from __future__ import annotations

import re
from statistics import median

import pytest
from rehearsal.hands import HANDS
from rehearsal.pages import PAGES, TRANSLATED, Box, Hand, steps

COMMANDS_OF_THE_FIRST_DAY = 25
WORDS_OF_A_SENTENCE, WORDS_OF_THE_LONGEST = 20, 40
EVERY_PAGE = (*TRANSLATED, *TRANSLATED.values())


def commands(page: str) -> list[str]:
    return [line for step in steps(page) if isinstance(step, Box) for line in re.split(r"\n|&&", step.lines.strip())]


def sentences(page: str) -> list[str]:
    """Of the running text: a line of a box is none, and a piece of code counts as one word."""
    text = re.sub(r"```.*?```|<!--.*?-->", "", (PAGES / page).read_text("utf-8"), flags=re.DOTALL)
    text = re.sub(r"`[^`]*`|\[[^]]*\]\([^)]*\)", "word", re.sub(r"[*”\"]", "", text))
    pieces = re.split(r"(?<=[.?!])\s|\n\n|\n#+ |\||:\s", text)
    return [piece for piece in pieces if re.search(r"\w", piece)]


@pytest.mark.parametrize(("english", "swedish"), TRANSLATED.items())
def test_both_languages_say_the_same_acts_in_the_same_order(english, swedish):
    def acts(page: str) -> list[tuple[object, ...]]:
        return [
            (step.who, step.lines, step.code, step.seen) if isinstance(step, Box) else (step.name,)
            for step in steps(page)
        ]

    assert acts(swedish) == acts(english)


def test_the_first_day_has_few_commands():
    assert len(commands("first-day.md")) <= COMMANDS_OF_THE_FIRST_DAY


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_sentences_are_short(page):
    lengths = {sentence: len(sentence.split()) for sentence in sentences(page)}

    assert median(lengths.values()) <= WORDS_OF_A_SENTENCE
    assert [sentence for sentence, words in lengths.items() if words > WORDS_OF_THE_LONGEST] == []


def test_each_act_of_the_hand_is_known_to_the_rehearsal_and_no_other_is():
    named = {step.name for page in TRANSLATED for step in steps(page) if isinstance(step, Hand)}

    assert named == set(HANDS)


def test_a_box_that_is_followed_at_once_knows_what_it_has_to_say():
    first = next(step for step in steps("first-day.md") if isinstance(step, Box) and "make -C" in step.lines)

    assert first.seen == ("Installed. Nothing is started.",)
