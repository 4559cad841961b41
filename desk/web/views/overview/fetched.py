"""How old what a page shows can be, in words."""

from datetime import date, timedelta

from desk.web.views.pages import N_, Language


def fetched_in_words(day: date | None, today: date, language: Language, unreached: str = "") -> str:
    """Return when everything was last fetched, and why nothing is now; nothing before the first time."""
    translate = language.translate
    if day is None:
        return translate(unreached)
    if day == today:
        words = translate(N_("Fetched today."))
    elif day == today - timedelta(days=1):
        words = translate(N_("Fetched yesterday."))
    else:
        words = translate(N_("Fetched on %(day)s."), day=language.day(day, today))
    after = unreached or N_("New every day after 6 in the morning.")
    return f"{words} {translate(after)}"
