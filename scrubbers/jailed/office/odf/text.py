"""Reads text of an OpenDocument file: paragraphs, headings, lists, sections, tables, frames; what is seen of them.

Not seen: deleted and hidden text, comments, names and descriptions of pictures, scripts. Elements that are not known
are passed through, so that their text is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from scrubbers.jailed.office import changes, labels
from scrubbers.jailed.office.odf.shared import Shared
from scrubbers.jailed.office.odf.styles import Counter, TextStyle
from scrubbers.jailed.office.odf.tables import read_table
from scrubbers.jailed.office.xml import Node
from scrubbers.jailed.typeset.model import Align, Block, Frame, Paragraph, Run
from trusted.jail.stages import Lost, OfficeDocument, What, Where

_ALIGNED: Final = {"center": Align.CENTRE, "end": Align.RIGHT, "right": Align.RIGHT}
_HEADINGS: Final = 6
_MOST_NESTED: Final = 60
_MOST_BLANKS: Final = 200
_Read = TypeVar("_Read")
# Not seen, and no text of it is.
_UNSEEN: Final = frozenset(
    {
        "text:sequence-decls", "text:variable-decls", "text:user-field-decls", "text:dde-connection-decls",
        "office:annotation-end", "svg:title", "svg:desc", "text:script", "office:forms", "text:page-number",
        "text:page-count", "text:ruby-text", "text:alphabetical-index-auto-mark-file", "text:table-of-content-source",
        "text:note-citation", "text:meta-field-decls", "office:event-listeners", "text:soft-page-break",
        "text:bookmark-start", "text:bookmark-end", "table:table-source", "table:content-validations",
        "text:illustration-index-source", "text:table-index-source", "text:bibliography-source",
        "text:alphabetical-index-source", "text:user-index-source", "text:object-index-source",
    }
)  # fmt: skip
_HIDDEN: Final = frozenset({"text:hidden-text", "text:hidden-paragraph"})
_DRAWN: Final = frozenset(
    {
        "draw:frame", "draw:custom-shape", "draw:rect", "draw:ellipse", "draw:circle", "draw:g", "draw:line",
        "draw:path", "draw:polygon", "draw:polyline", "draw:connector", "draw:control", "draw:caption",
        "draw:regular-polygon",
    }
)  # fmt: skip


@dataclass(slots=True)
class _Collected:
    """A paragraph under construction: pictures and frames in it part it."""

    heading: int = 0
    marker: str = ""
    level: int = 0
    align: Align = Align.LEFT
    runs: list[Run] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    def add(self, blocks: list[Block]) -> None:
        if blocks:
            self.end()
            self.blocks += blocks

    def end(self) -> None:
        # A marker is shown where there is something behind it.
        if any(run.text.strip() for run in self.runs):
            self.blocks.append(Paragraph(tuple(self.runs), self.heading, self.marker, self.level, self.align))
            self.marker = ""
        self.runs = []


class TextReader:
    """Reads blocks. Counts headings and lists on the way."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self._headings = Counter(shared.styles.outline)
        self._lists: dict[str, Counter] = {}
        self._depth = 0
        self._changes: dict[str, Node] = {}
        self._inserted: set[str] = set()  # insertions that have begun
        self._change = ""

    def blocks(self, parent: Node, look: TextStyle | None = None, marker: str = "", level: int = 0) -> list[Block]:
        """Return what is seen of the blocks inside an element; a marker stands before the first."""
        made: list[Block] = []
        look = self.shared.styles.paper if look is None else look
        self._depth += 1
        if self._depth > _MOST_NESTED:
            made.append(Frame(labels.UNKNOWN, ()))
        for node in parent.elements() if self._depth <= _MOST_NESTED else ():
            found = self._block(node, look, marker, level)
            marker = "" if found else marker
            made += found
        self._depth -= 1
        return made

    def _block(self, node: Node, look: TextStyle, marker: str, level: int) -> list[Block]:  # noqa: PLR0911  one for each sort
        match node.name:
            case "text:p" | "text:h":
                return self._paragraph(node, look, marker, level)
            case "text:list":
                return self._list(node, look, "", 1)
            case "table:table":
                return read_table(node, self, look)
            case "text:tracked-changes":
                self.report_changes(node)
            case "text:change" | "text:change-start" | "text:change-end":
                return self._changed(node, lambda deleted: self.blocks(deleted, look)) or []
            case "office:annotation":
                self.report_comment(node)
            case "text:section" if node.get("text:display") in {"none", "condition"}:
                self.shared.findings.add(What.HIDDEN_TEXT, Where.DOCUMENT, node.text())
            case name if name in _UNSEEN or name in _HIDDEN:
                pass
            case name if name in _DRAWN:
                return changes.framed(self.shared.drawings.read(node, self), self._change)
            case kind:
                name = node.get("text:style-name") if kind == "text:section" else ""
                behind = self.shared.styles.behind("section", name, look.behind)
                return self.blocks(node, replace(look, behind=behind), marker, level)
        return []

    def _paragraph(self, node: Node, look: TextStyle, marker: str, level: int) -> list[Block]:
        style = node.get("text:style-name")
        collected = _Collected(marker=marker, level=level)
        if node.name == "text:h":
            outline = node.get("text:outline-level", "1")
            collected.heading = min(int(outline), _HEADINGS) if outline.isdigit() and outline != "0" else 1
            collected.marker = marker or self._marker(self._headings, collected.heading)
        collected.align = _ALIGNED.get(
            self.shared.styles.value("paragraph", style, "paragraph", "fo:text-align"), Align.LEFT
        )
        look = self.shared.styles.look("paragraph", style, look)
        if _hides_itself(node):
            look = replace(look, hidden=True)
        self._inline(node, look, collected)
        collected.end()
        return collected.blocks

    def _marker(self, counter: Counter, level: int, start: str = "") -> str:
        return self.shared.drawable.text(counter.marker(level, start))

    def _list(self, node: Node, look: TextStyle, style: str, level: int) -> list[Block]:
        style = (
            node.get("text:style-name") or style or self.shared.styles.list_of(next(node.all("text:p", "text:h"), None))
        )
        if level == 1 and (node.get("text:continue-numbering") != "true" or style not in self._lists):
            self._lists[style] = Counter(self.shared.styles.lists.get(style))
        counter = self._lists[style] if style in self._lists else Counter(self.shared.styles.lists.get(style))
        made: list[Block] = []
        for item in node.elements():
            if item.name not in {"text:list-item", "text:list-header"}:
                continue
            is_item = item.name == "text:list-item" and not self._is_only_a_list(item)
            marker = self._marker(counter, level, item.get("text:start-value")) if is_item else ""
            for kid in item.elements():
                found = (
                    self._list(kid, look, style, level + 1)
                    if kid.name == "text:list" and level < _MOST_NESTED
                    else self._block(kid, look, marker, level - 1)
                )
                marker = "" if found else marker
                made += found
        return made

    @staticmethod
    def _is_only_a_list(item: Node) -> bool:
        return next((kid.name for kid in item.elements()), "") == "text:list"

    def _inline(self, parent: Node, look: TextStyle, collected: _Collected) -> None:
        self._depth += 1
        for kid in parent.kids if self._depth < _MOST_NESTED else ():
            if isinstance(kid, str):
                self._add(kid, look, collected)
            else:
                self._inline_element(kid, look, collected)
        self._depth -= 1

    def _inline_element(self, node: Node, look: TextStyle, collected: _Collected) -> None:  # noqa: C901, PLR0912  one for each sort
        match node.name:
            case "text:span":
                self._inline(node, self.shared.styles.look("text", node.get("text:style-name"), look), collected)
            case "text:s":
                count = node.get("text:c", "1")
                self._add(" " * min(int(count) if count.isdigit() else 1, _MOST_BLANKS), look, collected)
            case "text:tab":
                self._add("\t", look, collected)
            case "text:line-break":
                self._add("\n", look, collected)
            case "text:a":
                self.shared.findings.lose(Lost.LINKS)
                self.shared.findings.add(What.LINK, Where.DOCUMENT, node.get("xlink:href"))
                self._inline(node, look, collected)
            case "text:note":
                self._note(node, look, collected)
            case "text:change" | "text:change-start" | "text:change-end":
                self._changed(node, lambda deleted: self._deletion(deleted, look, collected))
            case "office:annotation":
                self.report_comment(node)
            case name if name in _HIDDEN and node.get("text:is-hidden") != "false":
                self.shared.findings.add(What.HIDDEN_TEXT, Where.DOCUMENT, node.text())
            case name if name.startswith(("text:variable-", "text:user-field-")) and node.get("text:display") == "none":
                self.shared.findings.add(What.HIDDEN_TEXT, Where.DOCUMENT)
            case "office:binary-data":
                self.shared.findings.add(What.EMBEDDED_FILE, Where.ATTACHMENTS)
            case name if name in _UNSEEN:
                pass
            case name if name in _DRAWN:
                collected.add(changes.framed(self.shared.drawings.read(node, self), self._change))
            case "text:p" | "text:h" | "text:list" | "table:table":
                collected.add(self._block(node, look, "", 0))
            case _:
                self._inline(node, look, collected)

    def _add(self, text: str, look: TextStyle, collected: _Collected) -> None:
        if look.unseen:
            if text.strip():
                self.shared.findings.add(What.HIDDEN_TEXT, Where.DOCUMENT, text)
            return
        # Line ends in the file are blanks; those that are meant are elements (ODF 1.3, 6.1.2).
        text = self.shared.drawable.text(text if text in {"\n", "\t"} else " ".join(text.split("\n")))
        text = text.upper() if look.capitals else text
        if text:
            run = Run(text, look.bold, look.italic, look.raised, look.struck, look.paint)
            collected.runs.append(changes.shown(run, self._change))

    def _note(self, node: Node, look: TextStyle, collected: _Collected) -> None:
        citation, body = node.find("text:note-citation"), node.find("text:note-body")
        if look.unseen or body is None:
            return
        shown = self.shared.drawable.text(citation.text() if citation is not None else "*")
        collected.runs.append(Run(shown, look.bold, look.italic, raised=True, struck=look.struck, paint=look.paint))
        self.shared.notes += self.blocks(body, None, shown)

    def report_comment(self, node: Node) -> None:
        """Report a comment, and who made it when."""
        findings = self.shared.findings
        findings.add(What.COMMENT, Where.DOCUMENT, "".join(each.text() for each in node.all("text:p")))
        self._report_author(node)

    def _report_author(self, node: Node) -> None:
        for each in node.all("dc:creator"):
            self.shared.findings.add(What.PERSON, Where.DOCUMENT, each.text())
        for each in node.all("dc:date"):
            self.shared.findings.add(What.DATE, Where.DOCUMENT, each.text())

    def report_changes(self, node: Node) -> None:
        """Report what was changed, by whom and when; keep what is to be shown in its place."""
        self._report_author(node)
        if changes.are_shown() and node.name == "text:tracked-changes":
            self._changes |= {each.get("text:id"): each for each in node.elements()}
        elif next(node.elements(), None) is not None:
            self._lose_changes(node)

    def _lose_changes(self, node: Node) -> None:
        self.shared.findings.lose(Lost.CHANGES)
        for each in node.all("text:deletion", "table:previous"):
            earlier = "".join(one.text() for one in each.all("text:p", "text:h"))
            self.shared.findings.add(What.EARLIER_VERSION, Where.DOCUMENT, earlier)

    def end_changes(self) -> None:
        """Report deletions without a place; raises OfficeDocument where it is not sure how far an insertion goes."""
        if self._inserted:
            raise OfficeDocument
        for each in self._changes.values():
            if each.find("text:deletion") is not None:
                self._lose_changes(each)

    def _changed(self, node: Node, read: Callable[[Node], _Read]) -> _Read | None:
        """Begin or end an insertion, or return what is seen of a deletion, where they are shown."""
        name = node.get("text:change-id")
        region = self._changes.get(name, node)
        deletion = region.find("text:deletion")
        if node.name == "text:change" and deletion is not None:
            del self._changes[name]  # it stands in one place, and not in itself
            before, self._change = self._change, labels.DELETED
            kept = [each for each in deletion.elements() if each.name != "office:change-info"]
            made = read(Node("text:deletion", {}, kept))
            self._change = before
            return made
        if region.find("text:insertion") is not None:
            (self._inserted.add if node.name == "text:change-start" else self._inserted.discard)(name)
            self._change = labels.INSERTED if self._inserted else ""
        return None

    def _deletion(self, deleted: Node, look: TextStyle, collected: _Collected) -> None:
        for place, each in enumerate(deleted.elements()):
            if place:
                self._add("\n", look, collected)
            if each.name in {"text:p", "text:h"}:
                self._inline(each, look, collected)
            else:
                collected.add(self._block(each, look, "", 0))


def _hides_itself(paragraph: Node) -> bool:
    """Return whether a paragraph has a field that hides it whole (ODF 1.3, part 3, 7.7.10)."""
    waiting = [paragraph]
    while waiting:
        for each in waiting.pop().elements():
            if each.name == "text:hidden-paragraph" and each.get("text:is-hidden") == "true":
                return True
            if each.name in {"text:span", "text:a"}:
                waiting.append(each)
    return False


def drawn_inside(node: Node) -> Iterator[Node]:
    """Yield the drawings right inside an element."""
    return (kid for kid in node.elements() if kid.name in _DRAWN)
