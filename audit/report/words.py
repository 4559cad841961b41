"""The words of the printed report. The assertion is fixed: changing it changes what has been certified."""

from __future__ import annotations

from audit.verdict import Language

# The number goes up with every change of the sentence.
ASSERTION: dict[Language, str] = {
    "sv": (
        "Påstående 1. På den granskade datorn, den angivna dagen, kunde de processer som tar emot anmälningar inte få"
        " veta en besökares adress, kunde inte logga och inte skicka något ut, och inget som rörde en enskild anmälan"
        " hade en tidsuppgift finare än en dag, utom det som anges under ”Fynd” och ”Inte sett”."
    ),
    "en": (
        "Assertion 1. On the computer audited, on the day named, the processes that receive reports could not learn a"
        " visitor's address, could not log and could not send anything out, and nothing that concerned a single report"
        " had a time finer than a day, apart from what stands under “Findings” and “Not seen”."
    ),
}
NOT_COVERED: dict[Language, tuple[str, ...]] = {
    "sv": (
        "Flödesdata hos den som driver nätet eller datorhallen: de ser att datorn använder Tor, och när.",
        "Telefonlinjen och andra vägar att anmäla.",
        "Kommunens egen webbplats, dess loggar och statistik, också sidan som visar adressen hit.",
        "DNS-frågor från besökarens dator, och allt annat på den.",
        "En spegel på den öppna webben: den granskas för sig.",
        "Det som medlemmarna sparar, skriver ut eller kopierar på sina datorer.",
        (
            "Det som ingen kärna visar utifrån: att Landlock binder intake, och vissa inställningar hos databasens"
            " anslutning. Programmet startar inte, eller slutar, utan dem; det vilar på att det är det granskade."
        ),
        "Ett program som ändrades efter granskningen, och en kärna eller maskin som ljuger om allt ovan.",
    ),
    "en": (
        "Flow records of the operators of network and data centre: they see that this computer uses Tor, and when.",
        "The telephone line, and other ways to report.",
        "The municipality's own web site, its logs and statistics, also the page that shows this service's address.",
        "DNS questions from the visitor's computer, and everything else on it.",
        "A mirror on the open web: it is audited by itself.",
        "What members save, print or copy on their own computers.",
        (
            "What no kernel shows from outside: that Landlock binds the intake, and some settings of the database's"
            " connection. The program does not start, or ends, without them; that rests on its being the one that was"
            " reviewed."
        ),
        "A program that was changed after the audit, and a kernel or machine that lies about all of the above.",
    ),
}
WORDS = {
    "sv": {
        "title": "Granskning av källskyddet",
        "day": "Dag",
        "trial": "Provdrift: inga riktiga anmälningar",
        "account": "Sett som",
        "root": "root",
        "other": "vanligt konto (rader som kräver root är ”inte sett”)",
        "clean": "Utan anmärkning",
        "finding": "Fynd",
        "not seen": "Inte sett",
        "void": "Ogiltig",
        "summary": "{clean} av {all} rader utan anmärkning, {finding} med fynd, {missed} inte helt sedda.",
        "not_covered": "Detta omfattas inte",
        "evidence": "Vad som sågs",
        "by_hand": "Så ser du det själv, utan vår kod",
        "first": "Raden under varje kontroll är en skalkommandorad. Namnen i den:",
        "sign": "Granskarens namn, ort, dag och underskrift",
        "assertion": "Att intyga",
    },
    "en": {
        "title": "Audit of source protection",
        "day": "Day",
        "trial": "Trial: no real reports",
        "account": "Seen as",
        "root": "root",
        "other": "an ordinary account (rows that take root are “not seen”)",
        "clean": "Clean",
        "finding": "Finding",
        "not seen": "Not seen",
        "void": "Void",
        "summary": "{clean} of {all} rows clean, {finding} with findings, {missed} not wholly seen.",
        "not_covered": "This is not covered",
        "evidence": "What was seen",
        "by_hand": "How to see it yourself, without our code",
        "first": "The line under each check is a line of shell. The names in it:",
        "sign": "Auditor's name, place, day and signature",
        "assertion": "To certify",
    },
}
