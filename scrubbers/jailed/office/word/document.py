"""Reads a Word document (.docx): what is seen of it, as blocks; what is not seen goes to the report.

Seen: paragraphs, headings, lists, tables, notes, headers and footers, text boxes, pictures, the results of fields,
insertions. Not seen: deletions, hidden and white text, comments, the codes of fields, notes that nothing refers to,
headers that no page has. Elements that are not known here are passed through, so that their text is kept.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final, TypeVar

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.office import changes, labels
from scrubbers.jailed.office.covering import require_none_behind, require_nothing_under
from scrubbers.jailed.office.drawings import Drawings
from scrubbers.jailed.office.letters import sign
from scrubbers.jailed.office.package import Package
from scrubbers.jailed.office.word.backgrounds import behind_of, fill_of
from scrubbers.jailed.office.word.places import (
    is_beside_page,
    is_too_small,
    is_unseen_paragraph,
    require_on_page,
    stands_apart,
)
from scrubbers.jailed.office.word.runs import Fields, RunLook, formula, is_page_field, look_of
from scrubbers.jailed.office.word.shared import Collected, Shared
from scrubbers.jailed.office.word.styles import first_value, is_on, written_number
from scrubbers.jailed.office.word.tables import read_table
from scrubbers.jailed.office.word.vml import read_vml
from scrubbers.jailed.office.xml import Node
from scrubbers.jailed.typeset.model import Align, Block, Frame, PageBreak, Paragraph, Run
from trusted.jail.stages import Damaged, Lost, OfficeDocument, What, Where

_ALIGNED: Final = {"center": Align.CENTRE, "right": Align.RIGHT, "end": Align.RIGHT}
# Not seen, and no text of it is.
_UNSEEN: Final = frozenset(
    {
        "w:pPr", "w:rPr", "w:sectPr", "w:tblPr", "w:sdtPr", "w:sdtEndPr", "w:instrText", "w:delText", "w:delInstrText",
        "w:commentReference", "w:annotationRef", "w:footnoteRef", "w:endnoteRef", "w:softHyphen", "w:rt",
        "w:lastRenderedPageBreak", "w:smartTagPr", "w:customXmlPr", "w:proofErr", "w:separator",
        "w:continuationSeparator",
    }
)  # fmt: skip
_DELETED: Final = frozenset({"w:del", "w:moveFrom"})
_CHANGES: Final = dict.fromkeys(_DELETED, labels.DELETED) | dict.fromkeys(("w:ins", "w:moveTo"), labels.INSERTED)
_EDGES: Final = frozenset({"w:hdr", "w:ftr"})
_HEXADECIMAL: Final = re.compile("[0-9A-Fa-f]{1,6}")
_MOST_NESTED: Final = 60
_Read = TypeVar("_Read")


class PartReader:
    """Reads the blocks of one part: the document, a header, the notes."""

    def __init__(self, shared: Shared, part: str) -> None:
        self._shared = shared
        self._drawings = Drawings(shared.package, part, shared.drawable, shared.findings, shared.pictures)
        self._fields = Fields()
        self.behind, self.page, self.theme = shared.behind, shared.page, shared.theme
        self._around = shared.behind  # the colour that is drawn there
        self._depth = 0
        self._is_alone = False
        self._change = ""

    def whole(self, part: Node) -> list[Block]:
        """Return what is seen of all of a part; raises Damaged where a field has no end, for it would hide the rest."""
        # A logo in a header without text, and with no other drawing.
        drawn = sum(1 for _ in part.all("w:drawing", "w:pict", "w:object"))
        texts = part.all("w:t", outside="w:drawing")
        self._is_alone = part.name in _EDGES and drawn == 1 and not any(each.text().strip() for each in texts)
        require_none_behind(part, self._drawings.is_opaque)
        made = self.blocks(part)
        if self._fields.is_open:
            raise Damaged
        return made

    def blocks(self, parent: Node, behind: str | None = None, *, is_cell: bool = False) -> list[Block]:
        """Return what is seen of the blocks inside an element; `behind`: the colour there, or that around it."""
        was, self.behind = (self.behind, self._around), self.behind if behind is None else behind
        self._around = self.behind if is_cell else self._around
        made: list[Block] = []
        for node in parent.elements():
            match node.name:
                case "w:p":
                    made += self._paragraph(node)
                case "w:tbl":
                    made += read_table(node, self)
                case "w:altChunk":
                    self._shared.findings.add(What.EMBEDDED_FILE, Where.ATTACHMENTS)
                    made.append(Frame(labels.FILE, ()))
                case name if name in _CHANGES:
                    made += self.changed(node, name, partial(self._deeper, node)) or []
                case name if name in _UNSEEN:
                    pass
                case "m:oMathPara" | "m:oMath" | "w:r":
                    made += self._paragraph(Node("w:p", {}, [node]))
                case _:
                    made += self._deeper(node)
        self.behind, self._around = was
        return made

    def _deeper(self, node: Node) -> list[Block]:
        self._depth += 1
        unknown: list[Block] = [Frame(labels.UNKNOWN, ())]
        made = self.blocks(node) if self._depth < _MOST_NESTED else unknown
        self._depth -= 1
        return made

    def changed(self, node: Node, change: str, read: Callable[[], _Read]) -> _Read | None:
        """Return what is seen of what was inserted or deleted, a deletion only by choice; report by whom and when."""
        self._report_change(node, is_lost=not changes.are_shown())
        if change in _DELETED and not changes.are_shown():
            text = "".join(each.text() for each in node.all("w:delText", "w:t"))
            self._shared.findings.add(What.EARLIER_VERSION, Where.DOCUMENT, text or None)
            return None
        before = self._change
        if changes.are_shown():
            self._change = labels.DELETED if labels.DELETED in (_CHANGES[change], before) else labels.INSERTED
        made = read()
        self._change = before
        return made

    def _report_of_formula(self, node: Node) -> None:
        for each in node.all(*_DELETED):
            self._report_change(each, is_lost=True)
            self._shared.findings.add(What.EARLIER_VERSION, Where.DOCUMENT, each.text() or None)
        if next(node.all("w:vanish"), None) is not None:
            self.report_hidden()

    def _report_change(self, node: Node, *, is_lost: bool) -> None:
        if is_lost:
            self._shared.findings.lose(Lost.CHANGES)
        if node.get("w:author"):
            self._shared.findings.add(What.PERSON, Where.DOCUMENT, node.get("w:author"))
        if node.get("w:date"):
            self._shared.findings.add(What.DATE, Where.DOCUMENT, node.get("w:date"))

    def report_colours(self, style: str) -> None:
        """Report that colours are lost which a style of tables gives."""
        if self._shared.styles.is_coloured(style):
            self._shared.findings.lose(Lost.TEXT_COLOURS)

    def report_hidden(self, text: str | None = None) -> None:
        self._shared.findings.add(What.HIDDEN_TEXT, Where.DOCUMENT, text)

    def _paragraph(self, node: Node) -> list[Block]:
        own = node.find("w:pPr")
        style = own.value("w:pStyle") if own is not None else None
        properties = [*([own] if own is not None else []), *self._shared.styles.paragraph(style)]
        if node.text().strip():
            require_on_page(properties, self.page)
        number = first_value(properties, "w:numPr", "w:numId") or ""
        level = first_value(properties, "w:numPr", "w:ilvl") or self._shared.numbering.level_of(number, style)
        collected = Collected(
            heading=self._shared.styles.heading(style, own),
            marker="",
            level=int(level) if level.isdigit() else 0,
            align=_ALIGNED.get(first_value(properties, "w:jc") or "", Align.LEFT),
            style=style,
            behind=behind_of(properties, self.behind),
            unseen=is_unseen_paragraph(properties, self.page),
        )
        if is_on(properties, "w:pageBreakBefore"):
            collected.blocks.append(PageBreak())
        self._inline(node, collected)
        self._number(collected, number, level)
        collected.end()
        return collected.blocks

    def _number(self, collected: Collected, number: str, level: str) -> None:
        if number in {"", "0"}:
            collected.level = 0
            return
        # An item counts although nothing of it is seen; its marker is shown where there is something.
        marker = self._shared.drawable.text(self._shared.numbering.marker(number, level))
        look = self._shared.numbering.look(number, level)
        is_hidden = look is not None and look_of([look], behind=collected.behind, theme=self.theme).hidden
        if marker and (is_hidden or collected.unseen):
            self.report_hidden(marker)
            marker = ""
        if not any(run.text.strip() for run in collected.runs) and not collected.blocks:
            return
        first = next((place for place, each in enumerate(collected.blocks) if isinstance(each, Paragraph)), None)
        if first is None:
            collected.marker = marker
        else:
            begun = collected.blocks[first]
            if isinstance(begun, Paragraph):
                collected.blocks[first] = Paragraph(begun.runs, begun.heading, marker, begun.level, begun.align)

    def _inline(self, parent: Node, collected: Collected) -> None:
        for node in parent.elements():
            match node.name:
                case "w:r":
                    self._run(node, collected)
                case "m:oMath":
                    self._formula(node, collected)
                case "w:hyperlink":
                    self._link(node, collected)
                case "w:fldSimple" if is_page_field(node.get("w:instr")):
                    pass
                case "w:p" | "w:tbl":
                    collected.end()
                    collected.blocks += self._deeper(parent)
                    return
                case name if name in _CHANGES:
                    self.changed(node, name, partial(self._inline_deeper, node, collected))
                case name if name in _UNSEEN:
                    pass
                case _:
                    self._inline_deeper(node, collected)

    def _formula(self, node: Node, collected: Collected) -> None:
        if collected.unseen:
            self.report_hidden(node.text() or None)
            return
        self._report_of_formula(node)
        collected.runs.append(Run(self._shared.drawable.text(formula(node)), italic=True))

    def _inline_deeper(self, node: Node, collected: Collected) -> None:
        self._depth += 1
        if self._depth < _MOST_NESTED:
            self._inline(node, collected)
        else:
            collected.add(Frame(labels.UNKNOWN, ()))
        self._depth -= 1

    def _link(self, node: Node, collected: Collected) -> None:
        if node.get("r:id"):
            self._shared.findings.lose(Lost.LINKS)
        self._inline_deeper(node, collected)

    def _run(self, run: Node, collected: Collected) -> None:
        own = run.find("w:rPr")
        character_style = own.value("w:rStyle") if own is not None else None
        inherited = self._shared.styles.run(character_style, collected.style)
        properties = [own, *inherited] if own is not None else inherited
        look = look_of(properties, behind=collected.behind, theme=self.theme, around=self._around)
        for node in run.elements():
            if node.name == "w:fldChar":
                self._fields.character(node.get("w:fldCharType"))
                self._form_field(node, look, collected)
            elif node.name == "w:instrText":
                self._fields.code(node.text())
            elif node.name in _UNSEEN and not (self._change and node.name == "w:delText"):
                if node.name == "w:commentReference":
                    self._shared.findings.add(What.COMMENT, Where.DOCUMENT)
            elif look.hidden or (collected.unseen and not stands_apart(node)):
                self.report_hidden(node.text() or None)
            elif self._fields.shows:
                self._run_content(node, look, collected)

    def _run_content(self, node: Node, look: RunLook, collected: Collected) -> None:  # noqa: C901, PLR0912  one for each sort
        match node.name:
            case "w:t":
                self._add(node.text(), look, collected)
            case "w:tab" | "w:ptab":
                self._add("\t", look, collected)
            case "w:br" if node.get("w:type") == "page":
                collected.add(PageBreak())
            case "w:br" | "w:cr":
                self._add("\n", look, collected)
            case "w:noBreakHyphen":
                self._add("-", look, collected)
            case "w:sym":
                if _HEXADECIMAL.fullmatch(code := node.get("w:char")):
                    self._add(sign(int(code, 16), node.get("w:font")), look, collected)
            case "w:footnoteReference" | "w:endnoteReference":
                self._note(node, look, collected)
            case "w:drawing" if is_beside_page(node, self.page) or is_too_small(node):
                self.report_hidden("".join(each.text() for each in node.all("w:t")) or None)
            case "w:drawing":
                require_nothing_under(node, self._drawings.is_opaque, is_alone=self._is_alone)
                self._drawn(self._drawings.read(node, self.blocks, fill_of), collected)
            case "w:pict" | "w:object":
                self._drawn(read_vml(node, self._drawings, self.blocks, self._shared), collected)
            case "mc:AlternateContent" | "w:ruby" | "w:rubyBase":
                for kid in node.elements():
                    if kid.name == "w:r":
                        self._run(kid, collected)
                    elif kid.name not in _UNSEEN:
                        self._run_content(kid, look, collected)
            case _:
                if text := node.text():
                    self._add(text, look, collected)

    def _drawn(self, drawn: Iterable[Block], collected: Collected) -> None:
        for block in changes.framed(list(drawn), self._change):
            collected.add(block)

    def _add(self, text: str, look: RunLook, collected: Collected) -> None:
        text = self._shared.drawable.text(text, look.font)
        text = text.upper() if look.capitals else text
        if look.lost and text.strip():
            self._shared.findings.lose(Lost.TEXT_COLOURS)
        if text:
            run = Run(text, look.bold, look.italic, look.raised, look.struck, look.paint)
            collected.runs.append(changes.shown(run, self._change))

    def _note(self, node: Node, look: RunLook, collected: Collected) -> None:
        kind = node.name.removeprefix("w:").removesuffix("Reference")
        count = sum(known == kind for known, _, _ in self._shared.notes) + 1
        shown = written_number(count, "lowerRoman" if kind == "endnote" else "decimal")
        self._shared.notes.append((kind, node.get("w:id"), shown))
        collected.runs.append(Run(shown, look.bold, look.italic, raised=True, struck=look.struck, paint=look.paint))

    def _form_field(self, node: Node, look: RunLook, collected: Collected) -> None:
        data = node.find("w:ffData")
        if data is None:
            return
        self._shared.findings.add(What.FORM_FIELD, Where.FORM)
        box, choice = data.find("w:checkBox"), data.find("w:ddList")
        if box is not None and not look.hidden:
            set_by = "w:checked" if box.find("w:checked") is not None else "w:default"
            self._add("☒" if is_on([box], set_by) else "☐", look, collected)
        if choice is not None and not look.hidden:
            entries = [each.get("w:val") for each in choice.elements() if each.name == "w:listEntry"]
            chosen = choice.value("w:result") or choice.value("w:default") or "0"
            if chosen.isdigit() and int(chosen) < len(entries):
                self._add(entries[int(chosen)], look, collected)


def read_document(package: Package, part: str, findings: Findings) -> list[Block]:
    """Return what is seen of the document: headers, the text, the notes, footers."""
    shared = Shared(package, part, findings)
    body = package.tree(part).find("w:body")
    if body is None:
        return []
    text = PartReader(shared, part).whole(body)
    above = list(_edges(shared, part, body, "w:headerReference", labels.HEADER))
    below = list(_edges(shared, part, body, "w:footerReference", labels.FOOTER))
    return [*above, *text, *_notes(shared, part), *below]


def _edges(shared: Shared, part: str, body: Node, kind: str, label: str) -> Iterator[Block]:
    """Yield a frame for each header or footer that a page has; those of pages that there are not are left out."""
    settings = shared.package.by_kind(part, "settings")
    even = settings is not None and is_on([shared.package.tree(settings)], "w:evenAndOddHeaders")
    seen: set[str] = set()
    for section in body.all("w:sectPr"):
        for reference in section.elements():
            if reference.name != kind:
                continue
            target = shared.package.target(part, reference.get("r:id"))
            if target is None:
                continue
            pages = reference.get("w:type", "default")
            if (pages == "first" and not is_on([section], "w:titlePg")) or (pages == "even" and not even):
                shared.findings.add(What.HIDDEN_TEXT, Where.PAGES)
                continue
            if target not in seen:
                seen.add(target)
                if blocks := _edge(shared, target):
                    yield Frame(label, tuple(blocks))


def _edge(shared: Shared, target: str) -> list[Block]:
    """Return what is seen of a header or footer: that it is covered, where a drawing may stand over its text."""
    try:
        return PartReader(shared, target).whole(shared.package.tree(target))
    except OfficeDocument:
        return [Frame(labels.COVERED, ())]


def _notes(shared: Shared, part: str) -> Iterator[Block]:
    """Yield the notes that were referred to, in their order."""
    blocks: list[Block] = []
    done = 0
    # A note can refer to another one.
    while done < len(shared.notes):
        kind, number, shown = shared.notes[done]
        done += 1
        where = shared.package.by_kind(part, f"{kind}s")
        notes = shared.package.tree(where).elements() if where else ()
        note = next((each for each in notes if each.get("w:id") == number), None)
        if where is None or note is None:
            continue
        inside = PartReader(shared, where).whole(note)
        first = inside[0] if inside else None
        if isinstance(first, Paragraph):
            inside[0] = Paragraph(first.runs, marker=shown)
        blocks += inside
    if blocks:
        yield Frame(labels.NOTES, tuple(blocks))
