"""Which layers (optional content, ISO 32000-1, 8.11) are off as the document opens. What lies in them is never drawn.

A membership is off when all its layers are; one that says otherwise is NotRebuildable, and the page becomes pixels.
"""

from typing import Final

from pypdf.generic import ArrayObject, DictionaryObject

from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

_MOST_GROUPS: Final = 2000


class Layers:
    """The layers of a document in its default configuration."""

    def __init__(self, root: DictionaryObject) -> None:
        properties = access.dictionary_in(root, "/OCProperties")
        default = access.dictionary_in(properties, "/D")
        self._off: set[object] = set()
        if access.name_of(default.get("/BaseState")) == "/OFF":
            self._off = _keys(properties, "/OCGs") - _keys(default, "/ON")
        self._off |= _keys(default, "/OFF")

    def is_off(self, untrusted: object) -> bool:
        """Whether a layer, or a membership of layers, is not shown."""
        found = access.dictionary(untrusted)
        if access.name_of(found.get("/Type")) != "/OCMD":
            return access.key_of(untrusted) in self._off
        if "/VE" in found or found.get("/P", "/AnyOn") != "/AnyOn":
            raise NotRebuildable
        members = found.raw_get("/OCGs") if "/OCGs" in found else None
        groups = list.__iter__(members) if isinstance(members, ArrayObject) else iter([members] if members else [])
        off = [access.key_of(group) in self._off for group in groups]
        return bool(off) and all(off)


def _keys(source: DictionaryObject, key: str) -> set[object]:
    found = access.entry(source, key)
    if not isinstance(found, ArrayObject):
        return set()
    if len(found) > _MOST_GROUPS:
        raise NotRebuildable
    return {access.key_of(item) for item in list.__iter__(found)}
