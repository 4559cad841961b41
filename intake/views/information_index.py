"""
The pages of information: where each stands, and by which words other pages lead to it.

Addresses and titles stay in a browser's history and in the list of windows, so they say nothing of a report. What the
page is about stands in its heading.
"""

from dataclasses import dataclass
from typing import Final

from intake.views.pages import LinkGroup, PageLink
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
    at_mirror_only: bool = False


@dataclass(frozen=True, slots=True)
class InformationGroup:
    """Pages that are listed under one heading."""

    heading: str
    pages: tuple[InformationPage, ...]


TOR_PAGE: Final = InformationPage(
    "/tor", "tor.html", N_("Information: over Tor"), N_("Go on over Tor"), in_every_language=True, at_mirror_only=True
)

# In the order in which they are listed; the last group stands at the foot of every page and needs no heading.
INFORMATION_GROUPS: Final = (
    InformationGroup(
        N_("Is this right for me?"),
        (
            InformationPage(
                "/place",
                "information/place.html",
                N_("Information: where to turn"),
                N_("What you can report, and where else"),
            ),
            InformationPage("/law", "information/law.html", N_("Information: the law"), N_("Your protection in law")),
            InformationPage(
                "/voice", "information/voice.html", N_("Information: by voice"), N_("By phone or at a meeting")
            ),
        ),
    ),
    InformationGroup(
        N_("How you are protected"),
        (
            TOR_PAGE,
            InformationPage(
                "/protect",
                "protect.html",
                N_("Information: protection"),
                N_("What we can and cannot protect"),
                in_every_language=True,
            ),
            InformationPage(
                "/readers",
                "information/readers.html",
                N_("Information: readers"),
                N_("Who reads, and who runs the service"),
            ),
            InformationPage("/check", "information/check.html", N_("Information: how to check"), N_("How to check us")),
        ),
    ),
    InformationGroup(
        N_("After the report"),
        (
            InformationPage(
                "/next", "information/next.html", N_("Information: dates"), N_("What happens next, and when")
            ),
            InformationPage("/code", "information/code.html", N_("Information: the eight words"), N_("The case code")),
            InformationPage(
                "/messages", "information/messages.html", N_("Information: messages"), N_("Answers and messages")
            ),
            InformationPage("/after", "information/after.html", N_("Information: afterwards"), N_("Afterwards")),
        ),
    ),
    InformationGroup(
        "",
        (
            InformationPage(
                "/privacy", "information/privacy.html", N_("Information: personal data"), N_("Personal data")
            ),
            InformationPage(
                "/accessibility",
                "information/accessibility.html",
                N_("Information: accessibility"),
                N_("Accessibility statement"),
            ),
        ),
    ),
)
INFORMATION_PAGES: Final = tuple(
    page for group in INFORMATION_GROUPS for page in group.pages if not page.at_mirror_only
)


def _links(group: InformationGroup, *, at_mirror: bool) -> LinkGroup:
    shown = (page for page in group.pages if at_mirror or not page.at_mirror_only)
    return LinkGroup(group.heading, tuple(PageLink(page.path, page.label) for page in shown))


INFORMATION_LINKS: Final = tuple(_links(group, at_mirror=False) for group in INFORMATION_GROUPS)
MIRROR_LINKS: Final = tuple(_links(group, at_mirror=True) for group in INFORMATION_GROUPS)
