"""How old what a page shows can be, in words."""

from datetime import date, timedelta

from desk.web.views.pages import N_, Language


def fetched_in_words(day: date | None, today: date, language: Language, *, is_answering: bool) -> str:
    """Return when everything was last fetched, and whether the server answers; nothing before the first time."""
    translate = language.translate
    if day is None:
        return "" if is_answering else translate(N_("The server does not answer."))
    if day == today:
        words = translate(N_("Fetched today."))
    elif day == today - timedelta(days=1):
        words = translate(N_("Fetched yesterday."))
    else:
        words = translate(N_("Fetched on %(day)s."), day=language.day(day, today))
    after = N_("New every day after 6 in the morning.") if is_answering else N_("The server does not answer.")
    return f"{words} {translate(after)}"
