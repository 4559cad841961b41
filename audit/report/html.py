"""The page that is signed and its annexes as HTML: one file that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import assert_never

from audit.language import Language
from audit.report.blocks import (
    Block,
    Bullets,
    CheckBlock,
    Commands,
    Facts,
    Folded,
    Heading,
    Item,
    Line,
    Numbered,
    Page,
    Paragraph,
    Ruling,
    Signatures,
    Span,
    Table,
    Tone,
    coded,
)
from audit.report.certify import Examined
from audit.report.claims import Claims
from audit.report.page import page_of
from audit.report.style import STYLE, page_style


def as_html(examined: Examined, language: Language, claims: Claims) -> str:
    """Return the whole page. `claims` has what is certified and what is not covered, by proof."""
    return page_as_html(page_of(examined, language, claims))


def page_as_html(page: Page) -> str:
    """Return a page that was made before."""
    annexes = (block for annex in page.annexes for block in annex.blocks)
    return f"""<!doctype html>
<html lang="{page.language}"><head><meta charset="utf-8">\
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(page.title)}</title><style>{STYLE}{page_style(page.foot)}</style></head><body><main>
<section class="sheet">
{_blocks(page.sheet)}</section>
<section class="annexes">
{_blocks(annexes)}</section></main></body></html>
"""


def _blocks(blocks: Iterable[Block]) -> str:
    return "".join(f"{_block(one)}\n" for one in blocks)


def _block(block: Block) -> str:  # noqa: C901, PLR0911 - one line for each kind
    match block:
        case Heading(level, text):
            made = f"<h{level}>{escape(text)}</h{level}>"
            return f'<div class="head">{made}</div>' if level == 1 else made
        case Facts(pairs):
            lines = (f"<dt>{escape(name)}</dt><dd>{_span(value)}</dd>" for name, value in pairs)
            return '<dl class="facts">' + "".join(lines) + "</dl>"
        case Ruling():
            return _ruling(block)
        case Table():
            return _table(block)
        case Paragraph(text, framed):
            return f'<p class="assertion">{escape(text)}</p>' if framed else f"<p>{_line(coded(text))}</p>"
        case Numbered(items):
            return '<ol class="remarks">' + "".join(map(_remark, items)) + "</ol>"
        case Bullets(items, columns):
            return f'<ul class="uncovered">{_items(items)}</ul>' if columns > 1 else f"<ul>{_items(items)}</ul>"
        case Commands(text):
            return f"<pre>{escape(text)}</pre>"
        case Folded():
            return _folded(block)
        case CheckBlock():
            return _row(block)
        case Signatures(fields):
            return '<div class="signatures">' + "".join(f"<div>{escape(one)}</div>" for one in fields) + "</div>"
        case _:
            assert_never(block)


def _span(span: Span) -> str:
    text = escape(span.text)
    if span.tone is not None:
        return f'<strong class="{span.tone}">{text}</strong>'
    if span.label:
        return f"<b>{text}</b>"
    return f"<code>{text}</code>" if span.code else text


def _line(line: Line) -> str:
    return "".join(map(_span, line))


def _ruling(ruling: Ruling) -> str:
    colour = "" if ruling.tone is Tone.GOOD else f" {ruling.tone}"
    return f'<div class="verdict{colour}"><strong>{escape(ruling.words)}</strong>{escape(ruling.said)}</div>'


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.head)
    rows = ""
    for name, *cells in table.rows:
        kinds = [(f' class="{cell.kind}"' if cell.kind else "", escape(cell.text)) for cell in cells]
        rows += f'<tr><th scope="row">{escape(name.text)}</th>'
        rows += "".join(f"<td{kind}>{text}</td>" for kind, text in kinds) + "</tr>"
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _remark(lines: tuple[Line, ...]) -> str:
    head, *others = lines
    more = (f'<span class="more">{_line(one)}</span>' for one in others)
    return f"<li>{_line(head)}{''.join(more)}</li>"


def _items(items: Iterable[Item]) -> str:
    made = ""
    for item in items:
        language = f' lang="{item.language}"' if item.language else ""
        worse = ' class="worse"' if item.worse else ""
        made += f"<li{language}{worse}>{_line(item.line)}</li>"
    return made


def _folded(block: Folded) -> str:
    """Return a list that is folded on a screen and open on paper: browsers print what is folded as folded."""
    said, items = escape(block.said), _items(block.items)
    head = f"<details><summary>{said}</summary><ul>{items}</ul></details>"
    return f'{head}<div class="paper"><p>{said}:</p><ul>{items}</ul></div>'


def _row(row: CheckBlock) -> str:
    details = _folded(row.full) if row.full is not None else ""
    return (
        f'<div class="row"><div class="title"><h3>{escape(row.title)}'
        f' <code class="id">{escape(row.name)}</code></h3>'
        f'<span class="mark {row.tone}">{escape(row.mark)}</span></div>'
        f"<ul>{_items(row.few)}</ul><pre>{escape(row.by_hand)}</pre>{details}</div>"
    )
