"""What came into a case while somebody was writing: counted when the form is shown, and once more when it is sent."""

import re
from collections.abc import Iterator
from typing import Final

from desk.web.views.pages import N_, Language, Notice
from desk.work.case.opened import DeskCase
from trusted.case.entry import Body, Entry, Note, ScrubRecord, Stream

_STREAMS: Final = (Stream.MEMBERS, Stream.REPORTER, Stream.NOTES)
_COUNTED: Final = re.compile(r"([0-9]{1,6})\.([0-9]{1,6})\.([0-9]{1,6})")
_BY_A_MEMBER: Final = Notice(
    N_("%(name)s sent something while you were writing."),
    N_("Read it first; yours is kept as a draft."),
    "warn",
)
_BY_THE_REPORTER: Final = Notice(
    N_("The reporter wrote while you were writing."), N_("Read it first; yours is kept as a draft."), "warn"
)


def counted(case: DeskCase) -> str:
    """Return how much of the case there is, as the hidden field of a form has it."""
    return ".".join(str(len(case.streams.get(stream, ()))) for stream in _STREAMS)


def news(case: DeskCase, untrusted_counted: str, language: Language) -> Notice | None:
    """Return the notice that somebody else wrote to the reporter, or the reporter, since the form was shown."""
    others = [
        entry
        for entry in _since(case, untrusted_counted)
        if entry.author != case.own_id and not isinstance(entry.body, ScrubRecord | Note)
    ]
    by_members = [entry for entry in others if entry.stream is Stream.MEMBERS]
    if by_members:
        what = language.translate(_BY_A_MEMBER.what, name=case.name_of(by_members[-1].author))
        return Notice(what, _BY_A_MEMBER.do, _BY_A_MEMBER.tone)
    return _BY_THE_REPORTER if any(entry.stream is Stream.REPORTER for entry in others) else None


def is_written(case: DeskCase, untrusted_counted: str, body: Body) -> bool:
    """Say whether this member has written exactly this since the form was shown: it is not sent a second time."""
    return any(entry.author == case.own_id and entry.body == body for entry in _since(case, untrusted_counted))


def own_since(case: DeskCase, untrusted_counted: str) -> tuple[Body, ...]:
    """Return what this member has written since the form was shown."""
    return tuple(entry.body for entry in _since(case, untrusted_counted) if entry.author == case.own_id)


def _since(case: DeskCase, untrusted_counted: str) -> Iterator[Entry]:
    found = _COUNTED.fullmatch(untrusted_counted)
    for place, stream in enumerate(_STREAMS):
        entries = case.streams.get(stream, ())
        # Who sends no count has seen nothing.
        yield from entries[int(found[place + 1]) if found else 0 :]
