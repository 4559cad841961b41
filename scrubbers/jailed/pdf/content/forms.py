"""Forms: display lists that are drawn where another one has Do."""

from dataclasses import dataclass

from pypdf.generic import DictionaryObject

from scrubbers.jailed.pdf.content.colour_space import painted_in
from scrubbers.jailed.pdf.content.display_list import Drawn, Path, RestoreState, SaveState, Set, Step, Unsaid
from scrubbers.jailed.pdf.content.image import Picture
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.matrix import AS_IT_IS, Matrix
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable, number


@dataclass(slots=True)
class Form:
    """A form: its own display list, the box that it is clipped to, and whether it is painted as one (a group)."""

    steps: list[Step]
    box: Path
    matrix: Matrix
    is_group: bool


def form(source: DictionaryObject, steps: list[Step]) -> Form:
    """Return the form of a source's dictionary; raises NotRebuildable."""
    left, bottom, right, top = access.numbers(access.entry(source, "/BBox"), 4)
    sides = b" ".join(map(number, (left, bottom, right - left, top - bottom)))
    group = access.entry(source, "/Group")
    if isinstance(group, DictionaryObject) and access.name_of(group.get("/S")) != "/Transparency":
        raise NotRebuildable
    return Form(steps, Path(sides + b" re", b"n", b"W"), matrix_of(source), isinstance(group, DictionaryObject))


def matrix_of(source: DictionaryObject) -> Matrix:
    """Return the matrix of a form or a pattern; raises NotRebuildable."""
    if "/Matrix" not in source:
        return AS_IT_IS
    a, b, c, d, e, f = access.numbers(access.entry(source, "/Matrix"), 6)
    return a, b, c, d, e, f


def drawing(thing: Picture | Form | Unsaid) -> list[Step]:
    """Return the steps that draw it: a picture of one colour is an area."""
    if isinstance(thing, Unsaid):
        return [thing]
    if not isinstance(thing, Picture) or thing.even is None:
        return [Drawn(thing)]
    area = Path(b"0 0 1 1 re", b"f", b"")
    if not thing.even:
        return [area]
    colour = painted_in([number(level / 255) for level in thing.even], fills=True)
    return [SaveState(), Set("fill", colour), area, RestoreState()]
