"""Risk and remedy of each row of `audit canary`.

Whatever the canary finds is a fault of the program or of the computer it ran on; no setting mends it. So remedies say
where to look, and whom to ask.
"""

from __future__ import annotations

from audit.advice.entry import Advice, Group

_AGAIN = (
    "Run `sudo kallskydd audit canary` again; if it stays, do not sign, and report it to those who maintain the"
    " program."
)
_IGEN = (
    "Kör `sudo kallskydd audit canary` igen; om det kvarstår, skriv inte under och anmäl det till dem som sköter"
    " programmet."
)


def _entry(title_sv: str, risk: str, risk_sv: str) -> Advice:
    return Advice(Group.CANARY, risk, _AGAIN, risk_sv, _IGEN, title_sv)


ADVICE = {
    "requests": Advice(
        Group.CANARY,
        "A service that does not work is silent too, so that nothing was found shows nothing.",
        "Mend what the row names (often a busy computer) and run `sudo kallskydd audit canary` again.",
        "En tjänst som inte fungerar är också tyst, så att inget hittades visar ingenting.",
        "Åtgärda det som raden nämner (ofta en upptagen dator) och kör `sudo kallskydd audit canary` igen.",
        "Varje förfrågan fick det svar den skulle",
    ),
    "answers": _entry(
        "Svaren nämner ingen server, inget klockslag, ingen person, och återger bara det som skrevs in",
        "A page tells one visitor something about another, or about the server.",
        "En sida berättar något för en besökare om en annan, eller om servern.",
    ),
    "markers": _entry(
        "Inget som kan röja en anmälare skrivs någonstans",
        "What gives a reporter away (address, browser, file name) is written down somewhere.",
        "Det som röjer en anmälare (adress, webbläsare, filnamn) skrivs ner någonstans.",
    ),
    "files": _entry(
        "Ingen fil skrivs, skapas eller tas bort utom de på listan",
        "A report leaves a file that nobody knows of.",
        "En anmälan lämnar en fil efter sig som ingen känner till.",
    ),
    "sockets": _entry(
        "Ingen socket skapas eller nås utom de på listan: ingen systemlogg, inget syslog, inget nät",
        "The service reaches the network, the journal or a system log.",
        "Tjänsten når nätet, systemloggen eller syslog.",
    ),
    "programs": _entry(
        "Inget program startas utom de på listan",
        "A program is started that nobody has reviewed.",
        "Ett program startas som ingen har granskat.",
    ),
    "channels": _entry(
        "Inget skrivs utom till platserna på listan; inget till utdata eller felutdata",
        "Something about a visitor is written where it does not belong.",
        "Något om en besökare skrivs där det inte hör hemma.",
    ),
    "counters": _entry(
        "Keeper får veta koder och talet ett, och inget annat",
        "The keeper, and with it the operator's terminal, is told more of a visit than that there are some.",
        "Keeper, och därmed driftens terminal, får veta mer om ett besök än att det finns några.",
    ),
    "calls": _entry(
        "Kärnan får inga frågor utom de på listan, med argument som står på den",
        "The kernel is asked for something by which a value could leave the process.",
        "Kärnan får en fråga genom vilken ett värde kan lämna processen.",
    ),
    "locks": _entry(
        "Intake stängde sig före sin första tråd, och dess filter vägrar det som leder ut",
        "The intake is open for a moment, and a fault in it could lead out.",
        "Intake är öppet en stund, och ett fel i det kan leda ut.",
    ),
    "tor": _entry(
        "Tor är inställt som tabellen säger, enligt dess egna svar",
        "tor is not set as the table says.",
        "Tor är inte inställt som tabellen säger.",
    ),
    "database": _entry(
        "Databasen har de kända tabellerna, och inget värde finare än en dag",
        "The database tells more exactly than by the day when somebody reported.",
        "Databasen visar noggrannare än på dagen när någon anmälde.",
    ),
    "release": _entry(
        "Före utlämnandet märker en medlem ingen skillnad, i sida eller huvud",
        "A member can notice a report before the daily release, and so when it came.",
        "En medlem kan märka en anmälan före det dagliga utlämnandet, och därmed när den kom.",
    ),
    "steady": _entry(
        "Inget som syns utifrån ändras av besök: filer, deras tider, processer, lås",
        "Somebody who looks at the computer can tell that somebody has visited.",
        "Den som ser på datorn kan märka att någon har varit på besök.",
    ),
    "across": _entry(
        "Två körningar, med andra värden och i annan ordning, och en utan anmälan visar detsamma",
        "Something follows what a visitor sends, or that somebody reported.",
        "Något beror på vad en besökare skickar, eller på att någon anmälde.",
    ),
    "random": _entry(
        "Det som ska vara slumpmässigt följer ingen ordning, klocka, adress eller besökare",
        "A number that should be random tells of a moment, an order or a visitor.",
        "Ett tal som ska vara slumpmässigt berättar om ett klockslag, en ordning eller en besökare.",
    ),
    "members": _entry(
        "Medlemmar läser det som skrevs och rena kopior, och inget annat",
        "A member reads more in a file or a text than the reporter meant to tell.",
        "En medlem läser mer i en fil eller en text än vad anmälaren ville berätta.",
    ),
    "disk": _entry(
        "Inget av det ligger kvar på disken efteråt",
        "What gives a reporter away lies on the disk afterwards.",
        "Det som röjer en anmälare ligger kvar på disken.",
    ),
}
