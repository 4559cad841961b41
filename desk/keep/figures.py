"""What statistics need of one case, and nothing by which it could be told from another: no id, no day, no word.

The desk keeps it with the case while it can read it, and by itself once the case is erased (`desk.keep.state`), so that
the figures of a year outlive its cases. It is made by `desk.work.case.numbers`. `Channel` is what the desk remembers of
the figures of the whole channel (`desk.work.channel`, docs/decisions/desk/0070).
"""

from typing import Literal

import msgspec

from cases.wire.sums import SumLine

Decision = Literal["handled", "dismissed", "open"]
Acknowledged = Literal["soon", "in time", "late"]
Feedback = Literal["soon", "in time", "late"]


class CaseFigure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, order=True):
    """One case as it counts, by the 31 January after the year in which it came."""

    year: int
    # The key of the organisation; empty when the reporter named none.
    organisation: str
    decision: Decision
    # Within three days; within the seven of the law; later or never.
    acknowledged: Acknowledged
    # Within two months; within the three of the law; later or not yet.
    feedback: Feedback
    # What was found, of a case that was handled (`desk.work.disposal`).
    kind: str = ""
    # Who had been given the case by then, by their ids; nobody once a case that is erased was counted for the channel.
    readers: tuple[str, ...] = ()
    # Those of them who had not stepped aside by then: the desk of the first adds the case. As long as `readers`.
    speakers: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "<CaseFigure>"


class ChannelRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many cases have one of these keys in a table."""

    table: str
    keys: tuple[str, ...]
    count: int


class ChannelYear(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one desk adds to the figures of a year, or all desks together."""

    total: int = 0
    rows: tuple[ChannelRow, ...] = ()


class Channel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a desk has added to the figures of the whole channel, what it holds back, and what all desks made."""

    # By year. What was added once is added again under other masks when the members change, and never another. None: it
    # is not known here any more, so nothing is added.
    added: dict[str, ChannelYear | None] = {}
    # The desk home was put back from a copy, or its list was damaged: what was added since is not known.
    has_forgotten: bool = False
    # Cases that would make a number under five for somebody; they wait for more of their like.
    held: tuple[CaseFigure, ...] = ()
    # The lines that were seen for one year and one roster: each desk brings them again to a server that has forgotten.
    year: int = 0
    roster: bytes = b""
    lines: tuple[SumLine, ...] = ()
    # By year, complete.
    published: dict[str, ChannelYear] = {}

    def without_names(self, figure: CaseFigure) -> CaseFigure:
        """Return the figure of an erased case without its names, once its year was added."""
        is_added = any(int(year) >= figure.year for year in self.added)
        return msgspec.structs.replace(figure, readers=(), speakers=()) if is_added else figure

    def __repr__(self) -> str:
        return "<Channel>"
