"""The trusted base: what an auditor has to read stays short, and imports nothing else of the project."""

import ast
import io
import tokenize
from pathlib import Path

PROJECT = Path(__file__).parents[2]
FILES = sorted((PROJECT / "trusted").rglob("*.py"))
OTHERS = {"second_reader", "onion", "scrubbers", "cases", "intake", "desk", "relay", "audit", "kallskydd"}
# docs/TRUSTED.md promises it.
MOST_LINES = 8_100
NO_CODE = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER
}  # fmt: skip


def lines_of_code(source: str) -> int:
    """Count the lines that are neither blank nor comment nor docstring."""
    words: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                words.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NO_CODE:
            code.update(range(token.start[0], token.end[0] + 1))
    return len(code - words)


def test_a_line_counts_only_if_it_is_code():
    assert (
        lines_of_code(
            '"""Words.\n\nMore."""\n\n# A comment.\nx = (\n    1,\n)\n\n\ndef f():\n    """Words."""\n    return x\n'
        )
        == 5
    )


def test_the_trusted_base_is_short_enough_to_be_read():
    assert len(FILES) > 80
    assert sum(lines_of_code(path.read_text("utf-8")) for path in FILES) <= MOST_LINES


def test_it_imports_nothing_else_of_the_project():
    found = {
        (str(path.relative_to(PROJECT)), name)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])
        if name.split(".")[0] in OTHERS
    }

    assert found == set()
