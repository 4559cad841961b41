"""
What a member is about to send, as the inbox will show it: for the members' application, which asks before it sends.

The same functions and templates as the reporter's own page, over the case with the new entries in it; shown is what
they bring. Nothing on it can be pressed, and everything that somebody wrote is escaped.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from cases.case.timeline import THE_REPORTER, Release, Rules, fold
from cases.roster.chain import Chain
from intake.inbox.pieces import PieceShown
from intake.inbox.view import AskedShown, state_in_words, written_view
from intake.views.pages import Language, Pages
from trusted.case.entry import Entry, Outcome, Stream


@dataclass(frozen=True, slots=True, repr=False)
class CaseAtDesk:
    """A case as a desk has it: everything in it has been released."""

    reporter: tuple[Entry, ...]
    members: tuple[Entry, ...]
    release_day: date | None
    chain: Chain

    @property
    def approval_waits(self) -> bool:
        return False

    def waits(self, _entry: Entry) -> bool:
        """Return that nothing of it waits for its release."""
        return False


def preview(
    pages: Pages, case: CaseAtDesk, unsent: tuple[Entry, ...], *, day: date, rules: Rules, language: Language
) -> str:
    """Return as HTML what the inbox shows of entries that have not been sent yet."""
    after = replace(case, members=(*case.members, *unsent))
    streams = {Stream.REPORTER: after.reporter, Stream.MEMBERS: after.members}
    state = fold(streams, Release(case.release_day, is_out=True), day, THE_REPORTER, rules=rules)
    written = written_view(after, state, case.chain, language, unsent)
    what, next_step = state_in_words(after, state, case.release_day or day, language)
    asked = {entry.above for entry in written.entries if entry.above}
    shown = replace(
        written,
        questions=tuple(one for one in written.questions if one.id in asked or _is_cut(one, unsent)),
        minutes=tuple(one for one in written.minutes if one.id in asked or _is_cut(one, unsent)),
        more_asked=False,
        outcome=written.outcome if any(isinstance(entry.body, Outcome) for entry in unsent) else None,
    )
    entries = tuple(entry for entry in written.entries if not entry.above)
    piece = PieceShown(entries, "", "", "", is_cut_above=False, is_cut_below=False)
    page = pages.render(
        "inbox/preview.html", language, "/inbox", view=shown, piece=piece, fields=(), state=what, next_step=next_step
    )
    return page.decode()


def _is_cut(asked: AskedShown, unsent: Sequence[Entry]) -> bool:
    """Say whether it is the beginning of a text among the new entries: all of it stands below as well."""
    return asked.is_cut and any(getattr(entry.body, "text", "").startswith(asked.text) for entry in unsent)
