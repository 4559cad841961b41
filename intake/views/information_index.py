"""
The pages of information: where each stands, and by which words other pages lead to it.

Addresses and titles stay in a browser's history and in the list of windows, so they say nothing of a report. What the
page is about stands in its heading.
"""

from dataclasses import dataclass
from typing import Final

from intake.views.pages import PageLink
from intake.views.texts import N_


@dataclass(frozen=True, slots=True)
class InformationPage:
    """One page: its path, its template, the title of its window and the words of the links to it."""

    path: str
    template: str
    title: str
    label: str
    # Also in the languages that have no catalogue for the rest: it is about the reader's safety.
    in_every_language: bool = False


# In the order in which they are listed: first what may have to be known before anything is written.
INFORMATION_PAGES: Final = (
    InformationPage(
        "/protect",
        "protect.html",
        N_("Information: protection"),
        N_("What we can and cannot protect"),
        in_every_language=True,
    ),
    InformationPage(
        "/place", "information/place.html", N_("Information: where to turn"), N_("Is this the right place?")
    ),
    InformationPage("/law", "information/law.html", N_("Information: the law"), N_("Your protection in law")),
    InformationPage(
        "/readers", "information/readers.html", N_("Information: readers"), N_("Who reads, and who runs the service")
    ),
    InformationPage("/code", "information/code.html", N_("Information: the eight words"), N_("The case code")),
    InformationPage("/next", "information/next.html", N_("Information: dates"), N_("What happens next, and when")),
    InformationPage("/messages", "information/messages.html", N_("Information: messages"), N_("Answers and messages")),
    InformationPage("/after", "information/after.html", N_("Information: afterwards"), N_("Afterwards")),
    InformationPage("/voice", "information/voice.html", N_("Information: by voice"), N_("By phone or at a meeting")),
    InformationPage("/privacy", "information/privacy.html", N_("Information: personal data"), N_("Personal data")),
    InformationPage(
        "/accessibility",
        "information/accessibility.html",
        N_("Information: accessibility"),
        N_("Accessibility statement"),
    ),
    InformationPage("/check", "information/check.html", N_("Information: how to check"), N_("How to check us")),
)

# At the mirror only.
TOR_PAGE: Final = InformationPage(
    "/tor", "tor.html", N_("Information: over Tor"), N_("Go on over Tor"), in_every_language=True
)

INFORMATION_LINKS: Final = tuple(PageLink(page.path, page.label) for page in INFORMATION_PAGES)
MIRROR_LINKS: Final = (PageLink(TOR_PAGE.path, TOR_PAGE.label), *INFORMATION_LINKS)
