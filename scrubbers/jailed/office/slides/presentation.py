"""Reads a PowerPoint presentation (.pptx): the slides that are seen, each on its own page, with the speaker's notes.

Not seen: hidden slides, comments, places that are empty, animations, sound and film. What stands on every slide (of the
layouts and masters that are used) comes once, at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.office import labels
from scrubbers.jailed.office.drawings import Drawings, number
from scrubbers.jailed.office.letters import Drawable
from scrubbers.jailed.office.package import Package
from scrubbers.jailed.office.slides.colours import Ground, background_of, theme_of
from scrubbers.jailed.office.slides.shapes import Shapes
from scrubbers.jailed.typeset.model import Block, Frame, PageBreak, Picture
from trusted.jail.stages import Lost, What, Where

_OFF: Final = frozenset({"0", "false"})
_USUAL_SIZE: Final = (9_144_000.0, 6_858_000.0)  # in 914,400ths of an inch


class _Slides:
    def __init__(self, package: Package, findings: Findings) -> None:
        self._package = package
        self._findings = findings
        self._drawable = Drawable(findings)
        self._pictures: dict[object, Picture | None] = {}
        self._page = _USUAL_SIZE

    def read(self, main: str) -> Iterator[Block]:
        size = self._package.tree(main).find("p:sldSz")
        page = (number(size.get("cx")), number(size.get("cy"))) if size is not None else _USUAL_SIZE
        self._page = page if page > (0, 0) else _USUAL_SIZE
        backgrounds: dict[str, None] = {}
        shown = 0
        for slide in self._package.tree(main).all("p:sldId"):
            target = self._package.target(main, slide.get("r:id"))
            if target is None:
                continue
            root = self._package.tree(target)
            if root.get("show") in _OFF:
                self._findings.add(What.HIDDEN_TEXT, Where.PAGES)
                continue
            if shown:
                yield PageBreak()
            shown += 1
            if next(root.all("a:videoFile", "a:audioFile"), None) is not None:
                self._findings.lose(Lost.SOUND_OR_FILM)
            yield from self._part(target)
            yield from self._notes(target)
            backgrounds |= dict.fromkeys(self._behind(target, shows_master=root.get("showMasterSp") not in _OFF))
        blocks = [block for part in backgrounds for block in self._part(part, placeholders=False)]
        if blocks:
            yield Frame(labels.BACKGROUND, tuple(blocks))

    def _part(self, part: str, *, placeholders: bool = True, is_slide: bool = True) -> list[Block]:
        tree = self._package.tree(part).find("p:cSld", "p:spTree")
        if tree is None:
            return []
        drawings = Drawings(self._package, part, self._drawable, self._findings, self._pictures)
        page = self._page if is_slide else None
        theme = theme_of(self._package, part) if is_slide else {}
        ground = Ground(background_of(self._package, part, theme), theme) if is_slide else Ground()
        shapes = Shapes(drawings, self._drawable, self._findings, page, ground)
        return shapes.read(tree, placeholders=placeholders)

    def _notes(self, slide: str) -> Iterator[Block]:
        notes = self._package.by_kind(slide, "notesSlide")
        # A picture of the slide itself stands there too, as a place.
        blocks = self._part(notes, is_slide=False) if notes else []
        text = [block for block in blocks if not isinstance(block, (Picture, PageBreak))]
        if text:
            yield Frame(labels.SPEAKER, tuple(text))

    def _behind(self, slide: str, *, shows_master: bool) -> Iterator[str]:
        layout = self._package.by_kind(slide, "slideLayout")
        if layout is None or not shows_master:
            return
        master = self._package.by_kind(layout, "slideMaster")
        if master is not None and self._package.tree(layout).get("showMasterSp") not in _OFF:
            yield master
        yield layout


def read_presentation(package: Package, part: str, findings: Findings) -> list[Block]:
    """Return what is seen of the slides."""
    return list(_Slides(package, findings).read(part))
