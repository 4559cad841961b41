"""Forms: display lists that are drawn where another one has Do, and what of them is executed in which order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from pypdf.generic import DictionaryObject

from scrubbers.jailed.pdf.content import state_use
from scrubbers.jailed.pdf.content.colour_space import space
from scrubbers.jailed.pdf.content.display_list import Drawn, Names, Path, RestoreState, SaveState, Show, Step, Unsaid
from scrubbers.jailed.pdf.content.emitter import emit
from scrubbers.jailed.pdf.content.swatch import Swatches
from scrubbers.jailed.pdf.cost import Work
from scrubbers.jailed.pdf.fonts.document_font import DocumentFont
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import Name, Node, NotRebuildable, Stream, Value

_MOST_EXECUTED: Final = 100_000


@dataclass(slots=True)
class Form:
    """A form: its own display list, drawn where a page has Do."""

    entries: dict[bytes, Value]
    steps: list[Step]
    node: Node = field(default_factory=Node)

    def needed(self) -> frozenset[str]:
        return state_use.inherited(self.steps)

    def paints(self) -> bool:
        return state_use.paints(self.steps)

    def emit(self, font: DocumentFont) -> None:
        names = Names()
        data = emit(self.steps, names, font, within=True)
        resources = names.resources()
        self.node.value = Stream({**self.entries, **({b"Resources": resources} if resources else {})}, data)


def executed(steps: list[Step]) -> Sequence[Step]:
    """Every step in the order of drawing, forms entered where they are drawn; raises NotRebuildable for too many."""
    # Asked a dozen times of every page, and of most of them the answer is no.
    found = steps if Drawn not in map(type, steps) else _with_forms(steps, [])
    if len(found) > _MOST_EXECUTED:
        raise NotRebuildable
    return found


def _with_forms(steps: list[Step], found: list[Step]) -> list[Step]:
    """Add the steps to those that were found, and stop when they are too many."""
    for step in steps:
        found.append(step)
        if isinstance(step, Drawn) and isinstance(step.thing, Form) and not step.hidden:
            _with_forms(step.thing.steps, found)
        if len(found) > _MOST_EXECUTED:
            break
    return found


def text_alone(steps: Sequence[Step]) -> list[Step]:
    """Return the steps without what is drawn beside text; forms are entered, clips of text stay."""
    kept: list[Step] = []
    saved: list[int] = []
    for step in steps:
        match step:
            case SaveState():
                saved.append(len(kept))
                kept.append(step)
            case RestoreState() if saved:
                at = saved.pop()
                if any(isinstance(each, Show | Drawn) for each in kept[at:]):
                    kept.append(step)
                else:
                    del kept[at:]
            case Path() if step.clips:
                kept.append(Path(step.segments, b"n", step.clips))
            case Drawn(Form() as form):
                if alone := text_alone(form.steps):
                    kept.append(Drawn(Form(form.entries, alone)))
            case Path() | Drawn() | Unsaid():
                pass
            case _:
                kept.append(step)
    return kept


def transparency_group(source: DictionaryObject) -> Value:
    """Return a group's dictionary: its space by its number of components, isolated, knocked out."""
    if access.name_of(source.get("/S")) != "/Transparency":
        raise NotRebuildable
    entries: dict[bytes, Value] = {b"S": Name(b"Transparency")}
    if "/CS" in source:
        entries[b"CS"] = space(source.raw_get("/CS"), DictionaryObject(), Swatches(Work())).value
    for key in ("/I", "/K"):
        if access.is_true(access.entry(source, key)):
            entries[key[1:].encode()] = True
    return entries


def frame(source: DictionaryObject) -> dict[bytes, Value]:
    """Return the box and the matrix of a form; raises NotRebuildable."""
    entries: dict[bytes, Value] = {b"BBox": access.numbers(access.entry(source, "/BBox"), 4)}
    if "/Matrix" in source:
        entries[b"Matrix"] = access.numbers(access.entry(source, "/Matrix"), 6)
    return entries
