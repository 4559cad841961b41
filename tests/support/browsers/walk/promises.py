"""What each button and link promises, state by state: the table of the walk, and nothing else.

Labels and headings are the English sentences of the pages, which are the keys of the catalogues. A promise says which
page comes and what is stored; whatever does not say that it stores, stores nothing, and loses nothing of what was typed
and chosen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

# Short: w3m shows twenty columns of it.
TEXT = "It was paid twice."
POINTING = f"{TEXT} Call me on 070-123 45 67 after five."
# A page says that it holds files, or that they have to be chosen again.
FILES_SAID = re.compile(
    r"files are kept|files kept from before: \d|files received, which wait here|filer som redan har kommit: \d",
    re.IGNORECASE,
)
# Beside a report or a message, each file is one more, with two entries: itself, and what was removed from it.
REPORT = {"cases": 1, "entries": 1}
ENTRY = {"entries": 1}
ERASED = {"cases": -1, "entries": -1}
ENDED_FOR_GOOD = {"entries": 1, "ended": 1}
EACH_FILE = {"entries": 2, "files": 1}


@dataclass(frozen=True)
class Promise:
    """What one press does. `page` is the heading that comes; without one, that of the page itself."""

    page: str = ""
    stores: Mapping[str, int] = field(default_factory=dict)
    # Files of the state are stored along.
    with_files: bool = False
    # Whether it may lose what was typed and chosen, or has to let go of files that are held.
    lets_go: bool = False
    drops_files: bool = False
    # Of a new tab, how its address begins.
    tab: str = ""
    language: str = "en"
    # What the page that comes says.
    says: str = ""


@dataclass(frozen=True)
class State:
    """Where a walk begins: a page, what has been typed there, and how many files are chosen or held."""

    name: str
    page: str
    promises: Mapping[str, Promise]
    typed: str = ""
    files: int = 0
    # What is at the foot of many pages, and pressed on the first one.
    elsewhere: Mapping[str, Promise] = field(default_factory=dict)
    # Every browser presses everything here; otherwise they share the presses among them.
    in_each: bool = False
    # Back shows what was typed and chosen whatever was pressed, also where the page that came holds it too.
    back_keeps: bool = False


def to(page: str = "", **more: object) -> Promise:
    """It leads there, and stores nothing."""
    return replace(Promise(page), **more)


def stores(page: str, what: Mapping[str, int] = ENTRY, **more: object) -> Promise:
    """It leads there, and this is in the store."""
    return replace(Promise(page, stores=what, lets_go=True), **more)


FIRST, WRITE = "Blow the whistle without saying who you are", "Write a report"
STOPPED = "Before it is sent: does this show who you are?"
REFUSED = "The report has not been sent yet"
RECEIVED, COMPARED, NOW = "The report is received", "Your code is correct", "What happens now"
RETURN, INBOX, MEETING = "Open your case", "Your case", "Ask for a meeting"
TAKE_BACK, WITHDRAW, END = "Take back the whole report?", "Withdraw the report?", "End the inbox?"
TAKE_BACK_FILE = "Your file 1, Picture (JPEG). Take back this file?"
TAKEN_BACK = "The report has been taken back. Nobody has seen it, and it is erased."
ENDED = "The inbox has been ended. The case code no longer opens anything."
NOTES, NEW_CODE = "Are these notes right?", "Your new case code"
INFORMATION = {
    label: to(heading)
    for label, heading in {
        "What you can report, and where else": "Is this the right place?",
        "Your protection in law": "Your protection in law",
        "By phone or at a meeting": "By phone or at a meeting",
        "What we can and cannot protect": "What we can and cannot protect",
        "Who reads, and who runs the service": "Who reads, and who runs the service",
        "How to check us": "How to check us",
        "What happens next, and when": "What happens next, and when",
        "The case code": "The case code",
        "Answers and messages": "Answers and messages",
        "Afterwards": "Afterwards",
        "Personal data": "How personal data is handled",
        "Accessibility statement": "Accessibility statement",
    }.items()
}
CALL = {"Report by phone: 020-899 433": to("By phone or at a meeting")}
INFORMATION_PAGES = (*(one.page for one in INFORMATION.values()), "Go on over Tor")
LANGUAGE = {"Svenska": to(language="sv")}
LEAVE = {"Leave this site": to("Close this tab now.", lets_go=True)}
LEAVE_CASE = {"Leave this site": to("You have left.", lets_go=True)}
LOG_OUT = {"Log out": to("You have left.", lets_go=True)}
BACK = {"Back to the case": to(INBOX)}
PLAIN = {**LANGUAGE, **LEAVE}
IN_CASE = {**LANGUAGE, **LOG_OUT}

SEND = {"Send the report": stores(RECEIVED, REPORT, with_files=True)}
IN_FORM = {**PLAIN, "Taking long? See how far it has come": to(tab="/progress/")}
STOP = {
    "Remove it for me and send": stores(RECEIVED, REPORT, with_files=True),
    "Change the text myself": to(WRITE),
    "Leave it as it is and send": stores(RECEIVED, REPORT, with_files=True),
}
OPEN = {**PLAIN, "Open": to(), "To the report form": to(WRITE)}
DROP = {"Remove these files": to(WRITE, drops_files=True)}

STATES = (
    State(
        "first page",
        FIRST,
        {
            **PLAIN,
            **INFORMATION,
            **CALL,
            "Write a report": to(WRITE),
            "Read the answer with your case code": to(RETURN),
        },
    ),
    State("report: empty", WRITE, {**IN_FORM, "Send the report": to(says="There was no text")}),
    State("report: text", WRITE, {**IN_FORM, **SEND}, typed=TEXT, back_keeps=True),
    State("report: text and a file", WRITE, {**IN_FORM, **SEND}, typed=TEXT, files=1, in_each=True, back_keeps=True),
    State("report: a file, and no text", WRITE, {**IN_FORM, **DROP, "Send the report": to()}, files=1),
    State(
        "report: a file is refused",
        REFUSED,
        {
            **LEAVE,
            "Send without it": stores(RECEIVED, REPORT, with_files=True),
            "Choose another file": to(WRITE),
        },
        typed=TEXT,
        files=1,
        in_each=True,
        back_keeps=True,
    ),
    State("report: another file", WRITE, {**IN_FORM, **DROP, **SEND}, typed=TEXT, files=1, back_keeps=True),
    State("report: stopped", STOPPED, {**LEAVE, **STOP}, typed=TEXT, files=1, in_each=True, back_keeps=True),
    State(
        "report: changed after the stop",
        WRITE,
        {**IN_FORM, **DROP, "Send the report": to(STOPPED)},
        typed=TEXT,
        files=1,
        back_keeps=True,
    ),
    State("report: received", RECEIVED, {**LANGUAGE, **LEAVE_CASE, "I have written it down": to()}),
    State(
        "report: code compared",
        COMPARED,
        {
            **LANGUAGE,
            **LEAVE_CASE,
            "Cleaned copy (new tab)": to(tab="/page/"),
            "Take back": to(TAKE_BACK_FILE),
            "Add what I ticked": to(INBOX),
            "Next: what happens now": to(NOW),
        },
    ),
    State(
        "report: what happens now",
        NOW,
        {**LANGUAGE, **LEAVE_CASE, "Go on to the case": to(INBOX), "Back to the code": to(RECEIVED)},
    ),
    State("return: empty", RETURN, OPEN, elsewhere=INFORMATION),
    State("return: wrong code", RETURN, OPEN, elsewhere=INFORMATION),
    State("return: a message kept", RETURN, OPEN, typed=TEXT, elsewhere=INFORMATION),
    State(
        "inbox: waiting",
        INBOX,
        {
            **IN_CASE,
            "Write a message": to(),
            "Send": to(),
            "Check for news": to(),
            "Take back the whole report": to(TAKE_BACK),
        },
    ),
    State(
        "inbox: question",
        INBOX,
        {
            **IN_CASE,
            "Write the answer": to(),
            "The question at the top of the page": to(),
            "Send": stores(INBOX, with_files=True),
            "Check for news": to(),
            "Ask for a meeting": to(MEETING),
            "Withdraw the report": to(WITHDRAW),
        },
        typed=TEXT,
        files=1,
    ),
    State(
        "inbox: stopped",
        STOPPED,
        {
            **LOG_OUT,
            "Remove it for me and send": stores(INBOX, with_files=True),
            "Change the text myself": to(INBOX),
            "Leave it as it is and send": stores(INBOX, with_files=True),
        },
        typed=TEXT,
        files=1,
        in_each=True,
    ),
    State(
        "inbox: minutes",
        INBOX,
        {
            **IN_CASE,
            "Write a message": to(),
            "Say whether these notes are right": to(NOTES),
            "The notes at the top of the page": to(),
            "Send": to(),
            "Check for news": to(),
            "Ask for a meeting": to(MEETING),
            "Withdraw the report": to(WITHDRAW),
        },
    ),
    State(
        "inbox: outcome",
        INBOX,
        {
            **IN_CASE,
            "Write a message": to(),
            "The outcome at the top of the page": to(),
            "Send": to(),
            "Check for news": to(),
            "End the inbox": to(END),
        },
    ),
    State("inbox: meeting?", MEETING, {**IN_CASE, **BACK, "Ask for a meeting": stores(INBOX)}, typed=TEXT),
    State("inbox: take back?", TAKE_BACK, {**IN_CASE, **BACK, "Yes, take it back": stores(TAKEN_BACK, ERASED)}),
    State("inbox: withdraw?", WITHDRAW, {**IN_CASE, **BACK, "Yes, withdraw it": stores(INBOX)}),
    State(
        "inbox: notes right?",
        NOTES,
        # What was typed says what is wrong with notes that are right after all.
        {**IN_CASE, **BACK, "These notes are right": to(NEW_CODE, lets_go=True), "Send": stores(INBOX)},
        typed=TEXT,
    ),
    State(
        "inbox: new code",
        NEW_CODE,
        {**IN_CASE, "I have written them down, use the new code": to(), "Back, and change nothing": to(INBOX)},
    ),
    State("inbox: end?", END, {**IN_CASE, **BACK, "Yes, end the inbox": stores(ENDED, ENDED_FOR_GOOD)}),
    State(
        "mirror: first page",
        FIRST,
        {
            **PLAIN,
            **INFORMATION,
            **CALL,
            "Safer: Tor Browser, a free web browser": to("Go on over Tor"),
            "Go on over Tor": to("Go on over Tor"),
            "Write a report": to(WRITE),
            "Read the answer with your case code": to(RETURN),
        },
    ),
    State("mirror: text and a file", WRITE, {**IN_FORM, **SEND}, typed=TEXT, files=1),
    State("mirror: stopped", STOPPED, {**LEAVE, **STOP}, typed=TEXT, files=1),
)
# Pages that no walk begins at, and what can be pressed there; what follows from a page above is not walked twice.
ENDS: Mapping[str, frozenset[str]] = {
    "Close this tab now.": frozenset(),
    "You have left.": frozenset(),
    **{
        page: frozenset({*PLAIN, *INFORMATION, "To the first page", "Write a report", "Go on over Tor"})
        for page in INFORMATION_PAGES
    },
    INBOX: frozenset({"Remove these files", "Add what I ticked", "Cleaned copy (new tab)", "Take back this file"}),
    RETURN: frozenset({"Go on over Tor"}),
    TAKE_BACK_FILE: frozenset({*IN_CASE, *BACK, "Yes, take it back"}),
    TAKEN_BACK: frozenset({*PLAIN, *INFORMATION}),
    ENDED: frozenset({*PLAIN, *INFORMATION}),
}


def labels_of(page: str) -> frozenset[str] | None:
    """Everything that may be pressed on the page with this heading, or None for a page that is in no row."""
    rows = [frozenset({*one.promises, *one.elsewhere}) for one in STATES if one.page == page]
    rows += [ENDS[page]] if page in ENDS else []
    return frozenset().union(*rows) if rows else None
