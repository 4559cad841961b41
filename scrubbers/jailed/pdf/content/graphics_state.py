"""Graphics state dictionaries (ISO 32000-1, 8.4.5), rebuilt from a list of keys; what is of lines by operators."""

from collections.abc import Callable
from typing import Final

from pypdf.generic import ArrayObject, DictionaryObject, NameObject

from scrubbers.jailed.pdf.content.display_list import Set, SetExtGState, Step
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import Name, Node, NotRebuildable, Stream, Value, number

# States of lines, which have operators of their own.
_OF_LINES: Final = {"/LW": "w", "/LC": "J", "/LJ": "j", "/ML": "M"}
_NUMBERS: Final = ("/CA", "/ca")
_FLAGS: Final = ("/AIS", "/SA", "/TK", "/OP", "/op")
_BLENDS: Final = frozenset(
    (
        "/Normal", "/Compatible", "/Multiply", "/Screen", "/Overlay", "/Darken", "/Lighten", "/ColorDodge",
        "/ColorBurn", "/HardLight", "/SoftLight", "/Difference", "/Exclusion", "/Hue", "/Saturation", "/Color",
        "/Luminosity",
    )
)  # fmt: skip
_MOST_DASHES: Final = 64
_COMPONENTS: Final = {1: b"DeviceGray", 3: b"DeviceRGB", 4: b"DeviceCMYK"}


def graphics_state(untrusted: object, group: Callable[[object], Node]) -> list[Step]:
    """Return the states that stay. `group` rebuilds the form of a soft mask. Raises NotRebuildable."""
    source = access.dictionary(untrusted)
    # A font chosen here would escape the reader of the text.
    if "/Font" in source:
        raise NotRebuildable
    steps = _of_lines(source)
    entries: dict[bytes, Value] = {}
    for key in _NUMBERS:
        if key in source:
            entries[key[1:].encode()] = access.number(access.entry(source, key))
    for key in _FLAGS:
        if key in source:
            entries[key[1:].encode()] = access.is_true(access.entry(source, key))
    if "/OPM" in source:
        entries[b"OPM"] = access.whole(access.entry(source, "/OPM"), 0, 1)
    if "/BM" in source:
        entries[b"BM"] = _blend(access.entry(source, "/BM"))
    if "/SMask" in source:
        entries[b"SMask"] = _soft_mask(source, group)
    if entries:
        steps.append(SetExtGState(Node({b"Type": Name(b"ExtGState"), **entries})))
    return steps


def _of_lines(source: DictionaryObject) -> list[Step]:
    steps: list[Step] = []
    for key, operator in _OF_LINES.items():
        if key in source:
            value = number(access.number(access.entry(source, key)))
            steps.append(Set(operator, (b"%s %s" % (value, operator.encode()),)))
    if "/D" in source:
        steps.append(Set("d", (_dashes(source),)))
    return steps


def is_blended(state: Node) -> bool:
    """Whether a state made here mixes what is painted with what lies under it in another way than by its alpha."""
    return is_mixed(state) or _entries(state).get(b"SMask", b"None") != b"None"


def is_mixed(state: Node) -> bool:
    """Whether it does so by another mode than the usual one; a mask alone is only more alpha."""
    return _entries(state).get(b"BM", b"Normal") not in {b"Normal", b"Compatible"}


def states_in(state: Node) -> frozenset[bytes]:
    """Return the keys of what a state made here sets."""
    return frozenset(_entries(state).keys() - {b"Type"})


def _entries(state: Node) -> dict[bytes, Value]:
    return state.value if isinstance(state.value, dict) else {}


def _dashes(source: DictionaryObject) -> bytes:
    found = access.array(access.entry(source, "/D"))
    if len(found) != 2:  # noqa: PLR2004  an array and a phase
        raise NotRebuildable
    pattern = access.numbers(found[0])
    if len(pattern) > _MOST_DASHES:
        raise NotRebuildable
    return b"[%s] %s d" % (b" ".join(map(number, pattern)), number(access.number(found[1])))


def _blend(found: object) -> Name:
    names = [found] if isinstance(found, NameObject) else list(found) if isinstance(found, ArrayObject) else []
    known = [str(name) for name in names if str(name) in _BLENDS]
    if not known:
        raise NotRebuildable
    return Name(known[0][1:].encode())


def _soft_mask(source: DictionaryObject, group: Callable[[object], Node]) -> Value:
    found = access.entry(source, "/SMask")
    if isinstance(found, NameObject):
        return Name(b"None")
    mask = access.dictionary(found)
    kind = access.name_of(mask.get("/S"))
    has_transfer = "/TR" in mask and access.name_of(mask.get("/TR")) != "/Identity"
    if kind not in {"/Alpha", "/Luminosity"} or has_transfer:
        raise NotRebuildable
    entries: dict[bytes, Value] = {b"S": Name(kind[1:].encode()), b"G": group(mask.raw_get("/G"))}
    if "/BC" in mask:
        entries[b"BC"] = _backdrop(access.numbers(access.entry(mask, "/BC")), entries[b"G"])
    return entries


def _backdrop(found: list[float], group: Value) -> Value:
    """Return the colour of what lies under a mask's group, in the space that the rebuilt group has."""
    form = group.value if isinstance(group, Node) else None
    said = form.entries.get(b"Group") if isinstance(form, Stream) else None
    space = said.get(b"CS") if isinstance(said, dict) else None
    if len(found) not in _COMPONENTS or (space is not None and space != _COMPONENTS[len(found)]):
        raise NotRebuildable
    return found
