"""What a reporter will read, drawn for a member by the reporter's own pages: the one place where both are known."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from markupsafe import Markup

from cases.case.timeline import Rules
from cases.languages import LANGUAGES
from desk.web.views.writing.phrases import language_of_reporter
from desk.web.views.writing.previews import CleanedWords, ReporterView, with_unsent
from desk.work.case.opened import DeskCase
from intake.inbox.preview import CaseAtDesk, preview
from intake.views.pages import HomeShown, Pages
from intake.views.texts import LOST, WHAT
from trusted.case.entry import Body, Stream
from trusted.jail.stages import Lost, What


def _pages() -> Pages:
    return Pages(HomeShown("", trial=False), tuple(LANGUAGES))


@dataclass(frozen=True, slots=True, repr=False)
class IntakePages:
    """The reporter's pages in all languages, read once."""

    _pages: Pages = field(default_factory=_pages)

    def preview(self, case: DeskCase, unsent: Sequence[Body], day: date, rules: Rules) -> ReporterView:
        """Return what the inbox shows of entries that have not been sent yet."""
        info = language_of_reporter(case.report.language)
        at_desk = CaseAtDesk(
            case.streams[Stream.REPORTER], case.streams.get(Stream.MEMBERS, ()), case.release_day, case.chain
        )
        page = preview(
            self._pages,
            at_desk,
            with_unsent(case, unsent, day),
            day=day,
            rules=rules,
            language=self._pages.language(info.code),
        )
        return ReporterView(info.code, info.direction, Markup(page))  # noqa: S704 - drawn by an escaping template

    def cleaned(self, removed: Sequence[str], lost: Sequence[str], code: str) -> CleanedWords:
        """Return the words for kinds of hidden data; one of another scrubber version is other hidden data."""
        language = self._pages.language(code)
        kinds = dict.fromkeys(WHAT[What(one) if one in set(What) else What.OTHER] for one in removed)
        losses = dict.fromkeys(LOST[Lost(one)] for one in lost if one in set(Lost))
        return CleanedWords(tuple(map(language.translate, kinds)), tuple(map(language.translate, losses)))
