"""A page's contents are read quickly where they are as in most documents, and in the same way everywhere."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scrubbers.jailed.pdf.content.display_list import Show
from scrubbers.jailed.pdf.fonts.glyph import Glyph, Run
from scrubbers.jailed.pdf.fonts.outline import LINE, MOVE
from scrubbers.jailed.pdf.syntax.lexer import LexedName, Number, operations
from scrubbers.jailed.pdf.syntax.memo import Memo

TOKENS = (
    b"/F1", b"/F1'", b"/A#20B", b"/", b"/a\x0bb", b"1", b"-.50", b"--5", b"12.3-4", b"(a)", rb"(\)\\a)", rb"(\101)",
    b"(a(b))", b"<4>", b"<41 42>", b"[(a) -20 <41>-.5(b)]", b"[1(a)\0(b)]", b"[[1] /N]", b"<</K 1>>", b"true", b"null",
    b"nullx", b"Tj", b"TJ", b"T*", b"'", b'"', b"re", b"d0", b"BDC",
)  # fmt: skip


def read(contents: bytes) -> list[tuple[bytes, list[object], list[type]]]:
    """Return the operations, and the types of their operands: those of names and strings are equal as bytes."""
    return [(operator, operands, [*map(type, operands)]) for operator, operands in operations(contents)]


@given(st.lists(st.sampled_from(TOKENS)))
def test_an_operation_is_read_in_one_piece_as_it_is_token_by_token(tokens):
    # No operation with a comment before a token is read in one piece.
    assert read(b" ".join([*tokens, b"f"])) == read(b" %\n".join([b"", *tokens, b"f"]))


def test_a_name_ends_where_the_grammar_says_and_not_where_an_operator_could_begin():
    assert read(b"/F1' 10 Tf") == [(b"Tf", [b"F1'", b"10"], [LexedName, Number])]
    assert read(b"/F*Tf f") == [(b"f", [b"F*Tf"], [LexedName])]


def test_what_was_worked_out_before_is_held_within_bounds():
    memo: Memo[bytes, int] = Memo(len, 2)

    assert [memo[key] for key in (b"a", bytes(10_000), b"ab", b"abc", b"a")] == [1, 10_000, 2, 3, 1]
    assert set(memo) == {b"a", b"ab"}


def test_gaps_with_more_decimals_make_up_for_each_other():
    letters = [Run([Glyph(code, 500, ((MOVE, 0, 0), (LINE, 9, 9)))]) for code in range(4)]

    _, runs, gaps, _ = Show(10, 0, letters, [0.0, -0.0004, -0.0004, -0.0004, 0.0]).pieces()

    assert (runs, gaps) == (letters, [0.0, 0.001, 0.0])
