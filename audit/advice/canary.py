"""Risk and remedy of each row of `audit canary`.

Whatever the canary finds is a fault of the program or of the computer it ran on; no setting mends it. So remedies say
where to look, and whom to ask.
"""

from __future__ import annotations

from audit.advice.entry import Advice, Group

_AGAIN = (
    "Run `sudo kallskydd audit canary` again; if it stays, do not sign, and report it to whoever maintains the program."
)
_IGEN = (
    "Kör `sudo kallskydd audit canary` igen; om det kvarstår, skriv inte under och anmäl det till dem som sköter"
    " programmet."
)


def _entry(risk: str, risken: str) -> Advice:
    return Advice(Group.CANARY, risk, _AGAIN, risken, _IGEN)


ADVICE = {
    "requests": Advice(
        Group.CANARY,
        "A service that does not work is silent too, so that nothing was found shows nothing.",
        "Mend what the row names (often a busy computer) and run `sudo kallskydd audit canary` again.",
        "En tjänst som inte fungerar är också tyst, så att inget hittades visar ingenting.",
        "Åtgärda det som raden nämner (ofta en upptagen dator) och kör `sudo kallskydd audit canary` igen.",
    ),
    "answers": _entry(
        "A page tells one visitor something about another, or about the server.",
        "En sida berättar något för en besökare om en annan, eller om servern.",
    ),
    "markers": _entry(
        "What gives a reporter away (address, browser, file name) is written down somewhere.",
        "Det som röjer en anmälare (adress, webbläsare, filnamn) skrivs ner någonstans.",
    ),
    "files": _entry(
        "A report leaves a file that nobody knows of.", "En anmälan lämnar en fil efter sig som ingen känner till."
    ),
    "sockets": _entry(
        "The service reaches the network, the journal or a system log.",
        "Tjänsten når nätet, systemloggen eller syslog.",
    ),
    "programs": _entry("A program is started that nobody has reviewed.", "Ett program startas som ingen har granskat."),
    "channels": _entry(
        "Something about a visitor is written where it does not belong.",
        "Något om en besökare skrivs där det inte hör hemma.",
    ),
    "counters": _entry(
        "The keeper, and with it the operator's terminal, is told more of a visit than that there are some.",
        "Keeper, och därmed driftens terminal, får veta mer om ett besök än att det finns några.",
    ),
    "calls": _entry(
        "The kernel is asked for something by which a value could leave the process.",
        "Kärnan får en fråga genom vilken ett värde kan lämna processen.",
    ),
    "locks": _entry(
        "The intake is open for a moment, and a fault in it could lead out.",
        "Intake är öppet en stund, och ett fel i det kan leda ut.",
    ),
    "tor": _entry("tor is not set as the table says.", "Tor är inte inställt som tabellen säger."),
    "database": _entry(
        "The database tells more exactly than by the day when somebody reported.",
        "Databasen visar noggrannare än på dagen när någon anmälde.",
    ),
    "release": _entry(
        "A member can notice a report before the daily release, and so when it came.",
        "En medlem kan märka en anmälan före det dagliga utlämnandet, och därmed när den kom.",
    ),
    "steady": _entry(
        "Somebody who looks at the computer can tell that somebody has visited.",
        "Den som ser på datorn kan märka att någon har varit på besök.",
    ),
    "across": _entry(
        "Something follows what a visitor sends, or that somebody reported.",
        "Något beror på vad en besökare skickar, eller på att någon anmälde.",
    ),
    "random": _entry(
        "A number that should be random tells of a moment, an order or a visitor.",
        "Ett tal som ska vara slumpmässigt berättar om ett klockslag, en ordning eller en besökare.",
    ),
    "members": _entry(
        "A member reads more in a file or a text than the reporter meant to tell.",
        "En medlem läser mer i en fil eller en text än vad anmälaren ville berätta.",
    ),
    "disk": _entry(
        "What gives a reporter away lies on the disk afterwards.", "Det som röjer en anmälare ligger kvar på disken."
    ),
}
