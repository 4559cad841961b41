"""Tells tags, text and comments of a web page apart as browsers do, in one pass also over what is never closed."""

import re
from abc import ABC, abstractmethod
from html.parser import HTMLParser
from typing import Final

_COMMENT: Final = re.compile(r"<!--(?:-?>|(.*?)(?:--!?>|\Z))", re.DOTALL)
_UNFINISHED: Final = re.compile(r"<(?:[A-Za-z!?]|/.)", re.DOTALL)


class Markup(HTMLParser, ABC):
    """The standard library's parser, with the ends that browsers see.

    At a tag that is not closed the library (before 3.11.14) goes back to the next angle bracket and looks through the
    rest once more. Nothing behind it can be closed either, so the rest is cut off here at once, as in browsers.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def close(self) -> None:
        """Take what is left at the end of the page."""
        # Inside a script or a style sheet an angle bracket begins nothing.
        if self.cdata_elem is None and _UNFINISHED.match(self.rawdata):
            rest, self.rawdata = self.rawdata, ""
            self.cut_off(rest)
        super().close()

    @abstractmethod
    def cut_off(self, rest: str) -> None:
        """Take or leave the end of the page, from a tag on that is not closed."""

    def parse_comment(self, i: int, report: bool = True) -> int:  # noqa: ARG002  the library's
        found = _COMMENT.match(self.rawdata, i)
        if found is None:
            return -1
        self.handle_comment(found[1] or "")
        return found.end()

    def parse_html_declaration(self, i: int) -> int:
        """Skip `<![if …]>`, which some programs write, up to its bracket: what follows is shown."""
        if not self.rawdata.startswith("<![", i):
            return super().parse_html_declaration(i)
        return self.rawdata.find(">", i) + 1 or -1
