"""Letters that our documents may have are seen, all of them: what draws nothing would be a mark that nobody sees."""

from __future__ import annotations

import io

import pytest

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.office.letters import Drawable
from scrubbers.jailed.text.cleaning import without_unseen
from scrubbers.jailed.typeset.faces import can_draw, face, name_for
from scrubbers.jailed.typeset.layout import laid_out
from scrubbers.jailed.typeset.model import Paragraph, Run


def test_every_letter_but_the_space_has_an_outline():
    kept = set(without_unseen("\n".join(map(chr, (*range(0x20, 0xD800), *range(0xE000, 0x20000)))), Findings()))
    drawn = {one for one in Drawable(Findings()).text("".join(one for one in kept if can_draw(one))) if one != "\n"}

    unseen = []
    for one in sorted(drawn):
        of = face(name_for(one, bold=False))
        if not of.outline(of.glyph(one)):
            unseen.append(one)

    assert len(drawn) > 2000
    assert unseen == [" "]


def test_every_sign_that_ends_a_line_ends_it():
    text = "ett\u2028två\u2029tre\x0bfyra\x0cfem\x85sex"

    assert Drawable(Findings()).text(text) == "ett\ntvå\ntre\nfyra\nfem\nsex"


def document(*runs: Run) -> bytes:
    made = io.BytesIO()
    laid_out([Paragraph(runs)]).write(made)
    return made.getvalue()


BLANKS = {
    "alone": (Run("ett"), Run(" ", bold=True), Run("två")),
    "before a word": (Run("ett"), Run(" "), Run("", italic=True), Run("två")),
    "raised": (Run("ett"), Run(" ", raised=True), Run("två")),
}


@pytest.mark.parametrize("name", BLANKS)
def test_nobody_can_write_with_the_look_of_blanks(name):
    assert document(*BLANKS[name]) == document(Run("ett två"))


def test_a_blank_after_a_bold_word_is_bold_wherever_it_stood():
    assert document(Run("ett ", bold=True), Run("två")) == document(Run("ett", bold=True), Run(" två"))
