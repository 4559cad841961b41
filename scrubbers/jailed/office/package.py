"""Opens the ZIP file that an office document is, and reads single parts of it, within limits.

Refused: members that overlap (a bomb needs few bytes that way), two of one name, bytes before the first, a method
other than stored and deflated, a password; more members or bytes than a document has.
"""

import posixpath
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Final
from urllib.parse import unquote

from scrubbers.jailed.office.xml import Node, parsed
from trusted.jail.stages import Damaged, KindsDisagree, Locked, TooLarge

_MOST_MEMBERS: Final = 4000
_PART_BYTES: Final = 48 * 2**20  # of one part that is read; a document of 1,000 pages took 20
_ALL_BYTES: Final = 256 * 2**20  # of all parts that are read
_LOCAL_HEAD: Final = 30
_ENCRYPTED: Final = 1
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


@dataclass(frozen=True, slots=True, repr=False)
class Relation:
    """What one part says of another: its kind (the last word of the type), and where it is."""

    kind: str
    target: str
    is_external: bool


class Package:
    """An opened document. `read` counts what is inflated."""

    def __init__(self, file: IO[bytes]) -> None:
        """Read the directory; raises Damaged, KindsDisagree, Locked, TooLarge."""
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, OverflowError):
            raise Damaged from None
        members = self._zip.infolist()
        if len(members) > _MOST_MEMBERS:
            raise TooLarge
        self.members: Mapping[str, zipfile.ZipInfo] = {member.filename.lower(): member for member in members}
        if len(self.members) != len(members):
            raise KindsDisagree
        _require_side_by_side(members)
        self._left = _ALL_BYTES
        self._trees: dict[str, Node] = {}
        self._relations: dict[str, dict[str, Relation]] = {}
        self.comment = self._zip.comment

    def has(self, name: str) -> bool:
        return name.lower() in self.members

    def read(self, name: str) -> bytes:
        """Return one part; raises Damaged without it, TooLarge."""
        member = self.members.get(name.lower())
        if member is None:
            raise Damaged
        if member.file_size > min(_PART_BYTES, self._left):
            raise TooLarge
        try:
            with self._zip.open(member) as opened:
                # With a number, no more than that is inflated, whatever the data say.
                content = opened.read(member.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
            raise Damaged from None
        self._left -= len(content)
        return content

    def tree(self, name: str) -> Node:
        """Return the root element of an XML part, which is read once."""
        if name not in self._trees:
            root = next(parsed(self.read(name)).elements(), None)
            if root is None:
                raise Damaged
            self._trees[name] = root
        return self._trees[name]

    def relations(self, part: str) -> dict[str, Relation]:
        """Return what a part refers to, by the names it uses."""
        if part not in self._relations:
            self._relations[part] = dict(self._read_relations(part))
        return self._relations[part]

    def _read_relations(self, part: str) -> Iterator[tuple[str, Relation]]:
        folder, name = posixpath.split(part)
        where = posixpath.join(folder, "_rels", f"{name}.rels")
        for each in self.tree(where).elements() if self.has(where) else ():
            external = each.get("TargetMode") == "External"
            target = each.get("Target")
            if not external:
                target = posixpath.normpath(posixpath.join("/", folder, unquote(target))).lstrip("/")
            yield each.get("Id"), Relation(each.get("Type").rpartition("/")[2], target, external)

    def target(self, part: str, name: str) -> str | None:
        """Return the part that another one refers to by a name; None if there is none in the document."""
        relation = self.relations(part).get(name)
        return (
            relation.target if relation is not None and not relation.is_external and self.has(relation.target) else None
        )

    def by_kind(self, part: str, kind: str) -> str | None:
        """Return the first part that a part refers to in this way."""
        for relation in self.relations(part).values():
            if relation.kind == kind and not relation.is_external and self.has(relation.target):
                return relation.target
        return None


def _require_side_by_side(members: list[zipfile.ZipInfo]) -> None:
    end = 0
    for member in sorted(members, key=lambda one: one.header_offset):
        if member.flag_bits & _ENCRYPTED:
            raise Locked
        if member.compress_type not in _METHODS:
            raise Damaged
        if member.header_offset < end or (not end and member.header_offset):
            raise KindsDisagree
        end = member.header_offset + _LOCAL_HEAD + len(member.orig_filename) + member.compress_size
