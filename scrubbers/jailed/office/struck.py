"""Marks struck-out text and changes in words, since lines and colours are lost where a text is copied or read aloud.

Without the mark an amount that was struck out would read as one that holds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from scrubbers.jailed.office import labels
from scrubbers.jailed.typeset.model import Block, Frame, Paragraph, Run, Table


def marked(blocks: Sequence[Block]) -> list[Block]:
    """Return the blocks with brackets around what is struck out or changed; runs that follow each other share one."""
    return [_block(block) for block in blocks]


def _block(block: Block) -> Block:
    match block:
        case Paragraph():
            return replace(block, runs=tuple(_runs(block.runs)))
        case Frame():
            return replace(block, blocks=tuple(marked(block.blocks)))
        case Table():
            rows = (tuple(replace(cell, blocks=tuple(marked(cell.blocks))) for cell in row) for row in block.rows)
            return replace(block, rows=tuple(rows))
        case _:
            return block


def _runs(runs: Sequence[Run]) -> Iterator[Run]:
    for mark, group in groupby(runs, key=lambda run: run.change or labels.STRUCK * run.struck):
        pieces = list(group)
        if mark and any(run.text.strip() for run in pieces):
            yield from _in_brackets(pieces, mark)
        else:
            yield from pieces


def _in_brackets(runs: list[Run], mark: str) -> Iterator[Run]:
    """Yield the mark and the runs in it; blanks around them stay outside."""
    first = next(place for place, run in enumerate(runs) if run.text.strip())
    last = max(place for place, run in enumerate(runs) if run.text.strip())
    inside = runs[first : last + 1]
    before = inside[0].text[: len(inside[0].text) - len(inside[0].text.lstrip())]
    after = inside[-1].text[len(inside[-1].text.rstrip()) :]
    inside[0] = replace(inside[0], text=inside[0].text.lstrip())
    inside[-1] = replace(inside[-1], text=inside[-1].text.rstrip())
    opening, closing = mark.split("{}")
    yield from runs[:first]
    yield Run(before + opening)
    yield from inside
    yield Run(closing + after)
    yield from runs[last + 1 :]
