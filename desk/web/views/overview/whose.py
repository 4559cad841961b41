"""Who has a case, in words: on the list and on the case's own page."""

from datetime import date

from desk.keep.summaries import Summary
from desk.web.views.pages import N_, Language
from desk.web.views.written import inert_line


def whose_in_words(summary: Summary, today: date, language: Language) -> str:
    """Return who has a case; nothing for nobody."""
    whose, holder, translate = summary.whose(today), summary.holder, language.translate
    if whose is None or holder is None:
        return ""
    if whose is holder or summary.cover_until is None:
        return translate(N_("You have it.") if whose.is_own else N_("%(name)s has it."), name=inert_line(whose.name))
    if whose.is_own:
        sentence = N_("You cover for %(name)s until %(day)s.")
    elif holder.is_own:
        sentence = N_("%(cover)s covers for you until %(day)s.")
    else:
        sentence = N_("%(cover)s covers for %(name)s until %(day)s.")
    day = language.day(summary.cover_until, today)
    return translate(sentence, cover=inert_line(whose.name), name=inert_line(holder.name), day=day)
