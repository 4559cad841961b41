"""What came since the overview was shown last: the answer to the button that fetches what is new."""

from desk.keep.summaries import Summary
from desk.web.views.overview.todo import Known
from desk.web.views.pages import N_, Language, Notice


def came_in_words(before: Known, now: Known, language: Language) -> Notice:
    """Return what came, or that nothing did."""
    fresh = now.summaries.keys() - before.summaries.keys()
    known = now.summaries.keys() & before.summaries.keys()
    more = sum(_has_more(before.summaries[name], now.summaries[name]) for name in known)
    said = []
    if fresh:
        sentence = N_("One new case.") if len(fresh) == 1 else N_("%(count)d new cases.")
        said.append(language.translate(sentence, count=len(fresh)))
    if more:
        sentence = N_("Something new in one case.") if more == 1 else N_("Something new in %(count)d cases.")
        said.append(language.translate(sentence, count=more))
    if _waits(now) - _waits(before):
        said.append(language.translate(N_("Something new waits for you.")))
    return Notice(" ".join(said) or language.translate(N_("Nothing new.")), tone="good")


def _has_more(before: Summary, now: Summary) -> bool:
    has_signed = set(now.signed) - set(before.signed)
    return bool(has_signed) or any(count > before.others.get(stream, 0) for stream, count in now.others.items())


def _waits(known: Known) -> set[str | bytes]:
    change = {"members"} if known.unsigned_change else set()
    return {*known.problems, *known.held, *known.to_join, *change}
