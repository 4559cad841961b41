"""What the reporter will see: drawn by the reporter's own pages, which this application does not know.

`kallskydd desk` puts both together: it hands a `ReporterPages` to the application, and the tests use the same one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from markupsafe import Markup

from cases.case.timeline import CaseReader, CaseState, Release, Rules, fold
from desk.work.case.opened import DeskCase
from desk.work.writing import seen
from trusted.case.entry import Body, Entry, Stream


@dataclass(frozen=True, slots=True, repr=False)
class ReporterView:
    """A part of the reporter's page, in the language of the report. What somebody wrote is escaped in it."""

    language: str
    direction: str
    page: Markup


@dataclass(frozen=True, slots=True)
class CleanedWords:
    """What cleaning took from a file, and what was lost by it: kinds, in words."""

    removed: tuple[str, ...]
    lost: tuple[str, ...]


class ReporterPages(Protocol):
    """The reporter's pages, as far as a member is shown them."""

    def preview(self, case: DeskCase, unsent: Sequence[Body], day: date, rules: Rules) -> ReporterView:
        """Return what the inbox shows of entries that have not been sent yet."""

    def cleaned(self, removed: Sequence[str], lost: Sequence[str], code: str) -> CleanedWords:
        """Return the words for kinds of hidden data, in this language."""


def with_unsent(case: DeskCase, unsent: Sequence[Body], day: date) -> tuple[Entry, ...]:
    """Return the entries that these would be, at the end of the members' stream."""
    count = len(case.streams.get(Stream.MEMBERS, ()))
    after = dict(seen(case, Stream.MEMBERS))
    return tuple(
        Entry(Stream.MEMBERS, number, case.own_id, day, b"", after, body, b"")
        for number, body in enumerate(unsent, start=count)
    )


def state_after(case: DeskCase, unsent: Sequence[Body], day: date, rules: Rules) -> CaseState:
    """Return the state that the case has when these have been sent."""
    entries = with_unsent(case, unsent, day)
    streams = {**case.streams, Stream.MEMBERS: (*case.streams.get(Stream.MEMBERS, ()), *entries)}
    reader = CaseReader("member", case.own_id, case.chain.current)
    return fold(streams, Release(case.release_day, is_out=True), day, reader, rules=rules)
