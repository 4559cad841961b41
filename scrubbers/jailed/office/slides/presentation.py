"""Reads a PowerPoint presentation (.pptx): the slides that are seen, each on its own page, with the speaker's notes.

Not seen: hidden slides, comments, places that are empty, animations, sound and film. What stands on every slide (of the
layouts and masters that are used) comes once, at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.office import labels
from scrubbers.jailed.office.covering import Scene, Thing, covered_everywhere
from scrubbers.jailed.office.drawings import Drawings
from scrubbers.jailed.office.letters import Drawable
from scrubbers.jailed.office.package import Package
from scrubbers.jailed.office.slides.colours import Ground, background_of, behind_texts, chain_of, theme_of
from scrubbers.jailed.office.slides.shapes import Shapes
from scrubbers.jailed.office.xml import Node, number
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
        backgrounds: dict[str, list[list[Thing]]] = {}
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
            for part in self._behind(target, shows_master=root.get("showMasterSp") not in _OFF):
                backgrounds.setdefault(part, []).append(self._things(target))
        blocks = [block for part, above in backgrounds.items() for block in self._part(part, above)]
        if blocks:
            yield Frame(labels.BACKGROUND, tuple(blocks))

    def _things(self, part: str, *, placeholders: bool = True) -> list[Thing]:
        """Return what is drawn of a part, for what is under what."""
        tree = self._package.tree(part).find("p:cSld", "p:spTree")
        above = [one for one in chain_of(self._package, part) if one != part]

        def place_of(kept: Node) -> Node | None:
            return next((found for one in above if (found := place_in(self._package.tree(one), kept))), None)

        scene = Scene(self._drawings(part).is_opaque, place_of)
        things = scene.things(tree) if tree is not None else ()
        return [one for one in things if placeholders or next(one.node.all("p:ph"), None) is None]

    def _drawings(self, part: str) -> Drawings:
        return Drawings(self._package, part, self._drawable, self._findings, self._pictures)

    def _part(self, part: str, above: list[list[Thing]] | None = None, *, is_slide: bool = True) -> list[Block]:
        """Return what is seen of a part; of one that stands behind slides, with what these draw above it."""
        tree = self._package.tree(part).find("p:cSld", "p:spTree")
        if tree is None:
            return []
        placeholders = above is None
        things = self._things(part, placeholders=placeholders)
        covered = covered_everywhere(things, above or ())
        page = self._page if is_slide else None
        theme = theme_of(self._package, part) if is_slide else {}
        ground = Ground(background_of(self._package, part, theme), theme) if is_slide else Ground()
        below = [
            one
            for each in reversed(chain_of(self._package, part)[1:])
            for one in self._things(each, placeholders=False)
        ]
        behind = behind_texts(things, below, ground) if is_slide else {}
        boxes = {id(one.node): one.box for one in things} if is_slide else {}
        shapes = Shapes(
            self._drawings(part), self._drawable, self._findings, page, ground,
            covered=covered, behind=behind, boxes=boxes,
        )  # fmt: skip
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


def place_in(root: Node, kept: Node) -> Node | None:
    """Return the frame that a layout or master has for a place: for its number, else for its kind."""
    frames = [(each.find("p:nvSpPr", "p:nvPr", "p:ph"), each.find("p:spPr", "a:xfrm")) for each in root.all("p:sp")]
    given = [(place, frame) for place, frame in frames if place is not None and frame is not None]
    by_number = (frame for place, frame in given if kept.get("idx") and place.get("idx") == kept.get("idx"))
    by_kind = (frame for place, frame in given if _kind(place) == _kind(kept))
    return next(by_number, None) or next(by_kind, None)


def _kind(place: Node) -> str:
    return "title" if place.get("type") in {"title", "ctrTitle"} else "body"


def read_presentation(package: Package, part: str, findings: Findings) -> list[Block]:
    """Return what is seen of the slides."""
    return list(_Slides(package, findings).read(part))
