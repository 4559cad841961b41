"""Remarks that are of no single row: what is missing, old, or of another program. Each has title, risk and remedy."""

from __future__ import annotations

from typing import Final

from audit.verdict import Language

_ALL: Final[dict[Language, str]] = {
    "sv": "Kör `sudo kallskydd audit all --report FIL.html`.",
    "en": "Run `sudo kallskydd audit all --report FILE.html`.",
}

# Before the remedy of a row that was not seen: nobody knows yet whether it needs one.
FIRST_LOOK: Final[dict[Language, str]] = {
    "sv": "Se efter för hand med radens kommando (i bilagan) och anteckna svaret. Om det inte är i ordning:",
    "en": "Look by hand with the row's command (in the annex) and note the answer. If it is not in order:",
}

GENERAL: Final[dict[str, tuple[dict[Language, str], dict[Language, str], dict[Language, str]]]] = {
    "missing live": (
        {
            "sv": "Granskningen av tjänsten som körs (live) saknas",
            "en": "The inspection of the running service (live) is missing",
        },
        {"sv": "Ingen har sett att tjänsten är stängd.", "en": "Nobody has seen that the service is closed."},
        _ALL,
    ),
    "missing canary": (
        {
            "sv": "Provet med en kopia under uppsikt (canary) saknas",
            "en": "The proof by a copy under watch (canary) is missing",
        },
        {
            "sv": "Det är inte prövat att ett besök inte lämnar spår.",
            "en": "It has not been tried that a visit leaves no trace.",
        },
        _ALL,
    ),
    "missing selftest": (
        {"sv": "Provet med utlagda fel (selftest) saknas", "en": "The proof by planted faults (selftest) is missing"},
        {
            "sv": "Det är inte prövat att canary skulle märka en läcka.",
            "en": "It has not been tried that the canary would notice a leak.",
        },
        _ALL,
    ),
    "missing mirror": (
        {"sv": "Spegeln är inte granskad", "en": "The mirror has not been examined"},
        {
            "sv": "Spegelns värd kan spara adresserna till dem som kommer den vägen.",
            "en": "The mirror's host could keep the addresses of those who come that way.",
        },
        {
            "sv": "På spegelns värd: `sudo python3 -m audit.mirror --save s.json`; här: `--mirror s.json`.",
            "en": "On the mirror's host: `sudo python3 -m audit.mirror --save m.json`; here: `--mirror m.json`.",
        },
    ),
    "other service": (
        {
            "sv": "Spegelns relä leder till {onion}, som inte är en adress till den här tjänsten",
            "en": "The mirror's relay leads to {onion}, which is no address of this service",
        },
        {
            "sv": "De som kommer genom spegeln kommer till någon annan.",
            "en": "Those who come through the mirror reach somebody else.",
        },
        {
            "sv": (
                "På spegelns värd: rätta ONION i /etc/kallskydd-relay/mirror, `systemctl restart kallskydd-relay`,"
                " och granska spegeln igen."
            ),
            "en": (
                "On the mirror's host: correct ONION in /etc/kallskydd-relay/mirror, `systemctl restart"
                " kallskydd-relay`, and audit the mirror again."
            ),
        },
    ),
    "other program": (
        {
            "sv": "{proof} är gjord på ett annat program ({program}, {digest}) än det som körs",
            "en": "{proof} was made of another program ({program}, {digest}) than the one that runs",
        },
        {
            "sv": "Det som den visar gäller inte programmet som körs.",
            "en": "What it shows does not hold for the program that runs.",
        },
        {
            "sv": "Kör den igen med programmet som är installerat på servern, oförändrat.",
            "en": "Run it again with the program that is installed on the server, unchanged.",
        },
    ),
    "old": (
        {
            "sv": "{proof} är från {day}: inte av de senaste {most} dagarna",
            "en": "{proof} is of {day}: not of the last {most} days",
        },
        {
            "sv": "Kärnan, tor eller inställningar kan ha ändrats sedan dess.",
            "en": "The kernel, tor or settings could have changed since then.",
        },
        {"sv": "Kör den igen utan att ge en sparad fil.", "en": "Run it again without giving a kept file."},
    ),
    "chain": (
        {
            "sv": "Kedjan av dagliga granskningar är ändrad efter dag {days}",
            "en": "The chain of daily verdicts was changed after day {days}",
        },
        {
            "sv": "Någon har tagit bort eller skrivit om en daglig granskning.",
            "en": "Somebody has taken out or rewritten a daily verdict.",
        },
        {
            "sv": "Spara filen audit.chain i hemmet, och fråga driften och två medlemmar vad deras datorer varnar för.",
            "en": "Keep the file audit.chain of the home; ask the operator, and two members what their desks warn of.",
        },
    ),
    "not compared": (
        {
            "sv": "Programmet är bara jämfört med sin egen förteckning",
            "en": "The program was compared with its own list alone",
        },
        {
            "sv": "Det visar att inget har ändrats sedan installationen, inte att det är det granskade programmet.",
            "en": "That shows that nothing was changed since the installation, not that it is the reviewed program.",
        },
        {
            "sv": "`kallskydd audit manifest KÄLLKOD > MANIFEST`, och kör igen med `--manifest MANIFEST`.",
            "en": "`kallskydd audit manifest SOURCE > MANIFEST`, and run again with `--manifest MANIFEST`.",
        },
    ),
    "trial": (
        {"sv": "Provdrift: inga riktiga anmälningar", "en": "A trial: no real reports"},
        {
            "sv": (
                "Provdrift tål mer: kärnans inställningar som de är från början (`live.kernel`), en enda läsare, som"
                " får vara den som driver servern (`live.roster`), och ett privat Tor-nät (`live.torrc`). Intyget"
                " gäller inte riktig drift."
            ),
            "en": (
                "A trial tolerates more: the kernel's settings as they come (`live.kernel`), a single reader, who may"
                " be the operator (`live.roster`), and a private Tor network (`live.torrc`). The certificate does not"
                " hold for a real service."
            ),
        },
        {
            "sv": "Gör ett riktigt hem med `kallskydd init` och granska det.",
            "en": "Make a real home with `kallskydd init`, and audit that.",
        },
    ),
    "not root": (
        {
            "sv": "audit {audit}: rader som bara root ser ({count}): {rows}",
            "en": "audit {audit}: rows that root alone sees ({count}): {rows}",
        },
        {
            "sv": "Det som dessa rader skulle ha visat är inte granskat.",
            "en": "What these rows would have shown has not been examined.",
        },
        {
            "sv": "Kör igen som root: `sudo kallskydd audit {audit}`.",
            "en": "Run it again as root: `sudo kallskydd audit {audit}`.",
        },
    ),
}
